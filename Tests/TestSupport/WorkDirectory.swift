import Foundation

/// A fresh folder of a test's own, removed with everything in it when the value goes.
package final class WorkDirectory: Sendable {
    /// Absolute path without a final slash.
    package let path: String

    package init() throws {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent("certfleet-test-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        path = url.path
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    /// The absolute path of a name in the folder.
    package func file(_ name: String) -> String { "\(path)/\(name)" }

    /// Writes a file that nobody else can read in the folder and returns its absolute path.
    @discardableResult
    package func write(_ name: String, _ text: String) throws -> String {
        try write(name, bytes: Array(text.utf8))
    }

    /// Writes a file that nobody else can read in the folder and returns its absolute path.
    @discardableResult
    package func write(_ name: String, bytes: [UInt8]) throws -> String {
        try Data(bytes).write(to: URL(fileURLWithPath: file(name)))
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file(name))
        return file(name)
    }

    /// The whole content of a file in the folder.
    package func read(_ name: String) throws -> String {
        try String(contentsOfFile: file(name), encoding: .utf8)
    }
}
