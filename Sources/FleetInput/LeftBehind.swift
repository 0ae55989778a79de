import Platform
import TabularText

/// Values that nobody meant: what a spreadsheet, a script or a template left behind in a cell. Nothing is quoted, because
/// the cell may hold a secret.
enum LeftBehind {
    /// What is wrong with a value that is sent to a PBX; nil when it may be meant.
    ///
    /// - Parameter cell: the value without blanks at its ends, not empty.
    @inline(__always)
    static func problem(_ cell: Bytes) -> Diagnostic? {
        switch cell[0] {
        case UInt8(ascii: "#"), UInt8(ascii: "E"), UInt8(ascii: "e"), UInt8(ascii: "L"), UInt8(ascii: "l"):
            isSpreadsheetState(cell) ? spreadsheetState : nil
        default: nil
        }
    }

    /// What is doubtful about a value that is sent to a PBX; nil for most.
    ///
    /// - Parameter cell: the value without blanks at its ends, not empty.
    @inline(__always)
    static func doubt(_ cell: Bytes) -> Diagnostic? {
        // Nearly every value starts with a letter or digit that starts none of these.
        switch cell[0] {
        case UInt8(ascii: "N"), UInt8(ascii: "n"), UInt8(ascii: "T"), UInt8(ascii: "t"), UInt8(ascii: "U"),
            UInt8(ascii: "u"):
            cell.count <= 9 ? wordForNothing(cell) : nil
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "*"):
            endsInTypographicQuote(cell) ? quotes : nil
        default: rareDoubt(cell)
        }
    }

    /// Whether a value is a number as a spreadsheet shows a long one, like `1.23457E+17`: its last digits are lost.
    static func isScientific(_ cell: Bytes) -> Bool {
        guard let first = cell.first, first.isDigit else { return false }
        let mantissa = cell.prefix { $0.isDigit || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: ",") }
        let exponent = cell.dropFirst(mantissa.count)
        guard exponent.count >= 3, exponent.first?.lowercased == UInt8(ascii: "e") else { return false }
        let sign = exponent.dropFirst().first
        return (sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-")) && exponent.dropFirst(2).allSatisfy(\.isDigit)
    }

    private static let spreadsheetState = Diagnostic(
        .spreadsheetMark, "this is a spreadsheet's error or state, not a value: mend the formula of the cell")

    /// `#N/A`, `#REF!`, `#NAME?` and their names in other languages, `###`, `Err:508`, `Loading...`
    private static func isSpreadsheetState(_ cell: Bytes) -> Bool {
        guard cell[0] == UInt8(ascii: "#") else {
            if cell.equalsIgnoringCase("loading...") || cell.equalsIgnoringCase("loading…") { return true }
            return cell.count == 7 && cell.part(0..<4).equalsIgnoringCase("err:")
                && cell.part(4..<7).allSatisfy(\.isDigit)
        }
        guard cell.count >= 3, cell.count <= 32 else { return cell.allSatisfy { $0 == cell[0] } && cell.count > 1 }
        let name = cell.part(1..<cell.count)
        if name.allSatisfy({ $0 == cell[0] }) { return true }
        for word in [
            "n/a", "na", "nv", "n/d", "nd", "n/b", "n/v", "i/t", "#n/a", "getting_data", "hiányzik", "div/0",
            "ref!", "name?", "null!", "num!", "value!",
        ] as [StaticString] where name.equalsIgnoringCase(word) {
            return true
        }
        // Whatever the language: capitals, and a mark at the end.
        guard let mark = name.last, mark == UInt8(ascii: "!") || mark == UInt8(ascii: "?"), name.count >= 4 else {
            return false
        }
        return name.dropLast().allSatisfy { $0.isCapital || $0 >= 0x80 || "/0_ ".utf8.contains($0) }
    }

    private static func wordForNothing(_ cell: Bytes) -> Diagnostic? {
        for word in [
            "nan", "null", "none", "nil", "n/a", "tbd", "tba", "todo", "undefined",
        ] as [StaticString] where cell.equalsIgnoringCase(word) {
            return nothing
        }
        return nil
    }

    private static let nothing = Diagnostic(
        .wordForNothing, severity: .warning,
        "this is what people and scripts write for nothing, and it would be sent: leave the cell empty")

    private static func rareDoubt(_ cell: Bytes) -> Diagnostic? {
        if ["-", "--", "–", "—", "(null)", "<null>"].contains(cell.text.lowercased()) { return nothing }
        if isPlaceholder(cell) { return placeholder }
        if let last = cell.last, cell.count > 1, last == cell[0], "\"'`".utf8.contains(last) { return quotes }
        let startsInQuote = typographicQuotes.contains { cell.starts(with: $0) }
        return startsInQuote || endsInTypographicQuote(cell) ? quotes : nil
    }

    private static let placeholder = Diagnostic(
        .placeholder, severity: .warning,
        "this looks like a placeholder that was not filled in, and it would be sent (a reference to a secret is written "
            + "env:NAME or file:PATH)")

    /// `${KEY}`, `$(key)`, `{{ key }}`, `{key}`, `%KEY%`, `<key>`, `$KEY`
    private static func isPlaceholder(_ cell: Bytes) -> Bool {
        guard cell.count > 2, let last = cell.last else { return false }
        switch (cell[0], last) {
        case (UInt8(ascii: "$"), UInt8(ascii: "}")): return cell[1] == UInt8(ascii: "{")
        case (UInt8(ascii: "$"), UInt8(ascii: ")")): return cell[1] == UInt8(ascii: "(")
        case (UInt8(ascii: "{"), UInt8(ascii: "}")): return !cell.contains(UInt8(ascii: "\""))
        case (UInt8(ascii: "<"), UInt8(ascii: ">")): return true
        case (UInt8(ascii: "%"), UInt8(ascii: "%")): return isVariable(cell.part(1..<cell.count - 1))
        case (UInt8(ascii: "$"), _): return isVariable(cell.part(1..<cell.count))
        default: return false
        }
    }

    private static func isVariable(_ name: Bytes) -> Bool {
        !name[0].isDigit && name.allSatisfy { $0.isLetter || $0.isDigit || $0 == UInt8(ascii: "_") }
    }

    private static let quotes = Diagnostic(
        .quotesRound, severity: .warning, "there are quotes round the value, and they would be sent with it")

    @inline(__always)
    private static func endsInTypographicQuote(_ cell: Bytes) -> Bool {
        cell[cell.count - 1] >= 0x80 && isTypographicQuote(endOf: cell)
    }

    private static func isTypographicQuote(endOf cell: Bytes) -> Bool {
        typographicQuotes.contains { quote in
            cell.count > quote.utf8CodeUnitCount
                && cell.part(cell.count - quote.utf8CodeUnitCount..<cell.count).equals(quote)
        }
    }

    private static let typographicQuotes: [StaticString] = ["“", "”", "„", "‟", "‘", "’", "‚", "«", "»", "‹", "›"]
}

/// What certificates are for and what their files are called: names that are neither are doubtful.
enum NameDoubt {
    /// What is doubtful about a domain name; a wildcard is one.
    static func domain(_ cell: Bytes) -> Diagnostic? {
        guard !isDomain(cell.starts(with: "*.") ? cell.part(2..<cell.count) : cell) else { return nil }
        return Diagnostic(
            .domainDoubtful, severity: .warning,
            "\(Quotation.of(cell)) is no domain name: write one like pbx.example.com or *.example.com, letters beyond "
                + "ASCII in their 'xn--' form")
    }

    private static func isDomain(_ name: Bytes) -> Bool {
        var start = 0
        var isNumber = true
        for index in 0...name.count {
            let byte = index < name.count ? name[index] : UInt8(ascii: ".")
            if byte == UInt8(ascii: ".") {
                guard index > start, index - start <= 63, name[start] != UInt8(ascii: "-"),
                    name[index - 1] != UInt8(ascii: "-")
                else { return false }
                start = index + 1
                if index < name.count { isNumber = true }
            } else if !byte.isDigit {
                guard byte.isLetter || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_") else { return false }
                isNumber = false
            }
        }
        return !isNumber && name.count <= HostName.limit
    }

    /// What is doubtful about the name of a certificate's file.
    static func file(_ cell: Bytes) -> Diagnostic? {
        if let dot = cell.lastIndex(of: UInt8(ascii: ".")) {
            let ending = cell.part(dot + 1..<cell.count)
            for known in endings where ending.equalsIgnoringCase(known) { return nil }
        }
        return Diagnostic(
            .fileNameDoubtful, severity: .warning,
            "\(Quotation.of(cell)) would be sent as the name of the certificate's file, but does not end as one does (.pem, "
                + ".crt, .key …): if the column is your own, give it another name")
    }

    private static let endings: [StaticString] = [
        "pem", "crt", "cer", "cert", "der", "key", "p12", "pfx", "p7b", "p7c", "csr", "jks",
    ]
}
