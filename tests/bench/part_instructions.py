"""part_instructions - what a stock session executes, plugin on and off.

The pop3 process runs under callgrind, so nothing else on the machine matters.
Each session has a process of its own, and its instructions are counted from
exec to exit. What a command costs is the difference between a session that has
COUNT of them and one that has none.
"""

import re
import statistics
import time

import mailboxes
import measure
import parts
from report import Goal, ratio_goal

USER = "m200"
COUNT = 200
REPEATS = 3

SESSION_GOAL = ratio_goal("<= 1.002", 1.002)
COMMAND_GOAL = Goal("<= 250", 250)
LOADING_GOAL = Goal("<= 400,000", 400000)

# (name, command, does its reply have many lines, how often)
COMMANDS = [
    ("NOOP", "NOOP", False, COUNT),
    ("STAT", "STAT", False, COUNT),
    ("LIST n", "LIST %d", False, COUNT),
    ("UIDL n", "UIDL %d", False, COUNT),
    ("RETR n", "RETR %d", True, COUNT),
    ("LIST", "LIST", True, 10),
    ("UIDL", "UIDL", True, 10),
]
SESSION = "session"
SESSION_TIMES = {"UIDL": 1, "LIST": 1, "RETR n": COUNT}
# A small one of Dovecot's own: to look for any plugin costs, too.
OTHER_PLUGIN = "notify"


def total(text):
    """The instructions of a file of callgrind's, None if it is not whole."""
    found = re.search(r"^totals: (\d+)\n", text, re.MULTILINE)
    return None if found is None else int(found.group(1))


def _ended(folder, known, timeout=60):
    """The count of the process that has ended since `known`."""
    deadline = time.monotonic() + timeout
    while True:
        counts = {path: total(path.read_text(encoding="utf-8"))
                  for path in set(folder.iterdir()) - known}
        if counts and None not in counts.values():
            known.update(counts)
            return sum(counts.values())
        if time.monotonic() > deadline:
            raise parts.BenchError("no process has left its count in %s" %
                                   folder)
        time.sleep(0.02)


class Counted:
    """A server whose sessions are counted one by one."""

    def __init__(self, srv):
        self._server = srv
        self._known = set()

    def session(self, commands):
        """Instructions of a session with these of COMMANDS."""
        client = self._server.login(USER, timeout=120)
        for _, line, many, times in commands:
            for number in range(1, times + 1):
                client.ok(line % number if "%" in line else line)
                if many:
                    client.multi_raw()
        client.quit()
        return _ended(self._server.folder / "callgrind", self._known)


# What is in a session: rows of COMMANDS, or nothing but the log-in.
LOGIN_ONLY = {None: []}
ALL_KINDS = {**LOGIN_ONLY, **{row[0]: [row] for row in COMMANDS},
             SESSION: [(*row[:3], SESSION_TIMES[row[0]])
                       for row in COMMANDS if row[0] in SESSION_TIMES]}


def _counts(bench, homes, plugin, kinds):
    """{kind: counts} of one server's sessions."""
    srv = bench.server(parts.SESSION, users=parts.USERS, plugin=plugin,
                       wrap="callgrind")
    srv.use_homes(homes)
    counts = {kind: [] for kind in kinds}
    with srv:
        counted = Counted(srv)
        # The first ones make the indexes and the cache.
        for _ in range(2):
            counted.session(COMMANDS)
        for _ in range(REPEATS):
            for kind, rows in kinds.items():
                counts[kind].append(counted.session(rows))
    return counts


def _less(ours, theirs, factor=1.0):
    """Estimate of the difference of two medians: how far the counts of each
    are apart is how far either may be wrong."""
    value = statistics.median(ours) - statistics.median(theirs)
    half = ((max(ours) - min(ours)) + (max(theirs) - min(theirs))) / 2
    return measure.Estimate(value * factor, (value - half) * factor,
                            (value + half) * factor)


def session_ratio(on, off):
    """Estimate of what a session costs, on : off, without its log-in."""
    ours = _less(on[SESSION], on[None])
    theirs = _less(off[SESSION], off[None])
    return measure.Estimate(ours.value / theirs.value,
                            ours.low / theirs.high, ours.high / theirs.low)


def _show(table, on, off, other):
    table.title("instructions of a stock session, plugin on : off")
    table.value("log-in and QUIT, new process, on - off",
                _less(on[None], off[None]), "instructions", LOADING_GOAL)
    table.note("off %d, on %d" % (statistics.median(off[None]),
                                  statistics.median(on[None])))
    table.value("the same, %s - off" % OTHER_PLUGIN,
                _less(other[None], off[None]), "instructions")
    for name, _, _, times in COMMANDS:
        ours = _less(on[name], on[None], 1 / times)
        theirs = _less(off[name], off[None], 1 / times)
        table.value(name + ", on - off", ours - theirs, "instructions",
                    COMMAND_GOAL)
        table.note("off %.0f, on %.0f" % (theirs.value, ours.value))
    table.fine_ratio("UIDL, LIST, %d RETR, without log-in" % COUNT,
                     session_ratio(on, off), SESSION_GOAL)


def run(bench):
    """The whole part."""
    homes = mailboxes.make(bench.work / "instruction-homes", True)
    off = _counts(bench, homes, [], ALL_KINDS)
    on = _counts(bench, homes, ["pop3_ext"], ALL_KINDS)
    other = _counts(bench, homes, [OTHER_PLUGIN], LOGIN_ONLY)
    _show(bench.table, on, off, other)
