"""part_memory - the peak memory of a pop3 process that sends."""

import measure
import part_send
import parts
from report import Goal

SIZES_MB = (1, 50, 200)
GOAL = Goal("<= 2048 KiB", 2048)


def _peak(srv):
    (pid,) = srv.processes("pop3")
    return parts.status_kib(pid, "VmHWM")


def run(bench):
    """The whole part: what a large message adds to the peak of a session
    that has sent a small one."""
    bench.table.title("peak memory of the pop3 process (VmHWM), XTND XMIT")
    with bench.sink() as sink:
        with part_send.server_ours(bench, parts.SESSION, sink) as ours:
            for size in SIZES_MB:
                rises = []
                for _ in range(1 if bench.quick else 3):
                    rises.append(_rise(bench, ours, size))
                worst = max(rises)
                bench.table.value("%d MB" % size, measure.Estimate(
                    worst, min(rises), worst), "KiB more than for 2 KB",
                    GOAL if size == SIZES_MB[-1] else None)


def _rise(bench, srv, size_mb):
    side = parts.Side("ours", 0, bench.client, srv.ports["pop3"], srv)
    side.run(["open", part_send.LOGIN, "send {} 1 %d" % part_send.SMALL])
    before = _peak(srv)
    side.run(["send {} 1 %d" % (size_mb * 1024 * 1024)])
    after = _peak(srv)
    side.run(["quit {}"])
    return after - before
