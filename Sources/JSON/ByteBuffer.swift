internal import Glibc

/// Bytes that are being written: memory that grows, to which appending is a copy and hardly more.
///
/// JSON is written in short pieces, for each of which `[UInt8]` takes several times as long. The pieces that JSON knows
/// of are in ``append(json:)``'s file.
package struct ByteBuffer: ~Copyable {
    private var memory: UnsafeMutableRawPointer
    private var capacity: Int
    /// How many bytes have been written.
    package private(set) var count = 0

    /// Makes an empty buffer.
    ///
    /// - Parameter capacity: how many bytes there is to be room for at first, above 0.
    package init(capacity: Int) {
        self.capacity = max(capacity, 1)
        memory = Self.allocate(self.capacity)
    }

    deinit { free(memory) }

    /// By `malloc`: Swift's own pointers ask for an alignment, which takes several times as long.
    private static func allocate(_ count: Int) -> UnsafeMutableRawPointer {
        guard let memory = malloc(count) else { fatalError("no memory") }
        return memory
    }

    /// What has been written.
    package var bytes: [UInt8] { bytes(from: 0) }

    /// The byte at a position below ``count``.
    package subscript(position: Int) -> UInt8 {
        precondition(position >= 0 && position < count, "no byte has been written there")
        return memory.load(fromByteOffset: position, as: UInt8.self)
    }

    /// The bytes from a position on.
    package func bytes(from start: Int) -> [UInt8] {
        precondition(start >= 0 && start <= count, "no byte has been written there")
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count - start)
        withBytes { bytes.append(contentsOf: $0[start...]) }
        return bytes
    }

    /// Runs a closure with what has been written.
    package func withBytes<Value>(_ body: (UnsafeRawBufferPointer) -> Value) -> Value {
        body(UnsafeRawBufferPointer(start: memory, count: count))
    }

    /// Takes so many bytes at the end away.
    package mutating func removeLast(_ count: Int) {
        precondition(count >= 0 && count <= self.count, "so many bytes have not been written")
        self.count -= count
    }

    /// Takes all bytes away; the memory stays.
    package mutating func removeAll() {
        count = 0
    }

    /// Appends a byte.
    package mutating func append(_ byte: UInt8) {
        reserve(1)
        memory.storeBytes(of: byte, toByteOffset: count, as: UInt8.self)
        count += 1
    }

    /// Appends bytes.
    package mutating func append(_ bytes: UnsafeRawBufferPointer) {
        guard let start = bytes.baseAddress else { return }
        reserve(bytes.count)
        (memory + count).copyMemory(from: start, byteCount: bytes.count)
        count += bytes.count
    }

    /// Appends bytes.
    package mutating func append(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { append($0) }
    }

    /// Appends the bytes of a literal of the source.
    package mutating func append(_ literal: StaticString) {
        append(UnsafeRawBufferPointer(start: literal.utf8Start, count: literal.utf8CodeUnitCount))
    }

    /// Appends a text as it is.
    package mutating func append(text: String) {
        text.withBytes { append(UnsafeRawBufferPointer($0)) }
    }

    /// Appends a whole number in decimal, without a text on the way.
    package mutating func append(decimal number: Int64) {
        // Counts, and the tenths of a millisecond.
        if number >= 0, number < 10 { return append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: number)) }
        // The longest is that of the least: nineteen digits and a sign.
        withRoom(for: 20) { room in
            var digits = 1
            var bound: UInt64 = 10
            let magnitude = number.magnitude
            while digits < 19, magnitude >= bound {
                bound *= 10
                digits += 1
            }
            let length = digits + (number < 0 ? 1 : 0)
            var rest = magnitude
            for position in stride(from: length - 1, through: length - digits, by: -1) {
                room[position] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
                rest /= 10
            }
            if number < 0 { room[0] = UInt8(ascii: "-") }
            return length
        }
    }

    /// Has a closure write behind what is there.
    ///
    /// - Parameters:
    ///   - maximum: how many bytes it is given room for.
    ///   - write: returns how many it has written.
    package mutating func withRoom(for maximum: Int, _ write: (UnsafeMutableRawBufferPointer) -> Int) {
        reserve(maximum)
        let written = write(UnsafeMutableRawBufferPointer(start: memory + count, count: maximum))
        precondition(written <= maximum, "more was written than there is room for")
        count += written
    }

    private mutating func reserve(_ added: Int) {
        if capacity - count < added { grow(by: added) }
    }

    @inline(never)
    private mutating func grow(by added: Int) {
        capacity = max(count + added, 2 * capacity)
        guard let grown = realloc(memory, capacity) else { fatalError("no memory") }
        memory = grown
    }
}
