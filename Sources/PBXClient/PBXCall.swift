import Platform
package import HTTPTransport
import FleetModel
import JSONText

/// One call of a PBX as a value, to be sent or to be shown.
///
/// Source: the PBX's calls `get_token`, `certificate/get`, `certificate/query`, `certificate/list`, `certificate/upload`,
/// `certificate/update` and `del_token`.
package struct PBXCall: Sendable {
    enum Act: Sendable {
        /// No call at all: the connection ends when the PBX has shown its key.
        case handshake
        /// `get_token`: the Client ID goes as `username`, the Client Secret as `password`.
        case login(id: String, secret: Secret)
        /// A call about certificates.
        case certificate(CertificateAct, token: Secret)
        /// `del_token`: the PBX forgets the token.
        case logout(token: Secret)
    }

    enum CertificateAct: Sendable {
        /// `certificate/get`: one certificate.
        case get(id: Int64)
        /// `certificate/query`: those of several certificates that there are.
        case query(ids: [Int64])
        /// `certificate/list`: a page of all certificates, from 1.
        case list(page: Int)
        /// `certificate/upload`: a file for an edit to name.
        case upload(CertificateFile, CertificateState.Purpose)
        /// `certificate/update`: only the fields that the row sets, in the order of the PBX's guide.
        case edit(CertificateEdit)
    }

    let act: Act
    let base: BaseURL
    let pin: String?

    /// Whether it changes a certificate, so that its body must not leave before its row is noted as sent.
    package var isEdit: Bool {
        if case .certificate(.edit, _) = act { true } else { false }
    }

    /// Whether the PBX may serve HTTPS with another key afterwards: `name` says which certificate file it uses.
    var mayChangeKey: Bool {
        if case .certificate(.edit(let edit), _) = act { edit.name != nil } else { false }
    }

    /// The call as it is sent.
    ///
    /// - Parameter timeout: for the whole request, when that is shorter than the usual one; nil for that.
    package func request(timeout: Duration? = nil) -> HTTPRequest {
        let target = base.target(of: endpoint, token: token?.reveal().percentEncoded(), query)
        let method = form ?? body { $0.reveal() }.map(HTTPRequest.Method.post) ?? .get
        return HTTPRequest(method, of: base.host, target: target, pin: pin, timeout: timeout)
    }

    /// The call as a dry run prints it, like `POST https://… {"…":"***"}`: each secret is `***`.
    package var maskedLine: String {
        let url = base.host.origin + base.target(of: endpoint, token: token.map { _ in Secret.mask }, query)
        if case .certificate(.upload(let file, let purpose), _) = act {
            return "POST \(url) type=\(purpose.rawValue) file=\(Quotation.of(file.name.utf8)) (\(file.size) bytes)"
        }
        guard let body = body({ _ in Secret.mask }) else { return "GET \(url)" }
        return "POST \(url) \(String(decoding: body, as: UTF8.self))"
    }

    /// The name of the call, like `certificate/update`.
    package var endpoint: String {
        switch act {
        case .handshake: ""
        case .login: "get_token"
        case .certificate(.get, _): "certificate/get"
        case .certificate(.query, _): "certificate/query"
        case .certificate(.list, _): "certificate/list"
        case .certificate(.upload, _): "certificate/upload"
        case .certificate(.edit, _): "certificate/update"
        case .logout: "del_token"
        }
    }

    private var token: Secret? {
        switch act {
        case .handshake, .login: nil
        case .certificate(_, let token), .logout(let token): token
        }
    }

    /// What stands in the URL behind the token; nil when nothing does.
    private var query: String? {
        switch act {
        case .certificate(.get(let id), _): "id=\(id)"
        case .certificate(.query(let ids), _): "ids=" + ids.map(String.init).joined(separator: ",")
        case .certificate(.list(let page), _): "page=\(page)&page_size=\(Self.pageSize)&sort_by=id&order_by=asc"
        default: nil
        }
    }

    /// A key that nobody has, so that the connection ends before a request leaves.
    static let impossiblePin = "sha256//" + String(repeating: "A", count: 43) + "="

    /// Certificates that are asked for at once; a PBX can have 23.
    private static let pageSize = 50

    /// Nil for a call that is no form.
    private var form: HTTPRequest.Method? {
        guard case .certificate(.upload(let file, let purpose), _) = act else { return nil }
        return .form([
            HTTPRequest.FormField(name: "type", content: Array(purpose.rawValue.utf8)),
            HTTPRequest.FormField(name: "file", fileName: file.name, content: file.reveal()),
        ])
    }

    /// Nil for a call without a body, or with a form.
    private func body(_ text: (Secret) -> String) -> [UInt8]? {
        var writer = JSONWriter()
        writer.beginObject()
        switch act {
        case .login(let id, let secret):
            writer.member("username", id)
            writer.member("password", text(secret))
        case .certificate(.edit(let edit), _):
            writer.members(of: edit, text)
        default:
            return nil
        }
        writer.endObject()
        return writer.bytes
    }
}

extension PBXCall {
    /// What a PBX answers, beside what every answer holds, that has what the call asks for: for certificates, that it has
    /// them, and nothing of what they are like.
    var acceptingBody: [UInt8] {
        let ids: [Int64] =
            switch act {
            case .certificate(.get(let id), _): [id]
            case .certificate(.query(let ids), _): ids
            default: []
            }
        let list = ids.map { JSONValue.object([JSONMember(key: "id", value: .number(String($0)))]) }
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("errcode", 0)
        if let first = list.first { writer.member("certificate", first) }
        writer.member("certificate_list", .array(list))
        if case .certificate(.upload(let file, _), _) = act { writer.member("file", file.name) }
        writer.endObject()
        return writer.bytes
    }
}

/// What the URLs of an address have in common: `https://pbx.example:8088/openapi/v1.0/`.
struct BaseURL: Hashable, Sendable {
    /// The server that they name.
    let host: HTTPRequest.Host
    /// `openapi/v1.0`, percent-encoded.
    private let path: String

    init(_ address: PBXAddress) {
        path = address.apiPath.percentEncoded(keeping: "/:@!$&'()*+,;=")
        host = HTTPRequest.Host(
            origin: "\(address.scheme.rawValue)://\(address.host.name):\(address.host.port)",
            nameToLookUp: address.host.form == .name ? address.host.name : nil, port: Int(address.host.port),
            isLoopback: address.host.form.isLoopback)
    }

    /// Path and query of a URL; the token is percent-encoded, and nil for the call that needs none, as is what follows it.
    func target(of endpoint: String, token: String?, _ query: String?) -> String {
        var target = ""
        target.reserveCapacity(path.utf8.count + endpoint.utf8.count + 16 + (token?.utf8.count ?? 0))
        target += "/"
        target += path
        target += "/"
        target += endpoint
        if let token {
            target += "?access_token="
            target += token
        }
        if let query {
            target += "&"
            target += query
        }
        return target
    }
}

extension JSONWriter {
    fileprivate mutating func members(of edit: CertificateEdit, _ text: (Secret) -> String) {
        member("id", edit.id)
        if let name = edit.name { member("name", name) }
        if let issueTo = edit.issueTo { member("issue_to", issueTo) }
        if let autoRenewal = edit.autoRenewal { member("auto_renewal", autoRenewal ? 1 : 0) }
        if let provider = edit.dnsProvider { member("dns_provider", provider) }
        if let list = edit.authInfo {
            key("auth_info_list")
            value(list, text)
        }
    }
}

extension String {
    /// The text with every byte but letters, digits and `-._~` written as `%XX`.
    ///
    /// - Parameter kept: more ASCII characters to leave as they are.
    func percentEncoded(keeping kept: String = "") -> String {
        var text = self
        if text.withUTF8({ $0.allSatisfy { $0.isUnreserved || kept.utf8.contains($0) } }) { return self }
        let digits = Array("0123456789ABCDEF".utf8)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(utf8.count)
        for byte in utf8 {
            if byte.isUnreserved || kept.utf8.contains(byte) {
                bytes.append(byte)
            } else {
                bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension UInt8 {
    /// Whether it stands in a URL as it is (RFC 3986).
    fileprivate var isUnreserved: Bool {
        switch self {
        case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"): true
        default: isLetter || isDigit
        }
    }
}
