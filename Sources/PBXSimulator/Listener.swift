import Glibc
import NIOCore
import NIOHTTP1
import NIOPosix
import Platform

/// The listening end of one PBX, on one event loop together with all its connections.
///
/// A PBX stays on one loop so that the end of a connection is seen before the next one of the same client is read: the
/// record would otherwise show overlaps that never were.
final class Listener: Sendable {
    private enum Gate: ~Copyable {
        case shut
        case bound(LoopbackSocket)
        case full(LoopbackSocket, filler: LoopbackSocket)
        case open(any Channel)
    }

    let port: UInt16
    private let address: String
    private let loop: any EventLoop
    private let gate: Lock<Gate>
    /// The kernel cuts it to its own limit.
    private static let backlog: CInt = 4096

    /// Takes the address and lets connections wait until ``open(for:)``.
    ///
    /// - Parameter port: 0 lets the system choose.
    init(address: String, port: UInt16, loop: any EventLoop) throws(LoopbackSocket.Refusal) {
        self.address = address
        self.loop = loop
        let socket = try LoopbackSocket.listening(on: address, port: port, backlog: Self.backlog)
        self.port = socket.port
        gate = Lock(.bound(socket))
    }

    /// Accepts connections for a PBX; once, on a new listener. Does not block.
    ///
    /// - Parameter identity: what it shows in a TLS handshake; nil for none.
    func open(for pbx: SimulatedPBX, _ identity: TLSIdentity?) -> EventLoopFuture<Void> {
        guard case .bound(let socket) = exchange(.shut) else { preconditionFailure("a listener is opened once") }
        let descriptor = socket.release()
        return Self.bootstrap(for: pbx, identity, on: loop).withBoundSocket(descriptor).map { channel in
            // Taking the socket over, NIO set a backlog of its own, too short for a load test.
            _ = Glibc.listen(descriptor, Self.backlog)
            _ = self.exchange(.open(channel))
        }
    }

    /// Changes who gets through; blocks, so never call it on an event loop, and not twice at once. Connections that
    /// were accepted before live on.
    func set(
        _ reachability: Reachability, for pbx: SimulatedPBX, _ identity: TLSIdentity?
    ) throws(ToolError) {
        close()
        do throws(LoopbackSocket.Refusal) {
            _ = exchange(try gate(reachability))
        } catch {
            throw .cannotListen(on: address, port: port, error)
        }
        if case .open = reachability { try wait(for: open(for: pbx, identity)) }
    }

    private func gate(_ reachability: Reachability) throws(LoopbackSocket.Refusal) -> Gate {
        let socket = try boundAgain()
        switch reachability {
        case .open:
            try socket.listen(backlog: Self.backlog)
        case .refusing:
            break
        case .blackholed:
            // With the one place in the queue taken, the kernel drops what comes after it.
            try socket.listen(backlog: 0)
            let filler = try LoopbackSocket()
            try filler.connect(to: address, port: port)
            return .full(socket, filler: filler)
        }
        return .bound(socket)
    }

    /// Takes the address that was just given up. A process that is just being started has a copy of every open socket until
    /// its program begins, so the address may be in use for some moments.
    private func boundAgain() throws(LoopbackSocket.Refusal) -> LoopbackSocket {
        for _ in 0..<500 {
            let socket = try LoopbackSocket()
            do throws(LoopbackSocket.Refusal) {
                try socket.bind(address, port: port)
                return socket
            } catch {
                guard error.code == EADDRINUSE else { throw error }
                usleep(10_000)
            }
        }
        throw LoopbackSocket.Refusal(code: EADDRINUSE)
    }

    /// Waits for something that happens on the event loop; blocks.
    func wait(for future: EventLoopFuture<Void>) throws(ToolError) {
        do {
            try future.wait()
        } catch {
            throw ToolError(.broken, "cannot serve '\(address):\(port)': \(error)")
        }
    }

    /// Gives the address up; blocks until nobody listens there.
    func close() {
        // A channel that is closed already is what is wanted here.
        if case .open(let channel) = exchange(.shut) { try? channel.close().wait() }
    }

    private func exchange(_ new: consuming Gate) -> Gate {
        var new: Gate? = new
        return gate.withLock { current in
            guard let next = new.take() else { return .shut }
            return Swift.exchange(&current, with: next)
        }
    }

    private static func bootstrap(
        for pbx: SimulatedPBX, _ identity: TLSIdentity?, on loop: any EventLoop
    ) -> ServerBootstrap {
        ServerBootstrap(group: loop)
            .serverChannelOption(.maxMessagesPerRead, value: 16)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let identity { try channel.pipeline.syncOperations.addHandler(TLSHandler(identity)) }
                    try channel.pipeline.syncOperations.addHandlers(
                        ByteToMessageHandler(HTTPRequestDecoder()), ConnectionHandler(pbx: pbx))
                }
            }
    }
}

/// Whether a connection to a PBX can be made at all.
package enum Reachability: Sendable {
    /// Connections are accepted.
    case open
    /// Nobody listens: a connection is refused at once.
    case refusing
    /// Attempts to connect get no answer at all, as behind a firewall that drops packets.
    case blackholed
}

extension ToolError {
    /// An address that a PBX cannot have.
    static func cannotListen(on address: String, port: UInt16, _ refusal: LoopbackSocket.Refusal) -> ToolError {
        ToolError(
            .broken, "cannot listen on '\(address):\(port)': \(systemText(refusal.code))",
            hint: refusal.code == EADDRINUSE ? "choose another port, or stop what is using this one" : nil)
    }
}
