import FleetModel
import TestSupport
import Testing

@testable import PBXClient

@Suite("Texts of a PBX, made fit to be shown")
struct RedactorTests {
    private func redact(_ text: String, _ secrets: Secret...) -> String {
        Redactor().redact(text, alsoWithout: secrets)
    }

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
        #expect(redact(text, Secret("s3/c\"ret é+")) == expected)
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
            "%73%2F%28%C3%A9%29%20%26%3C%3E%27%2A%7E",
            #"\u0073\u002f\u0028\u00e9\u0029\u0020\u0026\u003c\u003e\u0027\u002a\u007e"#,
            #"s\\/(\\u00e9) &<>'*~"#, #"s/(é) \\u0026\\u003c\\u003e'*~"#,
        ])
    func librarySpellings(_ spelling: String) {
        #expect(redact("[\(spelling)]", Secret("s/(é) &<>'*~")) == "[***]")
    }

    @Test("base64 for URLs is masked, too")
    func base64ForURLs() {
        #expect(redact("Pz8-Pn5- Pz8+Pn5+", Secret("??>>~~")) == "*** ***")
    }

    @Test("long secrets and long texts are masked, and no end of a secret is shown")
    func longTexts() {
        let (secret, text) = (String(repeating: "a", count: 60_000), String(repeating: "a", count: 1_000_000))
        #expect(redact("<" + text + ">", Secret(secret)) == "<***")
        #expect(redact("< " + secret + "b>", Secret(secret + "b")) == "< ***")
        #expect(redact(String(repeating: "abc", count: 300_000), Secret("abc")) == "***")
    }

    @Test("a long secret is found whatever white space is in it, a short one is not")
    func otherWidth() {
        let lines = ["MHcCAQEEIBkeyline0first0of0the0file", "second+line0of0the0file/of0the0key"]
        let joined = lines.joined()
        let rewrapped = [joined.prefix(20), joined.dropFirst(20).prefix(30), joined.dropFirst(50)].joined(
            separator: " \r\n ")
        let secrets = lines.map { Secret($0) }
        #expect(Redactor().redact("<\(rewrapped)> ok", alsoWithout: secrets) == "<***> ok")
        #expect(Redactor().redact("<\(rewrapped.dropLast())>", alsoWithout: secrets).hasPrefix("<***second"))
        let folded = Secret(lines.joined(separator: "\n"))
        #expect(Redactor().redact("<\(rewrapped)>", alsoWithout: [folded]) == "<***>")
        #expect(Redactor().redact("<\(joined)>", alsoWithout: [folded]) == "<***>")
        #expect(redact("a pass word", Secret("password")) == "a pass word")
    }

    @Test(
        "a secret is found with other white space, or without what stands around it",
        arguments: [
            ("correct horse", "correct\thorse"), ("correct horse", "correct\nhorse"), ("a\tb c", "a b\u{0}c"),
            (" padded-secret\n", "padded-secret"), ("padded  ", "padded"),
            (
                "-----BEGIN KEY-----\nfirst0line0of0the0secret0key\nlast=",
                "-----BEGIN KEY----- first0line0of0the0secret0key last="
            ),
            ("-----BEGIN KEY-----\nfirst0line0of0the0secret0key\nlast=", "first0line0of0the0secret0key"),
            (String(repeating: "0123456789", count: 600), String(repeating: "0123456789", count: 450)),
        ])
    func otherWhiteSpace(secret: String, echo: String) {
        #expect(redact(echo, Secret(secret)) == "***")
        #expect(redact("<\(echo)>", Secret(secret)).hasPrefix("<***"))
    }

    @Test("of very many secrets the last ones are found, those of several keys among them")
    func manyLines() {
        var redactor = Redactor()
        redactor.note([Secret("the-dns-key")])
        for key in 0..<6 { redactor.note((0..<52).map { Secret("line-\($0)-of-the-private-key-\(key)-in-its-file") }) }
        #expect(redactor.redact("the-dns-key line-3-of-the-private-key-0-in-its-file") == "*** ***")
    }

    @Test("secrets that overlap leave nothing over")
    func overlap() {
        let secrets = [Secret("abcd"), Secret("cdef"), Secret("ab"), Secret("")]
        #expect(Redactor().redact("<abcdef>", alsoWithout: secrets) == "<***>")
        #expect(Redactor().redact("<ab>", alsoWithout: secrets) == "<***>")
        #expect(Redactor().redact("<cd>", alsoWithout: secrets) == "<cd>")
    }

    @Test("a secret joined with a combining mark is found")
    func combiningMark() {
        #expect(redact("token\u{301}", Secret("token")) == "***\u{301}")
    }

    @Test("a text is cut after masking, so that no half secret is left")
    func cut() {
        let secret = Secret("secret")
        #expect(
            redact(String(repeating: "x", count: 498) + "secret", secret) == String(repeating: "x", count: 498) + "**")
        #expect(redact(String(repeating: "secret ", count: 1000), secret).contains("secr") == false)
        #expect(redact(String(repeating: "é", count: 600), secret) == String(repeating: "é", count: 500))
        #expect(redact(String(repeating: "😀", count: 600), secret) == String(repeating: "😀", count: 500))
    }

    @Test("control characters become blanks")
    func controlCharacters() {
        #expect(redact("a\r\nb\u{1B}[31mc\u{7F}\u{85}\u{2028}\u{202E}d\0") == "a  b [31mc    d ")
    }

    @Test("what a PBX echoes as HTTP's Basic login is masked")
    func basicLogin() {
        // id-A:secret-A
        var play = Play(.errcode(40002, "Basic aWQtQTpzZWNyZXQtQQ== refused"))
        #expect(play.run().outcome.errmsg == "Basic *** refused")
    }

    @Test("what a PBX echoes of a row's secrets is masked in its outcome")
    func echo() {
        let list = [AuthInfo(key: "Secret", value: .string(Secret("dns/secret")))]
        let edit = CertificateEdit(id: 1, authInfo: list)
        var play = Play(.token("the/token"), .errcode(40002, #"the%2Ftoken {\"sv\":\"dns\/secret\"} secret-A"#))
        let outcome = play.run(edit: edit).outcome
        #expect(outcome.errmsg == #"*** {"sv":"***"} ***"#)
        #expect(!outcome.error.contains("secret"))
    }

    @Test("what a PBX echoes of a login is masked, also when the row is refused for it later")
    func loginEcho() {
        var play = Play(.errcode(40002, "no secret-A for id-A"))
        let outcomes = (1...2).map { play.run(row: $0).outcome }
        #expect(outcomes.map(\.errmsg) == ["no *** for id-A", ""])
        #expect(outcomes.allSatisfy { !$0.error.contains("secret-A") })
    }

    @Test("what a PBX echoes of earlier rows, of their credentials and tokens, is masked")
    func echoOfEarlierRows() {
        let list = [AuthInfo(key: "Secret", value: .string(Secret("first-dns")))]
        let message = "first-dns secret-A token-1 token-2 secret-B"
        var play = Play(
            .token("token-1"), .errcode(10004), .token("token-2"), .success, .errcode(40002, message), .success,
            .errcode(40002, message))
        #expect(play.run(row: 1, edit: CertificateEdit(id: 1, authInfo: list)).outcome.status == .ok)
        #expect(play.run(row: 2).outcome.errmsg == "*** *** *** *** secret-B")
        #expect(play.run(row: 3, .application("B")).outcome.errmsg == "*** *** *** *** ***")
    }

    @Test("the secrets that are kept of a host are bounded, and its last ones stay")
    func bounds() {
        var redactor = Redactor()
        for row in 1...2000 { redactor.note([Secret("client-secret"), Secret("row-\(row)")]) }
        #expect(redactor.secrets.count == 1024)
        #expect(redactor.secrets.suffix(2) == [Secret("client-secret"), Secret("row-2000")])
        redactor.note((1...20).map { Secret("\($0)" + String(repeating: "x", count: 4000)) } + [Secret("abc")])
        #expect(redactor.secrets.count == 16)
    }
}
