import FleetModel
import TestSupport
import Testing

@Suite("A secret")
struct SecretTests {
    static let text = "hush-7f3a"
    static let secret = Secret(text)

    private struct Holder {
        var name = "holder"
        var secret = SecretTests.secret
        var optional: Secret? = SecretTests.secret
        var list = [SecretTests.secret]
        var keys = [SecretTests.secret: 1]
        var values = ["key": SecretTests.secret]
    }

    private final class Owner {
        let secret = SecretTests.secret
    }

    /// The secret itself, and in everything of this project and of the language that can hold one.
    static var holders: [Any] {
        let edit = CertificateEdit(id: 5, authInfo: [AuthInfo(key: "AccessKeySecret", value: .string(secret))])
        let client = Credentials.client(id: "client", secret: secret)
        return [
            secret, secret as Any, Optional(secret) as Any, [secret], ["key": secret], [secret: 1], Set([secret]),
            (1, secret), Holder(), Owner(), Credentials.token(secret), client, edit,
            Job.make(credentials: client, edit: edit), AuthInfo.Value.string(secret),
            Result<Secret, NoError>.success(secret),
            { secret } as () -> Secret,
        ]
    }

    private struct NoError: Error {}

    @Test("shows in nothing that prints, dumps, describes or reflects it", arguments: holders.indices)
    func everyView(index: Int) {
        let holder = Self.holders[index]
        var dumped = ""
        dump(holder, to: &dumped)
        var printed = ""
        print(holder, to: &printed)
        var debugged = ""
        debugPrint(holder, to: &debugged)
        let views = [dumped, printed, debugged, String(describing: holder), String(reflecting: holder), "\(holder)"]
        for view in views { #expect(!view.contains(Self.text)) }
        #expect(!Self.leaves(Mirror(reflecting: holder)).contains { "\($0)".contains(Self.text) })
    }

    @Test("shows as three asterisks")
    func mask() {
        #expect(Secret.mask == "***")
        #expect(Self.secret.description == "***")
        #expect(String(reflecting: Self.secret) == "***")
        #expect(String(describing: [Self.secret]) == "[***]")
    }

    @Test("has nothing to reflect")
    func mirror() {
        #expect(Mirror(reflecting: Self.secret).children.isEmpty)
    }

    @Test("cannot be encoded by accident")
    func encoding() {
        #expect(!((Self.secret as Any) is any Encodable))
        #expect(!((Self.secret as Any) is any LosslessStringConvertible))
    }

    @Test("is revealed as it was given", arguments: ["", text, "***", "a\u{0}b", "e\u{301}"])
    func reveal(text: String) {
        #expect(Array(Secret(text).reveal().utf8) == Array(text.utf8))
    }

    @Test(
        "is a mask when it is nothing but asterisks, three or more",
        arguments: [("***", true), ("********", true), ("**", false), ("", false), ("***a", false)])
    func masks(text: String, isMask: Bool) {
        #expect(Secret(text).isMask == isMask)
    }

    @Test("equals the same secret and no other")
    func equality() {
        #expect(Self.secret == Secret(Self.text))
        #expect(Self.secret != Secret("***"))
        #expect(Set([Self.secret, Secret(Self.text), Secret("other")]).count == 2)
    }

    private static func leaves(_ mirror: Mirror, depth: Int = 0) -> [Any] {
        guard depth < 12 else { return [] }
        return mirror.children.flatMap { child in
            [child.value] + leaves(Mirror(reflecting: child.value), depth: depth + 1)
        }
    }
}
