@testable import FleetInput
@testable import TabularText

/// One input for every kind of diagnostic, for the file that shows them all.
enum DiagnosticGallery {
    /// An input that shows a kind of diagnostic.
    struct Exhibit {
        let code: Diagnostic.Code
        let name: String
        let bytes: [UInt8]
        /// What to print instead of the input, when it is too large to be read.
        let caption: String?
        /// What `--column` says.
        let columns: [String]

        init(
            _ code: Diagnostic.Code, _ lines: String..., name: String = "fleet.csv", caption: String? = nil,
            columns: [String] = []
        ) {
            let bytes = Array(lines.map { $0 + "\n" }.joined().utf8)
            self.init(code, bytes: bytes, name: name, caption: caption, columns: columns)
        }

        init(
            _ code: Diagnostic.Code, bytes: [UInt8], name: String = "fleet.csv", caption: String? = nil,
            columns: [String] = []
        ) {
            self.code = code
            self.name = name
            self.bytes = bytes
            self.caption = caption
            self.columns = columns
        }

        func reading() throws -> Reading {
            var settings = DiagnosticGallery.settings
            settings.columns = try ColumnChoices(columns: columns, values: [])
            let isExposed = [.secretFileExposed, .sheetExposed].contains(code)
            let files = code == .certFileDoubtful ? ["pbx.pem"] : []
            return try Reading(bytes: bytes, name: name, settings: settings, isExposed: isExposed, beside: files)
        }
    }

    /// What the references of the exhibits lead to.
    fileprivate static let settings = InputSettings(environment: ["BLANK_AT_END": "key ", "API_KEY": "key"])

    private static let header = "host,id,auto_renewal,access_token"
    private static let large = String(repeating: "x", count: 1 << 20)

    private static func row(_ code: Diagnostic.Code, _ columns: String, _ cells: String) -> Exhibit {
        Exhibit(code, "host,id,access_token,\(columns)", "pbx1,5,token,\(cells)")
    }

    private static func line(_ code: Diagnostic.Code, _ members: String) -> Exhibit {
        Exhibit(code, "{\"host\":\"pbx1\",\"access_token\":\"token\",\(members)}", name: "fleet.jsonl")
    }

    static let file: [Exhibit] = [
        Exhibit(
            .encodingInvalid, bytes: Array("\(header),note\npbx1,5,0,token,M".utf8) + [0xFC] + Array("nchen\n".utf8)),
        Exhibit(.notATable, "[{\"host\":\"pbx1\",\"id\":5}]", name: "fleet.json"),
        Exhibit(.notATable, "{\"data\":[{\"host\":\"pbx1\",\"id\":5}]}", name: "fleet.jsonl"),
        Exhibit(.separatorUnknown, "sep=:", "host:id:auto_renewal:access_token"),
        Exhibit(.delimiterAmbiguous, "host,id,x;host;id"), Exhibit(.quoteUnclosed, header, "\"pbx1,5,0,token"),
        Exhibit(.quoteInCell, header, "pbx\"1\",5,0,token"), Exhibit(.quoteTrailing, header, "\"pbx1\" ,5,0,token"),
        Exhibit(.fieldTooLong, header, "\(large)x,5,0,token", caption: "a cell of 1 MiB and 1 byte on line 2"),
        Exhibit(
            .rowTooLong, header, "pbx1,5,0,token,\(large),\(large),\(large),\(large)",
            caption: "a row of more than 4 MiB on line 2"),
        Exhibit(.columnsTooMany, String(repeating: ",", count: 1 << 15), caption: "a header of 32769 cells"),
        Exhibit(.headerUnrecognized, "Fleet 2026,,,", header, "pbx1,5,0,token"),
        Exhibit(.headerUnrecognized, "pbx1,5,0,token"), Exhibit(.headerColumnMissing, "host,auto_renewal,access_token"),
        Exhibit(
            .headerColumnMissing, "FQDN;Certificate ID;Domain;Customer;API Key", "pbx1;5;pbx1.example.com;Miller;key"),
        Exhibit(
            .headerChosenMissing, "host,id,auto_renewal,access_token", "pbx1,5,0,token", columns: ["Cert No=id"]),
        Exhibit(.headerColumnRepeated, "host,id,auto_renewal,Base URL"),
        Exhibit(.headerNearMiss, "host,id,auto_renewl,access_token"),
        Exhibit(.headerNearMiss, "host,id,auth.info_list,access_token"),
        Exhibit(.headerAuthMalformed, "host,id,auth.TTL:number"),
        Exhibit(.headerAuthMalformed, "host,id,auth_APIKey"), Exhibit(.headerAuthMalformed, "host,id,auth"),
    ]

    static let rows: [Exhibit] = [
        Exhibit(.baseURLMissing, header, ",5,0,token"),
        Exhibit(.baseURLMalformed, header, "https://pbx1/api,5,0,token"),
        Exhibit(.plainHTTP, header, "http://pbx1,5,0,token"), row(.apiPathMalformed, "auto_renewal,api_path", "0,v1?x"),
        Exhibit(.idMissing, header, "pbx1,,0,token"), Exhibit(.idMalformed, header, "pbx1,1E+05,0,token"),
        Exhibit(.matchMalformed, "host,match,auto_renewal,access_token", "pbx1,domain=pbx1.example.com,0,token"),
        Exhibit(.idAndMatch, "host,id,match,auto_renewal,access_token", "pbx1,5,only,0,token"),
        Exhibit(.autoRenewalMalformed, header, "pbx1,5,maybe,token"),
        row(.blankInside, "issue_to", "pbx1 .example.com"),
        row(.controlCharacter, "name", "\"a\nb\""), row(.spreadsheetMark, "issue_to", "#N/A"),
        row(.clearMisspelled, "issue_to", "clear!"), row(.referenceMisplaced, "name", "file:a.pem"),
        row(.clearNotAllowed, "auto_renewal,api_path", "0,CLEAR!"),
        row(.nameAndCertFile, "name,cert_file", "a.pem,b.pem"), row(.certFileUnusable, "cert_file", "b.pem"),
        row(.nothingToEdit, "auto_renewal,issue_to", ","),
        row(.dnsProviderMissing, "auto_renewal,auth.AccessKeyId", "1,key"),
        row(.authMissing, "auto_renewal,dns_provider", "1,alidns"), row(.authMalformed, "auth.TTL:int", "ten minutes"),
        row(.authMalformed, "auth_info_list", "\"[{\"\"k\"\":\"\"AccessKeyId\"\"}]\""),
        row(.authKeyRepeated, "auth.TTL:int,auth.TTL", "600,x"),
        row(.authGivenTwice, "auth.AccessKeyId,auth_info_list", "key,\"[{\"\"k\"\":\"\"TTL\"\",\"\"iv\"\":600}]\""),
        row(.tlsPinMalformed, "auto_renewal,tls_pin", "0,sha256//abc"), Exhibit(.secretMasked, header, "pbx1,5,0,***"),
        Exhibit(.referenceUnresolved, header, "pbx1,5,0,env:PBX_TOKEN", "pbx2,5,0,file:token"),
        Exhibit(.credentialsMissing, header, "pbx1,5,0,"),
        Exhibit(.credentialsIncomplete, "host,id,auto_renewal,client_id,client_secret", "pbx1,5,0,app,"),
        Exhibit(.rowRepeated, header, "pbx1,5,0,token", "PBX1:8088,5.0,0,token"),
        Exhibit(.cellsTooMany, header, "pbx1,5,0,token,more"),
        Exhibit(.cellWithoutName, "\(header),", "pbx1,5,0,token,more"),
        Exhibit(.jsonMalformed, "{\"host\":“pbx1”}", "[]", "{\"host\":\"pbx1\",}", name: "fleet.jsonl"),
        line(.jsonType, "\"id\":5,\"issue_to\":true"), line(.keyNearMiss, "\"id\":5,\"auto_renewl\":0"),
        line(.keyRepeated, "\"id\":5,\"auto_renewal\":0,\"url\":\"pbx2\""),
        line(.keyMalformed, "\"id\":5,\"auto_renewal\":0,\"auth.\":\"key\""),
        line(.keyMalformed, "\"id\":5,\"auto_renewal\":0,\"auth_APIKey\":\"key\""),
    ]

    static let warnings: [Exhibit] = [
        row(.dnsProviderUnknown, "dns_provider", "rout53"), row(.authNumberAsText, "auth.TTL", "600"),
        row(.apostrophe, "name", "'a.pem"), row(.wordForNothing, "issue_to", "TBD"),
        row(.placeholder, "auth.APIKey", "${DNS_KEY}"), row(.quotesRound, "auth.APIKey", "“key”"),
        Exhibit(.scientificNotation, "host,id,auto_renewal,client_id,client_secret", "pbx1,5,0,1.23457E+17,secret"),
        row(.certFileDoubtful, "cert_file,issue_to", "pbx.pem,pbx2.example.com"),
        row(.lineBreakInside, "auth.APIKey", "\"first\nsecond\""),
        row(.domainDoubtful, "issue_to", "https://pbx1.example.com"), row(.fileNameDoubtful, "Name", "Miller Ltd"),
        row(.fileNameDoubtful, "name", "certs/pbx.pem"),
        row(.authKeyDoubtful, "dns_provider,auth.AccessKeyID,auth.SecretAccessKey", "route53,key,secret"),
        row(.authKeyDoubtful, "dns_provider,auth.AccessKeyID,auth.Zone", "route53,key,secret"),
        row(.authKeyDoubtful, "auth.KEY", "key"), Exhibit(.ownSecret, "host,id,auto_renewal,access_token,password"),
        Exhibit(.ownColumn, "host,id,auto_renewal,access_token,Domain"),
        row(.blankAtEnd, "auth.APIKey", "env:BLANK_AT_END"),
        Exhibit(.rowCutShort, bytes: Array("\(header),auth.APIKey,note\npbx1,5,0,token,lon".utf8)),
        row(.sameSource, "auth.APIKey,auth.APISecret", "env:API_KEY,env:API_KEY"),
        row(.secretFileExposed, "auth.APIKey", "file:key"), Exhibit(.sheetExposed, header, "pbx1,5,0,token"),
    ]
}
