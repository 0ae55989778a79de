import FleetModel
import Testing

@testable import FleetInput
@testable import TabularText

@Suite("Numbers and booleans as people write them")
struct CellValueTests {
    @Test(
        "Ids are read as spreadsheets and people write them",
        arguments: [
            ("5", 5), ("5.0", 5), ("5.00", 5), ("05", 5), (" 5\t", 5), ("\u{A0}5\u{200B}", 5), ("\u{FEFF}5", 5),
            ("9223372036854775807", Int64.max), ("000000000000000000000000001", 1),
        ])
    func ids(cell: String, id: Int64) throws {
        #expect(try Reading.row([("id", cell)]).jobs().map(\.edit.id) == [id])
    }

    @Test("Every word for on and off, in any case")
    func words() throws {
        for word in ["0", "0.0", "false", "No", "OFF", "disable", "Disabled", " 0 "] {
            #expect(try Reading.row([("auto_renewal", word)]).jobs().map(\.edit.autoRenewal) == [false], "\(word)")
        }
        for word in ["1", "1.0", "TRUE", "yes", "On", "enable", "ENABLED"] {
            let more = [("auto_renewal", word), ("dns_provider", "alidns"), ("auth.AccessKeyId", "x")]
            #expect(try Reading.row(more).jobs().map(\.edit.autoRenewal) == [true], "\(word)")
        }
    }
}
