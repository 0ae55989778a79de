import FleetModel
import Platform
import TabularText

/// The file that a row has sent to its PBX.
///
/// Source: the PBX's `certificate/upload` call.
extension RowParser {
    /// - Parameter domain: what the row has its certificate issued to; nil when it does not say.
    /// - Returns: nil when there is none, or it is of no use.
    mutating func readFile(_ cells: borrowing RowCells, for domain: String?) -> CertificateFile? {
        guard let cell = cells[.certFile] else { return nil }
        let column = cells.names[cell.column]
        var path = ""
        let found = value(of: cell, cells) { [secrets] cell throws(Diagnostic) in
            path = try cell.text().text
            return try secrets.certificates.file(path)
        }
        if cells[.name] != nil {
            let names = [cells.name(of: .name), column].map { Quotation.of($0.utf8) }.joined(separator: " and ")
            add(Diagnostic(.nameAndCertFile, "\(names) are both given: a row takes one of them"), nil)
        }
        guard let found else { return nil }
        let subject = CertificateFiles.subject(path)
        var notes = SecretNotes()
        let exposure = found.isExposed ? SecretFile.exposure(subject) : nil
        notes.sources = [SecretNotes.Source(kind: "file", name: path, exposure: exposure)]
        take(notes, cell.column, cells)
        if let domain, !domain.isEmpty, !found.covers(domain) {
            let message = "\(subject) holds a certificate that is not for \(PassThrough.quoted(domain, of: .issueTo))"
            add(Diagnostic(.certFileDoubtful, severity: .warning, message), column)
        }
        return found.file
    }

    /// Only a server certificate has a renewal and a DNS provider, and `match` `only` means one.
    mutating func checkKey(of file: CertificateFile, _ cells: borrowing RowCells, _ match: CertificateMatch?) {
        let isServer = cells[.autoRenewal] != nil || cells[.dnsProvider] != nil || cells.hasAuth || match == .only
        guard isServer, !file.holdsKey else { return }
        let message = "the file holds no private key, which a server certificate needs"
        add(Diagnostic(.certFileUnusable, message), cells.name(of: .certFile))
    }
}

/// The files of `cert_file`, each read and judged once and then kept in memory, so that nothing done to one during a run
/// matters.
final class CertificateFiles: Sendable {
    /// A file that is fit to be sent.
    struct Found: Sendable {
        let file: CertificateFile
        /// Whether others than its owner can read it although a private key stands in it; told the first time.
        fileprivate(set) var isExposed: Bool
        /// Its certificate as DER.
        fileprivate let certificate: [UInt8]

        /// Whether the certificate is good for a domain; a wildcard is one.
        func covers(_ domain: String) -> Bool {
            // A name that stands for all of a wildcard's.
            let name = domain.hasPrefix("*.") ? "any-name" + domain.dropFirst() : domain
            return CertificateBundle.isCertificate(certificate, for: name)
        }
    }

    private struct Kept {
        /// By the bytes of their paths.
        var files: [[UInt8]: Result<Found, Diagnostic>] = [:]
        /// Bytes that they take, about.
        var size = 0
    }

    private let folder: String
    private let limit: Int
    private let kept = Lock(Kept())

    /// - Parameters:
    ///   - folder: what relative paths are relative to.
    ///   - limit: bytes that all of them may take together.
    init(in folder: String, limit: Int = 1 << 28) {
        self.folder = folder
        self.limit = limit
    }

    /// What messages call a file.
    static func subject(_ path: String) -> String { "the file \(PassThrough.quoted(path, of: .certFile))" }

    /// A file by its path. From any thread; blocks while it is read.
    ///
    /// - Throws: ``Diagnostic`` when it is of no use to a PBX.
    func file(_ path: String) throws(Diagnostic) -> Found {
        let key = Array(path.utf8)
        if let known = kept.withLock({ $0.files[key] }) {
            var found = try known.get()
            found.isExposed = false
            return found
        }
        let result = Result { () throws(Diagnostic) in try read(path) }
        let size = key.count + ((try? result.get())?.file.size ?? 0) + 256
        let isKept = kept.withLock { kept in
            guard kept.size + size <= limit else { return false }
            if kept.files.updateValue(result, forKey: key) == nil { kept.size += size }
            return true
        }
        let found = try result.get()
        if isKept { return found }
        throw Self.unusable(path, "does not fit: all such files may have 256 MiB together")
    }

    private func read(_ path: String) throws(Diagnostic) -> Found {
        let name = path.split(separator: "/").last.map(String.init) ?? path
        _ = try Array(name.utf8).withUnsafeBufferPointer { name throws(Diagnostic) in try CellText.name.read(name) }
        do throws(SecretFile.Failure) {
            let (content, isExposed) = try SecretFile.bytes(path, in: folder, patience: nil)
            let bundle = try CertificateBundle(content)
            let file = CertificateFile(
                name: name, content: content, holdsKey: bundle.holdsKey, end: bundle.end, secrets: bundle.keyLines)
            return Found(file: file, isExposed: isExposed && bundle.holdsKey, certificate: bundle.certificate)
        } catch {
            throw Self.unusable(path, error.clause)
        }
    }

    private static func unusable(_ path: String, _ clause: String) -> Diagnostic {
        Diagnostic(.certFileUnusable, "\(subject(path)) \(clause)")
    }
}

/// The files of one host that have the same name: all but the first are sent under another one, because a PBX tells them
/// apart by their names alone.
struct FileNames {
    private struct Place: Hashable {
        let lane: Int
        let name: String
    }

    private var first: [Place: SHA256Digest] = [:]

    /// Whether any row has a file.
    var isEmpty: Bool { first.isEmpty }

    /// Takes note of a file that goes to a host.
    mutating func note(_ file: CertificateFile, lane: Int) {
        let place = Place(lane: lane, name: file.name)
        if first[place] == nil { first[place] = file.digest }
    }

    /// The file as the host gets it.
    func named(_ file: CertificateFile, lane: Int) -> CertificateFile {
        first[Place(lane: lane, name: file.name)] == file.digest ? file : file.namedByContent
    }
}
