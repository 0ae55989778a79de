import Glibc
import NIOCore
import NIOHTTP1
import Platform

/// One connection to one PBX: reads one request, does what the PBX says, closes.
final class ConnectionHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = ByteBuffer

    private enum Phase {
        case reading
        /// The request is not recorded yet; it will be with `shown` if the client hangs up now.
        case open(ReceivedRequest, shown: Reaction?)
        case over
    }

    private let pbx: SimulatedPBX
    private var phase = Phase.reading
    private var head: HTTPRequestHead?
    private var started = Duration.zero
    private var body = ByteBuffer()
    private var timer: Scheduled<Void>?
    /// The largest file that is taken, and some more.
    private static let bodyLimit = 2 << 20

    init(pbx: SimulatedPBX) {
        self.pbx = pbx
    }

    func channelActive(context: ChannelHandlerContext) {
        if !pbx.accept() { context.close(promise: nil) }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): read(head)
        case .body(var part): read(&part, context: context)
        case .end: finishReading(context: context)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        timer?.cancel()
        if case .open(_, let shown) = phase { finish(with: shown) }
    }

    /// What is no HTTP, such as the handshake of TLS, is answered as by a web server.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard head == nil, error is HTTPParserError else { return context.close(promise: nil) }
        phase = .over
        send(Answer(status: 400, body: []).head(length: 0), [], context: context)
    }

    /// Takes the first request only: a PBX closes after one answer.
    private func read(_ head: HTTPRequestHead) {
        guard self.head == nil else { return }
        self.head = head
        started = SystemClock().now()
    }

    private func read(_ part: inout ByteBuffer, context: ChannelHandlerContext) {
        guard body.readableBytes + part.readableBytes <= Self.bodyLimit else {
            context.close(promise: nil)
            return
        }
        body.writeBuffer(&part)
    }

    private func finishReading(context: ChannelHandlerContext) {
        guard case .reading = phase, let head else { return }
        let request = ReceivedRequest(
            method: head.method.rawValue, uri: head.uri, userAgent: head.headers.first(name: "User-Agent"),
            contentType: head.headers.first(name: "Content-Type"), client: context.remoteAddress?.ipAddress ?? "",
            body: Array(body.readableBytesView), started: started)
        phase = .open(request, shown: nil)
        let reaction = pbx.react(to: request)
        guard reaction.delay > .zero else { return perform(reaction, context: context) }
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(reaction.delay)) {
            self.perform(reaction, context: context)
        }
    }

    private func perform(_ reaction: Reaction, context: ChannelHandlerContext) {
        switch reaction.act {
        case .answer(let answer):
            finish(with: reaction)
            send(answer.head(length: answer.body.count), answer.body[...], context: context)
        case .truncate(let answer):
            finish(with: reaction)
            send(answer.head(length: answer.body.count), answer.body.prefix(answer.body.count / 2), context: context)
        case .endless:
            show(reaction)
            sendEndlessly(context: context)
        case .silence:
            show(reaction)
        case .drop:
            finish(with: reaction)
            context.close(promise: nil)
        case .reset:
            finish(with: reaction)
            reset(context: context)
        }
    }

    /// Leaves the request open until the client hangs up.
    private func show(_ reaction: Reaction) {
        guard case .open(let request, _) = phase else { return }
        phase = .open(request, shown: reaction)
    }

    private func finish(with reaction: Reaction?) {
        guard case .open(let request, _) = phase else { return }
        phase = .over
        pbx.finish(request, with: reaction)
    }

    private func send(_ head: String, _ body: ArraySlice<UInt8>, context: ChannelHandlerContext) {
        var buffer = context.channel.allocator.buffer(capacity: head.utf8.count + body.count)
        buffer.writeString(head)
        buffer.writeBytes(body)
        context.writeAndFlush(wrapOutboundOut(buffer)).assumeIsolated().whenComplete { _ in
            context.close(promise: nil)
        }
    }

    /// Keeps a piece of an answer on its way until the client hangs up, never more than one.
    private func sendEndlessly(context: ChannelHandlerContext) {
        let start = Answer(status: 200, headers: [("Content-Type", "application/json")], body: []).head(length: nil)
        let piece = ByteBuffer(repeating: UInt8(ascii: "A"), count: 1 << 16)
        let loop = context.eventLoop.assumeIsolated()
        func sendNext(_ buffer: ByteBuffer) {
            context.writeAndFlush(wrapOutboundOut(buffer)).assumeIsolated().whenSuccess {
                // Not at once: a write that never has to wait would go deeper into the stack each time.
                loop.execute { sendNext(piece) }
            }
        }
        sendNext(ByteBuffer(string: start + "{\"errcode\":0,\"errmsg\":\""))
    }

    private func reset(context: ChannelHandlerContext) {
        let close = { context.close(promise: nil) }
        guard let socket = context.channel as? any SocketOptionProvider else { return close() }
        socket.setSoLinger(linger(l_onoff: 1, l_linger: 0)).assumeIsolated().whenComplete { _ in close() }
    }
}

/// What is to be done on a connection once its request has been read.
struct Reaction: Sendable {
    /// The ways to end a request.
    enum Act: Sendable {
        case answer(Answer)
        /// The whole header, and half of the body it promises.
        case truncate(Answer)
        case endless
        case silence
        case drop
        case reset
    }

    let act: Act
    /// How long to wait before the act.
    var delay: Duration = .zero

    /// HTTP status the client can see; nil when there is no answer.
    var status: Int? {
        switch act {
        case .answer(let answer), .truncate(let answer): answer.status
        case .endless: 200
        case .silence, .drop, .reset: nil
        }
    }

    /// The errcode the client can read; nil when there is none.
    var errcode: Int? {
        guard case .answer(let answer) = act else { return nil }
        return answer.errcode
    }
}
