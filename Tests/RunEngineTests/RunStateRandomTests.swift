import FleetModel
import Foundation
import Pacing
import TestSupport
import Testing

@testable import RunEngine

/// Random fleets, widths, limits, answers, ledgers, stops and times; the model holds what must hold after every event.
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
    private var model: RunStateModel
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
        let settings = Self.settings(using: &dice)
        model = RunStateModel(hosts: hosts, settings: settings, workers: Int.random(in: 1...3, using: &dice))
        stopsAt = Bool.random(using: &dice) ? Int.random(in: 0...60, using: &dice) : nil
        self.dice = dice
    }

    private static func settings(using dice: inout SeededGenerator) -> RunSettings {
        func sometimes<Value>(_ value: Value?) -> Value? { Int.random(in: 0..<4, using: &dice) == 0 ? value : nil }
        var settings = RunSettings()
        let young = Int.random(in: 1...6, using: &dice)
        let isAuto = Bool.random(using: &dice)
        let most = young + Int.random(in: 1...4, using: &dice)
        settings.jobs = isAuto ? JobLimit(young: young, most: most) : .fixed(young)
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
            if model.steps == stopsAt {
                model.stop(.signal(2))
                stopsAt = nil
            } else if stopsAt == nil, roll(400) == 0 {
                model.cut()
                isCut = true
            } else if model.busy.isEmpty || roll(5) == 0 && !model.wakes.isEmpty {
                model.sleep()
            } else {
                goOn(roll(model.busy.count))
            }
        }
        check()
    }

    private mutating func roll(_ sides: Int) -> Int { Int.random(in: 0..<sides, using: &dice) }

    /// Lets a request come one phase further, become old, or end; the later phases are only an edit's.
    private mutating func goOn(_ index: Int) {
        let request = model.busy[index]
        if roll(4) == 0 { return model.age(index) }
        if case .step = request.work, roll(3) > 0 {
            switch request.phase {
            case .connecting: return model.move(index, to: .held)
            // The ledger answers late, or cannot be written.
            case .held where roll(300) == 0: return model.end(index) { _ in .broken }
            case .held: return model.move(index, to: .sent)
            case .sent: break
            }
        }
        if roll(2) == 0 { model.advance(by: .milliseconds(roll(3000))) }
        let (now, roll) = (model.now, roll(100))
        let isOpen = model.openSessions.contains(request.work.host)
        model.end(index) { work in
            guard case .step = work else { return Self.closing(roll, now) }
            let report = request.phase == .sent ? Self.answer(roll, now, isOpen) : Self.beforeEdit(roll, now, isOpen)
            return .stepped(report, start: RunStateTests.start)
        }
    }

    private static func closing(_ roll: Int, _ now: Duration) -> WorkResult {
        guard roll > 5 else { return .closed(CloseReport()) }
        return .closed(CloseReport(latency: .zero, again: roll > 20 ? nil : now + .seconds(roll)))
    }

    private static let refused = Outcome(status: .failed, errorClass: .connect, error: "refused")

    /// What a step brings of which no edit left.
    private static func beforeEdit(_ roll: Int, _ now: Duration, _ isOpen: Bool) -> StepReport {
        switch roll {
        case 0...2:
            StepReport(
                .stopHost(refused, reason: "login failed"), latency: .zero, hasAnswered: true, isSessionOpen: isOpen)
        case 3...20: StepReport(.next, latency: .zero, hasAnswered: true, isSessionOpen: true)
        case 21...60:
            StepReport(
                .wait(until: now + .seconds(roll - 20)), fallback: refused, latency: .zero, isInVain: true,
                isSessionOpen: isOpen)
        case 61...70: StepReport(.done(refused), isSessionOpen: isOpen)
        default: StepReport(.done(refused), latency: .zero, isInVain: true, isSessionOpen: isOpen)
        }
    }

    /// What an edit brings that has left.
    private static func answer(_ roll: Int, _ now: Duration, _ isOpen: Bool) -> StepReport {
        let unknown = Outcome(status: .unknown, httpStatus: 503, errorClass: .protocol, error: "busy", attempts: 1)
        return switch roll {
        case 0...10: StepReport(.next, fallback: unknown, latency: .zero, hasAnswered: true, isSessionOpen: false)
        case 11...25:
            StepReport(
                .wait(until: now + .seconds(roll)), fallback: unknown, latency: .zero, hasAnswered: true,
                isSessionOpen: isOpen)
        case 26...35:
            StepReport(
                .done(unknown), quietUntil: now + .seconds(roll), latency: .zero, hasAnswered: true,
                isSessionOpen: isOpen)
        default: StepReport(.done(RunStateTests.ok), latency: .zero, hasAnswered: true, isSessionOpen: isOpen)
        }
    }

    private mutating func check() {
        let comment = Comment(rawValue: "seed \(seed)")
        let runnable = model.hosts.indices.filter { model.hosts[$0] != nil }
        let isWhole = model.state.stopReasons.isEmpty && !isCut
        let lost = runnable.filter { model.outcomes[$0] == nil }
        let order = model.begun.values.allSatisfy { $0 == $0.sorted() }
        // Whoever closed no session had no time left for it, or was cut off.
        let mayLeave = isCut || model.state.settings.window != nil
        let leftOpen = mayLeave ? [] : model.openSessions
        let unreleased = Set(model.begun.keys).subtracting(model.released)
        failed =
            !model.isOver || isWhole && !lost.isEmpty || !order || !leftOpen.isEmpty || !unreleased.isEmpty
            || !model.busy.isEmpty
        #expect(model.isOver, comment)
        #expect(model.busy.isEmpty, comment)
        #expect(!isWhole || lost.isEmpty, comment)
        #expect(model.outcomes.keys.allSatisfy(runnable.contains), comment)
        #expect(order, comment)
        #expect(leftOpen.isEmpty, comment)
        #expect(unreleased.isEmpty, comment)
    }
}
