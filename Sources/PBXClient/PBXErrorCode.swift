/// The errcodes that the PBX documents; others may come, and are failures.
package enum PBXErrorCode: Int, CaseIterable, Sendable {
    case internalServerError = -2
    case failure = -1
    case success = 0
    case partialSuccess = 1
    case processing = 2
    case interfaceNotExisted = 10001
    case versionOutOfMaintenance = 10002
    case versionUnsupported = 10003
    case tokenExpired = 10004
    case accessDenied = 10005
    case operationFailed = 10009
    case parameterSyntaxError = 40001
    case parameterError = 40002
    case duplicateKeyValue = 40003
    case fileSizeExceeded = 40004
    case dataNotFound = 60001
    case maxLimitationExceeded = 60002
    case accountIPBlocked = 70004
    case overloadTaskRunning = 70082
    case actionForbidden = 70084
    case ipForbidden = 70087
    case apiUnavailable = 70123

    /// The name of an errcode as the PBX's guides write it; nil for one that they do not list.
    package static func name(of errcode: Int) -> String? { PBXErrorCode(rawValue: errcode)?.name }

    private var name: String {
        switch self {
        case .internalServerError: "INTERNAL SERVER ERROR"
        case .failure: "FAILURE"
        case .success: "SUCCESS"
        case .partialSuccess: "PARTIAL SUCCESS"
        case .processing: "PROCESSING"
        case .interfaceNotExisted: "INTERFACE NOT EXISTED"
        case .versionOutOfMaintenance: "API VERSION OUT OF MAINTENANCE"
        case .versionUnsupported: "API VERSION UNSUPPORTED"
        case .tokenExpired: "TOKEN EXPIRED"
        case .accessDenied: "ACCESS DENIED"
        case .operationFailed: "OPERATION FAILED"
        case .parameterSyntaxError: "PARAMETER SYNTAX ERROR"
        case .parameterError: "PARAMETER ERROR"
        case .duplicateKeyValue: "DUPLICATE KEY VALUE"
        case .fileSizeExceeded: "FILE SIZE EXCEEDED"
        case .dataNotFound: "DATA NOT FOUND"
        case .maxLimitationExceeded: "MAX LIMITATION EXCEEDED"
        case .accountIPBlocked: "ACCOUNT IP BLOCKED"
        case .overloadTaskRunning: "OVERLOAD_TASK_RUNNING"
        case .actionForbidden: "ACTION FORBIDDEN"
        case .ipForbidden: "IP FORBIDDEN"
        case .apiUnavailable: "API UNAVAILABLE"
        }
    }
}

extension PBXErrorCode {
    /// Whether the PBX will answer nothing else to us, so that asking on can only harm.
    static func stopsHost(_ errcode: Int) -> Bool {
        [.accessDenied, .accountIPBlocked, .ipForbidden, .apiUnavailable].contains(PBXErrorCode(rawValue: errcode))
    }

    /// Like ``stopsHost(_:)``, for `get_token`: no login succeeds while all tokens of an application are in use.
    static func stopsHostAtLogin(_ errcode: Int) -> Bool {
        stopsHost(errcode) || errcode == PBXErrorCode.maxLimitationExceeded.rawValue
    }

    /// `errcode 60001 (DATA NOT FOUND)`, or `errcode 7` for one without a name.
    static func phrase(_ errcode: Int) -> String {
        "errcode \(errcode)" + (name(of: errcode).map { " (\($0))" } ?? "")
    }
}
