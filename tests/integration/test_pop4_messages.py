"""POP4: COPY, MOVE and STOR (doc/spec/pop4.txt, "Message Commands")."""

import re
import socket
import threading

import pytest

from pop3ext import pop3

pytestmark = pytest.mark.every

POP4 = {"pop3_ext_pop4": "messages flags"}
PROTOCOLS = ("pop3", "imap")


@pytest.fixture(params=["maildir", "mdbox"])
def pop4(request, shared_server):
    """A server; alice has an empty INBOX and an empty Archive."""
    made = shared_server(plugin_settings=POP4, driver=request.param)
    imap = made.imap("alice")
    imap.delete("Archive")
    imap.create("Archive")
    if imap.select("INBOX")[1] != [b"0"]:
        imap.store("1:*", "+FLAGS", r"\Deleted")
        imap.expunge()
    imap.logout()
    return made


def message(number):
    return b"Subject: m%d\r\n\r\nText %d\r\n" % (number, number)


def fill(server, count, folder="INBOX", flags=None, name="alice"):
    imap = server.imap(name)
    for number in range(1, count + 1):
        status, _ = imap.append(folder, flags, None, message(number))
        assert status == "OK"
    imap.logout()


def subjects(server, folder="INBOX", name="alice"):
    return [int(re.search(rb"Subject: m(\d+)", text).group(1))
            for _, text in server.messages(name, folder)]


def stor(client, data, args=""):
    """STOR as a client does it; the last reply."""
    reply = client.command("STOR" + (" " + args if args else ""))
    if not reply.startswith(b"+OK"):
        return reply
    assert reply == b"+OK send message"
    client.send(pop3.stuff(data))
    return client.line()


# COPY and MOVE

def test_copy_takes_sets_and_blank_separated_words(pop4):
    fill(pop4, 6)
    with pop4.login() as client:
        assert client.command("COPY 2 Archive") == b"+OK 1 messages copied"
        assert client.command("COPY 6:5,1,5 Archive") == \
            b"+OK 3 messages copied"
        assert client.command('copy 1 3:4 * "Archive"') == \
            b"+OK 4 messages copied"
        assert client.ok("STAT").split()[1] == b"6"
        client.quit()
    assert subjects(pop4, "Archive") == [2, 1, 5, 6, 1, 3, 4, 6]
    assert subjects(pop4) == [1, 2, 3, 4, 5, 6]


def test_copy_keeps_flags_and_date_of_messages(pop4):
    imap = pop4.imap()
    imap.append("INBOX", r"(\Answered $Forwarded work)",
                '"17-Jul-1996 02:44:25 +0000"', message(1))
    with pop4.login() as client:
        client.ok("COPY 1 Archive")
    imap.select("Archive")
    _, data = imap.fetch("1", "(FLAGS INTERNALDATE)")
    assert b"17-Jul-1996 02:44:25" in data[0]
    assert {b"\\Answered", b"$Forwarded", b"work"} <= \
        set(re.search(rb"FLAGS \((.*?)\)", data[0]).group(1).split())


def test_copy_within_the_selected_folder_leaves_the_numbers(pop4):
    fill(pop4, 2)
    with pop4.login() as client:
        assert client.command("COPY 1:2 inbox") == b"+OK 2 messages copied"
        assert client.ok("STAT").split()[1] == b"2"
        assert client.command("RETR 3").startswith(b"-ERR")
        client.quit()
    assert subjects(pop4) == [1, 2, 1, 2]


def test_move_marks_as_dele_does_and_quit_deletes(pop4):
    fill(pop4, 4)
    with pop4.login() as client:
        assert client.command("MOVE 2,4 Archive") == b"+OK 2 messages moved"
        assert subjects(pop4, "Archive") == [2, 4]
        assert client.ok("STAT").split()[1] == b"2"
        client.ok("LIST")
        assert [line.split()[0] for line in client.multi()] == [b"1", b"3"]
        assert client.command("RETR 2") == b"-ERR Message is deleted."
        assert client.command("MOVE 2 Archive") == \
            b"-ERR no such message: 2 is marked to be deleted"
        assert client.command("MOVE 1:* Archive") == b"+OK 2 messages moved"
        assert client.command("MOVE 1:* Archive") == b"+OK 0 messages moved"
        assert subjects(pop4) == [1, 2, 3, 4]
        client.quit()
    assert subjects(pop4) == []
    assert subjects(pop4, "Archive") == [2, 4, 1, 3]


def test_move_takes_along_that_a_message_was_read(pop4):
    """What RETR has sent is seen, as QUIT makes the message itself."""
    fill(pop4, 2)
    with pop4.login() as client:
        client.retr(1)
        client.ok("MOVE 1:2 Archive")
        client.quit()
    imap = pop4.imap()
    imap.select("Archive", readonly=True)
    assert imap.search(None, "SEEN")[1] == [b"1"]
    imap.logout()


def test_copy_of_large_messages_goes_on_after_each_step(pop4):
    """Steps end by octets, too."""
    imap = pop4.imap()
    large = b"Subject: m1\r\n\r\n" + 60000 * (b"x" * 78 + b"\r\n")
    for data in (large, message(2), large, message(3)):
        imap.append("INBOX", None, None, data)
    imap.logout()
    with pop4.login() as client:
        assert client.command("COPY 1:* Archive") == b"+OK 4 messages copied"
        client.quit()
    assert subjects(pop4, "Archive") == [1, 2, 1, 3]


def test_rset_unmarks_what_move_has_copied(pop4):
    fill(pop4, 3)
    with pop4.login() as client:
        client.ok("MOVE 1:2 Archive")
        client.ok("RSET")
        assert client.ok("STAT").split()[1] == b"3"
        client.ok("MOVE 3 Archive")
        client.quit()
    assert subjects(pop4) == [1, 2]
    assert subjects(pop4, "Archive") == [1, 2, 3]


def test_a_line_that_drops_after_move_leaves_both(pop4):
    fill(pop4, 2)
    client = pop4.login()
    client.ok("MOVE 1 Archive")
    client.reset()
    assert subjects(pop4) == [1, 2]
    assert subjects(pop4, "Archive") == [1]


def test_move_into_the_folder_of_the_messages_is_refused(pop4):
    fill(pop4, 1)
    with pop4.login() as client:
        assert client.command("MOVE 1 INBOX") == \
            b"-ERR folder in use: the messages are in it"
        assert client.command("MOVE 1 Inbox").startswith(b"-ERR folder in use")
        client.quit()
    assert subjects(pop4) == [1]


ERRORS = [
    ("COPY", b"syntax: COPY messages folder"),
    ("COPY 1", b"syntax: COPY messages folder"),
    ("MOVE Archive", b"syntax: MOVE messages folder"),
    ('COPY 1 "Archive', b"syntax: no quote at the end"),
    ("COPY  1 Archive", b"syntax: a blank too many"),
    ("COPY 0 Archive", b"bad message set: 0"),
    ("COPY 1,, Archive", b"bad message set: 1,,"),
    ("COPY 1 2 x Archive", b"bad message set: x"),
    ("COPY 1:4294967295 Archive", b"no such message: 1:4294967295"),
    ("MOVE 3 Archive", b"no such message: 3"),
    ("MOVE 1:3 Archive", b"no such message: 1:3"),
    ("COPY 1 2 9999999999 Archive", b"no such message: 9999999999"),
    ("COPY 1 Nowhere", b"no such folder: "),
    ("MOVE 1 Nowhere", b"no such folder: "),
    ("STOR Nowhere", b"no such folder: "),
    ("COPY 1 /Archive", b"bad folder name: "),
    ("COPY 1 a//b", b"bad folder name: "),
    ('MOVE 1 ""', b"bad folder name: "),
    ('STOR ""', b"bad folder name: "),
    ("STOR Archive RECENT", b"bad flag: RECENT can't be changed"),
    ("STOR Archive SEEN,a*b", b'bad flag: "a*b"'),
    ("STOR Archive " + "k" * 300, b"bad flag: "),
    ("STOR Archive SEEN 1", b"syntax: STOR [folder [flags]]"),
    ("COPY " + ",".join(["1"] * 600) + " Archive", b"syntax: line too long"),
]


def test_errors_name_what_was_wrong_and_change_nothing(pop4):
    fill(pop4, 2)
    with pop4.login() as client:
        for line, error in ERRORS:
            reply = client.command(line)
            assert reply.startswith(b"-ERR " + error), (line, reply)
            client.ok("NOOP")
        assert client.ok("STAT").split()[1] == b"2"
        client.quit()
    assert subjects(pop4) == [1, 2]
    assert subjects(pop4, "Archive") == []


def test_pipelined_with_the_commands_of_the_host(pop4):
    fill(pop4, 3)
    with pop4.login() as client:
        client.send(b"STAT\r\nCOPY 1 Archive\r\nDELE 1\r\nMOVE 1:* Archive\r\n"
                    b"STOR Archive\r\n" + pop3.stuff(message(7)) +
                    b"STAT\r\nRSET\r\nMOVE 9 Archive\r\nSTAT\r\nQUIT\r\n")
        lines = client.read_eof().split(b"\r\n")
    for line, start in zip(lines, [
            b"+OK 3 ", b"+OK 1 messages copied", b"+OK Marked",
            b"+OK 2 messages moved", b"+OK send message", b"+OK stored ",
            b"+OK 0 ", b"+OK", b"-ERR no such message", b"+OK 3 ", b"+OK"]):
        assert line.startswith(start), lines
    assert subjects(pop4, "Archive") == [1, 2, 3, 7]


def test_a_message_that_others_delete_is_an_error(pop4):
    fill(pop4, 3)
    with pop4.login() as client:
        imap = pop4.imap()
        imap.select("INBOX")
        imap.store("2", "+FLAGS", r"\Deleted")
        imap.expunge()
        reply = client.command("COPY 1,2 Archive")
        assert reply == (b"-ERR no such message: "
                         b"2 was deleted by another session")
        assert subjects(pop4, "Archive") == []
        assert client.command("MOVE 1:3 Archive") == b"+OK 2 messages moved"
        client.quit()
    assert subjects(pop4) == []
    assert subjects(pop4, "Archive") == [1, 3]


def test_copy_that_fails_half_way_leaves_nothing(shared_server):
    made = shared_server(plugin_settings=POP4)
    imap = made.imap("bob")
    imap.create("Half")
    fill(made, 120, name="bob")
    with made.login("bob") as client:
        # the file of a message in the middle goes, the index has it
        assert client.ok("STAT").split()[1] == b"120"
        (gone,) = [path for path in made.folder.rglob("Maildir/cur/*")
                   if path.is_file() and b"Subject: m90\r" in
                   path.read_bytes().replace(b"\n", b"\r\n")
                   and "bob" in str(path)]
        gone.unlink()
        # by its number: the host may have noticed that it is gone, and in a
        # range it would be passed over then
        reply = client.command("COPY 1:89,90,91:* Half")
        assert reply.startswith(b"-ERR no such message"), reply
        assert client.command("COPY 1:89 Half") == b"+OK 89 messages copied"
    assert subjects(made, "Half", "bob") == list(range(1, 90))
    assert not [path for path in made.folder.rglob("Maildir/.Half/tmp/*")]


def test_copy_of_many_messages_lets_others_in_between(shared_server):
    made = shared_server(plugin_settings=POP4, client_limit=5,
                         service_count=100, process_limit=1, users=["carol"])
    imap = made.imap("carol")
    imap.create("Many")
    fill(made, 120, name="carol")
    replies = []
    first, second = made.login("carol"), made.login("carol")
    with first, second:
        def ask():
            for _ in range(5):
                replies.append(second.command("NOOP"))
        first.send(b"COPY 1:* Many\r\nCOPY 1:* Many\r\n")
        thread = threading.Thread(target=ask)
        thread.start()
        assert first.line() == b"+OK 120 messages copied"
        assert first.line() == b"+OK 120 messages copied"
        thread.join()
    assert replies == [b"+OK"] * 5
    assert len(subjects(made, "Many", "carol")) == 240


# STOR

def test_stored_message_is_there_with_flags_and_uidl(pop4):
    data = b"Subject: m1\r\n\r\n.dot\r\n..\r\nend\r\n"
    with pop4.login() as client:
        assert client.ok("STAT").split()[1] == b"0"
        uidls = {}
        for folder, flags in [("Archive", "SEEN,FORWARDED,Junk"),
                              ("INBOX", "-"), (None, None)]:
            args = " ".join(x for x in (folder, flags) if x)
            reply = stor(client, data, args)
            assert reply.startswith(b"+OK stored "), reply
            uidls.setdefault(folder or "INBOX", []).append(reply.split()[2])
        assert client.ok("STAT").split()[1] == b"0"
        client.quit()
    ((flags, text),) = pop4.messages("alice", "Archive")
    assert flags - {r"\Recent"} == {r"\Seen", "$Forwarded", "Junk"}
    assert text == data
    assert [text for _, text in pop4.messages("alice")] == [data, data]
    with pop4.login() as client:
        client.ok("UIDL")
        assert [line.split()[1] for line in client.multi()] == uidls["INBOX"]


BAD_MESSAGES = {
    "empty": b"",
    "no header": b"\r\nbody\r\n",
    "text": b"just text\r\n",
    "mbox": b"From alice Sat Jan  3 01:05:34 1996\r\nSubject: m1\r\n\r\n",
    "NUL": b"Subject: m1\r\n\r\na\0b\r\n",
    "long line": b"Subject: m1\r\n\r\n" + b"x" * 70000 + b"\r\n",
    "huge header": b"Subject: m1\r\n" + b"X: %s\r\n" % (b"y" * 900) * 300 +
                   b"\r\n",
}


@pytest.mark.parametrize("what", BAD_MESSAGES)
def test_bad_message_is_read_to_its_end_and_not_stored(what, pop4):
    with pop4.login() as client:
        reply = stor(client, BAD_MESSAGES[what] + b"QUIT\r\n" * 1000,
                     "Archive")
        assert reply.startswith(b"-ERR syntax: "), reply
        assert client.command("NOOP") == b"+OK"
        assert stor(client, message(1), "Archive").startswith(b"+OK stored")
    assert subjects(pop4, "Archive") == [1]


def test_too_large_message_is_read_to_its_end(shared_server):
    made = shared_server(plugin_settings=dict(
        POP4, pop3_ext_pop4_max_size="10k"))
    with made.login() as client:
        reply = stor(client, message(1) + b"x" * 70 + b"\r\n" +
                     b"y" * 998 * 200, "INBOX")
        assert reply.startswith(b"-ERR not permitted: "), reply
        assert stor(client, message(2)).startswith(b"+OK stored")
    assert subjects(made) == [2]


@pytest.mark.parametrize("how", ["close", "reset", "half-close"])
def test_client_that_drops_in_the_middle_stores_nothing(how, pop4):
    mark = pop4.log_size()
    client = pop4.login()
    client.ok("STOR Archive")
    client.send(message(1) + b"more\r\n" * 20000)
    if how == "reset":
        client.reset()
    elif how == "close":
        client.close()
    else:
        client.shutdown()
        client.read_eof()
    pop4.wait_log(r"pop3\(alice\).*Disconnected", mark)
    assert pop4.messages("alice", "Archive") == []


@pytest.mark.parametrize("setting,value,value_24", [
    ("pop3_uidl_format", "%g", "%{guid}"),
    ("pop3_reuse_xuidl", "yes", "yes"),
    ("pop3_save_uidl", "yes", "yes"),
    ("pop3_uidl_duplicates", "rename", "rename"),
])
def test_uidls_of_all_kinds_are_what_uidl_shows(setting, value, value_24,
                                                server):
    settings = [{setting: value}, {setting: value_24}]
    renamed = value == "rename"
    if renamed:
        # all have the same
        settings[0]["pop3_uidl_format"] = "%v"
        settings[1]["pop3_uidl_format"] = "%{uidvalidity}"
    made = server(plugin_settings=POP4, users=["alice"],
                  settings_23=settings[0], settings_24=settings[1])
    fill(made, 3)
    with made.login() as client:
        stored = stor(client, b"X-UIDL: own\r\nSubject: m1\r\n\r\n")
        client.ok("LMSG")
        listed = [line.split()[2] for line in client.multi()]
        client.ok("LMSG 2")
        assert client.multi()[0].split()[2] == listed[1]
        client.quit()
    with made.login() as client:
        client.ok("UIDL")
        uidls = [line.split()[1] for line in client.multi()]
        client.ok("LMSG")
        assert [line.split()[2] for line in client.multi()] == uidls
    assert uidls[:3] == listed
    assert len(set(uidls)) == 4
    assert stored.split()[2] == (b"-" if renamed else uidls[3])


# Quota and rights

def test_full_quota(host, server):
    limit = {} if host.is_24 else {
        "quota": "count:User", "quota_rule": "*:storage=10k",
        "quota_vsizes": "yes"}
    made = server(
        plugin=("pop3_ext", "quota"), plugin_settings=dict(POP4, **limit),
        settings_24={"quota User": {"storage_size": "10k"}}, users=["alice"])
    imap = made.imap()
    imap.create("Archive")
    text = message(1) + b"x" * 998 + b"\r\n"
    for _ in range(8):
        imap.append("INBOX", None, None, text)
    with made.login() as client:
        assert stor(client, text * 3, "Archive").startswith(
            b"-ERR over quota: ")
        assert client.command("COPY 1:* Archive").startswith(
            b"-ERR over quota: ")
        assert client.command("MOVE 1:* Archive").startswith(
            b"-ERR over quota: ")
        assert client.ok("STAT").split()[1] == b"8"
        assert made.messages("alice", "Archive") == []
        assert client.command("COPY 1 Archive") == b"+OK 1 messages copied"
        client.quit()
    assert len(made.messages("alice", "Archive")) == 1
    assert len(made.messages("alice")) == 8


RIGHTS = [
    # rights in INBOX, rights in Archive, what succeeds
    ("lrs", "lr", []),
    ("lrwts", "lri", ["COPY", "STOR"]),
    ("lrwtsie", "lri", ["COPY", "STOR", "MOVE"]),
]


@pytest.mark.parametrize("inbox,archive,works", RIGHTS,
                         ids=lambda value: "-".join(value) or "none")
def test_rights_are_those_of_the_folders(inbox, archive, works, host, server):
    made = server(plugin=("pop3_ext", "acl"), users=["alice"],
                  plugin_settings=dict(
                      POP4, **{} if host.is_24 else {"acl": "vfile"}),
                  settings_24={"acl_driver": "vfile"})
    imap = made.imap()
    imap.create("Archive")
    fill(made, 1)
    (maildir,) = made.folder.rglob("Maildir")
    (maildir / "dovecot-acl").write_text("owner %s\n" % inbox)
    (maildir / ".Archive/dovecot-acl").write_text("owner %s\n" % archive)
    with made.login() as client:
        for command, reply in [
                ("COPY", client.command("COPY 1 Archive")),
                ("STOR", stor(client, message(1), "Archive")),
                ("MOVE", client.command("MOVE 1 Archive"))]:
            if command in works:
                assert reply.startswith(b"+OK"), (command, reply)
            else:
                assert reply.startswith(b"-ERR not permitted: "), (
                    command, reply)
        client.quit()
    assert len(subjects(made, "Archive")) == len(works)
    assert len(subjects(made)) == ("MOVE" not in works)


@pytest.mark.plain
def test_memory_does_not_grow_with_a_message_of_200_mb(server):
    made = server(plugin_settings=dict(POP4, pop3_ext_pop4_max_size="0"),
                  users=["alice"])
    with made.login() as client:
        stor(client, message(1))
        (pid,) = made.processes("pop3")
        before = peak(pid)
        client.ok("STOR")
        client.send(message(2))
        block = (b"z" * 76 + b"\r\n") * 13000
        for _ in range(200):
            client.send(block)
        client.send(b".\r\n")
        assert client.line().startswith(b"+OK stored")
        assert peak(pid) - before < 1500


def peak(pid):
    with open("/proc/%d/status" % pid, encoding="ascii") as status:
        return int(re.search(r"VmHWM:\s+(\d+)", status.read()).group(1))


def test_slow_message_by_octets_is_stored(pop4):
    data = b"Subject: m5\r\n\r\n.a\r\nb\r\n"
    with pop4.login() as client:
        client.ok("STOR Archive")
        client.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for octet in pop3.stuff(data):
            client.send(bytes([octet]))
        assert client.line().startswith(b"+OK stored")
    assert [text for _, text in pop4.messages("alice", "Archive")] == [data]


@pytest.mark.parametrize("command", ["COPY", "MOVE"])
@pytest.mark.parametrize("loss", ["unlink", "dangle"])
def test_range_passes_over_lost_files(server, command, loss):
    """A file that went behind the server's back is a message that is gone: it
    costs a range nothing, by its number it is no such message."""
    made = server(plugin_settings=POP4)
    made.imap("alice").create("Box")
    fill(made, 5)
    box = made.host.outside(made.user("alice").home) / "Maildir"
    made.allow_log("Error: (?!pop3_ext)")
    with made.login() as client:
        assert client.ok("STAT").split()[1] == b"5"
        (lost,) = [path for path in box.glob("cur/*")
                   if b"Subject: m3" in path.read_bytes()]
        lost.unlink()
        if loss == "dangle":
            lost.symlink_to("/nonexistent/message")
        assert client.command(command + " 1:* Box") == (
            b"+OK 4 messages " +
            (b"moved" if command == "MOVE" else b"copied"))
        reply = client.command(command + " 3 Box")
        assert reply.startswith(b"-ERR no such message: 3"), reply
        client.quit()
    assert subjects(made, "Box") == [1, 2, 4, 5]
