import Foundation
import JobModel
import TestSupport
import Testing

@testable import RowInput

@Suite("Mutated inputs")
struct FuzzTests {
    /// How many inputs are tried; more when the environment says so.
    static let count = ProcessInfo.processInfo.environment["CERTFLEET_FUZZ_INPUTS"].flatMap { Int($0) } ?? 2000
    static let seed = ProcessInfo.processInfo.environment["CERTFLEET_FUZZ_SEED"].flatMap { UInt64($0) } ?? 8259

    @Test("Whatever is in a file, it is judged, alike at every slice size, and its rows come back")
    func mutations() throws {
        var random = SeededGenerator(seed: Self.seed)
        let seeds = try Mutator.seeds()
        let directory = try WorkDirectory()
        for turn in 0..<Self.count {
            var mutator = Mutator(seeds.randomElement(using: &random) ?? [])
            mutator.mutate(&random, among: seeds)
            let name = ["x.csv", "x.jsonl", "x"].randomElement(using: &random) ?? "x"
            let path = try directory.write(name, bytes: mutator.bytes)
            let encoding = InputSettings.EncodingChoice.allCases.randomElement(using: &random) ?? .automatic
            let settings = InputSettings(encoding: turn % 4 == 0 ? encoding : .automatic)
            let comment = Comment(rawValue: "seed \(Self.seed), turn \(turn)")
            let sliceSize = Int.random(in: 1...64, using: &random)
            try check(path, settings, sliceSize: sliceSize, comment)
        }
    }

    private func check(_ path: String, _ settings: InputSettings, sliceSize: Int, _ comment: Comment) throws {
        let (kept, problems) = try read(path, settings, kept: true, sliceSize: TextReader.sliceSize)
        let (_, same) = try read(path, settings, kept: false, sliceSize: sliceSize)
        #expect(problems == same, comment)
        #expect(problems.map(\.line) == problems.map(\.line).sorted(), comment)
        #expect(!problems.contains { $0.text(file: "f").contains { $0.isNewline } }, comment)
        #expect(kept.hasFileProblem == problems.contains { $0.severity == .file }, comment)
        #expect(kept.warningCount == problems.count { $0.severity == .warning }, comment)
        let faulty = Set(problems.filter { $0.severity == .row }.compactMap(\.row))
        var rows = 0
        try kept.forEachRow { row in
            #expect((row.problem != nil) == (kept.host(ofRow: rows) == nil), comment)
            #expect(kept.hasFileProblem || (row.problem != nil) == faulty.contains(row.position.row), comment)
            if row.problem == nil {
                let job = try kept.job(row: rows)
                #expect(job.position == row.position, comment)
            }
            rows += 1
        }
        #expect(rows == kept.rowCount && kept.validRowCount + kept.invalidRowCount == rows, comment)
    }

    private func read(
        _ path: String, _ settings: InputSettings, kept: Bool, sliceSize: Int
    ) throws -> (RowCatalog, [Problem]) {
        var problems: [Problem] = []
        let input = try InputFile.open(path, kept: kept)
        let catalog = try RowCatalog.read(input, settings: settings, sliceSize: sliceSize) { problems.append($0) }
        return (catalog, problems)
    }
}

/// Bytes that are changed at random, and are mostly still something like an input.
struct Mutator {
    private(set) var bytes: [UInt8]

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// The fixtures and the gallery of problems.
    static func seeds() throws -> [[UInt8]] {
        let exports = ["comma", "semicolon", "pipe-all-quoted", "tab-utf16", "semicolon-windows1252"]
        let exhibits = ProblemGallery.file + ProblemGallery.rows + ProblemGallery.doubts
        return try exports.map { try Fixtures.bytes("LibreOffice/\($0).csv") }
            + exhibits.map(\.bytes).filter { $0.count < 4096 }
    }

    mutating func mutate(_ random: inout SeededGenerator, among seeds: [[UInt8]]) {
        for _ in 0..<Int.random(in: 1...6, using: &random) {
            let start = Int.random(in: 0...bytes.count, using: &random)
            let end = min(bytes.count, start + Int.random(in: 0...12, using: &random))
            switch Int.random(in: 0..<6, using: &random) {
            case 0: bytes.removeSubrange(start..<end)
            case 1: bytes.insert(contentsOf: bytes[start..<end], at: start)
            case 2:
                bytes.insert(contentsOf: Array(Self.pieces.randomElement(using: &random)?.utf8 ?? "".utf8), at: start)
            case 3: if start < bytes.count { bytes[start] = UInt8.random(in: 0...255, using: &random) }
            case 4: bytes = Array(bytes[..<start] + (seeds.randomElement(using: &random) ?? []).suffix(200))
            default: if start < bytes.count { bytes[start] ^= 1 << UInt8.random(in: 0..<8, using: &random) }
            }
        }
    }

    private static let pieces = [
        "\"", "\"\"", ",", ";", "\t", "|", "\n", "\r", "\r\n", "\n\n", "sep=;\n", "\u{FEFF}", "\0", " ", "\u{A0}",
        "\u{200B}",
        "CLEAR!", "***", "env:HOME", "file:x", "https://", "http://127.0.0.1:80", "[::1]", "5.0", "1E+05",
        "9223372036854775808",
        "true", "{", "}", "[", "]", ":", "{\"k\":\"a\",\"sv\":\"b\"}", "null", "\\u0000", "\\ud800", "auth.x",
        "result.x",
        "auto_renewal", "host", "id", "é", "🙂", "=1+1", "-1", "'", "#N/A",
    ]
}
