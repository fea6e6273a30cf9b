"""Random steps: deliveries, deletions, IMAP moves and copies, lost indexes,
conversion and kill -9; after each of them every message still has the UIDL
that it was first shown with, no UIDL is that of two messages, and none is
given to another one."""

import os
import signal
import threading

import pytest

from pop3ext import uidl


class Model:
    """What was shown to the client so far: subject -> UIDL."""

    def __init__(self, server):
        self.server = server
        self.shown = {}
        self.next = 1
        self.alive = []

    def look(self):
        """A session; checks what it shows."""
        found = uidl.by_subject(self.server)
        assert sorted(found) == sorted("m%d" % n for n in self.alive)
        for subject, texts in found.items():
            assert len(texts) == 1
            assert self.shown.setdefault(subject, texts[0]) == texts[0]
        texts = list(self.shown.values())
        assert len(set(texts)) == len(texts)

    def numbers(self, rng):
        return rng.sample(self.alive, min(len(self.alive),
                                          rng.randint(1, 4)))


def deliver(model, rng):
    count = rng.randint(1, 4)
    uidl.fill(model.server, range(model.next, model.next + count))
    model.alive += range(model.next, model.next + count)
    model.next += count


def delete(model, rng):
    for number in model.numbers(rng):
        # the whole subject only
        imap = model.server.imap()
        imap.select("INBOX")
        for seq in seqs(imap, number):
            imap.store(seq, "+FLAGS", r"(\Deleted)")
        imap.expunge()
        imap.logout()
        model.alive.remove(number)


def seqs(imap, number):
    """Sequences of the message of that number."""
    _, data = imap.search(None, "HEADER", "Message-ID",
                          "<m%d@example.test>" % number)
    return data[0].split()


def move_away_and_back(model, rng):
    imap = model.server.imap()
    imap.create("Away")
    imap.select("INBOX")
    for number in model.numbers(rng):
        for seq in seqs(imap, number):
            imap._simple_command("MOVE", seq, "Away")
    if rng.random() < 0.5:
        model_look_partly(model)
    imap.select("Away")
    imap._simple_command("MOVE", "1:*", "INBOX")
    imap.logout()


def model_look_partly(model):
    """A session while some messages are away."""
    for subject, texts in uidl.by_subject(model.server).items():
        assert model.shown.setdefault(subject, texts[0]) == texts[0]


def copy_again(model, rng):
    """Fetched, deleted and appended again, as by a program that syncs."""
    imap = model.server.imap()
    imap.select("INBOX")
    for number in model.numbers(rng):
        for seq in seqs(imap, number):
            _, data = imap.fetch(seq, "(BODY.PEEK[])")
            imap.store(seq, "+FLAGS", r"(\Deleted)")
            imap.expunge()
            imap.append("INBOX", None, None, data[0][1])
    imap.logout()


def lose_index(model, rng):
    for path in list(uidl.home(model.server).rglob("dovecot.index*")):
        # an mbox' index is all that knows its UIDs
        path.unlink()
    if model.server.driver in ("mdbox", "sdbox"):
        model.server.doveadm("force-resync", "-u", "alice", "INBOX",
                             check=False)


def lose_uidlist(model, rng):
    for path in uidl.home(model.server).rglob("dovecot-uid*"):
        path.unlink()
    lose_index(model, rng)


def killed(model, rng):
    client = model.server.login()
    pids = model.server.processes("pop3")
    client.send_line("UIDL")
    timer = threading.Timer(rng.random() * 0.01, lambda: [
        os.kill(pid, signal.SIGKILL) for pid in pids])
    timer.start()
    client.read_eof()
    timer.join()
    client.close()


STEPS = [deliver, deliver, delete, move_away_and_back, copy_again, lose_index,
         lose_uidlist, killed]


def run(server, rng, driver, steps):
    ours = server(plugin=uidl.PLUGINS, driver=driver, service_count=1)
    ours.allow_log("Error: |Warning: |killed with signal 9")
    model = Model(ours)
    deliver(model, rng)
    model.look()
    for _ in range(steps):
        step = rng.choice(STEPS)
        print(step.__name__)
        if model.alive or step is deliver:
            step(model, rng)
        model.look()


@pytest.mark.parametrize("driver", uidl.DRIVERS)
def test_random_steps(server, rng, driver):
    run(server, rng, driver, 8)


@pytest.mark.all
@pytest.mark.parametrize("driver", uidl.DRIVERS)
def test_more_random_steps(server, rng, driver):
    run(server, rng, driver, 60)
