"""XTND XMIT: TLS, login and XCLIENT towards the relay."""

import pytest

from pop3ext import smtpd, xmit

SENT = b"+OK Message sent (250 2.0.0 queued as 1)"
# A host's "localhost" may begin with an address that the relay does not
# listen on.
NO_IPV6 = r"Error: xmit: smtp-client: conn localhost:\d+ \(\[::1\]:"

# name: (arguments of the certificate, does a verifier take it)
CERTIFICATES = {
    "good": ({}, True),
    "good-name-only": ({"addresses": ()}, True),
    "wrong-name": ({"name": "other.test", "names": ("other.test",),
                    "addresses": ()}, False),
    "expired": ({"expired": True}, False),
}


def _run(ours, name="alice", message=xmit.SIMPLE):
    with ours.login(name) as client:
        replies = xmit.try_xmit(client, message)
        assert client.command("NOOP") == b"+OK"
        client.quit()
    return replies


def _assert_refused_early(replies, relay, code=b"SYS/TEMP"):
    """Said before the data; no mail command was ever given."""
    assert replies[0].startswith(b"-ERR [" + code + b"] ")
    assert replies[1] is None
    for session in relay.connections:
        assert not any(line.upper().startswith((b"MAIL", b"AUTH"))
                       for line in session.commands)
    assert not relay.transactions


@pytest.mark.parametrize("security", ["starttls", "smtps"])
@pytest.mark.parametrize("kind", CERTIFICATES)
def test_certificates(server, relay, authority, tmp_path_factory, security,
                      kind):
    """A certificate that is not valid for the relay's name is refused before
    the data; without verification it is taken."""
    arguments, good = CERTIFICATES[kind]
    out = relay(tls=security, certificate=authority.issue(**arguments))
    ours = server(start=False, plugin_settings={
        "pop3_ext_xmit_relay": "localhost:%d" % out.port,
        "pop3_ext_xmit_relay_ssl": security,
    })
    ca_file = ours.folder / "ca.pem"
    ca_file.write_bytes(authority.cert.read_bytes())
    for name in ("alice", "bob"):
        ours.user(name).fields["pop3_ext_xmit_relay_ssl_ca_file"] = \
            ours.host.inside(ca_file)
    ours.user("bob").fields["pop3_ext_xmit_relay_ssl_verify"] = "no"
    ours.write_users()
    ours.start()
    ours.allow_log(NO_IPV6)

    replies = _run(ours)
    if good:
        assert replies[1] == SENT
        assert out.transactions[0].tls
    else:
        _assert_refused_early(replies, out)
        ours.expect_log(r"\(alice\).*Error: .* SSL .*certificate")
    # carol knows no authority that has signed this.
    ours.expect_log(r"\(carol\).*Error: .* SSL .*certificate")
    _assert_refused_early(_run(ours, "carol"), _Later(out))

    before = len(out.transactions)
    assert _run(ours, "bob")[1].startswith(b"+OK Message sent")
    assert out.transactions[before].tls


class _Later:
    """A relay's connections and transactions from now on."""

    def __init__(self, relay):
        self._relay = relay
        self._sessions = len(relay.connections)
        self._sent = len(relay.transactions)

    @property
    def connections(self):
        """The new ones."""
        return self._relay.connections[self._sessions:]

    @property
    def transactions(self):
        """The new ones."""
        return self._relay.transactions[self._sent:]


def test_address_in_certificate(server, relay, authority):
    """A relay that is named by its address is verified by its address."""
    good = relay(tls="smtps", certificate=authority.issue(
        name="x.test", names=()))
    bad = relay(tls="smtps", certificate=authority.issue(
        name="x.test", names=(), addresses=("127.0.0.2",)))
    ours = server(start=False, plugin_settings={
        "pop3_ext_xmit_relay_ssl": "smtps"})
    ca_file = ours.folder / "ca.pem"
    ca_file.write_bytes(authority.cert.read_bytes())
    for name, out in (("alice", good), ("bob", bad)):
        ours.user(name).fields = {
            "pop3_ext_xmit_relay": out.host_port,
            "pop3_ext_xmit_relay_ssl_ca_file": ours.host.inside(ca_file)}
    ours.write_users()
    ours.start()
    assert _run(ours)[1] == SENT
    ours.expect_log(r"\(bob\).*Error: .*certificate doesn't match")
    _assert_refused_early(_run(ours, "bob"), bad)


def test_host_authorities(server, relay, authority):
    """Without a file of our own the host's ssl_client_ca_file counts."""
    out = relay(tls="starttls", certificate=authority.issue())
    for known in (False, True):
        ours = server(start=False, plugin_settings={
            "pop3_ext_xmit_relay": "localhost:%d" % out.port,
            "pop3_ext_xmit_relay_ssl": "starttls"})
        if known:
            ca_file = ours.folder / "ca.pem"
            ca_file.write_bytes(authority.cert.read_bytes())
            with open(ours.config_path, "a", encoding="utf-8") as file:
                file.write("ssl_client_ca_file = %s\n" %
                           ours.host.inside(ca_file))
        else:
            ours.expect_log(r"Error: .* SSL .*certificate")
        ours.allow_log(NO_IPV6)
        ours.start()
        replies = _run(ours)
        if known:
            assert replies[1] == SENT
        else:
            assert replies[0].startswith(b"-ERR [SYS/TEMP] ")


def test_no_starttls_offered(server, relay):
    """A relay that has no STARTTLS is not spoken to in clear."""
    out = relay()
    ours = server(plugin_settings={
        "pop3_ext_xmit_relay": out.host_port,
        "pop3_ext_xmit_relay_ssl": "starttls"})
    ours.allow_log("Error: xmit: smtp-client: conn .*STARTTLS")
    _assert_refused_early(_run(ours), out)


@pytest.mark.parametrize("security, spoken", [("smtps", None),
                                              ("no", "smtps")])
def test_tls_mismatch(server, relay, certificate, security, spoken):
    """TLS to a relay that speaks none, and the other way round: both end in
    a refusal before the data, not in a wait."""
    out = relay(tls=spoken, certificate=certificate)
    ours = server(plugin_settings={
        "pop3_ext_xmit_relay": out.host_port,
        "pop3_ext_xmit_relay_ssl": security,
        "pop3_ext_xmit_relay_timeout": "1s"})
    ours.allow_log("Error: xmit: smtp-client: conn ")
    _assert_refused_early(_run(ours), out)


@pytest.mark.parametrize("security", xmit.sample(1, [
    "starttls", "smtps", None]))
def test_login(server, relay, certificate, security):
    """The login of the password file, in the same way every message; under
    STARTTLS only behind it."""
    out = relay(tls=security, certificate=certificate, users={"u x": "p:w 1"})
    ours = server(start=False, plugin_settings={
        "pop3_ext_xmit_relay": out.host_port,
        "pop3_ext_xmit_relay_ssl": security or "no",
        "pop3_ext_xmit_relay_ssl_verify": "no"})
    (ours.folder / "good").write_text("p:w 1\nsecond line\n")
    (ours.folder / "bad").write_text("wrong")
    for name, file in (("alice", "good"), ("bob", "bad")):
        ours.user(name).fields = {
            "pop3_ext_xmit_relay_user": "u x",
            "pop3_ext_xmit_relay_password_file":
                ours.host.inside(ours.folder / file)}
    ours.write_users()
    ours.start()
    assert _run(ours)[1] == SENT
    assert out.transactions[0].login == "u x"
    ours.expect_log(r"\(bob\).*Error: .* Authentication failed: 535")
    replies = _run(ours, "bob")
    assert replies[0].startswith(b"-ERR [SYS/PERM] ")
    assert b"535 5.7.8 wrong name or password" in replies[0]
    for session in out.connections:
        words = [line.split(b" ")[0] for line in session.commands]
        if security == "starttls":
            assert words.index(b"STARTTLS") < words.index(b"AUTH")
    # Nobody needs the password in a log, or in a reply.
    assert "p:w 1" not in ours.log()


@pytest.mark.parametrize("content, says", [
    (None, "No such file"), ("", "no password"), ("\nlate\n", "no password"),
    ("x" * 5000, "/password: "), ("directory", "/password: .*Is a directory")])
def test_login_without_password(server, relay, content, says):
    """A password file that is missing or empty: refused before the data, and
    the log names setting and file."""
    out = relay(users={"u": "p"})
    ours = server(start=False, plugin_settings={
        "pop3_ext_xmit_relay": out.host_port})
    path = ours.folder / "password"
    if content == "directory":
        path.mkdir()
    elif content is not None:
        path.write_text(content)
    ours.user("alice").fields = {
        "pop3_ext_xmit_relay_user": "u",
        "pop3_ext_xmit_relay_password_file": ours.host.inside(path)}
    ours.write_users()
    ours.start()
    ours.expect_log("pop3_ext_xmit_relay_password_file: .*" + says)
    replies = _run(ours)
    assert replies[0].startswith(b"-ERR [SYS/PERM] ")
    assert str(path).encode() not in replies[0]
    assert not out.connections


def test_login_not_offered(server, relay):
    """A relay without AUTH is not used when a login is set."""
    out = relay()
    ours = server(start=False, plugin_settings={
        "pop3_ext_xmit_relay": out.host_port})
    (ours.folder / "password").write_text("p")
    ours.user("alice").fields = {
        "pop3_ext_xmit_relay_user": "u",
        "pop3_ext_xmit_relay_password_file":
            ours.host.inside(ours.folder / "password")}
    ours.write_users()
    ours.start()
    ours.allow_log("Error: xmit: smtp-client: conn .*Authentication")
    _assert_refused_early(_run(ours), out)


def test_xclient(server, relay):
    """Client's address and login by XCLIENT when switched on and offered."""
    out = relay(xclient="ADDR PORT LOGIN PROTO")
    without = relay()
    ours = server(users=["alice", "bob"], start=False, plugin_settings={
        "pop3_ext_xmit_relay_xclient": "yes"})
    ours.user("alice").fields["pop3_ext_xmit_relay"] = out.host_port
    ours.user("bob").fields["pop3_ext_xmit_relay"] = without.host_port
    ours.write_users()
    ours.start()
    with ours.connect(source=("127.0.0.9", 0)) as client:
        port = client.sock.getsockname()[1]
        client.login("alice", "pw-alice")
        assert client.xmit(xmit.SIMPLE) == SENT
        client.quit()
    told = out.transactions[0].xclient
    assert told["ADDR"] == "127.0.0.9"
    assert told["LOGIN"] == "alice"
    assert told.get("PORT") == str(port)
    assert _run(ours, "bob")[1] == SENT
    assert not any(line.upper().startswith(b"XCLIENT")
                   for session in without.connections
                   for line in session.commands)


def test_xclient_is_off(server, relay):
    """By default the relay is told nothing of the client."""
    out = relay(xclient="ADDR LOGIN")
    ours = server(plugin_settings={"pop3_ext_xmit_relay": out.host_port})
    assert _run(ours)[1] == SENT
    assert out.transactions[0].xclient == {}


def test_xclient_refused(server, relay):
    """A relay that offers XCLIENT and refuses it is told no more; the
    message is sent."""
    out = relay(xclient="ADDR LOGIN")
    out.on("XCLIENT", smtpd.reply("550 5.7.0 not for you"))
    ours = server(plugin_settings={"pop3_ext_xmit_relay": out.host_port,
                                   "pop3_ext_xmit_relay_xclient": "yes"})
    assert _run(ours)[1] == SENT
    assert out.transactions[0].xclient == {}
