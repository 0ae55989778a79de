import Platform
import Foundation
import FleetModel
import Pacing
import TestSupport
import Testing

@testable import RunEngine

/// Random fleets, limits, answers, stops and times; the model holds what must hold after every event.
@Suite struct RunStateRandomTests {
    static let seeds = UInt64(ProcessInfo.processInfo.environment["CERTFLEET_TEST_SEEDS"] ?? "") ?? 10_000

    @Test func everyRowHasOneOutcomeWhateverHappens() {
        for seed in 0..<Self.seeds {
            var play = RandomPlay(seed: seed)
            play.run()
            if play.failed { return }
        }
    }
}

private struct RandomPlay {
    private let seed: UInt64
    private var dice: SeededGenerator
    private var model: RunStateModel<SeededGenerator>
    private var stopsAt: Int?
    private var isCut = false
    private(set) var failed = false

    init(seed: UInt64) {
        self.seed = seed
        var dice = SeededGenerator(seed: seed)
        let hostCount = Int.random(in: 1...8, using: &dice)
        // The first row of a host comes in the order of the host numbers, as an input would number them.
        var seen = 0
        let hosts: [Int?] = (0..<Int.random(in: 1...40, using: &dice)).map { _ in
            let host = Int.random(in: 0...min(seen, hostCount - 1), using: &dice)
            seen = max(seen, host + 1)
            return Int.random(in: 0..<10, using: &dice) == 0 ? nil : host
        }
        model = RunStateModel(
            hosts: hosts, settings: Self.settings(using: &dice), generator: SeededGenerator(seed: seed &+ 1))
        stopsAt = Bool.random(using: &dice) ? Int.random(in: 0...60, using: &dice) : nil
        self.dice = dice
    }

    private static func settings(using dice: inout SeededGenerator) -> RunSettings {
        func sometimes<Value>(_ value: Value?) -> Value? { Int.random(in: 0..<4, using: &dice) == 0 ? value : nil }
        var settings = RunSettings()
        settings.jobs = Int.random(in: 1...6, using: &dice)
        settings.retry = RetryPolicy(retries: Int.random(in: 0...3, using: &dice))
        settings.maxHostErrors = Int.random(in: 1...3, using: &dice)
        settings.rate = sometimes(Rate("5/s"))
        settings.ratePerHost = sometimes(Rate("2/s"))
        settings.halt = sometimes(HaltPolicy("20%"))
        settings.canaryHosts = sometimes(2)
        settings.window = sometimes(RunWindow(end: .seconds(40), timeout: .seconds(10)))
        return settings
    }

    mutating func run() {
        model.start()
        while !model.isOver, model.steps < 5000 {
            if model.steps == stopsAt { model.stop(.signal(2)); stopsAt = nil }
            if isTimeToCut { model.cut(); isCut = true; break }
            if model.busy.isEmpty || Int.random(in: 0..<5, using: &dice) == 0 && !model.wakes.isEmpty {
                if model.isOver { break }
                model.sleep()
            } else {
                endOne()
            }
        }
        check()
    }

    private var isTimeToCut: Bool { mutating get { stopsAt == nil && Int.random(in: 0..<400, using: &dice) == 0 } }

    private mutating func endOne() {
        let index = Int.random(in: 0..<model.busy.count, using: &dice)
        if case .step(let step) = model.busy[index].work, Int.random(in: 0..<3, using: &dice) == 0 {
            return model.startEdit(row: step.row)
        }
        if Bool.random(using: &dice) { model.advance(by: .milliseconds(Int.random(in: 0...3000, using: &dice))) }
        let isOpen = model.openSessions.contains(model.busy[index].work.host)
        let roll = Int.random(in: 0..<100, using: &dice)
        model.end(index) { work in Self.result(of: work, isSessionOpen: isOpen, roll: roll) }
    }

    private static func result(of work: Work, isSessionOpen: Bool, roll: Int) -> WorkResult {
        guard roll > 0 else { return .broken }
        guard case .step = work else { return .closed(roll > 5 ? CloseReport(latency: .zero, isOver: roll > 20) : nil) }
        let failed = Outcome(status: .failed, errorClass: .connect, error: "refused")
        let report: StepReport =
            switch roll {
            case 1: StepReport(.stopHost(failed, reason: "login failed"), latency: .zero, isSessionOpen: isSessionOpen)
            case 2...12: StepReport(.proceed, latency: .zero, isSessionOpen: true)
            case 13...15:
                StepReport(.proceed, latency: .zero, isEdit: true, edits: 1, renewals: 1, isSessionOpen: false)
            case 16...30:
                StepReport(
                    .retry(failed, pause: roll < 20 ? .seconds(roll) : nil), latency: .zero, isEdit: true,
                    edits: roll % 2, isDoubtful: roll % 4 == 1, isSessionOpen: isSessionOpen)
            case 31...35: StepReport(.done(failed), latency: nil, isSessionOpen: isSessionOpen)
            case 36...40: StepReport(.done(failed), latency: .zero, edits: 1, isSessionOpen: isSessionOpen)
            default: StepReport(.done(Outcome(status: .ok)), latency: .zero, edits: 1, isSessionOpen: isSessionOpen)
            }
        return .stepped(report, startedAt: WallTime(milliseconds: 1))
    }

    private mutating func check() {
        let comment = Comment(rawValue: "seed \(seed)")
        let runnable = model.hosts.indices.filter { model.hosts[$0] != nil }
        let isWhole = model.state.stopReasons.isEmpty && !isCut
        let lost = runnable.filter { model.outcomes[$0] == nil }
        let order = model.begun.values.allSatisfy { $0 == $0.sorted() }
        // Whoever closed no session had no time left for it, broke over it, or was cut off.
        let mayLeave = isCut || model.state.settings.window != nil || model.state.stopReasons.contains(.broken)
        let leftOpen = mayLeave ? [] : model.openSessions
        failed = !model.isOver || isWhole && !lost.isEmpty || !order || !leftOpen.isEmpty
        #expect(model.isOver, comment)
        #expect(!isWhole || lost.isEmpty, comment)
        #expect(model.outcomes.keys.allSatisfy(runnable.contains), comment)
        #expect(order, comment)
        #expect(leftOpen.isEmpty, comment)
    }
}
