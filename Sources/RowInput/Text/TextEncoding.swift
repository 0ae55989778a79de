import Platform
import FleetModel

/// How an input's bytes are text, found from its first bytes and what was asked for.
struct TextEncoding {
    let encoding: InputShape.Encoding
    /// Bytes of the byte order mark; 0 when there is none.
    let markLength: Int

    /// Bytes at the start of an input that tell.
    static let headLength = 4

    /// Why the bytes cannot be read, if they contradict the choice or do not tell what must be known.
    private(set) var fault: TextFault?

    /// - Parameters:
    ///   - head: the first bytes of the input, at least ``headLength`` of them if it has so many.
    ///   - choice: what was asked for.
    init(head: Bytes, choice: InputSettings.EncodingChoice) {
        if Self.isOffice(head) {
            encoding = .utf8
            markLength = 0
            fault = Self.fault("the file is a workbook or an archive, not text: save the sheet as CSV")
            return
        }
        if let (encoding, markLength) = Self.marked(head) {
            self.encoding = encoding
            self.markLength = markLength
            if choice != .automatic, choice != encoding.choice {
                let reason = "so it is not \(choice.rawValue): leave --encoding out"
                fault = Self.fault("the file starts with the byte order mark of \(encoding.title), \(reason)")
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
                fault = Self.fault("the file has no byte order mark that would tell how its UTF-16 is to be read")
            }
        case .automatic:
            encoding = .utf8
            if order != nil {
                fault = Self.fault("the file looks like UTF-16 without a byte order mark: use --encoding utf-16")
            }
        }
    }

    /// Whether the bytes start a zip file, as `.xlsx` and `.ods` are, or an old `.xls`.
    private static func isOffice(_ head: Bytes) -> Bool {
        head.starts(with: [0x50, 0x4B, 0x03, 0x04] as [UInt8])
            || head.starts(with: [0xD0, 0xCF, 0x11, 0xE0] as [UInt8])
    }

    private static func marked(_ head: Bytes) -> (InputShape.Encoding, Int)? {
        if head.starts(with: [0xEF, 0xBB, 0xBF] as [UInt8]) { return (.utf8, 3) }
        if head.starts(with: [0xFF, 0xFE] as [UInt8]) { return (.utf16LittleEndian, 2) }
        if head.starts(with: [0xFE, 0xFF] as [UInt8]) { return (.utf16BigEndian, 2) }
        return nil
    }

    /// The byte order of UTF-16 whose first character is plain ASCII.
    private static func byteOrder(_ head: Bytes) -> InputShape.Encoding? {
        guard head.count >= 2, (head[0] == 0) != (head[1] == 0) else { return nil }
        return head[0] == 0 ? .utf16BigEndian : .utf16LittleEndian
    }

    private static func fault(_ message: String) -> TextFault {
        TextFault(code: .encodingInvalid, line: 1, message: message)
    }
}

extension InputShape.Encoding {
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

    fileprivate var choice: InputSettings.EncodingChoice {
        switch self {
        case .utf8: .utf8
        case .utf16LittleEndian, .utf16BigEndian: .utf16
        case .windows1252: .windows1252
        }
    }
}
