import ArgumentParser
import FleetCommands
import HTTPTransport
import PBXClient
import Pacing
import Platform
import RunEngine

/// The arguments of a command that reaches PBXs. Each names the three groups itself: the parser's work doubles with each
/// group inside another.
protocol WorkingArguments: ParsableArguments {
    var pacing: PacingOptions { get }
    var transport: TransportOptions { get }
    var messages: MessageOptions { get }
}

extension WorkingArguments {
    /// What the flags of the three groups say together.
    var workSettings: WorkSettings {
        var settings = WorkSettings()
        settings.pace = pacing.settings
        settings.windowEnd = pacing.windowEnd
        settings.maxDuration = pacing.maxDuration?.duration
        settings.transport = transport.settings
        settings.messages = messages.messages
        return settings
    }
}

/// The flags that pace a run.
struct PacingOptions: ParsableArguments {
    @Option(
        name: [.customShort("j", allowingJoined: true), .long],
        help: ArgumentHelp(
            """
            Hosts worked on at once: 1-10000 is a strict bound; auto is 64, and one more for each request that has \
            waited for its PBX over 100ms, up to 1024.
            """, valueName: "n|auto"))
    var jobs = JobLimit.auto

    @Option(
        help: ArgumentHelp("HTTP requests started, all hosts together, as 20/s, 600/m or 1000/h.", valueName: "rate"))
    var rate: Rate?

    @Option(help: ArgumentHelp("The same for one host, as 2/s.", valueName: "rate"))
    var ratePerHost: Rate?

    @Option(
        help: ArgumentHelp(
            "Further tries of a retryable request, 0-100; a login that may have arrived has one at most.",
            valueName: "n"))
    var retries = RetryPolicy().retries

    @Option(
        help: ArgumentHelp(
            "First pause before a retry, as 500ms or 2s; doubles each time, jittered, at most 60s.",
            valueName: "duration"))
    var retryDelay = DurationText(RetryPolicy().firstDelay)

    @Option(
        help: ArgumentHelp(
            "Rows in a row that could not reach a host or found it busy before its others are skipped, from 1.",
            valueName: "n"))
    var maxHostErrors = RunSettings().maxHostErrors

    @Option(
        help: ArgumentHelp(
            "Stop the run once N rows went wrong, as 20, or N% of those finished so far, as 5%, from the tenth on.",
            valueName: "n|n%"
        ))
    var haltAfter: HaltPolicy?

    @Option(
        help: ArgumentHelp(
            "The first N hosts, from 1, run alone; any row of theirs not ok stops the run.", valueName: "n"))
    var canary: Int?

    @Option(
        help: ArgumentHelp(
            "Start nothing that could run past this moment: 05:30, within 12 hours, or 2026-01-31T05:30:00+01:00.",
            valueName: "time"))
    var windowEnd: String?

    @Option(
        help: ArgumentHelp(
            "Start nothing that could run longer than this after the start, as 90m or 4h.", valueName: "duration"))
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

    /// All but the window.
    var settings: RunSettings {
        var settings = RunSettings()
        settings.jobs = jobs
        settings.rate = rate
        settings.ratePerHost = ratePerHost
        settings.retry = RetryPolicy(retries: retries, firstDelay: retryDelay.duration)
        settings.maxHostErrors = maxHostErrors
        settings.halt = haltAfter
        settings.canaryHosts = canary
        return settings
    }
}

/// The flags that say what is read of the certificates before and after their edit.
struct ReadingOptions: ParsableArguments {
    @Flag(help: "Read each certificate first, and send no edit that would change nothing.")
    var skipUnchanged = false

    @Flag(help: "Read each certificate first, and keep its values in undo.csv, as --skip-unchanged and --verify do.")
    var undo = false

    @Flag(help: "Read each certificate back after its edit, wait until it is issued, and compare.")
    var verify = false

    @Option(
        help: ArgumentHelp(
            "How long to wait, after an edit, for a PBX that is not done with it, as 30s or 5m.", valueName: "duration")
    )
    var verifyTimeout = DurationText(ReadingPolicy().verifyTimeout)

    var policy: ReadingPolicy {
        var policy = ReadingPolicy()
        policy.skipsUnchanged = skipUnchanged
        policy.isForUndo = undo
        policy.verifies = verify
        policy.verifyTimeout = verifyTimeout.duration
        return policy
    }
}

/// The flags that say how a PBX is reached and trusted.
struct TransportOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Time to connect, as 500ms or 10s.", valueName: "duration"))
    var connectTimeout = DurationText(TransportSettings().connectTimeout)

    @Option(help: ArgumentHelp("Time for a whole request, as 30s or 2m.", valueName: "duration"))
    var timeout = DurationText(TransportSettings().timeout)

    @Option(
        help: ArgumentHelp("Authorities to trust instead of the system's, a PEM file.", valueName: "file"),
        completion: .file())
    var cacert: String?

    @Option(
        help: ArgumentHelp(
            "The key that every PBX must have, as sha256//BASE64; a row's tls_pin beats it.", valueName: "pin"))
    var pin: String?

    @Flag(help: "Trust any certificate; a pin is checked all the same.")
    var insecure = false

    mutating func validate() throws {
        for (flag, time) in [("connect-timeout", connectTimeout), ("timeout", timeout)] where time.duration <= .zero {
            throw ValidationError("--\(flag) must be longer than \(time)")
        }
    }

    var settings: TransportSettings {
        TransportSettings(
            connectTimeout: connectTimeout.duration, timeout: timeout.duration, caFile: cacert, pin: pin,
            isInsecure: insecure)
    }
}

extension JobLimit: ExpressibleByArgument {
    /// Reads a flag's value: `auto` or a number from 1 to 10,000.
    package init?(argument: String) {
        if argument == "auto" {
            self = .auto
        } else if let count = Int(digits: argument.utf8), 1...10_000 ~= count {
            self = .fixed(count)
        } else {
            return nil
        }
    }

    package var defaultValueDescription: String { "auto" }
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
