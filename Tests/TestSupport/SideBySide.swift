import Dispatch
import Foundation
import Platform
package import Testing

/// Runs the test cases of a suite on threads of their own, because they mostly wait.
///
/// Swift runs as many tests at once as there are processors, and one that waits for another process holds a place. There
/// are only so many threads, so that the machine keeps up.
package struct SideBySide: SuiteTrait, TestTrait, TestScoping {
    /// For the test cases of all suites.
    private static let threads = WaitingThreads(count: 8)

    package var isRecursive: Bool { true }

    package func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        guard testCase != nil else { return try await function() }
        try await withTaskExecutorPreference(Self.threads) { try await function() }
    }
}

extension Trait where Self == SideBySide {
    /// Several test cases of the suite run at once, also on a machine with few processors.
    package static var sideBySide: Self { Self() }
}

/// A few threads that do one job after the other.
private final class WaitingThreads: TaskExecutor {
    private let jobs = Lock<[UnownedJob]>([])
    private let count = DispatchSemaphore(value: 0)

    init(count: Int) {
        for _ in 0..<count {
            Thread.detachNewThread { [self] in
                while true { next().runSynchronously(on: asUnownedTaskExecutor()) }
            }
        }
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        jobs.withLock { $0.append(job) }
        count.signal()
    }

    private func next() -> UnownedJob {
        count.wait()
        return jobs.withLock { $0.removeFirst() }
    }
}
