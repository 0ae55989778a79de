import Dispatch

/// A fixed number of workers, each a serial Dispatch queue of its own with a member that only it touches.
///
/// With blocking jobs one concurrent queue runs as many at once as Dispatch likes, whatever was asked for; a queue for
/// each worker runs all of them. Dispatch has 255 threads at most for each quality of service, so the workers are spread
/// over several. What workers may wait for must run at another one, `userInteractive`.
package final class WorkerPool<Member>: Sendable {
    private let workers: [Worker<Member>]

    /// - Parameters:
    ///   - count: workers, at least 1.
    ///   - makeMember: makes a worker's member, on the worker's queue, before its first piece of work.
    package init(count: Int, makeMember: @escaping @Sendable () throws -> Member) {
        workers = (0..<count).map { Worker(number: $0, makeMember: makeMember) }
    }

    /// Lets a worker carry out a piece of work after those it was given before; does not wait for it.
    ///
    /// The member comes as a result, because making it can fail.
    package func run(on worker: Int, _ work: @escaping @Sendable (Result<Member, any Error>) -> Void) {
        workers[worker].run(work)
    }
}

// Safe because the member is made and used on the serial queue only.
private final class Worker<Member>: @unchecked Sendable {
    private let queue: DispatchQueue
    private let makeMember: @Sendable () throws -> Member
    private var member: Member?

    private static var workersPerService: Int { 200 }

    init(number: Int, makeMember: @escaping @Sendable () throws -> Member) {
        let services: [DispatchQoS] = [.default, .userInitiated, .utility]
        let service = services[number / Self.workersPerService % services.count]
        queue = DispatchQueue(label: "certfleet.worker.\(number)", qos: service)
        self.makeMember = makeMember
    }

    func run(_ work: @escaping @Sendable (Result<Member, any Error>) -> Void) {
        queue.async { work(Result { try self.readyMember() }) }
    }

    private func readyMember() throws -> Member {
        if let member { return member }
        let made = try makeMember()
        member = made
        return made
    }
}
