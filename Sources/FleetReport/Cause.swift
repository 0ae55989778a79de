package import FleetModel
package import RunRecord

/// Rows that are not good for the same reason, whichever their hosts are.
package struct Cause: Sendable {
    /// What became of the rows.
    package let status: RowStatus
    /// The PBX's errcode; nil when it gave none.
    package let errcode: Int?
    /// The kind of cause; nil only when nobody noted it.
    package let errorClass: ErrorClass?
    /// The sentence that they have in common, with what differs from host to host left out.
    package let sentence: String
    /// How many rows.
    package let rows: Int
    /// Of how many hosts; 0 when these are not known.
    package let hosts: Int
    /// The input's lines of the first of them, at most three.
    package let firstLines: [Int]
}

/// Folds rows by their cause.
struct CauseTable: Sendable {
    private struct Key: Hashable {
        let group: OutcomeGroup
        let sentence: String
    }

    fileprivate struct Fold {
        var rows = 0
        /// Hashes of the hosts' names.
        var hosts: Set<Int> = []
        var lines: [Int] = []
    }

    private var folds: [Key: Fold] = [:]

    /// More causes than anybody reads; what comes beyond is folded by its status, errcode and class.
    private static let limit = 500

    mutating func count(_ row: ReportRow) {
        let key = key(row.outcome, host: row.host)
        folds[key, default: Fold()].add(line: row.line, host: row.host)
    }

    /// Counts rows of which nothing but their outcome is known.
    mutating func count(_ outcome: Outcome, rows: Int) {
        folds[key(outcome, host: ""), default: Fold()].rows += rows
    }

    private func key(_ outcome: Outcome, host: String) -> Key {
        let key = Key(group: OutcomeGroup(outcome), sentence: CommonSentence(outcome, host: host).text)
        guard folds.count >= CauseTable.limit, folds[key] == nil else { return key }
        return Key(group: key.group, sentence: "for various reasons")
    }

    /// The causes, what was tried before what was not, the most frequent first.
    var sorted: [Cause] {
        let causes = folds.map { key, fold in
            Cause(
                status: key.group.status, errcode: key.group.errcode, errorClass: key.group.errorClass,
                sentence: key.sentence, rows: fold.rows, hosts: fold.hosts.count, firstLines: fold.lines)
        }
        return causes.sorted { ($0.rank, -$0.rows, $0.sentence) < ($1.rank, -$1.rows, $1.sentence) }
    }
}

extension CauseTable.Fold {
    fileprivate mutating func add(line: Int?, host: String) {
        rows += 1
        if !host.isEmpty { hosts.insert(host.hashValue) }
        if let line, lines.count < 3 { lines.append(line) }
    }
}

extension Cause {
    fileprivate var rank: Int {
        switch status {
        case .failed, .unknown, .invalid: 0
        case .skipped: 1
        case .notAttempted, .ok, .noChange: 2
        }
    }
}

extension OutcomeGroup {
    /// What the errcode is called that tells what became of the rows; nil without one. An edit that was accepted and came
    /// to nothing is no success.
    package var errcodeName: String? {
        guard let errcode, errcode != 0 || status.isGood else { return nil }
        return PBXErrorCode(errcode).name ?? "not documented"
    }
}

/// Folds edits by what they changed.
struct ChangeTable: Sendable {
    /// Edits that changed a field in the same way.
    struct Fold: Sendable {
        let change: FieldChange
        var rows = 0
        /// The input's lines of the first of them, at most three.
        var firstLines: [Int] = []
    }

    private var folds: [FieldChange: Fold] = [:]
    /// Whether every change is in it.
    private(set) var isWhole = true

    /// More changes than anybody reads.
    private static let limit = 500

    mutating func count(_ row: ReportRow) {
        for change in row.changes {
            guard folds.count < Self.limit || folds[change] != nil else {
                isWhole = false
                continue
            }
            var fold = folds[change] ?? Fold(change: change)
            fold.rows += 1
            if let line = row.line, fold.firstLines.count < 3 { fold.firstLines.append(line) }
            folds[change] = fold
        }
    }

    /// The most frequent first.
    var sorted: [Fold] {
        folds.values.sorted {
            (-$0.rows, $0.change.description) < (-$1.rows, $1.change.description)
        }
    }
}

extension FieldChange {
    /// What there was before, as people read it.
    var before: String { isCertain ? Self.shown(old) : "(unknown)" }
    /// What there is then.
    var after: String { Self.shown(new) }
}

/// A row's sentence without what differs from host to host: names, addresses, keys, and the cells that it quotes.
private struct CommonSentence {
    let text: String

    init(_ outcome: Outcome, host: String) {
        let name = host.prefix { $0 != ":" }.lowercased()
        let words = outcome.error.split(separator: " ", omittingEmptySubsequences: false).map { word in
            CommonSentence.common(word, host: name)
        }
        let sentence = words.joined(separator: " ")
        text = outcome.errorClass == .input ? CommonSentence.withoutCells(sentence) : sentence
    }

    private static func common(_ word: Substring, host: String) -> String {
        let core = word.prefix { $0 != ";" && $0 != "," }
        let tail = word[core.endIndex...]
        if core.hasPrefix("sha256//") { return "sha256//…\(tail)" }
        let name = core.prefix { $0 != ":" }
        let isHost = !host.isEmpty && name.lowercased() == host
        let labels = name.split(separator: ".", omittingEmptySubsequences: false)
        let isAddress = labels.count == 4 && labels.allSatisfy { UInt8($0) != nil }
        return isHost || isAddress
            ? "the PBX\(name.endIndex < core.endIndex ? afterName(core[name.endIndex...]) : "")\(tail)" : String(word)
    }

    /// What stands behind a host's name but its port.
    private static func afterName(_ text: Substring) -> String {
        let rest = text.dropFirst().drop { $0.isNumber }
        return rest.isEmpty && text.count == 1 ? ":" : String(rest)
    }

    /// The sentence with every quoted text but the first, which is the column's name, left out.
    private static func withoutCells(_ sentence: String) -> String {
        let parts = sentence.split(separator: "'", omittingEmptySubsequences: false)
        guard parts.count > 4 else { return sentence }
        return parts.enumerated().map { index, part in index % 2 == 1 && index > 1 ? "…" : part }.joined(separator: "'")
    }
}
