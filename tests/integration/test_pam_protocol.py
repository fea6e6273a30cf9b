"""The session and the service pop3-ext-pam don't trust each other: a socket at
which somebody else answers, and one to which anybody talks."""

import contextlib
import re
import socket
import threading

import pytest

from pop3ext import pam
from pop3ext.pam import (  # noqa: F401
    UNKNOWN, _gated, _pam_module, may_send)
from pop3ext.server import User

pytestmark = pytest.mark.auth

PERMIT = "account required pam_permit.so\n"
# Users and groups of every Debian
BIN_UID, GAMES_UID, GAMES_GID = 2, 5, 60


#
# Somebody else at the socket
#

class Impostor:
    """Takes the place of the service: says this to all who come, and keeps the
    connection open until it is to end."""

    def __init__(self, path, *pieces, close=True):
        self.pieces = pieces
        self.close = close
        self.heard = b""
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.bind(str(path))
        path.chmod(0o666)
        self.socket.listen(8)
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def _serve(self):
        connection, _ = self.socket.accept()
        with connection, contextlib.suppress(BrokenPipeError,
                                             ConnectionResetError):
            connection.settimeout(20)
            while self.heard.count(b"\n") < 2:
                self.heard += connection.recv(65536)
            for piece in self.pieces:
                connection.sendall(piece)
            if self.close:
                connection.shutdown(socket.SHUT_WR)
            while connection.recv(65536):
                pass

    def __enter__(self):
        return self

    def __exit__(self, *args):
        self.thread.join(timeout=20)
        assert not self.thread.is_alive()
        self.socket.close()


NOT_OURS = "is another service than pop3-ext-pam, or one of another version"
NO_ANSWER = "is no answer"
CLOSED = "closed the connection"


@pytest.mark.asan
@pytest.mark.parametrize("pieces, error", [
    ([], CLOSED),
    ([pam.SERVER_VERSION], CLOSED),
    ([pam.SERVER_VERSION, b"ALLOWED\t"], CLOSED),
    ([b"ALLOWED\t\n"], NOT_OURS),
    ([pam.CLIENT_VERSION, b"ALLOWED\t\n"], NOT_OURS),
    ([b"VERSION\tpop3-ext-pam-server\t2\t0\n", b"ALLOWED\t\n"], NOT_OURS),
    ([b"\n", pam.SERVER_VERSION, b"ALLOWED\t\n"], NOT_OURS),
    ([b"\0\xff\x01\n" * 100], NOT_OURS),
    ([b"x" * 100000], CLOSED),
    ([pam.SERVER_VERSION, b"\n"], NO_ANSWER),
    ([pam.SERVER_VERSION, b"ALLOWED\n"], NO_ANSWER),
    ([pam.SERVER_VERSION, b"allowed\t\n"], NO_ANSWER),
    ([pam.SERVER_VERSION, b"ALLOWED\t\t\n"], NO_ANSWER),
    ([pam.SERVER_VERSION, b"ALLOWED\0\t\n"], NO_ANSWER),
    ([pam.SERVER_VERSION, b"MAYBE\t\n", b"ALLOWED\t\n"], NO_ANSWER),
    ([pam.SERVER_VERSION, b"UNKNOWN\t\x1b[2J\x01n\n", b"ALLOWED\t\n"],
     r"\): \?"),
    ([pam.SERVER_VERSION, b"ALLOWED\t" + b"x" * 100000], CLOSED),
], ids=range(17))
def test_answer_that_is_none(gated, pieces, error):
    """Nobody sends by it; one Error line; the session goes on."""
    ours = gated(None, service=None)
    ours.expect_log("Error: XTND XMIT: .*" + error)
    mark = ours.log_size()
    with Impostor(pam.path(ours), *pieces):
        assert not may_send(ours, refusal=UNKNOWN)
    ours.wait_log("Logged out", mark=mark)
    assert len(re.findall("Error: ", ours.log(mark))) == 1
    assert ours.log(mark).isprintable() or "\x1b" not in ours.log(mark)


def test_service_that_says_nothing(gated):
    ours = gated(None, service=None, timeout="1s")
    ours.expect_log("Error: XTND XMIT: .*No answer from ")
    with Impostor(pam.path(ours), close=False):
        assert not may_send(ours, refusal=UNKNOWN)


def test_answers_in_single_octets_and_what_follows(gated):
    """The first answer counts, however it comes; what is said after it is not
    heard."""
    ours = gated(None, service=None)
    data = pam.SERVER_VERSION + b"ALLOWED\t\nDENIED\tx\n"
    with Impostor(pam.path(ours),
                  *[data[i:i + 1] for i in range(len(data))]) as impostor:
        assert may_send(ours)
    assert impostor.heard == pam.CLIENT_VERSION + pam.question(
        rhost="127.0.0.1")


def test_socket_where_nobody_listens(gated):
    ours = gated(None, service=None)
    with socket.socket(socket.AF_UNIX) as stale:
        stale.bind(str(pam.path(ours)))
        pam.path(ours).chmod(0o666)
    ours.expect_log("Error: XTND XMIT: .*Connection refused: configure "
                    "service pop3-ext-pam")
    assert not may_send(ours, refusal=UNKNOWN)
    pam.path(ours).unlink()


#
# Anybody at the service
#

@pytest.mark.asan
def test_garbage_to_the_service(gated):
    """It says nothing but its version, leaves no Error line, and answers the
    next one."""
    ours = gated(PERMIT, service={"process_limit": 1})
    good = [pam.CLIENT_VERSION, pam.question()]
    for pieces in (
            [], [b"\n"], [b"GET / HTTP/1.0\r\n\r\n"], [b"x" * 100000],
            [b"\0\xff\x01" * 3000 + b"\n"], [pam.SERVER_VERSION],
            [b"VERSION\tpop3-ext-pam-client\t2\t0\n", pam.question()],
            [pam.question()], [pam.CLIENT_VERSION, b"\n"],
            [pam.CLIENT_VERSION, pam.CLIENT_VERSION],
            [pam.CLIENT_VERSION, pam.question(user="")],
            [pam.CLIENT_VERSION, pam.question(user="a\x01nb")],
            [pam.CLIENT_VERSION, pam.question(service="../shadow")],
            [pam.CLIENT_VERSION, pam.question(rhost="example.org")],
            [pam.CLIENT_VERSION, pam.question(timeout=31)],
            [pam.CLIENT_VERSION, pam.question(timeout=0)],
            [pam.CLIENT_VERSION, b"ASK" + b"\tx" * 1000 + b"\n"]):
        said = pam.ask(ours, *pieces, end=True)
        assert said in (b"", pam.SERVER_VERSION), pieces
        assert pam.ask(ours, *good) == pam.SERVER_VERSION + b"ALLOWED\t\n"
    assert may_send(ours)


def test_who_says_nothing_is_sent_away(gated):
    """He keeps a process of the service for five seconds only."""
    ours = gated(PERMIT, service={"process_limit": 1})
    ours.allow_log("Warning: .*")
    assert pam.ask(ours) == pam.SERVER_VERSION
    ours.wait_log("Warning: .*Connection without a question")


def test_second_question(gated, pam_module):
    """There is one for each connection; the first ends with it."""
    ours = gated("account required %s hang\n" % pam_module)
    assert pam.ask(ours, pam.CLIENT_VERSION, pam.question(timeout=30),
                   pam.question()) == pam.SERVER_VERSION
    pam.wait_unmapped(pam_module)


def listener(**settings):
    """The socket's owner and mode."""
    return {"unix_listener pop3-ext-pam": settings}


def answer(server, user, uid, gid=GAMES_GID, service="dovecot-xmit"):
    """What the service says to that uid about the user."""
    said = pam.ask(server, pam.CLIENT_VERSION, pam.question(user, service),
                   uid=uid, gid=gid)
    assert said.startswith(pam.SERVER_VERSION) and said.count(b"\n") == 2
    return said[len(pam.SERVER_VERSION):].decode()


REFUSED = ("UNKNOWN\tuid %d may not ask about user %s: make it the user "
           "(or its group the group) of unix_listener pop3-ext-pam\n")
ALLOWED = "ALLOWED\t\n"


def test_socket_for_all(gated):
    """Who gets in because the socket is open to everybody may ask about himself,
    a user of the system; root and the socket's owner about everybody."""
    ours = gated(PERMIT, service=listener(user="bin", mode="0666"))
    assert answer(ours, "games", GAMES_UID) == ALLOWED
    for other in ("alice", "root", "bin", "games2"):
        assert answer(ours, other, GAMES_UID) == REFUSED % (GAMES_UID, other)
        assert answer(ours, other, BIN_UID) == ALLOWED
        assert answer(ours, other, 0, 0) == ALLOWED


def test_socket_for_a_group(gated):
    ours = gated(PERMIT, service=listener(user="root", group="games",
                                          mode="0660"))
    assert answer(ours, "alice", BIN_UID) == ALLOWED
    assert b"Permission denied" in pam.ask(ours, uid=BIN_UID, gid=BIN_UID)
    # the group counts by its bits only
    other = gated(PERMIT, service=listener(user="root", group="games",
                                           mode="0606"))
    assert b"Permission denied" in pam.ask(other, uid=BIN_UID, gid=GAMES_GID)


def test_uid_of_nobody_else(gated):
    """Sessions of users with an uid each, which the system does not know."""
    ours = gated(PERMIT, users=["games", User("alice")],
                 service=listener(user="root", mode="0666"))
    ours.expect_log(r"Error: XTND XMIT: .*uid 65534 may not ask about user "
                    "alice: make it the user")
    assert not may_send(ours, refusal=UNKNOWN)


def test_service_outside_of_the_list_is_not_asked(gated, pam_module):
    """Whoever asks, and whatever is in /etc/pam.d."""
    ours = gated(PERMIT, more={"trouble": "account required %s count {}/asked"
                               % pam_module})
    assert "PAM service trouble is none of those in" in answer(
        ours, "alice", 0, 0, service="trouble")
