import PBXSimulator
import TestSupport
import Testing

@Suite("Login and tokens")
struct LoginTests {
    @Test func aLoginAnswersBothTokensAndTheirLifetimes() throws {
        let reply = try Simulator.run { try $0.client().logIn() }
        #expect(reply.status == 200)
        #expect(
            reply.body.wholeMatch(
                of: try Regex(
                    #"\{"errcode":0,"errmsg":"SUCCESS","access_token":"[0-9a-f]{32}","access_token_expire_time":1800,"#
                        + #""refresh_token":"[0-9a-f]{32}","refresh_token_expire_time":86400\}"#)) != nil)
    }

    @Test(arguments: [
        ("GET", "get_token", 10001),
        ("POST", "del_token", 10001),
        ("GET", "certificate/update", 10001),
        ("GET", "certificate/no_such_call", 10001),
        ("GET", "refresh_token", 10001),
        ("POST", "certificate/get?id=1", 10001),
        ("POST", "certificate/query?ids=1", 10001),
        ("POST", "certificate/list", 10001),
        ("GET", "certificate/upload", 10001),
        ("GET", "certificate/create", 10001),
        ("POST", "certificate/delete?id=1", 10001),
        ("GET", "system/get_menuoptions?menu=certificate", 10001),
        ("POST", "/openapi/v2.0/get_token", 10001),
        ("POST", "/other/v1.0/get_token", 10001),
        ("POST", "/", 10001),
    ])
    func aCallThatDoesNotExist(method: String, path: String, errcode: Int) throws {
        let reply = try Simulator.run { try $0.client().exchange(method, path, "") }
        #expect(reply.errcode == errcode)
        #expect(reply.status == 200)
    }

    @Test(
        arguments: [
            (nil, 40002), ("", 40002), ("curl/8.0", 0), ("openapi", 0), ("OpenAPI/1", 0), ("anything else", 0),
        ] as [(String?, Int)])
    func anyUserAgentWillDo(userAgent: String?, errcode: Int) throws {
        try Simulator.run { simulator throws in
            var client = simulator.client()
            client.userAgent = userAgent
            #expect(try client.logIn().errcode == errcode)
        }
    }

    @Test(arguments: [
        (#"{"username":"u","password":"p"}"#, 40002),
        (#"{"username":"u"}"#, 40002),
        (#"{"password":"p"}"#, 40002),
        (#"{"username":1,"password":"p"}"#, 40002),
        (#"{"username":"u","password":null}"#, 40002),
        (#"{"username":"u","password":"p","more":1}"#, 40002),
        (#"["u","p"]"#, 40001),
        ("username=u&password=p", 40001),
        ("", 40001),
    ])
    func aWrongLogin(body: String, errcode: Int) throws {
        let reply = try Simulator.run { try $0.client().post("get_token", body) }
        #expect(reply.errcode == errcode)
        #expect(reply.token == nil)
    }

    @Test func everyHostHasItsOwnCredentials() throws {
        try Simulator.run(.make(hosts: 2)) { simulator throws in
            let other = simulator.hosts[1]
            #expect(try simulator.client(of: 1).logIn(id: other.clientID, secret: other.clientSecret).errcode == 40002)
            #expect(try simulator.client(of: 2).logIn().errcode == 0)
        }
    }

    @Test func sharedCredentialsLogInEverywhere() throws {
        try Simulator.run(.make(hosts: 2) { $0.credentials = .shared(id: "one", secret: "for all") }) {
            simulator throws in
            #expect(simulator.hosts.allSatisfy { $0.clientID == "one" && $0.clientSecret == "for all" })
            for host in 1...2 { #expect(try simulator.client(of: host).logIn().errcode == 0) }
        }
    }

    @Test func theNinthTokenIsRefusedUntilOneIsRevoked() throws {
        try Simulator.run { simulator throws in
            let tokens = try (1...8).map { _ in try simulator.token() }
            #expect(try simulator.client().logIn().errcode == 60002)
            #expect(try simulator.client().logOut(token: tokens[3]).errcode == 0)
            #expect(simulator.tokenCount(on: 1) == 7)
            #expect(try simulator.client().logIn().errcode == 0)
        }
    }

    @Test func theNinthTokenIsRefusedUntilTheOthersExpire() throws {
        let clock = ManualClock()
        try Simulator.run(.make { $0.clock = clock }) { simulator throws in
            for _ in 1...8 { _ = try simulator.token() }
            clock.advance(by: .seconds(1800))
            #expect(simulator.tokenCount(on: 1) == 0)
            #expect(try simulator.client().logIn().errcode == 0)
        }
    }

    @Test func aTokenIsGoodForItsLifetime() throws {
        let clock = ManualClock()
        let settings = SimulatorSettings.make {
            $0.clock = clock
            $0.tokenLifetime = .seconds(60)
        }
        try Simulator.run(settings) { simulator throws in
            let login = try simulator.client().logIn()
            #expect(login.body.contains(#""access_token_expire_time":60,"#))
            let token = try #require(login.token)
            clock.advance(by: .milliseconds(59_999))
            #expect(try simulator.client().update(#"{"id":1}"#, token: token).errcode == 0)
            clock.advance(by: .milliseconds(1))
            #expect(try simulator.client().update(#"{"id":1}"#, token: token).errcode == 10004)
            #expect(try simulator.client().logOut(token: token).errcode == 10004)
        }
    }

    @Test func aRefreshTokenIsGoodForNewTokensOnce() throws {
        let clock = ManualClock()
        try Simulator.run(.make { $0.clock = clock }) { simulator throws in
            let (client, login) = (simulator.client(), try simulator.client().logIn())
            let body = "{\"refresh_token\":\"\(try #require(login.refreshToken))\"}"
            clock.advance(by: .seconds(1800))
            #expect(try client.update(#"{"id":1}"#, token: try #require(login.token)).errcode == 10004)
            let refreshed = try client.post("refresh_token", body)
            #expect(refreshed.body.contains(#""access_token_expire_time":1800,"refresh_token":"#))
            #expect(refreshed.body.hasSuffix(#""refresh_token_expire_time":86400}"#))
            #expect(try client.update(#"{"id":1}"#, token: try #require(refreshed.token)).errcode == 0)
            #expect(try client.post("refresh_token", body).errcode == 10004)
            #expect(simulator.tokenCount(on: 1) == 1)
        }
    }

    @Test func aRefreshTokenEndsWithItsLifetimeAndWithALogout() throws {
        let clock = ManualClock()
        try Simulator.run(.make { $0.clock = clock }) { simulator throws in
            let client = simulator.client()
            let logins = try (1...2).map { _ in try client.logIn() }
            let bodies = try logins.map { "{\"refresh_token\":\"\(try #require($0.refreshToken))\"}" }
            _ = try client.logOut(token: try #require(logins[0].token))
            #expect(try client.post("refresh_token", bodies[0]).errcode == 10004)
            clock.advance(by: .seconds(86_400))
            #expect(try client.post("refresh_token", bodies[1]).errcode == 10004)
        }
    }

    @Test func aTokenThatIsRefreshedMakesRoomForItsSuccessor() throws {
        try Simulator.run { simulator throws in
            let client = simulator.client()
            let logins = try (1...8).map { _ in try client.logIn() }
            let body = "{\"refresh_token\":\"\(try #require(logins[7].refreshToken))\"}"
            #expect(try client.post("refresh_token", body).errcode == 0)
            #expect(try client.update(#"{"id":1}"#, token: try #require(logins[7].token)).errcode == 10004)
            #expect(try client.logIn().errcode == 60002)
        }
    }

    @Test(arguments: [("{}", 40002), (#"{"refresh_token":1}"#, 40002), ("", 40001), (#"{"refresh_token":"x"}"#, 10004)])
    func whatRefreshesNothing(body: String, errcode: Int) throws {
        #expect(try Simulator.run { try $0.client().post("refresh_token", body) }.errcode == errcode)
    }

    @Test func tokensCanBeMadeToExpire() throws {
        try Simulator.run(.make { $0.presetTokens = ["preset"] }) { simulator throws in
            let token = try simulator.token()
            simulator.expireTokens(on: 1)
            #expect(try simulator.client().update(#"{"id":1}"#, token: token).errcode == 10004)
            #expect(try simulator.client().update(#"{"id":1}"#, token: "preset").errcode == 0)
        }
    }

    @Test(arguments: [
        "certificate/update", "certificate/update?access_token=", "certificate/update?access_token=wrong",
        "certificate/create", "certificate/upload?token=t",
    ])
    func aTokenThatWasNeverIssued(path: String) throws {
        #expect(try Simulator.run { try $0.client().post(path, #"{"id":1}"#) }.errcode == 10004)
    }

    @Test func aRevokedTokenIsGoodForNothing() throws {
        try Simulator.run { simulator throws in
            let token = try simulator.token()
            #expect(try simulator.client().logOut(token: token).errcode == 0)
            #expect(try simulator.client().logOut(token: token).errcode == 10004)
            #expect(try simulator.client().update(#"{"id":1}"#, token: token).errcode == 10004)
        }
    }

    @Test func aTokenOfOnePBXIsNoneOnAnother() throws {
        try Simulator.run(.make(hosts: 2)) { simulator throws in
            let token = try simulator.token(on: 1)
            #expect(try simulator.client(of: 2).update(#"{"id":1}"#, token: token).errcode == 10004)
        }
    }

    @Test func presetTokensAreAcceptedDecodedFromTheQuery() throws {
        try Simulator.run(.make { $0.presetTokens = ["a+b/c d&e%"] }) { simulator throws in
            let escaped = "a%2Bb%2fc%20d%26e%25"
            #expect(try simulator.client().update(#"{"id":1}"#, token: escaped).errcode == 0)
            #expect(
                try simulator.client().post("certificate/update?x=1&access_token=\(escaped)", #"{"id":1}"#).errcode == 0
            )
            #expect(simulator.tokenCount(on: 1) == 0)
        }
    }
}

@Suite("Block after failed logins")
struct BlockTests {
    @Test func fiveFailedLoginsBlockTheAddressForEverything() throws {
        try Simulator.run(.make(hosts: 2)) { simulator throws in
            let client = simulator.client()
            let token = try simulator.token()
            for _ in 1...5 { #expect(try client.logIn(secret: "wrong").errcode == 40002) }
            #expect(try client.logIn().errcode == 70004)
            #expect(try client.update(#"{"id":1}"#, token: token).errcode == 70004)
            #expect(try client.logOut(token: token).errcode == 70004)
            #expect(try simulator.client(of: 2).logIn().errcode == 0)
        }
    }

    @Test func anotherAddressIsNotBlocked() throws {
        try Simulator.run { simulator throws in
            var client = simulator.client()
            for _ in 1...5 { _ = try client.logIn(secret: "wrong") }
            client.source = "127.0.0.2"
            #expect(try client.logIn().errcode == 0)
        }
    }

    @Test func aLoginThatSucceedsStartsTheCountAnew() throws {
        try Simulator.run { simulator throws in
            let client = simulator.client()
            for _ in 1...4 { _ = try client.logIn(secret: "wrong") }
            #expect(try client.logIn().errcode == 0)
            for _ in 1...4 { _ = try client.logIn(secret: "wrong") }
            #expect(try client.logIn().errcode == 0)
        }
    }

    @Test func aMalformedLoginDoesNotCount() throws {
        try Simulator.run { simulator throws in
            for _ in 1...6 { #expect(try simulator.client().post("get_token", "{").errcode == 40001) }
            #expect(try simulator.client().logIn().errcode == 0)
        }
    }
}
