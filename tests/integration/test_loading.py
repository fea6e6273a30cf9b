"""Modules of ours in every process, and what happens when they don't fit the
running Dovecot or are gone: whoever needs them is refused, everybody else goes
on."""

import re
import smtplib
import subprocess

import pytest

from pop3ext import hosts, moduledir, pop3, uidl
from pop3ext.server import User

# imap and dovecot-lda load the modules here, and run under no sanitizer.
pytestmark = pytest.mark.plain

VIEW = {"pop3_ext_view_account": "fred"}
MANY = {"client_limit": 5, "service_count": 100, "process_limit": 1}
ADVICE = r"Install the dovecot-pop3-ext that was built for this Dovecot"
NEWER = r"2\.[34]\.9"
MESSAGE = b"Subject: one\r\n\r\nText\r\n"


def global_plugins(host, names):
    """Top-level settings: every process loads them."""
    return {"mail_plugins": {name: "yes" for name in names} if host.is_24
            else " ".join(names)}


def deliver_by_lmtp(server, name="alice"):
    with smtplib.LMTP("127.0.0.1", server.ports["lmtp"]) as client:
        client.sendmail("s@example.test", [server.address(name)], MESSAGE)


def assert_other_services_work(server, name="alice"):
    """IMAP, both ways of delivery and doveadm."""
    imap = server.imap(name)
    status, count = imap.select("INBOX")
    assert status == "OK"
    server.deliver(name, MESSAGE)
    deliver_by_lmtp(server, name)
    _, after = imap.select("INBOX")
    assert int(after[0]) == int(count[0]) + 2
    imap.logout()
    fetched = server.doveadm("fetch", "-u", name, "hdr.subject", "mailbox",
                             "INBOX").stdout
    assert fetched.count(b"hdr.subject") == int(after[0])
    assert b"INBOX" in server.doveadm("mailbox", "list", "-u", name).stdout


def error_lines(server, mark=0):
    return [line for line in server.log(mark).splitlines() if "Error:" in line]


def refused(server, name, code="SYS/TEMP", **kwargs):
    """The login is refused, also when more commands came with it."""
    mark = server.log_size()
    with pytest.raises(pop3.Refused, match=re.escape(code)):
        server.login(name, **kwargs)
    with server.connect() as client:
        client.send(b"USER %s\r\nPASS %s\r\nSTAT\r\nUIDL\r\nQUIT\r\n" % (
            name.encode(), server.user(name).password.encode()))
        got = client.read_eof()
    assert b"+OK Logged in." not in got and b"[SYS/TEMP]" in got, got
    return mark


def assert_stock_session(server, name):
    with server.login(name) as client:
        assert not any(line.startswith((b"X-XTND", b"IMPLEMENTATION"))
                       for line in client.capa())
        assert re.fullmatch(rb"\+OK \d+ \d+", client.command("STAT"))
        assert client.quit().startswith(b"+OK")


#
# Every process
#

def test_global_mail_plugins_stop_no_other_service(server, host):
    """The plugins named for all services: POP3 has them, doveadm has the
    commands, the others work as ever."""
    ours = server(plugin=uidl.PLUGINS, protocols=("pop3", "imap", "lmtp"),
                  plugin_settings={"pop3_ext_implementation": "ours"},
                  settings=global_plugins(host, uidl.PLUGINS))
    assert_other_services_work(ours)
    with ours.login() as client:
        assert b"IMPLEMENTATION ours" in client.capa()
        assert len(client.uidl()) == 2
        client.quit()
    listed = ours.doveadm("pop3-uidl", "list", "-u", "alice").stdout
    assert len(listed.splitlines()) >= 2
    assert_other_services_work(ours)


@pytest.mark.parametrize("names", [["pop3_ext"], ["pop3_uidl"]])
def test_one_global_plugin_stops_no_other_service(server, host, names):
    ours = server(plugin=uidl.PLUGINS, protocols=("pop3", "imap", "lmtp"),
                  settings=global_plugins(host, names))
    assert_other_services_work(ours)
    with ours.login() as client:
        assert len(client.uidl()) == 2
        client.quit()


def test_code_is_opened_where_it_belongs(server, host):
    """Neither an IMAP session nor a delivery has the code in memory."""
    ours = server(plugin=uidl.PLUGINS, protocols=("pop3", "imap"),
                  settings=global_plugins(host, uidl.PLUGINS))
    imap = ours.imap("alice")
    imap.select("INBOX")
    with ours.login() as client:
        maps = {name: "".join(open("/proc/%d/maps" % pid).read()
                              for pid in ours.processes(name))
                for name in ("imap", "pop3")}
        assert "lib95_pop3_ext_plugin.so" in maps["imap"]
        assert "pop3-ext/pop3_" not in maps["imap"]
        assert moduledir.CODE in maps["pop3"]
        assert moduledir.UIDL_CODE in maps["pop3"]
        client.quit()
    imap.logout()


def test_global_login_plugins_stop_no_other_login(server, host):
    """The login plugin of KPOP named for all services."""
    folder = host.outside(host.modules or host.stock_modules)
    if not (folder / "login/lib95_pop3_ext_kpop_plugin.so").exists():
        pytest.skip("built without Kerberos")
    name = "pop3_ext_kpop"
    ours = server(settings={
        "login_plugins": {name: "yes"} if host.is_24 else name})
    imap = ours.imap("alice")
    assert imap.select("INBOX")[0] == "OK"
    imap.logout()
    with ours.login() as client:
        client.quit()


#
# A plugin that does not fit
#

def leave_behind(modules, how):
    """What an upgrade, or an admin, may have done; a part of the log line."""
    both = moduledir.CODE, moduledir.UIDL_CODE
    newer = "2.4.9" if modules.host.is_24 else "2.3.9"
    if how == "upgrade":
        modules.build_for(newer, *moduledir.ALL)
        if modules.host.is_24:
            modules.build_for(newer, moduledir.SETTINGS)
        return "built for Dovecot " + NEWER + ", but this is "
    if how == "half an upgrade":
        modules.build_for(newer, *both)
        return r"pop3-ext/\S+ was built for Dovecot " + NEWER
    if how == "lost code":
        modules.remove(*both)
        return r"pop3-ext/\S+: cannot open shared object file"
    assert how == "lost function"
    modules.need("mailbox_alloc", moduledir.CODE)
    modules.need("mail_index_refresh", moduledir.UIDL_CODE)
    return r"undefined symbol: "


WAYS = ("upgrade", "half an upgrade", "lost code", "lost function")


@pytest.mark.parametrize("how", WAYS)
def test_left_behind_without_features_that_protect(server, modules, how):
    """Sessions go on as if the plugin were not there, with one Error line a
    process."""
    why = leave_behind(modules, how)
    ours = server(host=modules.host, protocols=("pop3", "imap", "lmtp"),
                  settings=global_plugins(modules.host, ["pop3_ext"]), **MANY)
    ours.expect_log(r"Error: pop3_ext: Not used: .*" + why + ".*" + ADVICE)
    for name in ("alice", "bob", "alice"):
        assert_stock_session(ours, name)
    assert_other_services_work(ours)
    assert len(error_lines(ours)) == 1


@pytest.mark.parametrize("how", WAYS)
def test_left_behind_view_is_refused(server, modules, how):
    """A login with a view is refused, others go on, also in the same
    process."""
    why = leave_behind(modules, how)
    ours = server(host=modules.host, protocols=("pop3", "imap", "lmtp"),
                  users=[User("alice"), User("bob", fields=VIEW),
                         User("carol", fields={
                             "pop3_ext_view_days": "0",
                             "pop3_ext_view_host": "xyz.example"})],
                  settings=global_plugins(modules.host, ["pop3_ext"]), **MANY)
    ours.expect_log("Error: pop3_ext: Not used: .*" + ADVICE)
    ours.expect_log(r"Error: .*bob: pop3_ext: Login with a view refused: .*" +
                    why + ".*" + ADVICE)
    with ours.login("alice") as client:
        mark = refused(ours, "bob")
        assert_stock_session(ours, "carol")
        assert client.command("STAT") == b"+OK 0 0"
        client.quit()
    ours.wait_count("Login with a view refused", 2, mark)
    assert len(error_lines(ours)) == 3
    assert_other_services_work(ours, "bob")


@pytest.mark.parametrize("lock", [False, True])
@pytest.mark.parametrize("how", WAYS)
def test_left_behind_uidls_are_not_replaced(server, modules, how, lock):
    """With pop3_uidl nobody gets other UIDLs: the login is refused, by one
    Error line. Users without it go on, also in the same process."""
    ours = server(host=modules.host, plugin=uidl.PLUGINS, lock_session=lock,
                  protocols=("pop3", "imap", "lmtp"),
                  settings=global_plugins(modules.host, uidl.PLUGINS), **MANY)
    uidl.fill(ours, range(3))
    ours.stop(keep=True)
    why = leave_behind(modules, how)
    ours.user("bob").fields["mail_plugins"] = "pop3_ext"
    ours.write_users()
    ours.start()
    ours.expect_log("Error: pop3_ext: Not used: .*" + ADVICE)
    ours.expect_log("Error: .*alice: pop3_uidl: Login refused, its UIDLs "
                    "would be others: .*" + why + ".*" + ADVICE)
    # doveadm's
    ours.allow_log("Error: pop3_uidl: Not used: .*" + ADVICE)
    with ours.login("bob") as client:
        mark = refused(ours, "alice")
        ours.wait_count("Login refused", 2, mark)
        assert len(error_lines(ours)) == 3
        assert client.command("STAT") == b"+OK 0 0"
        client.quit()
    assert_other_services_work(ours, "carol")
    with pytest.raises(subprocess.CalledProcessError):
        ours.doveadm("pop3-uidl", "list", "-u", "alice")


#
# Dovecot 2.4: the module that tells the names of settings
#

def without_settings(server, modules, fields):
    """A server whose configuration has no setting of ours."""
    return server(host=modules.host, plugin=(),
                  users=[User("alice"), User("bob", fields=fields)],
                  pop3_settings={"mail_plugins": {"pop3_ext": "yes"}}, **MANY)


@pytest.mark.parametrize("how", ["lost", "other"])
def test_settings_module(server, host, modules, how):
    """Without it Dovecot does not know our settings: it names the first one
    and does not start. With a configuration that has none of them it starts;
    sessions are stock ones, and a view is refused."""
    if not host.is_24:
        pytest.skip("Dovecot 2.3 takes any setting of a plugin")
    if how == "lost":
        modules.remove(moduledir.SETTINGS)
    else:
        modules.build_for("2.5.0", moduledir.SETTINGS)
    with pytest.raises(hosts.HostError, match="Unknown setting.*pop3_ext_"):
        server(host=modules.host)
    ours = without_settings(server, modules, {"pop3_ext_view_days": "1"})
    if how == "other":
        ours.expect_log(r"config: Error: pop3-ext: Settings are not known: "
                        r"built for Dovecot 2\.5\.0, but this is .*" + ADVICE)
    ours.expect_log("Error: .*pop3_ext")
    uidl.fill(ours, range(3), "bob")
    with ours.login("alice") as client:
        assert client.command("STAT") == b"+OK 0 0"
        client.quit()
    with pytest.raises(pop3.Refused):
        ours.login("bob")
