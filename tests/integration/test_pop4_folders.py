"""LFLD SFLD CFLD DFLD MOVF RENF: folders by POP4, every reply of theirs."""

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
