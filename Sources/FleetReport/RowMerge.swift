import FleetModel
import Platform
import RunRecord

/// Which verdict counts on a row that several runs speak of, and where it stands among all rows.
///
/// A row is the same in two runs when it stands at the same place of the same input, or edits the same certificate of the
/// same host. The run that tried it last counts; one that never came to it says nothing.
struct RowMerge {
    private let runs: [RecordedRun]
    /// The inputs of the runs, in the order in which they were first run.
    private var inputs: [SHA256Digest: Int] = [:]
    private var verdicts: [Place: Verdict] = [:]
    /// Where a certificate's row stands in the first input that has it.
    private var places: [Certificate: Place] = [:]
    /// The part of its input that each run is about, and the rows that its files list.
    private let selections: [Selection]
    private var listed: [Selection: Set<Int>] = [:]
    /// How many rows of which run no file lists yet.
    private(set) var unlisted: [(run: Int, count: Int)] = []

    private struct Place: Hashable, Comparable {
        let input: Int
        let row: Int

        static func < (left: Place, right: Place) -> Bool {
            (left.input, left.row) < (right.input, right.row)
        }
    }

    fileprivate struct Certificate: Hashable {
        let host: String
        let id: String
    }

    fileprivate struct Verdict {
        let run: Int
        let status: RowStatus
        /// Nil for a row that was not tried.
        let time: WallTime?
    }

    /// - Parameter runs: in the order in which they were begun.
    /// - Throws: `ToolError` when their files cannot be read.
    init(_ runs: [RecordedRun]) throws(ToolError) {
        self.runs = runs
        selections = runs.map(Selection.init)
        for run in runs where inputs[run.header.input.sha256] == nil { inputs[run.header.input.sha256] = inputs.count }
        if runs.count == 1, runs[0].state == .finished { return }
        for (number, run) in runs.enumerated() {
            try run.forEachRow(number: number) { weigh($0) }
        }
        unlisted = unlistedRows
    }

    /// The row at its place among the rows of all runs; nil when another run's verdict on it counts.
    func placed(_ row: ReportRow) -> ReportRow? {
        let place = place(of: row)
        guard verdicts.isEmpty || verdicts[place]?.run == row.run else { return nil }
        var placed = row
        placed.order = (place.input, place.row)
        return placed
    }

    private func place(of row: ReportRow) -> Place {
        let place = Place(input: inputs[runs[row.run].header.input.sha256] ?? 0, row: row.order.row)
        guard inputs.count > 1, let certificate = Certificate(of: row) else { return place }
        return places[certificate] ?? place
    }

    private mutating func weigh(_ row: ReportRow) {
        let place = place(of: row)
        listed[selections[row.run], default: []].insert(row.order.row)
        if inputs.count > 1, let certificate = Certificate(of: row) { places[certificate] = place }
        let verdict = Verdict(run: row.run, status: row.outcome.status, time: row.outcome.finishedAt)
        if let known = verdicts[place], known.counts(more: verdict) { return }
        verdicts[place] = verdict
    }

    /// Runs of the same rows of the same input are counted once, and no input has more rows than it has: what a run of a part
    /// does not list, one of the whole may, or the other way round.
    private var unlistedRows: [(run: Int, count: Int)] {
        var rest: [SHA256Digest: Int] = [:]
        for (number, run) in runs.enumerated() where selections[number].flags.isEmpty {
            let input = run.header.input
            let known = listed.filter { $0.key.input == input.sha256 }.values.reduce(into: Set()) { $0.formUnion($1) }
            rest[input.sha256] = input.rows - known.count
        }
        let groups = Dictionary(grouping: runs.indices) { selections[$0] }
        let unlisted = groups.compactMap { selection, members -> (run: Int, count: Int)? in
            guard let last = members.last(where: { runs[$0].state != .finished }) else { return nil }
            let rows = members.map { runs[$0].header.input.rows }.max() ?? 0
            return (last, max(0, rows - listed[selection, default: []].count))
        }
        return unlisted.sorted { $0.run < $1.run }.map { run, count in
            let input = runs[run].header.input.sha256
            let count = min(count, rest[input] ?? count)
            rest[input]? -= count
            return (run, count)
        }
    }

    /// The part of an input that a run is about.
    private struct Selection: Hashable {
        let input: SHA256Digest
        let flags: [String]

        init(of run: RecordedRun) {
            input = run.header.input.sha256
            flags = run.header.arguments.flags.filter { ["--only", "--shard"].contains($0.flag) }.map(\.value)
        }
    }
}

extension RowMerge.Certificate {
    /// Nil when the row does not say on which host it is, or what: then only its place tells.
    fileprivate init?(of row: ReportRow) {
        guard !row.host.isEmpty, !row.certificate.isEmpty, row.outcome.status != .invalid else { return nil }
        self.init(host: row.host.lowercased(), id: row.certificate)
    }
}

extension RowMerge.Verdict {
    /// Whether this one counts more than one of a run that was begun later.
    fileprivate func counts(more other: Self) -> Bool {
        guard weight == other.weight else { return weight > other.weight }
        return (time ?? .distantPast) > (other.time ?? .distantPast)
    }

    /// A row that was tried says more than one that was skipped, and that more than one that no run came to.
    private var weight: Int { time != nil ? 2 : status != .notAttempted ? 1 : 0 }
}

extension WallTime {
    fileprivate static let distantPast = WallTime(milliseconds: .min)
}
