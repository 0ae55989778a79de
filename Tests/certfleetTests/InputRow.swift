import PBXSimulator

/// One row of an input: an edit of one certificate.
struct InputRow {
    /// What the row gives to be let in.
    enum Access {
        case application(id: String, secret: String)
        case token(String)
    }

    var url: String
    var id: Int
    var access: Access
    /// `tls_pin`; empty for none.
    var pin = ""

    private var line: String {
        let cells =
            switch access {
            case .application(let client, let secret): [url, "", client, secret]
            case .token(let token): [url, token, "", ""]
            }
        return (cells + [String(id), "0", pin]).joined(separator: ",") + "\n"
    }

    /// The input that these rows make.
    static func csv(_ rows: [InputRow]) -> String {
        "base_url,access_token,client_id,client_secret,id,auto_renewal,tls_pin\n" + rows.map(\.line).joined()
    }
}

extension SimulatedHost {
    /// What logs in to it.
    var application: InputRow.Access { .application(id: clientID, secret: clientSecret) }

    /// A row of this PBX, which logs in when nothing else is said.
    func row(_ id: Int, by access: InputRow.Access? = nil) -> InputRow {
        InputRow(url: baseURL, id: id, access: access ?? application)
    }
}
