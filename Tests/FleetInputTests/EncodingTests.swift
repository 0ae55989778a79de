import Platform
import Foundation
import FleetModel
import Testing

@testable import FleetInput
@testable import TabularText

@Suite("Encodings")
struct EncodingTests {
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
        for size in 1...bytes.count {
            let reading = try Reading(
                bytes: bytes, settings: InputSettings(table: TableChoices(encoding: choice)), sliceSize: size)
            #expect(reading.texts == [])
            #expect(try reading.jobs().map(\.credentials) == [.token(Secret("tök€n")), .token(Secret("t"))])
            #expect(try reading.jobs().map(\.position.line) == [2, 5])
            #expect(
                try reading.echoedCells() == [["pbx", "5", "0", "***", note], ["b", "6", "0", "***", "ÿ"]], "\(size)")
            let shape = reading.catalog.shape
            #expect(shape.encoding == encoding && shape.hasByteOrderMark == isMarked)
            #expect(shape.lineEnding == [0x0D, 0x0A])
        }
        let unkept = try Reading(
            bytes: bytes, settings: InputSettings(table: TableChoices(encoding: choice)), kept: false)
        #expect(unkept.texts == [] && unkept.validRowCount == 2)
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
            let reading = try Reading(
                bytes: bytes, settings: InputSettings(table: TableChoices(encoding: choice)), sliceSize: size)
            #expect(reading.codes.filter { $0 == .encodingInvalid }.count == 1, "\(reading.texts)")
            #expect(reading.texts.contains { $0.contains(text) }, "\(reading.texts)")
            #expect(reading.catalog.hasFileProblem)
        }
    }

    @Test("Behind bytes that are no UTF-8 the rows are judged on, problems in the order of their lines")
    func goesOn() throws {
        let bytes = Self.header + Array("b,2,0,t,\"\n".utf8) + [0xFC] + Array("\"\nc,x,0,t,\n".utf8) + [0xFC, 0x0A]
        let reading = try Reading(bytes: bytes, sliceSize: 3)
        #expect(reading.problems.map(\.line) == [3, 4, 5, 5, 5, 5])
        #expect(reading.codes.first == .encodingInvalid && reading.codes[1] == .idMalformed)
    }

    @Test("JSON lines come in other encodings too")
    func jsonLines() throws {
        let line = #"{"host":"a","id":1,"auto_renewal":0,"access_token":"ö"}"#
        let bytes = [0xFF, 0xFE] + Self.bytes("\(line)\r\n", .utf16LittleEndian)
        let reading = try Reading(bytes: bytes, name: "fleet", sliceSize: 3)
        #expect(try reading.jobs().map(\.credentials) == [.token(Secret("ö"))])
        #expect(reading.catalog.shape.format == .jsonl && reading.catalog.shape.encoding == .utf16LittleEndian)
    }

    private static func bytes(_ text: String, _ encoding: String.Encoding) -> [UInt8] {
        Array(text.data(using: encoding) ?? Data())
    }
}
