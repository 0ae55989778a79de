import Platform
import Foundation

/// Inputs for a ``Mutator`` to start from, small and of every kind.
package enum FuzzSeeds {
    /// Bytes of the largest.
    private static let limit = 4096

    /// Exports of a spreadsheet, the samples, an input for each kind of problem, and the texts of the conformance tests.
    ///
    /// - Throws: when a file cannot be read.
    package static func all() throws -> [[UInt8]] {
        let texts = CSVTexts.files.map(\.0) + CSVTexts.broken.map { "\(CSVTexts.header)\n\($0.rows)" }
        let lines = (JSONTexts.values + JSONTexts.others).map { "\(line),\"note\":\($0)}\n\(line)}\n" }
        let seeds = try exports() + samples() + (problems() + texts + lines).map { Array($0.utf8) }
        return seeds.filter { $0.count <= limit }
    }

    /// The start of an object that is a row.
    private static let line = #"{"host":"a","id":1,"auto_renewal":0,"access_token":"t""#

    private static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().resolvingSymlinksInPath()
    private static let fixtures = root.appendingPathComponent("Tests/RowInputTests/Fixtures")

    private static func exports() throws -> [[UInt8]] {
        try files(in: fixtures.appendingPathComponent("LibreOffice")) { $0.hasSuffix(".csv") }
    }

    private static func samples() throws -> [[UInt8]] {
        try files(in: root.appendingPathComponent("samples")) { _ in true }
    }

    private static func files(in folder: URL, _ isWanted: (String) -> Bool) throws -> [[UInt8]] {
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter(isWanted).sorted()
        return try names.map { Array(try Data(contentsOf: folder.appendingPathComponent($0))) }
    }

    /// The inputs that the page of all problems shows, indented there.
    private static func problems() throws -> [String] {
        let page = try String(contentsOf: fixtures.appendingPathComponent("problems.txt"), encoding: .utf8)
        return page.components(separatedBy: "\n## ").map { section in
            let lines = section.split(separator: "\n").filter { $0.hasPrefix("    ") }
            return lines.map { $0.dropFirst(4) + "\n" }.joined()
        }
    }
}
