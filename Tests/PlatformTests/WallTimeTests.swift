import Foundation
import Glibc
import Platform
import TestSupport
import Testing

@Suite("A wall time")
struct WallTimeTests {
    @Test(
        "is written by RFC 3339 with milliseconds",
        arguments: [
            (0, "1970-01-01T00:00:00.000Z"), (1, "1970-01-01T00:00:00.001Z"), (-1, "1969-12-31T23:59:59.999Z"),
            (86_399_999, "1970-01-01T23:59:59.999Z"), (86_400_000, "1970-01-02T00:00:00.000Z"),
            (-86_400_000, "1969-12-31T00:00:00.000Z"), (-86_400_001, "1969-12-30T23:59:59.999Z"),
            (1_795_466_971_007, "2026-11-23T20:49:31.007Z"), (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (951_868_800_000, "2000-03-01T00:00:00.000Z"), (1_709_251_199_999, "2024-02-29T23:59:59.999Z"),
            (1_740_787_200_000, "2025-03-01T00:00:00.000Z"), (4_107_456_000_000, "2100-02-28T00:00:00.000Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000Z"), (-2_203_891_200_000, "1900-03-01T00:00:00.000Z"),
            (-2_203_891_200_001, "1900-02-28T23:59:59.999Z"), (1_798_761_599_999, "2026-12-31T23:59:59.999Z"),
            (2_147_483_648_000, "2038-01-19T03:14:08.000Z"), (-62_135_596_800_000, "0001-01-01T00:00:00.000Z"),
            (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
        ] as [(Int64, String)])
    func description(milliseconds: Int64, text: String) {
        #expect(WallTime(milliseconds: milliseconds).description == text)
    }

    @Test(
        "has a form for file names, cut to the second",
        arguments: [
            (0, "19700101T000000Z"), (1_795_466_971_999, "20261123T204931Z"), (-1, "19691231T235959Z"),
            (253_402_300_799_999, "99991231T235959Z"),
        ] as [(Int64, String)])
    func compact(milliseconds: Int64, text: String) {
        #expect(WallTime(milliseconds: milliseconds).compact == text)
    }

    @Test("shows the fields that the C library finds, for 20,000 moments from year 0 to 9999")
    func sameFields() {
        var generator = SeededGenerator(seed: 1970)
        for _ in 0..<20_000 {
            let seconds = Int.random(in: -62_167_219_200...253_402_300_799, using: &generator)
            let moment = WallTime(milliseconds: Int64(seconds) * 1000 + .random(in: 0...999, using: &generator))
            #expect(moment.compact == Self.compact(seconds))
        }
    }

    @Test("goes through every day of four centuries without a gap")
    func everyDay() {
        for day in -36_525...109_573 {
            #expect(WallTime(milliseconds: Int64(day) * 86_400_000).compact == Self.compact(day * 86_400))
        }
    }

    @Test("can be written however far off it is", arguments: [.min, .min + 1, .max] as [Int64])
    func extremes(milliseconds: Int64) {
        let moment = WallTime(milliseconds: milliseconds)
        #expect(moment.description.hasSuffix("Z"))
        #expect(moment.compact.hasSuffix("Z"))
    }

    @Test(
        "is written for people in local time with its offset, and names the same second",
        arguments: [
            (3600, "2026-11-23T21:49:31+01:00"), (0, "2026-11-23T20:49:31+00:00"),
            (-19_800, "2026-11-23T15:19:31-05:30"), (50_400, "2026-11-24T10:49:31+14:00"),
            (-43_200, "2026-11-23T08:49:31-12:00"), (3599, "2026-11-23T21:48:31+00:59"),
        ])
    func localText(offset: Int, text: String) {
        let moment = WallTime(milliseconds: 1_795_466_971_007)
        #expect(moment.localText(offset: .seconds(offset)) == text)
        #expect(WallTime(rfc3339: text) == WallTime(milliseconds: 1_795_466_971_000))
        #expect(moment.localText() == moment.localText(offset: moment.localOffset))
    }

    @Test(
        "is moved by a length to the millisecond",
        arguments: [
            (.milliseconds(7), 1007), (.zero, 1000), (.seconds(-2), -1000), (.microseconds(1999), 1001),
            (.milliseconds(59_999), 60_999),
        ] as [(Duration, Int64)])
    func addition(length: Duration, milliseconds: Int64) {
        let start = WallTime(milliseconds: 1000)
        #expect((start + length).milliseconds == milliseconds)
        #expect((start + length) - start == .milliseconds(milliseconds - 1000))
    }

    @Test("comes before what is later")
    func order() {
        let moments = [5, -3, 0, 7].map { WallTime(milliseconds: $0) }
        #expect(moments.sorted().map(\.milliseconds) == [-3, 0, 5, 7])
    }

    private static func compact(_ seconds: Int) -> String {
        var time = time_t(seconds)
        var fields = tm()
        gmtime_r(&time, &fields)
        let parts =
            [(fields.tm_year + 1900, 4), (fields.tm_mon + 1, 2), (fields.tm_mday, 2), (-1, 0)]
            + [(fields.tm_hour, 2), (fields.tm_min, 2), (fields.tm_sec, 2)]
        return parts.map { number, width in
            let digits = String(number)
            return number < 0 ? "T" : String(repeating: "0", count: width - digits.count) + digits
        }.joined() + "Z"
    }
}

@Suite("A moment by RFC 3339")
struct WallTimeRFC3339Tests {
    @Test(
        "is read with its offset",
        arguments: [
            ("1970-01-01T00:00:00Z", 0), ("1970-01-01T01:00:00+01:00", 0), ("1969-12-31T19:00:00-05:00", 0),
            ("1970-01-01T00:00:00-00:00", 0), ("1970-01-01t00:00:00z", 0), ("1970-01-01T00:00:00.007Z", 7),
            ("1970-01-01T00:00:00.5Z", 500), ("1970-01-01T00:00:00.0079999999999999999999Z", 7),
            ("1969-12-31T23:59:59.999Z", -1), ("2026-11-24T02:00:00+01:00", 1_795_482_000_000),
            ("2024-02-29T00:00:00Z", 1_709_164_800_000), ("2000-02-29T12:00:00Z", 951_825_600_000),
            ("2016-12-31T23:59:60Z", 1_483_228_800_000), ("2100-03-01T00:00:00Z", 4_107_542_400_000),
            ("0000-03-01T00:00:00Z", -62_162_035_200_000), ("9999-12-31T23:59:59.999-23:59", 253_402_387_139_999),
        ] as [(String, Int64)])
    func reading(text: String, milliseconds: Int64) throws {
        #expect(try #require(WallTime(rfc3339: text)).milliseconds == milliseconds)
    }

    @Test(
        "is nothing that is out of range or incomplete",
        arguments: [
            "", "2026-11-24", "2026-11-24T02:00:00", "2026-11-24T02:00Z", "2026-11-24 02:00:00Z",
            "2026-11-24T02:00:00+0100",
            "2026-11-24T02:00:00+01", "2026-11-24T02:00:00+24:00", "2026-11-24T02:00:00+01:60", "2026-11-24T24:00:00Z",
            "2026-11-24T02:60:00Z", "2026-11-24T02:00:61Z", "2026-00-24T02:00:00Z", "2026-13-24T02:00:00Z",
            "2026-11-00T02:00:00Z", "2026-11-31T02:00:00Z", "2026-02-29T02:00:00Z", "2100-02-29T02:00:00Z",
            "2026-11-24T02:00:00.Z", "2026-11-24T02:00:00,5Z", "2026-11-24T02:00:00ZZ", "2026-11-24T02:00:00Z ",
            " 2026-11-24T02:00:00Z", "26-11-24T02:00:00Z", "+026-11-24T02:00:00Z", "-2026-11-24T02:00:00Z",
            "2026-11-24T02:00:00 +01:00", "2026-11-24T-2:00:00Z", "２026-11-24T02:00:00Z",
        ])
    func refusing(text: String) {
        #expect(WallTime(rfc3339: text) == nil)
    }

    @Test("is read back from what a moment writes, for 10,000 moments from year 0 to 9999")
    func wayBack() {
        var generator = SeededGenerator(seed: 3339)
        for _ in 0..<10_000 {
            let moment = WallTime(
                milliseconds: .random(in: -62_167_219_200_000...253_402_300_799_999, using: &generator))
            #expect(WallTime(rfc3339: moment.description) == moment)
        }
    }
}

@Suite("The machine's local time")
struct WallTimeLocalOffsetTests {
    @Test(
        "is as far ahead of UTC as the date command says",
        arguments: [0, 1_774_735_200, 1_782_907_200, 1_792_972_800, 1_795_467_600] as [Int64])
    func offset(seconds: Int64) throws {
        let said = try ChildProcess.run("/usr/bin/env", ["date", "-d", "@\(seconds)", "+%:z"]).text
        let utc = try #require(WallTime(rfc3339: "1970-01-01T00:00:00Z"))
        let ahead = try #require(
            WallTime(rfc3339: "1970-01-01T00:00:00\(said.trimmingCharacters(in: .whitespacesAndNewlines))"))
        #expect(
            WallTime(milliseconds: seconds * 1000).localOffset
                == .milliseconds(utc.milliseconds - ahead.milliseconds))
    }
}
