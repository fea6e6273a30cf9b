"""XTND XMIT with a relay that answers without end, at each step: the client is
answered, the log says why, the process stays small and goes on."""

import time

import pytest

from pop3ext import smtpd, xmit

MB = 1024 * 1024
MESSAGE = xmit.message(b"From: alice@example.test",
                       to=b"To: bob@example.test, carol@example.test")
# When something happens in the middle of it, its end has not been sent.
LARGE = xmit.message(b"From: alice@example.test",
                     to=b"To: bob@example.test, carol@example.test",
                     body=(b"0123456789" * 7 + b"\r\n") * 120000)

# The reply code that the step expects, and what the relay has to offer.
STAGES = {
    "connect": (b"220", {}, {}),
    "EHLO": (b"250", {}, {}),
    "STARTTLS": (b"220", {"tls": "starttls"},
                 {"pop3_ext_xmit_relay_ssl": "starttls",
                  "pop3_ext_xmit_relay_ssl_verify": "no"}),
    "EHLO-in-TLS": (b"250", {"tls": "smtps"},
                    {"pop3_ext_xmit_relay_ssl": "smtps",
                     "pop3_ext_xmit_relay_ssl_verify": "no"}),
    "AUTH": (b"235", {"users": {"u": "p"}}, {"pop3_ext_xmit_relay_user": "u"}),
    "XCLIENT": (b"220", {"xclient": "ADDR LOGIN"},
                {"pop3_ext_xmit_relay_xclient": "yes"}),
    "MAIL": (b"250", {}, {}),
    "RCPT": (b"250", {}, {}),
    "DATA": (b"354", {}, {}),
    "body": (b"550", {"receive_buffer": 4096}, {}),
    "final": (b"250", {}, {}),
    "final-in-TLS": (b"250", {"tls": "smtps"},
                     {"pop3_ext_xmit_relay_ssl": "smtps",
                      "pop3_ext_xmit_relay_ssl_verify": "no"}),
}

# What is sent again and again. A block of it, so that it comes fast.
FLOODS = {
    "lines": lambda code: (code + b"-flood flood flood\r\n") * 500,
    "empty lines": lambda code: (code + b"-\r\n") * 1500,
    "one line": lambda code: b"x" * 8192,
    "capabilities": lambda code: (code + b"-SIZE 1 2 3\r\n" +
                                  code + b"-X-EXTRA a b\r\n") * 300,
}
LATE = ("final", "final-in-TLS")
# lib-smtp's own words for it
TOO_MUCH = r"Error: .*(reply line too long|exceeds size limit)"


def flood(data, first=b""):
    """Send this until the client has gone."""
    def act(session, normal):
        del normal
        session.send(first)
        while True:
            session.send(data)
    return act


def trickle(data):
    """Send this octet by octet until the client has gone."""
    def act(session, normal):
        del normal
        while True:
            for octet in data:
                session.send(bytes([octet]))
                time.sleep(0.05)
    return act


@pytest.fixture(name="make")
def _make(server, relay, certificate):
    def make(options, settings, **more):
        if "tls" in options:
            options = dict(options, certificate=certificate)
        out = relay(**options)
        settings = dict(settings, pop3_ext_xmit_relay=out.host_port, **more)
        ours = server(users=["alice"], plugin_settings=settings, start=False)
        if "pop3_ext_xmit_relay_user" in settings:
            path = ours.folder / "password"
            path.write_text("p\n", encoding="ascii")
            path.chmod(0o644)
            ours.user("alice").fields["pop3_ext_xmit_relay_password_file"] = \
                ours.host.inside(path)
            ours.write_users()
        return ours.start(), out
    return make


@pytest.mark.parametrize("kind", FLOODS)
@pytest.mark.parametrize("stage", STAGES)
def test_reply_without_end(make, stage, kind):
    """At each step, of each kind; the next message goes through in the same
    session."""
    code, options, settings = STAGES[stage]
    ours, out = make(options, settings)
    data = FLOODS[kind](code)
    with ours.login() as client:
        (pid,) = ours.processes("pop3")
        before = xmit.peak(pid)
        step = stage.split("-")[0]
        out.on(step, flood(data, code + b"-" if kind == "one line" else b""),
               times=1, **({"after": MB} if stage == "body" else {}))
        ours.expect_log(TOO_MUCH)
        first, dot = xmit.try_xmit(client,
                                   LARGE if stage == "body" else MESSAGE)
        reply = first if dot is None else dot
        assert reply.startswith(b"-ERR [SYS/TEMP] "), reply
        line = xmit.wait_results(ours, "alice", 1)[-1]
        assert line["result"] == ("unknown" if stage in LATE else "deferred")
        assert b"may or may not" in reply if stage in LATE else \
            b"may or may not" not in reply
        # OpenSSL with the host's CAs takes 9 MB.
        xmit.assert_growth(ours, pid, before,
                           (16 if options.get("tls") else 8) * MB)
        out.normal()
        first, dot = xmit.try_xmit(client, MESSAGE)
        assert (first[:3], dot[:3]) == (b"+OK", b"+OK")
        assert ours.processes("pop3") == [pid]
        client.quit()


@pytest.mark.parametrize("kind", FLOODS)
def test_reply_without_end_to_what_comes_between_messages(make, kind):
    """RSET, before the next message: that goes over a new connection. QUIT:
    nobody waits for its reply."""
    ours, out = make({}, {})
    ours.allow_log(TOO_MUCH)
    data = FLOODS[kind](b"250")
    act = flood(data, b"250-" if kind == "one line" else b"")
    with ours.login() as client:
        out.on("RCPT", smtpd.reply("550 5.1.1 no such user"), times=1)
        _, dot = xmit.try_xmit(client, MESSAGE)
        assert dot.startswith(b"-ERR [SYS/PERM] Refused: ")
        out.on("RSET", act, times=1)
        first, dot = xmit.try_xmit(client, MESSAGE)
        assert (first[:3], dot[:3]) == (b"+OK", b"+OK")
        out.on("QUIT", act)
        client.quit()
    ours.wait_ended("pop3")
    assert len(out.transactions) == 1


@pytest.mark.parametrize("stage", STAGES)
def test_reply_that_trickles_without_end(make, stage):
    """Octets that keep coming don't make a step longer."""
    code, options, settings = STAGES[stage]
    ours, out = make(options, settings, pop3_ext_xmit_relay_timeout="1s",
                     pop3_ext_xmit_reply_timeout="2s")
    ours.allow_log(r"Error: xmit: smtp-client: conn .* timed out")
    with ours.login() as client:
        out.on(stage.split("-", maxsplit=1)[0], trickle(code + b"-slow\r\n"),
               times=1, **({"after": MB} if stage == "body" else {}))
        begun = time.monotonic()
        first, dot = xmit.try_xmit(client,
                                   LARGE if stage == "body" else MESSAGE)
        assert time.monotonic() - begun < 15
        reply = first if dot is None else dot
        assert reply.startswith(b"-ERR [SYS/TEMP] "), reply
        line = xmit.wait_results(ours, "alice", 1)[-1]
        assert line["result"] == ("unknown" if stage in LATE else "deferred")
        out.normal()
        first, dot = xmit.try_xmit(client, MESSAGE)
        assert (first[:3], dot[:3]) == (b"+OK", b"+OK")
        client.quit()


@pytest.mark.parametrize("stage", ["connect", "MAIL", "final"])
def test_replies_that_nobody_asked_for(make, stage):
    """Whole replies without end: the first one counts, the others end the
    connection and not the session."""
    code = STAGES[stage][0]
    ours, out = make({}, {})
    ours.allow_log(r"Error: xmit: smtp-client: conn .*")
    with ours.login() as client:
        (pid,) = ours.processes("pop3")
        before = xmit.peak(pid)
        out.on(stage, flood((code + b" ok\r\n") * 1000), times=1)
        first, dot = xmit.try_xmit(client, MESSAGE)
        line = xmit.wait_results(ours, "alice", 1)[-1]
        if stage == "final":
            assert dot == b"+OK Message sent (250 ok)"
        else:
            assert line["result"] == "deferred"
            assert (first if dot is None else dot).startswith(
                b"-ERR [SYS/TEMP] ")
        xmit.assert_growth(ours, pid, before, 8 * MB)
        out.normal()
        first, dot = xmit.try_xmit(client, MESSAGE)
        assert (first[:3], dot[:3]) == (b"+OK", b"+OK")
        client.quit()


def test_many_long_refusals(make):
    """Each recipient is refused by as much as a reply may have; what is said
    about it stays a line."""
    ours, out = make({"capabilities": ["PIPELINING"]},
                     {"pop3_ext_xmit_max_recipients": "1000"})
    out.on("RCPT", smtpd.reply(["550 5.1.1 " + "no " * 60] * 80))
    to = b"To: " + b",\r\n ".join(b"u%d@example.test" % n for n in range(1000))
    with ours.login() as client:
        (pid,) = ours.processes("pop3")
        before = xmit.peak(pid)
        _, dot = xmit.try_xmit(client, xmit.message(to=to))
        assert dot.startswith(b"-ERR [SYS/PERM] Refused: <u0@example.test> "
                              b"(550 5.1.1 no")
        assert len(dot) <= 510
        xmit.assert_growth(ours, pid, before, 12 * MB)
        client.quit()
