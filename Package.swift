// swift-tools-version: 6.2
import PackageDescription

// What .ci/run says; who builds certfleet for himself has a newer compiler's warnings as warnings.
let isChecked = Context.environment["CI_BUILD"] != nil

let settings: [SwiftSetting] = [
    .treatAllWarnings(as: isChecked ? .error : .warning),
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    // A tenth of a row's work; tests, which are built for debugging, keep the checks.
    .unsafeFlags(["-enforce-exclusivity=unchecked"], .when(configuration: .release)),
]

let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let deque = Target.Dependency.product(name: "DequeModule", package: "swift-collections")
let heap = Target.Dependency.product(name: "HeapModule", package: "swift-collections")
let histogram = Target.Dependency.product(name: "Histogram", package: "hdrhistogram-swift")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")

// What .ci/package says; a plain `swift build` need not say anything.
let release = Context.environment["CERTFLEET_RELEASE"] ?? "unreleased"

func floor(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

func tests(_ name: String, _ dependencies: [Target.Dependency] = [], exclude: [String] = []) -> Target {
    .testTarget(
        name: "\(name)Tests",
        dependencies: [.target(name: name), "TestSupport"] + dependencies,
        exclude: exclude,
        swiftSettings: settings)
}

let package = Package(
    name: "certfleet",
    products: [.executable(name: "certfleet", targets: ["certfleet"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/apple/swift-collections", exact: "1.6.0"),
        .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
        .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", exact: "0.2.0"),
    ],
    targets: [
        // Floor 0
        .systemLibrary(name: "CLibCSV", providers: [.apt(["libcsv-dev"])]),
        .systemLibrary(name: "CLibCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .systemLibrary(name: "CLibCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .target(name: "CRelease", cSettings: [.define("CERTFLEET_RELEASE", to: "\"\(release)\"")]),
        floor("Platform", ["CLibCrypto"]),
        floor("JSONText"),
        // Floor 1
        floor("FleetModel", ["Platform", "JSONText"]),
        floor("TabularText", ["Platform", "JSONText", "CLibCSV"]),
        // Floor 2
        floor("FleetInput", ["Platform", "JSONText", "FleetModel", "TabularText", "CLibCrypto"]),
        floor("Pacing", ["Platform"]),
        floor("HTTPTransport", ["Platform", "CLibCurl", deque]),
        floor("RunRecord", ["Platform", "JSONText", "FleetModel", "TabularText", histogram]),
        // Floor 3
        floor("PBXClient", ["Platform", "FleetModel", "JSONText", "Pacing", "HTTPTransport"]),
        floor("RunEngine", ["Platform", "FleetModel", "Pacing", deque, heap]),
        floor("FleetReport", ["Platform", "JSONText", "FleetModel", "FleetInput", "RunRecord"]),
        floor("PBXSimulator", ["Platform", "JSONText", "CLibCrypto", nioCore, nioHTTP1, nioPosix]),
        // Floor 4
        floor(
            "FleetCommands",
            [
                "CRelease", "Platform", "JSONText", "FleetModel", "TabularText", "FleetInput", "Pacing",
                "HTTPTransport", "RunRecord", "PBXClient", "RunEngine", "FleetReport", "PBXSimulator", logging,
            ]),
        // Floor 5
        .executableTarget(
            name: "certfleet",
            dependencies: [
                "Platform", "TabularText", "Pacing", "HTTPTransport", "PBXClient", "PBXSimulator", "RunEngine",
                "FleetCommands",
                argumentParser,
            ],
            swiftSettings: settings),
        // Tests
        .target(
            name: "TestSupport", dependencies: ["Platform", "FleetModel"], path: "Tests/TestSupport",
            swiftSettings: settings),
        tests("Platform"),
        tests("FleetModel", ["Platform"]),
        tests("JSONText"),
        tests("TabularText", ["Platform"]),
        tests("FleetInput", ["Platform", "JSONText", "FleetModel", "TabularText"], exclude: ["Fixtures"]),
        tests("Pacing", ["Platform"]),
        tests("HTTPTransport", ["Platform", "FleetModel"]),
        tests("RunRecord", ["Platform", "FleetModel", "JSONText", "TabularText"]),
        tests("PBXClient", ["Platform", "FleetModel", "JSONText", "Pacing", "HTTPTransport"]),
        tests("RunEngine", ["Platform", "FleetModel", "Pacing"]),
        tests(
            "FleetReport", ["Platform", "JSONText", "FleetModel", "RunRecord"], exclude: ["browser.py"]),
        tests("PBXSimulator", ["Platform", "JSONText"]),
        tests(
            "FleetCommands",
            ["Platform", "FleetModel", "HTTPTransport", "FleetInput", "RunEngine", "RunRecord", "PBXSimulator"]),
        tests(
            "certfleet", ["Platform", "FleetModel", "RunEngine", "FleetCommands", "PBXSimulator", argumentParser],
            exclude: ["Cases", "Messages.txt", "terminal.py"]),
    ]
)

// The thread sanitizer watches the targets that have threads, and needs what they stand on.
if Context.environment["CI_BUILD"] == "threads" {
    let watched = ["HTTPTransport", "PBXClient", "RunEngine"]
    let needed =
        watched + watched.map { "\($0)Tests" } + [
            "CLibCurl", "CLibCrypto", "Platform", "JSONText", "FleetModel", "Pacing", "TestSupport",
        ]
    package.targets.removeAll { !needed.contains($0.name) }
    package.products = []
}
