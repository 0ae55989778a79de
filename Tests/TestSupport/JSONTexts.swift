/// Texts for each category of RFC 8259, to be put where a value may stand.
package enum JSONTexts {
    /// Values in every form that the grammar has.
    package static let values = [
        "0", "-0", "0.0", "-0.5", "1e5", "1E+05", "123456789012345678901234567890", "1e999999999", "\"\"",
        "\"\\u0000\"",
        "\"\\ud83d\\ude42\"", "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"é🙂\u{2028}\u{7F}\"", "true", "false", "null", "[]",
        "{}",
        "[ 1 , [ 2 , { \"a\" : null } ] ]", "{\"a\":1,\"b\":{\"a\":2}}", "[\t1\t]",
        String(repeating: "[", count: 60) + String(repeating: "]", count: 60),
    ]

    /// What is no value, or one that is refused for being nested or repeated.
    package static let others = [
        "", "01", "-", "+1", ".5", "5.", "1e", "1e+", "0x10", "1_000", "NaN", "Infinity", "-Infinity", "True", "nul",
        "'a'",
        "\"a", "\"\\x41\"", "\"\\u12\"", "\"\\ud83d\"", "\"\\ude42\"", "\"\u{1}\"", "\"\t\"", "[1,]", "[,1]", "[1 2]",
        "[1", "1]",
        "{\"a\"}", "{\"a\":}", "{a:1}", "{\"a\":1,}", "{\"a\":1,\"a\":2}", "{\"a\":1;\"b\":2}", "1 2", "// no",
        "/* no */ 1",
        "“a”", "\u{FEFF}1", "\u{A0}1", "1\u{C}",
        String(repeating: "[", count: 100) + String(repeating: "]", count: 100), String(repeating: "[", count: 100_000),
    ]
}
