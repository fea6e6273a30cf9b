"""fetchmail and mpop keep mail on the server.  The mailbox is destroyed and
rebuilt, the store fails and comes back: nothing is downloaded twice."""

import os
import pathlib
import shutil
import subprocess
import tempfile

import pytest

from pop3ext import hosts, uidl


class Person:
    """An ordinary user with a home, who fetches mail and keeps it."""

    def __init__(self, server):
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="p3x-home-"))
        self.mail = self.home / "mail"
        self.mail.touch()
        self._port = server.ports["pop3"]
        for path in (self.home, self.mail):
            os.chown(path, hosts.MAIL_UID, hosts.MAIL_GID)

    def _run(self, *command):
        return subprocess.run(
            command, user=hosts.MAIL_UID, group=hosts.MAIL_GID,
            extra_groups=[], cwd=self.home, text=True,
            env={"HOME": str(self.home), "PATH": "/usr/bin:/bin",
                 "LC_ALL": "C"}, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120,
            check=False)

    def _write(self, name, text):
        path = self.home / name
        path.write_text(text)
        path.chmod(0o600)
        os.chown(path, hosts.MAIL_UID, hosts.MAIL_GID)

    def fetchmail(self):
        """Its exit status: 1 is "no mail for you"."""
        self._write(".fetchmailrc", "\n".join([
            "poll 127.0.0.1 port %d proto pop3 uidl auth password" %
            self._port, 'user alice password "pw-alice" keep sslproto ""',
            'mda "cat >> %s"' % self.mail, ""]))
        return self._run("fetchmail", "--nodetach", "--nosyslog").returncode

    def mpop(self):
        """Its exit status."""
        self._write(".mpoprc", "\n".join([
            "account default", "host 127.0.0.1", "port %d" % self._port,
            "user alice", "password pw-alice", "auth user", "keep on",
            "tls off", "delivery mda cat >> %s" % self.mail, ""]))
        return self._run("mpop").returncode

    def received(self):
        """Subjects, as often as they came."""
        return sorted(line[9:] for line in self.mail.read_text().split("\n")
                      if line.startswith("Subject: "))


@pytest.fixture(name="client", params=["fetchmail", "mpop"])
def _client(request):
    if shutil.which(request.param) is None:
        pytest.skip("%s is not installed" % request.param)
    return request.param


def rebuild(ours):
    """Destroy the mailbox and put the messages back, in another order and
    behind others that are gone, so that Dovecot would show other UIDLs for
    all of them even if UIDVALIDITY, a time, were the same."""
    messages = ours.messages("alice")
    shutil.rmtree(uidl.home(ours) / "Maildir")
    imap = ours.imap()
    for _ in messages:
        imap.append("INBOX", None, None, b"Subject: other\r\n\r\n")
    imap.select("INBOX")
    imap.store("1:*", "+FLAGS", r"(\Deleted)")
    imap.expunge()
    for _, text in reversed(messages):
        imap.append("INBOX", None, None, text)
    imap.logout()


def test_nothing_is_downloaded_twice(server, client):
    ours = server(plugin=uidl.PLUGINS)
    person = Person(ours)
    fetch = getattr(person, client)
    try:
        uidl.fill(ours, range(1, 8))
        assert fetch() == 0
        subjects = ["m%d" % number for number in range(1, 8)]
        assert person.received() == subjects
        rebuild(ours)
        fetch()
        assert person.received() == subjects
        # the store fails: at the login, and after it
        good = uidl.journal(ours).read_bytes()
        owner = os.stat(uidl.journal(ours))
        ours.allow_log("Error: .*(is not a UIDL store|is damaged)")
        bad = bytearray(good)
        bad[1024 + 45] ^= 1
        for data in (b"", bytes(bad)):
            uidl.journal(ours).write_bytes(data)
            assert fetch() != 0
            assert person.received() == subjects
        uidl.journal(ours).write_bytes(good)
        os.chown(uidl.journal(ours), owner.st_uid, owner.st_gid)
        uidl.fill(ours, [8])
        assert fetch() == 0
        assert person.received() == subjects + ["m8"]
        rebuild(ours)
        fetch()
        assert person.received() == subjects + ["m8"]
    finally:
        shutil.rmtree(person.home)


def test_without_the_plugin_all_is_downloaded_again(server, client):
    """That the test above can fail."""
    ours = server(plugin=[])
    person = Person(ours)
    try:
        uidl.fill(ours, range(1, 4))
        assert getattr(person, client)() == 0
        rebuild(ours)
        assert getattr(person, client)() == 0
        assert len(person.received()) == 6
    finally:
        shutil.rmtree(person.home)
