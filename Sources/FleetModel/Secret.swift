import Platform

/// A text that must not be seen: a token, a client secret, a DNS credential.
///
/// It shows as `***` wherever a value can be shown: printed, dumped, reflected. Putting one into a string literal does
/// not compile. It is opened with ``reveal()`` only where it is sent, hashed, written into an undo
/// file or an export, or taken out of what a PBX says.
package struct Secret: Hashable, Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    private let text: String

    /// What stands for a secret in everything a person can read.
    package static let mask = "***"

    /// - Parameter text: the secret as it will be sent.
    package init(_ text: String) {
        self.text = text
    }

    /// Whether a text is what somebody wrote instead of a secret: three asterisks or more, and nothing else.
    package static func isMask(_ text: some Collection<UInt8>) -> Bool {
        text.count >= mask.utf8.count && text.allSatisfy { $0 == UInt8(ascii: "*") }
    }

    /// Whether it is no secret, but what somebody wrote instead of one.
    package var isMask: Bool { Secret.isMask(text.utf8) }

    /// The secret itself, for sending, hashing, inputs that put it back, and finding it in a text; for nothing else.
    package func reveal() -> String { text }

    /// Whether both are the same bytes; Swift's strings are equal when they look the same.
    package static func == (left: Secret, right: Secret) -> Bool {
        left.text.isSame(as: right.text)
    }

    /// Texts that are the same look the same, and those that look the same hash the same.
    package func hash(into hasher: inout Hasher) {
        text.hash(into: &hasher)
    }

    /// Three asterisks.
    package var description: String { Secret.mask }
    /// Three asterisks.
    package var debugDescription: String { Secret.mask }
    /// Nothing, so that a dump shows nothing.
    package var customMirror: Mirror { Mirror(self, children: []) }
}

extension DefaultStringInterpolation {
    /// Keeps a secret out of string literals at compile time.
    @available(*, unavailable, message: "a secret must not be put into a text")
    package mutating func appendInterpolation(_ secret: Secret) {}
}
