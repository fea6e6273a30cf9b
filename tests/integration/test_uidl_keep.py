"""What was shown is shown for ever: each line of "Behaviour 2" of the plugin
by itself, and lists compared."""

import os
import pathlib
import shutil
import subprocess
import time

import pytest

from pop3ext import hosts, uidl
from pop3ext.server import Server, User


def two_sights(server, **kwargs):
    """A server whose INBOX was looked at twice; its texts by subject."""
    ours = server(plugin=uidl.PLUGINS, **kwargs)
    uidl.fill(ours, range(1, 6))
    uidl.listing(ours)
    uidl.fill(ours, range(6, 9))
    return ours, uidl.by_subject(ours)


def check(ours, before):
    """The same UIDLs again; a new message gets one that is new."""
    after = uidl.by_subject(ours)
    assert after == before
    uidl.fill(ours, [99])
    later = uidl.by_subject(ours)
    new = later.pop("m99")
    assert later == before
    assert not any(new[0] in texts for texts in before.values())


@pytest.mark.parametrize("driver,patterns", [
    ("maildir", ["Maildir/dovecot.index*"]),
    ("sdbox", ["sdbox/mailboxes/INBOX/dbox-Mails/dovecot.index*"]),
    ("mdbox", ["mdbox/mailboxes/INBOX/dbox-Mails/dovecot.index*"]),
    ("mbox", ["mail/.imap/INBOX/dovecot.index*"]),
])
def test_index_files_deleted(server, driver, patterns):
    ours, before = two_sights(server, driver=driver)
    uidl.remove(ours, *patterns)
    ours.allow_log("Error: |Warning: ")
    if driver in ("mdbox", "sdbox"):
        ours.doveadm("force-resync", "-u", "alice", "INBOX", check=False)
    check(ours, before)


def test_uidlist_and_uidvalidity_lost(server):
    ours, before = two_sights(server)
    uidl.remove(ours, "Maildir/dovecot-uidlist", "Maildir/dovecot-uidvalidity*",
                "Maildir/dovecot.index*")
    check(ours, before)


def test_only_uidlist_lost(server):
    ours, before = two_sights(server)
    uidl.remove(ours, "Maildir/dovecot-uidlist")
    ours.allow_log("Error: |Warning: ")
    check(ours, before)


def test_mdbox_map_lost(server):
    ours, before = two_sights(server, driver="mdbox")
    uidl.remove(ours, "mdbox/storage/dovecot.map.index*",
                "mdbox/mailboxes/INBOX/dbox-Mails/dovecot.index*")
    ours.allow_log("Error: |Warning: ")
    ours.doveadm("force-resync", "-u", "alice", "INBOX", check=False)
    check(ours, before)


def backup_location(ours, driver):
    """The -o options and the destination for doveadm backup to a driver."""
    path = {"maildir": "Maildir", "mdbox": "mdbox", "sdbox": "sdbox",
            "mbox": "mail"}[driver]
    # 2.4 takes a path and nothing else
    inbox = driver == "mbox" and not ours.host.is_24
    return "%s:~/%s%s" % (driver, path, ":INBOX=~/inbox" if inbox else "")


@pytest.mark.parametrize("driver", uidl.DRIVERS[1:])
def test_converted_by_doveadm_backup_and_back(server, driver):
    # one separator for all of them
    ours, before = two_sights(server, settings={
        "namespace inbox": {"inbox": "yes", "separator": "/"}})
    ours.allow_log("Error: |Warning: ")
    ours.doveadm("backup", "-u", "alice", backup_location(ours, driver))
    shutil.rmtree(uidl.home(ours) / "Maildir")
    if (uidl.home(ours) / "mail/inbox").exists():
        (uidl.home(ours) / "mail/inbox").rename(uidl.home(ours) / "inbox")
    uidl.change(ours, driver=driver)
    assert uidl.by_subject(ours) == before
    ours.doveadm("backup", "-u", "alice", backup_location(ours, "maildir"))
    uidl.change(ours, driver="maildir")
    check(ours, before)


def imap_copies(ours, name="alice"):
    """Destroy the mailbox and put the messages back by IMAP APPEND."""
    messages = ours.messages(name)
    shutil.rmtree(uidl.home(ours, name) / "Maildir")
    imap = ours.imap(name)
    for _, text in messages:
        imap.append("INBOX", None, None, text)
    imap.logout()


def test_restored_by_imap_copies(server):
    ours, before = two_sights(server)
    imap_copies(ours)
    check(ours, before)


def test_restored_by_imap_copies_into_the_emptied_mailbox(server):
    ours, before = two_sights(server)
    messages = ours.messages("alice")
    uidl.expunge(ours, before)
    assert uidl.by_subject(ours) == {}
    imap = ours.imap()
    for _, text in reversed(messages):
        imap.append("INBOX", None, None, text)
    imap.logout()
    check(ours, before)


@pytest.mark.parametrize("driver", uidl.DRIVERS)
def test_changed_format(server, driver):
    ours, before = two_sights(server, driver=driver)
    uidl.change(ours, pop3={"pop3_uidl_format": "%{uid}"
                            if ours.host.is_24 else "%u"})
    check(ours, before)


def test_mailbox_renamed_away_and_back(server):
    # Maildir's INBOX can't be renamed
    ours, before = two_sights(server, driver="mdbox")
    imap = ours.imap()
    assert imap.rename("INBOX", "Away")[0] == "OK"
    imap.logout()
    assert uidl.by_subject(ours) == {}
    imap = ours.imap()
    imap.select("Away")
    imap.copy("1:*", "INBOX")
    imap.logout()
    check(ours, before)


def test_moved_out_and_back_by_imap(server):
    ours, before = two_sights(server)
    imap = ours.imap()
    imap.create("Away")
    imap.select("INBOX")
    assert imap._simple_command("MOVE", "2:5", "Away")[0] == "OK"
    imap.logout()
    left = uidl.by_subject(ours)
    assert len(left) == 4 and all(before[key] == left[key] for key in left)
    imap = ours.imap()
    imap.select("Away")
    assert imap._simple_command("MOVE", "1:*", "INBOX")[0] == "OK"
    imap.logout()
    check(ours, before)


def test_home_moved_with_its_mail(server):
    ours, before = two_sights(server)
    ours.stop(keep=True)
    (uidl.home(ours) / "Maildir").rename(uidl.home(ours) / "old")
    shutil.copytree(uidl.home(ours) / "old", uidl.home(ours) / "Maildir",
                    copy_function=shutil.copy)
    ours.host.run(["chown", "-R", "--reference=%s" % ours.user("alice").home,
                   ours.user("alice").home + "/Maildir"])
    ours.start()
    check(ours, before)


@pytest.mark.parametrize("driver", uidl.DRIVERS)
def test_equal_messages_have_distinct_uidls_that_stay(server, driver):
    ours = server(plugin=uidl.PLUGINS, driver=driver)
    for _ in range(3):
        uidl.fill(ours, [1])
    uidl.fill(ours, [2])
    before = uidl.by_subject(ours)
    assert len(set(before["m1"])) == 3
    uidl.fill(ours, [1])
    again = uidl.by_subject(ours)
    assert len(set(again["m1"])) == 4 and set(before["m1"]) < set(again["m1"])
    if driver == "maildir":
        imap_copies(ours)
        assert uidl.by_subject(ours) == again


def test_uidl_of_a_gone_message_is_not_given_to_another(server):
    ours = server(plugin=uidl.PLUGINS)
    uidl.change(ours, pop3={"pop3_uidl_format": "%{uid}"
                            if ours.host.is_24 else "%u"})
    uidl.fill(ours, range(1, 5))
    shown = {text for texts in uidl.by_subject(ours).values()
             for text in texts}
    assert shown == {b"1", b"2", b"3", b"4"}
    uidl.expunge(ours, ["m1", "m2"])
    # UIDs begin again: the host would show 1 to 4 for these
    shutil.rmtree(uidl.home(ours) / "Maildir")
    uidl.fill(ours, range(11, 15))
    new = {text for texts in uidl.by_subject(ours).values() for text in texts}
    assert len(new) == 4 and not new & shown


@pytest.mark.parametrize("driver", ["maildir", "mdbox", "sdbox"])
def test_moved_to_another_server_by_dsync(server, driver):
    """dsync's own field carries the UIDLs, which the plugin gives."""
    first = server(start=False)
    plugins = ({"pop3_uidl": "yes"} if first.host.is_24 else "pop3_uidl")
    one = server(plugin=uidl.PLUGINS, settings={
        "mail_plugins": plugins,
        "namespace inbox": {"inbox": "yes", "separator": "/"}})
    uidl.fill(one, range(1, 6))
    uidl.change(one, pop3={"pop3_uidl_format": "kept-%{uid}"
                           if one.host.is_24 else "kept-%u"})
    before = uidl.by_subject(one)
    assert before["m1"] == [b"kept-1"]
    two = server(plugin=uidl.PLUGINS, driver=driver)
    target = "%s:%s/%s" % (driver, two.user("alice").home,
                           two._maildir_location()[2:])
    one.doveadm("backup", "-u", "alice", target)
    assert uidl.by_subject(two) == before
    check(two, before)


def test_doveadm_fetch_shows_the_same_uidls(server):
    first = server(start=False)
    plugins = ({"pop3_uidl": "yes"} if first.host.is_24 else "pop3_uidl")
    ours = server(plugin=uidl.PLUGINS, settings={"mail_plugins": plugins})
    uidl.fill(ours, range(1, 4))
    uidl.change(ours, pop3={"pop3_uidl_format": "kept-%{uid}"
                            if ours.host.is_24 else "kept-%u"})
    uidl.listing(ours)
    done = ours.doveadm("-f", "tab", "fetch", "-u", "alice", "pop3.uidl",
                        "mailbox", "INBOX", "all")
    assert done.stdout.split() == [b"pop3.uidl", b"kept-1", b"kept-2",
                                   b"kept-3"]


def test_sizes_need_no_message_when_a_maildir_has_lost_all_its_indexes(server):
    ours = server(plugin=uidl.PLUGINS)
    # makes the Maildir
    assert uidl.listing(ours) == b""
    uidl.pour(ours, range(1, 9))
    uidl.listing(ours)

    def sizes(client):
        client.ok("LIST")
        return list(client.multi())

    with ours.login() as client:
        before = sizes(client)
        listed = client.uidl()
    uidl.remove(ours, "Maildir/dovecot*")
    mails = list((uidl.home(ours) / "Maildir" / "cur").iterdir())
    for path in mails:
        path.chmod(0)
    for _ in range(2):
        with ours.login() as client:
            assert sizes(client) == before and client.uidl() == listed
    for path in mails:
        path.chmod(0o600)
    # and again from dovecot-uidlist, while the store has other sizes
    uidl.remove(ours, "Maildir/dovecot.index*")
    with ours.login() as client:
        assert sizes(client) == before and client.uidl() == listed
        assert len(client.retr(3)) > 20


def native_host(host):
    """This machine's own Dovecot, for a test that is run on another one; its
    modules are where this host has its own. Both may be built at once."""
    if host.native or host.modules is None or hosts.Host("/").is_24:
        pytest.skip("for a 2.4 beside this machine's own 2.3")
    modules = pathlib.Path(host.modules).with_name("modules-gcc")
    # the last one that tests/hosts/build puts there
    last = modules / "lib96_pop3_ext_test_plugin.so"
    others = os.environ.get("POP3EXT_HOSTS", "").split()
    if os.environ.get("NATIVE") not in others and not last.exists():
        pytest.skip("without modules for this machine's own Dovecot")
    deadline = time.monotonic() + 600
    while not last.exists():
        assert time.monotonic() < deadline, modules
        time.sleep(1)
    return hosts.Host("/", modules)


def users_of_all_drivers(host):
    """A user for each storage."""
    places = {"maildir": "~/Maildir", "mdbox": "~/mdbox", "sdbox": "~/sdbox",
              "mbox": "~/mail"}
    users = []
    for driver in uidl.DRIVERS:
        inbox = "" if driver != "mbox" else ":INBOX=~/inbox"
        fields = {"mail": "%s:%s%s" % (driver, places[driver], inbox)}
        if host.is_24:
            fields = {"mail_driver": driver, "mail_path": places[driver]}
            if inbox:
                fields["mail_inbox_path"] = "~/inbox"
        users.append(User(driver, fields=fields))
    return users


def test_dovecot_2_3_is_replaced_by_2_4(server, host, ports, certificate):
    """The same mail data, with indexes, store and all."""
    native = native_host(host)
    old = Server(native, ports.take(), plugin=uidl.PLUGINS,
                 users=users_of_all_drivers(native), certificate=certificate,
                 pop3_settings={"pop3_uidl_format": "old-%u"})
    try:
        old.start()
        before = {}
        for name in uidl.DRIVERS:
            uidl.fill(old, range(1, 6), name=name)
            uidl.listing(old, name)
            uidl.fill(old, [6, 7], name=name)
            before[name] = uidl.by_subject(old, name)
            assert before[name]["m7"] == [b"old-7"]
        old.stop(keep=True)
        new = server(plugin=uidl.PLUGINS, users=users_of_all_drivers(host),
                     start=False)
        for name in uidl.DRIVERS:
            os.rmdir(uidl.home(new, name))
            subprocess.run(["cp", "-a", str(uidl.home(old, name)),
                            str(uidl.home(new, name))], check=True)
    finally:
        old.stop(check=False)
    new.start()
    for name in uidl.DRIVERS:
        assert uidl.by_subject(new, name) == before[name]
        uidl.fill(new, [8], name=name)
        assert len(uidl.by_subject(new, name)["m8"][0]) == 16
