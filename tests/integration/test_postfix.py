"""A true relay: the message goes by XTND XMIT to Postfix and comes back by
LMTP into the mailboxes that POP3 shows."""

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
        assert b"nobody@example.test" in reply
        # The connection to the relay is good for the next message.
        assert client.xmit(MESSAGE).startswith(b"+OK ")
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
