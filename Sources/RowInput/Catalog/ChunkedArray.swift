/// A long array that never moves what it holds, so that growing it takes no second copy of it.
struct ChunkedArray<Element: Sendable>: Sendable {
    private var full: [[Element]] = []
    private var last: [Element] = []
    private static var chunkBits: Int { 14 }
    private static var chunkSize: Int { 1 << chunkBits }

    var count: Int { full.count << Self.chunkBits + last.count }

    subscript(index: Int) -> Element {
        get {
            let chunk = index >> Self.chunkBits
            return chunk < full.count ? full[chunk][index & (Self.chunkSize - 1)] : last[index & (Self.chunkSize - 1)]
        }
        set {
            let chunk = index >> Self.chunkBits
            if chunk < full.count {
                full[chunk][index & (Self.chunkSize - 1)] = newValue
            } else {
                last[index & (Self.chunkSize - 1)] = newValue
            }
        }
    }

    mutating func append(_ element: Element) {
        if last.count == Self.chunkSize {
            full.append(last)
            last = []
            last.reserveCapacity(Self.chunkSize)
        }
        last.append(element)
    }
}
