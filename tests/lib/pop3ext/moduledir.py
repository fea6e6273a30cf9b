"""moduledir - copies of a host's modules that a test may damage: a plugin that
an upgrade of Dovecot has left behind, or a file that is gone."""

import contextlib
import shutil

from . import hosts

SHIM = "lib95_pop3_ext_plugin.so"
UIDL_SHIM = "lib96_pop3_uidl_plugin.so"
CODE = "pop3-ext/pop3_ext.so"
UIDL_CODE = "pop3-ext/pop3_uidl.so"
SETTINGS = "settings/libpop3_ext_settings.so"
ALL = (SHIM, UIDL_SHIM, CODE, UIDL_CODE)


class ModuleDir:
    """A copy; .host is the host that has it in the place of its own."""

    def __init__(self, host):
        self._folder = host.mkdtemp("m")
        self.path = self._folder / "modules"
        shutil.copytree(host.outside(host.modules or host.stock_modules),
                        self.path)
        self.host = hosts.Host(host.prefix, host.inside(self.path), host.wrap)

    def remove(self, *names):
        """These files are gone."""
        for name in names:
            (self.path / name).unlink()

    def build_for(self, version, *names):
        """These were built for that version of Dovecot."""
        own = self.host.version_text.encode() + b"\0"
        fresh = version.encode().ljust(len(own), b"\0")
        self.replace(own, fresh, *names)

    def replace(self, old, new, *names):
        """These hold other octets, as many."""
        assert len(old) == len(new)
        for name in names:
            path = self.path / name
            code = path.read_bytes()
            assert old in code, (name, old)
            # a running process may have the old one mapped
            path.unlink()
            path.write_bytes(code.replace(old, new))

    def need(self, symbol, *names):
        """These need a function that this Dovecot does not have: one that
        they call is called something else."""
        old = b"\0" + symbol.encode() + b"\0"
        self.replace(old, old[:-2] + b"?\0", *names)

    def delete(self):
        """The copy is not needed any more."""
        shutil.rmtree(self._folder)


@contextlib.contextmanager
def copy(host):
    """A ModuleDir for a with block."""
    made = ModuleDir(host)
    try:
        yield made
    finally:
        made.delete()
