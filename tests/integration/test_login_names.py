"""Login names with more than a user in them: what passdb and userdb see, what
the mail process is told, and what is refused."""

import contextlib
import imaplib
import os
import re
import signal
import time

import pytest

from pop3ext import hosts, pop3
from pop3ext.server import User

pytestmark = pytest.mark.auth

FORMS = ("account@host account+host account%host host recent:user "
         "user#folder user{folder} user-no-mime")
FOLDERS = ["Work", "Old.Mail 1"]
HOSTS = "hosts"                # a file beside the configuration
FIELD = re.compile(r"\b(pop3_ext_(?:view_\w+|no_mime))=([^\t\n]*)")

# Typed name, user whose password it needs, fields
NAMES = {
    "alice": ("alice", {}),
    "recent:alice": ("alice", {"view_days": "7"}),
    "alice#Work": ("alice", {"view_folder": "Work"}),
    "alice{Old/Mail 1}": ("alice", {"view_folder": "Old/Mail 1"}),
    "alice-no-mime": ("alice", {"no_mime": "yes"}),
    "recent:alice-no-mime#Work": ("alice", {
        "view_days": "7", "no_mime": "yes", "view_folder": "Work"}),
    "fred@xyz.demon.example": ("xyz", {
        "view_host": "xyz.demon.example", "view_account": "fred"}),
    "Fred+XYZ.Demon.Example": ("xyz", {
        "view_host": "xyz.demon.example", "view_account": "Fred"}),
    "fred%xyz.demon.example": ("xyz", {
        "view_host": "xyz.demon.example", "view_account": "fred"}),
    "xyz.demon.example": ("xyz", {"view_host": "xyz.demon.example"}),
    "philh@vision25": ("bob", {
        "view_host": "vision25", "view_account": "philh"}),
    "recent:philh@vision25": ("bob", {
        "view_days": "7", "view_host": "vision25", "view_account": "philh"}),
    # nobody knows these hosts
    "carol+detail": ("carol+detail", {}),
    "recent:carol+detail": ("carol+detail", {"view_days": "7"}),
}
# Names that lead to nobody, whatever the password
NOBODY = ["recent:", "recent:nobody", "alice#", "alice{", "alice{}", "#Work",
          "alice-no-mime-", "fred@nosuch.host", "@vision25", "philh@",
          "a.b.demon.example", "recent:recent:alice", "alice#50%",
          "alice-no-mime-no-mime", "fred@demon.example"]
USERS = ["alice", "bob", "xyz", "carol+detail"]


def dict_config(host, folder):
    """A dict server for the hosts."""
    if host.is_24:
        return ("dict_server {\n  dict sdps {\n    driver = file\n"
                "    dict_file_path = %s/hosts.dict\n  }\n}\n" % folder)
    return "dict {\n  sdps = file:%s/hosts.dict\n}\n" % folder


def config(host, folder, forms=FORMS, hosts=None, days=7, master=False,
           settings="", dictionary=None, proxies=""):
    """The databases of the names, to stand before the others."""
    hosts = ".demon.example %s/%s" % (folder, HOSTS) if hosts is None else hosts
    if host.is_24:
        text = ("pop3_ext_names_forms = \"%s\"\npop3_ext_names_hosts = %s\n"
                "pop3_ext_names_recent_days = %d\n" % (forms, hosts, days))
        if proxies:
            text += "pop3_ext_names_proxies = %s\n" % proxies
        if dictionary:
            text += ("pop3_ext_names {\n  dict %s {\n    %s\n  }\n}\n" % (
                dictionary, "name = sdps" if dictionary == "proxy" else
                "path = %s/hosts.dict" % folder))
        blocks = ["passdb pop3_ext_names {\n%s}\n" % settings,
                  "userdb pop3_ext_names {\n  result_success = continue\n}\n"]
        if master:
            blocks.insert(0, "passdb master_names {\n"
                          "  driver = pop3_ext_names\n  master = yes\n}\n")
        return text + "".join(blocks)
    args = "forms=%s hosts=%s recent_days=%d" % (
        forms.replace(" ", ","), hosts.replace(" ", ","), days)
    if proxies:
        args += " proxies=" + proxies.replace(" ", ",")
    if dictionary:
        args += " dict=%s:%s" % (dictionary, ":sdps" if dictionary == "proxy"
                                 else "%s/hosts.dict" % folder)
    driver = "  driver = pop3_ext_names\n"
    blocks = ["passdb {\n%s  args = \"%s\"\n%s}\n" % (driver, args, settings),
              "userdb {\n%s  result_success = continue\n}\n" % driver]
    if master:
        blocks.insert(0, "passdb {\n%s  master = yes\n}\n" % driver)
    return "".join(blocks)


@pytest.fixture(name="named")
def _named(server, host):
    return named_server(server, host)


def named_server(server, host):
    """Factory of servers that know such names."""
    def make(start=True, settings=None, users=None, auth="plain login apop "
             "cram-md5 digest-md5 scram-sha-1 scram-sha-256", names=None,
             **kwargs):
        made = server(users=users or USERS, start=False, auth=auth,
                      settings={"auth_username_chars": "",
                                "auth_debug": "yes", **(settings or {})},
                      **kwargs)
        (made.folder / HOSTS).write_text(
            "# host user\nvision25 bob\n\nalone\n", encoding="utf-8")
        made._options["before"] = config(
            host, host.inside(made.folder), **(names or {}))
        made.write_config()
        if not start:
            return made
        made.start()
        for user in made.users:
            made.doveadm("mailbox", "create", "-u", user.name, *FOLDERS)
        return made
    return make


def fields(server, mark):
    """What the userdb told the mail process since mark. Look-ups of doveadm, whose
    lines may come late, have no mechanism."""
    line = server.wait_log(r"(master )?userdb out: USER\t.*\tauth_mech=.*",
                           mark).group()
    return {name[len("pop3_ext_"):]: value
            for name, value in FIELD.findall(line)}


def assert_login(server, typed, user, expected, login=None):
    """The name logs in with that user's password, and says that much."""
    mark = server.log_size()
    with server.connect() as client:
        if login is None:
            client.login(typed, server.user(user).password)
        else:
            login(client)
        client.quit()
    assert fields(server, mark) == expected, typed
    server.wait_log(r"pop3\(%s\)<.*Disconnected: Logged out" %
                    re.escape(user), mark)


def refuse(server, typed, password, **kwargs):
    """The reply to a login that must fail."""
    with server.connect(**kwargs) as client:
        with pytest.raises(pop3.Refused) as refused:
            client.login(typed, password)
    return refused.value.reply


def test_names(named):
    """Every form, and what is none: the password is that of the plain user,
    and the mail process is told the rest."""
    server = named()
    for typed, (user, expected) in NAMES.items():
        assert_login(server, typed, user, expected)


def test_unknown_user_wrong_password_and_bad_modifier_look_the_same(named):
    """The same text on the same way: each name reaches the last passdb."""
    server = named()
    replies = {refuse(server, "alice", "wrong"),
               refuse(server, "recent:alice", "wrong"),
               refuse(server, "fred@xyz.demon.example", "pw-alice")}
    for typed in NOBODY:
        mark = server.log_size()
        replies.add(refuse(server, typed, "pw-alice"))
        if not typed.startswith("@"):  # nothing is left by %Ln
            server.wait_log("passwd-file.*Performing passdb lookup", mark)
    assert replies == {b"-ERR [AUTH] Authentication failed."}


def test_failure_is_delayed_alike(named):
    """A modifier is no way round auth_failure_delay."""
    server = named(settings={"auth_failure_delay": "2 s"})
    for typed in ("nobody", "recent:nobody", "alice{"):
        started = time.monotonic()
        refuse(server, typed, "wrong")
        assert time.monotonic() - started >= 0.9, typed


def test_forms_that_are_off_are_plain_names(named):
    """Only what is switched on is taken to pieces."""
    server = named(names={"forms": "recent:user"},
                   users=["alice", "alice#work", "xyz.demon.example"])
    assert_login(server, "alice#Work", "alice#work", {})
    assert_login(server, "xyz.demon.example", "xyz.demon.example", {})
    assert_login(server, "recent:alice#Work", "alice#work", {"view_days": "7"})


def test_other_services_see_what_was_typed(named):
    """IMAP has no such names."""
    server = named()
    with pytest.raises(imaplib.IMAP4.error):
        server_imap(server, "recent:alice", "pw-alice")
    server_imap(server, "alice", "pw-alice").logout()


def server_imap(server, name, password):
    """An IMAP connection that is logged in by AUTHENTICATE PLAIN, which takes
    any name."""
    client = imaplib.IMAP4("127.0.0.1", server.ports["imap"], timeout=20)
    try:
        client.authenticate("PLAIN", lambda _: "\0%s\0%s" % (name, password))
    except imaplib.IMAP4.error:
        client.shutdown()
        raise
    return client


def write_dict(server, **hosts):
    """The dict's file, new for whoever has read it."""
    path = server.folder / "hosts.dict"
    path.with_suffix(".new").write_text("".join(
        "shared/pop3-ext/sdps-hosts/%s\n%s\n" % item
        for item in hosts.items()))
    path.with_suffix(".new").rename(path)


@pytest.mark.asan
def test_hosts_of_a_dict(named, host):
    """It is asked after the other sources, and nobody else waits for it: not
    a login that needs no host."""
    server = named(start=False, names={"forms": "account@host recent:user",
                                       "dictionary": "proxy"})
    server._options["before"] += dict_config(host, host.inside(server.folder))
    # one process for all: none is started beside the stopped one
    server._options["extra"] += ("service dict {\n  process_limit = 1\n"
                                 "  client_limit = 10\n"
                                 "  unix_listener dict {\n"
                                 "    mode = 0666\n  }\n}\n")
    write_dict(server, vision30="bob", vision25="alice", nobodys="")
    server.write_config()
    server.start()
    fred = {"view_host": "vision30", "view_account": "fred"}
    assert_login(server, "fred@vision30", "bob", fred)
    assert_login(server, "fred@vision25", "bob",
                 dict(fred, view_host="vision25"))
    done = server.doveadm("user", "-x", "service=pop3", "fred@vision30")
    assert re.search(rb"(?m)^home\s+\S+/bob$", done.stdout)
    for typed in ("fred@vision31", "fred@nobodys"):
        assert refuse(server, typed, "pw-bob").startswith(b"-ERR [AUTH]")

    (dict_process,) = server.processes("dict")
    os.kill(dict_process, signal.SIGSTOP)
    try:
        with server.connect() as waiting:
            waiting.ok("USER fred@vision30")
            waiting.send_line("PASS pw-bob")
            assert_login(server, "recent:alice", "alice", {"view_days": "7"})
            os.kill(dict_process, signal.SIGCONT)
            assert waiting.line() == b"+OK Logged in."
            waiting.quit()
    finally:
        os.kill(dict_process, signal.SIGCONT)

    # who still waits when the auth process ends gets an answer
    server.expect_log(r"pop3_ext_names(_dict| { dict }): .*Deinit")
    os.kill(dict_process, signal.SIGSTOP)
    try:
        mark = server.log_size()
        with server.connect() as waiting:
            waiting.ok("USER fred@vision30")
            waiting.send_line("PASS pw-bob")
            server.wait_log(r"Looking up \(async\)", mark)
            os.kill(server.processes("auth")[0], signal.SIGTERM)
            assert waiting.line().startswith(b"-ERR [SYS/TEMP]")
    finally:
        os.kill(dict_process, signal.SIGCONT)

    (server.folder / "run/dict").unlink()
    server.expect_log(r"pop3_ext_names(_dict| { dict }): .*No such file")
    server.allow_log("Error: .*dict")
    assert refuse(server, "fred@vision30",
                  "pw-bob").startswith(b"-ERR [SYS/TEMP]")


#
# Who it is stays who it is
#

def test_user_lookup(named):
    """A lookup without a login resolves the name in the userdb step."""
    server = named()
    done = server.doveadm("user", "-x", "service=pop3",
                          "recent:fred@xyz.demon.example")
    text = done.stdout.decode()
    assert re.search(r"^home\s+\S+/xyz$", text, re.M)
    for name, value in (("view_days", "7"), ("view_account", "fred"),
                        ("view_host", "xyz.demon.example")):
        assert re.search(r"^pop3_ext_%s\s+%s$" % (name, value), text, re.M)


def master_config(host, folder, settings=""):
    """A table of master users."""
    return ("passdb%s {\n  driver = passwd-file\n  master = yes\n"
            "  %s = %s/masters\n%s}\n" % (
                " masters" if host.is_24 else "",
                "passwd_file_path" if host.is_24 else "args",
                folder, settings))


@pytest.mark.parametrize("master_names", [False, True])
def test_master_user(named, host, master_names):
    """A master user names the user with a modifier: resolved in the userdb
    step, or before the master passdb when there is one of ours.  Nobody else
    becomes somebody by it."""
    server = named(start=False, names={"master": master_names}, settings={
        "auth_master_user_separator": "*"})
    (server.folder / "masters").write_text("root:{PLAIN}pw-root::::::\n",
                                           encoding="utf-8")
    server._options["before"] += master_config(host,
                                               host.inside(server.folder))
    server.write_config()
    server.start()
    assert_login(server, "recent:alice*root", "alice", {"view_days": "7"},
                 lambda client: client.login("recent:alice*root", "pw-root"))
    assert_login(server, "alice*root", "alice", {},
                 lambda client: client.login("alice*root", "pw-root"))
    for typed, password in (("recent:alice*root", "pw-alice"),
                            ("recent:alice*bob", "pw-bob")):
        refuse(server, typed, password)


@pytest.mark.parametrize("rule", ["", "  result_success = continue\n"],
                         ids=["return", "continue"])
@pytest.mark.parametrize("master_names", [False, True])
def test_master_user_of_a_default_domain(named, host, master_names, rule):
    """What the host adds to names without a domain is no part of a modifier,
    and the plain user gets it, too; also where the user's own passdbs are
    asked after the master's."""
    domain = "x.test"
    server = named(
        start=False, users=["alice@" + domain], names={"master": master_names},
        settings={"auth_master_user_separator": "*", (
            "auth_default_domain" if host.is_24 else "auth_default_realm"):
                domain})
    (server.folder / "masters").write_text(
        "root@x.test:{PLAIN}pw-root::::::\n", encoding="utf-8")
    server._options["before"] += master_config(
        host, host.inside(server.folder), rule)
    server.write_config()
    server.start()
    for typed, expected in (("alice-no-mime", {"no_mime": "yes"}),
                            ("recent:alice", {"view_days": "7"}),
                            ("recent:alice@x.test", {"view_days": "7"}),
                            ("alice", {})):
        assert_login(server, typed + "*root", "alice@" + domain, expected,
                     lambda client, name=typed + "*root":
                     client.login(name, "pw-root"))
    refuse(server, "recent:alice*root", "pw-alice@x.test")


#
# Configuration
#

def assert_only_modified_names_fail(server, error):
    """One Error says what is wrong; a plain name logs in by POP3 and IMAP, a
    name with more in it does not."""
    server.expect_log("Error: pop3_ext_names: .*" + error)
    with server.login("bob") as client:
        client.quit()
    imap = server.imap("bob")
    imap.logout()
    with server.connect() as client:
        with pytest.raises(pop3.Refused):
            client.login("recent:bob", server.user("bob").password)
    server.wait_log(error)


WRONG = [
    ({"forms": "folder:user"}, "folder:user is no form of login names"),
    ({"hosts": "demon.example"}, "demon.example is neither a suffix"),
    ({"days": 0}, "recent_days must be between 1 and 36500"),
    ({"proxies": "10.0.0.1/99"}, "10.0.0.1/99 is neither an address"),
    ({"dictionary": "file"}, "dict file would make all logins wait"),
]


@pytest.mark.parametrize("names, error", WRONG,
                         ids=["forms", "hosts", "days", "proxies", "dict"])
def test_wrong_setting_is_named_at_start(named, host, names, error):
    """Dovecot 2.4 refuses to start; in 2.3, which looks at it later, only those
    who need it can't log in."""
    server = named(start=False, names=names)
    try:
        server.start()
    except hosts.HostError as refused:
        assert host.is_24 and error in str(refused)
        return
    assert_only_modified_names_fail(server, error)


@pytest.mark.parametrize("change, error", [
    ("result_success = continue", "needs result_success=continue"),
    ("userdb", "must be the first userdb"),
    ("passdb", "must be the first passdb"),
    ("chars", "auth_username_chars does not allow"),
])
def test_databases_that_would_not_do_are_named_at_start(named, host, change,
                                                        error):
    """Nobody gets in by more than a plain name with an incomplete configuration:
    the auth process names what is missing, and serves all others."""
    server = named(start=False, settings={
        "auth_username_chars": "abcdefghijklmnopqrstuvwxyz"
        if change == "chars" else ""})
    text = server._options["before"]
    if change in ("userdb", "passdb"):
        text = re.sub(r"(?ms)^%s .*?^\}\n" % change, "", text, count=1)
    else:
        text = text.replace(change, "")
    server._options["before"] = text
    server.write_config()
    server.start()
    assert_only_modified_names_fail(server, error)
