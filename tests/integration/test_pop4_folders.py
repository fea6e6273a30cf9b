"""LFLD SFLD CFLD DFLD MOVF RENF: folders by POP4, every reply of theirs."""

import re

import pytest

from pop3ext import pop4
from pop3ext.server import User
from test_machinery import wait_full

pytestmark = pytest.mark.every


def message(text):
    return b"Subject: %s\r\n\r\nbody of %s\r\n" % (text, text)


@pytest.fixture(params=["maildir", "mdbox"])
def store(request, shared_server):
    """A server with POP4, whose users' folders are gone after the test."""
    made = shared_server(driver=request.param,
                         plugin_settings={"pop3_ext_pop4": "folders"})
    yield made
    for user in made.users:
        made.host.run(["rm", "-rf", user.home])


def fill(server, folder, count, name="alice", flags="", texts=None):
    """Append messages by IMAP; the folder is made."""
    client = server.imap(name)
    if folder != "INBOX":
        client.create(folder)
    for text in texts or [b"%s-%d" % (folder.encode(), number)
                          for number in range(count)]:
        status, reply = client.append(folder, flags, None, message(text))
        assert status == "OK", reply
    client.logout()


def test_capa_has_the_groups_that_are_on(shared_server):
    for groups in ("folders", ""):
        server = shared_server(plugin_settings={"pop3_ext_pop4": groups})
        with server.login() as client:
            lines = [line for line in client.capa()
                     if line.startswith(b"X-POP4")]
        assert lines == ([b"X-POP4 0 FOLDERS"] if groups else [])


def test_commands_are_the_hosts_unknown_ones_when_off(shared_server):
    ours = shared_server(plugin_settings={"pop3_ext_pop4": "flags parts"})
    stock = shared_server(plugin=[])
    replies = []
    for server in (ours, stock):
        with server.login() as client:
            replies.append([client.command(line) for line in
                            (b"LFLD", b"SFLD a", b"DELE 9", b"DELE  1 2")])
    assert replies[0] == replies[1]


def test_folders_are_listed_with_their_numbers(store):
    fill(store, "INBOX", 3)
    fill(store, "Work", 2)
    with store.login() as client:
        client.ok("DELE 1")
        client.ok("CFLD Archive/2003/May")
        client.ok('CFLD "Old post"')
        found = pop4.folders(client)
    assert [folder.name for folder in found] == [
        "INBOX", "Archive", "Archive/2003", "Archive/2003/May", "Old post",
        "Work"]
    inbox, archive, _, may, _, work = found
    assert inbox.attrs == {"SELECTED", "INBOX"} and inbox.messages == 3
    assert {"CHILDREN"} <= archive.attrs
    assert may.messages == 0 and may.octets == 0
    assert (work.messages, work.unseen) == (2, 2)
    assert work.octets == 2 * len(message(b"Work-0"))


def test_selected_folder_is_what_the_hosts_commands_see(store):
    fill(store, "INBOX", 2)
    fill(store, "Work", 3)
    with store.login() as client:
        client.ok("DELE 1")
        assert client.command("SFLD Nosuch").startswith(
            b"-ERR no such folder: ")
        assert client.command("DELE 1").startswith(b"-ERR")
        assert client.stat()[0] == 1
        size = len(message(b"Work-0"))
        assert pop4.select(client, "Work") == (3, 3 * size, 3)
        assert client.stat() == (3, 3 * size)
        assert client.retr(2) == message(b"Work-1")
        client.ok("DELE 3")
        assert pop4.select(client, "inbox")[0] == 1
        assert client.retr(1) == message(b"INBOX-1")
        assert pop4.select(client, "Work") == (2, 2 * size, 1)
        client.quit()
    assert len(store.messages("alice")) == 1
    assert [text for _, text in store.messages("alice", "Work")] == [
        message(b"Work-0"), message(b"Work-1")]


TREE = ["a", "a/b", "a/b/c", "d", "d/b", "e f", "g"]
ERRORS = [
    ("LFLD a b", b"syntax: LFLD [pattern]"),
    ("SFLD", b"syntax: SFLD folder"),
    ("SFLD a b", b"syntax: SFLD folder"),
    ("CFLD", b"syntax: CFLD folder"),
    ("DFLD a b", b"syntax: DFLD folder"),
    ("MOVF a", b"syntax: MOVF folder parent"),
    ("RENF a b c", b"syntax: RENF folder name"),
    ('SFLD "a', b"syntax: no quote at the end"),
    ("SFLD  a", b"syntax: a blank too many"),
    (b"SFLD a\xff", b"syntax: "),
    (b"CFLD a\xc2\x85", b"syntax: "),
    ("SFLD a\\b", b"syntax: "),
    ('CFLD ""', b"bad folder name"),
    ("CFLD /a", b"bad folder name"),
    ("CFLD a/", b"bad folder name"),
    ("CFLD a//b", b"bad folder name"),
    ("CFLD " + "x" * 300, b"bad folder name"),
    ("CFLD " + "x/" * 100 + "x", b"bad folder name"),
    ("SFLD " + "x/" * 100 + "x", b"bad folder name"),
    ("CFLD " + "x/" * 1000 + "x", b"syntax: line too long"),
    ("SFLD nosuch", b"no such folder"),
    ("SFLD A", b"no such folder"),
    ("CFLD a", b"folder exists"),
    ("CFLD inbox", b"folder exists"),
    ("DFLD inbox", b"not permitted: INBOX can't be deleted"),
    ("DFLD nosuch", b"no such folder"),
    ("DFLD a", b"folder has children"),
    ("DFLD g", b"folder in use: it is selected"),
    ("RENF g x", b"folder in use"),
    ("RENF INBOX x", b"not permitted: INBOX keeps its place and name"),
    ("RENF nosuch x", b"no such folder"),
    ("RENF a/b x/y", b"bad folder name"),
    ('RENF a/b ""', b"bad folder name"),
    ("RENF a d", b"folder exists"),
    ("RENF a a", b"folder exists"),
    ("MOVF g a", b"folder in use"),
    ("MOVF inbox a", b"not permitted: INBOX keeps its place and name"),
    ("MOVF nosuch a", b"no such folder"),
    ("MOVF a nosuch", b"no such folder"),
    ("MOVF a/b d", b"folder exists"),
    ('MOVF a ""', b"folder exists"),
    ("MOVF a/b a", b"folder exists"),
    ("MOVF a a", b"not permitted: it can't be moved into itself"),
    ("MOVF a a/b/c", b"not permitted: it can't be moved into itself"),
    ("MOVF a /", b"bad folder name"),
]


def test_every_error_changes_nothing(store):
    """And each is followed by an answer to the next command."""
    with store.login() as client:
        for name in TREE:
            client.ok(b"CFLD " + pop4.quote(name))
        pop4.select(client, "g")
        before = [(folder.name, folder.attrs)
                  for folder in pop4.folders(client)]
        assert [name for name, _ in before] == ["INBOX"] + TREE
        for line, error in ERRORS:
            reply = client.command(line)
            assert reply.startswith(b"-ERR " + error), (line, reply)
            client.ok("STAT")
        assert [(folder.name, folder.attrs)
                for folder in pop4.folders(client)] == before
        client.quit()


def test_folders_are_moved_and_renamed_with_all_below(store):
    with store.login() as client:
        for name in TREE:
            client.ok(b"CFLD " + pop4.quote(name))
        client.ok("STAT")
        fill(store, "g", 2)
        assert client.command('MOVF "e f" a') == b"+OK moved"
        assert client.command("MOVF a g") == b"+OK moved"
        assert client.command("RENF g/a/b x") == b"+OK renamed"
        assert client.command('MOVF g/a/x ""') == b"+OK moved"
        assert client.command('RENF "g/a/e f" "\\"q\\" \\\\"') == b"+OK renamed"
        assert [folder.name for folder in pop4.folders(client)] == [
            "INBOX", "d", "d/b", "g", "g/a", 'g/a/"q" \\', "x", "x/c"]
        assert client.command("RENF g h") == b"+OK renamed"
        assert pop4.select(client, "h")[0] == 2
        assert client.retr(2) == message(b"g-1")
        for name in ("x/c", "x", 'h/a/"q" \\', "h/a"):
            assert client.command(
                b"DFLD " + pop4.quote(name)) == b"+OK deleted", name
        assert [folder.name for folder in pop4.folders(client, "*h*")] == ["h"]
        client.quit()


def test_long_lists_go_to_a_slow_reader(shared_server):
    """Nothing is lost or doubled, in the middle of other commands; and one
    who goes away in the middle is no trouble."""
    made = shared_server(plugin_settings={"pop3_ext_pop4": "folders"},
                         users=["dave"])
    tree = made.folder / "home" / "dave" / "Maildir"
    names = ["%02d-%s" % (number, "x" * 150) for number in range(50)]
    for name in names:
        for part in ("cur", "new", "tmp"):
            (tree / ("." + name) / part).mkdir(parents=True)
    made.host.run(["chown", "-R", "--reference=" + made.users[0].home,
                   made.users[0].home])
    count = 30
    with made.login("dave", receive_buffer=4096) as client:
        client.send(b"LFLD\r\nSTAT\r\nLFLD 0*\r\nSFLD %s\r\n" %
                    names[7].encode() + b"LFLD\r\n" * count + b"NOOP\r\n")
        wait_full(client)
        assert client.line() == b"+OK 51 folders"
        assert [pop4.Folder(line).name for line in client.multi()] == \
            ["INBOX"] + names
        assert client.line() == b"+OK 0 0"
        assert client.line() == b"+OK 10 folders"
        assert len(client.multi()) == 10
        assert client.line() == b"+OK 0 0 0"
        lists = set()
        for _ in range(count):
            assert client.line() == b"+OK 51 folders"
            lists.add(client.multi_raw())
        assert len(lists) == 1 and lists.pop().count(b"SELECTED") == 1
        assert client.line() == b"+OK"
        client.send(b"LFLD\r\n" * count)
        wait_full(client)
        client.reset()
    with made.login("dave") as client:
        assert len(pop4.folders(client)) == 51
        client.quit()


def test_reselecting_carries_out_and_numbers_anew(store):
    fill(store, "INBOX", 3)
    with store.login() as client:
        client.ok("DELE 1")
        fill(store, "INBOX", 1, texts=[b"new"])
        assert pop4.select(client, "INBOX")[0] == 3
        assert client.retr(1) == message(b"INBOX-1")
        assert client.retr(3) == message(b"new")


def test_rights_are_those_of_the_folder(host, server):
    """ACL: read-only, unseen, and one whose messages can't be deleted."""
    made = server(plugin=("pop3_ext", "acl"), users=["alice"],
                  plugin_settings=dict(
                      {"pop3_ext_pop4": "folders"},
                      **{} if host.is_24 else {"acl": "vfile"}),
                  settings_24={"acl_driver": "vfile"})
    rights = {"Post": "lr", "Hidden": "wstiekxa", "Keep": "lrws"}
    fill(made, "INBOX", 1)
    for folder, letters in rights.items():
        fill(made, folder, 2)
        (path,) = made.folder.rglob("." + folder)
        (path / "dovecot-acl").write_text("owner %s\n" % letters)
    with made.login() as client:
        listed = {found.name: found for found in pop4.folders(client)}
        assert set(listed) == {"INBOX", "Post", "Keep"}
        assert "READONLY" in listed["Post"].attrs
        assert client.command("SFLD Hidden").startswith(
            b"-ERR no such folder")
        for command in (b"DFLD Post", b"RENF Post Other"):
            assert client.command(command).startswith(b"-ERR not permitted")
        assert pop4.select(client, "Post")[0] == 2
        assert client.retr(1) == message(b"Post-0")
        refused = (
            b"-ERR not permitted: nothing can be deleted from this folder")
        assert client.command("DELE 1") == refused
        assert pop4.select(client, "Keep")[0] == 2
        assert client.command("DELE 1") == refused
        assert client.stat()[0] == 2
        assert pop4.select(client, "INBOX")[0] == 1


def test_messages_of_a_virtual_folder_can_be_deleted(host, server):
    """DELE and MOVE there delete what is behind it."""
    layout = ({"mail_driver": "virtual", "mail_path": "~/virtual"}
              if host.is_24 else {"location": "virtual:~/virtual"})
    made = server(plugin=("pop3_ext", "virtual"), users=["alice"],
                  plugin_settings={"pop3_ext_pop4": "folders messages"},
                  settings={
                      "protocol imap": {"mail_plugins": "virtual"},
                      "namespace inbox": {"inbox": "yes", "separator": "/"},
                      "namespace virtual": {
                          "prefix": "Virtual/", "separator": "/", **layout}})
    fill(made, "INBOX", 2)
    fill(made, "Work", 2)
    folder = made.folder / "home" / "alice" / "virtual" / "All"
    folder.mkdir(parents=True)
    (folder / "dovecot-virtual").write_text("INBOX\nWork\n  all\n")
    made.host.run(["chown", "-R", "--reference=" + made.users[0].home,
                   made.users[0].home])
    with made.login() as client:
        assert pop4.select(client, "Virtual/All")[0] == 4
        client.ok("LIST")
        assert len(client.multi()) == 4
        texts = [client.retr(number) for number in range(1, 5)]
        client.ok("DELE %d" % (1 + texts.index(message(b"INBOX-0"))))
        client.ok("MOVE %d INBOX" % (1 + texts.index(message(b"Work-1"))))
        client.quit()
    assert [text for _, text in made.messages("alice")] == [
        message(b"INBOX-1"), message(b"Work-1")]
    assert [text for _, text in made.messages("alice", "Work")] == [
        message(b"Work-0")]


def imap_folders(server):
    """{name: (messages, unseen, size)} by LIST and STATUS."""
    client = server.imap("alice")
    found = {}
    for line in client.list()[1]:
        name = line.split(b" ")[-1].strip(b'"').decode()
        if b"\\Noselect" in line:
            continue
        _, data = client.status(name, "(MESSAGES UNSEEN SIZE)")
        numbers = re.search(rb"MESSAGES (\d+) UNSEEN (\d+) SIZE (\d+)", data[0])
        found[name.replace(".", "/")] = tuple(int(n) for n in numbers.groups())
    client.logout()
    return found


def test_list_is_that_of_imap_after_random_changes(store, rng):
    names = ["a", "a/b", "c", "d/e"]
    with store.login() as client:
        for _ in range(25):
            name = rng.choice(names)
            command = rng.choice(["CFLD", "DFLD", "append", "seen", "SFLD"])
            if command == "append":
                fill(store, name.replace("/", store_separator(store)), 1)
            elif command == "seen" and client.stat()[0] > 0:
                client.retr(1)
            elif command != "seen":
                client.command("%s %s" % (command, name))
        pop4.select(client, "INBOX")
        ours = {folder.name: (folder.messages, folder.unseen, folder.octets)
                for folder in pop4.folders(client)
                if "NOSELECT" not in folder.attrs}
        assert ours == imap_folders(store)


def store_separator(server):
    return "." if server.driver == "maildir" else "/"


@pytest.mark.parametrize("driver", ["maildir", "mdbox", "sdbox", "mbox"])
def test_names_that_no_storage_takes_get_one_answer(server, driver):
    """They name no folder, or are bad names; a client can't write Error lines
    into the log by them (the fixture looks)."""
    made = server(driver=driver,
                  plugin_settings={"pop3_ext_pop4": "folders messages"})
    for folder in ("INBOX", "Real", "Other"):
        fill(made, folder, 1)
    with made.login() as client:
        for name in ("x" * 300, "Real/" + "x" * 300, "x" * 300 + "/y",
                     "/".join(["x" * 200] * 4)):
            for command in (
                    "SFLD %s", "DFLD %s", "MOVF %s Other", "MOVF Real %s",
                    "RENF %s y", "COPY 1 %s", "MOVE 1 %s", "STOR %s"):
                reply = client.command(command % name)
                assert re.match(rb"-ERR (no such folder|bad folder name)",
                                reply), (command, name, reply)
                client.ok("NOOP")
        for command in ("CFLD " + "x" * 300, "CFLD Real/" + "x" * 300,
                        "RENF Real " + "x" * 300):
            reply = client.command(command)
            assert reply.startswith(b"-ERR bad folder name"), (command, reply)
        assert client.ok("SFLD Real").split()[1] == b"1"
