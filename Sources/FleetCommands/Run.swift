import FleetInput
package import Platform
package import HTTPTransport
package import PBXClient
import Pacing
package import RunEngine

/// What the command line asks of `certfleet run`.
package struct RunRequest: Sendable {
    /// What to run.
    package var input: InputRequest
    /// Whether the valid rows run although others are invalid.
    package var skipsInvalid = false
    /// Whether the requests are printed instead of sent.
    package var isDry = false
    /// Path of the run directory; nil for one named by the time.
    package var directory: String?
    /// Whether the run in that directory goes on.
    package var resumes = false
    /// The run's limits and policies but its window.
    package var settings = RunSettings()
    /// What is read of the certificates.
    package var reading = ReadingPolicy()
    /// When the window ends, as `HH:MM` or by RFC 3339; nil for no such end.
    package var windowEnd: String?
    /// How long the run may take; nil for as long as it wants.
    package var maxDuration: Duration?
    /// How PBXs are reached and trusted.
    package var transport = TransportSettings()
    /// What standard error shows.
    package var messages = Messages()

    /// A run of an input with nothing else asked for.
    package init(_ input: InputRequest) {
        self.input = input
    }

    /// Applies every row, or prints what would be sent. Blocks.
    ///
    /// - Throws: what keeps the run from starting or breaks it; its ``ExitCode`` when not all rows are as they were
    ///   wanted.
    package func run() throws {
        Say.messages = messages
        let clock = SystemClock()
        let settings = try windowedSettings(by: clock)
        let input = try ValidatedInput(input, skipsInvalid: skipsInvalid, keepsLeftOut: resumes) {
            $0.keepsCells = reading.readsFirst
        }
        if isDry {
            let dryRun = DryRun(
                catalog: input.catalog, transport: transport, reading: reading, resumed: resumes ? directory : nil)
            return try dryRun.printAll()
        }
        let session = RunSession(
            input: input, settings: settings, reading: reading, transport: transport,
            directory: directory, resumes: resumes, messages: messages,
            clock: clock, begin: clock.now())
        let code = try session.run()
        if code != .success { throw code }
    }

    /// The settings with the window, from now on.
    ///
    /// - Throws: `ToolError` when no window can be like that.
    package func windowedSettings(by clock: any RunClock = SystemClock()) throws(ToolError) -> RunSettings {
        var settings = settings
        settings.window = try window(now: clock.now(), wallTime: clock.wallTime())
        return settings
    }

    /// The time in which requests may start, counted from the two clocks' now; nil without an end.
    ///
    /// A moment by RFC 3339 may be past: then nothing starts. A time of day that is far away is refused, because a timer
    /// that starts a run too late would else open the next day's window.
    func window(now: Duration, wallTime: WallTime) throws(ToolError) -> RunWindow? {
        let end = try endOfDay(now: wallTime)
        let lengths = [end.map { $0 - wallTime }, maxDuration].compactMap { $0 }
        guard let length = lengths.min() else { return nil }
        if let short = lengths.first(where: { $0 > .zero && $0 < transport.timeout }) {
            throw ToolError(
                .usage,
                "the window of \(DurationText(short)) is shorter than --timeout \(DurationText(transport.timeout))",
                hint: "no request could start in it: give it more time, or shorten --timeout")
        }
        return RunWindow(end: now + length, calendar: end, timeout: transport.timeout)
    }

    private func endOfDay(now: WallTime) throws(ToolError) -> WallTime? {
        guard let windowEnd else { return nil }
        guard let end = WindowEnd(windowEnd, now: now) else {
            throw ToolError(
                .usage, "'\(Quotation.escaped(windowEnd))' is no --window-end",
                hint: "write it as 05:30 (local time) or 2026-01-31T05:30:00+01:00")
        }
        guard !end.isTooFar else {
            throw ToolError(
                .usage, "the next \(windowEnd) is more than 12 hours away",
                hint: "if it is meant, write --window-end \(end.moment.localText())")
        }
        return end.moment
    }
}
