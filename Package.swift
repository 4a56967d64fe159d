// swift-tools-version: 6.2

import PackageDescription

/// The settings of every target: the strictest the toolchain has, and a warning is an error.
let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .treatAllWarnings(as: .error),
    // What the debug build, the tests and the sanitizers look for at every access, the release build takes as proven: the
    // objects of an event loop are touched on its thread alone, and a call would look some thirty times.
    .unsafeFlags(["-enforce-exclusivity=unchecked"], .when(configuration: .release)),
]

/// Targets that the everyday build leaves out: `Tests/Fuzz/run` and `Tests/Benchmarks/stages` ask for theirs.
var extraTargets: [Target] = []
if Context.environment["FLOWHOOK_FUZZ"] != nil {
    extraTargets.append(
        // libFuzzer's own main calls in; under the sanitizers of the tests it would not link.
        .executableTarget(
            name: "Fuzz",
            dependencies: ["CCurl", "FlowAction", "Gateway", "JSON", "Store", "TestSupport", "XML", "YAML"],
            path: "Tests/Fuzz",
            exclude: ["run"],
            swiftSettings: settings
        )
    )
}
if Context.environment["FLOWHOOK_BENCHMARKS"] != nil {
    extraTargets.append(
        .executableTarget(
            name: "Stages",
            dependencies: ["CMimalloc", "FlowAction", "Gateway", "JSON", "Store", "XML", "YAML"],
            path: "Tests/Benchmarks/Stages",
            swiftSettings: settings
        )
    )
}

let package = Package(
    name: "flowhook",
    dependencies: [
        // Arguments: the ecosystem's own parser, with its help, completions and manual page.
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2")
    ],
    targets: [
        // The C libraries, each behind a module map and a shim.h. `Tests/run` and `nginx/demo` install the packages.
        .systemLibrary(name: "CFastCGI", pkgConfig: "fcgi", providers: [.apt(["libfcgi-dev"])]),
        .systemLibrary(name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .systemLibrary(name: "CXML", pkgConfig: "libxml-2.0", providers: [.apt(["libxml2-dev"])]),
        .systemLibrary(name: "CYAML", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CLinux"),
        // Linked, it takes the place of malloc(3) for Swift and the C libraries alike: of a call's instructions, some 200
        // allocations, mostly in libcurl and libfcgi, would be a seventh otherwise.
        .systemLibrary(name: "CMimalloc", providers: [.apt(["libmimalloc-dev"])]),

        // Bytes to values and back; each knows nothing of the product.
        .target(name: "JSON", swiftSettings: settings),
        .target(name: "XML", dependencies: ["CXML"], swiftSettings: settings),
        .target(name: "YAML", dependencies: ["CYAML"], swiftSettings: settings),

        // The domain, pure; the flat files that feed it; the service around it; the command.
        .target(name: "FlowAction", dependencies: ["JSON", "XML"], swiftSettings: settings),
        .target(name: "Store", dependencies: ["CLinux", "FlowAction", "JSON", "YAML"], swiftSettings: settings),
        .target(
            name: "Gateway",
            dependencies: [
                "CCurl", "CFastCGI", "CLinux", "CZlib", "FlowAction", "JSON", "Store",
            ],
            swiftSettings: settings
        ),
        .executableTarget(
            name: "flowhook",
            dependencies: [
                "CLinux", "CMimalloc", "FlowAction", "Gateway", "JSON", "Store",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: settings
        ),

        // A third-party service that misbehaves on command, for the tests that call one.
        .target(
            name: "TestSupport",
            dependencies: ["CLinux", "CZlib", "Gateway"],
            path: "Tests/Support",
            swiftSettings: settings
        ),

        .testTarget(name: "JSONTests", dependencies: ["JSON"], path: "Tests/JSON", swiftSettings: settings),
        .testTarget(name: "XMLTests", dependencies: ["XML"], path: "Tests/XML", swiftSettings: settings),
        .testTarget(
            name: "YAMLTests",
            dependencies: ["TestSupport", "YAML"],
            path: "Tests/YAML",
            swiftSettings: settings
        ),
        .testTarget(
            name: "FlowActionTests",
            dependencies: ["FlowAction", "JSON", "TestSupport", "XML"],
            path: "Tests/FlowAction",
            swiftSettings: settings
        ),
        .testTarget(
            name: "StoreTests",
            dependencies: ["FlowAction", "JSON", "Store", "TestSupport"],
            path: "Tests/Store",
            exclude: ["Golden"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "GatewayTests",
            dependencies: ["CLinux", "FlowAction", "Gateway", "JSON", "Store", "TestSupport"],
            path: "Tests/Gateway",
            swiftSettings: settings
        ),
        .testTarget(
            name: "EndToEndTests",
            dependencies: ["Gateway", "JSON", "TestSupport", "flowhook"],
            path: "Tests/EndToEnd",
            swiftSettings: settings
        ),
    ] + extraTargets,
    swiftLanguageModes: [.v6]
)
