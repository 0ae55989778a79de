import FleetModel

/// An errcode of a PBX. Any number may come; what the guides say of it is data.
///
/// Source: the PBX's list of error codes.
package struct PBXErrorCode: Hashable, Sendable {
    let number: Int

    static let success = PBXErrorCode(number: 0)
    static let processing = PBXErrorCode(number: 2)
    static let interfaceNotExisted = PBXErrorCode(number: 10001)
    static let tokenExpired = PBXErrorCode(number: 10004)
    static let maxLimitationExceeded = PBXErrorCode(number: 60002)

    /// The name of an errcode as the guides write it; nil for one that has none there.
    package static func name(of errcode: Int) -> String? { names[errcode] }

    /// `errcode 60001 (DATA NOT FOUND)`, or `errcode 7` for one without a name.
    var phrase: String { "errcode \(number)" + (Self.names[number].map { " (\($0))" } ?? "") }

    /// Whether the PBX is in trouble or busy, so that the same request may succeed later.
    var isTemporary: Bool { Outcome.isTemporary(errcode: number) }

    /// Whether the PBX will answer nothing else to us, so that asking on can only harm.
    var stopsHost: Bool { [10005, 70004, 70087, 70123].contains(number) }

    /// The same for `get_token`: no login succeeds while all tokens of an application are in use.
    var stopsHostAtLogin: Bool { stopsHost || self == .maxLimitationExceeded }

    private static let names = [
        -2: "INTERNAL SERVER ERROR", -1: "FAILURE", 0: "SUCCESS", 1: "PARTIAL SUCCESS", 2: "PROCESSING",
        10001: "INTERFACE NOT EXISTED", 10002: "API VERSION OUT OF MAINTENANCE", 10003: "API VERSION UNSUPPORTED",
        10004: "TOKEN EXPIRED", 10005: "ACCESS DENIED", 10009: "OPERATION FAILED",
        40001: "PARAMETER SYNTAX ERROR", 40002: "PARAMETER ERROR", 40003: "DUPLICATE KEY VALUE",
        40004: "FILE SIZE EXCEEDED", 60001: "DATA NOT FOUND", 60002: "MAX LIMITATION EXCEEDED",
        60101: "ROLE NOT EXISTED", 70004: "ACCOUNT IP BLOCKED", 70082: "OVERLOAD_TASK_RUNNING",
        70084: "ACTION FORBIDDEN", 70087: "IP FORBIDDEN", 70123: "API UNAVAILABLE",
    ]
}
