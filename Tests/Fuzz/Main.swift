import Glibc

/// One thing to fuzz: bytes in, and whatever they are no trap, no hang and no broken promise.
struct FuzzTarget: Sendable {
    /// What the command line calls it.
    let name: String
    /// Runs one input; a broken promise traps.
    let run: @Sendable ([UInt8]) -> Void
}

/// Every target; each has a file of its own.
let targets: [FuzzTarget] = [
    .attribute, .charset, .content, .httpDate, .json, .jsonPaths, .mapping, .reference, .request, .screen, .store,
    .templates, .xml, .yaml,
]

/// The target that `FUZZ_TARGET` names.
private let target: FuzzTarget = {
    let name = getenv("FUZZ_TARGET").map { String(cString: $0) } ?? ""
    guard let target = targets.first(where: { $0.name == name }) else {
        print("FUZZ_TARGET is one of \(targets.map(\.name).joined(separator: ", "))")
        exit(64)
    }
    return target
}()

/// What libFuzzer calls with each input.
@_cdecl("LLVMFuzzerTestOneInput")
nonisolated func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    target.run(Array(UnsafeBufferPointer(start: start, count: count)))
    return 0
}

@_silgen_name("LLVMFuzzerRunDriver")
nonisolated private func runDriver(
    _ count: UnsafeMutablePointer<CInt>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?>,
    _ function: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

/// The program's entry: the package manager renames an executable's `main` to this.
@_cdecl("Fuzz_main")
nonisolated func main(_ count: CInt, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?) -> CInt {
    _ = target
    var count = count
    var arguments = arguments
    return runDriver(&count, &arguments, testOneInput)
}
