import HTTPTransport
import FleetModel
import JSONText
import Platform

/// What a row is when this was the last thing that came back for it.
extension Reply {
    /// The row's outcome when the call was its edit.
    ///
    /// - Parameters:
    ///   - host: the PBX.
    ///   - errmsg: the PBX's message, free of secrets.
    func editOutcome(on host: HostKey, errmsg: String) -> Outcome {
        switch kind {
        case .notConnected(let failure): unreached(host, failure)
        case .errcode(let errcode) where errcode != .success: refusedEdit(errcode, errmsg: errmsg)
        case .errcode where isBodySent: outcome(.ok, nil, "", errmsg: errmsg)
        case .lost(let failure):
            outcome(isBodySent ? .unknown : .failed, failure.errorClass, "\(editSent)\(failure)")
        case .unreadable(let failure):
            outcome(
                isBodySent && !isRefusal ? .unknown : .failed, .protocol,
                failure.map { "\(editSent)\($0)" } ?? (isBodySent ? noErrcode : editSent + noErrcode))
        case .errcode:
            withoutErrcode(outcome(.failed, .protocol, "\(editSent)the answer, \(answer), came before it"))
        }
    }

    /// The row's outcome when the call was the login or logout that its edit needs.
    ///
    /// - Parameters:
    ///   - act: what was tried, as a noun: the login, the logout.
    ///   - host: the PBX.
    ///   - errmsg: the PBX's message, free of secrets.
    func preparationOutcome(_ act: String, on host: HostKey, errmsg: String = "") -> Outcome {
        switch kind {
        case .errcode(.success):
            // Only an edit that succeeded may show errcode 0.
            withoutErrcode(outcome(.failed, .auth, "the \(act) failed: the PBX gave no token", errmsg: errmsg))
        case .errcode(let errcode):
            outcome(.failed, .auth, "the \(act) failed: \(phrase(errcode))\(errcode.loginHint)", errmsg: errmsg)
        case .unreadable(let failure):
            outcome(
                .failed, isTemporary ? .protocol : .auth, "the \(act) failed: \(failure?.description ?? noErrcode)")
        case .lost(let failure):
            outcome(.failed, failure.errorClass, "the \(act) failed: \(failure)")
        case .notConnected(let failure): unreached(host, failure)
        }
    }

    /// A row that was held back was never tried.
    private func unreached(_ host: HostKey, _ failure: ConnectFailure) -> Outcome {
        let error = failure == .refused ? "the connection to \(host) was refused" : failure.description
        return outcome(failure == .heldBack ? .notAttempted : .failed, failure.errorClass, error)
    }

    private func refusedEdit(_ errcode: PBXErrorCode, errmsg: String) -> Outcome {
        switch errcode {
        case .processing:
            return outcome(.unknown, .api, "the PBX is not done with the edit: \(phrase(errcode))", errmsg: errmsg)
        case .interfaceNotExisted:
            let error = "the PBX refused the edit: \(phrase(errcode)), its firmware has no such call"
            return outcome(.failed, .api, error, errmsg: errmsg)
        default:
            let isAuth = errcode == .tokenExpired || errcode.stopsHost
            let error = "the PBX refused the edit: \(phrase(errcode))"
            return outcome(.failed, isAuth ? .auth : .api, error, errmsg: errmsg)
        }
    }

    private var editSent: String { isBodySent ? "the edit was sent, but " : "the edit was not sent: " }

    private var answer: String { status.map { "HTTP \($0)" } ?? "something" }

    private var noErrcode: String {
        let isRedirect = status.map { $0 / 100 == 3 } ?? false
        if isPage, !isRedirect, !isServerError {
            return "the answer, \(answer), is a web page: this is no PBX API, check address, port and api_path"
        }
        return "the answer, \(answer), has no readable errcode" + (isRedirect ? "; redirects are not followed" : "")
    }

    /// The errcode with its name, and until when we are locked out, where the answer to 70004 tells.
    private func phrase(_ errcode: PBXErrorCode) -> String {
        let end = content["block_expire_time"]
        guard errcode.number == 70004, let time = end?.integer.map({ "\($0)" }) ?? end?.text, time.isTime else {
            return errcode.phrase
        }
        return "\(errcode.phrase), block_expire_time \(time)"
    }

    private func outcome(
        _ status: RowStatus, _ errorClass: ErrorClass?, _ error: String, errmsg: String = ""
    ) -> Outcome {
        Outcome(
            status: status, errcode: errcode?.number, errmsg: errmsg, httpStatus: self.status, errorClass: errorClass,
            error: error)
    }

    private func withoutErrcode(_ outcome: Outcome) -> Outcome {
        var outcome = outcome
        outcome.errcode = nil
        return outcome
    }
}

extension PBXErrorCode {
    /// What to do about a refused login: the guides document no errcode for a wrong Client ID or Client Secret.
    fileprivate var loginHint: String {
        switch number {
        case 10001: ", its firmware has no such call"
        case 60002: ", 8 tokens of the application are in use"
        case 10002, 10003, 70004, 70087, 70123: ""
        default: isTemporary ? "" : ", client_id or client_secret is probably wrong"
        }
    }
}

extension String {
    /// Whether it looks like a date, a time or a number, and so is fit to be shown.
    fileprivate var isTime: Bool {
        utf8.count <= 40 && !isEmpty && utf8.allSatisfy { $0.isDigit || "-:.+/ TZ".utf8.contains($0) }
    }
}

extension AnswerFailure {
    fileprivate var errorClass: ErrorClass { self == .timedOut ? .timeout : .protocol }
}

extension ConnectFailure {
    fileprivate var errorClass: ErrorClass {
        switch self {
        case .untrusted: .tls
        // The host was there; it was the run's own disk that took too long.
        case .heldBack: .runStopped
        default: .connect
        }
    }
}
