"""kdc - a private Kerberos 5 realm on loopback (MIT, Debian's krb5-kdc).

It runs on this machine, also when the Dovecot under test does not: its own
folder, configuration, database and port, nothing of /etc/krb5*.

    with kdc.Kdc(tmp_path / "kdc", port) as realm:
        realm.add("alice", "secret")
        realm.add_service("pop/localhost")
        realm.keytab(path, ["pop/localhost"])
        cache = realm.kinit("alice", "secret")
        subprocess.run(["fetchmail", ...], env=realm.env(cache))

A server needs the keytab and the file .config (KRB5_CONFIG); both may be
copied to where it can read them.
"""

import copy
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import time

from . import hosts

REALM = "EXAMPLE.TEST"
LOCALHOST = "127.0.0.1"

_KRB5_CONF = """\
[libdefaults]
	default_realm = {realm}
	dns_lookup_realm = false
	dns_lookup_kdc = false
	dns_canonicalize_hostname = false
	rdns = false
	qualify_shortname = ""
	udp_preference_limit = 1
[realms]
{realms}
[domain_realm]
	localhost = {realm}
"""
_KRB5_REALM = """\
	{name} = {{
		kdc = {address}:{port}
	}}
"""
_KDC_CONF = """\
[kdcdefaults]
	kdc_listen = {address}:{port}
	kdc_tcp_listen = {address}:{port}
[realms]
{realms}
[logging]
	kdc = FILE:{folder}/kdc.log
"""
_KDC_REALM = """\
	{name} = {{
		database_name = {folder}/{name}
		key_stash_file = {folder}/{name}.stash
		acl_file = {folder}/acl
		max_life = 10d
	}}
"""


def missing():
    """Of the programs that are needed, the first that is not installed."""
    for name in ("krb5kdc", "kdb5_util", "kadmin.local", "kinit", "kvno"):
        if shutil.which(name, path=_path()) is None:
            return name
    return None


def _path():
    return os.environ.get("PATH", "") + ":/usr/sbin:/sbin"


def faketime(offset):
    """Environment that shifts the clock of a program, such as "-2h"."""
    library = next(pathlib.Path("/usr/lib").glob(
        "*/faketime/libfaketime.so.1"))
    return {"LD_PRELOAD": str(library), "FAKETIME": offset,
            "FAKETIME_DONT_FAKE_MONOTONIC": "1", "NO_FAKE_STAT": "1"}


class Kdc:
    """One KDC.

    folder   is made
    port     a free one, TCP and UDP
    realms   the first is the default; the others' users get tickets for
             the first one's services
    clock    offset of its clock (and that of kinit), such as "-2h"
    """

    def __init__(self, folder, port, realms=(REALM,), clock=None):
        self.folder = pathlib.Path(folder)
        self.port = port
        self.realm = realms[0]
        self._realms = tuple(realms)
        self.clock = clock
        self.config = self.folder / "krb5.conf"
        self._process = None
        self._caches = 0
        self.folder.mkdir(parents=True, exist_ok=True)
        self._write_config(realms)
        for name in realms:
            self._run("kdb5_util", "-r", name, "create", "-s", "-P", "master")
        for name in realms[1:]:
            for base in (self.realm, name):
                self._admin("add_principal -pw trust krbtgt/%s@%s" %
                            (self.realm, name), base)

    def _write_config(self, realms, database=None):
        values = {"address": LOCALHOST, "port": self.port,
                  "folder": database or self.folder, "realm": self.realm}
        for path, text, each in (
                (self.config, _KRB5_CONF, _KRB5_REALM),
                (self.folder / "kdc.conf", _KDC_CONF, _KDC_REALM)):
            path.write_text(text.format(realms="".join(
                each.format(name=name, **values) for name in realms),
                **values))
        (self.folder / "acl").touch()

    # Running.

    def env(self, cache=None):
        """Environment of a program of this realm; cache: what kinit()
        returned."""
        env = dict(os.environ, PATH=_path(), LC_ALL="C.UTF-8",
                   KRB5_CONFIG=str(self.config),
                   KRB5_KDC_PROFILE=str(self.folder / "kdc.conf"),
                   KRB5RCACHEDIR=str(self.folder))
        if cache is not None:
            env["KRB5CCNAME"] = "FILE:%s" % cache
        if self.clock:
            env.update(faketime(self.clock))
        return env

    def _run(self, *command, env=None, **kwargs):
        done = subprocess.run(command, env=env or self.env(), timeout=60,
                              check=False, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, **kwargs)
        if done.returncode != 0:
            raise RuntimeError("%s: %s" % (
                " ".join(command), done.stdout.decode("utf-8", "replace")))
        return done.stdout.decode()

    def start(self, timeout=30):
        """Start and wait until it listens."""
        self._process = subprocess.Popen(
            ["krb5kdc", "-n", "-P", str(self.folder / "pid"),
             *(word for name in self._realms for word in ("-r", name))],
            env=self.env(), stdin=subprocess.DEVNULL,
            stdout=open(self.folder / "output", "ab"),
            stderr=subprocess.STDOUT, preexec_fn=hosts.die_with_parent)
        deadline = time.monotonic() + timeout
        while True:
            with socket.socket() as probe:
                if probe.connect_ex((LOCALHOST, self.port)) == 0:
                    return self
            if (time.monotonic() > deadline or
                    self._process.poll() is not None):
                text = (self.folder / "output").read_text(errors="replace")
                self.stop()
                raise RuntimeError("krb5kdc did not start: " + text)
            time.sleep(0.01)

    def stop(self):
        """End it; the folder stays."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(20)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._process = None

    def __enter__(self):
        return self.start()

    def __exit__(self, kind, value, trace):
        self.stop()

    def elsewhere(self, port, clock):
        """The same database, served on another port by another clock: where
        tickets of another time come from."""
        other = copy.copy(self)
        other.folder = self.folder / ("clock" + clock)
        other.folder.mkdir(exist_ok=True)
        other.port = port
        other.clock = clock
        other.config = other.folder / "krb5.conf"
        other._write_config(self._realms, self.folder)
        return other

    # Principals.

    def _admin(self, query, realm=None):
        """kadmin's exit status tells nothing."""
        output = self._run("kadmin.local", "-r", realm or self.realm,
                           "-q", query)
        if not re.search(r"(?m)^(Principal .* created|Entry for principal)",
                         output):
            raise RuntimeError("kadmin.local: %s: %s" % (query, output))

    def add(self, name, password, realm=None):
        """A user; name without realm."""
        realm = realm or self.realm
        self._admin("add_principal -pw %s %s@%s" % (password, name, realm),
                    realm)

    def add_service(self, *names):
        """Services such as "pop/localhost", with random keys."""
        for name in names:
            self._admin("add_principal -randkey %s" % name)

    def keytab(self, path, names, uid=None):
        """Write the keys of services into a keytab, readable for uid."""
        for name in names:
            self._admin("ktadd -norandkey -k %s %s" % (path, name))
        if uid is not None:
            os.chown(path, uid, -1)
        return path

    def kinit(self, name, password, *options):
        """A credential cache (its path) for a user; options of kinit."""
        self._caches += 1
        cache = self.folder / ("cache%d" % self._caches)
        self._run("kinit", *options, name, env=self.env(cache),
                  input=password.encode() + b"\n")
        return cache

    def get_ticket(self, cache, service):
        """Fetch a service's ticket into the cache."""
        self._run("kvno", service, env=self.env(cache))
