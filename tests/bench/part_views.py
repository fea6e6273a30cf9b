"""part_views - sessions that see a part of a maildrop."""

import contextlib

import mailboxes
import measure
import parts
from pop3ext.server import User

# What a login asks for, by the name of the row.
VIEWS = {"mail of one account": {"pop3_ext_view_account": "account0"},
         "mail of 30 days": {"pop3_ext_view_days": "30"}}
LOGIN = "log in, STAT"


def _server(bench, stack, homes, name, fields):
    srv = bench.server(parts.SESSION, users=[User(name, fields=fields)])
    srv.use_homes(homes)
    return stack.enter_context(srv)


def _sides(bench, stack, homes, name, fields):
    return [parts.Side(label, conn, bench.client, srv.ports["pop3"], srv)
            for conn, (label, srv) in enumerate([
                ("whole", _server(bench, stack, homes, name, {})),
                ("view", _server(bench, stack, homes, name, fields))])]


def _login(name):
    return ["open", "login {} %s pw-%s" % (name, name), "line {} 1 STAT"]


def _forget(homes, name):
    """As if nobody had seen the mailbox."""
    for path in (homes / name / "Maildir").glob("dovecot*"):
        path.unlink()


def _first_sessions(bench, homes, name, sides):
    """CPU time of the first session of all, in the order of the sides."""
    spent = []
    for side in sides:
        _forget(homes, name)
        spent.append(side.run(_login(name) + ["quit {}"])[0] / 1e6)
    bench.table.note("first session of all: whole %.0f, view %.0f ms of CPU "
                     "time" % tuple(spent))


def run(bench):
    """The whole part."""
    homes = mailboxes.make(bench.work / "views", bench.quick)
    name = "m10k" if bench.quick else "m100k"
    steps = [(LOGIN, _login(name)), ("UIDL", ["list {} 1 UIDL"]),
             ("QUIT", ["quit {}"])]
    for label, fields in VIEWS.items():
        bench.table.title("view : whole maildrop, %s, %s" % (label, name))
        samples = measure.Samples()
        for _ in range(bench.rounds):
            with contextlib.ExitStack() as stack:
                sides = _sides(bench, stack, homes, name, fields)
                if not samples.cpu:
                    _first_sessions(bench, homes, name, sides)
                parts.run_round(samples, sides, steps, bench.pairs,
                                alike=False)
        for step, _ in steps:
            on, off = samples.cpu[step, "view"], samples.cpu[step, "whole"]
            bench.table.ratios(
                step, on, off, measure.ratio(on, off),
                measure.ratio(samples.wall[step, "view"],
                              samples.wall[step, "whole"]), [])
