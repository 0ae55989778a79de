import Glibc
import PBXSimulator
import Platform
import Testing

@Suite("Faults")
struct FaultTests {
    private let edit = #"{"id":1,"auto_renewal":1,"dns_provider":"alidns","auth_info_list":[{"k":"A","sv":"s3cr3t"}]}"#

    private func run(_ fault: Fault, _ test: (Simulator, RawClient) throws -> Void) throws {
        try Simulator.run(.make { $0.presetTokens = ["t0ken"] }) { simulator throws in
            simulator.set(fault, on: 1)
            try test(simulator, simulator.client())
        }
    }

    private func isEdited(_ simulator: Simulator) -> Bool { simulator.certificates(on: 1)[0].autoRenewal }

    @Test func aDelayedAnswerComesAfterTheDelay() throws {
        try run(.delay(.milliseconds(200))) { simulator, client throws in
            #expect(try client.update(edit, token: "t0ken").errcode == 0)
            let request = try #require(simulator.record.first)
            #expect(request.ended - request.started >= .milliseconds(200))
            #expect(isEdited(simulator))
        }
    }

    @Test func aClientThatGivesUpIsRecordedAsUnanswered() throws {
        try run(.delay(.seconds(600))) { simulator, client throws in
            var client = client
            client.timeout = .milliseconds(100)
            #expect(try client.update(edit, token: "t0ken").ending == .timedOut)
            #expect(becomesTrue { simulator.record.count == 1 })
            #expect(simulator.record.first?.status == nil)
            #expect(isEdited(simulator))
        }
    }

    @Test func anErrcodeForTheFirstCalls() throws {
        try run(.errcode(-2, at: .certificateUpdate, times: 2)) { simulator, client throws in
            #expect(try client.logIn().errcode == 0)
            for _ in 1...2 {
                let reply = try client.update(edit, token: "t0ken")
                #expect(reply.body == #"{"errcode":-2,"errmsg":"INTERNAL SERVER ERROR"}"#)
            }
            #expect(!isEdited(simulator))
            #expect(try client.update(edit, token: "t0ken").errcode == 0)
            #expect(isEdited(simulator))
        }
    }

    @Test func anErrcodeForWhatIsCarriedOut() throws {
        try run(.errcode(2, isCarriedOut: true, at: .certificateUpdate, times: 1)) { simulator, client throws in
            #expect(try client.update(edit, token: "t0ken").body == #"{"errcode":2,"errmsg":"PROCESSING"}"#)
            #expect(isEdited(simulator))
            #expect(try client.update(edit, token: "t0ken").errcode == 0)
        }
    }

    @Test func everyAnswerTakesTheLatencyAtLeast() throws {
        try Simulator.run(.make { $0.latency = .milliseconds(50) }) { simulator throws in
            simulator.set([.delay(.milliseconds(50), times: 1)], on: 1)
            for _ in 1...2 { #expect(try simulator.client().logIn().errcode == 0) }
            let times = simulator.record.map { $0.ended - $0.started }
            #expect(times[0] >= .milliseconds(100) && times[1] >= .milliseconds(50))
        }
    }

    @Test func aStatusWithRetryAfterAndNoBody() throws {
        try run(.status(503, retryAfter: "7")) { simulator, client throws in
            let reply = try client.update(edit, token: "t0ken")
            #expect(
                reply.text
                    == "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 7\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            )
            #expect(!isEdited(simulator))
            #expect(simulator.record.first?.status == 503)
            #expect(simulator.record.first?.errcode == nil)
        }
    }

    @Test func anyAnswerAtAll() throws {
        let fault = Fault.answer(status: 302, headers: [("Location", "http://127.0.0.1/")], body: "gone")
        try run(fault) { _, client throws in
            let reply = try client.logIn()
            #expect(reply.status == 302)
            #expect(reply.text.contains("\r\nLocation: http://127.0.0.1/\r\n"))
            #expect(reply.body == "gone")
        }
    }

    @Test func garbageIsAPageOfHTML() throws {
        try run(.garbage()) { simulator, client throws in
            let reply = try client.update(edit, token: "t0ken")
            #expect(reply.status == 200)
            #expect(reply.body.hasPrefix("<!DOCTYPE html>"))
            #expect(!isEdited(simulator))
        }
    }

    @Test func aTruncatedAnswerIsShorterThanItSays() throws {
        try run(.truncated()) { simulator, client throws in
            let reply = try client.update(edit, token: "t0ken")
            #expect(reply.text.contains("Content-Length: 32\r\n"))
            #expect(reply.body == #"{"errcode":0,"er"#)
            #expect(reply.ending == .closed)
            #expect(isEdited(simulator))
            #expect(simulator.record.first?.errcode == nil)
        }
    }

    @Test func anEndlessAnswerGoesOnUntilTheClientHangsUp() throws {
        try run(.endless()) { simulator, client throws in
            var client = client
            client.readLimit = 8 << 20
            let reply = try client.update(edit, token: "t0ken")
            #expect(reply.text.utf8.count >= 8 << 20)
            #expect(reply.body.hasPrefix(#"{"errcode":0,"errmsg":"AAAA"#))
            #expect(becomesTrue { simulator.record.first?.status == 200 })
            #expect(isEdited(simulator))
        }
    }

    @Test func anEchoRepeatsTheSecrets() throws {
        try run(.echo()) { simulator, client throws in
            let reply = try client.update(edit, token: "t0ken")
            #expect(reply.errcode == 40002)
            #expect(reply.body.contains("access_token=t0ken"))
            #expect(reply.body.contains(#"\"sv\":\"s3cr3t\""#))
            #expect(!isEdited(simulator))
            #expect(try client.logIn(secret: "p4ss").body.contains("p4ss"))
        }
    }

    @Test func silenceNeitherAnswersNorCloses() throws {
        try run(.silence()) { simulator, client throws in
            var client = client
            client.timeout = .milliseconds(100)
            let reply = try client.update(edit, token: "t0ken")
            #expect(reply.text.isEmpty)
            #expect(reply.ending == .timedOut)
            #expect(simulator.requests(on: 1) == 1)
            #expect(isEdited(simulator))
        }
    }

    @Test func aClientThatGivesUpAndComesBackIsNeverSeenTwiceAtOnce() throws {
        try run(.silence(times: 10)) { simulator, client throws in
            var client = client
            client.timeout = .milliseconds(20)
            for _ in 1...10 { _ = try client.update(edit, token: "t0ken") }
            client.timeout = .seconds(20)
            #expect(try client.update(edit, token: "t0ken").errcode == 0)
            #expect(simulator.record.count == 11)
            #expect(simulator.record.peakConcurrency == 1)
        }
    }

    @Test func aDropAfterReadingCarriesTheEditOut() throws {
        try run(.dropAfterReading(at: .certificateUpdate, times: 1)) { simulator, client throws in
            let reply = try client.update(edit, token: "t0ken")
            #expect(reply.text.isEmpty)
            #expect(reply.ending == .closed)
            #expect(isEdited(simulator))
            #expect(simulator.record.map(\.status) == [nil])
            #expect(try client.update(edit, token: "t0ken").errcode == 0)
        }
    }

    @Test func aDropBeforeReadingCarriesNothingOut() throws {
        try run(.dropBeforeReading(times: 2)) { simulator, client throws in
            for _ in 1...2 { #expect(try client.update(edit, token: "t0ken").text.isEmpty) }
            #expect(!isEdited(simulator))
            #expect(simulator.record.isEmpty)
            #expect(try client.update(edit, token: "t0ken").errcode == 0)
            #expect(simulator.connections(on: 1) == 3)
            #expect(simulator.requests(on: 1) == 1)
        }
    }

    @Test func aResetIsSeenAsOne() throws {
        try run(.reset()) { simulator, client throws in
            #expect(try client.update(edit, token: "t0ken").ending == .reset)
            #expect(isEdited(simulator))
        }
    }

    @Test func faultsFollowOneAnother() throws {
        try Simulator.run { simulator throws in
            simulator.set([.errcode(70082, times: 1), .status(500, times: 1), .errcode(10005, at: .delToken)], on: 1)
            #expect(try simulator.client().logIn().errcode == 70082)
            #expect(try simulator.client().logIn().status == 500)
            let token = try simulator.token()
            #expect(try simulator.client().logOut(token: token).errcode == 10005)
            simulator.set(nil, on: 1)
            #expect(try simulator.client().logOut(token: token).errcode == 0)
        }
    }

    @Test func aFaultIsOnOneHostOnly() throws {
        try Simulator.run(.make(hosts: 2)) { simulator throws in
            simulator.set(.errcode(-1), on: 1)
            #expect(try simulator.client(of: 2).logIn().errcode == 0)
            #expect(try simulator.client(of: 1).logIn().errcode == -1)
        }
    }
}

@Suite("Reachability")
struct ReachabilityTests {
    @Test func aRefusingHostComesBackWithItsState() throws {
        try Simulator.run(.make(hosts: 2)) { simulator throws in
            let token = try simulator.token()
            try simulator.set(.refusing, on: 1)
            #expect(throws: LoopbackSocket.Refusal(code: ECONNREFUSED)) { try simulator.client().logIn() }
            #expect(try simulator.client(of: 2).logIn().errcode == 0)
            try simulator.set(.open, on: 1)
            #expect(try simulator.client().logOut(token: token).errcode == 0)
        }
    }

    @Test func aBlackholedHostDoesNotAnswerTheAttemptToConnect() throws {
        try Simulator.run { simulator throws in
            try simulator.set(.blackholed, on: 1)
            var client = simulator.client()
            client.timeout = .milliseconds(300)
            // What a blocking connect says when its time is up.
            #expect(throws: LoopbackSocket.Refusal(code: EINPROGRESS)) { try client.logIn() }
            try simulator.set(.open, on: 1)
            #expect(try simulator.client().logIn().errcode == 0)
            #expect(simulator.connections(on: 1) == 1)
        }
    }

    @Test(arguments: [Reachability.open, .refusing, .blackholed])
    func theSameCanBeSetTwice(reachability: Reachability) throws {
        try Simulator.run { simulator throws in
            for _ in 1...2 { try simulator.set(reachability, on: 1) }
            try simulator.set(.open, on: 1)
            #expect(try simulator.client().logIn().errcode == 0)
        }
    }
}
