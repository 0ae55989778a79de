/// A row as another table repeats it: the user's own columns, secrets masked, references as they are.
package struct PassThroughRow: Sendable {
    /// The row's own content.
    package enum Content: Sendable {
        /// One UTF-8 text for each header cell of the shape; missing cells are empty.
        case cells([[UInt8]])
        /// The members of the JSON object as JSON text without the braces (`"id":5,"host":"a"`), numbers written as the
        /// input has them; empty for a line that was no JSON object.
        case members([UInt8])
    }

    /// 1-based number among the data rows.
    package let row: Int
    /// 1-based physical line on which the record starts.
    package let line: Int
    /// The columns, free of secrets.
    package let content: Content
    /// Why the row is invalid, in one sentence; nil when it is valid.
    package let reason: String?

    /// - Parameters:
    ///   - row: 1-based number among the data rows.
    ///   - line: 1-based physical line on which the record starts.
    ///   - content: its columns, secrets masked already.
    ///   - reason: why it is invalid; nil when it is valid.
    package init(row: Int, line: Int, content: Content, reason: String?) {
        self.row = row
        self.line = line
        self.content = content
        self.reason = reason
    }
}

/// Where a table that is written gets the user's own columns from.
package protocol PassThroughSource: Sendable {
    /// How the input is written, and so what repeats it.
    var shape: TableShape { get }
    /// Calls `body` once for every input row, in input order.
    ///
    /// - Throws: when the input can no longer be read, and what `body` throws.
    func forEachRow(_ body: (PassThroughRow) throws -> Void) throws
}
