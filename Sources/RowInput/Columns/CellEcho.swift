import JobModel

/// How a cell comes back in the result.
enum CellEcho {
    /// As it was read.
    case plain
    /// `***`, unless it is empty or a reference.
    case secret
    /// `***`, unless it is empty.
    case secretList
    /// Not at all.
    case dropped

    init(_ meaning: ColumnMeaning) {
        switch meaning {
        case .field(.authInfoList), .nearMiss(.authInfoList), .field(.authObject): self = .secretList
        case .field(let field), .nearMiss(let field): self = field.isSecret ? .secret : .plain
        case .auth(_, type: .string), .badAuth: self = .secret
        case .auth, .nameless, .other: self = .plain
        case .result: self = .dropped
        }
    }

    /// The cell as the result shows it.
    func shown(_ cell: Bytes) -> [UInt8] {
        let isHidden: Bool
        switch self {
        case .plain, .dropped: isHidden = false
        case .secret: isHidden = !SecretCell(Blanks.trimmed(cell)).isReference
        case .secretList: isHidden = true
        }
        return isHidden && !Blanks.trimmed(cell).isEmpty ? Self.mask : Array(cell)
    }

    private static let mask = Array(Secret.mask.utf8)
}
