"""Settings: what is on without them."""

import pytest

from pop3ext import xmit

SENT = b"+OK Message sent "
# Not this machine's address for connections to 127.0.0.1.
ELSEWHERE = ("127.0.0.2", 0)


def defaults(*names):
    """plugin_settings with Dovecot's own defaults for these settings of ours
    that the test servers set."""
    return dict.fromkeys(names)


@pytest.mark.parametrize("plugin", [("pop3_ext",), ("pop3_ext", "pop3_uidl")])
def test_loading_switches_nothing_on(server, plugin):
    """A loaded plugin without settings is not seen by clients: the same
    capabilities as stock, and nobody sends."""
    stock = server(plugin=[])
    ours = server(plugin=plugin, plugin_settings=defaults(
        "pop3_ext_xmit", "pop3_ext_xmit_require_tls"))
    with stock.login() as client:
        expected = client.capa()
        client.quit()
    with ours.login() as client:
        assert client.capa() == expected
        assert client.command("XTND XMIT") == \
            b"-ERR [SYS/PERM] XTND XMIT is switched off"
        for command in ("LFLD", "LFLG 1", "LPRT 1", "*ENV 1"):
            assert client.command(command).startswith(b"-ERR")
        client.quit()


@pytest.mark.parametrize("security, source, good", [
    (None, ELSEWHERE, False), ("starttls", ELSEWHERE, True),
    (None, None, True)])
def test_sending_asks_for_tls(server, relay, security, source, good):
    """When only pop3_ext_xmit is set, sending needs TLS or a client on this
    machine."""
    out = relay()
    ours = server(plugin_settings={
        "pop3_ext_xmit_relay": out.host_port,
        **defaults("pop3_ext_xmit_require_tls")})
    with ours.login(security=security, source=source) as client:
        if good:
            assert client.xmit(xmit.SIMPLE).startswith(SENT)
        else:
            assert client.command("XTND XMIT") == (
                b"-ERR [SYS/PERM] Sending mail needs TLS: switch it on in "
                b"your mail program")
        client.quit()
