import Platform
import FleetModel
import RunRecord
import TestSupport
import Testing

@Suite struct OutcomeStoreTests {
    @Test("outcomes come back as they were put in", arguments: 0..<20 as Range<UInt64>)
    func roundTrip(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var expected: [Int: Outcome] = [:]
        var store = OutcomeStore()
        for _ in 0..<200 {
            let row = Int.random(in: 1...150, using: &generator)
            let outcome = Outcome.random(using: &generator)
            expected[row] = outcome
            store.set(outcome, row: row)
        }
        for row in 0...151 { #expect(sameBytes(store[row], expected[row])) }
    }

    /// Swift's strings are equal when they look the same, and so are outcomes that hold them.
    private func sameBytes(_ left: Outcome?, _ right: Outcome?) -> Bool {
        left == right && (left?.error ?? "").utf8.elementsEqual((right?.error ?? "").utf8)
            && (left?.errmsg ?? "").utf8.elementsEqual((right?.errmsg ?? "").utf8)
    }

    @Test(
        "an errcode that no PBX should send is not taken for absent",
        arguments: [(Int.min, Int.min + 1), (-1, -1), (0, 0), (.max, .max)])
    func extremes(errcode: Int, kept: Int) {
        var store = OutcomeStore()
        store.set(Outcome(status: .failed, errcode: errcode), row: 1)
        #expect(store[1]?.errcode == kept)
    }

    @Test func tallyAddsUpToTheRows() {
        var generator = SeededGenerator(seed: 7)
        var tally = OutcomeTally()
        for _ in 0..<1000 { tally.count(.random(using: &generator)) }
        #expect(RowStatus.allCases.map { tally[$0] }.reduce(0, +) == 1000)
        #expect(tally.rows == 1000)
        #expect(tally.errcodes.values.reduce(0, +) < 1000)
    }
}
