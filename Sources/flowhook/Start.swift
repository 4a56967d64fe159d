internal import ArgumentParser
internal import Gateway
internal import Glibc

/// Starts in the way that the surroundings ask for.
@main
enum Start {
    static func main() {
        ProcessProtection.apply()
        switch WayIn.detect() {
        case .cgi:
            // A CGI program's arguments are what a client wrote behind the `?` (RFC 3875, section 4.4): not for us.
            CGIMode.run()
        case .listeningSocket where CommandLine.arguments.count == 1:
            Flowhook.main(["serve"])
        case .listeningSocket, .shell:
            // The runtime reads them from /proc; without them every command would be no command.
            guard !CommandLine.arguments.isEmpty else {
                printError(["flowhook: the arguments cannot be read: mount /proc"])
                _exit(ExitStatus.system)
            }
            failOnLostOutput()
            Flowhook.main()
        }
    }
}
