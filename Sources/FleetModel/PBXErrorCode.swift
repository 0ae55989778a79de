/// An errcode of a PBX. Any number may come; what the guides say of it is data.
///
/// Source: the PBX's list of error codes.
package struct PBXErrorCode: Hashable, Sendable {
    /// As the PBX wrote it.
    package let number: Int

    /// - Parameter number: as the PBX wrote it.
    package init(_ number: Int) {
        self.number = number
    }

    /// FAILURE
    package static let failure = PBXErrorCode(-1)
    /// PARTIAL SUCCESS
    static let partialSuccess = PBXErrorCode(1)
    /// INTERNAL SERVER ERROR
    static let internalServerError = PBXErrorCode(-2)
    /// SUCCESS
    package static let success = PBXErrorCode(0)
    /// PROCESSING: the PBX is not done with the request.
    package static let processing = PBXErrorCode(2)
    /// INTERFACE NOT EXISTED: the firmware has no such call.
    package static let interfaceNotExisted = PBXErrorCode(10001)
    /// API VERSION OUT OF MAINTENANCE
    package static let versionOutOfMaintenance = PBXErrorCode(10002)
    /// API VERSION UNSUPPORTED
    package static let versionUnsupported = PBXErrorCode(10003)
    /// TOKEN EXPIRED
    package static let tokenExpired = PBXErrorCode(10004)
    /// ACCESS DENIED
    package static let accessDenied = PBXErrorCode(10005)
    /// OPERATION FAILED: the function is off, or the application lacks the permission.
    package static let operationFailed = PBXErrorCode(10009)
    /// PARAMETER ERROR
    package static let parameterError = PBXErrorCode(40002)
    /// DATA NOT FOUND: there is nothing with that id.
    package static let dataNotFound = PBXErrorCode(60001)
    /// MAX LIMITATION EXCEEDED
    package static let maxLimitationExceeded = PBXErrorCode(60002)
    /// ACCOUNT IP BLOCKED: too many failed logins from this machine's address.
    package static let accountIPBlocked = PBXErrorCode(70004)
    /// OVERLOAD_TASK_RUNNING
    static let overloaded = PBXErrorCode(70082)
    /// IP FORBIDDEN
    package static let ipForbidden = PBXErrorCode(70087)
    /// API UNAVAILABLE: it is switched off on the PBX.
    package static let apiUnavailable = PBXErrorCode(70123)

    /// The name as the guides write it; nil for an errcode that has none there.
    package var name: String? { Self.names[number] }

    /// `errcode 60001 (DATA NOT FOUND)`, or `errcode 7` for one without a name.
    package var phrase: String { "errcode \(number)" + (name.map { " (\($0))" } ?? "") }

    /// Whether the PBX is in trouble or busy, so that the same request may succeed later.
    package var isTemporary: Bool { self == .internalServerError || self == .overloaded }

    /// Whether the PBX may have carried out the request, or a part of it, although it does not call that a success.
    package var leavesTraces: Bool { [.internalServerError, .failure, .partialSuccess, .processing].contains(self) }

    /// Whether the PBX will answer nothing else to us, so that asking on can only harm.
    package var stopsHost: Bool { [.accessDenied, .accountIPBlocked, .ipForbidden, .apiUnavailable].contains(self) }

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
