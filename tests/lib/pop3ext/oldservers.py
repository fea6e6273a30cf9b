"""oldservers - POP3 servers of other makes, whose users move to Dovecot.

Each runs in an unpacked Debian of its own (tests/hosts/provision courier or
cyrus), with its own configuration, mail and ports, as one process group that
stop() ends.  The user is alice, with the password pw.
"""

import imaplib
import os
import pathlib
import poplib
import shutil
import signal
import socket
import subprocess
import tempfile
import time

from . import hosts

USER = "alice"
PASSWORD = "pw"


class OldServer:
    """What both have in common.  port: the first of two."""

    package = None

    def __init__(self, prefix, port):
        self.port = port
        self._prefix = os.path.abspath(prefix)
        self.folder = pathlib.Path(tempfile.mkdtemp(
            prefix="p3x-%s-" % self.package,
            dir=os.path.join(self._prefix, "tmp")))
        self.folder.chmod(0o755)
        self.inside = "/tmp/" + self.folder.name
        self.mounts = ""
        self._process = None

    def _run(self, *command, text=None):
        return subprocess.run(
            [str(hosts.ENTER), self._prefix, "", *command], check=True,
            timeout=60, input=text, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, env=self._environment())

    def _environment(self):
        return dict(os.environ, POP3EXT_MOUNTS=self.mounts)

    def _start(self, *command):
        with open(self.folder / "output", "ab") as output:
            self._process = subprocess.Popen(
                [str(hosts.ENTER), self._prefix, "", *command],
                stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                env=self._environment(), start_new_session=True,
                preexec_fn=hosts.die_with_parent)
        self._wait_ready()
        return self

    def _wait_ready(self, timeout=60):
        """Until it greets."""
        deadline = time.monotonic() + timeout
        while True:
            try:
                with socket.create_connection(("127.0.0.1", self.port),
                                              10) as sock:
                    if sock.recv(3) == b"+OK":
                        return
            except OSError:
                pass
            if time.monotonic() > deadline or self._process.poll() is not None:
                raise AssertionError("%s does not start:\n%s" % (
                    self.package, (self.folder / "output").read_text()))
            time.sleep(0.02)

    def __enter__(self):
        return self.start()

    def __exit__(self, kind, value, trace):
        self.stop()

    def stop(self):
        """End all of its processes and remove its mail."""
        try:
            if self._process is not None:
                os.killpg(self._process.pid, signal.SIGTERM)
                self._process.wait(30)
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)

    def pop3(self):
        """A poplib.POP3 that is logged in."""
        client = poplib.POP3("127.0.0.1", self.port, timeout=60)
        client.user(USER)
        client.pass_(PASSWORD)
        return client

    def uidls(self):
        """The UIDLs, in POP3's order."""
        client = self.pop3()
        lines = client.uidl()[1]
        client.quit()
        return [line.split()[1].decode() for line in lines]


class Courier(OldServer):
    """Courier's POP3 server with a Maildir."""

    package = "courier"

    @property
    def maildir(self):
        """Where the mail is."""
        return self.folder / "home" / "Maildir"

    def start(self):
        """Start it; the Maildir is empty."""
        (self.folder / "run" / "courier" / "authdaemon").mkdir(parents=True)
        for name in ("cur", "new", "tmp"):
            (self.maildir / name).mkdir(parents=True)
        self._run("chown", "-R", "%d:%d" % (hosts.MAIL_UID, hosts.MAIL_GID),
                  self.inside + "/home")
        self._run("cp", "-a", "/etc/courier", self.inside + "/etc")
        (self.folder / "etc" / "authdaemonrc").write_text(
            'authmodulelist="authuserdb"\n'
            'authmodulelistorig="authuserdb"\n'
            "daemons=1\nauthdaemonvar=/run/courier/authdaemon\n"
            'DEFAULTOPTIONS=""\nLOGGEROPTS=""\n')
        password = self._run("openssl", "passwd", "-1",
                             PASSWORD).stdout.decode().strip()
        userdb = self.folder / "etc" / "userdb"
        userdb.write_text("%s\tuid=%d|gid=%d|home=%s/home|pop3pw=%s\n" % (
            USER, hosts.MAIL_UID, hosts.MAIL_GID, self.inside, password))
        userdb.chmod(0o700)
        self.mounts = "%s/etc:/etc/courier %s/run:/run" % (
            self.inside, self.inside)
        self._run("makeuserdb")
        return self._start("sh", "-c", """
            set -a
            . /etc/courier/authdaemonrc
            /usr/lib/courier/courier-authlib/authdaemond &
            until [ -S /run/courier/authdaemon/socket ]; do sleep 0.02; done
            exec couriertcpd -address=127.0.0.1 -maxprocs=40 -maxperip=40 \\
                -nodnslookup -noidentlookup "$1" \\
                /usr/lib/courier/courier/courierpop3login \\
                /usr/lib/courier/courier/courierpop3d Maildir""",
                           "sh", str(self.port))

    def deliver(self, name, message):
        """Put a message (with LFs) into new/."""
        path = self.maildir / "new" / name
        path.write_bytes(message)
        os.chown(path, hosts.MAIL_UID, hosts.MAIL_GID)


_IMAPD = """\
configdirectory: {folder}/lib
defaultpartition: default
partition-default: {folder}/spool
proc_path: {folder}/lib/proc
mboxname_lockpath: {folder}/lib/lock
admins: admin
allowplaintext: yes
popminpoll: 0
sasl_pwcheck_method: auxprop
sasl_auxprop_plugin: sasldb
sasl_sasldb_path: {folder}/sasldb
sasl_mech_list: PLAIN
servername: localhost
uidl_format: {uidl_format}
duplicatesuppression: no
"""

_CYRUS = """\
START {{
  recover cmd="/usr/lib/cyrus/bin/ctl_cyrusdb -C {folder}/imapd.conf -r"
}}
SERVICES {{
  imap cmd="/usr/lib/cyrus/bin/imapd -C {folder}/imapd.conf"
       listen="127.0.0.1:{imap_port}" prefork=0
  pop3 cmd="/usr/lib/cyrus/bin/pop3d -C {folder}/imapd.conf"
       listen="127.0.0.1:{port}" prefork=0
}}
EVENTS {{
}}
"""


class Cyrus(OldServer):
    """Cyrus with POP3 and IMAP.  uidl_format: of imapd.conf."""

    package = "cyrus"

    def __init__(self, prefix, port, uidl_format="cyrus"):
        super().__init__(prefix, port)
        self.imap_port = port + 1
        self._uidl_format = uidl_format

    def start(self):
        """Start it, and make alice's INBOX."""
        values = {"folder": self.inside, "port": self.port,
                  "imap_port": self.imap_port,
                  "uidl_format": self._uidl_format}
        for name in ("db", "log", "msg", "proc", "quota", "user", "lock",
                     "sync", "backup", "socket"):
            (self.folder / "lib" / name).mkdir(parents=True)
        for name in ("spool", "run"):
            (self.folder / name).mkdir()
        (self.folder / "imapd.conf").write_text(_IMAPD.format(**values))
        # Entries are one line each.
        (self.folder / "cyrus.conf").write_text(
            _CYRUS.format(**values).replace("\n       listen", " listen"))
        for name in ("admin", USER):
            self._run("saslpasswd2", "-p", "-c", "-u", "localhost", "-f",
                      self.inside + "/sasldb", name, text=PASSWORD.encode())
        self._run("chown", "-R", "cyrus:mail", self.inside)
        self._start("/usr/lib/cyrus/bin/master", "-D",
                    "-C", self.inside + "/imapd.conf",
                    "-M", self.inside + "/cyrus.conf",
                    "-p", self.inside + "/run/master.pid")
        imap = self.imap("admin")
        status, text = imap.create("user/" + USER)
        assert status == "OK", text
        imap.logout()
        return self

    def imap(self, name=USER):
        """An imaplib.IMAP4 that is logged in."""
        client = imaplib.IMAP4("127.0.0.1", self.imap_port, timeout=60)
        client.login(name, PASSWORD)
        return client

    @property
    def index(self):
        """The file cyrus.index of alice's INBOX."""
        path = self._run(
            "su", "cyrus", "-c", "/usr/lib/cyrus/bin/mbpath -C "
            "%s/imapd.conf user/%s" % (self.inside, USER)).stdout.decode()
        return (pathlib.Path(self._prefix) / path.strip().lstrip("/") /
                "cyrus.index")
