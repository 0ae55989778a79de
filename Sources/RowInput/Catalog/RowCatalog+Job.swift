import JSONText
package import JobModel

/// Rows read again from the kept input.
extension RowCatalog {
    /// The row made ready to run.
    ///
    /// - Throws: ``InputError`` when it can no longer be read, or a reference in it leads nowhere any more.
    package func job(row: Int) throws -> Job {
        guard index.isValid(row) else { throw lost(row) }
        var reader = RowReader(settings, folder: input.folder)
        let job = try withCells(ofRow: row) { cells in
            let position = index.position(row)
            return reader.read(cells, at: position).job(at: position)
        }
        guard let job else { throw lost(row) }
        return job
    }

    /// Calls `body` with the cells of a row, which are borrowed for the call.
    ///
    /// - Returns: nil when the row cannot be read, as a line that is no JSON object.
    func withCells<Value>(ofRow row: Int, _ body: (borrowing RowCells) -> Value?) throws(InputError) -> Value? {
        guard let map else {
            var cells = RowCells()
            var meanings = MemberMeanings()
            var buffer = CellBuffer()
            guard case .success(let members) = try members(ofRow: row) else { return nil }
            cells.take(members, &meanings, &buffer)
            return body(cells)
        }
        var cells = RowCells(map)
        return try withRecord(row) { record in cells.take(record) ? body(cells) : nil }
    }

    /// Calls `body` with the record of a CSV row.
    func withRecord<Value>(
        _ row: Int, _ body: (Record) -> Value?
    ) throws(InputError) -> Value? {
        var parser = CSVParser(delimiter: shape.delimiter)
        let bytes = try bytes(ofRow: row)
        do throws(CSVParser.Fault) {
            let isWhole = try bytes.withUnsafeBufferPointer { text throws(CSVParser.Fault) in try parser.feed(text) }
            // The last record of a text may lack its line end.
            if !isWhole { guard try parser.finish() else { return nil } }
        } catch {
            throw lost(row)
        }
        return body(parser.record)
    }

    /// The members of a line of JSON lines, or why it has none.
    func members(ofRow row: Int) throws(InputError) -> Result<[JSONMember], Complaint> {
        let bytes = try bytes(ofRow: row)
        return bytes.withUnsafeBufferPointer { line in
            Result { () throws(Complaint) in try JSONRow.members(in: line) }
        }
    }

    private func bytes(ofRow row: Int) throws(InputError) -> [UInt8] {
        let place = index.place(row)
        let bytes = try text.bytes(at: place.offset, count: place.length)
        guard bytes.count == place.length else { throw lost(row) }
        return bytes
    }

    private func lost(_ row: Int) -> InputError { .recordLost(input.name, line: index.position(row).line) }
}
