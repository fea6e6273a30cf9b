"""POP4: LFLG, SFLG, CFLG, RFLG and LMSG (doc/spec/pop4.txt, "Flag
Commands")."""

import imaplib
import re

import pytest

pytestmark = pytest.mark.every

POP4 = {"pop3_ext_pop4": "messages flags"}

# POP4's names of what IMAP has
NAMES = {r"\seen": "SEEN", r"\answered": "ANSWERED", r"\flagged": "FLAGGED",
         r"\draft": "DRAFT", "$forwarded": "FORWARDED",
         r"\deleted": "DELETED", r"\recent": "RECENT"}


@pytest.fixture(params=["maildir", "mdbox"])
def pop4(request, shared_server):
    """A server; alice has three messages without flags."""
    made = shared_server(plugin_settings=POP4, driver=request.param)
    imap = made.imap("alice")
    if imap.select("INBOX")[1] != [b"0"]:
        imap.store("1:*", "+FLAGS", r"\Deleted")
        imap.expunge()
    for number in range(3):
        imap.append("INBOX", None, None, b"Subject: %d\r\n\r\n" % number)
    imap.logout()
    return made


def lines(client, command):
    """The lines of a list, split at blanks."""
    client.ok(command)
    return [line.decode().split(" ") for line in client.multi()]


def flags(client, command="LFLG"):
    """{message: its flags, without RECENT}; every flag once."""
    found = {}
    for number, *_, names in lines(client, command):
        split = [] if names == "-" else names.split(",")
        assert len(set(split)) == len(split)
        assert "-" not in split
        found[int(number)] = set(split) - {"RECENT"}
    return found


def imap_flags(imap):
    """The same by IMAP, in UID order, as a list."""
    imap.noop()
    found = {}
    # those that came unasked before are in the list, too
    for item in imap.fetch("1:*", "(FLAGS)")[1]:
        if item:
            found[int(item.split()[0])] = {
                NAMES.get(flag.decode().lower(), flag.decode())
                for flag in imaplib.ParseFlags(item)} - {"RECENT"}
    return [found[number] for number in sorted(found)]


def test_flags_are_set_cleared_and_replaced(pop4):
    imap = pop4.imap()
    imap.select("INBOX")
    with pop4.login() as client:
        assert flags(client) == {1: set(), 2: set(), 3: set()}
        assert client.command("SFLG 1:2,2 seen,Flagged,work") == \
            b"+OK 2 messages"
        assert client.command("SFLG * ANSWERED,$Forwarded") == \
            b"+OK 1 messages"
        assert flags(client) == {1: {"SEEN", "FLAGGED", "work"},
                                 2: {"SEEN", "FLAGGED", "work"},
                                 3: {"ANSWERED", "FORWARDED"}}
        assert imap_flags(imap) == list(flags(client).values())
        assert client.command("CFLG 2:1 SEEN,WORK,nonsense") == \
            b"+OK 2 messages"
        assert flags(client, "LFLG 1:2") == {1: {"FLAGGED"}, 2: {"FLAGGED"}}
        assert client.command("RFLG 2:3 DRAFT,other") == b"+OK 2 messages"
        assert client.command("RFLG 1 -") == b"+OK 1 messages"
        assert flags(client) == {1: set(), 2: {"DRAFT", "other"},
                                 3: {"DRAFT", "other"}}
        client.ok("RSET")
        assert imap_flags(imap) == list(flags(client).values())
        client.reset()
    assert imap_flags(imap) == [set(), {"DRAFT", "other"},
                                {"DRAFT", "other"}]


def test_what_pop4_cannot_name_is_neither_shown_nor_lost(pop4):
    imap = pop4.imap()
    imap.select("INBOX")
    imap.store("1", "+FLAGS", r"(\Deleted \Seen a,b Seen plain)")
    before = imap_flags(imap)[0]
    with pop4.login() as client:
        assert flags(client)[1] == {"SEEN", "DELETED", "plain"}
        for line in ("RFLG 1 -", "CFLG 1 SEEN,plain", "RFLG 1 FLAGGED"):
            client.ok(line)
        assert flags(client)[1] == {"FLAGGED", "DELETED"}
    after = imap_flags(imap)[0]
    assert after == before - {"SEEN", "plain"} | {"FLAGGED"}
    assert {"a,b", "Seen", "DELETED"} <= after


def test_flags_set_by_others_meanwhile_stay(pop4):
    imap = pop4.imap()
    imap.select("INBOX")
    with pop4.login() as client:
        assert flags(client) == {1: set(), 2: set(), 3: set()}
        imap.store("1:3", "+FLAGS", r"(\Answered theirs)")
        assert flags(client, "LFLG 1") == {1: {"ANSWERED", "theirs"}}
        client.ok("SFLG 1 SEEN,ours")
        client.ok("CFLG 2 FLAGGED")
        imap.store("1", "+FLAGS", r"(\Flagged \Deleted)")
        client.ok("CFLG 1 ours")
        client.quit()
    assert imap_flags(imap) == [
        {"SEEN", "ANSWERED", "FLAGGED", "DELETED", "theirs"},
        {"ANSWERED", "theirs"}, {"ANSWERED", "theirs"}]


def test_seen_of_retr_can_be_cleared(pop4):
    imap = pop4.imap()
    imap.select("INBOX")
    with pop4.login() as client:
        for number in (1, 2):
            client.ok("RETR %d" % number)
            client.multi()
        client.ok("CFLG 1 SEEN")
        client.quit()
    assert imap_flags(imap) == [set(), {"SEEN"}, set()]


ERRORS = [
    ("LFLG 1 2", b"syntax: LFLG [messages]"),
    ("SFLG 1", b"syntax: SFLG messages flags"),
    ("CFLG", b"syntax: CFLG messages flags"),
    ("RFLG 1 SEEN 2", b"syntax: RFLG messages flags"),
    ("LMSG  1", b"syntax: a blank too many"),
    ("LFLG 0", b"bad message set: 0"),
    ("LMSG 1:x", b"bad message set: 1:x"),
    ("SFLG 1,,2 SEEN", b"bad message set: 1,,2"),
    ("LFLG 4", b"no such message: 4"),
    ("LMSG 1:4294967295", b"no such message: 1:4294967295"),
    ("SFLG 1,4 SEEN", b"no such message: 1,4"),
    ("SFLG 2:* SEEN", b"no such message: 3 is marked"),
    ("RFLG 3 SEEN", b"no such message: 3 is marked to be deleted"),
    ("CFLG 1,3 SEEN", b"no such message: 3 is marked to be deleted"),
    ("LFLG *", b"no such message: 3 is marked to be deleted"),
    ("SFLG 1 RECENT", b"bad flag: RECENT can't be changed"),
    ("CFLG 1 SEEN,DELETED", b"bad flag: DELETED can't be changed"),
    ("RFLG 1 SEEN,,DRAFT", b'bad flag: ""'),
    ("SFLG 1 a%b", b'bad flag: "a%b"'),
    ("SFLG 1 \\Seen", b"syntax: quote or backslash"),
    ("SFLG 1 SEEN," + "k" * 300, b"bad flag: "),
]


def test_errors_name_what_was_wrong_and_change_nothing(pop4):
    with pop4.login() as client:
        client.ok("DELE 3")
        for line, error in ERRORS:
            if line.startswith("SFLG 2:*"):
                # a range only means what is left
                assert client.command(line) == b"+OK 1 messages"
                client.ok("CFLG 2 SEEN")
                continue
            reply = client.command(line)
            assert reply.startswith(b"-ERR " + error), (line, reply)
        assert flags(client) == {1: set(), 2: set()}


def test_a_message_that_others_delete_is_an_error(pop4):
    with pop4.login() as client:
        client.ok("STAT")
        imap = pop4.imap()
        imap.select("INBOX")
        imap.store("2", "+FLAGS", r"\Deleted")
        imap.expunge()
        gone = b"-ERR no such message: 2 was deleted by another session"
        for line in ("LFLG 2", "LMSG 1,2", "SFLG 2,3 SEEN", "RFLG 2 -"):
            assert client.command(line) == gone
        assert client.command("SFLG 1:3 SEEN") == b"+OK 2 messages"
        assert flags(client) == {1: {"SEEN"}, 3: {"SEEN"}}
        assert [line[0] for line in lines(client, "LMSG")] == ["1", "3"]
        # the host's numbers are what they were
        client.ok("RETR 3")
        assert client.multi()[0] == b"Subject: 2"
        imap.append("INBOX", None, None, b"Subject: new\r\n\r\n")
        assert flags(client, "LFLG 1:3").keys() == {1, 3}
        assert client.command("LFLG 4") == b"-ERR no such message: 4"
        client.ok("SFLG 3 FLAGGED")
        client.ok("RETR 3")
        assert client.multi()[0] == b"Subject: 2"
        client.ok("DELE 3")
        client.quit()
    imap.noop()
    assert imap_flags(imap) == [{"SEEN"}, set()]


def test_pipelined_with_the_commands_of_the_host(pop4):
    with pop4.login() as client:
        client.send(b"STAT\r\nLFLG 1\r\nSFLG 1 SEEN\r\nLIST 1\r\nLMSG 1\r\n"
                    b"DELE 1\r\nCFLG 1 SEEN\r\nUIDL 2\r\nRFLG 2:3 -\r\n"
                    b"LFLG 2:3\r\nRSET\r\nLFLG\r\nQUIT\r\n")
        got = client.read_eof()
    assert re.fullmatch(
        rb"\+OK 3 \d+\r\n\+OK .*\r\n1 \S+\r\n\.\r\n\+OK 1 messages\r\n"
        rb"\+OK 1 (\d+)\r\n\+OK .*\r\n1 \1 \S+ SEEN\S*\r\n\.\r\n\+OK .*\r\n"
        rb"-ERR no such message.*\r\n\+OK 2 \S+\r\n\+OK 2 messages\r\n"
        rb"\+OK .*\r\n2 \S+\r\n3 \S+\r\n\.\r\n\+OK\r\n\+OK .*\r\n"
        rb"1 SEEN\S*\r\n2 \S+\r\n3 \S+\r\n\.\r\n\+OK.*\r\n", got), got


def test_lists_are_those_of_imap_after_random_changes(pop4, rng):
    imap = pop4.imap()
    imap.select("INBOX")
    for number in range(20):
        imap.append("INBOX", None, None, b"X: %s\r\n\r\n" % (b"x" * number))
    words = ["SEEN", "ANSWERED", "FLAGGED", "DRAFT", "FORWARDED", "k1", "K2"]
    native = [r"\Seen", r"\Flagged", r"\Deleted", "$Forwarded", "k1", "k3"]
    with pop4.login() as client:
        client.ok("STAT")
        imap.noop()
        for _ in range(60):
            low, high = rng.randint(1, 23), rng.randint(1, 23)
            if rng.random() < 0.5:
                some = ",".join(rng.sample(words, rng.randint(1, 4)))
                client.ok("%s %d:%d,%d %s" % (
                    rng.choice(["SFLG", "CFLG", "RFLG"]), low, high,
                    rng.randint(1, 23), some))
            else:
                imap.store("%d:%d" % (low, high),
                           rng.choice(["FLAGS", "+FLAGS", "-FLAGS"]),
                           "(%s)" % " ".join(
                               rng.sample(native, rng.randint(1, 3))))
            if rng.random() < 0.3:
                assert list(flags(client).values()) == imap_flags(imap)
        assert list(flags(client).values()) == imap_flags(imap)
        imap.noop()
        imap.fetch("1:*", "(UID)")
        _, data = imap.fetch("1:*", "(RFC822.SIZE)")
        client.ok("UIDL")
        uidls = [line.split()[1].decode() for line in client.multi()]
        listed = lines(client, "LMSG")
        assert [line[2] for line in listed] == uidls
        assert [line[1] for line in listed] == [
            re.search(rb"RFC822.SIZE (\d+)", item).group(1).decode()
            for item in data]
        assert flags(client, "LMSG") == flags(client)


RIGHTS = [
    ("lr", b"the folder is read-only", [False] * 5),
    ("lrs", b"not all of these flags", [True, False, False, False, True]),
    ("lrsw", None, [True] * 5),
]


@pytest.mark.parametrize("rights,error,works", RIGHTS,
                         ids=[row[0] for row in RIGHTS])
def test_flags_that_may_not_be_changed(rights, error, works, host, server):
    made = server(plugin=("pop3_ext", "acl"), users=["alice"],
                  plugin_settings=dict(
                      POP4, **{} if host.is_24 else {"acl": "vfile"}),
                  settings_24={"acl_driver": "vfile"})
    imap = made.imap()
    imap.append("INBOX", r"(\Answered old)", None, b"Subject: m\r\n\r\n")
    (maildir,) = made.folder.rglob("Maildir")
    (maildir / "dovecot-acl").write_text("owner %s\n" % rights)
    with made.login() as client:
        before = flags(client)[1]
        for line, good in zip(("SFLG 1 SEEN", "SFLG 1 SEEN,FLAGGED",
                               "CFLG 1 old", "RFLG 1 new", "CFLG 1 SEEN"),
                              works):
            reply = client.command(line)
            assert reply.startswith(b"+OK 1" if good else
                                    b"-ERR not permitted: "), (line, reply)
            assert good or error in reply
            if not good:
                assert flags(client)[1] - {"SEEN"} == before
        assert flags(client)[1] == ({"new"} if error is None else before)


def test_long_list_goes_to_a_slow_reader(server):
    made = server(plugin_settings=POP4, users=["alice"])
    imap = made.imap()
    imap.append("INBOX", None, None, b"Subject: m\r\n\r\n")
    imap.select("INBOX")
    for _ in range(11):
        imap.copy("1:*", "INBOX")
        imap.noop()
    imap.logout()
    with made.login(receive_buffer=4096) as client:
        client.send(b"LMSG\r\nLFLG\r\nLMSG 5:3\r\nNOOP\r\n")
        for _ in range(2):
            assert client.line().startswith(b"+OK")
            assert [line.split()[0] for line in client.multi()] == \
                [b"%d" % number for number in range(1, 2049)]
        assert client.line().startswith(b"+OK")
        assert [line.split()[0] for line in client.multi()] == \
            [b"3", b"4", b"5"]
        assert client.line() == b"+OK"
        # and one who goes away in the middle
        client.send(b"LMSG\r\nLMSG\r\nLMSG\r\n")
        client.line()
        client.reset()
    with made.login() as client:
        assert client.ok("STAT").split()[1] == b"2048"
