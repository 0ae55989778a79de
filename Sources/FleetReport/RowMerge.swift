import FleetInput
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
    /// The part of its input that each run is about.
    private let parts: [Part]
    /// Each part of which a run did not come to its end, with those of its rows that the files of any run list.
    private var open: [(part: Part, rows: Set<Int>)] = []
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
        parts = runs.map(Part.init)
        let broken = zip(parts, runs).filter { $1.state != .finished }.map(\.0)
        open = Set(broken).map { (part: $0, rows: []) }
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
        let host = open.isEmpty ? nil : HostKey(cell: row.host)?.name
        for index in open.indices where open[index].part.includes(host, listedFor: parts[row.run]) {
            open[index].rows.insert(row.order.row)
        }
        if inputs.count > 1, let certificate = Certificate(of: row) { places[certificate] = place }
        let verdict = Verdict(run: row.run, status: row.outcome.status, time: row.outcome.finishedAt)
        if let known = verdicts[place], known.counts(more: verdict) { return }
        verdicts[place] = verdict
    }

    /// Runs of the same part are counted once, and a part not at all when a run of the whole input was broken off, too.
    private var unlistedRows: [(run: Int, count: Int)] {
        let whole = Set(open.map(\.part).filter(\.isWhole).map(\.input))
        return open.compactMap { part, rows -> (run: Int, count: Int)? in
            let members = runs.indices.filter { parts[$0] == part }
            guard part.isWhole || !whole.contains(part.input),
                let last = members.last(where: { runs[$0].state != .finished })
            else { return nil }
            let size = members.map { runs[$0].header.input.rows }.max() ?? 0
            return (last, max(0, size - rows.count))
        }.sorted { $0.run < $1.run }
    }
}

/// The part of an input that a run is about.
private struct Part: Hashable {
    let input: SHA256Digest
    /// Nil for all of it.
    private let selection: Selection?

    init(of run: RecordedRun) {
        let selecting = run.header.arguments.selecting
        input = run.header.input.sha256
        selection = Selection(
            selecting.filter { $0.flag == "--only" }.map(\.value),
            shard: selecting.last { $0.flag == "--shard" }.flatMap { Shard($0.value) })
    }

    var isWhole: Bool { selection == nil }

    /// Whether a row belongs to this part that the files of a run of another one list, or of the same.
    ///
    /// - Parameter host: the name of its host; nil when it cannot be read.
    func includes(_ host: String?, listedFor part: Part) -> Bool {
        part.input == input && (part == self || selection?.includes(host: host) ?? true)
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
