"""XTND XMIT: random sessions against a random relay.

Whatever happens, +OK after the dot means that the relay took the whole
message for all recipients, once; -ERR that it took nothing (unless the log
says "unknown"); and the session goes on.
"""

import random
import threading

import pytest

from pop3ext import pop3, smtpd, xmit

DESKS = 4
STAGES = ["connect", "EHLO", "MAIL", "RCPT", "DATA", "body", "final", "RSET"]
ENDS = [smtpd.drop, smtpd.reset,
        lambda: smtpd.say_and_drop("421 4.3.2 shutting down")]
# In the middle of the data these would be a second answer beside the last
# one: nobody could tell which one counts.
ANSWERS = ENDS + [lambda: smtpd.reply("451 4.3.0 later"),
                  lambda: smtpd.reply("550 5.7.1 never"), smtpd.garbage]


class Message:
    """A random message; .good tells whether it can be sent."""

    def __init__(self, rng):
        self.good = True
        names = rng.sample(["a", "b", "c", "d"], rng.randrange(1, 4))
        self.rcpts = [name.encode() + b"@example.test" for name in names]
        self.body = b"".join(
            rng.choice([b"", b".", b"..", b"x" * rng.randrange(200)]) +
            b"\r\n" for _ in range(rng.choice([0, 1, 5, 50, 3000])))
        fields = [b"Subject: " + b"s" * rng.randrange(100)]
        to = b"To: " + b", ".join(self.rcpts)
        bad = rng.random()
        if bad < 0.04:
            to, self.good = b"Cc: none:;", False
        elif bad < 0.08:
            to, self.good = b"To: not an address", False
        elif bad < 0.12:
            self.body, self.good = self.body + b"\0\r\n", False
        elif bad < 0.16:
            self.body, self.good = self.body + b"y" * 65537 + b"\r\n", False
        self.data = xmit.message(*fields, to=to, body=self.body)


class Client:
    """One user's sessions, step by step."""

    def __init__(self, ours, desk, seed):
        self.ours = ours
        self.desk = desk
        self.rng = random.Random(seed)
        self.client = None
        self.seen = 0               # transactions looked at
        self.lines = 0              # submissions in the log

    def write(self, data):
        """In pieces, or not."""
        size = self.rng.choice([len(data) or 1, len(data) or 1, 1460, 511])
        for at in range(0, len(data), size):
            self.client.send(data[at:at + size])

    def run(self, steps):
        """So many messages."""
        for _ in range(steps):
            if self.client is None:
                self.client = self.ours.login(self.desk.name)
            self.step()
        if self.client is not None:
            self.client.quit()

    def step(self):
        """One message, with or without trouble."""
        rng, relay = self.rng, self.desk.relay
        message = Message(rng)
        relay.normal()
        if rng.random() < 0.4:
            stage = rng.choice(STAGES)
            relay.on(stage, rng.choice(ENDS if stage == "body"
                                       else ANSWERS)(), times=1,
                     after=rng.choice([0, 100, 50000]))
        if rng.random() < 0.05:
            relay.drop_connections()
        self.lines += 1
        behind = rng.choice([b"", b"NOOP\r\n", b"STAT\r\nNOOP\r\n"])
        first = self.client.command("XTND XMIT")
        if not first.startswith(b"+OK"):
            assert first.startswith(b"-ERR [SYS/")
            self.judge(None, message)
            return
        wire = pop3.stuff(message.data)
        if rng.random() < 0.07:
            self.write(wire[:rng.randrange(len(wire))])
            rng.choice([self.client.close, self.client.reset])()
            self.client = None
            self.judge(None, message)
            return
        self.write(wire + behind)
        reply = self.client.line()
        for _ in range(behind.count(b"\r\n")):
            assert self.client.line().startswith(b"+OK")
        self.judge(reply, message)

    def judge(self, reply, message):
        """Do the client, the relay and the log say the same?"""
        line = xmit.wait_results(self.ours, self.desk.name, self.lines)[-1]
        took = [one for one in self.desk.relay.transactions[self.seen:]
                if one.code == 250]
        self.seen = len(self.desk.relay.transactions)
        if reply is not None and reply.startswith(b"+OK"):
            assert message.good and line["result"] == "sent"
            (sent,) = took
            assert sent.accepted == message.rcpts
            assert xmit.Mail(sent.data).body == message.body
        elif line["result"] == "unknown":
            assert len(took) <= 1
        else:
            assert line["result"] in ("refused", "deferred", "aborted")
            assert not took


def _run(server, rng, steps, **limits):
    desks = [xmit.Desk("u%d" % n) for n in range(DESKS)]
    ours = server(users=[desk.user for desk in desks], **limits)
    ours.allow_log("Error: xmit: smtp-client: conn 127.0.0.1:")
    clients = [Client(ours, desk, rng.random()) for desk in desks]
    failures = []

    def run(client):
        try:
            client.run(steps // DESKS)
        except BaseException as error:      # raised below, in the test
            failures.append(error)
    threads = [threading.Thread(target=run, args=(client,))
               for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for desk in desks:
        desk.relay.stop()
    if failures:
        raise failures[0]


LIMITS = [{}, {"client_limit": 10, "service_count": 100, "process_limit": 2}]


@pytest.mark.parametrize("limits", LIMITS, ids=["one", "shared"])
def test_random(server, rng, limits):
    """Some hundred messages, in processes of one session and of several."""
    _run(server, rng, 200, **limits)


@pytest.mark.long
@pytest.mark.parametrize("limits", LIMITS, ids=["one", "shared"])
def test_random_long(server, rng, limits):
    """Thousands."""
    _run(server, rng, 8000, **limits)
