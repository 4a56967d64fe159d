/// The version of Flowhook, as `User-Agent` and `--version` give it.
package enum Version {
    /// The version of this source, by semantic versioning.
    package static let current = "0.1.0"
}
