"""XTND XMIT: the relay's connection during a session, and what the relay's
words become."""

import socket

import pytest

from pop3ext import pop3, smtpd, xmit

# Where a time-out is waited for.
SHORT = {"pop3_ext_xmit_relay_timeout": "2s"}


def _server(server, relay, **more):
    ours = server(plugin_settings=dict(
        more, pop3_ext_xmit_relay=relay.host_port))
    # What lib-smtp says about a connection that fails.
    ours.allow_log(r"Error: xmit: smtp-client: conn 127\.0\.0\.1:")
    return ours


def _sent(reply):
    return reply.startswith(b"+OK Message sent (250 2.0.0 queued as ")


def test_one_connection(server, relay):
    """All messages of a session go over one connection, which is closed
    properly at its end; another session has its own."""
    out = relay()
    ours = _server(server, out)
    with ours.login() as client:
        for _ in range(5):
            assert _sent(client.xmit(xmit.SIMPLE))
        client.quit()
    out.wait_idle()
    assert len(out.connections) == 1
    assert out.connections[0].ended_by_quit
    with ours.login() as client:
        assert _sent(client.xmit(xmit.SIMPLE))
        client.quit()
    assert len(out.connections) == 2


@pytest.mark.valgrind
def test_kept_after_refusals(server, relay):
    """Refused messages do not cost the connection."""
    out = relay()
    ours = _server(server, out)
    out.on("RCPT", smtpd.reply("550 5.1.1 no"), match=b"nobody@")
    with ours.login() as client:
        assert _sent(client.xmit(xmit.SIMPLE))
        bad = xmit.message(to=b"To: nobody@example.test, bob@example.test")
        assert client.xmit(bad).startswith(b"-ERR [SYS/PERM]")
        assert client.xmit(xmit.message(to=None)).startswith(b"-ERR ")
        out.on("final", smtpd.reply("451 4.3.0 full"), times=1)
        assert client.xmit(xmit.SIMPLE).startswith(b"-ERR [SYS/TEMP]")
        assert _sent(client.xmit(xmit.SIMPLE))
        client.quit()
    assert [one.code for one in out.transactions] == [250, 451, 250]
    assert len(out.connections) == 1


def _close(out):
    out.drop_connections()


def _close_with_421(out):
    out.connections[0].send(b"421 4.4.2 idle too long\r\n")
    out.drop_connections()


@pytest.mark.parametrize("end", xmit.sample(1, [_close_with_421, _close]))
def test_kept_connection_dies(server, relay, end):
    """A connection that has ended between two messages is made anew, and the
    client sees nothing of it."""
    out = relay()
    ours = _server(server, out)
    with ours.login() as client:
        assert _sent(client.xmit(xmit.SIMPLE))
        end(out)
        out.wait_idle()
        assert client.command("NOOP") == b"+OK"
        assert _sent(client.xmit(xmit.SIMPLE))
        client.quit()
    assert len(out.connections) == 2
    assert [one.code for one in out.transactions] == [250, 250]


@pytest.mark.parametrize("answer", [
    smtpd.say_and_drop("421 4.7.0 too many messages"), smtpd.drop(),
    smtpd.reset()])
def test_kept_connection_ends_at_mail(server, relay, answer):
    """A relay that hangs up at the second MAIL: the second message is sent
    over a new connection, or put off before its data."""
    out = relay()
    ours = _server(server, out)
    out.on("MAIL", answer, skip=1, times=1)
    with ours.login() as client:
        assert _sent(client.xmit(xmit.SIMPLE))
        first, dot = xmit.try_xmit(client, xmit.SIMPLE)
        if dot is None:
            assert first.startswith(b"-ERR [SYS/TEMP] ")
        else:
            assert _sent(dot)
        assert _sent(client.xmit(xmit.SIMPLE))
        client.quit()
    assert len(out.connections) == 2
    assert len(out.transactions) == 2 + (dot is not None)


def test_kept_connection_hangs(server, relay):
    """A kept connection that does not answer any more costs one time-out,
    not the session."""
    out = relay()
    ours = _server(server, out, **SHORT)
    out.on("MAIL", smtpd.hang(), skip=1, times=1)
    with ours.login() as client:
        assert _sent(client.xmit(xmit.SIMPLE))
        first, dot = xmit.try_xmit(client, xmit.SIMPLE)
        if dot is None:
            assert first.startswith(b"-ERR [SYS/TEMP] ")
        else:
            assert _sent(dot)
        assert _sent(client.xmit(xmit.SIMPLE))
        client.quit()


def test_relay_away_and_back(server, relay):
    """The relay goes away in the middle of a session and comes back."""
    out = relay()
    ours = _server(server, out)
    with ours.login() as client:
        assert _sent(client.xmit(xmit.SIMPLE))
        out.refuse()
        out.drop_connections()
        out.wait_idle()
        for _ in range(3):
            reply = client.command("XTND XMIT")
            assert reply.startswith(b"-ERR [SYS/TEMP] ")
        out.listen()
        assert _sent(client.xmit(xmit.SIMPLE))
        client.quit()


def test_no_answer_to_connect(server):
    """A relay whose machine drops our packets costs one time-out."""
    with socket.socket() as listener, socket.socket() as filler, \
            socket.socket() as second:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        # A full queue: the kernel answers no further SYN.
        filler.connect(listener.getsockname())
        second.setblocking(False)
        second.connect_ex(listener.getsockname())
        ours = server(plugin_settings=dict(
            SHORT, pop3_ext_xmit_relay="127.0.0.1:%d" %
            listener.getsockname()[1]))
        ours.expect_log("Error: xmit: smtp-client: conn .*timed out")
        with ours.login() as client:
            assert client.command("XTND XMIT").startswith(
                b"-ERR [SYS/TEMP] ")
            assert client.command("STAT") == b"+OK 0 0"
            client.quit()


@pytest.mark.parametrize("relay_text, logged", [
    ("nohost.invalid", "Error: xmit: nohost.invalid can't be looked up: "),
    ("127.0.0.1:1", "Error: xmit: smtp-client: conn .* failed: ")])
def test_no_relay(server, relay_text, logged):
    """No such name, nobody listens: refused before the data."""
    ours = server(plugin_settings=dict(SHORT, pop3_ext_xmit_relay=relay_text))
    ours.expect_log(logged)
    with ours.login() as client:
        assert client.command("XTND XMIT").startswith(b"-ERR [SYS/TEMP] ")
        assert client.command("STAT") == b"+OK 0 0"
        client.quit()


def test_slow_last_reply(server, relay):
    """The last reply may take longer than the time-out of a command: relays
    check the content there."""
    out, clock = relay(), relay()
    ours = server(users=["alice", "bob"], start=False)
    for name, to, limit in (("alice", out, "2s"), ("bob", clock, "1s")):
        ours.user(name).fields = {"pop3_ext_xmit_relay": to.host_port,
                                  "pop3_ext_xmit_relay_timeout": limit}
    ours.write_users()
    ours.start()
    hold = out.on("final", smtpd.Hold())
    clock.on("MAIL", smtpd.hang())
    with ours.login() as client, ours.login("bob") as other:
        client.ok("XTND XMIT")
        client.send(pop3.stuff(xmit.SIMPLE))
        assert hold.reached.wait(20)
        # The other one's time-outs tell us when a second is over.
        for _ in range(3):
            assert other.command("XTND XMIT").startswith(b"-ERR [SYS/TEMP]")
        hold.release()
        assert _sent(client.line())
        client.quit()


@pytest.mark.valgrind
def test_all_or_nothing(server, relay):
    """One refused recipient, and nobody gets it: the reply names those that
    were refused with the relay's text, and no others."""
    out = relay()
    ours = _server(server, out)
    out.on("RCPT", smtpd.reply("452 4.2.2 mailbox full"), match=b"full@")
    out.on("RCPT", smtpd.reply("550 5.1.1 User unknown"), match=b"un[0-9]@")
    with ours.login() as client:
        def send(*names):
            return client.xmit(xmit.message(to=b"To: " + b", ".join(
                name + b"@example.test" for name in names)))
        reply = send(b"bob", b"un1", b"carol", b"un2")
        assert reply.startswith(b"-ERR [SYS/PERM] ")
        assert b"<un1@example.test>" in reply
        assert b"<un2@example.test>" in reply
        assert b"550 5.1.1 User unknown" in reply
        assert b"bob" not in reply and b"carol" not in reply
        reply = send(b"bob", b"full")
        assert reply.startswith(b"-ERR [SYS/TEMP] ")
        assert b"<full@example.test>" in reply
        assert b"452 4.2.2 mailbox full" in reply
        # Sending this one again would not help.
        reply = send(b"full", b"un1")
        assert reply.startswith(b"-ERR [SYS/PERM] ")
        assert b"<un1@example.test>" in reply
        # More names than a reply has room for.
        many = [b"un%d" % n for n in range(10)] * 1
        long = [b"x" * 50 + name for name in many]
        reply = send(*long, *many)
        assert len(reply) + 2 <= 512
        assert b"un0@example.test>" in reply
        client.quit()
    assert not out.transactions
    assert not any(b"DATA" in session.commands
                   for session in out.connections)


TEXTS = {
    "8-bit": smtpd.raw(b"554 5.7.1 n\xf6 \xe2\x82\xac\x80\xff way\r\n"),
    "control": smtpd.raw(b"554 5.7.1 a\tb\x1b[31m\x07\x00c\x7f way\r\n"),
    "bare-cr": smtpd.raw(b"554 5.7.1 no\r+OK way\r\n"),
    "multi-line": smtpd.raw(b"554-5.7.1 no\r\n554-5.7.1 no\r\n"
                            b"554 5.7.1 way\r\n"),
    "long": smtpd.raw(b"554 5.7.1 no " + b"w" * 1500 + b"\r\n"),
    "long-multi-line": smtpd.raw(b"554-5.7.1 no\r\n" * 50 +
                                 b"554 5.7.1 way\r\n"),
    "very-long": smtpd.raw(b"554 5.7.1 no " + b"w" * 200000 + b"\r\n"),
    "no-text": smtpd.raw(b"554\r\n"),
    "code-like": smtpd.raw(b"554 [IN-USE] way\r\n"),
}


@pytest.mark.parametrize("stage", ["connect", "MAIL", "RCPT", "DATA", "final"])
def test_relay_text(server, relay, stage):
    """Whatever the relay says, the client gets one printable line of at most
    512 octets with our own response code, and the log stays in order."""
    out = relay()
    ours = _server(server, out)
    for name, answer in TEXTS.items():
        mark = ours.log_size()
        out.normal()
        out.drop_connections()
        out.wait_idle()
        out.on(stage, answer, times=1)
        with ours.login() as client:
            first, dot = xmit.try_xmit(client, xmit.SIMPLE)
            reply = first if dot is None else dot
            assert reply.startswith((b"-ERR [SYS/PERM] ",
                                     b"-ERR [SYS/TEMP] ")), name
            assert len(reply) + 2 <= 512, name
            assert all(0x20 <= octet < 0x7f for octet in reply), name
            assert client.command("NOOP") == b"+OK", name
            client.quit()
        (line,) = xmit.wait_results(ours, "alice", 1, mark)
        assert line["result"] in ("refused", "deferred", "unknown")
        text = ours.log(mark)
        assert max(map(len, text.splitlines())) < 1000
        assert not any(ord(char) < 0x20 or ord(char) == 0x7f
                       for char in text if char != "\n"), name


@pytest.mark.parametrize("text", ["multi-line", "long", "no-text"])
def test_relay_text_success(server, relay, text):
    """The same for the reply of success."""
    out = relay()
    ours = _server(server, out)
    answer = TEXTS[text](None, b"").replace(b"554", b"250")
    out.on("final", smtpd.raw(answer))
    with ours.login() as client:
        reply = client.xmit(xmit.SIMPLE)
        assert reply.startswith(b"+OK Message sent")
        assert len(reply) + 2 <= 512
        assert all(0x20 <= octet < 0x7f for octet in reply)
        client.quit()


def test_unreadable_success(server, relay):
    """A last reply with 8-bit text: where lib-smtp cannot read it, it is no
    reply, and as the message was handed over the result is unknown."""
    out = relay()
    ours = _server(server, out)
    out.on("final", smtpd.raw("250 2.0.0 \u00fcbernommen\r\n".encode()),
           times=1)
    with ours.login() as client:
        reply = client.xmit(xmit.SIMPLE)
        assert _sent(client.xmit(xmit.SIMPLE))
        client.quit()
    if ours.host.is_24:
        assert reply == b"+OK Message sent (250 2.0.0 ?bernommen)"
    else:
        assert reply.startswith(b"-ERR [SYS/TEMP] ")
    assert [line["result"] for line in xmit.wait_results(
        ours, "alice", 2)] == [
            "sent" if ours.host.is_24 else "unknown", "sent"]


@pytest.mark.parametrize("capabilities", [
    (), ("PIPELINING",), ("CHUNKING",), ("PIPELINING", "CHUNKING"),
    ("PIPELINING", "8BITMIME", "CHUNKING", "SIZE 50000000", "DSN",
     "ENHANCEDSTATUSCODES", "BINARYMIME", "X-UNKNOWN a b")])
def test_capabilities(server, relay, capabilities):
    """The same message arrives whatever the relay offers."""
    out = relay(capabilities=capabilities)
    ours = _server(server, out)
    body = (b"dots\r\n.one\r\n..two\r\n...\r\n" * 30000)
    with ours.login() as client:
        for sent in (body, b"", b".\r\n"):
            assert _sent(client.xmit(xmit.message(body=sent)))
        client.quit()
    got = [xmit.Mail(one.data).body for one in out.transactions]
    assert got == [body, b"", b".\r\n"]


def test_ehlo_name(server, relay):
    """The relay is greeted with our host's name."""
    out = relay()
    ours = _server(server, out, pop3_ext_xmit_hostname="pop.example.test")
    with ours.login() as client:
        assert _sent(client.xmit(xmit.SIMPLE))
        client.quit()
    assert out.transactions[0].ehlo == b"pop.example.test"


def test_old_relay(server, relay):
    """A relay that knows no EHLO is spoken to by HELO."""
    out = relay(capabilities=())
    out.on("EHLO", smtpd.reply("502 5.5.1 what?"), times=1)
    ours = _server(server, out)
    with ours.login() as client:
        assert _sent(client.xmit(xmit.SIMPLE))
        client.quit()
    assert out.connections[0].commands[1].startswith(b"HELO ")


def test_submission_host(server, relay):
    """Without a relay of our own the host's submission_host is used."""
    out = relay()
    ours = server(submission_host=out.host_port)
    with ours.login() as client:
        assert _sent(client.xmit(xmit.SIMPLE))
        client.quit()


def test_ipv6(server, relay):
    """An IPv6 relay in brackets."""
    try:
        out = relay(address="::1")
    except OSError as error:
        pytest.skip("no IPv6 loopback here: %s" % error)
    ours = _server(server, out)
    with ours.login() as client:
        assert _sent(client.xmit(xmit.SIMPLE))
        client.quit()
