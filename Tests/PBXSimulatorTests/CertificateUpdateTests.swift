import PBXSimulator
import TestSupport
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
    ])
    func isASyntaxError(body: String) throws {
        #expect(try errcode(body) == 40001)
    }

    @Test(arguments: [
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
        "{}", #"{"auto_renewal":0}"#, #"{"id":0}"#, #"{"id":-1}"#, #"{"id":1,"auto_renewal":2}"#,
        #"{"id":1,"auto_renewal":-1}"#, #"{"id":1,"auto_renewal":1}"#,
        #"{"id":1,"auto_renewal":1,"dns_provider":"alidns"}"#,
        #"{"id":1,"auto_renewal":1,"dns_provider":"alidns","auth_info_list":[]}"#,
        #"{"id":1,"auto_renewal":1,"dns_provider":"","auth_info_list":[{"k":"A","sv":"x"}]}"#,
        #"{"id":1,"auto_renewal":1,"auth_info_list":[{"k":"A","sv":"x"}]}"#,
        #"{"id":1,"auth_info_list":[{"sv":"x"}]}"#, #"{"id":1,"auth_info_list":[{"k":"","sv":"x"}]}"#,
        #"{"id":1,"auth_info_list":[{"k":"A","sv":"x"},{"k":"A","iv":1}]}"#,
    ])
    func hasABadField(body: String) throws {
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

@Suite("Issuing")
struct IssuingTests {
    private static let edit =
        #"{"id":1,"issue_to":"b.example.com","dns_provider":"alidns","auth_info_list":[{"k":"A","sv":"x"}]}"#

    private func run(_ issuing: Issuing, _ test: (Simulator, ManualClock) throws -> Void) throws {
        let clock = ManualClock()
        let settings = SimulatorSettings.make {
            $0.clock = clock
            $0.presetTokens = ["t"]
            $0.issuing = issuing
            $0.certificates = [SimulatedCertificate(id: 1, origin: .apply, expiration: "soon")]
        }
        try Simulator.run(settings) { try test($0, clock) }
    }

    private func status(_ simulator: Simulator) throws -> String? {
        try simulator.client().get("certificate/get?access_token=t&id=1").body
            .firstMatch(of: /"apply_status":"([a-z_]+)"/).map { String($0.1) }
    }

    @Test func takesItsTimeAndChangesTheLastDay() throws {
        try run(Issuing(time: .seconds(3))) { simulator, clock throws in
            #expect(try status(simulator) == nil)
            #expect(try simulator.client().update(Self.edit, token: "t").errcode == 0)
            #expect(try status(simulator) == "issuing")
            clock.advance(by: .milliseconds(2999))
            #expect(try status(simulator) == "issuing")
            #expect(simulator.certificates(on: 1)[0].expiration == "soon")
            clock.advance(by: .milliseconds(1))
            #expect(try status(simulator) == "issuance_success")
            #expect(simulator.certificates(on: 1)[0].expiration == "2027-02-21 21:00:03")
        }
    }

    @Test func canFailAndBeTriedAgain() throws {
        try run(Issuing(time: .seconds(3), tipCode: 1007)) { simulator, clock throws in
            let client = simulator.client()
            #expect(try client.update(Self.edit, token: "t").errcode == 0)
            clock.advance(by: .seconds(3))
            #expect(try status(simulator) == "issuance_fail")
            let failed = try client.get("certificate/get?access_token=t&id=1").body
            #expect(failed.contains(#""apply_tip_code":1007"#))
            #expect(simulator.certificates(on: 1)[0].expiration == "soon")
            simulator.set(Issuing(time: .zero), on: 1)
            #expect(try client.update(Self.edit, token: "t").errcode == 0)
            #expect(try status(simulator) == "issuance_success")
            #expect(simulator.certificates(on: 1)[0].tipCode == nil)
        }
    }

    @Test func beginsAnewWithEachEditAndEndsWithTheCertificate() throws {
        try run(Issuing(time: .seconds(3))) { simulator, clock throws in
            let client = simulator.client()
            for _ in 1...2 {
                #expect(try client.update(Self.edit, token: "t").errcode == 0)
                clock.advance(by: .seconds(2))
            }
            #expect(try status(simulator) == "issuing")
            #expect(try client.get("certificate/delete?access_token=t&id=1").errcode == 0)
            clock.advance(by: .seconds(2))
            #expect(simulator.certificates(on: 1).isEmpty)
        }
    }

    @Test func isNotDoneForWhatWasUploaded() throws {
        try Simulator.run(.make { $0.presetTokens = ["t"] }) { simulator throws in
            #expect(try simulator.client().update(Self.edit, token: "t").errcode == 0)
            #expect(simulator.certificates(on: 1)[0].applyStatus == nil)
            #expect(simulator.certificates(on: 1)[0].issueTo == "pbx-1.example.com")
        }
    }
}
