"""Random steps: deliveries, deletions, IMAP moves and copies, lost indexes,
conversion and kill -9; after each of them every message still has the UIDL
that it was first shown with, no UIDL is that of two messages, and none is
given to another one."""

import os
import shutil
import signal
import threading

import pytest

from pop3ext import uidl

MESSAGES = 50
# what the host says of lost files, and the master of kill -9
ALLOWED = "Error: |Warning: |killed with signal 9"


class Model:
    """What was shown to the client so far: subject -> UIDL."""

    def __init__(self, server):
        self.server = server
        self.shown = {}
        self.next = 1
        self.alive = []
        self._imap = None

    @property
    def imap(self):
        """A session that many steps share: an IMAP client at once with the
        POP3 sessions."""
        if self._imap is None:
            self._imap = self.server.imap()
        return self._imap

    def drop_imap(self):
        """Before files are removed under its feet."""
        if self._imap is not None:
            self._imap.logout()
            self._imap = None

    def look(self):
        """A session; checks what it shows."""
        found = subjects(self.server)
        assert sorted(found) == sorted("m%d" % n for n in self.alive)
        for subject, text in found.items():
            assert self.shown.setdefault(subject, text) == text
        texts = list(self.shown.values())
        assert len(set(texts)) == len(texts)

    def look_partly(self):
        """The same while some messages are away."""
        for subject, text in subjects(self.server).items():
            assert self.shown.setdefault(subject, text) == text

    def numbers(self, rng):
        return rng.sample(self.alive, min(len(self.alive),
                                          rng.randint(1, 4)))


def subjects(server):
    """{subject: UIDL} as a session shows them, asked for all at once."""
    with server.login() as client:
        listed = client.uidl()
        client.send(b"".join(b"TOP %d 0\r\n" % number for number in listed) +
                    b"QUIT\r\n")
        found = {}
        for text in listed.values():
            assert client.line().startswith(b"+OK")
            (subject,) = [line[9:].decode() for line in client.multi()
                          if line.startswith(b"Subject: ")]
            assert found.setdefault(subject, text) == text
        assert client.line().startswith(b"+OK")
    return found


def deliver(model, rng):
    for _ in range(rng.randint(1, 4)):
        if len(model.alive) < MESSAGES:
            model.imap.append("INBOX", None, None, uidl.message(model.next))
            model.alive.append(model.next)
            model.next += 1


def select(model, folder="INBOX"):
    assert model.imap.select(folder)[0] == "OK"
    return model.imap


def delete(model, rng):
    for number in model.numbers(rng):
        imap = select(model)
        for seq in seqs(imap, number):
            imap.store(seq, "+FLAGS", r"(\Deleted)")
        imap.expunge()
        model.alive.remove(number)


def delete_by_pop3(model, rng):
    """Some of them, and maybe the connection breaks before they are."""
    with model.server.login() as client:
        shown = {text: number for number, text in client.uidl().items()}
        numbers = model.numbers(rng)
        for number in numbers:
            client.ok("DELE %d" % shown[model.shown["m%d" % number]])
        if rng.random() < 0.7:
            client.quit()
            for number in numbers:
                model.alive.remove(number)


def seqs(imap, number):
    """Sequences of the message of that number."""
    _, data = imap.search(None, "HEADER", "Message-ID",
                          "<m%d@example.test>" % number)
    return data[0].split()


def move_away_and_back(model, rng):
    imap = select(model)
    imap.create("Away")
    for number in model.numbers(rng):
        for seq in seqs(imap, number):
            imap._simple_command("MOVE", seq, "Away")
    if rng.random() < 0.5:
        model.look_partly()
    select(model, "Away")._simple_command("MOVE", "1:*", "INBOX")


def copy_again(model, rng):
    """Fetched, deleted and appended again, as by a program that syncs."""
    imap = select(model)
    for number in model.numbers(rng):
        for seq in seqs(imap, number):
            _, data = imap.fetch(seq, "(BODY.PEEK[])")
            imap.store(seq, "+FLAGS", r"(\Deleted)")
            imap.expunge()
            imap.append("INBOX", None, None, data[0][1])


def lose_index(model, rng):
    model.drop_imap()
    for path in list(uidl.home(model.server).rglob("dovecot.index*")):
        # an mbox' index is all that knows its UIDs
        path.unlink()
    if model.server.driver in ("mdbox", "sdbox"):
        model.server.doveadm("force-resync", "-u", "alice", "INBOX",
                             check=False)


def lose_uidlist(model, rng):
    model.drop_imap()
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


PATHS = {"maildir": "Maildir", "mdbox": "mdbox", "sdbox": "sdbox"}


def convert(model, rng):
    """To another storage, by doveadm backup."""
    model.drop_imap()
    ours = model.server
    if ours.driver not in PATHS:
        return
    driver = rng.choice([name for name in PATHS if name != ours.driver])
    # 2: something had changed, it wants to be run again
    statuses = [ours.doveadm(
        "backup", "-u", "alice", "%s:~/%s" % (driver, PATHS[driver]),
        check=False).returncode for _ in range(2)]
    assert statuses in ([0, 0], [2, 0])
    shutil.rmtree(uidl.home(ours) / PATHS[ours.driver])
    uidl.change(ours, driver=driver)
    ours.allow_log(ALLOWED)


STEPS = [deliver, deliver, delete, delete_by_pop3, move_away_and_back,
         copy_again, lose_index, lose_uidlist, killed]


def run(server, rng, driver, steps, more=()):
    # one separator for all storages
    ours = server(plugin=uidl.PLUGINS, driver=driver, service_count=1,
                  settings={"namespace inbox": {"inbox": "yes",
                                                "separator": "/"},
                            **uidl.KILLED})
    ours.allow_log(ALLOWED)
    model = Model(ours)
    deliver(model, rng)
    model.look()
    for _ in range(steps):
        step = rng.choice([*STEPS, *more])
        print(step.__name__)
        if model.alive or step is deliver:
            step(model, rng)
        model.look()
    model.drop_imap()


@pytest.mark.parametrize("driver", uidl.DRIVERS)
def test_random_steps(server, rng, driver):
    run(server, rng, driver, 8)


@pytest.mark.all
@pytest.mark.parametrize("driver", uidl.DRIVERS)
def test_more_random_steps(server, rng, driver):
    run(server, rng, driver, 60, [convert])


@pytest.mark.long
@pytest.mark.parametrize("driver", uidl.DRIVERS)
def test_ten_thousand_random_steps(server, rng, driver):
    run(server, rng, driver, 2500, [convert])
