import Platform

/// What to say about names of DNS providers that are not on the list, remembered because files repeat them.
struct ProviderAdvice {
    private var known: [String: String] = [:]

    /// Names to remember; a file with more has names that do not repeat.
    private static let limit = 4096

    /// One clause about a name; nil when there is nothing to say.
    mutating func about(_ provider: String) -> String? {
        if DNSProviders.contains(provider) { return nil }
        if let advice = known[provider] { return advice }
        let nearest = DNSProviders.nearest(to: provider).map { ": did you mean '\($0)'?" } ?? ""
        let advice = "\(Quotation.of(provider.utf8)) is no DNS provider known here\(nearest)"
        if known.count < Self.limit { known[provider] = advice }
        return advice
    }
}
