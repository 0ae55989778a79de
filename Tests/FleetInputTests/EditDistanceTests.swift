import TestSupport
import Testing

@testable import FleetInput
@testable import TabularText

@Suite("Names that are nearly others")
struct EditDistanceTests {
    @Test(
        "Edits are counted up to the limit",
        arguments: [
            ("auto_renewal", "auto_renewl", 1), ("auto_renewal", "auto_renewla", 2), ("base_url", "bse_ulr", 3),
            ("", "ab", 2), ("abc", "abc", 0), ("kitten", "sitting", 3), ("client", "client_id", 3),
        ])
    func counted(left: String, right: String, distance: Int) {
        for limit in 0...4 {
            let expected = distance <= limit ? distance : nil
            #expect(EditDistance.between(left, right, atMost: limit) == expected)
            #expect(EditDistance.between(right, left, atMost: limit) == expected)
        }
    }

    @Test("It never exceeds the edits that were made", arguments: [UInt64(7)])
    func edited(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<2000 {
            let name = Array("auth_info_list".utf8)
            var edited = name
            let edits = Int.random(in: 0...3, using: &random)
            for _ in 0..<edits {
                let place = Int.random(in: 0..<edited.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: edited.remove(at: place)
                case 1: edited.insert(UInt8(ascii: "x"), at: place)
                default: edited[place] = UInt8(ascii: "y")
                }
            }
            let distance = EditDistance.between(
                String(decoding: name, as: UTF8.self), String(decoding: edited, as: UTF8.self), atMost: 3)
            #expect((distance ?? .max) <= edits, "seed \(seed): \(edited)")
        }
    }

    @Test("The nearest of several is found, the first of equals")
    func nearest() {
        #expect(EditDistance.nearest(to: "rout53", in: ["route5", "route53"], atMost: 2) == "route53")
        #expect(EditDistance.nearest(to: "abx", in: ["aby", "abz"], atMost: 2) == "aby")
        #expect(EditDistance.nearest(to: "abx", in: ["wholly", "other"], atMost: 2) == nil)
    }
}
