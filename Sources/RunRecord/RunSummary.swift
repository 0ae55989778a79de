import FleetModel
package import JSONText
package import Platform

/// What a run was and how it ended: the content of `summary.json`.
package struct RunSummary: Hashable, Sendable {
    /// The hosts of a run.
    package struct Hosts: Hashable, Sendable {
        /// Distinct hosts of the rows that are part of the run.
        package var total: Int
        /// Hosts that were stopped, so that rows of theirs were skipped.
        package var stopped: Int
        /// Hosts that could not be reached.
        package var unreachable: Int

        /// The members one by one.
        package init(total: Int, stopped: Int, unreachable: Int) {
            self.total = total
            self.stopped = stopped
            self.unreachable = unreachable
        }
    }

    /// What was known of the run when it began.
    package var run: RunHeader
    /// When the last row was done.
    package var finishedAt: WallTime
    /// Rows by status and errcode, as the result file has them.
    package var rows: OutcomeTally
    /// How many hosts there were, and how many were given up.
    package var hosts: Hosts
    /// HTTP requests made, those of logins among them.
    package var requests: Int
    /// HTTP requests that were sent because an earlier one failed.
    package var retries: Int
    /// Rows whose outcome was taken over from an earlier run.
    package var resumed: Int
    /// Nil when no request was made.
    package var latency: LatencySummary?
    /// How the process ends.
    package var exitCode: Int32
    /// What ended the run before all rows were done, in one word; nil when nothing did.
    package var stoppedBy: String?
    /// Name of the result file; nil when it could not be written, so that an older one may stand there.
    package var result: String?

    /// The members one by one.
    package init(
        run: RunHeader, finishedAt: WallTime, rows: OutcomeTally, hosts: Hosts, requests: Int, retries: Int,
        resumed: Int, latency: LatencySummary?, exitCode: Int32, stoppedBy: String?, result: String?
    ) {
        self.run = run
        self.finishedAt = finishedAt
        self.rows = rows
        self.hosts = hosts
        self.requests = requests
        self.retries = retries
        self.resumed = resumed
        self.latency = latency
        self.exitCode = exitCode
        self.stoppedBy = stoppedBy
        self.result = result
    }

    /// Writes `summary.json` into a directory, replacing an earlier one when the new one is complete and on disk.
    ///
    /// - Throws: ``ToolError`` when it cannot be written.
    package func write(to directory: RunDirectory) throws(ToolError) {
        let file = try AtomicFile(RunSummary.fileName, in: directory.folder)
        try file.append(json)
        try file.commit()
    }

    static let fileName = "summary.json"
}

extension RunSummary {
    /// The summary as one JSON object, each of its members on a line of its own.
    package var json: [UInt8] {
        var bytes: [UInt8] = Array("{\n".utf8)
        for (index, member) in members.enumerated() {
            bytes.append(contentsOf: index == 0 ? "  ".utf8 : ",\n  ".utf8)
            bytes.appendJSONString(member.key)
            bytes.append(contentsOf: ": ".utf8)
            var value = JSONWriter()
            value.value(member.value)
            bytes.append(contentsOf: value.bytes)
        }
        bytes.append(contentsOf: "\n}\n".utf8)
        return bytes
    }

    private var members: [JSONMember] {
        [
            JSONMember(key: "run_id", value: .string(run.runID)),
            JSONMember(key: "version", value: .string(run.version)),
            JSONMember(key: "input", value: run.input.json),
            JSONMember(key: "arguments", value: run.argumentsJSON),
            JSONMember(key: "started_at", value: .string(run.startedAt.description)),
            JSONMember(key: "finished_at", value: .string(finishedAt.description)),
            JSONMember(key: "counts", value: rows.countsJSON),
            JSONMember(key: "errcodes", value: rows.errcodesJSON),
            JSONMember(key: "hosts", value: hosts.json),
            JSONMember(key: "requests", value: JSONValue(requests)),
            JSONMember(key: "retries", value: JSONValue(retries)),
            JSONMember(key: "resumed", value: JSONValue(resumed)),
            JSONMember(key: "latency_ms", value: latency?.json ?? LatencySummary.absent),
            JSONMember(key: "latency_buckets", value: (latency?.buckets ?? LatencyBuckets()).json),
            JSONMember(key: "exit_code", value: JSONValue(Int(exitCode))),
            JSONMember(key: "stopped_by", value: stoppedBy.map { .string($0) } ?? .null),
            JSONMember(key: "result", value: result.map { .string($0) } ?? .null),
        ]
    }
}

extension OutcomeTally {
    /// Rows by status.
    package var countsJSON: JSONValue {
        .object(RowStatus.allCases.map { JSONMember(key: $0.rawValue, value: JSONValue(self[$0])) })
    }

    /// Rows by errcode.
    package var errcodesJSON: JSONValue {
        .object(errcodes.sorted { $0.key < $1.key }.map { JSONMember(key: "\($0.key)", value: JSONValue($0.value)) })
    }
}

extension RunSummary.Hosts {
    /// `{"total":…,"stopped":…,"unreachable":…}`.
    package var json: JSONValue {
        .object([
            JSONMember(key: "total", value: JSONValue(total)), JSONMember(key: "stopped", value: JSONValue(stopped)),
            JSONMember(key: "unreachable", value: JSONValue(unreachable)),
        ])
    }
}
