"""A login with a view, or one that needs its own UIDLs, is never served without
them: whatever the userdb says of mail_plugins, such a login works, or it alone
fails."""

import re

import pytest

from pop3ext import moduledir, pop3, testmodule, uidl
from pop3ext.server import User
from test_login_names import named_server
from test_loading import (MANY, assert_other_services_work,
                          assert_stock_session, error_lines, refused)

INBOX = range(1, 4)
WORK = range(4, 6)
# A plugin of Dovecot's that changes nothing in a POP3 session
OTHER = "notify"
NOT_LOADED = (r"Error: .*bob: pop3_ext: Login with a view refused: The user's "
              r"mail_plugins, .*, must contain pop3_ext")
LOCKS = pytest.mark.parametrize("lock", [False, True])


@pytest.fixture(name="site")
def _site(server, host):
    """Factory of servers with such names; bob has 3 messages, and 2 in
    Work. bob=: fields of the user bob."""
    def make(bob=None, names=None, host=host, start=True, **kwargs):
        kwargs = {**MANY, **kwargs}
        made = named_server(server, host)(
            start=False, users=["alice", User("bob", fields=bob)],
            names={"forms": "recent:user user#folder", "hosts": "",
                   **(names or {})}, host=host, **kwargs)
        if start:
            made.start()
            made.doveadm("mailbox", "create", "-u", "bob", "Work")
            uidl.fill(made, INBOX, "bob")
            uidl.fill(made, WORK, "bob", folder="Work")
        return made
    return make


def log_in(server, typed, user="bob"):
    """A client that is logged in by the user's password."""
    client = server.connect()
    client.login(typed, server.user(user).password)
    return client


def assert_shows(server, typed, count):
    with log_in(server, typed) as client:
        assert client.command("STAT").split()[1] == b"%d" % count
        client.quit()


def refuse(server, typed, reply="SYS/TEMP"):
    """Refused, and nothing was shown or deleted, whatever came with it."""
    with server.connect() as client:
        client.send(b"USER %s\r\nPASS %s\r\nSTAT\r\nDELE 1\r\nQUIT\r\n" % (
            typed.encode(), server.user("bob").password.encode()))
        got = client.read_eof()
    assert not re.search(rb"\+OK \d+ \d+|deleted", got), got
    if reply:
        assert b"+OK Logged in." not in got
        assert reply.encode() in got, got
    with pytest.raises(pop3.Refused if reply else (pop3.Refused, pop3.Closed)):
        with log_in(server, typed) as client:
            client.ok("STAT")


#
# Loaded by the view itself
#

@LOCKS
def test_view_loads_the_plugin(site, lock):
    """Where nothing lists the plugin, a view's login has it all the same;
    others don't."""
    ours = site(plugin=(), lock_session=lock)
    assert_shows(ours, "bob", 3)
    assert_shows(ours, "bob#Work", 2)
    assert_shows(ours, "recent:bob#Work", 2)
    with log_in(ours, "bob#Work"):
        assert_stock_session(ours, "alice")
        assert_shows(ours, "bob", 3)


@pytest.mark.plain
def test_view_and_listed_plugin(site):
    """Named twice it is loaded once."""
    ours = site(bob={"mail_plugins": "pop3_ext " + OTHER})
    assert_shows(ours, "bob#Work", 2)
    assert_shows(ours, "bob", 3)


@LOCKS
def test_view_with_lost_module(site, modules, lock):
    """Without the module's file only this login fails."""
    modules.remove(moduledir.SHIM)
    ours = site(host=modules.host, plugin=(), lock_session=lock,
                protocols=("pop3", "imap", "lmtp"))
    ours.expect_log("Error: .*Plugin 'pop3_ext' not found")
    with ours.login("alice") as client:
        refuse(ours, "bob#Work")
        assert_shows(ours, "bob", 3)
        assert client.command("STAT") == b"+OK 0 0"
        client.quit()
    assert_other_services_work(ours, "bob")


@LOCKS
def test_view_with_lost_code(site, modules, lock):
    modules.remove(moduledir.CODE)
    ours = site(host=modules.host, plugin=(), lock_session=lock)
    ours.expect_log("Error: .*pop3_ext: Not used: ")
    ours.expect_log("Error: .*bob: pop3_ext: Login with a view refused: .*"
                    "cannot open shared object file.*Install ")
    with ours.login("alice") as client:
        refuse(ours, "bob#Work")
        assert_shows(ours, "bob", 3)
        client.quit()


#
# The userdb's own mail_plugins
#

@LOCKS
def test_own_mail_plugins(site, host, lock):
    """The userdb returns a whole list without pop3_ext: in 2.3 the plugin is
    added to it; in 2.4 the list wins, and the login is refused by what
    protocol pop3 lists."""
    ours = site(bob={"mail_plugins": OTHER}, lock_session=lock)
    assert_shows(ours, "bob", 3)
    with ours.login("alice") as client:
        if not host.is_24:
            assert_shows(ours, "bob#Work", 2)
        else:
            ours.expect_log(NOT_LOADED)
            refuse(ours, "bob#Work")
            refuse(ours, "recent:bob")
            ours.wait_count(NOT_LOADED, 4)
            assert len(error_lines(ours)) == 4
        assert_shows(ours, "bob", 3)
        client.quit()


def addition(host):
    """The userdb's field that adds a plugin: in 2.3 a later one replaces that
    of the view."""
    return {"mail_plugins/" + OTHER: "yes"} if host.is_24 else {
        "mail_plugins+": "," + OTHER}


@LOCKS
def test_second_addition_to_mail_plugins(site, host, lock):
    """The userdb adds a plugin, too: what protocol pop3 lists stays."""
    ours = site(bob=addition(host), lock_session=lock)
    assert_shows(ours, "bob", 3)
    assert_shows(ours, "bob#Work", 2)


@LOCKS
def test_own_mail_plugins_and_addition(site, host, lock):
    """A whole list without the plugin, and the view's addition replaced."""
    ours = site(bob={"mail_plugins": OTHER, **addition(host)},
                lock_session=lock)
    ours.expect_log(NOT_LOADED)
    assert_shows(ours, "bob", 3)
    with ours.login("alice") as client:
        refuse(ours, "bob#Work")
        assert_shows(ours, "bob", 3)
        client.quit()


def test_view_of_the_userdb_itself(site, host):
    """No name says it, but the userdb: refused when its own mail_plugins
    lacks the plugin."""
    ours = site(bob={"mail_plugins": OTHER, "pop3_ext_view_days": "3"})
    ours.expect_log(NOT_LOADED)
    refuse(ours, "bob")
    with ours.login("alice") as client:
        assert client.command("STAT") == b"+OK 0 0"
        client.quit()


def test_view_of_the_configuration(site, host):
    """A view for all users: nobody gets round it by own mail_plugins."""
    ours = site(bob={"mail_plugins": OTHER},
                plugin_settings={"pop3_ext_view_days": "3"})
    ours.expect_log(NOT_LOADED)
    refuse(ours, "bob")


#
# Ways to the userdb
#

@pytest.mark.parametrize("own", [None, OTHER])
def test_master_user(site, host, own):
    """A master user's view is as well guarded."""
    ours = site(bob={"mail_plugins": own} if own else None, start=False,
                names={"master": True},
                settings={"auth_master_user_separator": "*"})
    path = ours.folder / "masters"
    path.write_text("root:{PLAIN}pw-root\n", encoding="utf-8")
    block = ("passdb masters {\n  driver = passwd-file\n"
             "  passwd_file_path = %s\n  master = yes\n"
             "  result_success = continue\n}\n" if host.is_24 else
             "passdb {\n  driver = passwd-file\n  args = %s\n"
             "  master = yes\n  result_success = continue\n}\n")
    before = ours._options["before"]
    at = before.index("passdb pop3_ext_names" if host.is_24 else
                      "passdb {\n  driver = pop3_ext_names\n  args")
    ours._options["before"] = (before[:at] +
                               block % host.inside(path) + before[at:])
    ours.write_config()
    ours.start()
    ours.doveadm("mailbox", "create", "-u", "bob", "Work")
    uidl.fill(ours, INBOX, "bob")
    uidl.fill(ours, WORK, "bob", folder="Work")

    def reply(typed):
        with ours.connect() as client:
            client.command("USER " + typed)
            said = client.command("PASS pw-root")
            return said if said.startswith(b"-ERR") else client.command("STAT")

    assert reply("bob*root").startswith(b"+OK 3 ")
    if own is None or not host.is_24:
        assert reply("recent:bob*root").startswith(b"+OK 3 ")
        assert reply("bob*root").startswith(b"+OK 3 ")
    else:
        ours.expect_log(NOT_LOADED)
        assert b"SYS/TEMP" in reply("recent:bob*root")


@pytest.mark.parametrize("own", [None, OTHER])
def test_prefetch_userdb(site, host, own):
    """The passdb's answer is the userdb's: its own list of plugins is known
    early, and the plugin is added to it."""
    ours = site(start=False)
    bob = ours.user("bob")
    bob.passdb_fields = {"userdb_uid": "65534", "userdb_gid": "65534",
                         "userdb_home": bob.home}
    if own:
        bob.passdb_fields["userdb_mail_plugins"] = own
    ours.write_users()
    ours._options["before"] += ("userdb prefetch {\n}\n" if host.is_24 else
                                "userdb {\n  driver = prefetch\n}\n")
    ours.write_config()
    ours.start()
    ours.doveadm("mailbox", "create", "-u", "bob", "Work")
    uidl.fill(ours, INBOX, "bob")
    uidl.fill(ours, WORK, "bob", folder="Work")
    assert_shows(ours, "bob", 3)
    assert_shows(ours, "bob#Work", 2)


#
# UIDLs
#

@LOCKS
def test_uidls_without_pop3_ext(server, lock):
    """A user whose own mail_plugins has pop3_uidl alone is refused, also
    when another one has brought pop3_ext into the process, and the other
    way round; both orders of the names do."""
    ours = server(plugin=("pop3_uidl", "pop3_ext"), lock_session=lock,
                  users=[User("alice"),
                         User("bob", fields={"mail_plugins": "pop3_uidl"})],
                  **MANY)
    uidl.fill(ours, INBOX)
    before = uidl.listing(ours)
    ours.expect_log(r"Error: .*bob: pop3_uidl: The user's mail_plugins must "
                    "contain pop3_ext, too")
    with ours.login("alice") as client:
        refused(ours, "bob")
        client.quit()
    assert uidl.listing(ours) == before


@pytest.mark.plain
def test_pop3_ext_comes_after_pop3_uidl(server, host):
    """Only the userdb lists plugins: who comes first decides nothing."""
    ours = server(plugin=(),
                  users=[User("alice", fields={
                             "mail_plugins": "pop3_ext pop3_uidl"}),
                         User("bob", fields={"mail_plugins": "pop3_uidl"}),
                         User("carol")], **MANY)
    ours.expect_log(r"Error: .*bob: pop3_uidl: The user's mail_plugins")
    uidl.fill(ours, INBOX)
    with ours.login("carol") as client:
        assert client.command("STAT") == b"+OK 0 0"
        refused(ours, "bob")
        first = uidl.listing(ours)
        refused(ours, "bob")
        assert_stock_session(ours, "carol")
        client.quit()
    uidl.remove(ours, "Maildir/dovecot*")
    assert uidl.listing(ours) == first


#
# A session that looks strange
#

@LOCKS
@pytest.mark.parametrize("fields", [{"pop3_ext_view_days": "3"},
                                    {"pop3_ext_view_folder": "Work"}])
def test_strange_session_with_a_view_ends(server, fields, lock):
    strange = {"pop3_ext_test_strange": "yes"}
    ours = server(plugin=testmodule.PLUGIN, lock_session=lock,
                  users=[User("alice", fields=strange),
                         User("bob", fields={**strange, **fields}),
                         User("carol")], **MANY)
    uidl.fill(ours, INBOX, "bob")
    ours.expect_log("Error: pop3_ext: Not used: its POP3 sessions look "
                    "different.*Install the dovecot-pop3-ext")
    ours.expect_log("Error: .*bob: pop3_ext: Login with a view refused: "
                    "pop3_ext is not used in this session")
    with ours.login("carol") as client:
        refuse(ours, "bob", reply=None)
        assert_stock_session(ours, "alice")
        assert client.command("XWAIT msecs 1") == b"+OK time"
        client.quit()


@LOCKS
def test_strange_session_with_own_uidls_ends(server, lock):
    ours = server(plugin=testmodule.PLUGIN + ("pop3_uidl",), lock_session=lock,
                  users=[User("alice"), User("bob", fields={
                      "pop3_ext_test_strange": "yes"})], **MANY)
    uidl.fill(ours, INBOX, "bob")
    ours.expect_log("Error: pop3_ext: Not used: its POP3 sessions look ")
    ours.expect_log("Error: .*bob: pop3_uidl: Login refused: pop3_ext is not "
                    "used in this session")
    with ours.login("alice") as client:
        refuse(ours, "bob", reply=None)
        assert client.command("UIDL") == b"+OK"
        assert client.multi() == []
        client.quit()
