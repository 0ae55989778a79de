import Platform
import FleetModel
import TestSupport
import Testing

@testable import FleetInput
@testable import TabularText

@Suite("What is said about an input, kind by kind")
struct DiagnosticTests {
    @Test("Every text is the one in the file that shows them all")
    func golden() throws {
        let page = try [
            ("The file as a whole is at fault: nothing of it runs", DiagnosticGallery.file),
            ("A row is at fault: it does not run", DiagnosticGallery.rows),
            ("A value is doubtful but possible: the row runs", DiagnosticGallery.warnings),
        ].map { title, exhibits in try "# \(title)\n\n" + exhibits.map(section).joined(separator: "\n") }
        let actual = page.joined(separator: "\n")
        #expect(try Fixtures.text("diagnostics.txt") == actual, "it should be:\n\(actual)")
    }

    @Test("Every kind of diagnostic is shown, and under its own code")
    func complete() throws {
        let exhibits = DiagnosticGallery.file + DiagnosticGallery.rows + DiagnosticGallery.warnings
        for exhibit in exhibits {
            let codes = try exhibit.reading().codes
            #expect(codes.contains(exhibit.code), "\(exhibit.code): \(codes)")
        }
        let sources = try ["TabularText/Diagnostic.swift", "FleetInput/Diagnostic+Codes.swift"].map(Fixtures.source)
        let codes = sources.joined().matches(of: /Self\(rawValue: "([a-z0-9-]+)"\)/).map { String($0.1) }
        #expect(codes.count > 40 && Set(exhibits.map(\.code.rawValue)) == Set(codes))
    }

    @Test("A diagnostic is one line whatever the names of file and column")
    func oneLine() {
        let diagnostic = Diagnostic(
            .idMalformed, severity: .warning, line: 7, column: "a\r\nb\u{2028}\u{1B}", "wrong")
        #expect(diagnostic.text(file: "x\ny") == "x\\ny:7: warning: column 'a\\r\\nb\\u{2028}\\u{1b}': wrong")
    }

    @Test("A name with a line break in it stays on the line, also where another column's diagnostic names it")
    func brokenNames() throws {
        let texts = try Reading("host,id,client_id,\"client\n_secret\"\na,5,app,\n").texts
        #expect(texts.count { $0.contains("'client\\n_secret'") } == 2, "\(texts)")
        #expect(!texts.contains { $0.contains { $0.isNewline } })
    }

    @Test(
        "What is quoted is escaped and cut",
        arguments: [
            ("plain", "'plain'"), ("a\tb\n", "'a\\tb\\n'"), ("ü€🙂", "'ü€🙂'"),
            ("\u{200B}\u{202E}", "'\\u{200b}\\u{202e}'"),
            (String(repeating: "x", count: 61), "'\(String(repeating: "x", count: 60))…'"),
        ])
    func quotation(text: String, quoted: String) {
        #expect(Quotation.of(Array(text.utf8)) == quoted)
        #expect(Quotation.of([0xFC, 0x41] as [UInt8]) == "'\\xfcA'")
    }

    private func section(_ exhibit: DiagnosticGallery.Exhibit) throws -> String {
        let reading = try exhibit.reading()
        let input = exhibit.caption.map { "(\($0))" } ?? visible(exhibit.bytes)
        let shown = input.split(separator: "\n").map { "    \($0)\n" }.joined()
        let texts = reading.diagnostics.map { $0.text(file: exhibit.name) + "\n" }.joined()
            .replacing(/exists in '[^']*'/, with: "exists in 'FOLDER'")
        return "## \(exhibit.code.rawValue)\n\n\(shown)\n\(texts)"
    }

    /// The input, its bytes that are no UTF-8 as escapes.
    private func visible(_ bytes: [UInt8]) -> String {
        if let text = String(validating: bytes, as: UTF8.self) { return text }
        return bytes.map { $0 < 0x80 ? String(UnicodeScalar($0)) : "\\x" + String($0, radix: 16) }.joined()
    }
}
