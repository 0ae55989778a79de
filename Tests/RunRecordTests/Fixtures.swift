import Dispatch
import Platform
import FleetModel
import TabularText
import RunRecord
import Synchronization
import TestSupport

extension RunHeader {
    static func make(runID: String = "run-1", rows: Int = 1) -> RunHeader {
        RunHeader(
            runID: runID, version: "0.1.0",
            input: InputIdentity(path: "fleet.csv", sha256: SHA256.digest(of: Array("abc".utf8)), rows: rows),
            startedAt: WallTime(milliseconds: 1_795_467_600_000), arguments: ["run", "fleet.csv"])
    }
}

extension Job {
    /// A job that differs from those of other rows in its certificate.
    static func numbered(_ row: Int) -> Job {
        .make(row: row, edit: CertificateEdit(id: Int64(row), autoRenewal: false))
    }
}

extension RunRecorder {
    /// A recorder of a new run with nothing special about it.
    static func make(
        in directory: RunDirectory, rows: Int = 1, _ outcomes: OutcomeStore = OutcomeStore(),
        onFailure: @escaping @Sendable (ToolError) -> Void = { _ in }
    ) throws -> RunRecorder {
        try RunRecorder(
            directory: directory, run: .make(rows: rows), outcomes: outcomes, clock: ManualClock(),
            width: 1, pause: .zero, onFailure: onFailure)
    }
}

extension Outcome {
    static let fine = Outcome(
        status: .ok, errcode: 0, errmsg: "SUCCESS", httpStatus: 200, attempts: 1,
        startedAt: WallTime(milliseconds: 1_795_467_600_007), finishedAt: WallTime(milliseconds: 1_795_467_601_250))

    /// Any outcome whatever, sensible or not.
    static func random(using generator: inout SeededGenerator) -> Outcome {
        let texts = ["", "SUCCESS", "PARAMETER ERROR", "=1+1", "a \"quoted\" text", "två\nrader", "e\u{301}", "\u{E9}"]
        let started = Bool.random(using: &generator) ? Int64.random(in: 0...4_000_000_000_000, using: &generator) : nil
        return Outcome(
            status: RowStatus.allCases.randomElement(using: &generator) ?? .ok,
            errcode: [nil, 0, -2, 40002, 60001, .min, .max].randomElement(using: &generator) ?? nil,
            errmsg: texts.randomElement(using: &generator) ?? "",
            httpStatus: [nil, 200, 503].randomElement(using: &generator) ?? nil,
            errorClass: ErrorClass.allCases.randomElement(using: &generator),
            error: texts.randomElement(using: &generator) ?? "", attempts: Int.random(in: 0...5, using: &generator),
            startedAt: started.map(WallTime.init), finishedAt: started.map { WallTime(milliseconds: $0 + 12) })
    }
}

/// An echo source whose rows stand in memory.
struct EchoedInput: PassThroughSource {
    let shape: TableShape
    let rows: [PassThroughRow]

    init(_ shape: TableShape, rows: [PassThroughRow]) {
        self.shape = shape
        self.rows = rows
    }

    /// A CSV of cells, one line each, all rows valid.
    init(header: [String], delimiter: UInt8 = 0x2C, lineEnding: [UInt8] = [0x0A], cells: [[String]]) {
        shape = TableShape(
            format: .csv, lineEnding: lineEnding, delimiter: delimiter, header: header.map { Array($0.utf8) })
        rows = cells.enumerated().map { index, row in
            PassThroughRow(
                row: index + 1, line: index + 2, content: .cells(row.map { Array($0.utf8) }),
                reason: nil)
        }
    }

    func forEachRow(_ body: (PassThroughRow) throws -> Void) throws {
        for row in rows { try body(row) }
    }
}

extension RunRecorder {
    /// The same as with a completion, but waits for it.
    func willSend(_ job: Job, replacing state: CertificateState? = nil) throws {
        let result = Lock<Result<Void, any Error>>(.success(()))
        let isKnown = DispatchSemaphore(value: 0)
        willSend(job, replacing: state) { known in
            result.withLock { $0 = known }
            isKnown.signal()
        }
        isKnown.wait()
        try result.withLock { $0 }.get()
    }
}
