package import HTTPTransport
import Pacing
import Platform
package import RunEngine

/// How PBXs are worked on, and what is said of it: the same for every command that reaches them.
package struct WorkSettings: Sendable {
    /// Limits and policies but the window.
    package var pace = RunSettings()
    /// When the window ends, as `HH:MM` or by RFC 3339; nil for no such end.
    package var windowEnd: String?
    /// How long the work may take; nil for as long as it wants.
    package var maxDuration: Duration?
    /// How PBXs are reached and trusted.
    package var transport = TransportSettings()
    /// What standard error shows.
    package var messages = Messages()

    /// What holds where no flag says otherwise.
    package init() {}

    /// The pace with the window, from now on.
    ///
    /// - Throws: `ToolError` when no window can be like that.
    func windowedPace(by clock: any RunClock) throws(ToolError) -> RunSettings {
        var pace = pace
        pace.window = try window(now: clock.now(), wallTime: clock.wallTime())
        return pace
    }

    /// The time in which requests may start, counted from the two clocks' now; nil without an end.
    ///
    /// A moment by RFC 3339 may be past: then nothing starts. A time of day that is far away is refused, because a timer
    /// that starts a run too late would else open the next day's window.
    func window(now: Duration, wallTime: WallTime) throws(ToolError) -> RunWindow? {
        let end = try endOfDay(now: wallTime)
        let rest = end.map { $0 - wallTime }
        guard let length = [rest, maxDuration].compactMap(\.self).min() else { return nil }
        let lengths = [rest.flatMap { $0 > .zero ? $0 : nil }, maxDuration].compactMap(\.self)
        if let short = lengths.first(where: { $0 < transport.timeout }) {
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

extension RunSettings {
    /// When the window ends by the calendar, to the second; nil without a window.
    func windowEnd(by clock: any RunClock) -> WallTime? {
        window.map { window in
            let rest = window.end - clock.now()
            let seconds = (Double(clock.wallTime().milliseconds) / 1000 + rest / .seconds(1)).rounded()
            return WallTime(milliseconds: Int64(seconds) * 1000)
        }
    }
}
