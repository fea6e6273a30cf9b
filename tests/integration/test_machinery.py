"""The machinery around commands: what they share, and what surrounds them
when they wait, fail, are cut off or are not there at all.

Most of it is seen with the commands of the plugin in tests/module."""

import array
import contextlib
import fcntl
import json
import os
import pathlib
import re
import select
import signal
import socket
import struct
import termios
import threading
import time

import pytest

from pop3ext import testmodule

PLUGIN = testmodule.PLUGIN
TOO_MANY = b"-ERR Too many bad commands."
MESSAGE = b"Subject: one\r\n\r\nText\r\n"

# Bad commands of every origin, with what is sent and what comes back.  None
# ends the session or has a multi-line reply.
BAD = {
    "host, unknown": (b"XYZZY\r\n", rb"-ERR Unknown command: XYZZY"),
    "host, empty": (b"\r\n", rb"-ERR Unknown command.*"),
    "host, argument": (b"RETR 99\r\n", rb"-ERR There's no message 99."),
    "ours, usage": (b"XFAIL\r\n", rb"-ERR Usage: XFAIL .*"),
    "ours, check": (b"XFAIL check\r\n", rb"-ERR Refused before it ran"),
    "ours, run": (b"XFAIL bad\r\n", rb"-ERR Bad as asked"),
    "ours, group": (b"XTND\r\n", rb"-ERR Unknown command: XTND"),
    "ours, subcommand": (b"xtnd Foo\r\n",
                         rb"-ERR Unknown command: xtnd Foo"),
    "ours, waited": (b"XWAIT msecs 0 bad\r\n", rb"-ERR time"),
    "ours, body": (b"XBODY bad\r\nX\r\n.\r\n", rb"\+OK Send it\r\n-ERR .*"),
}


def expect(client, pattern):
    """As many lines as the pattern has must match it."""
    lines = [client.line() for _ in range(pattern.count(rb"\r\n") + 1)]
    reply = b"\r\n".join(lines)
    assert re.fullmatch(pattern, reply), (pattern, reply)
    return reply


def quiet(client, seconds):
    """Nothing comes for so long."""
    assert not client.buffer
    readable, _, _ = select.select([client.sock], [], [], seconds)
    assert not readable


def wait_full(client, timeout=20):
    """Wait until nothing more comes into the client's receive buffer: then
    the server's output is full."""
    deadline = time.monotonic() + timeout
    sizes = []
    while len(sizes) < 6 or sizes[-1] == 0 or len(set(sizes[-6:])) > 1:
        assert time.monotonic() < deadline
        size = array.array("i", [0])
        fcntl.ioctl(client.sock, termios.FIONREAD, size)
        sizes.append(size[0])
        time.sleep(0.05)


def session_pid(server, name, mark=0):
    """The process of a user's only session since mark."""
    return int(server.wait_log(r"Log(?:in|ged in): user=<%s>.*mpid=(\d+)" %
                               name, mark).group(1))


def pop3_lines(server, name, mark=0):
    """Log lines of a user's pop3 sessions."""
    return [line for line in server.log(mark).splitlines()
            if "pop3(%s)" % name in line]


#
# Replies
#

@pytest.mark.parametrize("what", BAD)
def test_bad_commands(shared_server, what):
    """Each kind of bad command is answered as expected, once, and the
    session goes on."""
    command, pattern = BAD[what]
    with shared_server(plugin=PLUGIN).login() as client:
        client.send(command + b"STAT\r\n")
        expect(client, pattern)
        assert client.line() == b"+OK 0 0"
        client.quit()


def test_good_commands(shared_server):
    """Arguments, upper and lower case, the second word of two."""
    with shared_server(plugin=PLUGIN).login() as client:
        assert client.command("XTND TEST") == b"+OK 0 words"
        assert client.command("xTnD tEsT one") == b"+OK 1 words"
        assert client.command("XTND  TEST") == b"+OK 0 words"
        assert client.command("XTND TEST  a   b  ") == b"+OK 2 words"
        assert client.command("XTND TEST a b c") == (
            b"-ERR Usage: XTND TEST [word [word]]")
        assert client.command("XTND TESTS") == (
            b"-ERR Unknown command: XTND TESTS")
        assert client.command("XWAIT msecs 1") == b"+OK time"
        client.quit()


def test_reply_lines_are_short(shared_server):
    """No line of ours is longer than 512 octets or holds what the client
    could not stand, whatever was sent; each has text after the status."""
    long = b"x" * 2000
    with shared_server(plugin=PLUGIN).login() as client:
        for command in (b"XTND " + long, b"XTND \x01\x7f\xff\x80",
                        b"XFAIL " + long, b"XTND\t" + b"y" * 100,
                        b"XFAIL bad", b"XTND TEST", b"XTND",
                        b"XWAIT fifo " + long):
            reply = client.command(command)
            assert len(reply) + 2 <= 512, command
            assert re.fullmatch(rb"(\+OK|-ERR) [\x20-\x7e]+", reply) or (
                command.startswith(b"XTND\t"))
        client.quit()


#
# Bad commands
#

def test_bad_counter(shared_server, rng):
    """The 21st bad command in a row ends the session, whoever's it was; the
    client gets its reply and one line more."""
    stock = shared_server(plugin=PLUGIN)
    kinds = list(BAD)
    for round_number in range(3):
        chosen = [rng.choice(kinds) for _ in range(21)]
        if round_number == 0:
            chosen[:len(kinds)] = kinds
        with stock.login() as client:
            client.send(b"".join(BAD[what][0] for what in chosen) +
                        b"NOOP\r\n")
            for what in chosen:
                expect(client, BAD[what][1])
            assert client.read_eof() == TOO_MANY + b"\r\n"


@pytest.mark.parametrize("what", BAD)
def test_bad_counter_one_kind(shared_server, what):
    """21 of the same kind, sent one by one."""
    command, pattern = BAD[what]
    with shared_server(plugin=PLUGIN).login() as client:
        for _ in range(21):
            client.send(command)
            expect(client, pattern)
        assert client.read_eof() == TOO_MANY + b"\r\n"


@pytest.mark.parametrize("good", [
    b"NOOP\r\n", b"XTND TEST\r\n", b"XFAIL failed\r\n", b"XWAIT msecs 0\r\n",
    b"XWAIT msecs 0 failed\r\n", b"XBODY\r\n.\r\n", b"CAPA\r\n"])
def test_bad_counter_reset(shared_server, good):
    """A good command, or one whose failure is not the client's, makes the
    counter begin again."""
    with shared_server(plugin=PLUGIN).login() as client:
        for _ in range(3):
            client.send(b"XFAIL bad\r\n" * 20 + good)
            for _ in range(20):
                assert client.line() == b"-ERR Bad as asked"
            assert re.match(rb"\+OK|-ERR \[SYS/TEMP\]", client.line())
            if good.startswith(b"XBODY"):
                assert client.line().startswith(b"+OK 0 octets")
            elif good.startswith(b"CAPA"):
                client.multi()
        client.quit()


#
# Events
#

EXPORTER_23 = {
    "event_exporter log": {"format": "json", "transport": "log",
                           "format_args": "time-rfc3339"},
    "metric ours": {"exporter": "log",
                    "filter": "event=pop3_ext_command_finished"}}
EXPORTER_24 = {
    "event_exporter log": {"driver": "log", "format": "json",
                           "time_format": "rfc3339"},
    "metric ours": {"exporter": "log", "filter":
                    "event=pop3_ext_command_finished OR "
                    "event=pop3_command_finished"}}


def wait_events(server, count):
    """That many exported events."""
    pattern = re.compile(r"^.* stats: Info: (\{.*)$", re.MULTILINE)
    server.wait_log(r"(?s)(stats: Info: \{.*){%d}" % count)
    return [json.loads(text) for text in pattern.findall(server.log())]


def test_events(server):
    """Each command of ours sends an event with the fields that Dovecot's
    own pop3_command_finished has."""
    ours = server(plugin=PLUGIN, settings_23=EXPORTER_23,
                  settings_24=EXPORTER_24)
    steps = [  # what is sent, lines of reply, name, arguments, state
        (b"XTND TEST one  two\r\n", 1, "XTND TEST", "one  two", "OK"),
        (b"xfail failed\r\n", 1, "XFAIL", "failed", "ERR"),
        (b"XFAIL\r\n", 1, "XFAIL", "", "ERR"),
        (b"XFAIL bad\x01\r\n", 1, "XFAIL", "bad?", "ERR"),
        (b"XBODY\r\nabc\r\n.\r\n", 2, "XBODY", "", "OK"),
        (b"XWAIT msecs 0 failed\r\n", 1, "XWAIT", "msecs 0 failed", "ERR"),
        (b"XPIECES 1000 100\r\n", 1002, "XPIECES", "1000 100", "OK"),
    ]
    client = ours.login()
    sizes = []
    for sent, lines, *_ in steps:
        client.send(sent)
        reply = b"".join(client.line() + b"\r\n" for _ in range(lines))
        sizes.append((len(sent), len(reply)))
    assert client.command("STAT") == b"+OK 0 0"
    mark = ours.log_size()
    client.send(b"XWAIT msecs 600000\r\n")
    testmodule.wait_opened(ours, mark, "600000")
    ours.doveadm("kick", "alice", check=False)
    assert client.read_eof() == b""
    hosts_own = 1 if ours.host.is_24 else 0
    exported = wait_events(ours, len(steps) + 1 + hosts_own)
    events = [event["fields"] for event in exported
              if event["event"] == "pop3_ext_command_finished"]
    assert len(events) == len(steps) + 1
    for step, size, event in zip(steps, sizes, events):
        sent, _, name, args, state = step
        assert event["cmd_name"] == name
        assert event["cmd_input_name"] == sent.split()[0].decode()
        assert event["cmd_args"] == args
        assert event["reply_state"] == state
        assert (event["net_in_bytes"], event["net_out_bytes"]) == size
        assert event["user"] == "alice"
    assert events[-1]["cmd_name"] == "XWAIT"
    assert events[-1]["reply_state"] == "ABORTED"
    assert events[-1]["net_out_bytes"] == 0
    for event in exported:
        if event["event"] == "pop3_command_finished":
            assert set(event["fields"]) == set(events[0])


#
# Waiting
#

# What a session can be in the middle of: how it gets there.  None of these
# goes on by itself.
def _wait(server, client, name):
    """A command waits for something outside."""
    testmodule.Door(server, name)
    mark = server.log_size()
    client.send(b"XWAIT fifo door\r\n")
    testmodule.wait_opened(server, mark)


def _wait_half_closed(server, client, name):
    """The same, and the client has nothing more to say."""
    _wait(server, client, name)
    client.shutdown()


def _wait_pipelined(server, client, name):
    """The same, and the client has gone on sending."""
    _wait(server, client, name)
    client.send(b"NOOP\r\n" * 1000)


def _wait_behind_output(server, client, name):
    """The same, begun when the end of a long reply had been sent."""
    testmodule.Door(server, name)
    mark = server.log_size()
    client.send(b"XPIECES 300 100\r\nXWAIT fifo door\r\n")
    reply = testmodule.pieces(300, 100)
    assert client.read(len(reply)) == reply
    testmodule.wait_opened(server, mark)


def _body(server, client, name):
    """A body has begun, and does not go on."""
    del server, name
    client.send(b"XBODY\r\nHello")
    assert client.line() == b"+OK Send it"


def _output(server, client, name):
    """The client does not read a long reply of ours."""
    del server, name
    client.send(b"XPIECES 40000 500\r\n")
    wait_full(client)


def _host_output(server, client, name):
    """The client does not read a long reply of the host."""
    del server, name
    client.send(b"RETR 1\r\n")
    wait_full(client)


def _host_lists(server, client, name):
    """The client asks the host again and again, and reads no reply."""
    del server, name
    client.send(b"LIST\r\n" * 5000)
    wait_full(client)


def _replies(server, client, name):
    """The same; each command is done before the output is seen to be full."""
    del server, name
    client.send(b"CAPA\r\n" * 10000)
    wait_full(client)


def _idle(server, client, name):
    """A command has waited, and none runs."""
    door = testmodule.Door(server, name)
    mark = server.log_size()
    client.send(b"XWAIT fifo door\r\n")
    testmodule.wait_opened(server, mark)
    door.open()
    assert client.line() == b"+OK open"
    client.ok("NOOP")


def _wait_again(server, client, name):
    """A command waits, after one that has waited already."""
    _idle(server, client, name)
    mark = server.log_size()
    client.send(b"XWAIT fifo door\r\n")
    testmodule.wait_opened(server, mark)


MIDDLES = {"wait": _wait, "wait-half-closed": _wait_half_closed,
           "wait-pipelined": _wait_pipelined,
           "wait-behind-output": _wait_behind_output, "body": _body,
           "output": _output, "host-output": _host_output,
           "host-lists": _host_lists, "replies": _replies, "idle": _idle,
           "wait-again": _wait_again}
BIG = b"Subject: big\r\n\r\n" + b"x" * 76 * 1000 + (b"x" * 76 + b"\r\n") * 200000
MAIL = {"host-output": (BIG, 1), "host-lists": (MESSAGE, 200)}
# These may still be at it when their client sees no more coming.
FLOODS = ["host-lists", "replies"]


def fill(server, name, message, count):
    """Put a message into a user's mailbox so many times."""
    server.deliver(name, message)
    new = server.folder / "home" / name / "Maildir" / "new"
    (path,) = new.iterdir()
    for number in range(1, count):
        os.link(path, new / ("%d%s" % (number, path.name)))


@contextlib.contextmanager
def sessions(server, middles, security=None):
    """{middle: client}; each is logged in as a user of that name and in the
    middle of it."""
    clients = {}
    try:
        for middle in middles:
            kind = middle.removesuffix("-t")
            if kind in MAIL:
                fill(server, middle, *MAIL[kind])
            client = server.login(middle, security=security,
                                  receive_buffer=4096)
            clients[middle] = client
            MIDDLES[kind](server, client, middle)
        yield clients
    finally:
        for client in clients.values():
            client.close()


def cpu_seconds(pid):
    """Processor time of a process so far."""
    text = pathlib.Path("/proc/%d/schedstat" % pid).read_text()
    return int(text.split()[0]) / 1e9


@pytest.mark.plain
def test_waiting_takes_no_cpu(server):
    """While a command waits, for whatever, its process sleeps: not more than
    a hundredth of the time may go by in it."""
    middles = [middle for middle in MIDDLES if middle not in FLOODS]
    ours = server(plugin=PLUGIN, users=middles)
    with sessions(ours, middles):
        pids = {middle: session_pid(ours, middle) for middle in middles}
        assert len(set(pids.values())) == len(middles)
        before = {middle: cpu_seconds(pid) for middle, pid in pids.items()}
        time.sleep(1)
        used = {middle: cpu_seconds(pid) - before[middle]
                for middle, pid in pids.items()}
        assert max(used.values()) < 0.01, used


def test_half_closed_client_is_answered(server):
    """A client that sends all and closes its side gets all replies, those
    behind a waiting command too."""
    ours = server(plugin=PLUGIN)
    door = testmodule.Door(ours, "alice")
    with ours.login() as client:
        client.send(b"XTND TEST\r\nXWAIT fifo door\r\nSTAT\r\n"
                    b"XPIECES 500 100\r\nNOOP\r\n")
        client.shutdown()
        testmodule.wait_opened(ours)
        door.open()
        assert client.read_eof() == (
            b"+OK 0 words\r\n+OK open\r\n+OK 0 0\r\n" +
            testmodule.pieces(500, 100) + b"+OK\r\n")


@pytest.mark.plain
def test_throttling(server):
    """A client that does not read makes the server stop: it holds little of
    the reply in memory, and takes no more input."""
    ours = server(plugin=PLUGIN)
    with ours.login(receive_buffer=4096) as client:
        pid = session_pid(ours, "alice")

        def memory():
            status = pathlib.Path("/proc/%d/status" % pid).read_text()
            return int(re.search(r"VmRSS:\s+(\d+) kB", status).group(1))

        client.send(b"XPIECES 10 500\r\n")
        assert client.read(len(testmodule.pieces(10, 500)))
        before = memory()
        client.send(b"XPIECES 40000 500\r\nNOOP\r\nXTND TEST\r\n")
        wait_full(client)
        client.sock.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            while True:
                client.sock.send(b"NOOP\r\n" * 1000)
        assert memory() - before < 512


def test_throttled_replies_are_whole(server):
    """Nothing is lost or doubled when the client begins to read late."""
    wanted = (testmodule.pieces(40000, 500) + b"+OK\r\n+OK 0 words\r\n" +
              testmodule.pieces(3, 8))
    ours = server(plugin=PLUGIN)
    with ours.login() as client:
        client.send(b"XPIECES 40000 500\r\nNOOP\r\nXTND TEST\r\n"
                    b"XPIECES 3 8\r\n")
        wait_full(client)
        assert client.read(len(wanted)) == wanted
        client.quit()


#
# Segments
#

def data_segments(sock):
    """How many TCP segments with data have come in (struct tcp_info)."""
    info = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 192)
    return struct.unpack_from("I", info, 152)[0]


@pytest.mark.parametrize("command, lines", [
    (b"CAPA", None), (b"XTND TEST", 1), (b"XTND", 1), (b"XFAIL failed", 1),
    (b"XPIECES 30 60", 32), (b"XWAIT msecs 0", 1)])
def test_reply_is_one_segment(shared_server, command, lines):
    """A short reply, also of many lines, leaves the server as one segment."""
    with shared_server(plugin=PLUGIN).login() as client:
        client.command("NOOP")
        for count in range(1, 6):
            before = data_segments(client.sock)
            client.send_line(command)
            if lines is None:
                client.line()
                client.multi()
            else:
                for _ in range(lines):
                    client.line()
            assert data_segments(client.sock) - before == 1, count
        client.quit()


class Slow:
    """What is to be avoided: a server whose replies end in a second, small
    segment that waits for the first to be acknowledged."""

    def __init__(self, reply):
        self._reply = reply
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self):
        with self._listener.accept()[0] as sock:
            while sock.recv(100):
                sock.sendall(self._reply[:-5])
                sock.sendall(self._reply[-5:])

    def close(self):
        self._listener.close()
        self._thread.join()


def quickest(sock, command, size, rounds=15):
    """The quickest of some replies to a client that acknowledges late, in
    seconds."""
    took = []
    for _ in range(rounds):
        # The kernel falls back to quick acknowledgements by itself.
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 0)
        start = time.perf_counter()
        sock.sendall(command)
        left = size
        while left > 0:
            data = sock.recv(left)
            assert data
            left -= len(data)
        took.append(time.perf_counter() - start)
    return min(took)


# The last one is more than the server writes at once.
@pytest.mark.parametrize("lines", [5, 30, 100])
def test_no_wait_for_late_acknowledgement(shared_server, lines):
    """A client with delayed acknowledgements does not wait 40 ms for the end
    of a reply.  That it would be seen is shown with a server that makes it
    wait.  (The quickest of many counts: a busy machine makes some late.)"""
    wanted = testmodule.pieces(lines, 60)
    command = b"XPIECES %d 60\r\n" % lines
    slow = Slow(wanted)
    try:
        with socket.create_connection(("127.0.0.1", slow.port)) as sock:
            assert quickest(sock, command, len(wanted)) > 0.03
    finally:
        slow.close()
    with shared_server(plugin=PLUGIN).login() as client:
        assert quickest(client.sock, command, len(wanted)) < 0.03


#
# Ends from outside
#

# Time-outs pass so many times faster.
CLOCK = 60


@pytest.mark.plain    # libfaketime does not start under AddressSanitizer
def test_idle(server):
    """Ten idle minutes end a session, whatever it waits for; a body that
    goes on coming does not count as idle."""
    middles = ["wait", "body", "output"]
    ours = server(plugin=PLUGIN, clock=CLOCK,
                  users=middles + ["idle", "trickle"])
    idle = ours.login("idle")
    trickle = ours.login("trickle")
    trickle.send(b"XBODY\r\n")
    assert trickle.line() == b"+OK Send it"
    start = time.monotonic()
    sent = b""
    with sessions(ours, middles) as clients:
        ending = {idle.sock, clients["wait"].sock, clients["body"].sock}
        while ending:
            readable, _, _ = select.select(ending, [], [], 0.1)
            for sock in readable:
                if sock is idle.sock and not idle.buffer:
                    idle.buffer = sock.recv(4096)
                else:
                    assert sock.recv(4096) == b""
                    ending.remove(sock)
            assert time.monotonic() - start < 60
            trickle.send(b"x\r\n")
            sent += b"x\r\n"
        assert (time.monotonic() - start) * CLOCK > 590
        assert idle.buffer == b"-ERR Disconnected for inactivity.\r\n"
        ours.wait_log(r"pop3\(output\).*Disconnected: .* output")
        trickle.send(b".\r\n")
        assert trickle.line() == b"+OK " + testmodule.body_text(sent)
        trickle.quit()
    idle.close()
    log = ours.log()
    assert re.search(r"pop3\(wait\).*xwait: aborted", log)
    assert re.search(r"pop3\(body\).*xbody: aborted after 5 octets", log)
    for name in middles:
        assert re.search(r"pop3\(%s\).*Disconnected: Client has not read "
                         r"server output" % name, log)


SHUTDOWN = rb"-ERR \[SYS/TEMP\] Server (is )?shutting down\.\r\n"


@pytest.mark.plain    # libfaketime does not start under AddressSanitizer
@pytest.mark.parametrize("client_limit", [1, 10])
def test_shutdown(server, client_limit):
    """When Dovecot stops in the middle of a command, the command is told,
    and the client gets nothing that could be taken for its reply."""
    middles = ["wait", "wait-pipelined", "body", "output", "host-output"]
    ours = server(plugin=PLUGIN, users=middles + ["idle"], service_count=10,
                  client_limit=client_limit, process_limit=10 // client_limit,
                  clock=CLOCK)
    idle = ours.login("idle")
    with sessions(ours, middles) as clients:
        # Without a master, the processes give their clients half a minute.
        os.kill(ours.pid, signal.SIGTERM)
        assert re.fullmatch(SHUTDOWN, idle.read_eof())
        for middle in ("wait", "wait-pipelined", "body"):
            assert clients[middle].read_eof() == b""
        reply = clients["output"].read_eof()
        assert testmodule.pieces(40000, 500).startswith(reply)
    idle.close()
    ours.stop(keep=True)
    log = ours.log()
    assert len(re.findall("xwait: aborted", log)) == 2
    assert len(re.findall("xbody: aborted after 5 octets", log)) == 1
    assert len(re.findall(r"Disconnected: Server (?:is )?shutting down",
                          log)) == len(middles) + 1


def test_kick(server):
    """doveadm kick ends a session that waits, and no other."""
    ours = server(plugin=PLUGIN)
    doors = [testmodule.Door(ours, name) for name in ("alice", "bob")]
    with ours.login("alice") as alice, ours.login("bob") as bob:
        for client in (alice, bob):
            mark = ours.log_size()
            client.send(b"XWAIT fifo door\r\n")
            testmodule.wait_opened(ours, mark)
        ours.doveadm("kick", "alice")
        assert alice.read_eof() == b""
        ours.wait_log(r"pop3\(alice\).*xwait: aborted")
        doors[1].open()
        assert bob.line() == b"+OK open"
        bob.quit()


@pytest.mark.plain    # libfaketime does not start under AddressSanitizer
@pytest.mark.parametrize("client_limit", [1, 10])
def test_gone_client(server, client_limit):
    """A session whose connection is gone ends within a minute and gives its
    lock back, whatever it was in the middle of.  (A stock session with full
    output stays for ten.)"""
    clock = 4
    middles = [*FLOODS, "wait", "wait-pipelined", "output", "host-output",
               "body", "idle", "wait-again"]
    everyone = [name for middle in middles for name in (middle, middle + "-t")]
    everyone += ["lingering"]
    ours = server(plugin=PLUGIN, users=everyone, lock_session=True,
                  plugin_settings={"pop3_ext_implementation": "x" * 400},
                  service_count=100, client_limit=client_limit,
                  process_limit=100 // client_limit, clock=clock)
    with contextlib.ExitStack() as stack:
        clients = {}
        for security, names in ((None, middles),
                                ("pop3s", [name + "-t" for name in middles])):
            clients.update(stack.enter_context(
                sessions(ours, names, security=security)))
        lingering = clients["lingering"] = ours.login("lingering")
        testmodule.Door(ours, "lingering")
        mark = ours.log_size()
        lingering.send(b"XWAIT fifo door linger\r\n")
        testmodule.wait_opened(ours, mark)
        start = time.monotonic()
        for client in clients.values():
            client.reset()
    for name in everyone:
        ours.wait_log(r"pop3\(%s\).*Disconnected: " % re.escape(name))
        took = time.monotonic() - start
        assert took * clock < 60, (name, took)
    for name in everyone:
        with ours.login(name) as client:
            client.quit()


#
# Refused logins
#

REFUSAL = "[LOGIN-DELAY] Come back in 5 minutes"


def mail_files(server, name):
    """The files of a user's messages and what is in them."""
    folder = server.folder / "home" / name / "Maildir"
    return {str(path.relative_to(folder)): path.read_bytes()
            for path in folder.glob("*/*") if path.is_file()}


@pytest.mark.parametrize("security", [None, "starttls", "pop3s"])
@pytest.mark.parametrize("lock_session", [False, True])
@pytest.mark.parametrize("client_limit", [1, 10])
def test_refused_login(server, lock_session, security, client_limit):
    """A login that a module refuses gets one reply and the end of the
    connection; nothing that it asks for is done, nothing is changed,
    nothing stays locked, one line is logged."""
    ours = server(plugin=PLUGIN, lock_session=lock_session, start=False,
                  client_limit=client_limit, process_limit=4,
                  service_count=100)
    ours.user("alice").fields = {"test_refuse_login": REFUSAL}
    ours.write_users()
    ours.start()
    ours.deliver("alice", MESSAGE)
    before = mail_files(ours, "alice")
    with ours.login("bob") as bob:
        for behind in (b"", b"STAT\r\nRETR 1\r\nDELE 1\r\nQUIT\r\n"):
            mark = ours.log_size()
            with ours.connect(security) as client:
                client.ok("USER alice")
                client.send(b"PASS pw-alice\r\n" + behind)
                assert client.read_eof() == b"-ERR %s\r\n" % REFUSAL.encode()
            ours.wait_log(r"pop3\(alice\).*Disconnected", mark)
            (line,) = pop3_lines(ours, "alice", mark)
            assert "Info: Disconnected: Login refused: " + REFUSAL in line
        assert bob.command("STAT") == b"+OK 0 0"
        bob.quit()
    assert mail_files(ours, "alice") == before
    # The host logs the end of a session before it gives the lock back.
    end = time.monotonic() + 10
    while list((ours.folder / "home" / "alice").rglob("*session.lock")):
        assert time.monotonic() < end
        time.sleep(0.005)
    ours.user("alice").fields = {}
    ours.restart()
    with ours.login("alice") as client:
        assert client.stat()[0] == 1
        client.quit()


def test_refused_login_with_rawlog(server):
    """The same with the host's copy of all traffic in between."""
    ours = server(plugin=PLUGIN, rawlog=True, start=False)
    ours.user("alice").fields = {"test_refuse_login": REFUSAL}
    ours.write_users()
    ours.start()
    for _ in range(2):
        with ours.connect() as client:
            client.send(b"USER alice\r\nPASS pw-alice\r\nSTAT\r\n")
            assert client.line() == b"+OK"
            assert client.read_eof() == b"-ERR %s\r\n" % REFUSAL.encode()
    with ours.login("bob") as client:
        client.quit()
