"""Every login of Dovecot's with the plugin and the auth modules on: typed
names with and without a modifier, the whole session after it, and nothing of
a credential in any log."""

import base64
import http.server
import json
import re
import shutil
import ssl
import subprocess
import threading
import urllib.parse

import pytest

from pop3ext import sasl
from pop3ext.server import User
from test_login_names import config, fields

pytestmark = pytest.mark.auth

MECHANISMS = {
    "plain": sasl.plain,
    "login": sasl.login,
    "cram-md5": sasl.cram_md5,
    "digest-md5": sasl.digest_md5,
    "scram-sha-1": lambda client, user, password:
        sasl.scram(client, user, password, "sha1"),
    "scram-sha-256": lambda client, user, password:
        sasl.scram(client, user, password, "sha256"),
    "apop": sasl.apop,
    "user": lambda client, user, password:
        (client.command("USER " + user),
         client.command("PASS " + password))[1],
}
SECRET = "sEcReT-pw-77"
# A user by a token, whose name another one has by a password
HOST_LIKE = "fred@xyz.demon.example"
MESSAGE = b"Subject: one\r\n\r\nText\r\n"


@pytest.fixture(name="site")
def _site(server, host):
    """Factory of servers with all of ours switched on."""
    def make(mechanisms, settings=None, users=None, start=True, **kwargs):
        users = users or [User("alice", SECRET), User("bob", "b" + SECRET)]
        made = server(start=False, auth=mechanisms, users=users,
                      plugin_settings={"pop3_ext_implementation": "ours"},
                      settings={"auth_username_chars": "",
                                "auth_debug": "yes", "auth_verbose": "yes",
                                "mail_debug": "yes", **(settings or {})},
                      **kwargs)
        made._options["before"] = config(
            host, None, forms="recent:user user#folder user-no-mime",
            hosts="")
        made.write_config()
        return made.start() if start else made
    return make


def assert_session(client):
    """What follows the login is all there."""
    assert b"X-XTND XMIT" in client.capa()
    assert re.fullmatch(rb"\+OK \d+ \d+", client.command("STAT"))
    assert client.quit().startswith(b"+OK")


def secrets_of(password):
    """What of a password must not be in a log: as it is, and as SASL sends
    it, at each of the three places in a base64 group."""
    found = {password}
    for pad in range(3):
        text = base64.b64encode(b"\0" * pad + password.encode()).decode()
        found.add(text[4:len(text) - 4])
    return found


def assert_no_secret(server, *passwords):
    log = server.log()
    for password in passwords:
        for text in secrets_of(password):
            assert text not in log


@pytest.mark.parametrize("typed", ["alice", "recent:alice#INBOX"])
@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_mechanism(site_shared, mechanism, typed):
    """The mechanism works with a plain name and with one that says more, a
    wrong password is refused, and no password is in the log."""
    log_in = MECHANISMS[mechanism]
    with site_shared.connect() as client:
        reply = log_in(client, typed, SECRET)
        assert reply == b"+OK Logged in.", reply
        assert_session(client)
    with site_shared.connect() as client:
        assert log_in(client, typed, "not-" + SECRET) == \
            b"-ERR [AUTH] Authentication failed."
    with site_shared.connect() as client:
        assert log_in(client, typed.replace("alice", "bob"), SECRET) == \
            b"-ERR [AUTH] Authentication failed."
    assert_no_secret(site_shared, SECRET)


@pytest.fixture(name="site_shared", scope="module")
def _site_shared(_module_servers, host):
    """One such server for the tests that only log in."""
    servers, made = _module_servers
    if "site" not in made:
        fresh = servers(
            start=False, auth="plain login apop cram-md5 digest-md5 "
            "scram-sha-1 scram-sha-256",
            users=[User("alice", SECRET), User("bob", "b" + SECRET)],
            plugin_settings={"pop3_ext_implementation": "ours"},
            settings={"auth_username_chars": "", "auth_debug": "yes",
                      "auth_verbose": "yes", "mail_debug": "yes"})
        fresh._options["before"] = config(
            host, None, forms="recent:user user#folder user-no-mime",
            hosts="")
        fresh.write_config()
        made["site"] = fresh.start()
    return made["site"]


@pytest.mark.parametrize("security", ["starttls", "pop3s"])
def test_tls(site_shared, security):
    """STLS and POP3S."""
    for typed in ("alice", "recent:alice"):
        with site_shared.connect(security) as client:
            client.login(typed, SECRET)
            assert_session(client)


def no_password(host):
    """A passdb for EXTERNAL, which has no password to check."""
    if host.is_24:
        return ("passdb static {\n  mechanisms_filter = external\n"
                "  fields {\n    nopassword = yes\n  }\n}\n")
    return ("passdb {\n  driver = static\n  mechanisms = external\n"
            "  args = nopassword=y\n}\n")


def test_external_and_certificates(site, host, authority):
    """EXTERNAL: the certificate says who it is. With another mechanism beside
    the certificate a modifier works when it is the same user's; a name that
    would be somebody else's is refused and logged, and gets the answer of a
    wrong password."""
    mine = authority.issue("alice")
    server = site("external plain", start=False, settings={
        "auth_ssl_username_from_cert": "yes"},
        settings_23={"ssl_ca": "<" + authority.in_host,
                     "ssl_require_crl": "no", "ssl_verify_client_cert": "yes"},
        settings_24={"ssl_server_ca_file": authority.in_host,
                     "ssl_server_require_crl": "no",
                     "ssl_server_request_client_cert": "yes"})
    server._options["before"] += no_password(host)
    server.write_config()
    server.start()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.load_cert_chain(mine.cert, mine.key)
    for log_in, good in (
            (lambda client: sasl.external(client), True),
            (lambda client: sasl.plain(client, "recent:alice", SECRET), True),
            (lambda client: sasl.plain(client, "recent:bob", SECRET), False)):
        with server.connect() as client:
            client.ok("STLS")
            client.sock = context.wrap_socket(client.sock)
            reply = log_in(client)
            assert reply == (b"+OK Logged in." if good else
                             b"-ERR [AUTH] Authentication failed.")
            if good:
                assert_session(client)
    server.wait_log("Refused login name recent:bob: the login was proven for "
                    "alice")
    assert_no_secret(server, SECRET)


@pytest.fixture(name="ca_folder", scope="module", autouse=True)
def _ca_folder(host, authority):
    """The authority's certificate where the host can see it."""
    folder = host.mkdtemp("c")
    folder.chmod(0o755)
    shutil.copy(authority.cert, folder / "ca.pem")
    authority.in_host = host.inside(folder / "ca.pem")
    yield folder
    shutil.rmtree(folder)


class TokenServer(http.server.ThreadingHTTPServer):
    """A token endpoint on loopback: tells who a token is for."""

    def __init__(self, tokens):
        super().__init__(("127.0.0.1", 0), TokenHandler)
        self.tokens = tokens
        threading.Thread(target=self.serve_forever, daemon=True).start()


class TokenHandler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        size = int(self.headers.get("Content-Length", "0"))
        form = urllib.parse.parse_qs(self.rfile.read(size).decode())
        token = form.get("token", [""])[0]
        user = self.server.tokens.get(token)
        text = json.dumps({"active": user is not None, "user": user}
                          if user else {"active": False}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *args):
        pass


@pytest.fixture(name="tokens")
def _tokens():
    server = TokenServer({"t0kEnOfAlice": "alice", "t0kEnOfHost": HOST_LIKE,
                          "t0kEnOfHash": "bob#work"})
    yield server
    server.shutdown()
    server.server_close()


def oauth2_config(host, server, url):
    """The token's passdb or, in 2.4, the mechanism's settings."""
    if host.is_24:
        return ("oauth2 {\n  introspection_mode = post\n"
                "  introspection_url = %s\n"
                "  username_attribute = user\n"
                "  active_attribute = active\n  active_value = true\n}\n" %
                url)
    path = server.folder / "oauth2.conf"
    path.write_text("introspection_mode = post\nintrospection_url = %s\n"
                    "username_attribute = user\nactive_attribute = active\n"
                    "active_value = true\n" % url, encoding="utf-8")
    return ("passdb {\n  driver = oauth2\n"
            "  mechanisms = xoauth2 oauthbearer\n"
            "  args = %s\n}\n" % host.inside(path))


def test_xoauth2(site, host, tokens):
    """A token from a local end point. In 2.4 it has to be for the name as it
    was typed, so modifiers are refused there like a wrong token."""
    url = "http://127.0.0.1:%d/introspect" % tokens.server_port
    server = site("xoauth2 plain", start=False)
    server._options["before"] += oauth2_config(host, server, url)
    server.write_config()
    server.start()
    for typed, token, good in (
            ("alice", "t0kEnOfAlice", True),
            ("recent:alice", "t0kEnOfAlice", not host.is_24),
            ("alice", "t0kEnOfNobody", False),
            ("recent:bob", "t0kEnOfAlice", False)):
        with server.connect() as client:
            reply = sasl.xoauth2(client, typed, token)
            assert (reply == b"+OK Logged in.") == good, (typed, reply)
            if good:
                assert_session(client)
    # Dovecot itself shows the token with auth_debug; our modules don't.
    for line in server.log().splitlines():
        assert "pop3_ext_names" not in line or "t0kEn" not in line


@pytest.mark.parametrize("mechanism", ["xoauth2", "oauthbearer"])
def test_user_of_a_token_who_looks_like_a_host(site, host, tokens, mechanism):
    """The token says who it is: hosts are not looked up, and his password has
    nothing to do with it. In 2.4, where the token is for the name as it was
    typed, no name is taken to pieces."""
    url = "http://127.0.0.1:%d/introspect" % tokens.server_port
    server = site("xoauth2 oauthbearer plain", start=False, users=[
        User(HOST_LIKE, SECRET), User("xyz", "x" + SECRET),
        User("bob#work", SECRET), User("bob", SECRET)])
    server._options["before"] = config(
        host, None, forms="account@host recent:user user#folder",
        hosts=".demon.example") + oauth2_config(host, server, url)
    server.write_config()
    server.start()
    log_in = getattr(sasl, mechanism)
    for typed, token, user in (
            (HOST_LIKE, "t0kEnOfHost", HOST_LIKE),
            ("recent:" + HOST_LIKE, "t0kEnOfHost",
             None if host.is_24 else HOST_LIKE),
            ("bob#work", "t0kEnOfHash", "bob#work" if host.is_24 else None),
            (HOST_LIKE, "t0kEnOfAlice", None),
            ("xyz", "t0kEnOfHost", None)):
        mark = server.log_size()
        with server.connect() as client:
            reply = log_in(client, typed, token)
            assert (reply == b"+OK Logged in.") == (user is not None), typed
            if user is not None:
                assert_session(client)
                server.wait_log(r"Log(in|ged in): user=<%s>" % user, mark)
                expected = ({"view_days": "7"} if typed.startswith("recent")
                            else {})
                assert fields(server, mark) == expected
    # by a password the name is that of a host
    mark = server.log_size()
    with server.connect() as client:
        client.login(HOST_LIKE, "x" + SECRET)
        client.quit()
    server.wait_log(r"Log(in|ged in): user=<xyz>", mark)


#
# Programs
#

def run_program(command, **kwargs):
    if shutil.which(command[0]) is None:
        pytest.skip("%s is not installed" % command[0])
    return subprocess.run(command, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=60, check=False,
                          **kwargs)


@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN", "CRAM-MD5", "+APOP"])
def test_curl(site_shared, mechanism):
    """curl fetches by every mechanism it has, and with a modifier."""
    site_shared.deliver("alice", MESSAGE)
    for user in ("alice", "recent:alice"):
        done = run_program([
            "curl", "-sS", "--netrc-file", write_netrc(site_shared, user),
            "--login-options", "AUTH=" + mechanism,
            "pop3://127.0.0.1:%d/1" % site_shared.ports["pop3"]])
        assert done.returncode == 0, done.stdout
        assert b"Subject: one" in done.stdout


def write_netrc(server, user):
    path = server.folder / "netrc"
    path.write_text("machine 127.0.0.1\nlogin %s\npassword %s\n" %
                    (user, SECRET), encoding="utf-8")
    path.chmod(0o600)
    return str(path)


@pytest.mark.parametrize("auth", ["user", "plain", "cram-md5",
                                  "scram-sha-1", "scram-sha-256"])
def test_mpop(site_shared, tmp_path, auth):
    """mpop fetches by every mechanism it has, over STLS, with a modifier."""
    site_shared.deliver("alice", MESSAGE)
    config_file = tmp_path / "mpoprc"
    config_file.write_text(
        "account x\nhost 127.0.0.1\nport %d\ntls on\ntls_starttls on\n"
        "tls_certcheck off\nuser recent:alice\npassword %s\nauth %s\n"
        "keep on\ndelivery mbox %s\nuidls_file %s\n" %
        (site_shared.ports["pop3"], SECRET, auth, tmp_path / "box",
         tmp_path / "uidls"), encoding="utf-8")
    config_file.chmod(0o600)
    done = run_program(["mpop", "-C", str(config_file), "x"])
    if b"not supported" in done.stdout or b"not available" in done.stdout:
        pytest.skip(done.stdout.decode())
    assert done.returncode == 0, done.stdout
    assert b"Subject: one" in (tmp_path / "box").read_bytes()


@pytest.mark.parametrize("auth", ["password", "cram-md5", "apop"])
def test_fetchmail(site_shared, tmp_path, auth):
    """fetchmail fetches, with a modifier."""
    site_shared.deliver("alice", MESSAGE)
    rc = tmp_path / "fetchmailrc"
    rc.write_text(
        'poll localhost proto %s service %d %s\n'
        '  user "recent:alice" password "%s" keep fetchall\n'
        '  sslproto "" mda "cat >> %s"\n' %
        ("apop" if auth == "apop" else "pop3", site_shared.ports["pop3"],
         "" if auth == "apop" else "auth " + auth, SECRET, tmp_path / "box"),
        encoding="utf-8")
    rc.chmod(0o600)
    done = run_program(["fetchmail", "-f", str(rc), "--nodetach",
                        "--pidfile", str(tmp_path / "pid"),
                        "--idfile", str(tmp_path / "ids")],
                       env={"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"})
    assert done.returncode == 0, done.stdout
    assert b"Subject: one" in (tmp_path / "box").read_bytes()
