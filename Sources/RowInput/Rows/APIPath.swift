import Platform

/// The path of a PBX's API, as the column `api_path` gives it.
enum APIPath {
    /// The path without slashes at its ends.
    ///
    /// - Throws: ``Flaw`` with code `api-path-malformed` when it is no plain path.
    static func read(_ cell: Bytes) throws(Flaw) -> String {
        if cell.equals(CellText.clear) { throw CellText.misplacedClear }
        var path = cell
        while path.first == UInt8(ascii: "/") { path = path.part(1..<path.count) }
        while path.last == UInt8(ascii: "/") { path = path.part(0..<path.count - 1) }
        let segments = path.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        let isPlain = segments.allSatisfy { segment in
            !segment.isEmpty && !segment.allSatisfy { $0 == UInt8(ascii: ".") } && segment.allSatisfy(isPathCharacter)
        }
        guard isPlain else {
            // A query may hold a token, so nothing is quoted.
            throw Flaw(
                .apiPathMalformed, "this is no path like 'openapi/v1.0': letters, digits and . _ ~ - between slashes")
        }
        return path.text
    }

    private static func isPathCharacter(_ byte: UInt8) -> Bool {
        byte.isLetter || byte.isDigit || "._~-".utf8.contains(byte)
    }
}
