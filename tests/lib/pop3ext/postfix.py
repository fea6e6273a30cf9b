"""postfix - a private Postfix on loopback, as the relay of a Dovecot server.

It runs in an unpacked Debian of its own (tests/hosts/provision relay), with
its own configuration, queue and port.  Mail for the domain goes to an LMTP
port, everything else is refused.
"""

import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import time

from . import hosts

_MAIN = """\
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
maillog_file = {folder}/log
maillog_file_prefixes = /tmp
myhostname = relay.test
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mydestination =
local_transport = error:no local mail here
alias_maps =
alias_database =
mynetworks = 127.0.0.0/8
virtual_mailbox_domains = {domain}
virtual_mailbox_maps = inline:{{ {users} }}
virtual_transport = lmtp:inet:127.0.0.1:{lmtp_port}
lmtp_destination_recipient_limit = 100
default_transport = error:nothing leaves this machine
smtpd_relay_restrictions = reject_unauth_destination
smtpd_recipient_restrictions = reject_unlisted_recipient
unknown_local_recipient_reject_code = 550
smtpd_peername_lookup = no
smtp_dns_support_level = disabled
"""

_MASTER = """\
127.0.0.1:{port} inet n - n - - smtpd
pickup    unix n - n 60 1 pickup
cleanup   unix n - n - 0 cleanup
qmgr      unix n - n 300 1 qmgr
tlsmgr    unix - - n 1000? 1 tlsmgr
rewrite   unix - - n - - trivial-rewrite
bounce    unix - - n - 0 bounce
defer     unix - - n - 0 bounce
trace     unix - - n - 0 bounce
verify    unix - - n - 1 verify
flush     unix n - n 1000? 0 flush
proxymap  unix - - n - - proxymap
smtp      unix - - n - - smtp
showq     unix n - n - - showq
error     unix - - n - - error
retry     unix - - n - - error
discard   unix - - n - - discard
lmtp      unix - - n - - lmtp
anvil     unix - - n - 1 anvil
scache    unix - - n - 1 scache
postlog   unix-dgram n - n - 1 postlogd
"""

_TROUBLE = re.compile(r"\b(fatal|panic|error|warning):")


class Postfix:
    """prefix: of the system with Postfix.  settings: lines of main.cf by
    name.  certificate: a tls.Certificate for STARTTLS."""

    def __init__(self, prefix, port, lmtp_port, addresses, domain,
                 settings=None, certificate=None):
        self.port = port
        self.host_port = "127.0.0.1:%d" % port
        self._prefix = os.path.abspath(prefix)
        self.folder = pathlib.Path(tempfile.mkdtemp(
            prefix="p3x-postfix-", dir=os.path.join(self._prefix, "tmp")))
        self.folder.chmod(0o755)
        self._inside = "/tmp/" + self.folder.name
        for name in ("queue", "data", "config"):
            (self.folder / name).mkdir()
        values = {"folder": self._inside, "port": port, "domain": domain,
                  "lmtp_port": lmtp_port, "users": ", ".join(
                      "%s=ok" % address for address in addresses)}
        main = _MAIN.format(**values)
        settings = dict(settings or {})
        if certificate is not None:
            for kind in ("cert", "key"):
                shutil.copy(getattr(certificate, kind),
                            self.folder / ("tls." + kind))
                settings["smtpd_tls_%s_file" % kind] = (
                    "%s/tls.%s" % (self._inside, kind))
            settings["smtpd_tls_security_level"] = "may"
        # Postfix warns of a name that comes twice.
        main = "".join(line + "\n" for line in main.splitlines()
                       if line.split(" ")[0] not in settings)
        main += "".join("%s = %s\n" % item for item in settings.items())
        (self.folder / "config" / "main.cf").write_text(main)
        (self.folder / "config" / "master.cf").write_text(
            _MASTER.format(**values))
        self._run("chown", "postfix", self._inside + "/data")
        self._process = None

    def _argv(self, *command):
        return [str(hosts.ENTER), self._prefix, "", *command]

    def _run(self, *command):
        return subprocess.run(self._argv(*command), check=True, timeout=60,
                              stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT)

    def start(self, timeout=30):
        """Start and wait until the master says that it runs."""
        # Makes the queue's folders.
        self._run("postfix", "-c", self._inside + "/config", "check")
        with open(self.folder / "output", "ab") as output:
            # Not by "postfix start-fg", which sleeps in between.
            self._process = subprocess.Popen(
                self._argv("/usr/lib/postfix/sbin/master", "-d", "-c",
                           self._inside + "/config"),
                stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                # At its end the master kills its process group.
                start_new_session=True,
                preexec_fn=hosts.die_with_parent)
        self.wait_log("daemon started", timeout)
        return self

    def __enter__(self):
        return self.start()

    def __exit__(self, kind, value, trace):
        self.stop(check=kind is None)

    def log(self):
        """The log's text."""
        try:
            return (self.folder / "log").read_text(errors="replace")
        except FileNotFoundError:
            return ""

    def wait_log(self, regex, timeout=20):
        """Wait until a line of the log matches."""
        deadline = time.monotonic() + timeout
        while True:
            match = re.search(regex, self.log(), re.MULTILINE)
            if match is not None:
                return match
            if (time.monotonic() > deadline or self._process is None or
                    self._process.poll() is not None):
                raise AssertionError(
                    "no line of Postfix's log matches %r; log:\n%s%s" % (
                        regex, (self.folder / "output").read_text(),
                        self.log()))
            time.sleep(0.01)

    def stop(self, check=True):
        """Stop, look for trouble in the log, remove the folder."""
        try:
            if self._process is not None and self._process.poll() is None:
                self._process.send_signal(signal.SIGTERM)
                self._process.wait(30)
            trouble = [line for line in self.log().splitlines()
                       if _TROUBLE.search(line)]
            if check and trouble:
                raise AssertionError("trouble in Postfix's log:\n" +
                                     "\n".join(trouble))
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)
