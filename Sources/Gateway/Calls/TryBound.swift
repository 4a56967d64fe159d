/// The time that one try has, in nanoseconds of the loop's clock.
struct TryBound {
    /// When it began.
    var started: UInt64
    /// When it ends.
    var deadline: UInt64
    /// When the call began.
    var callStarted: UInt64
    /// When the call ends.
    var whole: UInt64

    /// What the time is measured from: the call's beginning, where the call's end is what ended the try.
    var length: UInt64 { deadline < whole ? deadline - started : whole - callStarted }

    /// Whether our own waiting has left the try so little time that its passing says nothing of the host.
    var isCutShort: Bool { (deadline - min(started, deadline)) * 2 < whole - callStarted && deadline == whole }
}
