"""clean - a system with nothing in it but what the package pulls in."""

import fcntl
import os
import pathlib
import subprocess
import time

from pop3ext import hosts

_TOP = pathlib.Path(__file__).parents[2]
_CACHE = pathlib.Path(os.environ.get("POP3_EXT_CACHE", "/var/cache/pop3-ext"))
_TEST_DIR = "/srv/test"

# Who takes a message from the plugin: a file for each recipient.
_SENDMAIL = """#!/bin/sh
set -e
cat >/srv/test/message.$$
for arg; do
  case $arg in
  ?*@example.test)
    user=${arg%@*}
    mkdir -p /srv/test/home/$user/Maildir/new
    cp /srv/test/message.$$ /srv/test/home/$user/Maildir/new/$$ ;;
  esac
done
rm /srv/test/message.$$
"""

_COMMON = """
listen = 127.0.0.1
ssl = no
log_path = /srv/test/log
first_valid_uid = 1
service pop3-login {
  inet_listener pop3 {
    port = %(port)d
  }
  inet_listener pop3s {
    port = 0
  }
}
"""

_CONFIG_23 = _COMMON + """
disable_plaintext_auth = no
mail_location = maildir:~/Maildir
passdb {
  driver = static
  args = password=secret
}
userdb {
  driver = static
  args = uid=%(uid)d gid=%(gid)d home=/srv/test/home/%%n
}
"""

_CONFIG_24 = _COMMON + """
auth_allow_cleartext = yes
mail_driver = maildir
mail_path = ~/Maildir
mail_inbox_path =
passdb static {
  password = secret
}
userdb static {
  fields {
    uid = %(uid)d
    gid = %(gid)d
    home = /srv/test/home/%%{user | username}
  }
}
"""


def provision_base(codename):
    """The prefix of the smallest system of a suite; not to be changed."""
    done = subprocess.run([_TOP / "tests/hosts/provision", "base", codename],
                          stdout=subprocess.PIPE, check=True)
    return done.stdout.decode().strip()


class Clean:
    """A copy of the smallest system of a suite.  One at a time of each."""

    def __init__(self, codename):
        base = provision_base(codename)
        self.prefix = _CACHE / (".package-" + codename)
        # pylint: disable=consider-using-with
        self._lock = open(_CACHE / ("package-%s.lock" % codename), "ab")
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        # a killed run may have left one
        self._remove()
        subprocess.run(["cp", "-a", "--reflink=auto", base, self.prefix],
                       check=True)
        self._process = None
        self.host = None

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

    def run(self, *command, check=True):
        """A command in the system; returns its output, both kinds."""
        env = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
        done = subprocess.run(
            [_TOP / "tests/hosts/enter", self.prefix, "", *command], env=env,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, check=False)
        output = done.stdout.decode("utf-8", "replace")
        assert not check or done.returncode == 0, output
        return output

    def apt_get(self, *args):
        """apt-get; returns its output."""
        return self.run("apt-get", "-q", "-y", *args)

    # Dovecot, with the configuration of its packages.

    def configure(self, port):
        """Users, ports, and a program that delivers mail.  The program is
        named before the plugin's file, as in the stock 15-lda.conf."""
        self.host = hosts.Host(str(self.prefix))
        home = self.path(_TEST_DIR) / "home"
        home.mkdir(parents=True)
        for folder in (home.parent, home):
            os.chown(folder, hosts.MAIL_UID, hosts.MAIL_GID)
        script = self.path(_TEST_DIR) / "sendmail"
        script.write_text(_SENDMAIL)
        script.chmod(0o755)
        conf_d = self.path("/etc/dovecot/conf.d")
        (conf_d / "15-test.conf").write_text(
            "sendmail_path = %s/sendmail\nhostname = mx.example.test\n" %
            _TEST_DIR)
        config = _CONFIG_24 if self.host.is_24 else _CONFIG_23
        (conf_d / "99-test.conf").write_text(config % {
            "port": port, "uid": hosts.MAIL_UID, "gid": hosts.MAIL_GID})
        auth = conf_d / "10-auth.conf"
        auth.write_text(auth.read_text().replace(
            "!include auth-system", "#!include auth-system"))

    def log(self):
        """Dovecot's log."""
        path = self.path(_TEST_DIR) / "log"
        return path.read_text() if path.exists() else ""

    def start(self):
        """Start Dovecot and wait until it listens."""
        mark = len(self.log())
        self._process = self.host.popen(
            ["dovecot", "-F"], stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        deadline = time.monotonic() + 30
        while " starting up" not in self.log()[mark:]:
            if self._process.poll() is not None:
                raise AssertionError("Dovecot did not start: %r %s" % (
                    self._process.stdout.read(), self.log()[mark:]))
            assert time.monotonic() < deadline, "Dovecot did not start"
            time.sleep(0.005)

    def stop(self):
        """Stop Dovecot."""
        if self._process is None:
            return
        self._process.terminate()
        self._process.wait(30)
        self._process.stdout.close()
        self._process = None
