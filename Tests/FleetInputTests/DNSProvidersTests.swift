import Testing

@testable import FleetInput
@testable import TabularText

@Suite("DNS providers and the keys of their credentials")
struct DNSProvidersTests {
    @Test("Every provider has its keys, with type and need")
    func table() throws {
        #expect(DNSProviders.names.count == 218 && DNSProviders.names == DNSProviders.names.sorted())
        let keys = try #require(DNSProviders.keys(of: "route53"))
        #expect(
            keys.map(\.column) == [
                "auth.AccessKeyId", "auth.SecretAccessKey", "auth.Region", "auth.HostedZoneId",
                "auth.PropagationTimeout:int",
                "auth.PollingInterval:int", "auth.TTL:int",
            ])
        #expect(keys.map(\.need) == [.required, .required, .depends, .depends, .optional, .optional, .optional])
        #expect(DNSProviders.isDocumented("route53") && !DNSProviders.isDocumented("cloudflare"))
        #expect(DNSProviders.keys(of: "Route53") == nil)
        for name in DNSProviders.names {
            let names = try #require(DNSProviders.keys(of: name)).map(\.name)
            #expect(
                Set(names).count == names.count && names.allSatisfy { $0.allSatisfy { $0.isLetter || $0.isNumber } })
        }
    }

    @Test(
        "For a provider whose keys are documented a wrong key and a missing one are doubtful",
        arguments: [
            ("alidns", ["AccessKeyId", "AccessKeySecret"], []),
            ("route53", ["AccessKeyID", "SecretAccessKey"], ["did you mean 'AccessKeyId'?"]),
            ("arvancloud", ["apikey"], ["did you mean 'APIKey'?"]),
            ("allinkl", ["Login"], ["wants the key 'Password' too"]),
            ("allinkl", ["Login", "Passwort"], ["did you mean 'Password'?"]),
            ("arvancloud", ["APIKey", "Zone"], ["its keys are APIKey, PropagationTimeout"]),
            ("cloudflare", ["Anything"], []),
        ])
    func keys(provider: String, keys: [String], said: [String]) throws {
        let row = [("dns_provider", provider), ("auto_renewal", "1")] + keys.map { ("auth.\($0)", "x") }
        let reading = try Reading.row(row)
        #expect(reading.texts.count == said.count && reading.validRowCount == 1, "\(reading.texts)")
        for (text, part) in zip(reading.texts, said) { #expect(text.contains("warning: ") && text.contains(part)) }
    }
}
