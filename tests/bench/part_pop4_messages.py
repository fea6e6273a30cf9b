"""part_pop4_messages - POP4's messages and flags against Dovecot's IMAP,
which does the same work on the same mailbox.

The client is this process: its own time is in the wall time of both sides.
"""

import re
import socket
import time

from pop3ext import pop3

import mailboxes
import measure
import parts
from report import ratio_goal

POP4 = {"pop3_ext_pop4": "folders messages flags parts"}
SMALL = b"Subject: small\r\n\r\nText of a small message.\r\n"
STORED = 1000


class Talk:
    """One connection: commands and where their replies end."""

    def __init__(self, port):
        self._sock = socket.create_connection(("127.0.0.1", port))
        self._sock.settimeout(600)
        self._sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def read(self, end=b"\r\n", last_line=b""):
        """A reply: until it ends so, and its last line begins so."""
        data = bytearray()
        while not (data.endswith(end) and data[-600:].rstrip().split(
                b"\r\n")[-1].startswith(last_line)):
            block = self._sock.recv(1 << 20)
            if not block:
                raise parts.BenchError("connection closed: %r" % data[-200:])
            data += block
        if re.match(rb"-ERR|a (NO|BAD) ", data[-600:].rstrip().split(
                b"\r\n")[-1]):
            raise parts.BenchError("refused: %r" % bytes(data[-200:]))

    def send(self, data):
        """Raw bytes."""
        self._sock.sendall(data)

    def close(self):
        """Drop it."""
        self._sock.close()


class Pop(Talk):
    """POP4"""

    def __init__(self, srv, user):
        super().__init__(srv.ports["pop3"])
        self.read()
        self.line("USER " + user)
        self.line("PASS " + srv.user(user).password)
        self.line("STAT")

    def line(self, command):
        """A command with a reply of one line."""
        self.send(command.encode() + b"\r\n")
        self.read()

    def list(self, command):
        """A command with a list."""
        self.send(command.encode() + b"\r\n")
        self.read(b"\r\n.\r\n")

    def store(self, message):
        """STOR, and wait for both replies."""
        self.line("STOR INBOX")
        self.send(pop3.stuff(message))
        self.read()

    def quit(self):
        """QUIT to the end of the connection."""
        self.send(b"QUIT\r\n")
        self.read()
        self.close()


class Imap(Talk):
    """The same by IMAP"""

    def __init__(self, srv, user):
        super().__init__(srv.ports["imap"])
        self.read()
        self.line("LOGIN %s %s" % (user, srv.user(user).password))
        self.line("SELECT INBOX")

    def line(self, command):
        """A command with its replies."""
        self.send(b"a " + command.encode() + b"\r\n")
        self.read(last_line=b"a ")

    list = line

    def store(self, message):
        """APPEND with a synchronising literal."""
        self.send(b"a APPEND INBOX {%d}\r\n" % len(message))
        self.read()
        self.send(message + b"\r\n")
        self.read(last_line=b"a ")

    def quit(self):
        """LOGOUT to the end of the connection."""
        self.send(b"a LOGOUT\r\n")
        self.read(last_line=b"a ")
        self.close()


def measure_step(srv, work):
    """CPU and wall nanoseconds of work()."""
    before = srv.counter.settled(())
    start = time.monotonic_ns()
    work()
    wall = time.monotonic_ns() - start
    return srv.counter.settled(()) - before, wall


def _list(srv, homes, user):
    pop, imap = Pop(srv, user), Imap(srv, user)
    imap.list("FETCH 1:* (UID FLAGS RFC822.SIZE)")
    pop.list("LMSG")
    try:
        return [
            ("pop4", measure_step(srv, lambda: pop.list("LMSG"))),
            ("imap", measure_step(srv, lambda: imap.list(
                "FETCH 1:* (UID FLAGS RFC822.SIZE)")))]
    finally:
        pop.close()
        imap.close()


def _each(srv, homes, source, work):
    """work(session) once by each, on equal fresh mailboxes."""
    for kind, session_class in (("pop4", Pop), ("imap", Imap)):
        mailboxes.copy(homes, source, "c1")
        maker = Imap(srv, "c1")
        maker.line("CREATE Target")
        maker.line("FETCH 1:* (RFC822.SIZE)")
        maker.quit()
        session = session_class(srv, "c1")
        yield kind, measure_step(srv, lambda s=session: work(s))
        session.close()


def _copy(srv, homes, source):
    return list(_each(srv, homes, source,
                      lambda session: session.line("COPY 1:* Target")))


def _move(srv, homes, source):
    def work(session):
        session.line("MOVE 1:* Target")
        session.quit()
    return list(_each(srv, homes, source, work))


def _store(srv, homes, _):
    def work(session):
        for _ in range(STORED):
            session.store(SMALL)
    return list(_each(srv, homes, "c2", work))


def row(bench, srv, homes, name, goal, step, user):
    """A line of the table: step(srv, homes, user) in ten pairs."""
    samples = measure.Samples()
    for kind in ("pop4", "imap"):
        samples.begin_round(name, kind)
    for _ in range(3 if bench.quick else 10):
        for kind, (cpu, wall) in step(srv, homes, user):
            samples.add(name, kind, cpu, wall)
    ours, theirs = samples.cpu[name, "pop4"], samples.cpu[name, "imap"]
    cpu = measure.ratio(ours, theirs)
    wall = measure.ratio(samples.wall[name, "pop4"],
                         samples.wall[name, "imap"])
    bench.table.ratios(name, ours, theirs, cpu, wall,
                       [(goal, cpu), (goal, wall)])


def run(bench):
    """The whole part."""
    homes = mailboxes.make(bench.work / "pop4-homes", bench.quick)
    large, name = (("m10k", "10,000") if bench.quick else
                   ("m100k", "100,000"))
    srv = bench.server(parts.LONG, users=parts.USERS, plugin_settings=POP4,
                       protocols=("pop3", "imap"))
    srv.use_homes(homes)
    bench.table.title("POP4 : IMAP, messages and flags")
    with srv:
        row(bench, srv, homes, "LMSG : FETCH, %s messages" % name,
            ratio_goal("<= 1.0", 1.0), _list, large)
        row(bench, srv, homes, "COPY of 10,000", ratio_goal("<= 1.05", 1.05),
            _copy, "m10k")
        row(bench, srv, homes, "MOVE of 10,000, QUIT : MOVE, LOGOUT",
            ratio_goal("<= 1.05", 1.05), _move, "m10k")
        row(bench, srv, homes, "STOR : APPEND, %d messages" % STORED,
            ratio_goal("<= 1.05", 1.05), _store, "c2")
