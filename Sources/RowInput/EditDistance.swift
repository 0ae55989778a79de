/// How many letters must be put in, taken out or changed to make one text of another (Levenshtein).
enum EditDistance {
    /// The distance, or nil when it is larger than the limit; texts whose lengths differ by more are not compared.
    static func between(_ left: String, _ right: String, atMost limit: Int) -> Int? {
        let left = Array(left.utf8)
        let right = Array(right.utf8)
        guard abs(left.count - right.count) <= limit else { return nil }
        var previous = Array(0...right.count)
        for (row, byte) in left.enumerated() {
            var current = [row + 1]
            for (column, other) in right.enumerated() {
                let change = previous[column] + (byte == other ? 0 : 1)
                current.append(min(change, previous[column + 1] + 1, current[column] + 1))
            }
            previous = current
        }
        return previous[right.count] <= limit ? previous[right.count] : nil
    }

    /// The nearest of some texts, at most `limit` away; the first of several as near.
    static func nearest(to text: String, in candidates: [String], atMost limit: Int) -> String? {
        let near = candidates.compactMap { candidate in
            between(text, candidate, atMost: limit).map { (candidate, $0) }
        }
        return near.min { $0.1 < $1.1 }?.0
    }
}
