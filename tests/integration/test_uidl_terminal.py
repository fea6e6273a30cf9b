"""doveadm pop3-uidl import --from, as a person runs it: a password is typed, and
Ctrl-C ends it."""

import fcntl
import os
import pty
import termios

import pytest

from pop3ext import fakepop, uidl

EX_TEMPFAIL = 75
COUNT = 60
CTRL_C = b"\x03"


class Terminal:
    """A command that has a terminal of its own."""

    def __init__(self, ours, *args):
        self._master, slave = pty.openpty()

        def begin():
            os.setsid()
            fcntl.ioctl(slave, termios.TIOCSCTTY, 0)

        self._process = ours.host.popen(
            ours.doveadm_command(*args), stdin=slave, stdout=slave,
            stderr=slave, preexec_fn=begin,
            env=dict(os.environ, POP3EXT_BLANK=" "))
        os.close(slave)
        self.shown = ""

    def type(self, data):
        os.write(self._master, data)

    def echoes(self):
        """Is what is typed shown?"""
        return bool(termios.tcgetattr(self._master)[3] & termios.ECHO)

    def _read(self):
        try:
            data = os.read(self._master, 4096)
        except OSError:         # the other side is closed
            data = b""
        self.shown += data.decode()
        return data

    def wait(self, text):
        while text not in self.shown:
            assert self._read(), self.shown

    def end(self):
        """Its exit code."""
        while self._read():
            pass
        os.close(self._master)
        return self._process.wait(60)


@pytest.fixture(name="ours")
def _ours(server):
    ours = server(
        plugin=uidl.PLUGINS,
        settings_23={"protocol doveadm": {"mail_plugins": "pop3_uidl"}},
        settings_24={"protocol doveadm": {
            "mail_plugins": {"pop3_uidl": "yes"}}})
    uidl.listing(ours)
    uidl.pour(ours, range(1, COUNT + 1))
    return ours


class OldPop(fakepop.FakePop):
    """A server whose message `stop_at` makes somebody press Ctrl-C."""

    def __init__(self):
        self.tops = []
        self.stop_at = None
        self.terminal = None
        numbers = range(1, COUNT + 1)

        def multi(text):
            return b"+OK\r\n" + b"".join(
                (text % (n, n)).encode() + b"\r\n" for n in numbers) + b".\r\n"

        super().__init__({"UIDL": multi("%d id-%d"), "LIST": multi("%d 9%d"),
                          "TOP .*": self._top})

    def _top(self, conn, line):
        number = int(line.split()[1])
        self.tops.append(number)
        conn.send(b"+OK\r\n" + uidl.message(number) + b".\r\n")
        if number == self.stop_at:
            self.terminal.type(CTRL_C)
            # the server says no more: the signal is noticed all the same
            conn.say(fakepop.HANG, line)


def test_password_is_typed_and_ctrl_c_leaves_nothing_half_done(ours):
    old = OldPop()
    command = ["pop3-uidl", "import", "-u", "alice", "--from", old.url()]
    try:
        # while it is asked for
        typing = Terminal(ours, *command)
        typing.wait("Password of alice at 127.0.0.1: ")
        assert not typing.echoes()
        typing.type(CTRL_C)
        assert typing.end() != 0
        assert old.commands == []

        # in the middle of the messages
        old.terminal = Terminal(ours, *command)
        old.terminal.wait("Password of alice at 127.0.0.1: ")
        old.stop_at = COUNT // 2
        old.terminal.type(b"secret\n")
        assert old.terminal.end() == EX_TEMPFAIL
        assert "secret" not in old.terminal.shown
        assert "signal" in old.terminal.shown.lower()
        assert b"PASS secret" in old.commands
        assert not uidl.journal(ours).exists() or \
            uidl.journal(ours).stat().st_size == 1024

        # and what it knows already is not asked for again
        old.stop_at = None
        seen = len(old.tops)
        again = Terminal(ours, *command)
        again.wait("Password of alice at 127.0.0.1: ")
        again.type(b"secret\n")
        assert again.end() == 0
        assert len(old.tops) - seen <= COUNT - COUNT // 2 + 1
        assert set(old.tops) == set(range(1, COUNT + 1))
    finally:
        old.stop()
    with ours.login() as client:
        assert client.uidl() == {n: b"id-%d" % n
                                 for n in range(1, COUNT + 1)}
