import FleetModel
import TestSupport
import Testing

@testable import FleetInput
@testable import TabularText

@Suite("JSON lines by the letter of RFC 8259")
struct JSONConformanceTests {
    @Test("Each form of a value is taken", arguments: JSONTexts.values)
    func taken(value: String) throws {
        let reading = try Reading.line([("note", value)])
        #expect(reading.texts == [] && reading.validRowCount == 1)
        let compact = value.split(whereSeparator: { " \t".contains($0) }).joined()
        let shown = try reading.shownMembers()[0].split(whereSeparator: { " ".contains($0) }).joined()
        if !value.contains("\\") { #expect(shown.hasSuffix("\"note\":\(compact)")) }
    }

    @Test("What is no JSON spoils its own line and no other", arguments: JSONTexts.others)
    func refused(value: String) throws {
        let good = #"{"host":"a","id":1,"auto_renewal":0,"access_token":"t"}"#
        let reading = try Reading("\(good)\n{\"note\":\(value)}\n\(good.replacing("1", with: "2"))\n", name: "x.jsonl")
        #expect(reading.codes == [.jsonMalformed])
        #expect(reading.diagnostics.map(\.line) == [2])
        #expect(try reading.jobs().map(\.edit.id) == [1, 2])
    }
}
