/// Exit statuses (sysexits.h), beside 0 and those that a subcommand documents.
enum ExitStatus {
    /// What was handed in is not what was asked for.
    static let data: Int32 = 65
    /// A file that was named cannot be read.
    static let input: Int32 = 66
    /// A file cannot be written.
    static let output: Int32 = 73
    /// The service cannot get what it needs of the system.
    static let unavailable: Int32 = 69
    /// The system denies what every command needs.
    static let system: Int32 = 71
    /// The store does not load.
    static let configuration: Int32 = 78
}
