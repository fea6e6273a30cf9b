"""Messages that are gone are forgotten but for what is needed to know them
again, and nobody notices."""

import os
import signal

from pop3ext import uidl

# More than src/lib-pop3-ext/pop3-ext-limits.h lets stay, and a few that live.
MANY = 1700
LIVE = 60


def keep_last(server, count):
    """Delete all but the last messages by POP3."""
    with server.login() as client:
        total = client.stat()[0]
        for number in range(1, total - count + 1):
            client.send_line("DELE %d" % number)
        for _ in range(total - count):
            assert client.line().startswith(b"+OK")
        client.quit()


def texts(server):
    with server.login() as client:
        return client.uidl()


def aged(server):
    """A server whose store has many messages that are gone; the UIDLs of all
    messages by their number, those that are left last."""
    uidl.fill(server, [0])
    uidl.pour(server, range(1, MANY))
    shown = texts(server)
    keep_last(server, LIVE)
    assert len(set(shown.values())) == MANY
    return shown


def test_file_shrinks_and_no_uidl_changes_or_is_given_again(server):
    ours = server(plugin=uidl.PLUGINS)
    shown = aged(ours)
    live = list(shown.values())[-LIVE:]
    before = uidl.journal(ours).stat()
    uidl.fill(ours, [9001])
    after = texts(ours)
    size = uidl.journal(ours).stat().st_size
    assert size < before.st_size / 2
    assert size <= 1024 + (LIVE + 1) * 56 + MANY * 16 + 128 * 40
    assert list(after.values())[:LIVE] == live
    # again, from the file that was written
    assert texts(ours) == after
    uidl.remove(ours, "Maildir/dovecot.index*")
    assert texts(ours) == after
    # those that come back get what they had; UIDs begin anew
    uidl.remove(ours, "Maildir/dovecot*")
    uidl.fill(ours, [5, 6])
    back = uidl.by_subject(ours)
    assert back["m5"] == [shown[6]] and back["m6"] == [shown[7]]
    uidl.change(ours, pop3={"pop3_uidl_format": "%{uid | hex(8)}58f0a3b1"
                            if ours.host.is_24 else "%08Xu58f0a3b1"})
    uidl.fill(ours, [9002])
    new = uidl.by_subject(ours)["m9002"][0]
    assert new not in shown.values()


def test_killed_while_it_forgets(server, rng):
    """At any moment: whatever the file and the index are then."""
    ours = server(plugin=uidl.PLUGINS, service_count=1, settings=uidl.KILLED)
    ours.allow_log("killed with signal 9")
    shown = aged(ours)
    live = list(shown.values())[-LIVE:]
    uidl.fill(ours, [9001])
    copy = uidl.journal(ours).read_bytes()
    for _ in range(4):
        with ours.login() as client:
            pids = ours.processes("pop3")
            client.send_line("UIDL")
            client.sock.settimeout(rng.random() * 0.02 + 0.001)
            try:
                client.sock.recv(1)
            except OSError:
                pass
            for pid in pids:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
        assert list(texts(ours).values())[:LIVE] == live
        if uidl.journal(ours).stat().st_size < len(copy):
            break
    after = texts(ours)
    assert list(after.values())[:LIVE] == live and len(after) == LIVE + 1
    assert len(set(after.values())) == LIVE + 1


def test_session_that_was_open_meanwhile_goes_on(server):
    ours = server(plugin=uidl.PLUGINS)
    aged(ours)
    with ours.login() as old:
        before = old.uidl()
        uidl.fill(ours, [9001])
        after = texts(ours)
        assert old.uidl() == before
        assert {n: after[n] for n in before} == before
        old.quit()
    with ours.login() as late:
        assert late.uidl() == after
    assert uidl.journal(ours).stat().st_size < MANY * 40


def test_index_that_knows_old_serials_only(server):
    """As after a kill between the file and the index, or on another host."""
    ours = server(plugin=uidl.PLUGINS)
    shown = aged(ours)
    live = list(shown.values())[-LIVE:]
    texts(ours)
    files = {path: path.read_bytes() for path in
             (uidl.home(ours) / "Maildir").glob("dovecot.index*")}
    uidl.fill(ours, [9001])
    after = texts(ours)
    for path in (uidl.home(ours) / "Maildir").glob("dovecot.index*"):
        path.unlink()
    for path, data in files.items():
        path.write_bytes(data)
        owner = os.stat(path.parent)
        os.chown(path, owner.st_uid, owner.st_gid)
    assert texts(ours) == after
    assert list(after.values())[:LIVE] == live
