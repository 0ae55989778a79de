import Platform

/// When so many rows went wrong that the run is to stop, as `--halt-after` writes it: `5` or `10%`.
///
/// A number is reached when `bad >= number`; a percentage when `finished >= 10` and `bad * 100 >= percent * finished`.
/// `5` → at the fifth bad row; `10%` → at 1 bad of 10, not at 1 of 9; `10%` → at 3 of 25, not at 2 of 25.
package struct HaltPolicy: Hashable, Sendable {
    /// Finished rows from which a percentage means something.
    package static let leastRowsForPercentage = 10

    private enum Limit: Hashable, Sendable {
        case rows(Int)
        case percent(Int)
    }

    private let limit: Limit

    /// - Parameter text: a whole number of rows from 1, or a whole percentage from 1 to 100 followed by `%`. Anything
    ///   else gives nil.
    package init?(_ text: String) {
        let isPercentage = text.hasSuffix("%")
        guard let number = Int(digits: text.utf8.dropLast(isPercentage ? 1 : 0)), number > 0 else { return nil }
        if isPercentage && number > 100 { return nil }
        limit = isPercentage ? .percent(number) : .rows(number)
    }

    /// Whether the run is to stop.
    ///
    /// - Parameters:
    ///   - bad: rows that ended `failed` or `unknown`.
    ///   - finished: rows that ended, the bad ones among them.
    package func isReached(bad: Int, finished: Int) -> Bool {
        switch limit {
        case .rows(let rows): bad >= rows
        case .percent(let percent): finished >= Self.leastRowsForPercentage && bad * 100 >= percent * finished
        }
    }
}
