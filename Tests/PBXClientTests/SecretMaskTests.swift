import JobModel
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
}
