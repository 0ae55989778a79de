import FleetModel
import HTTPTransport
import Pacing
import TestSupport
import Testing

@testable import PBXClient

@Suite("What reading a certificate means for its row, without a socket")
struct RowReadingTests {
    static let same = HTTPExchange.certificate(#""auto_renewal":0"#)
    static let other = HTTPExchange.certificate(#""auto_renewal":1,"expiration":"2027-01-01 00:00:00""#)
    static let issuing = HTTPExchange.certificate(
        #""type":"server","ca_type":"apply","issue_to":"b","apply_status":"issuing""#)
    static let issued = HTTPExchange.certificate(
        #""type":"server","ca_type":"apply","issue_to":"b","apply_status":"issuance_success","expiration":"2027-02-03""#
    )
    static let unissued = HTTPExchange.certificate(
        #""type":"server","ca_type":"apply","issue_to":"b","apply_status":"issuance_fail","apply_tip_code":70401"#)
    static let domain = CertificateEdit(id: 5, issueTo: "b")

    private static func policy(_ change: (inout ReadingPolicy) -> Void) -> ReadingPolicy {
        var policy = ReadingPolicy()
        change(&policy)
        return policy
    }

    static let skipping = policy { $0.skipsUnchanged = true }
    static let keeping = policy { $0.keepsValues = true }
    static let verifying = policy { $0.verifies = true }
    static let planning = policy { $0.aim = .plan }

    // MARK: - Before the edit

    @Test("a row that would change nothing is not sent when that is asked for")
    func unchanged() {
        var play = Play(.success)
        (play.policy, play.found) = (Self.skipping, [Self.same])
        let outcome = play.run(.ownToken).outcome
        #expect(outcome.status == .noChange && outcome.attempts == 0 && outcome.errcode == nil)
        #expect(play.calls.isEmpty && play.readings == ["get 5 own-token"])
        play.policy = Self.keeping
        #expect(play.run(.ownToken).outcome.status == .ok && play.calls == ["edit own-token"])
    }

    @Test("a row that changes something is sent, after one reading")
    func changed() {
        var play = Play(.token("t1"), .success)
        (play.policy, play.found) = (Self.skipping, [Self.other])
        let outcome = play.run().outcome
        #expect(outcome == Outcome(status: .ok, errcode: 0, errmsg: "SUCCESS", httpStatus: 200, attempts: 1))
        #expect(play.calls == ["login A", "edit t1"] && play.readings == ["get 5 t1"])
    }

    @Test(
        "a certificate that must be read and cannot be is not edited",
        arguments: [
            (.errcode(60001), .api, "there is no certificate with this id"),
            (.errcode(10001), .api, "its firmware has no such call"),
            (.errcode(10009), .api, "the application has no right to it"),
            (.errcode(70082), .api, "errcode 70082"), (.answer(404, "<html>"), .protocol, "is a web page"),
            (.unanswered(.timedOut), .timeout, "no answer came in time"),
            (.notConnected(.refused), .connect, "was refused"),
            (.notConnected(.untrusted(.pinMismatch)), .tls, "pinned"),
            (.certificate(id: 6, #""name":"x""#), .protocol, "does not hold it"),
            (.answer(200, #"{"errcode":0,"certificate":[]}"#), .protocol, "does not hold it"),
        ] as [(HTTPExchange, ErrorClass, String)])
    func unreadable(_ reply: HTTPExchange, _ errorClass: ErrorClass, _ words: String) {
        for policy in [Self.skipping, Self.keeping, Self.verifying, Self.planning] {
            var play = Play(.success)
            (play.policy, play.found) = (policy, [reply])
            let outcome = play.run(.ownToken).outcome
            #expect(outcome.status == .failed && outcome.errorClass == errorClass && outcome.attempts == 0)
            #expect(outcome.error.contains(words), "\(outcome.error)")
            #expect(play.calls.isEmpty)
        }
    }

    @Test("a PBX on which nothing can be read is asked once", arguments: [10001, 10009])
    func refusal(_ errcode: Int) {
        var play = Play()
        (play.policy, play.found) = (Self.skipping, [.errcode(errcode)])
        let first = play.run(.ownToken).outcome
        #expect(play.run(row: 2, .ownToken).outcome == first && play.readings.count == 1)
    }

    @Test("a PBX that lets nobody read stops its host")
    func denied() {
        var play = Play()
        (play.policy, play.found) = (Self.planning, [.errcode(10005)])
        let end = play.run(.ownToken)
        #expect(end.outcome.status == .failed && end.outcome.errorClass == .auth && end.stopReason != nil)
        #expect(end.outcome.error.hasSuffix("the application has no right to read certificates"))
    }

    @Test("reading is tried again as an edit is, and a token that expired is renewed")
    func readingAgain() {
        var play = Play(.token("t1"), .token("t2"), .success, retries: 2)
        (play.policy, play.found) = (Self.skipping, [.answer(503), .errcode(10004), .unanswered(.reset), Self.other])
        let end = play.run()
        #expect(end.outcome.status == .ok && end.outcome.attempts == 1 && end.waits.count == 2)
        #expect(play.calls == ["login A", "login A", "edit t2"])
        #expect(play.readings == ["get 5 t1", "get 5 t1", "get 5 t2", "get 5 t2"])
    }

    @Test("all certificates that the rows of a host name are read by one call")
    func query() {
        var play = Play()
        play.policy = Self.planning
        play.host.certificates = HostCertificates(wanted: [5, 7, 9])
        play.found = [
            .certificates(#"{"id":5,"auto_renewal":0}"#, #"{"id":"7","auto_renewal":"1"}"#), .errcode(60001),
        ]
        let statuses = [5, 7, 9].map { id in
            play.run(.ownToken, edit: CertificateEdit(id: id, autoRenewal: false)).outcome.status
        }
        #expect(statuses == [.noChange, .ok, .failed])
        #expect(play.readings == ["query 5,7,9 own-token", "get 9 own-token"] && play.calls.isEmpty)
    }

    @Test("firmware without certificate/query is asked for one certificate after the other", arguments: [10001, 40002])
    func noQuery(_ errcode: Int) {
        var play = Play()
        play.policy = Self.planning
        play.host.certificates = HostCertificates(wanted: [5, 7])
        play.found = [.errcode(errcode), Self.same, .certificate(id: 7, #""auto_renewal":0"#)]
        for id in [5, 7] as [Int64] {
            #expect(play.run(.ownToken, edit: CertificateEdit(id: id, autoRenewal: false)).outcome.status == .noChange)
        }
        #expect(play.readings == ["query 5,7 own-token", "get 5 own-token", "get 7 own-token"])
    }

    @Test("very many certificates are read in parts")
    func parts() {
        var certificates = HostCertificates(wanted: Array(1...150))
        var sizes: [Int] = []
        for id in 1...150 {
            if case .query(let ids) = certificates.need(Int64(id)) {
                sizes.append(ids.count)
                certificates.note(ids.map { CertificateState(id: $0) }, of: ids)
            }
            guard case .known = certificates.need(Int64(id)) else { return #expect(Bool(false), "\(id)") }
        }
        #expect(sizes == [64, 64, 22])
    }

    // MARK: - Plan and list

    @Test("a plan names what would change, and shows no secret")
    func plan() throws {
        var play = Play()
        play.policy = Self.planning
        play.found = [
            .certificate(
                #""name":"own-token","type":"server","ca_type":"upload","issue_to":"a","auto_renewal":1,"expiration":1,"dns_provider":"","auth_info_list":[{"k":"A","sv":"old-secret"},{"k":"T","iv":60},{"k":"Z","bv":true}]"#
            )
        ]
        let auth = [
            AuthInfo(key: "A", value: .string(Secret("new-secret"))), AuthInfo(key: "T", value: .integer(600)),
            AuthInfo(key: "N", value: .string(Secret("n"))),
        ]
        let edit = CertificateEdit(
            id: 5, name: "x.pem", issueTo: "b", autoRenewal: false, dnsProvider: "route53", authInfo: auth)
        let outcome = play.run(.ownToken, edit: edit).outcome
        let reading = try #require(outcome.reading)
        #expect(outcome.status == .ok && play.calls.isEmpty)
        #expect(
            reading.changes.map(\.description) == [
                "name: *** -> x.pem", "issue_to: a -> b", "auto_renewal: 1 -> 0", "dns_provider: (empty) -> route53",
                "auth.A: *** -> ***", "auth.T: 60 -> 600", "auth.N: (none) -> ***", "auth.Z: true -> (none)",
            ])
        #expect(reading.doubts == ["issue_to takes no effect: the certificate was uploaded"])
        #expect(reading.certificates[0].expiration == "1")
    }

    @Test("a list is read page by page until it holds all")
    func list() {
        var play = Play()
        play.policy = Self.policy { $0.aim = .list }
        play.found = [
            .certificates(#"{"id":1}"#, #"{"id":2}"#, total: 3), .certificates(#"{"id":3,"name":"c"}"#, total: 3),
        ]
        let outcome = play.run(.ownToken).outcome
        #expect(outcome.status == .ok && outcome.reading?.certificates.map(\.id) == [1, 2, 3])
        #expect(play.readings == ["list 1 own-token", "list 2 own-token"])
    }

    @Test("a list that says the same again and again comes to an end")
    func endlessList() {
        var play = Play()
        play.policy = Self.policy { $0.aim = .list }
        play.found = [.certificates(#"{"id":1}"#, total: 99)]
        let outcome = play.run(.ownToken).outcome
        #expect(outcome.reading?.certificates.count == 1 && play.readings.count == 2)
        #expect(outcome.status == .failed && outcome.error == "the PBX lists 1 of its 99 certificates")
    }
}

/// Rows that find their certificate by what it is.
extension RowReadingTests {
    private static let two = HTTPExchange.certificates(
        #"{"id":5,"type":"server","issue_to":"A.example.com","name":"a.pem"}"#,
        #"{"id":7,"type":"trusted","issue_to":"b.example.com","name":"b.pem"}"#)

    @Test(
        "a row finds its certificate in the list of its PBX",
        arguments: [
            (.only, 5), (.issueTo("a.EXAMPLE.com"), 5), (.issueTo("b.example.com"), 7), (.name("b.pem"), 7),
            (.name("B.pem"), nil), (.issueTo("c.example.com"), nil),
        ] as [(CertificateMatch, Int64?)])
    func match(_ match: CertificateMatch, _ id: Int64?) {
        var play = Play(.success)
        play.found = [Self.two]
        let outcome = play.run(.ownToken, edit: CertificateEdit(id: 0, autoRenewal: false), match: match).outcome
        #expect(outcome.status == (id == nil ? .failed : .ok) && outcome.errorClass == (id == nil ? .match : nil))
        #expect(outcome.attempts == (id == nil ? 0 : 1) && play.editedIDs == (id.map { [$0] } ?? []))
    }

    @Test(
        "what is found in a list that is not whole is not edited", arguments: [CertificateMatch.only, .name("a.pem")])
    func cutList(match: CertificateMatch) {
        var play = Play(.success)
        play.found = [.certificates(#"{"id":5,"type":"server","name":"a.pem"}"#, total: 2)]
        let outcome = play.run(.ownToken, edit: CertificateEdit(id: 0, autoRenewal: false), match: match).outcome
        #expect(outcome.status == .failed && outcome.errorClass == .match && play.editedIDs == [])
        #expect(outcome.error.hasPrefix("the PBX lists 1 of its 2 certificates"), "\(outcome.error)")
    }

    @Test("a row in doubt that may have changed what it goes by looks for no other certificate")
    func matchInDoubt() {
        var play = Play(.success)
        play.found = [Self.two]
        let edit = CertificateEdit(id: 0, issueTo: "c.example.com")
        let outcome = play.run(.ownToken, edit: edit, isInDoubt: true, match: .issueTo("a.example.com")).outcome
        #expect(outcome.status == .failed && outcome.errorClass == .match && play.editedIDs == [], "\(outcome)")
    }

    @Test("a row whose certificate an earlier run found goes on with it, and looks for none", arguments: [true, false])
    func foundBefore(isInDoubt: Bool) {
        var play = Play(.success)
        let edit = CertificateEdit(id: 5, issueTo: "c.example.com")
        play.found = [.certificate(#""issue_to":"c.example.com""#)]
        let outcome = play.run(.ownToken, edit: edit, isInDoubt: isInDoubt, match: .issueTo("a.example.com")).outcome
        #expect(outcome.status == .ok && play.editedIDs == (isInDoubt ? [] : [5]), "\(outcome)")
        #expect(play.readings == (isInDoubt ? ["get 5 own-token"] : []))
    }

    @Test(
        "a list that cannot be read is asked for once",
        arguments: [HTTPExchange.errcode(10001), .answer(200, "<html>")])
    func noList(_ reply: HTTPExchange) {
        var play = Play()
        play.found = [reply]
        let edit = CertificateEdit(id: 0, autoRenewal: false)
        let first = play.run(.ownToken, edit: edit, match: .only).outcome
        #expect(play.run(row: 2, .ownToken, edit: edit, match: .name("a")).outcome == first)
        #expect(first.status == .failed && play.readings.count == 1)
    }

    @Test("two rows that meet at one certificate: the second is failed, and all are listed once")
    func meeting() {
        var play = Play(.success, .success)
        play.host.certificates = HostCertificates(wanted: [7, -3])
        play.found = [Self.two]
        let edit = CertificateEdit(id: 0, autoRenewal: false)
        #expect(play.run(.ownToken, edit: edit, match: .only).outcome.status == .ok)
        for match in [CertificateMatch.name("a.pem"), .name("b.pem")] {
            let outcome = play.run(row: 2, .ownToken, edit: edit, match: match).outcome
            #expect(outcome.status == .failed && outcome.errorClass == .match && outcome.attempts == 0)
            #expect(outcome.error.hasSuffix("is that of another row, too"))
        }
        #expect(play.readings.count == 1 && play.calls.count == 1)
    }
}

/// After the edit.
extension RowReadingTests {
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
        #expect(late.outcome.error.hasSuffix("; after 2m auto_renewal is not there yet"))
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

    @Test("a PBX that tells nothing of what was set has verified nothing")
    func nothingTold() {
        var play = Play(.success)
        (play.policy, play.found) = (Self.verifying, [.certificate(#""name":"x""#)])
        let outcome = play.run(.ownToken).outcome
        #expect(outcome.status == .ok && outcome.reading?.isVerified == false)
    }
}

/// What a PBX tells of a certificate must not be seen where it says it again.
extension RowReadingTests {
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
        #expect(reading.certificates[0].name == "***.pem" && reading.certificates[0].expiration == "a")
    }
}
