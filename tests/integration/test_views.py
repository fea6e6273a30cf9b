"""A part of a maildrop that a login shows as if it were the whole."""

import re

import pytest

from pop3ext import pop4, views
from pop3ext.server import User

FRED = {"pop3_ext_view_account": "fred"}
HEADERS = {"pop3_ext_sdps_recipient_headers": "Delivered-To X-Original-To"}

# Ways to read a mailbox that have code of their own in the host.
WAYS = {
    "plain": {},
    "mdbox": {"driver": "mdbox"},
    "sdbox": {"driver": "sdbox"},
    "mbox": {"driver": "mbox"},
    "lock": {"lock_session": True},
    "last": {"pop3_settings": {"pop3_enable_last": "yes"}},
    "keyword": {"settings_23": {"pop3_delete_type": "flag",
                                "pop3_deleted_flag": "Gone"},
                "settings_24": {"pop3_delete_type": "flag",
                                "pop3_deleted_flag": "Gone"}},
    "no-flags": {"pop3_settings": {"pop3_no_flag_updates": "yes"}},
    "fast-sizes": {"pop3_settings": {"pop3_fast_size_lookups": "yes"}},
    "save-uidl": {"pop3_settings": {"pop3_save_uidl": "yes"}},
    "rename": {"pop3_settings": {"pop3_uidl_duplicates": "rename"}},
    "uidl-change": {"pop3_settings": {
        "pop3_logout_format": "%{uidl_change} del=%{deleted_count}/"
                              "%{message_count} size=%{message_bytes}"}},
}


def pair(server, settings=None, **kwargs):
    """A server with a maildrop, two logins to it, of which `fred` sees a part,
    and `part`, whose maildrop holds just that."""
    pop3_settings = dict(kwargs.pop("pop3_settings", {}),
                         pop3_reuse_xuidl="yes")
    made = server(users=["xyz", User("fred", fields=settings or FRED), "part"],
                  pop3_settings=pop3_settings, start=False, **kwargs)
    made.user("fred").home = made.user("xyz").home
    made.write_users()
    return made.start()


def fill(server, mails):
    """mails: [(account or None, seen)]"""
    whole = [(views.message(n, account, size=n % 7), seen)
             for n, (account, seen) in enumerate(mails)]
    part = [item for item, (account, _) in zip(whole, mails)
            if account is not None and account.lower() == b"fred"]
    views.append(server, "xyz", whole)
    views.append(server, "part", part)
    return [raw.split(b"X-UIDL: ")[1].split(b"\r\n")[0] for raw, _ in part]


def random_mails(rng, count):
    """As fill() takes them."""
    return [(rng.choice((b"fred", b"fred", b"FRED", b"anna", b"fredx", None)),
             rng.random() < 0.3) for _ in range(count)]


def play(server, name, commands, quit):
    """All replies of a session."""
    with server.login(name) as client:
        replies = [views.ask(client, command) for command in commands]
        if quit:
            replies.append(client.quit())
    return replies


def compare(server, rng, rounds, count=8):
    """Random sessions on both maildrops, until they are empty."""
    uidls = fill(server, random_mails(rng, count))
    others = [item for item in views.contents(server, "xyz")
              if item[0] not in uidls]
    for _ in range(rounds):
        commands = views.script(rng, len(uidls), 12)
        quit = rng.random() < 0.7
        mark = server.log_size()
        for command, one, two in zip(
                commands + [b"QUIT"], play(server, "fred", commands, quit),
                play(server, "part", commands, quit)):
            assert one == two, command
        server.wait_count(r"Disconnected:? .*size=", 2, mark)
        assert len(set(re.findall(r"del=\S+,? size=\d+",
                                  server.log(mark)))) == 1
        left = views.contents(server, "xyz")
        assert [item for item in left if item[0] not in uidls] == others
        part = views.contents(server, "part")
        assert [item for item in left if item[0] in uidls] == part


@pytest.mark.parametrize("way", WAYS)
def test_host_commands_are_as_on_a_mailbox_of_the_view_alone(
        server, rng, way):
    """Random sessions, deleting and not, in each way of reading mailboxes:
    equal replies, equal log lines, equal mailboxes afterwards; the mail that
    is not in the view stays as it was."""
    compare(pair(server, **WAYS[way]), rng, 3)


@pytest.mark.all
@pytest.mark.parametrize("way", ["plain", "mdbox", "last"])
def test_many_random_sessions(server, rng, way):
    """The same, longer."""
    compare(pair(server, **WAYS[way]), rng, 40, 40)


def test_uidls_are_those_of_the_whole_maildrop(server):
    """By the host's format, and when a number makes the second of two equal
    ones another."""
    for settings in ({}, {"pop3_uidl_duplicates": "rename",
                          "pop3_reuse_xuidl": "yes"}):
        ours = server(users=["xyz", User("fred", fields=FRED)], start=False,
                      pop3_settings=settings)
        ours.user("fred").home = ours.user("xyz").home
        ours.write_users()
        ours.start()
        views.append(ours, "xyz", [
            views.message(n, account, xuidl=b"same") for n, account in
            enumerate((b"anna", b"fred", None, b"fred", b"anna"))])
        with ours.login("xyz") as client:
            whole = client.uidl()
            client.quit()
        assert len(set(whole.values())) == 5
        with ours.login("fred") as client:
            assert client.uidl() == {1: whole[2], 2: whole[4]}
            assert client.ok("UIDL 2").split()[2] == whole[4]
            client.quit()


@pytest.mark.parametrize("lock", [False, True], ids=["free", "locked"])
def test_commands_that_came_with_the_password_see_the_view(server, lock):
    """In one packet with PASS."""
    ours = pair(server, lock_session=lock)
    fill(ours, [(b"anna", False), (b"fred", False), (None, False)])
    with ours.connect() as client:
        client.send(b"USER fred\r\nPASS pw-fred\r\nSTAT\r\nLIST\r\nUIDL 1\r\n"
                    b"DELE 2\r\nDELE 1\r\nQUIT\r\n")
        lines = client.read_eof().split(b"\r\n")
    assert lines[2].startswith(b"+OK 1 ")
    assert lines[3] == b"+OK 1 messages:"
    assert lines[6:] == [b"+OK 1 uid-00001", b"-ERR There's no message 2.",
                         b"+OK Marked to be deleted.",
                         b"+OK Logging out, messages deleted.", b""]
    assert [uid for uid, _ in views.contents(ours, "xyz")] == \
        [b"uid-00000", b"uid-00002"]


def test_client_that_says_nothing(server):
    """Its log line counts what it could have seen."""
    ours = pair(server)
    fill(ours, [(b"anna", False), (b"fred", False)])
    with ours.login("fred") as client:
        client.reset()
    ours.wait_log(r"pop3\(fred\).*Disconnected.* size=%d$" %
                  len(views.message(1, b"fred", size=1)))


def test_empty_view(server):
    """No message is for the account: the host's answers about an empty
    mailbox."""
    ours = pair(server, pop3_settings={"pop3_enable_last": "yes"})
    fill(ours, [(b"anna", False), (None, True)])
    commands = [b"STAT", b"LIST", b"UIDL", b"LAST", b"RETR 1", b"DELE 1",
                b"UIDL 1", b"RSET", b"STAT"]
    assert play(ours, "fred", commands, True) == \
        play(ours, "part", commands, True)
    assert views.contents(ours, "xyz") == [(b"uid-00000", False),
                                           (b"uid-00001", True)]


# What the fields say, and whether fred sees it.
ENVELOPES = {
    "other case": (b"Delivered-To: FRED@XYZ.example", True),
    "brackets": (b"Delivered-To: <fred@xyz.example>", True),
    "no domain": (b"Delivered-To: fred", True),
    "folded": (b"Delivered-To:\r\n\tfred@xyz.example", True),
    "second field": (b"X-Original-To: fred@xyz.example", True),
    "topmost counts": (b"Delivered-To: anna@xyz.example\r\n"
                       b"Delivered-To: fred@xyz.example", False),
    "topmost of all names": (b"X-Original-To: anna@xyz.example\r\n"
                             b"Delivered-To: fred@xyz.example", False),
    "topmost of all names, the other way":
        (b"X-Original-To: fred@xyz.example\r\n"
         b"Delivered-To: anna@xyz.example", True),
    "unreadable, and the next is not believed":
        (b"Delivered-To: <fred@\r\nX-Original-To: fred@xyz.example", False),
    "quoted": (b'Delivered-To: "fred"@xyz.example', True),
    "longer": (b"Delivered-To: fredd@xyz.example", False),
    "detail": (b"Delivered-To: fred+x@xyz.example", False),
    "domain only": (b"Delivered-To: anna@fred", False),
    "null": (b"Delivered-To: <>", False),
    "empty": (b"Delivered-To:", False),
    "not a setting": (b"Envelope-To: fred@xyz.example", False),
    "header only": (b"To: fred@xyz.example", False),
    "in the body": (b"Subject: x\r\n\r\nDelivered-To: fred@xyz.example",
                    False),
}


def test_which_recipient_counts(server):
    """The topmost of those in the setting, upper and lower case alike; the
    same when they come from the cache."""
    ours = pair(server, plugin_settings=HEADERS)
    views.append(ours, "xyz", [
        head + b"\r\nX-UIDL: %d\r\n\r\nText\r\n" % number
        for number, (head, _) in enumerate(ENVELOPES.values())])
    for _ in range(2):
        with ours.login("fred") as client:
            shown = {int(uid) for uid in client.uidl().values()
                     if uid.isdigit()}
            client.quit()
        for number, (name, (_, expected)) in enumerate(ENVELOPES.items()):
            assert (number in shown) == expected, name
        home = ours.host.outside(ours.user("xyz").home)
        for path in (home / "Maildir").glob("*/*"):
            path.chmod(0)


@pytest.mark.plain
def test_days(server):
    """Only what was saved in the last days, by the date that the storage
    knows: an mbox has the day on which the message was first asked for."""
    ours = pair(server, driver="mbox", clock="-31d",
                settings={"pop3_ext_view_days": "30"})
    views.append(ours, "xyz", [views.message(1), views.message(2)])
    with ours.login("fred") as client:
        assert client.stat()[0] == 2
        client.quit()
    ours.clock = None
    ours.restart()
    views.append(ours, "xyz", [views.message(3)])
    with ours.login("fred") as client:
        assert client.uidl() == {1: b"uid-00003"}
        client.ok("DELE 1")
        client.quit()
    with ours.login("xyz") as client:
        assert list(client.uidl().values()) == [b"uid-00001", b"uid-00002"]
        client.quit()


@pytest.mark.parametrize("driver", ["maildir", "mdbox", "sdbox"])
def test_days_and_account(server, driver):
    """Both narrow; new mail is new in every storage."""
    ours = pair(server, driver=driver,
                settings=dict(FRED, pop3_ext_view_days="1"))
    fill(ours, [(b"anna", False), (b"fred", False), (None, False)])
    with ours.login("fred") as client:
        assert client.uidl() == {1: b"uid-00001"}
        client.quit()


def test_view_and_storage_failure(server):
    """What can't be read ends the session before anything of the maildrop is
    shown."""
    ours = pair(server)
    fill(ours, [(b"fred", False), (b"anna", False)])
    home = ours.host.outside(ours.user("xyz").home)
    for path in (home / "Maildir").glob("*/*"):
        path.chmod(0)
    for path in (home / "Maildir").glob("dovecot.index.cache"):
        path.unlink()
    ours.expect_log(r"Couldn't make the view of the maildrop")
    ours.allow_log(r"Error: .*(Maildir|open\(|stat|read\()")
    with ours.connect() as client:
        client.send(b"USER fred\r\nPASS pw-fred\r\nSTAT\r\nQUIT\r\n")
        answer = client.read_eof()
    assert b"+OK 0" not in answer and b"+OK 1 " not in answer
    assert b"-ERR [SYS/TEMP]" in answer


def files(server, name, folder=""):
    """The files of a Maildir's messages, by X-UIDL."""
    box = server.host.outside(server.user(name).home) / "Maildir" / folder
    return {re.search(rb"X-UIDL: (\S+)", path.read_bytes())[1]: path
            for part in ("new", "cur") for path in (box / part).iterdir()}


def make_unreadable(path):
    path.chmod(0)


def make_truncated(path):
    """The name goes on saying how large the message was."""
    path.write_bytes(b"")


def make_foreign_link(path):
    target = path.parents[2] / "foreign"
    path.rename(target)
    target.chmod(0)
    path.symlink_to("../../foreign")


def forget_cache(server, name, folder=""):
    box = server.host.outside(server.user(name).home) / "Maildir" / folder
    for path in box.glob("dovecot.index.cache"):
        path.unlink()


LEFT_OUT = (r"Error: pop3_ext: %s: Left out of the view, because they can't be "
            r"read: UID %s: ")
STORAGE_ERRORS = r"Error: (?!pop3_ext).*(Maildir|open\(|stat|read\()"


@pytest.mark.parametrize("duplicates", ["allow", "rename"])
@pytest.mark.parametrize("break_file", [
    make_unreadable, make_truncated, make_foreign_link])
def test_bad_message_costs_only_itself(server, break_file, duplicates):
    """It is not shown, all others of the account are; one line a session says
    which and why."""
    ours = pair(server, pop3_settings={"pop3_uidl_duplicates": duplicates})
    fill(ours, [(b"fred", False), (b"fred", False), (b"anna", False),
                (b"fred", False)])
    break_file(files(ours, "xyz")[b"uid-00001"])
    forget_cache(ours, "xyz")
    ours.allow_log(STORAGE_ERRORS)
    ours.expect_log(LEFT_OUT % ("INBOX", "2"))
    with ours.login("fred") as client:
        assert client.uidl() == {1: b"uid-00000", 2: b"uid-00003"}
        client.ok("DELE 2")
        client.quit()
    assert len(re.findall(LEFT_OUT % ("INBOX", "2"), ours.log())) == 1
    with ours.login("fred") as client:
        assert client.uidl() == {1: b"uid-00000"}
        client.quit()


@pytest.mark.parametrize("break_file", [make_unreadable, make_truncated])
def test_bad_message_in_sdbox_costs_only_itself(server, break_file):
    """The host may take the folder for damaged and mend it afterwards."""
    ours = pair(server, driver="sdbox",
                pop3_settings={"pop3_uidl_duplicates": "rename"})
    fill(ours, [(b"fred", False), (b"fred", False), (b"anna", False),
                (b"fred", False)])
    home = ours.host.outside(ours.user("xyz").home)
    (bad,) = [path for path in home.rglob("u.*")
              if b"X-UIDL: uid-00001" in path.read_bytes()]
    # the cache stays: without it the host can't tell the size, and refuses all
    break_file(bad)
    ours.allow_log(r"(Error|Warning): (?!pop3_ext)")
    ours.expect_log(LEFT_OUT % ("INBOX", "2"))
    with ours.login("fred") as client:
        assert client.uidl() == {1: b"uid-00000", 2: b"uid-00003"}
        client.quit()


def test_only_message_is_bad(server):
    ours = pair(server)
    fill(ours, [(b"fred", False)])
    make_unreadable(files(ours, "xyz")[b"uid-00000"])
    forget_cache(ours, "xyz")
    ours.allow_log(STORAGE_ERRORS)
    ours.expect_log(LEFT_OUT % ("INBOX", "1"))
    with ours.login("fred") as client:
        assert client.stat() == (0, 0)
        client.quit()


def test_bad_message_in_a_view_by_days(server):
    """The date can't be read behind a link that leads nowhere for the user."""
    ours = pair(server, settings={"pop3_ext_view_days": "30"})
    fill(ours, [(b"fred", False)] * 3)
    path = files(ours, "xyz")[b"uid-00001"]
    locked = path.parents[2] / "locked"
    locked.mkdir(mode=0)
    path.unlink()
    path.symlink_to("../../locked/message")
    forget_cache(ours, "xyz")
    ours.allow_log(STORAGE_ERRORS)
    ours.expect_log(LEFT_OUT % ("INBOX", "2"))
    with ours.login("fred") as client:
        assert client.uidl() == {1: b"uid-00000", 2: b"uid-00002"}
        client.quit()


def test_bad_message_of_another_folder(server):
    """SFLD shows the others; a session has one such line, however often it
    selects."""
    ours = pair(server, plugin_settings={"pop3_ext_pop4": "folders"})
    views.append(ours, "xyz", [views.message(n, b"fred") for n in range(3)],
                 "Box")
    make_unreadable(files(ours, "xyz", ".Box")[b"uid-00000"])
    forget_cache(ours, "xyz", ".Box")
    ours.allow_log(STORAGE_ERRORS)
    ours.expect_log(LEFT_OUT % ("Box", "1"))
    with ours.login("fred") as client:
        for _ in range(3):
            assert client.ok("SFLD Box").split()[1] == b"2"
        client.quit()
    assert len(re.findall(LEFT_OUT % ("Box", "1"), ours.log())) == 1


def test_many_bad_messages_are_a_broken_storage(server):
    """Hundreds of them are not left out one by one: the login is refused, as
    when all are bad."""
    ours = pair(server)
    views.append(ours, "xyz", [views.message(n, b"fred") for n in range(102)])
    for uidl, path in files(ours, "xyz").items():
        if uidl != b"uid-00101":
            make_unreadable(path)
    forget_cache(ours, "xyz")
    ours.allow_log(STORAGE_ERRORS)
    ours.expect_log(r"Couldn't make the view of the maildrop: .*101 messages")
    with ours.connect() as client:
        client.send(b"USER fred\r\nPASS pw-fred\r\nSTAT\r\nQUIT\r\n")
        answer = client.read_eof()
    assert b"-ERR [SYS/TEMP]" in answer
    assert b"+OK 1 " not in answer


@pytest.mark.parametrize("fields", [
    {"pop3_ext_view_days": "some"},
    {"pop3_ext_view_account": "fred", "pop3_ext_sdps_recipient_headers": ":"}],
    ids=["days", "headers"])
def test_wrong_setting_shows_nothing(server, fields):
    """A login that asks for a part never gets the whole."""
    ours = pair(server, settings=fields)
    fill(ours, [(b"anna", False)])
    ours.expect_log("Error: pop3_ext: " + list(fields)[-1])
    with ours.connect() as client:
        client.ok("USER fred")
        assert client.command("PASS pw-fred") == \
            b"-ERR [SYS/PERM] The server is not configured correctly."
        assert client.read_eof() == b""


def test_pop3_order(server):
    """Where messages have an order of their own for POP3."""
    ours = pair(server)
    fill(ours, [(b"anna", False), (b"fred", False), (b"fred", True),
                (None, False), (b"fred", False)])
    for name in ("xyz", "part"):
        path = ours.host.outside(ours.user(name).home) / "Maildir"
        for index in path.glob("dovecot.index*"):
            index.unlink()
        uidlist = path / "dovecot-uidlist"
        lines = uidlist.read_bytes().splitlines(keepends=True)
        fresh = lines[:1] + [
            re.sub(rb"^(\d+) ", rb"\1 O%d " % (100 - number), line)
            for number, line in enumerate(lines[1:])]
        uidlist.write_bytes(b"".join(fresh))
    commands = [b"UIDL", b"LIST", b"LAST", b"UIDL 1", b"RETR 1", b"UIDL 3",
                b"TOP 2 1", b"DELE 3", b"STAT"]
    replies = play(ours, "fred", commands, True)
    assert replies == play(ours, "part", commands, True)
    assert replies[0] == (b"+OK\r\n1 uid-00004\r\n2 uid-00002\r\n"
                          b"3 uid-00001\r\n.\r\n")
    assert b"uid-00001" not in dict(views.contents(ours, "xyz"))


#
# Folder logins, and views of several folders
#

WORK = {"pop3_ext_view_folder": "Work"}
POP4 = {"pop3_ext_pop4": "folders"}


@pytest.mark.parametrize("lock", [False, True], ids=["free", "locked"])
@pytest.mark.parametrize("driver", ["maildir", "mdbox"])
def test_folder_login(server, driver, lock):
    """The session is that of the folder, from the first reply on; INBOX is
    not touched, and its UIDLs are others."""
    ours = pair(server, driver=driver, lock_session=lock, settings=WORK)
    views.append(ours, "xyz", [views.message(1), views.message(2)])
    views.append(ours, "xyz", [views.message(11), views.message(12),
                               views.message(13)], folder="Work")
    with ours.connect() as client:
        client.send(b"USER fred\r\nPASS pw-fred\r\nSTAT\r\nUIDL 2\r\n"
                    b"RETR 3\r\nDELE 1\r\nQUIT\r\n")
        answer = client.read_eof()
    assert b"\r\n+OK 3 " in answer and b"+OK 2 uid-00012\r\n" in answer
    assert b"X-UIDL: uid-00013" in answer
    assert b"+OK Logging out, messages deleted." in answer
    assert views.contents(ours, "xyz") == [(b"uid-00001", False),
                                           (b"uid-00002", False)]
    assert views.contents(ours, "xyz", "Work") == [(b"uid-00012", False),
                                                   (b"uid-00013", True)]


@pytest.mark.parametrize("lock", [False, True], ids=["free", "locked"])
@pytest.mark.parametrize("folder,code", [
    ("Nosuch", b"SYS/PERM"), ("../Work", b"SYS/PERM"), ("a//b", b"SYS/PERM"),
    ("x" * 300, b"SYS/PERM")], ids=["missing", "dots", "empty part", "long"])
def test_folder_that_cannot_be_opened(server, lock, folder, code):
    """The session ends with a reason; INBOX is never shown in its place."""
    ours = pair(server, lock_session=lock,
                settings={"pop3_ext_view_folder": folder})
    views.append(ours, "xyz", [views.message(1)])
    with ours.connect() as client:
        client.send(b"USER fred\r\nPASS pw-fred\r\nSTAT\r\nRETR 1\r\nQUIT\r\n")
        lines = client.read_eof().split(b"\r\n")[1:]
    if not lock:
        assert lines.pop(0) == b"+OK Logged in."
    says = "Can't open the folder %.50s" % folder
    assert lines[0].startswith(b"-ERR [" + code + b"] " + says.encode())
    assert lines[1:] == [b""]
    ours.wait_log(r"pop3\(fred\).*Info: Disconnected: Login refused: .*" + says)


def test_folder_without_permission(server):
    """The log names the user and the folder that he may not open."""
    ours = pair(server, settings={"pop3_ext_view_folder": "Work"})
    views.append(ours, "xyz", [views.message(1)], "Work")
    ours.expect_log("Error: .*Permission denied")
    folder = ours.host.outside(ours.user("xyz").home) / "Maildir/.Work"
    folder.chmod(0)
    with ours.connect() as client:
        client.send(b"USER fred\r\nPASS pw-fred\r\nSTAT\r\nQUIT\r\n")
        last = client.read_eof().split(b"\r\n")[-2]
    assert b"Can't open the folder Work: " in last
    ours.wait_log(r"pop3\(fred\).*Info: Disconnected: Login refused: .*"
                  "Can't open the folder Work: ")


def test_inbox_by_name(server):
    """As without a name."""
    ours = pair(server, settings={"pop3_ext_view_folder": "inbox"})
    views.append(ours, "xyz", [views.message(1)])
    with ours.login("fred") as client:
        assert client.uidl() == {1: b"uid-00001"}
        client.quit()


@pytest.mark.parametrize("driver", ["maildir", "mdbox"])
def test_view_of_each_folder(server, driver):
    """A login for one account sees its mail in each folder that it selects,
    and deletes only that; a selection that fails leaves the view."""
    ours = pair(server, driver=driver, plugin_settings=POP4)
    accounts = (b"anna", b"fred", None, b"fred")
    for first, folder in ((0, "INBOX"), (10, "Work")):
        views.append(ours, "xyz", [
            views.message(first + n, account)
            for n, account in enumerate(accounts)], folder=folder)
    with ours.login("fred") as client:
        assert client.uidl() == {1: b"uid-00001", 2: b"uid-00003"}
        client.ok("DELE 1")
        assert client.command("SFLD Nosuch").startswith(b"-ERR")
        assert client.stat()[0] == 1
        messages, _, unseen = pop4.select(client, "Work")
        assert (messages, unseen) == (2, 2)
        assert client.uidl() == {1: b"uid-00011", 2: b"uid-00013"}
        client.retr(1)
        client.ok("DELE 2")
        assert pop4.select(client, "INBOX")[2] == 1
        assert client.uidl() == {1: b"uid-00003"}
        messages, _, unseen = pop4.select(client, "Work")
        assert (messages, unseen) == (1, 0)
        client.quit()
    assert [uid for uid, _ in views.contents(ours, "xyz")] == \
        [b"uid-00000", b"uid-00002", b"uid-00003"]
    assert [uid for uid, _ in views.contents(ours, "xyz", "Work")] == \
        [b"uid-00010", b"uid-00011", b"uid-00012"]


def test_folder_and_account_login(server):
    """Both narrow."""
    ours = pair(server, settings=dict(FRED, **WORK))
    views.append(ours, "xyz", [views.message(1, b"fred")])
    views.append(ours, "xyz", [views.message(11, b"anna"),
                               views.message(12, b"fred")], folder="Work")
    with ours.login("fred") as client:
        assert client.uidl() == {1: b"uid-00012"}
        client.quit()


#
# Commands that see more than the host's: each sees the view, or is refused.
# The table is in doc/DESIGN.md.
#

ALL_POP4 = {"pop3_ext_pop4": "folders messages flags parts"}
SOME = {"account": FRED, "days": {"pop3_ext_view_days": "30"}, "folder": WORK}
HIDDEN = rb"-ERR not permitted: .*(shown|shows)"
# What fred's login begins with, as uids, in each of these views
SHOWN = {"account": [b"uid-00002"],
         "days": [b"uid-00001", b"uid-00002", b"uid-00003"],
         "folder": [b"uid-00011", b"uid-00012"]}


def part(server, view, **kwargs):
    """A server with folders, and fred's login to a part of them."""
    ours = pair(server, settings=SOME[view], plugin_settings=ALL_POP4,
                **kwargs)
    for first, folder, accounts in (
            (1, "INBOX", (b"anna", b"fred", None)),
            (11, "Work", (b"anna", b"fred")), (21, "Full", (b"anna",)),
            (31, "Empty", ())):
        if not accounts:
            with ours.login("xyz") as client:
                client.ok("CFLD " + folder)
                client.quit()
        views.append(ours, "xyz", [
            views.message(first + n, account)
            for n, account in enumerate(accounts)], folder=folder)
    return ours


def everything(ours):
    """All that there is, by folder."""
    return {folder: [uid for uid, _ in views.contents(ours, "xyz", folder)]
            for folder in ("INBOX", "Work", "Full")}


def listed(client):
    """LFLD: {folder: (messages, unseen, octets, attributes)}"""
    client.ok("LFLD")
    return {words[0]: tuple(words[1:])
            for words in (line.split() for line in client.multi())}


@pytest.mark.parametrize("view", SOME)
def test_lfld_counts_what_is_shown(server, view):
    """Of the selection; of other folders it is not known."""
    ours = part(server, view)
    with ours.login("fred") as client:
        shown, octets = client.stat()
        assert shown == len(SHOWN[view])
        client.retr(1)
        folders = listed(client)
        for name, (messages, unseen, size, attributes) in folders.items():
            if b"SELECTED" in attributes:
                assert (int(messages), int(size)) == (shown, octets)
                assert int(unseen) in (shown - 1, shown)
            else:
                assert (messages, unseen, size) == (b"-", b"-", b"-"), name
                assert b"NEW" not in attributes
        assert sorted(folders) == [b"Empty", b"Full", b"INBOX", b"Work"]
        client.quit()
    with ours.login("xyz") as client:
        assert listed(client)[b"Full"][:2] == (b"1", b"1")
        client.quit()


@pytest.mark.parametrize("view", SOME)
def test_dfld_deletes_only_what_is_empty(server, view):
    """A folder with messages, shown or not, is not deleted; one line says
    why."""
    ours = part(server, view)
    before = everything(ours)
    with ours.login("fred") as client:
        for name in {"Full", "Work"} - (
                {"Work"} if view == "folder" else set()):
            assert re.match(HIDDEN, client.command("DFLD " + name))
        ours.wait_log(r"pop3\(fred\).*Info: DFLD: refused: .*"
                      r"pop3_ext_view_")
        client.ok("DFLD Empty")
        assert b"Empty" not in listed(client)
        client.quit()
    assert everything(ours) == before
    with ours.login("xyz") as client:
        client.ok("DFLD Full")
        client.quit()


@pytest.mark.parametrize("view", SOME)
@pytest.mark.parametrize("command", ["RENF Full Other", "MOVF Full Empty",
                                     "RENF Empty Other"])
def test_folders_keep_their_places(server, view, command):
    """No folder is renamed with what may be in it."""
    ours = part(server, view)
    with ours.login("fred") as client:
        assert re.match(HIDDEN, client.command(command))
        ours.wait_log(r"pop3\(fred\).*Info: %s: refused: .*pop3_ext_view_" %
                      command[:4])
        assert sorted(listed(client)) == [b"Empty", b"Full", b"INBOX",
                                          b"Work"]
        client.quit()
    with ours.login("xyz") as client:
        client.ok(command)
        client.quit()


def test_sfld_of_a_folder_login(server):
    """It shows one folder, by whatever name, and no other."""
    ours = part(server, "folder")
    with ours.login("fred") as client:
        for name in ("INBOX", "inbox", "Full"):
            assert re.match(HIDDEN, client.command("SFLD " + name))
        ours.wait_log(r"pop3\(fred\).*Info: SFLD: refused: .*"
                      r"pop3_ext_view_folder")
        assert sorted(client.uidl().values()) == SHOWN["folder"]
        client.ok("DELE 1")
        assert pop4.select(client, "Work")[0] == 1
        client.quit()
    assert everything(ours)["INBOX"] == [b"uid-00001", b"uid-00002",
                                         b"uid-00003"]


@pytest.mark.parametrize("view", ["account", "days"])
def test_sfld_shows_a_part_of_each_folder(server, view):
    """As of INBOX."""
    ours = part(server, view)
    with ours.login("fred") as client:
        assert pop4.select(client, "Work")[0] == (
            1 if view == "account" else 2)
        assert pop4.select(client, "Full")[0] == (
            0 if view == "account" else 1)
        client.quit()


@pytest.mark.parametrize("view", SOME)
def test_messages_and_flags_of_what_is_shown(server, view):
    """Lists, flags, parts, copies: all messages are those of the view. What
    is stored or copied elsewhere is added, and nothing else is touched."""
    ours = part(server, view)
    before = everything(ours)
    home = "Work" if view == "folder" else "INBOX"
    shown = SHOWN[view]
    with ours.login("fred") as client:
        for command in (b"LMSG 1:*", b"LFLG 1:*"):
            client.ok(command)
            assert len(client.multi()) == len(shown)
        client.ok("SFLG 1:* FLAGGED")
        beyond = len(shown) + 1
        for command in (b"LPRT %d", b"RPRT %d 1 RAW", b"SFLG %d SEEN",
                        b"COPY %d Full", b"MOVE %d Full", b"DELE %d",
                        b"RETR %d"):
            assert client.command(command % beyond).startswith(b"-ERR")
        client.ok("COPY 1 Full")
        client.ok("STOR Full")
        client.send(b"Subject: x\r\nX-UIDL: stored\r\n\r\nx\r\n.\r\n")
        assert client.line().startswith(b"+OK")
        client.ok("MOVE 1:* Full")
        client.ok("CFLD Made")
        client.quit()
    after = everything(ours)
    assert after[home] == [uid for uid in before[home] if uid not in shown]
    assert after["Full"] == before["Full"] + [shown[0], b"stored"] + shown
    for folder in set(before) - {home, "Full"}:
        assert after[folder] == before[folder]
    if view == "account":
        # the hidden ones are not flagged
        with ours.login("xyz") as client:
            client.ok("LFLG 1:*")
            assert all(b"FLAGGED" not in line for line in client.multi())
            client.quit()
