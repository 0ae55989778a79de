/// Records that are handed over together.
final class RecordBatch {
    /// Whether no other batch comes after this one.
    var isLast = false
    private var cells = CellBuffer(capacity: RecordBatch.size)
    private var places: [(place: RecordPlace, cellEnd: Int)] = []
    private static let size = 1 << 16

    /// Whether what is in it is worth handing over.
    var isFull: Bool { cells.byteCount >= Self.size || cells.count >= Self.size / 4 }

    func append(_ record: Record, _ place: RecordPlace) {
        cells.append(record)
        places.append((place, cells.count))
    }

    func removeAll() {
        cells.removeAll()
        places.removeAll(keepingCapacity: true)
    }

    func forEach(_ body: CSVReader.Body) {
        var start = 0
        for (place, end) in places {
            body(cells.record(start..<end), place)
            start = end
        }
    }
}
