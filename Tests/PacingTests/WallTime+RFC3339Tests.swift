import JobModel
import TestSupport
import Testing

@testable import Pacing

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
