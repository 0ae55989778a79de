import FleetModel
import Logging
import RunRecord

/// The recorder, with a log line for every row.
struct LoggedSink: OutcomeSink {
    let recorder: RunRecorder
    let logger: Logger

    func announce(_ job: Job) -> Bool {
        recorder.announce(job)
    }

    func willSend(_ job: Job) throws {
        try recorder.willSend(job)
    }

    func finished(_ job: Job, _ outcome: Outcome) {
        recorder.finished(job, outcome)
        logger.debug(
            "line \(job.position.line), \(job.address.host): \(outcome.status.rawValue)\(LoggedSink.reason(outcome))")
    }

    func requestEnded(latency: Duration, isRetry: Bool) {
        recorder.requestEnded(latency: latency, isRetry: isRetry)
    }

    private static func reason(_ outcome: Outcome) -> String {
        outcome.error.isEmpty ? "" : ": \(outcome.error)"
    }
}
