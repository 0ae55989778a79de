package import Platform

/// A file with a certificate, which a PBX must have before an edit can name it.
///
/// It may hold a private key, so it shows only its name wherever it can be shown.
package final class CertificateFile: Hashable, Sendable, CustomStringConvertible, CustomReflectable {
    /// The name under which it is sent.
    package let name: String
    /// What tells its content from others.
    package let digest: SHA256Digest
    /// Whether a private key stands in it.
    package let holdsKey: Bool
    /// The last moment at which its certificate is good.
    package let end: WallTime
    /// What a PBX may write of its private key into an answer: the lines of its text.
    package let secrets: [Secret]
    private let content: [UInt8]

    /// - Parameters:
    ///   - name: the name under which it is sent.
    ///   - content: what stands in it.
    ///   - holdsKey: whether a private key is a part of that.
    ///   - end: the last moment at which its certificate is good.
    ///   - secrets: the lines of the private key.
    package init(name: String, content: [UInt8], holdsKey: Bool, end: WallTime, secrets: [Secret] = []) {
        self.name = name
        self.content = content
        self.holdsKey = holdsKey
        self.end = end
        self.secrets = secrets
        digest = SHA256.digest(of: content)
    }

    private init(_ other: CertificateFile, name: String) {
        self.name = name
        (content, holdsKey, end) = (other.content, other.holdsKey, other.end)
        (secrets, digest) = (other.secrets, other.digest)
    }

    /// Bytes of its content.
    package var size: Int { content.count }

    /// The content, for sending and for nothing else.
    package func reveal() -> [UInt8] { content }

    /// The same file under a name that no other content has: `pbx.pem` becomes `pbx-1a2b3c4d.pem`.
    package var namedByContent: CertificateFile {
        let stem = name.lastIndex(of: ".").map { name[..<$0] } ?? name[...]
        return CertificateFile(self, name: "\(stem)-\(digest.description.prefix(8))\(name[stem.endIndex...])")
    }

    /// Whether an expiration that a PBX tells is that of the file's certificate; nil when it cannot be read.
    ///
    /// In which time zone a PBX writes it is documented nowhere, so it may be a day off.
    package func ends(at expiration: String) -> Bool? {
        guard let told = WallTime(expiration: expiration) else { return nil }
        let dayLength: Int64 = 86_400_000
        return abs(told.milliseconds / dayLength - end.milliseconds / dayLength) <= 1
    }

    /// Sentences for a person about what speaks against the file for a certificate.
    package func doubts(about state: CertificateState) -> [String] {
        var doubts: [String] = []
        // The time zone of what a PBX tells may make it a day off.
        if let told = state.expiration.flatMap(WallTime.init(expiration:)), told - end > .seconds(86_400) {
            doubts.append("the file's certificate expires before the one that it replaces")
        }
        if holdsKey, state.purpose == .trusted {
            doubts.append("the file holds a private key, which a trusted certificate does not need")
        }
        return doubts
    }

    /// Whether both send the same content under the same name.
    package static func == (left: CertificateFile, right: CertificateFile) -> Bool {
        left.digest == right.digest && left.name.utf8.elementsEqual(right.name.utf8)
    }

    /// By content alone: names that look the same are told apart by ``==(_:_:)``.
    package func hash(into hasher: inout Hasher) { hasher.combine(digest) }

    /// The name alone.
    package var description: String { name }
    /// Nothing, so that a dump shows nothing.
    package var customMirror: Mirror { Mirror(self, children: []) }
}
