import Dispatch
import FleetModel
import Glibc
import HTTPTransport
import Pacing
import PBXClient
import Platform
import TestSupport
import Testing

@Suite("A performer on its loop")
struct PBXPerformerTests {
    @Test("a login is sent with Client ID and Client Secret, and what follows with the token that came of it")
    func onTheWire() throws {
        let rig = try Rig(.token("t1"), .success, .success)
        let run = try rig.run(rig.job())
        #expect(run.outcome == Outcome(status: .ok, errcode: 0, errmsg: "SUCCESS", httpStatus: 200, attempts: 1))
        #expect(run.reports.map(\.isSessionOpen) == [true, true] && run.reports.allSatisfy(\.hasAnswered))
        #expect(run.reports.allSatisfy { ($0.latency ?? .zero) > .zero })
        #expect(rig.close().again == nil && rig.close().latency == nil)
        let requests = rig.server.requests
        #expect(
            requests.map(\.line) == [
                "POST /openapi/v1.0/get_token HTTP/1.1",
                "POST /openapi/v1.0/certificate/update?access_token=t1 HTTP/1.1",
                "GET /openapi/v1.0/del_token?access_token=t1 HTTP/1.1",
            ])
        #expect(
            requests.map(\.body) == [#"{"username":"id-A","password":"secret-A"}"#, #"{"id":5,"auto_renewal":0}"#, ""])
        #expect(requests.allSatisfy { $0.headers.contains("User-Agent: OpenAPI") })
    }

    @Test("a user's own token is used as it is and never revoked")
    func ownToken() throws {
        let rig = try Rig(.success)
        let run = try rig.run(rig.job(.ownToken))
        #expect(run.outcome.status == .ok && run.reports.map(\.isSessionOpen) == [false])
        #expect(rig.close().latency == nil && rig.tokens == ["own-token"])
    }

    @Test("a session serves the rows of its host, and is forgotten with it")
    func session() throws {
        let rig = try Rig(.token("t1"), .success, .success, .token("t2"), .success)
        for row in 1...2 { #expect(try rig.run(rig.job(row: row)).outcome.status == .ok) }
        rig.release()
        #expect(try rig.run(rig.job(row: 3)).outcome.status == .ok)
        #expect(rig.tokens == ["-", "t1", "t1", "-", "t2"])
    }

    @Test("a session whose end was not answered can be ended once more", arguments: [true, false])
    func closing(isAnswered: Bool) throws {
        let busy = ScriptedServer.Act.answer(503, "", headers: ["Retry-After: 7"])
        let rig = try Rig(.token("t1"), .success, isAnswered ? .errcode(10004) : busy, .success, retries: 1)
        _ = try rig.run(rig.job())
        let first = rig.close()
        #expect(first.again == (isAnswered ? nil : .seconds(7)) && !first.isRetry)
        let second = rig.close()
        #expect((second.latency == nil) == isAnswered && second.isRetry != isAnswered && second.again == nil)
    }

    @Test("what is tried again says so, waits, and tells what the row is until then")
    func retries() throws {
        let rig = try Rig(
            .answer(429, "", headers: ["Retry-After: 7"]), .answer([]), .errcode(60001), .errcode(70082), .success,
            retries: 3)
        let run = try rig.run(rig.job(.ownToken))
        #expect(run.outcome.status == .ok && run.outcome.attempts == 4)
        #expect(run.reports.map(\.isRetry) == [false, true, false, true, true])
        #expect(run.reports.map { $0.fallback?.status } == [.failed, .unknown, .unknown, .unknown, .unknown])
        #expect(rig.clock.now() == .seconds(7))
    }

    @Test("a pause that is asked for after the last try is told")
    func quiet() throws {
        let rig = try Rig(.answer(429, "", headers: ["Retry-After: 7"]))
        #expect(try rig.run(rig.job(.ownToken)).reports.map(\.quietUntil) == [.seconds(7)])
    }

    @Test("a row that needs no request makes none")
    func skipped() throws {
        let rig = try Rig(.errcode(40002))
        #expect(try rig.run(rig.job(row: 1)).outcome.errorClass == .auth)
        let run = try rig.run(rig.job(row: 2))
        #expect(run.outcome.status == .skipped && run.reports.map(\.latency) == [nil])
        #expect(rig.server.requests.count == 1 && rig.sink.notes == 0)
    }

    @Test("a host that cannot be reached or does not answer is told from one that does")
    func inVain() throws {
        let rig = try Rig(.silence, .silence, timeout: .milliseconds(300))
        let silent = try rig.run(rig.job(.ownToken))
        #expect(silent.outcome.status == .unknown && silent.outcome.errorClass == .timeout)
        #expect(silent.reports.map(\.isInVain) == [true, true])
        #expect(silent.reports.map(\.hasAnswered) == [false, false])
        let address = try LoopbackSocket.unused()
        let dead = try rig.run(.make(host: address.host, port: address.port, credentials: .ownToken), on: 1)
        #expect(dead.outcome.errorClass == .connect && dead.reports.map(\.isInVain) == [true])
    }

    @Test("a request's deadline shortens its time")
    func deadline() throws {
        let rig = try Rig(.silence, timeout: .seconds(60))
        rig.begin(rig.job(.ownToken))
        let report = try rig.step(by: .milliseconds(300))
        #expect(report.fallback?.errorClass == .timeout && report.isInVain)
    }
}

/// The body of an edit waits until its row is noted as sent.
extension PBXPerformerTests {
    @Test("a row is noted once, however often its edit is sent")
    func notedOnce() throws {
        let rig = try Rig(
            .token("t1"), .answer(503, ""), .errcode(60001), .errcode(10004), .token("t2"), .success, retries: 3)
        #expect(try rig.run(rig.job()).outcome.status == .ok)
        #expect(rig.sink.notes == 1)
    }

    @Test("each row is noted")
    func everyRow() throws {
        let rig = try Rig(.token("t1"), .success, .success)
        for row in 1...2 { #expect(try rig.run(rig.job(row: row)).outcome.status == .ok) }
        #expect(rig.sink.notes == 2)
    }

    @Test("a row whose host is never reached, or whose login fails, is not noted")
    func neverSent() throws {
        let address = try LoopbackSocket.unused()
        let rig = try Rig(.errcode(40002), retries: 2)
        let dead = try rig.run(.make(host: address.host, port: address.port, credentials: .ownToken), on: 1)
        #expect(dead.outcome.status == .failed && dead.outcome.attempts == 0 && dead.reports.count == 3)
        #expect(try rig.run(rig.job()).outcome.status == .failed)
        #expect(rig.sink.notes == 0)
    }

    @Test("an edit leaves when its row is noted, and not before", arguments: [true, false])
    func held(hasLoggedIn: Bool) throws {
        let rig = try Rig(hasLoggedIn ? [.token("t1"), .success] : [.success])
        rig.sink.isHeld.withLock { $0 = true }
        rig.begin(rig.job(hasLoggedIn ? .application("A") : .ownToken))
        if hasLoggedIn { _ = try rig.step() }
        let ending = rig.startStep()
        rig.sink.waitForNote()
        #expect(rig.server.requests.count == (hasLoggedIn ? 1 : 0))
        rig.sink.letGo(.success(()))
        guard case .done(let outcome) = try ending().move else { return #expect(Bool(false)) }
        #expect(outcome.status == .ok && rig.server.requests.count == (hasLoggedIn ? 2 : 1))
    }

    @Test("a row that cannot be noted is not sent, and breaks the run", arguments: [true, false])
    func failedNote(hasLoggedIn: Bool) throws {
        struct DiskFull: Error {}
        let rig = try Rig(hasLoggedIn ? [.token("t1"), .success] : [.success])
        rig.sink.failure.withLock { $0 = DiskFull() }
        rig.begin(rig.job(hasLoggedIn ? .application("A") : .ownToken))
        if hasLoggedIn { _ = try rig.step() }
        #expect(throws: DiskFull.self) { _ = try rig.step() }
        #expect(rig.server.requests.count == (hasLoggedIn ? 1 : 0))
    }

    @Test("a row whose note takes longer than its request may is not sent, and nobody blames the host")
    func heldBack() throws {
        let rig = try Rig(.success, timeout: .milliseconds(100), retries: 1)
        rig.sink.isHeld.withLock { $0 = true }
        rig.begin(rig.job(.ownToken))
        let report = try rig.step()
        guard case .wait = report.move else { return #expect(Bool(false), "\(report.move)") }
        #expect(report.fallback?.status == .notAttempted && report.fallback?.errorClass == .runStopped)
        #expect(report.fallback?.attempts == 0 && !report.isInVain && rig.server.requests.isEmpty)
    }

    @Test("an answer that comes while the edit is held is no verdict on it, unless it is an errcode other than 0")
    func early() throws {
        for (body, expected) in [("{\"errcode\":0}", "failed protocol 0"), ("{\"errcode\":60001}", "failed api 0")] {
            let answer = "HTTP/1.1 200 OK\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
            let rig = try Rig(.talk(Array(answer.utf8)))
            rig.sink.isHeld.withLock { $0 = true }
            rig.begin(rig.job(.ownToken))
            guard case .done(let outcome) = try rig.step().move else { return #expect(Bool(false)) }
            #expect("\(outcome.status) \(outcome.errorClass?.rawValue ?? "") \(outcome.attempts)" == expected)
        }
    }
}

/// The run ends at once.
extension PBXPerformerTests {
    @Test("an edit that is cut may have been made")
    func cutEdit() throws {
        let rig = try Rig(.silence)
        rig.begin(rig.job(.ownToken))
        let ending = rig.startStep()
        while rig.server.requests.isEmpty { usleep(1000) }
        rig.cut()
        guard case .done(let outcome) = try ending().move else { return #expect(Bool(false)) }
        #expect(outcome.status == .unknown && outcome.errorClass == .runStopped && outcome.attempts == 1)
        #expect(outcome.error.hasPrefix("the run was cut while the row was under way"))
    }

    @Test("an edit whose body had not left, and a login, leave nothing behind", arguments: [true, false])
    func cutBefore(isLogin: Bool) throws {
        let rig = try Rig(.silence)
        rig.sink.isHeld.withLock { $0 = true }
        rig.begin(rig.job(isLogin ? .application("A") : .ownToken))
        let ending = rig.startStep()
        if isLogin { while rig.server.requests.isEmpty { usleep(1000) } } else { rig.sink.waitForNote() }
        rig.cut()
        let report = try ending()
        guard case .wait = report.move else { return #expect(Bool(false), "\(report.move)") }
        #expect(report.fallback == nil)
    }
}

/// A performer on a queue of its own, and a scripted server as its PBX.
private final class Rig {
    let server: ScriptedServer
    let clock = ManualClock()
    let sink = HoldingSink()
    private let performer: PBXPerformer
    private let hasEnded = DispatchGroup()

    convenience init(
        _ script: ScriptedServer.Act..., timeout: Duration = .seconds(5), retries: Int = 0
    ) throws {
        try self.init(script, timeout: timeout, retries: retries)
    }

    init(_ script: [ScriptedServer.Act], timeout: Duration = .seconds(5), retries: Int = 0) throws {
        server = try ScriptedServer(script)
        performer = try PBXPerformer(
            transport: TransportSettings(connectTimeout: .seconds(5), timeout: timeout), lookups: NameLookups(),
            sink: sink, retry: RetryPolicy(retries: retries, firstDelay: .zero), clock: clock)
        DispatchQueue(label: "loop").async(group: hasEnded) { [performer] in performer.run() }
    }

    deinit {
        performer.stop()
        hasEnded.wait()
    }

    /// A row of the server.
    func job(row: Int = 1, _ credentials: Credentials = .application("A")) -> Job {
        Job.make(row: row, host: server.host, port: server.port, credentials: credentials)
    }

    /// Carries a row out as the engine does; pauses only move the clock.
    func run(_ job: Job, on host: Int = 0) throws -> (outcome: Outcome, reports: [StepReport]) {
        begin(job, on: host)
        var reports: [StepReport] = []
        while true {
            let report = try step(on: host)
            reports.append(report)
            switch report.move {
            case .next: continue
            case .wait(let time): clock.advance(by: time - clock.now())
            case .done(let outcome), .stopHost(let outcome, _): return (outcome, reports)
            }
        }
    }

    func begin(_ job: Job, on host: Int = 0) {
        performer.post { [performer] in performer.begin(job, on: host) }
    }

    func step(on host: Int = 0, by deadline: Duration? = nil) throws -> StepReport {
        try startStep(on: host, by: deadline)()
    }

    /// - Returns: what waits for the step's end.
    func startStep(on host: Int = 0, by deadline: Duration? = nil) -> () throws -> StepReport {
        let result = Awaited<Result<StepReport, any Error>>()
        performer.post { [performer] in performer.step(host, by: deadline, aged: nil) { result.give($0) } }
        return { try result.take().get() }
    }

    func close() -> CloseReport {
        let result = Awaited<CloseReport>()
        performer.post { [performer] in performer.close(0, by: nil, aged: nil) { result.give($0) } }
        return result.take()
    }

    func release() {
        performer.post { [performer] in performer.release(0) }
    }

    func cut() {
        performer.post { [performer] in performer.cut() }
    }

    /// The tokens of the requests so far; a dash for a request without one.
    var tokens: [String] {
        server.requests.map { request in
            let target = request.line.split(separator: " ").dropFirst().first ?? ""
            return target.split(separator: "=").dropFirst().first.map(String.init) ?? "-"
        }
    }
}

/// A value that another thread gives.
private final class Awaited<Value: Sendable>: Sendable {
    private let value = Lock<Value?>(nil)
    private let isGiven = DispatchSemaphore(value: 0)

    func give(_ value: Value) {
        self.value.withLock { $0 = value }
        isGiven.signal()
    }

    func take() -> Value {
        while true {
            isGiven.wait()
            if let value = value.withLock({ $0 }) { return value }
        }
    }
}

/// Notes rows at once, or when it is told to, or not at all.
private final class HoldingSink: OutcomeSink {
    let isHeld = Lock(false)
    let failure = Lock<(any Error)?>(nil)
    private let count = Lock(0)
    private let held = Lock<(@Sendable (Result<Void, any Error>) -> Void)?>(nil)
    private let isAsked = DispatchSemaphore(value: 0)

    var notes: Int { count.withLock { $0 } }

    func willSend(
        _ job: Job, replacing state: CertificateState?, changing changes: [FieldChange],
        then: @escaping @Sendable (Result<Void, any Error>) -> Void
    ) {
        count.withLock { $0 += 1 }
        if isHeld.withLock({ $0 }) {
            held.withLock { $0 = then }
            isAsked.signal()
        } else {
            let error = failure.withLock { $0 }
            then(error.map(Result.failure) ?? .success(()))
        }
    }

    func waitForNote() { isAsked.wait() }

    func letGo(_ answer: Result<Void, any Error>) {
        held.withLock { $0 }?(answer)
    }

    func finished(_ job: Job, _ outcome: Outcome) {}
    func requestEnded(latency: Duration, isRetry: Bool) {}
}

extension ScriptedServer.Act {
    fileprivate static let success = errcode(0, "SUCCESS")

    fileprivate static func errcode(_ errcode: Int, _ errmsg: String = "MESSAGE") -> ScriptedServer.Act {
        answer(200, #"{"errcode":\#(errcode),"errmsg":"\#(errmsg)"}"#)
    }

    /// A login that succeeds.
    fileprivate static func token(_ token: String) -> ScriptedServer.Act {
        answer(200, #"{"errcode":0,"access_token":"\#(token)","access_token_expire_time":1800}"#)
    }
}
