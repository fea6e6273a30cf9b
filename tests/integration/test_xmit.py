"""XTND XMIT in its ordinary life."""

import re
import ssl

import pytest

from pop3ext import pop3, xmit

START = b"+OK Start sending message"
SENT = re.compile(rb"\+OK Message sent \(250 2\.0\.0 queued as \d+\)\Z")
IN_BOX = b"Subject: in the box\r\n\r\none\r\n"


@pytest.mark.valgrind
def test_send(server, relay):
    """The replies, the envelope, the message."""
    out = relay()
    ours = server(plugin_settings={"pop3_ext_xmit_relay": out.host_port})
    with ours.login() as client:
        assert client.command("XTND XMIT") == START
        client.send(pop3.stuff(xmit.SIMPLE))
        assert client.line() == b"+OK Message sent (250 2.0.0 queued as 1)"
        assert client.command("STAT") == b"+OK 0 0"
        client.quit()
    (sent,) = out.wait_transactions(1)
    assert sent.sender == b"alice@example.test"
    assert sent.accepted == [b"bob@example.test"]
    assert b"SIZE=" not in sent.params
    received, head = sent.data.split(b"\r\n", 1)
    assert received.startswith(b"Received: ")
    # What is folded belongs to it.
    while head.startswith((b" ", b"\t")):
        head = head.split(b"\r\n", 1)[1]
    assert head == xmit.SIMPLE


@pytest.mark.parametrize("security", xmit.sample(1, [
    "starttls", "pop3s", None]))
def test_over_tls(server, relay, security):
    """The same over TLS; the Received line tells it."""
    out = relay()
    ours = server(plugin_settings={"pop3_ext_xmit_relay": out.host_port})
    with ours.login(security=security) as client:
        for _ in range(2):
            assert SENT.match(client.xmit(xmit.SIMPLE))
        client.quit()
    for sent in out.wait_transactions(2):
        (received,) = xmit.Mail(sent.data).get("Received")
        assert b" with POP3" in received
        assert (b" with POP3 (TLS" in received) == (security is not None)


@pytest.mark.parametrize("line", ["xtnd xmit", "Xtnd xMiT", "XTND XMIT "])
def test_any_case(server, relay, line):
    """Letters of any case, a blank at the end."""
    out = relay()
    ours = server(plugin_settings={"pop3_ext_xmit_relay": out.host_port})
    with ours.login() as client:
        assert client.command(line) == START
        client.send(pop3.stuff(xmit.SIMPLE))
        assert SENT.match(client.line())


@pytest.mark.valgrind
def test_wrong_use(server, relay):
    """Arguments, unknown and missing subcommands are refused before any
    data, and cost no connection to the relay."""
    out = relay()
    ours = server(plugin_settings={"pop3_ext_xmit_relay": out.host_port})
    with ours.connect() as client:
        assert client.command("XTND XMIT").startswith(b"-ERR")
        client.login("alice", "pw-alice")
        for line in ("XTND XMIT now", "XTND XMIT a b", "XTND", "XTND XMITX",
                     "XTND BOARDS"):
            reply = client.command(line)
            assert reply.startswith(b"-ERR ") and len(reply) > 6, line
        assert client.command("NOOP") == b"+OK"
        client.quit()
    assert not out.connections


def test_capability(server):
    """CAPA tells it after the login, and not before."""
    ours = server()
    with ours.connect() as client:
        assert not any(line.startswith(b"X-XTND") for line in client.capa())
        client.login("alice", "pw-alice")
        (line,) = [line for line in client.capa()
                   if line.startswith(b"X-XTND")]
        assert b"XMIT" in line.split()[1:]


def test_maildrop_untouched(server, relay):
    """Deletions wait for QUIT as ever; numbers and unique ids stay."""
    out = relay()
    ours = server(plugin_settings={"pop3_ext_xmit_relay": out.host_port})
    for _ in range(3):
        ours.deliver("alice", IN_BOX)
    with ours.login() as client:
        before = client.uidl()
        client.ok("DELE 2")
        assert SENT.match(client.xmit(xmit.SIMPLE))
        assert client.stat() == (2, 2 * len(IN_BOX))
        assert client.retr(3) == IN_BOX
        client.ok("RSET")
        assert client.uidl() == before
        client.ok("DELE 1")
        assert SENT.match(client.xmit(xmit.SIMPLE))
        client.quit()
    with ours.login() as client:
        assert client.stat()[0] == 2
        client.quit()


def _mixed_script():
    """Commands of the host and ours, and what the reply to each looks
    like."""
    one = pop3.stuff(xmit.SIMPLE)
    two = pop3.stuff(xmit.message(body=b"QUIT\r\n.\r\n..DELE 1\r\n" * 2000))
    empty = pop3.stuff(xmit.message(body=b""))
    none = pop3.stuff(xmit.message(to=None))
    sent = rb"\+OK Message sent \(.*\)"
    start = rb"\+OK Start sending message"
    return [
        (b"STAT\r\n", [rb"\+OK 1 \d+"]),
        (b"XTND XMIT\r\n" + one, [start, sent]),
        (b"NOOP\r\n", [rb"\+OK"]),
        (b"XTND XMIT\r\n" + two, [start, sent]),
        (b"XTND XMIT\r\n" + none, [start, rb"-ERR No recipient.*"]),
        (b"RETR 1\r\n", [rb"\+OK \d+ octets", *[
            re.escape(line) for line in IN_BOX.split(b"\r\n")[:-1]], rb"\."]),
        (b"NONSENSE\r\n", [rb"-ERR .*"]),
        (b"XTND XMIT extra\r\n", [rb"-ERR .*"]),
        (b"xtnd xmit\r\n" + empty, [start, sent]),
        (b"LIST 1\r\n", [rb"\+OK 1 \d+"]),
        (b"QUIT\r\n", [rb"\+OK .*"]),
    ]


@pytest.mark.parametrize("security, split", xmit.sample(2, [
    (security, split) for security in (None, "pop3s")
    for split in ("with-pass", "whole", "commands", "small")]))
def test_pipelined(server, relay, security, split):
    """A whole session with three messages in one write, one write for each
    command, in small pieces, or behind PASS in one packet: every answer in
    its place."""
    out = relay()
    ours = server(plugin_settings={"pop3_ext_xmit_relay": out.host_port})
    ours.deliver("alice", IN_BOX)
    script = _mixed_script()
    wire = b"".join(command for command, _ in script)
    with ours.connect(security) as client:
        client.ok("USER alice")
        if split == "with-pass":
            client.send(b"PASS pw-alice\r\n" + wire)
            assert client.line().startswith(b"+OK")
        else:
            client.ok("PASS pw-alice")
        if split == "commands":
            for command, _ in script:
                client.send(command)
        elif split == "small":
            for at in range(0, len(wire), 977):
                client.send(wire[at:at + 977])
        elif split == "whole":
            client.send(wire)
        lines = client.read_eof().split(b"\r\n")[:-1]
    expected = [line for _, replies in script for line in replies]
    assert len(lines) == len(expected)
    for line, pattern in zip(lines, expected):
        assert re.fullmatch(pattern, line), (line, pattern)
    sent = out.wait_transactions(3)
    assert [len(one.accepted) for one in sent] == [1, 1, 1]
    assert xmit.Mail(sent[1].data).body == b"QUIT\r\n.\r\n..DELE 1\r\n" * 2000
    assert len(out.connections) == 1


def test_byte_by_byte(server, relay):
    """Each octet in a packet of its own."""
    out = relay()
    ours = server(plugin_settings={"pop3_ext_xmit_relay": out.host_port})
    with ours.login() as client:
        wire = b"XTND XMIT\r\n" + pop3.stuff(xmit.SIMPLE) + b"NOOP\r\n"
        for octet in wire:
            client.send(bytes([octet]))
        assert client.line() == START
        assert SENT.match(client.line())
        assert client.line() == b"+OK"
    assert xmit.Mail(out.wait_transactions(1)[0].data).body == b"Hello\r\n"


@pytest.mark.parametrize("client_limit, service_count", [
    (1, 100), (10, 1), (10, 100)])
def test_shared_processes(server, relay, client_limit, service_count):
    """Users of one process are kept apart, also when their messages cross
    each other on the way."""
    out = relay()
    names = ["u%d" % n for n in range(8)]
    ours = server(users=names, client_limit=client_limit,
                  service_count=service_count,
                  process_limit=2 if client_limit * service_count > 100
                  else None,
                  plugin_settings={"pop3_ext_xmit_relay": out.host_port})
    clients = [ours.login(name) for name in names]
    pieces = []
    for name, client in zip(names, clients):
        client.ok("XTND XMIT")
        wire = pop3.stuff(xmit.message(
            b"Subject: " + name.encode(),
            body=(name.encode() + b"\r\n") * 20000))
        pieces.append([wire[at:at + 10001]
                       for at in range(0, len(wire), 10001)])
    for turn in range(max(map(len, pieces))):
        for client, mine in zip(clients, pieces):
            if turn < len(mine):
                client.send(mine[turn])
    for client in clients:
        assert SENT.match(client.line())
        client.quit()
    for one in out.wait_transactions(8):
        name = one.sender.split(b"@")[0]
        mail = xmit.Mail(one.data)
        assert mail.get("Subject") == [name]
        assert mail.body == (name + b"\r\n") * 20000


def test_tls_client_close_notify(server, relay):
    """A TLS client that says goodbye in the middle of a message has sent
    nothing."""
    out = relay()
    ours = server(plugin_settings={"pop3_ext_xmit_relay": out.host_port})
    with ours.login(security="pop3s") as client:
        client.ok("XTND XMIT")
        client.send(xmit.SIMPLE)
        try:
            client.sock.unwrap()
        except (ssl.SSLError, OSError):
            pass
    (line,) = xmit.wait_results(ours, "alice")
    assert line["result"] == "aborted"
    out.wait_idle()
    assert not out.transactions
