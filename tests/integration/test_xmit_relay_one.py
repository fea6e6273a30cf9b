"""XTND XMIT: a single recipient, whose RCPT TO goes together with DATA when
the relay offers PIPELINING."""

import pytest

from pop3ext import smtpd

MESSAGE = b"To: bob@example.test\r\nSubject: one\r\n\r\n" + b"text\r\n" * 2000
NEXT = b"To: carol@example.test\r\nSubject: next\r\n\r\ntext\r\n"

# name, action at RCPT, the reply's code, part of its text
TROUBLE = [
    ("4xx", smtpd.reply("451 4.2.1 come back later"), b"SYS/TEMP",
     b"<bob@example.test> (451 4.2.1 come back later)"),
    ("5xx", smtpd.reply("550 5.1.1 no such user"), b"SYS/PERM",
     b"<bob@example.test> (550 5.1.1 no such user)"),
    ("drop", smtpd.drop(), b"SYS/TEMP", b"lost"),
    ("garbage", smtpd.garbage(), b"SYS/TEMP", b""),
    ("hang", smtpd.hang(), b"SYS/TEMP", b""),
]
# what the relay says to DATA when it has refused the recipient
AFTER = {"503": smtpd.reply("503 5.5.1 no recipients"),
         "354": smtpd.reply("354 go on all the same")}


@pytest.fixture(name="out")
def _out(relay):
    return relay(capabilities=["PIPELINING", "8BITMIME"])


@pytest.fixture(name="ours")
def _ours(server, out):
    return server(plugin_settings={
        "pop3_ext_xmit_relay": out.host_port,
        "pop3_ext_xmit_relay_timeout": "1s",
        "pop3_ext_xmit_reply_timeout": "2s"})


def test_together(ours, out):
    """The message arrives whole, and the connection serves the next."""
    with ours.login() as client:
        for number in (1, 2, 3):
            assert client.xmit(MESSAGE).startswith(b"+OK Message sent")
            sent = out.wait_transactions(number)[-1]
            assert sent.accepted == [b"bob@example.test"]
            assert sent.data.endswith(MESSAGE[-12000:])
        client.quit()
    assert len(out.connections) == 1


@pytest.mark.parametrize("after", AFTER)
@pytest.mark.parametrize("name, action, code, text", TROUBLE,
                         ids=[row[0] for row in TROUBLE])
def test_refused(ours, out, name, action, code, text, after):
    """Nobody gets anything, the reply tells why, and the next message of the
    session goes its way."""
    if name == "garbage":
        ours.expect_log("Invalid command reply")
    out.on("RCPT", action)
    out.on("DATA", AFTER[after])
    with ours.login() as client:
        reply = client.xmit(MESSAGE)
        assert reply.startswith(b"-ERR [" + code + b"] ")
        assert text in reply
        assert client.command("STAT") == b"+OK 0 0"
        assert not [one for one in out.transactions if one.data]

        out.normal()
        assert client.xmit(NEXT).startswith(b"+OK Message sent")
        sent = [one for one in out.wait_transactions(1) if one.code == 250]
        assert [one.accepted for one in sent] == [[b"carol@example.test"]]
        client.quit()


def test_data_refused(ours, out):
    """An accepted recipient, but no data: the connection is kept."""
    out.on("DATA", smtpd.reply("452 4.3.1 no room"), times=1)
    with ours.login() as client:
        reply = client.xmit(MESSAGE)
        assert reply.startswith(b"-ERR [SYS/TEMP] Not sent: ")
        assert b"452 4.3.1 no room" in reply
        assert client.xmit(NEXT).startswith(b"+OK Message sent")
        client.quit()
