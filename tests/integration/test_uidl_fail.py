"""Never a wrong list: what happens when the store can't be used."""

import contextlib
import errno
import os
import signal
import subprocess
import threading

import pytest

from pop3ext import hosts, pop3, uidl
from pop3ext.server import User


def damage_head(path):
    data = bytearray(path.read_bytes())
    data[20] ^= 1
    data[512 + 20] ^= 1
    path.write_bytes(data)


def cut(path):
    with open(path, "r+b") as file:
        file.truncate(1024 + 60)


def empty(path):
    with open(path, "r+b") as file:
        file.truncate(0)


def newer(path):
    """Of a version that is not invented yet, with good checksums."""
    import zlib
    data = bytearray(path.read_bytes())
    for start in (0, 512):
        data[start + 8] = 2
        crc = zlib.crc32(bytes(data[start:start + 60]))
        data[start + 60:start + 64] = crc.to_bytes(4, "little")
    path.write_bytes(data)


def folder(path):
    path.unlink()
    path.mkdir()


BREAKS = [(damage_head, "is damaged"), (cut, "is truncated"),
          (empty, "is not a UIDL store"), (newer, "was written by a newer"),
          (folder, "Is a directory")]


@pytest.mark.parametrize("how,why", BREAKS, ids=lambda x: getattr(
    x, "__name__", ""))
def test_login_is_refused_when_the_store_cannot_be_read(server, how, why):
    ours = server(plugin=uidl.PLUGINS)
    uidl.fill(ours, range(1, 6))
    uidl.listing(ours)
    before = uidl.listing(ours)
    good = uidl.journal(ours).read_bytes()
    how(uidl.journal(ours))
    ours.expect_log("Error: .*" + why)
    with ours.connect() as client:
        client.ok("USER alice")
        reply = client.command("PASS pw-alice")
        assert reply.startswith(b"-ERR [SYS/TEMP] Message ids are not")
        client.read_eof()
    if uidl.journal(ours).is_dir():
        uidl.journal(ours).rmdir()
    uidl.journal(ours).write_bytes(good)
    os.chown(uidl.journal(ours), *os.stat(uidl.home(ours))[4:6])
    assert uidl.listing(ours) == before


def test_login_into_a_folder_is_refused_when_its_store_is_damaged(server):
    ours = server(users=[User(
        "alice", fields={"pop3_ext_view_folder": "Work"})],
        plugin=uidl.PLUGINS)
    imap = ours.imap()
    assert imap.create("Work")[0] == "OK"
    imap.logout()
    uidl.fill(ours, range(1, 4), folder="Work")
    before = uidl.listing(ours)
    stores = list(uidl.home(ours).glob(".dovecot.pop3-uidl.*"))
    assert len(stores) == 1 and len(before.split(b"\r\n")) == 3
    damage_head(stores[0])
    ours.expect_log("Error: .*is damaged")
    with pytest.raises(pop3.Refused, match="Message ids are not available"):
        ours.login()


def test_host_answers_when_it_is_told_to(server):
    ours = server(plugin=uidl.PLUGINS,
                  plugin_settings={"pop3_uidl_on_error": "host"})
    uidl.fill(ours, range(1, 6))
    before = uidl.listing(ours)
    empty(uidl.journal(ours))
    ours.expect_log("Error: .*is not a UIDL store")
    assert uidl.listing(ours) == before


def uidl_closes(client):
    """UIDL, and not one octet of an answer."""
    client.send_line("UIDL")
    assert client.read_eof() == b""


def test_connection_is_closed_when_the_store_breaks_after_the_login(server):
    ours = server(plugin=uidl.PLUGINS)
    uidl.fill(ours, range(1, 6))
    uidl.listing(ours)
    data = bytearray(uidl.journal(ours).read_bytes())
    data[1024 + 45] ^= 1
    uidl.journal(ours).write_bytes(data)
    ours.expect_log("Error: .*is damaged")
    with ours.login() as client:
        assert client.stat()[0] == 5
        uidl_closes(client)


def test_connection_is_closed_when_a_new_uidl_cannot_be_saved(server):
    ours = server(plugin=uidl.PLUGINS)
    uidl.fill(ours, range(1, 6))
    os.chmod(uidl.home(ours), 0o555)
    ours.expect_log("Error: .*Permission denied")
    with ours.login() as client:
        uidl_closes(client)
    os.chmod(uidl.home(ours), 0o755)
    assert len(uidl.listing(ours).split(b"\r\n")) == 5


@contextlib.contextmanager
def small_disk(path):
    """A file system of its own; what was in it is gone in the end."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=512k,mode=755,uid=%d,"
                    "gid=%d" % (hosts.MAIL_UID, hosts.MAIL_GID), "p3x",
                    str(path)], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(path)], check=True)


def fill_up(path):
    """Leave no block."""
    with open(path, "wb", buffering=0) as file:
        with contextlib.suppress(OSError):
            while file.write(bytes(4096)):
                pass
        with pytest.raises(OSError) as caught:
            file.write(b"x" * 4096)
        assert caught.value.errno == errno.ENOSPC


def test_disk_is_full_while_new_uidls_are_saved(server):
    """What was written in part is not seen; nothing is shown that was not
    saved; and when there is room again, all is as it would have been."""
    if not hosts.can_unshare():
        pytest.skip("no file system can be mounted here")
    ours = server(plugin=uidl.PLUGINS, start=False)
    with small_disk(uidl.home(ours)):
        ours.start()
        uidl.fill(ours, range(1, 31))
        before = uidl.listing(ours)
        # more than the journal's last block has room for
        uidl.fill(ours, range(31, 101))
        ballast = uidl.home(ours) / "ballast"
        fill_up(ballast)
        ours.expect_log("Error: .*pop3-uidl.*No space left on device")
        ours.allow_log("No space left on device|Disk quota exceeded")
        for _ in range(2):
            with ours.login() as client:
                assert client.stat()[0] == 100
                uidl_closes(client)
        ballast.unlink()
        after = uidl.listing(ours).split(b"\r\n")
        assert after[:30] == before.split(b"\r\n")
        assert len({line.split()[1] for line in after}) == 100
        uidl.remove(ours, "Maildir/dovecot.index*")
        assert uidl.listing(ours).split(b"\r\n") == after
        ours.stop(keep=True)


def test_store_that_is_gone_is_not_made_anew(server):
    ours = server(plugin=uidl.PLUGINS)
    uidl.fill(ours, range(1, 6))
    before = uidl.listing(ours)
    kept = uidl.journal(ours).rename(uidl.home(ours) / "kept")
    ours.expect_log("Error: .*store of mailbox INBOX is gone")
    with ours.login() as client:
        uidl_closes(client)
    kept.rename(uidl.journal(ours))
    assert uidl.listing(ours) == before


def test_nothing_is_lost_when_the_process_is_killed_again_and_again(
        server, rng):
    ours = server(plugin=uidl.PLUGINS, service_count=1, settings=uidl.KILLED)
    ours.allow_log("killed with signal 9")
    shown = {}
    for round_ in range(6):
        uidl.fill(ours, range(round_ * 40 + 1, round_ * 40 + 41))
        with ours.login() as client:
            pids = ours.processes("pop3")
            client.send_line("UIDL")
            timer = threading.Timer(rng.random() * 0.02, lambda: [
                os.kill(pid, signal.SIGKILL) for pid in pids])
            timer.start()
            data = client.read_eof()
            timer.join()
        # what was seen of the list counts, if only in part
        for line in data.split(b"\r\n")[:-1]:
            number, _, text = line.partition(b" ")
            if number.isdigit():
                assert shown.setdefault(int(number), text) == text
    after = dict((int(line.split(b" ")[0]), line.split(b" ")[1])
                 for line in uidl.listing(ours).split(b"\r\n"))
    assert len(after) == 240 and len(set(after.values())) == 240
    assert all(after[number] == text for number, text in shown.items())


def test_sessions_at_once_show_the_same(server):
    ours = server(plugin=uidl.PLUGINS)
    for first in (1, 101):
        uidl.fill(ours, range(first, first + 100))
        clients = [ours.login() for _ in range(4)]
        for client in clients:
            client.send_line("UIDL")
        lists = []
        for client in clients:
            assert client.line() == b"+OK"
            lists.append(list(client.multi()))
            client.close()
        assert lists[0] == lists[1] == lists[2] == lists[3]
        assert len(set(lists[0])) == len(lists[0]) == first + 99
    before = uidl.by_subject(ours)
    uidl.remove(ours, "Maildir/dovecot*")
    assert uidl.by_subject(ours) == before


def test_wrong_setting_of_pop3_ext_changes_no_uidl(server):
    """UIDLs do not depend on the settings of other commands."""
    ours = server(plugin=uidl.PLUGINS)
    uidl.fill(ours, range(1, 6))
    before = uidl.listing(ours)
    ours.users[0].fields["pop3_ext_pop4"] = "anything"
    ours.users[0].fields["pop3_ext_xmit_max_size"] = "anything"
    ours.restart()
    ours.expect_log("Error: pop3_ext: pop3_ext_pop4=anything")
    ours.expect_log("Error: pop3_ext: pop3_ext_xmit_max_size=anything")
    assert uidl.listing(ours) == before


def test_plugin_without_pop3_ext_refuses_the_login(server):
    ours = server(plugin=["pop3_uidl"])
    ours.expect_log("alice: pop3_uidl: The user's mail_plugins must contain "
                    "pop3_ext, too")
    with pytest.raises(pop3.Refused, match="SYS/TEMP"):
        ours.login()
