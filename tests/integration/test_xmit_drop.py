"""XTND XMIT: connections that end in the middle.

The relay never gets a whole message unless the dot was sent whole.
"""

import os
import signal

import pytest

from pop3ext import pop3, smtpd, xmit

SHORT = (b"From: alice@example.test\r\n"
         b"To: bob@example.test, carol@example.test\r\n"
         b"Subject: cut\r\n"
         b"\r\n"
         b"a line\r\n"
         b".dotted\r\n"
         b"\r\n"
         b"the last line\r\n")
COMMAND = b"XTND XMIT\r\n"
WIRE = COMMAND + pop3.stuff(SHORT)
assert len(WIRE) <= 400


def _drop(ours, name, offset, how, waiting):
    """Send that many octets and end the connection.  waiting: read the first
    reply before the message is begun."""
    with ours.login(name) as client:
        if waiting and offset >= len(COMMAND):
            client.ok("XTND XMIT")
            client.send(WIRE[len(COMMAND):offset])
        else:
            client.send(WIRE[:offset])
        if how == "shutdown":
            client.shutdown()
            client.read_eof()
        getattr(client, "reset" if how == "reset" else "close")()


@pytest.mark.parametrize("how, waiting, step", [
    ("close", True, 1), ("close", False, 7), ("reset", True, 7),
    ("shutdown", True, 7), ("shutdown", False, 11)])
def test_every_offset(server, relay, how, waiting, step):
    """Dropped after each octet: aborted, and nothing was sent.  (The dot
    line without its last octet is one of them.)"""
    out = relay()
    ours = server(client_limit=10, service_count=100, process_limit=4,
                  plugin_settings={"pop3_ext_xmit_relay": out.host_port})
    offsets = sorted(set(list(range(0, len(WIRE), step)) +
                         list(range(len(WIRE) - 6, len(WIRE)))))
    xmit.together(lambda offset: _drop(ours, "alice", offset, how, waiting),
                  offsets, threads=8)
    begun = [offset for offset in offsets if offset >= len(COMMAND)]
    if how == "reset" or not waiting:
        # What had come when the connection ended is the kernel's affair,
        # but every session ends.
        ours.wait_count(r"Info: Disconnected", len(offsets))
    else:
        lines = xmit.wait_results(ours, "alice", len(begun))
        assert len(lines) == len(begun)
    assert {line["result"] for line in xmit.results(ours, "alice")} <= {
        "aborted"}
    out.wait_idle()
    assert not out.transactions
    # The server has come to no harm.
    with ours.login("bob") as client:
        assert client.xmit(SHORT).startswith(b"+OK")
        client.quit()
    assert len(out.transactions) == 1


@pytest.mark.parametrize("how", xmit.sample(1, ["close", "shutdown"]))
def test_after_the_dot(server, relay, how):
    """The dot was sent whole, nobody waits for the answer: sent, or not, but
    never in part, and the log says which."""
    out = relay()
    ours = server(plugin_settings={"pop3_ext_xmit_relay": out.host_port})
    for _ in range(10):
        _drop(ours, "alice", len(WIRE), how, True)
    lines = xmit.wait_results(ours, "alice", 10)
    out.wait_idle()
    sent = [line for line in lines if line["result"] == "sent"]
    unknown = [line for line in lines if line["result"] == "unknown"]
    assert len(sent) + len(unknown) >= len(out.transactions) >= len(sent)
    body = xmit.Mail(SHORT).body
    for one in out.transactions:
        assert xmit.Mail(one.data).body == body
        assert len(one.accepted) == 2


def test_half_closed_client_gets_its_answer(server, relay):
    """A client may close its sending half behind QUIT and still reads all
    answers."""
    out = relay()
    ours = server(plugin_settings={"pop3_ext_xmit_relay": out.host_port})
    with ours.login() as client:
        client.send(WIRE + b"QUIT\r\n")
        client.shutdown()
        lines = client.read_eof().split(b"\r\n")
    assert lines[0] == b"+OK Start sending message"
    assert lines[1].startswith(b"+OK Message sent")
    assert lines[2].startswith(b"+OK")
    assert len(out.transactions) == 1


def test_relay_sees_no_end(server, relay):
    """What the relay has got of an aborted message does not end like a
    message: no dot line, and no further command."""
    out = relay()
    ours = server(plugin_settings={"pop3_ext_xmit_relay": out.host_port})
    with ours.login() as client:
        client.ok("XTND XMIT")
        client.send(pop3.stuff(SHORT)[:-3])
        out.wait(lambda relay: relay.connections and
                 b"DATA" in relay.connections[0].commands)
        client.close()
    (cut,) = out.wait_aborted()
    assert not cut.wire.endswith(b"\r\n.\r\n")
    out.wait_idle()
    assert out.connections[0].commands[-1] == b"DATA"


# The server is ended.

STATES = {
    # name: (stage at which the relay holds, how much is sent, in doubt)
    "start": ("MAIL", 0, False),
    "header": (None, 50, False),
    "recipients": ("RCPT", len(WIRE) - len(COMMAND) - 3, False),
    "body": (None, len(WIRE) - len(COMMAND) - 10, False),
    "final": ("final", len(WIRE) - len(COMMAND), True),
}


def _into_state(client, out, state):
    """Bring a session into a state; returns when it is there."""
    stage, size, _ = STATES[state]
    hold = out.on(stage, smtpd.Hold()) if stage else None
    client.send(COMMAND)
    if state != "start":
        assert client.line().startswith(b"+OK")
        client.send(WIRE[len(COMMAND):len(COMMAND) + size])
    if hold is not None:
        assert hold.reached.wait(20)
    elif state == "body":
        out.wait(lambda relay: b"DATA" in relay.connections[-1].commands)
    return hold


def _pop3_process(ours):
    """The pid of the server's only pop3 process."""
    (pid,) = ours.processes("pop3")
    return pid


def _end_by_signal(ours):
    os.kill(_pop3_process(ours), signal.SIGTERM)


def _end_by_kill(ours):
    ours.expect_log("killed with signal 9")
    os.kill(_pop3_process(ours), signal.SIGKILL)
    # A master that is stopped before it has seen it does not say so.
    ours.wait_log("killed with signal 9")


def _end_by_kick(ours):
    done = ours.doveadm("kick", "alice")
    assert done.returncode == 0


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("end", [_end_by_signal, _end_by_kill, _end_by_kick])
def test_server_ends(server, relay, end, state):
    """The process is ended in each state of a submission: nothing is sent
    unless the relay had it all, and the log tells what is in doubt."""
    out = relay()
    ours = server(plugin_settings={"pop3_ext_xmit_relay": out.host_port,
                                   "pop3_ext_xmit_reply_timeout": "5s"})
    doubt = STATES[state][2]
    with ours.login() as client:
        hold = _into_state(client, out, state)
        end(ours)
        if end is not _end_by_kill:
            (line,) = xmit.wait_results(ours, "alice")
            assert line["result"] == ("unknown" if doubt else "aborted")
        answer = client.read_eof()
        assert b"+OK Message sent" not in answer
    if hold is not None:
        hold.release()
    out.wait_idle()
    if doubt:
        assert len(out.transactions) <= 1
    else:
        assert not out.transactions


@pytest.mark.parametrize("state", STATES)
def test_shutdown(server, relay, state):
    """Dovecot's shutdown lets POP3 sessions come to their end; so the
    message is sent, and the client told."""
    out = relay()
    ours = server(plugin_settings={"pop3_ext_xmit_relay": out.host_port})
    with ours.login() as client:
        hold = _into_state(client, out, state)
        os.kill(ours.pid, signal.SIGTERM)
        ours.wait_log("Killed with signal 15")
        if hold is not None:
            hold.release()
        if state == "start":
            assert client.line().startswith(b"+OK Start")
        client.send(WIRE[len(COMMAND) + STATES[state][1]:])
        assert client.line().startswith(b"+OK Message sent")
        client.quit()
    assert len(out.transactions) == 1
