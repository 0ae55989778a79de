import Glibc
import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// The listening end of one PBX, on one event loop together with all its connections.
///
/// A PBX stays on one loop so that the end of a connection is seen before the next one of the same client is read: the
/// record would otherwise show overlaps that never were.
final class Listener: Sendable {
    private enum Ear: ~Copyable {
        case shut
        case bound(LoopbackSocket)
        case full(LoopbackSocket, filler: LoopbackSocket)
        case open(any Channel)
    }

    let port: UInt16
    private let address: LoopbackAddress
    private let loop: any EventLoop
    private let ear: Mutex<Ear>
    /// The kernel cuts it to its own limit.
    private static let backlog: CInt = 4096

    /// Takes the address and lets connections wait until ``open(for:)``.
    ///
    /// - Parameter port: 0 lets the system choose.
    init(address: LoopbackAddress, port: UInt16, loop: any EventLoop) throws(SimulatorError) {
        self.address = address
        self.loop = loop
        let socket = try LoopbackSocket(address: address)
        self.port = try socket.bind(port: port)
        try socket.listen(backlog: Self.backlog, port: self.port)
        ear = Mutex(.bound(socket))
    }

    /// Accepts connections for a PBX; once, on a new listener. Does not block.
    func open(for pbx: SimulatedPBX) -> EventLoopFuture<Void> {
        guard case .bound(let socket) = exchange(.shut) else { preconditionFailure("a listener is opened once") }
        let descriptor = socket.release()
        return Self.bootstrap(for: pbx, on: loop).withBoundSocket(descriptor).map { channel in
            // Taking the socket over, NIO set a backlog of its own, too short for a load test.
            _ = Glibc.listen(descriptor, Self.backlog)
            _ = self.exchange(.open(channel))
        }
    }

    /// Changes who gets through; blocks, so never call it on an event loop, and not twice at once. Connections that
    /// were accepted before live on.
    func set(_ reachability: Reachability, for pbx: SimulatedPBX) throws(SimulatorError) {
        close()
        let socket = try LoopbackSocket(address: address)
        _ = try socket.bind(port: port)
        switch reachability {
        case .open:
            try socket.listen(backlog: Self.backlog, port: port)
            _ = exchange(.bound(socket))
            try wait(for: open(for: pbx))
        case .refusing:
            _ = exchange(.bound(socket))
        case .blackholed:
            // With the one place in the queue taken, the kernel drops what comes after it.
            try socket.listen(backlog: 0, port: port)
            let filler = try LoopbackSocket(address: address)
            try filler.connect(port: port)
            _ = exchange(.full(socket, filler: filler))
        }
    }

    /// Waits for something that happens on the event loop; blocks.
    func wait(for future: EventLoopFuture<Void>) throws(SimulatorError) {
        do {
            try future.wait()
        } catch {
            throw .serving(address: address.description, port: port, cause: error)
        }
    }

    /// Gives the address up; blocks until nobody listens there.
    func close() {
        // A channel that is closed already is what is wanted here.
        if case .open(let channel) = exchange(.shut) { try? channel.close().wait() }
    }

    private func exchange(_ new: consuming Ear) -> Ear {
        var new: Ear? = new
        return ear.withLock { current in
            guard let next = new.take() else { return .shut }
            return Swift.exchange(&current, with: next)
        }
    }

    private static func bootstrap(for pbx: SimulatedPBX, on loop: any EventLoop) -> ServerBootstrap {
        ServerBootstrap(group: loop)
            .serverChannelOption(.maxMessagesPerRead, value: 16)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandlers(
                        ByteToMessageHandler(HTTPRequestDecoder()), ConnectionHandler(pbx: pbx))
                }
            }
    }
}
