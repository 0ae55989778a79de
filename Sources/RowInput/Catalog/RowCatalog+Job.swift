import Platform
import JSONText
package import FleetModel

/// Rows read again from the kept input.
extension RowCatalog {
    /// The row made ready to run.
    ///
    /// - Throws: ``ToolError`` when it can no longer be read.
    package func job(row: Int) throws -> Job {
        guard index.isValid(row) else { throw lost(row) }
        let desk = desks.withLock { $0.popLast() } ?? RowDesk(for: self)
        let position = index.position(row)
        let job = try withCells(ofRow: row, at: desk) { cells, reader in
            reader.read(cells, at: position).job(at: position)
        }
        guard let job else { throw lost(row) }
        desks.withLock { $0.append(desk) }
        return job
    }

    /// Calls `body` with the cells of a row, which are borrowed for the call.
    ///
    /// - Returns: nil when the row cannot be read, as a line that is no JSON object; the desk is of no use then.
    func withCells<Value>(
        ofRow row: Int, at desk: RowDesk, _ body: (borrowing RowCells, inout RowReader) -> Value?
    ) throws(ToolError) -> Value? {
        if map == nil {
            guard case .success(let members) = try members(ofRow: row, at: desk) else { return nil }
            desk.cells.take(members, &desk.meanings, &desk.buffer)
            return body(desk.cells, &desk.reader)
        }
        return try withRecord(row, at: desk) { record in
            desk.cells.take(record) ? body(desk.cells, &desk.reader) : nil
        }
    }

    /// Calls `body` with the record of a CSV row.
    ///
    /// - Returns: nil when it is none any more; the desk is of no use then.
    func withRecord<Value>(
        _ row: Int, at desk: RowDesk, _ body: (Record) -> Value?
    ) throws(ToolError) -> Value? {
        let bytes = try bytes(ofRow: row, at: desk)
        do throws(CSVParser.Fault) {
            let isWhole = try bytes.withUnsafeBufferPointer { text throws(CSVParser.Fault) in
                try desk.parser.feed(text)
            }
            // The last record of a text may lack its line end.
            if !isWhole { guard try desk.parser.finish() else { return nil } }
        } catch {
            throw lost(row)
        }
        return body(desk.parser.record)
    }

    /// The members of a line of JSON lines, or why it has none.
    func members(ofRow row: Int, at desk: RowDesk) throws(ToolError) -> Result<[JSONMember], Flaw> {
        let bytes = try bytes(ofRow: row, at: desk)
        return bytes.withUnsafeBufferPointer { line in
            Result { () throws(Flaw) in try JSONRow.members(in: line) }
        }
    }

    private func bytes(ofRow row: Int, at desk: RowDesk) throws(ToolError) -> ArraySlice<UInt8> {
        let place = index.place(row)
        let bytes = try desk.window.bytes(at: place.offset, count: place.length, of: text)
        guard bytes.count == place.length else { throw lost(row) }
        return bytes
    }

    func lost(_ row: Int) -> ToolError { .recordLost(input.name, line: index.position(row).line) }
}
