import Glibc
import Platform
import TabularText

/// A file whose content is one secret.
enum SecretFile {
    /// Bytes of the largest one.
    static let limit = 1 << 20

    /// Why a file holds no secret.
    struct Failure: Error {
        /// One clause about the file, like `is empty`.
        let clause: String
    }

    /// What a file holds.
    struct Content {
        let text: String
        /// Whether others than its owner can read it.
        let isExposed: Bool
    }

    /// The content without a byte order mark and the line breaks at its end. A pipe can be read once, and is waited for.
    ///
    /// - Parameters:
    ///   - path: where it is.
    ///   - folder: what a relative path is relative to.
    ///   - patience: milliseconds to wait for each piece of what somebody writes into a pipe.
    static func read(_ path: String, in folder: String, patience: Int32 = 10_000) throws(Failure) -> Content {
        let (bytes, isExposed) = try bytes(path, in: folder, patience: patience)
        guard String(validating: bytes, as: UTF8.self) != nil else { throw Failure(clause: "is no UTF-8 text") }
        guard let text = text(of: bytes) else { throw Failure(clause: "is empty") }
        return Content(text: text, isExposed: isExposed)
    }

    /// The same of a file that need not be text: all that stands in it, and whether others than its owner can read it.
    ///
    /// - Parameter patience: as for ``read(_:in:patience:)``; nil reads no pipe.
    static func bytes(
        _ path: String, in folder: String, patience: Int32?
    ) throws(Failure) -> (bytes: [UInt8], isExposed: Bool) {
        // By its bytes, whatever they are.
        let path = SystemText.text(path.utf8)
        let fullPath = path.hasPrefix("/") ? path : "\(folder)/\(path)"
        guard !path.isEmpty, !path.utf8.contains(0), let mode = FileDescriptor.mode(of: fullPath) else {
            let place = path.hasPrefix("/") || folder == "." ? "" : " in '\(Quotation.escaped(folder))'"
            throw Failure(clause: "is no file that exists\(place)")
        }
        // Other things may never end, or do something when they are opened.
        try check(mode, patience)
        let (bytes, openMode) = try content(fullPath, patience)
        return (bytes, openMode & S_IFMT == S_IFREG && openMode & (S_IRGRP | S_IROTH) != 0)
    }

    /// What to say of a file that others can read.
    static func exposure(_ subject: String) -> Diagnostic {
        Diagnostic(
            .secretFileExposed, severity: .warning,
            "\(subject) can be read by others than its owner: use 'chmod 600'")
    }

    /// The text of a secret as a file or a variable holds it: a byte order mark and the line breaks at its end are none of
    /// it. Nil when nothing is left.
    static func text(of bytes: [UInt8]) -> String? {
        var text = bytes[...]
        if text.starts(with: [0xEF, 0xBB, 0xBF]) { text = text.dropFirst(3) }
        while text.last == 0x0A || text.last == 0x0D { text.removeLast() }
        return text.isEmpty ? nil : String(decoding: text, as: UTF8.self)
    }

    private static func check(_ mode: mode_t, _ patience: Int32?) throws(Failure) {
        guard mode & S_IFMT == S_IFREG || mode & S_IFMT == S_IFIFO && patience != nil else {
            throw Failure(clause: "is no regular file")
        }
    }

    private static func content(_ path: String, _ patience: Int32?) throws(Failure) -> (bytes: [UInt8], mode: mode_t) {
        let file = try open(path)
        // The path may have come to mean something else since it was looked at.
        try check(file.mode, patience)
        var bytes: [UInt8] = []
        while bytes.count <= limit {
            var entry = pollfd(fd: file.number, events: Int16(POLLIN), revents: 0)
            guard retrying({ poll(&entry, 1, patience ?? 0) }) != 0 else {
                throw Failure(clause: "is a pipe into which nobody writes")
            }
            let piece = try piece(of: file)
            if piece.isEmpty { return (bytes, file.mode) }
            bytes += piece
        }
        throw Failure(clause: "is larger than 1 MiB")
    }

    private static func open(_ path: String) throws(Failure) -> FileDescriptor {
        do throws(ToolError) { return try FileDescriptor.input(path, isWaiting: false) } catch {
            throw Failure(clause: "cannot be read")
        }
    }

    private static func piece(of file: borrowing FileDescriptor) throws(Failure) -> [UInt8] {
        var piece = [UInt8](repeating: 0, count: 1 << 16)
        do throws(ToolError) { try file.read(into: &piece) } catch { throw Failure(clause: "cannot be read") }
        return piece
    }
}

/// The files that hold secrets, each read once and then kept in memory, so that nothing done to one during a run matters.
final class SecretFiles: Sendable {
    /// What relative paths are relative to.
    private let folder: String
    private let limit: Int
    private let kept = Lock(Kept())

    private struct Kept {
        /// By the bytes of their paths: two texts that look the same may name two files.
        var secrets: [[UInt8]: String] = [:]
        /// Bytes that they take, about.
        var size = 0
    }

    /// - Parameters:
    ///   - folder: what relative paths are relative to.
    ///   - limit: bytes that all of them may take together.
    init(in folder: String, limit: Int = 1 << 26) {
        self.folder = folder
        self.limit = limit
    }

    /// The folder by a path that is good anywhere.
    var absoluteFolder: String {
        guard let path = realpath(folder, nil) else { return folder }
        defer { free(path) }
        return String(cString: path)
    }

    /// The secret in a file; that others can read it is told the first time. From any thread; blocks while it is read.
    func content(_ path: String) throws(SecretFile.Failure) -> SecretFile.Content {
        let key = Array(path.utf8)
        if let text = kept.withLock({ $0.secrets[key] }) { return SecretFile.Content(text: text, isExposed: false) }
        let content = try SecretFile.read(path, in: folder)
        let isKept = kept.withLock { kept in
            // The rest is what a dictionary takes for an entry.
            let size = key.count + content.text.utf8.count + 128
            guard kept.size + size <= limit else { return false }
            if kept.secrets.updateValue(content.text, forKey: key) == nil { kept.size += size }
            return true
        }
        if !isKept { throw SecretFile.Failure(clause: "does not fit: all such files may have 64 MiB together") }
        return content
    }
}

/// What there is to say of secrets beside what they are.
struct SecretNotes {
    /// Where a reference led to.
    struct Source {
        /// `file` or `variable`.
        let kind: String
        let name: String
        /// What to say of a file that others can read, the first time that it is read.
        let exposure: Diagnostic?

        func isSame(as other: Source) -> Bool { kind == other.kind && name.isSame(as: other.name) }
    }

    /// Whether one stands in the cell itself.
    var isPlain = false
    /// What is doubtful about them.
    var doubts: [Diagnostic] {
        get { rare?.doubts ?? [] }
        set { rare = Rare(doubts: newValue, sources: sources) }
    }
    var sources: [Source] {
        get { rare?.sources ?? [] }
        set { rare = Rare(doubts: doubts, sources: newValue) }
    }
    /// Whether there is neither a doubt nor a source, as for nearly every secret.
    var isEmpty: Bool { rare == nil }
    private var rare: Rare?

    // One reference to count instead of two, for each secret of each row.
    private final class Rare {
        let doubts: [Diagnostic]
        let sources: [Source]

        init(doubts: [Diagnostic], sources: [Source]) {
            self.doubts = doubts
            self.sources = sources
        }
    }
}
