"""measure - the CPU time of a server's processes, and what pairs of
measurements say about a ratio.

Each server runs in a control group of its own: the kernel adds up there what
all processes have used, living and dead, to the nanosecond (cgroup v1,
cpuacct) or microsecond (v2).
"""

import math
import os
import pathlib
import random
import statistics
import time

from pop3ext import hosts

RESAMPLES = 2000
TRIM = 0.1


class CpuHost(hosts.Host):
    """A host whose next process is counted."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self._counter = None

    def count_next(self):
        """Make a counter for the next popen()."""
        self._counter = CpuCounter()
        return self._counter

    def popen(self, command, tie=True, **kwargs):
        counter, self._counter = self._counter, None
        if counter is not None:
            tie = False
            kwargs["preexec_fn"] = counter.begin
        return super().popen(command, tie=tie, **kwargs)


def _cgroup_parent():
    """(folder, version) where control groups can be made."""
    with open("/proc/mounts", encoding="utf-8") as file:
        mounts = [line.split() for line in file]
    for _, folder, kind, options, *_ in mounts:
        if kind == "cgroup" and "cpuacct" in options.split(","):
            return pathlib.Path(folder), 1
    for _, folder, kind, *_ in mounts:
        if kind == "cgroup2":
            return pathlib.Path(folder), 2
    raise hosts.HostError("no control groups are mounted")


class CpuCounter:
    """CPU time of a process and all that come from it."""

    _made = 0

    def __init__(self):
        parent, self._version = _cgroup_parent()
        CpuCounter._made += 1
        self._folder = parent / ("pop3ext-bench-%d-%d" %
                                 (os.getpid(), CpuCounter._made))
        try:
            self._folder.mkdir()
        except OSError as error:
            raise hosts.HostError("cannot make a control group: %s" %
                                  error) from None
        self._file = open(self._folder / (
            "cpuacct.usage" if self._version == 1 else "cpu.stat"), "rb",
            buffering=0)

    def begin(self):
        """In the process, before exec."""
        hosts.die_with_parent()
        (self._folder / "cgroup.procs").write_bytes(b"0")

    def read(self):
        """Nanoseconds until now."""
        text = os.pread(self._file.fileno(), 4096, 0).split()
        return int(text[0]) if self._version == 1 else int(text[1]) * 1000

    def processes(self):
        """[(pid, name, state)] of the living."""
        found = []
        pids = (self._folder / "cgroup.procs").read_text(encoding="ascii")
        for pid in pids.split():
            try:
                stat = pathlib.Path("/proc", pid, "stat").read_text(
                    encoding="utf-8", errors="replace")
            except (FileNotFoundError, ProcessLookupError):
                continue
            head, _, tail = stat.rpartition(")")
            found.append((int(pid), head.partition("(")[2], tail.split()[0]))
        return found

    def settled(self, gone=(), limit=1):
        """As read(), once all processes sleep, and those that have a name
        of `gone` have ended (at the latest after limit seconds)."""
        deadline = time.monotonic() + limit
        while time.monotonic() < deadline:
            value = self.read()
            if all(state in "SIZ" and name not in gone
                   for _, name, state in self.processes()):
                if value == self.read():
                    break
            time.sleep(0.0003)
        return self.read()

    def close(self):
        """Remove the control group; its processes have ended."""
        self._file.close()
        deadline = time.monotonic() + 5
        while True:
            try:
                self._folder.rmdir()
                return
            except OSError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.01)


class Estimate:
    """A value and its 95 % interval."""

    def __init__(self, value, low, high):
        self.value = value
        self.low = low
        self.high = high

    def __sub__(self, other):
        """Difference of two independent estimates."""
        value = self.value - other.value
        half = math.hypot(self.high - self.low, other.high - other.low) / 2
        return Estimate(value, value - half, value + half)


def _trimmed_mean(values):
    cut = int(len(values) * TRIM)
    values = sorted(values)
    return statistics.fmean(values[cut:len(values) - cut])


def estimate(rounds):
    """The mean without the TRIM largest and smallest of all values, with
    the interval of a bootstrap over the rounds (lists of values) and the
    values in them."""
    rng = random.Random(len(rounds))

    def again():
        values = []
        for found in rng.choices(rounds, k=len(rounds)):
            values += rng.choices(found, k=len(found))
        return _trimmed_mean(values)

    means = sorted(again() for _ in range(RESAMPLES))
    return Estimate(_trimmed_mean(sum(rounds, [])),
                    means[int(RESAMPLES * 0.025)],
                    means[int(RESAMPLES * 0.975) - 1])


def _pairs(function, ours, theirs):
    return [[function(a, b) for a, b in zip(*both)]
            for both in zip(ours, theirs)]


def ratio(ours, theirs):
    """Estimate of ours / theirs, from rounds of pairs."""
    logs = estimate(_pairs(lambda a, b: math.log(a / b), ours, theirs))
    return Estimate(math.exp(logs.value), math.exp(logs.low),
                    math.exp(logs.high))


def difference(ours, theirs):
    """Estimate of ours - theirs, from rounds of pairs."""
    return estimate(_pairs(lambda a, b: a - b, ours, theirs))


def scaled(rounds, factor, add=0):
    """All values times a factor, and more."""
    return [[value * factor + add for value in values] for values in rounds]


def median(rounds):
    """Of all values."""
    return statistics.median(sum(rounds, []))


class Samples:
    """CPU and wall nanoseconds of each step and side: a list of rounds,
    which are lists with a value for each pair."""

    def __init__(self):
        self.cpu = {}
        self.wall = {}

    def begin_round(self, step, side):
        """Measurements are added to a new round from now on."""
        self.cpu.setdefault((step, side), []).append([])
        self.wall.setdefault((step, side), []).append([])

    def add(self, step, side, cpu, wall):
        """One measurement."""
        self.cpu[step, side][-1].append(cpu)
        self.wall[step, side][-1].append(wall)

    def total(self, step, parts, side):
        """Make a step that is the sum of others, pair by pair."""
        for values in (self.cpu, self.wall):
            values[step, side] = [
                [sum(column) for column in zip(*rounds)] for rounds in zip(
                    *(values[part, side] for part in parts))]
