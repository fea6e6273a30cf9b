"""XTND XMIT and the time-outs of a session.  Time passes faster here."""

import time

import pytest

from pop3ext import pop3, smtpd, xmit

SETTINGS = {"pop3_ext_xmit_relay_timeout": "240s"}


@pytest.mark.plain    # libfaketime does not start under AddressSanitizer
def test_idle(server, relay):
    """A client that sends nothing for ten minutes is dropped wherever it
    stands in its message, and nothing is sent; one that goes on slowly may
    take longer."""
    clock = 60
    stalls = {
        "command": b"",
        "header": b"To: bob@example.test\r\nSubj",
        "body": xmit.message(body=b"x" * 5000),
        "refused": xmit.message(to=None, body=b"x" * 5000),
    }
    out = relay()
    ours = server(users=[*stalls, "slow"], clock=clock, plugin_settings=dict(
        SETTINGS, pop3_ext_xmit_relay=out.host_port))
    clients = {}
    slow = ours.login("slow")
    slow.ok("XTND XMIT")
    slow.send(xmit.message(body=b""))
    for name in stalls:
        clients[name] = ours.login(name)
        clients[name].ok("XTND XMIT")
    start = time.monotonic()
    for name, part in stalls.items():
        clients[name].send(part)
    lines = 0
    while not all(xmit.results(ours, name) for name in stalls):
        assert time.monotonic() - start < 120
        slow.send(b"line\r\n")
        lines += 1
        # The pace of a slow client; nothing is waited for.
        time.sleep(0.05)
    assert (time.monotonic() - start) * clock > 590
    for name in stalls:
        (line,) = xmit.results(ours, name)
        assert line["result"] == ("refused" if name == "refused"
                                  else "aborted")
        clients[name].read_eof()
        clients[name].close()
        ours.wait_log(r"pop3\(%s\).*Info: Disconnected" % name)
    slow.send(b".\r\n")
    assert slow.line().startswith(b"+OK Message sent")
    slow.quit()
    out.wait_idle()
    (sent,) = out.transactions
    assert xmit.Mail(sent.data).body == b"line\r\n" * lines


@pytest.mark.plain    # libfaketime does not start under AddressSanitizer
def test_gone_while_relay_thinks(server, relay):
    """A client that is gone before the relay's last word: the session ends
    within a minute, gives its lock back, and the log has it as unknown."""
    clock = 8
    out = relay()
    ours = server(users=["alice"], lock_session=True, clock=clock,
                  plugin_settings=dict(
                      SETTINGS, pop3_ext_xmit_relay=out.host_port))
    hold = out.on("final", smtpd.Hold(), times=1)
    with ours.login() as client:
        client.ok("XTND XMIT")
        client.send(pop3.stuff(xmit.SIMPLE))
        assert hold.reached.wait(20)
        start = time.monotonic()
        client.reset()
    (line,) = xmit.wait_results(ours, "alice")
    assert (time.monotonic() - start) * clock < 60
    assert line["result"] == "unknown"
    hold.release()
    with ours.login() as client:
        assert client.xmit(xmit.SIMPLE).startswith(b"+OK Message sent")
        client.quit()
