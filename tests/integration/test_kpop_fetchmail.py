"""KPOP by fetchmail, as Debian has built it."""

import os
import shutil
import subprocess

import pytest

from pop3ext import hosts, kdc

pytestmark = [
    pytest.mark.auth,
    pytest.mark.skipif(kdc.missing() is not None or
                       shutil.which("fetchmail") is None,
                       reason="fetchmail or the KDC is not installed"),
    pytest.mark.skipif(not hosts.can_unshare(),
                       reason="fetchmail needs a line in /etc/services, "
                       "in a mount namespace of its own"),
]

MESSAGE = b"Subject: by KPOP\r\n\r\nText of the message\r\n"


@pytest.fixture(scope="module", name="realm")
def _realm(tmp_path_factory, ports):
    made = kdc.Kdc(tmp_path_factory.mktemp("kdc") / "kdc", ports.take())
    with made:
        made.add("alice", "secret")
        made.add_service("pop/localhost")
        yield made


class Fetchmail:
    """fetchmail with a folder of its own, and a services file in which kpop
    is the server's port."""

    def __init__(self, folder, server, realm):
        self.folder = folder
        self._server = server
        self._realm = realm
        self.services = folder / "services"
        self.services.write_text("kpop %d/tcp\n" % server.ports["kpop"])
        self.mail = folder / "mail"

    def run(self, user="alice", options='sslproto ""', ticket=True):
        """(exit status, output)"""
        config = self.folder / "fetchmailrc"
        config.write_text(
            'poll localhost proto kpop auth kerberos_v5 user "%s" %s '
            'mda "cat >> %s"\n' % (user, options, self.mail))
        config.chmod(0o600)
        cache = (self._realm.kinit("alice", "secret") if ticket
                 else self.folder / "no-cache")
        done = subprocess.run(
            ["unshare", "-m", "sh", "-c",
             'mount --bind "$1" /etc/services && shift && exec "$@"', "sh",
             str(self.services), "fetchmail", "-v", "-v", "--nosyslog",
             "-f", str(config), "--pidfile", str(self.folder / "pid"),
             "-i", str(self.folder / "ids")],
            env=dict(self._realm.env(cache), HOME=str(self.folder),
                     FETCHMAILHOME=str(self.folder)),
            check=False, timeout=100, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        return done.returncode, done.stdout.decode("utf-8", "replace")


@pytest.fixture(name="fetchmail")
def _fetchmail(server, realm, tmp_path):
    made = server(kpop=realm, settings={"auth_verbose": "yes"})
    before = open("/etc/services", "rb").read()
    yield Fetchmail(tmp_path, made, realm), made
    assert open("/etc/services", "rb").read() == before


def test_fetches(fetchmail):
    """The configuration that the documents show."""
    program, server = fetchmail
    server.deliver("alice", MESSAGE)
    status, output = program.run()
    assert status == 0, output
    assert "PASS" in output or "USER" in output
    assert b"Text of the message" in program.mail.read_bytes()
    server.wait_log(r"Log(in|ged in): user=<alice>, method=KPOP")
    assert server.messages("alice") == []


def test_fetches_by_tls(fetchmail, certificate):
    """Without sslproto fetchmail insists on STLS, and gets it."""
    program, server = fetchmail
    server.deliver("alice", MESSAGE)
    trust = program.folder / "ca.pem"
    shutil.copy(os.path.join(os.path.dirname(certificate.cert), "ca.pem"),
                trust)
    status, output = program.run(options="sslcertfile %s" % trust)
    assert status == 0, output
    assert b"Text of the message" in program.mail.read_bytes()
    server.wait_log(r"Log(in|ged in): user=<alice>, method=KPOP.*TLS")


def test_wrong_user(fetchmail):
    """The refusal comes at PASS, and is one of authorization."""
    program, server = fetchmail
    status, output = program.run(user="bob")
    assert status == 3, output
    assert "[AUTH]" in output
    server.wait_log("alice@EXAMPLE.TEST may not log in as this user")


def test_wrong_key(fetchmail, realm):
    """fetchmail shows what the KRB-ERROR says."""
    program, server = fetchmail
    (server.folder / "krb5.keytab").unlink()
    other = realm.folder / "other"
    realm.add_service("pop/other")
    realm.keytab(other, ["pop/other"])
    shutil.move(other, server.folder / "krb5.keytab")
    (server.folder / "krb5.keytab").chmod(0o644)
    status, output = program.run()
    assert status == 7, output
    assert "Server rejected authentication" in output or "server says" in output
    server.wait_log("ticket refused: ")


def test_no_ticket(fetchmail):
    """Nothing is sent without one."""
    program, _ = fetchmail
    status, _ = program.run(ticket=False)
    assert status != 0
