"""What the tests of the host's functions need beside ../lib."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "lib"))
sys.path.insert(0, str(pathlib.Path(__file__).parent))

from pop3ext import report  # noqa: E402


def pytest_configure(config):
    """Report in the lines of ./check."""
    report.register(config)
