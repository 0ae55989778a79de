import Foundation
import Testing

/// The ledger as another program would read it.
struct Ledger {
    /// The events of all whole lines.
    let events: [[String: Any]]

    /// - Throws: when a line other than a torn last one is no JSON object.
    init(_ path: String) throws {
        let data = (try? Data(contentsOf: URL(fileURLWithPath: path))) ?? Data()
        let whole = data.prefix(upTo: (data.lastIndex(of: 0x0A) ?? -1) + 1)
        events = try whole.split(separator: 0x0A).map { line in
            try #require(try JSONSerialization.jsonObject(with: line) as? [String: Any])
        }
    }

    func rows(_ event: String) -> [Int] {
        events.filter { $0["event"] as? String == event }.compactMap { $0["row"] as? Int }
    }
}
