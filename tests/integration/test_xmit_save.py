"""XTND XMIT: the copy in the sender's own folder."""

import os

import pytest

from pop3ext import hosts, pop3, smtpd, xmit
from pop3ext.server import User

SENT = b"+OK Message sent "
FOLDER = {"pop3_ext_xmit_save": "Sent"}
MESSAGE = xmit.message(
    b"From: alice@example.test", b"Bcc: carol@example.test",
    b"Subject: copied", b"Date: Sat, 21 Nov 2026 10:00:00 +0100",
    b"Message-ID: <copy@client.test>",
    body=b".dot\r\n..dots\r\nlast\r\n" * 3000)


def _server(server, out, users=("alice", "bob"), **kwargs):
    return server(users=list(users), plugin_settings=dict(
        FOLDER, pop3_ext_xmit_relay=out.host_port), **kwargs)


@pytest.mark.parametrize("driver", xmit.sample(2, [
    "maildir", "sdbox", "mdbox", "mbox"]))
def test_copy(server, relay, driver):
    """The folder is made; the copy is seen, has the Bcc, and is otherwise
    what the relay got."""
    out = relay()
    ours = _server(server, out, driver=driver)
    with ours.login() as client:
        assert client.xmit(MESSAGE).startswith(SENT)
        assert client.xmit(xmit.SIMPLE).startswith(SENT)
        client.quit()
    copies = ours.messages("alice", "Sent")
    assert len(copies) == 2
    for (flags, copy), sent in zip(copies, out.transactions):
        assert "\\Seen" in flags
        assert b"carol" not in sent.data
        got, theirs = xmit.Mail(copy), xmit.Mail(sent.data)
        assert got.body == theirs.body
        assert got.without("Bcc", "Received") == theirs.without("Received")
    assert xmit.Mail(copies[0][1]).get("Bcc") == [b"carol@example.test"]
    assert not ours.messages("alice") and not ours.messages("bob", "Sent")
    subscribed = ours.doveadm("mailbox", "list", "-s", "-u", "alice")
    assert b"Sent" in subscribed.stdout.split()


def test_other_folder_of_one_user(server, relay):
    """A userdb field: a folder for one, none for the others."""
    out = relay()
    ours = server(users=[User("alice"), User("bob", fields={
        "pop3_ext_xmit_save": "Mail/My out"})],
        plugin_settings={"pop3_ext_xmit_relay": out.host_port},
        settings={"namespace inbox": {"inbox": "yes", "separator": "/"}})
    for name in ("alice", "bob"):
        with ours.login(name) as client:
            assert client.xmit(MESSAGE).startswith(SENT)
            client.quit()
    assert len(ours.messages("bob", "Mail/My out")) == 1
    assert not ours.messages("alice", "Sent")


@pytest.mark.parametrize("stage, answer, says", [
    ("RCPT", smtpd.reply("550 5.1.1 no"), b"-ERR [SYS/PERM]"),
    ("DATA", smtpd.reply("451 4.3.0 no"), b"-ERR [SYS/TEMP]"),
    ("final", smtpd.reply("554 5.6.0 spam"), b"-ERR [SYS/PERM]"),
    ("final", smtpd.drop(), b"-ERR [SYS/TEMP]"),
    ("body", smtpd.drop(), b"-ERR [SYS/TEMP]"),
])
def test_no_copy_without_ok(server, relay, stage, answer, says):
    """What the relay has not taken is not in the folder either; the next
    message is."""
    out = relay()
    ours = _server(server, out)
    # Logged by lib-smtp when it notices a drop by writing, not by reading.
    ours.allow_log(r"Error: xmit: smtp-client: conn 127\.0\.0\.1:")
    out.on(stage, answer, times=1)
    with ours.login() as client:
        assert client.xmit(MESSAGE).startswith(says)
        assert client.xmit(xmit.SIMPLE).startswith(SENT)
        client.quit()
    assert [xmit.Mail(copy).get("Subject") for _, copy in
            ours.messages("alice", "Sent")] == [[b"simple"]]
    _assert_nothing_left(ours, 1)


def _assert_nothing_left(ours, messages):
    """No temporary file of a copy stays in the folder."""
    folder = ours.folder / "home" / "alice" / "Maildir" / ".Sent"
    assert not list((folder / "tmp").iterdir())
    assert len(list((folder / "cur").iterdir()) +
               list((folder / "new").iterdir())) == messages


@pytest.mark.valgrind
def test_no_copy_without_dot(server, relay):
    """A client that drops has sent nothing and copied nothing."""
    out = relay()
    ours = _server(server, out)
    with ours.login() as client:
        assert client.xmit(xmit.SIMPLE).startswith(SENT)
        client.ok("XTND XMIT")
        client.send(pop3.stuff(MESSAGE)[:-3])
        client.close()
    assert xmit.wait_results(ours, "alice", 2)[1]["result"] == "aborted"
    _assert_nothing_left(ours, 1)
    assert len(out.transactions) == 1


def test_bad_message_is_not_copied(server, relay):
    """A message that is refused late is not copied."""
    out = relay()
    ours = _server(server, out)
    with ours.login() as client:
        assert client.xmit(xmit.SIMPLE).startswith(SENT)
        reply = client.xmit(xmit.message(body=b"x\r\n" * 50000 + b"\0\r\n"))
        assert reply.startswith(b"-ERR ")
        client.quit()
    _assert_nothing_left(ours, 1)


def test_unwritable_folder(server, relay):
    """The copy fails: the reply stays +OK, the log tells."""
    out = relay()
    ours = _server(server, out)
    folder = ours.folder / "home" / "alice" / "Maildir" / ".Sent"
    for name in ("cur", "new", "tmp"):
        (folder / name).mkdir(parents=True)
    # All but the folder for what is being written is the user's.
    for path in (folder.parent, folder, folder / "cur", folder / "new"):
        os.chown(path, hosts.MAIL_UID, hosts.MAIL_GID)
    ours.expect_log(r"\(alice\).*Sent message could not be copied to Sent|"
                    r"\(alice\).*Error: .*Permission denied")
    with ours.login() as client:
        for _ in range(2):
            assert client.xmit(MESSAGE).startswith(SENT)
        assert client.command("STAT") == b"+OK 0 0"
        client.quit()
    ours.wait_log("Sent message could not be copied to Sent")
    assert len(out.transactions) == 2
    for sent in out.transactions:
        assert xmit.Mail(sent.data).body == xmit.Mail(MESSAGE).body


@pytest.mark.parametrize("folder", xmit.sample(1, [
    "Bad\\name/../x", "~x/y", "a//b", "x\u00e4&y"]))
def test_odd_folder_names(server, relay, folder):
    """A folder that cannot be is a failed copy, not a failed message."""
    out = relay()
    ours = server(users=["alice"], plugin_settings={
        "pop3_ext_xmit_relay": out.host_port, "pop3_ext_xmit_save": folder})
    with ours.login() as client:
        assert client.xmit(xmit.SIMPLE).startswith(SENT)
        client.quit()
    assert len(out.transactions) == 1
    # Made, or said why not.
    if not list((ours.folder / "home/alice/Maildir").glob(".*/cur/*")):
        ours.wait_log("Sent message could not be copied to")


def test_full_quota(server, relay, host):
    """A full mailbox: the message is sent, the copy is not kept, and one
    line of the log tells."""
    out = relay()
    plugin_settings = dict(FOLDER, pop3_ext_xmit_relay=out.host_port)
    settings_24 = {}
    if host.is_24:
        settings_24["mail_plugins"] = {"quota": "yes"}
        settings_24['quota "User quota"'] = {
            "quota_driver": "count", "quota_storage_size": "1K",
            "quota_storage_grace": "0"}
    else:
        plugin_settings.update({"quota": "count:User quota",
                                "quota_vsizes": "yes", "quota_grace": "0",
                                "quota_rule": "*:storage=1K"})
    ours = server(users=["alice"], plugin=["quota", "pop3_ext"],
                  plugin_settings=plugin_settings, settings_24=settings_24)
    with ours.login() as client:
        assert client.xmit(MESSAGE).startswith(SENT)
        client.quit()
    match = ours.wait_log("Sent message could not be copied to Sent: (.*)")
    assert "uota" in match.group(1)
    assert len(out.transactions) == 1
    assert ours.messages("alice", "Sent") == []


def test_copy_to_inbox(server, relay):
    """The folder may be the INBOX that the session has open."""
    out = relay()
    ours = server(users=["alice"], plugin_settings={
        "pop3_ext_xmit_relay": out.host_port, "pop3_ext_xmit_save": "INBOX"})
    ours.deliver("alice", b"Subject: first\r\n\r\nx\r\n")
    with ours.login() as client:
        assert client.stat()[0] == 1
        assert client.xmit(xmit.SIMPLE).startswith(SENT)
        assert client.stat()[0] == 1
        client.ok("DELE 1")
        client.quit()
    with ours.login() as client:
        assert client.stat()[0] == 1
        assert b"Subject: simple" in client.retr(1)
        client.quit()


def test_copy_in_pieces(server, relay):
    """The copy does not depend on how the message came."""
    out = relay()
    ours = _server(server, out)
    wire = pop3.stuff(MESSAGE)
    with ours.login() as client:
        client.ok("XTND XMIT")
        for at in range(0, len(wire), 1447):
            client.send(wire[at:at + 1447])
        assert client.line().startswith(SENT)
        client.quit()
    ((_, copy),) = ours.messages("alice", "Sent")
    assert xmit.Mail(copy).body == xmit.Mail(MESSAGE).body
