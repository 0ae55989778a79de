import FleetModel
import Testing

@testable import FleetInput
@testable import TabularText

@Suite("Exports of LibreOffice Calc")
struct LibreOfficeTests {
    static let files: [(String, TableChoices.Encoding, String, TableShape.Encoding)] = [
        ("comma.csv", .automatic, ",", .utf8), ("semicolon.csv", .automatic, ";", .utf8),
        ("pipe-all-quoted.csv", .automatic, "|", .utf8), ("tab-utf16.csv", .automatic, "\t", .utf16LittleEndian),
        ("semicolon-windows1252.csv", .windows1252, ";", .windows1252),
    ]

    @Test("The same sheet in every dialect gives the same rows and the same diagnostics", arguments: files)
    func dialects(
        file: String, choice: TableChoices.Encoding, delimiter: String, encoding: TableShape.Encoding
    ) throws {
        for sliceSize in [1, 2, 3, 7, 64, TableReader.sliceSize] {
            let settings = InputSettings(table: TableChoices(encoding: choice))
            let reading = try Reading(
                bytes: Fixtures.bytes("LibreOffice/\(file)"), settings: settings, sliceSize: sliceSize)
            #expect(
                reading.texts == [
                    "fleet:4: warning: row 3: 'alidns' wants the key 'AccessKeySecret' too: give it in a column 'auth.AccessKeySecret'",
                    "fleet:7: row 6: column 'ID': '1E+05' is in scientific notation, so digits may be lost: "
                        + "format the column as a whole number",
                    "fleet:7: row 6: column 'Auto-Renewal': '0%' is none of \(BooleanWord.list)",
                    "fleet:8: row 7: column 'ID': '1,005' has a thousands separator or decimal comma: write the digits alone",
                    "fleet:8: row 7: column 'issue_to': there is a blank inside 'a b'",
                ])
            let shape = reading.catalog.shape
            #expect(shape.delimiter == delimiter.utf8.first && shape.encoding == encoding)
            #expect(shape.header.count == 11 && shape.lineEnding == [0x0A])
            try expectRows(reading)
        }
    }

    private func expectRows(_ reading: Reading) throws {
        let jobs = try reading.jobs()
        #expect(jobs.map(\.position) == [(1, 2), (2, 4), (3, 6)].map { RowPosition(row: $0.0, line: $0.1) })
        #expect(jobs.map(\.address.host.description) == ["pbx1.example.com:443", "pbx2.example.com:8443", "pbx3:8088"])
        let auth = [
            AuthInfo(key: "AccessKeyId", value: .string(Secret("Käy"))), AuthInfo(key: "TTL", value: .integer(600)),
        ]
        #expect(
            jobs.map(\.edit) == [
                CertificateEdit(id: 5, issueTo: "pbx1.example.com", autoRenewal: false),
                CertificateEdit(
                    id: 6, issueTo: "pbx2.example.com", autoRenewal: true, dnsProvider: "alidns", authInfo: auth),
                CertificateEdit(id: 7, autoRenewal: false),
            ])
        #expect(jobs.first?.credentials == .token(Secret("tök€n;1")))
        let cells = try reading.shownCells()
        #expect(cells.map { $0[8] } == [noted, "“smart” – “quotes”", "", "wrong twice", "#DIV/0!"])
        #expect(cells[0][3] == " pbx1.example.com " && cells[0][1] == "5.0" && cells[0][2] == "FALSE")
    }

    private let noted = "say \"hi\", twice\nand; again|end"

    @Test("An export in another encoding is told as such")
    func wrongEncoding() throws {
        let reading = try Reading(bytes: Fixtures.bytes("LibreOffice/semicolon-windows1252.csv"))
        #expect(reading.codes.contains(.encodingInvalid))
        #expect(reading.diagnostics.first?.line == 2)
    }
}
