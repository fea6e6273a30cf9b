"""part_uidl - UIDL from pop3_uidl's store : UIDL of the host.

Steady state: every message has its serial in the index. Both servers use the
same maildirs."""

import contextlib

import mailboxes
import measure
import parts
from report import Goal

LOGIN_GOAL = Goal("<= 1.02", 1.02)
UIDL_GOALS = {False: Goal("<= 0.50", 0.50), True: Goal("<= 0.18", 0.18)}
BOXES = ["m10k", "m100k"]
LOGIN = "log in, STAT"
UIDL = "UIDL"


def _sides(bench, stack, homes, swap):
    """The host's server and ours."""
    sides = []
    for name in ("on", "off") if swap else ("off", "on"):
        srv = bench.server(parts.LONG, users=parts.USERS,
                           plugin=["pop3_ext", "pop3_uidl"]
                           if name == "on" else [])
        srv.use_homes(homes)
        stack.enter_context(srv)
        with srv.login(bench.uidl_box) as client:
            client.uidl()
        sides.append(parts.Side(name, len(sides), bench.client,
                                srv.ports["pop3"], srv))
    return sides


def _steps(name):
    return [(LOGIN, ["open", "login {} %s pw-%s" % (name, name),
                     "line {} 1 STAT"]),
            (UIDL, ["list {} 1 UIDL"]),
            ("QUIT", ["quit {}"])]


def run(bench):
    """The whole part."""
    homes = mailboxes.make(bench.work / "homes", bench.quick)
    for name in BOXES:
        if not (homes / name).exists():
            continue
        bench.uidl_box = name
        samples = measure.Samples()
        for number in range(bench.rounds):
            with contextlib.ExitStack() as stack:
                sides = _sides(bench, stack, homes, number % 2)
                parts.run_round(samples, sides, _steps(name), bench.pairs)
                is_24 = sides[0].measured.host.is_24
        bench.table.title("UIDL, pop3_uidl on : off, %s" % name)
        for step, goal in ((LOGIN, LOGIN_GOAL), (UIDL, UIDL_GOALS[is_24])):
            cpu = measure.ratio(samples.cpu[step, "on"],
                                samples.cpu[step, "off"])
            bench.table.ratios(step, samples.cpu[step, "on"],
                               samples.cpu[step, "off"], cpu,
                               measure.ratio(samples.wall[step, "on"],
                                             samples.wall[step, "off"]),
                               [(goal, cpu)])
