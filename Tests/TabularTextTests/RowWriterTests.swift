import Platform
import Foundation
import TabularText
import TestSupport
import Testing

@Suite struct RowWriterTests {
    private static func bytes(_ texts: [String]) -> [[UInt8]] { texts.map { Array($0.utf8) } }

    private static func text(_ writer: inout RowWriter) -> String { String(decoding: writer.take(), as: UTF8.self) }

    @Test(
        "cells come back from Python's csv module as they were",
        arguments: [(UInt8(ascii: ","), [0x0A]), (0x3B, [0x0D, 0x0A]), (0x09, [0x0A]), (0x7C, [0x0D])]
            as [(UInt8, [UInt8])])
    func cells(delimiter: UInt8, lineEnding: [UInt8]) throws {
        var generator = SeededGenerator(seed: UInt64(delimiter))
        let alphabet = ["a", "\"", ",", ";", "\t", "|", " ", "\n", "\r", "\r\n", "ü", "=", "'", "\u{301}", ""]
        let cells = (0..<200).map { _ in
            (0..<3).map { _ in
                (0..<Int.random(in: 0...6, using: &generator)).compactMap { _ in
                    alphabet.randomElement(using: &generator)
                }.joined()
            }
        }
        let shape = TableShape(
            format: .csv, lineEnding: lineEnding, delimiter: delimiter, header: Self.bytes(["a b", " c", "d\"e"]))
        var writer = RowWriter(shape, columns: ["row", "x;y"], under: "result")
        for row in cells {
            writer.append(.cells(Self.bytes(row))) { own in
                own.add(row.count)
                own.add("x" + row.joined())
            }
        }
        let rows = try readWithPython(writer.take(), delimiter: delimiter)
        #expect(rows.first == ["a b", " c", "d\"e", "result.row", "result.x;y"])
        let expected = cells.map { Self.bytes($0 + ["3", "x" + $0.joined()]) }
        #expect(rows.dropFirst().map { Self.bytes($0) } == expected)
    }

    private func readWithPython(_ bytes: [UInt8], delimiter: UInt8) throws -> [[String]] {
        let work = try WorkDirectory()
        let script = """
            import csv, json, sys
            file = open(sys.argv[1], newline='', encoding='utf-8')
            print(json.dumps(list(csv.reader(file, delimiter=chr(int(sys.argv[2])), strict=True))))
            """
        let table = try work.write("table.csv", bytes: bytes)
        let python = try ChildProcess.run("/usr/bin/python3", ["-c", script, table, "\(delimiter)"])
        return try JSONDecoder().decode([[String]].self, from: python.output)
    }

    @Test func rowHasACellForEachColumnWhateverIsPassedThrough() {
        var writer = RowWriter(TableShape(format: .csv, header: Self.bytes(["a", "b"])), columns: ["c"])
        for content in [["1", "2"], ["1"], [], ["1", "2", "3"]] {
            writer.append(.cells(Self.bytes(content))) { $0.add("x") }
        }
        writer.append(nil) { $0.add("x") }
        #expect(Self.text(&writer) == "a,b,c\n1,2,x\n1,,x\n,,x\n1,2,x\n,,x\n")
    }

    @Test(
        "text that a spreadsheet would take for a formula is made harmless, and what is passed through is not touched",
        arguments: [
            ("=1+1", "'=1+1"), ("+1", "'+1"), ("-1", "'-1"), ("@x", "'@x"), ("\tx", "'\tx"),
            ("\rx", "\"'\rx\""), ("=a,b", "\"'=a,b\""), (" =1", "' =1"), ("1=1", "1=1"), ("SUCCESS", "SUCCESS"),
            ("", ""),
        ])
    func formulas(text: String, cell: String) {
        var writer = RowWriter(TableShape(format: .csv, header: Self.bytes(["own"])), columns: ["text"])
        writer.append(.cells(Self.bytes(["=1+1"]))) { $0.add(text) }
        #expect(Self.text(&writer) == "own,text\n=1+1,\(cell)\n")
    }

    @Test func jsonLinesHaveTheirMembersAndOneObject() {
        var writer = RowWriter(
            TableShape(format: .jsonl, lineEnding: [0x0D, 0x0A]), columns: ["n", "text", "at"], under: "plan")
        writer.append(.members(Array(#""id":5.0,"n":1e400"#.utf8))) { own in
            own.add(-7)
            own.add("=\"x\"\n")
            own.add(WallTime(milliseconds: 0))
        }
        for content in [PassThroughRow.Content.members([]), nil] {
            writer.append(content) { own in
                own.add(nil as Int?)
                own.add("")
                own.add(nil as WallTime?)
            }
        }
        #expect(
            Self.text(&writer) == """
                {"id":5.0,"n":1e400,"plan":{"n":-7,"text":"=\\"x\\"\\n","at":"1970-01-01T00:00:00.000Z"}}\r
                {"plan":{"n":null,"text":null,"at":null}}\r
                {"plan":{"n":null,"text":null,"at":null}}\r

                """)
    }

    @Test("columns without an object stand for themselves", arguments: [TableShape.Format.csv, .jsonl])
    func noObject(format: TableShape.Format) {
        var writer = RowWriter(TableShape(format: format), columns: ["base_url", "id"])
        writer.append(nil) { own in
            own.add("https://a")
            own.add(5)
        }
        let expected =
            format == .csv ? "base_url,id\nhttps://a,5\n" : #"{"base_url":"https://a","id":5}"# + "\n"
        #expect(Self.text(&writer) == expected)
        #expect(Self.text(&writer).isEmpty)
    }

    @Test(
        "a table is written as the other one was",
        arguments: [
            (TableShape.Encoding.utf8, false, "s"), (.utf8, true, "\u{EF}\u{BB}\u{BF}s"),
            (.windows1252, false, "\u{EF}\u{BB}\u{BF}s"), (.utf16LittleEndian, true, "\u{FF}\u{FE}s\0"),
            (.utf16BigEndian, true, "\u{FE}\u{FF}\0s"), (.utf16BigEndian, false, "\0s"),
        ])
    func encodings(encoding: TableShape.Encoding, hasMark: Bool, start: String) throws {
        let shape = TableShape(
            format: .csv, encoding: encoding, hasByteOrderMark: hasMark, lineEnding: [0x0D, 0x0A],
            delimiter: UInt8(ascii: ";"), hasSeparatorLine: true, header: Self.bytes(["naïve 😀"]))
        var writer = RowWriter(shape, columns: ["row"], under: "result")
        var bytes: [UInt8] = []
        for row in 1...3000 {
            writer.append(.cells(Self.bytes(["grün 😀 \(row)"]))) { $0.add(row) }
            // Taken in pieces, as a file is written.
            if writer.count > 1000 { bytes += writer.take() }
        }
        bytes += writer.take()
        #expect(bytes.starts(with: start.unicodeScalars.map { UInt8($0.value) }))
        let foundation: [TableShape.Encoding: String.Encoding] = [
            .utf16LittleEndian: .utf16LittleEndian, .utf16BigEndian: .utf16BigEndian,
        ]
        let text = try #require(String(data: Data(bytes), encoding: foundation[encoding] ?? .utf8))
        let lines = text.replacing("\u{FEFF}", with: "").components(separatedBy: "\r\n")
        #expect(lines.count == 3003)
        #expect(lines[0] == "sep=;")
        #expect(lines[1] == "naïve 😀;result.row")
        #expect(lines[3001] == "grün 😀 3000;3000")
    }
}
