"""LPRT and RPRT themselves: each mode and each error, in the middle of other
commands, with clients that read slowly, messages that vanish and storage that
breaks.  test_pop4_parts_imap.py compares them with IMAP."""

import base64
import os
import pathlib
import re
import select

import pytest

from pop3ext import mime
from test_machinery import session_pid, wait_full
from test_pop4_parts_imap import fill, rprt

pytestmark = pytest.mark.every

PARTS = {"plugin_settings": {"pop3_ext_pop4": "parts"}}
KB = 1024
MB = 1024 * KB
LATIN = b"<p>gr=FC=DF=\n=0D=0A.=\n\n</p>"
MESSAGE = mime.message(mime.multipart([
    mime.multipart([mime.text(b"plain\n.\n"), mime.entity(
        "Content-Type: text/html; charset=iso-8859-1\n"
        "Content-Transfer-Encoding: quoted-printable", LATIN)],
                   b"inner", b"alternative"),
    mime.attachment(mime.BINARY, name="\"r\\\"1\\\".pdf\""),
    mime.text(b"x\n", "x-klingon"),
    mime.entity("Content-Type: text/plain\n"
                "Content-Transfer-Encoding: base64", b"AA*A\n"),
    mime.entity("Content-Type: text/plain\n"
                "Content-Transfer-Encoding: uuencode", b"x\n")]))
OTHER = b"Subject: other\r\n\r\n.Text\r\n"


@pytest.fixture(name="ours", params=["maildir", "mdbox"])
def _ours(request, server):
    """A server with two messages for alice."""
    made = server(driver=request.param, **PARTS)
    fill(made, "alice", request.param, [MESSAGE, OTHER])
    return made


def large(octets, line=76):
    """A message with one base64 part, and that part's data."""
    data = bytes(range(256)) * (octets // 256)
    text = base64.b64encode(data)
    body = b"\n".join(text[n:n + line] for n in range(0, len(text), line))
    return mime.message(mime.multipart([mime.text(b"small\n"), mime.entity(
        "Content-Type: application/octet-stream\n"
        "Content-Transfer-Encoding: base64", body + b"\n")])), data


def imap_learns(server, name, items):
    """Has the host's cache learn something about message 1."""
    imap = server.imap(name)
    imap.select("INBOX", readonly=True)
    mime.imap_data(imap, 1, items)
    imap.logout()


def read_octets(pid):
    """What a process has read so far."""
    text = pathlib.Path("/proc/%d/io" % pid).read_text(encoding="ascii")
    return int(re.search(r"rchar: (\d+)", text).group(1))


#
# What they say
#

def test_lprt(ours):
    """The list of a message with everything."""
    with ours.login() as client:
        assert client.ok("LPRT 1") == b"+OK 8 parts"
        lines = client.multi()
        octets = lines[0].split()[2]
        assert lines == [
            b"0 multipart/mixed %s - - - - - - 0" % octets,
            b"1 multipart/alternative 241 - - - - - - 1",
            b"1.1 text/plain 10 8bit utf-8 - - - 2 2",
            b"1.2 text/html 30 quoted-printable iso-8859-1 - - - 3 2",
            b"2 application/octet-stream 14016 base64 - attachment "
            b'"r\\"1\\".pdf" "<\\"r\\\\\\"1\\\\\\".pdf\\"@example.test>" - 1',
            b"3 text/plain 3 8bit x-klingon - - - 1 1",
            b"4 text/plain 6 base64 us-ascii - - - 1 1",
            b"5 text/plain 3 uuencode us-ascii - - - 1 1"]
        assert client.ok("lprt 2") == b"+OK 1 parts"
        assert client.multi() == [b"1 text/plain 7 7bit us-ascii - - - 1 0"]
        client.quit()


def test_rprt(ours):
    """Each mode, in any case, and RAW without one."""
    with ours.login() as client:
        head = (b"Content-Type: text/html; charset=iso-8859-1\r\n"
                b"Content-Transfer-Encoding: quoted-printable\r\n\r\n")
        raw = head + mime.crlf(LATIN)
        assert client.command("RPRT 1 1.2") == b"+OK %d octets" % len(raw)
        assert mime.unstuff(client.multi_raw(), len(raw)) == raw
        wanted = {"raw": raw, "HEAD": head, "Body": mime.crlf(LATIN),
                  "DATA": b"<p>gr\xfc\xdf\r\n.\r\n</p>",
                  "Text": "<p>grüß\r\n.\r\n</p>".encode()}
        for mode, content in wanted.items():
            assert rprt(client, 1, "1.2", mode) == content
        assert rprt(client, 1, "2", "DATA") == mime.BINARY
        assert rprt(client, 1, "0", "RAW") == mime.crlf(MESSAGE)
        assert rprt(client, 2, "1", "RAW") == OTHER
        client.quit()
    assert not any("\\Seen" in flags for flags, _ in ours.messages("alice"))


def test_dots_on_the_wire(ours):
    """Only a dot after CRLF, or at the beginning, is sent twice."""
    with ours.login() as client:
        client.send(b"RPRT 2 1 BODY\r\nRPRT 1 1.2 DATA\r\nNOOP\r\n")
        wanted = (b"+OK 7 octets\r\n..Text\r\n.\r\n"
                  b"+OK 16 octets\r\n<p>gr\xfc\xdf\r\n..\r\n</p>\r\n.\r\n"
                  b"+OK\r\n")
        assert client.read(len(wanted)) == wanted
        client.quit()


ERRORS = {
    "LPRT": rb"-ERR syntax: LPRT msg",
    "LPRT 1 2": rb"-ERR syntax: LPRT msg",
    "LPRT 3": rb"-ERR no such message.*",
    "LPRT 0": rb"-ERR (no such message|bad message set).*",
    "LPRT x": rb"-ERR bad message set.*",
    "LPRT 1:2": rb"-ERR bad message set.*",
    "LPRT 1,2": rb"-ERR bad message set.*",
    "LPRT  1": rb"-ERR syntax: .*",
    "RPRT 1": rb"-ERR syntax: RPRT msg part \[mode\]",
    "RPRT 1 1 RAW x": rb"-ERR syntax: RPRT msg part \[mode\]",
    "RPRT 1 1 FULL": rb"-ERR syntax: the mode must be .*",
    "RPRT 1 1 \"\"": rb"-ERR syntax: the mode must be .*",
    "RPRT 1 \"\"": rb"-ERR syntax: bad part number",
    "RPRT 1 01": rb"-ERR syntax: bad part number",
    "RPRT 1 1.": rb"-ERR syntax: bad part number",
    "RPRT 1 1.0.1": rb"-ERR syntax: bad part number",
    "RPRT 1 1.MIME": rb"-ERR syntax: bad part number",
    "RPRT 1 6": rb"-ERR no such part",
    "RPRT 1 1.0": rb"-ERR no such part",
    "RPRT 1 2.1": rb"-ERR no such part",
    "RPRT 1 4294967297": rb"-ERR no such part",
    "RPRT 1 " + "1." * 400 + "1": rb"-ERR no such part",
    "RPRT 2 0": rb"-ERR no such part",
    "RPRT 3 1": rb"-ERR no such message.*",
    "RPRT 1 0 DATA": rb"-ERR cannot decode: it is a multipart",
    "RPRT 1 1 TEXT": rb"-ERR cannot decode: it is a multipart",
    "RPRT 1 2 TEXT": rb"-ERR cannot decode: it is no text",
    "RPRT 1 3 TEXT": rb"-ERR cannot decode: unknown character set",
    "RPRT 1 4 DATA": rb"-ERR cannot decode: broken base64",
    "RPRT 1 4 TEXT": rb"-ERR cannot decode: broken base64",
    "RPRT 1 5 DATA": rb"-ERR cannot decode: unknown transfer encoding",
}


def test_errors(ours):
    """What can't be done is said in one line, and the session goes on."""
    with ours.login() as client:
        for command, pattern in ERRORS.items():
            reply = client.command(command)
            assert re.fullmatch(pattern, reply), (command, reply)
            assert client.command("NOOP") == b"+OK"
        client.quit()


def test_marked_message(ours):
    """A message that is marked deleted has no parts, until RSET."""
    with ours.login() as client:
        client.ok("DELE 1")
        for command in ("LPRT 1", "RPRT 1 1.1 BODY"):
            assert client.command(command).startswith(
                b"-ERR no such message"), command
        assert rprt(client, 2, "1", "BODY") == b".Text\r\n"
        client.ok("RSET")
        assert rprt(client, 1, "1.1", "BODY") == b"plain\r\n.\r\n"
        client.quit()


def test_vanished_message(ours):
    """Another session has deleted it."""
    with ours.login() as client:
        imap = ours.imap("alice")
        imap.select("INBOX")
        imap.store("1", "+FLAGS", "(\\Deleted)")
        imap.expunge()
        imap.logout()
        for command in ("LPRT 1", "RPRT 1 1.1 BODY", "RPRT 1 2 DATA"):
            assert client.command(command).startswith(
                b"-ERR no such message"), command
        assert rprt(client, 2, "1", "BODY") == b".Text\r\n"
        client.quit()


def test_file_is_gone(server):
    """The mail's file has been removed behind the host's back."""
    ours = server(**PARTS)
    fill(ours, "alice", "maildir", [MESSAGE, OTHER])
    with ours.login() as client:
        client.ok("LPRT 1")
        client.multi()
        (path,) = (ours.folder / "home/alice/Maildir/cur").glob("*M000000*")
        path.unlink()
        for command in ("RPRT 1 1.1 BODY", "RPRT 1 2 DATA", "RPRT 1 1.1 TEXT"):
            assert client.command(command).startswith(
                b"-ERR no such message"), command
        assert rprt(client, 2, "1", "BODY") == b".Text\r\n"
        client.quit()


def test_off(server):
    """Without the setting the commands are not there."""
    ours = server(plugin_settings={"pop3_ext_pop4": "flags"})
    with ours.login() as client:
        for command in ("LPRT 1", "RPRT 1 1"):
            assert client.command(command).startswith(
                b"-ERR Unknown command"), command
        assert not any(b"PARTS" in line for line in client.capa())
        client.quit()
    with server(**PARTS).login() as client:
        assert [line for line in client.capa() if b"POP4" in line] == [
            b"X-POP4 0 PARTS"]
        client.quit()


#
# In the middle of others
#

def test_pipelined(ours, rng):
    """Among the host's commands, in pieces of any size, every reply is the
    one that belongs there."""
    commands = [b"NOOP", b"STAT", b"LIST 2", b"RETR 2", b"TOP 1 1", b"XYZZY",
                b"LPRT 1", b"LPRT 2", b"LPRT 9", b"RPRT 1 2 DATA",
                b"RPRT 1 1.2 TEXT", b"RPRT 1 0 RAW", b"RPRT 1 4 DATA",
                b"RPRT 1 7"]
    multi = (b"RETR", b"TOP", b"LPRT", b"RPRT")

    def reply(client, command):
        first = client.line()
        if first.startswith(b"+OK") and command.startswith(multi):
            return first + client.multi_raw()
        return first

    with ours.login() as client:
        wanted = {}
        for command in commands:
            client.send_line(command)
            wanted[command] = reply(client, command)
        for _ in range(20):
            mix = [rng.choice(commands) for _ in range(12)]
            data = b"".join(command + b"\r\n" for command in mix)
            while data:
                size = rng.choice([1, 7, len(data)])
                client.send(data[:size])
                data = data[size:]
            for command in mix:
                assert reply(client, command) == wanted[command], mix
        client.quit()


def test_slow_reader(server):
    """Nothing is lost, doubled or held when a client reads late."""
    ours = server(**PARTS)
    message, data = large(6 * MB)
    fill(ours, "alice", "maildir", [message])
    with ours.login(receive_buffer=65536) as client:
        client.send(b"RPRT 1 2 DATA\r\nSTAT\r\nRPRT 1 2 BODY\r\nLPRT 1\r\n")
        wait_full(client)
        octets = int(client.line().split()[1])
        assert mime.unstuff(client.multi_raw(), octets) == data
        assert client.line().startswith(b"+OK 1 ")
        octets = int(client.line().split()[1])
        body = mime.unstuff(client.multi_raw(), octets)
        assert base64.b64decode(body) == data
        assert client.line() == b"+OK 3 parts"
        client.multi()
        client.quit()


def test_client_leaves_in_the_middle(server):
    """The session ends, without complaint, and the next one is served."""
    ours = server(**PARTS)
    message, data = large(6 * MB)
    fill(ours, "alice", "maildir", [message])
    for end in ("close", "reset"):
        client = ours.login(receive_buffer=4096)
        client.send(b"RPRT 1 2 DATA\r\n")
        wait_full(client)
        getattr(client, end)()
    with ours.login() as client:
        assert rprt(client, 1, "2", "DATA") == data
        client.quit()


def test_storage_breaks_in_the_middle(server):
    """The connection is closed: no ending that looks right."""
    ours = server(**PARTS)
    message, _ = large(6 * MB)
    fill(ours, "alice", "maildir", [message])
    (path,) = (ours.folder / "home/alice/Maildir/cur").iterdir()
    with ours.login(receive_buffer=4096) as client:
        client.send(b"RPRT 1 2 DATA\r\nNOOP\r\n")
        wait_full(client)
        os.truncate(path, MB)
        octets = int(client.line().split()[1])
        rest = client.read_eof()
        assert len(rest) < octets and not rest.endswith(b"\r\n.\r\n")
    ours.expect_log(r"pop3\(alice\).*Error: .*read\(")
    ours.allow_log(r"Error: ")


#
# What it costs
#

def test_size_is_taken_from_the_cache(server):
    """With binary.parts in the cache the mail is read once, not twice."""
    ours = server(**PARTS)
    message, data = large(3 * MB)
    fill(ours, "alice", "maildir", [message])
    read = []
    for learn in ("BODYSTRUCTURE", "BINARY.SIZE[]"):
        imap_learns(ours, "alice", learn)
        mark = ours.log_size()
        with ours.login() as client:
            pid = session_pid(ours, "alice", mark)
            client.ok("LPRT 1")
            client.multi()
            before = read_octets(pid)
            assert rprt(client, 1, "2", "DATA") == data
            read.append((read_octets(pid) - before) / len(message))
            client.quit()
    assert 1.9 < read[0] < 2.3 and 0.9 < read[1] < 1.3, read


def test_lprt_reads_what_the_cache_does_not_know(server):
    """The mail once, and then not at all."""
    ours = server(**PARTS)
    message, _ = large(3 * MB)
    fill(ours, "alice", "maildir", [message])
    read = []
    for _ in range(2):
        mark = ours.log_size()
        with ours.login() as client:
            pid = session_pid(ours, "alice", mark)
            client.ok("NOOP")
            before = read_octets(pid)
            client.ok("LPRT 1")
            client.multi()
            read.append(read_octets(pid) - before)
            client.quit()
    assert read[0] > len(message) and read[1] < 64 * KB, read


def test_counting_lets_others_go_on(server):
    """While a large part is counted for one client, another one of the same
    process is answered."""
    ours = server(client_limit=2, process_limit=1, service_count=100, **PARTS)
    message, data = large(8 * MB)
    fill(ours, "alice", "maildir", [message])
    with ours.login() as first, ours.login() as second:
        first.ok("LPRT 1")
        first.multi()
        assert len(ours.processes("pop3")) == 1
        overtaken = False
        for _ in range(5):
            first.send(b"RPRT 1 2 DATA\r\n")
            assert second.command("NOOP") == b"+OK"
            readable, _, _ = select.select([first.sock], [], [], 0)
            overtaken = overtaken or not readable
            octets = int(first.line().split()[1])
            assert octets == len(data)
            first.multi_raw()
            if overtaken:
                break
        assert overtaken
        first.quit()
        second.quit()


@pytest.mark.plain
@pytest.mark.parametrize("megabytes", [
    8, pytest.param(200, marks=[pytest.mark.all, pytest.mark.native])])
def test_memory(server, megabytes):
    """However large the part: less than 2 MB more than for a small one, and
    no temporary file."""
    ours = server(**PARTS)
    message, data = large(megabytes * MB * 3 // 4)
    fill(ours, "alice", "maildir", [message])
    del message

    def peak(pid):
        status = pathlib.Path("/proc/%d/status" % pid).read_text()
        return int(re.search(r"VmHWM:\s+(\d+) kB", status).group(1))

    with ours.login() as client:
        pid = session_pid(ours, "alice")
        rprt(client, 1, "1", "TEXT")
        before = peak(pid)
        for mode in ("DATA", "RAW"):
            client.send_line("RPRT 1 2 " + mode)
            octets = int(client.line().split()[1])
            assert mode != "DATA" or octets == len(data)
            left = octets
            while left > 0:
                left -= len(client.read(min(left, 65536)))
            client.multi_raw()
        files = [os.readlink(entry) for entry in
                 pathlib.Path("/proc/%d/fd" % pid).iterdir()]
        assert not any("deleted" in name for name in files), files
        assert peak(pid) - before < 2048
        client.quit()
