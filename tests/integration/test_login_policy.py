"""Lockout by a policy server, penalties and limits of connections: a modifier
is no way round any of them."""

import http.server
import json
import re
import threading
import time
import urllib.parse

import pytest

from pop3ext import pop3, sasl
from test_login_names import (
    assert_login, master_config, named_server, refuse)

pytestmark = pytest.mark.auth

FAILED = b"-ERR [AUTH] Authentication failed."
MODIFIED = ["alice#Work", "alice#q1", "recent:alice", "alice-no-mime"]


class PolicyServer(http.server.ThreadingHTTPServer):
    """Refuses the names in .locked, delays those in .tarpit by so many
    seconds; .asked and .reported hold what it was sent."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), PolicyHandler)
        self.locked, self.tarpit = set(), {}
        self.asked, self.reported = [], []
        threading.Thread(target=self.serve_forever, daemon=True).start()


class PolicyHandler(http.server.BaseHTTPRequestHandler):
    # Dovecot keeps its connections.
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        server = self.server
        size = int(self.headers.get("Content-Length", "0"))
        values = json.loads(self.rfile.read(size))
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query)
        report = query["command"] == ["report"]
        (server.reported if report else server.asked).append(values)
        login = values["login"]
        text = json.dumps({"status": -1 if login in server.locked else
                           server.tarpit.get(login, 0), "msg": "locked"})
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *args):
        pass


@pytest.fixture(name="policy")
def _policy():
    server = PolicyServer()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture(name="site")
def _site(server, host, policy):
    """Factory of servers that ask that policy server."""
    def make(before=True, after=True, start=True, master=False, **settings):
        made = named_server(server, host)(
            start=False, names={"master": master}, settings={
                "auth_policy_server_url":
                    "http://127.0.0.1:%d/" % policy.server_port,
                "auth_policy_hash_nonce": "nonce",
                "auth_policy_check_before_auth": "yes" if before else "no",
                "auth_policy_check_after_auth": "yes" if after else "no",
                **settings})
        return made.start() if start else made
    return make


@pytest.mark.parametrize("before, after", [
    (True, True), (True, False), (False, True)])
def test_lockout_is_the_plain_user_s(site, policy, before, after):
    """Who is locked out is so by every name, with the right password too, and
    others are not."""
    server = site(before, after)
    policy.locked.add("alice")
    for typed in ["alice"] + MODIFIED:
        for log_in in (pop3.Client.login, _cram_md5):
            with server.connect() as client:
                with pytest.raises(pop3.Refused):
                    log_in(client, typed, "pw-alice")
    assert_login(server, "recent:bob", "bob", {"view_days": "7"})
    policy.locked = {"bob"}
    refuse(server, "philh@vision25", "pw-bob")
    assert_login(server, "recent:alice", "alice", {"view_days": "7"})
    assert "pop3(bob)" not in server.log().split("pop3(alice)")[-1]


def _cram_md5(client, user, password):
    reply = sasl.cram_md5(client, user, password)
    if not reply.startswith(b"+OK"):
        raise pop3.Refused("AUTH CRAM-MD5", reply)


def test_wrong_passwords_are_the_plain_user_s(site, policy):
    """What is reported, and what is asked last before a password is looked at,
    has the plain name."""
    server = site(after=False)
    for typed in MODIFIED:
        policy.asked.clear()
        policy.reported.clear()
        refuse(server, typed, "wrong")
        assert policy.asked[-1]["login"] == "alice"
        deadline = time.monotonic() + 20
        while not policy.reported and time.monotonic() < deadline:
            time.sleep(0.01)
        (report,) = policy.reported
        assert report["login"] == "alice" and not report["success"]
    # a name that says nothing more is asked for once
    policy.asked.clear()
    refuse(server, "alice", "wrong")
    assert [asked["login"] for asked in policy.asked] == ["alice"]


def test_tarpit_is_the_plain_user_s(site, policy):
    """Each name of hers waits as she does, whatever the password."""
    server = site(after=False)
    policy.tarpit["alice"] = 1
    for password in ("wrong", "pw-alice"):
        started = time.monotonic()
        with server.connect() as client:
            try:
                client.login("alice#Work", password)
            except pop3.Refused:
                pass
        assert time.monotonic() - started >= 1


@pytest.mark.parametrize("master", [False, True])
def test_lockout_of_whom_a_master_user_names(site, policy, host, master):
    """Dovecot asks for whom he names. Without a passdb of ours before the
    master's it would ask for the name as it was typed: refused, and the log says
    what to do."""
    server = site(start=False, master=master, auth_master_user_separator="*")
    (server.folder / "masters").write_text("root:{PLAIN}pw-root::::::\n")
    server._options["before"] += master_config(host,
                                               host.inside(server.folder))
    server.write_config()
    server.start()
    with server.connect() as client:
        client.login("alice*root", "pw-root")
    if master:
        with server.connect() as client:
            client.login("recent:alice*root", "pw-root")
    else:
        # that is how Dovecot tells of a userdb that fails
        server.allow_log("Error: .*Internal auth failure")
        with server.connect() as client:
            with pytest.raises((pop3.Refused, pop3.Closed)):
                client.login("recent:alice*root", "pw-root")
        server.wait_log("Refused login name recent:alice: the policy server "
                        "has not been asked .*: add a passdb pop3_ext_names")
    policy.locked.add("alice")
    for typed in ("alice*root", "recent:alice*root", "alice#q1*root"):
        with server.connect() as client:
            with pytest.raises((pop3.Refused, pop3.Closed)):
                client.login(typed, "pw-root")


def test_connections_of_a_user(server, host):
    """mail_max_userip_connections counts the user, not his names."""
    made = named_server(server, host)(
        settings={"mail_max_userip_connections": 2})
    with made.connect() as first, made.connect() as second:
        first.login("alice", "pw-alice")
        second.login("recent:alice", "pw-alice")
        # the session says so itself, after its login
        deadline = time.monotonic() + 20
        while not re.search(rb"(?m)^alice +2 +pop3", made.doveadm("who").stdout):
            assert time.monotonic() < deadline
        for typed in ["alice"] + MODIFIED:
            reply = refuse(made, typed, "pw-alice")
            assert b"Maximum number of connections" in reply, typed
        first.quit()
        second.quit()
    made.wait_ended("pop3")
    with made.connect() as third:
        third.login("alice#Work", "pw-alice")


def test_penalty_of_an_address(server, host):
    """Different names from one address add up as equal ones do."""
    if host.is_24:
        pytest.skip("2.4 counts no penalty for any name here")
    found = []
    for names in (["alice"] * 3, MODIFIED[:3]):
        made = named_server(server, host)(start=False)
        # other tests do without penalties
        text = made.config_path.read_text()
        assert "mode = 00\n" in text
        made.config_path.write_text(text.replace("mode = 00\n",
                                                 "mode = 0600\n"))
        made.start()
        for number, typed in enumerate(names):
            refuse(made, typed, "wrong%d" % number)
        # IP, penalty, last penalty, last update
        found.append([line.split()[1:2] for line in
                      made.doveadm("penalty").stdout.decode().splitlines()])
        made.stop(check=False)
    assert found[0] == found[1]
    assert ["3"] in found[0], found
