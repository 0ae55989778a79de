import Platform
import Foundation
import TestSupport
import Testing

@testable import TabularText

@Suite("Beside Python's csv module")
struct CSVPythonTests {
    /// Reads texts, hexadecimal and one a line, and writes each one's records as a JSON array.
    static let script = """
        import csv, io, json, sys
        csv.field_size_limit(1 << 24)
        for line in open(sys.argv[1]):
            delimiter, text = line.rstrip("\\n").split(":")
            text = io.StringIO(bytes.fromhex(text).decode(), newline="")
            records = csv.reader(text, delimiter=chr(int(delimiter)), strict=True)
            print(json.dumps([r for r in records if r]))
        """

    @Test(
        "10,000 random files give the same records", .enabled(if: hasPython, "there is no python3 to compare with"),
        arguments: [UInt64(4180)])
    func records(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let files = (0..<10_000).map { _ in RandomCSV(&random) }
        let theirs = try readByPython(files)
        #expect(theirs.count == files.count)
        for (file, expected) in zip(files, theirs) {
            let sliceSize = Int.random(in: 1...max(1, file.text.utf8.count), using: &random)
            #expect(file.records(sliceSize: sliceSize) == expected, "seed \(seed): \(file.text.debugDescription)")
        }
    }

    private static let hasPython = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").contains {
        FileManager.default.isExecutableFile(atPath: "\($0)/python3")
    }

    private func readByPython(_ files: [RandomCSV]) throws -> [[[String]]] {
        let directory = try WorkDirectory()
        let lines = files.map { file in
            "\(file.delimiter):" + file.text.utf8.map { String(format: "%02x", $0) }.joined() + "\n"
        }
        let input = try directory.write("texts", lines.joined())
        let python = try ChildProcess.run("/usr/bin/env", ["python3", "-X", "utf8", "-c", Self.script, input])
        return try python.output.split(separator: 0x0A).map { try JSONDecoder().decode([[String]].self, from: $0) }
    }
}

/// A CSV text as some program might have written it: valid, with everything in its cells that quotes can hold.
struct RandomCSV {
    let text: String
    let delimiter: UInt8

    init(_ random: inout SeededGenerator) {
        delimiter = Dialect.delimiters.randomElement(using: &random) ?? 0x2C
        let separator = String(UnicodeScalar(delimiter))
        let lineEnding = ["\n", "\r\n", "\r"].randomElement(using: &random) ?? "\n"
        var text = ""
        for _ in 0..<Int.random(in: 0...5, using: &random) {
            let cells = (0..<Int.random(in: 1...5, using: &random)).map { _ in Self.cell(separator, &random) }
            text += cells.joined(separator: separator) + lineEnding
            if Int.random(in: 0..<8, using: &random) == 0 { text += lineEnding }
        }
        let dropsLast = Bool.random(using: &random)
        self.text =
            dropsLast && text.hasSuffix(lineEnding)
            ? String(text.unicodeScalars.dropLast(lineEnding.unicodeScalars.count)) : text
    }

    /// The records as this module reads them, in slices of a size.
    func records(sliceSize: Int) -> [[String]] {
        var records: [[String]] = []
        var reader = CSVReader(delimiter: delimiter, TextPosition(offset: 0))
        let take: CSVReader.Body = { record, _ in records.append((0..<record.count).map { record[$0].text }) }
        do throws(Diagnostic) {
            let bytes = Array(text.utf8)
            for start in stride(from: 0, to: bytes.count, by: sliceSize) {
                let slice = Array(bytes[start..<min(start + sliceSize, bytes.count)])
                try slice.withUnsafeBufferPointer { slice throws(Diagnostic) in try reader.read(slice, take) }
            }
            try reader.finish(take)
        } catch {
            Issue.record("\(error)")
        }
        return records
    }

    private static func cell(_ delimiter: String, _ random: inout SeededGenerator) -> String {
        let isQuoted = Bool.random(using: &random)
        let plain = ["a", "b", " ", "é", "🙂", "\u{A0}", "\u{2028}", "\u{85}", "'", "0"]
        let special = ["\"\"", "\n", "\r", "\r\n", delimiter, ",", ";", "\t", "|"]
        let letters = isQuoted ? plain + special : plain
        let text = (0..<Int.random(in: 0...4, using: &random)).map { _ in letters.randomElement(using: &random) ?? "" }
        return isQuoted ? "\"\(text.joined())\"" : text.joined()
    }
}
