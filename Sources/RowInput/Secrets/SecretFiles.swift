import Platform
import FleetModel

/// The files that hold secrets, each read once and then kept in memory, so that nothing done to one during a run matters.
final class SecretFiles: Sendable {
    /// What relative paths are relative to.
    private let folder: String
    private let limit: Int
    private let kept = Lock(Kept())

    private struct Kept {
        /// By the bytes of their paths: two texts that look the same may name two files.
        var secrets: [[UInt8]: Secret] = [:]
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
    func secret(_ path: String) throws(SecretFile.Failure) -> Secret {
        let key = Array(path.utf8)
        if let secret = kept.withLock({ $0.secrets[key] }) { return secret }
        let text = try SecretFile.read(path, in: folder)
        let secret = Secret(text)
        let isKept = kept.withLock { kept in
            // The rest is what a dictionary takes for an entry.
            let size = key.count + text.utf8.count + 128
            guard kept.size + size <= limit else { return false }
            if kept.secrets.updateValue(secret, forKey: key) == nil { kept.size += size }
            return true
        }
        if !isKept { throw SecretFile.Failure(clause: "does not fit: all such files may have 64 MiB together") }
        return secret
    }
}
