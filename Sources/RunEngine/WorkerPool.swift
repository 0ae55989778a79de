import Platform
import DequeModule
import Dispatch
import FleetModel

/// The workers of a run: an event loop each, which occupies a serial Dispatch queue.
final class WorkerPool: Sendable {
    let workers: [Worker]
    private let running = DispatchGroup()

    /// - Parameters:
    ///   - count: workers, at least 1.
    ///   - makePerformer: makes a worker's performer.
    /// - Throws: what `makePerformer` throws.
    init(count: Int, makePerformer: () throws -> any JobPerformer) rethrows {
        workers = try (0..<count).map { Worker(number: $0, try makePerformer()) }
    }

    func start() {
        for worker in workers {
            let queue = DispatchQueue(label: "certfleet.worker.\(worker.number)", qos: .userInitiated)
            queue.async(group: running) { worker.performer.run() }
        }
    }

    /// Ends the loops, on which nothing is under way. Blocks until they have ended.
    func stop() {
        for worker in workers { worker.performer.stop() }
        running.wait()
    }
}

/// One worker and what it has to do.
// Safe because everything that changes is touched on the performer's loop alone.
final class Worker: @unchecked Sendable {
    let number: Int
    let performer: any JobPerformer
    /// The row of each host that has one under way.
    private(set) var jobs: [Int: Job] = [:]
    /// Whether its requests were cut off, so that none must start.
    private(set) var isCut = false
    private var backlog: Deque<Work> = []
    private var isAtWork = false

    init(number: Int, _ performer: any JobPerformer) {
        self.number = number
        self.performer = performer
    }

    /// Does something on the loop, after all that was posted before. From any thread.
    func post(_ act: @escaping @Sendable (Worker) -> Void) {
        performer.post { act(self) }
    }

    func begin(_ job: Job, on host: Int) {
        jobs[host] = job
        performer.begin(job, on: host)
    }

    func release(_ host: Int) {
        jobs[host] = nil
        performer.release(host)
    }

    func cut() {
        isCut = true
        performer.cut()
    }

    func add(_ work: Work) { backlog.append(work) }

    /// Does all that was added; not again while it does, so that work which ends at once does not pile up on the stack.
    func workOff(_ perform: (Work) -> Void) {
        guard !isAtWork else { return }
        isAtWork = true
        while let work = backlog.popFirst() { perform(work) }
        isAtWork = false
    }
}
