import CLibCrypto
import Glibc
import JSONText
import Platform

/// A certificate as a simulated PBX holds it.
package struct SimulatedCertificate: Sendable, Hashable {
    /// What the certificate is for, the API's `type`.
    package enum Purpose: String, Sendable {
        case trusted, server

        /// How many certificates of its kind a PBX can have.
        var limit: Int { self == .server ? 3 : 20 }
    }

    /// Where a server certificate came from, the API's `ca_type`.
    package enum Origin: String, Sendable {
        case upload, apply
    }

    /// How far the issuing is of a certificate that the PBX applied for.
    package enum ApplyStatus: String, Sendable {
        case issuing
        case success = "issuance_success"
        case failure = "issuance_fail"
    }

    /// From 1, unique on one PBX.
    package var id: Int
    /// Only a server certificate has an origin, renewal and DNS credentials.
    package var purpose: Purpose
    /// Decides whether an edit of the domain or one of the renewal takes effect.
    package var origin: Origin
    /// File name; any text is taken for the name of an uploaded file.
    package var name: String
    /// Domain name.
    package var issueTo: String
    /// When it is no longer good, as the PBX writes it; any text.
    package var expiration: String
    /// Whether the PBX renews it by itself.
    package var autoRenewal: Bool
    /// Flag name of the DNS provider; empty without one.
    package var dnsProvider: String
    /// The provider's credentials.
    package var authInfo: [SimulatedAuthInfo]
    /// Nil as long as the PBX has not applied for it.
    package var applyStatus: ApplyStatus?
    /// What the DNS provider said when the issuing failed.
    package var tipCode: Int?

    /// An uploaded server certificate with nothing set, unless told otherwise.
    package init(
        id: Int, purpose: Purpose = .server, origin: Origin = .upload, name: String = "", issueTo: String = "",
        expiration: String = "", autoRenewal: Bool = false, dnsProvider: String = "",
        authInfo: [SimulatedAuthInfo] = []
    ) {
        self.id = id
        self.purpose = purpose
        self.origin = origin
        self.name = name
        self.issueTo = issueTo
        self.expiration = expiration
        self.autoRenewal = autoRenewal
        self.dnsProvider = dnsProvider
        self.authInfo = authInfo
    }

    /// As many server certificates as a PBX can have, with the ids 1 to 3, and a trusted one with the id 4.
    package static let defaults =
        (1...3).map {
            SimulatedCertificate(
                id: $0, name: "server-\($0).pem", issueTo: "pbx-\($0).example.com", expiration: expiration(in: 30 * $0))
        } + [
            SimulatedCertificate(id: 4, purpose: .trusted, name: "trusted-4.pem", expiration: expiration(in: 3650))
        ]

    /// How a certificate's last day is written that is good for so many days from a moment on.
    static func expiration(in days: Int, after start: WallTime = SystemClock().wallTime()) -> String {
        let text = (start + .seconds(days * 86_400)).description
        return text.prefix(10) + " " + text.dropFirst(11).prefix(8)
    }

    /// The certificate as the API's `Cert_Info`, secrets and all.
    var info: JSONValue {
        var members: [(String, JSONValue)] = [
            ("id", JSONValue(id)), ("name", .string(name)), ("type", .string(purpose.rawValue)),
            ("issue_to", .string(issueTo)), ("expiration", .string(expiration)),
        ]
        if purpose == .server {
            members += [
                ("ca_type", .string(origin.rawValue)), ("auto_renewal", JSONValue(autoRenewal ? 1 : 0)),
                ("dns_provider", .string(dnsProvider)), ("auth_info_list", .array(authInfo.map(\.info))),
            ]
        }
        if let applyStatus { members.append(("apply_status", .string(applyStatus.rawValue))) }
        if let tipCode { members.append(("apply_tip_code", JSONValue(tipCode))) }
        return .object(members.map { JSONMember(key: $0.0, value: $0.1) })
    }
}

/// One DNS credential of a certificate.
package struct SimulatedAuthInfo: Sendable, Hashable {
    /// A credential's value, by the member that carried it: `iv`, `sv` or `bv`.
    package enum Value: Sendable, Hashable {
        case integer(Int)
        case string(String)
        case boolean(Bool)
    }

    /// The provider's name for it; case matters.
    package let key: String
    /// What the provider is to get.
    package let value: Value

    /// - Parameters:
    ///   - key: the provider's name for it.
    ///   - value: what the provider is to get.
    package init(key: String, value: Value) {
        self.key = key
        self.value = value
    }

    fileprivate var info: JSONValue {
        let typed =
            switch value {
            case .integer(let number): JSONMember(key: "iv", value: JSONValue(number))
            case .string(let text): JSONMember(key: "sv", value: .string(text))
            case .boolean(let value): JSONMember(key: "bv", value: .boolean(value))
            }
        return .object([JSONMember(key: "k", value: .string(key)), typed])
    }
}

/// A file that was uploaded to a simulated PBX.
package struct SimulatedUpload: Sendable, Hashable {
    /// What an edit or a new certificate can name.
    package let name: String
    /// What the upload said that it is for.
    package let purpose: SimulatedCertificate.Purpose
    /// The file as it came.
    package let content: [UInt8]

    /// How the last moment of its first certificate is written; nil when there is none in it.
    var expiration: String? {
        defer { ERR_clear_error() }
        var certificate = content.withUnsafeBytes { bytes in
            let bio = BIO_new_mem_buf(bytes.baseAddress, Int32(bytes.count))
            defer { BIO_free(bio) }
            return PEM_read_bio_X509(bio, nil, nil, nil)
        }
        if certificate == nil {
            let store = content.withUnsafeBufferPointer { bytes in
                var next = bytes.baseAddress
                return d2i_PKCS12(nil, &next, bytes.count)
            }
            // Which certificate it is goes by the key.
            var key: OpaquePointer?
            PKCS12_parse(store, "", &key, &certificate, nil)
            EVP_PKEY_free(key)
            PKCS12_free(store)
        }
        guard let certificate else { return nil }
        defer { X509_free(certificate) }
        var time = tm()
        ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &time)
        return SimulatedCertificate.expiration(
            in: 0, after: WallTime(milliseconds: Int64(timegm(&time)) * 1000))
    }
}

/// How the issuing of certificates goes that a simulated PBX applies for.
package struct Issuing: Sendable, Hashable {
    /// How long it takes.
    package var time: Duration
    /// What the DNS provider says when it fails; nil when it succeeds.
    package var tipCode: Int?

    /// - Parameters:
    ///   - time: how long it takes; default 2 s.
    ///   - tipCode: what the DNS provider says when it fails; nil, the default, when it succeeds.
    package init(time: Duration = .seconds(2), tipCode: Int? = nil) {
        self.time = time
        self.tipCode = tipCode
    }
}
