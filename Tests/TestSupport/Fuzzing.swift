import Foundation

/// Inputs for a ``Mutator`` to start from, small and of every kind.
package enum FuzzSeeds {
    /// Bytes of the largest.
    private static let limit = 4096

    /// Exports of a spreadsheet, the samples, an input for each kind of diagnostic, and the texts of the conformance tests.
    ///
    /// - Throws: when a file cannot be read.
    package static func all() throws -> [[UInt8]] {
        let texts = CSVTexts.files.map(\.0) + CSVTexts.broken.map { "\(CSVTexts.header)\n\($0.rows)" }
        let lines = (JSONTexts.values + JSONTexts.others).map { "\(line),\"note\":\($0)}\n\(line)}\n" }
        let seeds = try exports() + samples() + (diagnostics() + texts + lines).map { Array($0.utf8) }
        return seeds.filter { $0.count <= limit }
    }

    /// The start of an object that is a row.
    private static let line = #"{"host":"a","id":1,"auto_renewal":0,"access_token":"t""#

    private static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().resolvingSymlinksInPath()
    private static let fixtures = root.appendingPathComponent("Tests/FleetInputTests/Fixtures")

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

    /// The inputs that the page of all diagnostics shows, indented there.
    private static func diagnostics() throws -> [String] {
        let page = try String(contentsOf: fixtures.appendingPathComponent("diagnostics.txt"), encoding: .utf8)
        return page.components(separatedBy: "\n## ").map { section in
            let lines = section.split(separator: "\n").filter { $0.hasPrefix("    ") }
            return lines.map { $0.dropFirst(4) + "\n" }.joined()
        }
    }
}

/// Bytes that are changed at random, and are mostly still something like an input.
package struct Mutator {
    package private(set) var bytes: [UInt8]

    package init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// Changes the bytes in one to six places.
    ///
    /// - Parameters:
    ///   - random: decides on everything, so that the same seed gives the same bytes.
    ///   - seeds: inputs to take pieces from.
    package mutating func mutate(_ random: inout SeededGenerator, among seeds: [[UInt8]]) {
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
