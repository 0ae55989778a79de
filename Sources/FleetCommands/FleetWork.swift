import FleetInput
import FleetModel
import HTTPTransport
import Logging
import PBXClient
import Platform
import RunEngine
import RunRecord

/// What all commands that reach PBXs have in common: rows are carried out, and how far that is can be seen.
struct FleetWork {
    let settings: WorkSettings
    /// The settings' pace, with its window on the clock.
    let pace: RunSettings
    let policy: ReadingPolicy
    let clock = SystemClock()
    let events = EventRelay()

    /// One whose window begins now.
    ///
    /// - Throws: `ToolError` when no window can be like that.
    init(_ settings: WorkSettings, _ policy: ReadingPolicy) throws(ToolError) {
        self.settings = settings
        self.policy = policy
        pace = try settings.windowedPace(by: clock)
    }

    /// Requests that may be in flight: one for each host at most.
    func requestsAtOnce(for catalog: RowCatalog) -> Int { min(pace.jobs.most, max(1, catalog.hostCount)) }

    /// Makes sure that the machine has the open files, threads and memory for the rows: memory for what is needed anyway, for
    /// each request over TLS, for what is kept of each row, and for each host that has more rows than one and waits while
    /// others have their turn.
    ///
    /// - Parameters:
    ///   - catalog: the rows.
    ///   - bytesPerRow: what is kept of each row to the end.
    /// - Throws: `ToolError` when it lacks threads or memory.
    func requireMachine(for catalog: RowCatalog, bytesPerRow: Int) throws(ToolError) {
        OpenFileLimit.raise()
        // Beside the workers a thread each for progress, the ledger, a name to look up, and two to spare.
        try ThisProcess.reserveThreads(Runner.processors + 5)
        let (rows, hosts) = (catalog.rowCount, catalog.hostCount)
        let kibibytes =
            (16 << 10) + requestsAtOnce(for: catalog) * 96 + rows * bytesPerRow / 1024 + min(hosts, rows - hosts) * 2
        try Memory.require(
            kibibytes * 1024, hint: "lower --jobs, cut the input into parts, or raise the limit on memory (ulimit -v)")
    }

    /// Warns of what weakens all that follows.
    func warn() {
        guard settings.transport.isInsecure, policy.aim != .pins else { return }
        Say.say(.warning, "--insecure: any certificate of a PBX is trusted", insists: true)
    }

    /// Carries rows out. Blocks.
    ///
    /// - Parameters:
    ///   - catalog: the rows.
    ///   - rest: those of them that an earlier run left to be done; nil when it is all.
    ///   - sink: takes what becomes of them.
    ///   - rows: how many there are to be done, those done before among them.
    ///   - tally: what became of them so far.
    /// - Throws: what keeps it from starting; nothing was sent then.
    func run(
        _ catalog: RowCatalog, _ rest: ResumedSource? = nil, into sink: any OutcomeSink, rows: Int,
        tally: @escaping @Sendable () -> OutcomeTally
    ) throws -> RunEnd {
        let (transport, lookups) = (settings.transport, NameLookups())
        let certificates = policy.certificates(of: catalog, rest)
        let runner = try Runner(source: rest ?? catalog, sink: sink, settings: pace, clock: clock) {
            try PBXPerformer(
                transport: transport, lookups: lookups, sink: sink, retry: pace.retry, clock: clock, reading: policy,
                certificates: certificates)
        }
        let scope = ProgressLine.Scope(rows: rows, hosts: catalog.hostCount, until: pace.windowEnd(by: clock))
        let progress = ProgressReporter(settings.messages) { [clock, begin = clock.now()] in
            ProgressLine(
                tally: tally(), scope: scope, resumed: rest?.doneCount ?? 0, hosts: runner.hosts,
                elapsed: clock.now() - begin)
        }
        events.connect(runner, progress)
        progress.start()
        defer { progress.stop() }
        return runner.run()
    }
}

extension ReadingPolicy {
    /// The certificates that the rows of a host name, by the host's number; nil when none is read first, and none is found
    /// by what it is.
    ///
    /// - Parameters:
    ///   - catalog: the rows.
    ///   - rest: those of them that an earlier run left to be done; nil when it is all. What the others found is theirs.
    func certificates(of catalog: RowCatalog, _ rest: ResumedSource?) -> (@Sendable (Int) -> HostCertificates)? {
        let source: any JobSource = rest ?? catalog
        let isRead = { @Sendable (row: Int) in
            reads(hasFile: catalog.hasFile(row), isInDoubt: rest?.isInDoubt(row) ?? false)
                && source.host(ofRow: row) != nil
        }
        let isNamed = { (row: Int) in catalog.certificate(ofRow: row) < 0 || isRead(row) }
        guard aim == .edit || aim == .plan, (0..<catalog.rowCount).contains(where: isNamed) else { return nil }
        let rows = LaneRows(rowCount: catalog.rowCount, hostCount: catalog.hostCount) { row in
            rest?.found[row] == nil ? source.host(ofRow: row) : catalog.host(ofRow: row)
        }
        return { host in
            var certificates = HostCertificates()
            for row in rows.positions(ofHost: host).lazy.map({ rows[$0] }) {
                certificates.name(rest?.found[row] ?? catalog.certificate(ofRow: row), isRead: isRead(row))
            }
            return certificates
        }
    }
}
