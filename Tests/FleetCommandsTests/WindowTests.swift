import FleetInput
import HTTPTransport
import Pacing
import Platform
import Testing

@testable import FleetCommands

/// What `--window-end`, `--max-duration` and `--timeout` make together.
@Suite struct WindowTests {
    private static let noon = WallTime(rfc3339: "2026-11-24T12:00:00Z")

    private static func window(_ end: String?, _ length: Duration?) throws -> RunWindow? {
        var work = WorkSettings()
        work.transport.timeout = .seconds(30)
        (work.windowEnd, work.maxDuration) = (end, length)
        return try work.window(now: .seconds(1000), wallTime: #require(noon))
    }

    private static let ends: [(String?, Duration?, Int)] = [
        (nil, .seconds(60), 1060), ("2026-11-24T12:01:00Z", nil, 1060),
        ("2026-11-24T12:01:00Z", .seconds(120), 1060), ("2026-11-24T13:00:00Z", .seconds(120), 1120),
        ("2026-11-24T14:01:00+02:00", nil, 1060), ("2026-11-24T11:00:00Z", .seconds(120), -2600),
        (nil, .seconds(30), 1030),
    ]

    @Test(arguments: ends)
    func theFirstEndCounts(end: String?, length: Duration?, expected: Int) throws {
        #expect(try #require(try Self.window(end, length)).end == .seconds(expected))
    }

    @Test func withoutAnEndThereIsNoWindow() throws {
        #expect(try Self.window(nil, nil) == nil)
    }

    @Test func onlyAMomentOfTheCalendarIsHeldOnTheCalendar() throws {
        let later = try #require(Self.noon) + .seconds(50)
        var window = try #require(try Self.window("2026-11-24T12:01:00Z", nil))
        window.check(now: .seconds(1001), wallTime: later)
        #expect(window.end == .seconds(1011))
        var length = try #require(try Self.window(nil, .seconds(60)))
        length.check(now: .seconds(1001), wallTime: later)
        #expect(length.end == .seconds(1060))
    }

    private static let refused: [(String?, Duration?)] = [
        ("2026-11-24T12:00:29Z", nil), (nil, .seconds(29)), ("2026-11-24T11:00:00Z", .seconds(29)),
        ("noon", nil), ("", nil), ("24:00", nil),
    ]

    @Test(arguments: refused)
    func whatLeavesNoTimeForARequestIsRefused(end: String?, length: Duration?) throws {
        let error = #expect(throws: ToolError.self) { try Self.window(end, length) }
        #expect(error?.kind == .usage)
    }
}
