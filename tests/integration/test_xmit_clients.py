"""XTND XMIT as known clients use it, byte for byte.

Each client here sends what the real one sends, and understands replies as
the real one does: no more.
"""

import hashlib
import re

import pytest

from pop3ext import pop3, xmit

BODY = (b"Hello Bob,\r\n"
        b".a line with a dot\r\n"
        b"..and one with two\r\n"
        b"-- \r\nAlice\r\n")


class Wire(pop3.Client):
    """The connection, with readers as clients have them."""

    def eudora_reply(self):
        """Eudora for Windows: lines until one begins with +OK or -ERR, all
        others are skipped; returns (good, text)."""
        while True:
            line = self.line()
            if line[:3] == b"+OK" or line[:4] == b"-ERR":
                return line[:1] == b"+", line

    def mac_reply(self):
        """Eudora for the Mac: the first character counts."""
        line = self.line()
        return line[:1] == b"+", line


def eudora_message(to=b"bob@example.test", body=BODY, bcc=b"", mac=False):
    """The header in Eudora's order; in this way of sending it has the Bcc."""
    mailer = (b"QUALCOMM Macintosh Eudora 6.2.4" if mac else
              b"QUALCOMM Windows Eudora Version 7.1.0.9")
    lines = [b"Message-Id: <7.1.0.9.2.20261121.alice@example.test>",
             b"X-Mailer: " + mailer, b"X-Priority: 2 (High)",
             b"Date: Sat, 21 Nov 2026 10:00:00 +0100", b"To: " + to,
             b"From: Alice <alice@example.test>", b"Subject: Eudora",
             b"Bcc: " + bcc if bcc else b"Cc: carol@example.test",
             b"In-Reply-To: <x@example.test>",
             b"References: <x@example.test>", b"Mime-Version: 1.0",
             b"Content-Type: text/plain; charset=\"us-ascii\"; "
             b"format=flowed"]
    return b"\r\n".join(lines) + b"\r\n\r\n", body


def eudora_wire(head, body):
    """The body is dot-stuffed, the header is not; the end is always a whole
    CRLF.CRLF, which makes one more empty line."""
    return head + re.sub(rb"(?m)^\.", b"..", body) + b"\r\n.\r\n"


def eudora_windows(client, messages, login="plain", capa=False):
    """A sending session of its own: STAT has to be +OK and a digit; nothing
    is listed or fetched."""
    assert client.greeting.startswith(b"+")
    if capa:
        client.send(b"CAPA\r\n")
        assert client.eudora_reply()[0]
        client.multi()
    if login == "apop":
        stamp = re.search(rb"<[^>]+>", client.greeting).group()
        client.send(b"APOP alice " + hashlib.md5(
            stamp + b"pw-alice").hexdigest().encode() + b"\r\n")
        assert client.eudora_reply()[0]
    else:
        client.send(b"USER alice\r\n")
        assert client.eudora_reply()[0]
        client.send(b"PASS pw-alice\r\n")
        assert client.eudora_reply()[0]
    client.send(b"STAT\r\n")
    good, text = client.eudora_reply()
    assert good and re.match(rb"\+OK \d", text)
    answers = []
    for head, body in messages:
        client.send(b"XTND XMIT\r\n")
        good, text = client.eudora_reply()
        if not good:
            # An alert with this text; the queue stays as it is.
            answers.append((good, text))
            break
        client.send(eudora_wire(head, body))
        answers.append(client.eudora_reply())
    client.send(b"QUIT\r\n")
    assert client.eudora_reply()[0]
    return answers


@pytest.fixture(name="wire")
def _wire(server, relay):
    """wire(...) -> (client, relay, server)."""
    made = []

    def make(security=None, **settings):
        out = relay()
        ours = server(plugin_settings=dict(
            settings, pop3_ext_xmit_relay=out.host_port))
        client = Wire(ours.ports["pop3s" if security == "pop3s" else "pop3"],
                      security=security)
        made.append(client)
        return client, out, ours
    yield make
    for client in made:
        client.close()


@pytest.mark.parametrize("login, security, capa", xmit.sample(1, [
    ("plain", None, False), ("apop", None, True),
    ("plain", "starttls", True), ("plain", "pop3s", False)]))
def test_eudora_windows(wire, login, security, capa):
    """Three queued messages; the one with a group is not collapsed."""
    client, out, _ = wire(security)
    group = b"friends: bob@example.test,\r\n carol@example.test;"
    answers = eudora_windows(client, [
        eudora_message(), eudora_message(to=group),
        eudora_message(bcc=b"dave@example.test")], login, capa)
    assert [good for good, _ in answers] == [True] * 3
    sent = out.wait_transactions(3)
    assert sent[0].accepted == [b"bob@example.test", b"carol@example.test"]
    assert sent[1].accepted == [b"bob@example.test", b"carol@example.test"]
    assert sent[2].accepted == [b"bob@example.test", b"dave@example.test"]
    for one in sent:
        # One empty line more, and that is all.
        assert xmit.Mail(one.data).body == BODY + b"\r\n"
        assert b"Bcc:" not in one.data
    head = eudora_message()[0]
    assert xmit.Mail(sent[0].data).without("Received") == \
        xmit.Mail(head).fields


def test_eudora_suppressed_list(wire):
    """An empty To is written as an empty group; recipients stand in Bcc
    alone."""
    client, out, _ = wire()
    answers = eudora_windows(client, [eudora_message(
        to=b"Recipient list suppressed:;",
        bcc=b"bob@example.test, carol@example.test")])
    assert answers[0][0]
    (sent,) = out.wait_transactions(1)
    assert sent.accepted == [b"bob@example.test", b"carol@example.test"]
    mail = xmit.Mail(sent.data)
    assert mail.get("To") == [b"Recipient list suppressed:;"]
    assert b"carol" not in sent.data and not mail.get("Bcc")


def test_eudora_bad_message_then_good(wire):
    """-ERR after the dot: Eudora marks the message and tries the next."""
    client, out, _ = wire()
    answers = eudora_windows(client, [
        eudora_message(to=b"Recipient list suppressed:;"),
        eudora_message(to=b"not an address at all"), eudora_message()])
    assert [good for good, _ in answers] == [True, False, True] or \
        [good for good, _ in answers] == [False, False, True]
    assert len(out.wait_transactions(1)) == sum(good for good, _ in answers)


def test_eudora_relay_down(wire):
    """The relay is away: said in the reply to XTND XMIT itself, so that the
    mail stays in the queue; nothing of the message is sent."""
    client, out, ours = wire()
    ours.expect_log("Error: .*Connection refused")
    out.refuse()
    answers = eudora_windows(client, [eudora_message(), eudora_message()])
    assert len(answers) == 1
    good, text = answers[0]
    assert not good and text.startswith(b"-ERR [SYS/TEMP] ")


@pytest.mark.valgrind
def test_eudora_mac(wire):
    """In the session that checks for mail: fetch, delete, then send."""
    client, out, ours = wire()
    ours.deliver("alice", b"Subject: new\r\n\r\nmail\r\n")
    for line in (b"USER alice\r\n", b"PASS pw-alice\r\n", b"STAT\r\n",
                 b"UIDL\r\n"):
        client.send(line)
        assert client.mac_reply()[0]
    assert len(client.multi()) == 1
    client.send(b"RETR 1\r\n")
    assert client.mac_reply()[0]
    assert b"Subject: new" in client.multi()
    client.send(b"DELE 1\r\n")
    assert client.mac_reply()[0]
    for to, good in ((b"bob@example.test", True), (b"<>", False),
                     (b"carol@example.test", True)):
        client.send(b"XTND XMIT\r\n")
        assert client.mac_reply()[0]
        head, body = eudora_message(to=to, bcc=b"", mac=True)
        if not good:
            head = head.replace(b"Cc: carol@example.test\r\n", b"")
        client.send(head + re.sub(rb"(?m)^\.", b"..", body) + b".\r\n")
        assert client.mac_reply()[0] == good
    client.send(b"QUIT\r\n")
    assert client.mac_reply()[0]
    assert len(out.wait_transactions(2)) == 2
    with ours.login() as later:
        assert later.stat()[0] == 0
        later.quit()


def _blat_message():
    return (b"Date: Sat, 21 Nov 2026 10:00:00 +0100\r\n"
            b"From: alice@example.test\r\n"
            b"X-Mailer: Blat v3.2.24, a Win32 SMTP/NNTP mailer "
            b"http://www.blat.net\r\n"
            b"Message-ID: <01dc5ab4$Blat.v3.2.24$a@example.test>\r\n"
            b"Subject: blat\r\n"
            b"To: bob@example.test\r\n"
            b"MIME-Version: 1.0\r\n"
            b"Content-Transfer-Encoding: 7BIT\r\n"
            b"Content-Type: text/plain;\r\n"
            b" charset=\"US-ASCII\"\r\n"
            b"\r\n" + BODY)


@pytest.mark.parametrize("up", [True, False])
def test_blat(wire, up):
    """blat -xtndxmit: STAT and the command have to be +OK, then data as for
    SMTP; on -ERR it says QUIT and goes to SMTP."""
    client, out, ours = wire()
    if not up:
        ours.expect_log("Error: .*Connection refused")
        out.refuse()
    for line in (b"USER alice\r\n", b"PASS pw-alice\r\n", b"STAT\r\n"):
        client.send(line)
        assert client.line().startswith(b"+OK")
    client.send(b"XTND XMIT\r\n")
    if up:
        assert client.line().startswith(b"+OK")
        client.send(pop3.stuff(_blat_message()))
        assert client.line().startswith(b"+OK")
    else:
        assert client.line().startswith(b"-ERR")
    client.send(b"QUIT\r\n")
    assert client.line().startswith(b"+OK")
    if up:
        (sent,) = out.wait_transactions(1)
        assert sent.data.endswith(_blat_message())


def qmail3_wire(message):
    """QMAIL3 doubles only dots that follow a CRLF, and ends with .CRLF if
    the message ended with CRLF, else with CRLF.CRLF."""
    text = message.replace(b"\r\n.", b"\r\n..")
    return text + (b".\r\n" if message.endswith(b"\r\n") else b"\r\n.\r\n")


@pytest.mark.parametrize("security", [None, "starttls", "pop3s"])
@pytest.mark.parametrize("last", [b"\r\n", b""])
def test_qmail3(wire, security, last):
    """A "Pop3Send" account."""
    client, out, _ = wire(security)
    message = (b"From: alice@example.test\r\nTo: bob@example.test\r\n"
               b"Subject: q\r\n\r\n" + BODY.rstrip(b"\r\n") + last)
    client.login("alice", "pw-alice")
    for _ in range(2):
        client.send(b"XTND XMIT\r\n")
        assert client.line().startswith(b"+OK")
        client.send(qmail3_wire(message))
        assert client.line().startswith(b"+OK")
    client.send(b"QUIT\r\n")
    assert client.line().startswith(b"+OK")
    for sent in out.wait_transactions(2):
        assert xmit.Mail(sent.data).body == BODY


def test_qmail3_dot_first(wire):
    """A message that begins with a dot, which QMAIL3 does not double, loses
    it: such a header is none, and the session goes on."""
    client, out, _ = wire()
    client.login("alice", "pw-alice")
    client.send(b"XTND XMIT\r\n")
    assert client.line().startswith(b"+OK")
    client.send(qmail3_wire(b".X: 1\r\nTo: bob@example.test\r\n\r\nx\r\n"))
    assert client.line().startswith(b"+OK")
    assert xmit.Mail(out.wait_transactions(1)[0].data).get("X") == [b"1"]
    client.quit()
