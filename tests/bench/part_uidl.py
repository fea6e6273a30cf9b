"""part_uidl - UIDLs of pop3_uidl's store : those of the host.

Each side has a copy of the same mailbox."""

import contextlib
import shutil
import subprocess
import time

import mailboxes
import measure
import parts
from pop3ext import hosts
from report import Goal, ratio_goal

USER = "uidl"
# whose process has all that does not depend on the number of messages
EMPTY = "none"
NEW = 10
MEMORY_ROUNDS = 7
JOURNAL = ".dovecot.pop3-uidl"
LOGIN_GOAL = ratio_goal("<= 1.02", 1.02)
UIDL_GOALS = {False: ratio_goal("<= 0.50", 0.50), True: ratio_goal("<= 0.18", 0.18)}
NEW_GOAL = ratio_goal("<= 1.05", 1.05)
FIRST_GOAL = ratio_goal("<= 2.00", 2.0)
LOST_GOAL = ratio_goal("<= 0.40", 0.4)
BYTES_GOAL = Goal("<= 56", 56)
MEMORY_GOAL = Goal("<= 64", 64)

STEADY = ["log in, STAT", "UIDL", "QUIT"]
WITH_NEW = ["%d new: %s" % (NEW, step) for step in STEADY]
SESSION = "whole session"
NEW_SESSION = "%d new: %s" % (NEW, SESSION)
FIRST = "first session : stock without index"
COLD = "first session, both without index"
LOST = "all indexes lost"
KEPT = "index lost, dovecot-uidlist kept"


class Kind:
    """A storage, and how its mailbox is made."""

    def __init__(self, name, driver, sizes=True):
        self.name = name
        self.driver = driver
        # in the names of a Maildir's files; else stock has to read a message
        # whose size the index does not know
        self.sizes = sizes

    def index(self, home):
        """The files without which all has to be found out again."""
        if self.driver == "maildir":
            return list((home / "Maildir").glob("dovecot*"))
        # the others are no cache of anything
        return list(home.glob("mdbox/mailboxes/INBOX/dbox-Mails/*.cache"))


KINDS = [Kind("Maildir", "maildir"),
         Kind("Maildir, no sizes in names", "maildir", sizes=False),
         Kind("mdbox", "mdbox")]


def _lda(srv, number):
    """Deliver a message that is new to both sides."""
    srv.deliver(USER, ("From: a@example.test\nSubject: new %d\n"
                       "Message-ID: <new%d@example.test>\n\n%s\n" %
                       (number, number, "x" * 60)).encode())


class Box:
    """The mailbox of one kind: as stock Dovecot has left it, and the copies of
    both sides."""

    def __init__(self, bench, kind):
        self.kind = kind
        self._bench = bench
        self.client = bench.client
        self._delivered = {"on": 0, "off": 0}
        self.folder = bench.work / "uidl"
        shutil.rmtree(self.folder, ignore_errors=True)
        self._stock = self.folder / "stock"
        self._make()

    def home(self, side):
        """Its copy."""
        return self.folder / side / USER

    def _make(self):
        maildir = mailboxes.make_one(self.folder / "source", USER,
                                     self._bench.messages, self.kind.sizes)
        self._stock.mkdir()
        for name in (USER, EMPTY):
            (self._stock / name).mkdir()
            hosts_chown(self._stock / name)
        if self.kind.driver == "maildir":
            shutil.rmtree(self._stock / USER)
            (maildir / USER).rename(self._stock / USER)
        with self.server("stock", parts.LONG) as srv:
            if self.kind.driver == "mdbox":
                srv.doveadm("backup", "-R", "-u", USER, "maildir:" +
                            self._bench.host.inside(maildir / USER /
                                                    "Maildir"), timeout=3000)
            for _ in range(2):
                with srv.login(USER, timeout=600) as client:
                    client.uidl()
                    client.quit()
        for side in ("on", "off"):
            self.restore(side)

    def server(self, side, mode):
        """Not started."""
        srv = self._bench.server(
            mode, users=[USER, EMPTY], driver=self.kind.driver,
            # dsync wants one separator for all storages
            settings={"namespace inbox": {"inbox": "yes", "separator": "/"}},
            plugin=["pop3_ext", "pop3_uidl"] if side == "on" else [])
        srv.use_homes(self.folder / side)
        return srv

    def restore(self, side):
        """As stock has left it, without a store."""
        shutil.rmtree(self.folder / side, ignore_errors=True)
        # the messages of a Maildir are never written to
        subprocess.run(["cp", "-al" if self.kind.driver == "maildir" else
                        "-a", str(self._stock), str(self.folder / side)],
                       check=True)
        for path in self.kind.index(self.home(side)):
            fresh = path.with_name("copy")
            shutil.copy2(path, fresh)
            hosts_chown(fresh)
            fresh.replace(path)

    def forget(self, side):
        """Without index."""
        for path in self.kind.index(self.home(side)):
            path.unlink()

    def forget_index(self, side):
        """Without index, but Maildir's list of UIDs is there."""
        for path in self.kind.index(self.home(side)):
            if path.name.startswith("dovecot.index"):
                path.unlink()

    def deliver(self, side):
        """NEW messages; the same for both sides."""
        for _ in range(NEW):
            self._delivered[side.name] += 1
            _lda(side.measured, self._delivered[side.name])


def hosts_chown(path):
    """Give it to the mail user."""
    shutil.chown(path, hosts.MAIL_UID, hosts.MAIL_GID)


def _side(box, stack, name, mode, number=0):
    srv = box.server(name, mode)
    stack.enter_context(srv)
    return parts.Side(name, number, box.client, srv.ports["pop3"], srv)


def _sides(box, stack, mode, swap=False):
    return [_side(box, stack, name, mode, number) for number, name in
            enumerate(("on", "off") if swap else ("off", "on"))]


def _commands(user=USER):
    return [["open", "login {} %s pw-%s" % (user, user), "line {} 1 STAT"],
            ["list {} 1 UIDL"], ["quit {}"]]


def _whole():
    return sum(_commands(), [])


def _wait(side):
    """Stock looks into a Maildir again when more than a second has passed
    since a session has moved new messages; within it, chance decides."""
    if side.name == "on":
        time.sleep(2.1)


def _rows(bench, box):
    """Steady state and new messages."""
    samples = measure.Samples()
    steady = list(zip(STEADY, _commands()))
    new = [("deliver", [box.deliver]), ("wait", [_wait]),
           *zip(WITH_NEW, _commands())]
    for number in range(bench.rounds):
        for name in ("on", "off"):
            box.restore(name)
        with contextlib.ExitStack() as stack:
            sides = _sides(box, stack, parts.LONG, number % 2)
            for side in sides:
                side.run(_whole())
            parts.run_round(samples, sides, steady, bench.pairs)
            parts.run_round(samples, sides, new, max(bench.pairs // 4, 3),
                            warm=1)
    for side in ("on", "off"):
        samples.total(NEW_SESSION, WITH_NEW, side)
        samples.total(SESSION, STEADY, side)
    bench.table.title("UIDL, pop3_uidl on : off, %s, %d messages" %
                      (box.kind.name, bench.messages))
    uidl_goal = UIDL_GOALS[bench.host.is_24]
    for step, goal in ((STEADY[0], LOGIN_GOAL), (STEADY[1], uidl_goal),
                       (SESSION, None), (WITH_NEW[0], None),
                       (WITH_NEW[1], None), (NEW_SESSION, None)):
        _row(bench, samples, step, (step, "on"), (step, "off"), goal)
    _row(bench, samples, "%d new : none, ours" % NEW, (NEW_SESSION, "on"),
         (SESSION, "on"), NEW_GOAL)
    _row(bench, samples, "%d new : none, stock's own" % NEW,
         (NEW_SESSION, "off"), (SESSION, "off"), None)


def _row(bench, samples, name, one, two, goal):
    cpu = measure.ratio(samples.cpu[one], samples.cpu[two])
    bench.table.ratios(name, samples.cpu[one], samples.cpu[two], cpu,
                       measure.ratio(samples.wall[one], samples.wall[two]),
                       [(goal, cpu)])


def _lose(losses):
    """A command of parts.Side.run() that does what a side has lost."""
    def lose(side):
        for loss in losses[side.name]:
            loss(side.name)
    return lose


def _losses(box):
    """{step: what happens to each side before}"""
    found = {FIRST: {"on": [box.restore], "off": [box.restore, box.forget]},
             COLD: {"on": [box.restore, box.forget],
                    "off": [box.restore, box.forget]}}
    if box.kind.driver == "maildir":
        found[LOST] = {"on": [box.forget], "off": [box.forget]}
        found[KEPT] = {"on": [box.forget_index], "off": [box.forget_index]}
    return found


def _lost(bench, box):
    """Sessions that have to find out all again."""
    steps = []
    goals = {FIRST: FIRST_GOAL}
    if not box.kind.sizes:
        goals[LOST] = LOST_GOAL
    losses = _losses(box)
    for step in losses:
        steps += [("prepare " + step, [_lose(losses[step])]),
                  (step, _whole())]
    samples = measure.Samples()
    for number in range(min(bench.rounds, 4)):
        with contextlib.ExitStack() as stack:
            parts.run_round(samples, _sides(box, stack, parts.LONG,
                                            number % 2),
                            steps, 3, warm=1)
    for step in losses:
        _row(bench, samples, step, (step, "on"), (step, "off"),
             goals.get(step))


def _private(side, user):
    """KiB that the process of a session has written to by the end of UIDL."""
    commands = _commands(user)
    side.run(commands[0] + commands[1])
    (pid,) = side.measured.processes("pop3")
    kib = parts.status_kib(pid, "Private_Dirty", "smaps_rollup")
    side.run(commands[2])
    return kib


def _memory(bench, box):
    losses = dict(_losses(box), **{"steady state": {"on": [], "off": []}})
    with contextlib.ExitStack() as stack:
        sides = _sides(box, stack, parts.SESSION)
        for step in losses:
            kib = {"on": [], "off": []}
            for _ in range(3 if bench.quick else MEMORY_ROUNDS):
                for side in sides:
                    _lose(losses[step])(side)
                    kib[side.name].append((_private(side, USER) -
                                           _private(side, EMPTY)) * 1024 /
                                          bench.messages)
            bench.table.value(
                "memory, " + step.replace(" : stock without index", ""),
                measure.difference([kib["on"]], [kib["off"]]),
                "octets a message more", MEMORY_GOAL)
    size = (box.home("on") / JOURNAL).stat().st_size / bench.messages
    bench.table.value("store", measure.Estimate(size, size, size),
                      "octets a message", BYTES_GOAL)


def run(bench):
    """The whole part."""
    for kind in KINDS:
        box = Box(bench, kind)
        _rows(bench, box)
        _lost(bench, box)
        _memory(bench, box)
