import Testing

@testable import Pacing

@Suite("A rate")
struct RateTests {
    @Test(
        "names the time from one event to the next",
        arguments: [
            ("20/s", .milliseconds(50)), ("600/m", .milliseconds(100)), ("1000/h", .milliseconds(3600)),
            ("1/s", .seconds(1)), ("1/m", .seconds(60)), ("1/h", .seconds(3600)), ("0.5/s", .seconds(2)),
            ("2.5/s", .milliseconds(400)), ("007/m", .seconds(60) / 7), ("1.50/h", .seconds(2400)),
            ("999999999.999999999/s", Duration(attoseconds: 1_000_000_000)),
            ("0.000000001/h", .seconds(3_600_000_000_000)),
        ] as [(String, Duration)])
    func interval(text: String, interval: Duration) throws {
        #expect(try #require(Rate(text)).interval == interval)
    }

    @Test(
        "is nothing else than a number and a unit",
        arguments: [
            "", "/", "20", "20/", "/s", "20/x", "20/S", "20/ms", "20s", "20//s", "20/s/s", "0/s", "0.0/m", "-1/s",
            "+1/s",
            " 20/s", "20/s ", "20 /s", "1e3/s", "1,5/s", ".5/s", "5./s", "1.2.3/s", "1000000000/s", "1.0000000001/s",
            "0x10/s", "٣/s", "20/s\u{0}", "inf/s", "nan/s",
        ])
    func refused(text: String) {
        #expect(Rate(text) == nil)
    }

    @Test("is the same rate however it is written")
    func equality() {
        #expect(Rate("60/m") == Rate("1/s"))
        #expect(Rate("1/s") != Rate("1/m"))
    }
}
