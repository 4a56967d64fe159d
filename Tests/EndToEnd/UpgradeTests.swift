import Gateway
import Glibc
import JSON
import TestSupport
import Testing

extension Operation {
    /// The program is replaced under load, as an upgrade of the package does it, and no request is lost.
    @Suite(.serialized) struct UpgradeTests {
        /// The part of systemd: holds the socket, starts one process after another on it, waits for each to end.
        ///
        /// `restart` comes over standard input in the form of a file that appears; a process that has ended is
        /// reported in the same way.
        @Sendable private static func holder(_ directory: String) -> String {
            """
            import os, signal, socket, subprocess, sys, time
            listener = socket.socket(socket.AF_UNIX); listener.bind("\(directory)/flowhook.sock"); listener.listen(4096)
            notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); notify.bind("\(directory)/notify.sock")
            notify.settimeout(60)
            def start():
                def hand_over():
                    os.dup2(listener.fileno(), 3); os.set_inheritable(3, True)
                code = 'import os, sys; os.environ["LISTEN_PID"] = str(os.getpid()); os.execv(sys.argv[1], sys.argv[1:])'
                child = subprocess.Popen([sys.executable, "-c", code, "\(Installation.program)", "serve",
                    "--store", "\(directory)/store"], close_fds=False, preexec_fn=hand_over,
                    env=dict(os.environ, LISTEN_FDS="1", NOTIFY_SOCKET="\(directory)/notify.sock"))
                assert notify.recv(100) == b"READY=1"
                return child
            number = 0
            child = start()
            open("\(directory)/started-0", "w").close()
            while True:
                while not os.path.exists("\(directory)/restart-%d" % (number + 1)):
                    time.sleep(0.01)
                number += 1
                began = time.monotonic()
                child.terminate()
                assert notify.recv(100) == b"STOPPING=1"
                assert child.wait() == 0
                child = start()
                with open("\(directory)/started-%d.new" % number, "w") as file:
                    file.write("%d" % ((time.monotonic() - began) * 1000))
                os.rename("\(directory)/started-%d.new" % number, "\(directory)/started-%d" % number)
            """
        }

        @Test func losesNoRequestWhenTheProcessIsReplacedUnderLoad() throws {
            let sample = Sample(start: .held(Self.holder))
            defer { withExtendedLifetime(sample) {} }
            let directory = sample.installation.directory
            // Most calls are short; one client of eight waits a second for each.
            let load = IdentifiedLoad(clients: 24, of: sample.installation.client) { id in
                #"{"webhook": "\#(id % 8 == 0 ? "second" : "Enrich Lead")", "program": 1027, "lead": {"id": \#(id)}}"#
            }
            var restarts: [String] = []
            for number in 1...4 {
                #expect(load.waitForMore(100))
                Files.write("", to: "\(directory)/restart-\(number)")
                let started = "\(directory)/started-\(number)"
                try #require(
                    Installation.waitUntil(seconds: 120) { access(started, F_OK) == 0 },
                    "\(sample.installation.log)"
                )
                restarts.append(Files.read(started))
            }
            #expect(load.waitForMore(100))
            let results = load.stop()
            #expect(results.count { !$0.isUpdated } == 0, "\(results.filter { !$0.isUpdated }.prefix(3))")
            // Not one call was made twice, and none was left out.
            #expect(sample.service.received.count == results.count)
            let short = results.filter { $0.id % 8 != 0 }.map(\.milliseconds).max() ?? 0
            let long = results.filter { $0.id % 8 == 0 }.map(\.milliseconds).max() ?? 0
            print(
                "\(results.count) requests over 4 restarts, 0 lost; restarts took \(restarts.joined(separator: ", ")) ms; "
                    + "longest wait \(short) ms for a short call, \(long) ms for one of a second"
            )
        }
    }
}
