"""XTND XMIT with a sendmail program in place of a relay."""

import shutil

import pytest

from pop3ext import pop3, xmit
from pop3ext.server import User

SENT = b"+OK Message sent "

# Keeps its arguments, environment and input in a folder of its own below the
# first argument, and does what the envelope sender says.
PROGRAM = r"""#!/bin/sh
out=$1
dir=$(mktemp -d "$out/new.XXXXXX")
[ -e "$out/dot" ] || touch "$dir/too-early"
for arg; do
	printf '%s\n' "$arg"
done >"$dir/args"
env >"$dir/env"
case "$*" in
*"-f mute@"*) ;;
*) cat >"$dir/input" ;;
esac
mv "$dir" "$out/run.${dir##*.}"
case "$*" in
*"-f exit"*) n=${*#*-f exit}; echo "the reason"; exit "${n%%@*}" ;;
*"-f killed@"*) kill -9 $$ ;;
*"-f hang@"*) exec sleep 1000 ;;
*"-f chatty@"*) yes "many words" | head -n 100000; yes e | head -c 99999 >&2 ;;
*"-f endless@"*) exec yes "many words" ;;
*"-f errors@"*) exec yes >&2 ;;
*"-f binary@"*) exec cat /dev/zero ;;
*"-f says@"*) printf 'queued\tas 1\nmore\n' ;;
esac
exit 0
"""

TEMP, PERM = b"-ERR [SYS/TEMP] ", b"-ERR [SYS/PERM] "
EXITS = {1: TEMP, 64: PERM, 65: PERM, 67: PERM, 68: PERM, 69: PERM, 70: TEMP,
         71: TEMP, 75: TEMP, 77: PERM, 126: TEMP, 127: TEMP}


# Programs that write without end
ENDLESS = ["endless", "errors", "binary"]


class Post:
    """A server, its program, and what that one was given."""

    def __init__(self, servers, host, folder):
        self.out = folder / "out"
        self.out.mkdir()
        self.out.chmod(0o777)
        program = folder / "program"
        program.write_text(PROGRAM)
        program.chmod(0o755)
        path = "%s %s" % (host.inside(program), host.inside(self.out))
        plain = folder / "plain"
        plain.write_text("no program")
        broken = folder / "broken"
        broken.write_bytes(b"\x7fELF no program")
        broken.chmod(0o755)
        field = "pop3_ext_xmit_sendmail"
        users = [User(name) for name in
                 ["alice", "mute", "killed", "chatty", "says"] +
                 ["exit%d" % code for code in EXITS]]
        users += [
            User(name, fields={"pop3_ext_xmit_reply_timeout": "1s"})
            for name in ["hang"] + ENDLESS]
        users += [
            User("gone", fields={field: "/nonexistent/program"}),
            User("broken", fields={field: host.inside(broken)}),
            User("plain", fields={field: host.inside(plain)}),
            User("args", fields={field: path + "  -oMr  $HOME ;x"}),
            User("odd", fields={"pop3_ext_xmit_sender":
                                "\"o'n;`y`$x\"@example.test"}),
        ]
        self.server = servers(users=users, sendmail=path)

    def begin(self, client, data):
        """Send all but the dot; returns the rest."""
        (self.out / "dot").unlink(missing_ok=True)
        wire = pop3.stuff(data)
        client.ok("XTND XMIT")
        client.send(wire[:-3])
        return wire[-3:]

    def send(self, name, data, **kwargs):
        """(reply, runs) of one message."""
        before = set(self.out.iterdir())
        with self.server.login(name, **kwargs) as client:
            rest = self.begin(client, data)
            (self.out / "dot").touch()
            client.send(rest)
            reply = client.line()
            assert client.command("NOOP") == b"+OK"
            client.quit()
        runs = [Run(path) for path in set(self.out.glob("run.*")) - before]
        assert not any(run.early for run in runs)
        return reply, runs


class Run:
    """What one run of the program was given."""

    def __init__(self, path):
        self.args = (path / "args").read_text().splitlines()
        self.env = (path / "env").read_text().splitlines()
        self.early = (path / "too-early").exists()
        file = path / "input"
        self.input = file.read_bytes() if file.exists() else None

    @property
    def words(self):
        """The arguments behind the one of our own."""
        return self.args[1:]


@pytest.fixture(scope="module", name="post")
def _post(_module_servers, host):
    servers, _ = _module_servers
    folder = host.mkdtemp("s")
    made = Post(servers, host, folder)
    yield made
    shutil.rmtree(folder, ignore_errors=True)


def test_send(post):
    """Sender and recipients as arguments, the message with LF line ends, no
    Bcc."""
    reply, runs = post.send("alice", xmit.message(
        b"Cc: carol@example.test", b"Bcc: dave@example.test",
        b"From: alice@example.test", body=b"one\r\n.\r\n.two\r\n"))
    assert reply.startswith(SENT)
    (run,) = runs
    assert run.words == ["-i", "-f", "alice@example.test", "--",
                         "bob@example.test", "carol@example.test",
                         "dave@example.test"]
    assert b"\r" not in run.input and b"dave" not in run.input
    head, _, body = run.input.partition(b"\n\n")
    assert head.startswith(b"Received: ")
    assert body == b"one\n.\n.two\n"
    post.server.check_log()


def test_several(post):
    """One run for each message of a session."""
    with post.server.login() as client:
        before = len(list(post.out.glob("run.*")))
        for number in range(3):
            rest = post.begin(client, xmit.SIMPLE)
            (post.out / "dot").touch()
            client.send(rest + b"NOOP\r\n")
            assert client.line().startswith(SENT)
            assert client.line() == b"+OK"
            assert len(list(post.out.glob("run.*"))) == before + number + 1
        client.quit()
    post.server.check_log()


@pytest.mark.parametrize("address", [
    "\"$(touch x)\"@example.test", "a`id`b@example.test", "a|b@example.test",
    "-oQ/tmp@example.test", "\"a b;c\"@example.test", "*@example.test"])
def test_no_shell(post, address):
    """Addresses are arguments, whatever they look like."""
    reply, (run,) = post.send("alice", xmit.message(
        to=b"To: " + address.encode()))
    assert reply.startswith(SENT)
    assert run.words == ["-i", "-f", "alice@example.test", "--", address]
    post.server.check_log()


def test_arguments_of_the_setting(post):
    """Arguments of the setting are split at blanks, and nothing else is done
    to them; the environment is not the server's."""
    reply, (run,) = post.send("args", xmit.SIMPLE)
    assert reply.startswith(SENT)
    assert run.words[:4] == ["-oMr", "$HOME", ";x", "-i"]
    assert not any("POP3EXT" in line or "MASTER" in line for line in run.env)
    reply, (run,) = post.send("odd", xmit.SIMPLE)
    assert run.words[1:3] == ["-f", "\"o'n;`y`$x\"@example.test"]
    post.server.check_log()


@pytest.mark.parametrize("code", xmit.sample(2, EXITS))
def test_exit_codes(post, code):
    """The program's exit status as sysexits.h has it; what it says is for
    the client, the status for the log."""
    post.server.expect_log("Error: .*%d" % code)
    name = "exit%d" % code
    reply, runs = post.send(name, xmit.SIMPLE)
    assert reply.startswith(EXITS[code]) and b"the reason" in reply
    assert len(runs) == 1
    (line,) = xmit.wait_results(post.server, name)
    assert line["result"] == ("refused" if EXITS[code] == PERM
                              else "deferred")
    post.server.check_log()


def test_killed(post):
    """A program that was killed may have got far enough: unknown."""
    post.server.expect_log("Error: .*signal 9")
    reply, _ = post.send("killed", xmit.SIMPLE)
    assert reply.startswith(TEMP)
    assert xmit.wait_results(post.server, "killed")[0]["result"] == "unknown"
    post.server.check_log()


def test_hangs(post):
    """A program that does not end is ended after the time-out: unknown."""
    reply, _ = post.send("hang", xmit.SIMPLE)
    assert reply.startswith(TEMP)
    assert xmit.wait_results(post.server, "hang")[0]["result"] == "unknown"
    post.server.check_log()


@pytest.mark.parametrize("name", ENDLESS)
def test_output_without_end(post, name):
    """A program that writes for ever is ended after the time-out, too; what
    it has written is not kept."""
    with post.server.login(name) as client:
        (pid,) = post.server.processes("pop3")
        before = xmit.peak(pid)
        _, dot = xmit.try_xmit(client, xmit.SIMPLE)
        assert dot.startswith(TEMP) and b"may or may not" in dot
        assert xmit.wait_results(post.server, name)[0]["result"] == "unknown"
        xmit.assert_growth(post.server, pid, before, 2 * 1024 * 1024)
        assert client.ok("NOOP") is not None
        client.quit()


def test_output(post):
    """The program's first line is shown in one printable line; any amount of
    output does no harm."""
    reply, _ = post.send("says", xmit.SIMPLE)
    assert reply == b"+OK Message sent (queued as 1)"
    reply, _ = post.send("chatty", xmit.SIMPLE)
    assert reply.startswith(b"+OK Message sent (many words")
    assert len(reply) + 2 <= 512
    post.server.check_log()


def test_reads_nothing(post):
    """A program that does not read its input is asked for its status all the
    same."""
    reply, (run,) = post.send("mute", xmit.message(body=b"x\r\n" * 500000))
    assert reply.startswith(SENT) and run.input is None
    post.server.check_log()


@pytest.mark.parametrize("name", ["gone", "plain"])
def test_no_program(post, name):
    """A program that is not there, or none: said before the data."""
    post.server.expect_log("Error: .*(nonexistent/program|plain)")
    with post.server.login(name) as client:
        assert client.command("XTND XMIT").startswith(b"-ERR [SYS/")
        assert client.command("NOOP") == b"+OK"
        client.quit()
    post.server.check_log()


def test_program_that_cannot_be_run(post):
    """The reason is in the reply and in the log."""
    post.server.expect_log("Error: .*broken failed: exit status 127")
    reply, _ = post.send("broken", xmit.SIMPLE)
    assert reply == (b"-ERR [SYS/TEMP] Not sent: sendmail failed (exit status "
                     b"127): It can't be run: Exec format error")
    (line,) = xmit.wait_results(post.server, "broken")
    assert line["result"] == "deferred" and "Exec format" in line["reply"]
    post.server.check_log()


def test_large(post):
    """5 MB, through the temporary stream; nothing of it is left."""
    body = b"".join(b"%07d\r\n" % n for n in range(560000))
    reply, (run,) = post.send("alice", xmit.message(body=body))
    assert reply.startswith(SENT)
    assert run.input.partition(b"\n\n")[2] == body.replace(b"\r\n", b"\n")
    post.server.check_log()


@pytest.mark.valgrind
def test_client_drops(post):
    """Without the dot the program is not started: not by a dropped
    connection, not by an aborted session."""
    before = set(post.out.iterdir())
    mark = post.server.log_size()
    for end in ("close", "reset", "shutdown"):
        with post.server.login() as client:
            post.begin(client, xmit.message(body=b"x\r\n" * 100000))
            getattr(client, end)()
            if end == "shutdown":
                client.read_eof()
    lines = xmit.wait_results(post.server, "alice", 3, mark)
    assert [line["result"] for line in lines] == ["aborted"] * 3
    # Were one started, it would be there before the line of the log.
    assert {path for path in post.out.iterdir()
            if path.name != "dot"} == {path for path in before
                                       if path.name != "dot"}
    post.server.check_log()


def test_bad_message(post):
    """A message that is refused starts no program."""
    for bad in (xmit.message(to=None), xmit.message(body=b"a\0b\r\n"),
                xmit.message(body=b"x" * 70000 + b"\r\n"),
                xmit.message(to="To: j\u00f6@example.test".encode())):
        reply, runs = post.send("alice", bad)
        assert reply.startswith(b"-ERR ") and not runs
    post.server.check_log()
