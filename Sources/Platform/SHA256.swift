import CLibCrypto

/// A SHA-256 digest: 256 bits that tell two inputs apart.
package struct SHA256Digest: Hashable, Sendable, CustomStringConvertible {
    /// The digest's four quarters, most significant first.
    package let words: (UInt64, UInt64, UInt64, UInt64)

    init(words: (UInt64, UInt64, UInt64, UInt64)) {
        self.words = words
    }

    /// 64 hexadecimal digits in lower case.
    package var description: String {
        var text: [UInt8] = []
        text.reserveCapacity(64)
        for word in [words.0, words.1, words.2, words.3] { text.appendHexadecimal(word) }
        return String(decoding: text, as: UTF8.self)
    }

    /// Reads what ``description`` wrote; nil for anything else.
    package init?(_ text: String) {
        let digits = Array(text.utf8)
        guard digits.count == 64, digits.allSatisfy({ $0.isDigit || ("a"..."f").contains(Unicode.Scalar($0)) }) else {
            return nil
        }
        let words = stride(from: 0, to: 64, by: 16).compactMap { start in
            UInt64(String(decoding: digits[start..<start + 16], as: UTF8.self), radix: 16)
        }
        self.init(words: (words[0], words[1], words[2], words[3]))
    }

    package static func == (left: SHA256Digest, right: SHA256Digest) -> Bool { left.words == right.words }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(words.0)
    }
}

/// Computes the SHA-256 of bytes that come piece by piece.
package struct SHA256: ~Copyable {
    private let context: OpaquePointer

    /// The hash of no bytes, to begin with.
    package init() {
        guard let context = EVP_MD_CTX_new(), EVP_DigestInit_ex2(context, SHA256.algorithm, nil) == 1 else {
            preconditionFailure("libcrypto cannot start a SHA-256")
        }
        self.context = context
    }

    deinit {
        EVP_MD_CTX_free(context)
    }

    /// Takes the next bytes of the input.
    package mutating func update(_ bytes: UnsafeRawBufferPointer) {
        let result = EVP_DigestUpdate(context, bytes.baseAddress, bytes.count)
        precondition(result == 1, "libcrypto cannot go on with a SHA-256")
    }

    /// Takes the next bytes of the input.
    package mutating func update(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { update($0) }
    }

    /// The digest of everything taken so far; ends the computation.
    package consuming func finish() -> SHA256Digest {
        SHA256.digest { EVP_DigestFinal_ex(context, $0, nil) }
    }

    /// The digest of bytes that are all there.
    package static func digest(of bytes: [UInt8]) -> SHA256Digest {
        reused.withLock { $0.digestAnew(of: bytes) }
    }

    /// A lock costs less than making another one for each row.
    private static let reused = Lock(SHA256())

    private mutating func digestAnew(of bytes: [UInt8]) -> SHA256Digest {
        let result = EVP_DigestInit_ex2(context, nil, nil)
        precondition(result == 1, "libcrypto cannot start a SHA-256 again")
        update(bytes)
        return SHA256.digest { EVP_DigestFinal_ex(context, $0, nil) }
    }

    /// Looking the algorithm up costs more than hashing a row, so it is done once. Safe because a fetched algorithm
    /// never changes and libcrypto shares it between threads.
    nonisolated(unsafe) private static let algorithm: OpaquePointer = {
        guard let algorithm = EVP_MD_fetch(nil, "SHA256", nil) else {
            preconditionFailure("libcrypto has no SHA-256")
        }
        return algorithm
    }()

    private static func digest(writing write: (UnsafeMutablePointer<UInt8>) -> Int32) -> SHA256Digest {
        withUnsafeTemporaryAllocation(of: UInt64.self, capacity: 4) { words in
            let result = words.withMemoryRebound(to: UInt8.self) { bytes in
                bytes.baseAddress.map(write)
            }
            precondition(result == 1, "libcrypto cannot finish a SHA-256")
            return SHA256Digest(
                words: (words[0].bigEndian, words[1].bigEndian, words[2].bigEndian, words[3].bigEndian))
        }
    }
}
