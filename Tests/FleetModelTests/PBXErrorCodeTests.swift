import FleetModel
import Testing

@Suite("The PBX's errcodes by name")
struct PBXErrorCodeTests {
    @Test(
        "each documented errcode has the name of the guides",
        arguments: [
            (-2, "INTERNAL SERVER ERROR"), (-1, "FAILURE"), (0, "SUCCESS"), (1, "PARTIAL SUCCESS"), (2, "PROCESSING"),
            (10001, "INTERFACE NOT EXISTED"), (10002, "API VERSION OUT OF MAINTENANCE"),
            (10003, "API VERSION UNSUPPORTED"), (10004, "TOKEN EXPIRED"), (10005, "ACCESS DENIED"),
            (10009, "OPERATION FAILED"), (40001, "PARAMETER SYNTAX ERROR"), (40002, "PARAMETER ERROR"),
            (40003, "DUPLICATE KEY VALUE"), (40004, "FILE SIZE EXCEEDED"), (60001, "DATA NOT FOUND"),
            (60002, "MAX LIMITATION EXCEEDED"), (60101, "ROLE NOT EXISTED"), (70004, "ACCOUNT IP BLOCKED"),
            (70082, "OVERLOAD_TASK_RUNNING"),
            (70084, "ACTION FORBIDDEN"), (70087, "IP FORBIDDEN"), (70123, "API UNAVAILABLE"),
        ])
    func names(_ errcode: Int, _ name: String) {
        #expect(PBXErrorCode(errcode).name == name)
    }

    @Test("no other errcode has one", arguments: [-3, 3, 200, 10006, 70091, 80010, 99999])
    func others(_ errcode: Int) {
        #expect(PBXErrorCode(errcode).name == nil)
    }
}
