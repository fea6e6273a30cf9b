"""testmodule - what the commands of tests/module answer, and what a test
needs around them.  A server with them: server(plugin=testmodule.PLUGIN)."""

import hashlib
import os

from . import hosts

PLUGIN = ("pop3_ext", "pop3_ext_test")

_ALPHABET = b"abcdefghijklmnopqrstuvwxyz"
_FILL = _ALPHABET * 20


def pieces(lines, size):
    """The whole reply to XPIECES lines size."""
    out = [b"+OK %d lines\r\n" % lines]
    for number in range(lines):
        head = b"%s%06d " % (b"." if number % 7 == 0 else b"", number)
        line = head + _FILL[:max(0, size - len(head))]
        out.append((b"." if line.startswith(b".") else b"") + line + b"\r\n")
    out.append(b".\r\n")
    return b"".join(out)


def body_text(message):
    """What XBODY says of a message with proper line ends, as it was meant
    (not dot-stuffed)."""
    return b"%d octets, SHA-1 %s" % (
        len(message), hashlib.sha1(message).hexdigest().encode())


class Door:
    """A named pipe in a user's home for XWAIT: the command waits until it
    is opened."""

    def __init__(self, server, user, name="door"):
        self.name = name
        self._path = server.folder / "home" / user / name
        os.mkfifo(self._path)
        os.chown(self._path, hosts.MAIL_UID, hosts.MAIL_GID)

    def open(self, text="open"):
        """The waiting command ends with this text.  Somebody has to wait
        already."""
        handle = os.open(self._path, os.O_WRONLY | os.O_NONBLOCK)
        os.write(handle, text.encode() + b"\n")
        os.close(handle)


def wait_opened(server, mark=0, what="door", timeout=20):
    """Wait until an XWAIT waits for it; returns the process number."""
    return int(server.wait_log(
        r"pop3\([^)]*\)<(\d+)>.*xwait: waits for %s" % what,
        mark, timeout).group(1))
