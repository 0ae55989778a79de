import FleetModel
import HTTPTransport
import Platform
import TestSupport
import Testing

@testable import PBXClient

@Suite("Files that go to a PBX before the edit")
struct RowUploadTests {
    private static let keyLine = "MHcCAQEEIBkey+line/of+the+file=="
    /// 2027-02-28T21:00:00Z.
    private static let end = WallTime(milliseconds: 1_803_848_400_000)
    private static let file = CertificateFile(
        name: "new.pem", content: Array("CERT\n\(keyLine)\n".utf8), holdsKey: true, end: end,
        secrets: [Secret(keyLine)])
    private static let bare = CertificateFile(name: "ca.pem", content: [1], holdsKey: false, end: end)

    private static func edit(_ id: Int64 = 5, _ file: CertificateFile = file) -> CertificateEdit {
        CertificateEdit(id: id, file: file)
    }

    private static func named(_ name: String) -> HTTPExchange { .answer(200, #"{"errcode":0,"file":"\#(name)"}"#) }

    private static func server(_ name: String, _ expiration: String = "2026-12-01") -> HTTPExchange {
        .certificate(#""type":"server","name":"\#(name)","expiration":"\#(expiration)""#)
    }

    @Test("the file goes first, as what the certificate is for, and the edit names it as the PBX did")
    func upload() throws {
        var play = Play(.token("t"), Self.named("as-is.pem"), .success)
        play.found = [Self.server("old.pem")]
        let end = play.run(edit: Self.edit())
        #expect(end.outcome.status == .ok && end.outcome.attempts == 1)
        #expect(play.readings == ["get 5 t"] && play.calls == ["login A", "upload server new.pem t", "edit t"])
        #expect(play.edits == [CertificateEdit(id: 5, name: "as-is.pem", file: Self.file)])
    }

    /// What reading the certificate brings, the file, and the upload that follows.
    static let purposes: [(HTTPExchange, CertificateFile, String)] = [
        (.certificate(#""type":"trusted""#), file, "upload trusted new.pem t"),
        (.certificate(#""name":"x""#), file, "upload server new.pem t"),
        (.certificate(#""name":"x""#), bare, "upload trusted ca.pem t"),
        (.errcode(10001), file, "upload server new.pem t"), (.errcode(10009), bare, "upload trusted ca.pem t"),
    ]

    @Test(
        "a PBX that does not tell what the certificate is for gets the file by what stands in it", arguments: purposes)
    func purpose(found: HTTPExchange, file: CertificateFile, upload: String) {
        var play = Play(.token("t"), Self.named("n.pem"), .success)
        play.found = [found]
        #expect(play.run(edit: Self.edit(5, file)).outcome.status == .ok)
        #expect(play.calls[1] == upload)
    }

    @Test("a server certificate gets no file without a key", arguments: [ReadingPolicy.Aim.edit, .plan])
    func missingKey(aim: ReadingPolicy.Aim) {
        var play = Play(.token("t"))
        play.policy.aim = aim
        play.found = [Self.server("old.pem")]
        let outcome = play.run(edit: Self.edit(5, Self.bare)).outcome
        #expect(outcome.status == .failed && outcome.errorClass == .input && outcome.attempts == 0)
        #expect(outcome.error.contains("holds no private key") && play.calls == ["login A"])
    }

    @Test("a PBX gets a file once, and each file of its own")
    func once() {
        let other = CertificateFile(name: "new.pem", content: [2], holdsKey: true, end: Self.end)
        var play = Play(
            .token("t"), Self.named("a"), .success, .success, Self.named("b"), .success)
        play.found = [Self.server("old.pem")]
        for file in [Self.file, Self.file, other] { #expect(play.run(edit: Self.edit(5, file)).outcome.status == .ok) }
        #expect(play.calls.count { $0.hasPrefix("upload") } == 2 && play.edits.map(\.name) == ["a", "a", "b"])
    }

    /// What the upload brings when there are no retries: the outcome and what it says, and nothing more is sent.
    static let refusals: [(HTTPExchange, ErrorClass, String)] = [
        (.errcode(40002), .api, "errcode 40002 (PARAMETER ERROR), it may not be of the kind"),
        (.errcode(40004), .api, "errcode 40004 (FILE SIZE EXCEEDED)"),
        (.errcode(10001), .api, "its firmware takes no files by the API"), (.errcode(70082), .api, "errcode 70082"),
        (.answer(413), .protocol, "HTTP 413, says that it is too large"),
        (.answer(502, "<html>"), .protocol, "web page"),
        (.success, .protocol, "the answer gives it no usable name"), (named(""), .protocol, "no usable name"),
        (named("a\\nb"), .protocol, "no usable name"), (named(" "), .protocol, "no usable name"),
        (named("../a.pem"), .protocol, "no usable name"), (named("\u{202E}a.pem"), .protocol, "no usable name"),
        (named("secret-1.pem"), .protocol, "no usable name"), (named("a.pem").early, .protocol, "no usable name"),
        (.unanswered(.timedOut), .timeout, "could not be uploaded"),
        (.notConnected(.refused), .connect, "was refused"),
    ]

    @Test("an upload that fails is the row's outcome, and its edit is not sent", arguments: refusals)
    func refusal(reply: HTTPExchange, errorClass: ErrorClass, text: String) {
        var play = Play(.token("t"), reply)
        play.found = [Self.server("old.pem")]
        let end = play.run(edit: Self.edit())
        #expect(end.outcome.status == .failed && end.outcome.errorClass == errorClass, "\(end.outcome)")
        #expect(end.outcome.error.contains(text), "\(end.outcome.error)")
        #expect(end.outcome.attempts == 0 && !end.outcome.settlesDoubt && play.edits.isEmpty && end.stopReason == nil)
    }

    @Test(
        "an upload is sent again like any request, and never doubtful",
        arguments: [
            .unanswered(.timedOut), .notConnected(.refused), .errcode(-2), .errcode(70082), .answer(503), .answer(429),
        ] as [HTTPExchange])
    func retry(reply: HTTPExchange) {
        var play = Play(.token("t"), reply, Self.named("n"), .success, retries: 1)
        play.found = [Self.server("old.pem")]
        let end = play.run(edit: Self.edit())
        #expect(end.outcome.status == .ok && end.outcome.attempts == 1 && end.waits.count == 1)
        var cut = Play(.token("t"), reply, retries: 1)
        cut.found = [Self.server("old.pem")]
        #expect(cut.run(edit: Self.edit(), isCut: true).outcome.status == .failed)
    }

    @Test("a token that expires under the upload is renewed once; what forbids the host stops it")
    func session() {
        var play = Play(.token("t"), .errcode(10004), .token("u"), Self.named("n"), .success)
        play.found = [Self.server("old.pem")]
        #expect(play.run(edit: Self.edit()).outcome.status == .ok)
        #expect(play.calls.suffix(3) == ["login A", "upload server new.pem u", "edit u"])
        var denied = Play(.token("t"), .errcode(10005))
        denied.found = [Self.server("old.pem")]
        let end = denied.run(edit: Self.edit())
        #expect(end.stopReason != nil && end.outcome.errorClass == .auth)
    }

    @Test("an edit that is sent again names the same upload")
    func editRetry() {
        var play = Play(.token("t"), Self.named("n"), .unanswered(.timedOut), .success, retries: 1)
        play.found = [Self.server("old.pem")]
        let end = play.run(edit: Self.edit())
        #expect(end.outcome.status == .ok && end.outcome.attempts == 2)
        #expect(play.calls == ["login A", "upload server new.pem t", "edit t", "edit t"])
    }

    private static let own = "2027-03-01 05:00:00"
    private static let same = "the certificate had this name and expiration before"
    private static let untold = "the PBX tells no expiration that can be read"
    private static let untoldBefore = "the PBX told no expiration that can be read before the edit"
    private static let unread = "the certificate may have had this name and expiration before"

    /// The certificate before and after an edit; whether that tells that a lost one was made, what `--verify` says of one
    /// that was accepted, and why nothing tells.
    static let readBacks: [(HTTPExchange, HTTPExchange, Bool, String, String)] = [
        (server("old.pem"), server("new.pem", own), true, "ok true", ""),
        (server("old.pem"), server("old.pem"), false, "failed false", ""),
        (server("old.pem"), server("new.pem"), false, "failed false", ""),
        (server("old.pem"), server("new.pem", "soon"), false, "ok false", untold),
        (server("old.pem"), server("new.pem", ""), false, "ok false", untold),
        (server("new.pem"), server("new.pem"), false, "failed false", ""),
        (server("new.pem"), server("new.pem", own), true, "ok true", ""),
        (server("new.pem"), server("new.pem", "2030-01-01"), false, "failed false", ""),
        (server("new.pem", "2027-02-28 10:00:00"), server("new.pem", own), true, "ok true", ""),
        (server("new.pem", own), server("new.pem", own), false, "ok false", same),
        (server("new.pem", "2027/03/01T05:00"), server("new.pem", own), false, "ok false", same),
        (server("new.pem", "soon"), server("new.pem", own), false, "ok false", untoldBefore),
        (server("old.pem", "soon"), server("new.pem", own), true, "ok true", ""),
        (server("old.pem", own), server("new.pem", own), true, "ok true", ""),
        (server("new.pem"), server("new.pem", "soon"), false, "ok false", untold),
        (server("new.pem"), .certificate(#""type":"server","name":"new.pem""#), false, "ok false", untold),
        (.certificate(#""type":"server""#), server("new.pem", own), true, "ok true", ""),
        (.certificate(#""type":"server""#), server("new.pem", ""), false, "ok false", untold),
        (.errcode(60001), server("new.pem", own), true, "failed nil", unread),
        (.errcode(60001), server("new.pem"), false, "failed nil", ""),
    ]

    @Test("the file is there when the certificate ends as it does", arguments: readBacks)
    func doubt(before: HTTPExchange, after: HTTPExchange, isMade: Bool, verdict: String, reason: String) {
        let doubt = "nothing tells whether its file is there: \(reason)"
        var play = Play(.token("t"), Self.named("new.pem"), .unanswered(.timedOut))
        play.found = [before, after]
        let lost = play.run(edit: Self.edit()).outcome
        #expect(lost.status == (isMade ? .ok : .unknown))
        let why = reason.isEmpty ? "" : "not verified: \(doubt)"
        let end = "; it was read back, and \(reason.isEmpty ? "its values are not there" : doubt)"
        #expect(isMade ? lost.error == why : lost.error.hasSuffix(end), "\(lost.error)")
        #expect(!isMade || lost.reading?.isVerified == reason.isEmpty)
        var verified = Play(.token("t"), Self.named("new.pem"), .success)
        verified.policy.verifies = true
        verified.found = [before, after]
        let outcome = verified.run(edit: Self.edit()).outcome
        let isVerified = outcome.reading?.isVerified.map { "\($0)" } ?? "nil"
        #expect("\(outcome.status.rawValue) \(isVerified)" == verdict, "\(outcome)")
        #expect(outcome.status != .ok || outcome.error == why, "\(outcome.error)")
        var open = Play(.token("t"), Self.named("new.pem"), .errcode(2))
        open.found = [before, after]
        let unsettled = open.run(edit: Self.edit()).outcome
        #expect(unsettled.status == lost.status && (reason.isEmpty || unsettled.error.hasSuffix(doubt)))
        #expect(!unsettled.error.contains("value of name is not there yet") || verdict.hasPrefix("failed"))
    }

    @Test("two files that a PBX calls the same are not taken for one another")
    func ambiguousName() {
        let other = CertificateFile(name: "b.pem", content: [2], holdsKey: true, end: Self.end)
        let name = Self.named("same.pem")
        let third = CertificateFile(name: "c.pem", content: [3], holdsKey: true, end: Self.end)
        var play = Play(.token("t"), name, .success, name, name, name, name, Self.named("c.pem"), .success)
        play.found = [Self.server("old.pem")]
        let outcomes = [Self.file, other, other, Self.file, third, third].enumerated().map { index, file in
            play.run(row: index + 1, edit: Self.edit(5, file)).outcome
        }
        // Whatever it is called so for later, too: what is behind the name is not known any more.
        #expect(outcomes.map(\.status) == [.ok, .failed, .failed, .failed, .failed, .ok])
        for outcome in outcomes[1...4] {
            #expect(outcome.errorClass == .protocol && outcome.attempts == 0)
            #expect(outcome.error.hasPrefix("the PBX calls the file 'same.pem', as it called another one before"))
        }
        #expect(play.edits.map(\.file) == [Self.file, third] && play.edits.map(\.name) == ["same.pem", "c.pem"])
    }

    /// What the certificate of a row in doubt shows, and whether that is the row's edit.
    static let doubts: [(HTTPExchange, CertificateEdit, Bool)] = [
        (server("new.pem", own), edit(), true), (server("new.pem", "2027/02/28"), edit(), true),
        (server("new.pem"), edit(), false), (server("new.pem", "soon"), edit(), false),
        (server("old.pem", own), edit(), false), (.errcode(60001), edit(), false),
        (server("new.pem", own), CertificateEdit(id: 5, file: file, issueTo: "a"), false),
        (
            .certificate(#""issue_to":"a","name":"new.pem","expiration":"\#(own)""#),
            CertificateEdit(id: 5, file: file, issueTo: "a"), true
        ),
    ]

    @Test(
        "a file that an earlier run may have put there is sent again unless the certificate ends as it does",
        arguments: doubts)
    func resumed(found: HTTPExchange, edit: CertificateEdit, isMade: Bool) {
        for verifies in [false, true] where !verifies || isMade {
            var play = Play(.token("t"), Self.named("new.pem"), .success)
            (play.found, play.policy.verifies) = ([found], verifies)
            let outcome = play.run(edit: edit, isInDoubt: true).outcome
            #expect(outcome.status == .ok && outcome.attempts == (isMade ? 0 : 1), "\(outcome)")
            #expect(play.calls.count == (isMade ? 1 : 3) && play.readings.count == 1)
            #expect(outcome.reading?.isVerified == (isMade ? false : nil))
            let why = "not verified: nothing tells whether its file is there: \(Self.unread)"
            #expect(outcome.error == (isMade ? why : ""))
        }
    }

    @Test("a plan says that the file's name changes, and sends nothing")
    func plan() {
        var play = Play(.token("t"))
        play.policy.aim = .plan
        play.found = [Self.server("new.pem")]
        let outcome = play.run(edit: Self.edit()).outcome
        #expect(
            outcome.status == .ok
                && outcome.reading?.changes.map(\.description) == ["name: new.pem -> file new.pem (expires 2027-02-28)"]
        )
        #expect(play.calls == ["login A"])
    }

    @Test("what a PBX echoes of the file's key is masked, also later")
    func echo() {
        var play = Play(.token("token"), .errcode(40002, "got \(Self.keyLine)"), .errcode(40002, "and \(Self.keyLine)"))
        play.found = [Self.server("old.pem")]
        #expect(play.run(row: 1, edit: Self.edit()).outcome.errmsg == "got ***")
        #expect(play.run(row: 2).outcome.errmsg == "and ***")
    }

    @Test("the call is a form of two fields, and shows neither content nor token")
    func call() throws {
        let address = PBXAddress(scheme: .https, host: HostKey(name: "p", port: 8088))
        let call = PBXCall(
            act: .certificate(.upload(Self.file, .server), token: Secret("tok")), base: BaseURL(address), pin: nil)
        guard case .form(let fields) = call.request().method else { throw NoForm() }
        #expect(fields.map(\.name) == ["type", "file"] && fields.map(\.fileName) == [nil, "new.pem"])
        #expect(fields.map(\.content) == [Array("server".utf8), Self.file.reveal()])
        #expect(
            call.maskedLine == "POST https://p:8088/openapi/v1.0/certificate/upload?access_token=*** type=server "
                + "file='new.pem' (\(Self.file.size) bytes)")
        #expect(!call.isEdit && !call.mayChangeKey)
    }

    private struct NoForm: Error {}
}
