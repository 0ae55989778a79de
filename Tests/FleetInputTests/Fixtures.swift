import Foundation

/// Files that stand beside the tests.
enum Fixtures {
    /// The absolute path of a file.
    static func path(_ name: String) -> String {
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Fixtures/\(name)").path
    }

    /// The text of a file of the sources, like `FleetInput/RowParser.swift`.
    static func source(_ name: String) throws -> String { try text("../../../Sources/\(name)") }

    static func bytes(_ name: String) throws -> [UInt8] {
        Array(try Data(contentsOf: URL(fileURLWithPath: path(name))))
    }

    static func text(_ name: String) throws -> String {
        String(decoding: try bytes(name), as: UTF8.self)
    }
}
