"""SDPS with the real programs: fetchmail and getmail, run as ordinary users,
fetch the mail of a domain from one maildrop and sort it by its envelope."""

import os
import pathlib
import re
import shutil
import smtplib
import subprocess
import tempfile

import pytest

from pop3ext import hosts
from pop3ext.server import User

DOMAIN = "xyz.example"
GREETING = "pop3.mail.demon.net POP3 server ready"

# What the example configuration has for delivery, here for a user table: mail
# for any name of the domain is the host's, and its recipient is recorded.
# (Without the Received line, in whose "for" fetchmail finds a recipient, too.)
DELIVERY = {"lmtp_hdr_delivery_address": "final",
            "lmtp_add_received_header": "no"}

# One message for each way of reaching somebody, with its envelope recipients.
BCC = (b"From: alice@example.org\r\nTo: anna@xyz.example\r\n"
       b"Subject: bcc\r\n\r\nTo one, and to another in secret.\r\n")
LIST = (b"From: bob@example.org\r\nTo: chess@lists.example\r\n"
        b"Subject: list\r\n\r\nNobody's name is in the header.\r\n.\r\n")
REPORT = (b"From: MAILER-DAEMON@example.org\r\nTo: fred@xyz.example\r\n"
          b"Subject: report\r\n\r\nIt came back.\r\n")
MAILS = [("alice@example.org", ["anna", "fred"], BCC),
         ("chess-bounces@lists.example", ["fred"], LIST),
         ("", ["fred"], REPORT)]
# {user: [(envelope sender, subject)]}
SORTED = {"anna": [("alice@example.org", "bcc")],
          "fred": [("alice@example.org", "bcc"),
                   ("chess-bounces@lists.example", "list"),
                   # how fetchmail hands on a null sender
                   ("<>", "report")]}

# Writes what it is given into a file: the sender and the recipient come first.
MDA = """#!/bin/sh
file=$(mktemp %s/mail-XXXXXX) || exit 75
{ printf '%%s\\n%%s\\n' "$1" "$2"; cat; } >"$file.new" || exit 75
mv "$file.new" "$file"
"""


class Person:
    """An ordinary user with a private home, who runs programs."""

    def __init__(self):
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="p3x-home-"))
        os.chown(self.home, hosts.MAIL_UID, hosts.MAIL_GID)
        self.mail = self.folder("mail")

    def folder(self, name):
        path = self.home / name
        path.mkdir(parents=True)
        for made in (path, path.parent):
            os.chown(made, hosts.MAIL_UID, hosts.MAIL_GID)
        return path

    def write(self, name, text, mode=0o600):
        """A file of the user's; returns its path."""
        path = self.home / name
        path.write_text(text)
        path.chmod(mode)
        os.chown(path, hosts.MAIL_UID, hosts.MAIL_GID)
        return path

    def run(self, *command):
        """CompletedProcess with text output, all in .stdout."""
        return subprocess.run(
            [str(word) for word in command], user=hosts.MAIL_UID,
            group=hosts.MAIL_GID, extra_groups=[], cwd=self.home, text=True,
            env={"HOME": str(self.home), "PATH": "/usr/bin:/bin",
                 "LC_ALL": "C", "USER": hosts.MAIL_USER,
                 "LOGNAME": hosts.MAIL_USER},
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, timeout=120, check=False)

    def received(self):
        """{recipient: sorted [(sender, subject)]} of what the MDA got."""
        found = {}
        for path in self.mail.glob("mail-*"):
            sender, recipient, message = path.read_text().split("\n", 2)
            subject = message.split("Subject: ")[1].split("\n")[0]
            found.setdefault(recipient, []).append((sender, subject))
        return {name: sorted(mails) for name, mails in found.items()}


@pytest.fixture
def person():
    """A Person for one test."""
    made = Person()
    yield made
    shutil.rmtree(made.home)


def program(name):
    """Skips where the program is not installed."""
    if shutil.which(name) is None:
        pytest.skip("%s is not installed" % name)
    return name


def host_server(server, users=(), **kwargs):
    """A server with the host's maildrop and the example's delivery."""
    kwargs.setdefault("plugin_settings", {})
    kwargs["plugin_settings"] = dict(
        {"pop3_ext_sdps": "yes", "pop3_ext_xmit_domain": DOMAIN},
        **kwargs["plugin_settings"])
    kwargs["settings"] = dict(DELIVERY, **kwargs.get("settings", {}))
    made = server(users=["xyz", *users], domain=DOMAIN,
                  protocols=("pop3", "imap", "lmtp"), start=False, **kwargs)
    for user in users:
        made.user(user.name).home = made.user("xyz").home
    made.write_users()
    # Any name of the domain is the host's: what an account's row does in the
    # example is here a row for each.
    with open(made.folder / "users", "a", encoding="utf-8") as file:
        for name in ("anna", "fred"):
            file.write("%s:{PLAIN}x:%d:%d::%s::userdb_user=xyz\n" % (
                name, hosts.MAIL_UID, hosts.MAIL_GID, made.user("xyz").home))
    return made.start()


def deliver(server, mails=None):
    """By LMTP, a transaction for each recipient."""
    with smtplib.LMTP("127.0.0.1", server.ports["lmtp"]) as client:
        for sender, names, message in mails or MAILS:
            for name in names:
                client.sendmail(sender, ["%s@%s" % (name, DOMAIN)], message)


def fetchmailrc(person, server, proto, names, password="pw-xyz", user="xyz",
                options='sslproto ""', poll="aka"):
    """A ~/.fetchmailrc that hands mail to the MDA."""
    mda = person.write("mda", MDA % person.mail, 0o700)
    person.write(".fetchmailrc", "\n".join([
        'set no syslog',
        'poll 127.0.0.1 proto %s service %d no dns: %s %s' % (
            proto, server.ports["pop3"], poll, DOMAIN),
        '  user "%s" there with password "%s" is %s here' % (
            user, password, names),
        '  mda "%s %%F %%T"' % mda,
        '  %s' % options, ""]))


def fetch(person, *options):
    """Run fetchmail; its output."""
    done = person.run(program("fetchmail"), "-v", "-v", "--nodetach",
                      *options)
    assert done.returncode == 0, done.stdout
    return done.stdout


def test_delivery_records_each_recipient(server):
    """The header has the address as it was in the transaction."""
    ours = host_server(server)
    deliver(ours)
    heads = [raw.split(b"\r\n\r\n")[0] for _, raw in ours.messages("xyz")]
    assert [(head.split(b"Return-Path: ")[1].split(b"\r\n")[0],
             head.split(b"Delivered-To: ")[1].split(b"\r\n")[0])
            for head in heads] == [
                (b"<alice@example.org>", b"anna@xyz.example"),
                (b"<alice@example.org>", b"fred@xyz.example"),
                (b"<chess-bounces@lists.example>", b"fred@xyz.example"),
                (b"<>", b"fred@xyz.example")]


@pytest.mark.parametrize("orcpt,recorded", [
    (None, None), ("rfc822;anna@xyz.example", b"anna@xyz.example")],
    ids=["without", "with"])
def test_original_recipient_is_only_what_orcpt_says(server, orcpt, recorded):
    """lmtp_hdr_delivery_address=original writes nothing for a server that
    sends no ORCPT, such as Postfix to Dovecot: the example has `final`."""
    ours = host_server(server, settings={
        "lmtp_hdr_delivery_address": "original"})
    with smtplib.LMTP("127.0.0.1", ours.ports["lmtp"]) as client:
        client.sendmail("a@b.example", ["fred@" + DOMAIN], LIST,
                        rcpt_options=["ORCPT=" + orcpt] if orcpt else [])
    ((_, raw),) = ours.messages("xyz")
    head = raw.split(b"\r\n\r\n")[0]
    if recorded is None:
        assert b"Delivered-To" not in head
    else:
        assert b"Delivered-To: " + recorded in head


def test_fetchmail_sdps(server, person):
    """proto sdps sorts to two local users, by the envelope alone, and takes
    the mail from the server."""
    ours = host_server(server)
    deliver(ours)
    fetchmailrc(person, ours, "sdps", "anna fred")
    output = fetch(person)
    assert output.count("POP3> *ENV ") == 4
    assert person.received() == {name: sorted(mails) for name, mails in
                                 SORTED.items()}
    assert ours.messages("xyz") == []


def test_fetchmail_multidrop_behind_a_demon_greeting(server, person):
    """proto pop3 asks for envelopes because the greeting names Demon."""
    ours = host_server(server, settings={"login_greeting": GREETING})
    deliver(ours)
    fetchmailrc(person, ours, "pop3", "anna fred")
    output = fetch(person)
    assert "+OK " + GREETING in output
    assert output.count("POP3> *ENV ") == 4
    assert person.received() == {name: sorted(mails) for name, mails in
                                 SORTED.items()}
    assert ours.messages("xyz") == []


def test_fetchmail_multidrop_behind_another_greeting(server, person):
    """It does not ask then: what the tests above show is *ENV's doing."""
    ours = host_server(server)
    deliver(ours)
    fetchmailrc(person, ours, "pop3", "anna fred")
    output = fetch(person)
    assert "*ENV" not in output
    assert person.received() != {name: sorted(mails) for name, mails in
                                 SORTED.items()}


def test_fetchmail_over_stls(server, person, authority):
    """STLS is offered, and used with the certificate verified."""
    ours = host_server(server)
    deliver(ours)
    ca_file = person.write("ca.pem", authority.cert.read_text())
    fetchmailrc(person, ours, "sdps", "anna fred",
                options='sslproto "TLS1.2+" sslcertck sslcertfile "%s" '
                'sslcommonname localhost' % ca_file)
    output = fetch(person)
    assert "POP3> STLS" in output
    assert person.received() == {name: sorted(mails) for name, mails in
                                 SORTED.items()}


def test_fetchmail_wildcard(server, person):
    """`is *`: each recipient's whole address is handed on."""
    ours = host_server(server)
    deliver(ours)
    fetchmailrc(person, ours, "sdps", "*", poll="localdomains")
    fetch(person)
    assert person.received() == {
        "%s@%s" % (name, DOMAIN): sorted(mails)
        for name, mails in SORTED.items()}


def test_fetchmail_twice_loses_and_repeats_nothing(server, person):
    """Mail that is kept is not fetched again, new mail is."""
    ours = host_server(server)
    deliver(ours)
    fetchmailrc(person, ours, "sdps", "anna fred", poll="uidl aka",
                options='sslproto "" keep')
    fetch(person)
    assert len(ours.messages("xyz")) == 4
    deliver(ours, MAILS[1:2])
    fetch(person)
    expected = {"anna": SORTED["anna"],
                "fred": SORTED["fred"] + SORTED["fred"][1:2]}
    assert person.received() == {name: sorted(mails) for name, mails in
                                 expected.items()}


def test_fetchmail_for_one_account(server, person):
    """A login for one account takes its mail, and no other's."""
    ours = host_server(server, users=[User("fred-view", "pw-xyz", {
        "pop3_ext_view_account": "fred", "pop3_ext_view_host": DOMAIN})])
    deliver(ours)
    fetchmailrc(person, ours, "sdps", "fred", user="fred-view")
    fetch(person)
    assert person.received() == {"fred": sorted(SORTED["fred"])}
    ((_, left),) = ours.messages("xyz")
    assert b"Delivered-To: anna@xyz.example" in left


GETMAILRC = """\
[retriever]
type = MultidropSDPSRetriever
server = 127.0.0.1
port = %d
username = xyz
password = pw-xyz

[destination]
type = Maildir
path = %s/

[options]
delete = true
delivered_to = false
received = false
"""


def test_getmail_as_far_as_it_works(server, person):
    """Its SDPS retriever asks for each envelope and delivers to a Maildir.
    (Sorting is broken in getmail6 under Python 3: it takes the addresses for
    bytes, and writes them so.)"""
    program("getmail")
    ours = host_server(server)
    deliver(ours)
    box = person.folder("Maildir")
    for name in ("cur", "new", "tmp"):
        person.folder("Maildir/" + name)
    config = person.write("getmailrc", GETMAILRC % (ours.ports["pop3"], box))
    done = person.run("getmail", "--getmaildir", person.home, "--rcfile",
                      config)
    assert done.returncode == 0, done.stdout
    got = [path.read_text() for path in (box / "new").iterdir()]
    assert sorted(text.split("Subject: ")[1].split("\n")[0]
                  for text in got) == ["bcc", "bcc", "list", "report"]
    assert sum("Return-Path: <b'alice@example.org'>" in text or
               "Return-Path: <alice@example.org>" in text
               for text in got) == 2
    assert ours.messages("xyz") == []


EXAMPLE = pathlib.Path(__file__).parents[2] / "doc/example-config/sdps"


def example_server(server, host):
    """A server with the shipped example in place of the tests' users; the
    paths and the owner of mail are the tests'."""
    ours = server(users=["xyz"], domain=DOMAIN, start=False,
                  protocols=("pop3", "imap", "lmtp"))
    text = ours.config_path.read_text()
    text = re.sub(r"(?ms)^(passdb|userdb)[^\n]*\{.*?^\}\n", "", text)
    text = re.sub(r"(?m)^auth_username_format.*\n", "", text)
    shipped = (EXAMPLE / ("dovecot-%s.conf" % (
        "2.4" if host.is_24 else "2.3"))).read_text()
    ours.config_path.write_text(
        text + shipped.replace("/etc/dovecot", host.inside(ours.folder)))
    home = ours.user("xyz").home
    for name, password in (("sdps-domains", ""), ("sdps-hosts", ""),
                           ("sdps-login", "pw-xyz"),
                           ("sdps-pop3", "pw-pop3")):
        line = (EXAMPLE / name).read_text()
        line = re.sub(r"\$2y\$[^:]*", "{PLAIN}" + password, line)
        line = line.replace("vmail:vmail", "%d:%d" % (hosts.MAIL_UID,
                                                      hosts.MAIL_GID))
        (ours.folder / name).write_text(
            line.replace("/var/vmail/xyz", home))
    return ours.start()


def test_example_two_passwords_of_a_host(server, host):
    """Either is good for POP3, and for the same maildrop; no third one is."""
    ours = example_server(server, host)
    deliver(ours)
    for password in ("pw-xyz", "pw-pop3"):
        with ours.connect() as client:
            client.login("xyz", password)
            assert client.stat()[0] == 4
            client.quit()
    for password in ("pw-other", ""):
        with ours.connect() as client:
            client.ok("USER xyz")
            assert client.command("PASS " + password).startswith(b"-ERR")


def test_example_fetchmail_for_one_account(server, host, person):
    """A login for one account, in either form, takes its mail; the host's, by
    its whole name, has the rest."""
    ours = example_server(server, host)
    deliver(ours, MAILS[:1])
    for typed, mails in (("fred@xyz.example", 1), ("fred+xyz.example", 2)):
        fetchmailrc(person, ours, "sdps", "fred", user=typed,
                    password="pw-pop3")
        assert fetch(person).count("POP3> *ENV ") == mails
        deliver(ours, MAILS[1:])
    assert person.received() == {"fred": sorted(SORTED["fred"])}
    with ours.connect() as client:
        client.login("xyz.example", "pw-xyz")
        assert client.stat()[0] == 3
        assert client.command("*ENV 1").startswith(b"+OK")
        assert client.multi()[3] == b"anna@xyz.example"
        client.quit()


def test_example_delivery_and_fetchmailrc(server, host, person):
    """Mail for any name of the domain comes to the host, and the example's
    ~/.fetchmailrc sorts it."""
    ours = example_server(server, host)
    deliver(ours)
    mda = person.write("mda", MDA % person.mail, 0o700)
    text = (EXAMPLE / "fetchmailrc").read_text()
    text = text.replace("poll pop3.demon.example proto sdps",
                        "set no syslog\npoll 127.0.0.1 proto sdps service %d"
                        % ours.ports["pop3"]).replace("secret", "pw-pop3")
    person.write(".fetchmailrc", text + 'mda "%s %%F %%T"\nsslproto ""\n' %
                 mda)
    fetch(person)
    assert person.received() == {name: sorted(mails) for name, mails in
                                 SORTED.items()}


def test_postfix_to_lmtp_records_each_recipient(server, postfix, person):
    """The example's way: Postfix hands over one recipient at a time."""
    ours = host_server(server)
    relay = postfix(ours, settings={
        "virtual_mailbox_maps": "inline:{ @%s=ok }" % DOMAIN,
        "lmtp_destination_recipient_limit": "1"})
    with smtplib.SMTP("127.0.0.1", relay.port, timeout=20) as client:
        for sender, names, message in MAILS:
            client.sendmail(sender, ["%s@%s" % (name, DOMAIN)
                                     for name in names], message)
    for name, count in (("anna", 1), ("fred", 3)):
        pattern = r"(?s)" + r".*".join(
            [r"to=<%s@xyz\.example>[^\n]*status=sent" % name] * count)
        relay.wait_log(pattern)
    fetchmailrc(person, ours, "sdps", "anna fred")
    fetch(person)
    assert person.received() == {name: sorted(mails) for name, mails in
                                 SORTED.items()}
