import Platform
import FleetModel

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
    ///   - isQuotable: whether the text of a flaw may name the variable or the file.
    /// - Throws: ``Flaw`` when the cell is a mask, or its reference leads to nothing.
    func secret(_ cell: Bytes, isQuotable: Bool) throws(Flaw) -> Secret {
        switch SecretCell(cell) {
        case .literal: return Secret(cell.text)
        case .mask:
            throw Flaw(
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

    private func unresolved(_ what: String, _ name: String?, _ state: String) -> Flaw {
        let subject = name.map { "the \(what) \(Quotation.of($0.utf8))" } ?? "the \(what) that the reference names"
        return Flaw(.referenceUnresolved, "\(subject) \(state)")
    }
}
