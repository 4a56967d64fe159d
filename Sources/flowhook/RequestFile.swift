internal import ArgumentParser
internal import FlowAction
internal import Glibc
internal import Store

/// The arguments and steps that `call` and `preview` share: a store and a flow action request in a file.
struct RequestFile: ParsableArguments {
    @OptionGroup var options: StoreOptions

    @Argument(help: ArgumentHelp("A flow action request as JSON; - is standard input.", valueName: "file"))
    var file: String

    /// Reads the request.
    func body() throws -> [UInt8] {
        let descriptor = file == "-" ? STDIN_FILENO : open(file, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw ValidationError("\(file) cannot be read: \(String(cString: strerror(errno)))")
        }
        defer { if file != "-" { close(descriptor) } }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return bytes }
            bytes.append(contentsOf: buffer[..<count])
        }
    }
}
