/// The faults of one PBX that are not used up; the first that fits a request is the one that happens.
struct FaultList {
    private var entries: [(fault: Fault, left: Int)]

    init(_ faults: [Fault] = []) {
        entries = faults.map { ($0, $0.times ?? .max) }
    }

    /// What is to happen to a request for this call, counted as one of the fault's times.
    mutating func take(for endpoint: Endpoint?) -> Fault.Effect? {
        take { $0.effect != nil && ($0.endpoint == nil || $0.endpoint == endpoint) }?.effect
    }

    /// Whether a new connection is to be dropped, counted as one of the fault's times.
    mutating func takeDropUnread() -> Bool {
        take { $0.effect == nil } != nil
    }

    private mutating func take(where fits: (Fault) -> Bool) -> Fault? {
        guard let index = entries.firstIndex(where: { $0.left > 0 && fits($0.fault) }) else { return nil }
        if entries[index].fault.times != nil { entries[index].left -= 1 }
        return entries[index].fault
    }
}
