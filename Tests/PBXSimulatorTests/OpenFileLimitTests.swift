import Testing

@testable import PBXSimulator

@Suite("Open files")
struct OpenFileLimitTests {
    @Test(arguments: [
        (1024, 1_048_576, 8292), (1024, 4096, 4096), (20_000, 20_000, 20_000), (8292, .max, 8292),
        (256, 356, 356), (UInt.max, UInt.max, UInt.max),
    ])
    func theSoftLimitForAHundredListeners(soft: UInt, hard: UInt, expected: UInt) throws {
        #expect(try OpenFileLimit.soft(soft, hard: hard, forListeners: 100) == expected)
    }

    @Test func aHardLimitThatDoesNotSuffice() {
        let error = #expect(throws: SimulatorError.self) {
            try OpenFileLimit.soft(1024, hard: 4096, forListeners: 5000)
        }
        #expect(error?.description == "the simulated hosts need 5256 open files, and the limit is 4096")
        #expect(error?.hint == "raise the limit (ulimit -Hn), or simulate fewer hosts")
    }
}
