import NIOCore
import NIOPosix
import Synchronization

/// Simulated PBXs on loopback, each with an address of its own, all on one port: what `pbx-api` says about
/// `get_token`, `del_token` and `certificate/update`, and faults on demand.
///
/// Every method blocks and may be called from any thread but an event loop's. PBXs are named by their number, from 1;
/// another number is a mistake of the caller and traps.
package final class Simulator: Sendable {
    /// All PBXs, by number.
    package let hosts: [SimulatedHost]
    private let pbxs: [SimulatedPBX]
    private let listeners: [Listener]
    private let group: MultiThreadedEventLoopGroup
    private let requestRecord: RequestRecord
    private let isStopped = Atomic<Bool>(false)

    /// Starts the PBXs; once it returns all of them answer.
    ///
    /// Raises the process's soft limit on open files as far as it needs to.
    ///
    /// - Throws: ``SimulatorError`` when the settings make no sense, the open files do not suffice, an address or a port
    ///   cannot be had, or the record file cannot be written; nothing is left running then.
    package static func start(_ settings: SimulatorSettings) throws(SimulatorError) -> Simulator {
        let most = LoopbackAddress.capacity(from: settings.firstNetwork)
        guard 1...most ~= settings.hosts else { throw .hostCount(settings.hosts, most: most) }
        guard settings.threads >= 0 else { throw .threadCount(settings.threads) }
        try OpenFileLimit.raise(forListeners: settings.hosts)
        let threads = settings.threads == 0 ? System.coreCount : settings.threads
        let group = MultiThreadedEventLoopGroup(numberOfThreads: threads)
        do throws(SimulatorError) {
            let simulator = try Simulator(settings, on: group)
            try simulator.open()
            return simulator
        } catch {
            // The reason for the failure is what counts.
            try? group.syncShutdownGracefully()
            throw error
        }
    }

    private init(_ settings: SimulatorSettings, on group: MultiThreadedEventLoopGroup) throws(SimulatorError) {
        let listeners = try Self.listeners(settings, on: group)
        // Last, because it empties the file of an earlier run.
        let record = try RequestRecord(settings: settings)
        hosts = (1...settings.hosts).map { number in
            SimulatedHost(
                number: number, address: LoopbackAddress(number: number, firstNetwork: settings.firstNetwork),
                port: listeners[0].port, credentials: settings.credentials)
        }
        pbxs = hosts.map { SimulatedPBX(host: $0, settings: settings, record: record) }
        requestRecord = record
        self.listeners = listeners
        self.group = group
    }

    /// Stops all PBXs and ends the record: connections are closed, requests still open are recorded as unanswered. A
    /// second call does nothing.
    ///
    /// - Throws: ``SimulatorError`` when the record file is not complete.
    package func stop() throws(SimulatorError) {
        guard !isStopped.exchange(true, ordering: .sequentiallyConsistent) else { return }
        for listener in listeners { listener.close() }
        do {
            try group.syncShutdownGracefully()
        } catch {
            throw .stopping(error)
        }
        try requestRecord.close()
    }

    private func open() throws(SimulatorError) {
        let openings = zip(listeners, pbxs).map { $0.open(for: $1) }
        for (listener, opening) in zip(listeners, openings) { try listener.wait(for: opening) }
    }

    private static func listeners(
        _ settings: SimulatorSettings, on group: MultiThreadedEventLoopGroup
    ) throws(SimulatorError) -> [Listener] {
        guard settings.port == 0 else { return try listeners(settings, port: settings.port, on: group) }
        let tries = 20
        for _ in 0..<tries {
            do throws(SimulatorError) {
                return try listeners(settings, port: 0, on: group)
            } catch {
                // A port that is free on the first address can be taken on another.
                guard error.isPortTaken else { throw error }
            }
        }
        throw .noFreePort(tries: tries)
    }

    private static func listeners(
        _ settings: SimulatorSettings, port: UInt16, on group: MultiThreadedEventLoopGroup
    ) throws(SimulatorError) -> [Listener] {
        var port = port
        var listeners: [Listener] = []
        listeners.reserveCapacity(settings.hosts)
        for number in 1...settings.hosts {
            let address = LoopbackAddress(number: number, firstNetwork: settings.firstNetwork)
            let listener = try Listener(address: address, port: port, loop: group.next())
            port = listener.port
            listeners.append(listener)
        }
        return listeners
    }
}

extension Simulator {
    /// Every request that is over, in the order in which they ended; empty when the settings keep none.
    package var record: [RecordedRequest] { requestRecord.requests }

    /// Makes a PBX do these things from its next request on, instead of what was set before. The first fault that fits
    /// a request and is not used up is the one that happens.
    package func set(_ faults: [Fault], on host: Int) {
        pbxs[host - 1].set(faults)
    }

    /// Makes a PBX do this from its next request on, instead of what was set before; nil makes it do what it should.
    package func set(_ fault: Fault?, on host: Int) {
        set(fault.map { [$0] } ?? [], on: host)
    }

    /// Changes whether a PBX can be reached; connections that were accepted before live on. Not for one PBX from two
    /// threads at once.
    ///
    /// - Throws: ``SimulatorError`` when the address cannot be had again; the PBX is then refusing.
    package func set(_ reachability: Reachability, on host: Int) throws(SimulatorError) {
        try listeners[host - 1].set(reachability, for: pbxs[host - 1])
    }

    /// The certificates of a PBX as they are now.
    package func certificates(on host: Int) -> [SimulatedCertificate] { pbxs[host - 1].certificates }

    /// How many tokens of logins a PBX accepts now.
    package func tokenCount(on host: Int) -> Int { pbxs[host - 1].tokenCount }

    /// Lets all tokens of logins on a PBX expire now.
    package func expireTokens(on host: Int) { pbxs[host - 1].expireTokens() }

    /// How many connections a PBX has accepted so far, also those it dropped unread.
    package func connections(on host: Int) -> Int { pbxs[host - 1].connections }

    /// How many requests a PBX has read so far, also those that are not over and not in ``record`` yet.
    package func requests(on host: Int) -> Int { pbxs[host - 1].requests }
}
