"""Every command and every kind of session shows the same UIDL: POP4's LMSG,
views, other folders; and who sees only a part of a maildrop gives UIDLs to all
of it."""

import pytest

from pop3ext import uidl
from pop3ext.server import User

ALICE = "alice"


def pop4(**more):
    """Settings of pop3_ext with POP4's commands on."""
    return dict({"pop3_ext_pop4": "folders messages flags"}, **more)


def format_of(server, text):
    """pop3 settings whose UIDLs are the UID in a text, such as kept-%u."""
    return {"pop3_uidl_format": text.replace(
        "%u", "%{uid}") if server.host.is_24 else text}


def lmsg(client):
    """{number: UIDL} by POP4's list."""
    client.ok("LMSG")
    return {int(words[0]): words[2] for words in
            (line.split(b" ") for line in client.multi())}


def test_lmsg_shows_what_uidl_shows_in_every_session(server):
    ours = server(plugin=uidl.PLUGINS, plugin_settings=pop4())
    uidl.fill(ours, range(1, 4))
    with ours.login() as client:
        first = lmsg(client)
        assert client.uidl() == first and len(first) == 3
    uidl.change(ours, pop3=format_of(ours, "new-%u"))
    uidl.fill(ours, [4])
    with ours.login() as client:
        listed = client.uidl()
        assert lmsg(client) == listed
    assert {n: listed[n] for n in (1, 2, 3)} == first
    assert listed[4] == b"new-4"
    # recognised again in the session itself
    uidl.remove(ours, "Maildir/dovecot.index*")
    with ours.login() as client:
        assert lmsg(client) == listed
        assert lmsg(client) == client.uidl() == listed


def test_lmsg_closes_the_connection_when_the_store_breaks(server):
    ours = server(plugin=uidl.PLUGINS, plugin_settings=pop4())
    uidl.fill(ours, range(1, 4))
    uidl.listing(ours)
    data = bytearray(uidl.journal(ours).read_bytes())
    data[1024 + 45] ^= 1
    uidl.journal(ours).write_bytes(data)
    ours.expect_log("Error: .*is damaged")
    with ours.login() as client:
        client.send_line("LMSG")
        assert b" 000000" not in client.read_eof()


def test_stor_names_no_uidl_that_may_become_another(server):
    ours = server(plugin=uidl.PLUGINS, plugin_settings=pop4())
    uidl.fill(ours, [1])
    with ours.login() as client:
        client.ok("STOR INBOX -")
        client.send(uidl.message(2) + b".\r\n")
        assert client.line() == b"+OK stored -"


@pytest.mark.parametrize("duplicates", ["allow", "rename"])
def test_first_session_by_a_view_gives_uidls_to_all(server, duplicates):
    """A view of no message at all: what it does not show has its UIDL, too,
    the one that the host would have shown with all of them."""
    pop3 = {"pop3_reuse_xuidl": "yes", "pop3_uidl_duplicates": duplicates}
    ours = server(plugin=[], pop3_settings=pop3,
                  users=[User(ALICE, fields={})])
    for number in (1, 2, 3):
        uidl.fill(ours, [number], extra="X-UIDL: same\r\n")
    before = uidl.listing(ours)
    ours.user(ALICE).fields["pop3_ext_view_account"] = "nobody"
    ours.write_users()
    uidl.change(ours, plugin=uidl.PLUGINS)
    assert uidl.listing(ours) == b""
    assert uidl.journal(ours).stat().st_size > 1024 + 3 * 40
    ours.user(ALICE).fields.clear()
    ours.write_users()
    uidl.change(ours, pop3={"pop3_uidl_format": "%{uid}" if ours.host.is_24
                            else "%u"})
    assert uidl.listing(ours) == before
    # the first sight is over: a text is given once
    uidl.change(ours, pop3=pop3)
    uidl.fill(ours, [4], extra="X-UIDL: same\r\n")
    new = uidl.listing(ours)[len(before):]
    assert new.startswith(b"\r\n4 same-") and new[4:] not in before


def test_view_shows_the_uidls_of_the_whole_maildrop(server):
    ours = server(plugin=uidl.PLUGINS, plugin_settings=pop4(),
                  users=[User(ALICE, fields={})])
    for number in (1, 2, 3, 4):
        account = "info" if number % 2 else "sales"
        uidl.fill(ours, [number],
                  extra="Delivered-To: %s@example.test\r\n" % account)
    whole = uidl.by_subject(ours)
    ours.user(ALICE).fields["pop3_ext_view_account"] = "sales"
    ours.write_users()
    uidl.change(ours, pop3=format_of(ours, "new-%u"))
    part = uidl.by_subject(ours)
    assert part == {key: whole[key] for key in ("m2", "m4")}
    uidl.remove(ours, "Maildir/dovecot.index*")
    with ours.login() as client:
        assert sorted(lmsg(client).values()) == sorted(
            texts[0] for texts in part.values())
    assert uidl.by_subject(ours) == part


def test_uidls_hold_after_a_change_of_folder_and_back(server):
    ours = server(plugin=uidl.PLUGINS, plugin_settings=pop4())
    imap = ours.imap()
    assert imap.create("Work")[0] == "OK"
    imap.logout()
    uidl.fill(ours, range(1, 4))
    uidl.fill(ours, range(11, 15), folder="Work")

    def look():
        with ours.login() as client:
            inbox = client.uidl()
            client.ok("SFLD Work")
            work = client.uidl()
            assert lmsg(client) == work
            client.ok("SFLD INBOX")
            assert lmsg(client) == client.uidl() == inbox
            return inbox, work

    inbox, work = look()
    assert len(inbox) == 3 and len(work) == 4
    uidl.change(ours, pop3=format_of(ours, "new-%u"))
    assert look() == (inbox, work)
    uidl.remove(ours, "Maildir/dovecot.index*", "Maildir/.Work/dovecot.index*")
    assert look() == (inbox, work)


def test_connection_is_closed_when_the_store_of_a_folder_breaks(server):
    ours = server(plugin=uidl.PLUGINS, plugin_settings=pop4())
    imap = ours.imap()
    assert imap.create("Work")[0] == "OK"
    imap.logout()
    uidl.fill(ours, range(1, 4), folder="Work")
    with ours.login() as client:
        client.ok("SFLD Work")
        assert len(client.uidl()) == 3
    (store,) = uidl.home(ours).glob(".dovecot.pop3-uidl.*")
    store.write_bytes(b"")
    ours.expect_log("Error: .*is not a UIDL store")
    with ours.login() as client:
        client.ok("SFLD Work")
        client.send_line("UIDL")
        assert client.read_eof() == b""


def test_doveadm_and_dsync_get_what_an_index_has_lost(server):
    """Equal messages, too: each has its own."""
    first = server(start=False)
    plugins = {"pop3_uidl": "yes"} if first.host.is_24 else "pop3_uidl"
    ours = server(plugin=uidl.PLUGINS, settings={"mail_plugins": plugins})
    uidl.fill(ours, [1, 2])
    imap = ours.imap()
    imap.select("INBOX")
    # the same GUID twice
    assert imap.copy("1", "INBOX")[0] == "OK"
    imap.logout()
    with ours.login() as client:
        listed = client.uidl()
    assert len(set(listed.values())) == 3
    uidl.change(ours, pop3=format_of(ours, "new-%u"))
    uidl.remove(ours, "Maildir/dovecot.index*")
    done = ours.doveadm("-f", "tab", "fetch", "-u", ALICE, "pop3.uidl",
                        "mailbox", "INBOX", "all")
    assert done.stdout.split()[1:] == [listed[n] for n in (1, 2, 3)]
