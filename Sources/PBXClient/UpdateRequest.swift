import HTTPTransport
package import FleetModel
import JSONText

/// The `certificate/update` request of a row: only the fields that the row sets, in the order of the PBX's guide.
package struct UpdateRequest {
    private static let endpoint = "certificate/update"
    private let job: Job

    /// - Parameter job: the row.
    package init(_ job: Job) {
        self.job = job
    }

    /// The URL with the token as `***`.
    package var maskedURL: String { job.address.url(of: Self.endpoint, token: Secret.mask) }

    /// The body with the value of each `sv` as `***`.
    package var maskedBody: String { String(decoding: body { _ in Secret.mask }, as: UTF8.self) }

    /// The request as it is sent.
    func request(token: Secret, timeout: Duration?) -> HTTPRequest {
        HTTPRequest(
            .post(body: body { $0.reveal() }),
            url: job.address.url(of: Self.endpoint, token: token.reveal().percentEncoded()), pin: job.tlsPin,
            timeout: timeout)
    }

    private func body(_ text: (Secret) -> String) -> [UInt8] {
        let edit = job.edit
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("id", edit.id)
        if let name = edit.name { writer.member("name", name) }
        if let issueTo = edit.issueTo { writer.member("issue_to", issueTo) }
        if let autoRenewal = edit.autoRenewal { writer.member("auto_renewal", autoRenewal ? 1 : 0) }
        if let provider = edit.dnsProvider { writer.member("dns_provider", provider) }
        if let list = edit.authInfo {
            writer.key("auth_info_list")
            writer.beginArray()
            for item in list { writer.authInfo(item, text) }
            writer.endArray()
        }
        writer.endObject()
        return writer.bytes
    }
}

extension JSONWriter {
    fileprivate mutating func authInfo(_ item: AuthInfo, _ text: (Secret) -> String) {
        beginObject()
        member("k", item.key)
        switch item.value {
        case .integer(let integer): member("iv", integer)
        case .string(let secret): member("sv", text(secret))
        case .boolean(let boolean): member("bv", boolean)
        }
        endObject()
    }
}
