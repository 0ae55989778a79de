import Platform
import ArgumentParser
import FleetModel
import Pacing
import RunEngine

/// The flags that pace a run.
struct PacingOptions: ParsableArguments {
    static let names = [
        "jobs", "rate", "rate-per-host", "retries", "retry-delay", "max-host-errors", "halt-after", "canary",
        "window-end",
        "max-duration",
    ]

    @Option(name: .shortAndLong, help: ArgumentHelp("Hosts worked on at once, 1-512.", valueName: "n"))
    var jobs = 16

    @Option(
        help: ArgumentHelp("HTTP requests started, all hosts together, as 20/s, 600/m or 1000/h.", valueName: "rate"))
    var rate: Rate?

    @Option(help: ArgumentHelp("The same for one host.", valueName: "rate"))
    var ratePerHost: Rate?

    @Option(help: ArgumentHelp("Further tries of a retryable request, 0-100.", valueName: "n"))
    var retries = 3

    @Option(
        help: ArgumentHelp(
            "First pause before a retry; doubles each time, jittered, at most 60s.", valueName: "duration"))
    var retryDelay = DurationText(.seconds(1))

    @Option(
        help: ArgumentHelp(
            "Rows in a row that could not reach a host before its other rows are skipped.", valueName: "n"))
    var maxHostErrors = 3

    @Option(
        help: ArgumentHelp(
            "Stop the run once N rows went wrong, or N% of those finished so far, from the tenth on.", valueName: "n|n%"
        ))
    var haltAfter: HaltPolicy?

    @Option(help: ArgumentHelp("The first N hosts run alone; any row of theirs not ok stops the run.", valueName: "n"))
    var canary: Int?

    @Option(help: ArgumentHelp("Start nothing that could run past this moment: HH:MM or RFC 3339.", valueName: "time"))
    var windowEnd: String?

    @Option(help: ArgumentHelp("Start nothing that could run longer than this after the start.", valueName: "duration"))
    var maxDuration: DurationText?

    mutating func validate() throws {
        try check("jobs", jobs, 1...512)
        try check("retries", retries, 0...100)
        try check("max-host-errors", maxHostErrors, 1...1_000_000)
        if let canary { try check("canary", canary, 1...1_000_000) }
    }

    private func check(_ flag: String, _ value: Int, _ range: ClosedRange<Int>) throws {
        guard !range.contains(value) else { return }
        throw ValidationError("--\(flag) \(value) is not between \(range.lowerBound) and \(range.upperBound)")
    }

    /// The run's limits and policies, on the given clock.
    ///
    /// - Parameter timeout: the longest that a request can take.
    /// - Throws: ``Complaint`` when the window is none or too short for one request.
    func settings(timeout: Duration, clock: any RunClock) throws -> RunSettings {
        var settings = RunSettings()
        settings.jobs = jobs
        settings.rate = rate
        settings.ratePerHost = ratePerHost
        settings.retry = RetryPolicy(retries: retries, firstDelay: retryDelay.duration)
        settings.maxHostErrors = maxHostErrors
        settings.halt = haltAfter
        settings.canaryHosts = canary
        settings.window = try window(timeout: timeout, clock: clock)
        return settings
    }

    private func window(timeout: Duration, clock: any RunClock) throws -> RunWindow? {
        let lengths = try [windowLength(now: clock.wallTime()), maxDuration?.duration].compactMap { $0 }
        guard let length = lengths.min() else { return nil }
        guard length > .zero else {
            throw Complaint.usage("the window is over already", hint: "name an end that is to come with --window-end")
        }
        guard length >= timeout else {
            throw Complaint.usage(
                "the window of \(DurationText(length)) is shorter than --timeout \(DurationText(timeout))",
                hint: "no request could start in it: give it more time, or shorten --timeout")
        }
        return RunWindow(end: clock.now() + length, timeout: timeout)
    }

    private func windowLength(now: WallTime) throws -> Duration? {
        guard let windowEnd else { return nil }
        guard let end = WindowEnd(windowEnd, now: now) else {
            throw Complaint.usage(
                "'\(windowEnd)' is no --window-end", hint: "write it as 05:30 (local time) or 2026-01-31T05:30:00+01:00"
            )
        }
        return .milliseconds(end.moment.milliseconds - now.milliseconds)
    }
}

extension Rate: ExpressibleByArgument {
    /// Reads a flag's value: `20/s`, `600/m` or `1000/h`.
    package init?(argument: String) { self.init(argument) }
}

extension HaltPolicy: ExpressibleByArgument {
    /// Reads a flag's value: `20` or `5%`.
    package init?(argument: String) { self.init(argument) }
}

extension DurationText: ExpressibleByArgument {
    /// Reads a flag's value: `500ms`, `10s`, `5m` or `2h`.
    package init?(argument: String) { self.init(argument) }
    package var defaultValueDescription: String { description }
}
