"""hosts - the Dovecot installations that tests run on.

A host is either this machine ("/") or another Debian suite unpacked below a
prefix and entered with chroot.  Nothing here writes outside of private work
folders: on this machine a plugin is offered to Dovecot by mail_plugin_dir
(2.3) or by a mount namespace of the server's own (2.4, whose folder of
settings modules is compiled in).
"""

import ctypes
import os
import pathlib
import re
import shlex
import shutil
import signal
import subprocess
import tempfile

DOVECOT_LIB = "/usr/lib/dovecot"
STOCK_MODULES = DOVECOT_LIB + "/modules"

# The account that mail belongs to in tests: every Debian has it and it owns
# nothing else.
MAIL_USER = "nobody"
MAIL_GROUP = "nogroup"
MAIL_UID = 65534
MAIL_GID = 65534

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


class HostError(Exception):
    """The host cannot do what was asked; the text is one clear sentence."""


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
             ours; None: the stock folder, which has ours only when they
             were installed there
    """

    def __init__(self, prefix="/", modules=None):
        self.prefix = os.path.abspath(prefix)
        self.native = self.prefix == "/"
        self.modules = modules
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
        self.is_24 = self.version >= (2, 4)

    def __repr__(self):
        return "<Host %s %s at %s>" % (self.codename, self.version_text,
                                       self.prefix)

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
        base = self.outside("/tmp")
        path = tempfile.mkdtemp(prefix="pop3ext-%s-" % name, dir=base)
        os.chmod(path, 0o755)
        return pathlib.Path(path)

    # Commands.

    @property
    def needs_namespace(self):
        """Are modules of ours only seen through a mount namespace?"""
        return self.native and self.is_24 and self.modules is not None

    def argv(self, command, modules=True):
        """The command line that runs `command` (a list) in the host."""
        command = [str(arg) for arg in command]
        env = ["env", "PATH=/usr/sbin:/usr/bin:/sbin:/bin"]
        if not self.native:
            return ["chroot", self.prefix] + env + command
        # Only once the version is known: asking for it needs no modules.
        if modules and hasattr(self, "is_24") and self.needs_namespace:
            return (["unshare", "-m", "sh", "-c",
                     'mount --bind "$1" "$2" && shift 2 && exec "$@"', "sh",
                     self.modules, STOCK_MODULES] + env + command)
        return env + command

    def popen(self, command, tie=True, **kwargs):
        """subprocess.Popen of a command in the host; with tie it gets
        SIGTERM when this process ends."""
        if tie:
            kwargs.setdefault("preexec_fn", die_with_parent)
        return subprocess.Popen(self.argv(command), **kwargs)

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
        """The folder with all modules as the host's programs see it, or
        None for the compiled-in one."""
        if self.modules is None or self.needs_namespace:
            return None
        return self.modules

    def has_plugin(self, name="pop3_ext"):
        """Is a mail plugin of that name installed?"""
        folder = self.outside(self.modules or STOCK_MODULES)
        return any(folder.glob("lib??_%s_plugin.so" % name))


def make_module_dir(folder):
    """Copy this machine's stock modules to a folder; ours are installed on
    top of them."""
    folder = pathlib.Path(folder)
    stock = pathlib.Path(STOCK_MODULES)
    for source in sorted(stock.rglob("*")):
        target = folder / source.relative_to(stock)
        if source.is_dir() and not source.is_symlink():
            target.mkdir(parents=True, exist_ok=True)
        elif not target.is_symlink() and not target.exists():
            # Not links: where the folder is mounted over the stock one they
            # would point at themselves.
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target, follow_symlinks=False)
    return folder
