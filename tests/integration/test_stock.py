"""What is Dovecot's stays Dovecot's: the same scripts are played to a server
without the plugin and to one with it.  Replies are compared byte for byte,
then what became of the mailbox, and the line that the host logs at the end of
a session, with its numbers of octets and messages.

Masked is only what differs between two stock sessions: the stamp of the
banner.  Of ours, one line of CAPA is left out."""

import base64
import contextlib
import hashlib
import itertools
import os
import re
import shutil
import signal
import time

import pytest

from pop3ext import hosts, pop3

CRLF = b"\r\n"
OUR_CAPA = b"X-XTND XMIT\r\n"
OUR_CAPA_TEXT = b" Capability list follows"
USERS = 20

MESSAGES = [
    b"Subject: one\r\n\r\nShort\r\n",
    b"Subject: dots\r\n\r\n.\r\n..\r\n...\r\n.x\r\n\r\n.\r\n",
    b"Subject: header only\r\nX-Note: nothing follows\r\n",
    b"Subject: eight\r\n\r\n" + b"\xe4\xf6\xfc" * 2000 + b"\r\nend\r\n",
    b"Subject: long\r\n\r\n" + b"".join(
        b"%05d %s\r\n" % (n, b"x" * (n % 71)) for n in range(1500)),
    b"Subject: nul\r\n\r\na\0b\r\n",
    b"\r\nNo header at all\r\n",
]

# The octets of a session, too.
LOGOUT_23 = ("top=%t/%p, retr=%r/%b, del=%d/%m, size=%s, in=%i, out=%o, "
             "uidl=%u")
LOGOUT_24 = ("top=%{top_count}/%{top_bytes}, retr=%{retr_count}/"
             "%{retr_bytes}, del=%{deleted_count}/%{message_count}, "
             "size=%{message_bytes}, in=%{input}, out=%{output}, "
             "uidl=%{uidl_change}")


class Result:
    """What one session left behind."""

    def __init__(self, replies, end, files):
        # All that came from the server, and the host's log lines about it:
        # without our line of CAPA.
        self.replies = mask(replies)
        surplus = (len(OUR_CAPA + OUR_CAPA_TEXT) *
                   replies.count(CRLF + OUR_CAPA))
        self.end = [re.sub(r"(?<= out=)\d+", lambda match:
                           str(int(match.group()) - surplus), line)
                    for line in end]
        self.files = files          # {name: contents} of the mailbox


def _copy_mail(source, target):
    """Copy a file of a mailbox.  The messages of a Maildir never change."""
    if re.search("/Maildir/(cur|new)/", source):
        os.link(source, target)
    elif "/Maildir/dovecot.index" not in source:
        shutil.copy2(source, target)


class Pair:
    """A stock server and one with the plugin, otherwise equal."""

    def __init__(self, make, messages=MESSAGES, **kwargs):
        names = ["u%03d" % number for number in range(USERS)]
        kwargs.setdefault("service_count", 100)
        pop3_23 = {"pop3_logout_format": LOGOUT_23}
        pop3_24 = {"pop3_logout_format": LOGOUT_24}
        self.servers = [make(users=names, plugin=plugin, settings_23=pop3_23,
                             settings_24=pop3_24, **kwargs)
                        for plugin in ([], ["pop3_ext"])]
        template, *names = names
        self._names = itertools.cycle(names)
        for message in messages:
            self.servers[0].deliver(template, message)
        self._template = self._home(self.servers[0], template)

    @staticmethod
    def _home(server, name):
        return server.folder / "home" / name

    def fresh_user(self):
        """The name of a user with the template's mailbox on both servers."""
        name = next(self._names)
        for server in self.servers:
            home = self._home(server, name)
            shutil.rmtree(home)
            shutil.copytree(self._template, home, copy_function=_copy_mail)
            for folder, _, files in os.walk(home):
                for path in [folder] + [os.path.join(folder, file)
                                        for file in files]:
                    os.chown(path, hosts.MAIL_UID, hosts.MAIL_GID)
        return name

    def mail_files(self, server, name):
        """What says which messages there are and what their flags are."""
        home = self._home(server, name)
        return {str(path.relative_to(home)): path.read_bytes()
                for path in sorted(home.rglob("*"))
                if path.is_file() and not re.match(
                    r"dovecot.*(index|\.log|\.cache)|.*\.lock$", path.name)}

    def both(self, session, user=None, ends=1):
        """session(server, name) -> replies on both servers; the results.
        ends: how many sessions of the user begin and end in it."""
        name = user or self.fresh_user()
        return [self._one(server, name, session, ends)
                for server in self.servers]

    def _one(self, server, name, session, ends):
        mark = server.log_size()
        replies = session(server, name)
        end = []
        server.wait_log(r"(?s)(pop3\(%s\)[^\n]*Disconnected[^\n]*\n.*){%d}" %
                        (name, ends), mark)
        for line in server.log(mark).splitlines():
            match = re.search(r"pop3\(%s\)(?:<[^>]*><[^>]*>)?: (.*)" % name,
                              line)
            # A process whose clock runs fast finds the times of its files
            # odd, or not, as it happens.
            if match is not None and not (server.clock and "dotlock file's "
                                          "timestamp" in match.group(1)):
                end.append(re.sub(r"(\d+) secs", "N secs", match.group(1)))
        return Result(replies, end, self.mail_files(server, name))

    def same(self, session, what="", user=None, ends=1):
        """Both sessions are the same; returns the replies."""
        stock, ours = self.both(session, user, ends)
        assert ours.replies == stock.replies, what
        assert ours.end == stock.end, what
        assert ours.files == stock.files, what
        return stock.replies


def mask(replies):
    """The banner's stamp and our line of CAPA."""
    replies = re.sub(rb"\A(\+OK [^\r]*)<[^<>\r]*>", rb"\1<stamp>", replies)
    replies = replies.replace(b"+OK" + OUR_CAPA_TEXT + CRLF, b"+OK\r\n")
    return replies.replace(CRLF + OUR_CAPA, CRLF)


def reply_to(client, command):
    """The whole reply to a command, as it came; b"" at the end."""
    try:
        first = client.line()
    except pop3.Closed as closed:
        client.buffer = b""
        return closed.data
    word, _, args = command.partition(b" ")
    word = word.upper()
    if first.startswith(b"+OK") and (
            word in (b"RETR", b"TOP", b"CAPA") or
            word in (b"LIST", b"UIDL") and args == b""):
        try:
            return first + CRLF + client.multi_raw()
        except pop3.Closed as closed:
            return first + CRLF + closed.data
    return first + CRLF


def play(commands, mode="one", end=True, security=None):
    """A session for Pair: log in, send the commands, read to the end.

    mode  "one"    all in one write
          "bytes"  a write for each octet
          "login"  in one write with PASS
          "steps"  each reply is read before the next command
    end   half-close after all that; otherwise the script has to end itself
    """
    raw = b"".join(command + CRLF for command in commands)

    def session(server, name):
        user = server.user(name)
        with server.connect(security) as client:
            client.ok("USER " + name)
            line = b"PASS " + user.password.encode() + CRLF
            replies = []
            try:
                if mode == "login":
                    client.send(line + raw)
                else:
                    client.send(line)
                    replies.append(client.line() + CRLF)
                if mode == "one":
                    client.send(raw)
                elif mode == "bytes":
                    for number in range(len(raw)):
                        client.send(raw[number:number + 1])
                elif mode == "steps":
                    for command in commands:
                        client.send(command + CRLF)
                        replies.append(reply_to(client, command))
                if end and security is None:
                    client.shutdown()
            except OSError:
                # The server has ended it before it had read all.
                assert mode != "one"
            replies.append(client.read_eof())
            return b"".join(replies)
    return session


#
# Commands
#

NUMBERS = [b"", b" ", b" 1", b" 2", b" 7", b" 8", b" 0", b" -1", b" +1",
           b" 01", b" 1x", b" x", b" 1 ", b"  1", b" 1 1", b" 1  1",
           b" 99999999999999999999", b" 4294967296", b" 4294967297",
           b" 18446744073709551617", b" 1.", b"\t1", b" \t1", b" \xff"]

SCRIPTS = {
    "stat": [b"STAT", b"stat", b"StAt", b"STAT ", b"STAT x", b"STAT 1 2 3",
             b"STATS", b"STA", b" STAT", b"\tSTAT", b"STAT\t"],
    "list": [b"LIST" + number for number in NUMBERS] + [b"list 3", b"list"],
    "retr": [b"RETR" + number for number in NUMBERS] + [b"retr 3"],
    "retr-all": [b"RETR %d" % n for n in range(1, 9)] + [b"STAT", b"LIST"],
    "uidl": [b"UIDL" + number for number in NUMBERS] + [b"uidl 3", b"uidl"],
    "uidl-deleted": [b"UIDL", b"DELE 2", b"UIDL", b"UIDL 2", b"UIDL 3",
                     b"RSET", b"UIDL", b"QUIT"],
    "dele": [b"DELE" + number for number in NUMBERS] + [
        b"STAT", b"LIST", b"LIST 1", b"RETR 1", b"TOP 1 1", b"RSET", b"STAT",
        b"LIST", b"dele 3", b"QUIT"],
    "dele-twice": [b"DELE 1", b"DELE 1", b"dele 1", b"STAT", b"QUIT"],
    "dele-all": [b"DELE %d" % n for n in range(1, 9)] + [
        b"STAT", b"LIST", b"UIDL", b"QUIT"],
    "dele-no-quit": [b"DELE 1", b"RETR 2", b"STAT"],
    "rset": [b"RSET", b"RSET x", b"RETR 2", b"DELE 1", b"RSET", b"STAT",
             b"LAST", b"rset", b"DELE 2", b"RSET", b"DELE 3", b"QUIT"],
    "last": [b"LAST", b"LAST 1", b"RETR 1", b"LAST", b"RETR 4", b"last",
             b"RETR 2", b"LAST", b"TOP 6 1", b"LAST", b"DELE 5", b"LAST",
             b"RSET", b"LAST", b"LASTLY", b"QUIT"],
    "noop": [b"NOOP", b"noop", b"NOOP x", b"NOOP ", b"NOOPS", b"QUIT"],
    "quit": [b"QUIT"],
    "quit-args": [b"QUIT now", b"STAT"],
    "quit-lower": [b"retr 1", b"quit", b"STAT"],
    "quit-behind": [b"DELE 1", b"QUIT", b"DELE 2", b"QUIT"],
    "capa": [b"CAPA", b"capa", b"CAPA x", b"CAPA  ", b"QUIT"],
    "before-login": [b"USER u001", b"PASS x", b"APOP u001 x",
                     b"AUTH PLAIN", b"AUTH", b"STLS", b"*", b"QUIT"],
    "unknown": [b"XYZZY", b"XYZZY a b", b"x", b"", b" ", b"  STAT", b"RETRO 1",
                b"TOPS 1 1", b"UIDLS", b"\xc3\xa4\xc3\xb6", b"%s%n%p",
                b"STAT\0", b"ST\0AT", b"\0", b"NOOP \0x", b"X\x01\x7f",
                b"XLST", b"XMIT", b"QUIT"],
    "line-ends": [b"STAT\nNOOP\nLIST 1", b"STAT\r", b"STAT\r\r",
                  b"STAT\rNOOP", b"\n", b"\n\n\n", b"\r", b"NOOP\n\r", b"QUIT"],
    "blanks": [b"LIST  1", b"LIST 1 ", b"TOP  1  1", b"TOP 1 1 ", b"RETR  1",
               b"DELE  1", b"UIDL  1", b"   ", b"QUIT "],
    "tops": [b"TOP", b"TOP ", b"TOP 1", b"TOP 1 ", b"TOP 1 0", b"TOP 1 1",
             b"TOP 1 9", b"TOP 2 3", b"TOP 3 5", b"TOP 4 1", b"TOP 5 10",
             b"TOP 6 1", b"TOP 7 1", b"top 2 2", b"TOP 1 -1", b"TOP 1 x",
             b"TOP 1 1x", b"TOP 9 1", b"TOP 0 1", b"TOP x 1", b"TOP 1 1 1",
             b"TOP 1 99999999999999999999", b"TOP 1 4294967296",
             b"TOP 1 18446744073709551616", b"TOP 1 +1", b"TOP 1  1", b"STAT",
             b"QUIT"],
    "bad-20-good-20": ([b"BAD"] * 20 + [b"NOOP"] + [b"LIST 99"] * 20 +
                       [b"STAT"] + [b""] * 20 + [b"RETR 1"] + [b"QUIT"]),
    "bad-21": [b"BAD"] * 21 + [b"STAT"],
    "bad-21-empty": [b""] * 21 + [b"STAT"],
    "bad-21-mixed": ([b"BAD", b"RETR 9", b"", b"DELE x", b"TOP 1", b"UIDL 0",
                      b"LIST y"] * 4),
    "bad-30-dele": [b"DELE 1"] + [b"BAD"] * 30 + [b"QUIT"],
    "large": [b"RETR 5", b"RETR 5", b"STAT", b"RETR 5", b"TOP 5 1400",
              b"LIST", b"UIDL", b"NOOP", b"RETR 5", b"QUIT"],
}

# The session ends before the script does.  What the server has not read by
# then makes the kernel reset the connection, and takes replies along: these
# are only sent in one write, which is one read.
ENDS_EARLY = ("quit-args", "quit-lower", "quit-behind", "bad-21",
              "bad-21-empty", "bad-21-mixed", "bad-30-dele")


@pytest.fixture(name="pair")
def _pair(shared_pair):
    return shared_pair()


@pytest.fixture(scope="module", name="_pairs")
def _all_pairs():
    return {}


@pytest.fixture(name="shared_pair")
def _shared_pair(shared_server, _pairs):
    """Factory of pairs that the tests of this file share."""
    def factory(messages=MESSAGES, **kwargs):
        key = repr((sorted(kwargs.items()), len(messages)))
        if key not in _pairs:
            _pairs[key] = Pair(shared_server, messages=messages, **kwargs)
        # The servers are asked for again, so that their logs are checked.
        return _pairs[key]
    return factory


@pytest.mark.parametrize("script", SCRIPTS)
def test_commands(shared_pair, script):
    """Every command, good and bad, however it is sent."""
    pair = shared_pair(pop3_settings={"pop3_enable_last": True})
    commands = SCRIPTS[script]
    modes = ["one", "login"]
    if script not in ENDS_EARLY:
        modes.append("bytes")
    replies = {mode: pair.same(play(commands, mode), (script, mode))
               for mode in modes}
    # What is said does not depend on how it was sent.
    assert set(replies.values()) == {replies["one"]}
    if "bytes" in modes and not any(b"\n" in command for command in commands):
        pair.same(play(commands, "steps"), (script, "steps"))


@pytest.mark.parametrize("security", ["starttls", "pop3s"])
def test_commands_over_tls(pair, security):
    """The same over TLS, for scripts that end themselves."""
    for script, commands in SCRIPTS.items():
        if (script not in ENDS_EARLY and
                any(command.strip() == b"QUIT" for command in commands)):
            for mode in ("one", "login", "steps"):
                if mode == "steps" and any(b"\n" in c for c in commands):
                    continue
                pair.same(play(commands, mode, end=False, security=security),
                          (script, mode))


#
# Lengths
#

LENGTHS = [511, 512, 513, 2000, 2045, 2046, 2047, 2048, 2049, 2050, 2051,
           4096, 10000, 70000]


@pytest.mark.parametrize("head", [b"NOOP ", b"x", b"RETR 1", b""])
def test_long_lines(pair, head):
    """Lines around the host's limit, and far above it, with something behind
    them; complete ones and such that never end."""
    for length in LENGTHS:
        fill = (b" " if head == b"RETR 1" else b"x") * (
            length - len(head) - len(CRLF))
        line = head + fill
        assert len(line + CRLF) == length
        # What the server leaves unread makes the kernel reset the connection,
        # which takes a reply along that waits for an acknowledgement: of
        # those, nothing is sent behind or in one write with others.
        for commands in ([line], [b"STAT", line]):
            pair.same(play(commands, "steps"), (length, commands[:-1]))
        if length < 2040:
            for commands in ([line, b"STAT", b"QUIT"],
                             [line, line, b"RETR 2", line, b"QUIT"]):
                for mode in ("one", "login", "bytes"):
                    pair.same(play(commands, mode), (length, mode))


#
# Logins
#

def _plain(server, name, password=None):
    password = password or server.user(name).password
    return base64.b64encode(b"\0%s\0%s" % (name.encode(), password.encode()))


def _apop(client, server, name):
    stamp = re.search(rb"<[^<>]+>", client.greeting).group()
    digest = hashlib.md5(stamp + server.user(name).password.encode())
    return b"APOP %s %s" % (name.encode(), digest.hexdigest().encode())


BEHIND = b"STAT\r\nRETR 1\r\nDELE 2\r\nXYZZY\r\nCAPA\r\nQUIT\r\n"


def _login_script(way, security, behind):
    """A session for Pair: one way to log in, with commands in the same
    write."""
    def session(server, name):
        user, password = name.encode(), server.user(name).password.encode()
        with server.connect(security) as client:
            replies = [client.greeting + CRLF]

            def say(data):
                client.send(data)
                replies.append(client.line() + CRLF)

            if way == "user":
                say(b"USER " + user + CRLF)
                client.send(b"PASS " + password + CRLF + behind)
            elif way == "user-in-one":
                client.send(b"USER " + user + CRLF + b"PASS " + password +
                            CRLF + behind)
            elif way == "user-lower":
                say(b"capa\r\n")
                replies.append(client.multi_raw())
                say(b"user " + user + CRLF)
                client.send(b"pass " + password + CRLF + behind)
            elif way == "plain":
                client.send(b"AUTH PLAIN " + _plain(server, name) + CRLF +
                            behind)
            elif way == "plain-later":
                say(b"AUTH PLAIN\r\n")
                client.send(_plain(server, name) + CRLF + behind)
            elif way == "plain-cancelled":
                say(b"AUTH PLAIN\r\n")
                say(b"*\r\n")
                client.send(b"AUTH PLAIN " + _plain(server, name) + CRLF +
                            behind)
            elif way == "login":
                say(b"AUTH LOGIN\r\n")
                say(base64.b64encode(user) + CRLF)
                client.send(base64.b64encode(password) + CRLF + behind)
            elif way == "apop":
                client.send(_apop(client, server, name) + CRLF + behind)
            elif way == "wrong-then-right":
                say(b"USER " + user + CRLF)
                say(b"PASS wrong\r\n")
                say(b"AUTH PLAIN " + _plain(server, name, "wrong") + CRLF)
                say(b"APOP " + user + b" 0123456789abcdef0123456789abcdef\r\n")
                say(b"STAT\r\n")
                client.send(b"AUTH PLAIN " + _plain(server, name) + CRLF +
                            behind)
            elif way == "split":
                # The rest of a command comes after the login is over.
                client.send(b"USER " + user + CRLF + b"PASS " + password +
                            CRLF + behind[:8])
                while b"Logged in" not in client.buffer:
                    client._fill()
                client.send(behind[8:])
            elif way == "never":
                say(b"USER " + user + CRLF)
                say(b"PASS wrong\r\n")
                say(b"QUIT\r\n")
            replies.append(client.read_eof())
            return b"".join(replies)
    return session


WAYS = ("user", "user-in-one", "user-lower", "plain", "plain-later",
        "plain-cancelled", "login", "apop", "wrong-then-right", "split",
        "never")


# A wrong password costs a second or more each.
@pytest.mark.parametrize("way, security", [
    (way, security) for way in WAYS for security in (None, "starttls", "pop3s")
    if security is None or way not in ("wrong-then-right", "never")])
def test_logins(pair, way, security):
    """Every way to log in, with commands behind it in the same packet."""
    replies = pair.same(_login_script(way, security, BEHIND),
                        ends=0 if way == "never" else 1)
    if way != "never":
        assert b"+OK Logged in.\r\n+OK 7 " in replies
        assert replies.endswith(b"+OK Logging out, messages deleted.\r\n")
    if way in ("user", "plain", "apop"):
        # More than one read of the login process.
        behind = b"NOOP\r\n" * 1500 + BEHIND
        pair.same(_login_script(way, security, behind))


#
# Ends of connections
#

DROPPED = b"STAT\r\nRETR 1\r\nDELE 2\r\nTOP 3 1\r\nDELE 1\r\nQUIT\r\n"


@pytest.mark.parametrize("how", ["behind", "login"])
def test_half_closed_anywhere(pair, how):
    """The client closes its side after each octet of a script: what was
    complete is answered, deleted is only what a whole QUIT stands behind."""
    for length in range(len(DROPPED) + 1):
        def session(server, name):
            with server.connect() as client:
                client.ok("USER " + name)
                line = b"PASS pw-" + name.encode() + CRLF
                if how == "login":
                    client.send(line + DROPPED[:length])
                    client.shutdown()
                    return client.read_eof()
                client.send(line)
                reply = client.line()
                client.send(DROPPED[:length])
                client.shutdown()
                return reply + client.read_eof()
        stock, ours = pair.both(session)
        assert ours.replies == stock.replies, length
        assert ours.end == stock.end, length
        assert ours.files == stock.files, length


@pytest.mark.parametrize("security", [None, "pop3s"])
def test_dropped_anywhere(pair, security):
    """A connection reset after each octet of a script: both servers end the
    session, without trouble, and all of the mailbox is there when QUIT was
    not whole.  (What was answered depends on how fast the reset is.)"""
    for length in range(0, len(DROPPED), 1 if security is None else 5):
        def session(server, name):
            client = server.connect(security)
            client.login(name, "pw-" + name)
            client.send(DROPPED[:length])
            client.reset()
            return b""
        for result in pair.both(session):
            assert len(result.end) == 1
            assert "Disconnected" in result.end[0]
            assert len([path for path in result.files if
                        re.search("/(cur|new)/", path)]) == len(MESSAGES)


def test_shutdown_and_kick(server):
    """What an idle client is told when its session is ended from outside,
    and what is deleted then."""
    pair = Pair(server)

    def session(how):
        def ended(server, name):
            with server.login(name) as client:
                client.ok("DELE 1")
                client.ok("RETR 2")
                client.multi()
                if how == "kick":
                    server.doveadm("kick", name)
                else:
                    pid = server.wait_log(
                        r"user=<%s>.*mpid=(\d+)" % name).group(1)
                    os.kill(int(pid), signal.SIGTERM)
                return client.read_eof()
        return ended

    for how in ("kick", "term"):
        stock, ours = pair.both(session(how))
        assert ours.replies == stock.replies
        assert ours.files == stock.files
        assert ([re.sub(r"pid=\d+", "", line) for line in ours.end] ==
                [re.sub(r"pid=\d+", "", line) for line in stock.end])


#
# Time
#

@pytest.mark.plain    # libfaketime does not start under AddressSanitizer
def test_idle(server):
    """Ten minutes, in a faster clock: an idle client, one that has begun a
    command, one that does not read."""
    pair = Pair(server, clock=60, messages=[
        MESSAGES[0], b"Subject: big\r\n\r\n" + (b"x" * 98 + CRLF) * 200000])
    begun = {"idle": b"", "begun": b"DELE 1\r\nSTA", "full": b"RETR 2\r\n" * 3}
    names = {what: pair.fresh_user() for what in begun}
    start = time.monotonic()
    clients = {}
    with contextlib.ExitStack() as stack:
        for number, server_ in enumerate(pair.servers):
            for what, data in begun.items():
                clients[number, what] = stack.enter_context(
                    server_.login(names[what], timeout=60))
                clients[number, what].send(data)
        replies = {}
        for number in (0, 1):
            for what in ("idle", "begun"):
                replies[number, what] = clients[number, what].read_eof()
        for number, server_ in enumerate(pair.servers):
            for what, name in names.items():
                server_.wait_log(r"pop3\(%s\).*Disconnected" % name,
                                 timeout=60)
    assert time.monotonic() - start > 9
    assert replies[0, "idle"] == b"-ERR Disconnected for inactivity.\r\n"
    assert replies[0, "begun"].endswith(replies[0, "idle"])
    for what in ("idle", "begun"):
        assert replies[1, what] == replies[0, what]
    for what, name in names.items():
        ends = []
        for server_ in pair.servers:
            line = re.search(r"pop3\(%s\).*?: Info: (Disconnected.*)" % name,
                             server_.log()).group(1)
            ends.append(re.sub(r"\d+ secs.*", "", line) if what == "full"
                        else re.sub(r"\d+ secs", "", line))
        assert ends[1] == ends[0]
        assert (pair.mail_files(pair.servers[1], name) ==
                pair.mail_files(pair.servers[0], name))


@pytest.mark.plain    # libfaketime does not start under AddressSanitizer
def test_locked_session(server):
    """With pop3_lock_session a second session is told [IN-USE], and the
    first one does not notice."""
    pair = Pair(server, lock_session=True, clock=20)

    def session(server_, name):
        out = []
        with server_.login(name) as first:
            first.send(b"DELE 1\r\n")
            out.append(first.line())
            with server_.connect() as second:
                second.ok("USER " + name)
                second.send(b"PASS pw-" + name.encode() + b"\r\nSTAT\r\n")
                out.append(second.read_eof())
            first.send(b"STAT\r\nQUIT\r\n")
            out.append(first.read_eof())
        return b"|".join(out)

    replies = pair.same(session, ends=2)
    assert b"|-ERR [IN-USE] " in replies
    assert b"deleted" in pair.same(play([b"DELE 1", b"QUIT"]))


#
# Settings
#

@pytest.mark.parametrize("kwargs", [
    {"rawlog": True},
    {"lock_session": True},
    {"driver": "mdbox"}, {"driver": "sdbox"}, {"driver": "mbox"},
    {"pop3_settings": {"pop3_no_flag_updates": True}},
    {"pop3_settings": {"pop3_fast_size_lookups": True}},
    {"pop3_settings": {"pop3_reuse_xuidl": True,
                       "pop3_uidl_duplicates": "rename"}},
    {"pop3_settings": {"pop3_deleted_flag": "Popped",
                       "pop3_save_uidl": True}},
    {"pop3_settings": {"pop3_client_workarounds":
                       "outlook-no-nuls oe-ns-eoh"}},
    {"client_limit": 10, "service_count": 1000, "process_limit": 2},
    {"client_limit": 1, "service_count": 1},
], ids=str)
def test_settings(server, kwargs):
    """A tour through all commands under other settings of the host."""
    pair = Pair(server, **kwargs)
    tour = [b"STAT", b"LIST", b"UIDL", b"RETR 1", b"RETR 2", b"BAD", b"RETR 5",
            b"TOP 4 2", b"RETR 6", b"DELE 2", b"DELE 5", b"LIST", b"UIDL",
            b"RSET", b"DELE 3", b"LAST", b"CAPA", b"NOOP", b"RETR 7"]
    for mode in ("one", "login", "steps", "bytes"):
        pair.same(play(tour + [b"QUIT"], mode), mode)
        pair.same(play(tour, mode), mode)
    user = pair.fresh_user()
    for commands in ([b"RETR 1", b"DELE 2", b"QUIT"], [b"STAT", b"UIDL"],
                     [b"DELE 1"], [b"LIST", b"DELE 1", b"QUIT"], [b"UIDL"]):
        # The same user again and again: what one session leaves is what the
        # next one finds.
        pair.same(play(commands), commands, user)
    if kwargs.get("rawlog"):
        assert rawlogs(pair.servers[1]) == rawlogs(pair.servers[0])


def rawlogs(server):
    """All raw traffic of a server's sessions, in order of their users."""
    found = []
    for path in (server.folder / "rawlog").rglob("*"):
        if path.is_file():
            text = path.read_bytes()
            text = re.sub(rb"(?m)^\d+\.\d+ ", b"", text)
            found.append((path.suffix, mask(b"+OK <>" + text)[6:]))
    assert found
    return sorted(found)


#
# Trouble with the mailbox
#

def test_expunged_behind_the_session(pair):
    """Another session deletes messages while ours is open."""
    def session(server, name):
        out = []
        with server.login(name) as client:
            out.append(reply_to_one(client, b"RETR 1"))
            server.doveadm("expunge", "-u", name, "mailbox", "INBOX", "uid",
                           "2,5")
            for command in (b"STAT", b"LIST", b"RETR 2", b"TOP 5 1", b"UIDL",
                            b"RETR 3", b"DELE 2", b"QUIT"):
                out.append(reply_to_one(client, command))
            out.append(client.read_eof())
        return b"".join(out)

    def reply_to_one(client, command):
        client.send(command + CRLF)
        return reply_to(client, command)

    pair.same(session)


def test_slow_reader(pair):
    """Large replies, taken slowly through a small window."""
    commands = [b"RETR 5"] * 20 + [b"STAT", b"BAD", b"LIST"] + [
        b"RETR 5"] * 20 + [b"QUIT"]

    def session(server, name):
        with server.login(name, receive_buffer=2048) as client:
            client.send(b"".join(command + CRLF for command in commands))
            digest = hashlib.sha256()
            while data := client.sock.recv(1500):
                digest.update(data)
            return digest.digest()

    pair.same(session)
