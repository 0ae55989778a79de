import FleetModel
import Testing

@testable import FleetInput
@testable import TabularText

@Suite("The header of a CSV")
struct ColumnMapTests {
    @Test("Each of the address columns is known, and plain http may be allowed")
    func hostColumns() throws {
        for name in ["host", "PBX", "Url", "Base URL", "base-url", "\u{FEFF}baseurl\u{A0}"] {
            let settings = InputSettings(allowsPlainHTTP: true)
            let reading = try Reading.row([("base_url", nil), (name, "http://a")], settings: settings)
            #expect(reading.texts == [])
            #expect(try reading.jobs().map(\.address.host.description) == ["a:80"])
        }
    }

    @Test("A header without what is needed is told once, and quotes nothing of it")
    func noHeader() throws {
        let reading = try Reading("https://a,tok-secret,5,0\nhttps://b,tok-secret,5,0\n")
        #expect(reading.codes == [.headerUnrecognized])
        #expect(reading.texts[0].hasPrefix("fleet:1: no header with 'base_url' and 'id' here"))
        #expect(!reading.texts[0].contains("tok"))
        #expect(reading.catalog.rowCount == 0 && reading.catalog.isFileInvalid)
    }

    @Test("With a wrong header what is wrong with the rows comes out all the same")
    func wrongHeader() throws {
        let reading = try Reading("base_url,id,auto_renewl,access_token\na,x,0,t\nb,5,7,t\n")
        #expect(
            reading.texts == [
                "fleet:1: column 'auto_renewl': this is no known column: did you mean 'auto_renewal'?",
                "fleet:2: column 'id': 'x' is no whole number",
                "fleet:3: column 'auto_renewl': '7' is none of \(BooleanWord.list)",
            ])
    }

    @Test("A delimiter that is asked for is taken even where it does not fit")
    func forced() throws {
        let reading = try Reading("host,id\na,5\n", settings: InputSettings(table: TableChoices(delimiter: .semicolon)))
        #expect(reading.codes == [.headerUnrecognized])
    }

    @Test("A single column is no question of delimiters", arguments: ["id", "id\n5\n", "host", "\"id\"\n"])
    func singleColumn(text: String) throws {
        #expect(try Reading(text).codes.first == .headerColumnMissing)
    }

    @Test("A title row is told as one, with the line of the header below it")
    func title() throws {
        let titled = try Reading("Fleet, renewal off;;;\n;;;\n\nhost;id;auto_renewal;access_token\na;5;0;t\n")
        #expect(
            titled.texts == [
                "fleet:1: no header with 'base_url' and 'id' here: "
                    + "line 4 looks like it, so what stands above is a title: delete it"
            ])
        let headless = try Reading("a;5;0;t\n")
        #expect(
            headless.texts == [
                "fleet:1: no header with 'base_url' and 'id' here: "
                    + "is there a title row above it, or is the header missing?"
            ])
    }
}
