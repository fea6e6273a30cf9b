"""POP4 with shared and public folders, aliases of namespaces, and folders for
special use: what a user may see, and that nothing else can be named."""

import os
import shutil

import pytest

from pop3ext import hosts, pop3, pop4

pytestmark = pytest.mark.every

POP4 = {"pop3_ext_pop4": "folders messages flags parts"}
REFUSED = b"-ERR not permitted: nothing can be deleted from this folder"


def message(text):
    return b"Subject: %s\r\n\r\nbody of %s\r\n" % (text, text)


def own(folder):
    """Give a tree to the mail user."""
    for path in [folder, *folder.rglob("*")]:
        os.chown(path, hosts.MAIL_UID, hosts.MAIL_GID)


def maildir(path, texts=(), rights=None):
    """A folder of a Maildir, with messages and an ACL."""
    for name in ("cur", "new", "tmp"):
        (path / name).mkdir(parents=True, exist_ok=True)
    for number, text in enumerate(texts):
        (path / "cur" / ("%d.M%06dP1.test:2," % (10 ** 9 + number, number))
         ).write_bytes(message(text))
    (path / "maildirfolder").touch()
    if rights is not None:
        (path / "dovecot-acl").write_text(rights + "\n")


def place(host, text):
    """A location of mail, in both languages."""
    driver, path = text.split(":")
    return ({"mail_driver": driver, "mail_path": path} if host.is_24
            else {"location": text})


@pytest.fixture(name="shared")
def _shared(host, shared_server):
    """bob shows alice some of his folders, and there are public ones."""
    owner = "%{owner_home}" if host.is_24 else "%%h"
    user = "$user" if host.is_24 else "%%u"
    acl = ({"acl_driver": "vfile",
            "acl_sharing_map": {"dict file": {"path": "~/../shared.db"}}}
           if host.is_24 else {})
    made = shared_server(
        start=False, users=["alice", "bob", "carol"],
        plugin=("pop3_ext", "acl"),
        plugin_settings=dict(POP4, **{} if host.is_24 else {
            "acl": "vfile", "acl_shared_dict": "file:%h/../shared.db"}),
        settings_24=acl,
        settings={
            "namespace inbox": {"inbox": "yes", "separator": "/"},
            "namespace shared": {
                "type": "shared", "prefix": "shared/%s/" % user,
                "separator": "/", "subscriptions": "no", "list": "children",
                **place(host, "maildir:%s/Maildir" % owner)},
            "namespace public": {
                "type": "public", "prefix": "Public/", "separator": "/",
                "subscriptions": "no",
                **place(host, "maildir:~/../public")}})
    if made.pid is None:
        fill(made)
        made.start()
        with made.login() as client:
            pop4.folders(client)    # gives the messages their UIDs
    # 2.4 tries to make it, and has no right to
    made.allow_log(r"Error: mkdir\(.*/user-not-found/")
    return made


def fill(made):
    """Everybody's folders."""
    home = made.folder / "home"
    for name in ("alice", "carol"):
        maildir(home / name / "Maildir", [b"%s-%d" % (name.encode(), number)
                                          for number in range(3)])
    bob = home / "bob" / "Maildir"
    maildir(bob, [b"bob"])
    maildir(bob / ".Read", [b"read-0", b"read-1"], "user=alice lr")
    maildir(bob / ".Post", [], "user=alice lrwsip")
    maildir(bob / ".Work", [b"work-0", b"work-1"], "user=alice lrwstipekx")
    maildir(bob / ".Private", [b"private"], "owner lrwstipekxa")
    public = home / "public"
    maildir(public / ".News", [b"news"], "anyone lr")
    maildir(public / ".Secret", [b"secret"], "user=bob lrwstipekxa")
    (home / "shared.db").write_text("shared/shared-boxes/user/alice/bob\n1\n")
    own(home)


def test_only_what_may_be_seen_is_listed(shared):
    with shared.login() as client:
        listed = {found.name: found for found in pop4.folders(client)
                  if "NOSELECT" not in found.attrs}
        assert set(listed) >= {"INBOX", "shared/bob/Read", "shared/bob/Post",
                               "shared/bob/Work", "Public/News"}
        assert not [name for name in listed if name.startswith("shared/") and
                    name.split("/")[-1] not in ("Read", "Post", "Work")]
        assert "Public/Secret" not in listed
        assert listed["shared/bob/Read"].messages == 2
        assert listed["Public/News"].octets == len(message(b"news"))
        for name in ("shared/bob/Read", "Public/News"):
            assert "READONLY" in listed[name].attrs, name
        assert "READONLY" not in listed["shared/bob/Work"].attrs


def test_readonly_shared_folder_is_read_and_not_changed(shared):
    with shared.login() as client:
        for name, text in (("shared/bob/Read", b"read-0"),
                           ("Public/News", b"news")):
            pop4.select(client, name)
            assert client.retr(1) == message(text)
            client.ok("LPRT 1")
            client.multi()
            assert client.command("DELE 1") == REFUSED
            for line in ("SFLG 1 SEEN", "RFLG 1 -", "CFLG 1 FLAGGED",
                         "MOVE 1 INBOX", "STOR", "COPY 1 " + name,
                         "CFLD %s/New" % name):
                assert client.command(line).startswith(
                    b"-ERR not permitted"), line
        for line in ("DFLD shared/bob/Read", "RENF shared/bob/Read Other",
                     "MOVF shared/bob/Read Public", "CFLD Public/New",
                     "CFLD shared/bob/New"):
            assert client.command(line).startswith(b"-ERR not permitted"), line
        assert client.quit().startswith(b"+OK")
    assert [text for _, text in shared.messages("bob", "Read")] == [
        message(b"read-0"), message(b"read-1")]


def test_messages_go_between_owners_by_their_rights(shared):
    """There and back again."""
    with shared.login() as client:
        assert client.command("COPY 1 shared/bob/Post") == \
            b"+OK 1 messages copied"
        client.ok("STOR shared/bob/Post SEEN")
        client.send(pop3.stuff(message(b"stored")))
        assert client.line().startswith(b"+OK stored")
        assert client.command("MOVE 1 shared/bob/Work") == \
            b"+OK 1 messages moved"
        assert pop4.select(client, "shared/bob/Work")[0] == 3
        assert client.command("SFLG 3 FLAGGED") == b"+OK 1 messages"
        assert client.command("MOVE 3 INBOX") == b"+OK 1 messages moved"
        assert pop4.select(client, "shared/bob/Post")[0] == 2
        assert client.command("DELE 1") == REFUSED
        pop4.select(client, "INBOX")
        assert client.retr(3) == message(b"alice-0")
        client.quit()
    assert [text for _, text in shared.messages("bob", "Post")] == [
        message(b"alice-0"), message(b"stored")]
    assert len(shared.messages("bob", "Work")) == 2
    assert len(shared.messages("alice")) == 3


def test_right_that_is_withdrawn_meanwhile(shared):
    """What is marked is deleted, or it is said that it is not."""
    folder = shared.folder / "home" / "bob" / "Maildir" / ".Taken"
    both = [message(b"taken-0"), message(b"taken-1")]
    for leave in ("QUIT", "SFLD INBOX", "SFLD shared/bob/Taken"):
        shutil.rmtree(folder, ignore_errors=True)
        maildir(folder, [b"taken-0", b"taken-1"], "user=alice lrwstipekx")
        own(folder)
        with shared.login() as client:
            assert pop4.select(client, "shared/bob/Taken")[0] == 2
            client.ok("DELE 1")
            maildir(folder, rights="user=alice lr")
            own(folder)
            left = client.command(leave)
            kept = [text for _, text in shared.messages("bob", "Taken")]
            # a host that goes by the rights of the time of SFLD
            if left.startswith(b"+OK"):
                assert kept == both[1:], leave
                continue
            assert left == REFUSED and kept == both, leave
            if leave == "QUIT":
                client.read_eof()
                continue
            assert client.command("RETR 1") == b"-ERR Message is deleted."
            client.ok("RSET")
            assert client.command("DELE 1") == REFUSED
            assert pop4.select(client, "INBOX")[0] == 3
    with shared.login() as client:
        pop4.select(client, "shared/bob/Taken")
        assert client.command("DELE 1") == REFUSED


def commands(name):
    """All that name a folder."""
    return ["SFLD " + name, "DFLD " + name, "RENF %s x" % name,
            'MOVF %s ""' % name, "MOVF shared/bob/Work " + name,
            "COPY 1 " + name, "MOVE 1 " + name, "STOR " + name,
            "CFLD %s/New" % name]


HIDDEN = ["shared/bob/Private", "shared/bob/INBOX", "shared/carol/INBOX",
          "Public/Secret", "shared/nobody/x"]
# And what exists no more than these does:
ABSENT = ["shared/bob/Absent", "shared/bob/Absent", "shared/carol/Absent",
          "Public/Absent", "shared/carol/y"]


@pytest.mark.parametrize("hidden,absent", zip(HIDDEN, ABSENT), ids=HIDDEN)
def test_hidden_folder_is_as_one_that_does_not_exist(hidden, absent, shared):
    with shared.login() as client:
        for theirs, nothing in zip(commands(hidden), commands(absent)):
            reply = client.command(theirs)
            assert reply.startswith(b"-ERR "), (theirs, reply)
            assert reply == client.command(nothing).replace(
                absent.encode(), hidden.encode()), theirs
        assert pop4.folders(client, hidden) == []
        assert client.stat()[0] == 3


OUTSIDE = ["..", "../bob/Maildir", "../../home/bob", "/etc/passwd", "~bob",
           "~/x", "~", ".", "./x", "x/../../bob", "shared/bob/../carol/x",
           "shared/../bob/x", "shared/..", "shared/bob/..", "Public/..",
           "Public/../bob", "Public/~bob", "shared/~bob/x", "shared/nobody/x",
           "shared/bob", "shared", "a/./b", "a/../b", "cur", "%h/x", "%u"]


def test_names_lead_nowhere_else(shared):
    """Whatever is made is in alice's own Maildir."""
    home = shared.folder / "home"

    def others():
        return {str(path) for path in home.rglob("*")
                if not path.is_relative_to(home / "alice") and
                "dovecot" not in path.name}

    before = others()
    made = []
    with shared.login() as client:
        for name in OUTSIDE:
            if client.command("CFLD " + name).startswith(b"+OK"):
                made.append(name)
            client.ok("NOOP")
            for line in commands(name):
                reply = client.command(line)
                if reply == b"+OK send message":
                    client.send(pop3.stuff(message(b"x")))
                    reply = client.line()
            pop4.folders(client, name)
            pop4.folders(client, name + "/*")
        client.reset()
    assert others() == before
    assert not [name for name in made if name.startswith((".", "/", "~"))]
    assert not (home / "alice" / "x").exists()


# Namespaces that are names of others

@pytest.fixture(name="twins")
def _twins(host, server):
    """"Old/" is another name of "Mail/", and "Twin/" leads to the same
    folders without saying so."""
    made = server(
        users=["alice"], plugin_settings=POP4, start=False, settings={
            "namespace inbox": {"inbox": "yes", "separator": "/"},
            "namespace mail": {"prefix": "Mail/", "separator": "/",
                               **place(host, "maildir:~/mail")},
            "namespace old": {
                "prefix": "Old/", "separator": "/", "hidden": "yes",
                "list": "no", **place(host, "maildir:~/mail"),
                "alias_for": "mail" if host.is_24 else "Mail/"},
            "namespace twin": {"prefix": "Twin/", "separator": "/",
                               **place(host, "maildir:~/mail")}})
    home = made.folder / "home" / "alice"
    maildir(home / "Maildir", [b"inbox"])
    maildir(home / "mail" / ".Work", [b"work-0", b"work-1", b"work-2"])
    maildir(home / "mail" / ".Work.Sub")
    own(home)
    return made.start()


@pytest.mark.parametrize("other", ["Old", "Twin"])
def test_selected_folder_is_known_by_all_its_names(twins, other):
    with twins.login() as client:
        assert pop4.select(client, "Mail/Work")[0] == 3
        client.ok("DELE 1")
        # the mark is carried out before the new numbers are given
        assert pop4.select(client, other + "/Work")[0] == 2
        assert client.retr(1) == message(b"work-1")
        client.ok("DELE 1")
        assert pop4.select(client, "Mail/Work")[0] == 1
        for line in ("DFLD %s/Work", "RENF %s/Work New", "MOVE 1 %s/Work"):
            line = line % other
            assert client.command(line).startswith(
                b"-ERR folder in use"), line
        assert pop4.select(client, "Mail/Work/Sub")[0] == 0
        if other == "Old":
            assert client.command("RENF Old/Work New").startswith(
                b"-ERR folder in use")
        client.quit()
    assert [text for _, text in twins.messages("alice", "Mail/Work")] == [
        message(b"work-2")]


@pytest.mark.parametrize("name", ["inbox", "InBoX", "INBOX"])
def test_inbox_is_known_in_any_case(twins, name):
    with twins.login() as client:
        client.ok("DELE 1")
        assert pop4.select(client, name) == (0, 0, 0)
        assert client.stat()[0] == 0
        client.reset()
    assert twins.messages("alice") == []


# Special use

def test_special_use(server):
    """The attributes; a folder that the server makes it keeps."""
    made = server(
        users=["alice"], plugin_settings=POP4, settings={
            "namespace inbox": {
                "inbox": "yes", "separator": "/",
                "mailbox Sent": {"special_use": "\\Sent", "auto": "no"},
                "mailbox Drafts": {"special_use": "\\Drafts",
                                   "auto": "subscribe"},
                "mailbox Trash": {"special_use": "\\Trash", "auto": "create"},
                "mailbox Junk": {"special_use": "\\Junk", "auto": "no"},
                "mailbox Old": {"special_use": "\\Archive", "auto": "no"}}})
    with made.login() as client:
        for name in ("Sent", "Junk", "Old"):
            client.ok("CFLD " + name)
        found = {folder.name: folder.attrs - {"SELECTED"}
                 for folder in pop4.folders(client)}
        assert found == {"INBOX": {"INBOX"}, "Sent": {"SENT"},
                         "Drafts": {"DRAFTS"}, "Trash": {"TRASH"},
                         "Junk": {"JUNK"}, "Old": {"ARCHIVE"}}
        for name in ("Drafts", "Trash"):
            assert client.command("DFLD " + name) == \
                b"-ERR not permitted: the server keeps this folder"
        assert client.command("CFLD Trash").startswith(b"-ERR folder exists")
        client.ok("DFLD Sent")
        client.quit()
