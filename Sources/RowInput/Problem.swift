import Platform

/// Something wrong, or doubtful, about the input.
package struct Problem: Hashable, Sendable {
    /// What a problem stops.
    package enum Severity: String, Sendable {
        /// Nothing: it is doubtful but possible.
        case warning
        /// The row, and the run unless invalid rows are skipped.
        case row
        /// The file as a whole; nothing of it can run.
        case file
    }

    /// Which kind of problem it is.
    package let code: Code
    /// What it stops.
    package let severity: Severity
    /// 1-based physical line on which the record starts; for the file as a whole, the line at fault.
    package let line: Int
    /// 1-based number among all data rows; nil when the problem is not about one.
    package let row: Int?
    /// The column as the file writes it; nil when no single one is at fault.
    package let column: String?
    /// What is wrong, in one clause, without secrets.
    package let message: String

    /// `FILE:LINE: column 'NAME': what is wrong`, or `FILE:LINE: warning: column 'NAME': …`; always one line.
    ///
    /// - Parameter file: what to call the input.
    package func text(file: String) -> String {
        let place = "\(Quotation.escaped(file)):\(line): "
        let warning = severity == .warning ? "warning: " : ""
        return place + warning + sentence
    }

    /// The text without file and line; of a name that is nobody's, its start.
    var sentence: String {
        column.map { "column '\(Quotation.escaped($0.utf8, limit: ColumnMeaning.nameLimit))': \(message)" } ?? message
    }
}
