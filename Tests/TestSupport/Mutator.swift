import Platform

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
