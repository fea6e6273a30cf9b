"""trial - what ./try runs when the plugin is built: a private Dovecot with
three users, a commented session, and a server for a real mail program."""

import argparse
import json
import os
import pathlib
import shutil
import signal
import stat
import sys
import threading
import time

from . import hosts, pop3, server

DOMAIN = "example.test"
USERS = ("alice", "bob", "carol")
FIRST_PORT = 20110

# What the plugin calls as sendmail: no mail leaves the machine, every
# recipient is one of our users or the message is refused as a whole.
SENDMAIL = r"""# sendmail of ./try: delivers to local users by dovecot-lda.
# Called as: -i -f SENDER -- RECIPIENT...
sender=
while [ $# -gt 0 ]; do
	case $1 in
	-f) sender=$2; shift 2 ;;
	--) shift; break ;;
	-*) shift ;;
	*) break ;;
	esac
done

# All recipients first: nobody gets a message that somebody cannot get.
for address; do
	name=${address%%@@domain@}
	case " @users@ " in
	*" $name "*) ;;
	*) echo "<$address>: no such user here" >&2; exit 67 ;;
	esac
done

message=$(mktemp) || exit 75
trap 'rm -f "$message"' EXIT
cat >"$message" || exit 75
for address; do
	said=$(@lda@ -c @config@ -o log_path=/dev/stderr \
		-d "${address%%@@domain@}" -f "$sender" <"$message" 2>&1) || {
		printf '%s\n' "$said" >&2
		exit 75
	}
done
"""

MESSAGE = b"""\
From: Alice <alice@example.test>\r
To: Bob <bob@example.test>\r
Bcc: carol@example.test\r
Subject: Sent by POP3\r
\r
Hello Bob,\r
\r
this message never saw an SMTP client.\r
. A line that begins with a dot arrives as it was.\r
"""


class Failed(Exception):
    """The session did not go as it should; the text says how."""


class Show:
    """Prints a session: comments, and lines of the client and server."""

    def __init__(self, quiet=False):
        self._quiet = quiet

    def _print(self, text):
        if not self._quiet:
            print(text, flush=True)

    def note(self, text):
        """A comment above what follows."""
        self._print("\n# " + text)

    def line(self, who, data):
        """One line on the wire."""
        self._print("%s: %s" % (who, data.decode("utf-8", "replace")))


class ShownClient:
    """A POP3 client whose session is shown."""

    def __init__(self, trial, show):
        self._client = trial.connect()
        self._show = show
        show.line("S", self._client.greeting)

    def command(self, line, secret=False):
        """A command with a one-line reply that has to be +OK."""
        self._show.line("C", b"PASS ********" if secret else line)
        reply = self._client.command(line)
        self._show.line("S", reply)
        if not reply.startswith(b"+OK"):
            raise Failed("%s was refused: %s" % (
                line.split()[0].decode(), reply.decode("utf-8", "replace")))
        return reply

    def login(self, user):
        """USER and PASS."""
        self.command(b"USER " + user.name.encode())
        self.command(b"PASS " + user.password.encode(), secret=True)

    def multi(self, line):
        """A command with a multi-line reply; its lines."""
        self.command(line)
        lines = self._client.multi()
        for text in lines:
            self._show.line("S", text)
        self._show.line("S", b".")
        return lines

    def xmit(self, message):
        """XTND XMIT."""
        self.command(b"XTND XMIT")
        wire = pop3.stuff(message)
        for text in wire.split(b"\r\n")[:-1]:
            self._show.line("C", text)
        self._client.send(wire)
        reply = self._client.line()
        self._show.line("S", reply)
        if not reply.startswith(b"+OK"):
            raise Failed("the message was refused: %s" %
                         reply.decode("utf-8", "replace"))

    def quit(self):
        """QUIT, and wait until the server closed."""
        self._show.line("C", b"QUIT")
        self._show.line("S", self._client.quit())


def wait_for_mail(trial, name, timeout=30):
    """Wait until the user's maildrop is not empty.  A session shows the
    maildrop as it was when it began, so each look is a new one."""
    deadline = time.monotonic() + timeout
    while True:
        with trial.login(name) as client:
            messages = client.stat()[0]
            client.quit()
        if messages > 0:
            return
        if time.monotonic() > deadline:
            raise Failed("no mail came for %s within %d s" % (name, timeout))


def play(trial, show):
    """The session; raises Failed."""
    show.note("Alice logs in, as any POP3 client does.")
    client = ShownClient(trial, show)
    client.login(trial.user("alice"))
    show.note("The server says what else it can do: X-XTND XMIT is ours.")
    capabilities = client.multi(b"CAPA")
    if not any(line.startswith(b"X-XTND") and b"XMIT" in line.split()
               for line in capabilities):
        raise Failed("XTND XMIT is not among the capabilities")
    show.note("She sends a message to Bob, with a blind copy for Carol, in "
              "the same session.")
    client.xmit(MESSAGE)
    show.note("The session goes on: she could fetch her new mail now.")
    client.command(b"STAT")
    client.quit()

    for name in ("bob", "carol"):
        wait_for_mail(trial, name)
        show.note("%s fetches it." % name.capitalize())
        client = ShownClient(trial, show)
        client.login(trial.user(name))
        lines = client.multi(b"RETR 1")
        client.command(b"DELE 1")
        client.quit()
        header = lines[:lines.index(b"")]
        if any(line.lower().startswith(b"bcc:") for line in header):
            raise Failed("%s's copy shows the blind recipient" % name)
        if lines[lines.index(b"") + 1:] != MESSAGE.split(b"\r\n\r\n", 1)[
                1].split(b"\r\n")[:-1]:
            raise Failed("%s's copy differs from what was sent" % name)
    show.note("Neither copy names Carol: the Bcc line was taken out.")


def reachable(path):
    """May the mail user walk through all folders of the path?"""
    return all(parent.stat().st_mode & stat.S_IXOTH
               for parent in [path, *path.parents])


def choose_folder(host, data, work):
    """The server's folder: below data, unless its sockets' names would get
    too long or the mail user or the host cannot see it."""
    if data is not None:
        data.mkdir(parents=True, exist_ok=True)
        data = data.resolve()
        try:
            inside = host.inside(data)
        except hosts.HostError:
            inside = None
        if inside is not None and len(inside) < 60:
            data.chmod(data.stat().st_mode | stat.S_IXOTH)
            if reachable(data):
                return data
    folder = host.outside(work) / "d"
    folder.mkdir()
    folder.chmod(0o755)
    return folder


def choose_port(wanted):
    """The first port: as wanted, or one of ours that is free."""
    candidates = [wanted] if wanted else range(FIRST_PORT, 21000, 10)
    for first in candidates:
        if all(server.port_is_free(first + n) for n in range(3)):
            return first
    raise hosts.HostError("port %d or one of the two after it is in use" %
                          candidates[0])


def make_server(host, port, folder):
    """The Dovecot of ./try, not yet started."""
    trial = server.Server(
        host, port, users=USERS, domain=DOMAIN, folder=folder,
        plugin_settings={"pop3_ext_xmit_require_tls": None},
        sendmail=host.inside(folder / "sendmail"))
    text = SENDMAIL
    for name, value in {
            "domain": DOMAIN, "users": " ".join(USERS),
            "lda": host.programs + "/dovecot-lda",
            "config": host.inside(trial.config_path)}.items():
        text = text.replace("@%s@" % name, value)
    trial.write_script("sendmail", text)
    return trial


def describe(trial):
    """server.json."""
    return {
        "host": server.LOCALHOST,
        "domain": DOMAIN,
        "ports": trial.ports,
        "users": [{"name": user.name, "password": user.password,
                   "address": trial.address(user.name),
                   "home": str(trial.host.outside(user.home))}
                  for user in trial.users],
        "config": str(trial.config_path),
        "log": str(trial.log_path),
    }


def invite(trial):
    """What a person needs to point a mail program at the server."""
    print("\nThe server stays for your mail program, until Ctrl-C.\n")
    print("  POP3  %s port %d (STLS too)" % (server.LOCALHOST,
                                            trial.ports["pop3"]))
    print("  POP3S %s port %d (certificate made for this run)" %
          (server.LOCALHOST, trial.ports["pop3s"]))
    print("  IMAP  %s port %d" % (server.LOCALHOST, trial.ports["imap"]))
    print("  log   %s\n" % trial.log_path)
    for user in trial.users:
        print("  user %-6s password %-9s address %s" % (
            user.name, user.password, trial.address(user.name)))
    print(flush=True)


def wait_for_end():
    """Until a signal comes; the handlers raise."""
    while True:
        signal.pause()


def _end(number, frame):
    raise KeyboardInterrupt


def run(options, host):
    """Start, play or serve, stop; the exit status."""
    data = pathlib.Path(options.data) if options.data else None
    port = choose_port(options.base_port)
    folder = choose_folder(host, data, options.work)
    trial = make_server(host, port, folder)
    trial.start()
    try:
        if options.mode != "serve":
            play(trial, Show())
            trial.check_log()
        if data is not None:
            fresh = data / ".server.json.new"
            fresh.write_text(json.dumps(describe(trial), indent=1) + "\n",
                             encoding="utf-8")
            fresh.replace(data / "server.json")
        if options.mode == "show":
            invite(trial)
        if options.mode != "once":
            wait_for_end()
    except Exception:
        trial.stop(check=False, keep=True)
        print("\nThe server's log:\n" + trial.log(), file=sys.stderr)
        raise
    finally:
        if data is not None:
            (data / "server.json").unlink(missing_ok=True)
        trial.stop(check=False)
    return 0


def main():
    """See ./try."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--mode", choices=["show", "once", "serve"])
    parser.add_argument("--prefix")
    parser.add_argument("--work")
    parser.add_argument("--base-port", type=int)
    parser.add_argument("--data")
    options = parser.parse_args()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _end)
    if "SUDO_UID" in os.environ:
        # sudo passes signals on, but not that it was killed.
        hosts.die_with_parent()
    outside = pathlib.Path(options.prefix) / options.work.lstrip("/")
    status = 1
    try:
        host = hosts.Host(options.prefix, options.work + "/modules-gcc")
        status = run(options, host)
        print("\nAll is as it should be.", flush=True)
    except KeyboardInterrupt:
        status = 0
    except (Failed, AssertionError, hosts.HostError, pop3.Refused,
            pop3.Closed, OSError) as error:
        print("try: %s" % error, file=sys.stderr)
    finally:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        shutil.rmtree(outside, ignore_errors=True)
        if os.environ.get("POP3EXT_NOTE"):
            print("\ntry: " + os.environ["POP3EXT_NOTE"], file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(main())
