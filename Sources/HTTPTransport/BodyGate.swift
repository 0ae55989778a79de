import CLibCurl
import Glibc
import Platform

/// Lets the body of a request leave, or not.
package struct BodyGate: Sendable {
    let loop: TransportLoop
    let ticket: Ticket

    /// Says whether the body may leave; on the loop, and not before the question has returned. It changes nothing once
    /// the request is over, or was answered without its body.
    package func answer(_ mayLeave: Bool) { loop.answer(ticket, mayLeave) }
}

/// The body of a request that has a gate.
extension HostHandle {
    /// Whether the body may leave. The gate is asked when the connection stands. While it does not answer, libcurl does not
    /// hear of the connection of a plain request, and so sends nothing (``TransportLoop`` keeps the event). It sends the
    /// head, and the read callback pauses it before the body, over TLS, where there may be a proxy, and when it finds the
    /// connection by itself: 200 ms after the start, when the server goes, and when it is that of a second address.
    enum Hold: Equatable {
        case unasked
        /// The gate was asked and did not answer yet; since then the request waits.
        case asked(since: Duration)
        case open, withheld
        /// The server answered or went while the body was held; it must not leave any more.
        case overtaken
    }

    /// Whether libcurl must not hear that the connection stands before the gate has answered.
    var headMustWait: Bool {
        call.ask != nil && call.hold == .unasked && call.request.host.isPlain && !settings.hasProxy
    }

    /// Asks the gate, if there is one that was not asked.
    func askGate() {
        guard call.hold == .unasked, let ask = call.ask else { return }
        call.hold = .asked(since: SystemClock().now())
        if let answer = ask(), isHeld { call.hold = answer ? .open : .withheld }
    }

    /// Whether the gate did not answer yet.
    var isHeld: Bool {
        if case .asked = call.hold { true } else { false }
    }

    /// Takes the gate's answer; false when it was not asked or has answered. The request waits until it is resumed.
    func answerGate(_ hold: Hold, at now: Duration) -> Bool {
        guard case .asked(let since) = call.hold else { return false }
        call.heldFor += now - since
        call.hold = hold
        return true
    }

    /// Whether the server said something, or went, while the head waited.
    var hasEarlyAnswer: Bool {
        guard let socket = call.heldSocket else { return false }
        var byte: UInt8 = 0
        return recv(socket, &byte, 1, Int32(MSG_PEEK | MSG_DONTWAIT)) >= 0
    }

    /// Whether the request may begin to leave. A short body that may leave goes along with the head; any other one is asked
    /// for later, by ``giveBody(to:)``.
    func mayLeave() -> Bool {
        askGate()
        guard call.hold != .withheld else { return false }
        call.reception.isRequestStarted = true
        call.heldSocket = nil
        if call.hold == .open, case .post(let body) = call.request.method, body.count <= HostHandle.shortBody,
            easy.setBody(body) == CURLE_OK
        {
            call.bodyOffset = body.count
        }
        return true
    }

    /// Bytes that a kernel takes at once over a new connection, with a usual head.
    private static let shortBody = 8192

    /// Gives libcurl the next part of a body that has a gate, once the gate is open.
    func giveBody(to buffer: UnsafeMutableRawBufferPointer) -> Int {
        switch call.hold {
        case .unasked, .withheld: return Int(CURL_READFUNC_ABORT)
        case .asked: return Int(CURL_READFUNC_PAUSE)
        case .overtaken: return 0
        case .open: return copyBody(to: buffer)
        }
    }

    private func copyBody(to buffer: UnsafeMutableRawBufferPointer) -> Int {
        guard case .post(let body) = call.request.method else { return 0 }
        let part = body[call.bodyOffset...].prefix(buffer.count)
        buffer.copyBytes(from: part)
        call.bodyOffset += part.count
        return part.count
    }
}
