"""A true relay: the message goes by XTND XMIT to Postfix and comes back by
LMTP into the mailboxes that POP3 shows."""

from pop3ext import xmit

MESSAGE = (b"From: alice@example.test\r\n"
           b"To: bob@example.test\r\n"
           b"Bcc: carol@example.test\r\n"
           b"Subject: round trip\r\n"
           b"\r\n"
           b".dot\r\n"
           b"8-bit: \xc3\xbc\r\n")


def _pair(server, postfix, ports, **kwargs):
    """A server and the Postfix that it relays to and that delivers to it."""
    port = ports.take()
    ours = server(protocols=("pop3", "imap", "lmtp"),
                  submission_host="127.0.0.1:%d" % port, **kwargs)
    return ours, postfix(ours, port=port)


def test_round_trip(server, postfix, ports):
    """To and Bcc both arrive, whole, without the Bcc line; the session
    that sent fetches mail, too."""
    ours, relay = _pair(server, postfix, ports)
    ours.deliver("alice", b"Subject: waiting\r\n\r\nfor alice\r\n")
    with ours.login("alice") as client:
        assert client.xmit(MESSAGE).startswith(b"+OK ")
        assert b"for alice" in client.retr(1)
        client.quit()
    for name in ("bob", "carol"):
        relay.wait_log(r"to=<%s@example\.test>.*status=sent" % name)
        with ours.login(name) as client:
            assert client.stat()[0] == 1
            header, body = client.retr(1).split(b"\r\n\r\n", 1)
            client.quit()
        assert body == MESSAGE.split(b"\r\n\r\n", 1)[1]
        assert b"bcc:" not in header.lower()
        assert b"Subject: round trip" in header
        assert b"Return-Path: <alice@example.test>" in header


def test_refused_recipient(server, postfix, ports):
    """One unknown recipient: nobody gets the message."""
    ours, relay = _pair(server, postfix, ports)
    with ours.login("alice") as client:
        reply = client.xmit(MESSAGE.replace(b"carol", b"nobody"))
        assert reply.startswith(b"-ERR [SYS/PERM]")
        assert b"<nobody@example.test>" in reply
        assert b"550 5.1.1" in reply and b"User unknown" in reply
        # The connection to the relay is good for the next message.
        assert client.xmit(MESSAGE).startswith(b"+OK ")
        client.quit()
    relay.wait_log(r"to=<bob@example\.test>.*status=sent")
    assert len(ours.messages("bob")) == 1


def test_large(server, postfix, ports):
    """5 MB and back."""
    ours, relay = _pair(server, postfix, ports)
    body = b"".join(b"%070d.\r\n" % n for n in range(72000))
    with ours.login("alice") as client:
        assert client.xmit(xmit.message(body=body)).startswith(b"+OK")
        client.quit()
    relay.wait_log(r"to=<bob@example\.test>.*status=sent")
    with ours.login("bob") as client:
        assert client.stat()[0] == 1
        assert xmit.Mail(client.retr(1)).body == body
        client.quit()


def test_tls_and_xclient(server, postfix, ports, authority, certificate):
    """STARTTLS with verification, and XCLIENT."""
    port = ports.take()
    ours = server(
        protocols=("pop3", "imap", "lmtp"), start=False,
        plugin_settings={"pop3_ext_xmit_relay": "localhost:%d" % port,
                         "pop3_ext_xmit_relay_ssl": "starttls",
                         "pop3_ext_xmit_relay_xclient": "yes"})
    ca_file = ours.folder / "ca.pem"
    ca_file.write_bytes(authority.cert.read_bytes())
    ours.user("alice").fields["pop3_ext_xmit_relay_ssl_ca_file"] = \
        ours.host.inside(ca_file)
    ours.write_users()
    ours.start()
    relay = postfix(ours, port=port, certificate=certificate, settings={
        "smtpd_tls_security_level": "encrypt",
        "smtpd_tls_received_header": "yes",
        "smtpd_authorized_xclient_hosts": "127.0.0.0/8"})
    # "localhost" may begin with an address that Postfix does not listen on.
    ours.allow_log(r"Error: xmit: smtp-client: conn localhost:\d+ \(\[::1\]:")
    with ours.connect(source=("127.0.0.9", 0)) as client:
        client.login("alice", "pw-alice")
        assert client.xmit(xmit.SIMPLE).startswith(b"+OK")
        client.quit()
    relay.wait_log(r"to=<bob@example\.test>.*status=sent")
    ((_, message),) = ours.messages("bob")
    received = b" ".join(xmit.Mail(message).get("Received"))
    # The first address is ours to tell, the second what Postfix believes.
    assert received.count(b"127.0.0.9") == 2
    assert b"using TLS" in received


# Senders that Postfix refuses in its own ways: (response code, before the
# data, by which restriction, how).
REFUSED = {
    "sender": (b"SYS/PERM", True, "sender", "REJECT not you"),
    "sender-later": (b"SYS/TEMP", True, "sender", "DEFER not now"),
    "recipient": (b"SYS/PERM", False, "recipient", "REJECT not you"),
    "recipient-later": (b"SYS/TEMP", False, "recipient", "DEFER not now"),
    "data": (b"SYS/PERM", False, "data", "REJECT not you"),
    "data-later": (b"SYS/TEMP", False, "data", "DEFER not now"),
    "end": (b"SYS/PERM", False, "end_of_data", "REJECT not you"),
    "end-later": (b"SYS/TEMP", False, "end_of_data", "DEFER not now"),
}


def test_postfix_says_no(server, postfix, ports):
    """Postfix's own ways of refusing, each at its stage."""
    settings = {"smtpd_delay_reject": "no"}
    for stage in ("sender", "recipient", "data", "end_of_data"):
        table = ", ".join("{%s@example.test = %s}" % (name, how)
                          for name, (_, _, where, how) in REFUSED.items()
                          if where == stage)
        settings["smtpd_%s_restrictions" % stage] = \
            "check_sender_access inline:{%s}" % table
    port = ports.take()
    ours = server(users=["bob", *REFUSED], protocols=("pop3", "imap", "lmtp"),
                  submission_host="127.0.0.1:%d" % port)
    relay = postfix(ours, port=port, settings=settings)
    for name, (code, early, _, how) in REFUSED.items():
        with ours.login(name) as client:
            first, dot = xmit.try_xmit(client, xmit.SIMPLE)
            reply = first if early else dot
            assert (dot is None) == early, name
            assert reply.startswith(b"-ERR [" + code + b"] "), name
            assert how.partition(" ")[2].encode() in reply, name
            assert client.command("NOOP") == b"+OK"
            client.quit()
    with ours.login("bob") as client:
        assert client.xmit(xmit.SIMPLE).startswith(b"+OK")
        client.quit()
    relay.wait_log(r"to=<bob@example\.test>.*status=sent")
    assert len(ours.messages("bob")) == 1


def test_stock_lmtp_and_postfix(server, postfix, ports):
    """The same way without us: what the others lean on works."""
    import smtplib
    stock = server(plugin=[], protocols=("pop3", "imap", "lmtp"))
    relay = postfix(stock, port=ports.take())
    with smtplib.SMTP("127.0.0.1", relay.port, timeout=20) as client:
        client.sendmail("alice@example.test", ["bob@example.test"], MESSAGE)
    relay.wait_log(r"to=<bob@example\.test>.*status=sent")
    assert len(stock.messages("bob")) == 1
