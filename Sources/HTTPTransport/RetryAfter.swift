import CLibCurl

/// When a server wants to be asked again: the value of a `Retry-After` header.
package enum RetryAfter: Hashable, Sendable {
    /// So many seconds from now.
    case seconds(Int64)
    /// At a moment, in seconds since 1970-01-01T00:00:00Z.
    case moment(Int64)

    /// Reads `120`, or a date in any of HTTP's three forms.
    ///
    /// - Parameter text: the header's value; nil comes of anything else.
    package init?(_ text: String) {
        if !text.isEmpty, text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) {
            self = .seconds(Int64(text) ?? .max)
        } else if text.utf8.first.map({ $0 >= UInt8(ascii: "A") }) == true {
            let moment = curl_getdate(text, nil)
            guard moment >= 0 else { return nil }
            self = .moment(Int64(moment))
        } else {
            return nil
        }
    }
}
