"""Fixtures of the integration tests.  See ../lib/README.

The environment chooses what is tested:
  POP3EXT_HOST     "/" (default) or the prefix of an unpacked Debian
  POP3EXT_DOVECOT  the --prefix of its Dovecot, when that is not Debian's
  POP3EXT_MODULES  folder with the stock modules and ours, as the host sees
                   it; unset: the host's own module folder
  POP3EXT_WRAP     "asan" or "valgrind": the pop3 processes run under it
  POP3EXT_RELAY    prefix of an unpacked Debian with Postfix
  POP3EXT_COURIER, POP3EXT_CYRUS
                   the same with Courier and Cyrus
  POP3EXT_BEHIND   "/" or a prefix: the host of the servers behind a proxy in
                   test_login_proxy.py (default: the same host)
  POP3EXT_PORTS    first of 1000 ports (default 20000)
  POP3EXT_RESULTS  file that gets a line per test: result, seconds, name,
                   reason (separated by tabs)
  POP3EXT_HOSTS    codenames of all hosts of this run; NATIVE: this machine's
  POP3EXT_GATE     file by which all workers of a run share the processors;
                   POP3EXT_DURATIONS: which tests are long (gate.py)
  POP3EXT_SEED     seed of the random tests
  POP3EXT_TMP      folder, as the host sees it, for the servers' work folders
                   (default /tmp)
  POP3EXT_SKIP     reason for which all tests are skipped
  ALL, LONG        1: what ./check --all and --long run, too
"""

import os
import pathlib
import random
import signal
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "lib"))

from pop3ext import (  # noqa: E402
    gate, hosts, moduledir, oldservers, report, server, smtpd, tls)
from pop3ext import postfix as postfix_module  # noqa: E402


def pytest_make_parametrize_id(val):
    """No name of a test holds all that a long value consists of."""
    if not isinstance(val, (bytes, str)) or len(val) <= 60:
        return None
    text = val if isinstance(val, str) else val.decode("latin-1")
    return "%s... %d octets" % (text[:40].encode("unicode_escape").decode(),
                                len(val))


def pytest_addoption(parser):
    parser.addoption("--long", action="store_true",
                     help="run the tests marked long, too")


def pytest_configure(config):
    config.addinivalue_line("markers", "long: takes minutes; needs --long")
    config.addinivalue_line("markers", "all: only in a full run, "
                            "./check --all or --long")
    config.addinivalue_line("markers", "every: with all its parameters on "
                            "every host")
    config.addinivalue_line("markers", "native: needs this machine's Dovecot "
                            "only; not repeated for other hosts")
    config.addinivalue_line("markers", "auth: of our modules in the auth and "
                            "login processes")
    config.addinivalue_line("markers", "asan: one of the chosen ones of these "
                            "that run under the sanitizers in a full run")
    config.addinivalue_line("markers", "valgrind: one of the chosen sessions "
                            "that run under valgrind, too")
    config.addinivalue_line("markers", "plain: not under sanitizers or valgrind, "
                            "as for measuring memory")
    report.register(config)
    gate.register(config)
    # As Ctrl-C: the servers are stopped.
    signal.signal(signal.SIGTERM, _interrupt)


def _wants(config, what):
    if what == "native":
        return (os.environ.get("POP3EXT_HOST", "/") == "/" and
                not os.environ.get("POP3EXT_DOVECOT"))
    return (config.getoption("--long") or os.environ.get("LONG") == "1" or
            (what == "all" and os.environ.get("ALL") == "1"))


# In a run on all hosts the two with a Dovecot 2.4 share the parameters of a
# test, but for the first: half of the time, and all are played on 2.4. Under
# the sanitizers, where all takes twice as long, half of them are played.
SHARES = {"trixie": 0, "sid": 1}


def _share():
    if os.environ.get("ALL") != "1" or os.environ.get("LONG") == "1":
        return None
    wrap = os.environ.get("POP3EXT_WRAP")
    if wrap:
        return 0 if wrap == "asan" else None
    return SHARES.get(os.environ.get("CODENAME"))


def _left_to_others(items):
    """What is played elsewhere, or in a long run."""
    share = _share()
    if share is None:
        return set()
    whole = ["every"] + ["valgrind"] * bool(os.environ.get("POP3EXT_WRAP"))
    tests = {}
    for item in items:
        if not any(item.get_closest_marker(mark) for mark in whole):
            tests.setdefault(item.nodeid.partition("[")[0], []).append(item)
    return {item for params in tests.values()
            for number, item in enumerate(params)
            if number > 0 and number % 2 != share}


def pytest_collection_modifyitems(config, items):
    """Tests that are not wanted are deselected: skips are only for what a
    host cannot do."""
    others = _left_to_others(items)
    unwanted = [item for item in items if item in others or
                any(item.get_closest_marker(what) and not _wants(config, what)
                    for what in ("long", "all", "native"))]
    if unwanted:
        config.hook.pytest_deselected(items=unwanted)
        items[:] = [item for item in items if item not in set(unwanted)]
    gate.long_ones_first(items)
    reason = os.environ.get("POP3EXT_SKIP")
    if reason:
        for item in items:
            item.add_marker(pytest.mark.skip(reason=reason))


def _interrupt(number, frame):
    raise KeyboardInterrupt


# Of the 1000 that a run may use, for up to six workers.
PORTS_A_WORKER = 160


class Ports:
    """Hands out ranges of ports that nobody listens on."""

    def __init__(self, first, count):
        self._first = first
        self._count = count
        self._next = 0

    def take(self):
        """The first of PORTS_EACH free ports."""
        for _ in range(self._count // server.PORTS_EACH):
            first = self._first + self._next
            self._next = (self._next + server.PORTS_EACH) % self._count
            if all(server.port_is_free(port) for port in
                   range(first, first + server.PORTS_EACH)):
                return first
        raise RuntimeError("no free ports from %d on" % self._first)


class Servers:
    """Makes servers and ends them."""

    def __init__(self, host, ports, certificate):
        self._host = host
        self._ports = ports
        self._certificate = certificate
        self._servers = []

    def __call__(self, start=True, **kwargs):
        """A server.Server, started; the arguments are those of the class
        without port, and host is the one under test."""
        kwargs.setdefault("certificate", self._certificate)
        made = server.Server(kwargs.pop("host", self._host),
                             self._ports.take(), **kwargs)
        self._servers.append(made)
        return made.start() if start else made

    def check_logs(self):
        """Fail on trouble in any log."""
        for made in self._servers:
            made.check_log()

    def stop(self, check):
        """Stop all; the first trouble is raised when all are stopped."""
        trouble = None
        for made in self._servers:
            try:
                made.stop(check=check)
            except Exception as error:
                trouble = trouble or error
        self._servers = []
        if trouble is not None:
            raise trouble

    def logs(self):
        """The new parts of all logs, for a failure's report."""
        return "\n".join(made.log(made.checked) for made in self._servers)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """Remember the outcome for the fixtures, show the Dovecot logs of a
    failed test."""
    outcome = yield
    result = outcome.get_result()
    setattr(item, "result_" + result.when, result)
    if result.failed:
        for name, value in getattr(item, "funcargs", {}).items():
            if isinstance(value, Servers):
                result.sections.append(("Dovecot log (%s)" % name,
                                        value.logs()))


def _passed(request):
    result = getattr(request.node, "result_call", None)
    return result is not None and result.passed


@pytest.fixture(scope="session")
def host():
    """The hosts.Host under test."""
    return hosts.Host(os.environ.get("POP3EXT_HOST", "/"),
                      os.environ.get("POP3EXT_MODULES") or None,
                      os.environ.get("POP3EXT_WRAP") or None)


@pytest.fixture
def modules(host):
    """A moduledir.ModuleDir: the host's modules and ours, to be damaged."""
    with moduledir.copy(host) as made:
        yield made


@pytest.fixture(scope="session")
def ports(worker_number):
    """The range of ports of this worker."""
    first = int(os.environ.get("POP3EXT_PORTS", "20000"))
    return Ports(first + PORTS_A_WORKER * worker_number, PORTS_A_WORKER)


@pytest.fixture(scope="session")
def worker_number():
    """0, or the number of the worker under pytest-xdist."""
    return int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:])


@pytest.fixture(scope="session")
def authority(tmp_path_factory):
    """A tls.Authority for relays and servers."""
    return tls.Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="session")
def certificate(authority):
    """A good certificate for 127.0.0.1 and localhost."""
    return authority.issue()


@pytest.fixture(name="server")
def _server(request, host, ports, certificate):
    """Factory of servers for one test; after it they are stopped and their
    logs checked."""
    servers = Servers(host, ports, certificate)
    yield servers
    # What a failed test left in the log would only hide why it failed.
    servers.stop(check=_passed(request))


@pytest.fixture(scope="module")
def _module_servers(host, ports, certificate):
    servers = Servers(host, ports, certificate)
    made = {}
    yield servers, made
    # What leaks is told when the processes end.
    servers.stop(check=bool(host.wrap))


@pytest.fixture
def shared_server(request, _module_servers):
    """Factory of servers that the tests of a module share: equal arguments
    give the same server.  Logs are checked after each test.  A test that
    changes a mailbox cleans up or uses users of its own."""
    servers, made = _module_servers

    def factory(**kwargs):
        key = repr(sorted(kwargs.items()))
        if key not in made:
            made[key] = servers(**kwargs)
        return made[key]

    yield factory
    if _passed(request):
        servers.check_logs()


@pytest.fixture(name="relay")
def _relay():
    """Factory of smtpd.Relay for one test."""
    relays = []

    def factory(**kwargs):
        relays.append(smtpd.Relay(**kwargs))
        return relays[-1]

    yield factory
    for made in relays:
        made.stop()


@pytest.fixture
def postfix(request, ports):
    """Factory: postfix(server, port=, settings=) is a running
    postfix.Postfix that delivers to the server's LMTP port."""
    prefix = os.environ.get("POP3EXT_RELAY")
    if not prefix:
        pytest.skip("POP3EXT_RELAY is not set: no Postfix")
    made = []

    def factory(behind, **kwargs):
        port = kwargs.pop("port", None) or ports.take()
        made.append(postfix_module.Postfix(
            prefix, port, behind.ports["lmtp"],
            [behind.address(user.name) for user in behind.users],
            behind.domain, **kwargs))
        return made[-1].start()

    yield factory
    for one in made:
        one.stop(check=_passed(request))


@pytest.fixture
def courier(ports):
    """A running oldservers.Courier."""
    prefix = os.environ.get("POP3EXT_COURIER")
    if not prefix:
        pytest.skip("POP3EXT_COURIER is not set: no Courier")
    with oldservers.Courier(prefix, ports.take()) as running:
        yield running


@pytest.fixture
def cyrus(ports):
    """Factory of running oldservers.Cyrus; its argument is uidl_format."""
    prefix = os.environ.get("POP3EXT_CYRUS")
    if not prefix:
        pytest.skip("POP3EXT_CYRUS is not set: no Cyrus")
    made = []

    def factory(**kwargs):
        made.append(oldservers.Cyrus(prefix, ports.take(), **kwargs))
        return made[-1].start()

    yield factory
    for one in made:
        one.stop()


@pytest.fixture
def rng(request):
    """A random.Random whose seed is printed when the test fails."""
    seed = os.environ.get("POP3EXT_SEED") or str(random.randrange(10 ** 9))
    print("seed %s" % seed)
    request.node.user_properties.append(("seed", seed))
    return random.Random(seed)
