"""The client program pop4 against servers that are old, broken or hostile."""

import hashlib
import os
import pty
import re
import select
import signal
import subprocess
import threading
import time

import pytest

from pop3ext import fakepop
from pop3ext import pop4client as pop4

STAMP = b"<1896.697170952@mailsrv.qualcomm.com>"
ESCAPE = b"\x1b[2J\x07"
POP4_CAPA = b"+OK\r\nUSER\r\nX-POP4 0 FOLDERS MESSAGES FLAGS PARTS\r\n.\r\n"


@pytest.fixture(name="fake")
def _fake(host, tmp_path):
    """fake(replies, greeting=) is a pop4.Pop4 for a FakePop, which is its
    .server."""
    made = []
    folder = host.mkdtemp("pop4")

    def factory(replies=None, login="alice", **kwargs):
        server = fakepop.FakePop(replies, **kwargs)
        made.append(server)
        client = pop4.Pop4(None, url=server.url(login), password="secret",
                           host=host, folder=folder,
                           options=["--timeout=60"])
        client.server = server
        return client

    yield factory
    for server in made:
        server.stop()
    subprocess.run(["rm", "-rf", folder], check=True)


def fake4(fake, replies, **kwargs):
    """With the capabilities of POP4."""
    return fake({"CAPA": POP4_CAPA, **replies}, **kwargs)


# The examples of RFC 2384.

def test_rfc_user(fake):
    """No AUTH: USER and PASS, although the greeting has a stamp."""
    client = fake(login="rg", greeting=b"+OK ready " + STAMP + b"\r\n",
                  replies={"CAPA": b"-ERR what?\r\n",
                           "RETR 1": b"+OK\r\nx\r\n.\r\n"})
    assert client.ok("get", 1) == b"x\r\n"
    assert client.server.commands == [
        b"CAPA", b"USER rg", b"PASS secret", b"RETR 1", b"QUIT"]


def test_rfc_apop(fake):
    """AUTH=+APOP"""
    client = fake(login="rg;AUTH=+APOP",
                  greeting=b"+OK ready " + STAMP + b"\r\n",
                  replies={"APOP .*": b"+OK\r\n",
                           "RETR 1": b"+OK\r\nx\r\n.\r\n"})
    client.ok("get", 1)
    digest = hashlib.md5(STAMP + b"secret").hexdigest().encode()
    assert client.server.commands[1] == b"APOP rg " + digest
    client = fake(login="rg;AUTH=+APOP")
    assert client.fails(pop4.LOGIN, "capa") == "127.0.0.1 doesn't offer APOP"


@pytest.mark.parametrize("initial", [True, False])
def test_rfc_auth(fake, initial):
    """AUTH=MECHANISM, with the initial response where CAPA has SASL, and
    after the challenge otherwise; nothing else when that is refused."""
    response = b"AHJnAHNlY3JldA=="

    def auth(conn, line):
        if b" " not in line[5:]:
            conn.send(b"+ \r\n")
            assert conn.line() == response
        conn.send(b"+OK\r\n")

    capa = b"+OK\r\nUSER\r\n" + b"SASL PLAIN\r\n" * initial + b".\r\n"
    client = fake({"CAPA": capa, "AUTH PLAIN.*": auth},
                  login="rg;AUTH=PLAIN")
    client.ok("capa")
    sent = b"AUTH PLAIN" + (b" " + response) * initial
    assert client.server.commands[1] == sent
    client = fake({"AUTH .*": b"-ERR no\r\n"}, login="rg;AUTH=PLAIN")
    assert client.fails(pop4.LOGIN, "capa") == "Login failed: no"
    assert client.server.commands == [b"CAPA", b"AUTH PLAIN"]


def test_auth_without_user_command(fake):
    """AUTH=* goes by what the server has."""
    client = fake({"CAPA": b"+OK\r\nSASL LOGIN PLAIN\r\n.\r\n",
                   "AUTH PLAIN .*": b"+OK\r\n"}, login="rg;AUTH=*")
    client.ok("capa")


@pytest.mark.parametrize("reply", [
    b"+ !!!\r\n", b"+ " + b"A" * 4000 + b"\r\n", b"+ dGVzdA==\r\n" * 20,
    b"garbage\r\n"])
def test_odd_challenges(fake, reply):
    """A login that makes no sense is an error, and ends."""
    client = fake({"AUTH .*": reply}, login="rg;AUTH=LOGIN")
    done = client.run("capa")
    assert done.returncode in (pop4.LOGIN, pop4.LOST)


def test_long_initial_response(fake):
    """It waits for the challenge when the line would be longer than POP3
    allows."""
    def auth(conn, line):
        assert line == b"AUTH PLAIN"
        conn.send(b"+ \r\n")
        assert len(conn.line()) > 255
        conn.send(b"+OK\r\n")

    client = fake({"CAPA": b"+OK\r\nSASL PLAIN\r\n.\r\n", "AUTH .*": auth},
                  login="a" * 300 + ";AUTH=PLAIN")
    client.ok("capa")


@pytest.mark.parametrize("code, exit_code", [
    (b"", pop4.LOGIN), (b"[AUTH] ", pop4.LOGIN),
    (b"[IN-USE] ", pop4.TEMPORARY), (b"[SYS/TEMP] ", pop4.TEMPORARY),
    (b"[SYS/PERM] ", pop4.REFUSED)])
def test_login_codes(fake, code, exit_code):
    """A wrong password is told from a mailbox that is in use."""
    client = fake({"PASS .*": b"-ERR " + code + b"no\r\n"})
    assert client.fails(exit_code, "capa").endswith(" no")


# Greetings and commands.

@pytest.mark.parametrize("greeting, code, error", [
    (b"-ERR [SYS/TEMP] later\r\n", pop4.TEMPORARY, "The server says: later"),
    (b"-ERR go away\r\n", pop4.REFUSED, "The server says: go away"),
    (b"220 smtp " + ESCAPE + b"\r\n", pop4.LOST,
     "This is no POP3 server: 220 smtp ?[2J?"),
    (b"+OK " + b"x" * 20000 + b"\r\n", pop4.LOST,
     "The server has sent a line that is too long"),
    (b"+OK a\0b\r\n", pop4.LOST, "The server has sent a line with a NUL octet"),
    (fakepop.DROP, pop4.LOST, "The server has closed the connection"),
])
def test_greetings(fake, greeting, code, error):
    """What does not begin as a POP3 session is an error."""
    assert fake(greeting=greeting).fails(code, "capa") == error


@pytest.mark.parametrize("where", ["greeting", "CAPA", "LFLD", "list"])
def test_hang(fake, where):
    """A server that says nothing is given up."""
    client = fake4(fake, {
        **({where: fakepop.HANG} if where != "list" else {}),
        "LFLD": [b"+OK\r\nINBOX 1 1 1 -\r\n", fakepop.HANG]},
        greeting=fakepop.HANG if where == "greeting" else b"+OK\r\n")
    client.options[-2] = "--timeout=1"
    assert client.fails(pop4.LOST, "folders") == \
        "The server has not answered for 1 seconds"


@pytest.mark.parametrize("line", [
    b"INBOX", b"INBOX x 1 1 -", b"\"IN" + ESCAPE + b"\" 1 1 1 -",
    b"INBOX " + b"9" * 30 + b" 1 1 -", b"\xff\xfe 1 1 1 -",
    b"\"open 1 1 1 -", b"a\xc2\x9b2J 1 1 1 -"])
def test_bad_list_lines(fake, line):
    """A line that makes no sense is no row; those before it are."""
    client = fake4(fake, {"LFLD": b"+OK\r\nA 1 1 1 -\r\n" + line +
                          b"\r\nB 1 1 1 -\r\n.\r\n"})
    done = client.run("folders")
    assert done.returncode == pop4.LOST
    assert done.stdout == b"A\t1\t1\t1\t-\n"
    assert done.stderr.startswith(b"pop4: The server's list makes no sense: ")
    assert not re.search(rb"[\x00-\x09\x0b-\x1f\x7f]", done.stderr)


def test_folder_rows(fake):
    """More fields than known are passed over, what is unknown is "-"."""
    client = fake4(fake, {"LFLD": b"+OK 2 folders\r\n"
                          b"\"a \\\"b\\\" \\\\\" - - - NOSELECT,X y z\r\n"
                          b"..x 1 0 18446744073709551614 -\r\n.\r\n"})
    assert client.rows("folders") == [
        ['a "b" \\', "-", "-", "-", "NOSELECT,X"],
        [".x", "1", "0", "18446744073709551614", "-"]]
    assert client.json("folders") == [
        {"folder": 'a "b" \\', "messages": None, "unseen": None,
         "octets": None, "attributes": ["NOSELECT", "X"]},
        {"folder": ".x", "messages": 1, "unseen": 0,
         "octets": 18446744073709551614, "attributes": []}]


def test_rows_are_harmless(fake):
    """What turns text around on a terminal is not shown; JSON has it."""
    name = "a\u202etxt\u2066.exe\u2069"
    client = fake4(fake, {"LFLD": b"+OK 1 folders\r\n%s 1 0 5 -\r\n.\r\n" %
                          name.encode()})
    assert client.rows("folders") == [["a?txt?.exe?", "1", "0", "5", "-"]]
    assert client.json("folders")[0]["folder"] == name


def test_errors_are_harmless(fake):
    """What the server says is shown without what a terminal would do."""
    client = fake({"RETR 1": b"-ERR " + ESCAPE + b" \x9b no\r\n"})
    assert client.fails(pop4.REFUSED, "get", 1) == \
        "The server says: ?[2J? ? no"


def test_old_server(fake):
    """No CAPA, no UIDL: what remains works."""
    client = fake({"CAPA": b"-ERR what?\r\n",
                   "LIST": b"+OK\r\n1 120\r\n3 80\r\n.\r\n"})
    assert client.rows("messages") == [["1", "120", "-", "-"],
                                       ["3", "80", "-", "-"]]
    assert client.fails(pop4.MISSING, "capa") == \
        "127.0.0.1 doesn't tell what it can do"
    assert client.fails(pop4.REFUSED, "send", stdin=b"x\r\n") == \
        "The server says: what?"


def test_banner(fake):
    """The mark of 2003 in the greeting is enough to try."""
    client = fake({"LFLD": b"+OK\r\nINBOX 1 1 1 -\r\n.\r\n"},
                  greeting=b"+OK O3 POP3 POP4 rev 0 Server.\r\n")
    assert client.rows("folders") == [["INBOX", "1", "1", "1", "-"]]
    assert client.fails(pop4.REFUSED, "mkdir", "x") == "The server says: what?"


# Downloads.

@pytest.fixture(name="target")
def _target(fake, host):
    """A path in a folder of its own: (as the host sees it, as we do)."""
    folder = fake().folder / "files"
    folder.mkdir()
    return host.inside(folder / "message"), folder / "message"


@pytest.mark.parametrize("reply", [
    [b"+OK 100 octets\r\nhalf", fakepop.DROP],
    [b"+OK 4 octets\r\nall\r\n", fakepop.DROP],
    [b"+OK 4 octets\r\nall\r\n.", fakepop.DROP],
    [b"+OK 4 octets\r\nall\n.\n", fakepop.DROP],
    [b"+OK\r\n", fakepop.DROP],
    fakepop.DROP,
])
def test_half_a_message(fake, target, reply):
    """It never looks like one: no file, or the old one."""
    inside, path = target
    client = fake({"RETR 1": reply})
    client.fails(pop4.LOST, "get", 1, output=inside)
    assert not path.exists()
    path.write_bytes(b"old")
    client.fails(pop4.LOST, "get", 1, output=inside)
    assert path.read_bytes() == b"old"
    assert list(path.parent.iterdir()) == [path]
    assert client.run("get", 1).returncode == pop4.LOST


@pytest.mark.parametrize("announced, data", [
    (4, b"abc"), (4, b"abcde"), (4, b"abcd\r\nx"), (0, b"x"),
    (4, b"abcd\r\n\r\n"), (2 ** 63, b"x")])
def test_part_of_another_size(fake, target, announced, data):
    """RPRT has to keep its word."""
    inside, path = target
    end = b"" if data.endswith(b"\r\n") else b"\r\n"
    client = fake4(fake, {"RPRT .*": b"+OK %d octets\r\n" % announced + data +
                          end + b".\r\n"})
    error = client.fails(pop4.LOST, "part", 1, 1, output=inside)
    assert error == ("The server has announced %d octets and sent others" %
                     announced)
    assert list(path.parent.iterdir()) == []


@pytest.mark.parametrize("data", [
    b"", b"\r\n", b"a", b".", b"..\r\n", b"a\r\n", b"a\n.\n", b"\0\xff\r",
    b"\r\n.\r\n", bytes(range(256)) * 300], ids=len)
def test_part_of_the_right_size(fake, data):
    """Binary data comes to the octet."""
    wire = data
    if not wire.endswith(b"\r\n"):
        wire += b"\r\n"
    wire = (b"\r\n" + wire).replace(b"\r\n.", b"\r\n..")[2:]
    client = fake4(fake, {"RPRT .*": b"+OK %d octets\r\n" % len(data) +
                          (wire if data else b"") + b".\r\n"})
    assert client.ok("part", 1, 1) == data
    assert client.server.commands[-2] == b"RPRT 1 1 DATA"


def test_part_without_size(fake):
    """Nothing is written when it is not told."""
    client = fake4(fake, {"RPRT .*": b"+OK here\r\nx\r\n.\r\n"})
    assert client.fails(pop4.LOST, "part", 1, 1) == \
        "The server doesn't say how many octets"


def test_endless_message(fake, target):
    """--max-size ends it."""
    inside, path = target

    def flood(conn, _):
        conn.send(b"+OK 100 octets\r\n")
        while True:
            conn.send(b"x" * 8190 + b"\r\n")

    client = fake({"RETR 1": flood})
    error = client.fails(pop4.LOCAL, "get", 1, output=inside, max_size="1M")
    assert error == "This is larger than --max-size (1048576 octets)"
    assert list(path.parent.iterdir()) == []


def endless(line, head=b"+OK\r\n"):
    """A reply: this line for ever."""
    def flood(conn, _):
        conn.send(head)
        while True:
            conn.send(line * 2000)
    return flood


@pytest.mark.parametrize("command, replies, error", [
    (["capa"], {"CAPA": endless(b"SASL X\r\n")},
     "The server has too many capabilities"),
    (["messages"], {"LIST": endless(b"1 99\r\n")},
     "The server's list has no end"),
    (["messages"], {"LIST": b"+OK\r\n1 9\r\n.\r\n",
                    "UIDL": endless(b"1 x\r\n")},
     "The server's list has no end"),
    (["messages"], {"LIST": b"+OK\r\n1 9\r\n.\r\n",
                    "UIDL": endless(b"1 " + b"x" * 8000 + b"\r\n")},
     "The server's list has no end"),
    (["get", "uid:y"], {"UIDL": endless(b"1 x\r\n")},
     "The server's list has no end"),
    (["capa"], {"CAPA": endless(b"x", head=b"+OK ")},
     "The server has sent a line that is too long"),
], ids=["capa", "list", "uidl", "long-uids", "look-up", "status"])
def test_answers_without_end(fake, command, replies, error):
    """Are ended by a number or size, and one sentence."""
    client = fake(replies)
    assert client.fails(pop4.LOST, *command) == error


@pytest.mark.parametrize("where", ["greeting", "status", "list"])
def test_trickling_line(fake, where):
    """Octets that keep coming don't make the time-out longer."""
    def trickle(conn, _):
        conn.send({"list": b"+OK\r\n1 "}.get(where, b"+OK "))
        while True:
            conn.send(b"9")
            time.sleep(0.1)

    client = fake({"LIST": trickle if where == "list" else b"-ERR\r\n",
                   "CAPA": trickle if where == "status" else b"-ERR\r\n"},
                  **({"greeting": trickle} if where == "greeting" else {}))
    client.options.append("--timeout=2")
    begun = time.monotonic()
    assert client.fails(pop4.LOST, "messages") == \
        "The server has not answered for 2 seconds"
    assert time.monotonic() - begun < 20


def test_interrupted(fake, target):
    """A signal leaves no half file."""
    inside, path = target
    begun = threading.Event()

    def half(conn, _):
        conn.send(b"+OK 100 octets\r\nhalf\r\n")
        begun.set()
        fakepop.Connection.say(conn, fakepop.HANG, b"")

    client = fake({"RETR 1": half})
    running = client.popen("get", 1, output=inside)
    assert begun.wait(20)
    while not list(path.parent.iterdir()):
        pass
    running.send_signal(signal.SIGINT)
    running.communicate(timeout=20)
    assert running.returncode in (-signal.SIGINT, 128 + signal.SIGINT)
    assert list(path.parent.iterdir()) == []


# Uploads.

@pytest.mark.parametrize("command, argument", [("send", "XTND XMIT"),
                                               ("store", "STOR INBOX")])
def test_unknown_outcome(fake, command, argument):
    """When the last reply is lost nobody knows, and that is what is said."""
    received = []

    def take(conn, _):
        conn.send(b"+OK go\r\n")
        received.append(conn.data())
        conn.closed = True

    client = fake4(fake, {argument: take})
    error = client.fails(pop4.UNKNOWN, command, stdin=b".a\nb")
    assert error == ("The server has closed the connection: "
                     "it may or may not have been done")
    assert received == [b"..a\r\nb\r\n.\r\n"]


@pytest.mark.parametrize("command, sent", [
    (["mkdir", "a b"], b'CFLD "a b"'),
    (["rmdir", "-"], b'DFLD "-"'),
    (["copy", "1", "2:3", "x"], b"COPY 1,2:3 x"),
    (["flag", "add", "1", "SEEN"], b"SFLG 1 SEEN"),
    (["flag", "remove", "1", "SEEN,X"], b"CFLG 1 SEEN,X"),
    (["flag", "set", "*", "-"], b"RFLG * -"),
    (["rename", "a", "b"], b"RENF a b"),
    (["rename", "a/b", "c/b"], b"MOVF a/b c"),
])
def test_unknown_change(fake, command, sent):
    """The same for every command that changes something."""
    client = fake4(fake, {"(CFLD|DFLD|COPY|SFLG|CFLG|RFLG|RENF|MOVF) .*":
                          fakepop.DROP})
    assert client.fails(pop4.UNKNOWN, *command).endswith(
        ": it may or may not have been done")
    assert client.server.commands[-1] == sent


def test_move_ends_with_quit(fake):
    """It is done when QUIT is answered, and only then."""
    client = fake4(fake, {"MOVE .*": b"+OK 2 messages moved\r\n"})
    assert client.rows("move", "1:2", "x") == [["2"]]
    client = fake4(fake, {"MOVE .*": b"+OK 2 messages moved\r\n",
                          "QUIT": b"-ERR [SYS/TEMP] not now\r\n"})
    assert client.fails(pop4.TEMPORARY, "move", "1:2", "x") == \
        "The server says: not now"
    client = fake4(fake, {"MOVE .*": b"+OK 2 messages moved\r\n",
                          "QUIT": fakepop.DROP})
    client.fails(pop4.UNKNOWN, "move", "1:2", "x")
    # For all others what was said before counts.
    client = fake4(fake, {"COPY .*": b"+OK 2 messages copied\r\n",
                          "QUIT": fakepop.DROP})
    assert client.rows("copy", "1:2", "x") == [["2"]]


def test_rename_goes_back(fake):
    """A folder that can be moved but not renamed is moved back."""
    client = fake4(fake, {"RENF .*": b"-ERR folder exists\r\n",
                          "MOVF .*": b"+OK moved\r\n"})
    assert client.fails(pop4.REFUSED, "rename", "a/b", "c") == \
        "The server says: folder exists"
    assert client.server.commands[-3:] == [
        b'MOVF a/b ""', b"RENF b c", b"MOVF b a"]
    client = fake4(fake, {"RENF .*": b"-ERR folder exists\r\n",
                          "MOVF a/b .*": b"+OK moved\r\n"})
    assert client.fails(pop4.REFUSED, "rename", "a/b", "c") == \
        "The server says: folder exists; the folder is now b"


@pytest.mark.parametrize("args", [
    ["copy", "1\r\nDELE 1", "x"], ["copy", "", "x"], ["copy", "x", "y"],
    ["flag", "add", "1", "SEEN\r\nDELE 1"], ["flag", "add", "1", "A B"],
    ["flag", "add", "1"], ["flag", "fly"], ["mkdir", "a\nb"],
    ["part", "1", "1 DATA"], ["part", "1", "1", "--mode=all"],
    ["rename", "a", "a"], ["rename", "a", "b/"],
    ["store", "--flags=A B"], ["messages", ",".join(["123456789"] * 200)]])
def test_arguments_are_no_commands(fake, args):
    """Nothing of what the user gives becomes another command."""
    client = fake4(fake, {"UIDL": b"+OK\r\n.\r\n"})
    client.fails(pop4.USAGE, *args)
    assert set(client.server.commands) == {b"CAPA", b"USER alice",
                                           b"PASS secret"}


# TLS.

@pytest.mark.parametrize("after", [b"", b"+OK injected\r\n"])
def test_nothing_before_tls_counts(fake, certificate, authority, after):
    """What comes in clear after STLS is not taken for what comes inside."""
    context = certificate.server_context()

    def stls(conn, _):
        conn.send(b"+OK\r\n" + after)
        conn.start_tls(context)

    client = fake({"CAPA": b"+OK\r\nSTLS\r\nUSER\r\n.\r\n", "STLS": stls})
    mine = client.folder / "ca.pem"
    mine.write_bytes(authority.cert.read_bytes())
    client.options = [option for option in client.options
                      if not option.startswith("--tls")]
    client.options.append("--ca-file=" + client.host.inside(mine))
    if not after:
        assert client.rows("capa")
        assert client.server.commands[:3] == [b"CAPA", b"STLS", b"CAPA"]
        return
    done = client.run("capa")
    assert done.returncode == pop4.TLS
    assert not any(line.startswith(b"USER")
                   for line in client.server.commands)


# Terminals.

def _on_terminal(client, *args, answer=None, **options):
    """Runs pop4 with a terminal as all of its files; what it shows."""
    argv = client.host.argv(client.argv(*args, **options))
    pid, master = pty.fork()
    if pid == 0:
        os.execve(argv[0], argv, dict(os.environ,
                                      ASAN_OPTIONS="detect_leaks=0"))
    shown = b""
    try:
        while True:
            ready, _, _ = select.select([master], [], [], 60)
            assert ready, shown
            try:
                data = os.read(master, 65536)
            except OSError:         # the other side is closed
                break
            if not data:
                break
            shown += data
            if answer is not None and shown.endswith(b": "):
                os.write(master, answer)
                answer = None
    finally:
        os.close(master)
        _, status = os.waitpid(pid, 0)
    return os.waitstatus_to_exitcode(status), shown


def test_message_on_a_terminal(fake):
    """Its control characters do nothing there; in a file they stay."""
    client = fake({"RETR 1": b"+OK\r\nA" + ESCAPE + b"\xc2\x9b\xe2\x82\xac\r\n"
                   b"\tB\xff\r\n.\r\n"})
    code, shown = _on_terminal(client, "get", 1)
    assert code == 0
    assert shown.replace(b"\r\n", b"\n") == b"A?[2J??\xe2\x82\xac\n\tB?\n"
    assert client.ok("get", 1) == \
        b"A" + ESCAPE + b"\xc2\x9b\xe2\x82\xac\r\n\tB\xff\r\n"


def test_password_prompt(fake):
    """It asks for user and password, and does not show the password."""
    client = fake(login=";AUTH=*")
    client.options = ["--tls=never"]
    client.url = client.url.replace(";AUTH=*@", "alice@")
    code, shown = _on_terminal(client, "capa", answer=b"secret\n")
    assert code == 0
    assert shown.startswith(b"Password of alice at 127.0.0.1: ")
    assert b"secret" not in shown
    assert client.server.commands[1:3] == [b"USER alice", b"PASS secret"]


def test_user_prompt(fake):
    """A URL without a user."""
    client = fake(login=";AUTH=*")
    code, shown = _on_terminal(client, "capa", answer=b"carol\n")
    assert code == 0
    assert shown.startswith(b"User at 127.0.0.1: carol")
    assert client.server.commands[1:3] == [b"USER carol", b"PASS secret"]


def test_progress(fake):
    """A bar on a terminal when it takes longer than a moment, and only
    there."""
    seen = threading.Event()

    def slow(conn, _):
        conn.send(b"+OK 1000 octets\r\n" + b"x" * 498 + b"\r\n")
        # As long as a bar takes to come: more each time that is waited.
        while not seen.wait(0.3):
            conn.send(b"y" * 8 + b"\r\n")
        conn.send(b".\r\n")

    client = fake({"RETR 1": slow})
    running = threading.Timer(2.5, seen.set)
    running.start()
    code, shown = _on_terminal(client, "get", 1, output="/dev/null")
    running.join()
    assert code == 0
    assert re.search(rb"\[#+ *\] +\d\d%  0\.\d kB  0\.\d kB/s", shown)
    assert shown.endswith(b"\r\x1b[K")
    assert client.ok("get", 1, output="/dev/null") == b""
