import JSONText
package import Platform

/// Writes a table: in each row what is passed through from another table, and behind it columns of its own.
///
/// A CSV has the delimiter, line end, byte order mark and `sep=` line of its shape; JSON lines have the own columns under
/// one object, each of them in every line, and `null` where it says nothing. Both are in the shape's encoding, except
/// that windows-1252 becomes UTF-8 with a byte order mark: what is written may have no place in windows-1252.
package struct RowWriter: Sendable {
    private let shape: TableShape
    private let object: String?
    private let columns: [String]
    /// In UTF-8.
    private var bytes: [UInt8] = []
    /// The own column whose value comes next.
    private var column = 0
    private var timestamps = TimestampWriter()

    /// Writes the header, if the table has one.
    ///
    /// - Parameters:
    ///   - shape: how the table is written; its header is that of what is passed through.
    ///   - columns: the names of the own columns.
    ///   - object: the member under which JSON lines have the own columns, and with a point what stands before their
    ///     names in a CSV; nil for columns that stand for themselves.
    package init(_ shape: TableShape, columns: [String], under object: String? = nil) {
        self.shape = shape
        self.columns = columns
        self.object = object
        if shape.hasByteOrderMark || shape.encoding == .windows1252 { bytes += "\u{FEFF}".utf8 }
        if shape.format == .csv { appendHeader() }
    }

    private mutating func appendHeader() {
        if shape.hasSeparatorLine {
            bytes += "sep=".utf8
            bytes.append(shape.delimiter)
            bytes += shape.lineEnding
        }
        for name in shape.header { appendCell(name) }
        for column in columns { appendCell(Array((object.map { "\($0).\(column)" } ?? column).utf8)) }
        endRow()
    }

    /// Bytes of UTF-8 that were written and not taken yet.
    package var count: Int { bytes.count }

    /// What was written since the last time, as it goes into the file.
    package mutating func take() -> [UInt8] {
        defer { bytes.removeAll(keepingCapacity: true) }
        switch shape.encoding {
        case .utf8, .windows1252: return bytes
        case .utf16LittleEndian: return units { [UInt8(truncatingIfNeeded: $0), UInt8($0 >> 8)] }
        case .utf16BigEndian: return units { [UInt8($0 >> 8), UInt8(truncatingIfNeeded: $0)] }
        }
    }

    private func units(_ split: (UInt16) -> [UInt8]) -> [UInt8] {
        var units: [UInt8] = []
        units.reserveCapacity(bytes.count * 2)
        for unit in String(decoding: bytes, as: UTF8.self).utf16 { units += split(unit) }
        return units
    }

    /// Writes a row.
    ///
    /// - Parameters:
    ///   - content: what is passed through, of the shape's format; nil for nothing.
    ///   - values: adds a value for each own column, in order.
    package mutating func append(_ content: PassThroughRow.Content?, _ values: (inout RowWriter) -> Void) {
        column = 0
        begin(content)
        values(&self)
        precondition(column == columns.count, "a row has a value for each column")
        endRow()
    }

    private mutating func begin(_ content: PassThroughRow.Content?) {
        switch (shape.format, content) {
        case (.csv, .cells(let cells)):
            for cell in cells.prefix(shape.header.count) { appendCell(cell) }
            for _ in min(cells.count, shape.header.count)..<shape.header.count { bytes.append(shape.delimiter) }
        case (.csv, _): for _ in shape.header { bytes.append(shape.delimiter) }
        case (.jsonl, let content):
            bytes.append(UInt8(ascii: "{"))
            if case .members(let members) = content { bytes += members }
            guard let object else { return }
            appendKey(object)
            bytes.append(UInt8(ascii: "{"))
        }
    }

    private mutating func endRow() {
        switch shape.format {
        // In place of the delimiter behind the last cell.
        case .csv: bytes.removeLast()
        case .jsonl: bytes += (object == nil ? "}" : "}}").utf8
        }
        bytes += shape.lineEnding
    }

    /// Adds a text, which may come from a stranger: a spreadsheet will not take it for a formula. An empty one says
    /// nothing.
    package mutating func add(_ text: String) {
        if text.isEmpty { return addNothing() }
        add { writer in
            if writer.shape.format == .jsonl { return writer.bytes.appendJSONString(text) }
            writer.appendText(FormulaMark.guarding(text))
        }
    }

    /// Adds a number; nil says nothing.
    package mutating func add(_ number: Int?) {
        guard let number else { return addNothing() }
        add { $0.bytes.appendDecimal(Int64(number)) }
    }

    /// Adds a moment; nil says nothing.
    package mutating func add(_ time: WallTime?) {
        guard let time else { return addNothing() }
        add { writer in
            let quote: [UInt8] = writer.shape.format == .jsonl ? [UInt8(ascii: "\"")] : []
            writer.bytes += quote
            writer.timestamps.append(time, to: &writer.bytes)
            writer.bytes += quote
        }
    }

    private mutating func addNothing() {
        add { if $0.shape.format == .jsonl { $0.bytes += "null".utf8 } }
    }

    private mutating func add(_ value: (inout RowWriter) -> Void) {
        if shape.format == .jsonl { appendKey(columns[column]) }
        value(&self)
        if shape.format == .csv { bytes.append(shape.delimiter) }
        column += 1
    }

    private mutating func appendKey(_ key: String) {
        if bytes.last != UInt8(ascii: "{") { bytes.append(UInt8(ascii: ",")) }
        bytes.appendJSONString(key)
        bytes.append(UInt8(ascii: ":"))
    }

    private mutating func appendCell(_ cell: [UInt8]) {
        cell.withUnsafeBufferPointer { appendText($0) }
        bytes.append(shape.delimiter)
    }

    private mutating func appendText(_ text: String) {
        var text = text
        text.withUTF8 { appendText($0) }
    }

    /// Writes what stands between two delimiters, in quotes if it must.
    private mutating func appendText(_ text: Bytes) {
        guard needsQuotes(text) else {
            bytes.append(contentsOf: text)
            return
        }
        bytes.append(UInt8(ascii: "\""))
        for byte in text {
            if byte == UInt8(ascii: "\"") { bytes.append(byte) }
            bytes.append(byte)
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private func needsQuotes(_ text: Bytes) -> Bool {
        guard let first = text.first, let last = text.last else { return false }
        let delimiter = shape.delimiter
        return first == 0x20 || first == 0x09 || last == 0x20 || last == 0x09
            || text.contains { $0 <= 0x22 && ($0 == 0x22 || $0 == 0x0A || $0 == 0x0D) || $0 == delimiter }
    }
}

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
    /// Calls `body` once for each row that is written, in input order.
    ///
    /// - Throws: when the input can no longer be read, and what `body` throws.
    func forEachRow(_ body: (PassThroughRow) throws -> Void) throws
}

/// The apostrophe that keeps a spreadsheet from taking a text for a formula.
package enum FormulaMark {
    /// With the blank that a tab or a line end became before.
    private static let starts = Array("=+-@\t\r ".utf8)

    static func guarding(_ text: String) -> String { isFormula(text) ? "'" + text : text }

    /// Whether a spreadsheet may take a text for a formula.
    package static func isFormula(_ text: String) -> Bool { text.utf8.first.map(starts.contains) == true }

    /// The text as it was before it was guarded.
    package static func removed(from text: String) -> String {
        let guarded = text.utf8.first == UInt8(ascii: "'") && text.utf8.dropFirst().first.map(starts.contains) == true
        return guarded ? String(text.dropFirst()) : text
    }
}
