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
