import FleetModel
import HTTPTransport
import Pacing
import TestSupport
import Testing

@testable import PBXClient

@Suite("What reading a certificate means for its row, without a socket")
struct RowFindingTests {
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
    static let keeping = policy { $0.isForUndo = true }
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

    @Test("a token that expires again while many are read ends the row, with no third login")
    func queryWithoutEnd() {
        var play = Play(.token("t1"), .token("t2"), .token("t3"))
        play.policy = Self.planning
        play.host.certificates = HostCertificates(wanted: [5, 7])
        play.found = [.errcode(10004), .errcode(10004), .certificate(id: 7, #""auto_renewal":0"#)]
        let outcome = play.run().outcome
        #expect(outcome.status == .failed && outcome.errorClass == .auth && outcome.errcode == 10004)
        #expect(play.calls == ["login A", "login A"] && play.readings == ["query 5,7 t1", "query 5,7 t2"])
        // The host's next row does not ask for them all again.
        #expect(play.run(edit: CertificateEdit(id: 7, autoRenewal: false)).outcome.status == .noChange)
        #expect(play.calls.count == 3 && play.readings.last == "get 7 t3")
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
            if case .unknown(let ids) = certificates.need(Int64(id)), ids.count > 1 {
                sizes.append(ids.count)
                certificates.note(ids.map { CertificateState(id: $0) }, of: ids)
            }
            guard case .known = certificates.need(Int64(id)) else { return #expect(Bool(false), "\(id)") }
        }
        #expect(sizes == [64, 64, 22])
    }

    @Test("a certificate in doubt that has the values and is still being issued is looked at again after a pause")
    func issuingInDoubt() {
        var play = Play()
        play.policy = Self.verifying
        play.found = [Self.issuing, Self.issuing, Self.issued]
        let end = play.run(.ownToken, edit: Self.domain, isInDoubt: true)
        #expect(end.outcome.status == .ok && end.outcome.reading?.isVerified == true && play.calls.isEmpty)
        #expect(end.waits == [.milliseconds(250), .milliseconds(250)] && play.readings.count == 3)
    }

    @Test("of a host's certificates those are asked for at once that are read before their edits")
    func partOfHost() {
        var play = Play(.success, .success)
        play.host.certificates = HostCertificates()
        for (id, isRead) in [(5, true), (7, false), (9, true)] as [(Int64, Bool)] {
            play.host.certificates.name(id, isRead: isRead)
        }
        play.found = [.certificates(#"{"id":5,"auto_renewal":0}"#, #"{"id":9,"auto_renewal":1}"#)]
        for (id, isInDoubt) in [(5, true), (7, false), (9, true)] as [(Int64, Bool)] {
            let edit = CertificateEdit(id: id, autoRenewal: false)
            #expect(play.run(.ownToken, edit: edit, isInDoubt: isInDoubt).outcome.status == .ok)
        }
        #expect(play.readings == ["query 5,9 own-token"] && play.editedIDs == [7, 9])
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
extension RowFindingTests {
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

    @Test("a row whose certificate nobody knows any more looks for none, and makes no call")
    func lost() {
        var play = Play()
        let edit = CertificateEdit(id: 0, issueTo: "c.example.com")
        let match = CertificateMatch.issueTo("a.example.com")
        let outcome = play.run(edit: edit, isInDoubt: true, isLost: true, match: match).outcome
        #expect(outcome.status == .failed && outcome.errorClass == .match, "\(outcome)")
        #expect(play.calls == [] && play.readings == [])
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
