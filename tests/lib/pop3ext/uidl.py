"""uidl - what the tests of pop3_uidl share."""

import os
import pathlib

from . import server as servers

PLUGINS = ("pop3_ext", "pop3_uidl")
DRIVERS = ("maildir", "mdbox", "sdbox", "mbox")
# For servers whose processes are killed: a lock file is linked with its owner's
# pid in it then. An empty one, left by who is killed between the two, would be
# honoured for two minutes.
KILLED = {"dotlock_use_excl": "no"}


def message(number, body="Hello", extra=""):
    """A message; equal arguments make equal messages."""
    return ("From: a@example.test\r\nTo: b@example.test\r\n"
            "Message-ID: <m%d@example.test>\r\nSubject: m%d\r\n%s\r\n"
            "%s %d\r\n" % (number, number, extra, body, number)).encode()


def fill(server, numbers, name="alice", folder="INBOX", **kwargs):
    """Put messages with these numbers into a folder, by IMAP."""
    imap = server.imap(name)
    for number in numbers:
        status, _ = imap.append(folder, None, None,
                                message(number, **kwargs))
        assert status == "OK"
    imap.logout()


def pour(server, numbers):
    """Deliver many messages at once, into the files of a Maildir."""
    folder = home(server) / "Maildir" / "new"
    owner = os.stat(home(server) / "Maildir")
    for number in numbers:
        path = folder / ("%d.M%dP1.pour" % (1000000000 + number, number))
        path.write_bytes(message(number).replace(b"\r\n", b"\n"))
        os.chown(path, owner.st_uid, owner.st_gid)


def listing(server, name="alice"):
    """The raw UIDL reply of a session."""
    with server.login(name) as client:
        client.send_line("UIDL")
        first = client.line()
        assert first == b"+OK", first
        raw = b"\r\n".join(client.multi())
        client.quit()
    return raw


def by_subject(server, name="alice"):
    """{subject: sorted UIDLs}: for mailboxes whose order may change."""
    found = {}
    with server.login(name) as client:
        listed = client.uidl()
        for number, uidl in listed.items():
            subject = [line for line in client.retr(number).split(b"\r\n")
                       if line.startswith(b"Subject: ")][0]
            found.setdefault(subject[9:].decode(), []).append(uidl)
        client.quit()
    return {subject: sorted(texts) for subject, texts in found.items()}


def expunge(server, subjects, name="alice", folder="INBOX"):
    """Remove messages by IMAP."""
    imap = server.imap(name)
    imap.select(folder)
    for subject in subjects:
        _, data = imap.search(None, "SUBJECT", '"%s"' % subject)
        for seq in data[0].split():
            imap.store(seq, "+FLAGS", r"(\Deleted)")
    imap.expunge()
    imap.logout()


def change(server, plugin=None, driver=None, pop3=None, plugin_settings=None,
           settings=None):
    """Restart the server with another configuration."""
    server.stop(keep=True)
    if plugin is not None:
        server.plugin = list(plugin)
    if driver is not None:
        server.driver = driver
    if plugin_settings is not None:
        server.plugin_settings = dict(servers.XMIT_SETTINGS, **plugin_settings)
    if pop3 is not None:
        server._options["pop3_settings"] = pop3
    if settings is not None:
        server._options["settings"] = settings
    server.write_config()
    server.start()


def master_passdb(host):
    """Configuration: any master user has the password pw-master."""
    if host.is_24:
        return "passdb static {\n  password = pw-master\n  master = yes\n}\n"
    return ("passdb {\n  driver = static\n  args = password=pw-master\n"
            "  master = yes\n}\n")


def home(server, name="alice"):
    """The user's home, as a path of this machine."""
    return pathlib.Path(server.folder) / "home" / name


def journal(server, name="alice"):
    """The embedded store."""
    return home(server, name) / ".dovecot.pop3-uidl"


def remove(server, *patterns, name="alice"):
    """Remove files below the home by glob patterns; at least one each."""
    for pattern in patterns:
        found = [path for path in home(server, name).glob(pattern)
                 if path.is_file()]
        assert found, pattern
        for path in found:
            path.unlink()
