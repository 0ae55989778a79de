/// Texts by number; a text that comes again keeps its number.
struct TextPool: Sendable {
    private var texts = [""]
    private var numbers: [ExactText: UInt32] = [:]

    subscript(number: UInt32) -> String { texts[Int(number)] }

    mutating func index(of text: String) -> UInt32 {
        if text.isEmpty { return 0 }
        if let known = numbers[ExactText(text: text)] { return known }
        let number = UInt32(texts.count)
        texts.append(text)
        numbers[ExactText(text: text)] = number
        return number
    }
}

/// A text that equals another only when their bytes do; Swift's strings are equal when they look the same.
private struct ExactText: Hashable, Sendable {
    let text: String

    static func == (left: ExactText, right: ExactText) -> Bool { left.text.utf8.elementsEqual(right.text.utf8) }

    func hash(into hasher: inout Hasher) {
        // Strings that look the same hash the same, and those that are the same look the same.
        text.hash(into: &hasher)
    }
}
