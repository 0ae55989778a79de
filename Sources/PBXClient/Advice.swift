import FleetModel

// What a person can do about an errcode, as it ends the sentence in `result.error`.

extension PBXErrorCode {
    /// What to do about a refused login; nil when there is nothing to say. The guides document no errcode for a wrong
    /// Client ID or Client Secret, so any other may mean that.
    var loginAdvice: String? {
        switch self {
        case .interfaceNotExisted: "its firmware has no such call: update it, or check api_path"
        case .maxLimitationExceeded:
            "8 tokens of the application are in use: wait 30 minutes, or use a client_id of its own"
        case _ where isOfAPI || isTemporary: generalAdvice
        default: "client_id or client_secret is probably wrong"
        }
    }

    /// What to do about a refused edit of a certificate; nil when there is nothing to say.
    var editAdvice: String? {
        switch self {
        case .tokenExpired: "its token is over: is access_token old, or does another program use the same application?"
        case .processing: "look at the certificate on the PBX before it is sent again"
        case .interfaceNotExisted: "its firmware cannot edit certificates by the API: update it, or use its web portal"
        case .accessDenied: "the application lacks the permission to edit certificates"
        case .operationFailed: "editing certificates is switched off there, or the application lacks the permission"
        case .parameterError:
            "a value does not fit: is it no server certificate, the file in name not uploaded, or a DNS key missing?"
        case .dataNotFound: "the PBX has no certificate with this id"
        case .maxLimitationExceeded: "the PBX holds as many certificates as it can: delete one there first"
        default: generalAdvice
        }
    }

    /// What holds for every call.
    var generalAdvice: String? {
        switch self {
        case .versionOutOfMaintenance, .versionUnsupported:
            "its firmware has another version of the API: check api_path"
        case .accountIPBlocked: "too many logins failed: unblock this machine's address in the PBX's web portal"
        case .ipForbidden: "allow this machine's address in the PBX's API settings"
        case .apiUnavailable: "switch the API on in the PBX's web portal"
        case _ where isTemporary: "the PBX is busy or in trouble: try again later"
        default: nil
        }
    }

    /// Whether it is about the API as a whole or this machine's address, and so not about the credentials.
    private var isOfAPI: Bool {
        [.versionOutOfMaintenance, .versionUnsupported, .accountIPBlocked, .ipForbidden, .apiUnavailable].contains(self)
    }

    /// What to do about a certificate that could not be read; nil when there is nothing to say.
    var readingAdvice: String? {
        switch self {
        case .interfaceNotExisted: "its firmware has no such call"
        case .accessDenied: "the application has no right to read certificates"
        case .operationFailed: "the function is switched off, or the application has no right to it"
        case .dataNotFound: "there is no certificate with this id"
        default: generalAdvice
        }
    }

    /// What to do about a file that a PBX did not take; nil when there is nothing to say.
    var uploadAdvice: String? {
        switch self {
        case .interfaceNotExisted: "its firmware takes no files by the API: update it, or use its web portal"
        case .accessDenied: "the application lacks the permission to upload certificates"
        case .operationFailed: "the function is switched off, or the application has no right to it"
        case .parameterError: "it may not be of the kind that this certificate needs"
        default: generalAdvice
        }
    }
}
