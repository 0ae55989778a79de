import PBXSimulator
import Testing

@Suite("certificate/upload")
struct CertificateUploadTests {
    private static let file = (header: "name=\"file\"; filename=\"pbx.pem\"\r\nContent-Type: any/thing", content: "PEM")
    private static let type = (header: "name=\"type\"", content: "server")

    private func run<Result>(_ test: (Simulator) throws -> Result) throws -> Result {
        try Simulator.run(.make { $0.presetTokens = ["t"] }, test)
    }

    @Test func keepsTheFileAndAnswersItsName() throws {
        try run { simulator throws in
            let content = "-----BEGIN\r\n\r\n--xY\r\n--\r\n"
            let reply = try simulator.client().upload([Self.type, (Self.file.header, content)], token: "t")
            #expect(reply.body == #"{"errcode":0,"errmsg":"SUCCESS","file":"pbx.pem"}"#)
            let upload = try #require(simulator.uploads(on: 1).first)
            #expect(upload.name == "pbx.pem" && upload.purpose == .server)
            #expect(upload.content == Array(content.utf8))
            #expect(simulator.certificates(on: 1) == SimulatedCertificate.defaults)
        }
    }

    @Test(arguments: [
        ("\"C:/keys/pbx.pem\"", "pbx.pem"), ("\"a/b/c.p12\"", "c.p12"), ("\"two words; é.pem\"", "two words; é.pem"),
        ("\"a\\\"b.pem\"", "a\\\"b.pem"), ("\"a%22b.pem\"", "a\\\"b.pem"), ("plain.pem", "plain.pem"),
    ])
    func theNameIsTheLastComponentOfWhatWasSent(sent: String, name: String) throws {
        let file = (header: "name=\"file\"; filename=\(sent)", content: "PEM")
        let reply = try run { try $0.client().upload([Self.type, file], token: "t") }
        #expect(reply.body.hasSuffix("\"file\":\"\(name)\"}"))
    }

    @Test func aLaterFileTakesThePlaceOfAnEarlierOneOfItsName() throws {
        try run { simulator throws in
            for (type, content) in [("server", "one"), ("trusted", "two")] {
                let parts = [(header: "name=\"type\"", content: type), (Self.file.header, content)]
                #expect(try simulator.client().upload(parts, token: "t").errcode == 0)
            }
            #expect(simulator.uploads(on: 1).map(\.content) == [Array("two".utf8)])
            #expect(simulator.uploads(on: 1).map(\.purpose) == [.trusted])
        }
    }

    @Test func aFileOfAMegabyteIsTakenAndNoLargerOne() throws {
        try run { simulator throws in
            for (size, errcode) in [(1 << 20, 0), (1 << 20 + 1, 40004)] {
                let file = (header: Self.file.header, content: String(repeating: "x", count: size))
                #expect(try simulator.client().upload([Self.type, file], token: "t").errcode == errcode)
            }
            #expect(simulator.uploads(on: 1).map(\.content.count) == [1 << 20])
        }
    }

    @Test(arguments: [
        [], [type], [file], [file, type], [type, file, type], [(header: "name=\"type\"", content: "client"), file],
        [type, (header: "name=\"file\"", content: "PEM")],
        [type, (header: "name=\"file\"; filename=\"\"", content: "")],
        [type, (header: "name=\"file\"; filename=\"a/\"", content: "PEM")],
        [type, (header: "name=\"other\"; filename=\"a\"", content: "PEM")],
    ])
    func aFormThatLacksSomething(parts: [(header: String, content: String)]) throws {
        let reply = try run { try $0.client().upload(parts, token: "t") }
        #expect(reply.errcode == 40002)
    }

    @Test(arguments: [
        ("application/json", "{}"), ("multipart/form-data", "--x--"), ("multipart/form-data; boundary=", "----"),
        ("multipart/form-data; boundary=x", ""), ("multipart/form-data; boundary=x", "--y--"),
        ("multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nb"),
        ("multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"a\"\r\n--x--"),
        ("multipart/form-data; boundary=x", "--x\r\nname: a\r\n\r\nb\r\n--x--"),
        ("multipart/form-data; boundary=x", "--x\r\n\r\nb\r\n--x--"),
    ])
    func whatIsNoForm(type: String, body: String) throws {
        let reply = try run {
            try $0.client().exchange("POST", "certificate/upload?access_token=t", body, type: type)
        }
        #expect(reply.errcode == 40001)
    }
}

@Suite("certificate/create and certificate/delete")
struct CertificateCreationTests {
    private static let credentials = #""dns_provider":"alidns","auth_info_list":[{"k":"A","sv":"x"}]"#

    private func run<Result>(
        _ certificates: [SimulatedCertificate] = [SimulatedCertificate(id: 8)],
        _ test: (Simulator, (String) throws -> RawClient.Reply) throws -> Result
    ) throws -> Result {
        let settings = SimulatorSettings.make {
            $0.presetTokens = ["t"]
            $0.certificates = certificates
        }
        return try Simulator.run(settings) { simulator throws in
            try test(simulator) { try simulator.client().post("certificate/create?access_token=t", $0) }
        }
    }

    @Test func anImportedCertificateNamesItsFile() throws {
        try run { simulator, create throws in
            let server = try create(
                #"{"type":"server","ca_type":"upload","name":"new.pem","auto_renewal":1,\#(Self.credentials)}"#)
            #expect(server.body == #"{"errcode":0,"errmsg":"SUCCESS","name":"new.pem","apply_status":""}"#)
            #expect(try create(#"{"type":"trusted","name":"root.crt"}"#).errcode == 0)
            let certificates = simulator.certificates(on: 1)
            #expect(certificates.map(\.id) == [8, 9, 10])
            #expect(certificates[1].autoRenewal && certificates[1].dnsProvider == "alidns")
            #expect(certificates[2] == SimulatedCertificate(id: 10, purpose: .trusted, name: "root.crt"))
        }
    }

    @Test func anAppliedCertificateIsIssued() throws {
        try run { simulator, create throws in
            let reply = try create(
                #"{"type":"server","ca_type":"apply","issue_to":"a.example.com",\#(Self.credentials)}"#)
            #expect(
                reply.body
                    == #"{"errcode":0,"errmsg":"SUCCESS","name":"a.example.com.pem","apply_status":"issuing"}"#)
            #expect(simulator.certificates(on: 1)[1].applyStatus == .issuing)
            #expect(simulator.certificates(on: 1)[1].issueTo == "a.example.com")
        }
    }

    @Test(arguments: [
        "{}", #"{"type":"client","name":"a"}"#, #"{"type":1,"name":"a"}"#, #"{"type":"server","name":"a"}"#,
        #"{"type":"server","ca_type":"found","name":"a"}"#, #"{"type":"trusted","ca_type":"upload","name":"a"}"#,
        #"{"type":"server","ca_type":"upload"}"#, #"{"type":"server","ca_type":"upload","name":""}"#,
        #"{"type":"trusted"}"#, #"{"type":"trusted","name":"a","auto_renewal":0}"#,
        #"{"type":"server","ca_type":"upload","name":"a","auto_renewal":1}"#,
        #"{"type":"server","ca_type":"apply","issue_to":"a.example.com"}"#,
        #"{"type":"server","ca_type":"apply","dns_provider":"alidns","auth_info_list":[{"k":"A","sv":"x"}]}"#,
        #"{"type":"trusted","name":"a","id":3}"#,
    ])
    func whatHasABadField(body: String) throws {
        try run { simulator, create throws in
            #expect(try create(body).errcode == 40002)
            #expect(simulator.certificates(on: 1).count == 1)
        }
    }

    @Test func aPBXHasThreeServerAndTwentyTrustedCertificates() throws {
        try run([]) { simulator, create throws in
            let bodies = [#"{"type":"server","ca_type":"upload","name":"a"}"#, #"{"type":"trusted","name":"a"}"#]
            for (body, most) in zip(bodies, [3, 20]) {
                for _ in 1...most { #expect(try create(body).errcode == 0) }
                #expect(try create(body).errcode == 60002)
            }
            #expect(simulator.certificates(on: 1).count == 23)
            #expect(try simulator.client().get("certificate/delete?access_token=t&id=2").errcode == 0)
            #expect(try create(bodies[0]).errcode == 0)
            #expect(simulator.certificates(on: 1).last?.id == 24)
        }
    }

    @Test func aCertificateCanBeDeletedOnce() throws {
        try run { simulator, _ throws in
            let reply = try simulator.client().get("certificate/delete?access_token=t&id=8")
            #expect(reply.body == #"{"errcode":0,"errmsg":"SUCCESS","reboot":1,"apply":1}"#)
            #expect(simulator.certificates(on: 1).isEmpty)
            for (query, errcode) in [("id=8", 60001), ("id=x", 40002), ("", 40002)] {
                let again = try simulator.client().get("certificate/delete?access_token=t&\(query)")
                #expect(again.errcode == errcode)
            }
        }
    }
}
