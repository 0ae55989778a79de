import FleetModel
import Testing

@testable import FleetInput
@testable import TabularText

@Suite("Hosts that are part of the run")
struct SelectionTests {
    @Test("Only the hosts asked for are part of anything", arguments: [("pbx-*", 2), ("PBX-1", 1), ("?", 1), ("x", 0)])
    func only(pattern: String, count: Int) throws {
        let text = "host,id,auto_renewal,access_token\na,x,0,t\npbx-1,5,0,t\npbx-2:99,6,y,t\n,7,0,t\n"
        let reading = try Reading(text, settings: InputSettings(only: pattern))
        #expect(reading.catalog.rowCount == count)
        #expect(reading.diagnostics.count == (pattern == "x" || pattern == "PBX-1" ? 0 : 1))
        #expect(try reading.passThrough().count == count)
        if pattern == "pbx-*" {
            #expect(
                try reading.passThrough().map { RowPosition(row: $0.row, line: $0.line) }[1]
                    == RowPosition(row: 3, line: 4))
        }
    }
}
