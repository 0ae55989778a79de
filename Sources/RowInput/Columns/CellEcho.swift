import Platform
import FleetModel

/// How a cell comes back in the result.
enum CellEcho: Equatable {
    /// As it was read.
    case plain
    /// `***`, unless it is empty or a reference.
    case secret
    /// `***`, unless it is empty.
    case secretList
    /// As it was read when it is empty or a value of the type, which is no secret; else `***`, for it may be one.
    case typed(AuthType)
    /// Not at all.
    case dropped

    init(_ meaning: ColumnMeaning) {
        switch meaning {
        case .field(.authInfoList), .nearMiss(.authInfoList), .field(.authObject): self = .secretList
        case .field(let field), .nearMiss(let field): self = field.isSecret ? .secret : .plain
        case .auth(_, type: .string), .badAuth: self = .secret
        case .auth(_, let type): self = .typed(type)
        case .nameless, .other: self = .plain
        case .result: self = .dropped
        }
    }

    /// The cell as the result shows it.
    func shown(_ cell: Bytes) -> [UInt8] {
        let isHidden: Bool
        switch self {
        case .plain, .dropped: isHidden = false
        case .typed(let type): isHidden = !type.matches(Blanks.trimmed(cell))
        case .secret: isHidden = !SecretCell(Blanks.trimmed(cell)).isReference
        case .secretList: isHidden = true
        }
        return isHidden && !Blanks.trimmed(cell).isEmpty ? Self.mask : Array(cell)
    }

    private static let mask = Array(Secret.mask.utf8)
}

extension AuthType {
    /// Whether a text is a value of the type, so that it is no secret.
    func matches(_ text: Bytes) -> Bool {
        switch self {
        case .string: false
        case .int: WholeNumber.read(text, allowsMinus: true) != nil
        case .bool: SwitchWord.read(text) != nil
        }
    }
}
