"""part_stock - stock sessions with the plugin off and on."""

import contextlib
import statistics

import mailboxes
import measure
import parts
from report import Goal, ratio_goal

GOAL = ratio_goal("<= 1.02", 1.02)
MEMORY_GOAL = Goal("<= 100 KiB", 100)

# (mailbox, messages, UIDLs and LISTs per step, RETRs per step)
BOXES = [("m200", 200, 10, 200), ("m10k", 10000, 1, 500),
         ("m100k", 100000, 1, 500)]
CROWD_RETRS = 10
HELD = 20
MEMORY_ROUNDS = 5

LOGIN = "log in, STAT"
QUIT = "QUIT"
SESSION = "whole session"


def _steps(name, repeat, retrs):
    return [
        (LOGIN, ["open", "login {} %s pw-%s" % (name, name),
                 "line {} 1 STAT"]),
        ("UIDL", ["list {} %d UIDL" % repeat]),
        ("LIST", ["list {} %d LIST" % repeat]),
        ("RETR one by one", ["retr {} %d 1" % retrs]),
        ("RETR pipelined", ["retr {} %d 100" % retrs]),
        (QUIT, ["quit {}"]),
    ]


def _row(table, samples, step, load, name=None, sessions=1):
    """A row; load: nanoseconds of CPU that loading the plugin takes, which
    are not counted."""
    on = samples.cpu[step, "on"]
    off = samples.cpu[step, "off"]
    wall_on = samples.wall[step, "on"]
    wall_off = samples.wall[step, "off"]
    cpu = measure.ratio(measure.scaled(on, 1, -load * sessions), off)
    table.ratios(name or step, on, off, cpu,
                 measure.ratio(wall_on, wall_off), [(GOAL, cpu)])


def _private_kib(srv):
    """Median of the private memory of HELD processes that are there at the
    same time, each with a session that has done something."""
    with contextlib.ExitStack() as stack:
        for number in range(HELD):
            client = stack.enter_context(srv.login("c%d" % (number + 1)))
            client.uidl()
            client.retr(1)
            client.stat()
        kib = statistics.median(
            parts.status_kib(pid, "Private_Clean", "smaps_rollup") +
            parts.status_kib(pid, "Private_Dirty", "smaps_rollup")
            for pid in srv.processes("pop3"))
    srv.counter.settled(srv.ending)
    return kib


def _memory(bench, homes):
    """Private memory, on and off in turn; the first round makes the
    mailboxes' indexes."""
    with contextlib.ExitStack() as stack:
        sides = _sides(bench, stack, homes, parts.SESSION)
        kib = {side.name: [] for side in sides}
        for number in range(-1, MEMORY_ROUNDS):
            for side in sides:
                found = _private_kib(side.measured)
                if number >= 0:
                    kib[side.name].append(found)
    more = measure.difference([kib["on"]], [kib["off"]])
    bench.table.value("private memory of a pop3 process", more, "KiB more",
                      MEMORY_GOAL)
    bench.table.note("off %.0f, on %.0f KiB" % (
        statistics.median(kib["off"]), statistics.median(kib["on"])))


def _sides(bench, stack, homes, mode, swap=False):
    """The two sides, their servers running until the stack ends."""
    sides = []
    for name in ("on", "off") if swap else ("off", "on"):
        srv = bench.server(mode, users=parts.USERS,
                           plugin=["pop3_ext"] if name == "on" else [])
        srv.use_homes(homes)
        stack.enter_context(srv)
        sides.append(parts.Side(name, len(sides), bench.client,
                                srv.ports["pop3"], srv))
    return sides


def _rounds(bench, homes, mode, steps, warm):
    samples = measure.Samples()
    for number in range(bench.rounds):
        with contextlib.ExitStack() as stack:
            parts.run_round(samples, _sides(bench, stack, homes, mode,
                                            number % 2),
                            steps, bench.pairs, warm=warm)
    return samples


def _measure(bench, homes, mode, box):
    name, _, repeat, retrs = box
    steps = _steps(name, repeat, retrs)
    samples = _rounds(bench, homes, mode, steps, parts.WARM[mode])
    for side in ("on", "off"):
        samples.total(SESSION, [step for step, _ in steps], side)
    return samples


def _show(bench, mode, box, samples, loads):
    name, messages, repeat, retrs = box
    bench.table.title("stock session, plugin on : off, %d messages, %s" %
                      (messages, mode))
    for step, _ in _steps(name, repeat, retrs) + [(SESSION, [])]:
        label = step
        if step in ("UIDL", "LIST") and repeat > 1:
            label = "%d x %s" % (repeat, step)
        elif step.startswith("RETR"):
            label = "%d x %s" % (retrs, step)
        load = sum(loads.values()) if step == SESSION else loads.get(step, 0)
        _row(bench.table, samples, step, load, label)


def _crowd(bench, homes, mode, loads):
    command = "crowd {port} %d %d" % (mailboxes.CROWD, CROWD_RETRS)
    samples = _rounds(bench, homes, mode, [("crowd", [command])], 2)
    bench.table.title("stock sessions, %d clients at once, %s" %
                      (mailboxes.CROWD, mode))
    _row(bench.table, samples, "crowd", sum(loads.values()),
         "log in, STAT, UIDL, %d RETR, QUIT" % CROWD_RETRS, mailboxes.CROWD)


def _loads(bench, session, long_lived):
    """A new process loads the plugin, an old one has it: what a log-in (and
    QUIT) costs more in the one than in the other is the loading.  Returns
    nanoseconds of both steps."""
    def cost(samples, step):
        return measure.difference(
            measure.scaled(samples.cpu[step, "on"], 1e-3),
            measure.scaled(samples.cpu[step, "off"], 1e-3))

    loads = {}
    for step, what in ((LOGIN, "loading the plugin"),
                       (QUIT, "unloading it")):
        load = cost(session, step) - cost(long_lived, step)
        loads[step] = load.value * 1e3
        bench.table.value(what, load, "us per process")
    bench.table.note("below both are taken off where processes start and end")
    return loads


def run(bench):
    """The whole part."""
    homes = mailboxes.make(bench.work / "homes", bench.quick)
    boxes = [box for box in BOXES if (homes / box[0]).exists()]
    modes = (parts.SESSION, parts.LONG)
    bench.table.title("stock session, memory and loading")
    _memory(bench, homes)
    first = {mode: _measure(bench, homes, mode, boxes[0]) for mode in modes}
    loads = {parts.SESSION: _loads(bench, first[parts.SESSION],
                                   first[parts.LONG]),
             parts.LONG: {}}
    for mode in modes:
        _show(bench, mode, boxes[0], first[mode], loads[mode])
    for mode in modes:
        _crowd(bench, homes, mode, loads[mode])
    for box in boxes[1:]:
        for mode in modes:
            _show(bench, mode, box, _measure(bench, homes, mode, box),
                  loads[mode])
