"""hosts - the Dovecot installations that tests run on.

A host is either this machine ("/") or another Debian suite unpacked below a
prefix and entered with chroot.  Its Dovecot is the distribution's unless
POP3EXT_DOVECOT names the --prefix of another.  Modules of ours take the place of the host's
in a mount namespace of the server's own (tests/hosts/enter), so that nothing
is changed in the host.
"""

import ctypes
import functools
import os
import pathlib
import re
import shlex
import signal
import subprocess
import tempfile
import unittest

# The account that mail belongs to in tests: every Debian has it and it owns
# nothing else.
MAIL_USER = "nobody"
MAIL_GROUP = "nogroup"
MAIL_UID = 65534
MAIL_GID = 65534

ENTER = pathlib.Path(__file__).parents[2] / "hosts" / "enter"
_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


class HostError(Exception):
    """The host cannot do what was asked; the text is one clear sentence."""


class NoNamespace(unittest.SkipTest):
    """Mount namespaces are forbidden here, as in many containers: pytest skips
    the test."""

    def __init__(self, what):
        super().__init__(what + " needs a mount namespace, and these are "
                         "forbidden here")


def die_with_parent():
    """preexec_fn: SIGTERM for the child when the thread that made it ends,
    so that a killed test run leaves no server behind."""
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)


def os_release(prefix="/"):
    """The fields of PREFIX/etc/os-release."""
    fields = {}
    path = os.path.join(prefix, "etc/os-release")
    if not os.path.exists(path):
        path = os.path.join(prefix, "usr/lib/os-release")
    with open(path, encoding="utf-8") as file:
        for line in file:
            key, sep, value = line.strip().partition("=")
            if sep:
                fields[key] = shlex.split(value)[0] if value else ""
    return fields


@functools.lru_cache(maxsize=None)
def can_unshare():
    """May this process make a mount namespace?"""
    done = subprocess.run(["unshare", "-m", "true"],
                          stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL, check=False)
    return done.returncode == 0


class Host:
    """One Dovecot installation.

    prefix   "/" or the root of an unpacked Debian
    modules  folder (as seen in the host) that holds the stock modules and
             ours (tests/hosts/build makes one); None: the stock folder,
             which has ours only when they were installed there
    stock_modules  the stock module folder
    programs       the folder of pop3, dovecot-lda and the like
    wrap     None, "asan" or "valgrind": under what the pop3 process of a
             server runs unless it says otherwise
    """

    def __init__(self, prefix="/", modules=None, wrap=None):
        self.prefix = os.path.abspath(prefix)
        self.wrap = wrap
        self.native = self.prefix == "/"
        self.modules = modules
        folders = self._dovecot_config()
        self.stock_modules = folders["dovecot_moduledir"]
        self.programs = folders["dovecot_pkglibexecdir"]
        if modules is not None and not self.outside(modules).is_dir():
            raise HostError("%s: no such folder in %s" % (modules, prefix))
        release = os_release(self.prefix)
        codename = release.get("VERSION_CODENAME", "")
        # Unstable calls itself by the name of the coming release.
        if "/sid" in release.get("PRETTY_NAME", ""):
            codename = "sid"
        self.codename = codename
        self.version_text = self._ask_version()
        numbers = re.match(r"(\d+)\.(\d+)\.(\d+)", self.version_text)
        if numbers is None:
            raise HostError("%s: cannot tell the version of Dovecot from %r" %
                            (self.prefix, self.version_text))
        self.version = tuple(int(n) for n in numbers.groups())
        if self.version == (0, 0, 0):
            # built from git: newer than all that have a number
            self.version = (99, 0, 0)
        self.is_24 = self.version >= (2, 4)

    def __repr__(self):
        return "<Host %s %s at %s>" % (self.codename, self.version_text,
                                       self.prefix)

    def _dovecot_config(self):
        """Where Dovecot is installed, as its dovecot-config says."""
        dovecot = os.environ.get("POP3EXT_DOVECOT") or "/usr"
        folders = {"dovecot_moduledir": "/usr/lib/dovecot/modules",
                   "dovecot_pkglibexecdir": "/usr/lib/dovecot"}
        # Debian's is in dovecot-dev, which tests do not need.
        for path in self.outside(dovecot).glob("lib*/dovecot/dovecot-config"):
            for line in path.read_text().splitlines():
                key, sep, value = line.partition("=")
                if sep and key in folders:
                    folders[key] = value
        return folders

    def _ask_version(self):
        try:
            done = self.run(["dovecot", "--version"], check=False)
        except FileNotFoundError:
            done = None
        if done is None or done.returncode != 0:
            raise HostError("%s: no Dovecot is installed there" % self.prefix)
        return done.stdout.decode().split()[0]

    # Paths: "inside" is what programs of the host see, "outside" what we see.

    def outside(self, inside):
        """Where the host's path is for us."""
        return pathlib.Path(self.prefix) / str(inside).lstrip("/")

    def inside(self, outside):
        """What the host calls our path."""
        outside = os.path.abspath(str(outside))
        if self.native:
            return outside
        if not outside.startswith(self.prefix + "/"):
            raise HostError("%s is not visible below %s" %
                            (outside, self.prefix))
        return outside[len(self.prefix):]

    def mkdtemp(self, name="t"):
        """A new folder for one server.  The path stays short: the paths of
        the sockets in it are limited to 107 bytes."""
        base = self.outside(os.environ.get("POP3EXT_TMP") or "/tmp")
        path = tempfile.mkdtemp(prefix="p3x-%s-" % name, dir=base)
        os.chmod(path, 0o755)
        return pathlib.Path(path)

    # Commands.

    def argv(self, command):
        """The command line that runs `command` (a list) in the host."""
        return ([str(ENTER), self.prefix, self.modules or ""] +
                [str(arg) for arg in command])

    def popen(self, command, tie=True, **kwargs):
        """subprocess.Popen of a command in the host; with tie it gets
        SIGTERM when this process ends."""
        # A preexec_fn would cost more than the rest: a copy of all our
        # pages.
        tied = ["setpriv", "--pdeathsig", "TERM"] if tie else []
        return subprocess.Popen(tied + self.argv(command), **kwargs)

    def run(self, command, check=True, timeout=120, **kwargs):
        """subprocess.run in the host; output is caught as bytes."""
        if "stdout" not in kwargs:
            kwargs["stdout"] = subprocess.PIPE
        if "stderr" not in kwargs:
            kwargs["stderr"] = subprocess.PIPE
        if "input" not in kwargs and "stdin" not in kwargs:
            kwargs["stdin"] = subprocess.DEVNULL
        return subprocess.run(self.argv(command), check=check,
                              timeout=timeout, **kwargs)

    @property
    def plugin_dir(self):
        """For mail_plugin_dir: the modules, where they could not be put in
        the place of the host's own; otherwise None."""
        return None if can_unshare() else self.modules

    def need_modules(self, what):
        """Raise NoNamespace unless programs of the host find our modules in
        the host's own module folder: all but mail plugins, which have a
        setting for theirs (plugin_dir)."""
        if self.plugin_dir is not None:
            raise NoNamespace(what)

    def has_plugin(self, name="pop3_ext"):
        """Is a mail plugin of that name installed?"""
        folder = self.outside(self.modules or self.stock_modules)
        return any(folder.glob("lib??_%s_plugin.so" % name))
