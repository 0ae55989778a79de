import Platform
import FleetModel
import TabularText

/// Opens the secrets that cells hold or refer to.
struct SecretReader {
    /// What `file:PATH` is looked up in; copies of the reader share it.
    private let files: SecretFiles
    /// What `env:NAME` is looked up in.
    private let environment: [String: String]

    /// - Parameters:
    ///   - folder: what relative paths are relative to.
    ///   - environment: what `env:NAME` is looked up in.
    init(folder: String, environment: [String: String]) {
        files = SecretFiles(in: folder)
        self.environment = environment
    }

    /// The secret of a cell.
    ///
    /// - Parameters:
    ///   - cell: the value without blanks at its ends, not empty.
    ///   - isQuotable: whether a diagnostic may name the variable or the file.
    /// - Throws: ``Diagnostic`` when the cell is a mask, or its reference leads to nothing.
    func secret(_ cell: Bytes, isQuotable: Bool) throws(Diagnostic) -> Secret {
        switch SecretCell(cell) {
        case .literal: return Secret(cell.text)
        case .mask:
            throw Diagnostic(
                .secretMasked, "'***' only stands for a secret that was left out: write the secret or a reference to it"
            )
        case .environment(let name):
            // Told apart by bytes: names that only look the same are found for one another.
            if let index = environment.index(forKey: name), environment[index].key.utf8.elementsEqual(name.utf8),
                !environment[index].value.isEmpty
            {
                return Secret(environment[index].value)
            }
            throw unresolved("environment variable", isQuotable ? name : nil, "is not set, empty, or no UTF-8 text")
        case .file(let path):
            do throws(SecretFile.Failure) {
                return try files.secret(path)
            } catch {
                throw unresolved("file", isQuotable ? path : nil, error.clause)
            }
        }
    }

    private func unresolved(_ what: String, _ name: String?, _ state: String) -> Diagnostic {
        let subject = name.map { "the \(what) \(Quotation.of($0.utf8))" } ?? "the \(what) that the reference names"
        return Diagnostic(.referenceUnresolved, "\(subject) \(state)")
    }
}

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
}
