"""pop3 - a POP3 client that shows and sends exactly the bytes on the wire.

Not poplib: that one cuts long lines, strips CRs and holds messages whole.
"""

import base64
import hashlib
import re
import socket

from . import tls

CRLF = b"\r\n"


def _bytes(text):
    return text if isinstance(text, bytes) else text.encode("utf-8")


def stuff(message):
    """A message as it goes on the wire: lines beginning with a dot get one
    more, the end is CRLF.CRLF.  Line ends are not changed."""
    wire = re.sub(rb"(\A|\r\n)\.", rb"\1..", _bytes(message))
    if not wire.endswith(CRLF):
        wire += CRLF
    return wire + b".\r\n"


class Refused(Exception):
    """An -ERR where +OK was needed; .reply is the line."""

    def __init__(self, command, reply):
        super().__init__("%s: %s" % (command, reply.decode("latin-1")))
        self.reply = reply


class Closed(Exception):
    """The server closed the connection; .data is what came before."""

    def __init__(self, data=b""):
        super().__init__("connection closed after %r" % data)
        self.data = data


class Client:
    """One POP3 connection.

    tls: None, "starttls" (STLS right after the greeting) or "pop3s".
    Every read fails after `timeout` seconds.
    """

    def __init__(self, port, host="127.0.0.1", timeout=20, security=None,
                 ca=None, greeting=True, nodelay=True, source=None,
                 receive_buffer=None):
        self.host = host
        self.buffer = b""
        self.greeting = None
        self.sock = socket.socket(
            socket.AF_INET6 if ":" in host else socket.AF_INET,
            socket.SOCK_STREAM)
        self.sock.settimeout(timeout)
        if receive_buffer is not None:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF,
                                 receive_buffer)
        if nodelay:
            self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if source is not None:
            self.sock.bind(source)
        self.sock.connect((host, port))
        self.tls = False
        if security == "pop3s":
            self.start_tls(ca)
        if greeting:
            self.greeting = self.line()
        if security == "starttls":
            self.ok("STLS")
            self.start_tls(ca)

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.close()

    def start_tls(self, ca=None):
        """The TLS handshake (after an accepted STLS)."""
        self.sock = tls.client_context(ca).wrap_socket(
            self.sock, server_hostname=self.host)
        self.tls = True

    # Sending.

    def send(self, data):
        """Raw bytes, as they are."""
        self.sock.sendall(_bytes(data))

    def send_line(self, line):
        """A command line; CRLF is added."""
        self.send(_bytes(line) + CRLF)

    def shutdown(self):
        """Half-close: no more from us, but we go on reading."""
        self.sock.shutdown(socket.SHUT_WR)

    def reset(self):
        """End the connection by an RST instead of a FIN."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                             b"\1\0\0\0\0\0\0\0")
        self.close()

    def close(self):
        """Drop the connection."""
        self.sock.close()

    # Receiving.

    def _fill(self):
        try:
            data = self.sock.recv(65536)
        except ConnectionResetError:
            data = b""
        if not data:
            raise Closed(self.buffer)
        self.buffer += data

    def read(self, size):
        """Exactly `size` bytes."""
        while len(self.buffer) < size:
            self._fill()
        data, self.buffer = self.buffer[:size], self.buffer[size:]
        return data

    def line(self):
        """One line without its CRLF (a bare LF stays part of it)."""
        while CRLF not in self.buffer:
            self._fill()
        line, self.buffer = self.buffer.split(CRLF, 1)
        return line

    def multi_raw(self):
        """The bytes of a multi-line reply after its first line, up to and
        with the final dot line."""
        data = bytearray()
        while True:
            line = self.line() + CRLF
            data += line
            if line == b".\r\n":
                return bytes(data)

    def multi(self):
        """The lines of a multi-line reply after its first line,
        un-stuffed, without the dot line."""
        lines = self.multi_raw().split(CRLF)[:-2]
        return [line[1:] if line.startswith(b".") else line
                for line in lines]

    def read_eof(self):
        """All that still comes until the server closes."""
        try:
            while True:
                self._fill()
        except Closed:
            data, self.buffer = self.buffer, b""
            return data

    # Commands.

    def command(self, line):
        """Send one command, return the first line of the reply."""
        self.send_line(line)
        return self.line()

    def ok(self, line):
        """As command(), but -ERR raises Refused."""
        reply = self.command(line)
        if not reply.startswith(b"+OK"):
            raise Refused(line, reply)
        return reply

    def capa(self):
        """The CAPA lines."""
        self.ok("CAPA")
        return self.multi()

    def login(self, user, password):
        """USER and PASS."""
        self.ok(b"USER " + _bytes(user))
        return self.ok(b"PASS " + _bytes(password))

    def auth_plain(self, user, password, initial=True):
        """AUTH PLAIN, with the response on the same line or after a +."""
        token = base64.b64encode(b"\0" + _bytes(user) + b"\0" +
                                 _bytes(password))
        if initial:
            return self.ok(b"AUTH PLAIN " + token)
        self.send_line("AUTH PLAIN")
        reply = self.line()
        if not reply.startswith(b"+"):
            raise Refused("AUTH PLAIN", reply)
        return self.ok(token)

    def apop(self, user, password):
        """APOP with the stamp of the greeting."""
        stamp = re.search(rb"<[^<>]+>\s*$", self.greeting or b"")
        if stamp is None:
            raise Refused("APOP", b"no stamp in the greeting")
        digest = hashlib.md5(stamp.group().strip() +
                             _bytes(password)).hexdigest()
        return self.ok(b"APOP " + _bytes(user) + b" " + digest.encode())

    def stat(self):
        """(messages, octets) of STAT."""
        return tuple(int(n) for n in self.ok("STAT").split()[1:3])

    def uidl(self):
        """{number: uidl}."""
        self.ok("UIDL")
        return {int(number): uid for number, uid in
                (line.split(b" ", 1) for line in self.multi())}

    def retr(self, number):
        """A message, un-stuffed, with CRLF line ends."""
        self.ok("RETR %d" % number)
        return b"".join(line + CRLF for line in self.multi())

    def xmit(self, message, stuffed=False):
        """XTND XMIT: the reply to the dot.  A refused command raises
        Refused.  stuffed: the message is wire bytes with the dot line."""
        self.ok("XTND XMIT")
        self.send(message if stuffed else stuff(message))
        return self.line()

    def quit(self):
        """QUIT, and wait for the server to close."""
        reply = self.command("QUIT")
        self.read_eof()
        self.close()
        return reply
