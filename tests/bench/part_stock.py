"""part_stock - stock sessions with the plugin off and on."""

import contextlib
import statistics

import mailboxes
import measure
import parts
from report import Goal

GOAL = Goal("<= 1.02", 1.02)
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
    net = [value - load * sessions for value in on]
    cpu = measure.ratio(net, off)
    table.ratios(name or step, on, off, cpu,
                 measure.ratio(wall_on, wall_off), [(GOAL, cpu)])


def _crowd(sides, pairs):
    command = "crowd {port} %d %d" % (mailboxes.CROWD, CROWD_RETRS)
    return parts.run_pairs(sides, [("crowd", [command])], pairs)


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


def _memory(bench, servers):
    """Private memory, on and off in turn; the first round makes the
    mailboxes' indexes."""
    kib = {name: [] for name in servers}
    for number in range(-1, MEMORY_ROUNDS):
        for name, srv in servers.items():
            found = _private_kib(srv)
            if number >= 0:
                kib[name].append(found)
    more = measure.difference(kib["on"], kib["off"])
    bench.table.value("private memory of a pop3 process", more, "KiB more",
                      MEMORY_GOAL)
    bench.table.note("off %.0f, on %.0f KiB" % (
        statistics.median(kib["off"]), statistics.median(kib["on"])))


def _measure_mode(bench, homes, mode, boxes):
    """{mailbox: Samples}, with the crowd's under "crowd"."""
    servers = {"off": bench.server(mode, plugin=[], users=parts.USERS),
               "on": bench.server(mode, users=parts.USERS)}
    found = {}
    with contextlib.ExitStack() as stack:
        sides = []
        for number, (name, srv) in enumerate(servers.items()):
            srv.use_homes(homes)
            stack.enter_context(srv)
            sides.append(parts.Side(name, number, bench.client,
                                    srv.ports["pop3"], srv))
        if mode == parts.SESSION:
            _memory(bench, servers)
        for name, _, repeat, retrs in boxes:
            steps = _steps(name, repeat, retrs)
            samples = parts.run_pairs(sides, steps, bench.pairs)
            for side in servers:
                samples.total(SESSION, [step for step, _ in steps],
                              side)
            found[name] = samples
        found["crowd"] = _crowd(sides, bench.pairs)
    return found


def _show_mode(bench, mode, found, boxes, loads):
    load = sum(loads.values())
    for name, messages, repeat, retrs in boxes:
        bench.table.title("stock session, plugin on : off, %d messages, %s" %
                          (messages, mode))
        for step, _ in _steps(name, repeat, retrs) + [(SESSION, [])]:
            label = step
            if step in ("UIDL", "LIST") and repeat > 1:
                label = "%d x %s" % (repeat, step)
            elif step.startswith("RETR"):
                label = "%d x %s" % (retrs, step)
            _row(bench.table, found[name], step,
                 load if step == SESSION else loads.get(step, 0), label)
    bench.table.title("stock sessions, %d clients at once, %s" %
                      (mailboxes.CROWD, mode))
    _row(bench.table, found["crowd"], "crowd", load,
         "log in, STAT, UIDL, %d RETR, QUIT" % CROWD_RETRS, mailboxes.CROWD)


def _cost(found, boxes, step):
    """Microseconds that the plugin adds to a step in the first mailbox."""
    cpu = found[boxes[0][0]].cpu
    return measure.difference([value / 1e3 for value in cpu[step, "on"]],
                              [value / 1e3 for value in cpu[step, "off"]])


def run(bench):
    """The whole part."""
    homes = mailboxes.make(bench.work / "homes", bench.quick)
    boxes = [box for box in BOXES if (homes / box[0]).exists()]
    bench.table.title("stock session, memory and loading")
    session = _measure_mode(bench, homes, parts.SESSION, boxes)
    long_lived = _measure_mode(bench, homes, parts.LONG, boxes)

    # A new process loads the plugin, an old one has it: what a log-in (and
    # QUIT) costs more in the one than in the other is the loading.
    loads = {}
    for step, what in ((LOGIN, "loading the plugin"),
                       (QUIT, "unloading it")):
        load = _cost(session, boxes, step) - _cost(long_lived, boxes, step)
        loads[step] = load.value * 1e3
        bench.table.value(what, load, "us per process")
    bench.table.note("below both are taken off where processes start and end")

    _show_mode(bench, parts.SESSION, session, boxes, loads)
    _show_mode(bench, parts.LONG, long_lived, boxes, {})
