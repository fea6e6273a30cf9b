"""The file of SDPS hosts: what is wrong with it costs the line or the names of
hosts, never another login, and a change is always seen."""

import contextlib
import os
import re

import pytest

from pop3ext.server import User
from test_login_names import (
    HOSTS, assert_login, fields, named_server, refuse, server_imap)

pytestmark = pytest.mark.auth

FRED = {"view_host": "vision25", "view_account": "fred"}
GOOD = "vision25 bob\n"
MAX_SIZE = 16 * 1024 * 1024


@pytest.fixture(name="named")
def _named(server, host):
    return named_server(server, host)


def assert_others_log_in(server):
    """Names without a host, by POP3 and IMAP."""
    assert_login(server, "recent:alice", "alice", {"view_days": "7"})
    mark = server.log_size()
    server_imap(server, "alice", "pw-alice").logout()
    assert fields(server, mark) == {}


def warnings(server, text, mark=0):
    return re.findall("Warning: pop3_ext_names_hosts: .*" + text,
                      server.log(mark))


BAD_LINES = {
    b"a b c": "more than a host and a user",
    b"vision25 alice": "vision25 is there twice",
    b"VISION25 bob": "vision25 is there twice",
    b"x" * 2000: "the line is too long",
    b"vision29 b\0ob": "there is a NUL in the line",
    b"\0" * 5000: "the line is too long",
    b"under_score bob": "under_score is not the name of a host",
    b"vision29 b\x07ob": "there is a control character",
    b"\xff\xfe\xfd bob": "is not the name of a host",
}


def test_bad_line_costs_only_itself(named):
    """Every good line counts, and each bad one is named, with its number."""
    server = named(start=False)
    lines = [b"# host user", b"vision25 bob", b""]
    first = len(lines) + 1
    lines += list(BAD_LINES) + [b"crlf.example bob\r", b"\t last.example  bob"]
    (server.folder / HOSTS).write_bytes(b"\n".join(lines))
    server.start()
    assert_login(server, "fred@vision25", "bob", FRED)
    for name in ("crlf.example", "last.example"):
        assert_login(server, "fred@" + name, "bob", dict(FRED, view_host=name))
    for number, error in enumerate(BAD_LINES.values(), first):
        assert len(warnings(server, "hosts:%d is skipped: .*%s" %
                            (number, re.escape(error)))) == 1
    assert refuse(server, "fred@vision29", "pw-bob").startswith(b"-ERR [AUTH]")
    assert_others_log_in(server)


def test_many_bad_lines_are_not_many_lines_in_the_log(named):
    """Ten are named, and how many there are."""
    server = named(start=False)
    (server.folder / HOSTS).write_text("a b c\n" * 1000 + GOOD)
    server.start()
    for _ in range(3):
        assert_login(server, "fred@vision25", "bob", FRED)
    assert len(warnings(server, "more than a host")) == 10
    assert len(warnings(server, "1000 lines are skipped")) == 1


def break_file(path, how):
    """Put something in the place of the file that can't be one."""
    path.unlink(missing_ok=True)
    if how == "directory":
        path.mkdir()
    elif how == "fifo":
        os.mkfifo(path, 0o644)
    elif how == "unreadable":
        path.write_text(GOOD)
        path.chmod(0o600)
    elif how == "empty":
        path.write_text("")
    elif how == "nothing":
        path.write_text("a b c\n\0\n")
    elif how == "comments":
        path.write_text("# host user\n\n#vision25 bob\n")
    elif how == "blank":
        path.write_text("\n \t\r\n\n")
    elif how == "huge":
        with path.open("wb") as file:
            file.truncate(MAX_SIZE + 1)
    elif how == "hosts":
        path.write_text("".join("h%d\n" % number for number in range(500002)))
    else:
        assert how == "missing"


def mend_file(path):
    """The file as it should be, in place of whatever is there."""
    if path.is_dir():
        path.rmdir()
    fresh = path.with_suffix(".new")
    fresh.write_text(GOOD)
    fresh.rename(path)


BROKEN = {
    "missing": "No such file or directory",
    "directory": "this is no file with lines",
    "fifo": "this is no file with lines",
    "unreadable": "Permission denied",
    "empty": "the file is empty",
    "nothing": "there is no host in the file",
    "comments": "there is no host in the file",
    "blank": "there is no host in the file",
    "huge": "the file is larger than 16 MiB",
    "hosts": "there are more than 500000 hosts",
}


# The auth process can read all files when it starts.
@pytest.mark.parametrize("how", sorted(set(BROKEN) - {"unreadable"}))
def test_broken_file_at_start(named, how):
    """Names with a host in them are refused for the moment, with a line each
    that says why; all others log in, also those that could be a host alone.
    Mended it is read at once."""
    server = named(start=False)
    path = server.folder / HOSTS
    break_file(path, how)
    server.start()
    assert_others_log_in(server)
    assert len(warnings(server, BROKEN[how])) == 1
    mark = server.log_size()
    assert_login(server, "alice", "alice", {})
    server.wait_log("Warning: .*taken for that of a user.*" + BROKEN[how], mark)
    server.expect_log("Error: .*pop3_ext_names_hosts: .*hosts: " + BROKEN[how])
    for typed in ("fred@vision25", "fred@nosuch.example"):
        mark = server.log_size()
        assert refuse(server, typed, "pw-bob").startswith(b"-ERR [SYS/TEMP]")
        server.wait_log("Error: .*" + BROKEN[how], mark)
    # a suffix before it needs no file
    assert_login(server, "fred@xyz.demon.example", "xyz",
                 dict(FRED, view_host="xyz.demon.example"))
    assert len(warnings(server, BROKEN[how])) == 1
    mend_file(path)
    assert_login(server, "fred@vision25", "bob", FRED)
    assert_others_log_in(server)


@pytest.mark.parametrize("how", BROKEN)
def test_last_good_table_stays(named, how):
    """A file that breaks later leaves the hosts known, and one warning."""
    server = named()
    path = server.folder / HOSTS
    assert_login(server, "fred@vision25", "bob", FRED)
    break_file(path, how)
    for _ in range(3):
        assert_login(server, "fred@vision25", "bob", FRED)
    assert_others_log_in(server)
    (line,) = warnings(server, BROKEN[how])
    assert line.endswith(BROKEN[how])
    assert len(warnings(server, "the hosts that were read last stay")) == 1
    mend_file(path)
    assert_login(server, "fred@vision25", "bob", FRED)


def test_every_change_is_seen(named):
    """Also in the same second, of the same size, with the old time of
    modification, or by another file of the same time."""
    server = named(users=[User("bob"), User("cat"), User("xyz")])
    path = server.folder / HOSTS
    path.write_text(GOOD)
    assert_login(server, "fred@vision25", "bob", FRED)
    before = path.stat()
    for user in ("cat", "xyz", "bob"):
        path.write_text("vision25 %s\n" % user)
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
        assert_login(server, "fred@vision25", user, FRED)
    fresh = path.with_suffix(".new")
    fresh.write_text("vision25 cat\n")
    os.utime(fresh, ns=(before.st_atime_ns, before.st_mtime_ns))
    fresh.rename(path)
    assert_login(server, "fred@vision25", "cat", FRED)
    # a host that is no longer there is a plain name again
    path.write_text("vision26 cat\n")
    assert refuse(server, "fred@vision25", "pw-cat").startswith(b"-ERR [AUTH]")


def test_large_file_with_a_bad_end_is_read_once(named):
    """Counted by what the auth process has read."""
    server = named(start=False)
    path = server.folder / HOSTS
    path.write_text(GOOD + "".join("host%06d.example user%d\n" % (n, n)
                                   for n in range(200000)) + "a b c\n")
    size = path.stat().st_size
    server.start()
    assert_login(server, "fred@vision25", "bob", FRED)
    (auth,) = server.processes("auth")

    def read():
        with open("/proc/%d/io" % auth, encoding="ascii") as file:
            return int(re.match(r"rchar: (\d+)", file.read()).group(1))
    before = read()
    for _ in range(10):
        assert_login(server, "fred@vision25", "bob", FRED)
    # once more because it was young
    assert read() - before < 2 * size
    assert len(warnings(server, "more than a host and a user")) == 1


def test_file_that_is_written_all_the_time_ends_no_login(named):
    """Whatever a look-up meets in between, the auth process goes on, and
    who needs no host does not notice."""
    server = named()
    path = server.folder / HOSTS
    with contextlib.ExitStack() as stack:
        pid = os.fork()
        if pid == 0:
            text = b"".join(b"host%05d bob\n" % n for n in range(20000))
            while True:
                with path.open("wb", buffering=4096) as file:
                    file.write(GOOD.encode() + text)
        stack.callback(os.waitpid, pid, 0)
        stack.callback(os.kill, pid, 9)
        auths = server.processes("auth")
        for _ in range(20):
            assert_others_log_in(server)
            mark = server.log_size()
            with server.connect() as client:
                client.ok("USER fred@vision25")
                # a reading may end before the line has been written
                if client.command("PASS pw-bob").startswith(b"+OK"):
                    assert fields(server, mark) == FRED
        assert server.processes("auth") == auths
    mend_file(path)
    assert_login(server, "fred@vision25", "bob", FRED)
