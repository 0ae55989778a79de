/// What makes a text unreadable from some line on.
struct TextFault: Error {
    let code: Problem.Code
    let line: Int
    let message: String

    /// The bytes of a line are no UTF-8.
    static func notUTF8(line: Int) -> TextFault {
        TextFault(
            code: .encodingInvalid, line: line,
            message:
                "there are bytes here that are no UTF-8: save the file as UTF-8, or use --encoding windows-1252 if "
                + "that is what it is")
    }
}

/// How a text ended.
struct TextEnd {
    /// Where it stopped being a CSV, if it did.
    var fault: TextFault?
    /// The first line whose bytes are no UTF-8, if there was one.
    var badEncodingLine: Int?
}
