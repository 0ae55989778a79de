import FleetModel
import TestSupport
import Testing

@testable import PBXClient

@Suite("Texts of a PBX, made fit to be shown")
struct SecretMaskTests {
    @Test(
        "a secret is masked however it is written",
        arguments: [
            ("wrong token abc!", "wrong token abc!"),
            ("key s3/c\"ret é+ is bad", "key *** is bad"),
            (#"body {"sv":"s3/c\"ret é+"}"#, #"body {"sv":"***"}"#),
            (#"body {"sv":"s3\/c\"ret é+"}"#, #"body {"sv":"***"}"#),
            (#"body {"sv":"s3/c\"ret \u00e9+"}"#, #"body {"sv":"***"}"#),
            (#"body {"sv":"s3\/c\"ret \u00e9+"}"#, #"body {"sv":"***"}"#),
            ("at ?access_token=s3%2Fc%22ret%20%C3%A9%2B&x=1", "at ?access_token=***&x=1"),
            ("at ?access_token=s3%2fc%22ret%20%c3%a9%2b&x=1", "at ?access_token=***&x=1"),
            ("at ?access_token=s3%2Fc%22ret+%C3%A9%2B&x=1", "at ?access_token=***&x=1"),
            ("s3/c\"ret é+s3/c\"ret é+", "***"),
            ("s3/c\"ret é+", "***"),
            ("s3/c\"ret é", "s3/c\"ret é"),
        ])
    func spellings(_ text: String, _ expected: String) {
        #expect(SecretMask([Secret("s3/c\"ret é+")]).clean(text) == expected)
    }

    @Test(
        "a secret is masked in the spellings of other languages' libraries",
        arguments: [
            "s/(é) &<>'*~", "S/(é) &<>'*~", #"s/(\u00E9) &<>'*~"#,
            #"s/(é) \u0026\u003c\u003e'*~"#, #"s\/(\u00e9) \u0026\u003C\u003E\u0027*~"#,
            "s/%28%C3%A9%29%20%26%3C%3E%27%2A~", "s%2F(%C3%A9)%20%26%3C%3E'*~", "s/(%c3%a9)+%26%3c%3e'*~",
            "cy8ow6kpICY8Picqfg==", "cy8ow6kpICY8Picqfg", "732F28C3A92920263C3E272A7E",
            "s/(é) &amp;&lt;&gt;'*~", "s/(é) &amp;&lt;&gt;&#39;*~", "s/(é) &amp;&lt;&gt;&#x27;*~",
            "s%252F%2528%25C3%25A9%2529%2520%2526%253C%253E%2527%252A~",
        ])
    func librarySpellings(_ spelling: String) {
        #expect(SecretMask([Secret("s/(é) &<>'*~")]).clean("[\(spelling)]") == "[***]")
    }

    @Test("base64 for URLs is masked, too")
    func base64ForURLs() {
        #expect(SecretMask([Secret("??>>~~")]).clean("Pz8-Pn5- Pz8+Pn5+") == "*** ***")
    }

    @Test("long secrets and long texts are masked, and no end of a secret is shown")
    func longTexts() {
        let (secret, text) = (String(repeating: "a", count: 60_000), String(repeating: "a", count: 1_000_000))
        #expect(SecretMask([Secret(secret)]).clean("<" + text + ">") == "<***")
        #expect(SecretMask([Secret(secret + "b")]).clean("< " + secret + "b>") == "< ***")
        #expect(SecretMask([Secret("abc")]).clean(String(repeating: "abc", count: 300_000)) == "***")
    }

    @Test("secrets that overlap leave nothing over")
    func overlap() {
        let mask = SecretMask([Secret("abcd"), Secret("cdef"), Secret("ab"), Secret("")])
        #expect(mask.clean("<abcdef>") == "<***>")
        #expect(mask.clean("<ab>") == "<***>")
        #expect(mask.clean("<cd>") == "<cd>")
    }

    @Test("a secret joined with a combining mark is found")
    func combiningMark() {
        #expect(SecretMask([Secret("token")]).clean("token\u{301}") == "***\u{301}")
    }

    @Test("a text is cut after masking, so that no half secret is left")
    func cut() {
        let mask = SecretMask([Secret("secret")])
        #expect(mask.clean(String(repeating: "x", count: 498) + "secret") == String(repeating: "x", count: 498) + "**")
        #expect(mask.clean(String(repeating: "secret ", count: 1000)).contains("secr") == false)
        #expect(mask.clean(String(repeating: "é", count: 600)) == String(repeating: "é", count: 500))
        #expect(mask.clean(String(repeating: "😀", count: 600)) == String(repeating: "😀", count: 500))
    }

    @Test("control characters become blanks")
    func controlCharacters() {
        #expect(SecretMask([]).clean("a\r\nb\u{1B}[31mc\u{7F}\u{85}\u{2028}\u{202E}d\0") == "a  b [31mc    d ")
    }

    @Test("what a PBX echoes of a row's secrets is masked in its outcome")
    func echo() throws {
        let list = [AuthInfo(key: "Secret", value: .string(Secret("dns/secret")))]
        let edit = CertificateEdit(id: 1, authInfo: list)
        let rig = try Rig(.token("the/token"), .errcode(40002, #"the%2Ftoken {\"sv\":\"dns\/secret\"} secret-A"#))
        let log = try rig.run(rig.job(edit: edit))
        #expect(log.outcome.errmsg == #"*** {"sv":"***"} ***"#)
        #expect(!log.outcome.error.contains("secret"))
    }

    @Test("what a PBX echoes of a login is masked, also when the row is refused for it later")
    func loginEcho() throws {
        let rig = try Rig(.errcode(40002, "no secret-A for id-A"))
        let outcomes = try (1...2).map { try rig.run(rig.job(row: $0)).outcome }
        #expect(outcomes.map(\.errmsg) == ["no *** for id-A", ""])
        #expect(outcomes.allSatisfy { !$0.error.contains("secret-A") })
    }

    @Test("what a PBX echoes of earlier rows, of their credentials and tokens, is masked")
    func echoOfEarlierRows() throws {
        let list = [AuthInfo(key: "Secret", value: .string(Secret("first-dns")))]
        let message = "first-dns secret-A token-1 token-2 secret-B"
        let rig = try Rig(
            .token("token-1"), .errcode(10004), .token("token-2"), .success, .errcode(40002, message), .success,
            .errcode(40002, message))
        #expect(try rig.run(rig.job(row: 1, edit: CertificateEdit(id: 1, authInfo: list))).outcome.status == .ok)
        let second = try rig.run(rig.job(row: 2)).outcome.errmsg
        #expect(second == "*** *** *** *** secret-B")
        let third = try rig.run(rig.job(row: 3, .application("B"))).outcome.errmsg
        #expect(third == "*** *** *** *** ***")
    }

    @Test("the trail of a host's secrets is bounded, and its last ones stay")
    func trail() {
        var trail = SecretTrail()
        for row in 1...1000 { trail.note([Secret("client-secret"), Secret("row-\(row)")]) }
        #expect(trail.secrets.count == 128)
        #expect(trail.secrets.suffix(2) == [Secret("client-secret"), Secret("row-1000")])
        trail.note((1...20).map { Secret("\($0)" + String(repeating: "x", count: 4000)) } + [Secret("abc")])
        #expect(trail.secrets.count == 4)
    }

    @Test("the hosts that secrets are noted of are bounded")
    func trails() {
        var trails = SecretTrails()
        let host = { (number: Int) in HostKey(name: "pbx\(number)", port: 443) }
        for number in 1...64 { _ = trails.note([Secret("old-\(number)")], of: host(number)) }
        #expect(trails.note([Secret("new")], of: host(1)) == [Secret("old-1")])
        #expect(trails.note([Secret("news")], of: host(65)) == [Secret("news")])
        #expect(trails.note([Secret("late")], of: host(1)) == [Secret("late")])
        #expect(trails.note([Secret("late")], of: host(64)) == [Secret("old-64"), Secret("late")])
    }
}
