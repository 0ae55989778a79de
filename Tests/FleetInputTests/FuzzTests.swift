import Foundation
import FleetModel
import TestSupport
import Testing

@testable import FleetInput
@testable import TabularText

@Suite("Mutated inputs")
struct FuzzTests {
    /// How many inputs are tried; more when the environment says so.
    static let count = ProcessInfo.processInfo.environment["CERTFLEET_FUZZ_INPUTS"].flatMap { Int($0) } ?? 2000
    static let seed = ProcessInfo.processInfo.environment["CERTFLEET_FUZZ_SEED"].flatMap { UInt64($0) } ?? 8259

    @Test("Whatever is in a file, it is judged, alike at every slice size, and its rows come back")
    func mutations() throws {
        var random = SeededGenerator(seed: Self.seed)
        let seeds = try FuzzSeeds.all()
        let directory = try WorkDirectory()
        for turn in 0..<Self.count {
            var mutator = Mutator(seeds.randomElement(using: &random) ?? [])
            mutator.mutate(&random, among: seeds)
            let name = ["x.csv", "x.jsonl", "x"].randomElement(using: &random) ?? "x"
            let path = try directory.write(name, bytes: mutator.bytes)
            let encoding = TableChoices.Encoding.allCases.randomElement(using: &random) ?? .automatic
            let settings = InputSettings(table: TableChoices(encoding: turn % 4 == 0 ? encoding : .automatic))
            let comment = Comment(rawValue: "seed \(Self.seed), turn \(turn)")
            let sliceSize = Int.random(in: 1...64, using: &random)
            try check(path, settings, sliceSize: sliceSize, comment)
        }
    }

    private func check(_ path: String, _ settings: InputSettings, sliceSize: Int, _ comment: Comment) throws {
        let (kept, diagnostics) = try read(path, settings, kept: true, sliceSize: TableReader.sliceSize)
        let (_, same) = try read(path, settings, kept: false, sliceSize: sliceSize)
        #expect(diagnostics == same, comment)
        #expect(diagnostics.map(\.line) == diagnostics.map(\.line).sorted(), comment)
        #expect(!diagnostics.contains { $0.text(file: "f").contains { $0.isNewline } }, comment)
        #expect(kept.isFileInvalid == diagnostics.contains { $0.severity == .file }, comment)
        let faulty = Set(diagnostics.filter { $0.severity == .row }.compactMap(\.row))
        var rows = 0
        try kept.forEachRow { row in
            #expect((row.reason != nil) == (kept.host(ofRow: rows) == nil), comment)
            #expect(kept.isFileInvalid || (row.reason != nil) == faulty.contains(row.row), comment)
            if row.reason == nil {
                let job = try kept.job(row: rows)
                #expect(job.position == RowPosition(row: row.row, line: row.line), comment)
            }
            rows += 1
        }
        #expect(rows == kept.rowCount, comment)
        #expect((0..<rows).count { kept.host(ofRow: $0) == nil } == kept.invalidRowCount, comment)
    }

    private func read(
        _ path: String, _ settings: InputSettings, kept: Bool, sliceSize: Int
    ) throws -> (RowCatalog, [Diagnostic]) {
        var diagnostics: [Diagnostic] = []
        let input = try InputFile.open(path, kept: kept)
        let catalog = try RowCatalog.read(input, settings: settings, sliceSize: sliceSize) { diagnostics.append($0) }
        return (catalog, diagnostics)
    }
}
