internal import JSON

/// One place at which what came differs from what a case expects.
package struct Difference: Sendable, Hashable {
    /// Where, as a path: `fields.Title`, `sent.json.lead[0].email`, `sent.body, line 3`.
    package var place: String
    /// What was expected, as JSON writes it.
    package var expected: String
    /// What came, as JSON writes it; `nothing` where nothing did.
    package var got: String

    /// Compares two values.
    ///
    /// - Parameters:
    ///   - isWhole: whether members that are not expected are a difference too, as in a body.
    static func list(
        between expected: JSONValue,
        and got: JSONValue?,
        at place: String,
        isWhole: Bool
    ) -> [Difference] {
        switch (expected, got) {
        case (.object(let expected), .object(let got)?):
            return members(expected, got, at: place, isWhole: isWhole)
        case (.array(let expected), .array(let got)?):
            return (0..<max(expected.count, got.count)).flatMap { index in
                let element = got.indices.contains(index) ? got[index] : nil
                let place = "\(place)[\(index)]"
                return expected.indices.contains(index)
                    ? list(between: expected[index], and: element, at: place, isWhole: isWhole)
                    : [Difference(place: place, expected: "nothing", got: shown(element))]
            }
        case (.string(let expected), .string(let got)?):
            return expected.hasSameBytes(as: got) ? [] : [texts(expected, got, at: place)]
        default:
            // Numbers by their digits: what Flowhook promises to keep is what a case compares.
            if expected.serialized == got?.serialized { return [] }
            return [Difference(place: place, expected: shown(expected), got: shown(got))]
        }
    }

    private static func members(
        _ expected: JSONObject,
        _ got: JSONObject,
        at place: String,
        isWhole: Bool
    ) -> [Difference] {
        var differences = expected.members.flatMap { member in
            list(
                between: member.value,
                and: got[member.name],
                at: join(place, member.name),
                isWhole: isWhole || join(place, member.name) == "sent.json"
            )
        }
        // Whoever expects an object without a member expects that there is none.
        if isWhole || expected.members.isEmpty {
            for member in got.members where expected[member.name] == nil {
                differences.append(
                    Difference(place: join(place, member.name), expected: "nothing", got: shown(member.value))
                )
            }
        }
        return differences
    }

    private static func join(_ place: String, _ name: String) -> String {
        let isPlain = !name.isEmpty && name.utf8.allSatisfy { $0 != UInt8(ascii: ".") && $0 != UInt8(ascii: "[") }
        let key = isPlain ? name : "[\(shown(.string(name)))]"
        return place.isEmpty || !isPlain ? place + key : "\(place).\(key)"
    }

    /// Of texts of several lines the first that differ; of long ones what stands around the first difference.
    private static func texts(_ expected: String, _ got: String, at place: String) -> Difference {
        let expectedLines = expected.split(separator: "\n", omittingEmptySubsequences: false)
        let gotLines = got.split(separator: "\n", omittingEmptySubsequences: false)
        var place = place
        var (left, right) = (expected[...], got[...])
        if expectedLines.count > 1 || gotLines.count > 1 {
            let same = zip(expectedLines, gotLines).prefix { String($0).hasSameBytes(as: String($1)) }.count
            place += ", line \(same + 1)"
            guard expectedLines.indices.contains(same), gotLines.indices.contains(same) else {
                let line = { (lines: [Substring]) in
                    lines.indices.contains(same) ? shown(.string(String(lines[same]))) : "the end"
                }
                return Difference(place: place, expected: line(expectedLines), got: line(gotLines))
            }
            (left, right) = (expectedLines[same], gotLines[same])
        }
        let common = zip(left.unicodeScalars, right.unicodeScalars).prefix { $0 == $1 }.count
        return Difference(place: place, expected: excerpt(left, common), got: excerpt(right, common))
    }

    private static func excerpt(_ text: Substring, _ common: Int) -> String {
        let scalars = text.unicodeScalars
        guard scalars.count > 160 else { return shown(.string(String(text))) }
        let start = max(0, common - 40)
        let window = String(String.UnicodeScalarView(scalars.dropFirst(start).prefix(120)))
        let head = start > 0 ? "…" : ""
        return head + shown(.string(window)) + (start + 120 < scalars.count ? "…" : "")
    }

    private static func shown(_ value: JSONValue?) -> String {
        value.map { String(decoding: $0.serialized, as: UTF8.self) } ?? "nothing"
    }

    /// Describes a difference.
    package init(place: String, expected: String, got: String) {
        self.place = place
        self.expected = expected
        self.got = got
    }
}
