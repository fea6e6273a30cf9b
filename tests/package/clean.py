"""clean - a system with nothing in it but what the package pulls in."""

import contextlib
import fcntl
import os
import pathlib
import shutil
import subprocess
import time

from pop3ext import hosts

_HERE = pathlib.Path(__file__).parent
_HOSTS = _HERE.parent / "hosts"
_CACHE = pathlib.Path(os.environ.get("POP3_EXT_CACHE", "/var/cache/pop3-ext"))
_LOG = "/srv/test/log"


def provision(kind, codename):
    """The prefix of a system of that suite: see ../hosts/provision."""
    done = subprocess.run([_HOSTS / "provision", kind, codename],
                          stdout=subprocess.PIPE, check=True)
    return done.stdout.decode().strip()


class Clean:
    """A copy of the smallest system of a suite, one at a time of each."""

    def __init__(self, codename):
        base = provision("base", codename)
        self.prefix = _CACHE / (".package-" + codename)
        # pylint: disable=consider-using-with
        self._lock = open(_CACHE / ("package-%s.lock" % codename), "ab")
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        self._process = None
        # a killed run may have left one
        self._remove()
        subprocess.run(["cp", "-a", "--reflink=auto", base, self.prefix],
                       check=True)

    def _remove(self):
        subprocess.run(["rm", "-rf", "--one-file-system", self.prefix],
                       check=True)

    def close(self):
        """Stop what runs in it and remove it."""
        self.stop()
        self._remove()
        self._lock.close()

    def path(self, inside):
        """Where a path of the system is for us."""
        return self.prefix / inside.lstrip("/")

    def run(self, *command, status=0):
        """A command in the system; returns its output, both kinds."""
        done = subprocess.run(
            [_HOSTS / "enter", self.prefix, "", *command],
            env=dict(os.environ, DEBIAN_FRONTEND="noninteractive"),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, check=False)
        output = done.stdout.decode("utf-8", "replace")
        assert done.returncode == status, output
        return output

    def run_script(self, name, *args):
        """One of the scripts beside this file, in the system."""
        shutil.copy2(_HERE / name, self.path("/tmp"))
        return self.run("/tmp/" + name, *args)

    def apt_get(self, *args, status=0):
        """apt-get; returns its output."""
        return self.run("apt-get", "-q", "-y", *args, status=status)

    def log(self):
        """Dovecot's log."""
        path = self.path(_LOG)
        return path.read_text() if path.exists() else ""

    def start(self):
        """Start Dovecot, after ./setup, and wait until it listens."""
        mark = len(self.log())
        self._process = hosts.Host(str(self.prefix)).popen(
            ["dovecot", "-F"], stdin=subprocess.DEVNULL)
        deadline = time.monotonic() + 30
        while " starting up" not in self.log()[mark:]:
            assert self._process.poll() is None, self.log()[mark:]
            assert time.monotonic() < deadline, "Dovecot did not start"
            time.sleep(0.005)

    @contextlib.contextmanager
    def running(self):
        """Dovecot runs in a with block."""
        self.start()
        try:
            yield
        finally:
            self.stop()

    def stop(self):
        """Stop Dovecot."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(30)
            self._process = None
