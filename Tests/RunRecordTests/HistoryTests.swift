import Platform
import FleetModel
@testable import RunRecord
import TestSupport
import Testing

/// When a row is sent again after a kill.
@Suite struct HistoryTests {
    private let work: WorkDirectory

    init() throws {
        work = try WorkDirectory()
    }

    private func begin() throws -> RunRecorder {
        try RunRecorder.make(in: RunDirectory(path: work.path, for: .newRun), rows: 8)
    }

    private func goOn() throws -> RunRecorder {
        let directory = try RunDirectory(path: work.path, for: .resumedRun)
        return try RunRecorder(
            directory: directory, run: .make(rows: 8), continuing: try directory.readLedger(), clock: ManualClock(),
            width: 8, onFailure: { _ in })
    }

    /// A run that ends without a word after a row was noted as sent.
    private func leaveInDoubt(_ job: Job) throws -> RowKey {
        let recorder = try begin()
        try recorder.willSend(job)
        return recorder.key(of: job)
    }

    private func history() throws -> History {
        try RunDirectory(path: work.path, for: .resumedRun).readLedger()
    }

    /// The ledger of three rows: `a` and `b` are edits of one certificate, `c` of another.
    private func history(of events: String) throws -> History {
        let run = #"{"event":"run","run_id":"r","salt":"\#(String(repeating: "0", count: 32))"}"#
        let lines = events.split(separator: " ").map { event in
            let (row, text) = (event.prefix(1), event.dropFirst())
            let key = #""key":"\#(String(repeating: String(row), count: 32))""#
            let certificate = row == "c" ? 2 : 1
            switch text {
            case "": return run
            case "?": return #"{"event":"sent",\#(key),"host":"h","port":443,"id":\#(certificate)}"#
            case "+": return #"{"event":"done",\#(key),"status":"ok","errcode":0,"attempts":1}"#
            case "-": return #"{"event":"done",\#(key),"status":"failed","error_class":"timeout","attempts":1}"#
            case "!":
                return #"{"event":"done",\#(key),"status":"failed","errcode":40002,"error_class":"api","attempts":1}"#
            case "~": return #"{"event":"done",\#(key),"status":"unknown","error_class":"timeout","attempts":1}"#
            default: return #"{"event":"done",\#(key),"status":"skipped","attempts":0}"#
            }
        }
        _ = try RunDirectory(path: work.path, for: .newRun)
        try work.write("ledger.jsonl", (lines + [""]).joined(separator: "\n"))
        return try history()
    }

    @Test(
        "what becomes of each row: done (.), sent again (r), in doubt (?), superseded (s), new (-)",
        arguments: [
            // `r` begins a run; a row is sent ?, then ok +, lost -, refused !, unknown ~, or skipped without a request 0.
            ("r", "---"), ("r a? a+ b0 c!", ".rr"), ("r a?", "?--"), ("r a? a+", ".--"), ("r a? a-", "r--"),
            ("r a? a~", "?--"), ("r a? a0", "r--"),
            // A doubt stays over later runs until the PBX's word settles it.
            ("r a? r", "?--"), ("r a? r a0", "?--"), ("r a? r a-", "?--"), ("r a? r a!", "r--"), ("r a? r a+", ".--"),
            ("r a? r a? a-", "?--"), ("r a? r a? a!", "r--"), ("r a~ r a0 r a0", "?--"), ("r a? r a0 r a+", ".--"),
            ("r a? a- r a? a-", "r--"), ("r a- a+", ".--"), ("r a+ r a-", "r--"),
            // Another edit of the certificate supersedes, but not one that never left.
            ("r a? a+ r b? b+", "s.-"), ("r a? a+ r b?", "s?-"), ("r a? a+ r b? b-", "sr-"), ("r a? a+ r b? b0", ".r-"),
            ("r a? a+ r b? b+ r a? a+", ".s-"), ("r a? a+ c? c+", ".-."), ("r a? r b? b+", "?.-"),
            ("r a? a+ r b? r b0", "s?-"), ("r a? a- r b? b0", "rr-"), ("r a? a+ r b? b+ r a? a0", "s.-"),
            ("r a? r b? b+ r a? a0", "?.-"), ("r a? r b? b+ r a? r a0", "?s-"),
        ])
    func standings(events: String, standings: String) throws {
        let history = try history(of: events)
        let found = ["a", "b", "c"].map { row -> Character in
            switch RowKey(String(repeating: row, count: 32)).map(history.standing) {
            case .neverSent: "-"
            case .inDoubt: "?"
            case .superseded: "s"
            case .done(let outcome): outcome.status.isGood ? "." : "r"
            case nil: "!"
            }
        }
        #expect(String(found) == standings)
    }

    @Test(
        "a row goes on with the certificate that it found when its edit may have been made",
        arguments: [
            (nil, true, true), (.fine, true, true), (Outcome(status: .noChange), true, true),
            (Outcome(status: .unknown, attempts: 1), true, true),
            (Outcome(status: .failed, errcode: 1, errorClass: .api, attempts: 1), true, false),
            (Outcome(status: .failed, errorClass: .verify, attempts: 1), true, false),
            (Outcome(status: .failed, errorClass: .connect), false, false),
        ] as [(Outcome?, Bool, Bool)])
    func found(outcome: Outcome?, ifItChangesTheMatch: Bool, ifNot: Bool) throws {
        for (match, keeps) in [(CertificateMatch.name("a.pem"), ifItChangesTheMatch), (.only, ifNot)] {
            let work = try WorkDirectory()
            let job = Job.make(edit: CertificateEdit(id: 0, name: "b.pem"), match: match)
            let recorder = try RunRecorder.make(in: RunDirectory(path: work.path, for: .newRun))
            try recorder.willSend(job.found(id: 6))
            if let outcome {
                recorder.finished(job.found(id: 6), outcome)
                try recorder.drain()
            }
            let history = try RunDirectory(path: work.path, for: .resumedRun).readLedger()
            #expect(history.certificate(foundBy: job) == (keeps ? 6 : nil), "\(match)")
            #expect(history.certificate(foundBy: .make(edit: CertificateEdit(id: 6, name: "b.pem"))) == nil)
        }
    }

    @Test(
        "a row in doubt is lost when no line names its certificate, and its edit changes what it goes by",
        arguments: [(CertificateMatch.name("a.pem"), true), (.only, false)])
    func lost(match: CertificateMatch, isLost: Bool) throws {
        let work = try WorkDirectory()
        let job = Job.make(edit: CertificateEdit(id: 0, name: "b.pem"), match: match)
        try RunRecorder.make(in: RunDirectory(path: work.path, for: .newRun)).willSend(job.found(id: 6))
        let directory = try RunDirectory(path: work.path, for: .resumedRun)
        #expect(try !directory.readLedger().isLost(job))
        let ledger = try work.read("ledger.jsonl")
        try work.write("ledger.jsonl", ledger.replacing(#""id":6,"#, with: ""))
        #expect(try directory.readLedger().isLost(job) == isLost)
    }

    @Test("only a row that is done and good is not sent again")
    func finalOutcome() {
        let refused = Outcome(status: .failed, errcode: 40002, errorClass: .api, attempts: 1)
        #expect(History.Standing.done(.fine).finalOutcome == .fine)
        #expect(History.Standing.done(Outcome(status: .noChange)).finalOutcome?.status == .noChange)
        for standing in [History.Standing.neverSent, .inDoubt, .superseded, .done(refused)] {
            #expect(standing.finalOutcome == nil && standing.isSentAgain)
        }
    }

    @Test(
        "a row that an earlier run left in doubt stays so until it is done",
        arguments: [
            (Outcome(status: .skipped), true), (Outcome(status: .notAttempted, attempts: 1), true),
            (Outcome(status: .failed, errorClass: .protocol, attempts: 2), true),
            (Outcome(status: .failed, errcode: 10004, errorClass: .auth, attempts: 2), true),
            (Outcome(status: .failed, errcode: 70082, errorClass: .api, attempts: 2), true),
            (Outcome(status: .failed, errcode: 40002, errorClass: .api, attempts: 2), false),
            // What a PBX says before it has the edit is no word on it.
            (Outcome(status: .failed, errcode: 40002, errorClass: .api, attempts: 0), true),
            (Outcome(status: .unknown, errcode: 2, errorClass: .api, attempts: 1), true),
            (Outcome(status: .ok, attempts: 1), false), (Outcome(status: .noChange), false),
        ])
    func doubt(outcome: Outcome, isInDoubt: Bool) throws {
        let job = Job.numbered(7)
        let sent = try leaveInDoubt(job)
        let recorder = try goOn()
        #expect(recorder.key(of: job) == sent)
        recorder.finished(job, outcome)
        try recorder.drain()
        let history = try history()
        #expect(history.outcome(of: sent) == outcome)
        #expect(history.standing(of: sent) == (isInDoubt ? .inDoubt : .done(outcome)))
    }

    @Test("a row that was never in doubt is not after it was noted and no request left", arguments: [0, 1])
    func noDoubt(attempts: Int) throws {
        let recorder = try begin()
        try recorder.willSend(.numbered(1))
        recorder.finished(.numbered(1), Outcome(status: .failed, errorClass: .connect, attempts: attempts))
        try recorder.drain()
        #expect(try history().standing(of: recorder.key(of: .numbered(1))) != .inDoubt)
    }

    @Test("a row that was noted, never sent and left by a run that ended is not in doubt")
    func leftOpen() throws {
        let recorder = try begin()
        try recorder.willSend(.numbered(1))
        try recorder.drain()
        #expect(try history().standing(of: recorder.key(of: .numbered(1))) != .inDoubt)
    }

    @Test("what an earlier run left in doubt stays so when a later one notes the row and no request leaves")
    func doubtThatStays() throws {
        let sent = try leaveInDoubt(.numbered(7))
        for _ in 1...2 {
            let recorder = try goOn()
            try recorder.willSend(.numbered(7))
            try recorder.drain()
        }
        #expect(try history().standing(of: sent) == .inDoubt)
    }

    @Test("a row is superseded while another edit of its certificate was sent last")
    func superseded() throws {
        let edits = [true, false].map { CertificateEdit(id: 5, name: $0 ? "a.crt" : "b.crt") }
        let other = Job.make(edit: CertificateEdit(id: 6, name: "a.crt"))
        let (first, second) = (Job.make(edit: edits[0]), Job.make(edit: edits[1]))
        var superseded: [[Bool]] = []
        for job in [first, other, second, first] {
            let recorder = try superseded.isEmpty ? begin() : goOn()
            try recorder.willSend(job)
            recorder.finished(job, .fine)
            try recorder.drain()
            let history = try history()
            superseded.append(
                [first, second, other].map { history.standing(of: recorder.key(of: $0)) == .superseded })
        }
        #expect(
            superseded == [
                [false, false, false], [false, false, false], [true, false, false], [false, true, false],
            ])
    }

    @Test("a row that was noted and never left supersedes nothing", arguments: [true, false])
    func notedInVain(isDone: Bool) throws {
        let (first, second) = (
            Job.make(edit: CertificateEdit(id: 5, name: "a.crt")), Job.make(edit: CertificateEdit(id: 5, name: "b.crt"))
        )
        let recorder = try begin()
        try recorder.willSend(first)
        recorder.finished(first, .fine)
        try recorder.drain()
        let later = try goOn()
        try later.willSend(second)
        if isDone { later.finished(second, Outcome(status: .skipped, errorClass: .hostStopped, error: "stopped")) }
        try later.drain()
        #expect(try history().standing(of: later.key(of: first)) == .done(.fine))
    }
}
