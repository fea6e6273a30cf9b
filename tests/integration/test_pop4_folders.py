"""LFLD SFLD CFLD DFLD MOVF RENF: folders by POP4, every reply of theirs."""

import re

import pytest

from pop3ext import pop4
from pop3ext.server import User


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


def test_unknown_word_is_named(server):
    made = server(users=[User("alice", fields={
        "pop3_ext_pop4": "folders flag"})])
    made.expect_log("Commands are off: .*pop3_ext_pop4=flag: must be some of: "
                    "folders, messages, flags, parts")
    with made.login() as client:
        assert client.command("LFLD") == (
            b"-ERR [SYS/PERM] The server is not configured correctly")


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
