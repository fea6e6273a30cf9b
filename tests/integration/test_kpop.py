"""KPOP: the exchange before the greeting, the ticket, and who may log in as
whom, with a real KDC."""

import base64
import contextlib
import os
import re
import signal
import socket
import time

import pytest

from pop3ext import kdc, kpop

pytestmark = [
    pytest.mark.auth,
    pytest.mark.skipif(kdc.missing() is not None,
                       reason="%s is not installed" % kdc.missing())]

OTHER = "OTHER.TEST"
# Nobody may find it anywhere.
PASS = b"s3cret-typed-by-mistake"


@pytest.fixture(scope="module", name="realm")
def _realm(tmp_path_factory, ports):
    """A KDC with users of two realms."""
    made = kdc.Kdc(tmp_path_factory.mktemp("kdc") / "kdc", ports.take(),
                   realms=(kdc.REALM, OTHER))
    with made:
        made.add("alice", "secret")
        made.add("bob", "secret")
        made.add("carol", "secret", OTHER)
        made.add_service("pop/localhost", "imap/localhost",
                         "pop/elsewhere.example.test")
        yield made


@pytest.fixture(scope="module", name="cache")
def _cache(realm):
    """Alice's credentials."""
    return realm.kinit("alice", "secret")


@pytest.fixture(name="krb5")
def _krb5(realm, cache):
    """Alice's Kerberos library."""
    return kpop.Krb5(realm.env(cache))


@pytest.fixture(name="kpop_server")
def _kpop_server(shared_server, realm):
    """The server of most tests."""
    def factory(**kwargs):
        settings = {"auth_verbose": "yes", **kwargs.pop("settings", {})}
        return shared_server(kpop=realm, settings=settings, **kwargs)
    return factory


def connect(server):
    return kpop.Client(server.ports["kpop"])


def refused(client, part=None):
    """The ticket is answered by a KRB-ERROR and the end."""
    error = client.string()
    assert error[:1] == b"\x7e"
    if part is not None:
        assert part in error, error
    assert client.read_eof() == b""
    return error


#
# Good tickets
#

@pytest.mark.asan
@pytest.mark.parametrize("mutual", [False, True])
@pytest.mark.parametrize("burst", [False, True])
def test_login(kpop_server, krb5, mutual, burst):
    """The server speaks after the versions, proves itself when asked to, and
    takes the burst of the Mac's client."""
    server = kpop_server()
    mark = server.log_size()
    with connect(server) as client:
        ap_rep = client.exchange(krb5.ap_req(mutual=mutual), mutual, burst)
        if mutual:
            krb5.check_ap_rep(ap_rep)
        assert client.kpop_login("alice") == b"+OK Logged in."
        assert client.stat() == (0, 0)
        client.quit()
    server.wait_log(r"Log(in|ged in): user=<alice>, method=KPOP", mark)


def test_octet_by_octet(kpop_server, krb5):
    """Lengths count, packets do not."""
    with connect(kpop_server()) as client:
        ap_req = krb5.ap_req()
        for octet in kpop.BEGIN + kpop.counted(ap_req):
            client.send(bytes([octet]))
        assert client.octets(5) == b"\0" * 5
        assert client.kpop_login("alice") == b"+OK Logged in."
        client.quit()


@pytest.mark.parametrize("password", [b"krb_ticket", b"alice", b"PassWord",
                                      b"", PASS])
def test_password_does_not_matter(kpop_server, krb5, password):
    """It is neither looked at nor passed on."""
    with connect(kpop_server()) as client:
        client.exchange(krb5.ap_req())
        assert client.kpop_login("alice", password) == b"+OK Logged in."
        client.quit()


def test_everything_in_one_write(kpop_server, krb5):
    """What follows PASS is answered by the POP3 process, ours included."""
    server = kpop_server()
    with connect(server) as client:
        client.send(kpop.BEGIN + kpop.counted(krb5.ap_req()) +
                    b"CAPA\r\nUSER alice\r\nPASS x\r\nSTAT\r\n"
                    b"NOOP\r\nXTND FOO\r\nQUIT\r\n")
        assert client.octets(5) == b"\0" * 5
        assert client.line().startswith(b"+OK")
        assert client.line().startswith(b"+OK")
        while client.line() != b".":
            pass
        assert client.line() == b"+OK"
        assert client.line() == b"+OK Logged in."
        assert client.line() == b"+OK 0 0"
        assert client.line() == b"+OK"
        # not the host's text
        assert client.line() == b"-ERR Unknown command: XTND FOO"
        assert client.line().startswith(b"+OK Logging out")


def test_sends_mail(kpop_server, krb5, relay):
    """The plugin's commands work after KPOP."""
    out = relay(capabilities=["8BITMIME"])
    server = kpop_server(plugin_settings={
        "pop3_ext_xmit_relay": out.host_port})
    with connect(server) as client:
        client.exchange(krb5.ap_req())
        assert client.kpop_login("alice") == b"+OK Logged in."
        reply = client.xmit(b"To: bob@example.test\r\n\r\nHi\r\n")
        assert reply.startswith(b"+OK")
        client.quit()
    (sent,) = out.wait_transactions(1)
    assert sent.accepted == [b"bob@example.test"]


def test_application_version(kpop_server, krb5):
    """Any short one; an unusual one is logged."""
    server = kpop_server()
    mark = server.log_size()
    with connect(server) as client:
        client.send(kpop.counted(kpop.SENDAUTH) +
                    kpop.counted(b"JUSTJUNK\x01") +
                    kpop.counted(krb5.ap_req()))
        assert client.octets(5) == b"\0" * 5
        assert client.kpop_login("alice") == b"+OK Logged in."
        client.quit()
    server.wait_log(r"KPOP: client speaks JUSTJUNK\?", mark)


def test_large_ticket(kpop_server, krb5):
    """More than a line of the auth protocol holds arrives whole at the
    library, which may or may not mind the zeros at its end."""
    server = kpop_server()
    ap_req = krb5.ap_req()
    with connect(server) as client:
        client.send(kpop.BEGIN + kpop.counted(
            ap_req + b"\0" * (64 * 1024 - len(ap_req))))
        assert client.octets(1) == b"\0"
        error = client.string()
        assert error[:1] in (b"", b"\x7e")
        if error == b"":
            assert client.kpop_login("alice") == b"+OK Logged in."


#
# Before PASS
#

def test_capa_and_other_ways(kpop_server, krb5):
    """CAPA shows USER; what else could log in is refused."""
    with connect(kpop_server()) as client:
        client.exchange(krb5.ap_req())
        assert b"<" not in client.line()
        capa = client.capa()
        assert b"USER" in capa and b"SASL" in capa and b"STLS" in capa
        for command in (b"AUTH PLAIN", b"AUTH KPOP", b"APOP alice " + b"0" * 32,
                        b"AUTH PLAIN AGFsaWNlAHB3LWFsaWNl"):
            assert client.command(command).startswith(b"-ERR"), command
        assert client.kpop_user("alice") == b"+OK Logged in."
        client.quit()


def test_tls_after_the_exchange(kpop_server, krb5, authority):
    """STLS is there for clients that insist on it."""
    server = kpop_server()
    mark = server.log_size()
    with connect(server) as client:
        client.exchange(krb5.ap_req())
        client.line()
        client.ok("STLS")
        client.start_tls(authority.cert)
        assert client.kpop_user("alice") == b"+OK Logged in."
        assert client.stat() == (0, 0)
        client.quit()
    server.wait_log(r"Log(in|ged in): user=<alice>, method=KPOP.*TLS", mark)


def test_user_is_needed(kpop_server, krb5):
    with connect(kpop_server()) as client:
        client.exchange(krb5.ap_req())
        client.line()
        assert client.command("PASS x") == b"-ERR No username given."
        assert client.command("USER") == b"-ERR No username given."
        assert client.command("PASS x") == b"-ERR No username given."
        assert client.command("USER bob") == b"+OK"
        assert client.kpop_user("alice") == b"+OK Logged in."
        client.quit()


def test_quit_and_bad_commands(kpop_server, krb5):
    """The host's own code does what it always does."""
    server = kpop_server()
    with connect(server) as client:
        client.exchange(krb5.ap_req())
        client.line()
        assert client.command("QUIT") == b"+OK Logging out"
        assert client.read_eof() == b""
    with connect(server) as client:
        client.exchange(krb5.ap_req())
        client.line()
        client.send(b"X\r\nY\r\nZ\r\n")
        assert client.read_eof().count(b"-ERR") == 4


#
# Who may be whom
#

def login_as(server, krb5, name):
    """The reply to PASS."""
    with connect(server) as client:
        client.exchange(krb5.ap_req())
        return client.kpop_login(name)


def test_other_user(kpop_server, krb5):
    """Another user's mailbox is refused at PASS, as an unknown one is; then
    the own one is still to be had."""
    server = kpop_server()
    mark = server.log_size()
    with connect(server) as client:
        client.exchange(krb5.ap_req())
        other = client.kpop_login("bob")
        assert other.startswith(b"-ERR [AUTH] ")
        assert client.kpop_user("nobody-we-know") == other
        assert client.kpop_user("alice*bob").startswith(b"-ERR [AUTH] ")
        assert client.kpop_user("alice") == b"+OK Logged in."
        client.quit()
    server.wait_log(r"alice@EXAMPLE.TEST may not log in as this user", mark)


def test_no_master_login(kpop_server, krb5):
    """A name that would become a master user's login is refused."""
    server = kpop_server(settings={"auth_master_user_separator": "*"})
    assert login_as(server, krb5, "bob*alice").startswith(b"-ERR [AUTH] ")
    assert login_as(server, krb5, "alice") == b"+OK Logged in."


def test_k5principals(server, realm, krb5):
    """The user's field names who else may log in, such as somebody from
    another realm."""
    carol = kpop.Krb5(realm.env(realm.kinit("carol@" + OTHER, "secret")))
    made = server(kpop=realm, start=False)
    made.user("bob").passdb_fields = {
        "k5principals": "alice@EXAMPLE.TEST,carol@OTHER.TEST"}
    made.write_users()
    made.start()
    assert login_as(made, krb5, "bob") == b"+OK Logged in."
    assert login_as(made, carol, "bob") == b"+OK Logged in."
    assert login_as(made, carol, "carol").startswith(b"-ERR [AUTH] ")


@pytest.mark.parametrize("table, rule, reply", [
    ("users.empty", None, b"+OK Logged in."),
    ("users.empty", "return-fail", b"-ERR [AUTH] "),
    ("users.empty/missing", None, b"-ERR [SYS/TEMP] ")])
def test_passdb_decides(server, realm, krb5, table, rule, reply):
    """The passdb need not know the user, but where its rules refuse him, or
    it can't be asked, nobody logs in."""
    made = server(kpop=realm, start=False)
    (made.folder / "users.empty").touch()
    path = made._inside(table)
    rules = {} if rule is None else {"result_failure": rule}
    made._options["settings_23"] = {
        "passdb": {"driver": "passwd-file", "args": path, **rules}}
    made._options["settings_24"] = {
        "passdb passwd-file": {"passwd_file_path": path, **rules}}
    made.write_config()
    made.start()
    if "missing" in table:
        made.expect_log("Error: .*users.empty/missing")
    assert login_as(made, krb5, "alice").startswith(reply)


# An account of every Debian, which nobody logs in to.
LOCAL_USER = "games"


@pytest.mark.parametrize("k5login, reply", [
    (None, b"+OK Logged in."),
    ("bob@EXAMPLE.TEST", b"-ERR [AUTH] "),
    ("alice@EXAMPLE.TEST", b"+OK Logged in.")])
def test_k5login_is_stronger_than_auth_to_local(server, realm, krb5, host,
                                                k5login, reply):
    """The library's rules map a principal to a local user, unless his
    .k5login names others."""
    made = server(kpop=realm, users=[LOCAL_USER], start=False)
    folder = made.folder / "k5login"
    folder.mkdir()
    folder.chmod(0o755)
    if k5login is not None:
        (folder / LOCAL_USER).write_text(k5login + "\n")
    config = made.folder / "krb5.conf"
    config.write_text(config.read_text().replace(
        "[libdefaults]", "[libdefaults]\n\tk5login_directory = %s\n"
        "\tk5login_authoritative = true\n" %
        made._inside("k5login")).replace(
            "kdc = ", "auth_to_local = RULE:[1:$1](alice)s/alice/%s/\n\t\tkdc = "
            % LOCAL_USER))
    made.start()
    assert login_as(made, krb5, LOCAL_USER).startswith(reply)


def test_auth_to_local_alone_lets_nobody_in(server, realm, krb5):
    """A user without an account of the system is nobody to krb5_kuserok(), as
    with GSSAPI."""
    made = server(kpop=realm, start=False)
    config = made.folder / "krb5.conf"
    config.write_text(config.read_text().replace(
        "kdc = ", "auth_to_local = RULE:[1:$1](alice)s/alice/bob/\n\t\tkdc = "))
    made.start()
    assert login_as(made, krb5, "bob").startswith(b"-ERR [AUTH] ")
    assert login_as(made, krb5, "alice") == b"+OK Logged in."


@pytest.mark.parametrize("name", ["al\\ice", "alice\\@EXAMPLE.TEST",
                                  "alice@EXAMPLE\\.TEST", "alice\\"])
def test_backslash_is_refused(kpop_server, krb5, name):
    """Kerberos reads it as an escape, Dovecot does not: the mailbox would be
    another user's."""
    server = kpop_server(users=["alice", name],
                         settings={"auth_username_chars": ""})
    mark = server.log_size()
    assert login_as(server, krb5, name).startswith(b"-ERR [AUTH] ")
    server.wait_log("KPOP takes no user names with a backslash", mark)


def test_auth_restarted_before_pass(server, realm, krb5):
    """The client is told to come again, not that its ticket is bad."""
    made = server(kpop=realm, settings={"auth_verbose": "yes"})
    with connect(made) as client:
        client.exchange(krb5.ap_req())
        client.line()
        (auth,) = made.processes("auth")
        # Not by a signal that lets it serve others while it ends.
        os.kill(auth, signal.SIGKILL)
        made.expect_log("auth.*killed with signal 9")
        made.wait_log("killed with signal 9")
        reason = "auth process that has been restarted since"
        for _ in range(200):
            assert client.kpop_user("alice").startswith(b"-ERR [SYS/TEMP]")
            if reason in made.log():
                break
        made.wait_log(reason)
    assert login_as(made, krb5, "alice") == b"+OK Logged in."


def test_realms(kpop_server, realm, krb5):
    """Only the realms that are allowed, whoever else may log in."""
    carol = kpop.Krb5(realm.env(realm.kinit("carol@" + OTHER, "secret")))
    server = kpop_server(kpop_settings={"pop3_ext_kpop_realms":
                                        "FOO.TEST,EXAMPLE.TEST"})
    assert login_as(server, krb5, "alice") == b"+OK Logged in."
    mark = server.log_size()
    assert login_as(server, carol, "carol").startswith(b"-ERR [AUTH] ")
    server.wait_log(r"carol@OTHER.TEST: realm isn't in pop3_ext_kpop_realms",
                    mark)


@pytest.mark.parametrize("name", ["POP3_EXT_KPOP_REALM",
                                  "POP3EXT_KPOP_REALMS"])
def test_misspelt_variable_is_named(server, host, realm, krb5, name):
    """Dovecot 2.3 hands the settings over by the environment, where any name
    may stand: both processes say which one does nothing, once."""
    if host.is_24:
        pytest.skip("Dovecot 2.4 refuses unknown settings itself")
    made = server(kpop=realm, start=False,
                  kpop_settings={name: "EXAMPLE.TEST"})
    line = (r"^.*\b%%s: Error: pop3_ext_kpop: There is no setting %s, so it "
            r"does nothing: did you mean POP3_EXT_KPOP_REALMS\?$" % name)
    for process in ("auth", "pop3-login"):
        made.expect_log(line % process)
    made.start()
    for _ in range(2):
        assert login_as(made, krb5, "alice") == b"+OK Logged in."
    for process in ("auth", "pop3-login"):
        made.wait_log(line % process)
    assert len(re.findall(line % "auth", made.log(), re.MULTILINE)) == 1


#
# Bad tickets
#

def test_replay(kpop_server, krb5):
    """The same AP-REQ is good once."""
    server = kpop_server()
    ap_req = krb5.ap_req()
    with connect(server) as client:
        client.exchange(ap_req)
        mark = server.log_size()
        with connect(server) as second:
            second.send(kpop.BEGIN + kpop.counted(ap_req))
            assert second.octets(1) == b"\0"
            refused(second, b"replay")
    server.wait_log(r"ticket refused: .*replay", mark)


def test_wrong_service(kpop_server, krb5):
    """Tickets for other services and other hosts."""
    server = kpop_server()
    for service, host in (("imap", "localhost"),
                          ("pop", "elsewhere.example.test")):
        mark = server.log_size()
        with connect(server) as client:
            client.send(kpop.BEGIN +
                        kpop.counted(krb5.ap_req(service, host)))
            assert client.octets(1) == b"\0"
            refused(client)
        server.wait_log("ticket refused: ", mark)


def test_service_is_not_ours(server, krb5, realm):
    """A key in the keytab is not enough, the service has to be named."""
    made = server(kpop=realm, start=False)
    realm.keytab(made.folder / "krb5.keytab", ["imap/localhost"])
    made.start()
    with connect(made) as client:
        client.send(kpop.BEGIN + kpop.counted(krb5.ap_req("imap")))
        assert client.octets(1) == b"\0"
        refused(client)
    assert login_as(made, krb5, "alice") == b"+OK Logged in."


@pytest.mark.parametrize("offset,text", [
    ("-3h", b"expired"), ("+3h", b"not yet valid")])
def test_wrong_time(kpop_server, realm, ports, offset, text):
    """Tickets that have expired, and tickets of the future: made where the
    clock is wrong."""
    server = kpop_server()
    with realm.elsewhere(ports.take(), offset) as other:
        cache = other.kinit("alice", "secret", "-l", "1h")
        ap_req = kpop.ap_req_by(other.env(cache))
    mark = server.log_size()
    with connect(server) as client:
        client.send(kpop.BEGIN + kpop.counted(ap_req))
        assert client.octets(1) == b"\0"
        refused(client, text)
    server.wait_log(r"ticket refused: (?i:.*%s)" % text.decode(), mark)


def test_clients_clock_is_wrong(kpop_server, realm, cache):
    """A good ticket, and a clock that is an hour off."""
    server = kpop_server()
    realm.get_ticket(cache, "pop/localhost")
    ap_req = kpop.ap_req_by(dict(realm.env(cache), **kdc.faketime("+1h")))
    with connect(server) as client:
        client.send(kpop.BEGIN + kpop.counted(ap_req))
        assert client.octets(1) == b"\0"
        refused(client, b"skew")


def test_broken_tickets(kpop_server, krb5, rng):
    """Changed, cut and lengthened ones are answered; the server lives."""
    server = kpop_server()
    for _ in range(30):
        ap_req = bytearray(krb5.ap_req(mutual=rng.random() < 0.5))
        kind = rng.randrange(3)
        if kind == 0:
            for _ in range(rng.randrange(1, 4)):
                # not the first octet, and not the flags
                ap_req[rng.randrange(60, len(ap_req))] ^= rng.randrange(1, 256)
        elif kind == 1:
            del ap_req[rng.randrange(1, len(ap_req)):]
        else:
            ap_req[4:4] = bytes(rng.randrange(256)
                                for _ in range(rng.randrange(1, 50)))
        with connect(server) as client:
            client.send(kpop.BEGIN + kpop.counted(bytes(ap_req)))
            assert client.octets(1) == b"\0"
            # accepted: there are octets that nobody looks at
            assert client.string()[:1] in (b"", b"\x7e")
    assert login_as(server, krb5, "alice") == b"+OK Logged in."


#
# No Kerberos client
#

@pytest.mark.parametrize("octets,reply,reason", [
    (b"AUTHV0.1KPOPV0.1\0\0\0\x05abcde", b"", "Kerberos 4 is not supported"),
    (b"CAPA\r\n", b"", "not a Kerberos client"),
    (b"\xff\xff\xff\xff", b"", "not a Kerberos client"),
    (kpop.counted(b"KRB5_SENDAUTH_V9.9\0"), b"\x01", "unknown version"),
    (kpop.counted(kpop.SENDAUTH) + b"\0\0\0\x41", b"",
     "version of the application with a length of 65 octets"),
    (kpop.BEGIN + b"\0\x01\0\x01", b"\0",
     "ticket with a length of 65537 octets"),
    (kpop.BEGIN + b"\xff\xff\xff\xff" + b"x" * 2000, b"\0",
     "ticket with a length of 4294967295 octets"),
    (kpop.BEGIN + kpop.counted(b"\x6fno"), b"\0", "no ticket"),
])
def test_nonsense(kpop_server, octets, reply, reason):
    """Answered by closing, and by a line in the log that says why."""
    server = kpop_server()
    mark = server.log_size()
    # a reset: the server had not read all
    with connect(server) as client, \
            contextlib.suppress(ConnectionResetError):
        client.send(octets)
        assert client.read_eof() == reply
    server.wait_log("KPOP: " + reason, mark)


def test_nothing_comes_first(kpop_server):
    """Not an octet before the versions, and no greeting before the ticket."""
    with connect(kpop_server()) as client:
        client.sock.settimeout(0.3)
        with pytest.raises(socket.timeout):
            client.sock.recv(1)
        client.sock.settimeout(20)
        client.send(kpop.counted(kpop.SENDAUTH))
        client.sock.settimeout(0.3)
        with pytest.raises(socket.timeout):
            client.sock.recv(1)
        client.sock.settimeout(20)
        client.send(kpop.counted(kpop.VERSION))
        assert client.octets(1) == b"\0"


def test_cut_off(kpop_server, krb5):
    """A client may vanish at any octet."""
    server = kpop_server()
    octets = kpop.BEGIN + kpop.counted(krb5.ap_req())
    for count in (0, 3, 4, 22, 23, 26, 35, 36, 39, 40, 41, len(octets) - 1):
        mark = server.log_size()
        with connect(server) as client:
            client.send(octets[:count])
        server.wait_log(r"pop3-login: Info: .*(Disconnected|aborted)", mark)
    # while the ticket is being judged
    mark = server.log_size()
    with connect(server) as client:
        client.send(octets)
    server.wait_log(r"pop3-login: Info: .*(Disconnected|aborted)", mark)


def test_silence(server, realm):
    """The whole exchange has its time, however busy the client looks."""
    made = server(kpop=realm, kpop_settings={"pop3_ext_kpop_timeout": "2s"})
    with connect(made) as silent, connect(made) as slow:
        begin = time.monotonic()
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            for octet in kpop.BEGIN:
                slow.send(bytes([octet]))
                time.sleep(0.1)
        assert silent.read_eof() == b""
        assert time.monotonic() - begin < 15
    made.wait_count(r"KPOP: the exchange was not finished in 2 seconds", 2)


def test_many_unfinished_connections(server, realm, krb5):
    """200 of them, and both ports serve others; all end by the time-out, and
    no process stays behind."""
    made = server(kpop=realm, kpop_settings={"pop3_ext_kpop_timeout": "5s"})
    parts = (b"", b"\0\0", kpop.counted(kpop.SENDAUTH), kpop.BEGIN,
             kpop.BEGIN + b"\0\0\xff\xff" + b"\x6e" * 1000)
    with contextlib.ExitStack() as stack:
        clients = []
        for number in range(200):
            clients.append(stack.enter_context(connect(made)))
            clients[-1].send(parts[number % len(parts)])
        with made.login("bob") as client:
            client.quit()
        assert login_as(made, krb5, "alice") == b"+OK Logged in."
        for client in clients:
            client.read_eof()
    made.wait_count(r"KPOP: the exchange was not finished in 5 seconds", 200)
    made.wait_ended("pop3")
    with made.login("bob") as client:
        client.quit()


#
# The rest of the server
#

def test_other_port(kpop_server, krb5):
    """POP3 itself knows nothing of it: the mechanism is not announced, and is
    refused; the exchange is no POP3."""
    server = kpop_server()
    with server.connect() as client:
        assert not [line for line in client.capa() if b"KPOP" in line]
        request = base64.b64encode(b"T" + krb5.ap_req())
        for command in (b"AUTH KPOP", b"AUTH KPOP " + request):
            assert client.command(command).startswith(b"-ERR")
    with server.connect() as client:
        client.send(kpop.BEGIN)
        client.send(b"\r\n")
        assert client.line().startswith(b"-ERR")
    with server.login("alice") as client:
        client.quit()


def test_no_secrets_in_the_log(server, realm, krb5):
    """Neither the ticket nor what PASS holds, with all debugging on."""
    made = server(kpop=realm, settings={
        "auth_verbose": "yes", "auth_debug": "yes", "mail_debug": "yes",
        "log_debug": "event=*"})
    ap_req = krb5.ap_req()
    bad = krb5.ap_req("imap")
    with connect(made) as client:
        client.send(kpop.BEGIN + kpop.counted(bad))
        client.octets(1)
        refused(client)
    with connect(made) as client:
        client.exchange(ap_req)
        assert client.kpop_login("bob", PASS).startswith(b"-ERR")
        assert client.kpop_user("alice", PASS) == b"+OK Logged in."
        client.quit()
    log = made.log()
    assert "ticket of alice@EXAMPLE.TEST accepted" in log
    assert PASS.decode() not in log
    for secret in (ap_req, bad, PASS):
        for skip in range(3):
            # wherever it stands in what was coded
            text = base64.b64encode(secret[skip:])[4:40].decode()
            assert text not in log
        assert secret.hex()[:60] not in log.lower()


def ask_auth(server, line):
    """The auth process's answer to a login process's line."""
    with socket.socket(socket.AF_UNIX) as sock:
        sock.settimeout(20)
        sock.connect(str(server.folder / "run" / "auth-client"))
        sock.sendall(b"VERSION\t1\t1\nCPID\t4711\n")
        with sock.makefile("rb") as lines:
            while lines.readline() != b"DONE\n":
                pass
            sock.sendall(line)
            return lines.readline()


def test_debug_log_lets_nobody_in(server, realm, krb5):
    """What the auth process answers is in its debug log: a token that is read
    there is none."""
    made = server(kpop=realm, settings={
        "auth_verbose": "yes", "auth_debug": "yes"})
    with connect(made) as client:
        client.exchange(krb5.ap_req())
        made.wait_log("client passdb out: CONT\t1\t")
        log = made.log()
        request, = re.findall("client in: (AUTH\t1\tKPOP\t.*?)\tresp=", log)
        answer, = re.findall("client passdb out: CONT\t1\t([^ \n]*)", log)
        token = base64.b64decode(answer)[1:].split(b"\0")[0]
        assert b":alice@EXAMPLE.TEST" in token
        login = base64.b64encode(b"L" + token + b"\0alice\0").decode()
        line = "%s\tresp=%s\n" % (request, login)
        assert ask_auth(made, line.encode()).split()[:2] == [b"FAIL", b"1"]
        assert client.kpop_login("alice") == b"+OK Logged in."
        client.quit()
    assert "no ticket was accepted in this session" in made.log()


def test_mechanism_is_missing(server, realm, krb5):
    """A listener without its mechanism says what is wrong."""
    made = server(kpop=realm, settings={"auth_mechanisms": "plain"})
    made.expect_log("auth_mechanisms must have kpop for the listener")
    with connect(made) as client:
        client.send(kpop.BEGIN + kpop.counted(krb5.ap_req()))
        assert client.read_eof() == b"\0"


def test_keytab_is_missing(server, realm, krb5):
    """An Error line, a KRB-ERROR without names of files; POP3 is served."""
    made = server(kpop=realm, start=False)
    (made.folder / "krb5.keytab").unlink()
    made.start()
    made.expect_log("keytab .*krb5.keytab is nonexistent or empty")
    with connect(made) as client:
        client.send(kpop.BEGIN + kpop.counted(krb5.ap_req()))
        assert b"keytab" not in client.read_eof()
    with made.login("alice") as client:
        client.quit()


def test_bad_settings_are_named(server, realm, host):
    """2.4: by the config process; 2.3: by the processes that read them, and
    POP3 goes on."""
    made = server(kpop=realm, start=False,
                  kpop_settings={"pop3_ext_kpop_timeout": "500s"})
    if host.is_24:
        with pytest.raises(Exception, match="between 1 and 120 seconds"):
            made.start()
        return
    made.expect_log("pop3_ext_kpop_timeout must be between 1 and 120 seconds")
    made.start()
    with made.login("alice") as client:
        client.quit()
    with connect(made) as client:
        assert client.read_eof() == b""
