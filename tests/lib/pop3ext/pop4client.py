"""pop4client - runs the client program pop4, built beside the modules under test."""

import json
import os
import pathlib
import subprocess

# Exit codes, as pop4(1) promises them.
OK = 0
REFUSED = 1
USAGE = 2
CONNECT = 3
TLS = 4
LOGIN = 5
MISSING = 6
LOST = 7
LOCAL = 8
UNKNOWN = 9
TEMPORARY = 10


def program(host):
    """The path of pop4, as the host sees it."""
    if host.modules is None:
        return "/usr/bin/pop4"
    # tests/hosts/build leaves WORK/modules-NAME and WORK/stage-NAME.
    folder, name = os.path.split(host.modules.rstrip("/"))
    return "%s/%s/usr/bin/pop4" % (folder,
                                   name.replace("modules", "stage", 1))


class Failed(Exception):
    """pop4 did not end with 0."""

    def __init__(self, done):
        super().__init__("pop4 ended with %d: %s" %
                         (done.returncode, done.stderr.decode()))
        self.code = done.returncode
        self.error = done.stderr.decode()


class Pop4:
    """The client, for one user of one server.

        client = Pop4(server, "alice", ca=authority.cert)
        for row in client.rows("messages", folder="Archive"):
            ...

    server     a server.Server; or None, then url, host and folder are needed
    name       of the user
    url        default: that of the server's POP3 port, without TLS
    ca         path of the CA's certificate (as we see it); None: no TLS at all
    options    that are always given
    """

    def __init__(self, server, name="alice", url=None, ca=None, options=(),
                 password=None, host=None, folder=None):
        self.host = host or server.host
        self.folder = pathlib.Path(folder or server.folder)
        self.url = url or "pop://%s@127.0.0.1:%d" % (name,
                                                     server.ports["pop3"])
        self.password_file = self.folder / ("password-" + name)
        self.password_file.write_text(
            password or server.user(name).password, encoding="utf-8")
        self.options = ["-p", self.host.inside(self.password_file)]
        self.options += list(options)
        if ca is None:
            self.options.append("--tls=never")
        else:
            mine = self.folder / "ca.pem"
            mine.write_bytes(pathlib.Path(ca).read_bytes())
            self.options.append("--ca-file=" + self.host.inside(mine))

    def argv(self, *args, **options):
        """The command line; options by their long names."""
        given = ["--%s=%s" % (name.replace("_", "-"), value)
                 for name, value in options.items()]
        return ([program(self.host)] + self.options + given + [self.url] +
                [str(arg) for arg in args])

    def run(self, *args, stdin=b"", timeout=120, **options):
        """subprocess.CompletedProcess, whatever the exit code."""
        env = dict(os.environ, ASAN_OPTIONS="detect_leaks=0")
        return self.host.run(self.argv(*args, **options), check=False,
                             timeout=timeout, input=stdin, env=env)

    def ok(self, *args, **kwargs):
        """The standard output; any other exit code than 0 raises Failed."""
        done = self.run(*args, **kwargs)
        if done.returncode != OK:
            raise Failed(done)
        assert done.stderr == b""
        return done.stdout

    def rows(self, *args, **kwargs):
        """The fields of the lines of the plain output."""
        return [line.split("\t") for line in
                self.ok(*args, **kwargs).decode().splitlines()]

    def json(self, *args, **kwargs):
        """The objects of the output with --json."""
        output = self.ok(*args, "--json", **kwargs)
        return [json.loads(line) for line in output.splitlines()]

    def fails(self, code, *args, **kwargs):
        """The error text of a run that has to end with that code."""
        done = self.run(*args, **kwargs)
        assert done.returncode == code, (done.returncode, done.stderr)
        error = done.stderr.decode()
        assert error.startswith("pop4: ") and error.count("\n") == 1
        return error[len("pop4: "):].rstrip("\n")

    def popen(self, *args, **kwargs):
        """A subprocess.Popen with pipes."""
        env = dict(os.environ, ASAN_OPTIONS="detect_leaks=0")
        return self.host.popen(self.argv(*args, **kwargs), env=env,
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE)
