import FleetModel
import Pacing
import Platform
import TestSupport
import Testing

@testable import RunEngine

@Suite struct RunnerTests {
    @Test(arguments: [(1, 1), (64, 1), (64, 3)])
    func everyRowReachesTheSinkOnceAndTheWidthHolds(width: Int, workers: Int) throws {
        let play = try Play(hosts: (0..<400).map { $0 % 100 }, jobs: .fixed(width), workers: workers)
        let end = play.runner.run()
        #expect(end.stopReasons.isEmpty)
        #expect(play.sink.rows.sorted() == Array(1...400))
        #expect(play.script.highest <= width)
        #expect(play.sink.sent == play.sink.rows.sorted())
    }

    @Test func asManyAreUnderWayAtOnceAsThereIsRoomFor() throws {
        // No request is answered before 2,000 are under way: with fewer at once the run would never end.
        let play = try Play(hosts: Array(0..<2000), jobs: .fixed(2000), script: Script(gathering: 2000))
        #expect(play.runner.run().stopReasons.isEmpty)
        #expect(play.script.highest == 2000)
    }

    @Test func requestsThatWaitForTheirHostsLeaveRoomForOthers() throws {
        let play = try Play(hosts: Array(0..<1500), jobs: .auto, script: Script(gathering: 1024, ages: true))
        #expect(play.runner.run().stopReasons.isEmpty)
        #expect(play.script.highest == 1024)
    }

    @Test func aSinkThatCannotNoteARowBreaksTheRunBeforeItIsSent() throws {
        let play = try Play(hosts: [0, 1, 2], jobs: .fixed(1), sink: RecordingSink(failsAtRow: 2))
        let end = play.runner.run()
        #expect(end.stopReasons == [.broken])
        #expect(end.failure is RecordingSink.Failure)
        #expect(play.sink.rows == [1])
    }

    @Test func aRowThatCannotBeReadBreaksTheRun() throws {
        let source = FleetSource(hosts: [0, 1, 2], unreadableRow: 1)
        let play = try Play(source, jobs: .fixed(1))
        let end = play.runner.run()
        #expect(end.stopReasons == [.broken])
        #expect(end.failure is FleetSource.Unreadable)
        #expect(play.sink.rows == [1])
    }

    @Test func noRowIsReadAgainAtItsEnd() throws {
        // As behind a row that --only leaves out, a row's number in the input is not the source's.
        let source = FleetSource(hosts: [0, 1, 0, 1], first: 3)
        #expect(try Play(source, jobs: .fixed(2)).runner.run().stopReasons.isEmpty)
        #expect(source.reads.withLock { $0.sorted() } == [0, 1, 2, 3])
    }

    @Test func aRowThatWaitsHoldsUpNoOther() throws {
        let script = Script(answer: { $0 == 1 ? .okTheSecondTime : .ok })
        let play = try Play(hosts: [0, 1], jobs: .fixed(1), script: script)
        #expect(play.runner.run().stopReasons.isEmpty)
        #expect(play.sink.rows == [2, 1])
    }

    @Test func aCalendarThatIsSetOnEndsTheWindow() throws {
        let clock = ManualClock()
        let end = RunWindow(
            end: .seconds(3600), calendar: clock.wallTime() + .seconds(3600), timeout: .seconds(30))
        let script = Script(whenSent: { row in if row == 5 { clock.setCalendar(on: .seconds(3571)) } })
        let play = try Play(hosts: Array(0..<50), jobs: .fixed(1), window: end, clock: clock, script: script)
        #expect(play.runner.run().stopReasons == [.window])
        #expect(play.sink.rows.prefix(5) == [1, 2, 3, 4, 5] && play.sink.sent.count == 5)
    }

    @Test func aStopFromOutsideEndsTheRun() throws {
        let box = Lock<Runner?>(nil)
        let script = Script(whenSent: { row in if row == 5 { box.withLock { $0 }?.stop(.signal(15)) } })
        let play = try Play(hosts: Array(0..<50), jobs: .fixed(2), script: script)
        box.withLock { $0 = play.runner }
        let end = play.runner.run()
        box.withLock { $0 = nil }
        #expect(end.stopReasons == [.signal(15)])
        #expect(play.sink.rows.count < 50)
    }

    @Test(arguments: [1, 3])
    func aCutEndsRequestsThatNobodyAnswers(workers: Int) throws {
        let box = Lock<Runner?>(nil)
        let script = Script(
            answer: { _ in .never },
            whenSent: { row in
                guard row == 5 else { return }
                let runner = box.withLock { $0 }
                runner?.stop(.signal(2))
                runner?.cut()
            })
        let play = try Play(hosts: Array(0..<50), jobs: .fixed(8), workers: workers, script: script)
        box.withLock { $0 = play.runner }
        let end = play.runner.run()
        box.withLock { $0 = nil }
        #expect(end.stopReasons == [.signal(2)] && end.failure == nil)
        #expect(play.sink.rows.contains(5) && play.sink.rows.count <= 8 && play.sink.rows.sorted() == play.sink.sent)
        #expect(play.sink.outcomes.values.allSatisfy { $0.status == .unknown })
    }

    @Test func aCutBeforeTheRunBeginsSendsNothing() throws {
        let play = try Play(hosts: Array(0..<50), jobs: .fixed(8))
        play.runner.stop(.signal(2))
        play.runner.cut()
        #expect(play.runner.run().stopReasons == [.signal(2)])
        #expect(play.sink.rows.isEmpty && play.sink.sent.isEmpty)
    }

    @Test func aPerformerThatCannotBeMadeStartsNothing() {
        let source = FleetSource(hosts: [0])
        #expect(throws: RecordingSink.Failure.self) {
            try Runner(source: source, sink: RecordingSink(), settings: RunSettings(), clock: SystemClock()) {
                throw RecordingSink.Failure()
            }
        }
    }
}

/// A runner whose PBXs, sink and source a test looks into.
private struct Play {
    let runner: Runner
    let sink: RecordingSink
    let script: Script

    init(
        hosts: [Int], jobs: JobLimit, workers: Int = 2, window: RunWindow? = nil, clock: any RunClock = SystemClock(),
        sink: RecordingSink = RecordingSink(), script: Script = Script()
    ) throws {
        let source = FleetSource(hosts: hosts)
        try self.init(source, jobs: jobs, workers: workers, window: window, clock: clock, sink: sink, script: script)
    }

    init(
        _ source: FleetSource, jobs: JobLimit, workers: Int = 2, window: RunWindow? = nil,
        clock: any RunClock = SystemClock(), sink: RecordingSink = RecordingSink(), script: Script = Script()
    ) throws {
        var settings = RunSettings()
        (settings.jobs, settings.window) = (jobs, window)
        self.sink = sink
        self.script = script
        runner = try Runner(source: source, sink: sink, settings: settings, clock: clock, workers: workers) {
            ScriptedPerformer(script, sink: sink)
        }
    }
}
