import Glibc
import Platform

/// The text of an input as UTF-8, slice after slice, from front to back.
///
/// Confined to one thread. Slices are borrowed: each is good until the next call.
final class TextReader {
    /// Bytes of the largest slice.
    static let sliceSize = 1 << 17

    let encoding: TableShape.Encoding
    /// Whether the input starts with a byte order mark; it is no part of the text.
    let hasByteOrderMark: Bool
    /// Where rows can be read again.
    let spool: Spool
    /// Offset of the next slice in the spool.
    private(set) var textOffset: Int

    private let source: RawReader
    private let largestSlice: Int
    private var buffer = SliceBuffer(capacity: TextReader.sliceSize)
    private var transcoder: Transcoder?
    private let refusal: Diagnostic?

    /// - Parameters:
    ///   - input: what to read.
    ///   - choice: how its bytes are text.
    ///   - sliceSize: bytes of the largest slice, at least 1.
    init(
        _ input: InputFile, encoding choice: TableChoices.Encoding = .automatic,
        sliceSize: Int = TextReader.sliceSize
    ) throws(ToolError) {
        largestSlice = sliceSize
        source = RawReader(input, largestRead: sliceSize)
        let head = try source.head(TextEncoding.headLength)
        let start = head.withUnsafeBufferPointer { TextEncoding(head: $0, choice: choice) }
        source.skip(start.markLength)
        encoding = start.encoding
        hasByteOrderMark = start.markLength > 0
        refusal = start.diagnostic
        let isUTF8 = start.encoding == .utf8
        textOffset = isUTF8 ? start.markLength : 0
        spool = try Spool(of: input, isCopied: !isUTF8)
        if !isUTF8 { transcoder = try Transcoder(from: start.encoding.iconvName) }
    }

    /// The next slice of the text; nil at its end.
    func next() throws(ToolError) -> Bytes? {
        if buffer.waiting.isEmpty { try fill() }
        let slice = Bytes(rebasing: buffer.waiting.prefix(largestSlice))
        take(slice.count)
        return slice.isEmpty ? nil : slice
    }

    /// The text to come, at least `count` bytes of it if there are so many, without taking it.
    func prefix(_ count: Int) throws(ToolError) -> Bytes {
        while buffer.waiting.count < count, try fill() {}
        return buffer.waiting
    }

    /// Takes text that was looked at.
    func take(_ count: Int) {
        buffer.drop(count)
        textOffset += count
    }

    /// Why the text ends where it does, when that is not the end of the input.
    ///
    /// - Parameter line: the line on which it ends.
    func diagnostic(onLine line: Int) -> Diagnostic? {
        if let refusal { return refusal }
        guard transcoder?.hasFailed == true else { return nil }
        return Diagnostic(
            .encodingInvalid, severity: .file, line: line, "there are bytes here that are no \(encoding.title)")
    }

    /// Returns whether there is more text now.
    @discardableResult
    private func fill() throws(ToolError) -> Bool {
        guard refusal == nil else { return false }
        if encoding == .utf8 {
            let count = try source.read(into: buffer.room(1))
            buffer.add(count)
            return count > 0
        }
        return try fillTranscoded()
    }

    private func fillTranscoded() throws(ToolError) -> Bool {
        while transcoder?.hasFailed == false, case let piece = try source.next(), !piece.isEmpty {
            let room = buffer.room(Transcoder.room(for: piece.count))
            let count = transcoder?.turn(piece, into: room) ?? 0
            try spool.append(UnsafeRawBufferPointer(rebasing: room[..<count]))
            buffer.add(count)
            if count > 0 { return true }
        }
        transcoder?.finish()
        return false
    }
}

/// The bytes of an input from front to back, its head looked at first.
private final class RawReader {
    private let input: InputFile
    private var buffer = SliceBuffer(capacity: 1 << 16)
    private var offset = 0
    private let largestRead: Int

    /// - Parameters:
    ///   - input: what to read.
    ///   - largestRead: bytes to read at most at once, at least 1.
    init(_ input: InputFile, largestRead: Int) {
        self.input = input
        self.largestRead = largestRead
    }

    /// The first bytes, at least `count` of them if there are so many, without taking them.
    func head(_ count: Int) throws(ToolError) -> [UInt8] {
        while buffer.waiting.count < count, try fill() {}
        return Array(buffer.waiting.prefix(count))
    }

    /// Takes bytes that were looked at.
    func skip(_ count: Int) { buffer.drop(count) }

    /// The next bytes, borrowed until the next call; none at the end.
    func next() throws(ToolError) -> UnsafeRawBufferPointer {
        if buffer.waiting.isEmpty { _ = try fill() }
        let piece = UnsafeRawBufferPointer(buffer.waiting)
        buffer.drop(piece.count)
        return piece
    }

    /// Reads bytes into a place of the caller's.
    ///
    /// - Returns: how many; 0 at the end.
    func read(into room: UnsafeMutableRawBufferPointer) throws(ToolError) -> Int {
        let waiting = buffer.waiting.prefix(room.count)
        if !waiting.isEmpty {
            room.copyMemory(from: UnsafeRawBufferPointer(Bytes(rebasing: waiting)))
            buffer.drop(waiting.count)
            return waiting.count
        }
        return try read(room)
    }

    private func fill() throws(ToolError) -> Bool {
        let count = try read(buffer.room(1))
        buffer.add(count)
        return count > 0
    }

    private func read(_ room: UnsafeMutableRawBufferPointer) throws(ToolError) -> Int {
        let count = try input.read(
            at: offset, into: UnsafeMutableRawBufferPointer(rebasing: room.prefix(largestRead)))
        offset += count
        return count
    }
}

/// Bytes that were read and not handed out yet, in one buffer that grows when more must be looked at together.
private struct SliceBuffer: ~Copyable {
    private var bytes: UnsafeMutablePointer<UInt8>
    private var capacity: Int
    private var range = 0..<0

    /// - Parameter capacity: bytes to make room for at once, at least 1.
    init(capacity: Int) {
        self.capacity = capacity
        bytes = .allocate(capacity: capacity)
    }

    deinit {
        bytes.deallocate()
    }

    /// What waits to be handed out, borrowed until the next change.
    var waiting: Bytes { Bytes(start: bytes + range.lowerBound, count: range.count) }

    /// Room behind what waits, at least `count` bytes of it.
    mutating func room(_ count: Int) -> UnsafeMutableRawBufferPointer {
        if range.isEmpty { range = 0..<0 }
        if capacity - range.upperBound < count { grow(by: count) }
        return UnsafeMutableRawBufferPointer(start: bytes + range.upperBound, count: capacity - range.upperBound)
    }

    /// Notes that so many bytes were put into the room.
    mutating func add(_ count: Int) { range = range.lowerBound..<range.upperBound + count }

    /// Takes bytes from the front.
    mutating func drop(_ count: Int) { range = range.lowerBound + count..<range.upperBound }

    private mutating func grow(by count: Int) {
        capacity = max(capacity * 2, range.count + count)
        let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity)
        larger.initialize(from: bytes + range.lowerBound, count: range.count)
        bytes.deallocate()
        bytes = larger
        range = 0..<range.count
    }
}

/// How an input's bytes are text, found from its first bytes and what was asked for.
struct TextEncoding {
    let encoding: TableShape.Encoding
    /// Bytes of the byte order mark; 0 when there is none.
    let markLength: Int

    /// Bytes at the start of an input that tell.
    static let headLength = 8

    /// Why the bytes cannot be read, if they contradict the choice or do not tell what must be known.
    private(set) var diagnostic: Diagnostic?

    /// - Parameters:
    ///   - head: the first bytes of the input, at least ``headLength`` of them if it has so many.
    ///   - choice: what was asked for.
    init(head: Bytes, choice: TableChoices.Encoding) {
        if let kind = Self.kinds.first(where: { head.starts(with: $0.start) }) {
            encoding = .utf8
            markLength = 0
            diagnostic = Self.refused("the file is \(kind.advice)")
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

    /// How files that are no text start, what they are, and what to do.
    private static let kinds: [(start: [UInt8], advice: String)] = [
        ([0x50, 0x4B, 0x03, 0x04], "a workbook or an archive, not text: save the sheet as CSV"),
        ([0xD0, 0xCF, 0x11, 0xE0], "a workbook or an archive, not text: save the sheet as CSV"),
        (Array("%PDF-".utf8), "a PDF, not text: save the sheet that it shows as CSV"),
        (Array("{\\rtf".utf8), "a text document, not a table: save the sheet as CSV"),
        ([0x1F, 0x8B], "gzip: gunzip it first"),
        (Array("BZh9".utf8), "packed by bzip2: bunzip2 it first"),
        ([0xFD, 0x37, 0x7A, 0x58, 0x5A], "packed by xz: unxz it first"),
        ([0x28, 0xB5, 0x2F, 0xFD], "packed by zstd: unzstd it first"),
        ([0x37, 0x7A, 0xBC, 0xAF], "an archive, not text: unpack it first"),
        ([0x89, 0x50, 0x4E, 0x47], "an image, not text: save the sheet as CSV"),
        ([0xFF, 0xD8, 0xFF], "an image, not text: save the sheet as CSV"),
        (Array("GIF8".utf8), "an image, not text: save the sheet as CSV"),
        ([0x49, 0x49, 0x2A, 0x00], "an image, not text: save the sheet as CSV"),
        ([0x7F, 0x45, 0x4C, 0x46], "a program, not text: name the sheet, saved as CSV"),
        (Array("SQLite f".utf8), "a database, not text: export the table as CSV"),
    ]

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
