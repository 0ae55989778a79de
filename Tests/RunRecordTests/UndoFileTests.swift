import Dispatch
import FleetModel
import Platform
import RunRecord
import Synchronization
import TestSupport
import Testing

/// What a run changed, by its ledger and its `undo.csv`.
@Suite struct UndoFileTests {
    private let work: WorkDirectory

    init() throws {
        work = try WorkDirectory()
    }

    private static func state(_ name: String) -> CertificateState {
        var state = CertificateState(id: 5)
        (state.name, state.issueTo, state.autoRenewal) = (name, "old.example.com", true)
        (state.dnsProvider, state.authInfo) = ("edgedns", key("old-key"))
        return state
    }

    private static func key(_ text: String) -> [AuthInfo] { [AuthInfo(key: "Host", value: .string(Secret(text)))] }

    /// Carries out edits of one certificate, each of which finds a name there, as far as what became of it is known.
    private func run(
        _ rows: (edit: CertificateEdit, name: String, outcome: Outcome?)..., isDomainLost: Bool = false
    ) throws -> UndoList {
        do {
            let recorder = try RunRecorder(
                directory: RunDirectory(path: work.path, for: .newRun), run: .make(rows: rows.count),
                keepingValuesBut: { ($0.name == "#N/A" ? ["name"] : []) + (isDomainLost ? ["issue_to"] : []) },
                clock: ManualClock(),
                width: 1, pause: .zero, onFailure: { _ in })
            for (number, row) in rows.enumerated() {
                let job = Job.make(row: number + 1, edit: row.edit)
                try recorder.willSend(job, replacing: Self.state(row.name))
                if let outcome = row.outcome { recorder.finished(job, outcome) }
            }
            if rows.allSatisfy({ $0.outcome != nil }) { try recorder.drain() }
        }
        return try UndoList(RunDirectory(path: work.path, for: .resumedRun))
    }

    private static let rename = CertificateEdit(id: 5, name: "new.pem")

    @Test func whatAnEditOverwritesIsOnDiskBeforeItMayLeave() throws {
        let recorder = try RunRecorder(
            directory: RunDirectory(path: work.path, for: .newRun), run: .make(rows: 320),
            keepingValuesBut: { _ in [] },
            clock: ManualClock(), width: 32, pause: .zero, onFailure: { _ in })
        let missing = Lock<[Int]>([])
        DispatchQueue.concurrentPerform(iterations: 32) { worker in
            for row in worker * 10 + 1...worker * 10 + 10 {
                let (job, name) = (Job.make(row: row, edit: Self.rename), "old-\(row).pem")
                let isSent = (try? recorder.willSend(job, replacing: Self.state(name))) != nil
                let isKept = (try? work.read("undo.csv").contains(name)) == true
                if !isSent || !isKept { missing.withLock { $0.append(row) } }
            }
        }
        #expect(missing.withLock { $0 } == [])
    }

    @Test(
        "a row may have changed something unless the PBX refused it, or it never was sent",
        arguments: [
            (nil, true), (.fine, true), (Outcome(status: .unknown, errorClass: .timeout, attempts: 1), true),
            (Outcome(status: .unknown, errcode: 2, errorClass: .api, attempts: 1), true),
            (Outcome(status: .failed, errorClass: .verify, attempts: 1), true),
            (Outcome(status: .failed, errcode: 1, errorClass: .api, attempts: 1), true),
            (Outcome(status: .failed, errcode: -1, errorClass: .api, attempts: 1), true),
            (Outcome(status: .failed, errcode: -2, errorClass: .api, attempts: 4), true),
            (Outcome(status: .failed, errcode: -1, errorClass: .api, attempts: 0), false),
            (Outcome(status: .failed, errcode: 40002, errorClass: .api, attempts: 1), false),
            (Outcome(status: .failed, errcode: 70082, errorClass: .api, attempts: 4), false),
            (Outcome(status: .noChange), false),
        ] as [(Outcome?, Bool)])
    func changed(outcome: Outcome?, mayBe: Bool) throws {
        let list = try run((Self.rename, "old.pem", outcome))
        #expect(list.items.map { $0.cells[7] } == (mayBe ? ["old.pem"] : []) && list.missing.isEmpty)
    }

    @Test("of several edits of a certificate the first values count, also where they are lost")
    func merged() throws {
        let domain = CertificateEdit(id: 5, name: "newer.pem", issueTo: "new.example.com")
        let kept = try run((Self.rename, "old.pem", .fine), (domain, "new.pem", .fine))
        #expect(kept.items.count == 1 && kept.items[0].cells[7...8] == ["old.pem", "old.example.com"])
        #expect(kept.items[0].lost.isEmpty)
    }

    @Test("what was lost is not found in a later edit")
    func lost() throws {
        let domain = CertificateEdit(id: 5, name: "newer.pem", issueTo: "new.example.com")
        let lost = try run((Self.rename, "#N/A", .fine), (domain, "new.pem", .fine))
        #expect(lost.items.count == 1 && lost.items[0].cells[7...8] == ["", "old.example.com"])
        #expect(lost.items[0].lost == ["name"])
    }

    @Test("what a later edit lost is named, unless an earlier one kept it")
    func lostLater() throws {
        let domain = CertificateEdit(id: 5, name: "newer.pem", issueTo: "new.example.com")
        let lost = try run((Self.rename, "old.pem", .fine), (domain, "#N/A", .fine), isDomainLost: true)
        #expect(lost.items[0].cells[7...8] == ["old.pem", ""] && lost.items[0].lost == ["issue_to"])
    }

    /// What a PBX says after the run renamed the certificate and switched its renewal off.
    private static func now(_ change: (inout CertificateState) -> Void) -> CertificateState {
        var now = state("new.pem")
        now.autoRenewal = false
        change(&now)
        return now
    }

    @Test(
        "each value that would be put back is held against what is there now, as it was told",
        arguments: [
            (now { _ in }, [], []), (now { ($0.name, $0.autoRenewal) = ("old.pem", true) }, [], []),
            (now { $0.name = "third.pem" }, ["name"], []), (now { $0.name = nil }, [], ["name"]),
            (now { $0.issueTo = "third.example.com" }, [], []),
            (now { $0.dnsProvider = "route53" }, ["dns_provider"], []),
            (now { $0.dnsProvider = "" }, ["dns_provider"], []),
            (now { $0.authInfo = key("rotated") }, ["auth_info_list"], []),
            (now { $0.authInfo = [] }, ["auth_info_list"], []),
            (now { $0.authInfo = nil }, [], ["auth_info_list"]),
            (now { $0.authInfo = key("***") }, [], ["auth_info_list"]),
            (now { $0.authInfo = key("ol****ey") }, [], ["auth_info_list"]),
            (
                now { ($0.name, $0.dnsProvider, $0.authInfo) = ("third.pem", nil, key("rotated")) },
                ["name", "auth_info_list"], ["dns_provider"]
            ),
        ] as [(CertificateState, [String], [String])])
    func heldAgainstNow(_ now: CertificateState, changed: [String], untold: [String]) throws {
        let list = try run((CertificateEdit(id: 5, name: "new.pem", autoRenewal: false), "old.pem", .fine))
        let back = CertificateEdit(
            id: 5, name: "old.pem", autoRenewal: true, dnsProvider: "edgedns", authInfo: Self.key("old-key"))
        var masked = now
        if let name = now.name { (masked.name, masked.told) = ("***", ["name": Secret(name)]) }
        for state in [now, masked] {
            let found = list.changedSince(
                list.items[0], Reading(certificates: [state], changes: back.changes(to: now)), .make(edit: back))
            #expect(found.changed == changed && found.untold == untold, "\(found)")
        }
    }

    @Test("credentials that the run set may be those, or the old ones", arguments: ["old-key", "new-key", "rotated"])
    func heldCredentials(now key: String) throws {
        let list = try run((CertificateEdit(id: 5, authInfo: Self.key("new-key")), "old.pem", .fine))
        let back = CertificateEdit(id: 5, authInfo: Self.key("old-key"))
        var now = Self.state("old.pem")
        now.authInfo = Self.key(key)
        let found = list.changedSince(
            list.items[0], Reading(certificates: [now], changes: back.changes(to: now)), .make(edit: back))
        #expect(found.changed == (key == "rotated" ? ["auth_info_list"] : []) && found.untold.isEmpty)
    }

    @Test("a row of another certificate than the ledger's is none, and the ledger's row is missing")
    func forged() throws {
        let whole = try run((Self.rename, "old.pem", .fine))
        let text = try work.read("undo.csv")
        try work.write("undo.csv", text.replacing(",5,old.pem", with: ",6,old.pem"))
        let list = try UndoList(RunDirectory(path: work.path, for: .resumedRun))
        #expect(whole.items.count == 1 && list.items.isEmpty)
        #expect(list.missing.map(\.row) == [1] && list.missing[0].certificate == 5)
        #expect(list.missing[0].host == HostKey(name: "127.0.0.1", port: 8088) && list.foreignLines == [2])
        let rows = text.split(separator: "\n")
        let others = (1...3).map { rows[1].replacing("127.0.0.1", with: "127.0.0.\($0)") }
        try work.write("undo.csv", rows[0] + "\n" + others.joined(separator: "\n") + "\n")
        let mixed = try UndoList(RunDirectory(path: work.path, for: .resumedRun))
        #expect(mixed.items.count == 1 && mixed.missing.isEmpty && mixed.foreignLines == [3, 4])
        for cell in ["http://127.0.0.1:8089", "https://other.example.com:8088", "127.0.0.1", "https://:x", ""] {
            try work.write("undo.csv", rows[0] + "\n" + cell + rows[1].drop { $0 != "," } + "\n")
            #expect(try UndoList(RunDirectory(path: work.path, for: .resumedRun)).foreignLines == [2], "\(cell)")
        }
    }
}
