import Foundation
import Testing

@testable import TabularText

@Suite("Encodings")
struct TextEncodingTests {
    static let text = "host,id,auto_renewal,access_token,note\r\npbx,5,0,tök€n,\"“ä\r\n🙂\"\r\n\r\nb,6,0,t,ÿ\r\n"
    static let plain = text.replacingOccurrences(of: "🙂", with: "™")

    static let encoded: [(String, TableChoices.Encoding, TableShape.Encoding, Bool, [UInt8])] = [
        ("UTF-8", .automatic, .utf8, false, Array(text.utf8)),
        ("UTF-8 asked for", .utf8, .utf8, false, Array(text.utf8)),
        ("UTF-8 marked", .automatic, .utf8, true, [0xEF, 0xBB, 0xBF] + Array(text.utf8)),
        ("UTF-8 marked and asked for", .utf8, .utf8, true, [0xEF, 0xBB, 0xBF] + Array(text.utf8)),
        ("UTF-16LE", .automatic, .utf16LittleEndian, true, [0xFF, 0xFE] + bytes(text, .utf16LittleEndian)),
        ("UTF-16BE", .utf16, .utf16BigEndian, true, [0xFE, 0xFF] + bytes(text, .utf16BigEndian)),
        ("UTF-16LE without a mark", .utf16, .utf16LittleEndian, false, bytes(text, .utf16LittleEndian)),
        ("UTF-16BE without a mark", .utf16, .utf16BigEndian, false, bytes(text, .utf16BigEndian)),
        ("windows-1252", .windows1252, .windows1252, false, bytes(plain, .windowsCP1252)),
    ]

    @Test("The same file in every encoding, at every size of read", arguments: encoded)
    func encodings(
        name: String, choice: TableChoices.Encoding, encoding: TableShape.Encoding, isMarked: Bool,
        bytes: [UInt8]
    ) throws {
        let note = encoding == .windows1252 ? "“ä\r\n™" : "“ä\r\n🙂"
        let rows = [
            TableReading.Row(line: 1, cells: ["host", "id", "auto_renewal", "access_token", "note"]),
            TableReading.Row(line: 2, cells: ["pbx", "5", "0", "tök€n", note]),
            TableReading.Row(line: 5, cells: ["b", "6", "0", "t", "ÿ"]),
        ]
        for size in 1...bytes.count {
            let reading = try TableReading(bytes: bytes, TableChoices(encoding: choice), sliceSize: size)
            #expect(reading.texts == [] && reading.rows == rows, "\(size)")
            #expect(reading.shape.encoding == encoding && reading.shape.hasByteOrderMark == isMarked)
            #expect(reading.shape.lineEnding == [0x0D, 0x0A])
        }
        let unkept = try TableReading(bytes: bytes, TableChoices(encoding: choice), kept: false)
        #expect(unkept.texts == [] && unkept.rows == rows)
    }

    static let header = Array("host,id,auto_renewal,access_token,note\n".utf8)
    static let row = Array("a,1,0,t,\n".utf8)

    static let broken: [(String, TableChoices.Encoding, [UInt8], String)] = [
        (
            "a byte that is no UTF-8", .automatic, header + Array("b,2,0,t,".utf8) + [0xFC, 0x0A] + row,
            "2: there are bytes"
        ),
        (
            "a cut character at the end", .automatic, header + row + Array("b,2,0,t,".utf8) + [0xE2, 0x82],
            "3: there are"
        ),
        (
            "an overlong form", .utf8, header + Array("b,2,0,t,".utf8) + [0xC0, 0x80, 0x0A],
            "2: there are bytes here that"
        ),
        ("a surrogate", .utf8, header + row + Array("b,2,0,t,".utf8) + [0xED, 0xA0, 0x80, 0x0A], "3: there are bytes"),
        ("beyond Unicode", .utf8, header + row + Array("b,2,0,t,".utf8) + [0xF4, 0x90, 0x80, 0x80, 0x0A], "3: there"),
        (
            "a hole of windows-1252", .windows1252, header + row + [0x61, 0x81, 0x0A],
            "3: there are bytes here that are no w"
        ),
        (
            "half a surrogate pair", .automatic,
            [0xFF, 0xFE] + bytes("host,id\n\n", .utf16LittleEndian) + [0x3D, 0xD8, 0x0A, 0],
            "3: there are bytes here that are no UTF-16"
        ),
        (
            "half a character", .automatic, [0xFF, 0xFE] + bytes("host,id\n", .utf16LittleEndian) + [0x41],
            "2: there are"
        ),
        (
            "a workbook", .automatic, [0x50, 0x4B, 3, 4, 0x14, 0, 6],
            "1: the file is a workbook or an archive, not text"
        ),
        ("an old workbook", .windows1252, [0xD0, 0xCF, 0x11, 0xE0, 0xA1], "1: the file is a workbook or an archive"),
        (
            "no mark", .automatic, bytes("host,id", .utf16BigEndian),
            "1: the file looks like UTF-16 without a byte order"
        ),
        ("no order", .utf16, Array("host,id".utf8), "1: the file has no byte order mark that would tell"),
        (
            "another mark", .utf8, [0xFF, 0xFE, 0x41, 0],
            "1: the file starts with the byte order mark of UTF-16, so it is"
        ),
        (
            "a mark too many", .windows1252, [0xEF, 0xBB, 0xBF] + header,
            "so it is not windows-1252: leave --encoding out"
        ),
    ]

    @Test("Bytes that are no text are told with their line, once, and never replaced", arguments: broken)
    func brokenText(name: String, choice: TableChoices.Encoding, bytes: [UInt8], text: String) throws {
        for size in 1...bytes.count {
            let reading = try TableReading(bytes: bytes, TableChoices(encoding: choice), sliceSize: size)
            #expect(reading.codes == [.encodingInvalid], "\(reading.texts)")
            #expect(reading.texts[0].contains(text), "\(reading.texts)")
            #expect(reading.diagnostics[0].severity == .file)
        }
    }

    @Test("Behind bytes that are no UTF-8 the records are read on")
    func goesOn() throws {
        let bytes = Self.header + Array("b,2,0,t,\"\n".utf8) + [0xFC] + Array("\"\nc,x,0,t,\n".utf8) + [0xFC, 0x0A]
        let reading = try TableReading(bytes: bytes, kept: false, sliceSize: 3)
        #expect(reading.diagnostics.map(\.line) == [3])
        #expect(reading.rows.map(\.line) == [1, 2, 4, 5])
    }

    @Test("JSON lines come in other encodings too")
    func jsonLines() throws {
        let line = #"{"host":"a","access_token":"ö"}"#
        let bytes = [0xFF, 0xFE] + Self.bytes("\(line)\r\n", .utf16LittleEndian)
        let reading = try TableReading(bytes: bytes, name: "fleet", sliceSize: 3)
        #expect(reading.rows == [TableReading.Row(line: 1, cells: [line])])
        #expect(reading.shape.format == .jsonl && reading.shape.encoding == .utf16LittleEndian)
    }

    private static func bytes(_ text: String, _ encoding: String.Encoding) -> [UInt8] {
        Array(text.data(using: encoding) ?? Data())
    }
}
