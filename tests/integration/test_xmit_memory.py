"""XTND XMIT: memory and temporary files do not depend on the message's
size."""

import os
import threading

import pytest

from pop3ext import smtpd, xmit

pytestmark = pytest.mark.plain

MB = 1024 * 1024
PIECE = (b"0123456789" * 7 + b"\r\n") * (MB // 72)
HEAD = xmit.message(body=b"")


def _files(pid):
    """Regular files that a process has open, with their sizes."""
    found = {}
    for number in os.listdir("/proc/%d/fd" % pid):
        path = "/proc/%d/fd/%s" % (pid, number)
        try:
            name, status = os.readlink(path), os.stat(path)
        except FileNotFoundError:
            continue
        if os.path.isabs(name.split(" ")[0]) and status.st_size > MB:
            found[name] = status.st_size
    return found


def _in_temp_folders(ours):
    """Large files where Dovecot puts temporary ones."""
    found = []
    for folder in (ours.host.outside("/tmp"), ours.host.outside("/var/tmp"),
                   ours.folder / "run", ours.folder / "state"):
        for entry in os.scandir(folder):
            if entry.is_file(follow_symlinks=False) and \
               "dovecot" in entry.name and "conf" not in entry.name and \
               entry.stat().st_size > MB:
                found.append(entry.path)
    return found


def _send(ours, megabytes, security=None, look=False):
    """Peak memory of a session that sends so much."""
    with ours.login(security=security) as client:
        (pid,) = ours.processes("pop3")
        client.ok("XTND XMIT")
        client.send(HEAD)
        for number in range(megabytes):
            client.send(PIECE)
            if look and number == megabytes // 2:
                assert not _files(pid)
                assert not _in_temp_folders(ours)
        client.send(b".\r\n")
        assert client.line().startswith(b"+OK")
        peak = xmit.peak(pid)
        client.quit()
    ours.wait_ended("pop3")
    return peak


@pytest.mark.parametrize("megabytes, security", [
    (50, None), (50, "pop3s"),
    pytest.param(200, None, marks=pytest.mark.all)])
def test_memory(server, relay, megabytes, security):
    """At most 2 MB more than for a message of 1 MB; no temporary file."""
    out = relay(keep_data=False)
    ours = server(users=["alice"], plugin_settings={
        "pop3_ext_xmit_relay": out.host_port,
        "pop3_ext_xmit_max_size": "0"})
    small = _send(ours, 1, security)
    large = _send(ours, megabytes, security, look=True)
    assert large - small <= 2 * MB
    one, other = out.wait_transactions(2)
    assert other.size - one.size == (megabytes - 1) * len(PIECE)


@pytest.mark.parametrize("capabilities", [["PIPELINING"], []],
                         ids=["pipelining", "plain"])
def test_memory_with_as_many_recipients_as_can_be(server, relay, capabilities):
    """1000 recipients take 12 MB at most."""
    out = relay(capabilities=capabilities)
    ours = server(users=["alice"], plugin_settings={
        "pop3_ext_xmit_relay": out.host_port,
        "pop3_ext_xmit_max_recipients": "1000"})
    to = [b"user%d@example.test" % n for n in range(1000)]
    with ours.login() as client:
        (pid,) = ours.processes("pop3")
        before = xmit.peak(pid)
        client.ok("XTND XMIT")
        client.send(xmit.message(to=b"To: " + b",\r\n ".join(to)) + b".\r\n")
        assert client.line().startswith(b"+OK")
        assert xmit.peak(pid) - before <= 12 * MB
        client.quit()
    (sent,) = out.wait_transactions(1)
    assert sent.accepted == to


def test_memory_with_slow_relay(server, relay):
    """A relay that stands still holds the client back: what was read and not
    yet sent on is bounded."""
    out = relay(keep_data=False, receive_buffer=4096)
    ours = server(users=["alice"], plugin_settings={
        "pop3_ext_xmit_relay": out.host_port})
    small = _send(ours, 1)
    hold = out.on("body", smtpd.Hold(), after=MB)
    with ours.login() as client:
        (pid,) = ours.processes("pop3")
        client.ok("XTND XMIT")
        client.send(HEAD)
        done = threading.Event()

        def push():
            for _ in range(30):
                client.send(PIECE)
            done.set()
        thread = threading.Thread(target=push)
        thread.start()
        assert hold.reached.wait(20)
        # Far more than all buffers between here and there would hold.
        assert not done.wait(1)
        assert xmit.peak(pid) - small <= 2 * MB
        hold.release()
        thread.join(60)
        client.send(b".\r\n")
        assert client.line().startswith(b"+OK")
        assert xmit.peak(pid) - small <= 2 * MB
        client.quit()
