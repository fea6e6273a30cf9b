"""SFLD moves everything that the host keeps of a mailbox: a test for each of
these fields (maildrop-state.h), and switches at random."""

import re

import pytest

from pop3ext import pop4

pytestmark = pytest.mark.every


def message(text):
    return b"Subject: %s\r\n\r\nbody of %s\r\n" % (text, text)


def fill(server, folder, count, name="alice"):
    """Append numbered messages by IMAP; the folder is made."""
    client = server.imap(name)
    if folder != "INBOX":
        client.create(folder)
    for number in range(count):
        status, reply = client.append(folder, None, None, message(
            b"%s-%d" % (folder.encode(), number)))
        assert status == "OK", reply
    client.logout()


@pytest.fixture(params=["maildir", "mdbox"])
def store(request, shared_server):
    """A server whose users' mail is gone after the test."""
    made = shared_server(
        driver=request.param,
        plugin_settings={"pop3_ext_pop4": "folders"},
        pop3_settings={"pop3_uidl_duplicates": "rename",
                       "pop3_enable_last": "yes"})
    fill(made, "INBOX", 40)
    fill(made, "Work", 3)
    yield made
    for user in made.users:
        made.host.run(["rm", "-rf", user.home])


def test_fields_of_a_large_folder_do_not_reach_into_a_small_one(store):
    """deleted_bitmask, seen_bitmask, message_uidls, uidl_pool, message_sizes,
    msgnum_to_seq_map, highest_seq, lowest_retr_pop3_msn, all_seqs: each is
    made as large as INBOX and then used in a folder of 3 and of none."""
    with store.login() as client:
        client.ok("CFLD Empty")
        inbox_uids = client.uidl()
        client.retr(40)
        client.ok("DELE 39")
        assert client.command("LAST") == b"+OK 40"
        pop4.select(client, "Work")
        assert client.command("LAST") == b"+OK 0"
        assert len(client.uidl()) == 3
        assert set(client.uidl().values()).isdisjoint(inbox_uids.values())
        client.ok("LIST")
        assert len(client.multi()) == 3
        assert client.command("LIST 4").startswith(b"-ERR")
        assert client.command("DELE 40").startswith(b"-ERR")
        client.ok("DELE 3")
        assert client.stat()[0] == 2
        client.ok("RSET")
        assert client.stat()[0] == 3
        pop4.select(client, "Empty")
        assert client.stat() == (0, 0) and client.uidl() == {}
        client.ok("RSET")
        pop4.select(client, "INBOX")
        uids = client.uidl()
        assert list(uids.values()) == [
            uid for number, uid in inbox_uids.items() if number != 39]
        assert client.quit().startswith(b"+OK")


def test_deleted_keyword_is_that_of_the_folder(server):
    """deleted_kw: with pop3_delete_type = flag each folder has its own
    keyword, or DELE in the one would look for it in the other."""
    made = server(users=["alice"], plugin_settings={
        "pop3_ext_pop4": "folders messages"}, pop3_settings={
            "pop3_delete_type": "flag", "pop3_deleted_flag": "Gone"})
    fill(made, "INBOX", 3)
    # other keywords come first here
    imap = made.imap("alice")
    imap.create("Work")
    for number in range(3):
        imap.append("Work", "(k%d)" % number, None, message(b"%d" % number))
    imap.logout()
    with made.login() as client:
        client.ok("DELE 1")
        pop4.select(client, "Work")
        client.ok("DELE 2")
        client.ok("MOVE 3 INBOX")
        pop4.select(client, "INBOX")
        assert client.stat()[0] == 3
        assert pop4.select(client, "Work")[0] == 1
        client.quit()
    assert [flags & {"Gone", "k0", "k1", "k2"}
            for flags, _ in made.messages("alice", "Work")] == [
                {"k0"}, {"k1", "Gone"}, {"k2", "Gone"}]
    assert ["Gone" in flags for flags, _ in made.messages("alice")] == [
        True, False, False, False]


def test_vanished_messages_count_for_their_folder_only(store):
    """highest_expunged_fetch_msgnum: a second RETR of a message that is gone
    counts as a bad command, and ends the session in the end; not what was
    asked in another folder, and not for good."""
    if store.driver != "maildir":
        return  # the others keep the message until they are purged
    with store.login() as client:
        imap = store.imap("alice")
        for name in ("INBOX", "Work"):
            imap.select(name)
            imap.store("1:3", "+FLAGS", "\\Deleted")
            if name == "INBOX":
                imap.expunge()
            else:
                pop4.select(client, "Work")
                imap.expunge()
        imap.logout()
        for number in (1, 2, 3):
            assert client.command("RETR %d" % number).startswith(
                b"-ERR Message %d expunged" % number)
        # 37 switches, each with a message that the other folder had lost
        for _ in range(37):
            assert pop4.select(client, "INBOX")[0] == 37
            client.retr(1)
            assert pop4.select(client, "Work")[0] == 0
            assert client.command("RETR 1").startswith(b"-ERR There's no")
        client.quit()


def test_seen_flags_are_written_when_the_folder_is_left(store):
    with store.login() as client:
        pop4.select(client, "Work")
        client.retr(2)
        assert pop4.select(client, "INBOX")[0] == 40
        seen = ["\\Seen" in flags for flags, _ in store.messages("alice", "Work")]
        assert seen == [False, True, False]


def test_marks_are_lost_with_the_connection(store):
    with store.login() as client:
        pop4.select(client, "Work")
        client.ok("DELE 1")
        mark = store.log_size()
    store.wait_log("Disconnected", mark)
    assert len(store.messages("alice", "Work")) == 3


def test_session_is_counted_once_and_not_after_its_end(store):
    """anvil is told of each opening"""
    def sessions():
        lines = store.doveadm("who", "-1").stdout.decode().splitlines()
        return len([line for line in lines if re.search(r"\bpop3\b", line)])

    with store.login("bob") as client:
        client.ok("CFLD Work")
        for _ in range(5):
            pop4.select(client, "Work")
            pop4.select(client, "INBOX")
            assert client.command("SFLD Nosuch").startswith(b"-ERR")
        assert sessions() == 1
        mark = store.log_size()
        client.quit()
    store.wait_log("Disconnected", mark)
    assert sessions() == 0


def test_commands_may_be_pipelined_around_sfld(store):
    with store.login() as client:
        client.send(b"STAT\r\nSFLD Work\r\nSTAT\r\nDELE 1\r\nSFLD Nosuch\r\n"
                    b"STAT\r\nLFLD %\r\nSFLD INBOX\r\nSTAT\r\nQUIT\r\n")
        lines = client.read_eof().split(b"\r\n")
    assert [line.split()[1] for line in lines[:4]] == [
        b"40", b"3", b"3", b"Marked"]
    assert lines[4].startswith(b"-ERR no such folder")
    assert lines[5].startswith(b"+OK 2 ")
    assert lines[-5] == b"."
    assert lines[-3].startswith(b"+OK 40 ")


def test_messages_that_vanish_keep_their_numbers(store):
    with store.login() as client:
        pop4.select(client, "Work")
        imap = store.imap("alice")
        imap.select("Work")
        imap.store("2", "+FLAGS", "\\Deleted")
        imap.expunge()
        imap.logout()
        assert client.stat()[0] == 3
        # mdbox has it until doveadm purge
        if store.driver == "maildir":
            assert client.command("RETR 2").startswith(b"-ERR")
        else:
            assert client.retr(2) == message(b"Work-1")
        assert client.retr(3) == message(b"Work-2")
        assert pop4.select(client, "Work")[0] == 2


def test_random_switches(store, rng):
    """300 switches with host commands between them, against a model."""
    left = {"INBOX": 40, "Work": 3}
    with store.login() as client:
        selected, marks = "INBOX", set()
        for _ in range(300):
            name = rng.choice(["INBOX", "Work", "Nosuch", "work/x", "inbox"])
            reply = client.command("SFLD " + name)
            name = "INBOX" if name == "inbox" else name
            if name in left:
                left[selected] -= len(marks)
                selected, marks = name, set()
                assert reply.startswith(b"+OK %d " % left[name])
            else:
                assert reply.startswith(b"-ERR no such folder")
            if left[selected] and rng.random() < 0.1:
                number = rng.randrange(left[selected]) + 1
                if number not in marks:
                    client.ok("DELE %d" % number)
                    marks.add(number)
            if rng.random() < 0.1:
                client.ok("RSET")
                marks = set()
            assert client.stat()[0] == left[selected] - len(marks)
            if rng.random() < 0.3:
                assert len(client.uidl()) == left[selected] - len(marks)
        client.quit()
    left[selected] -= len(marks)
    assert {name: len(store.messages("alice", name))
            for name in left} == left
