import FleetModel
import Platform
import TestSupport
import Testing

@testable import Pacing

/// A time zone as a list of the moments at which its offset changes.
struct TimeZoneRules: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let offsetBefore: Int
    /// The moment of each change, and the minutes ahead of UTC from then on.
    let changes: [(moment: WallTime, minutes: Int)]

    init(_ name: String, _ offsetBefore: Int, _ changes: [(String, Int)]) {
        testDescription = name
        self.offsetBefore = offsetBefore
        self.changes = changes.compactMap { text, minutes in
            WallTime(rfc3339: text).map { (moment: $0, minutes: minutes) }
        }
    }

    func minutes(at moment: WallTime) -> Int {
        changes.last { $0.moment <= moment }?.minutes ?? offsetBefore
    }

    func offset(_ moment: WallTime) -> Duration { .seconds(minutes(at: moment) * 60) }

    static let utc = TimeZoneRules("UTC", 0, [])
    static let berlin = TimeZoneRules("Berlin", 60, [("2026-03-29T01:00:00Z", 120), ("2026-10-25T01:00:00Z", 60)])
    static let newYork = TimeZoneRules(
        "New York", -300, [("2026-03-08T07:00:00Z", -240), ("2026-11-01T06:00:00Z", -300)])
    static let lordHowe = TimeZoneRules(
        "Lord Howe", 660, [("2026-04-04T15:00:00Z", 630), ("2026-10-03T15:30:00Z", 660)])
    /// Its clocks changed at midnight, so that there was no 00:00, or 23:00 came twice.
    static let saoPaulo = TimeZoneRules(
        "São Paulo", -180, [("2018-11-04T03:00:00Z", -120), ("2019-02-17T02:00:00Z", -180)])
    /// Its clocks went back a minute past midnight, into the day before.
    static let saintJohns = TimeZoneRules("Saint John's", -150, [("2010-11-07T02:31:00Z", -210)])
    /// It skipped a whole day when it moved to the other side of the date line.
    static let apia = TimeZoneRules("Apia", -600, [("2011-12-30T10:00:00Z", 840)])
    static let all = [utc, berlin, newYork, lordHowe, saoPaulo, saintJohns, apia]
}

@Suite("The end of a window")
struct WindowEndTests {
    @Test(
        "is the next time of that name on the local clock",
        arguments: [
            (.utc, "2026-11-23T22:00:00Z", "02:30", "2026-11-24T02:30:00Z"),
            (.utc, "2026-11-24T02:29:59.999Z", "02:30", "2026-11-24T02:30:00Z"),
            (.utc, "2026-11-24T02:30:00Z", "02:30", "2026-11-25T02:30:00Z"),
            (.utc, "2026-02-28T12:00:00Z", "00:00", "2026-03-01T00:00:00Z"),
            (.utc, "2026-12-31T23:59:00Z", "23:58", "2027-01-01T23:58:00Z"),
            (.berlin, "2026-11-23T21:00:00Z", "02:30", "2026-11-24T01:30:00Z"),
            (.berlin, "2026-07-01T21:00:00Z", "02:30", "2026-07-02T00:30:00Z"),
            (.newYork, "2026-11-24T03:00:00Z", "23:00", "2026-11-24T04:00:00Z"),
            (.lordHowe, "2026-11-24T03:00:00Z", "00:15", "2026-11-24T13:15:00Z"),
        ] as [(TimeZoneRules, String, String, String)])
    func ordinaryNights(zone: TimeZoneRules, now: String, text: String, end: String) throws {
        try expect(zone, now, text, end)
    }

    @Test(
        "is the moment of the jump when the clock jumps over it",
        arguments: [
            (.berlin, "2026-03-28T21:00:00Z", "02:00", "2026-03-29T01:00:00Z"),
            (.berlin, "2026-03-28T21:00:00Z", "02:30", "2026-03-29T01:00:00Z"),
            (.berlin, "2026-03-28T21:00:00Z", "02:59", "2026-03-29T01:00:00Z"),
            (.berlin, "2026-03-28T21:00:00Z", "03:00", "2026-03-29T01:00:00Z"),
            (.berlin, "2026-03-28T21:00:00Z", "03:01", "2026-03-29T01:01:00Z"),
            (.berlin, "2026-03-29T01:00:00Z", "02:30", "2026-03-30T00:30:00Z"),
            (.newYork, "2026-03-08T04:00:00Z", "02:30", "2026-03-08T07:00:00Z"),
            (.saoPaulo, "2018-11-04T02:00:00Z", "00:00", "2018-11-04T03:00:00Z"),
            (.lordHowe, "2026-10-03T12:00:00Z", "02:15", "2026-10-03T15:30:00Z"),
            (.apia, "2011-12-30T09:00:00Z", "12:00", "2011-12-30T10:00:00Z"),
        ] as [(TimeZoneRules, String, String, String)])
    func springNights(zone: TimeZoneRules, now: String, text: String, end: String) throws {
        try expect(zone, now, text, end)
    }

    @Test(
        "is the first of two when the clock shows it twice, and the second after the first",
        arguments: [
            (.berlin, "2026-10-24T20:00:00Z", "02:30", "2026-10-25T00:30:00Z"),
            (.berlin, "2026-10-25T00:30:00Z", "02:30", "2026-10-25T01:30:00Z"),
            (.berlin, "2026-10-25T01:10:00Z", "02:30", "2026-10-25T01:30:00Z"),
            (.berlin, "2026-10-25T01:30:00Z", "02:30", "2026-10-26T01:30:00Z"),
            (.berlin, "2026-10-24T20:00:00Z", "03:00", "2026-10-25T02:00:00Z"),
            (.newYork, "2026-11-01T03:00:00Z", "01:30", "2026-11-01T05:30:00Z"),
            (.saoPaulo, "2019-02-17T01:45:00Z", "23:30", "2019-02-17T02:30:00Z"),
            (.saintJohns, "2010-11-07T02:30:30Z", "23:30", "2010-11-07T03:00:00Z"),
        ] as [(TimeZoneRules, String, String, String)])
    func autumnNights(zone: TimeZoneRules, now: String, text: String, end: String) throws {
        try expect(zone, now, text, end)
    }

    @Test("is where a walk along the local clock first comes to it or past it", arguments: TimeZoneRules.all)
    func walkedClock(zone: TimeZoneRules) throws {
        var generator = SeededGenerator(seed: 230)
        let turns = zone.changes.map(\.moment.milliseconds) + [1_795_467_600_000]
        for _ in 0..<150 {
            let turn = try #require(turns.randomElement(using: &generator))
            let now = WallTime(milliseconds: turn + .random(in: -90_000_000...30_000_000, using: &generator))
            let minuteOfDay = Int.random(in: 0..<1440, using: &generator)
            let end = try #require(WindowEnd(Self.text(minuteOfDay), now: now) { zone.offset($0) })
            #expect(end.moment == walk(zone, from: now, to: minuteOfDay), "\(Self.text(minuteOfDay)) after \(now)")
        }
    }

    @Test(
        "tells when a time of day is more than twelve hours away",
        arguments: [
            (.utc, "2026-11-23T22:00:00Z", "02:30", false), (.utc, "2026-11-23T22:00:00Z", "10:00", false),
            (.utc, "2026-11-23T22:00:00Z", "10:01", true), (.utc, "2026-11-24T02:30:00Z", "02:30", true),
            (.berlin, "2026-03-28T20:30:00Z", "09:30", false), (.berlin, "2026-10-24T20:30:00Z", "09:30", false),
            (.berlin, "2026-10-24T19:30:00Z", "09:30", true),
            (.utc, "2026-11-23T22:00:00Z", "2026-11-30T22:00:00Z", false),
        ] as [(TimeZoneRules, String, String, Bool)])
    func farEnd(zone: TimeZoneRules, now: String, text: String, isTooFar: Bool) throws {
        let now = try #require(WallTime(rfc3339: now))
        #expect(try #require(WindowEnd(text, now: now) { zone.offset($0) }).isTooFar == isTooFar)
    }

    @Test("is a moment by RFC 3339 as it stands, also one that is past")
    func absoluteMoment() throws {
        let now = try #require(WallTime(rfc3339: "2026-11-24T00:00:00Z"))
        for text in ["2026-11-24T02:00:00+01:00", "2020-01-01T00:00:00Z"] {
            #expect(WindowEnd(text, now: now) { _ in .seconds(7200) }?.moment == WallTime(rfc3339: text))
        }
    }

    @Test(
        "is nothing else",
        arguments: [
            "", ":", "2:30", "02:3", "02:300", "24:00", "02:60", "0230", "02.30", "02:30:00", " 02:30", "02:30 ",
            "-2:30",
            "+2:30", "02:30Z", "2am", "02:30pm", "tomorrow", "2026-11-24",
        ])
    func refused(text: String) {
        #expect(WindowEnd(text, now: WallTime(milliseconds: 0)) { _ in .zero } == nil)
    }

    private func expect(_ zone: TimeZoneRules, _ now: String, _ text: String, _ end: String) throws {
        let now = try #require(WallTime(rfc3339: now))
        let found = try #require(WindowEnd(text, now: now) { zone.offset($0) })
        #expect(found.moment.description == end.replacing("Z", with: ".000Z"))
    }

    private static func text(_ minuteOfDay: Int) -> String {
        let digits = { (number: Int) in (number < 10 ? "0" : "") + String(number) }
        return "\(digits(minuteOfDay / 60)):\(digits(minuteOfDay % 60))"
    }

    /// Steps from minute to minute; a step of the local clock that is longer than a minute passes all times in it.
    private func walk(_ zone: TimeZoneRules, from now: WallTime, to minuteOfDay: Int) -> WallTime {
        var minute = Int((now.milliseconds / 60_000))
        while true {
            let before = minute + zone.minutes(at: WallTime(milliseconds: Int64(minute) * 60_000))
            minute += 1
            let moment = WallTime(milliseconds: Int64(minute) * 60_000)
            let after = minute + zone.minutes(at: moment)
            let passed = after > before ? Array((before + 1)...after) : [after]
            if passed.contains(where: { $0 % 1440 == minuteOfDay }) { return moment }
        }
    }
}

@Suite("A run window")
struct RunWindowTests {
    private static let noon = WallTime(milliseconds: 1_795_467_600_000)

    @Test(
        "lets a request start as long as it is surely over by the end",
        arguments: [(0, true), (569_999, true), (570_000, true), (570_001, false), (600_000, false), (900_000, false)])
    func lastStart(now: Int, mayStart: Bool) {
        let window = RunWindow(end: .seconds(600), timeout: .seconds(30))
        #expect(window.lastStart == .seconds(570))
        #expect(window.mayStart(now: .milliseconds(now)) == mayStart)
    }

    @Test("lets nothing start when it is shorter than the timeout, or over", arguments: [20, 0, -3600])
    func shortWindow(end: Int) {
        let window = RunWindow(end: .seconds(end), calendar: Self.noon, timeout: .seconds(30))
        #expect(!window.mayStart(now: .zero))
    }

    @Test(
        "ends by the clock that comes to its end first",
        arguments: [
            (0, 0, 600), (200, 200, 600), (200, 300, 500), (200, 799, 1), (200, 800, 0), (200, 900, -100),
            (200, 100, 600), (200, -5000, 600), (590, 590, 600), (700, 700, 600), (0, 86_400, -85_800),
        ])
    func clocks(now: Int, calendar: Int, end: Int) {
        var window = RunWindow(
            end: .seconds(600), calendar: Self.noon + .seconds(600), timeout: .seconds(30))
        window.check(now: .seconds(now), wallTime: Self.noon + .seconds(calendar))
        #expect(window.end == .seconds(end))
        #expect(window.lastStart == .seconds(end - 30))
    }

    @Test("is as long as before once a calendar that was wrong is right again, and goes by no calendar without one")
    func mendedCalendar() {
        var window = RunWindow(end: .seconds(600), calendar: Self.noon + .seconds(600), timeout: .zero)
        window.check(now: .zero, wallTime: Self.noon + .seconds(3600))
        #expect(!window.mayStart(now: .zero))
        window.check(now: .seconds(1), wallTime: Self.noon + .seconds(1))
        #expect(window.mayStart(now: .seconds(600)))
        var plain = RunWindow(end: .seconds(600), timeout: .zero)
        plain.check(now: .zero, wallTime: Self.noon)
        #expect(plain.end == .seconds(600))
    }
}
