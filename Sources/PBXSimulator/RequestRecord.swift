import Synchronization

/// Where the requests of all PBXs are put down, in the order in which they ended.
final class RequestRecord: Sendable {
    private let kept = Mutex<[RecordedRequest]>([])
    private let keeps: Bool
    private let writer: RecordWriter?

    /// - Throws: ``SimulatorError`` when the file cannot be written.
    init(settings: SimulatorSettings) throws(SimulatorError) {
        keeps = settings.keepsRecord
        writer = try settings.recordFile.map { (path) throws(SimulatorError) in try RecordWriter(path: path) }
    }

    func append(_ request: ReceivedRequest, on host: SimulatedHost, with reaction: Reaction?) {
        guard keeps || writer != nil else { return }
        let entry = RecordedRequest(
            host: host.number, address: host.address, client: request.client, method: request.method,
            call: request.call, query: request.query, body: request.body, started: request.started, ended: .uptime,
            status: reaction?.status, errcode: reaction?.errcode)
        if keeps { kept.withLock { $0.append(entry) } }
        writer?.write(entry)
    }

    var requests: [RecordedRequest] { kept.withLock { $0 } }

    /// Ends the file.
    ///
    /// - Throws: ``SimulatorError`` when anything of it could not be written.
    func close() throws(SimulatorError) {
        try writer?.close()
    }
}
