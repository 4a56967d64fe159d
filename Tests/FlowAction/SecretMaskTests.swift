import Testing

@testable import FlowAction

@Suite struct SecretMaskTests {
    private static let secret = #"ab"c\d/e&f<g>'h +%é😀"#

    /// Every spelling that JSON, XML, URLs and forms have for the same secret.
    @Test(arguments: [
        secret,
        #"ab\"c\\d/e&f<g>'h +%é😀"#,
        #"ab\u0022c\u005cd\/e\u0026f\u003cg\u003e\u0027h +%\u00e9\ud83d\ude00"#,
        #"ab&quot;c\d/e&amp;f&lt;g&gt;&apos;h +%é😀"#,
        #"ab&#34;c\d/e&#x26;f&#60;g&#62;&#39;h +%&#233;&#x1F600;"#,
        "ab%22c%5Cd%2Fe%26f%3Cg%3E%27h%20%2B%25%C3%A9%F0%9F%98%80",
        "ab%22c%5cd%2fe%26f%3cg%3e%27h+%2b%25%c3%a9%f0%9f%98%80",
    ])
    func masksEverySpelling(text: String) {
        #expect(SecretMask([Self.secret]).masked("<\(text)|\(text)>") == "<••••••|••••••>")
    }

    /// What a receiver of a header makes of it: no blanks at the ends, and a character for each byte.
    @Test func masksWhatBecomesOfItInAHeader() {
        #expect(SecretMask([" \tkey with blanks \t"]).masked("<key with blanks>") == "<••••••>")
        let text = #"<pÃ¤sswÃ¶rd> "p\u00c3\u00a4ssw\u00c3\u00b6rd""#
        #expect(SecretMask(["pässwörd "]).masked(text) == #"<••••••> "••••••""#)
    }

    @Test func masksTheLongerOfTwo() {
        let mask = SecretMask(["abcdefgh", "", "abcdefghij"])
        #expect(mask.masked("abcdefghij abcdefghi") == "•••••• ••••••i")
    }

    /// A backslash that is none of an escape is one of the secret's.
    @Test func masksWhatLooksLikeAnEscape() {
        #expect(SecretMask([#"a\nb\\c%41"#]).masked(#"x a\nb\\c%41 y"#) == "x •••••• y")
    }

    @Test(arguments: ["", "abcdefg", #"\"#, #"\u12"#, #"\ud83d\u0041"#, "%", "%4", "&amp", "&#xFFFFFFFF;", "&#;"])
    func leavesOtherText(text: String) {
        #expect(SecretMask(["abcdefgh"]).masked(text) == text)
        #expect(SecretMask([]).masked(text) == text)
    }
}
