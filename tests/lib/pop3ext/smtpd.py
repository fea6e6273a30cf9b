"""smtpd - a scripted SMTP server on loopback.

It answers like a well-behaved relay until told otherwise.  Each stage of a
connection can be given another answer:

    relay = Relay(capabilities=["PIPELINING", "8BITMIME"])
    relay.on("RCPT", reply("550 5.1.1 no such user"), match=rb"bob@")
    relay.on("final", drop(), times=1)

Stages: connect, EHLO (HELO too), STARTTLS, AUTH, XCLIENT, MAIL, RCPT, DATA,
BDAT, body, final, RSET, QUIT, and any other command by its name.  What was
received is recorded byte for byte: .transactions holds the messages that the
relay answered after their last byte, .aborted those that ended before.
"""

import base64
import hashlib
import re
import select
import socket
import struct
import threading

LOCALHOST = "127.0.0.1"
# No test waits longer than this for anything: a lost client must not keep a
# thread.
LIMIT = 300


# Actions.  An action is called with the session and its stage's normal reply
# (bytes); what it returns is sent, None ends the connection.

def reply(text):
    """Answer with this instead; a list of lines is a multi-line reply (the
    code stands on the first line only)."""
    def act(session, normal):
        del session, normal
        lines = [text] if isinstance(text, (str, bytes)) else list(text)
        lines = [line if isinstance(line, bytes) else line.encode("utf-8")
                 for line in lines]
        code = lines[0][:3]
        rest = [lines[0][4:]] + lines[1:]
        return b"".join(code + (b" " if number == len(rest) - 1 else b"-") +
                        line + b"\r\n" for number, line in enumerate(rest))
    return act


def raw(data):
    """Send these bytes as they are."""
    def act(session, normal):
        del session, normal
        return data
    return act


def garbage(size=200):
    """Bytes that are no SMTP reply."""
    return raw(bytes((n * 7 + 3) % 251 for n in range(size)) + b"\r\n")


def drop():
    """Close the connection without an answer."""
    def act(session, normal):
        del session, normal
    return act


def reset():
    """End the connection by an RST."""
    def act(session, normal):
        del normal
        session.linger_reset()
    return act


def say_and_drop(text):
    """Answer with this, then close (as a 421 does)."""
    def act(session, normal):
        session.send(reply(text)(session, normal))
    return act


def hang():
    """No answer, connection open, until the client closes or the relay
    is stopped."""
    def act(session, normal):
        del normal
        session.wait_closed()
    return act


class Hold:
    """An action that waits for release() and then goes on as usual.
    .reached is set when the first session stands there."""

    def __init__(self):
        self.reached = threading.Event()
        self._go = threading.Event()

    def release(self):
        """Go on."""
        self._go.set()

    def __call__(self, session, normal):
        self.reached.set()
        if not self._go.wait(LIMIT):
            return None
        return normal


class _Rule:
    def __init__(self, stage, action, match, times, skip, after):
        self.stage = stage
        self.action = action
        self.match = re.compile(match) if match is not None else None
        self.times = times
        self.skip = skip
        self.after = after


class Recipient:
    """One RCPT command."""

    def __init__(self, address, params, code):
        self.address = address      # bytes, without the <>
        self.params = params        # bytes after the path
        self.code = code            # of the reply

    def __repr__(self):
        return "<%s %s>" % (self.address.decode("utf-8", "replace"),
                            self.code)


class Transaction:
    """From MAIL to the reply after the last byte of data."""

    def __init__(self, session, sender, params):
        self.connection = session.number
        self.ehlo = session.ehlo
        self.tls = session.tls
        self.login = session.login
        self.xclient = dict(session.xclient)
        self.sender = sender        # bytes, without the <>
        self.params = params        # bytes after the path
        self.recipients = []
        self.data = b""             # un-stuffed, with the last CRLF
        self.wire = b""             # as it came, with the dot line
        self.size = 0               # of data
        self.sha256 = None          # of data
        self.code = None            # of the last reply; None: none was sent
        self.bdat = []              # sizes of the BDAT chunks

    @property
    def accepted(self):
        """Addresses of the accepted recipients."""
        return [recipient.address for recipient in self.recipients
                if recipient.code < 300]


class _End(Exception):
    """The connection is over."""


class _Session(threading.Thread):
    """One connection."""

    def __init__(self, relay, sock, number):
        super().__init__(daemon=True)
        self.relay = relay
        self.sock = sock
        self.number = number
        self.buffer = bytearray()
        self.commands = []          # command lines, without CRLF
        self.ehlo = None
        self.tls = False
        self.login = None
        self.xclient = {}
        self.transaction = None
        self.ended_by_quit = False
        self.ended = False

    # Bytes.

    def send(self, data):
        try:
            self.sock.sendall(data)
        except OSError:
            raise _End() from None

    def fill(self):
        try:
            data = self.sock.recv(262144)
        except (OSError, ValueError):
            data = b""
        if not data:
            raise _End()
        self.buffer += data

    def line(self):
        while b"\n" not in self.buffer:
            self.fill()
        end = self.buffer.index(b"\n") + 1
        line = bytes(self.buffer[:end])
        del self.buffer[:end]
        return line[:-2] if line.endswith(b"\r\n") else line

    def wait_closed(self):
        """Read and forget until the client closes."""
        try:
            while True:
                self.fill()
                self.buffer.clear()
        except _End:
            return

    def wait_shut(self):
        """Wait without reading until drop_connections(): a client that
        closes is not seen behind what it has sent before."""
        poll = select.poll()
        poll.register(self.sock, select.POLLRDHUP)
        poll.poll(LIMIT * 1000)

    def linger_reset(self):
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                             struct.pack("ii", 1, 0))

    # The script.

    def decide(self, stage, normal, subject=b""):
        """The stage's reply and its code.  Ends the connection when the
        script says so."""
        rule = self.relay.rule(stage, subject)
        data = normal if rule is None else rule.action(self, normal)
        if data is None:
            raise _End()
        return data, int(data[:3]) if data[:3].isdigit() else 0

    def answer(self, stage, normal, subject=b""):
        """Send the stage's reply; returns its code."""
        data, code = self.decide(stage, normal, subject)
        self.send(data)
        return code

    # The protocol.

    def run(self):
        try:
            self.sock.settimeout(LIMIT)
            if self.relay.tls == "smtps":
                self.start_tls()
            self.answer("connect", b"220 %s ESMTP\r\n" % self.relay.name)
            while True:
                self.command(self.line())
        except _End:
            pass
        except Exception as error:      # shown to the test, see Relay.stop
            self.relay.failures.append(error)
        finally:
            self.abort()
            self.close()

    def close(self):
        try:
            self.sock.close()
        except OSError:
            pass
        self.relay.session_ended(self)

    def abort(self):
        if self.transaction is not None:
            self.relay.record(self.transaction, done=False)
            self.transaction = None

    def start_tls(self):
        try:
            self.sock = self.relay.context.wrap_socket(self.sock,
                                                       server_side=True)
        except OSError:
            raise _End() from None
        self.tls = True

    def command(self, line):
        self.relay.saw(self, line)
        verb, _, args = line.partition(b" ")
        verb = verb.upper().decode("latin-1")
        handler = getattr(self, "do_" + verb, None)
        if handler is None:
            self.answer(verb, b"500 5.5.2 unknown command\r\n", args)
        else:
            handler(args)

    def do_EHLO(self, args):
        self.abort()
        self.ehlo = args
        lines = [self.relay.name] + self.relay.offered(self)
        normal = b"".join(b"250" + (b" " if last else b"-") + text + b"\r\n"
                          for text, last in
                          zip(lines, [False] * (len(lines) - 1) + [True]))
        self.answer("EHLO", normal, args)

    def do_HELO(self, args):
        self.abort()
        self.ehlo = args
        self.answer("EHLO", b"250 %s\r\n" % self.relay.name, args)

    def do_STARTTLS(self, args):
        code = self.answer("STARTTLS", b"220 2.0.0 go ahead\r\n", args)
        if code == 220:
            # What came before the handshake is not part of it.
            self.buffer.clear()
            self.start_tls()

    def do_AUTH(self, args):
        words = args.split()
        mechanism = words[0].upper() if words else b""
        response = words[1] if len(words) > 1 else None
        normal = b"504 5.5.4 unknown mechanism\r\n"
        if mechanism == b"PLAIN":
            if response is None:
                self.send(b"334 \r\n")
                response = self.line()
            parts = base64.b64decode(response).split(b"\0")
            user, password = parts[1], parts[2]
        elif mechanism == b"LOGIN":
            if response is None:
                self.send(b"334 VXNlcm5hbWU6\r\n")
                response = self.line()
            user = base64.b64decode(response)
            self.send(b"334 UGFzc3dvcmQ6\r\n")
            password = base64.b64decode(self.line())
        if mechanism in (b"PLAIN", b"LOGIN"):
            known = self.relay.users.get(user.decode())
            if known is not None and known.encode() == password:
                normal = b"235 2.7.0 welcome\r\n"
            else:
                normal = b"535 5.7.8 wrong name or password\r\n"
        if self.answer("AUTH", normal, args) == 235:
            self.login = user.decode()

    def do_XCLIENT(self, args):
        code = self.answer("XCLIENT",
                           b"220 %s ESMTP\r\n" % self.relay.name, args)
        if code == 220:
            for pair in args.split():
                name, _, value = pair.partition(b"=")
                self.xclient[name.decode().upper()] = value.decode()

    def do_MAIL(self, args):
        match = re.match(rb"(?i)FROM: *<([^>]*)> *(.*)", args)
        normal = b"250 2.1.0 ok\r\n"
        if match is None:
            normal = b"501 5.5.4 syntax\r\n"
        elif self.transaction is not None:
            normal = b"503 5.5.1 nested MAIL\r\n"
        code = self.answer("MAIL", normal, args)
        if code == 250 and match is not None:
            self.transaction = Transaction(self, match[1], match[2])

    def do_RCPT(self, args):
        match = re.match(rb'(?i)TO: *<((?:"(?:[^"\\]|\\.)*"|[^>"])*)> *(.*)',
                         args)
        normal = b"250 2.1.5 ok\r\n"
        if self.transaction is None:
            normal = b"503 5.5.1 no MAIL\r\n"
        elif match is None:
            normal = b"501 5.5.4 syntax\r\n"
        code = self.answer("RCPT", normal, args)
        if self.transaction is not None and match is not None:
            self.transaction.recipients.append(
                Recipient(match[1], match[2], code))

    def do_DATA(self, args):
        transaction = self.transaction
        normal = b"354 go ahead\r\n"
        if transaction is None:
            normal = b"503 5.5.1 no MAIL\r\n"
        elif not transaction.accepted:
            normal = b"554 5.5.1 no valid recipients\r\n"
        if self.answer("DATA", normal, args) != 354:
            return
        rule = self.relay.rule("body", b"")
        self.read_dot(transaction, rule)
        self.final(transaction)

    def read_dot(self, transaction, rule):
        """Take in data up to CRLF.CRLF, and nothing else, in pieces."""
        taker = _DotReader()
        received = 0
        keep = self.relay.keep_data
        digest = hashlib.sha256()
        data, wire = bytearray(), bytearray()
        try:
            while not taker.done:
                if rule is not None and received >= rule.after:
                    action, rule = rule.action, None
                    answer = action(self, b"")
                    if answer is None:
                        raise _End()
                    self.send(answer)
                if not self.buffer:
                    self.fill()
                piece = bytes(self.buffer)
                if rule is not None:
                    piece = piece[:max(rule.after - received, 1)]
                plain, used = taker.feed(piece)
                del self.buffer[:used]
                received += used
                transaction.size += len(plain)
                digest.update(plain)
                if keep:
                    data += plain
                    wire += piece[:used]
        finally:
            transaction.data = bytes(data)
            transaction.wire = bytes(wire)
            transaction.sha256 = digest.hexdigest()

    def do_BDAT(self, args):
        words = args.split()
        size = int(words[0])
        last = len(words) > 1 and words[1].upper() == b"LAST"
        received = 0
        data = bytearray()
        while received < size:
            if not self.buffer:
                self.fill()
            piece = bytes(self.buffer[:size - received])
            del self.buffer[:len(piece)]
            received += len(piece)
            data += piece
        transaction = self.transaction
        if transaction is None or not transaction.accepted:
            self.answer("BDAT", b"503 5.5.1 no recipients\r\n", args)
            return
        transaction.bdat.append(size)
        transaction.size += size
        if self.relay.keep_data:
            transaction.data += bytes(data)
        if last:
            self.final(transaction)
        else:
            self.answer("BDAT", b"250 2.0.0 ok\r\n", args)

    def final(self, transaction):
        """The reply after the last byte; recorded also when the script
        keeps it back, and before it is sent, so that whoever has seen the
        reply finds the record."""
        self.transaction = None
        data = b""
        try:
            data, transaction.code = self.decide(
                "final", b"250 2.0.0 queued as %d\r\n" %
                self.relay.next_queue_id())
        finally:
            self.relay.record(transaction, done=True)
        self.send(data)

    def do_RSET(self, args):
        self.abort()
        self.answer("RSET", b"250 2.0.0 ok\r\n", args)

    def do_NOOP(self, args):
        self.answer("NOOP", b"250 2.0.0 ok\r\n", args)

    def do_QUIT(self, args):
        self.ended_by_quit = True
        self.answer("QUIT", b"221 2.0.0 bye\r\n", args)
        raise _End()


class _DotReader:
    """Un-stuffs data; CRLF.CRLF and nothing else ends it."""

    _END = b"\r\n.\r\n"

    def __init__(self):
        self.done = False
        # Data begins as if after a line end, which is not part of it.
        self._held = b"\r\n"
        self._skip = 2

    def feed(self, piece):
        """(un-stuffed data, how many bytes of the piece were used)."""
        text = self._held + piece
        end = text.find(self._END)
        if end >= 0:
            self.done = True
            body, used = text[:end + 2], end + 5 - len(self._held)
        else:
            # What may turn out to be the end is held back; so every CRLF.
            # in the rest is a stuffed dot.
            keep = next(size for size in (4, 3, 2, 1, 0)
                        if text.endswith(self._END[:size]))
            used = len(piece)
            body, self._held = text[:len(text) - keep], text[len(text) - keep:]
        plain = body.replace(b"\r\n.", b"\r\n")
        plain, self._skip = (plain[self._skip:],
                             max(self._skip - len(plain), 0))
        return plain, used


class Relay:
    """The server: listens from the moment it is made.

    port          0: any free one (see .port)
    capabilities  EHLO lines beside those that follow from the other
                  arguments: "PIPELINING", "8BITMIME", "SIZE 1000", "CHUNKING",
                  "SMTPUTF8", ...
    tls           None, "starttls" or "smtps", with certificate a
                  tls.Certificate
    users         {name: password}: AUTH PLAIN LOGIN is offered (on a TLS
                  relay only after the handshake)
    xclient       attributes offered, as "ADDR LOGIN"; None: none
    keep_data     False: only size and sha256 of messages are kept
    """

    def __init__(self, port=0, capabilities=("PIPELINING", "8BITMIME"),
                 tls=None, certificate=None, users=None, xclient=None,
                 name="relay.test", keep_data=True, address=LOCALHOST,
                 receive_buffer=None):
        self.address = address
        self.name = name.encode()
        self.capabilities = [text.encode() for text in capabilities]
        self.tls = tls
        self.context = None if tls is None else certificate.server_context()
        self.users = dict(users or {})
        self.xclient = xclient
        self.keep_data = keep_data
        self.transactions = []
        self.aborted = []
        self.connections = []       # every _Session, in order
        self.failures = []
        self.stopping = threading.Event()
        self._rules = []
        self._queue_id = 0
        self._changed = threading.Condition()
        self._receive_buffer = receive_buffer
        self._listener = None
        self._acceptor = None
        self.port = port
        self.listen()

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        self.stop()

    @property
    def host_port(self):
        """For a setting."""
        if ":" in self.address:
            return "[%s]:%d" % (self.address, self.port)
        return "%s:%d" % (self.address, self.port)

    # The script.

    def on(self, stage, action, match=None, times=None, skip=0, after=0):
        """From now on: `action` at this stage, when its argument matches
        (bytes regex), for `times` uses (None: always) after `skip` other
        ones.  Stage "body": when `after` bytes of data have come.  The
        newest rule wins.  Returns the action."""
        if stage not in ("connect", "body", "final"):
            stage = stage.upper()
        with self._changed:
            self._rules.insert(0, _Rule(stage, action, match, times, skip,
                                        after))
        return action

    def normal(self):
        """Forget all rules."""
        with self._changed:
            self._rules.clear()

    def rule(self, stage, subject):
        """The rule for a stage, used up by asking."""
        with self._changed:
            for rule in self._rules:
                if rule.stage != stage or rule.times == 0:
                    continue
                if rule.match is not None and not rule.match.search(subject):
                    continue
                if rule.skip > 0:
                    rule.skip -= 1
                    continue
                if rule.times is not None:
                    rule.times -= 1
                return rule
        return None

    def offered(self, session):
        """The EHLO lines after the first."""
        lines = list(self.capabilities)
        if self.tls == "starttls" and not session.tls:
            lines.append(b"STARTTLS")
        elif self.users:
            lines.append(b"AUTH PLAIN LOGIN")
        if self.xclient is not None:
            lines.append(b"XCLIENT " + self.xclient.encode())
        return lines

    # Listening.

    def listen(self):
        """Listen (again) on the port."""
        family = socket.AF_INET6 if ":" in self.address else socket.AF_INET
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if self._receive_buffer is not None:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF,
                                self._receive_buffer)
        listener.bind((self.address, self.port))
        listener.listen(50)
        self.port = listener.getsockname()[1]
        self._listener = listener
        self._acceptor = threading.Thread(target=self._accept,
                                          args=(listener,), daemon=True)
        self._acceptor.start()

    def refuse(self):
        """Close the port: connections are refused until listen()."""
        if self._listener is not None:
            # shutdown wakes the thread in accept.
            self._listener.shutdown(socket.SHUT_RDWR)
            self._acceptor.join(LIMIT)
            self._listener.close()
            self._listener = None

    def _accept(self, listener):
        while True:
            try:
                sock, _ = listener.accept()
            except OSError:
                return
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._changed:
                session = _Session(self, sock, len(self.connections))
                self.connections.append(session)
                self._changed.notify_all()
            session.start()

    def drop_connections(self):
        """Close all open connections."""
        for session in list(self.connections):
            try:
                session.sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def stop(self):
        """Stop; raises what went wrong inside."""
        self.stopping.set()
        for rule in self._rules:
            if isinstance(rule.action, Hold):
                rule.action.release()
        self.refuse()
        self.drop_connections()
        for session in self.connections:
            if session.is_alive():
                session.join(10)
        if self.failures:
            raise self.failures[0]

    # Records.

    def next_queue_id(self):
        """For "queued as"."""
        with self._changed:
            self._queue_id += 1
            return self._queue_id

    def record(self, transaction, done):
        """Keep a transaction."""
        with self._changed:
            (self.transactions if done else self.aborted).append(transaction)
            self._changed.notify_all()

    def saw(self, session, line):
        """A session has got a command."""
        with self._changed:
            session.commands.append(line)
            self._changed.notify_all()

    def session_ended(self, session):
        """A session's thread is about to end."""
        with self._changed:
            session.ended = True
            self._changed.notify_all()

    def open_connections(self):
        """How many connections are open."""
        return sum(1 for session in self.connections if not session.ended)

    def wait(self, condition, timeout=20):
        """Wait until condition(relay) holds."""
        with self._changed:
            if not self._changed.wait_for(lambda: condition(self), timeout):
                raise AssertionError("the relay did not see what was "
                                     "waited for; connections: %s" %
                                     [session.commands for session in
                                      self.connections])

    def wait_transactions(self, count, timeout=20):
        """Wait for that many finished transactions and return them."""
        self.wait(lambda relay: len(relay.transactions) >= count, timeout)
        return self.transactions

    def wait_aborted(self, count=1, timeout=20):
        """Wait for that many aborted transactions and return them."""
        self.wait(lambda relay: len(relay.aborted) >= count, timeout)
        return self.aborted

    def wait_idle(self, timeout=20):
        """Wait until all connections are closed."""
        self.wait(lambda relay: relay.open_connections() == 0, timeout)
