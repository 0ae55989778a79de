import Glibc
import Platform
import TabularText

/// What a cell that holds a secret can be: the secret itself, a reference to it, or the mask of an earlier result.
enum SecretCell {
    case literal
    /// `env:NAME`, the prefix in any case.
    case environment(name: String)
    /// `file:PATH`, the prefix in any case.
    case file(path: String)
    /// `***`, which is no secret of anybody's.
    case mask

    @inline(__always)
    init(_ cell: Bytes) {
        if Self.isReference(cell) {
            let isFile = cell[0].lowercased == UInt8(ascii: "f")
            let rest = cell.part((isFile ? 5 : 4)..<cell.count).text
            self = isFile ? .file(path: rest) : .environment(name: rest)
        } else {
            self = cell.first == UInt8(ascii: "*") && cell.equals("***") ? .mask : .literal
        }
    }

    /// Whether a cell only says where the secret is.
    @inline(__always)
    static func isReference(_ cell: Bytes) -> Bool {
        switch cell.first {
        case UInt8(ascii: "e"), UInt8(ascii: "E"): cell.hasPrefix("env:")
        case UInt8(ascii: "f"), UInt8(ascii: "F"): cell.hasPrefix("file:")
        default: false
        }
    }
}

/// What a secret is for, which decides what may stand in it.
enum SecretUse {
    /// Token, client id or client secret: one line.
    case login
    /// A value of the auth list: keys and key files of providers have line breaks and tabs.
    case auth

    static let masked = Diagnostic(
        .secretMasked, "'***' only stands for a secret that was left out: write the secret or a reference to it")

    /// - Throws: ``Diagnostic`` when nobody can mean a secret.
    @inline(__always)
    func check(_ text: Bytes) throws(Diagnostic) {
        let isAuth = self == .auth
        let control = CellText.controlCharacter(in: text, allowsLineBreaks: isAuth, allowsTabs: isAuth)
        if let control { throw control }
        guard !isAuth else {
            if let diagnostic = LeftBehind.problem(text) { throw diagnostic }
            return
        }
        if text.equals(CellText.clear) { throw CellText.misplacedClear }
        try CellText.refuseLeftovers(text)
    }

    /// What is doubtful about a secret.
    ///
    /// - Parameters:
    ///   - text: the secret, not empty.
    ///   - isCell: whether it stands in a cell; in a file of its own lines are nothing strange.
    @inline(__always)
    func doubt(_ text: Bytes, isCell: Bool = true) -> Diagnostic? {
        if LeftBehind.isScientific(text) { return Self.scientific }
        if isCell, self == .auth, Self.hasStrayLineBreak(text) { return Self.lineBreak }
        return LeftBehind.doubt(text)
    }

    /// Whether there is a line break in what is neither a key in PEM nor JSON.
    private static func hasStrayLineBreak(_ text: Bytes) -> Bool {
        guard text.contains(where: { $0 == 0x0A || $0 == 0x0D }) else { return false }
        return !text.hasPrefix("-----begin") && text[0] != UInt8(ascii: "{") && text[0] != UInt8(ascii: "[")
    }

    /// Judges what a reference leads to, not empty.
    ///
    /// - Returns: what is doubtful about it.
    func judge(_ text: String) throws(Diagnostic) -> Diagnostic? {
        try Array(text.utf8).withUnsafeBufferPointer { text throws(Diagnostic) in try judge(text) }
    }

    private func judge(_ text: Bytes) throws(Diagnostic) -> Diagnostic? {
        let value = Whitespace.trimmed(text)
        guard !value.isEmpty else { throw Diagnostic(.referenceUnresolved, "there are only blanks in it") }
        switch SecretCell(value) {
        case .mask: throw Self.masked
        case .environment, .file: throw Diagnostic(.referenceUnresolved, "there is another reference in it")
        case .literal: try check(text)
        }
        return value.count == text.count ? doubt(text, isCell: false) : Self.blankAtEnd
    }

    private static let scientific = Diagnostic(
        .scientificNotation, severity: .warning,
        "this is a number in scientific notation, so digits may be lost: format the column as text")
    private static let lineBreak = Diagnostic(
        .lineBreakInside, severity: .warning,
        "there is a line break inside the value, and it is sent with it: is this one value?")
    private static let blankAtEnd = Diagnostic(
        .blankAtEnd, severity: .warning, "there is a blank at an end of the value, and it is sent with it")
}

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
            throw Failure(clause: "is no file that exists")
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
