import Foundation
import Platform
import Testing

@Suite("The machine's local time")
struct WallTimeLocalOffsetTests {
    @Test(
        "is as far ahead of UTC as the date command says",
        arguments: [0, 1_774_735_200, 1_782_907_200, 1_792_972_800, 1_795_467_600] as [Int64])
    func offset(seconds: Int64) throws {
        let date = Process()
        date.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        date.arguments = ["date", "-d", "@\(seconds)", "+%:z"]
        let output = Pipe()
        date.standardOutput = output
        try date.run()
        let said = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        date.waitUntilExit()
        let utc = try #require(WallTime(rfc3339: "1970-01-01T00:00:00Z"))
        let ahead = try #require(
            WallTime(rfc3339: "1970-01-01T00:00:00\(said.trimmingCharacters(in: .whitespacesAndNewlines))"))
        #expect(
            WallTime(milliseconds: seconds * 1000).localOffset
                == .milliseconds(utc.milliseconds - ahead.milliseconds))
    }
}
