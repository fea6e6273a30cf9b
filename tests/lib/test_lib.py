"""Tests of the test library itself: no Dovecot is needed."""

import random
import smtplib
import socket

import pytest

from pop3ext import pop3, smtpd, tls


def test_dot_reader_any_split():
    """Data is the same however it was cut."""
    rng = random.Random(1)
    for _ in range(300):
        message = bytes(rng.choices(b"\r\n.a", k=rng.randrange(30))) + b"\r\n"
        if b"\r\n.\r\n" in b"\r\n" + message.replace(b"\r\n.", b"\r\n.."):
            continue
        wire = pop3.stuff(message) + b"QUIT\r\n"
        taker = smtpd._DotReader()
        plain, at = b"", 0
        while not taker.done:
            piece = wire[at:at + rng.randrange(1, 5)]
            data, used = taker.feed(piece)
            plain += data
            at += used
        assert plain == message
        assert wire[at:] == b"QUIT\r\n"


def test_dot_reader_only_true_end():
    """Other sequences that some servers take for the end are data."""
    for sequence in (b"\n.\n", b"\n.\r\n", b"\r.\r", b"\r\n.\n", b"\r\n.\r",
                     b"\r.\r\n"):
        taker = smtpd._DotReader()
        data, _ = taker.feed(b"a" + sequence + b"MAIL FROM:<x>\r\n")
        assert not taker.done
        data += taker.feed(b".\r\n")[0]
        assert taker.done
        assert b"MAIL FROM" in data


@pytest.fixture(name="authority", scope="module")
def _authority(tmp_path_factory):
    return tls.Authority(tmp_path_factory.mktemp("ca"))


@pytest.mark.parametrize("security", [None, "starttls", "smtps"])
def test_relay(authority, security):
    """A normal transaction, by a client that is not ours."""
    with smtpd.Relay(tls=security, certificate=authority.issue(),
                     users={"u": "p"}, capabilities=["8BITMIME"]) as relay:
        kind = smtplib.SMTP_SSL if security == "smtps" else smtplib.SMTP
        extra = {}
        if security == "smtps":
            extra["context"] = tls.client_context(authority.cert)
        with kind(relay.address, relay.port, timeout=10, **extra) as client:
            if security == "starttls":
                client.starttls(context=tls.client_context(authority.cert))
            client.login("u", "p")
            client.sendmail("a@x", ["b@x", "c@x"], b"S: x\r\n\r\n.dot\r\n")
        (seen,) = relay.wait_transactions(1)
        assert seen.sender == b"a@x" and seen.login == "u"
        assert seen.accepted == [b"b@x", b"c@x"]
        assert seen.data == b"S: x\r\n\r\n.dot\r\n"
        assert seen.wire == b"S: x\r\n\r\n..dot\r\n.\r\n"
        assert seen.tls == (security is not None)
        relay.wait_idle()


def test_relay_bad_certificate(authority):
    """An expired certificate is one that a verifier refuses."""
    with smtpd.Relay(tls="smtps",
                     certificate=authority.issue(expired=True)) as relay:
        with pytest.raises(OSError, match="expired"):
            smtplib.SMTP_SSL(relay.address, relay.port, timeout=10,
                             context=tls.client_context(authority.cert))


def test_relay_script():
    """Rules: by argument, by number of uses, newest first."""
    with smtpd.Relay() as relay:
        relay.on("RCPT", smtpd.reply("550 5.1.1 no"), match=rb"bad@")
        relay.on("final", smtpd.reply(["451-4.3.0 later", "really"]), times=1)
        with smtplib.SMTP(relay.address, relay.port, timeout=10) as client:
            with pytest.raises(smtplib.SMTPDataError) as error:
                client.sendmail("a@x", ["good@x", "bad@x"], b"x\r\n")
            assert error.value.smtp_code == 451
            client.sendmail("a@x", ["good@x"], b"x\r\n")
        codes = [seen.code for seen in relay.wait_transactions(2)]
        assert codes == [451, 250]
        assert relay.transactions[0].accepted == [b"good@x"]


def test_relay_drop_in_body():
    """A body cut by the relay is recorded as aborted."""
    with smtpd.Relay(keep_data=True) as relay:
        relay.on("body", smtpd.drop(), after=100)
        with smtplib.SMTP(relay.address, relay.port, timeout=10) as client:
            with pytest.raises((smtplib.SMTPServerDisconnected, OSError)):
                client.sendmail("a@x", ["b@x"], b"y" * 100000 + b"\r\n")
        (seen,) = relay.wait_aborted()
        assert len(seen.wire) == 100


def test_relay_hold():
    """A held stage goes on when it is told to."""
    with smtpd.Relay() as relay:
        hold = relay.on("connect", smtpd.Hold())
        with socket.create_connection((relay.address, relay.port)) as client:
            client.settimeout(10)
            assert hold.reached.wait(10)
            hold.release()
            assert client.recv(100).startswith(b"220 ")


def test_relay_refuse():
    """A closed port refuses, an opened one works again."""
    with smtpd.Relay() as relay:
        relay.refuse()
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((relay.address, relay.port))
        relay.listen()
        smtplib.SMTP(relay.address, relay.port, timeout=10).quit()
