import FleetModel
import Platform
import RunRecord

/// A report as one HTML file that needs nothing else: no network, and no script to be read.
package struct ReportPage {
    private let report: RunReport
    private let version: String

    /// - Parameters:
    ///   - report: what the page says.
    ///   - version: of this program.
    package init(_ report: RunReport, version: String) {
        self.report = report
        self.version = version
    }

    /// The file's bytes, UTF-8.
    package var bytes: [UInt8] {
        let look = "default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-\(PageLook.scriptDigest)'"
        let page: HTML = """
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta http-equiv="Content-Security-Policy" content="\(look); base-uri 'none'; form-action 'none'">
            <meta name="color-scheme" content="light dark">
            <title>\(title)</title>
            <style>\(PageLook.style)</style>
            <noscript><style>.short tr:nth-child(n+501){display:table-row!important}</style></noscript>
            </head>
            <body>
            <main>
            \(head)
            \(causes)
            \(charts)
            \(outcomes)
            \(changes)
            \(slowHosts)
            \(list)
            \(about)
            </main>
            <script>\(PageLook.script)</script>
            </body>
            </html>

            """
        return page.bytes
    }

    private var title: String { "\(grouped(good)) of \(counted(report.tally.rows, "row")) ok – certfleet" }

    private var good: Int { report.tally[.ok] + report.tally[.noChange] }

    // MARK: What it comes to

    private var head: HTML {
        let isWhollyGood = report.tally.bad == 0 && report.gap == nil
        let hosts = (report.mayHaveMoreHosts ? "at least " : "") + counted(report.hosts.total, "host")
        let gap: HTML = report.gap.map { "<p class=\"gap\">\($0)</p>" } ?? ""
        return """
            <header>
            <p class="brand">certfleet report</p>
            <h1 class="\(isWhollyGood ? "good" : "")">\(good) of \(counted(report.tally.rows, "row")) \(good == 1 ? "is" : "are") ok</h1>
            <p class="sub">\(report.runs[0].header.input.path) <i>·</i> \(hosts) \
            <i>·</i> \(report.span.lowerBound.shown) <i>·</i> \(report.span.length) <i>·</i> \(state)</p>
            <div class="bar" aria-hidden="true">\(RowStatus.allCases.map(share))</div>
            <ul class="counts">\(RowStatus.allCases.map(tile))</ul>\(gap)
            </header>
            """
    }

    private func share(_ status: RowStatus) -> HTML {
        let count = report.tally[status]
        return count == 0 ? "" : "<span class=\"\(status.rawValue)\" style=\"flex:\(plain: count)\"></span>"
    }

    private func tile(_ status: RowStatus) -> HTML {
        let count = report.tally[status]
        return """
            <li class="\(status.rawValue)\(count == 0 ? " none" : "")"><b data-count="\(status.rawValue)">\(count)</b> \
            <span>\(status.words)</span></li>
            """
    }

    /// In a few words how far the run, or the runs together, have come.
    private var state: String {
        let runs = report.runs
        guard runs.count == 1 else {
            let open = runs.count { $0.state != .finished }
            return "\(runs.count) runs" + (open > 0 ? ", \(open) of them not finished" : "")
        }
        return runs[0].stateWords
    }

    // MARK: When, and how long

    private var charts: HTML {
        let rows = TimelineChart(report.timeline).html
        let times = LatencyChart(report.latency).html
        let scope = report.isResumed ? " since the last resume" : ""
        let requests = report.requests.map { counted($0, "request") + scope } ?? "Requests"
        let retries =
            report.retries == 0 ? "" : ", \(grouped(report.retries)) \(report.retries == 1 ? "a retry" : "retries")"
        return """
            <div class="pair">
            <section><h2>Rows over time</h2>\(rows)</section>
            <section><h2>How long requests took <small>\(requests)\(retries)</small></h2>\(times)</section>
            </div>
            """
    }

    // MARK: Why

    private var outcomes: HTML {
        let order = RowStatus.allCases
        let groups = report.tally.groups.sorted { left, right in
            let ranks = [left.key, right.key].map { order.firstIndex(of: $0.status) ?? 0 }
            return (ranks[0], -left.value, left.key.errcode ?? 0) < (
                ranks[1], -right.value, right.key.errcode ?? 0
            )
        }
        let rows: [HTML] = groups.map { group, rows in
            """
            <tr><td>\(badge(group.status))</td><td class="n">\(group.errcode.map(String.init) ?? "")</td>\
            <td>\(words(group))</td><td class="n">\(rows)</td>\
            <td class="n">\(report.firstLines[group].map(String.init) ?? "")</td></tr>

            """
        }
        return """
            <section><h2>By status and errcode</h2>
            <div class="scroll"><table id="outcomes">
            <thead><tr><th>Status</th><th class="n">Errcode</th><th class="fill">Meaning</th><th class="n">Rows</th><th class="n">First line</th></tr></thead>
            <tbody>\(rows)</tbody></table></div></section>
            """
    }

    /// What the errcode is called, or else the kind of cause.
    private func words(_ group: OutcomeGroup) -> String {
        group.errcodeName ?? group.errorClass?.words ?? ""
    }

    private func badge(_ status: RowStatus) -> HTML {
        "<span class=\"badge \(status.rawValue)\">\(status.words)</span>"
    }

    private var causes: HTML {
        guard !report.causes.isEmpty else { return "" }
        let shown = report.causes.prefix(100)
        let rows: [HTML] = shown.map { cause in
            let lines = cause.firstLines.map(String.init).joined(separator: ", ")
            let more = cause.rows > cause.firstLines.count && !lines.isEmpty ? ", …" : ""
            return """
                <tr><td class="n">\(cause.rows)</td><td class="n">\(cause.hosts == 0 ? "" : grouped(cause.hosts))</td>\
                <td>\(badge(cause.status))</td><td class="say">\(cause.sentence)</td><td class="lines">\(lines)\(more)</td></tr>

                """
        }
        let rest = report.causes.count - shown.count
        return """
            <section><h2>Why rows are not ok <small>\(counted(report.causes.count, "cause"))</small></h2>
            <div class="scroll"><table id="causes">
            <thead><tr><th class="n">Rows</th><th class="n">Hosts</th><th>Status</th><th class="fill">What happened</th><th>Lines</th></tr></thead>
            <tbody>\(rows)</tbody></table></div>\(rest > 0 ? note("\(counted(rest, "rarer cause")) not shown.") : "")</section>
            """
    }

    private var changes: HTML {
        let folded = report.changes.sorted
        guard !folded.isEmpty else { return "" }
        let rows: [HTML] = folded.prefix(50).map { fold in
            let more = fold.rows > fold.firstLines.count && !fold.firstLines.isEmpty ? ", …" : ""
            return """
                <tr><td>\(fold.change.field)</td><td class="own">\(fold.change.before)</td><td class="own">\(fold.change.after)</td>\
                <td class="n">\(fold.rows)</td><td class="lines">\(fold.firstLines.map(String.init).joined(separator: ", "))\(more)</td></tr>

                """
        }
        let rest = folded.count - rows.count + (report.changes.isWhole ? 0 : 1)
        return """
            <section><h2>What was changed <small>by rows that are ok; undo.csv has it row by row</small></h2>
            <div class="scroll"><table id="changes">
            <thead><tr><th>Field</th><th>Before</th><th class="fill">After</th><th class="n">Rows</th><th>Lines</th></tr></thead>
            <tbody>\(rows)</tbody></table></div>\(rest > 0 ? note("Rarer changes are not shown.") : "")</section>
            """
    }

    private var slowHosts: HTML {
        let hosts = report.hostTimes.slowest(10)
        guard let most = hosts.first?.times.mean, most > 0, report.hostTimes.hosts > 1 else { return "" }
        let rows: [HTML] = hosts.map { host, times in
            """
            <tr><td>\(host)</td><td class="n">\(times.rows)</td><td class="n">\(times.bad)</td>\
            <td class="n">\(Int(times.mean.rounded())) ms</td><td class="n">\(Int(times.longest)) ms</td>\
            <td class="meter"><span style="width:\(plain: Int(100 * times.mean / most))%"></span></td></tr>

            """
        }
        return """
            <section><h2>Slowest hosts <small>mean time of a row, from its first request to its verdict</small></h2>
            <div class="scroll"><table id="hosts">
            <thead><tr><th>Host</th><th class="n">Rows</th><th class="n">Not ok</th><th class="n">Mean</th><th class="n">Longest</th><th class="fill"></th></tr></thead>
            <tbody>\(rows)</tbody></table></div></section>
            """
    }

    private func note(_ text: String) -> HTML { "<p class=\"note\">\(text)</p>" }

    // MARK: The rows

    private var list: HTML {
        guard !report.details.rows.isEmpty else { return "" }
        let columns = report.details.columns
        let own: [HTML] = columns.map { "<th>\($0)</th>" }
        let rest = report.details.leftOut
        let left =
            rest == 0
            ? "" : "\(counted(rest, "more row")) that \(rest == 1 ? "is" : "are") not ok: see the result file."
        return """
            <section><h2>Rows that are not ok <small><span id="shown">\(report.details.rows.count)</span> of \
            \(report.tally.rows - good)</small></h2>
            <div id="tools" hidden><input id="find" type="search" placeholder="Find in these rows" aria-label="Find in these rows">
            <select id="only" aria-label="Status"><option value="">every status</option></select></div>
            <div class="scroll tall"><table id="rows">
            <thead><tr><th class="n">Line</th><th>Host</th><th class="n">Id</th><th>Status</th><th class="n">Errcode</th>\
            <th class="fill">What happened</th>\(own)<th class="n">Tries</th><th class="n">ms</th></tr></thead>
            <tbody class="short">\(report.details.rows.map { row($0, columns) })</tbody></table></div>
            <button id="more" type="button" hidden></button>\(left.isEmpty ? "" : note(left))</section>
            """
    }

    private func row(_ row: ReportRow, _ columns: [String]) -> HTML {
        let outcome = row.outcome
        let errmsg: HTML = outcome.errmsg.isEmpty ? "" : "<q>\(outcome.errmsg)</q>"
        let changes: [HTML] = row.changes.map { change in
            "<span class=\"diff\">\(change.field): \(change.before) → \(change.after)</span>"
        }
        let own: [HTML] = columns.map { name in
            "<td class=\"own\">\(row.own.first { $0.name == name }?.value ?? "")</td>"
        }
        return """
            <tr><td class="n" title="row \(row.order.row)">\(row.line.map(String.init) ?? "")</td><td>\(row.host)</td>\
            <td class="n">\(row.certificate)</td><td>\(badge(outcome.status))</td>\
            <td class="n">\(outcome.errcode.map(String.init) ?? "")</td><td class="say">\(outcome.error)\(errmsg)\(changes)</td>\(own)\
            <td class="n">\(outcome.attempts)</td>\
            <td class="n">\(outcome.durationMilliseconds.map { grouped(Int($0)) } ?? "")</td></tr>

            """
    }

    // MARK: What was run

    private var about: HTML {
        let cards: [HTML] = report.runs.map { run in
            """
            <dl>
            <div><dt>Run</dt><dd>\(run.header.runID)\(run.continued)</dd></div>
            <div><dt>Directory</dt><dd>\(run.folder.currentPath)</dd></div>
            <div class="wide"><dt>Command</dt><dd><code>\(run.command)</code></dd></div>
            <div><dt>Input</dt><dd>\(run.header.input.path), \(counted(run.header.input.rows, "row"))</dd></div>
            <div class="wide"><dt>SHA-256</dt><dd><code>\(run.header.input.sha256.description)</code></dd></div>
            <div><dt>Started</dt><dd>\(run.headers[0].startedAt.shown)</dd></div>
            <div><dt>Ended</dt><dd>\(run.ending?.finishedAt.shown ?? "not yet")</dd></div>
            <div><dt>State</dt><dd>\(run.stateWords)</dd></div>
            <div><dt>Hosts given up</dt><dd>\(run.givenUp)</dd></div>
            <div><dt>Version</dt><dd>certfleet \(run.header.version)</dd></div>
            </dl>

            """
        }
        return """
            <section><h2>What was run</h2>\(cards)</section>
            <footer>Made by certfleet \(version). Secrets are shown as ***, as in the result file.</footer>
            """
    }
}

/// A number with what it counts: `1 row`, `3,000 rows`.
private func counted(_ number: Int, _ noun: String) -> String { "\(grouped(number)) \(noun)\(number == 1 ? "" : "s")" }

extension RecordedRun {
    fileprivate var stateWords: String {
        guard let ending else { return state == .underWay ? "the run goes on" : "broken off, as when it was killed" }
        let stop = ending.stoppedBy.map { "stopped by \($0), " } ?? ""
        return "\(stop)exit code \(ending.exitCode)"
    }

    fileprivate var continued: String {
        headers.count == 1 ? "" : ", continued \(headers.count == 2 ? "once" : "\(headers.count - 1) times")"
    }

    fileprivate var givenUp: String {
        ending.map { "\($0.hosts.stopped) stopped, \($0.hosts.unreachable) unreachable" } ?? "not known yet"
    }

    fileprivate var command: String { header.arguments.isEmpty ? "not recorded" : CommandLineText.of(header.arguments) }
}

extension WallTime {
    /// `2026-11-23 21:49:31 +01:00`.
    fileprivate var shown: String {
        let text = localText().replacing("T", with: " ")
        return "\(text.dropLast(6)) \(text.suffix(6))"
    }
}

extension ClosedRange<WallTime> {
    /// How long it is, in words of about two places.
    fileprivate var length: String {
        let seconds = Double((upperBound - lowerBound) / .milliseconds(1)) / 1000
        if seconds < 10 { return "\((seconds * 10).rounded() / 10) s" }
        let whole = Int(seconds.rounded())
        if whole < 120 { return "\(whole) s" }
        return whole < 7200 ? "\(whole / 60) min \(whole % 60) s" : "\(whole / 3600) h \(whole / 60 % 60) min"
    }
}

extension RowStatus {
    /// The status as people read it.
    fileprivate var words: String { rawValue.replacing("_", with: " ") }
}

extension ErrorClass {
    /// The kind of cause as people read it.
    fileprivate var words: String {
        switch self {
        case .api: "refused by the PBX"
        case .auth: "login or token refused"
        case .connect: "not reached"
        case .tls: "TLS not trusted"
        case .timeout: "no answer in time"
        case .protocol: "no readable answer"
        case .verify: "read back, and not as wanted"
        case .input: "the row is invalid"
        case .match: "no one certificate fits"
        case .hostStopped: "its host was stopped"
        case .runStopped: "the run ended first"
        }
    }
}
