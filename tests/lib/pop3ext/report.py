"""report - each test's seconds and result, for ./check.

A pytest plug-in: with POP3EXT_RESULTS, a file that gets one line per test
(result, seconds, name, reason, seconds of processor time, longest wait; see
timing.py; separated by tabs), it shows a line like it on the file descriptor
POP3EXT_CONSOLE (default: standard output). POP3EXT_PREFIX stands before each
name.
"""

import os
import sys

from . import timing

_WORDS = {"passed": "ok", "failed": "FAIL", "skipped": "skip"}


def _one_line(text):
    return " ".join(str(text).split())


class Report:
    """Collects the phases of each test."""

    def __init__(self, config):
        self._path = os.environ.get("POP3EXT_RESULTS")
        self._prefix = os.environ.get("POP3EXT_PREFIX", "")
        self._tests = {}
        self._config = config

    def pytest_runtest_logreport(self, report):
        """One phase (setup, call, teardown) of a test is over."""
        test = self._tests.setdefault(report.nodeid, {
            "result": "passed", "seconds": 0.0, "reason": ""})
        test["seconds"] += report.duration
        if report.failed and test["result"] != "failed":
            test["result"] = "failed"
            crash = getattr(report.longrepr, "reprcrash", None)
            test["reason"] = _one_line(crash.message if crash
                                       else report.longrepr)[:200]
        elif report.skipped and test["result"] == "passed":
            test["result"] = "skipped"
            if isinstance(report.longrepr, tuple):
                test["reason"] = _one_line(report.longrepr[2])
        if report.when == "teardown":
            test.update((name, value) for name, value in report.user_properties
                        if name in ("cpu", "wait"))
            self._finish(report.nodeid, self._tests.pop(report.nodeid))

    def pytest_report_teststatus(self, report):
        """Our lines stand in place of pytest's dots."""
        if self._path and report.when == "call" and report.passed:
            return "passed", "", ""
        return None

    def pytest_collectreport(self, report):
        """A file that cannot be read is a failed test."""
        if report.failed:
            self._finish(report.nodeid, {
                "result": "failed", "seconds": 0.0,
                "reason": _one_line(report.longrepr)[-200:]})

    def _finish(self, nodeid, test):
        # A parameter may hold a slash, too.
        path, sep, rest = nodeid.partition("::")
        name = self._prefix + path.rpartition("/")[2] + sep + rest
        if self._path:
            with open(self._path, "a", encoding="utf-8") as file:
                file.write("%s\t%.2f\t%s\t%s\t%s\t%s\n" % (
                    test["result"], test["seconds"], name, test["reason"],
                    test.get("cpu", ""), test.get("wait", "")))
            line = "%-4s %7.2f s  %s" % (_WORDS[test["result"]],
                                         test["seconds"], name)
            if test["reason"]:
                line += "  (%s)" % test["reason"]
            sys.stdout.flush()
            os.write(int(os.environ.get("POP3EXT_CONSOLE") or 1),
                     (line + "\n").encode())


def pytest_configure(config):
    """For pytest -p pop3ext.report."""
    register(config)


def register(config):
    """Called by a conftest's pytest_configure.  Workers of pytest-xdist
    leave the reporting to the main process."""
    if os.environ.get("POP3EXT_RESULTS"):
        timing.register(config)
    if (not hasattr(config, "workerinput") and
            not config.pluginmanager.has_plugin("pop3ext-report")):
        config.pluginmanager.register(Report(config), "pop3ext-report")
