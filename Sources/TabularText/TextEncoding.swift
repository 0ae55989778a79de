import Platform
import Glibc

/// How an input's bytes are text, found from its first bytes and what was asked for.
struct TextEncoding {
    let encoding: TableShape.Encoding
    /// Bytes of the byte order mark; 0 when there is none.
    let markLength: Int

    /// Bytes at the start of an input that tell.
    static let headLength = 4

    /// Why the bytes cannot be read, if they contradict the choice or do not tell what must be known.
    private(set) var diagnostic: Diagnostic?

    /// - Parameters:
    ///   - head: the first bytes of the input, at least ``headLength`` of them if it has so many.
    ///   - choice: what was asked for.
    init(head: Bytes, choice: TableChoices.Encoding) {
        if Self.isOffice(head) {
            encoding = .utf8
            markLength = 0
            diagnostic = Self.refused("the file is a workbook or an archive, not text: save the sheet as CSV")
            return
        }
        if let (encoding, markLength) = Self.marked(head) {
            self.encoding = encoding
            self.markLength = markLength
            if choice != .automatic, choice != encoding.choice {
                let reason = "so it is not \(choice.rawValue): leave --encoding out"
                diagnostic = Self.refused("the file starts with the byte order mark of \(encoding.title), \(reason)")
            }
            return
        }
        markLength = 0
        let order = Self.byteOrder(head)
        switch choice {
        case .utf8: encoding = .utf8
        case .windows1252: encoding = .windows1252
        case .utf16:
            encoding = order ?? .utf16LittleEndian
            if order == nil {
                diagnostic = Self.refused(
                    "the file has no byte order mark that would tell how its UTF-16 is to be read")
            }
        case .automatic:
            encoding = .utf8
            if order != nil {
                diagnostic = Self.refused("the file looks like UTF-16 without a byte order mark: use --encoding utf-16")
            }
        }
    }

    /// Whether the bytes start a zip file, as `.xlsx` and `.ods` are, or an old `.xls`.
    private static func isOffice(_ head: Bytes) -> Bool {
        head.starts(with: [0x50, 0x4B, 0x03, 0x04] as [UInt8])
            || head.starts(with: [0xD0, 0xCF, 0x11, 0xE0] as [UInt8])
    }

    private static func marked(_ head: Bytes) -> (TableShape.Encoding, Int)? {
        if head.starts(with: [0xEF, 0xBB, 0xBF] as [UInt8]) { return (.utf8, 3) }
        if head.starts(with: [0xFF, 0xFE] as [UInt8]) { return (.utf16LittleEndian, 2) }
        if head.starts(with: [0xFE, 0xFF] as [UInt8]) { return (.utf16BigEndian, 2) }
        return nil
    }

    /// The byte order of UTF-16 whose first character is plain ASCII.
    private static func byteOrder(_ head: Bytes) -> TableShape.Encoding? {
        guard head.count >= 2, (head[0] == 0) != (head[1] == 0) else { return nil }
        return head[0] == 0 ? .utf16BigEndian : .utf16LittleEndian
    }

    private static func refused(_ message: String) -> Diagnostic {
        Diagnostic(.encodingInvalid, severity: .file, line: 1, message)
    }
}

extension TableShape.Encoding {
    /// What glibc's iconv calls it.
    var iconvName: String {
        switch self {
        case .utf8: "UTF-8"
        case .utf16LittleEndian: "UTF-16LE"
        case .utf16BigEndian: "UTF-16BE"
        case .windows1252: "CP1252"
        }
    }

    /// What messages call it.
    var title: String { choice == .windows1252 ? "windows-1252" : choice.rawValue.uppercased() }

    fileprivate var choice: TableChoices.Encoding {
        switch self {
        case .utf8: .utf8
        case .utf16LittleEndian, .utf16BigEndian: .utf16
        case .windows1252: .windows1252
        }
    }
}

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
            throw ToolError(
                .broken, "this machine cannot read the encoding \(encoding)", hint: "is glibc complete on it?")
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

    /// Ends the text: half a character left over is none.
    mutating func finish() {
        if !rest.isEmpty { hasFailed = true }
    }
}
