import Glibc

/// Names that the system gives and takes as bytes, as texts that lose none of them.
///
/// What is no UTF-8 becomes a character of its own for each byte, from the last 256 of Unicode, in which nobody writes.
/// A name that has one of those already has its bytes taken apart too, so that every name comes back as it was.
package enum SystemText {
    private static let first: UInt32 = 0x10_FF00

    /// The text of a name.
    package static func text(_ bytes: some Collection<UInt8>) -> String {
        if let text = String(validating: bytes, as: UTF8.self), !text.unicodeScalars.contains(where: isByte) {
            return text
        }
        var text = String.UnicodeScalarView()
        var parser = Unicode.UTF8.ForwardParser()
        var rest = bytes.makeIterator()
        var taken = bytes.startIndex
        while true {
            let length: Int
            switch parser.parseScalar(from: &rest) {
            case .emptyInput: return String(text)
            case .valid(let encoded):
                let scalar = Unicode.UTF8.decode(encoded)
                length = encoded.count
                if !isByte(scalar) {
                    text.append(scalar)
                    bytes.formIndex(&taken, offsetBy: length)
                    continue
                }
            case .error(let count): length = count
            }
            for _ in 0..<length {
                if let scalar = Unicode.Scalar(first + UInt32(bytes[taken])) { text.append(scalar) }
                bytes.formIndex(after: &taken)
            }
        }
    }

    /// The bytes of a name, for the system.
    package static func bytes(_ text: String) -> [UInt8] {
        // The first byte of each such character, which hardly any other has.
        var text = text
        let mayHaveOne = text.withUTF8 { bytes in
            bytes.baseAddress.map { memchr($0, 0xF4, bytes.count) != nil } ?? false
        }
        guard mayHaveOne, text.unicodeScalars.contains(where: isByte) else { return Array(text.utf8) }
        return text.unicodeScalars.flatMap { scalar in
            isByte(scalar) ? [UInt8(truncatingIfNeeded: scalar.value)] : Array(String(scalar).utf8)
        }
    }

    /// Calls `body` with the name as C has it.
    package static func withPath<Result>(_ text: String, _ body: (UnsafePointer<CChar>) -> Result) -> Result {
        (bytes(text) + [0]).withUnsafeBufferPointer { bytes in
            bytes.withMemoryRebound(to: CChar.self) { bytes in
                guard let start = bytes.baseAddress else { preconditionFailure("there is always an end") }
                return body(start)
            }
        }
    }

    /// Whether a character stands for a byte.
    static func isByte(_ scalar: Unicode.Scalar) -> Bool { scalar.value >= first }
}
