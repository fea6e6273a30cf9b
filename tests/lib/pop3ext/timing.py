"""timing - what a test costs, and what it waits for.

A pytest plug-in of the process that runs the tests. With the last report of
each test go two properties: "cpu", the seconds of processor time that the
process and its children took during it, and "wait", the line of the test that
was seen longest without a change, with the line of the library that it was in.
A child counts when its parent has waited for it: a server that several tests
share counts for the last of them.
"""

import pathlib
import resource
import sys
import threading
import time

import pytest

_TESTS = str(pathlib.Path(__file__).parents[2]) + "/"
# Long enough to cost nothing; only waits of some seconds matter.
_INTERVAL = 0.2


def _processor_time():
    seconds = 0.0
    for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN):
        usage = resource.getrusage(who)
        seconds += usage.ru_utime + usage.ru_stime
    return seconds


def _place(frame):
    """"test_foo.py:12, server.py:34": the test's line and the innermost of
    ours; "" outside of a test."""
    inner, outer = "", ""
    while frame is not None:
        path = frame.f_code.co_filename
        if path.startswith(_TESTS):
            outer = "%s:%d" % (path.rpartition("/")[2], frame.f_lineno)
            inner = inner or outer
        frame = frame.f_back
    return inner if inner == outer else outer + ", " + inner


class _Watcher(threading.Thread):
    """Looks now and then where the main thread is."""

    def __init__(self):
        super().__init__(daemon=True)
        self._main = threading.main_thread().ident
        self._lock = threading.Lock()
        self.reset()

    def reset(self):
        """A new test begins."""
        with self._lock:
            self._place, self._since = "", time.monotonic()
            self._longest, self._where = 0.0, ""

    def longest(self):
        """(seconds, place) of the longest wait since reset()."""
        with self._lock:
            return self._longest, self._where

    def run(self):
        while True:
            time.sleep(_INTERVAL)
            place = _place(sys._current_frames().get(self._main))
            now = time.monotonic()
            with self._lock:
                if place != self._place:
                    self._place, self._since = place, now
                elif place and now - self._since > self._longest:
                    self._longest, self._where = now - self._since, place


class Timing:
    """The plug-in."""

    def __init__(self):
        self._watcher = _Watcher()
        self._watcher.start()
        self._begin = 0.0

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self):
        """A test begins."""
        self._begin = _processor_time()
        self._watcher.reset()

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_makereport(self, item, call):
        """The last phase is over."""
        if call.when == "teardown":
            seconds, place = self._watcher.longest()
            item.user_properties += [
                ("cpu", "%.2f" % (_processor_time() - self._begin)),
                ("wait", "%.1f s at %s" % (seconds, place) if place else "")]


def register(config):
    """Called by the process that runs tests."""
    if not config.pluginmanager.has_plugin("pop3ext-timing"):
        config.pluginmanager.register(Timing(), "pop3ext-timing")
