import Glibc
import NIOCore
import NIOPosix
package import Platform
import Synchronization

/// Simulated PBXs on loopback, each with an address of its own, all on one port: the calls of ``Endpoint``, and
/// faults on demand.
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
    private let identity: TLSIdentity?
    private let isStopped = Atomic<Bool>(false)

    /// Starts the PBXs; once it returns all of them answer.
    ///
    /// Raises the process's soft limit on open files to the hard one.
    ///
    /// - Throws: ``ToolError`` when the settings make no sense, the open files do not suffice, an address or a port
    ///   cannot be had, or the record file cannot be written; nothing is left running then.
    package static func start(_ settings: SimulatorSettings) throws(ToolError) -> Simulator {
        guard 1...SimulatedHost.most ~= settings.hosts else {
            let range = "it must be 1 to \(SimulatedHost.most)"
            throw ToolError(.usage, "'\(settings.hosts)' simulated hosts are not possible: \(range)")
        }
        try checkOpenFiles(for: settings.hosts, limit: OpenFileLimit.raise())
        let group = MultiThreadedEventLoopGroup(numberOfThreads: settings.threads ?? System.coreCount)
        do throws(ToolError) {
            let simulator = try Simulator(settings, on: group)
            try simulator.open()
            return simulator
        } catch {
            // The reason for the failure is what counts.
            try? group.syncShutdownGracefully()
            throw error
        }
    }

    private init(_ settings: SimulatorSettings, on group: MultiThreadedEventLoopGroup) throws(ToolError) {
        identity = settings.usesTLS ? try TLSIdentity() : nil
        let listeners = try Self.listeners(settings, on: group)
        // Last, because it empties the file of an earlier run.
        let record = try RequestRecord(settings: settings)
        hosts = (1...settings.hosts).map { number in
            SimulatedHost(
                number: number, port: listeners[0].port, credentials: settings.credentials, usesTLS: settings.usesTLS)
        }
        pbxs = hosts.map { SimulatedPBX(host: $0, settings: settings, record: record) }
        requestRecord = record
        self.listeners = listeners
        self.group = group
    }

    /// Stops all PBXs and ends the record: connections are closed, requests still open are recorded as unanswered. A
    /// second call does nothing.
    ///
    /// - Throws: ``ToolError`` when the record file is not complete.
    package func stop() throws(ToolError) {
        guard !isStopped.exchange(true, ordering: .sequentiallyConsistent) else { return }
        for listener in listeners { listener.close() }
        do {
            try group.syncShutdownGracefully()
        } catch {
            throw ToolError(.broken, "the simulated hosts did not stop cleanly: \(error)")
        }
        try requestRecord.checkFile()
    }

    private func open() throws(ToolError) {
        let openings = zip(listeners, pbxs).map { $0.open(for: $1, identity) }
        for (listener, opening) in zip(listeners, openings) { try listener.wait(for: opening) }
    }

    /// - Throws: ``ToolError`` when the listeners would leave too few open files for connections.
    static func checkOpenFiles(for hosts: Int, limit: Int) throws(ToolError) {
        let needed = hosts + 256
        guard limit >= needed else {
            throw ToolError(
                .broken, "the simulated hosts need \(needed) open files, and the limit is \(limit)",
                hint: "raise the limit (ulimit -Hn), or simulate fewer hosts")
        }
    }

    private static func listeners(
        _ settings: SimulatorSettings, on group: MultiThreadedEventLoopGroup
    ) throws(ToolError) -> [Listener] {
        // A port that is free on the first address can be taken on another.
        var triesLeft = settings.port == 0 ? 20 : 1
        while true {
            triesLeft -= 1
            var (listeners, port): ([Listener], UInt16) = ([], settings.port)
            listeners.reserveCapacity(settings.hosts)
            do throws(LoopbackSocket.Refusal) {
                while listeners.count < settings.hosts {
                    let address = SimulatedHost.address(listeners.count + 1)
                    listeners.append(try Listener(address: address, port: port, loop: group.next()))
                    port = listeners[0].port
                }
                return listeners
            } catch {
                guard error.code == EADDRINUSE, triesLeft > 0 else {
                    throw .cannotListen(on: SimulatedHost.address(listeners.count + 1), port: port, error)
                }
            }
        }
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
    /// - Throws: ``ToolError`` when the address cannot be had again; the PBX is then refusing.
    package func set(_ reachability: Reachability, on host: Int) throws(ToolError) {
        try listeners[host - 1].set(reachability, for: pbxs[host - 1], identity)
    }

    /// The key of all PBXs as a pin; nil when they speak no TLS.
    package var pin: String? { identity?.pin }

    /// The certificates of every PBX as they are now, in the order of the PBXs.
    package var certificates: [[SimulatedCertificate]] { pbxs.map(\.certificates) }

    /// The certificates of a PBX as they are now.
    package func certificates(on host: Int) -> [SimulatedCertificate] { pbxs[host - 1].certificates }

    /// Puts a certificate in the place of the one with its id, or beside the others, as somebody at the PBX's own web
    /// pages could.
    package func set(_ certificate: SimulatedCertificate, on host: Int) { pbxs[host - 1].set(certificate) }

    /// Changes how the issuing goes of certificates that a PBX applies for from now on.
    package func set(_ issuing: Issuing, on host: Int) { pbxs[host - 1].set(issuing) }

    /// The files that were uploaded to a PBX, the last one first; a later one of the same name takes the place of an
    /// earlier one.
    package func uploads(on host: Int) -> [SimulatedUpload] { pbxs[host - 1].uploads }

    /// How many tokens of logins a PBX accepts now.
    package func tokenCount(on host: Int) -> Int { pbxs[host - 1].tokenCount }

    /// Lets all tokens of logins on a PBX expire now.
    package func expireTokens(on host: Int) { pbxs[host - 1].expireTokens() }

    /// How many connections a PBX has accepted so far, also those it dropped unread.
    package func connections(on host: Int) -> Int { pbxs[host - 1].connections }

    /// How many requests a PBX has read so far, also those that are not over and not in ``record`` yet.
    package func requests(on host: Int) -> Int { pbxs[host - 1].requests }
}
