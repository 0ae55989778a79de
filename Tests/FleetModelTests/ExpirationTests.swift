import Platform
import Testing

@testable import FleetModel

/// When a certificate expires, by what a PBX writes.
@Suite struct ExpirationTests {
    @Test(arguments: [
        ("2027-01-31 23:59:59", "2027-01-31T23:59:59.000Z"), ("2027/01/31 23:59:59", "2027-01-31T23:59:59.000Z"),
        ("2027-01-31T23:59:59Z", "2027-01-31T23:59:59.000Z"), ("2027-01-31", "2027-01-31T23:59:59.000Z"),
        ("2027-01-31 08:30", "2027-01-31T08:30:00.000Z"), ("1800000000", "2027-01-15T08:00:00.000Z"),
        ("2027-01-31 23:59:59.123", "2027-01-31T23:59:59.000Z"),
    ])
    func isReadInItsUsualForms(text: String, expected: String) {
        #expect(WallTime(expiration: text)?.description == expected)
    }

    @Test(arguments: ["", "never", "31.01.2027", "01/31/2027", "2027-13-01", "12345"])
    func isUnknownOtherwise(text: String) {
        #expect(WallTime(expiration: text) == nil)
    }
}
