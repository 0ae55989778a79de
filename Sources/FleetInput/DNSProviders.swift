import FleetModel
import Platform
import TabularText

/// The DNS providers known to the PBXs' ACME client, each with the keys of its credentials: the provider codes of the
/// library lego, July 2026.
///
/// A firmware knows some of them. A name outside the list is doubtful, not wrong.
package enum DNSProviders {
    /// One key of a provider's credentials.
    package struct Key: Sendable {
        /// Whether a provider must have a key.
        package enum Need: String, Sendable {
            /// `depends`: some ways to log in need it, others do not.
            case required, optional, depends
        }

        /// As the PBX wants it; case matters.
        package let name: String
        /// The name of the value in the PBX's list: `sv`, `iv` or `bv`.
        package let type: String
        /// Whether it must be given.
        package let need: Need

        /// The column that gives it, like `auth.TTL:int`.
        package var column: String { "auth.\(name)" + (type == "iv" ? ":int" : type == "bv" ? ":bool" : "") }

        /// - Parameter entry: a name with the marks of the table behind it.
        fileprivate init(_ entry: Substring.UTF8View) {
            let marks = entry.drop { $0.isLetter || $0.isDigit }
            name = String(Substring(entry[..<marks.startIndex]))
            type = marks.contains(UInt8(ascii: "#")) ? "iv" : marks.contains(UInt8(ascii: "?")) ? "bv" : "sv"
            need =
                marks.contains(UInt8(ascii: "!")) ? .required : marks.contains(UInt8(ascii: "~")) ? .depends : .optional
        }
    }

    /// All names, in their order.
    package static let names = entries.keys.sorted()

    /// The keys of a provider; nil for a name that is not on the list. Case matters.
    package static func keys(of name: String) -> [Key]? {
        entries[name]?.split(separator: UInt8(ascii: " ")).map(Key.init)
    }

    /// Whether the PBX's own documentation names the keys of a provider; those of others are derived from lego.
    package static func isDocumented(_ name: String) -> Bool { documented.contains(name) }

    /// The name on the list that was probably meant, if one is near. Compares with all of them.
    package static func nearest(to name: String) -> String? {
        guard name.utf8.count <= 64 else { return nil }
        let limit = max(1, min(3, name.utf8.count / 3))
        return EditDistance.nearest(to: name.lowercased(), in: names, atMost: limit)
    }

    /// The key of any provider that a text is, whatever its case.
    static func key(like text: String) -> String? { keysByLowercase[text.lowercased()] }

    /// Source: the Auth_Info table of the PBX's `certificate/update` call.
    private static let documented: Set = ["alidns", "allinkl", "arvancloud", "auroradns", "edgedns", "route53"]

    private static let keysByLowercase: [String: String] = {
        var keys: [String: String] = [:]
        for key in names.flatMap({ DNSProviders.keys(of: $0) ?? [] }) { keys[key.name.lowercased()] = key.name }
        return keys
    }()

    /// The keys of each provider as the table has them: most are never asked for.
    private static let entries: [String: Substring.UTF8View] = {
        var entries: [String: Substring.UTF8View] = [:]
        for entry in table.utf8.split(separator: UInt8(ascii: ";")) {
            let entry = entry.drop { $0 == UInt8(ascii: " ") }
            let keys = entry.drop { $0 != UInt8(ascii: " ") }
            entries[String(Substring(entry[..<keys.startIndex]))] = keys
        }
        return entries
    }()

    /// A provider and its keys; `#` marks a number, `?` a boolean, `!` a key that is required, `~` one that may be.
    private static let table = """
        abion APIKey! PropagationTimeout# PollingInterval# TTL#; acmedns APIBase! AllowList~ StoragePath \
        StorageBaseURL; active24 APIKey! Secret! PropagationTimeout# PollingInterval# TTL#; alidns AccessKeyId! \
        AccessKeySecret! PropagationTimeout# PollingInterval# TTL#; aliesa RAMRole~ APIKey~ SecretKey~ \
        SecurityToken~ RegionID~ PropagationTimeout# PollingInterval# TTL# HTTPTimeout#; allinkl Login! Password! \
        PropagationTimeout# PollingInterval#; alwaysdata APIKey! Account PropagationTimeout# PollingInterval# TTL#; \
        anexia Token! APIURL TTL# PropagationTimeout# PollingInterval#; artfiles Username! Password! ServerName \
        PropagationTimeout# PollingInterval#; arvancloud APIKey! PropagationTimeout# PollingInterval# TTL#; \
        auroradns APIKey! Secret! PropagationTimeout# PollingInterval#; autodns Endpoint~ Username! Password! \
        Context# TTL# PropagationTimeout# PollingInterval#; axelname Nickname! Token! PropagationTimeout# \
        PollingInterval# TTL#; azion PersonalToken! PageSize# PollingInterval# PropagationTimeout# TTL#; azuredns \
        ZoneName~ SubscriptionID~ ResourceGroup~ PrivateZone? ClientID~ ClientSecret~ TenantID~ OIDCToken~ \
        OIDCTokenFilePath~ OIDCRequestURL~ OIDCRequestToken~ ServiceConnectionID~ SystemAccessToken~ AuthMethod~ \
        AuthMSITimeout# PropagationTimeout# PollingInterval# TTL# ServiceDiscoveryFilter; baiducloud AccessKeyID! \
        SecretAccessKey! PropagationTimeout# PollingInterval# TTL#; beget Username! Password! PropagationTimeout# \
        PollingInterval# TTL#; binarylane APIToken! PropagationTimeout# PollingInterval# TTL#; bindman \
        PropagationTimeout# PollingInterval# BaseURL!; bluecat BaseURL! UserName! Password! ConfigName! DNSView! \
        PropagationTimeout# PollingInterval# TTL# Debug? SkipDeploy?; bluecatv2 ServerURL! Username! Password! \
        ConfigName! ViewName! SkipDeploy? PropagationTimeout# PollingInterval# TTL#; bookmyname Username! Password! \
        PropagationTimeout# PollingInterval# TTL#; bunny APIKey! PropagationTimeout# PollingInterval# TTL#; \
        checkdomain Endpoint~ Token! TTL# PropagationTimeout# PollingInterval#; civo Token! PropagationTimeout# \
        PollingInterval# TTL#; clouddns ClientID! Email! Password! TTL# PropagationTimeout# PollingInterval#; \
        cloudflare AuthEmail~ AuthKey~ AuthToken~ ZoneToken~ BaseURL TTL# PropagationTimeout# PollingInterval#; \
        cloudns AuthID~ SubAuthID~ AuthPassword! PropagationTimeout# PollingInterval# TTL#; cloudru \
        ServiceInstanceID! KeyID! Secret! PropagationTimeout# PollingInterval# SequenceInterval# TTL#; com35 \
        Username! Password! PropagationTimeout# PollingInterval# TTL#; connbyte Token! PropagationTimeout# \
        PollingInterval# TTL#; conoha Region TenantID! Username! Password! TTL# PropagationTimeout# \
        PollingInterval#; conohav3 Region TenantID! UserID! Password! TTL# PropagationTimeout# PollingInterval#; \
        constellix APIKey! SecretKey! PropagationTimeout# PollingInterval# TTL#; corenetworks Login! Password! \
        PropagationTimeout# PollingInterval# SequenceInterval# TTL#; cpanel Mode Username! Token! BaseURL! TTL# \
        PropagationTimeout# PollingInterval#; curanet APIKey! PropagationTimeout# PollingInterval# TTL#; czechia \
        Token! PropagationTimeout# PollingInterval# TTL#; dandomain APIKey! PropagationTimeout# PollingInterval# \
        TTL#; ddnss Key! PropagationTimeout# PollingInterval# SequenceInterval# TTL#; derak APIKey! WebsiteID \
        PropagationTimeout# PollingInterval# TTL#; desec Token! PropagationTimeout# PollingInterval# TTL#; designate \
        ZoneName~ PropagationTimeout# PollingInterval# TTL#; digitalocean BaseURL AuthToken! TTL# \
        PropagationTimeout# PollingInterval#; dinahosting Username! Password! PropagationTimeout# PollingInterval# \
        TTL#; directadmin BaseURL! Username! Password! ZoneName TTL# PropagationTimeout# PollingInterval#; dns51 \
        APIKey! APISecret! PropagationTimeout# PollingInterval# TTL#; dnscale APIToken! PropagationTimeout# \
        PollingInterval# TTL#; dnsexit APIKey! PropagationTimeout# PollingInterval# TTL#; dnshomede \
        PropagationTimeout# PollingInterval# SequenceInterval#; dnsimple Debug? AccessToken~ BaseURL \
        PropagationTimeout# PollingInterval# TTL#; dnsla APIID! APISecret! PropagationTimeout# PollingInterval# \
        TTL#; dnsmadeeasy BaseURL APIKey! APISecret! Sandbox? PropagationTimeout# PollingInterval# TTL#; dnsservices \
        Username! Password! PropagationTimeout# PollingInterval# TTL#; dnsupdate Nameserver! DNSTimeout#~ Zones~ \
        TSIGFile~ TSIGAlgorithm~ TSIGKey~ TSIGSecret~ TSIGGSSRealm~ TSIGGSSUsername~ TSIGGSSPassword~ \
        TSIGGSSKeytabFile~ PropagationTimeout# PollingInterval# TTL# SequenceInterval#; dode Token! \
        PropagationTimeout# PollingInterval# SequenceInterval#; domeneshop APIToken! APISecret! PropagationTimeout# \
        PollingInterval#; dreamhost BaseURL APIKey! PropagationTimeout# PollingInterval#; duckdns Token! \
        PropagationTimeout# PollingInterval# SequenceInterval#; dyn CustomerName! UserName! Password! \
        PropagationTimeout# PollingInterval# TTL#; dynadot APIKey! APISecret! PropagationTimeout# PollingInterval# \
        TTL#; dyndnsfree Username! Password! PropagationTimeout# PollingInterval#; dynu APIKey! PropagationTimeout# \
        PollingInterval# TTL#; easydns Endpoint~ Token! Key! TTL# PropagationTimeout# PollingInterval# \
        SequenceInterval#; edgecenter APIToken! PropagationTimeout# PollingInterval# TTL#; edgedns Host! \
        ClientToken! ClientSecret! AccessToken! PropagationTimeout# TTL#; edgeone SecretID! SecretKey! Region \
        SessionToken PropagationTimeout# PollingInterval# TTL# HTTPTimeout#; efficientip Username! Password! \
        Hostname! DNSName! ViewName InsecureSkipVerify? PropagationTimeout# PollingInterval#; epik Signature! \
        PropagationTimeout# PollingInterval# TTL#; eurodns ApplicationID! APIKey! PropagationTimeout# \
        PollingInterval# TTL#; euserv Email! Password! OrderID! PropagationTimeout# PollingInterval# TTL#; excedo \
        APIURL! APIKey! PropagationTimeout# PollingInterval# TTL#; exec Program! Mode~ PropagationTimeout# \
        PollingInterval# SequenceInterval#; exoscale APIKey! APISecret! Endpoint HTTPTimeout# PropagationTimeout# \
        PollingInterval# TTL#; f5xc APIToken! TenantName! Server GroupName! PropagationTimeout# PollingInterval# \
        TTL#; fornex Example! PropagationTimeout# PollingInterval# TTL#; freemyip Token! PropagationTimeout# \
        PollingInterval# SequenceInterval# TTL#; gandi BaseURL APIKey! PropagationTimeout# PollingInterval# TTL#; \
        gandiv5 BaseURL APIKey~ PersonalAccessToken~ PropagationTimeout# PollingInterval# TTL#; gcloud Debug? \
        Project~ ZoneID~ AllowPrivateZone? ImpersonateServiceAccount~ PropagationTimeout# PollingInterval# TTL#; \
        gcore APIToken! PropagationTimeout# PollingInterval# TTL#; gehirn TokenID! TokenSecret! PropagationTimeout# \
        PollingInterval# TTL#; gigahostno Username! Password! Secret APIkey~ PropagationTimeout# PollingInterval# \
        TTL#; glesys APIUser! APIKey! PropagationTimeout# PollingInterval# TTL#; gname AppID! AppKey! \
        PropagationTimeout# PollingInterval# TTL#; godaddy APIKey! APISecret! PropagationTimeout# PollingInterval# \
        TTL#; gravity Username! Password! ServerURL! PropagationTimeout# PollingInterval# SequenceInterval#; hetzner \
        APIKey~ APIToken~ PropagationTimeout# PollingInterval# TTL#; hostingde APIKey! ZoneName PropagationTimeout# \
        PollingInterval# TTL#; hostinger APIToken! PropagationTimeout# PollingInterval# TTL#; hostingnl APIKey! \
        PropagationTimeout# PollingInterval# TTL#; hosttech APIKey! PropagationTimeout# PollingInterval# TTL#; \
        hostup APIKey! PropagationTimeout# PollingInterval# TTL#; httpnet APIKey! ZoneName PropagationTimeout# \
        PollingInterval# TTL#; httpreq Endpoint! Mode Username~ Password~ PropagationTimeout# PollingInterval#; \
        huaweicloud AccessKeyID! SecretAccessKey! Region! PropagationTimeout# PollingInterval# TTL# HTTPTimeout#; \
        hurricane PropagationTimeout# PollingInterval# SequenceInterval#; hyperone APIEndpoint LocationID~ \
        PassportLocation~ TTL# PropagationTimeout# PollingInterval#; ibmcloud Username! APIKey! PropagationTimeout# \
        PollingInterval# TTL# HTTPTimeout# Debug?; iijdpf Token! ServiceCode! Endpoint PropagationTimeout# \
        PollingInterval# TTL#; infoblox Host! Port Username! Password! DNSView WapiVersion SSLVerify? CACertificate \
        PropagationTimeout# PollingInterval# TTL# HTTPTimeout#; infomaniak APIEndpoint AccessToken! \
        PropagationTimeout# PollingInterval# TTL#; internetbs APIKey! Password! PropagationTimeout# PollingInterval# \
        TTL#; inwx Username! Password! SharedSecret Sandbox? PropagationTimeout# PollingInterval# TTL#; ionos \
        APIKey! PropagationTimeout# PollingInterval# TTL#; ionoscloud APIToken! PropagationTimeout# PollingInterval# \
        TTL#; ipv64 APIKey! PropagationTimeout# PollingInterval#; ispconfig ServerURL! Username! Password! \
        PropagationTimeout# PollingInterval# TTL# InsecureSkipVerify?; ispconfigddns ServerURL! Token! \
        PropagationTimeout# PollingInterval# TTL#; jdcloud AccessKeyID! AccessKeySecret! RegionID \
        PropagationTimeout# PollingInterval# TTL# HTTPTimeout#; joker APIKey~ Username~ Password~ APIMode~ \
        PropagationTimeout# PollingInterval# SequenceInterval# TTL#; katapult APIKey! PropagationTimeout# \
        PollingInterval# TTL#; keyhelp BaseURL! APIKey! PropagationTimeout# PollingInterval# TTL#; leaseweb APIKey! \
        PropagationTimeout# PollingInterval# TTL#; liara APIKey! TeamID TTL# PropagationTimeout# PollingInterval#; \
        lightsail DNSZone~ Region~ PropagationTimeout# PollingInterval#; limacity APIKey! TTL# PropagationTimeout# \
        PollingInterval# SequenceInterval#; linode Token! PropagationTimeout# PollingInterval# TTL# HTTPTimeout#; \
        liquidweb BaseURL Username~ Password~ Zone~ TTL# PollingInterval# PropagationTimeout# HTTPTimeout#; loopia \
        BaseURL APIUser! APIPassword! PropagationTimeout# PollingInterval# TTL#; luadns APIUsername! APIToken! \
        PropagationTimeout# PollingInterval# TTL#; mailinabox Email! Password! BaseURL! PropagationTimeout# \
        PollingInterval#; manageengine ClientID! ClientSecret! PropagationTimeout# PollingInterval# TTL#; manual \
        PropagationTimeout# PollingInterval#; metaname AccountReference! APIKey! PropagationTimeout# \
        PollingInterval# TTL#; metaregistrar APIToken! PropagationTimeout# PollingInterval# TTL#; mijnhost APIKey! \
        TTL# PropagationTimeout# PollingInterval# SequenceInterval#; mittwald Token! TTL# PropagationTimeout# \
        PollingInterval# SequenceInterval#; myaddr PropagationTimeout# PollingInterval# SequenceInterval# TTL#; \
        mydnsjp MasterID! Password! PropagationTimeout# PollingInterval#; mythicbeasts UserName! Password! \
        PropagationTimeout# PollingInterval# APIEndpoint~ AuthAPIEndpoint~ TTL#; namecheap BaseURL APIUser! APIKey! \
        ClientIP~ PropagationTimeout# PollingInterval# TTL#; namedotcom Username! APIToken! Server TTL# \
        PropagationTimeout# PollingInterval#; namesilo APIKey! PropagationTimeout# PollingInterval# TTL#; namesurfer \
        BaseURL! APIKey! APISecret! View PropagationTimeout# PollingInterval# TTL#; nearlyfreespeech APIKey! Login! \
        TTL# PropagationTimeout# PollingInterval# SequenceInterval#; nederhost APIKey! PropagationTimeout# \
        PollingInterval# TTL#; neodigit Token! PropagationTimeout# PollingInterval# TTL#; netcup Key! Password! \
        Customer! PropagationTimeout# PollingInterval#; netlify Token! PropagationTimeout# PollingInterval# TTL#; \
        netnod Token! PropagationTimeout# PollingInterval# TTL#; ngenix Username! Token! CustomerID! \
        PropagationTimeout# PollingInterval#; nicmanager Login Username Email Password! OTPSecret Mode \
        PropagationTimeout# PollingInterval# TTL#; nicru TTL# Username! Password! ServiceID! Secret! \
        PropagationTimeout# PollingInterval#; nifcloud BaseURL AccessKey! SecretKey! PropagationTimeout# \
        PollingInterval# TTL#; njalla Token! PropagationTimeout# PollingInterval# TTL#; nodion APIToken! \
        PropagationTimeout# PollingInterval# TTL#; ns1 APIKey! PropagationTimeout# PollingInterval# TTL#; octenium \
        APIKey! PropagationTimeout# PollingInterval# TTL#; omglol APIKey! PropagationTimeout# PollingInterval# TTL#; \
        onecloudru Token! PropagationTimeout# PollingInterval# TTL#; onlinenet APIToken! PropagationTimeout# \
        PollingInterval# SequenceInterval# TTL#; openprovider Username! Password! PropagationTimeout# \
        PollingInterval# SequenceInterval# TTL#; opusdns APIKey! PropagationTimeout# PollingInterval# TTL#; \
        oraclecloud CompartmentID~ PropagationTimeout# PollingInterval# TTL#; otc DomainName! ProjectName! UserName! \
        Password! IdentityEndpoint PrivateZone? PropagationTimeout# PollingInterval# SequenceInterval# TTL#; ovh \
        APIEndpoint ApplicationKey~ ApplicationSecret~ ConsumerKey~ AccessToken~ PropagationTimeout# \
        PollingInterval# TTL#; pdns APIKey! Host! ServerName APIVersion# PropagationTimeout# PollingInterval# TTL#; \
        plesk Username! Password! PropagationTimeout# PollingInterval# TTL#; pointdns Username! Password! \
        PropagationTimeout# PollingInterval# TTL#; porkbun APIKey! SecretAPIKey! PropagationTimeout# \
        PollingInterval# TTL#; poweradmin BaseURL! APIKey! PropagationTimeout# PollingInterval# TTL#; rackspace \
        BaseURL APIUser! APIKey! PropagationTimeout# PollingInterval# TTL#; rage4 Username! Password! \
        PropagationTimeout# PollingInterval# TTL#; rainyun APIKey! PropagationTimeout# PollingInterval# TTL#; \
        rcodezero APIToken! PropagationTimeout# PollingInterval# TTL#; regfish APIKey! PropagationTimeout# \
        PollingInterval# TTL#; regru Username! Password! TLSCert TLSKey PropagationTimeout# PollingInterval# TTL#; \
        rimuhosting APIKey! PropagationTimeout# PollingInterval# TTL#; route53 AccessKeyId! SecretAccessKey! Region~ \
        HostedZoneId~ PropagationTimeout# PollingInterval# TTL#; safedns AuthToken! TTL# PropagationTimeout# \
        PollingInterval#; sakuracloud Token! Secret! PropagationTimeout# PollingInterval# TTL#; scaleway ProjectID \
        SecretKey! AccessKey PropagationTimeout# PollingInterval# TTL#; scannet APIKey! PropagationTimeout# \
        PollingInterval# TTL#; selectel Token! PropagationTimeout# PollingInterval# TTL#; selectelv2 BaseURL \
        Username! Password! DomainName! ProjectID! AuthURL AuthRegion UserDomainName TTL# PropagationTimeout# \
        PollingInterval#; selfhostde Username! Password! TTL# PropagationTimeout# PollingInterval#; servercow \
        Username! Password! PropagationTimeout# PollingInterval# TTL#; shellrent Username! Token! \
        PropagationTimeout# PollingInterval# TTL#; simply AccountName! APIKey! PropagationTimeout# PollingInterval# \
        TTL#; sonic UserID! APIKey! PropagationTimeout# PollingInterval# SequenceInterval# TTL#; spaceship APIKey! \
        APISecret! PropagationTimeout# PollingInterval# TTL#; stackpath ClientID~ ClientSecret~ StackID~ TTL# \
        PropagationTimeout# PollingInterval#; syse PropagationTimeout# PollingInterval# TTL#; technitium BaseURL! \
        APIToken! PropagationTimeout# PollingInterval# TTL#; tele3 Key! Secret! PropagationTimeout# PollingInterval# \
        TTL#; tencentcloud SecretID! SecretKey! Region SessionToken PropagationTimeout# PollingInterval# TTL# \
        HTTPTimeout#; timewebcloud AuthToken! PropagationTimeout# PollingInterval#; todaynic AuthUserID! APIKey! \
        PropagationTimeout# PollingInterval# TTL#; transip AccountName! PrivateKeyPath! PropagationTimeout# \
        PollingInterval# TTL#; ucloud Region ProjectID PublicKey! PrivateKey! PropagationTimeout# PollingInterval# \
        TTL# HTTPTimeout#; ultradns Username! Password! Endpoint TTL# PropagationTimeout# PollingInterval#; \
        uniteddomains APIKey! PropagationTimeout# PollingInterval# TTL#; variomedia APIToken! PropagationTimeout# \
        PollingInterval# SequenceInterval# TTL#; veesp Username! Password! PropagationTimeout# PollingInterval# \
        TTL#; vegadns BaseURL! APIKey APISecret PropagationTimeout# PollingInterval# TTL#; vercel AuthToken! TeamID \
        TTL# PropagationTimeout# PollingInterval#; versio BaseURL TTL# Username! Password! PropagationTimeout# \
        PollingInterval# SequenceInterval#; vinyldns AccessKey! SecretKey! Host! QuoteValue? TTL# \
        PropagationTimeout# PollingInterval#; virtualname Token! PropagationTimeout# PollingInterval# TTL#; vkcloud \
        ProjectID! Username! Password! DNSEndpoint IdentityEndpoint DomainName PropagationTimeout# PollingInterval# \
        TTL#; volcengine AccessKey! SecretKey! Region Host Scheme PropagationTimeout# PollingInterval# TTL# \
        HTTPTimeout#; vscale Token! PropagationTimeout# PollingInterval# TTL#; vultr APIKey! PropagationTimeout# \
        PollingInterval# TTL#; wannafind APIKey! PropagationTimeout# PollingInterval# TTL#; webnamesca APIUser! \
        APIKey! PropagationTimeout# PollingInterval# TTL#; webnamesru APIKey~ PropagationTimeout# PollingInterval#; \
        websupport APIKey! Secret! PropagationTimeout# PollingInterval# TTL#; wedos Username! Password! \
        PropagationTimeout# PollingInterval# TTL#; westcn Username! Password! PropagationTimeout# PollingInterval# \
        TTL#; xinnet Secret! AgentID! PropagationTimeout# PollingInterval# TTL#; yandex PddToken! \
        PropagationTimeout# PollingInterval# TTL#; yandex360 OAuthToken! OrgID#~ PropagationTimeout# \
        PollingInterval# TTL#; yandexcloud IamToken! FolderID! PropagationTimeout# PollingInterval# TTL#; zilore \
        AccessKey! PropagationTimeout# PollingInterval# TTL#; zoneedit User! AuthToken! PropagationTimeout# \
        PollingInterval#; zoneee Endpoint~ Username! APIKey! PropagationTimeout# PollingInterval#; zonomi APIKey! \
        PropagationTimeout# PollingInterval# TTL#
        """
}

extension DNSProviders {
    /// What is doubtful about the keys that a row gives for a provider whose keys are documented.
    ///
    /// - Parameters:
    ///   - keys: those that the row gives.
    ///   - known: those of the provider.
    /// - Returns: each with the given key that it is about; nil when it is about one that is not given.
    static func doubts(
        about keys: [String], of provider: String, _ known: [Key]
    ) -> [(key: String?, doubt: Diagnostic)] {
        let unknown = keys.filter { key in key != "KEY" && !known.contains { $0.name == key } }
        var meant: Set<String> = []
        var doubts: [(String?, Diagnostic)] = unknown.map { key in
            let likely = likely(key, in: known.map(\.name))
            if let likely { meant.insert(likely) }
            let advice =
                likely.map { "did you mean '\($0)'?" } ?? "its keys are \(known.map(\.name).joined(separator: ", "))"
            return (key, doubt("\(PassThrough.quoted(key: key)) is no key of '\(provider)': \(advice)"))
        }
        for key in known where key.need == .required && !keys.contains(key.name) && !meant.contains(key.name) {
            let what = "'\(provider)' wants the key '\(key.name)' too: give it in a column 'auth.\(key.name)'"
            doubts.append((nil, doubt(what)))
        }
        return doubts
    }

    private static func likely(_ key: String, in names: [String]) -> String? {
        if let same = names.first(where: { $0.lowercased() == key.lowercased() }) { return same }
        guard key.utf8.count <= 64 else { return nil }
        return EditDistance.nearest(to: key, in: names, atMost: 2)
    }

    private static func doubt(_ message: String) -> Diagnostic {
        Diagnostic(.authKeyDoubtful, severity: .warning, message)
    }
}

/// What to say about names of DNS providers that are not on the list, remembered because files repeat them.
struct ProviderAdvice {
    private var known: [String: String] = [:]
    /// The provider asked for last that is on the list, and its keys when they are documented.
    private var last: (name: [UInt8], keys: [DNSProviders.Key]?)?

    /// Names to remember; a file with more has names that do not repeat.
    private static let limit = 4096

    /// One clause about a name; nil when there is nothing to say.
    mutating func about(_ provider: Bytes) -> String? {
        if let last, last.name.withUnsafeBufferPointer({ $0.equals(provider) }) { return nil }
        let name = Array(provider)
        let provider = provider.text
        if let keys = DNSProviders.keys(of: provider) {
            last = (name, DNSProviders.isDocumented(provider) ? keys : nil)
            return nil
        }
        if let advice = known[provider] { return advice }
        let nearest = DNSProviders.nearest(to: provider).map { ": did you mean '\($0)'?" } ?? ""
        let quoted = name.withUnsafeBufferPointer { PassThrough.quoted($0, of: .dnsProvider) }
        let advice = "\(quoted) is no DNS provider known here\(nearest)"
        if known.count < Self.limit { known[provider] = advice }
        return advice
    }

    /// What is doubtful about the keys that a row gives for the provider asked for last: nothing for nearly every row.
    func doubts(about auth: [AuthInfo]) -> [(key: String?, doubt: Diagnostic)] {
        guard let last, let keys = last.keys else { return [] }
        let isKnown = auth.allSatisfy { item in keys.contains { $0.name == item.key } }
        let isComplete = keys.allSatisfy { key in key.need != .required || auth.contains { $0.key == key.name } }
        return isKnown && isComplete
            ? []
            : DNSProviders.doubts(
                about: auth.map(\.key), of: String(decoding: last.name, as: UTF8.self), keys)
    }
}
