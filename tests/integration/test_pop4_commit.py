"""SFLD when the old selection can't be closed, or the new one can't be read:
what was selected stays, with its numbers and marks."""

import shutil

import pytest

from pop3ext import hosts, pop3, pop4, testmodule

pytestmark = pytest.mark.every

DENIED = r"Error: .*Permission denied"


def message(text):
    return b"Subject: %s\r\n\r\nbody of %s\r\n" % (text, text)


@pytest.fixture(name="ours")
def _ours(shared_server):
    """alice has four messages in INBOX and four in Work."""
    made = shared_server(plugin=testmodule.PLUGIN, plugin_settings={
        "pop3_ext_pop4": "folders messages flags"})
    shutil.rmtree(made.folder / "home" / "alice" / "Maildir",
                  ignore_errors=True)
    imap = made.imap()
    for folder in ("INBOX", "Work"):
        imap.create(folder)
        for number in range(4):
            imap.append(folder, None, None, message(
                b"%s-%d" % (folder.encode(), number)))
    imap.logout()
    return made


class NoCommit:
    """While it lasts no change of alice's folders is committed."""

    def __init__(self, made):
        self._path = made.folder / "home" / "alice" / "no-commit"

    def __enter__(self):
        self._path.touch()

    def __exit__(self, *exc):
        self._path.unlink()


def work(made):
    """The folder Work as it lies there."""
    return made.folder / "home" / "alice" / "Maildir" / ".Work"


def left(made, folder):
    """Its messages."""
    return [text for _, text in made.messages("alice", folder)]


@pytest.mark.valgrind
def test_marks_stay_when_they_cannot_be_carried_out(ours):
    """Until they can."""
    with ours.login() as client:
        pop4.select(client, "Work")
        client.ok("DELE 2")
        client.retr(3)
        with NoCommit(ours):
            for folder in ("INBOX", "Work", "inbox"):
                assert client.command("SFLD " + folder) == (
                    b"-ERR [SYS/TEMP] server error: "
                    b"The selected folder could not be closed")
                assert client.stat()[0] == 3
                assert client.command("RETR 2") == b"-ERR Message is deleted."
                assert client.retr(4) == message(b"Work-3")
                client.ok("LIST")
                assert [line.split()[0] for line in client.multi()] == [
                    b"1", b"3", b"4"]
        assert pop4.select(client, "INBOX")[0] == 4
        assert left(ours, "Work") == [
            message(b"Work-%d" % number) for number in (0, 2, 3)]
        # what was read is seen, although a commit had failed
        assert pop4.select(client, "Work") == (
            3, 3 * len(message(b"Work-0")), 1)
        client.quit()
    assert len(left(ours, "Work")) == 3


def test_rset_frees_from_marks_that_cannot_be_carried_out(ours):
    with ours.login() as client:
        pop4.select(client, "Work")
        client.ok("DELE 2")
        with NoCommit(ours):
            assert client.command("SFLD INBOX").startswith(b"-ERR [SYS/TEMP]")
            client.ok("RSET")
            assert client.stat()[0] == 4
            assert pop4.select(client, "INBOX")[0] == 4
        client.quit()
    assert len(left(ours, "Work")) == 4


def test_quit_says_what_it_could_not_do(ours):
    """As the host says it."""
    with ours.login() as client:
        pop4.select(client, "Work")
        client.ok("DELE 2")
        with NoCommit(ours):
            assert client.quit().startswith(b"-ERR [SYS/TEMP] ")
    assert len(left(ours, "Work")) == 4


def test_numbers_stay_when_the_same_folder_cannot_be_read_again(ours):
    """The marks have been carried out then, and nothing has moved: what is
    deleted next is what it was before."""
    ours.expect_log(DENIED)
    with ours.login() as client:
        pop4.select(client, "Work")
        client.ok("DELE 1")
        # has come since, and its size can't be found out
        fresh = work(ours) / "cur" / "2000000000.M1P1.test:2,"
        fresh.write_bytes(message(b"fresh"))
        fresh.chmod(0)
        assert client.command("SFLD Work").startswith(
            b"-ERR [SYS/TEMP] server error")
        shutil.chown(fresh, hosts.MAIL_UID, hosts.MAIL_GID)
        fresh.chmod(0o600)
        assert client.stat()[0] == 3
        assert client.retr(2) == message(b"Work-1")
        client.ok("DELE 3")
        assert client.retr(4) == message(b"Work-3")
        client.quit()
    assert left(ours, "Work") == [
        message(b"Work-1"), message(b"Work-3"), message(b"fresh")]


def test_new_folder_that_cannot_be_read_costs_nothing(ours):
    """No mark is carried out for it."""
    ours.expect_log(DENIED)
    with ours.login() as client:
        client.ok("DELE 1")
        work(ours).chmod(0)
        assert client.command("SFLD Work").startswith(b"-ERR ")
        work(ours).chmod(0o700)
        assert client.stat()[0] == 3
        assert len(left(ours, "INBOX")) == 4
        client.ok("RSET")
        assert client.stat()[0] == 4
        client.quit()
    assert len(left(ours, "INBOX")) == 4


def test_folder_that_was_deleted_meanwhile_can_be_left(ours):
    """By another session; there is nothing to be carried out any more."""
    with ours.login() as client:
        pop4.select(client, "Work")
        client.ok("DELE 1")
        client.retr(2)
        imap = ours.imap()
        assert imap.delete("Work")[0] == "OK"
        imap.logout()
        assert client.command("SFLD Work").startswith(b"-ERR no such folder")
        assert pop4.select(client, "INBOX")[0] == 4
        client.ok("DELE 1")
        client.quit()
    assert len(left(ours, "INBOX")) == 3


def stor(client, text):
    """STOR into the selection; the last reply."""
    reply = client.command("STOR")
    if reply == b"+OK send message":
        client.send(pop3.stuff(message(text)))
        reply = client.line()
    return reply


@pytest.mark.valgrind
def test_folder_that_is_kept_open_for_stor_changes_meanwhile(ours):
    """Others add and delete, and it is left and selected again."""
    imap = ours.imap()
    imap.select("Work")
    with ours.login() as client:
        pop4.select(client, "Work")
        uids = []
        for number in range(3):
            uids.append(stor(client, b"stored-%d" % number).split()[2])
            imap.append("Work", None, None, message(b"theirs-%d" % number))
            imap.store("1", "+FLAGS", "\\Deleted")
            imap.expunge()
            if number == 1:
                client.ok("DELE 4")
                assert pop4.select(client, "Work")[0] == 5
        assert pop4.select(client, "Work")[0] == 6
        listed = client.uidl()
        assert [client.retr(number) for number in listed] == [
            message(text) for text in (b"stored-0", b"theirs-0", b"stored-1",
                                       b"theirs-1", b"stored-2", b"theirs-2")]
        assert [listed[number] for number in (1, 3, 5)] == uids
        client.quit()
    imap.logout()


def test_folder_that_is_kept_open_for_stor_is_deleted(ours):
    """Nothing is stored into nowhere, and a new one of that name is the one
    that gets what comes next."""
    with ours.login() as client:
        pop4.select(client, "Work")
        assert stor(client, b"one").startswith(b"+OK stored")
        imap = ours.imap()
        assert imap.delete("Work")[0] == "OK"
        assert stor(client, b"two").startswith(b"-ERR no such folder")
        client.ok("NOOP")
        imap.create("Work")
        imap.logout()
        pop4.select(client, "INBOX")
        pop4.select(client, "Work")
        assert stor(client, b"three").startswith(b"+OK stored")
        client.quit()
    assert left(ours, "Work") == [message(b"three")]
