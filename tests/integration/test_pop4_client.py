"""The client program pop4 against the server: URLs, logins, TLS, and what works
with every POP3 server."""

import hashlib
import json
import os

import pytest

from pop3ext import pop4client as pop4
from pop3ext import smtpd, tls, xmit

MESSAGE = (b"From: bob@example.test\r\nSubject: one\r\n\r\n"
           b"line\r\n.dot\r\n..\r\n\r\n.\tlast\r\n")


@pytest.fixture(name="ours")
def _ours(shared_server):
    return shared_server(auth="plain login apop cram-md5",
                         users=["alice", "bob", "carol", "dave"])


@pytest.fixture(name="client")
def _client(ours):
    return pop4.Pop4(ours)


def test_help_and_version(host):
    """Both are no error; nonsense is one."""
    def run(*args):
        return host.run([pop4.program(host), *args], check=False)
    done = run("--help")
    assert done.returncode == 0 and done.stderr == b""
    for name in ("folders", "messages", "get", "part", "flag", "move", "copy",
                 "store", "mkdir", "rmdir", "rename", "send", "capa"):
        assert b"\n  " + name.encode() + b" " in done.stdout
    assert all(len(line) < 80 for line in done.stdout.splitlines())
    done = run("--version")
    assert done.returncode == 0 and done.stdout.startswith(b"pop4 ")


@pytest.mark.parametrize("args, error", [
    ([], "There is no URL"),
    (["capa"], "A URL of a POP server begins with"),
    (["pop://a:b@x", "capa"], "A password has no place in a URL"),
    (["pop://x"], "There is no command"),
    (["pop://x", "fly"], "There is no command fly"),
    (["pop://x", "fly\x1b[2J"], "There is no command fly?[2J"),
    (["pop://x", "get"], "It is: get MESSAGE"),
    (["pop://x", "get", "1", "2"], "It is: get MESSAGE"),
    (["pop://x", "capa", "--folder=x"], "capa takes no --folder"),
    (["pop://x", "capa", "--nonsense"], "There is no option --nonsense"),
    (["pop://x", "capa", "--tls=maybe"], "--tls is auto, require or never"),
    (["pop://x", "capa", "-t", "0"], "--timeout is a number from 1 to"),
    (["pop://x", "capa", "-t", "soon"], "--timeout is a number from 1 to"),
    (["pop://x", "capa", "--max-size=x"], "--max-size is a size such as"),
    (["pop://x", "get", "1", "-n", "-1"], "--lines is a number from 0 to"),
    (["pop://x", "capa", "-p", "a", "-P", "b"], "The password comes from"),
    (["pop://x", "send", "-p", "-"], "The standard input can't be"),
    (["pop://x", "capa", "-p"], "-p needs a value"),
])
def test_usage_errors(host, args, error):
    """Each with one sentence, before anything is connected."""
    done = host.run([pop4.program(host), *args], check=False)
    assert done.returncode == pop4.USAGE
    assert done.stdout == b""
    assert done.stderr.decode().startswith("pop4: " + error)
    assert done.stderr.endswith(b" (pop4 --help says more)\n")


def test_url_of_the_environment(ours, client):
    """POP4_URL counts when there is no other."""
    argv = [arg for arg in client.argv("capa") if arg != client.url]
    done = ours.host.run(argv, check=False)
    assert done.returncode == pop4.USAGE
    done = ours.host.run(["env", "POP4_URL=" + client.url] + argv)
    assert b"TOP\t-\n" in done.stdout


def test_capa(client):
    """What CAPA says after the login."""
    rows = client.rows("capa")
    assert ["TOP", "-"] in rows and ["UIDL", "-"] in rows
    found = client.json("capa")
    assert [[row["capability"], ",".join(row["arguments"]) or "-"]
            for row in found] == rows


@pytest.mark.parametrize("login", [
    "", ";AUTH=*", ";AUTH=+APOP", ";AUTH=PLAIN", ";auth=login"])
def test_login(ours, login):
    """By each of the ways, the session is the user's."""
    mark = ours.log_size()
    url = "pop://alice%s@127.0.0.1:%d" % (login, ours.ports["pop3"])
    assert pop4.Pop4(ours, url=url).rows("capa")
    method = {"": "PLAIN", ";AUTH=*": "PLAIN", ";AUTH=+APOP": "APOP",
              ";AUTH=PLAIN": "PLAIN", ";auth=login": "LOGIN"}[login]
    ours.wait_log(r"Log(?:ged )?[iI]n: user=<alice>, method=%s," % method, mark)


def test_login_by_scram(server):
    """What does not show the password is preferred, where the library has
    it."""
    ours = server(auth="plain scram-sha-256")
    mark = ours.log_size()
    assert pop4.Pop4(ours).rows("capa")
    method = "SCRAM-SHA-256" if ours.host.is_24 else "PLAIN"
    ours.wait_log(r"Log(?:ged )?[iI]n: user=<alice>, method=%s," % method, mark)


def test_missing_mechanism(ours):
    """It is refused by name, without a password."""
    url = "pop://baz;AUTH=SCRAM-MD5@127.0.0.1:%d" % ours.ports["pop3"]
    client = pop4.Pop4(ours, url=url)
    assert client.fails(pop4.LOGIN, "capa") == \
        "This program can't log in by SCRAM-MD5"


@pytest.mark.parametrize("login", ["alice", "alice;AUTH=+APOP",
                                   "alice;AUTH=PLAIN"])
def test_wrong_password(ours, login):
    """One exit code says so, whatever the way."""
    ours.allow_log("auth failed|Authentication failed")
    url = "pop://%s@127.0.0.1:%d" % (login, ours.ports["pop3"])
    client = pop4.Pop4(ours, "dave", url=url, password="wrong")
    assert client.fails(pop4.LOGIN, "capa").startswith("Login failed: ")


def test_password_sources(ours, client):
    """A file, the standard input, a command; the first line of each."""
    ours.write_script("print-password", "printf 'pw-alice\\r\\nmore\\n'\n")
    script = ours.host.inside(ours.folder / "print-password")
    base = [arg for arg in client.argv("capa")
            if arg not in ("-p", client.host.inside(client.password_file))]
    run = ours.host.run
    assert run(base + ["-p", "-"], input=b"pw-alice\n").returncode == 0
    assert run(base + ["-P", script]).returncode == 0
    for option, error in (
            (["-P", "exit 1"], "The password command has failed"),
            (["-P", "true"], "The password is empty"),
            (["-P", "head -c 100000 /dev/zero | tr '\\0' x"],
             "The password command can't be read"),
            (["-p", "/nonexistent"], "/nonexistent can't be read"),
            (["-p", "/dev/null"], "The password is empty"),
            ([], "There is no terminal to ask at")):
        done = run(["setsid"] + base + option, check=False)
        assert done.returncode == pop4.LOCAL, option
        assert done.stderr.decode().startswith("pop4: " + error)


@pytest.mark.parametrize("scheme", ["pop", "pops"])
def test_tls(ours, authority, scheme):
    """STLS when it is offered, TLS from the start with pops; the certificate
    is verified."""
    mark = ours.log_size()
    port = ours.ports["pop3s" if scheme == "pops" else "pop3"]
    url = "%s://alice@localhost:%d" % (scheme, port)
    client = pop4.Pop4(ours, url=url, ca=authority.cert)
    assert client.rows("capa")
    ours.wait_log(r"Log(?:ged )?[iI]n: user=<alice>.* TLS", mark)
    assert client.rows("capa", tls="require")


@pytest.mark.parametrize("scheme", ["pop", "pops"])
def test_wrong_certificate(server, tmp_path, scheme):
    """No certificate that is unknown or somebody else's."""
    authority = tls.Authority(tmp_path / "tls")
    ours = server(certificate=authority.issue(
        name="other.example", names=["other.example"], addresses=[]))
    ours.allow_log("SSL_accept|SSL routines|TLS handshaking")
    port = ours.ports["pop3s" if scheme == "pops" else "pop3"]
    url = "%s://alice@localhost:%d" % (scheme, port)
    client = pop4.Pop4(ours, url=url, ca=authority.cert)
    error = client.fails(pop4.TLS, "capa")
    assert error.startswith("No TLS with localhost: ")
    # The system's authorities don't know it at all.
    client.options = [option for option in client.options
                      if not option.startswith("--ca-file")]
    client.fails(pop4.TLS, "capa")
    assert client.ok("capa", "--no-verify")


def test_missing_ca_file(ours, authority):
    """It is named."""
    client = pop4.Pop4(ours, ca=authority.cert)
    error = client.fails(pop4.TLS, "capa", ca_file="/nonexistent")
    assert error.startswith("No TLS with 127.0.0.1: ")
    assert "/nonexistent" in error


def test_tls_is_missing(server):
    """--tls=require means it."""
    ours = server(settings={"ssl": "no"})
    client = pop4.Pop4(ours)
    assert client.fails(pop4.TLS, "capa", tls="require") == \
        "No TLS with 127.0.0.1: The server doesn't offer it"
    assert client.rows("capa", tls="auto")


def test_no_server(ours, client):
    """No connection has an exit code of its own."""
    client.url = "pop://alice@127.0.0.1:1"
    assert client.fails(pop4.CONNECT, "capa").startswith(
        "No connection to 127.0.0.1, port 1 (")
    client.url = "pop://alice@host.invalid"
    assert client.fails(pop4.CONNECT, "capa").startswith(
        "There is no host host.invalid (")


def test_messages_and_get(ours):
    """The list is the server's, what is got is what RETR sends."""
    for number in range(3):
        ours.deliver("bob", MESSAGE + b"%d\r\n" % number)
    client = pop4.Pop4(ours, "bob")
    with ours.login("bob") as session:
        uids = {number: uid.decode()
                for number, uid in session.uidl().items()}
        texts = {number: session.retr(number) for number in uids}
        session.quit()
    rows = client.rows("messages")
    assert [(row[:3]) for row in rows] == [
        [str(number), str(len(texts[number])), uids[number]]
        for number in uids]
    assert [row["uid"] for row in client.json("messages")] == \
        [uids[number] for number in sorted(uids)]
    for number, text in texts.items():
        assert client.ok("get", number) == text
        assert client.ok("get", "uid:" + uids[number]) == text
    head, _, body = texts[1].partition(b"\r\n\r\n")
    assert client.ok("get", 1, lines=1) == \
        head + b"\r\n\r\n" + body.split(b"\r\n")[0] + b"\r\n"
    assert client.fails(pop4.REFUSED, "get", 4).startswith("The server says: ")
    assert client.fails(pop4.REFUSED, "get", "uid:none") == \
        "There is no message with the unique-id none"
    for bad in ("0", "x", "1:2", "", "1\r\nDELE 1", "4294967296"):
        assert "is neither a message's number nor" in \
            client.fails(pop4.USAGE, "get", bad)


def test_get_to_a_file(ours):
    """The file is there when it is whole, nothing is left beside it."""
    ours.deliver("carol", MESSAGE)
    client = pop4.Pop4(ours, "carol")
    text = client.ok("get", 1)
    folder = ours.folder / "files"
    folder.mkdir()
    target = folder / "message"
    inside = ours.host.inside(target)
    assert client.ok("get", 1, output=inside) == b""
    assert target.read_bytes() == text
    target.write_bytes(b"old")
    assert client.json("get", 1, output=inside) == [
        {"file": inside, "octets": len(text)}]
    assert target.read_bytes() == text
    target.write_bytes(b"old")
    client.fails(pop4.REFUSED, "get", 2, output=inside)
    client.fails(pop4.LOCAL, "get", 1, output=inside, max_size="10B")
    assert target.read_bytes() == b"old"
    assert list(folder.iterdir()) == [target]
    client.fails(pop4.LOCAL, "get", 1, output="/nonexistent/message")
    assert client.ok("get", 1, output="/dev/null") == b""
    assert client.ok("get", 1, output="/dev/stdout") == text


def test_binary_and_large(ours, rng):
    """20 MB with lines of any length come as RETR sends them, and memory
    does not grow with them."""
    lines = [b"." * rng.randrange(4) + bytes(rng.choices(
        range(32, 256), k=rng.randrange(3000))) for _ in range(50)]
    text = b"Subject: large\r\n\r\n" + b"\r\n".join(lines * 280) + b"\r\n"
    ours.deliver("dave", text)
    client = pop4.Pop4(ours, "dave")
    with ours.login("dave") as session:
        session.send_line("RETR 1")
        session.line()
        wire = session.multi_raw()
        session.quit()
    assert wire.endswith(b"\r\n.\r\n")
    expected = hashlib.sha256((b"\r\n" + wire[:-3]).replace(
        b"\r\n.", b"\r\n")[2:])
    # The sanitizers need more.
    limit = "unlimited" if ours.host.wrap else "300000"
    done = ours.host.run(
        ["sh", "-c", "ulimit -v %s; exec \"$@\"" % limit, "sh"] +
        client.argv("get", 1), env=dict(os.environ,
                                        ASAN_OPTIONS="detect_leaks=0"))
    assert hashlib.sha256(done.stdout).digest() == expected.digest()


def test_no_pop4(server):
    """Where the server has no folders, flags and parts a sentence says so."""
    ours = server(plugin=[])
    client = pop4.Pop4(ours)
    ours.deliver("alice", MESSAGE)
    assert client.rows("messages")[0][0] == "1"
    for command in (["folders"], ["mkdir", "x"], ["rmdir", "x"],
                    ["rename", "x", "y"], ["flag", "list"],
                    ["copy", "1", "x"], ["move", "1", "x"], ["store"],
                    ["part", "1"], ["messages", "1"],
                    ["messages", "--folder=x"], ["get", "1", "--folder=x"]):
        error = client.fails(pop4.MISSING, *command)
        assert error.startswith("127.0.0.1 has no ") and "POP4" in error


def test_send(server, relay):
    """XTND XMIT: the message arrives as it is, but for line ends."""
    out = relay()
    ours = server(plugin_settings={"pop3_ext_xmit_relay": out.host_port})
    client = pop4.Pop4(ours)
    (row,) = client.rows("send", stdin=xmit.SIMPLE)
    assert row[0].startswith("Message sent")
    body = b"To: bob@example.test\n\n.\n..x\nlast"
    path = ours.folder / "message"
    path.write_bytes(body)
    (found,) = client.json("send", ours.host.inside(path))
    assert found["text"].startswith("Message sent")
    one, two = out.wait_transactions(2)
    assert one.data.endswith(xmit.SIMPLE)
    assert two.data.endswith(b"\r\n\r\n.\r\n..x\r\nlast\r\n")


def test_send_refused(server, relay):
    """The server's words, and no -ERR is taken for success."""
    out = relay()
    ours = server(plugin_settings={"pop3_ext_xmit_relay": out.host_port})
    client = pop4.Pop4(ours)
    assert client.fails(pop4.REFUSED, "send",
                        stdin=b"Subject: to nobody\r\n\r\n") \
        .startswith("The server says: ")
    assert client.fails(pop4.LOCAL, "send", "/nonexistent") \
        .startswith("/nonexistent can't be read")
    assert client.fails(pop4.LOCAL, "send", "/").startswith("/ can't be read")
    out.on("RCPT", smtpd.reply("451 4.3.0 later"))
    client.fails(pop4.TEMPORARY, "send", stdin=xmit.SIMPLE)
    assert not out.transactions


def test_json_escapes(ours, client):
    """Every line is one valid object."""
    for line in client.ok("capa", "--json").splitlines():
        assert set(json.loads(line)) == {"capability", "arguments"}
