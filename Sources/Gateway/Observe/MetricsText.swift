/// Metrics in the text format of Prometheus, version 0.0.4.
struct MetricsText {
    /// What was written so far.
    private(set) var bytes: [UInt8] = []
    private var name = ""

    /// The value of `Content-Type`.
    static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    /// The types of metrics.
    enum Kind: String {
        /// Only rises.
        case counter
        /// Rises and falls.
        case gauge
        /// Counts by bounds.
        case histogram
    }

    /// Begins a metric; its samples follow.
    ///
    /// - Parameter help: a sentence without backslash and line feed.
    mutating func begin(_ name: String, _ kind: Kind, _ help: String) {
        self.name = name
        append("# HELP \(name) \(help)\n# TYPE \(name) \(kind.rawValue)\n")
    }

    /// Writes a sample.
    mutating func sample(_ labels: [(name: String, value: String)], _ value: Int) {
        line("", labels, String(value))
    }

    /// Writes a sample in seconds.
    mutating func sample(_ labels: [(name: String, value: String)], milliseconds: Int64) {
        line("", labels, Self.seconds(microseconds: milliseconds * 1_000))
    }

    /// Writes the samples of a histogram.
    mutating func histogram(_ labels: [(name: String, value: String)], _ histogram: Histogram) {
        var count = 0
        for (index, bucket) in histogram.buckets.enumerated() {
            count += bucket
            let bound = index < histogram.bounds.count ? Self.seconds(microseconds: histogram.bounds[index]) : "+Inf"
            line("_bucket", labels + [("le", bound)], String(count))
        }
        line("_sum", labels, Self.seconds(microseconds: Int64(histogram.sum)))
        line("_count", labels, String(count))
    }

    private mutating func line(_ suffix: String, _ labels: [(name: String, value: String)], _ value: String) {
        append(name)
        append(suffix)
        for (index, label) in labels.enumerated() {
            append(index == 0 ? "{" : ",")
            append(label.name)
            append("=\"")
            append(escaped: label.value)
            append("\"")
        }
        if !labels.isEmpty { append("}") }
        append(" ")
        append(value)
        append("\n")
    }

    private mutating func append(_ text: String) {
        bytes.append(contentsOf: text.utf8)
    }

    /// Appends a label's value: a backslash, a double quote and a line feed are escaped.
    private mutating func append(escaped text: String) {
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\\"), UInt8(ascii: "\""):
                bytes.append(UInt8(ascii: "\\"))
                bytes.append(byte)
            case UInt8(ascii: "\n"): append("\\n")
            default: bytes.append(byte)
            }
        }
    }

    /// A time as seconds, without zeros at its end.
    private static func seconds(microseconds: Int64) -> String {
        let (whole, rest) = (microseconds / 1_000_000, microseconds % 1_000_000)
        guard rest > 0 else { return String(whole) }
        var digits = String(rest + 1_000_000).dropFirst()
        while digits.hasSuffix("0") { digits.removeLast() }
        return "\(whole).\(digits)"
    }
}
