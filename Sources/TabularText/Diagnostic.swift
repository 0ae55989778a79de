import Platform

/// Something wrong, or doubtful, about an input.
///
/// A rule makes one that stands nowhere yet, and is thrown; whoever knows where the value stands puts it there.
package struct Diagnostic: Error, Hashable, Sendable {
    /// What it stops.
    package enum Severity: String, Sendable {
        /// Nothing: it is doubtful but possible.
        case warning
        /// The row, and the run unless invalid rows are skipped.
        case row
        /// The file as a whole; nothing of it can run.
        case file
    }

    /// Which kind it is, under a name that never changes, like `quote-unclosed`.
    package struct Code: RawRepresentable, Hashable, Sendable {
        /// The name.
        package let rawValue: String

        /// - Parameter rawValue: the name, in small letters with dashes.
        package init(rawValue: String) {
            self.rawValue = rawValue
        }
    }

    /// Which kind it is.
    package let code: Code
    /// What it stops.
    package let severity: Severity
    /// 1-based physical line on which the record starts; for the file as a whole, the line at fault.
    package private(set) var line: Int
    /// 1-based number among all data rows; nil when it is not about one.
    package private(set) var row: Int?
    /// The row as a spreadsheet counts it, from 1, the header among them; 0 when it is about none, or nobody counts so.
    package private(set) var sheetRow = 0
    /// The column as the file writes it; nil when no single one is at fault.
    package private(set) var column: String?
    /// What is wrong, in one clause, without secrets.
    package let message: String

    /// Bytes of a column's name that are shown; the rest is cut.
    static let columnLimit = 256

    /// A diagnostic, of a row unless told otherwise, that stands nowhere unless a line is given.
    ///
    /// - Parameters:
    ///   - code: which kind it is.
    ///   - severity: what it stops.
    ///   - line: 1-based physical line.
    ///   - column: the column as the file writes it.
    ///   - message: what is wrong, in one clause, without secrets.
    package init(
        _ code: Code, severity: Severity = .row, line: Int = 0, column: String? = nil, _ message: String
    ) {
        self.code = code
        self.severity = severity
        self.line = line
        self.column = column
        self.message = message
    }

    /// The same about a row, and one of its columns or none.
    ///
    /// - Parameters:
    ///   - row: 1-based number among all data rows.
    ///   - line: 1-based physical line on which the row starts.
    ///   - sheetRow: the row as a spreadsheet counts it; 0 where none does.
    ///   - column: the column as the file writes it.
    package func placed(row: Int, line: Int, sheetRow: Int, column: String?) -> Diagnostic {
        var placed = self
        placed.sheetRow = sheetRow
        placed.row = row
        placed.line = line
        placed.column = column
        return placed
    }

    /// The same as something wrong when it is only doubtful: with the row, or with the file where it is about none.
    package var strict: Diagnostic {
        guard severity == .warning else { return self }
        var strict = Diagnostic(
            code, severity: line > 0 && row == nil ? .file : .row, line: line, column: column, message)
        strict.row = row
        strict.sheetRow = sheetRow
        return strict
    }

    /// `FILE:LINE: column 'NAME': what is wrong`, or `FILE:LINE: warning: column 'NAME': …`; always one line.
    ///
    /// Where a spreadsheet counts otherwise than by lines it is `FILE:266: row 242: column 'NAME': what is wrong`.
    ///
    /// - Parameter file: what to call the input.
    package func text(file: String) -> String {
        let warning = severity == .warning ? "warning: " : ""
        let row = sheetRow == 0 || sheetRow == line ? "" : "row \(sheetRow): "
        return "\(Quotation.escaped(file)):\(line): \(warning)\(row)\(sentence)"
    }

    /// Whether nothing that stands behind it was read, because nobody can tell where a cell ends there.
    package var endsReading: Bool {
        [.quoteUnclosed, .quoteInCell, .quoteTrailing, .fieldTooLong, .rowTooLong, .columnsTooMany].contains(code)
    }

    /// The text without file and line.
    package var sentence: String {
        column.map { "column '\(Quotation.escaped($0.utf8, limit: Diagnostic.columnLimit))': \(message)" } ?? message
    }
}

/// What can be wrong with any table.
extension Diagnostic.Code {
    static let encodingInvalid = Self(rawValue: "encoding-invalid")
    /// The file, or the line, is something else than a table.
    package static let notATable = Self(rawValue: "not-a-table")
    static let separatorUnknown = Self(rawValue: "separator-unknown")
    static let delimiterAmbiguous = Self(rawValue: "delimiter-ambiguous")
    static let quoteUnclosed = Self(rawValue: "quote-unclosed")
    static let quoteInCell = Self(rawValue: "quote-in-cell")
    static let quoteTrailing = Self(rawValue: "quote-trailing")
    static let fieldTooLong = Self(rawValue: "field-too-long")
    static let rowTooLong = Self(rawValue: "row-too-long")
    static let columnsTooMany = Self(rawValue: "columns-too-many")
}
