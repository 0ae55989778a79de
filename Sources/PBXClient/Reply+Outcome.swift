import HTTPTransport
import FleetModel

/// What a row is when this was the last thing that came back for it.
extension Reply {
    /// The row's outcome when the request was its edit.
    ///
    /// - Parameter errmsg: the PBX's message, free of secrets.
    func editOutcome(errmsg: String) -> Outcome {
        switch kind {
        case .errcode(PBXErrorCode.success.rawValue):
            outcome(.ok, nil, "", errmsg: errmsg)
        case .errcode(let errcode):
            refusedEdit(errcode, errmsg: errmsg)
        case .unreadable(let failure):
            outcome(
                isRefusal ? .failed : .unknown, .protocol, failure.map { "the edit was sent, but \($0)" } ?? noErrcode)
        case .lost(let failure):
            outcome(.unknown, failure.errorClass, "the edit was sent, but \(failure)")
        case .notConnected(let failure): unreached(failure)
        }
    }

    /// The row's outcome when the request was the login, or the end of a session, that its edit needs.
    ///
    /// - Parameters:
    ///   - act: what was tried, as a noun: the login, the logout.
    ///   - errmsg: the PBX's message, free of secrets.
    func preparationOutcome(_ act: String, errmsg: String = "") -> Outcome {
        switch kind {
        case .errcode(PBXErrorCode.success.rawValue):
            // Only an edit that succeeded may show errcode 0.
            withoutErrcode(outcome(.failed, .auth, "the \(act) failed: the PBX gave no token", errmsg: errmsg))
        case .errcode(let errcode):
            outcome(.failed, .auth, "the \(act) failed: \(PBXErrorCode.loginPhrase(errcode))", errmsg: errmsg)
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

    private func refusedEdit(_ errcode: Int, errmsg: String) -> Outcome {
        let phrase = PBXErrorCode.phrase(errcode)
        switch PBXErrorCode(rawValue: errcode) {
        case .processing:
            return outcome(.unknown, .api, "the PBX is not done with the edit: \(phrase)", errmsg: errmsg)
        case .interfaceNotExisted:
            let error = "the PBX refused the edit: \(phrase), its firmware has no such call"
            return outcome(.failed, .api, error, errmsg: errmsg)
        case let code:
            let isAuth = code == .tokenExpired || PBXErrorCode.stopsHost(errcode)
            return outcome(.failed, isAuth ? .auth : .api, "the PBX refused the edit: \(phrase)", errmsg: errmsg)
        }
    }

    private var noErrcode: String {
        let redirect = status.map { $0 / 100 == 3 } ?? false
        let answer = status.map { "HTTP \($0)" } ?? "something"
        return "the answer, \(answer), has no readable errcode" + (redirect ? "; redirects are not followed" : "")
    }

    private func outcome(
        _ status: RowStatus, _ errorClass: ErrorClass?, _ error: String, errmsg: String = ""
    ) -> Outcome {
        Outcome(
            status: status, errcode: errcode, errmsg: errmsg, httpStatus: self.status, errorClass: errorClass,
            error: error)
    }

    private func withoutErrcode(_ outcome: Outcome) -> Outcome {
        var outcome = outcome
        outcome.errcode = nil
        return outcome
    }
}

extension PBXErrorCode {
    fileprivate static func loginPhrase(_ errcode: Int) -> String {
        let isFull = errcode == maxLimitationExceeded.rawValue
        return phrase(errcode) + (isFull ? ", 8 tokens of the application are in use" : "")
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
