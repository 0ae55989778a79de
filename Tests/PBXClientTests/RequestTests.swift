import HTTPTransport
import FleetModel
import TestSupport
import Testing

@testable import PBXClient

@Suite("Requests as a PBX gets them")
struct RequestTests {
    private static let list = [
        AuthInfo(key: "AccessKeyId", value: .string(Secret("q\"/ä"))), AuthInfo(key: "TTL", value: .integer(600)),
        AuthInfo(key: "Staging", value: .boolean(true)),
    ]

    private func body(_ edit: CertificateEdit) throws -> String {
        let request = UpdateRequest(.make(edit: edit)).request(token: Secret("t"), timeout: nil)
        guard case .post(let body) = request.method else { return "" }
        return String(decoding: body, as: UTF8.self)
    }

    @Test(
        "an edit holds the fields that are set and no others",
        arguments: [
            (CertificateEdit(id: 5, autoRenewal: false), #"{"id":5,"auto_renewal":0}"#),
            (CertificateEdit(id: 5, autoRenewal: true), #"{"id":5,"auto_renewal":1}"#),
            (CertificateEdit(id: .max, name: "a b.pem"), #"{"id":9223372036854775807,"name":"a b.pem"}"#),
            (CertificateEdit(id: 1, name: ""), #"{"id":1,"name":""}"#),
            (CertificateEdit(id: 1, authInfo: []), #"{"id":1,"auth_info_list":[]}"#),
            (
                CertificateEdit(
                    id: 2, name: "n", issueTo: "pbx.example", autoRenewal: true, dnsProvider: "route53",
                    authInfo: list),
                #"{"id":2,"name":"n","issue_to":"pbx.example","auto_renewal":1,"dns_provider":"route53","#
                    + #""auth_info_list":[{"k":"AccessKeyId","sv":"q\"/ä"},{"k":"TTL","iv":600},{"k":"Staging","bv":true}]}"#
            ),
        ])
    func edits(_ edit: CertificateEdit, _ expected: String) throws {
        #expect(try body(edit) == expected)
    }

    @Test("an edit goes to the API's path with the token in the query, percent-encoded")
    func editURL() {
        let request = UpdateRequest(.make(host: "PBX.example", scheme: .https)).request(
            token: Secret("a/b+c d&e=%é"), timeout: nil)
        #expect(
            request.url == "https://pbx.example:8088/openapi/v1.0/certificate/update"
                + "?access_token=a%2Fb%2Bc%20d%26e%3D%25%C3%A9")
    }

    @Test("a path of the API cannot reach into the query")
    func oddPath() {
        let address = PBXAddress(scheme: .http, host: HostKey(name: "[::1]", port: 80), apiPath: "a b?c#d/v2")
        let login = LoginRequest(to: address, id: "i", secret: Secret("s"))
        #expect(login.maskedURL == "http://[::1]:80/a%20b%3Fc%23d/v2/get_token")
    }

    @Test("a row's pin goes with each of its requests")
    func pins() {
        let address = PBXAddress(scheme: .https, host: HostKey(name: "h", port: 1))
        let job = Job(
            position: RowPosition(row: 1, line: 2), address: address, credentials: .ownToken, tlsPin: "sha256//x",
            edit: CertificateEdit(id: 1, autoRenewal: false))
        #expect(UpdateRequest(job).request(token: Secret("t"), timeout: nil).pin == "sha256//x")
        let login = LoginRequest(to: address, id: "i", secret: Secret("s"))
        #expect(login.request(pin: job.tlsPin, timeout: nil).pin == "sha256//x")
        let revocation = RevokeRequest(to: address).request(token: Secret("t"), pin: job.tlsPin, timeout: .seconds(2))
        #expect(revocation.pin == "sha256//x")
        #expect(revocation.timeout == .seconds(2))
    }

    @Test("a login is sent with Client ID and Client Secret, an edit with the token that came of it")
    func onTheWire() throws {
        let rig = try Rig(.token("t1"), .success)
        #expect(try rig.run(rig.job()).outcome.status == .ok)
        let requests = rig.server.requests
        #expect(
            requests.map(\.line) == [
                "POST /openapi/v1.0/get_token HTTP/1.1",
                "POST /openapi/v1.0/certificate/update?access_token=t1 HTTP/1.1",
            ])
        #expect(
            requests.map(\.body) == [
                #"{"username":"id-A","password":"secret-A"}"#, #"{"id":5,"auto_renewal":0}"#,
            ])
        #expect(requests.allSatisfy { $0.headers.contains("User-Agent: OpenAPI") })
    }

    @Test("a request shown to people has no secret in it")
    func masked() {
        let job = Job.make(edit: CertificateEdit(id: 2, authInfo: Self.list))
        #expect(
            UpdateRequest(job).maskedURL == "http://127.0.0.1:8088/openapi/v1.0/certificate/update?access_token=***")
        #expect(
            UpdateRequest(job).maskedBody == #"{"id":2,"auth_info_list":[{"k":"AccessKeyId","sv":"***"},"#
                + #"{"k":"TTL","iv":600},{"k":"Staging","bv":true}]}"#)
        let login = LoginRequest(to: job.address, id: "the id", secret: Secret("the secret"))
        #expect(login.maskedURL == "http://127.0.0.1:8088/openapi/v1.0/get_token")
        #expect(login.maskedBody == #"{"username":"the id","password":"***"}"#)
        #expect(
            RevokeRequest(to: job.address).maskedURL == "http://127.0.0.1:8088/openapi/v1.0/del_token?access_token=***"
        )
    }
}
