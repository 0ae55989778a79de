import FleetModel
import JSONText
import Platform

/// A file on a PBX, and what it is for there.
struct Upload: Hashable, Sendable {
    let file: CertificateFile
    let purpose: CertificateState.Purpose
}

/// The file that an edit names: it is sent once for each PBX, and may be sent again without harm.
extension RowProcedure {
    /// What is to be sent; nil for a row without a file. A PBX that does not tell what the certificate is for gets a file
    /// with a private key for a server.
    var upload: Upload? {
        job.edit.file.map { Upload(file: $0, purpose: replaced?.purpose ?? ($0.holdsKey ? .server : .trusted)) }
    }

    /// Why a file that was sent has no name by which an edit could mean it.
    enum Nameless: Error {
        case none
        /// Another file has it, as the outcome says.
        case ambiguous(Outcome)
    }

    /// The name that a reply to an upload gives the file; the PBX has it from then on.
    func name(
        given upload: Upload, by reply: Reply, with token: Secret, on host: inout HostSession
    ) -> Result<String, Nameless> {
        // A name that a PBX made of a secret would stand in undo.csv.
        guard let name = reply.fileName,
            name == upload.file.name || host.redact(name, without: secrets + [token]) == name
        else { return .failure(.none) }
        return host.note(upload, named: name) ? .success(name) : .failure(.ambiguous(ambiguous(name, reply)))
    }

    /// Why the row's file is of no use for a certificate; nil when it may be.
    func refusal(by state: CertificateState) -> Outcome? {
        guard let file = job.edit.file, !file.holdsKey, state.purpose == .server else { return nil }
        return Outcome(
            status: .failed, errorClass: .input,
            error: "the file of cert_file holds no private key, which a server certificate needs")
    }

    private func ambiguous(_ name: String, _ reply: Reply) -> Outcome {
        Outcome(
            status: .failed, httpStatus: reply.status, errorClass: .protocol,
            error: "the PBX calls the file '\(Quotation.escaped(name))', as it called another one before: "
                + "which of them an edit would name is not known")
    }
}

/// Whether the row's file is there. Its name alone does not tell: another file may have had it before.
extension RowProcedure {
    /// What a certificate lacks of the edit that is read after it; not certain where nothing tells.
    func missing(from state: CertificateState) -> [FieldChange] {
        let missing = job.edit.changes(to: state)
        guard let file = job.edit.file, !missing.contains(where: { $0.field == "name" }) else { return missing }
        switch told(of: file, by: state).isThere {
        case true?: return missing
        case false?:
            let end = String(file.end.description.prefix(10))
            return missing + [FieldChange(field: "expiration", old: state.expiration, new: end, isCertain: true)]
        case nil: return missing + [FieldChange(field: "name", old: nil, new: job.edit.name, isCertain: false)]
        }
    }

    /// Why nothing proves that the row's file is there, as a clause; nil when something does, or it has none, or the
    /// certificate lacks more of the edit.
    func doubtOfFile(_ state: CertificateState) -> String? {
        guard let file = job.edit.file, job.edit.changes(to: state).isEmpty else { return nil }
        return told(of: file, by: state).doubt.map { "nothing tells whether its file is there: \($0)" }
    }

    /// What a certificate with the file's name tells of it, by the expiration, which must be the file's own: whether it is
    /// there, nil when nothing tells; and what keeps that from being proved.
    private func told(of file: CertificateFile, by state: CertificateState) -> (isThere: Bool?, doubt: String?) {
        guard let end = state.expiration, let isOwn = file.ends(at: end) else {
            return (nil, "the PBX tells no expiration that can be read")
        }
        guard isOwn else { return (false, nil) }
        guard let replaced else { return (true, "the certificate may have had this name and expiration before") }
        guard replaced.name ?? job.edit.name == job.edit.name, let earlier = replaced.expiration, !earlier.isEmpty
        else {
            return (true, nil)
        }
        switch WallTime(expiration: earlier) {
        case nil: return (nil, "the PBX told no expiration that can be read before the edit")
        case WallTime(expiration: end): return (nil, "the certificate had this name and expiration before")
        default: return (true, nil)
        }
    }
}

extension Reply {
    /// The name of a file that the PBX took; nil when it gave none that an edit can name.
    ///
    /// Source: the PBX's `certificate/upload` call.
    fileprivate var fileName: String? {
        guard errcode == .success, isBodySent, let name = wholeContent?["file"]?.text,
            (1...255).contains(name.utf8.count), name.utf8.first != 0x20, name.utf8.last != 0x20
        else { return nil }
        return name.unicodeScalars.allSatisfy { scalar in
            scalar != "/" && ![.control, .format].contains(scalar.properties.generalCategory)
        } ? name : nil
    }
}
