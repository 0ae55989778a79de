import Platform
import JSONText
import FleetModel

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
            JSONMember(key: "started_at", value: .string(run.startedAt.description)),
            JSONMember(key: "finished_at", value: .string(finishedAt.description)),
            JSONMember(key: "counts", value: counts),
            JSONMember(key: "errcodes", value: errcodes),
            JSONMember(key: "hosts", value: hosts.json),
            JSONMember(key: "requests", value: .integer(requests)),
            JSONMember(key: "retries", value: .integer(retries)),
            JSONMember(key: "resumed", value: .integer(resumed)),
            JSONMember(key: "latency_ms", value: latency?.json ?? LatencySummary.absent),
            JSONMember(key: "exit_code", value: .integer(Int(exitCode))),
            JSONMember(key: "stopped_by", value: stoppedBy.map { .string($0) } ?? .null),
        ]
    }

    private var counts: JSONValue {
        .object(RowStatus.allCases.map { JSONMember(key: $0.rawValue, value: .integer(rows[$0])) })
    }

    private var errcodes: JSONValue {
        let sorted = rows.errcodes.sorted { $0.key < $1.key }
        return .object(sorted.map { JSONMember(key: "\($0.key)", value: .integer($0.value)) })
    }
}

extension RunSummary.Hosts {
    fileprivate var json: JSONValue {
        .object([
            JSONMember(key: "total", value: .integer(total)), JSONMember(key: "stopped", value: .integer(stopped)),
            JSONMember(key: "unreachable", value: .integer(unreachable)),
        ])
    }
}

extension LatencySummary {
    fileprivate var json: JSONValue {
        .object(zip(LatencySummary.names, [p50, p95, p99, max]).map { JSONMember(key: $0, value: $1.milliseconds) })
    }

    /// The summary of no request.
    fileprivate static let absent = JSONValue.object(names.map { JSONMember(key: $0, value: .null) })

    private static let names = ["p50", "p95", "p99", "max"]
}

extension Duration {
    /// Milliseconds with three decimals.
    fileprivate var milliseconds: JSONValue {
        let microseconds = Int(self / .microseconds(1))
        let decimals = String(1000 + microseconds % 1000).dropFirst()
        return .number("\(microseconds / 1000).\(decimals)")
    }
}

extension JSONValue {
    fileprivate static func integer(_ number: Int) -> JSONValue { .number(String(number)) }
}
