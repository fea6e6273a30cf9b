"""fakepop - a POP3 server that answers what it is told to: for what no real
one does."""

import contextlib
import re
import socket
import threading

LOCALHOST = "127.0.0.1"
HANG = object()         # a reply: nothing more, and the line stays up
DROP = object()         # a reply: the connection is closed

DEFAULTS = {
    "CAPA": b"+OK\r\nUSER\r\n.\r\n",
    "USER": b"+OK\r\n",
    "PASS": b"+OK\r\n",
    "QUIT": [b"+OK\r\n", DROP],
}


class FakePop:
    """Listens on loopback until stop().

    replies    {regular expression of a command: reply}; the first that matches
               the whole line counts, then DEFAULTS.  A reply is bytes, HANG,
               DROP, a function of (Connection, line), or a list of these.
    greeting   a reply, too
    """

    def __init__(self, replies=None, greeting=b"+OK ready\r\n"):
        self._replies = [(re.compile(pattern.encode(), re.IGNORECASE), reply)
                         for pattern, reply in
                         list((replies or {}).items()) +
                         [(name + "( .*)?", reply)
                          for name, reply in DEFAULTS.items()]]
        self._greeting = greeting
        self.commands = []          # lines of all connections
        self._ended = threading.Event()
        self._socket = socket.create_server((LOCALHOST, 0))
        self.port = self._socket.getsockname()[1]
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def url(self, login="alice"):
        """A URL for that login part."""
        return "pop://%s@%s:%d" % (login, LOCALHOST, self.port)

    def _accept(self):
        while True:
            try:
                accepted, _ = self._socket.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._serve, args=(accepted,),
                                      daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, accepted):
        with contextlib.suppress(OSError), accepted:
            conn = Connection(accepted, self._ended)
            conn.say(self._greeting, b"")
            while not conn.closed:
                line = conn.line()
                if line is None:
                    return
                self.commands.append(line)
                for pattern, reply in self._replies:
                    if pattern.fullmatch(line):
                        conn.say(reply, line)
                        break
                else:
                    conn.send(b"-ERR what?\r\n")

    def stop(self):
        """Close all."""
        self._ended.set()
        # Closing alone does not wake the thread that waits in accept().
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        for thread in self._threads:
            thread.join(20)


class Connection:
    """One client of a FakePop."""

    def __init__(self, accepted, ended):
        self._socket = accepted
        self._ended = ended
        self._file = accepted.makefile("rb")
        self.closed = False

    def line(self):
        """What the client sends, without CRLF; None at the end."""
        line = self._file.readline()
        return line.rstrip(b"\r\n") if line.endswith(b"\n") else None

    def data(self):
        """What it sends up to the lone dot, as it came."""
        data = b""
        while not data.endswith(b"\r\n.\r\n") and data != b".\r\n":
            more = self._file.readline()
            if not more:
                raise ConnectionError
            data += more
        return data

    def start_tls(self, context):
        """Go on inside TLS."""
        self._socket = context.wrap_socket(self._socket, server_side=True)
        self._file = self._socket.makefile("rb")

    def send(self, data):
        """Send bytes."""
        self._socket.sendall(data)

    def say(self, reply, line):
        """Send a reply of any kind."""
        if isinstance(reply, list):
            for one in reply:
                self.say(one, line)
        elif reply is HANG:
            self._ended.wait(60)
            self.closed = True
        elif reply is DROP:
            self.closed = True
        elif callable(reply):
            reply(self, line)
        else:
            self.send(reply)
