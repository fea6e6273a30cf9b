"""mixes - random sessions of POP3 commands, the host's, ours and bad ones,
with what the server must answer; and ways to send them.

A Mix is made from a random.Random alone: the same seed makes the same one.
What the host answers is asked from a stock server once (Host)."""

import base64
import re
import select
import socket
import ssl

from . import pop3, testmodule

CRLF = b"\r\n"
BLOCK = 16384
# So many bad commands in a row are still borne, and one is kept in hand.
BAD_IN_A_ROW = 19
# No session takes longer, however slow it reads.
LIMIT = 60


class Host:
    """The replies of a stock server about one mailbox, by command."""

    FIXED = (b"STAT", b"LIST", b"UIDL", b"NOOP", b"RSET", b"CAPA", b"LIST 99",
             b"LIST x", b"RETR 0", b"RETR", b"TOP 1", b"TOP 99 1", b"UIDL 99",
             b"DELE 99", b"DELE x", b"XYZZY", b"", b" STAT", b"LAST",
             b"Noop x y", b"\xe4\xf6", b"RETRO 1", b"USER x", b"QUITE",
             b"X" * 1500, b"NOOP " + b"y" * 1900)

    def __init__(self, client):
        self.replies = {}
        for command in self.FIXED:
            self._ask(client, command)
        self.count = self.replies[b"LIST"].count(CRLF) - 2
        for number in range(1, self.count + 1):
            for command in (b"LIST %d", b"RETR %d", b"TOP %d 1", b"UIDL %d",
                            b"top %d 3"):
                self._ask(client, command % number)
        self._ask(client, b"DELE 1")
        self.deleted = self._ask(client, b"LIST 1")
        self._ask(client, b"RSET")
        self._ask(client, b"LIST 1")
        self.sizes = {number: int(self.replies[b"LIST %d" % number].split()[2])
                      for number in range(1, self.count + 1)}
        self._ask(client, b"QUIT")

    def _ask(self, client, command):
        client.send(command + CRLF)
        reply = client.line() + CRLF
        word = command.split(b" ")[0].upper()
        if reply.startswith(b"+OK") and (
                word in (b"RETR", b"TOP", b"CAPA") or
                command in (b"LIST", b"UIDL")):
            reply += client.multi_raw()
        self.replies[command] = reply
        return reply


class Mix:
    """One session.

    commands  [(what is sent, what must come back)]; the latter bytes, or a
              pattern for a line whose text is not known
    sent      [recipient, body] of the messages that the relay must get
    """

    def __init__(self, rng, host, capa, name, xmit=True):
        self._rng = rng
        self._host = host
        self._capa = capa
        self._name = name
        self._deleted = set()
        self._bad = 0
        self.commands = []
        self.sent = []
        kinds = [self._host_fixed] * 4 + [self._host_message] * 4 + [
            self._dele, self._rset, self._own_line, self._own_line,
            self._pieces, self._wait, self._body, self._own_capa,
            self._unknown, self._unknown]
        if xmit:
            kinds += [self._xmit, self._xmit, self._xmit_bad]
        for _ in range(rng.randint(1, 14)):
            rng.choice(kinds)()
            if self._bad >= BAD_IN_A_ROW:
                self._say(b"NOOP", host.replies[b"NOOP"])
        if self._deleted:
            self._rset()
        self.ends_by_quit = rng.random() < 0.8
        if self.ends_by_quit:
            self._say(b"QUIT", host.replies[b"QUIT"])

    def _say(self, command, reply, bad=False):
        self.commands.append((command + CRLF, reply))
        self._bad = self._bad + 1 if bad else 0

    # The host's commands.

    def _host_fixed(self):
        command = self._rng.choice(self._host.FIXED)
        reply = self._host.replies[command]
        if command == b"CAPA":
            reply = self._capa
        elif command == b"STAT":
            left = [size for number, size in self._host.sizes.items()
                    if number not in self._deleted]
            reply = b"+OK %d %d\r\n" % (len(left), sum(left))
        elif command in (b"LIST", b"UIDL"):
            reply = self._list(command)
        elif command == b"RSET":
            self._deleted.clear()
        self._say(command, reply, bad=not reply.startswith(b"+OK"))

    def _list(self, command):
        head, *lines = self._host.replies[command].split(CRLF)[:-2]
        lines = [line for line in lines
                 if int(line.split()[0]) not in self._deleted]
        head = re.sub(rb"\d+ messages", b"%d messages" % len(lines), head)
        return CRLF.join([head] + lines + [b".", b""])

    def _host_message(self):
        number = self._rng.randint(1, self._host.count)
        command = self._rng.choice([b"LIST %d", b"RETR %d", b"RETR %d",
                                    b"TOP %d 1", b"UIDL %d", b"top %d 3"])
        command = command % number
        if number in self._deleted:
            self._say(command, self._host.deleted, bad=True)
        else:
            self._say(command, self._host.replies[command])

    def _dele(self):
        number = self._rng.randint(1, self._host.count)
        if number in self._deleted:
            self._say(b"DELE %d" % number, self._host.deleted, bad=True)
        else:
            self._deleted.add(number)
            self._say(b"DELE %d" % number, self._host.replies[b"DELE 1"])

    def _rset(self):
        self._deleted.clear()
        self._say(b"RSET", self._host.replies[b"RSET"])

    def _unknown(self):
        word = b"X%05X" % self._rng.randrange(2 ** 20)
        self._say(word, b"-ERR Unknown command: %s\r\n" % word, bad=True)

    # Ours.

    def _own_capa(self):
        self._say(self._rng.choice([b"CAPA", b"capa", b"CAPA x"]), self._capa)

    def _own_line(self):
        command, reply, bad = self._rng.choice([
            (b"XTND", b"-ERR Unknown command: XTND", True),
            (b"XTND FOO", b"-ERR Unknown command: XTND FOO", True),
            (b"XTND XMIT x", b"-ERR Usage: XTND XMIT", True),
            (b"xtnd test", b"+OK 0 words", False),
            (b"XTND TEST a b", b"+OK 2 words", False),
            (b"XTND TEST a b c", b"-ERR Usage: XTND TEST [word [word]]", True),
            (b"XFAIL bad", b"-ERR Bad as asked", True),
            (b"XFAIL check", b"-ERR Refused before it ran", True),
            (b"XFAIL failed", b"-ERR [SYS/TEMP] Failed as asked", False),
            (b"XPIECES 1", b"-ERR Usage: XPIECES lines size", True),
            (b"XBODY a b", b"-ERR Usage: XBODY [result]", True),
        ])
        self._say(command, reply + CRLF, bad)

    def _pieces(self):
        lines = self._rng.choice([0, 1, 10, 100, 100, 2000])
        size = self._rng.randint(8, 100)
        self._say(b"XPIECES %d %d" % (lines, size),
                  testmodule.pieces(lines, size))

    def _result(self):
        """An argument for the result, the reply's start, is it bad?"""
        return self._rng.choice([
            (b"", b"+OK ", False), (b" ok", b"+OK ", False),
            (b" bad", b"-ERR ", True),
            (b" failed", b"-ERR [SYS/TEMP] ", False)])

    def _wait(self):
        argument, reply, bad = self._result()
        self._say(b"XWAIT msecs %d%s" % (self._rng.randint(0, 3), argument),
                  reply + b"time\r\n", bad)

    def _message_body(self, fill=b"abc .\xe4"):
        """Lines with and without dots, short and long."""
        rng = self._rng
        lines = []
        for _ in range(rng.choice([0, 1, 3, 10, 200])):
            length = rng.choice([0, 1, 2, 76, 76, 76, 998, 3000, 9000])
            start = rng.choice([b"", b"", b".", b"..", b". "])
            lines.append(start + fill[rng.randrange(len(fill)):
                                      ][:1] * length + CRLF)
        return b"".join(lines)

    def _body(self):
        argument, reply, bad = self._result()
        body = self._message_body()
        wire = re.sub(rb"(?m)^\.", b"..", body) + b".\r\n"
        self.commands.append((
            b"XBODY" + argument + CRLF + wire,
            b"+OK Send it\r\n" + reply + testmodule.body_text(body) + CRLF))
        self._bad = self._bad + 1 if bad else 0

    def _xmit(self):
        to = b"to-%d@example.test" % self._rng.randrange(1000)
        body = self._message_body(b"abc .")
        self._transmit(b"To: %s\r\nX-Mix: %d\r\n" % (to, len(self.sent)), body,
                       re.compile(rb"\+OK Start [^\r\n]+\r\n"
                                  rb"\+OK Message sent \(250 [^\r\n]+\)\r\n"))
        self._bad = 0
        self.sent.append((to, body))

    def _xmit_bad(self):
        head, body, reply, bad = self._rng.choice([
            (b"Subject: to nobody\r\n", b"x\r\n", rb"No recipient: .*", True),
            (b"To: a@example.test\r\n", b"a\0b\r\n", rb".* NUL .*", True),
            (b"To: @@\r\n", b"", rb"Bad address .*", True),
            (b"To: a@example.test\r\n", b"x" * 70000 + CRLF, rb".* line .*",
             True),
            (b"To: refused@example.test, a@example.test\r\n", b"x\r\n",
             rb"\[SYS/PERM\] .*refused@example\.test.*", False),
            (b"To: later@example.test\r\n", b"x\r\n" * 1000,
             rb"\[SYS/TEMP\] .*later@example\.test.*", False),
        ])
        self._transmit(head, body, re.compile(
            rb"\+OK Start [^\r\n]+\r\n-ERR " + reply + rb"\r\n"))
        self._bad = self._bad + 1 if bad else 0

    def _transmit(self, head, body, reply):
        wire = re.sub(rb"(?m)^\.", b"..", head + CRLF + body) + b".\r\n"
        self.commands.append((b"XTND XMIT\r\n" + wire, reply))

    # As a whole.

    @property
    def wire(self):
        """All that is sent after the login."""
        return b"".join(command for command, _ in self.commands)

    def check(self, replies):
        """Complain of the first octet that is not as it has to be."""
        position = 0
        for command, wanted in self.commands:
            what = "after %r" % command[:80]
            if isinstance(wanted, bytes):
                got = replies[position:position + len(wanted)]
                if got != wanted:
                    raise AssertionError("%s: %r instead of %r" %
                                         ((what,) + _around(got, wanted)))
                position += len(wanted)
            else:
                match = wanted.match(replies, position)
                if match is None:
                    raise AssertionError("%s: %r" % (
                        what, replies[position:position + 200]))
                position = match.end()
        if replies[position:]:
            raise AssertionError("at the end: %r" %
                                 replies[position:position + 200])


def _around(got, wanted):
    """Both from a little before their first difference."""
    same = 0
    while same < min(len(got), len(wanted)) and got[same] == wanted[same]:
        same += 1
    start = max(0, same - 20)
    return got[start:same + 60], wanted[start:same + 60]


def cut(rng, data, how):
    """The writes that data is sent in."""
    if how == "bytes":
        return [data[n:n + 1] for n in range(len(data))]
    if how == "chunks":
        cuts = sorted(rng.randrange(len(data) + 1)
                      for _ in range(rng.randint(1, 12)))
        edges = [0] + cuts + [len(data)]
        return [data[a:b] for a, b in zip(edges, edges[1:]) if a < b]
    return [data]


def exchange(client, writes, slow, half_close):
    """Send the writes and read until the server closes; neither waits for
    the other.  slow: little at a time, and only when nothing can be sent."""
    sock = client.sock
    sock.setblocking(False)
    out, received = list(reversed(writes)), [client.buffer]
    client.buffer = b""
    while True:
        wanted = [sock] if out else []
        readable, writable, _ = select.select([sock], wanted, [], LIMIT)
        if not readable and not writable:
            raise AssertionError("nothing happens any more")
        try:
            if writable:
                _send_some(sock, out)
                if not out and half_close:
                    sock.shutdown(socket.SHUT_WR)
            if readable and not (slow and writable):
                data = sock.recv(700 if slow else BLOCK)
                if not data:
                    return b"".join(received)
                received.append(data)
        except (BlockingIOError, ssl.SSLWantReadError,
                ssl.SSLWantWriteError):
            pass


def _send_some(sock, out):
    data = out.pop()
    try:
        sent = sock.send(data)
    except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
        sent = 0
    if sent < len(data):
        out.append(data[sent:])


def play(mix, rng, server, name):
    """A session in which the mix is sent in a way of its own; returns the
    way and all replies after the login's."""
    security = rng.choice([None, None, None, "starttls", "pop3s"])
    how = rng.choice(["one", "chunks", "bytes", "login", "half"])
    auth = rng.choice(["PASS", "AUTH"])
    slow = rng.random() < 0.15
    if how == "bytes" and len(mix.wire) > 3000:
        how = "chunks"
    way = "%s, %s, %s%s" % (security, auth, how, ", slow" if slow else "")
    password = server.user(name).password.encode()
    with pop3.Client(server.ports["pop3s" if security == "pop3s" else "pop3"],
                     security=security,
                     receive_buffer=4096 if slow else None) as client:
        if auth == "PASS":
            client.ok("USER " + name)
            line = b"PASS " + password + CRLF
        else:
            line = b"AUTH PLAIN %s\r\n" % base64.b64encode(
                b"\0%s\0%s" % (name.encode(), password))
        wire = mix.wire
        if how == "login":
            writes = [line + wire]
        elif how == "half":
            # Cut somewhere around the end of the login's line.
            data = line + wire
            at = rng.randint(max(1, len(line) - 10),
                             min(len(data), len(line) + 60))
            writes = [data[:at], data[at:]] if at < len(data) else [data]
        else:
            client.send(line)
            client.buffer = client.line() + CRLF
            writes = cut(rng, wire, how)
        # Only a plain connection can be closed on one side.
        if not mix.ends_by_quit and security is not None:
            writes.append(b"QUIT\r\n")
        replies = exchange(client, writes, slow, not mix.ends_by_quit and
                           security is None)
    head = b"+OK Logged in.\r\n"
    if not replies.startswith(head):
        raise AssertionError("%s: login: %r" % (way, replies[:200]))
    replies = replies[len(head):]
    if not mix.ends_by_quit and security is not None:
        end = b"+OK Logging out.\r\n"
        if not replies.endswith(end):
            raise AssertionError("%s: end: %r" % (way, replies[-200:]))
        replies = replies[:-len(end)]
    return way, replies
