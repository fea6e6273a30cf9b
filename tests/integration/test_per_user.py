"""What the plugin is for whom: CAPA, switches per user, and a Dovecot that it
does not know."""

import contextlib
import re

import pytest

from pop3ext import testmodule
from pop3ext.server import User

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
