/// What is wrong, or doubtful, about one value, before it is known where the value stands.
struct Flaw: Error {
    let code: Problem.Code
    let message: String

    init(_ code: Problem.Code, _ message: String) {
        self.code = code
        self.message = message
    }
}
