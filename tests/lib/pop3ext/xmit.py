"""xmit - what the tests of XTND XMIT share.

Messages taken apart, the log line of a submission, scripted relays for many
users of one server, and many sessions side by side.
"""

import concurrent.futures
import re
import time

import pytest

from . import pop3, server, smtpd

SIMPLE = (b"Date: Sat, 21 Nov 2026 10:00:00 +0100\r\n"
          b"From: alice@example.test\r\n"
          b"To: bob@example.test\r\n"
          b"Message-ID: <simple@client.test>\r\n"
          b"Subject: simple\r\n"
          b"\r\n"
          b"Hello\r\n")

# The one line that each submission leaves.
_LINE = r"""pop3\(%s\).*?\ Info:\ xmit:
            \ (?P<result>\w+):
            \ from=<(?P<sender>.*?)>,
            \ recipients=(?P<recipients>\d+),
            \ size=(?P<size>\d+),
            \ msgid=(?P<msgid>.*?),
            \ reply=(?P<reply>.*)$"""


def message(*fields, body=b"Hello\r\n", to=b"To: bob@example.test"):
    """A message with these header lines (bytes without CRLF) after a To
    (None: without)."""
    lines = ([] if to is None else [to]) + list(fields)
    return b"".join(line + b"\r\n" for line in lines) + b"\r\n" + body


class Mail:
    """A message as it came, taken apart at its first empty line."""

    def __init__(self, data):
        head, empty, self.body = data.partition(b"\r\n\r\n")
        if not empty:
            raise ValueError("no empty line after the header: %r" % data[:500])
        # Whole fields: name, colon, text, folded lines, without the last
        # CRLF.
        self.fields = re.split(rb"\r\n(?![ \t])", head)

    def get(self, name):
        """The texts of all fields of that name, unfolded."""
        prefix = name.lower().encode() + b":"
        return [re.sub(rb"\r\n(?=[ \t])", b"", field[len(prefix):]).strip()
                for field in self.fields
                if field.lower().startswith(prefix)]

    def without(self, *names):
        """The fields but those of these names."""
        prefixes = tuple(name.lower().encode() + b":" for name in names)
        return [field for field in self.fields
                if not field.lower().startswith(prefixes)]


def results(ours, user, mark=0):
    """The submissions of a user in the log, as dicts of strings: result,
    sender, recipients, size, msgid, reply."""
    pattern = re.compile(_LINE % re.escape(user), re.M | re.X)
    return [match.groupdict() for match in pattern.finditer(ours.log(mark))]


def wait_results(ours, user, count=1, mark=0, timeout=20):
    """Wait until the log has `count` submissions of a user, and return
    them."""
    deadline = time.monotonic() + timeout
    while True:
        found = results(ours, user, mark)
        if len(found) >= count:
            return found
        if time.monotonic() > deadline:
            raise AssertionError("%d of %d submissions of %s in the log:\n%s" %
                                 (len(found), count, user, ours.log(mark)))
        time.sleep(0.005)


def sample(count, params):
    """Parameters of a test, `count` of them, spread evenly, marked to be run
    under valgrind, too."""
    params = [one if isinstance(one, tuple) else (one,) for one in params]
    chosen = {len(params) * n // count for n in range(count)}
    return [pytest.param(*one, marks=pytest.mark.valgrind) if n in chosen
            else pytest.param(*one) for n, one in enumerate(params)]


def together(function, items, threads=16):
    """[function(item) for each item], many at the same time."""
    with concurrent.futures.ThreadPoolExecutor(threads) as pool:
        return list(pool.map(function, items))


def try_xmit(client, data):
    """(reply to XTND XMIT, reply to the dot or None)."""
    first = client.command("XTND XMIT")
    if not first.startswith(b"+OK"):
        return first, None
    client.send(pop3.stuff(data))
    return first, client.line()


def peak(pid):
    """Largest memory that a process has had (VmHWM), in bytes."""
    with open("/proc/%d/status" % pid, encoding="ascii") as file:
        return int(re.search(r"VmHWM:\s+(\d+) kB", file.read()).group(1)) * 1024


def assert_growth(server, pid, before, limit):
    """A process of that server has grown by less than limit since peak() was
    before. Under a sanitizer or valgrind its size says nothing."""
    if not server.wrap:
        assert peak(pid) - before < limit


class Desk:
    """A user with a relay of his own: userdb fields point his sessions to
    it, so that many scripts run on one server."""

    def __init__(self, name, fields=None, **relay):
        self.name = name
        self.relay = smtpd.Relay(**relay)
        self.user = server.User(name, fields=dict(
            {"pop3_ext_xmit_relay": self.relay.host_port}, **(fields or {})))

    def __repr__(self):
        return "<Desk %s>" % self.name
