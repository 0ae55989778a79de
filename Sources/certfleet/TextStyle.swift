import FleetModel

/// Colors for a terminal, or none.
struct TextStyle {
    let isColored: Bool

    /// The text in the color of a status: green for what is good, red for what is not, yellow for what was not done.
    func paint(_ text: String, _ status: RowStatus) -> String {
        guard isColored else { return text }
        let color =
            switch status {
            case .ok, .noChange: 32
            case .failed, .unknown, .invalid: 31
            case .skipped, .notAttempted: 33
            }
        return "\u{1B}[\(color)m\(text)\u{1B}[0m"
    }
}
