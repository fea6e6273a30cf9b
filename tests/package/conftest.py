"""What the tests of the package need beside ../lib."""

import os
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "lib"))

from pop3ext import report  # noqa: E402


def pytest_configure(config):
    """Report in the lines of ./check."""
    report.register(config)


def pytest_collection_modifyitems(config, items):
    """What ./check installs, it installs on this machine."""
    if os.environ.get("POP3EXT_HOST", "/") == "/":
        return
    others = [item for item in items if item.path.name == "test_install.py"]
    config.hook.pytest_deselected(items=others)
    items[:] = [item for item in items if item not in others]
