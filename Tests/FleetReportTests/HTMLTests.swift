import Testing

@testable import FleetReport

@Suite struct HTMLTests {
    @Test(
        "text shows as text",
        arguments: [
            ("plain ä 漢 🙂", "plain ä 漢 🙂"), ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
            ("a&b", "a&amp;b"), (#"" onclick='x'"#, "&quot; onclick=&#39;x&#39;"), ("=cmd()", "=cmd()"),
            // A sign with a combining mark is one character to Swift, and still ends a tag to a browser.
            ("\"\u{301} onclick=x <\u{301}b>\u{301}", "&quot;\u{301} onclick=x &lt;\u{301}b&gt;\u{301}"),
            ("\u{1B}[31mred", "␛[31mred"), ("a\u{0}b\u{7F}", "a␀b␡"), ("one\ntwo\tthree\r", "one\ntwo\tthree␍"),
            ("\u{202E}gnp.exe\u{2066}\u{200F}\u{61C}\u{85}", "[U+202E]gnp.exe[U+2066][U+200F][U+61C][U+85]"),
            ("\r\n", "␍\n"),
        ])
    func textIsEscaped(_ text: String, _ expected: String) {
        let page: HTML = "<td title=\"\(text)\">\(text)</td>"
        #expect(String(decoding: page.bytes, as: UTF8.self) == "<td title=\"\(expected)\">\(expected)</td>")
    }

    @Test func markupStaysMarkupAndNumbersAreGrouped() {
        let pieces: [HTML] = ["<b>\(1_234_567)</b>", "<i>\(plain: 1234)</i>"]
        let page: HTML = "<p>\(pieces)\(HTML("<hr>"))</p>"
        #expect(String(decoding: page.bytes, as: UTF8.self) == "<p><b>1,234,567</b><i>1234</i><hr></p>")
        #expect([0, 999, 1000, -1000, 100_000].map(grouped) == ["0", "999", "1,000", "-1,000", "100,000"])
    }
}
