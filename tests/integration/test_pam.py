"""Who may send is asked of PAM at XTND XMIT: real libpam, real modules, and one
that does what modules should not.  The services stand in a folder that the
server sees as its /etc/pam.d."""

import contextlib
import os
import pathlib
import re
import shutil
import socket
import struct
import time

import pytest

from pop3ext import pam
from pop3ext.pam import (  # noqa: F401
    DENIED, UNKNOWN, _gated, _pam_module, may_send)
from pop3ext.server import User

pytestmark = pytest.mark.auth


def errors(server, mark):
    """How many Error lines a session has left that has ended."""
    server.wait_log("Logged out", mark=mark)
    return len(re.findall("Error: ", server.log(mark)))


@pytest.mark.asan
def test_listfile(gated):
    """Only those in the list may send; one line in the log says who may not.
    Nothing else in the session changes."""
    ours = gated("account required pam_listfile.so onerr=fail item=user "
                 "sense=allow file={}/senders\n", {"senders": "bob\n"})
    assert may_send(ours, "bob")
    assert errors(ours, 0) == 0
    mark = ours.log_size()
    assert not may_send(ours, "alice")
    assert errors(ours, mark) == 0
    lines = ours.log(mark).splitlines()
    (line,) = [line for line in lines if "XTND XMIT" in line]
    assert "Info: " in line and "alice" in line and "dovecot-xmit" in line
    assert not any("xmit: " in line for line in lines)


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


def test_shipped_example(gated):
    """The example of /etc/pam.d does what it says."""
    top = pathlib.Path(__file__).resolve().parents[2]
    text = (top / "doc/example-config/pam.d/dovecot-xmit").read_text()
    assert "/etc/dovecot/may-send" in text
    ours = gated(text.replace("/etc/dovecot/may-send", "{}/may-send"),
                 {"may-send": "alice\n"})
    assert may_send(ours, "alice")
    assert not may_send(ours, "bob")


def test_service_is_set_for_single_users(gated):
    """A userdb field names another service, or none.  A field without a value
    switches nothing off."""
    empty = User("eve", fields={"pop3_ext_xmit_pam": ""})
    ours = gated("account required pam_deny.so\n", executable="dovecot-xmit "
                 "letters", more={"letters": "account required pam_permit.so"},
                 users=["alice",
                        User("bob", fields={"pop3_ext_xmit_pam": "letters"}),
                        User("carol", fields={"pop3_ext_xmit_pam": "no"}),
                        empty])
    assert not may_send(ours, "alice")
    assert may_send(ours, "bob")
    assert may_send(ours, "carol")
    ours.expect_log("Error: pop3_ext: pop3_ext_xmit_pam: The userdb field is "
                    "empty")
    with ours.login("eve") as client:
        assert client.command("XTND XMIT").startswith(b"-ERR [SYS/")


@pytest.mark.parametrize("value", ["../passwd", "Dovecot-Xmit", "a b", "yes"])
def test_wrong_name_of_a_service(gated, host, value):
    """Nobody sends, and the setting is named."""
    if host.is_24 and value != "yes":
        value = value.replace(" ", "")  # checked below, in the user's field
    ours = gated("account required pam_permit.so\n", users=[
        User("alice", fields={"pop3_ext_xmit_pam": value})])
    if value == "ab":
        ours.expect_log("Error: .*PAM service ab is none of those")
        assert not may_send(ours, refusal=UNKNOWN)
        return
    ours.expect_log("Error: .*pop3_ext_xmit_pam=" + re.escape(value))
    with ours.login() as client:
        assert client.command("XTND XMIT").startswith(b"-ERR [SYS/")
        client.ok("STAT")


def test_nothing_is_asked_unless_it_is_set(gated):
    """Without the setting nobody looks for the service."""
    ours = gated("account required pam_deny.so\n", configured=None)
    assert may_send(ours)
    assert ours.processes("pop3-ext-pam") == []


PERMIT = "account required pam_permit.so\n"


@pytest.mark.parametrize("files, error", [
    ({}, "There is no file /etc/pam.d/dovecot-xmit: create it"),
    ({"dovecot-xmit": ""}, "/etc/pam.d/dovecot-xmit has no line for "
     "\"account\": add one"),
    ({"dovecot-xmit": "# " + PERMIT + "auth required pam_permit.so\n"},
     "/etc/pam.d/dovecot-xmit has no line for \"account\""),
    ({"dovecot-xmit": "@include empty\naccount include empty\n", "empty": "\n"},
     "/etc/pam.d/dovecot-xmit has no line for \"account\""),
    ({"dovecot-xmit": "auth required pam_permit.so\n@include gone\n"},
     "There is no file /etc/pam.d/gone: create it"),
    ({"dovecot-xmit": "account" + " x" * 9000},
     "/etc/pam.d/dovecot-xmit: Line is too long"),
    ({"dovecot-xmit": "@include /etc/pam.d\n"}, "/etc/pam.d: "),
    ({"dovecot-xmit": "account required pam_nosuch.so\n"},
     "Module is unknown: see /etc/pam.d/dovecot-xmit"),
    ({"dovecot-xmit": "@include dovecot-xmit\n"},
     "/etc/pam.d/dovecot-xmit: Too many files include each other"),
])
def test_service_that_pam_would_leave_to_other(gated, files, error):
    """PAM's service "other" lets everybody send here; nobody may, because the
    file or its account part is missing, and the log says so."""
    ours = gated(None, more={"other": PERMIT, **files})
    ours.expect_log("Error: XTND XMIT: .*" + re.escape(error))
    mark = ours.log_size()
    assert not may_send(ours, refusal=UNKNOWN)
    assert errors(ours, mark) == 1


@pytest.mark.parametrize("files", [
    {"dovecot-xmit": "@include sub\n", "sub": "auth required pam_deny.so\n"
     "account \\\n required pam_permit.so\n"},
    {"dovecot-xmit": "account include sub\n", "sub": PERMIT},
    {"dovecot-xmit": "-account [success=ok default=die] pam_permit.so # x\n"},
])
def test_account_part_may_be_included(gated, files):
    assert may_send(gated(None, more={
        "other": "account required pam_deny.so\n", **files}))


def test_service_that_is_not_on_the_command_line(gated):
    """Sessions can't choose among all services of the machine."""
    ours = gated(PERMIT, executable="other-xmit")
    ours.expect_log(r"Error: .*PAM service dovecot-xmit is none of those in "
                    r'"executable" of service pop3-ext-pam \(other-xmit\): '
                    "add it there")
    assert not may_send(ours, refusal=UNKNOWN)


#
# Modules that don't do what they should
#

@pytest.mark.asan
@pytest.mark.parametrize("mode, error", [
    ("hang", "PAM did not answer within 1 seconds: a module hangs"),
    ("hang-apart", "PAM did not answer within 1 seconds: a module hangs"),
    ("crash", r"A module of /etc/pam.d/dovecot-xmit has crashed \(signal 6\)"),
    ("end", "A module of /etc/pam.d/dovecot-xmit has ended the process "
     r"\(status 3\)"),
    ("kill-group", "The process that asks PAM was killed"),
    ("garbage", "A module has written to the service's pipe"),
    ("flood", "A module has written to the service's pipe"),
])
def test_module_that_gives_no_answer(gated, pam_module, mode, error):
    """The session goes on without the right to send, there is one Error line,
    and nothing is left running.  The service goes on, too."""
    ours = gated("account required %s %s\n" % (pam_module, mode),
                 timeout="1s")
    for name in ("alice", "bob"):
        ours.expect_log("Error: .*" + error)
        mark = ours.log_size()
        assert not may_send(ours, name, UNKNOWN)
        assert errors(ours, mark) == 1
        pam.wait_unmapped(pam_module)


@pytest.mark.asan
def test_helper_that_a_module_leaves_behind(gated, pam_module):
    """It holds the pipe to the service and ignores signals: the answer does not
    wait for it, and it is killed."""
    ours = gated("account required %s helper\n" % pam_module, timeout="30s")
    started = time.monotonic()
    assert may_send(ours)
    assert time.monotonic() - started < 15
    pam.wait_unmapped(pam_module)


def test_helper_that_has_left_the_group(gated, pam_module):
    """Nothing waits for a daemon that a module has made, either."""
    ours = gated("account required %s daemon\n" % pam_module, timeout="30s")
    started = time.monotonic()
    try:
        assert may_send(ours)
        assert time.monotonic() - started < 15
    finally:
        pam.kill_mapped(pam_module)


def test_messages_of_modules_are_acknowledged(gated, pam_module):
    """PAM_TEXT_INFO and PAM_ERROR_MSG are no questions."""
    ours = gated("account required %s text\n" % pam_module)
    assert may_send(ours)


def test_questions_of_modules_are_not_answered(gated, pam_module):
    """Nobody is there to type a password."""
    ours = gated("account required %s prompt\n" % pam_module)
    assert not may_send(ours)


#
# Who waits
#

def test_module_that_hangs_holds_nobody_else(gated, pam_module):
    """While PAM hangs for one user, 90 others log in and fetch, and bob sends;
    other services and commands don't reach PAM at all."""
    ours = gated("account required %s hang alice\n" % pam_module,
                 timeout="30s", client_limit=200)
    with ours.login() as waiting:
        waiting.send_line("XTND XMIT")
        pam.wait_mapped(pam_module)
        started = time.monotonic()
        with contextlib.ExitStack() as stack:
            for _ in range(90):
                client = stack.enter_context(ours.login("carol"))
                client.ok("STAT")
        ours.imap("alice").logout()
        assert may_send(ours, "bob")
        assert time.monotonic() - started < 25
        assert pam.mapped(pam_module)


def test_service_that_is_busy(gated, pam_module):
    """With process_limit = 1 and a module that hangs for alice, bob can't
    send; the log says what to do.  He can as soon as it is free."""
    ours = gated("account required %s hang alice\n" % pam_module,
                 timeout="1s", service={"process_limit": 1},
                 fields={"alice": {"pop3_ext_xmit_pam_timeout": "10s"}})
    ours.expect_log("Error: .*has service pop3-ext-pam reached its "
                    "process_limit")
    ours.expect_log("Error: .*PAM did not answer within 10 seconds")
    with ours.login() as waiting:
        waiting.send_line("XTND XMIT")
        pam.wait_mapped(pam_module)
        assert not may_send(ours, "bob", UNKNOWN)
        assert waiting.line() == UNKNOWN
    assert may_send(ours, "bob")


def test_client_that_leaves_while_pam_is_asked(gated, pam_module):
    """When the connection breaks, its question ends as soon as the session has
    noticed: after 20 seconds, which are two here."""
    ours = gated("account required %s hang\n" % pam_module, timeout="30s",
                 clock=10)
    with ours.login() as client:
        client.send_line("XTND XMIT")
        pam.wait_mapped(pam_module)
        # RST in place of FIN
        client.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                               struct.pack("ii", 1, 0))
    pam.wait_unmapped(pam_module)


#
# How long an answer lasts
#

def questions(server):
    """How often the module was asked."""
    path = server.folder / "asked"
    return len(path.read_text().splitlines()) if path.exists() else 0


def send(client):
    """One XTND XMIT; its first reply."""
    reply = client.command("XTND XMIT")
    if reply.startswith(b"+OK"):
        client.send(b".\r\n")
        client.line()
        client.ok("NOOP")  # not too many bad commands
    return reply


def test_answer_is_kept_for_the_session(gated, pam_module):
    """Several messages are one question; another session asks again."""
    ours = gated("account required %s count {}/asked\n" % pam_module)
    for count in (1, 2):
        with ours.login() as client:
            for _ in range(3):
                assert send(client).startswith(b"+OK")
        assert questions(ours) == count


def test_answer_is_not_kept_without_a_cache(gated, pam_module):
    ours = gated("account required %s count {}/asked\n" % pam_module,
                 cache="0")
    with ours.login() as client:
        for count in (1, 2, 3):
            assert send(client).startswith(b"+OK")
            assert questions(ours) == count


def test_answer_lasts_for_its_time_only(gated):
    """Who is taken from the list can't send any more after that, in the same
    session; and a refusal is no longer kept."""
    ours = gated("account required pam_listfile.so onerr=fail item=user "
                 "sense=allow file={}/senders\n", {"senders": "alice\n"},
                 cache="1s")
    with ours.login() as client:
        assert send(client).startswith(b"+OK")
        for users, reply in (("bob\n", DENIED), ("alice\n", b"+OK")):
            (ours.folder / "senders").write_text(users)
            deadline = time.monotonic() + 20
            while not send(client).startswith(reply):
                assert time.monotonic() < deadline


def test_failure_is_not_kept(gated):
    """The next message asks again."""
    ours = gated(None)
    ours.expect_log("Error: .*There is no file /etc/pam.d/dovecot-xmit")
    with ours.login() as client:
        assert send(client) == UNKNOWN
        (ours.folder / "pam.d/dovecot-xmit").write_text(PERMIT)
        assert send(client).startswith(b"+OK")


#
# The service
#

def test_service_that_is_not_configured(gated):
    ours = gated(PERMIT, service=None)
    ours.expect_log(r"Error: XTND XMIT: .*connect\(.*/pop3-ext-pam\) failed: "
                    "No such file or directory: configure service "
                    "pop3-ext-pam")
    mark = ours.log_size()
    assert not may_send(ours, refusal=UNKNOWN)
    assert errors(ours, mark) == 1


def test_socket_that_mail_processes_may_not_use(gated):
    ours = gated(PERMIT, service={"unix_listener pop3-ext-pam": {
        "user": "root", "mode": "0600"}})
    ours.expect_log("Error: XTND XMIT: .*Permission denied.*unix_listener "
                    "needs the mode, user or group of mail processes")
    assert not may_send(ours, refusal=UNKNOWN)


def test_service_that_does_not_start(gated):
    """Without names of PAM services it ends, and says why."""
    ours = gated(PERMIT, executable="")
    ours.expect_log("Fatal: Name the PAM services that may be asked")
    ours.expect_log("Error: XTND XMIT: .*closed the connection|"
                    "Error: XTND XMIT: .*No answer from")
    ours.allow_log(r"Error: service\(pop3-ext-pam\)|Fatal: master: "
                   r"service\(pop3-ext-pam\)")
    assert not may_send(ours, refusal=UNKNOWN)


@pytest.mark.asan
def test_service_that_is_killed_while_it_asks(gated, pam_module):
    """The session gets its answer, and the processes that ask PAM end with the
    service, helpers included."""
    ours = gated("account required %s hang\n" % pam_module, timeout="30s")
    ours.expect_log("Error: XTND XMIT: .*closed the connection")
    ours.expect_log(r"pop3-ext-pam.*killed with signal 9")
    with ours.login() as client:
        client.send_line("XTND XMIT")
        pam.wait_mapped(pam_module)
        (service,) = ours.processes("pop3-ext-pam")
        os.kill(service, 9)
        assert client.line() == UNKNOWN
        client.ok("STAT")
    pam.wait_unmapped(pam_module)


def test_server_that_stops_while_pam_is_asked(gated, pam_module):
    """Nothing is left of the question."""
    ours = gated("account required %s hang\n" % pam_module, timeout="30s")
    with ours.login() as client:
        client.send_line("XTND XMIT")
        pam.wait_mapped(pam_module)
        ours.stop(keep=True)
    pam.wait_unmapped(pam_module)
    shutil.rmtree(ours.folder, ignore_errors=True)


def test_session_in_a_chroot(gated, host, relay):
    """It finds the service by a second listener below its root, as the manual
    says; without that the Error line speaks of the chroot."""
    def in_chroot(made):
        alice = made.user("alice")
        alice.home = "%s/./alice" % host.inside(made.folder / "home")
        made._options["settings"] = {
            "valid_chroot_dirs": host.inside(made.folder / "home")}
        if with_listener:
            run = made.folder / "home" / host.inside(
                made.folder / "run").lstrip("/")
            run.mkdir(parents=True)
            made._options["pam_service"][
                "unix_listener %s/pop3-ext-pam" % host.inside(run)] = {
                    "user": "nobody", "mode": "0600"}
        made.write_config()

    for with_listener in (True, False):
        ours = gated("account required pam_listfile.so onerr=fail item=user "
                     "sense=allow file={}/senders\n", {"senders": "alice\n"},
                     change=in_chroot, plugin_settings={
                         "pop3_ext_xmit_relay": relay().host_port})
        if not with_listener:
            ours.expect_log("Error: .*configure service pop3-ext-pam, inside "
                            "the chroot if there is one")
        assert may_send(ours, refusal=UNKNOWN) is with_listener


def test_table_of_users_does_not_overrule_pam(gated):
    """Who is allowed to send by a userdb field is asked about all the same."""
    ours = gated("account required pam_deny.so\n",
                 fields={"alice": {"pop3_ext_xmit": "yes"}})
    assert not may_send(ours)


def test_every_refusal_leaves_a_line(gated):
    """Also one that is kept from before."""
    ours = gated("account required pam_deny.so\n")
    with ours.login() as client:
        for _ in range(3):
            assert send(client) == DENIED
    ours.wait_count("Info: XTND XMIT: Not allowed by PAM", 3)


def test_ninety_who_send_at_once(gated, pam_module):
    """While PAM hangs for one user the others need not wait for each other."""
    names = ["u%d" % number for number in range(90)]
    ours = gated("account required %s hang alice\n" % pam_module,
                 users=["alice"] + names, timeout="30s", client_limit=200,
                 service={"process_limit": 20})
    with contextlib.ExitStack() as stack:
        waiting = stack.enter_context(ours.login())
        waiting.send_line("XTND XMIT")
        pam.wait_mapped(pam_module)
        clients = [stack.enter_context(ours.login(name)) for name in names]
        for client in clients:
            client.send_line("XTND XMIT")
        for client in clients:
            assert client.line().startswith(b"+OK")
        assert pam.mapped(pam_module)


def test_program_that_is_run_by_hand(server):
    made = server(start=False)
    done = made.host.run([made.pam_program(), "dovecot-xmit"], check=False)
    assert done.returncode != 0
    assert b"Dovecot runs this as a service: see pop3-ext-pam(8)" in \
        done.stderr


def test_program_that_was_built_for_another_dovecot(gated, host):
    """It asks nobody, and says what to do."""
    def other(made):
        ours = made.host.version_text.encode()
        data = host.outside(made.pam_program()).read_bytes()
        assert ours in data
        path = made.folder / "other"
        path.write_bytes(data.replace(ours, b"9" + ours[1:]))
        path.chmod(0o755)
        made._options["pam_service"]["program"] = host.inside(path)
        made.write_config()

    ours = gated(PERMIT, change=other)
    ours.expect_log("Fatal: pop3-ext-pam was built for Dovecot 9.*: install "
                    "the pop3-ext that belongs to it")
    ours.expect_log("Error: XTND XMIT: .*closed the connection|"
                    "Error: XTND XMIT: .*No answer from")
    ours.allow_log(r"Error: service\(pop3-ext-pam\)|Fatal: master: "
                   r"service\(pop3-ext-pam\)")
    assert not may_send(ours, refusal=UNKNOWN)
