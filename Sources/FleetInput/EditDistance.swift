import Platform

/// How many letters must be put in, taken out or changed to make one text of another (Levenshtein).
package enum EditDistance {
    /// The distance, or nil when it is larger than the limit.
    ///
    /// Takes time by the length of the shorter text at most, and for texts that are not alike next to none.
    static func between(_ left: String, _ right: String, atMost limit: Int) -> Int? {
        let lengths = (left.utf8.count, right.utf8.count)
        guard abs(lengths.0 - lengths.1) <= limit else { return nil }
        var left = left
        var right = right
        return left.withUTF8 { left in right.withUTF8 { right in between(left, right, limit) } }
    }

    /// The nearest of some texts, at most `limit` away; the first of several as near.
    package static func nearest(to text: String, in candidates: [String], atMost limit: Int) -> String? {
        var nearest: (candidate: String, distance: Int)?
        for candidate in candidates {
            let bound = nearest.map { $0.distance - 1 } ?? limit
            guard bound >= 0, let distance = between(text, candidate, atMost: bound) else { continue }
            nearest = (candidate, distance)
        }
        return nearest?.candidate
    }

    /// One row of the table of distances after the other, in one row of memory.
    private static func between(_ left: Bytes, _ right: Bytes, _ limit: Int) -> Int? {
        withUnsafeTemporaryAllocation(of: Int.self, capacity: right.count + 1) { distances in
            for column in 0...right.count { distances.initializeElement(at: column, to: column) }
            for row in 0..<left.count {
                var diagonal = distances[0]
                distances[0] = row + 1
                var least = row + 1
                for column in 0..<right.count {
                    let above = distances[column + 1]
                    let change = diagonal + (left[row] == right[column] ? 0 : 1)
                    diagonal = above
                    distances[column + 1] = min(change, above + 1, distances[column] + 1)
                    least = min(least, distances[column + 1])
                }
                // From here on it can only grow.
                if least > limit { return nil }
            }
            return distances[right.count] <= limit ? distances[right.count] : nil
        }
    }
}
