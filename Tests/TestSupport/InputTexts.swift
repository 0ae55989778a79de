/// Texts for each category of RFC 4180 and for what files do beside it.
package enum CSVTexts {
    /// A header with what a row needs.
    package static let header = "base_url,id,auto_renewal,access_token"

    /// Files and what each row of theirs is: line, host and id; the same at every slice size.
    package static let files: [(String, [String])] = [
        ("\(header)\na,1,0,t\nb,2,0,t\n", ["1@2 a:8088 1", "2@3 b:8088 2"]),
        ("\(header)\r\na,1,0,t\r\nb,2,0,t\r\n", ["1@2 a:8088 1", "2@3 b:8088 2"]),
        ("\(header)\ra,1,0,t\rb,2,0,t\r", ["1@2 a:8088 1", "2@3 b:8088 2"]),
        ("\u{FEFF}\(header)\na,1,0,t", ["1@2 a:8088 1"]),
        ("\n\r\n\r\(header)\n\n\na,1,0,t\r\n\r\n\nb,2,0,t", ["1@7 a:8088 1", "2@10 b:8088 2"]),
        ("note,\(header)\n\"x\r\ny\n\rz\",a,1,0,t\nw,b,2,0,t\n", ["1@2 a:8088 1", "2@6 b:8088 2"]),
        (
            "note,\(header)\n\"x\u{2028}\u{85}\u{B}\u{C}\",a,1,0,t\n\u{2029}\u{B},b,2,0,t\n",
            ["1@2 a:8088 1", "2@3 b:8088 2"]
        ),
        ("\(header),\"a \"\"b\"\" c\"\n\"a\",\"1\",\"0\",\"t\",\"\"\n", ["1@2 a:8088 1"]),
        ("\(header),,,\na,1,0,t,,,\n,,,,,,\n , ,\u{A0},\n\"\",\nb,2,0,t,,,,,,,\n", ["1@2 a:8088 1", "2@6 b:8088 2"]),
        (";;;\n\n;\"\"; \n", []), ("|", []),
        (",,,\n,,\n\"\", \n\(header)\na,1,0,t\n", ["1@5 a:8088 1"]), ("\(header),note\na,1,0,t\n", ["1@2 a:8088 1"]),
        ("\(header)\n", []), ("\(header)", []), ("", []), ("\u{FEFF}", []), ("\n\n", []),
    ]

    /// Rows under the header that are no CSV, what is said about them, and how many rows come before.
    package static let broken: [(rows: String, problem: String, rowCount: Int)] = [
        ("a,1,0,t\nb\"c,2,0,t\nd,3,0,t\n", "fleet:3: a quote stands inside a cell", 1),
        ("a,1,0,t\n\"b\"c,2,0,t\n", "fleet:3: something stands between a closing quote", 1),
        ("a,1,0,t\n\"b\" ,2,0,t\n", "fleet:3: something stands between a closing quote", 1),
        ("a,1,0,t\n\"b\n\nx\",\"2\n,0,t\n", "fleet:5: the quote that opens a cell here is never closed", 1),
        ("a,1,0,t\n \"b\",2,0,t\n", "fleet:3: a quote stands inside a cell", 1),
        ("\"", "fleet:2: the quote that opens a cell here is never closed", 0),
    ]
}

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

/// Texts that are a pin of a server's key, and texts that are none. A row's pin and the command line's are held to them
/// alike.
package enum PinTexts {
    private static let zeros = String(repeating: "A", count: 42)

    /// `sha256//` and the base64 text of 32 bytes, once or several times.
    package static let right =
        "AEIMQUYcgkosw048".map { "sha256//\(zeros)\($0)=" } + [
            "sha256//+/\(zeros.dropLast(2))A=", "sha256//\(zeros)A=;sha256//\(zeros)E=",
            "sha256//\(zeros)A=;sha256//\(zeros)A=;sha256//\(zeros)E=",
        ]

    /// What differs from that in length, form, or bits that no 32 bytes have.
    package static let wrong =
        "BCDFZabz12379+/=-".map { "sha256//\(zeros)\($0)=" } + [
            "sha256//\(zeros)=", "sha256//\(zeros)AA", "sha256//\(zeros)AA=", "sha256//\(zeros.dropLast())-A=",
            "sha256//\(zeros.dropLast()) A=", "sha256/\(zeros)A=", "SHA256//\(zeros)A=", "\(zeros)A=",
            "sha256//\(zeros)A=;", ";sha256//\(zeros)A=", "sha256//\(zeros)A=;;sha256//\(zeros)A=",
            "sha256//\(zeros)A=; sha256//\(zeros)A=", "sha256//\(zeros)A=,sha256//\(zeros)A=",
            "sha256//\(zeros)B=;sha256//\(zeros)A=", "sha256//\(zeros)A=;sha256//\(zeros)B=", "server.pem",
        ]
}
