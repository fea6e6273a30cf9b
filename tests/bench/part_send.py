"""part_send - XTND XMIT against Dovecot's own submission service."""

import statistics

import measure
import parts
from pop3ext import server
from report import Goal

USERS = ["alice"]
LOGIN = "login {} alice pw-alice"
SMALL = 2048
LARGE = 10 * 1024 * 1024

SMALL_GOAL = Goal("rate >= 1.5", 1.5, at_least=True)
LARGE_GOAL = Goal("rate >= 1.3", 1.3, at_least=True)
SESSION_CPU_GOAL = Goal("CPU <= 0.6", 0.6)
SESSION_WALL_GOAL = Goal("wall <= 0.6", 0.6)


def server_ours(bench, mode, sink):
    """POP3 with XTND XMIT, not started."""
    return bench.server(mode, users=USERS, plugin_settings={
        "pop3_ext_xmit_relay": "%s:%d" % (server.LOCALHOST, sink.port),
        "pop3_ext_xmit_max_size": 0})


def server_theirs(bench, mode, sink):
    """Stock POP3 and submission, not started."""
    return bench.server(mode, users=USERS, plugin=[], submission=True,
                        sink=sink.port)


def _stream(bench, ours, theirs, sink, count, size, per_step, name, goal):
    """Messages of one size in sessions of `count`, in steps of
    `per_step`."""
    sides = [parts.Side("ours", 0, bench.client, ours.ports["pop3"],
                        ours),
             parts.Side("theirs", 1, bench.client, theirs.ports["submission"],
                        theirs, smtp=True),
             parts.Side("direct", 2, bench.client, sink.port, None,
                        smtp=True)]
    step = ("send", ["send {} %d %d" % (per_step, size)])
    samples = measure.Samples()
    left = bench.pairs
    seed = 0
    while left > 0:
        now = min(left, max(1, count // per_step))
        for side in sides:
            side.run(["open"] if side.name == "direct" else ["open", LOGIN])
        # The first message makes the connection to the relay.
        samples.extend(parts.run_pairs(sides, [step], now, seed=seed))
        for side in sides:
            side.run(["quit {}"])
        left -= now
        seed += 1
    _stream_row(bench, samples, per_step, size, name, goal)


def _stream_row(bench, samples, per_step, size, name, goal):
    cpu = {who: samples.cpu["send", who] for who in ("ours", "theirs")}
    wall = {who: samples.wall["send", who]
            for who in ("ours", "theirs", "direct")}
    rate = measure.ratio(wall["theirs"], wall["ours"])
    bench.table.ratios(name, [value / per_step for value in cpu["ours"]],
                       [value / per_step for value in cpu["theirs"]],
                       measure.ratio(cpu["ours"], cpu["theirs"]),
                       measure.ratio(wall["ours"], wall["theirs"]),
                       [(goal, rate)])
    rates = ["%s %.0f messages/s, %.1f MB/s" % (
        who, per_step * 1e9 / statistics.median(wall[key]),
        per_step * size * 1e3 / statistics.median(wall[key]))
        for who, key in (("XTND XMIT", "ours"), ("submission", "theirs"),
                         ("direct SMTP", "direct"))]
    bench.table.note("rate %.2f (%.2f to %.2f) times; %s" % (
        rate.value, rate.low, rate.high, "; ".join(rates)))


class _Both:
    """A side of two sessions: POP3, then submission."""

    def __init__(self, pop3, smtp):
        self.name = "theirs"
        self._sides = {"pop3": pop3, "smtp": smtp}

    def run(self, commands):
        """commands: (protocol, commands) pairs."""
        cpu = wall = 0
        for protocol, todo in commands:
            more_cpu, more_wall, _ = self._sides[protocol].run(todo)
            cpu += more_cpu
            wall += more_wall
        return cpu, wall, 0


def _sessions(bench, ours, theirs, mode):
    """Log in, send one message, STAT, QUIT; theirs takes two sessions."""
    sides = [
        parts.Side("ours", 0, bench.client, ours.ports["pop3"],
                   ours),
        _Both(parts.Side("pop3", 1, bench.client, theirs.ports["pop3"],
                         theirs),
              parts.Side("smtp", 2, bench.client, theirs.ports["submission"],
                         theirs, smtp=True))]
    send = "send {} 1 %d" % SMALL
    step = ("session", {
        "ours": ["open", LOGIN, send, "line {} 1 STAT", "quit {}"],
        "theirs": [("pop3", ["open", LOGIN, "line {} 1 STAT", "quit {}"]),
                   ("smtp", ["open", LOGIN, send, "quit {}"])]})
    samples = parts.run_pairs(sides, [step], bench.pairs, alike=False)
    cpu = [samples.cpu["session", who] for who in ("ours", "theirs")]
    wall = [samples.wall["session", who] for who in ("ours", "theirs")]
    cpu_ratio, wall_ratio = measure.ratio(*cpu), measure.ratio(*wall)
    bench.table.ratios("one session : two, " + mode, *cpu, cpu_ratio,
                       wall_ratio, [(SESSION_CPU_GOAL, cpu_ratio),
                                    (SESSION_WALL_GOAL, wall_ratio)])
    bench.table.note("wall %.2f ms : %.2f ms" % tuple(
        statistics.median(values) / 1e6 for values in wall))


def run(bench):
    """The whole part."""
    bench.table.title("sending, XTND XMIT : submission service, same sink")
    with bench.sink() as sink:
        for mode in (parts.SESSION, parts.LONG):
            with server_ours(bench, mode, sink) as ours, \
                    server_theirs(bench, mode, sink) as theirs:
                if mode == parts.SESSION:
                    _stream(bench, ours, theirs, sink, 1000, SMALL, 10,
                            "2 KB, a message of 1,000", SMALL_GOAL)
                    _stream(bench, ours, theirs, sink, 20, LARGE, 1,
                            "10 MB, a message of 20", LARGE_GOAL)
                _sessions(bench, ours, theirs, mode)
