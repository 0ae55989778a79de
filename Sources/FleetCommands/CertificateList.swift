import FleetInput
import FleetModel
import Logging
import Platform
import TabularText

/// `certfleet list`: every certificate of every host, soonest expiry first.
package struct CertificateList: Sendable {
    /// How a list is written.
    package enum Format: String, CaseIterable, Sendable {
        /// For people.
        case table
        case csv, jsonl
    }

    /// The hosts.
    package var request: HostsRequest
    /// How it is written.
    package var format = Format.table
    /// Only certificates that expire within this time, or nobody knows when; nil lists all.
    package var expiringWithin: Duration?

    /// A list of everything, for people.
    package init(_ request: HostsRequest) {
        self.request = request
    }

    /// Reads the hosts and prints their certificates. Blocks.
    ///
    /// - Throws: what keeps it from starting or breaks it; ``ExitCode/rowsFailed`` when a host cannot be read.
    package func run() throws {
        let lines = try ListLines(format, expiringWithin: expiringWithin)
        let read = try request.read(keepsSecrets: false, keeping: lines.take)
        var failed: [(host: HostKey, error: String)] = []
        try read.forEachHost { job, outcome in
            if outcome.status != .ok { failed.append((job.address.host, outcome.error)) }
        }
        let count = try lines.print(failed, style: request.work.messages.outputStyle)
        for (host, error) in failed { Say.say(.warning, "\(host): \(error)", insists: true) }
        let hosts = counted(read.catalog.hostCount - failed.count, "PBX")
        let unread = failed.isEmpty ? "" : ", \(counted(failed.count, "PBX")) could not be read"
        request.work.messages.logger.info("\(counted(count, "certificate")) on \(hosts)\(unread)")
        try read.findings.throwCode()
    }
}

/// The lines of a list. What they are sorted by stays in memory; they themselves wait in a file, so that memory does not
/// grow with what the hosts answer.
final class ListLines: Sendable {
    /// Where a line stands in the file, and what it is sorted by.
    private struct Place {
        let end: Int64
        let offset: Int
        let row: UInt32
        let length: UInt32

        var rank: (Int64, UInt32, Int) { (end, row, offset) }
    }

    private struct State {
        /// Nil for a table, which is drawn once the widths of its columns are known.
        var writer: RowWriter?
        var widths = ListLine.titles.map(\.count)
        var places: [Place] = []
        /// Bytes of the file.
        var length = 0
        var failure: ToolError?

        mutating func text(of line: ListLine) -> [UInt8] {
            writer?.append(nil) { line.add(to: &$0) }
            if let bytes = writer?.take() { return bytes }
            let cells = line.cells
            widths = zip(widths, cells).map { max($0, $1.count) }
            return Array(cells.joined(separator: "\t").utf8)
        }
    }

    private let state: Lock<State>
    private let head: [UInt8]
    private let file: FileDescriptor
    private let longest: Duration?
    private let now = SystemClock().wallTime()

    init(_ format: CertificateList.Format, expiringWithin longest: Duration?) throws(ToolError) {
        let shape = TableShape(format: format == .jsonl ? .jsonl : .csv)
        var writer = format == .table ? nil : RowWriter(shape, columns: ListLine.columns)
        head = writer?.take() ?? []
        state = Lock(State(writer: writer))
        file = try .temporary()
        self.longest = longest
    }

    /// Takes the certificates of a host.
    ///
    /// - Returns: what became of it, without them.
    @Sendable func take(_ job: Job, _ outcome: Outcome) -> Outcome {
        let lines = (outcome.reading?.certificates ?? []).map { ListLine(host: job.address.host, state: $0, now: now) }
        state.withLock { state in
            var bytes: [UInt8] = []
            for line in lines where isWanted(line) {
                let text = state.text(of: line)
                let end = line.timeLeft.map { (now + $0).milliseconds } ?? .max
                state.places.append(
                    Place(
                        end: end, offset: state.length + bytes.count, row: UInt32(job.position.row),
                        length: UInt32(text.count)))
                bytes += text
            }
            do throws(ToolError) { try file.write(bytes) } catch { state.failure = state.failure ?? error }
            state.length += bytes.count
        }
        var rest = outcome
        rest.reading = nil
        return rest
    }

    /// One whose end nobody can tell may be over: better to look at it once too often.
    private func isWanted(_ line: ListLine) -> Bool {
        guard let longest, let timeLeft = line.timeLeft else { return true }
        return timeLeft <= longest
    }

    /// Prints the lines, soonest expiry first, and behind them those of the hosts that could not be read, but in a table.
    ///
    /// - Returns: how many certificates there are.
    func print(_ failed: [(host: HostKey, error: String)], style: TextStyle) throws -> Int {
        try state.withLock { state in
            if let failure = state.failure { throw failure }
            state.places.sort { $0.rank < $1.rank }
            let table = state.writer == nil ? ListTable(widths: state.widths, style: style) : nil
            var text = table?.line(ListLine.titles) ?? String(decoding: head, as: UTF8.self)
            for place in state.places {
                let line = try line(at: place)
                text +=
                    table?.line(line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)) ?? line
                if text.utf8.count < 1 << 16 { continue }
                try Say.print(text)
                text = ""
            }
            for (host, error) in failed { state.writer?.append(nil) { ListLine.add(host, error, to: &$0) } }
            try Say.print(text + String(decoding: state.writer?.take() ?? [], as: UTF8.self))
            return state.places.count
        }
    }

    private func line(at place: Place) throws(ToolError) -> String {
        var bytes = [UInt8](repeating: 0, count: Int(place.length))
        let count = bytes.withUnsafeMutableBytes { buffer in
            Result { () throws(ToolError) in try file.read(at: place.offset, into: buffer) }
        }
        return try String(decoding: bytes.prefix(count.get()), as: UTF8.self)
    }
}

/// One certificate of a list.
private struct ListLine {
    static let columns = [
        "host", "id", "type", "ca_type", "name", "issue_to", "expiration", "days_left", "auto_renewal", "dns_provider",
        "apply_status", "error",
    ]

    let host: HostKey
    let state: CertificateState
    /// Until it expires; nil when nobody can tell.
    let timeLeft: Duration?

    init(host: HostKey, state: CertificateState, now: WallTime) {
        self.host = host
        self.state = state
        timeLeft = state.expiration.flatMap(WallTime.init(expiration:)).map { $0 - now }
    }

    var daysLeft: Int? { timeLeft?.wholeDays }

    static let titles = ["expires", "days", "host", "id", "type", "ca_type", "issue_to", "name", "apply_status"]

    /// Under ``titles``; none holds a control character.
    var cells: [String] {
        [
            state.expiration ?? "", daysLeft.map(String.init) ?? "?", host.description, "\(state.id)",
            state.purpose?.rawValue ?? "", state.origin?.rawValue ?? "", state.issueTo ?? "", state.name ?? "",
            state.applyStatus?.rawValue ?? "",
        ].map { Quotation.escaped($0) }
    }

    func add(to writer: inout RowWriter) {
        writer.add(host.description)
        writer.add(Int(state.id))
        writer.add(state.purpose?.rawValue ?? "")
        writer.add(state.origin?.rawValue ?? "")
        writer.add(state.name ?? "")
        writer.add(state.issueTo ?? "")
        writer.add(state.expiration ?? "")
        writer.add(daysLeft)
        writer.add(state.autoRenewal.map { $0 ? 1 : 0 })
        writer.add(state.dnsProvider ?? "")
        writer.add(state.applyStatus?.rawValue ?? "")
        writer.add("")
    }

    /// The line of a host that could not be read.
    static func add(_ host: HostKey, _ error: String, to writer: inout RowWriter) {
        writer.add(host.description)
        for _ in columns.dropFirst(2) { writer.add("") }
        writer.add(error)
    }
}

/// A list for people.
private struct ListTable {
    let widths: [Int]
    let style: TextStyle

    func line(_ cells: [String]) -> String {
        var line = ""
        for (column, cell) in cells.enumerated() {
            let blanks = String(repeating: " ", count: widths[column] - cell.count)
            line += (column == 1 ? blanks + cell : cell + blanks) + "  "
        }
        while line.hasSuffix(" ") { line.removeLast() }
        return painted(line, Int(cells[1])) + "\n"
    }

    /// Red for what has expired or does so within a week, yellow within a month.
    private func painted(_ line: String, _ daysLeft: Int?) -> String {
        switch daysLeft {
        case .some(..<7): style.paint(line, .failed)
        case .some(7..<30): style.paint(line, .skipped)
        default: line
        }
    }
}

extension Duration {
    /// Days that are over, rounded down: -1 for anything that was over less than a day ago.
    var wholeDays: Int { Int((self / .seconds(86_400)).rounded(.down)) }
}
