// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
]

let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let deque = Target.Dependency.product(name: "DequeModule", package: "swift-collections")
let heap = Target.Dependency.product(name: "HeapModule", package: "swift-collections")
let histogram = Target.Dependency.product(name: "Histogram", package: "hdrhistogram-swift")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")

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
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", from: "0.2.0"),
    ],
    targets: [
        // Floor 0
        .systemLibrary(name: "CLibCSV", providers: [.apt(["libcsv-dev"])]),
        .systemLibrary(name: "CLibCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .systemLibrary(name: "CLibCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        floor("JobModel"),
        floor("JSONText"),
        // Floor 1
        floor("RowInput", ["JobModel", "JSONText", "CLibCSV"]),
        floor("Pacing", ["JobModel"]),
        floor("HTTPTransport", ["CLibCurl"]),
        floor("RunRecord", ["JobModel", "JSONText", "CLibCrypto", histogram]),
        // Floor 2
        floor("PBXClient", ["JobModel", "JSONText", "HTTPTransport"]),
        floor("RunEngine", ["JobModel", "Pacing", deque, heap]),
        floor("PBXSimulator", [nioCore, nioHTTP1, nioPosix]),
        // Floor 3
        .executableTarget(
            name: "certfleet",
            dependencies: [
                "JobModel", "JSONText", "RowInput", "Pacing", "HTTPTransport", "RunRecord", "PBXClient", "RunEngine",
                "PBXSimulator", argumentParser, logging,
            ],
            swiftSettings: settings),
        // Tests
        .target(name: "TestSupport", dependencies: ["JobModel"], path: "Tests/TestSupport", swiftSettings: settings),
        tests("JobModel"),
        tests("JSONText"),
        tests("RowInput", ["JobModel", "JSONText"], exclude: ["Fixtures"]),
        tests("Pacing", ["JobModel"]),
        tests("HTTPTransport"),
        tests("RunRecord", ["JobModel", "JSONText"]),
        tests("PBXClient", ["JobModel", "JSONText", "HTTPTransport"]),
        tests("RunEngine", ["JobModel", "Pacing"]),
        tests("PBXSimulator"),
        tests(
            "certfleet",
            [
                "JobModel", "RowInput", "HTTPTransport", "RunEngine", "RunRecord", "PBXSimulator", argumentParser,
            ]),
    ]
)
