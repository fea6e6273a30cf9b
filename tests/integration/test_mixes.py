"""Random mixes of commands, the host's, ours, unknown and failing ones, with
bodies of messages among them, sent in every way: each octet that comes back
is compared with what has to come.

  POP3EXT_SEED   the seed of all mixes; printed when it is not given
  POP3EXT_MIXES  how many mixes a host gets; default 200, in a full run 1,000,
                 in a long one 10,000"""

import os
import random
import shutil
import threading

import pytest

from pop3ext import hosts, mixes, smtpd, testmodule

MESSAGES = [
    b"Subject: one\r\n\r\nShort\r\n",
    b"Subject: dots\r\n\r\n.\r\n..\r\n.x\r\n",
    b"Subject: long\r\n\r\n" + b"".join(b"%05d %s\r\n" % (n, b"x" * (n % 71))
                                        for n in range(1500)),
    b"Subject: eight\r\n\r\n" + b"\xe4" * 3000 + b"\r\nend\r\n",
    b"Subject: lines\r\n\r\n" + b"\r\n" * 300,
]
THREADS = 4
# Client limit and service count of the pop3 service.
LIMITS = [(1, 1), (1, 100), (10, 1), (10, 100)]
# A test plays one part of the mixes of its limits.
PARTS = 2


def _count(config):
    if "POP3EXT_MIXES" in os.environ:
        return int(os.environ["POP3EXT_MIXES"])
    if config.getoption("--long") or os.environ.get("LONG") == "1":
        return 10000
    return 1000 if os.environ.get("ALL") == "1" else 200


def _seed():
    return os.environ.get("POP3EXT_SEED") or str(random.randrange(10 ** 9))


class Player:
    """Plays mixes in some threads, each with users of its own."""

    def __init__(self, server, capa, host, relay, seed, numbers):
        self._server = server
        self._capa = capa
        self._host = host
        self._relay = relay
        self._seed = seed
        self._numbers = iter(numbers)
        self._lock = threading.Lock()
        self.trouble = []
        self.played = 0

    def run(self):
        """All of them."""
        threads = [threading.Thread(target=self._work, args=("u%d" % number,))
                   for number in range(THREADS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _next(self):
        with self._lock:
            return None if self.trouble else next(self._numbers, None)

    def _work(self, name):
        while (number := self._next()) is not None:
            way = "?"
            rng = random.Random("%s %d" % (self._seed, number))
            try:
                mix = mixes.Mix(rng, self._host, self._capa, name)
                way, replies = mixes.play(mix, rng, self._server, name)
                mix.check(replies)
                self._check_sent(mix, name)
                self.played += 1
            except Exception as error:
                self.trouble.append("seed %s, mix %d (%s): %s: %s" % (
                    self._seed, number, way, type(error).__name__, error))

    def _check_sent(self, mix, name):
        """The relay has got what the mix has sent, and nothing else."""
        sender = b"%s@example.test" % name.encode()
        wanted = len(mix.sent)
        mine = self._relay.take(sender, wanted)
        for (to, body), transaction in zip(mix.sent, mine):
            assert transaction.accepted == [to]
            assert transaction.data.partition(b"\r\n\r\n")[2] == body


class Relay(smtpd.Relay):
    """A relay that hands out its transactions by sender."""

    def take(self, sender, count):
        """All transactions of that sender since he was last asked for;
        there have to be so many."""
        def of_sender(relay):
            return [transaction for transaction in relay.transactions
                    if transaction.sender == sender]
        self.wait(lambda relay: len(of_sender(relay)) >= count)
        mine = of_sender(self)
        assert len(mine) == count, (sender, len(mine), count)
        for transaction in mine:
            self.transactions.remove(transaction)
        return mine


def copy_mailbox(source, source_name, target, target_name):
    """Give a user the mailbox of another one."""
    home = target.folder / "home" / target_name
    shutil.rmtree(home)
    shutil.copytree(source.folder / "home" / source_name, home)
    for path in [home, *home.rglob("*")]:
        os.chown(path, hosts.MAIL_UID, hosts.MAIL_GID)


@pytest.mark.every
@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("limits", LIMITS, ids="{0[0]}-{0[1]}".format)
def test_mixes(request, server, limits, part):
    """Each with its own random numbers: the seed and the number of a mix
    make it again."""
    seed = "%s %d-%d %d" % ((_seed(),) + limits + (part,))
    count = -(-_count(request.config) // (len(LIMITS) * PARTS))
    print("seed %s, %d mixes" % (seed, count))
    users = ["u%d" % number for number in range(THREADS)] + ["template"]
    relay = Relay(capabilities=["PIPELINING", "8BITMIME"])
    try:
        relay.on("RCPT", smtpd.reply("550 5.1.1 no"), match=rb"refused@")
        relay.on("RCPT", smtpd.reply("450 4.2.0 later"), match=rb"later@")
        ours = server(plugin=testmodule.PLUGIN, users=users,
                      client_limit=limits[0], service_count=limits[1],
                      plugin_settings={"pop3_ext_xmit_relay": relay.host_port})
        for message in MESSAGES:
            ours.deliver("template", message)
        stock = server(plugin=[], users=["template"])
        copy_mailbox(ours, "template", stock, "template")
        for name in users[:THREADS]:
            copy_mailbox(ours, "template", ours, name)
        with ours.login("template") as client:
            capa = client.ok("CAPA") + b"\r\n" + client.multi_raw()
            client.quit()
        with stock.login("template") as client:
            host = mixes.Host(client)
        player = Player(ours, capa, host, relay, seed, range(count))
        player.run()
        if player.trouble:
            pytest.fail("\n".join(player.trouble), pytrace=False)
        assert player.played == count
    finally:
        relay.stop()
