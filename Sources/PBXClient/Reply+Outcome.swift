import HTTPTransport
import FleetModel

/// What a row is when this was the last thing that came back for it.
extension Reply {
    /// The row's outcome when the call was its edit.
    ///
    /// - Parameter errmsg: the PBX's message, free of secrets.
    func editOutcome(errmsg: String) -> Outcome {
        switch kind {
        case .notConnected(let failure): unreached(failure)
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
    ///   - errmsg: the PBX's message, free of secrets.
    func preparationOutcome(_ act: String, errmsg: String = "") -> Outcome {
        switch kind {
        case .errcode(.success):
            // Only an edit that succeeded may show errcode 0.
            withoutErrcode(outcome(.failed, .auth, "the \(act) failed: the PBX gave no token", errmsg: errmsg))
        case .errcode(let errcode):
            outcome(.failed, .auth, "the \(act) failed: \(errcode.loginPhrase)", errmsg: errmsg)
        case .unreadable(let failure):
            outcome(
                .failed, isTemporary ? .protocol : .auth, "the \(act) failed: \(failure?.description ?? noErrcode)")
        case .lost(let failure):
            outcome(.failed, failure.errorClass, "the \(act) failed: \(failure)")
        case .notConnected(let failure): unreached(failure)
        }
    }

    /// A row that was held back was never tried.
    private func unreached(_ failure: ConnectFailure) -> Outcome {
        outcome(failure == .heldBack ? .notAttempted : .failed, failure.errorClass, failure.description)
    }

    private func refusedEdit(_ errcode: PBXErrorCode, errmsg: String) -> Outcome {
        switch errcode {
        case .processing:
            return outcome(.unknown, .api, "the PBX is not done with the edit: \(errcode.phrase)", errmsg: errmsg)
        case .interfaceNotExisted:
            let error = "the PBX refused the edit: \(errcode.phrase), its firmware has no such call"
            return outcome(.failed, .api, error, errmsg: errmsg)
        default:
            let isAuth = errcode == .tokenExpired || errcode.stopsHost
            let error = "the PBX refused the edit: \(errcode.phrase)"
            return outcome(.failed, isAuth ? .auth : .api, error, errmsg: errmsg)
        }
    }

    private var editSent: String { isBodySent ? "the edit was sent, but " : "the edit was not sent: " }

    private var answer: String { status.map { "HTTP \($0)" } ?? "something" }

    private var noErrcode: String {
        let isRedirect = status.map { $0 / 100 == 3 } ?? false
        return "the answer, \(answer), has no readable errcode" + (isRedirect ? "; redirects are not followed" : "")
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
    fileprivate var loginPhrase: String {
        phrase + (self == .maxLimitationExceeded ? ", 8 tokens of the application are in use" : "")
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
