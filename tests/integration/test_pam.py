"""Who may send is asked of PAM: real libpam, real modules, and one that hangs.
The services stand in a folder that the server sees as its /etc/pam.d."""

import contextlib
import glob
import os
import pathlib
import re
import shutil
import signal
import time

import pytest

from pop3ext import pop3
from pop3ext.server import User

pytestmark = pytest.mark.auth

DENIED = b"-ERR [SYS/PERM] You are not allowed to send mail"
UNKNOWN = b"-ERR [SYS/TEMP] It is not known now whether you may send mail"
HANG = """
#include <unistd.h>
#include <signal.h>
int pam_sm_acct_mgmt(void *pam, int flags, int argc, const char **argv);
int pam_sm_acct_mgmt(void *pam, int flags, int argc, const char **argv)
{
	(void)pam; (void)flags; (void)argc; (void)argv;
#ifdef CRASH
	abort();
#endif
#ifdef NO_WORKER
	_exit(kill(getppid(), SIGKILL));
#endif
	signal(SIGTERM, SIG_IGN);
	signal(SIGALRM, SIG_IGN);
#ifndef ONLY_ONE
	if (fork() == 0)
		signal(SIGHUP, SIG_IGN);
#endif
	for (;;)
		pause();
}
"""


def config(host, timeout=None, service=None):
    """The userdb that asks."""
    settings = {"service": service, "timeout": timeout}
    settings = {name: value for name, value in settings.items() if value}
    if host.is_24:
        return "".join("pop3_ext_xmit_pam_%s = %s\n" % item
                       for item in settings.items()) + \
            "userdb pop3_ext_pam {\n  result_success = continue\n}\n"
    return ("userdb {\n  driver = pop3_ext_pam\n  args = %s\n"
            "  result_success = continue\n}\n" %
            " ".join("%s=%s" % item for item in settings.items()))


@pytest.fixture(name="gated")
def _gated(server, host):
    """Factory of servers whose users are allowed to send by the lines of a
    PAM service; {} in the lines is the server's folder."""
    def make(lines, files=None, users=None, timeout=None,
             service="dovecot-xmit", configured=None, first="", **kwargs):
        made = server(start=False, users=users,
                      settings={"auth_verbose": "yes"},
                      mounts={"/etc/pam.d": "pam.d"},
                      **kwargs)
        shutil.copytree(host.outside("/etc/pam.d"), made.folder / "pam.d",
                        symlinks=True)
        for name, text in (files or {}).items():
            (made.folder / name).write_text(text, encoding="utf-8")
        (made.folder / "pam.d" / service).write_text(
            lines.format(host.inside(made.folder)), encoding="utf-8")
        made._options["before"] = first + config(host, timeout, configured)
        made.write_config()
        return made.start()
    return make


def may_send(server, name="alice", refusal=DENIED):
    """Is a user allowed to send?  The rest of the session goes on."""
    with server.login(name) as client:
        reply = client.command("XTND XMIT")
        if reply.startswith(b"+OK"):
            client.send(b".\r\n")
            client.line()
        else:
            assert reply == refusal
        client.ok("STAT")
        client.quit()
    return reply.startswith(b"+OK")


def build_module(host, folder, *flags):
    """A PAM module that hangs; its path in the host."""
    source = folder / "hang.c"
    source.write_text("#include <stdlib.h>\n" + HANG, encoding="utf-8")
    target = host.inside(folder / "pam_hang.so")
    host.run(["gcc", "-shared", "-fPIC", *flags, "-o", target,
              host.inside(source)])
    return target


@pytest.mark.asan
def test_listfile(gated):
    """Only those in the list may send; one line in the log says who may not.
    Nothing else in the session changes."""
    ours = gated("account required pam_listfile.so onerr=fail item=user "
                 "sense=allow file={}/senders\n", {"senders": "bob\n"})
    assert may_send(ours, "bob")
    mark = ours.log_size()
    assert not may_send(ours, "alice")
    lines = re.findall(r".*May not send.*", ours.log(mark))
    assert len(lines) == 1 and "alice" in lines[0]
    assert "dovecot-xmit" in lines[0]


def test_time(gated):
    """pam_time: outside of the hours nobody may."""
    hours = {"never.conf": "*;*;*;!Al0000-2400\n",
             "always.conf": "*;*;*;Al0000-2400\n"}
    never = gated("account required pam_time.so conffile={}/never.conf\n",
                  hours)
    assert not may_send(never)
    always = gated("account required pam_time.so conffile={}/always.conf\n",
                   hours)
    assert may_send(always)


def test_access(gated):
    """pam_access: by user and by the client's address, which PAM is told."""
    rules = "+:games:127.0.0.1\n-:ALL:ALL\n"
    ours = gated("account required pam_access.so accessfile={}/access.conf\n",
                 {"access.conf": rules}, users=["games", "news", "alice"])
    assert may_send(ours, "games")
    assert not may_send(ours, "news")
    assert not may_send(ours, "alice")  # nobody of that name in passwd


def test_another_service(gated):
    """The service has a name of its own."""
    ours = gated("account required pam_permit.so\n", service="letters",
                 configured="letters")
    assert may_send(ours)


def test_service_without_account_part(gated):
    """An empty service denies, as PAM's "other" does on Debian or by itself;
    the login goes on."""
    ours = gated("# nothing\nauth required pam_permit.so\n"
                 "account required pam_deny.so\n")
    assert not may_send(ours)


@pytest.mark.parametrize("flags", [(), ("-DCRASH",)], ids=["hang", "crash"])
def test_module_that_does_not_answer(gated, host, tmp_path_factory, flags):
    """A module that hangs and has started a process of its own, or that
    crashes: the login goes on without the right to send, there is one Error
    line, and nothing is left running.  The worker serves the next one."""
    folder = host.mkdtemp("p")
    try:
        module = build_module(host, folder, *flags)
        ours = gated("account required %s\n" % module,
                     timeout="1s")
        for name in ("alice", "bob"):
            ours.expect_log("Error: .*PAM could not be asked: " + (
                "the process that asks PAM has crashed" if flags else
                "no answer within 1 seconds"))
            mark = ours.log_size()
            started = time.monotonic()
            assert not may_send(ours, name, UNKNOWN)
            assert time.monotonic() - started < 15
            assert len(re.findall("Error:", ours.log(mark))) == 1
        assert not any(module in line for line in mapped_processes())
    finally:
        shutil.rmtree(folder)


# When a worker was killed the next one starts as the server stops, and would
# wait five seconds for a stats process that is gone.
NO_STATS = "stats_writer_socket_path =\n"


def test_worker_that_dies(gated, host):
    """When nothing comes back from the auth worker, the login goes on by the
    next userdb, and nobody may send by that."""
    folder = host.mkdtemp("p")
    try:
        module = build_module(host, folder, "-DNO_WORKER")
        ours = gated("account required %s\n" % module, extra=NO_STATS)
        ours.allow_log("Error: .*[Ww]orker")
        ours.expect_log("killed with signal 9")
        assert not may_send(ours, "alice", UNKNOWN)
    finally:
        shutil.rmtree(folder)


def test_nothing_outlives_the_worker(gated, host):
    """The process that asks PAM, in a module that hangs, ends with the worker
    that has started it."""
    folder = host.mkdtemp("p")
    try:
        module = build_module(host, folder, "-DONLY_ONE")
        ours = gated("account required %s\n" % module, timeout="30s",
                     extra=NO_STATS)
        ours.allow_log("Error: .*[Ww]orker|killed with signal 9")
        with ours.connect() as client:
            client.ok("USER alice")
            client.send_line("PASS " + ours.user("alice").password)
            hanging = wait_mapped(module)
            stat = pathlib.Path("/proc/%d/stat" % hanging).read_text()
            worker = int(stat.rpartition(")")[2].split()[1])
            os.kill(worker, signal.SIGKILL)
            deadline = time.monotonic() + 20
            while pathlib.Path("/proc/%d/maps" % hanging).exists() and \
                    any(module in line for line in mapped_processes()):
                assert time.monotonic() < deadline
                time.sleep(0.01)
    finally:
        shutil.rmtree(folder)


def wait_mapped(module, timeout=20):
    """Wait for a process that has loaded it."""
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        for path in glob.glob("/proc/[0-9]*/maps"):
            with contextlib.suppress(OSError):
                if module in pathlib.Path(path).read_text(errors="replace"):
                    return int(path.split("/")[2])
        time.sleep(0.01)
    raise AssertionError("nobody loads %s" % module)


def mapped_processes():
    """Lines of the memory maps of all processes."""
    for path in glob.glob("/proc/[0-9]*/maps"):
        try:
            with open(path, encoding="utf-8", errors="replace") as file:
                yield from file
        except OSError:
            pass


def test_only_pop3_asks(gated, host):
    """Other services don't reach PAM."""
    folder = host.mkdtemp("p")
    try:
        module = build_module(host, folder)
        ours = gated("account required %s\n" % module, timeout="30s")
        started = time.monotonic()
        ours.imap("alice").logout()
        assert time.monotonic() - started < 15
        assert "PAM" not in ours.log()
    finally:
        shutil.rmtree(folder)


def test_later_userdb_can_not_give_back_the_right(gated):
    """A table that lets a user send does not overrule PAM."""
    ours = gated("account required pam_deny.so\n",
                 users=[User("alice", fields={"pop3_ext_xmit": "yes"})])
    assert not may_send(ours)


def block(host, driver, settings):
    """A userdb."""
    return ("userdb %s {\n  %s\n}\n" if host.is_24 else
            "userdb {\n  driver = %s\n  %s\n}\n") % (driver, settings)


@pytest.mark.parametrize("before, after, error", [
    (("prefetch", ""), "", "userdb prefetch before it would let users past"),
    (("prefetch", "result_success = continue\n  result_failure = return-ok"),
     "", "userdb prefetch before it would let users past"),
    (None, "skip = found", "it needs skip=never"),
    (None, "result_success = return-ok", "it needs result_success=continue"),
])
def test_way_past_it_is_named_at_start(server, host, before, after, error):
    """Nobody sends because PAM was left out: the auth process ends."""
    made = server(start=False)
    text = config(host)
    if after:
        text = text.replace("result_success = continue", "result_success = "
                            "continue\n  " + after if "skip" in after
                            else after)
    made._options["before"] = (block(host, *before) if before else "") + text
    made.write_config()
    made.start()
    made.expect_log("Fatal: .*pop3_ext_pam: " + error)
    made.allow_log("Error: service.auth.*|Fatal: master: service.auth")
    with contextlib.suppress(pop3.Closed, OSError):
        with made.connect(timeout=3):
            pass
    made.wait_log(error)


def test_userdb_before_it_that_goes_on(gated, host):
    """A userdb that only adds fields may stand before it."""
    ours = gated("account required pam_deny.so\n", first=block(
        host, "prefetch", "result_success = continue"))
    assert not may_send(ours)


def test_shipped_example(gated):
    """The example of /etc/pam.d does what it says."""
    top = pathlib.Path(__file__).resolve().parents[2]
    text = (top / "doc/example-config/pam.d/dovecot-xmit").read_text()
    assert "/etc/dovecot/may-send" in text
    ours = gated(text.replace("/etc/dovecot/may-send", "{}/may-send"),
                 {"may-send": "alice\n"})
    assert may_send(ours, "alice")
    assert not may_send(ours, "bob")
