"""pam - what the tests of sending by PAM's leave share: a module that does what
modules should not, the processes that have loaded it, and the lines that a
session and the service pop3-ext-pam say to each other."""

import contextlib
import glob
import os
import pathlib
import shutil
import signal
import socket
import time

import pytest

DENIED = (b"-ERR [SYS/PERM] You are not allowed to send mail: "
          b"ask your provider")
UNKNOWN = (b"-ERR [SYS/TEMP] It is not known now whether you may send mail: "
           b"try again later")

# Arguments: what to do; then a user or a file.
MODULE = r"""
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>
#include <security/pam_appl.h>
#include <security/pam_modules.h>

#define REPLY_FD 3

static int hang(void)
{
	int i;

	for (i = 1; i < NSIG; i++)
		signal(i, SIG_IGN);
	for (;;)
		pause();
	return PAM_SUCCESS;
}

static int say(pam_handle_t *pam, int style)
{
	struct pam_message message = { style, "Hello" };
	const struct pam_message *messages[] = { &message, &message };
	struct pam_response *responses = NULL;
	const struct pam_conv *conv;
	int ret;

	pam_get_item(pam, PAM_CONV, (const void **)&conv);
	ret = conv->conv(2, messages, &responses, conv->appdata_ptr);
	if (ret == PAM_SUCCESS) {
		if (responses == NULL || responses[0].resp != NULL ||
		    responses[1].resp != NULL)
			abort();
		free(responses);
	}
	return ret;
}

static void count(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND, 0644);

	if (fd < 0 || write(fd, "asked\n", 6) != 6)
		abort();
	close(fd);
}

static void flood(void)
{
	char buf[4096];

	memset(buf, 'x', sizeof(buf));
	while (write(REPLY_FD, buf, sizeof(buf)) > 0) ;
}

int pam_sm_acct_mgmt(pam_handle_t *pam, int flags, int argc,
		     const char **argv)
{
	const char *user, *mode = argc > 0 ? argv[0] : "";

	(void)flags;
	pam_get_user(pam, &user, NULL);
	if (strcmp(mode, "hang") == 0) {
		if (argc > 1 && strcmp(user, argv[1]) != 0)
			return PAM_SUCCESS;
		fork();
		return hang();
	} else if (strcmp(mode, "hang-apart") == 0) {
		/* a process that has left the group and waits for nothing */
		if (setpgid(0, 0) < 0)
			abort();
		return hang();
	} else if (strcmp(mode, "crash") == 0) {
		abort();
	} else if (strcmp(mode, "end") == 0) {
		_exit(3);
	} else if (strcmp(mode, "kill-group") == 0) {
		kill(0, SIGKILL);
	} else if (strcmp(mode, "garbage") == 0) {
		if (write(REPLY_FD, "ALLOWED\n", 8) != 8)
			abort();
		return hang();
	} else if (strcmp(mode, "flood") == 0) {
		flood();
		return hang();
	} else if (strcmp(mode, "helper") == 0) {
		return fork() == 0 ? hang() : PAM_SUCCESS;
	} else if (strcmp(mode, "daemon") == 0) {
		if (fork() != 0)
			return PAM_SUCCESS;
		setsid();
		return hang();
	} else if (strcmp(mode, "text") == 0) {
		if (say(pam, PAM_TEXT_INFO) != PAM_SUCCESS ||
		    say(pam, PAM_ERROR_MSG) != PAM_SUCCESS)
			return PAM_PERM_DENIED;
	} else if (strcmp(mode, "prompt") == 0) {
		if (say(pam, PAM_PROMPT_ECHO_OFF) != PAM_SUCCESS)
			return PAM_PERM_DENIED;
	} else if (strcmp(mode, "count") == 0) {
		count(argv[1]);
	}
	return PAM_SUCCESS;
}
"""


@pytest.fixture(name="gated")
def _gated(server, host):
    """Factory of servers whose users are allowed to send by the lines of a
    PAM service (None: there is no such file); {} in the lines is the server's
    folder.  files: further files of that folder; more: of /etc/pam.d.  timeout
    and cache are those settings; fields: {user: userdb fields}.  service: the
    settings of service pop3-ext-pam; None: there is none.  executable: the PAM
    services that it may be asked for.  change is called with the server before
    it starts."""
    def make(lines, files=None, more=None, timeout=None, cache=None,
             configured="dovecot-xmit", service=(), executable=None,
             fields=None, change=None, **kwargs):
        settings = {"pop3_ext_xmit_pam": configured,
                    "pop3_ext_xmit_pam_timeout": timeout,
                    "pop3_ext_xmit_pam_cache": cache,
                    **kwargs.pop("plugin_settings", {})}
        if service is not None:
            service = dict(service)
            if executable is not None:
                service["executable"] = executable
        made = server(start=False, mounts={"/etc/pam.d": "pam.d"},
                      plugin_settings={name: value for name, value in
                                       settings.items() if value},
                      pam_service=service, **kwargs)
        shutil.copytree(host.outside("/etc/pam.d"), made.folder / "pam.d",
                        symlinks=True)
        for name, text in (files or {}).items():
            (made.folder / name).write_text(text, encoding="utf-8")
        services = dict(more or {})
        if lines is not None:
            services["dovecot-xmit"] = lines.format(host.inside(made.folder))
        for name, text in services.items():
            (made.folder / "pam.d" / name).write_text(text, encoding="utf-8")
        for user, values in (fields or {}).items():
            made.user(user).fields.update(values)
        if change is not None:
            change(made)
        made.write_users()
        return made.start()
    return make


@pytest.fixture(name="pam_module", scope="module")
def _pam_module(host):
    """The path of the module in the host."""
    folder = host.mkdtemp("p")
    yield build_module(host, folder)
    shutil.rmtree(folder)


def build_module(host, folder):
    """Make the module; its path in the host, which nothing else has."""
    source = folder / "module.c"
    source.write_text(MODULE, encoding="utf-8")
    target = host.inside(folder / "pam_trouble.so")
    host.run(["gcc", "-shared", "-fPIC", "-o", target, host.inside(source)])
    return target


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


# Processes that have loaded it.

def mapped(module):
    """Their pids."""
    found = []
    for path in glob.glob("/proc/[0-9]*/maps"):
        with contextlib.suppress(OSError):
            if module in pathlib.Path(path).read_text(errors="replace"):
                found.append(int(path.split("/")[2]))
    return found


def _wait(condition, what, timeout=20):
    deadline = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.01)


def wait_mapped(module):
    """Wait until somebody runs it."""
    _wait(lambda: mapped(module), "nobody loads %s" % module)


def wait_unmapped(module):
    """Wait until nobody runs it any more."""
    _wait(lambda: not mapped(module), "%s is still running" % module)


def kill_mapped(module):
    """End those that are left."""
    for pid in mapped(module):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    wait_unmapped(module)


# The protocol.

CLIENT_VERSION = b"VERSION\tpop3-ext-pam-client\t1\t0\n"
SERVER_VERSION = b"VERSION\tpop3-ext-pam-server\t1\t0\n"


def question(user="alice", service="dovecot-xmit", rhost="", timeout=5):
    """The line."""
    return ("ASK\t%s\t%s\t%s\t%d\n" % (service, user, rhost,
                                       timeout)).encode()


def path(server):
    """Of the server's socket."""
    return server.folder / "run" / "pop3-ext-pam"


def ask(server, *data, end=False, uid=None, gid=None):
    """Send these to the service, and return all that it says before it closes
    the connection.  end: say that there is no more.  With an uid as that
    user."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            if gid is not None:
                os.setgroups([])
                os.setgid(gid)
            if uid is not None:
                os.setuid(uid)
            said = _talk(path(server), data, end)
            os.write(writer, said)
            os._exit(0)
        except OSError as error:
            os.write(writer, str(error).encode())
        finally:
            os._exit(1)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        said = pipe.read()
    os.waitpid(child, 0)
    return said


def _talk(address, data, end):
    said = b""
    with socket.socket(socket.AF_UNIX) as sock:
        sock.settimeout(20)
        sock.connect(str(address))
        for piece in data:
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                sock.sendall(piece)
        if end:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_WR)
        with contextlib.suppress(ConnectionResetError):
            while more := sock.recv(65536):
                said += more
    return said
