import FleetModel
import HTTPTransport
import Pacing
import TestSupport
import Testing

@testable import PBXClient

/// After the edit.
extension RowFindingTests {
    @Test("an edit that brought no word and was made is ok, and is not sent again", arguments: [0, 2])
    func appliedAndLost(retries: Int) {
        for reply in [HTTPExchange.unanswered(.reset), .unanswered(.timedOut), .answer(502), .answer(200, "<html>")] {
            var play = Play(reply, .success, retries: retries)
            play.found = [Self.same]
            let outcome = play.run(.ownToken).outcome
            #expect(outcome.status == .ok && outcome.errcode == nil && outcome.error.isEmpty && outcome.attempts == 1)
            #expect(outcome.reading?.isVerified == true && outcome.errorClass == nil)
            #expect(play.calls == ["edit own-token"] && play.readings == ["get 5 own-token"])
        }
    }

    @Test("an edit that was lost and not made is sent again")
    func lostForGood() {
        var play = Play(.unanswered(.reset), .success, retries: 1)
        play.found = [Self.other]
        let end = play.run(.ownToken)
        #expect(end.outcome.status == .ok && end.outcome.errcode == 0 && end.outcome.attempts == 2)
        #expect(end.retries == [false, true] && play.readings.count == 1)
        var last = Play(.unanswered(.reset), retries: 0)
        last.found = [Self.other]
        let outcome = last.run(.ownToken).outcome
        #expect(outcome.status == .unknown && outcome.errorClass == .protocol)
        #expect(outcome.error.hasSuffix("; it was read back, and its values are not there"))
    }

    @Test("an edit whose certificate cannot be read back is sent again, as without reading", arguments: [10001, 60001])
    func lostAndUnreadable(_ errcode: Int) {
        var play = Play(.unanswered(.reset), .unanswered(.reset), .success, retries: 2)
        play.found = [.errcode(errcode)]
        #expect(play.run(.ownToken).outcome.attempts == 3)
        #expect(play.readings.count == (errcode == 10001 ? 1 : 2))
    }

    @Test("reading that fails for the moment takes the place of a retry, and comes to an end")
    func lostAndOut() {
        var play = Play(.unanswered(.reset), .success, retries: 3)
        play.found = [.notConnected(.refused)]
        let end = play.run(.ownToken)
        #expect(end.outcome.status == .unknown && end.outcome.attempts == 1 && end.waits.count == 3)
        #expect(play.calls.count == 1 && play.readings.count == 4)
    }

    @Test("what the PBX does not tell does not settle a doubt")
    func silent() {
        var play = Play(.unanswered(.reset), retries: 0)
        play.found = [.certificate(#""name":"x""#)]
        #expect(play.run(.ownToken).outcome.status == .unknown)
    }

    @Test("an edit that is answered 2 is read back at growing pauses, and never sent again")
    func processing() {
        var play = Play(.errcode(2), .success, retries: 5)
        (play.policy, play.found) = (ReadingPolicy(), Array(repeating: Self.other, count: 12) + [Self.same])
        let end = play.run(.ownToken)
        #expect(end.outcome.status == .ok && end.outcome.errcode == nil && end.outcome.reading?.isVerified == true)
        #expect(play.calls.count == 1 && play.readings.count == 13 && end.waits.count == 12)
        #expect(end.waits == end.waits.sorted() && end.waits[0] == .milliseconds(250))
        var long = Play(.errcode(2), .success, retries: 5)
        (long.policy, long.found) = (ReadingPolicy(), [Self.other])
        let late = long.run(.ownToken)
        #expect(late.outcome.status == .unknown && late.outcome.errcode == 2 && long.calls.count == 1)
        #expect(late.waits.reduce(.zero, +) == .seconds(120))
        #expect(late.outcome.error.hasSuffix("; after 2m the new value of auto_renewal is not there yet"))
    }

    @Test("a row that an earlier run may have edited is read first")
    func resumed() {
        var play = Play(.success, .success)
        play.found = [Self.same]
        let done = play.run(.ownToken, isInDoubt: true).outcome
        #expect(done.status == .ok && done.attempts == 0 && done.reading?.isVerified == true && play.calls.isEmpty)
        play.found = [Self.other]
        #expect(play.run(.ownToken, isInDoubt: true).outcome.attempts == 1)
        play.found = [.errcode(10001)]
        #expect(play.run(.ownToken, isInDoubt: true).outcome.attempts == 1 && play.calls.count == 2)
    }

    @Test("an edit is compared with what the PBX shows afterwards")
    func verify() {
        var play = Play(.success, .success)
        (play.policy, play.found) = (Self.verifying, [Self.other, Self.same, Self.other])
        let good = play.run(.ownToken).outcome
        #expect(good.status == .ok && good.errcode == 0 && good.reading?.isVerified == true)
        let bad = play.run(row: 2, .ownToken).outcome
        #expect(bad.status == .failed && bad.errorClass == .verify && bad.attempts == 1)
        #expect(bad.error == "the edit was accepted, but the PBX shows another value of auto_renewal")
        #expect(bad.reading?.isVerified == false && bad.settlesDoubt)
        var uploaded = Play(.success)
        let state = HTTPExchange.certificate(#""type":"server","ca_type":"upload","issue_to":"a""#)
        (uploaded.policy, uploaded.found) = (Self.verifying, [state])
        let useless = uploaded.run(.ownToken, edit: Self.domain).outcome.error
        #expect(
            useless == "the edit was accepted, but the PBX shows another value of issue_to "
                + "(issue_to takes no effect: the certificate was uploaded)")
    }

    @Test("what is being issued is waited for, and a failure names its tip code")
    func issuance() {
        var play = Play(.success, .success, .success)
        (play.policy, play.found) = (Self.verifying, [Self.other, Self.issuing, Self.issuing, Self.issued])
        let good = play.run(.ownToken, edit: Self.domain)
        #expect(good.outcome.status == .ok && good.waits.count == 2)
        #expect(good.outcome.reading?.certificates[0].expiration == "2027-02-03")
        var second = Play(.success)
        (second.policy, second.found) = (Self.verifying, [Self.other, Self.issuing, Self.unissued])
        let bad = second.run(.ownToken, edit: Self.domain).outcome
        #expect(bad.status == .failed && bad.errorClass == .verify)
        #expect(bad.error == "the edit was accepted, but the certificate was not issued: apply_tip_code 70401")
        var third = Play(.success)
        (third.policy, third.found) = (Self.verifying, [Self.other, Self.issuing])
        let late = third.run(.ownToken, edit: Self.domain).outcome
        #expect(late.status == .unknown && late.errorClass == .verify && late.errcode == 0)
        #expect(late.error == "the edit was accepted, and after 2m it is still being issued")
    }

    @Test("a row that is left while it is being issued is unknown")
    func leftWhileIssuing() throws {
        var play = Play(.success)
        (play.policy, play.found) = (Self.verifying, [Self.other, Self.issuing])
        let end = play.run(.ownToken, edit: Self.domain)
        let fallback = try #require(end.waitFallbacks.first ?? nil)
        #expect(fallback.status == .unknown && fallback.errorClass == .verify && fallback.attempts == 1)
    }

    @Test("a certificate that cannot be read back leaves its row unknown")
    func unreadableAfterwards() {
        var play = Play(.success)
        (play.policy, play.found) = (Self.verifying, [Self.other, .errcode(60001)])
        let outcome = play.run(.ownToken).outcome
        #expect(outcome.status == .unknown && outcome.errorClass == .verify && outcome.errcode == 0)
        #expect(outcome.error.hasPrefix("the edit was accepted, and it could not be read back: "))
    }

    @Test(
        "what keeps an accepted edit from being read back does not say that it failed",
        arguments: [
            ([.errcode(10005)], []), ([.errcode(10004)], [.errcode(40002)]), ([.errcode(10004)], [.answer(503)]),
            ([.errcode(10004)], [.notConnected(.untrusted(.pinMismatch))]),
            ([.errcode(10004), .errcode(10004)], [.token("t2")]),
        ] as [([HTTPExchange], [HTTPExchange])])
    func notReadBack(_ readings: [HTTPExchange], _ logins: [HTTPExchange]) {
        var play = Play([.token("t1"), .success] + logins)
        (play.policy, play.found) = (Self.verifying, [Self.other] + readings)
        let outcome = play.run().outcome
        #expect(outcome.status == .unknown && outcome.errorClass == .verify && outcome.attempts == 1)
        #expect(outcome.errcode == 0 && outcome.reading?.isVerified == false)
        #expect(outcome.error.hasPrefix("the edit was accepted, and it could not be read back: "), "\(outcome.error)")
    }

    @Test("a certificate that a later run finds not issued is failed, as within one run")
    func resumedIssuance() {
        var play = Play()
        (play.policy, play.found) = (Self.verifying, [Self.unissued])
        let outcome = play.run(.ownToken, edit: Self.domain, isInDoubt: true).outcome
        #expect(outcome.status == .failed && outcome.errorClass == .verify && play.calls.isEmpty)
        #expect(outcome.error.contains("the certificate was not issued: apply_tip_code 70401"))
        (play.policy, play.found) = (Self.verifying, [Self.issued])
        #expect(play.run(row: 2, .ownToken, edit: Self.domain, isInDoubt: true).outcome.status == .ok)
    }

    @Test("what is being issued is told by its apply_status alone, but for a certificate that was uploaded")
    func issuingWithoutOrigin() {
        let states = ["issuing", "issuance_fail"].flatMap { status in
            ["", #""ca_type":"upload","#].map { #"\#($0)"issue_to":"b","apply_status":"\#(status)""# }
        }
        let statuses = states.map { state in
            var play = Play(.success)
            (play.policy, play.found) = (Self.verifying, [Self.other, .certificate(state)])
            return play.run(.ownToken, edit: Self.domain).outcome.status
        }
        #expect(statuses == [.unknown, .ok, .failed, .ok])
    }

    /// What the PBX shows after an edit that sets renewal, provider and two credentials: what it does not tell of that,
    /// nil for all told, or what it shows otherwise.
    static let tellings: [(String, untold: String?, other: String?)] = [
        (#""auto_renewal":1,"dns_provider":"edgedns","auth_info_list":\#(right)"#, nil, nil),
        (#""name":"x""#, "auto_renewal, dns_provider, auth_info_list", nil),
        (#""auto_renewal":1,"dns_provider":"edgedns","auth_info_list":null"#, "auth_info_list", nil),
        (#""auto_renewal":1,"auth_info_list":\#(right)"#, "dns_provider", nil),
        // What cannot be read tells nothing.
        (told(#"[{"k":"Host","sv":"w","iv":0},{"k":"TTL","iv":9}]"#), "auth_info_list", nil),
        (told(#"[{"k":"Host","sv":"w"},{"k":"TTL"}]"#), "auth_info_list", nil),
        (told(#"[{"k":"Host","sv":"wrong"},{"k":"TTL","iv":9}]"#), nil, "auth.Host"),
        (told(#"[{"k":"Host","sv":"***"},{"k":"TTL","iv":9}]"#), nil, "auth.Host"),
        (told(#"[{"k":"Host","sv":"w"}]"#), nil, "auth.TTL"), (told("[]"), nil, "auth.Host, auth.TTL"),
        (#""auto_renewal":0,"auth_info_list":null"#, nil, "auto_renewal"),
    ]
    private static let right = #"[{"k":"TTL","iv":9},{"k":"Host","sv":"w"}]"#
    private static func told(_ list: String) -> String {
        #""auto_renewal":1,"dns_provider":"edgedns","auth_info_list":\#(list)"#
    }

    @Test(
        "an edit is verified when the PBX shows all that it set, and failed when it shows another value",
        arguments: tellings)
    func verifiedByAll(info: String, untold: String?, other: String?) {
        let auth = [
            AuthInfo(key: "Host", value: .string(Secret("w"))), AuthInfo(key: "TTL", value: .integer(9)),
        ]
        let edit = CertificateEdit(id: 5, autoRenewal: true, dnsProvider: "edgedns", authInfo: auth)
        var play = Play(.success)
        (play.policy, play.found) = (Self.verifying, [Self.same, .certificate(info)])
        let outcome = play.run(.ownToken, edit: edit).outcome
        let isSeen = untold == nil && other == nil
        #expect(
            outcome.status == (other == nil ? .ok : .failed) && outcome.errorClass == (other == nil ? nil : .verify))
        #expect(outcome.reading?.isVerified == isSeen)
        let why = untold.map { "not verified: the PBX does not tell \($0)" }
        let what = other.map { "the edit was accepted, but the PBX shows another value of \($0)" }
        #expect(outcome.error == what ?? why ?? "")
        // What is not told does not settle a doubt.
        var lost = Play(.unanswered(.reset))
        lost.found = [.certificate(info)]
        #expect(lost.run(.ownToken, edit: edit).outcome.status == (isSeen ? .ok : .unknown))
    }
}

/// What a PBX tells of a certificate must not be seen where it says it again.
extension RowFindingTests {
    static let telling = HTTPExchange.certificate(
        #""name":"pbx-secret.pem","expiration":"a","auth_info_list":[{"k":"own-token","sv":"pbx-secret"},{"k":"S","sv":"a"}]"#
    )

    @Test("a secret that the PBX told is masked in what it says later")
    func toldSecret() throws {
        var play = Play(.errcode(40002, "no pbx-secret"), .errcode(40002, "PBX-secret"))
        (play.policy, play.found) = (Self.verifying, [Self.telling, Self.other])
        #expect(play.run(.ownToken).outcome.errmsg == "no ***")
        #expect(play.run(row: 2, .ownToken).outcome.errmsg == "***")
        var plan = Play()
        (plan.policy, plan.found) = (Self.planning, [Self.telling])
        let reading = try #require(plan.run(.ownToken, edit: CertificateEdit(id: 5, authInfo: [])).outcome.reading)
        #expect(reading.changes.map(\.description) == ["auth.***: *** -> (none)", "auth.S: *** -> (none)"])
        // Of an item with two values nobody knows which one counts.
        let two = #""auth_info_list":[{"k":"A","iv":null,"sv":"a"},{"k":"B","iv":1,"sv":"b"}]"#
        plan.found = [.certificate(two)]
        let changes = plan.run(row: 2, .ownToken, edit: CertificateEdit(id: 5, authInfo: [])).outcome.reading?.changes
        #expect(changes?.map(\.description) == ["auth: (unknown) -> (none)"])
        #expect(reading.certificates[0].name == "***.pem" && reading.certificates[0].expiration == "a")
    }
}
