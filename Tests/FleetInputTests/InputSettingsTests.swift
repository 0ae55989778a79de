@testable import FleetInput
import FleetModel
@testable import TabularText
import Testing

@Suite("Hosts that are part of the run")
struct SelectionTests {
    @Test("Only the hosts asked for are part of anything", arguments: [("pbx-*", 2), ("PBX-1", 1), ("?", 1), ("x", 0)])
    func only(pattern: String, count: Int) throws {
        let text = "host,id,auto_renewal,access_token\na,x,0,t\npbx-1,5,0,t\npbx-2:99,6,y,t\n,7,0,t\n"
        let reading = try Reading(text, settings: InputSettings(only: [pattern]))
        #expect(reading.catalog.rowCount == count)
        #expect(reading.diagnostics.count == (pattern == "x" || pattern == "PBX-1" ? 0 : 1))
        #expect(try reading.passThrough().count == count)
        if pattern == "pbx-*" {
            #expect(
                try reading.passThrough().map { RowPosition(row: $0.row, line: $0.line) }[1]
                    == RowPosition(row: 3, line: 4))
        }
    }

    @Test("Several patterns take the hosts of each")
    func several() throws {
        let text = "host,id,auto_renewal,access_token\na,1,0,t\nb,2,0,t\nc,3,0,t\n"
        let reading = try Reading(text, settings: InputSettings(only: ["a", "C"]))
        #expect(reading.catalog.rowCount == 2 && reading.catalog.inputRowCount == 3)
    }

    @Test("Each host is in exactly one part of the fleet, a row without one in the first")
    func shards() throws {
        let hosts = (1...200).map { "pbx-\($0)" } + ["pbx-1:99", ""]
        let text = "id,host,auto_renewal,access_token\n" + hosts.map { "\($0.count)1,\($0),0,t\n" }.joined()
        var parts: [Int: Int] = [:]
        for part in 1...4 {
            var settings = InputSettings()
            settings.shard = Shard("\(part)/4")
            for row in try Reading(text, settings: settings).passThrough() {
                #expect(parts.updateValue(part, forKey: row.row) == nil)
            }
        }
        #expect(parts.count == 202 && parts[1] == parts[201] && parts[202] == 1)
        #expect((1...4).allSatisfy { part in parts.values.count { $0 == part } > 25 })
        // The same on every machine and in every version: a fleet is split over machines that are not upgraded at once.
        #expect((1...8).map { parts[$0] } == [2, 2, 2, 3, 1, 4, 1, 3])
    }

    @Test("Rows that are left out can stand in the result, and nothing is said of them")
    func keptRows() throws {
        let text = "host,id,auto_renewal,access_token\na,x,0,t\npbx-1,5,0,t\nb,6,0,t\n"
        var settings = InputSettings(only: ["pbx-*"])
        settings.keepsLeftOut = true
        let reading = try Reading(text, settings: settings)
        let catalog = reading.catalog
        #expect(reading.texts == [] && catalog.rowCount == 3 && catalog.selectedRowCount == 1)
        #expect(catalog.invalidRowCount == 0 && catalog.hostCount == 1 && reading.validRowCount == 1)
        #expect((0..<3).map(catalog.isLeftOut) == [false, false, true])
        #expect(try catalog.job(row: 2).edit.id == 6)
        #expect(try reading.passThrough().map { $0.reason == nil } == [false, true, true])
    }

    @Test(
        "What can match no host is told why",
        arguments: [
            ("[", "its bracket is not closed"), ("a[]", "its bracket is not closed"), ("a,b", "once for each host"),
            ("127.1.0.1:1", "write '127.1.0.1'"), ("https://a", "name or address alone"), ("", "it is empty"),
        ])
    func problem(pattern: String, why: String) {
        #expect(Selection.problem(with: pattern)?.contains(why) == true)
    }

    @Test("Patterns are none of those", arguments: ["*", "pbx-?", "[ab]*", "[]x]", "[fe80::1]", "fe80::*", "a[!b]"])
    func pattern(pattern: String) {
        #expect(Selection.problem(with: pattern) == nil)
    }
}
