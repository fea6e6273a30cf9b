"""What the plugin is for whom: CAPA, switches per user, wrong settings, and a
Dovecot that it does not know."""

import contextlib
import re

import pytest

from pop3ext import hosts, pop3, testmodule
from pop3ext.server import User

MESSAGE = b"Subject: one\r\n\r\nText\r\n"
# RFC 2449: 512 octets a line, its end included.
IMPLEMENTATION_MAX = 512 - len("IMPLEMENTATION \r\n")


@pytest.fixture(name="stock_capa")
def _stock_capa(shared_server):
    """The CAPA lines of the host alone."""
    with shared_server(plugin=[]).login() as client:
        lines = client.capa()
        client.quit()
    return lines


def capa(server, name):
    """A user's CAPA lines."""
    with server.login(name) as client:
        lines = client.capa()
        client.quit()
    return lines


def assert_stock(client, xmit=b"-ERR Unknown command: XTND"):
    """The session works, and nothing in it is ours, but for the reply to
    XTND XMIT."""
    assert not any(line.startswith((b"X-XTND", b"IMPLEMENTATION"))
                   for line in client.capa())
    assert client.command("XTND XMIT") == xmit
    assert re.fullmatch(rb"\+OK \d+ \d+", client.command("STAT"))
    assert client.quit() == b"+OK Logging out."


#
# CAPA
#

def test_capa(shared_server, stock_capa):
    """The host's tags, then ours; upper and lower case and any arguments
    make no difference."""
    ours = shared_server()
    assert capa(ours, "alice") == stock_capa + [b"X-XTND XMIT"]
    with ours.login() as client:
        for command in (b"capa", b"CAPA x", b"Capa  x y z"):
            client.send_line(command)
            client.line()
            assert client.multi() == stock_capa + [b"X-XTND XMIT"]
        client.quit()


def test_capa_before_login(shared_server):
    """Before the login CAPA is the login process's: nothing of ours."""
    with shared_server().connect() as client:
        before = client.capa()
    with shared_server(plugin=[]).connect() as client:
        assert client.capa() == before


def test_capa_of_modules(shared_server, stock_capa):
    """Commands with the same tag share its line."""
    ours = shared_server(plugin=testmodule.PLUGIN)
    assert capa(ours, "alice") == stock_capa + [
        b"X-XTND XMIT TEST", b"X-FAIL", b"X-PIECES"]


@pytest.mark.parametrize("text", ["example.net mail", "x",
                                  "y" * IMPLEMENTATION_MAX])
def test_implementation(server, stock_capa, text):
    """IMPLEMENTATION when it is set, up to the longest line."""
    ours = server(plugin_settings={"pop3_ext_implementation": text})
    lines = capa(ours, "alice")
    assert lines == stock_capa + [b"IMPLEMENTATION " + text.encode(),
                                  b"X-XTND XMIT"]
    assert max(len(line) + 2 for line in lines) <= 512


#
# Switches
#

OFF = b"-ERR [SYS/PERM] XTND XMIT is switched off"
NOT_CONFIGURED = b"-ERR [SYS/PERM] The server is not configured correctly"

# User: fields of the userdb, what is added to CAPA.  The last one does not
# have the plugin at all.
USERS = {
    "plain": ({}, [b"X-XTND XMIT"]),
    "off": ({"pop3_ext_xmit": "no"}, []),
    "named": ({"pop3_ext_implementation": "for named"},
              [b"IMPLEMENTATION for named", b"X-XTND XMIT"]),
    "none": ({"mail_plugins": " "}, []),
}


@pytest.mark.parametrize("limits", [(1, 1), (1, 100), (10, 100)])
def test_users_are_kept_apart(server, stock_capa, limits, rng):
    """Users with the plugin, with parts of it and without it share a
    process, one after the other and at the same time, in any order."""
    ours = server(users=[User(name, fields=USERS[name][0]) for name in USERS],
                  client_limit=limits[0], service_count=limits[1],
                  process_limit=20 // limits[0])
    with contextlib.ExitStack() as stack:
        clients = []
        for _ in range(4):
            for name in rng.sample(list(USERS), len(USERS)):
                clients.append((name, stack.enter_context(ours.login(name))))
            rng.shuffle(clients)
            for name, client in clients:
                assert client.capa() == stock_capa + USERS[name][1], name
            while len(clients) > 4:
                clients.pop()[1].quit()
        for name, client in clients:
            if name == "none":
                assert_stock(client)
            elif name == "off":
                assert_stock(client, OFF)
            else:
                assert client.command("XTND") == b"-ERR Unknown command: XTND"
    pids = set(re.findall(r"mpid=(\d+)", ours.log()))
    if limits == (1, 1):
        assert len(pids) == 16
    else:
        assert len(pids) < 16


#
# Wrong settings
#

# Setting, wrong value, what the error line says is allowed.
WRONG = [
    ("pop3_ext_implementation", "z" * (IMPLEMENTATION_MAX + 1),
     r"at most %d printable" % IMPLEMENTATION_MAX),
    ("pop3_ext_xmit", "perhaps", r"yes or no"),
    ("pop3_ext_xmit_from", "everybody", r"own.*any|any.*own"),
    ("pop3_ext_xmit_relay", "relay.example.test:port", r"port"),
    ("pop3_ext_xmit_relay_ssl", "always", r"starttls"),
    ("pop3_ext_xmit_relay_timeout", "0", r"between 1 and 240 seconds"),
    ("pop3_ext_xmit_reply_timeout", "241 s", r"between 1 and 240 seconds"),
    ("pop3_ext_xmit_max_recipients", "0", r"between 1 and 1000"),
    ("pop3_ext_xmit_max_recipients", "1001", r"between 1 and 1000"),
    ("pop3_ext_xmit_max_size", "much", r"size"),
    ("pop3_ext_xmit_8bit", "convert", r"refuse.*pass"),
]
WRONG_IDS = ["%s-%.8s" % (name, value) for name, value, _ in WRONG]


@pytest.mark.parametrize("name, value, allowed", WRONG, ids=WRONG_IDS)
def test_wrong_user_setting(server, name, value, allowed):
    """A wrong value from the userdb is named in one Error line, with what is
    allowed; others are not touched."""
    ours = server(users=[User("wrong", fields={name: value}), "alice"])
    ours.expect_log("wrong.*Error:.*" + name)
    ours.deliver("alice", MESSAGE)
    mark = ours.log_size()
    try:
        with ours.login("wrong") as client:
            assert_stock(client, NOT_CONFIGURED)
    except pop3.Refused as refused:
        # Dovecot 2.4 parses what the userdb returns by itself, and refuses
        # the login when it cannot.
        assert ours.host.is_24
        assert refused.reply.startswith(b"-ERR [SYS/TEMP]")
    ours.wait_log("Error:", mark)
    errors = [line for line in ours.log(mark).splitlines() if "Error:" in line]
    assert len(errors) == 1
    assert re.search(allowed, errors[0]), errors[0]
    assert capa(ours, "alice")[-1] == b"X-XTND XMIT"


@pytest.mark.parametrize("name, value, allowed", WRONG, ids=WRONG_IDS)
def test_wrong_setting(server, host, name, value, allowed):
    """A wrong value in the configuration: Dovecot 2.4 does not start and
    says why.  In 2.3, which takes anything inside of plugin { }, each
    session has its Error line, and goes on as a stock session."""
    ours = server(plugin_settings={name: value}, start=False)
    if host.is_24:
        with pytest.raises(hosts.HostError) as error:
            ours.start()
        assert name in str(error.value)
        assert re.search(allowed, str(error.value))
        return
    ours.start()
    ours.expect_log("Error:.*" + name)
    with ours.login() as client:
        assert_stock(client, NOT_CONFIGURED)
    (line,) = [line for line in ours.log().splitlines() if "Error:" in line]
    assert re.search(allowed, line), line
