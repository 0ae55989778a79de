import FleetModel
import Glibc
import Platform
import TabularText

/// Opens the secrets that cells hold or refer to.
struct SecretReader {
    /// What `file:PATH` is looked up in; copies of the reader share it.
    private let files: SecretFiles
    /// What `env:NAME` is looked up in.
    private let environment: [String: String]

    /// - Parameters:
    ///   - folder: what relative paths are relative to.
    ///   - environment: what `env:NAME` is looked up in.
    init(folder: String, environment: [String: String]) {
        files = SecretFiles(in: folder)
        self.environment = environment
    }

    /// The secret of a cell.
    ///
    /// - Parameters:
    ///   - cell: the value without blanks at its ends, not empty.
    ///   - use: what the secret is for.
    ///   - doubts: what is doubtful about it is added here.
    /// - Throws: ``Diagnostic`` when nobody can mean the secret, or the reference leads to nothing.
    func secret(_ cell: Bytes, for use: SecretUse, doubts: inout [Diagnostic]) throws(Diagnostic) -> Secret {
        Secret(try text(cell, for: use, doubts: &doubts))
    }

    /// The text of a cell that is no secret and yet may hold a reference, as a client id.
    func clientID(_ cell: Bytes, doubts: inout [Diagnostic]) throws(Diagnostic) -> String {
        let text = try text(cell, for: .login, doubts: &doubts)
        return SecretCell(cell).isReference ? text : try CellText.clientID.read(cell)
    }

    private func text(_ cell: Bytes, for use: SecretUse, doubts: inout [Diagnostic]) throws(Diagnostic) -> String {
        switch SecretCell(cell) {
        case .mask: throw SecretUse.masked
        case .literal:
            try use.check(cell)
            if let doubt = use.doubt(cell) { doubts.append(doubt) }
            return cell.text
        case .environment(let name):
            let subject = subject("environment variable", name, use)
            guard let value = variable(name) else {
                throw Diagnostic(.referenceUnresolved, "\(subject) is not set, empty, or no UTF-8 text")
            }
            return try judged(value, subject, use, &doubts)
        case .file(let path):
            let subject = subject("file", path, use)
            let text: String
            do throws(SecretFile.Failure) { text = try files.text(path) } catch {
                throw Diagnostic(.referenceUnresolved, "\(subject) \(error.clause)")
            }
            return try judged(text, subject, use, &doubts)
        }
    }

    /// What a reference leads to, judged as a cell is.
    private func judged(
        _ text: String, _ subject: String, _ use: SecretUse, _ doubts: inout [Diagnostic]
    ) throws(Diagnostic) -> String {
        do throws(Diagnostic) {
            if let doubt = try use.judge(text) { doubts.append(doubt.about(subject)) }
        } catch {
            throw error.about(subject)
        }
        return text
    }

    private func subject(_ what: String, _ name: String, _ use: SecretUse) -> String {
        // Of an auth list nothing is quoted.
        use == .auth ? "the \(what) that the reference names" : "the \(what) \(Quotation.of(name.utf8))"
    }

    /// The value of a variable without the line breaks at its end; nil when there is none.
    private func variable(_ name: String) -> String? {
        // Told apart by bytes: names that only look the same are found for one another.
        guard let index = environment.index(forKey: name), environment[index].key.utf8.elementsEqual(name.utf8) else {
            return nil
        }
        return SecretFile.text(of: Array(environment[index].value.utf8))
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
    @inline(__always)
    func doubt(_ text: Bytes) -> Diagnostic? {
        if self == .login, LeftBehind.isScientific(text) { return Self.scientific }
        return LeftBehind.doubt(text)
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
        return value.count == text.count ? doubt(text) : Self.blankAtEnd
    }

    private static let scientific = Diagnostic(
        .scientificNotation, severity: .warning,
        "this is a number in scientific notation, so digits may be lost: format the column as text")
    private static let blankAtEnd = Diagnostic(
        .blankAtEnd, severity: .warning, "there is a blank at an end of the value, and it is sent with it")
}

extension Diagnostic {
    /// The same about what a reference leads to.
    fileprivate func about(_ subject: String) -> Diagnostic {
        Diagnostic(code, severity: severity, "\(subject): \(message)")
    }
}

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
        switch cell.first {
        case UInt8(ascii: "e") where cell.hasPrefix("env:"), UInt8(ascii: "E") where cell.hasPrefix("env:"):
            self = .environment(name: cell.part(4..<cell.count).text)
        case UInt8(ascii: "f") where cell.hasPrefix("file:"), UInt8(ascii: "F") where cell.hasPrefix("file:"):
            self = .file(path: cell.part(5..<cell.count).text)
        case UInt8(ascii: "*") where cell.equals("***"):
            self = .mask
        default:
            self = .literal
        }
    }
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

    /// The content without a byte order mark and the line breaks at its end.
    ///
    /// - Parameters:
    ///   - path: where it is.
    ///   - folder: what a relative path is relative to.
    static func read(_ path: String, in folder: String) throws(Failure) -> String {
        let fullPath = path.hasPrefix("/") ? path : "\(folder)/\(path)"
        // Also keeps a pipe without a writer, which would never open, and one that can be read only once, away.
        guard !path.isEmpty, !path.utf8.contains(0), isRegularFile(fullPath) else {
            throw Failure(clause: "is no file that exists")
        }
        let bytes = try content(fullPath)
        guard String(validating: bytes, as: UTF8.self) != nil else { throw Failure(clause: "is no UTF-8 text") }
        guard let text = text(of: bytes) else { throw Failure(clause: "is empty") }
        return text
    }

    /// The text of a secret as a file or a variable holds it: a byte order mark and the line breaks at its end are none of
    /// it. Nil when nothing is left.
    static func text(of bytes: [UInt8]) -> String? {
        var text = bytes[...]
        if text.starts(with: [0xEF, 0xBB, 0xBF]) { text = text.dropFirst(3) }
        while text.last == 0x0A || text.last == 0x0D { text.removeLast() }
        return text.isEmpty ? nil : String(decoding: text, as: UTF8.self)
    }

    private static func isRegularFile(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
    }

    private static func content(_ path: String) throws(Failure) -> [UInt8] {
        var bytes: [UInt8] = []
        let isFile: Bool
        do throws(ToolError) {
            let file = try FileDescriptor.input(path, isWaiting: false)
            // The path may have come to mean something else since it was looked at.
            isFile = file.mode & S_IFMT == S_IFREG
            try file.drain { piece throws(ToolError) in
                bytes.append(contentsOf: piece)
                return isFile && bytes.count <= limit
            }
        } catch {
            throw Failure(clause: "cannot be read")
        }
        guard isFile else { throw Failure(clause: "is no file that exists") }
        guard bytes.count <= limit else { throw Failure(clause: "is larger than 1 MiB") }
        return bytes
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

    /// The secret in a file. From any thread; blocks while the file is read.
    func text(_ path: String) throws(SecretFile.Failure) -> String {
        let key = Array(path.utf8)
        if let text = kept.withLock({ $0.secrets[key] }) { return text }
        let text = try SecretFile.read(path, in: folder)
        let isKept = kept.withLock { kept in
            // The rest is what a dictionary takes for an entry.
            let size = key.count + text.utf8.count + 128
            guard kept.size + size <= limit else { return false }
            if kept.secrets.updateValue(text, forKey: key) == nil { kept.size += size }
            return true
        }
        if !isKept { throw SecretFile.Failure(clause: "does not fit: all such files may have 64 MiB together") }
        return text
    }
}
