"""gate - lets a test begin when the processors have time for it.

A pytest plug-in of the processes that run tests. Most tests wait more than they
compute, so there are many at once; but more of them than the processors can carry
only makes each of them slower, and those that measure time fail. All workers of a
run, on all hosts, share the file POP3EXT_GATE: who holds its lock looks how many
processes want a processor, and begins when they are few. Some tests go on however
busy the machine is: two for each processor, who hold locks of their own.
"""

import fcntl
import os
import time

import pytest

# Looks at a number that changes all the time: several times.
_LOOKS = 4
_PAUSE = 0.01


def running():
    """How many processes run or wait for a processor, but for this one."""
    with open("/proc/stat", "rb") as file:
        for line in file:
            if line.startswith(b"procs_running "):
                return int(line.split()[1]) - 1
    return 0


class Gate:
    """The plug-in."""

    def __init__(self, path):
        processors = len(os.sched_getaffinity(0))
        self._file = self._open(path)
        self._places = [self._open("%s-%d" % (path, number))
                        for number in range(2 * processors)]
        # Steps that are no tests have less of a claim, but count, too.
        self._most = 2 * processors

    @staticmethod
    def _open(path):
        # pylint: disable=consider-using-with
        return open(path, "ab")

    def _is_open(self):
        total = 0
        for _ in range(_LOOKS):
            total += running()
            time.sleep(_PAUSE)
        return total < self._most * _LOOKS

    def _take_place(self):
        """A free place of those that do not depend on the load, or None."""
        for place in self._places:
            try:
                fcntl.flock(place, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return place
            except BlockingIOError:
                pass
        return None

    def enter(self):
        """Return when a test may begin; what it returns is for leave()."""
        fcntl.flock(self._file, fcntl.LOCK_EX)
        try:
            while True:
                place = self._take_place()
                if place is not None or self._is_open():
                    return place
                time.sleep(5 * _PAUSE)
        finally:
            fcntl.flock(self._file, fcntl.LOCK_UN)

    @staticmethod
    def leave(place):
        """The test is over."""
        if place is not None:
            fcntl.flock(place, fcntl.LOCK_UN)

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self):
        """Before and after the time that counts for the test."""
        place = self.enter()
        yield
        self.leave(place)


def register(config):
    """Called by each process of pytest."""
    path = os.environ.get("POP3EXT_GATE")
    if path and not config.pluginmanager.has_plugin("pop3ext-gate"):
        config.pluginmanager.register(Gate(path), "pop3ext-gate")


def long_ones_first(items):
    """Sort tests, in place: who begins last with what takes longest waits for it
    alone. The file POP3EXT_DURATIONS has lines of seconds and name."""
    try:
        with open(os.environ.get("POP3EXT_DURATIONS", ""),
                  encoding="utf-8") as file:
            lines = [line.rstrip("\n").split("\t", 1) for line in file]
    except OSError:
        return
    known = {line[1]: int(line[0]) for line in lines if len(line) == 2}

    def seconds(item):
        # A parameter may hold a slash, too.
        path, sep, rest = item.nodeid.partition("::")
        return known.get(path.rpartition("/")[2] + sep + rest, 0)

    items.sort(key=seconds, reverse=True)
