import Platform
import Glibc

/// Turns text of another encoding into UTF-8, piece by piece, with glibc's iconv; never a replacement character.
struct Transcoder: ~Copyable {
    /// Whether there were bytes that are no text of the encoding; nothing is turned after them.
    private(set) var hasFailed = false
    private let descriptor: iconv_t
    /// The start of a character that a piece cut.
    private var rest: [UInt8] = []

    /// - Parameter encoding: glibc's name of the encoding.
    /// - Throws: ``ToolError`` when this machine's glibc does not know the encoding.
    init(from encoding: String) throws(ToolError) {
        guard let descriptor = iconv_open("UTF-8", encoding), descriptor != iconv_t(bitPattern: -1) else {
            throw .unknownEncoding(encoding)
        }
        self.descriptor = descriptor
    }

    deinit {
        iconv_close(descriptor)
    }

    /// Bytes of UTF-8 that a piece can become at most: 3 for each byte, and for what was cut.
    static func room(for count: Int) -> Int { 3 * (count + 8) }

    /// Turns a piece.
    ///
    /// - Parameters:
    ///   - piece: the next bytes.
    ///   - output: where the UTF-8 goes; ``room(for:)`` bytes of it.
    /// - Returns: the bytes of UTF-8.
    mutating func turn(_ piece: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) -> Int {
        guard !hasFailed else { return 0 }
        var input = rest + piece
        return input.withUnsafeMutableBytes { input in
            var source = input.baseAddress?.assumingMemoryBound(to: CChar.self)
            var sourceLeft = input.count
            var target = output.baseAddress?.assumingMemoryBound(to: CChar.self)
            var targetLeft = output.count
            let result = iconv(descriptor, &source, &sourceLeft, &target, &targetLeft)
            if result == -1, errno != EINVAL { hasFailed = true }
            rest = Array(input.suffix(sourceLeft))
            return output.count - targetLeft
        }
    }

    /// Ends the text: half a character left over is a fault.
    mutating func finish() {
        if !rest.isEmpty { hasFailed = true }
    }
}
