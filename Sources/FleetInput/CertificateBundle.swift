import CLibCrypto
import FleetModel
import Glibc
import Platform

/// What stands in a file with a certificate, by its content: PEM or PKCS#12.
///
/// `certificate/upload` has no field for a password, so what needs one is of no use to a PBX.
struct CertificateBundle {
    typealias Failure = SecretFile.Failure

    /// DER of the certificate that the key belongs to; of the first one without a key.
    let certificate: [UInt8]
    /// The last moment at which that certificate is good.
    let end: WallTime
    /// Whether a private key stands there.
    let holdsKey: Bool
    /// The lines of a private key in PEM, as they stand in the file and as others write the same key.
    let keyLines: [Secret]

    /// - Throws: what is wrong with the file, as a clause about it.
    init(_ content: [UInt8]) throws(Failure) {
        guard !content.isEmpty else { throw Failure(clause: "is empty") }
        // What libcrypto notes about a file must not be found by a TLS connection.
        defer { ERR_clear_error() }
        var parts = BundleParts()
        var isKnown = try parts.readPEM(content)
        if !isKnown { isKnown = try parts.readPKCS12(content) }
        guard isKnown else { throw Failure(clause: "is neither PEM nor PKCS#12") }
        (certificate, end) = try parts.ownCertificate()
        holdsKey = parts.key != nil
        keyLines = ([content] + parts.keyTexts()).flatMap(Self.keyLines)
    }

    /// Whether a certificate is good for a domain.
    ///
    /// - Parameter certificate: DER.
    static func isCertificate(_ certificate: [UInt8], for domain: String) -> Bool {
        defer { ERR_clear_error() }
        guard let certificate = certificate.decoded(d2i_X509) else { return false }
        defer { X509_free(certificate) }
        return X509_check_host(certificate, domain, domain.utf8.count, 0, nil) == 1
    }

    /// Short ones stand in too many texts that do not mean them.
    private static func keyLines(_ content: [UInt8]) -> [Secret] {
        var (lines, isKey): ([Secret], Bool) = ([], false)
        for line in content.split(whereSeparator: { $0 == 0x0A || $0 == 0x0D }) {
            let text = String(decoding: line, as: UTF8.self)
            if text.contains("-----") {
                isKey = text.contains("BEGIN") && text.contains("PRIVATE KEY")
            } else if isKey {
                lines += text.split { $0 == " " || $0 == "\t" }.filter { $0.utf8.count >= 8 }.map { Secret(String($0)) }
            }
        }
        return lines
    }
}

/// What libcrypto reads in a file.
private struct BundleParts: ~Copyable {
    private var certificates: [OpaquePointer] = []
    private(set) var key: OpaquePointer?

    deinit {
        for certificate in certificates { X509_free(certificate) }
        EVP_PKEY_free(key)
    }

    /// - Returns: whether there is any PEM.
    mutating func readPEM(_ content: [UInt8]) throws(CertificateBundle.Failure) -> Bool {
        let bio = content.withUnsafeBytes { bytes in
            let bio = BIO_new(BIO_s_mem())
            BIO_write(bio, bytes.baseAddress, Int32(bytes.count))
            return bio
        }
        defer { BIO_free(bio) }
        var isPEM = false
        while let block = PEMBlock(bio) {
            isPEM = true
            try take(block)
        }
        let isAtEnd = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE
        guard isAtEnd else { throw CertificateBundle.Failure(clause: "holds a block of PEM that cannot be read") }
        return isPEM
    }

    private mutating func take(_ block: borrowing PEMBlock) throws(CertificateBundle.Failure) {
        if block.isEncrypted {
            throw CertificateBundle.Failure(clause: "holds a private key with a password, which no PBX can be told")
        }
        if block.name.hasSuffix("PRIVATE KEY"), key == nil {
            key = block.content.decoded(d2i_AutoPrivateKey)
            if key == nil { throw CertificateBundle.Failure(clause: "holds a private key that cannot be read") }
        } else if block.name == "CERTIFICATE" {
            guard let certificate = block.content.decoded(d2i_X509) else {
                throw CertificateBundle.Failure(clause: "holds a certificate that cannot be read")
            }
            certificates.append(certificate)
        }
    }

    /// - Returns: whether it is PKCS#12.
    mutating func readPKCS12(_ content: [UInt8]) throws(CertificateBundle.Failure) -> Bool {
        guard let store = content.decoded(d2i_PKCS12) else { return false }
        defer { PKCS12_free(store) }
        var certificate: OpaquePointer?
        guard PKCS12_parse(store, "", &key, &certificate, nil) == 1 else {
            throw CertificateBundle.Failure(
                clause: "is PKCS#12 that does not open without a password, which no PBX can be told")
        }
        if let certificate { certificates.append(certificate) }
        return true
    }

    /// The key in PEM, in the two forms that there are of it; none without a key.
    func keyTexts() -> [[UInt8]] {
        guard let key else { return [] }
        return [true, false].compactMap { isPKCS8 in
            let bio = BIO_new(BIO_s_mem())
            defer { BIO_free(bio) }
            let isWritten =
                isPKCS8
                ? PEM_write_bio_PKCS8PrivateKey(bio, key, nil, nil, 0, nil, nil)
                : PEM_write_bio_PrivateKey_traditional(bio, key, nil, nil, 0, nil, nil)
            guard isWritten == 1 else { return nil }
            var text = [UInt8](repeating: 0, count: BIO_ctrl_pending(bio))
            let count = BIO_read(bio, &text, Int32(text.count))
            return Array(text.prefix(max(0, Int(count))))
        }
    }

    /// DER and end of the certificate that the key belongs to, which must be good still; of the first one without a key.
    func ownCertificate() throws(CertificateBundle.Failure) -> ([UInt8], WallTime) {
        guard let first = certificates.first else { throw CertificateBundle.Failure(clause: "holds no certificate") }
        let own = key == nil ? first : certificates.first { X509_check_private_key($0, key) == 1 }
        guard let own else {
            throw CertificateBundle.Failure(clause: "holds a private key that is not that of its certificate")
        }
        var time = tm()
        ASN1_TIME_to_tm(X509_get0_notAfter(own), &time)
        let end = WallTime(milliseconds: Int64(timegm(&time)) * 1000)
        guard X509_cmp_current_time(X509_get0_notAfter(own)) >= 0 else {
            throw CertificateBundle.Failure(clause: "holds a certificate that expired on \(end.description.prefix(10))")
        }
        var content = [UInt8](repeating: 0, count: Int(i2d_X509(own, nil)))
        content.withUnsafeMutableBufferPointer { content in
            var next = content.baseAddress
            _ = i2d_X509(own, &next)
        }
        return (content, end)
    }
}

/// One block of a PEM text.
private struct PEMBlock {
    /// `CERTIFICATE`, `RSA PRIVATE KEY`.
    let name: String
    /// Whether a password is needed for it.
    let isEncrypted: Bool
    let content: [UInt8]

    /// The next block; nil when there is none, or one that cannot be read.
    init?(_ bio: OpaquePointer?) {
        var (name, header): (UnsafeMutablePointer<CChar>?, UnsafeMutablePointer<CChar>?)
        var (data, length): (UnsafeMutablePointer<UInt8>?, Int) = (nil, 0)
        guard PEM_read_bio(bio, &name, &header, &data, &length) == 1, let name, let header else { return nil }
        self.name = String(cString: name)
        isEncrypted = self.name.hasPrefix("ENCRYPTED") || String(cString: header).contains("ENCRYPTED")
        content = Array(UnsafeBufferPointer(start: data, count: length))
        // What was decoded of a private key must not stay behind.
        CRYPTO_clear_free(data, length, #file, #line)
        CRYPTO_free(name, #file, #line)
        CRYPTO_free(header, #file, #line)
    }
}

extension [UInt8] {
    /// What one of libcrypto's decoders makes of the bytes; nil when they are something else.
    fileprivate func decoded(
        _ decode: (
            UnsafeMutablePointer<OpaquePointer?>?, UnsafeMutablePointer<UnsafePointer<UInt8>?>?, Int
        ) -> OpaquePointer?
    ) -> OpaquePointer? {
        withUnsafeBufferPointer { bytes in
            var next = bytes.baseAddress
            return decode(nil, &next, bytes.count)
        }
    }
}
