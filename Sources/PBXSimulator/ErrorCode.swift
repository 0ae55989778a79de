/// The codes a simulated PBX answers with by itself, by the names `pbx-api` gives them.
enum ErrorCode: Int, Error {
    case success = 0
    case interfaceNotExisted = 10001
    case tokenExpired = 10004
    case accessDenied = 10005
    case parameterSyntax = 40001
    case parameter = 40002
    case dataNotFound = 60001
    case limitExceeded = 60002
    case accountIPBlocked = 70004

    /// The errmsg of any code; a neutral one for a code that is not documented.
    static func message(of code: Int) -> String {
        messages[code] ?? "ERROR"
    }

    private static let messages = [
        -2: "INTERNAL SERVER ERROR",
        -1: "FAILURE",
        0: "SUCCESS",
        1: "PARTIAL SUCCESS",
        2: "PROCESSING",
        10001: "INTERFACE NOT EXISTED",
        10002: "API VERSION OUT OF MAINTENANCE",
        10003: "API VERSION UNSUPPORTED",
        10004: "TOKEN EXPIRED",
        10005: "ACCESS DENIED",
        10009: "OPERATION FAILED",
        40001: "PARAMETER SYNTAX ERROR",
        40002: "PARAMETER ERROR",
        40003: "DUPLICATE KEY VALUE",
        40004: "FILE SIZE EXCEEDED",
        60001: "DATA NOT FOUND",
        60002: "MAX LIMITATION EXCEEDED",
        70004: "ACCOUNT IP BLOCKED",
        70082: "OVERLOAD_TASK_RUNNING",
        70084: "ACTION FORBIDDEN",
        70087: "IP FORBIDDEN",
        70123: "API UNAVAILABLE",
    ]
}
