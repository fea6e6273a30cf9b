"""part_send - XTND XMIT against Dovecot's own submission service."""

import time

import measure
import parts
from pop3ext import server
from report import ratio_goal

USERS = ["alice"]
LOGIN = "login {} alice pw-alice"
# Dovecot looks a Maildir through and writes its index in every session as
# long as it is no older
YOUNG = 3
SMALL = 2048
LARGE = 10 * 1024 * 1024

SMALL_GOAL = ratio_goal("rate >= 1.5", 1.5, at_least=True)
LARGE_GOAL = ratio_goal("rate >= 1.3", 1.3, at_least=True)
SESSION_CPU_GOAL = ratio_goal("CPU <= 0.6", 0.6)
SESSION_WALL_GOAL = ratio_goal("wall <= 0.6", 0.6)


def server_ours(bench, mode, sink):
    """POP3 with XTND XMIT, not started."""
    return bench.server(mode, users=USERS, plugin_settings={
        "pop3_ext_xmit_relay": "%s:%d" % (server.LOCALHOST, sink.port),
        "pop3_ext_xmit_max_size": 0})


def server_theirs(bench, mode, sink):
    """Stock POP3 and submission, not started."""
    return bench.server(mode, users=USERS, plugin=[], submission=True,
                        sink=sink.port)


class _Stream:
    """Messages of one size: a session each round."""

    def __init__(self, per_step, size, name, goal):
        self.per_step = per_step
        self.size = size
        self.name = name
        self.goal = goal
        self.samples = measure.Samples()

    def run_round(self, bench, ours, theirs, sink):
        """One session on each side."""
        sides = [parts.Side("ours", 0, bench.client, ours.ports["pop3"],
                            ours),
                 parts.Side("theirs", 1, bench.client,
                            theirs.ports["submission"], theirs, smtp=True),
                 parts.Side("direct", 2, bench.client, sink.port, None,
                            smtp=True)]
        for side in sides:
            side.run(["open"] if side.name == "direct" else ["open", LOGIN])
        step = ("send", ["send {} %d %d" % (self.per_step, self.size)])
        # Warming up makes the connection to the relay.
        parts.run_round(self.samples, sides, [step], bench.pairs)
        for side in sides:
            side.run(["quit {}"])

    def show(self, table):
        """The row."""
        cpu = {who: measure.scaled(self.samples.cpu["send", who],
                                   1 / self.per_step)
               for who in ("ours", "theirs")}
        wall = {who: measure.scaled(self.samples.wall["send", who],
                                    1 / self.per_step)
                for who in ("ours", "theirs", "direct")}
        rate = measure.ratio(wall["theirs"], wall["ours"])
        table.ratios(self.name, cpu["ours"], cpu["theirs"],
                     measure.ratio(cpu["ours"], cpu["theirs"]),
                     measure.ratio(wall["ours"], wall["theirs"]),
                     [(self.goal, rate)])
        rates = ["%s %.0f messages/s, %.1f MB/s" % (
            who, 1e9 / measure.median(wall[key]),
            self.size * 1e3 / measure.median(wall[key]))
            for who, key in (("XTND XMIT", "ours"), ("submission", "theirs"),
                             ("direct SMTP", "direct"))]
        table.note("rate %.2f (%.2f to %.2f) times; %s" % (
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


def _sessions_round(bench, ours, theirs, samples, mode):
    """Log in, send one message, STAT, QUIT; theirs takes two sessions."""
    sides = [
        parts.Side("ours", 0, bench.client, ours.ports["pop3"], ours),
        _Both(parts.Side("pop3", 1, bench.client, theirs.ports["pop3"],
                         theirs),
              parts.Side("smtp", 2, bench.client, theirs.ports["submission"],
                         theirs, smtp=True))]
    send = "send {} 1 %d" % SMALL
    todo = {"ours": ["open", LOGIN, send, "line {} 1 STAT", "quit {}"],
            "theirs": [("pop3", ["open", LOGIN, "line {} 1 STAT", "quit {}"]),
                       ("smtp", ["open", LOGIN, send, "quit {}"])]}
    for side in sides:
        side.run(todo[side.name])
    time.sleep(YOUNG)
    parts.run_round(samples, sides, [("session", todo)], bench.pairs,
                    alike=False, warm=parts.WARM[mode])


def _sessions_show(table, samples, mode):
    cpu = [samples.cpu["session", who] for who in ("ours", "theirs")]
    wall = [samples.wall["session", who] for who in ("ours", "theirs")]
    cpu_ratio, wall_ratio = measure.ratio(*cpu), measure.ratio(*wall)
    table.ratios("one session : two, " + mode, *cpu, cpu_ratio, wall_ratio,
                 [(SESSION_CPU_GOAL, cpu_ratio),
                  (SESSION_WALL_GOAL, wall_ratio)])
    table.note("wall %.2f ms : %.2f ms" % tuple(
        measure.median(values) / 1e6 for values in wall))


def run(bench):
    """The whole part."""
    bench.table.title("sending, XTND XMIT : submission service, same sink")
    # 20 pairs: 1,000 messages, and 20
    streams = [_Stream(50, SMALL, "2 KB, a message of 1,000", SMALL_GOAL),
               _Stream(1, LARGE, "10 MB, a message of 20", LARGE_GOAL)]
    for mode in (parts.SESSION, parts.LONG):
        samples = measure.Samples()
        for _ in range(bench.rounds):
            with bench.sink() as sink, \
                    server_ours(bench, mode, sink) as ours, \
                    server_theirs(bench, mode, sink) as theirs:
                _sessions_round(bench, ours, theirs, samples, mode)
                if mode == parts.LONG:
                    for stream in streams:
                        stream.run_round(bench, ours, theirs, sink)
        _sessions_show(bench.table, samples, mode)
    for stream in streams:
        stream.show(bench.table)
