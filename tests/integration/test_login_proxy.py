"""A proxy in front: it checks the plain user and sends him and the view on;
where the view can't be carried or isn't trusted nobody gets in."""

import base64
import contextlib
import os

import pytest

from pop3ext import hosts, pop3
from pop3ext.server import User
from test_login_names import (
    FOLDERS, HOSTS, config, fields, master_config, named_server, refuse)

pytestmark = pytest.mark.auth

USERS = ["alice", "bob", "xyz"]
TRUSTED = {"login_trusted_networks": "127.0.0.0/8"}
VIEWS = {
    "recent:alice#Work": ("alice", {"view_days": "7", "view_folder": "Work"}),
    "alice{Old/Mail 1}": ("alice", {"view_folder": "Old/Mail 1"}),
    "alice-no-mime": ("alice", {"no_mime": "yes"}),
    "fred@xyz.demon.example": ("xyz", {
        "view_host": "xyz.demon.example", "view_account": "fred"}),
    # another user's in the table of the server behind
    "recent:fred@vision25": ("bob", {
        "view_days": "7", "view_host": "vision25", "view_account": "fred"}),
    "alice": ("alice", {}),
}
FAILED = b"-ERR [AUTH] Authentication failed."
# What somebody in the trusted networks may say by XCLIENT
EVIL = {"pop3_ext_view_folder": "Work"}


@pytest.fixture(name="other_host", scope="session")
def _other_host(host):
    """The host of the server behind: that of POP3EXT_BEHIND, or the same."""
    prefix = os.environ.get("POP3EXT_BEHIND")
    return hosts.Host(prefix, host.modules) if prefix else host


@pytest.fixture(name="behind")
def _behind(request, other_host, ports, certificate):
    """Factory of servers that a proxy logs in to. Their table of hosts is
    another one than the proxy's, and they show three days."""
    with contextlib.ExitStack() as stack:
        def factory(port=ports, start=True, **kwargs):
            def server(start=True, **options):
                # pylint: disable=import-outside-toplevel
                from pop3ext.server import Server
                made = Server(other_host, port.take(),
                              certificate=certificate, **options)
                stack.callback(lambda: made.stop(check=False))
                return made.start() if start else made
            kwargs.setdefault("names", {"proxies": "127.0.0.1", "days": 3})
            kwargs.setdefault("settings", TRUSTED)
            if kwargs.pop("stock", False):
                return server(users=USERS, plugin=[], settings=dict(
                    kwargs["settings"], auth_username_chars=""))
            made = named_server(server, other_host)(
                users=USERS, start=False, **kwargs)
            (made.folder / HOSTS).write_text("vision25 alice\n")
            if not start:
                return made
            made.start()
            for user in made.users:
                made.doveadm("mailbox", "create", "-u", user.name, *FOLDERS)
            return made
        yield factory


@pytest.fixture(name="front")
def _front(server, host):
    """Factory of proxies to such a server."""
    def make(behind, extra="", last=False, **kwargs):
        made = named_server(server, host)(
            start=False, users=[User(name) for name in USERS], **kwargs)
        proxy = "proxy=y host=127.0.0.1 port=%d %s" % (
            behind.ports["pop3"], extra)
        (made.folder / "users").write_text("".join(
            "%s:{PLAIN}%s::::::%s\n" % (user.name, user.password, proxy)
            for user in made.users), encoding="utf-8")
        if last:
            _name_once_more(made)
        return made.start()
    return make


def _name_once_more(server):
    """Have the passdb of the names asked after that of the users, too."""
    path = server.host.inside(server.folder / "users")
    block, option = (("passdb passwd-file", "passwd_file_path")
                     if server.host.is_24 else ("passdb", "args"))
    server._options["settings"][block] = {
        "driver": "passwd-file", option: path, "result_success": "continue-ok"}
    server._options["extra"] += (
        "passdb%s {\n  driver = pop3_ext_names\n}\n" %
        (" last_names" if server.host.is_24 else ""))
    server.write_config()


def assert_goes_through(front, behind, typed, user, view):
    mark = behind.log_size()
    with front.connect() as client:
        client.login(typed, "pw-" + user)
        client.ok("STAT")
        client.quit()
    assert fields(behind, mark) == view, typed
    behind.wait_log(r"pop3\(%s\)" % user, mark)


def assert_only_plain_names(front, behind, line=None):
    """A name that says more gets in nowhere, and the log tells why."""
    for typed, (user, view) in VIEWS.items():
        mark = behind.log_size()
        if not view:
            assert_goes_through(front, behind, typed, user, view)
            continue
        assert refuse(front, typed, "pw-" + user) == FAILED
        if line is not None:
            behind.wait_log("Refused login name .*" + line, mark)


@pytest.mark.every
def test_view_goes_through(front, behind):
    """The user is whom the front has checked, whatever the tables behind say,
    and the view is the front's; its auth cache keeps none for the next."""
    back = behind()
    proxy = front(back, settings={"auth_cache_size": "1M"})
    for _ in range(2):
        for typed, (user, view) in VIEWS.items():
            assert_goes_through(proxy, back, typed, user, view)
    for typed, password in (("recent:alice", "wrong"),
                            ("fred@vision25", "pw-alice"),
                            ("recent:fred@vision25", "pw-alice")):
        assert refuse(proxy, typed, password) == FAILED
    # a proxy that is named does not send names on as they were typed
    for typed, password in (("recent:alice", "pw-alice"),
                            ("fred@vision25", "pw-alice")):
        assert refuse(back, typed, password) == FAILED


def test_longest_view_goes_through(front, behind):
    """A folder of 255 octets."""
    folder = "Work/" + "x" * 250
    back = behind()
    proxy = front(back)
    mark = back.log_size()
    with proxy.connect() as client:
        # there is none: it is the server behind who says so
        with contextlib.suppress(pop3.Refused, pop3.Closed):
            client.login("alice#" + folder, "pw-alice")
            client.line()
    assert fields(back, mark) == {"view_folder": folder}


def test_three_in_a_row(front, behind, server, host):
    """A proxy behind a proxy sends on what it was sent."""
    back = behind()
    middle = front(back, settings=TRUSTED, names={"proxies": "127.0.0.1"})
    outer = front(middle)
    for typed, (user, view) in VIEWS.items():
        assert_goes_through(outer, back, typed, user, view)


def test_server_behind_without_trust(front, behind):
    """Nothing is forwarded to a server without login_trusted_networks."""
    back = behind(settings={})
    assert_only_plain_names(front(back), back, "the view has not come with it: "
                            "add the proxy to login_trusted_networks; when it is "
                            "there, the proxy has not sent it")


def test_server_behind_that_does_not_name_its_proxy(front, behind):
    back = behind(names={})
    assert_only_plain_names(front(back), back, "127.0.0.1 sends a view, but is "
                            "not in pop3_ext_names_proxies")


@pytest.mark.parametrize("settings", [TRUSTED, {}], ids=["trusted", "not"])
def test_server_behind_without_the_module(front, behind, settings):
    """A stock server knows no such user."""
    back = behind(stock=True, settings=dict(settings, auth_debug="yes"))
    assert_only_plain_names(front(back), back)


def test_proxy_without_the_module(server, host, behind):
    """Only hands over what was typed: the server behind takes it to
    pieces and checks the password."""
    back = behind(names={})
    proxy = server(users=USERS, plugin=[], start=False, settings={
        "auth_username_chars": "", "auth_username_format": ""})
    where = "host=127.0.0.1 port=%d" % back.ports["pop3"]
    proxy._options["before"] = (
        "passdb static {\n  fields {\n    proxy = y\n    nopassword = y\n"
        "    %s\n  }\n}\n" % where.replace(" ", "\n    ").replace("=", " = ")
        if host.is_24 else
        "passdb {\n  driver = static\n  args = proxy=y nopassword=y %s\n}\n" %
        where)
    proxy.write_config()
    proxy.start()
    assert_goes_through(proxy, back, "recent:alice", "alice",
                        {"view_days": "7"})
    # its own table of hosts counts
    assert_goes_through(proxy, back, "fred@vision25", "alice", {
        "view_host": "vision25", "view_account": "fred"})
    assert refuse(proxy, "fred@vision25", "pw-bob") == FAILED


def forward(client, values, more=""):
    """XCLIENT as somebody in the trusted networks sends it."""
    text = "\t".join("%s=%s" % item for item in values.items())
    client.ok("XCLIENT %sFORWARD=%s" % (
        more, base64.b64encode(text.encode()).decode()))


@pytest.mark.parametrize("typed", ["alice", "recent:alice",
                                   "pop3-ext-view.alice"])
def test_attacker_in_the_trusted_networks(behind, typed):
    """Is no proxy that the admin has named, whatever he says he is."""
    back = behind()
    for more in ("", "ADDR=127.0.0.1 PORT=77 "):
        mark = back.log_size()
        with back.connect(source=("127.0.0.2", 0)) as client:
            forward(client, EVIL, more)
            with pytest.raises(pop3.Refused) as refused:
                client.login(typed, "pw-alice")
            assert refused.value.reply == FAILED
        back.wait_log("Refused login name .*127.0.0.2 sends a view", mark)
    # without such fields he is a client as every other
    mark = back.log_size()
    with back.connect(source=("127.0.0.2", 0)) as client:
        forward(client, {"other": "field"})
        client.login("recent:alice", "pw-alice")
        client.quit()
    assert fields(back, mark) == {"view_days": "3"}


def test_attacker_at_the_proxy(front, behind):
    """What he forwards to a proxy goes no further."""
    back = behind()
    proxy = front(back, settings=TRUSTED)
    for typed in ("alice", "recent:alice", "pop3-ext-view.alice"):
        with proxy.connect(source=("127.0.0.2", 0)) as client:
            forward(client, EVIL)
            with pytest.raises(pop3.Refused):
                client.login(typed, "pw-alice")
    assert "pop3(alice)" not in back.log()
    proxy.wait_log("Refused login name alice: 127.0.0.2 sends a view")


@pytest.mark.parametrize("view", [
    {"pop3_ext_view_days": "0"}, {"pop3_ext_view_days": "-1"},
    {"pop3_ext_view_days": "36501"}, {"pop3_ext_view_days": "x"},
    {"pop3_ext_view_account": "fred"}, {"pop3_ext_view_folder": "50%"},
    {"pop3_ext_view_host": "x_y"}, {"pop3_ext_view_folder": ""},
])
def test_view_that_cannot_be_one(behind, view):
    """Also from a proxy that is believed."""
    back = behind()
    with back.connect() as client:
        forward(client, view)
        with pytest.raises(pop3.Refused):
            client.login("pop3-ext-view.alice", "pw-alice")
    back.wait_log("Refused login name pop3-ext-view.alice: .*can't be one")


def test_destuser_of_another_passdb(front, behind):
    """It takes the place of the name that nobody has: refused behind, and
    works when the driver stands behind that passdb once more."""
    back = behind()
    proxy = front(back, "destuser=bob")
    assert refuse(proxy, "recent:alice", "pw-alice") == FAILED
    back.wait_log("Refused login name bob: a view has come with it, but a "
                  "passdb of the proxy returns destuser")
    proxy = front(back, "destuser=bob pass=pw-bob", last=True)
    for typed, view in (("recent:alice", {"view_days": "7"}), ("alice", {})):
        mark = back.log_size()
        with proxy.connect() as client:
            client.login(typed, "pw-alice")
            client.quit()
        assert fields(back, mark) == view
        back.wait_log(r"pop3\(bob\)", mark)
    assert refuse(proxy, "recent:alice", "wrong") == FAILED


@pytest.mark.parametrize("master_names", [False, True])
def test_proxy_that_logs_in_as_a_master_user(front, behind, other_host,
                                             master_names):
    """By authorization names."""
    back = behind(start=False, names={
        "proxies": "127.0.0.1", "master": master_names},
        settings=dict(TRUSTED, auth_master_user_separator="*"))
    (back.folder / "masters").write_text("root:{PLAIN}pw-root::::::\n")
    back._options["before"] += master_config(
        other_host, other_host.inside(back.folder))
    back.write_config()
    back.start()
    proxy = front(back, "master=root pass=pw-root")
    for typed, (user, view) in VIEWS.items():
        if "Old" in typed:
            continue        # no such folder
        mark = back.log_size()
        with proxy.connect() as client:
            with contextlib.suppress(pop3.Refused, pop3.Closed):
                client.login(typed, "pw-" + user)
        found = fields(back, mark)
        assert found == view, typed
