"""XTND XMIT: the body, octet by octet; limits; 8-bit content."""

import hashlib

import pytest

from pop3ext import pop3, smtpd, xmit

SENT = b"+OK Message sent "
KIB = 1024


@pytest.fixture(scope="module", name="out")
def _out():
    with smtpd.Relay(capabilities=["PIPELINING", "8BITMIME"]) as made:
        yield made


@pytest.fixture(name="ours")
def _ours(shared_server, out):
    return shared_server(plugin_settings={
        "pop3_ext_xmit_relay": out.host_port})


def _bodies():
    line = bytes(range(1, 10)) + bytes((11, 12)) + bytes(range(14, 256))
    return {
        "empty": b"",
        "one line": b"x\r\n",
        "one empty line": b"\r\n",
        "many empty lines": b"\r\n" * 5000,
        "no end of line": b"x",
        "dots": b".\r\n..\r\n...\r\n.x\r\n..x\r\nx.\r\n \r\n",
        "a dot first": b".\r\n",
        "only dots": b"." * 70 + b"\r\n",
        "like commands": b"QUIT\r\nDATA\r\nRSET\r\n.\r\nMAIL FROM:<x@y>\r\n",
        "like a header": b"To: other@example.test\r\nBcc: o@example.test\r\n",
        "all octets but NUL, CR, LF": line + b"\r\n",
        "trailing blanks": b"a \r\nb\t\r\n \r\n",
        "998": b"x" * 998 + b"\r\n",
        "999": b"x" * 999 + b"\r\n",
        "longest line": b"x" * (64 * KIB) + b"\r\n",
        "long dotted lines": (b"." * 64000 + b"\r\n") * 10,
        "8-bit": "J\u00f6rg \u20ac\r\n".encode() + b"\xff\xfe\x80\r\n",
        "4096 borders": b"".join(b"y" * (4094 - n) + b"\r\n"
                                 for n in range(4)) + b".\r\n",
        "1 MB": b"".join(b"%07d\r\n.\r\n" % n for n in range(90000)),
    }


BODIES = _bodies()


@pytest.mark.parametrize("name", BODIES)
def test_octets(ours, out, name):
    """The relay gets the body as it was."""
    body = BODIES[name]
    with ours.login() as client:
        assert client.xmit(xmit.message(body=body)).startswith(SENT)
        client.quit()
    got = xmit.Mail(out.transactions[-1].data).body
    expected = body if body.endswith(b"\r\n") or not body else body + b"\r\n"
    assert len(got) == len(expected)
    assert hashlib.sha1(got).digest() == hashlib.sha1(expected).digest()


@pytest.mark.parametrize("size", xmit.sample(1, [
    7, 1, 2, 3, 100, 4095, 4096, 4097]))
def test_any_packets(ours, out, size):
    """The same however the client cuts it."""
    body = b".\r\n..\r\n" + b"z" * 3000 + b"\r\n.\r\n\r\n"
    wire = pop3.stuff(xmit.message(body=body * (1 if size < 10 else 5)))
    with ours.login() as client:
        client.ok("XTND XMIT")
        for at in range(0, len(wire), size):
            client.send(wire[at:at + size])
        assert client.line().startswith(SENT)
        client.quit()
    assert xmit.Mail(out.transactions[-1].data).body.startswith(body)


def test_unstuffing(ours, out):
    """One dot is taken off every line that begins with one, doubled or not;
    none off one that follows a bare LF."""
    with ours.login() as client:
        reply = client.xmit(b"To: bob@example.test\r\n\r\n"
                            b".single\r\n..double\r\n...three\r\n"
                            b"x\n.after lf\r\n.\r\n", stuffed=True)
        assert reply.startswith(SENT)
        client.quit()
    assert xmit.Mail(out.transactions[-1].data).body == (
        b"single\r\n.double\r\n..three\r\nx\r\n.after lf\r\n")


# Limits.

def _many_received(count):
    return xmit.message(*[b"Received: from x by y; %d" % n
                          for n in range(count)])


def _header(size):
    """A message whose header has that many octets, lines not too long."""
    fixed = b"To: bob@example.test\r\n"
    left = size - len(fixed)
    lines = []
    while left > 0:
        # A line is at least "X: y" CRLF.
        one = left if left < 1006 else 1000
        lines.append(b"X: " + b"y" * (one - 5) + b"\r\n")
        left -= one
    return fixed + b"".join(lines) + b"\r\nbody\r\n"


LIMITS = {
    "header": (_header(256 * KIB), _header(256 * KIB + 6),
               b"-ERR Header is too long"),
    "line in the body": (xmit.message(body=b"x" * 64 * KIB + b"\r\n"),
                         xmit.message(body=b"x" * (64 * KIB + 1) + b"\r\n"),
                         b"-ERR The message has a line that is too long"),
    "line in the header": (
        xmit.message(b"X: " + b"y" * (64 * KIB - 3)),
        xmit.message(b"X: " + b"y" * (64 * KIB - 2)),
        b"-ERR The message has a line that is too long"),
    "received lines": (_many_received(50), _many_received(51),
                       b"-ERR Too many Received lines"),
    "nul in the body": (xmit.message(body=b"a\x01b\r\n"),
                        xmit.message(body=b"a\x00b\r\n"),
                        b"-ERR The message contains a NUL octet"),
    "nul in the header": (xmit.message(b"X: a\x01b"),
                          xmit.message(b"X: a\x00b"),
                          b"-ERR The message contains a NUL octet"),
    "nul late": (xmit.message(body=b"abc\r\n" * 30000),
                 xmit.message(body=b"abc\r\n" * 30000 + b"\0\r\n"),
                 b"-ERR The message contains a NUL octet"),
    "recipients": (
        xmit.message(to=b"To: " + b", ".join(
            b"u%d@example.test" % n for n in range(100))),
        xmit.message(to=b"To: " + b", ".join(
            b"u%d@example.test" % n for n in range(101))),
        b"-ERR Too many recipients"),
}


@pytest.mark.parametrize("name", xmit.sample(4, LIMITS))
def test_limits(ours, out, name):
    """At the limit all is well; one more is refused with a sentence of its
    own, nothing is sent, and the session goes on."""
    good, bad, says = LIMITS[name]
    before = len(out.transactions)
    with ours.login() as client:
        assert client.xmit(good).startswith(SENT)
        reply = client.xmit(bad)
        assert reply.startswith(says)
        assert client.command("STAT") == b"+OK 0 0"
        assert client.xmit(good).startswith(SENT)
        client.quit()
    assert len(out.transactions) == before + 2


def test_size_limit(shared_server, out):
    """pop3_ext_xmit_max_size counts the message's octets without the dots
    that were added; what is too much is read to its end."""
    ours = shared_server(plugin_settings={
        "pop3_ext_xmit_relay": out.host_port,
        "pop3_ext_xmit_max_size": "100k"})
    head = len(xmit.message(body=b""))
    body = b".\r\n" * ((100 * KIB - head) // 3 - 1)
    body += b"x" * (100 * KIB - head - len(body) - 2) + b"\r\n"
    before = len(out.transactions)
    with ours.login() as client:
        assert client.xmit(xmit.message(body=body)).startswith(SENT)
        reply = client.xmit(xmit.message(body=b"y" + body))
        assert reply.startswith(b"-ERR The message is too large")
        reply = client.xmit(xmit.message(body=body * 5))
        assert reply.startswith(b"-ERR The message is too large")
        assert client.xmit(xmit.SIMPLE).startswith(SENT)
        client.quit()
    assert len(out.transactions) == before + 2


def test_relay_size(server, relay):
    """The relay's SIZE is a limit, too, and ours has to be below it."""
    out = relay(capabilities=["SIZE 20000"])
    ours = server(plugin_settings={"pop3_ext_xmit_relay": out.host_port})
    with ours.login() as client:
        reply = client.xmit(xmit.message(body=b"x" * 70 + b"\r\n" * 20000))
        assert reply.startswith(b"-ERR The message is too large")
        assert client.xmit(xmit.message(body=b"0123456\r\n" * 2000)
                           ).startswith(SENT)
        client.quit()
    assert len(out.transactions) == 1
    # What the relay gets, with all that we add, is in its limit.
    assert out.transactions[0].size <= 20000
    assert b"SIZE=" not in out.transactions[0].params


# 8-bit content and addresses.

EIGHT_BIT = {
    "body": xmit.message(body="J\u00f6rg\r\n".encode()),
    "late": xmit.message(body=b"seven\r\n" * 30000 + b"\xe4\r\n"),
    "header": xmit.message("Subject: J\u00f6rg".encode()),
}


@pytest.fixture(scope="module", name="desks")
def _desks():
    made = {(offered, policy): xmit.Desk(
        "%s%d" % (policy, offered), {"pop3_ext_xmit_8bit": policy},
        capabilities=["8BITMIME"] if offered else [])
            for offered in (True, False) for policy in ("refuse", "pass")}
    yield made
    for desk in made.values():
        desk.relay.stop()


@pytest.mark.parametrize("where", EIGHT_BIT)
@pytest.mark.parametrize("policy", ["refuse", "pass"])
@pytest.mark.parametrize("offered", [True, False])
def test_8bit(shared_server, desks, where, offered, policy):
    """8-bit text goes to a relay with 8BITMIME as what it is; without, it is
    refused with a sentence, or passed if the admin says so."""
    ours = shared_server(users=[desk.user for desk in desks.values()])
    desk = desks[offered, policy]
    message = EIGHT_BIT[where]
    before = len(desk.relay.transactions)
    with ours.login(desk.name) as client:
        reply = client.xmit(message)
        assert client.xmit(xmit.SIMPLE).startswith(SENT)
        client.quit()
    sent = desk.relay.transactions[before:]
    for one in sent:
        assert (b"BODY=8BITMIME" in one.params) == offered
    if offered or policy == "pass":
        assert reply.startswith(SENT)
        assert message.split(b"\r\n\r\n")[1] in sent[0].data
        assert len(sent) == 2
    else:
        assert reply.startswith(b"-ERR The message has 8-bit characters")
        assert len(sent) == 1


@pytest.mark.parametrize("to", [
    "To: j\u00f6rg@example.test", "Cc: J <bob@b\u00fccher.example>",
    "Bcc: \u4f60@example.test"])
def test_utf8_addresses(server, relay, to):
    """An address that is not ASCII is refused by name where host or relay
    have no SMTPUTF8, and sent with it where both have."""
    name = to.encode().split(b"<")[-1].split(b" ")[-1].strip(b">")
    plain = relay(capabilities=["8BITMIME"])
    modern = relay(capabilities=["8BITMIME", "SMTPUTF8"])
    ours = server(users=["alice", "bob"], start=False)
    ours.user("alice").fields["pop3_ext_xmit_relay"] = plain.host_port
    ours.user("bob").fields["pop3_ext_xmit_relay"] = modern.host_port
    ours.write_users()
    ours.start()
    message = xmit.message(to=to.encode())
    with ours.login("alice") as client:
        reply = client.xmit(message)
        assert reply.startswith(b"-ERR ") and b"ASCII" in reply
        # The reply is ASCII itself, but shows what is meant.
        assert name.split(b"@")[1][-4:] in reply
        client.quit()
    assert not plain.transactions
    with ours.login("bob") as client:
        reply = client.xmit(message)
        client.quit()
    if reply.startswith(SENT):
        (sent,) = modern.transactions
        assert b"SMTPUTF8" in sent.params
        assert sent.accepted == [name]
        assert ours.host.is_24
    else:
        assert b"ASCII" in reply and not modern.transactions
        assert not ours.host.is_24


def test_ascii_needs_no_smtputf8(server, relay):
    """A-labels and 8-bit names beside ASCII addresses need nothing."""
    out = relay(capabilities=["8BITMIME", "SMTPUTF8"])
    ours = server(plugin_settings={"pop3_ext_xmit_relay": out.host_port})
    with ours.login() as client:
        assert client.xmit(xmit.message(
            to="To: J\u00f6rg <j@xn--bcher-kva.example>".encode())
        ).startswith(SENT)
        client.quit()
    assert b"SMTPUTF8" not in out.transactions[0].params
    assert out.transactions[0].accepted == [b"j@xn--bcher-kva.example"]
