"""LPRT and RPRT against Dovecot's IMAP on the same mailbox: LPRT says what
BODYSTRUCTURE says, RPRT sends what FETCH sends, and always as many octets as
it has announced."""

import imaplib
import os
import re

import pytest

from pop3ext import hosts, mime

pytestmark = pytest.mark.every

MODES = ("RAW", "HEAD", "BODY")
# What the host's BINARY takes for its own error, and ends the session.
BROKEN = (r"Base64 data ends prematurely|"
          r"Invalid quoted-printable input trailer")


def fill(server, name, driver, messages):
    """Put messages into a user's INBOX, octet for octet."""
    home = server.folder / "home" / name
    if driver == "maildir":
        box = home / "Maildir"
        for folder in ("cur", "new", "tmp"):
            (box / folder).mkdir(parents=True, exist_ok=True)
        for number, message in enumerate(messages):
            path = box / "cur" / ("%d.M%06dP1.test:2," %
                                  (1000000000 + number, number))
            path.write_bytes(message)
        for path in [box] + list(box.rglob("*")):
            os.chown(path, hosts.MAIL_UID, hosts.MAIL_GID)
        return
    imap = server.imap(name)
    for message in messages:
        # imaplib's own would change CRs.
        imap.send(b"x APPEND INBOX {%d}\r\n" % len(message))
        assert imap.readline().startswith(b"+")
        imap.send(message + b"\r\n")
        assert imap.readline().startswith(b"x OK")
    imap.logout()


def rprt(client, number, part, mode):
    """The content, or None when it can't be decoded."""
    reply = client.command("RPRT %d %s %s" % (number, part, mode))
    if reply.startswith(b"-ERR cannot decode: "):
        return None
    assert reply.startswith(b"+OK "), (number, part, mode, reply)
    return mime.unstuff(client.multi_raw(), int(reply.split()[1]))


class Imap:
    """An IMAP session with a user's INBOX, and another when the host has
    ended the first."""

    def __init__(self, server, name):
        self._server = server
        self._name = name
        self._select()

    def _select(self):
        self.client = self._server.imap(self._name)
        self.client.select("INBOX", readonly=True)

    def structure(self, number):
        """BODYSTRUCTURE as nested lists."""
        return mime.bodystructure(self.client, number)

    def body(self, number, section):
        """BODY[section], NULs being 0x80."""
        return mime.imap_value(self.client, number,
                               "BODY.PEEK[%s]" % section)

    def binary(self, number, section):
        """BINARY[section], None when it fails."""
        try:
            return mime.imap_value(self.client, number,
                                   "BINARY.PEEK[%s]" % section)
        except imaplib.IMAP4.abort:
            self._select()
        except (AssertionError, imaplib.IMAP4.error):
            pass
        return None

    def logout(self):
        """The end."""
        self.client.logout()


def sections(part):
    """IMAP's sections for a part's header and body."""
    if part == "0":
        return "HEADER", "TEXT"
    if part.endswith(".0"):
        return part[:-1] + "HEADER", part[:-1] + "TEXT"
    return part + ".MIME", part


def compare_structure(imap, number, lines):
    """LPRT against BODYSTRUCTURE."""
    wanted = list(mime.structure_lines(imap.structure(number)))
    found = [line["part"].decode() for line in lines]
    wanted = [line for line in wanted
              if not line.get("maybe") or line["part"] in found]
    assert found == [line["part"] for line in wanted]
    for line, want in zip(lines, wanted):
        for field, value in want.items():
            if field == "octets" and value is None or field == "maybe":
                continue
            if not isinstance(value, bytes):
                value = str(value).encode()
            value = value.decode("utf-8", "replace").encode().strip() or b"-"
            assert line[field] == value, (number, want)


def compare_part(client, imap, number, line):
    """RPRT against FETCH."""
    part = line["part"].decode()
    header, body = sections(part)
    sent = {mode: rprt(client, number, part, mode) for mode in MODES}
    assert sent["RAW"] == sent["HEAD"] + sent["BODY"]
    assert len(sent["BODY"]) == int(line["octets"])
    nulless = {mode: content.replace(b"\0", b"\x80")
               for mode, content in sent.items()}
    assert nulless["HEAD"] == imap.body(number, header)
    assert nulless["BODY"] == imap.body(number, body)
    if line["type"].startswith((b"multipart/", b"message/rfc822")):
        return
    data = rprt(client, number, part, "DATA")
    wanted = imap.binary(number, body)
    ended = (b"\r\n" + sent["HEAD"]).endswith(b"\r\n\r\n")
    if sent["BODY"] == b"" and not ended:
        # FETCH goes on into the next part's header for an encoding
        assert data in (b"", wanted)
    else:
        assert data == wanted


def compare(server, name, numbers=None):
    """All of a user's messages."""
    with server.login(name) as client:
        imap = Imap(server, name)
        count = client.stat()[0]
        for number in numbers or range(1, count + 1):
            reply = client.ok("LPRT %d" % number)
            lines = [mime.lprt_line(line) for line in client.multi()]
            assert reply == b"+OK %d parts" % len(lines)
            compare_structure(imap, number, lines)
            for line in lines:
                compare_part(client, imap, number, line)
        imap.logout()
        client.quit()
    assert not any("\\Seen" in flags for flags, _ in server.messages(name))


DRIVERS = pytest.mark.parametrize("driver", ["maildir", "mdbox"])


def started(server, driver):
    """A server with the parts' commands."""
    made = server(driver=driver, plugin_settings={"pop3_ext_pop4": "parts"})
    made.allow_log(BROKEN)
    return made


@DRIVERS
def test_hard_messages(server, driver):
    """Twice: when the host's cache knows nothing, and when it knows all."""
    ours = started(server, driver)
    messages = list(mime.HARD.values())
    if driver == "maildir":
        messages += [mime.crlf(message) for message in messages]
        messages.append(mime.NULS)
    fill(ours, "alice", driver, messages)
    compare(ours, "alice")
    imap = Imap(ours, "alice")
    for number in range(1, len(messages) + 1):
        imap.binary(number, "")
    imap.logout()
    compare(ours, "alice")


@DRIVERS
def test_random_messages(server, driver, rng):
    """Trees of anything; every second time IMAP is asked first."""
    ours = started(server, driver)
    count = int(os.environ.get("POP3EXT_COUNT", "40"))
    make = mime.Randomly(rng)
    fill(ours, "bob", driver, [make.message() for _ in range(count)])
    imap = Imap(ours, "bob")
    for number in range(1, count + 1, 2):
        imap.binary(number, "")
        imap.structure(number)
    imap.logout()
    compare(ours, "bob")


@pytest.mark.parametrize("message", [
    pytest.param(mime.wide(9999), id="9999 parts", marks=pytest.mark.all),
    pytest.param(mime.wide(10000), id="10000 parts", marks=pytest.mark.all),
    pytest.param(mime.wide(20000), id="20000 parts"),
    pytest.param(mime.nested(99), id="depth 99"),
    pytest.param(mime.nested(200), id="depth 200"),
    pytest.param(mime.nested(1000), id="depth 1000")])
def test_where_the_host_stops(server, message):
    """Beyond the host's limits on parts and levels, LPRT stops where
    BODYSTRUCTURE does, and what it names can be had."""
    ours = started(server, "maildir")
    fill(ours, "carol", "maildir", [message])
    for _ in range(2):
        with ours.login("carol") as client:
            imap = Imap(ours, "carol")
            reply = client.ok("LPRT 1")
            lines = [mime.lprt_line(line) for line in client.multi()]
            assert reply == b"+OK %d parts" % len(lines)
            compare_structure(imap, 1, lines)
            for line in lines[:3] + lines[-3:]:
                compare_part(client, imap, 1, line)
            imap.logout()
            client.quit()


def test_long_names_and_lines(server):
    """LPRT cuts what nobody wants to see whole; RPRT has all of it."""
    ours = started(server, "maildir")
    fill(ours, "carol", "maildir", [mime.long_words()])
    with ours.login("carol") as client:
        imap = Imap(ours, "carol")
        assert client.ok("LPRT 1") == b"+OK 4 parts"
        lines = [mime.lprt_line(line) for line in client.multi()]
        for line, field, start in ((1, "charset", b""),
                                   (2, "type", b"application/"),
                                   (2, "filename", b""),
                                   (2, "content-id", b" ?<")):
            assert re.fullmatch(start + b"w{980,1024}", lines[line][field])
        assert lines[3]["charset"] == b"utf-8"
        for line in lines:
            compare_part(client, imap, 1, line)
        imap.logout()
        client.quit()


def test_mailbox_holds_what_was_meant(server):
    """What is compared are the hard messages, octet for octet."""
    ours = started(server, "maildir")
    fill(ours, "alice", "maildir", [mime.NULS])
    with ours.login() as client:
        assert rprt(client, 1, "0", "RAW") == mime.crlf(mime.NULS)
        client.quit()
