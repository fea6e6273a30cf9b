"""UIDLs in Redis: their own server on loopback, stopped at marked points."""

import concurrent.futures
import contextlib
import queue
import shutil
import socket
import subprocess
import threading
import time

import pytest

from pop3ext import pop3, uidl


class Redis:
    """A redis-server that keeps nothing on disk, as many sites run it."""

    def __init__(self, port, folder):
        self.port = port
        self._folder = folder
        self._process = None
        self.start()

    def start(self, *more):
        self._process = subprocess.Popen(
            ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1",
             "--save", "", "--dir", str(self._folder), *more],
            stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + 30
        while True:
            try:
                assert self.command("PING").startswith(b"+PONG")
                return
            except OSError:
                assert time.monotonic() < deadline
                time.sleep(0.02)

    def command(self, *words):
        with socket.create_connection(("127.0.0.1", self.port), 20) as sock:
            sock.sendall((" ".join(words) + "\r\n").encode())
            return sock.recv(65536)

    def values(self):
        """{key: value} of all that it has; for short values."""
        keys = self.command("KEYS", "*").decode().split("\r\n")[2::2]
        return {key: self.command("GET", key).decode().split("\r\n")[1]
                for key in keys}

    def stop(self):
        if self._process is not None:
            self._process.terminate()
            self._process.wait()
            self._process = None


@pytest.fixture
def redis(ports, tmp_path):
    if shutil.which("redis-server") is None:
        pytest.skip("redis-server is not installed")
    made = Redis(ports.take(), tmp_path)
    yield made
    made.stop()


def with_redis(server, redis, **kwargs):
    """A server whose UIDLs are in Redis."""
    host = server(start=False, plugin=uidl.PLUGINS, **kwargs)
    if host.host.is_24:
        host.plugin_settings["pop3_uidl"] = {"dict redis": {
            "redis_host": "127.0.0.1", "redis_port": redis.port}}
    else:
        host.plugin_settings["pop3_uidl_dict"] = \
            "redis:host=127.0.0.1:port=%d" % redis.port
    host.write_config()
    return host.start()


def test_uidls_come_back_from_redis_when_the_home_is_lost(server, redis):
    ours = with_redis(server, redis)
    uidl.fill(ours, range(1, 140))
    uidl.listing(ours)
    uidl.fill(ours, range(140, 145))
    before = uidl.by_subject(ours)
    messages = ours.messages("alice")
    for path in uidl.home(ours).iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    imap = ours.imap()
    for _, text in messages:
        imap.append("INBOX", None, None, text)
    imap.logout()
    assert uidl.by_subject(ours) == before


def test_redis_that_lost_all_gets_it_again(server, redis):
    ours = with_redis(server, redis)
    uidl.fill(ours, range(1, 6))
    before = uidl.listing(ours)
    redis.command("FLUSHALL")
    assert uidl.listing(ours) == before
    assert redis.command("DBSIZE") == b":2\r\n"


def test_login_is_refused_while_redis_is_down(server, redis):
    ours = with_redis(server, redis)
    uidl.fill(ours, range(1, 6))
    before = uidl.listing(ours)
    redis.stop()
    ours.expect_log("Error: .*redis")
    with pytest.raises(pop3.Refused, match="Message ids are not available"):
        ours.login()
    redis.start()
    assert uidl.listing(ours) == before


def test_connection_is_closed_when_redis_goes_down_before_new_uidls(
        server, redis):
    ours = with_redis(server, redis)
    uidl.fill(ours, range(1, 6))
    before = uidl.listing(ours)
    uidl.fill(ours, range(6, 8))
    ours.expect_log("Error: .*redis")
    with ours.login() as client:
        redis.stop()
        client.send_line("UIDL")
        assert client.read_eof() == b""
    redis.start()
    assert uidl.listing(ours).startswith(before)


def test_value_that_is_too_large_is_refused(server, redis):
    """The head or a page: one line names the key, and nothing is taken from
    it. When it is as it was, so is all else."""
    ours = with_redis(server, redis)
    uidl.fill(ours, range(1, 6))
    before = uidl.listing(ours)

    def lose_all_but_redis():
        uidl.remove(ours, "Maildir/dovecot.index*")
        uidl.journal(ours).unlink()

    for key, value in redis.values().items():
        lose_all_but_redis()
        largest = 128 * 40 // 3 * 4 + 4
        filled = value + "A" * (largest - len(value))
        if not key.endswith("head"):
            assert redis.command("SET", key, filled) == b"+OK\r\n"
            assert uidl.listing(ours) == before
            lose_all_but_redis()
        assert redis.command("SET", key, filled + "A" * 40000) == b"+OK\r\n"
        line = (r"Error: .*pop3_uidl(_dict| { dict }): \S*%s is larger than 6828 octets" %
                key.rsplit("/", 1)[1])
        ours.expect_log(line)
        mark = ours.log_size()
        if key.endswith("head"):
            with pytest.raises(pop3.Refused,
                               match="Message ids are not available"):
                ours.login()
        else:
            # pages are read when they are needed
            with ours.login() as client:
                client.send_line("UIDL")
                assert client.read_eof() == b""
        ours.wait_log(line, mark)
        assert ours.log(mark).count("is larger than") == 1
        assert redis.command("SET", key, value) == b"+OK\r\n"
        assert uidl.listing(ours) == before


class SlowRedis:
    """Between Dovecot and Redis: what Redis says is held back until it is let
    through, piece by piece, when there is one that waits for it."""

    def __init__(self, port, redis):
        self.port = port
        self._redis = redis
        self.held = queue.Queue()
        self._socket = socket.create_server(("127.0.0.1", port))
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._socket.accept()
                server = socket.create_connection(
                    ("127.0.0.1", self._redis.port))
                for args in ((client, server.sendall, server),
                             (server, lambda data, client=client:
                              self.held.put((client, data)), client)):
                    threading.Thread(target=self._forward, args=args,
                                     daemon=True).start()

    @staticmethod
    def _forward(source, put, other):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                put(data)
            other.shutdown(socket.SHUT_RDWR)

    def sessions(self, *jobs):
        """Run them at once, one reply of Redis after the other; their results
        and how many connections have waited for one."""
        waited = set()
        with concurrent.futures.ThreadPoolExecutor() as pool:
            running = [pool.submit(*job) for job in jobs]
            while not all(job.done() for job in running):
                with contextlib.suppress(queue.Empty, OSError):
                    client, data = self.held.get(timeout=0.02)
                    for piece in (data[:3], data[3:]):
                        client.sendall(piece)
                    waited.add(client)
        return [job.result() for job in running], len(waited)

    def stop(self):
        self._socket.close()


def test_slow_redis_delays_and_changes_nothing(server, redis, ports):
    """Sessions that wait for each reply, at the login, for new messages, and
    when all comes back from Redis, show what they would have shown."""
    slow = SlowRedis(ports.take(), redis)
    ours = with_redis(server, slow)
    uidl.fill(ours, range(1, 4))
    (before,), _ = slow.sessions((uidl.listing, ours))
    uidl.pour(ours, range(4, 140))
    lists, waited = slow.sessions(*[(uidl.listing, ours)] * 3)
    assert waited == 3
    assert lists[0] == lists[1] == lists[2]
    assert lists[0].startswith(before) and lists[0].count(b"\r\n") == 138
    uidl.journal(ours).unlink()
    uidl.remove(ours, "Maildir/dovecot.index*")
    again, _ = slow.sessions(*[(uidl.listing, ours)] * 2)
    assert again == lists[:2]
    slow.stop()


def test_embedded_store_moves_into_redis(server, redis):
    ours = server(plugin=uidl.PLUGINS)
    uidl.fill(ours, range(1, 6))
    before = uidl.listing(ours)
    setting = ({"pop3_uidl": {"dict redis": {
        "redis_host": "127.0.0.1", "redis_port": redis.port}}}
        if ours.host.is_24 else
        {"pop3_uidl_dict": "redis:host=127.0.0.1:port=%d" % redis.port})
    uidl.change(ours, plugin_settings=setting)
    assert uidl.listing(ours) == before
    uidl.journal(ours).unlink()
    assert uidl.listing(ours) == before


def test_two_hosts_with_one_redis_and_homes_of_their_own(server, redis):
    """Replicas of a mailbox: what one has shown, the other shows."""
    one = with_redis(server, redis)
    two = with_redis(server, redis)
    uidl.fill(one, range(1, 6))
    before = uidl.by_subject(one)
    imap = two.imap()
    for number in range(5, 0, -1):
        imap.append("INBOX", None, None, uidl.message(number))
    imap.logout()
    assert uidl.by_subject(two) == before
    uidl.fill(two, [6])
    uidl.fill(one, [7])
    assert set(uidl.by_subject(one)) == {"m%d" % n for n in (1, 2, 3, 4, 5, 7)}
    seen = uidl.by_subject(two)
    uidl.fill(one, [6])
    assert uidl.by_subject(one)["m6"] == seen["m6"]


def test_hosts_that_wrote_at_once_keep_what_they_have_shown(server, redis):
    one = with_redis(server, redis)
    two = with_redis(server, redis)
    for ours in (one, two):
        uidl.fill(ours, range(1, 6))
        uidl.listing(ours)
    old = redis.values()
    uidl.fill(one, [6])
    shown = uidl.by_subject(one)
    # the other one has not seen what was written, and writes over it
    for key, value in old.items():
        assert redis.command("SET", key, value) == b"+OK\r\n"
    uidl.fill(two, [7, 8])
    shown_by_two = uidl.by_subject(two)
    assert uidl.by_subject(one) == shown
    assert uidl.by_subject(two) == shown_by_two
    assert uidl.by_subject(one) == shown
    # and Redis has all of them
    uidl.journal(one).unlink()
    uidl.journal(two).unlink()
    assert uidl.by_subject(one) == shown
    assert uidl.by_subject(two) == shown_by_two


def test_two_embedded_stores_become_one(server, redis):
    """Both have shown UIDLs before they share a dict: none is lost."""
    one = server(plugin=uidl.PLUGINS)
    two = server(plugin=uidl.PLUGINS)
    befores = []
    for ours, numbers in ((one, range(1, 6)), (two, range(11, 16))):
        uidl.fill(ours, numbers)
        befores.append(uidl.by_subject(ours))
    setting = ({"pop3_uidl": {"dict redis": {
        "redis_host": "127.0.0.1", "redis_port": redis.port}}}
        if one.host.is_24 else
        {"pop3_uidl_dict": "redis:host=127.0.0.1:port=%d" % redis.port})
    for ours in (one, two, one):
        uidl.change(ours, plugin_settings=setting)
        assert uidl.by_subject(ours) == befores[0 if ours is one else 1]
    uidl.journal(two).unlink()
    assert uidl.by_subject(two) == befores[1]


def test_gone_messages_are_forgotten_in_redis_by_two_hosts(server, redis):
    """One host removes pages; the other, which has them in its own file, and a
    third that has nothing, show the same."""
    one = with_redis(server, redis)
    two = with_redis(server, redis)
    for ours in (one, two):
        uidl.fill(ours, [0])
        uidl.pour(ours, range(1, 1700))
        uidl.listing(ours)
    for ours in (one, two):
        with ours.login() as client:
            shown = client.uidl()
            for number in range(1, 1651):
                client.send_line("DELE %d" % number)
            for _ in range(1650):
                assert client.line().startswith(b"+OK")
            client.quit()
    live = list(shown.values())[1650:]
    pages = int(redis.command("DBSIZE")[1:])
    uidl.fill(one, [9001])
    with one.login() as client:
        assert list(client.uidl().values())[:50] == live
    assert int(redis.command("DBSIZE")[1:]) < pages / 2
    uidl.fill(two, [9002])
    for _ in range(2):
        with two.login() as client:
            listed = list(client.uidl().values())
        assert listed[:50] == live and len(set(listed)) == 51
        uidl.journal(two).unlink()
    # what is gone, too
    uidl.fill(two, [7])
    assert uidl.by_subject(two)["m7"] == [shown[8]]


def doveadm_plugins(server):
    """Settings for doveadm's commands."""
    return {"protocol doveadm": {"mail_plugins": {"pop3_uidl": "yes"}
            if server(start=False).host.is_24 else "pop3_uidl"}}


def test_renamed_user_has_his_uidls_again(server, redis):
    """What is in the dict moves to the new name, also without the home."""
    ours = with_redis(server, redis, settings=doveadm_plugins(server))
    uidl.fill(ours, range(1, 140))
    uidl.listing(ours)
    uidl.fill(ours, [140])
    before = uidl.listing(ours)
    new, old = uidl.home(ours, "bob"), uidl.home(ours, "alice")
    new.rmdir()
    old.rename(new)
    uidl.journal(ours, "bob").unlink()
    command = ["pop3-uidl", "rename", "-u", "bob"]
    ours.doveadm(*command, "-n", "alice")
    assert not uidl.journal(ours, "bob").exists()
    ours.doveadm(*command, "alice")
    keys = redis.command("KEYS", "*").decode().split("\r\n")[2::2]
    assert len(keys) == 3 and not any("alice" in key for key in keys), keys
    assert uidl.listing(ours, "bob") == before
    # again, and for somebody who has nothing
    ours.doveadm(*command, "alice")
    done = ours.doveadm("pop3-uidl", "rename", "-u", "carol", "alice",
                        check=False)
    assert done.returncode == 68
    assert b"There are no UIDLs of alice" in done.stderr


def test_forget_removes_the_copy_too(server, redis):
    ours = with_redis(server, redis, settings=doveadm_plugins(server))
    uidl.fill(ours, range(1, 5))
    uidl.listing(ours)
    assert redis.command("DBSIZE") == b":2\r\n"
    ours.doveadm("pop3-uidl", "forget", "-u", "alice")
    assert redis.command("DBSIZE") == b":0\r\n"
    assert not uidl.journal(ours).exists()
    uidl.listing(ours)
