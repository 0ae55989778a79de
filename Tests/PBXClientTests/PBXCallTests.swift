import HTTPTransport
import FleetModel
import TestSupport
import Testing

@testable import PBXClient

@Suite("Calls as a PBX gets them")
struct PBXCallTests {
    private static let list = [
        AuthInfo(key: "AccessKeyId", value: .string(Secret("q\"/ä"))), AuthInfo(key: "TTL", value: .integer(600)),
        AuthInfo(key: "Staging", value: .boolean(true)),
    ]

    private static let address = PBXAddress(scheme: .https, host: HostKey(name: "PBX.example", port: 8088))

    private func call(_ act: PBXCall.Act, to address: PBXAddress = address, pin: String? = nil) -> PBXCall {
        PBXCall(act: act, base: BaseURL(address), pin: pin)
    }

    private func body(_ edit: CertificateEdit) -> String {
        guard case .post(let body) = call(.certificate(.edit(edit), token: Secret("t"))).request().method else {
            return ""
        }
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
    func edits(_ edit: CertificateEdit, _ expected: String) {
        #expect(body(edit) == expected)
    }

    @Test("an edit goes to the API's path with the token in the query, percent-encoded")
    func editURL() {
        let request = call(.certificate(.edit(CertificateEdit(id: 1)), token: Secret("a/b+c d&e=%é"))).request()
        #expect(
            request.url == "https://pbx.example:8088/openapi/v1.0/certificate/update"
                + "?access_token=a%2Fb%2Bc%20d%26e%3D%25%C3%A9")
    }

    @Test("a path of the API cannot reach into the query")
    func oddPath() {
        let address = PBXAddress(scheme: .http, host: HostKey(name: "[::1]", port: 80), apiPath: "a b?c#d/v2")
        let request = call(.login(id: "i", secret: Secret("s")), to: address).request()
        #expect(request.url == "http://[::1]:80/a%20b%3Fc%23d/v2/get_token")
    }

    @Test(
        "a name is looked up, unless it is this machine's",
        arguments: [
            ("127.53.0.9", nil, true), ("128.0.0.1", nil, false), ("[::1]", nil, true), ("[2001:db8::1]", nil, false),
            ("localhost", nil, true), ("PBX.example", "pbx.example", false),
        ] as [(String, String?, Bool)])
    func host(_ name: String, _ nameToLookUp: String?, _ isLoopback: Bool) {
        let address = PBXAddress(scheme: .https, host: HostKey(name: name, port: 8088))
        let request = call(.login(id: "i", secret: Secret("s")), to: address).request()
        let origin = "https://\(name.lowercased()):8088"
        #expect(
            request.host
                == HTTPRequest.Host(
                    origin: origin, nameToLookUp: nameToLookUp, port: 8088, isLoopback: isLoopback))
    }

    @Test("a pin and a time limit go with each call, and only an edit changes the PBX")
    func pins() {
        let edit = call(.certificate(.edit(CertificateEdit(id: 1)), token: Secret("t")), pin: "sha256//x")
        let login = call(.login(id: "i", secret: Secret("s")), pin: "sha256//x")
        let logout = call(.logout(token: Secret("t")), pin: "sha256//x")
        for call in [edit, login, logout] {
            let request = call.request(timeout: .seconds(2))
            #expect(request.pin == "sha256//x" && request.timeout == .seconds(2))
        }
        #expect([edit, login, logout].map(\.isEdit) == [true, false, false])
    }

    @Test("an edit that sets the name of the certificate's file may change the PBX's key")
    func keys() {
        let edits = [CertificateEdit(id: 1, name: "a.pem"), CertificateEdit(id: 1, name: ""), CertificateEdit(id: 1)]
        #expect(edits.map { call(.certificate(.edit($0), token: Secret("t"))).mayChangeKey } == [true, true, false])
        #expect(!call(.login(id: "i", secret: Secret("s"))).mayChangeKey)
    }

    @Test("the rows of a session have the URLs and pins of their own addresses, its logout those of its login")
    func addresses() {
        var host = HostSession()
        var generator = SeededGenerator(seed: 1)
        var lines: [String] = []
        for path in ["a", "a", "b"] {
            let address = PBXAddress(scheme: .http, host: HostKey(name: "h", port: 1), apiPath: path)
            let job = Job(
                position: RowPosition(row: 1, line: 2), address: address, credentials: .application("A"),
                tlsPin: path, edit: CertificateEdit(id: 1, autoRenewal: false))
            var (row, reply): (RowProcedure, Reply?) = (RowProcedure(job), nil)
            while case .call(let call) = row.next(reply, on: &host, at: .zero, using: &generator) {
                lines.append(call.request().url + " " + (call.pin ?? ""))
                reply = Reply(accepting: call)
            }
        }
        guard case .call(let logout) = host.close(nil, at: .zero, using: &generator) else {
            Issue.record("the session is to be ended")
            return
        }
        lines.append(logout.request().url + " " + (logout.pin ?? ""))
        let update = "certificate/update?access_token=%2A%2A%2A"
        #expect(
            lines == [
                "http://h:1/a/get_token a", "http://h:1/a/\(update) a", "http://h:1/a/\(update) a",
                "http://h:1/b/\(update) b", "http://h:1/a/del_token?access_token=%2A%2A%2A a",
            ])
    }

    @Test("a call shown to people has no secret in it")
    func masked() {
        let edit = call(.certificate(.edit(CertificateEdit(id: 2, authInfo: Self.list)), token: Secret("the token")))
        let login = call(.login(id: "the id", secret: Secret("the secret")))
        let url = "https://pbx.example:8088/openapi/v1.0"
        #expect(
            edit.maskedLine == "POST \(url)/certificate/update?access_token=*** "
                + #"{"id":2,"auth_info_list":[{"k":"AccessKeyId","sv":"***"},{"k":"TTL","iv":600},{"k":"Staging","bv":true}]}"#
        )
        #expect(login.maskedLine == "POST \(url)/get_token " + #"{"username":"the id","password":"***"}"#)
        #expect(call(.logout(token: Secret("the token"))).maskedLine == "GET \(url)/del_token?access_token=***")
    }
}

extension HTTPRequest {
    fileprivate var url: String { host.origin + target }
}
