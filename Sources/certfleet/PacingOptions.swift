import ArgumentParser
import FleetCommands
import Pacing
import RunEngine

/// The flags that pace a run.
struct PacingOptions: ParsableArguments {
    @Option(
        name: .shortAndLong,
        help: ArgumentHelp(
            """
            Hosts worked on at once: 1-10000 is a strict bound; auto is 64, and one more for each request that has \
            waited for its PBX over 100ms, up to 1024.
            """, valueName: "n|auto"),
        transform: Self.jobs)
    var jobs = Jobs.auto

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
        try check("retries", retries, 0...100)
        try check("max-host-errors", maxHostErrors, 1...1_000_000)
        if let canary { try check("canary", canary, 1...1_000_000) }
    }

    private func check(_ flag: String, _ value: Int, _ range: ClosedRange<Int>) throws {
        guard !range.contains(value) else { return }
        throw ValidationError("--\(flag) \(value) is not between \(range.lowerBound) and \(range.upperBound)")
    }

    private static func jobs(_ text: String) throws -> Jobs {
        if text == "auto" { return .auto }
        guard let count = Int(text), 1...10_000 ~= count else {
            throw ValidationError("--jobs \(text) is neither auto nor between 1 and 10000")
        }
        return .fixed(count)
    }

    func pace(_ request: inout RunRequest) {
        request.settings.jobs = jobs
        request.settings.rate = rate
        request.settings.ratePerHost = ratePerHost
        request.settings.retry = RetryPolicy(retries: retries, firstDelay: retryDelay.duration)
        request.settings.maxHostErrors = maxHostErrors
        request.settings.halt = haltAfter
        request.settings.canaryHosts = canary
        request.windowEnd = windowEnd
        request.maxDuration = maxDuration?.duration
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
