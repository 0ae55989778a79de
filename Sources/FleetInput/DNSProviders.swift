import Platform

/// The DNS providers known to the PBXs' ACME client: the provider codes of the library lego, July 2026.
///
/// A firmware knows some of them. A name outside the list is doubtful, not wrong.
enum DNSProviders {
    /// Whether a name is on the list; case matters.
    static func contains(_ name: String) -> Bool { set.contains(name) }

    /// The name on the list that was probably meant, if one is near. Compares with all of them.
    static func nearest(to name: String) -> String? {
        guard name.utf8.count <= 64 else { return nil }
        let limit = max(1, min(3, name.utf8.count / 3))
        return EditDistance.nearest(to: name.lowercased(), in: names, atMost: limit)
    }

    private static let set = Set(names)

    private static let names: [String] = """
        abion acmedns active24 alidns aliesa allinkl alwaysdata anexia artfiles arvancloud auroradns autodns \
        axelname azion azuredns baiducloud beget binarylane bindman bluecat bluecatv2 bookmyname bunny checkdomain \
        civo clouddns cloudflare cloudns cloudru com35 connbyte conoha conohav3 constellix corenetworks cpanel \
        curanet czechia dandomain ddnss derak desec designate digitalocean dinahosting directadmin dns51 dnscale \
        dnsexit dnshomede dnsimple dnsla dnsmadeeasy dnsservices dnsupdate dode domeneshop dreamhost duckdns dyn \
        dynadot dyndnsfree dynu easydns edgecenter edgedns edgeone efficientip epik eurodns euserv excedo exec \
        exoscale f5xc fornex freemyip gandi gandiv5 gcloud gcore gehirn gigahostno glesys gname godaddy gravity \
        hetzner hostingde hostinger hostingnl hosttech hostup httpnet httpreq huaweicloud hurricane hyperone \
        ibmcloud iijdpf infoblox infomaniak internetbs inwx ionos ionoscloud ipv64 ispconfig ispconfigddns jdcloud \
        joker katapult keyhelp leaseweb liara lightsail limacity linode liquidweb loopia luadns mailinabox \
        manageengine manual metaname metaregistrar mijnhost mittwald myaddr mydnsjp mythicbeasts namecheap \
        namedotcom namesilo namesurfer nearlyfreespeech nederhost neodigit netcup netlify netnod ngenix nicmanager \
        nicru nifcloud njalla nodion ns1 octenium omglol onecloudru onlinenet openprovider opusdns oraclecloud otc \
        ovh pdns plesk pointdns porkbun poweradmin rackspace rage4 rainyun rcodezero regfish regru rimuhosting \
        route53 safedns sakuracloud scaleway scannet selectel selectelv2 selfhostde servercow shellrent simply sonic \
        spaceship stackpath syse technitium tele3 tencentcloud timewebcloud todaynic transip ucloud ultradns \
        uniteddomains variomedia veesp vegadns vercel versio vinyldns virtualname vkcloud volcengine vscale vultr \
        wannafind webnamesca webnamesru websupport wedos westcn xinnet yandex yandex360 yandexcloud zilore zoneedit \
        zoneee zonomi
        """.split(separator: " ").map(String.init)
}

/// What to say about names of DNS providers that are not on the list, remembered because files repeat them.
struct ProviderAdvice {
    private var known: [String: String] = [:]

    /// Names to remember; a file with more has names that do not repeat.
    private static let limit = 4096

    /// One clause about a name; nil when there is nothing to say.
    mutating func about(_ provider: String) -> String? {
        if DNSProviders.contains(provider) { return nil }
        if let advice = known[provider] { return advice }
        let nearest = DNSProviders.nearest(to: provider).map { ": did you mean '\($0)'?" } ?? ""
        let advice = "\(Quotation.of(provider.utf8)) is no DNS provider known here\(nearest)"
        if known.count < Self.limit { known[provider] = advice }
        return advice
    }
}
