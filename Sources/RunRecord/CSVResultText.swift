import Platform
import JSONText
import FleetModel
import TabularText

/// Writes the CSV form of result rows into a buffer of UTF-8.
struct CSVResultText {
    private(set) var bytes: [UInt8] = []
    private let shape: TableShape
    private var timestamps = TimestampWriter()

    init(shape: TableShape) {
        self.shape = shape
    }

    mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
    }

    /// Writes the `sep=` line, if the input has one, and the header.
    mutating func appendHeader() {
        if shape.hasSeparatorLine {
            bytes.append(contentsOf: "sep=".utf8)
            bytes.append(shape.delimiter)
            bytes.append(contentsOf: shape.lineEnding)
        }
        for name in shape.header { appendCell(name) }
        for field in CSVResultText.fields { append(foreign: "result.\(field.rawValue)") }
        endRow()
    }

    /// Writes the user's cells as they were, then what became of the row.
    mutating func append(_ cells: [[UInt8]], _ position: RowPosition, _ outcome: Outcome) {
        for cell in cells.prefix(shape.header.count) { appendCell(cell) }
        for _ in cells.count..<max(cells.count, shape.header.count) { endCell() }
        for field in CSVResultText.fields { append(field, position, outcome) }
        endRow()
    }

    /// Kept, because the enumeration makes a new list each time.
    private static let fields = ResultField.allCases

    private mutating func append(_ field: ResultField, _ position: RowPosition, _ outcome: Outcome) {
        switch field {
        case .row: append(position.row)
        case .line: append(position.line)
        case .status: append(plain: outcome.status.rawValue)
        case .errcode: append(outcome.errcode)
        case .errmsg: append(foreign: outcome.errmsg)
        case .httpStatus: append(outcome.httpStatus)
        case .errorClass: append(plain: outcome.errorClass?.rawValue ?? "")
        case .error: append(foreign: outcome.error)
        case .attempts: append(outcome.attempts)
        case .startedAt: append(outcome.startedAt)
        case .finishedAt: append(outcome.finishedAt)
        case .durationMilliseconds: append(outcome.durationMilliseconds.map { Int($0) })
        case .verified: endCell()
        }
    }

    /// Writes a text that may have come from a PBX, made harmless to a spreadsheet that would take it for a formula.
    private mutating func append(foreign text: String) {
        guard let first = text.utf8.first else { return endCell() }
        let isFormula = CSVResultText.formulaStarts.contains(first)
        var cell = isFormula ? "'" + text : text
        cell.withUTF8 { appendCell($0) }
    }

    private static let formulaStarts = Array("=+-@\t\r".utf8)

    private mutating func append(plain text: String) {
        bytes.append(contentsOf: text.utf8)
        endCell()
    }

    private mutating func append(_ number: Int?) {
        if let number { bytes.appendDecimal(Int64(number)) }
        endCell()
    }

    private mutating func append(_ time: WallTime?) {
        if let time { timestamps.append(time, to: &bytes) }
        endCell()
    }

    private mutating func appendCell(_ cell: [UInt8]) {
        cell.withUnsafeBufferPointer { appendCell($0) }
    }

    private mutating func appendCell(_ cell: UnsafeBufferPointer<UInt8>) {
        if needsQuotes(cell) {
            bytes.append(UInt8(ascii: "\""))
            for byte in cell {
                if byte == UInt8(ascii: "\"") { bytes.append(byte) }
                bytes.append(byte)
            }
            bytes.append(UInt8(ascii: "\""))
        } else {
            bytes.append(contentsOf: cell)
        }
        endCell()
    }

    private func needsQuotes(_ cell: UnsafeBufferPointer<UInt8>) -> Bool {
        guard let first = cell.first, let last = cell.last else { return false }
        return first == 0x20 || first == 0x09 || last == 0x20 || last == 0x09
            || cell.contains { $0 == shape.delimiter || $0 == 0x22 || $0 == 0x0A || $0 == 0x0D }
    }

    private mutating func endCell() {
        bytes.append(shape.delimiter)
    }

    /// Ends the line in place of the delimiter after the last cell.
    private mutating func endRow() {
        bytes.removeLast()
        bytes.append(contentsOf: shape.lineEnding)
    }
}
