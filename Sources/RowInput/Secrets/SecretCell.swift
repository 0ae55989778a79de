import Platform

/// What a cell that holds a secret can be: the secret itself, a reference to it, or the mask of an earlier result.
enum SecretCell {
    case literal
    /// `env:NAME`
    case environment(name: String)
    /// `file:PATH`
    case file(path: String)
    /// `***`, which is no secret of anybody's.
    case mask

    @inline(__always)
    init(_ cell: Bytes) {
        switch cell.first {
        case UInt8(ascii: "e") where cell.starts(with: "env:"):
            self = .environment(name: cell.part(4..<cell.count).text)
        case UInt8(ascii: "f") where cell.starts(with: "file:"):
            self = .file(path: cell.part(5..<cell.count).text)
        case UInt8(ascii: "*") where cell.equals("***"):
            self = .mask
        default:
            self = .literal
        }
    }

    /// Whether the cell may be shown, because it only says where the secret is.
    var isReference: Bool {
        switch self {
        case .environment, .file: true
        case .literal, .mask: false
        }
    }
}
