import CLibCurl

/// What libcurl's callbacks note about the request under way.
final class AnswerBuffer {
    private(set) var body: [UInt8] = []
    /// Whether body or headers went past the limit, so that the request was given up.
    private(set) var isTruncated = false
    /// Whether the connection stood and the request was let go, so that bytes of it may have left.
    private(set) var isRequestStarted = false
    /// Asked when the connection stands: whether the request may leave.
    var mayLeave: () -> Bool = { true }
    private var headerSize = 0

    /// A body larger than this is rare: its memory is given back.
    private static let keptCapacity = 1 << 16

    /// Forgets the last answer and keeps the memory for the next one.
    func reset() {
        body.removeAll(keepingCapacity: body.capacity <= Self.keptCapacity)
        isTruncated = false
        isRequestStarted = false
        headerSize = 0
    }

    /// Sets the callbacks of a handle; the buffer must outlive the handle's requests.
    func attach(to easy: borrowing EasyHandle) -> [CURLcode] {
        let context = UnsafeRawPointer(Unmanaged.passUnretained(self).toOpaque())
        return [
            easy.set(CURLOPT_WRITEDATA, pointer: context),
            easy.set(CURLOPT_HEADERDATA, pointer: context),
            easy.set(CURLOPT_PREREQDATA, pointer: context),
            easy.set(CURLOPT_WRITEFUNCTION, receiver: receiveBody),
            easy.set(CURLOPT_HEADERFUNCTION, receiver: receiveHeader),
            easy.setBeforeRequest(askBeforeRequest),
        ]
    }

    fileprivate static func of(_ context: UnsafeMutableRawPointer) -> AnswerBuffer {
        Unmanaged<AnswerBuffer>.fromOpaque(context).takeUnretainedValue()
    }

    fileprivate func append(_ bytes: UnsafeRawBufferPointer) -> Int {
        let room = HTTPAnswer.sizeLimit - body.count
        body.append(contentsOf: bytes.prefix(room))
        isTruncated = bytes.count > room
        return min(bytes.count, room)
    }

    fileprivate func countHeader(_ size: Int) -> Int {
        headerSize += size
        isTruncated = headerSize > HTTPAnswer.sizeLimit
        return isTruncated ? 0 : size
    }

    fileprivate func startRequest() -> Bool {
        isRequestStarted = mayLeave()
        return isRequestStarted
    }
}

// libcurl gives up the request when a receiver takes less than it was given.

private let receiveBody: curl_write_callback = { bytes, size, count, context in
    guard let bytes, let context else { return 0 }
    return AnswerBuffer.of(context).append(UnsafeRawBufferPointer(start: bytes, count: size * count))
}

private let receiveHeader: curl_write_callback = { _, size, count, context in
    guard let context else { return 0 }
    return AnswerBuffer.of(context).countHeader(size * count)
}

private let askBeforeRequest: curl_prereq_callback = { context, _, _, _, _ in
    guard let context, AnswerBuffer.of(context).startRequest() else { return CURL_PREREQFUNC_ABORT }
    return CURL_PREREQFUNC_OK
}
