import DequeModule
import HeapModule
import FleetModel
import Pacing

/// Who works on what next.
extension RunState {
    /// Adds what follows from all that happened so far.
    mutating func schedule(_ happened: consuming [RunAction] = [], now: Duration) -> [RunAction] {
        guard !isOver else { return happened }
        var actions = happened
        wakeLanes(now: now)
        closeWindow(now: now)
        windDown(now: now, &actions)
        forsakeSessions(now: now)
        while let worker = idleWorkers.last, isGateOpen(now: now), let work = nextWork(now: now) {
            idleWorkers.removeLast()
            actions.append(.start(worker: worker, work))
            announceNextRow(ofHost: work.host, now: now, &actions)
        }
        announceNextHosts(now: now, &actions)
        if lanes.isEmpty, !hasFreshHost {
            isOver = true
            return actions + [.end]
        }
        if let time = nextWake(now: now), timer.map({ time < $0 }) ?? true {
            timer = time
            actions.append(.wake(at: time))
        }
        return actions
    }

    private mutating func wakeLanes(now: Duration) {
        while let first = waiting.min, first.until <= now {
            waiting.removeMin()
            guard var lane = lanes[first.host] else { continue }
            if lane.state == .stopped {
                closing.append(lane.host)
            } else {
                makeReady(&lane)
                lanes[lane.host] = lane
            }
        }
    }

    /// Stops the run when nothing that is left could start any more, so that nobody waits for it.
    private mutating func closeWindow(now: Duration) {
        guard let window = settings.window, !window.mayStart(now: now), stopReasons.isEmpty else { return }
        // A lane that waits only to have its session ended has no row left.
        let hasWaitingRows = waiting.unordered.contains { lanes[$0.host]?.positions.isEmpty == false }
        if hasFreshHost || !ready.isEmpty || !suspects.isEmpty || hasWaitingRows { note(.window) }
    }

    private mutating func nextWork(now: Duration) -> Work? {
        while let host = closing.popFirst() {
            if let work = close(host, now: now) { return work }
        }
        if let host = ready.popFirst() { return step(host, now: now) }
        if workersOfSuspects < max(1, settings.jobs / 4) || !mayBeginHost, let host = suspects.popFirst() {
            return step(host, now: now)
        }
        guard mayBeginHost else { return nil }
        let host = nextHost
        nextHost += 1
        skipEmptyHosts()
        lanes[host] = Lane(
            host: host, positions: rows.positions(ofHost: host), breaker: HostBreaker(limit: settings.maxHostErrors),
            gate: settings.ratePerHost.map { RateGate($0) })
        return step(host, now: now)
    }

    /// Announces the row of a host behind the current one.
    private mutating func announceNextRow(ofHost host: Int, now: Duration, _ actions: inout [RunAction]) {
        guard stopReasons.isEmpty, foresight.coversNextRow(announced: ahead.count, now: now),
            let next = lanes[host]?.positions.dropFirst().first
        else { return }
        announce(next, &actions)
    }

    /// Announces the first rows of the next hosts.
    private mutating func announceNextHosts(now: Duration, _ actions: inout [RunAction]) {
        nextAnnounced = max(nextAnnounced, nextHost)
        let missing = foresight.missing(announced: ahead.count, now: now)
        let end = min(nextAnnounced + missing, rows.hostCount)
        while stopReasons.isEmpty, nextAnnounced < end, mayBegin(nextAnnounced) {
            if let first = rows.positions(ofHost: nextAnnounced).first { announce(first, &actions) }
            nextAnnounced += 1
        }
    }

    private mutating func announce(_ position: Int, _ actions: inout [RunAction]) {
        if ahead.insert(rows[position]).inserted { actions.append(.announce(row: rows[position])) }
    }

    private mutating func step(_ host: Int, now: Duration) -> Work? {
        guard var lane = lanes[host], let position = lane.positions.first else { return nil }
        lane.state = .busy
        lane.isAnnounced = ahead.remove(rows[position]) != nil
        if lane.isSuspect { workersOfSuspects += 1 }
        take(&lane, now: now)
        lanes[host] = lane
        return .step(
            RowStep(
                host: host, row: rows[position], progress: lane.progress, isRetry: lane.fallback != nil,
                deadline: settings.window?.end))
    }

    /// The work that ends a host's session.
    private mutating func close(_ host: Int, now: Duration) -> Work? {
        guard var lane = lanes[host] else { return nil }
        take(&lane, now: now)
        lane.state = .busy
        lane.closings += 1
        if lane.isSuspect { workersOfSuspects += 1 }
        lanes[host] = lane
        return .close(host: host, limit: settings.window.map { $0.end - now }, isRetry: lane.closings > 1)
    }

    /// Leaves the sessions open that could no longer be ended before the window is.
    private mutating func forsakeSessions(now: Duration) {
        guard let window = settings.window, now > window.end - RunState.shortestClose else { return }
        for var lane in lanes.values where lane.state == .stopped {
            lane.isSessionOpen = false
            retire(lane, now: now)
        }
    }

    /// What a PBX is given at least to end a session before a window ends.
    static let shortestClose = Duration.seconds(1)

    private mutating func take(_ lane: inout Lane, now: Duration) {
        gate?.take(now: now)
        lane.gate?.take(now: now)
    }

    private func isGateOpen(now: Duration) -> Bool {
        guard let gate, !isHurried else { return true }
        return gate.earliest(now: now) <= now
    }

    private func nextWake(now: Duration) -> Duration? {
        var times = waiting.min.map { [$0.until] } ?? []
        if let gate, !isHurried, !ready.isEmpty || !suspects.isEmpty || !closing.isEmpty || mayBeginHost {
            times.append(gate.earliest(now: now))
        }
        if let window = settings.window {
            // A moment later than the last one at which a row, or the end of a session, could still start.
            times += [window.lastStart, window.end - RunState.shortestClose].map { $0 + .milliseconds(1) }
        }
        return times.filter { $0 > now }.min()
    }

    /// Whether some row is under way or may still start.
    var hasRows: Bool { hasFreshHost || lanes.values.contains { !$0.positions.isEmpty } }

    private var hasFreshHost: Bool { stopReasons.isEmpty && nextHost < rows.hostCount }

    private var mayBeginHost: Bool { hasFreshHost && mayBegin(nextHost) }

    private func mayBegin(_ host: Int) -> Bool { canary?.startableHosts.contains(host) ?? true }

    /// Passes over hosts none of whose rows is to run.
    mutating func skipEmptyHosts() {
        while nextHost < rows.hostCount, rows.positions(ofHost: nextHost).isEmpty {
            canary?.finish(host: nextHost)
            nextHost += 1
        }
    }
}
