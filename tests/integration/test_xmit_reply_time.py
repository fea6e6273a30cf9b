"""XTND XMIT: the client gets its reply in time, wherever the relay stalls."""

import pytest

from pop3ext import smtpd

TWO = (b"To: bob@example.test, carol@example.test\r\nSubject: slow\r\n\r\n" +
       b"text\r\n" * 10)


@pytest.mark.parametrize("stage, result", [
    ("RCPT", b"did not take the message in time"),
    ("DATA", b"did not take the message in time"),
    ("final", b"may or may not have been sent")])
def test_reply_timeout_counts_from_the_dot(server, relay, stage, result):
    """The wait for the recipients and for DATA is part of the time that the
    client has been waiting since its dot. Each step alone is still within
    pop3_ext_xmit_relay_timeout."""
    out = relay()
    ours = server(plugin_settings={
        "pop3_ext_xmit_relay": out.host_port,
        "pop3_ext_xmit_relay_timeout": "60s",
        "pop3_ext_xmit_reply_timeout": "1s"})
    out.on(stage, smtpd.hang())
    with ours.login() as client:
        reply = client.xmit(TWO)
        assert reply.startswith(b"-ERR [SYS/TEMP] ")
        assert result in reply
        out.normal()
        assert client.xmit(TWO).startswith(b"+OK")
        client.quit()
