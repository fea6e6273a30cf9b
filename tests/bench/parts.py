"""parts - what all measurements stand on: client, servers, sink, pairs."""

import pathlib
import random
import socket
import subprocess
import time

from pop3ext import hosts, server, tls

import measure

BENCH_DIR = pathlib.Path(__file__).resolve().parent
USERS = ["m200", "m10k", "m100k"] + ["c%d" % n for n in range(1, 51)]

# How processes live: Debian's default, and as an admin of a busy server has
# them.
SESSION = "process per session"
LONG = "long-lived processes"
# of them, of each kind, and how many sessions until each has had its first
IDLE = 4
WARM = {SESSION: 2, LONG: 5 * IDLE}
SESSION_PROCESSES = ("pop3", "pop3-login", "submission", "submission-login")


class BenchError(Exception):
    """One clear sentence."""


class Client:
    """bench-client as a child: command() sends a line and gives
    (nanoseconds, result)."""

    def __init__(self, program):
        self._process = subprocess.Popen(
            [str(program)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            text=True, bufsize=1, preexec_fn=hosts.die_with_parent)

    def command(self, line):
        """Run one command of the client's."""
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline().split()
        if not answer or answer[0] != "ok":
            raise BenchError("%s: %s" % (line, " ".join(answer[1:])))
        return int(answer[1]), int(answer[2])

    def close(self):
        """End it."""
        self._process.stdin.close()
        self._process.wait()


class Side:
    """One of the two (or three) that are compared: a connection of the
    client and the server whose CPU time is counted (None: not counted)."""

    def __init__(self, name, conn, client, port, measured, smtp=False):
        self.name = name
        self._conn = conn
        self._client = client
        self.measured = measured
        self._open = "open %d %s %d" % (conn, "smtp" if smtp else "pop3",
                                        port)
        self._port = port

    def run(self, commands):
        """Commands with {} where the connection's name belongs, or functions
        of this side; returns CPU and wall nanoseconds and the last
        result."""
        before = self._used()
        wall = 0
        result = 0
        for command in commands:
            if callable(command):
                command(self)
                continue
            if command == "open":
                command = self._open
            spent, result = self._client.command(
                command.format(self._conn, port=self._port))
            wall += spent
        ended = (not callable(command) and
                 command.startswith(("quit", "crowd")))
        return self._used(ended) - before, wall, result

    def _used(self, ended=False):
        if self.measured is None:
            return 0
        return self.measured.counter.settled(
            self.measured.ending if ended else ())


def run_round(samples, sides, steps, pairs, alike=True, warm=2):
    """Run the steps on all sides, the sides in random order within each
    step, `pairs` times after `warm` for warming up.  steps: (name, commands)
    or (name, {side name: commands}).  alike: the client's results must be
    equal."""
    rng = random.Random(1)
    for step, _ in steps:
        for side in sides:
            samples.begin_round(step, side.name)
    for number in range(-warm, pairs):
        for step, commands in steps:
            results = set()
            for side in rng.sample(sides, len(sides)):
                todo = (commands[side.name] if isinstance(commands, dict)
                        else commands)
                cpu, wall, result = side.run(todo)
                results.add(result)
                if number >= 0:
                    samples.add(step, side.name, cpu, wall)
            if alike and len(results) > 1:
                raise BenchError("%s: the servers differ: %s" %
                                 (step, sorted(results)))


class Bench:
    """What the parts are given."""

    def __init__(self, host, client, work, port, quick, rounds, table, sink,
                 messages=None):
        self.host = host
        self.client = client
        self.work = work            # pathlib.Path, seen by the host, too
        self.quick = quick
        # Each round has servers of its own: where the kernel puts a
        # process's memory makes up to a tenth of its time.
        self.rounds = rounds
        self.pairs = 10 if quick else 20
        # of the part uidl
        self.messages = messages or (5000 if quick else 20000)
        self.table = table
        self.sink_program = sink    # argv of smtp-sink
        self._port = self._first_port = port
        self._certificate = tls.Authority(work / "tls").issue()

    def port(self, count=1):
        """The first of `count` free ports."""
        if self._port > self._first_port + 900:
            self._port = self._first_port
        while not all(server.port_is_free(port) for port in
                      range(self._port, self._port + count)):
            self._port += 1
        self._port += count
        return self._port - count

    def server(self, mode=SESSION, submission=False, sink=None, **kwargs):
        """A Measured server, not started."""
        count = ("restart_request_count" if self.host.is_24
                 else "service_count")
        settings = dict(kwargs.pop("settings", {}))
        if mode == LONG:
            kwargs["service_count"] = 256
            settings["service pop3"] = {"process_min_avail": IDLE}
            settings["service pop3-login"] = {count: 0}
        if submission:
            kwargs["protocols"] = ("pop3", "submission")
            settings["submission_relay_host"] = server.LOCALHOST
            settings["submission_relay_port"] = sink
            if mode == LONG:
                settings["service submission"] = {
                    count: 256, "process_min_avail": IDLE}
                settings["service submission-login"] = {count: 0}
        else:
            kwargs.setdefault("protocols", ("pop3",))
        made = Measured(self.host, self.port(server.PORTS_EACH),
                        settings=settings, certificate=self._certificate,
                        **kwargs)
        if mode == SESSION:
            made.ending = SESSION_PROCESSES
        return made

    def sink(self):
        """A running smtp-sink."""
        return Sink(self.sink_program, self.port())


class Measured(server.Server):
    """A server with a CPU counter."""

    counter = None
    # names of the processes that end with their session
    ending = ()

    def start(self, timeout=30):
        self.counter = self.host.count_next()
        return super().start(timeout)

    def stop(self, check=True, keep=False, timeout=30):
        super().stop(check=check, keep=keep, timeout=timeout)
        if self.counter is not None:
            self.counter.close()
            self.counter = None

    def use_homes(self, homes):
        """Take the users' homes from another folder (outside path)."""
        for user in self.users:
            user.home = self.host.inside(homes / user.name)
        self.write_users()

    def processes(self, name):
        """The pids of its living processes of that name."""
        return [pid for pid, its_name, _ in self.counter.processes()
                if its_name == name]


class Sink:
    """A running smtp-sink, for `with`."""

    def __init__(self, program, port):
        self._program = program
        self.port = port
        self._process = None

    def __enter__(self):
        self._process = subprocess.Popen(
            self._program + ["-u", hosts.MAIL_USER, "%s:%d" %
                             (server.LOCALHOST, self.port), "256"],
            stdin=subprocess.DEVNULL, preexec_fn=hosts.die_with_parent)
        deadline = time.monotonic() + 10
        while True:
            try:
                socket.create_connection((server.LOCALHOST,
                                          self.port)).close()
                return self
            except ConnectionRefusedError:
                if time.monotonic() > deadline:
                    raise BenchError("smtp-sink does not listen") from None
                time.sleep(0.01)

    def __exit__(self, *exc):
        self._process.terminate()
        self._process.wait()


def status_kib(pid, field, name="status"):
    """A KiB value of /proc/PID/status or smaps_rollup."""
    text = pathlib.Path("/proc", str(pid), name).read_text(encoding="ascii")
    return sum(int(line.split()[1]) for line in text.splitlines()
               if line.split(":")[0] == field)
