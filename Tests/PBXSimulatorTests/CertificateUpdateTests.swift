import PBXSimulator
import Testing

@Suite("certificate/update")
struct CertificateUpdateTests {
    private func errcode(_ body: String, certificates: [SimulatedCertificate]? = nil) throws -> Int? {
        let settings = SimulatorSettings.make {
            $0.presetTokens = ["t"]
            $0.certificates = certificates ?? $0.certificates
        }
        return try Simulator.run(settings) { simulator throws in
            let before = simulator.certificates(on: 1)
            let errcode = try simulator.client().update(body, token: "t").errcode
            if errcode != 0 { #expect(simulator.certificates(on: 1) == before) }
            return errcode
        }
    }

    @Test(arguments: [
        #"{"id":5,"auto_renewal":0}"#,
        #"{"id":5}"#,
        #" { "id" : 5 , "name" : "" , "issue_to" : "pbx.example.com" } "#,
        #"{"auto_renewal":1,"dns_provider":"alidns","auth_info_list":[{"k":"A","sv":"x"}],"id":5}"#,
        #"{"id":5,"auth_info_list":[]}"#,
        #"{"id":5,"auth_info_list":[{"k":"A","iv":0},{"k":"B","bv":false},{"sv":"","k":"C"}]}"#,
    ])
    func isAccepted(body: String) throws {
        #expect(try errcode(body, certificates: [SimulatedCertificate(id: 5)]) == 0)
    }

    @Test(arguments: [
        "", "{", "null", "[]", "5", #"{"id":1}x"#, #"{"id":1,}"#, #"{"id":01}"#, #"{'id':1}"#, #"{"id":1,"id":1}"#,
        #"{"id":"1"}"#, #"{"id":1.0}"#, #"{"id":1e0}"#, #"{"id":true}"#, #"{"id":null}"#,
        #"{"id":9223372036854775808}"#,
        #"{"id":1,"auto_renewal":true}"#, #"{"id":1,"auto_renewal":"1"}"#, #"{"id":1,"auto_renewal":0.0}"#,
        #"{"id":1,"name":1}"#, #"{"id":1,"name":null}"#, #"{"id":1,"issue_to":false}"#, #"{"id":1,"dns_provider":[]}"#,
        #"{"id":1,"auth_info_list":{}}"#, #"{"id":1,"auth_info_list":"[]"}"#, #"{"id":1,"auth_info_list":[1]}"#,
        #"{"id":1,"auth_info_list":[{"k":"A"}]}"#, #"{"id":1,"auth_info_list":[{"k":"A","sv":"x","iv":1}]}"#,
        #"{"id":1,"auth_info_list":[{"k":"A","sv":1}]}"#, #"{"id":1,"auth_info_list":[{"k":"A","iv":"1"}]}"#,
        #"{"id":1,"auth_info_list":[{"k":"A","iv":1.0}]}"#, #"{"id":1,"auth_info_list":[{"k":"A","bv":1}]}"#,
        #"{"id":1,"auth_info_list":[{"k":1,"sv":"x"}]}"#, #"{"id":1,"auth_info_list":[{"k":"A","sv":"x","z":1}]}"#,
        #"{"id":1,"auto_renewl":0}"#,
    ])
    func isASyntaxError(body: String) throws {
        #expect(try errcode(body) == 40001)
    }

    @Test(arguments: [
        "{}", #"{"auto_renewal":0}"#, #"{"id":0}"#, #"{"id":-1}"#, #"{"id":1,"auto_renewal":2}"#,
        #"{"id":1,"auto_renewal":-1}"#, #"{"id":1,"auto_renewal":1}"#,
        #"{"id":1,"auto_renewal":1,"dns_provider":"alidns"}"#,
        #"{"id":1,"auto_renewal":1,"dns_provider":"alidns","auth_info_list":[]}"#,
        #"{"id":1,"auto_renewal":1,"dns_provider":"","auth_info_list":[{"k":"A","sv":"x"}]}"#,
        #"{"id":1,"auto_renewal":1,"auth_info_list":[{"k":"A","sv":"x"}]}"#,
        #"{"id":1,"auth_info_list":[{"sv":"x"}]}"#, #"{"id":1,"auth_info_list":[{"k":"","sv":"x"}]}"#,
        #"{"id":1,"auth_info_list":[{"k":"A","sv":"x"},{"k":"A","iv":1}]}"#,
    ])
    func isAParameterError(body: String) throws {
        #expect(try errcode(body) == 40002)
    }

    @Test func anUnknownCertificate() throws {
        #expect(try errcode(#"{"id":99,"auto_renewal":0}"#) == 60001)
        #expect(try errcode(#"{"id":1}"#, certificates: []) == 60001)
    }

    @Test func editsOnlyTheFieldsThatArePresent() throws {
        try Simulator.run(.make(hosts: 2)) { simulator throws in
            let token = try simulator.token()
            let before = simulator.certificates(on: 1)
            let edits = [
                #"{"id":2,"auto_renewal":1,"dns_provider":"route53","auth_info_list":"#
                    + #"[{"k":"Region","sv":"eu\u002d1 é"},{"k":"TTL","iv":60},{"k":"X","bv":true}]}"#,
                #"{"id":2,"name":"new.pem","issue_to":"ignored.example.com"}"#,
            ]
            for edit in edits { #expect(try simulator.client().update(edit, token: token).errcode == 0) }
            var expected = before
            expected[1].name = "new.pem"
            expected[1].autoRenewal = true
            expected[1].dnsProvider = "route53"
            expected[1].authInfo = [
                SimulatedAuthInfo(key: "Region", value: .string("eu-1 é")),
                SimulatedAuthInfo(key: "TTL", value: .integer(60)),
                SimulatedAuthInfo(key: "X", value: .boolean(true)),
            ]
            #expect(simulator.certificates(on: 1) == expected)
            #expect(simulator.certificates(on: 2) == before)
        }
    }

    @Test func anAppliedCertificateTakesADomainButNoRenewal() throws {
        let settings = SimulatorSettings.make { $0.certificates = [SimulatedCertificate(id: 1, origin: .apply)] }
        try Simulator.run(settings) { simulator throws in
            let token = try simulator.token()
            let client = simulator.client()
            #expect(try client.update(#"{"id":1,"issue_to":"a.example.com"}"#, token: token).errcode == 40002)
            let credentials = #""dns_provider":"alidns","auth_info_list":[{"k":"A","sv":"x"}]"#
            #expect(
                try client.update(
                    #"{"id":1,"issue_to":"b.example.com","auto_renewal":1,\#(credentials)}"#, token: token
                ).errcode == 0)
            let certificate = simulator.certificates(on: 1)[0]
            #expect(certificate.issueTo == "b.example.com")
            #expect(certificate.autoRenewal == false)
            #expect(certificate.dnsProvider == "alidns")
        }
    }

    @Test(arguments: [
        (#"{"id":4,"name":"new.pem"}"#, 0),
        (#"{"id":4,"auto_renewal":0}"#, 40002),
        (#"{"id":4,"dns_provider":"alidns"}"#, 40002),
        (#"{"id":4,"auth_info_list":[]}"#, 40002),
    ])
    func aTrustedCertificateHasNoFieldsOfAServerCertificate(body: String, expected: Int) throws {
        #expect(try errcode(body) == expected)
    }
}
