"""What ./check and ./try install on a machine stays quiet, and goes again."""

import os
import pathlib

import pytest

from pop3ext import hosts

import clean

_LIB = pathlib.Path(__file__).parents[1] / "hosts" / "lib.sh"
_INSTALL = """set -e
program=test
. /tmp/tests/hosts/lib.sh
install_packages "$@"
printf '%s\\n' "$installed_note"
"""


@pytest.fixture(name="system")
def _system():
    host = hosts.Host(os.environ.get("POP3EXT_HOST", "/"))
    system = clean.Clean(host.codename)
    folder = system.path("/tmp/tests/hosts")
    folder.mkdir(parents=True)
    (folder / "lib.sh").write_bytes(_LIB.read_bytes())
    yield system
    system.close()


def started_at_boot(system):
    """Names of the services that systemd or the init scripts would start."""
    wanted = system.path("/etc/systemd/system").glob("*.wants/*")
    scripts = system.path("/etc").glob("rc[2-5].d/S*")
    return ({path.name.partition(".")[0] for path in wanted} |
            {path.name[3:] for path in scripts})


def packages(system):
    """The installed packages."""
    lines = system.run("dpkg-query", "-W", "-f",
                       "${db:Status-Status} ${binary:Package}\\n").splitlines()
    return {line.split()[1] for line in lines if line.startswith("installed ")}


def test_services_stay_off(system):
    """Of two daemons, the one that was there before starts at the next boot;
    the one that is installed for the tests does not, and the command that the
    run names removes it with everything that came with it."""
    system.apt_get("update")
    system.apt_get("install", "--no-install-recommends", "cron")
    before, boot = packages(system), started_at_boot(system)
    assert "cron" in boot
    note = system.run("bash", "-c", _INSTALL, "bash", "redis-server", "cron")
    assert "redis-server" in packages(system) - before
    assert started_at_boot(system) == boot
    assert " redis-server" in note
    assert " cron" not in note
    command = note.rpartition("To remove them again: ")[2].strip()
    assert command.startswith("apt-get purge ")
    system.run("bash", "-c", command.replace("purge", "-y purge", 1))
    assert packages(system) == before
    assert started_at_boot(system) == boot
