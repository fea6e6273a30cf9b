"""doveadm pop3-uidl import: mailboxes move here from other servers, and their
UIDLs are what they were."""

import os
import shutil
import struct

import pytest

from pop3ext import fakepop, hosts, oldservers, uidl

ADMIN = {
    "settings_23": {"protocol doveadm": {"mail_plugins": "pop3_uidl"}},
    "settings_24": {"protocol doveadm": {"mail_plugins": {"pop3_uidl": "yes"}}},
}


@pytest.fixture(name="ours")
def _ours(server):
    return server(plugin=uidl.PLUGINS, **ADMIN)


def place(ours, name, data):
    """A file of the server's; returns its path in the host."""
    path = ours.folder / name
    path.write_bytes(data)
    path.chmod(0o644)
    return ours.host.inside(path)


def run(ours, *args, name="alice", code=0):
    """doveadm pop3-uidl import for a user; (output, errors)."""
    done = ours.doveadm("pop3-uidl", "import", "-u", name, *args,
                        check=False)
    errors = done.stderr.decode()
    assert done.returncode == code, (done.returncode, done.stdout, errors)
    return done.stdout.decode(), errors


def uidls(ours, name="alice"):
    """The UIDLs, in POP3's order."""
    with ours.login(name) as client:
        listed = client.uidl()
        client.quit()
    return [listed[number].decode() for number in sorted(listed)]


def stock(ours, name="alice"):
    """What Dovecot makes of UIDs and the UIDVALIDITY; asking for UIDLs would
    fix them."""
    imap = ours.imap(name)
    _, data = imap.status("INBOX", "(UIDVALIDITY)")
    validity = int(data[0].rstrip(b")").split()[-1])
    imap.select("INBOX", readonly=True)
    _, data = imap.uid("SEARCH", "ALL")
    imap.logout()
    return ["%08x%08x" % (int(number), validity)
            for number in data[0].split()]


def chown_mail(path):
    """To the mail user, with all that is in it."""
    os.chown(path, hosts.MAIL_UID, hosts.MAIL_GID)
    for folder, names, files in os.walk(path):
        for name in names + files:
            os.chown(os.path.join(folder, name), hosts.MAIL_UID,
                     hosts.MAIL_GID)


def put_maildir(ours, files):
    """alice's Maildir, from {name in cur: message}."""
    maildir = uidl.home(ours) / "Maildir"
    for name in ("cur", "new", "tmp"):
        (maildir / name).mkdir(parents=True)
    for name, message in files.items():
        (maildir / "cur" / name).write_bytes(message)
    chown_mail(maildir)
    return maildir


def lf_message(number):
    """As uidl.message(), as a file of a Maildir has it."""
    return uidl.message(number).replace(b"\r\n", b"\n")


# Running servers

@pytest.mark.native
def test_courier_with_its_maildir(ours, courier):
    """The Maildir is taken over as it is, with its list; new mail and flags
    came in between."""
    for number in range(1, 8):
        courier.deliver("100000000%d.M%d.old" % (number, number),
                        lf_message(number))
    courier.uidls()
    client = courier.pop3()
    client.dele(2)
    client.retr(3)
    client.quit()
    courier.deliver("1000000009.M9.old", lf_message(9))
    before = courier.uidls()
    assert len(before) == 7

    maildir = uidl.home(ours) / "Maildir"
    shutil.copytree(courier.maildir, maildir)
    chown_mail(maildir)
    run(ours, "-t", "courier",
        ours.host.inside(maildir / "courierpop3dsizelist"))
    assert uidls(ours) == before
    run(ours, "-t", "courier",
        ours.host.inside(maildir / "courierpop3dsizelist"))
    assert uidls(ours) == before


def cyrus_fill(old):
    """Some messages, of which one goes."""
    imap = old.imap()
    for number in range(1, 8):
        status, text = imap.append("INBOX", None, None, uidl.message(number))
        assert status == "OK", text
    imap.select("INBOX")
    imap.store("3", "+FLAGS", r"(\Deleted)")
    imap.expunge()
    imap.logout()
    return old.uidls()


@pytest.mark.native
@pytest.mark.parametrize("form", ["cyrus", "dovecot"])
def test_cyrus_with_its_index(server, cyrus, form):
    """The mail is fetched by dsync from IMAP, which keeps UIDs; UIDLs come
    from cyrus.index."""
    inbox = {"namespace inbox": {"inbox": "yes", "separator": "/"}}
    ours = server(plugin=uidl.PLUGINS, settings=inbox, **ADMIN)
    old = cyrus(uidl_format=form)
    before = cyrus_fill(old)
    assert len(before) == 6
    options = {"imapc_host": "127.0.0.1", "imapc_port": old.imap_port,
               "imapc_user": oldservers.USER,
               "imapc_password": oldservers.PASSWORD,
               "mail_prefetch_count": 20}
    args = []
    for item in options.items():
        args += ["-o", "%s=%s" % item]
    done = ours.doveadm(*args, "backup", "-R", "-u", "alice", "imapc:",
                        check=False)
    assert done.returncode == 0, done.stderr
    index = place(ours, "cyrus.index", old.index.read_bytes())
    run(ours, "-t", "cyrus" if form == "cyrus" else "cyrus-" + form, index)
    assert uidls(ours) == before


@pytest.mark.native
@pytest.mark.parametrize("kind", ["courier", "cyrus"])
def test_running_server_of_another_make(ours, kind, request):
    """The mail came by IMAP copies or in another way, without any UID or name
    of a file that would help: content alone."""
    old = request.getfixturevalue(kind)
    if kind == "courier":
        for number in range(1, 8):
            old.deliver("100000000%d.M%d.old" % (number, number),
                        lf_message(number))
        before = old.uidls()
    else:
        old = old()
        before = cyrus_fill(old)
    present = [1, 2, 4, 5, 6, 7] if kind == "cyrus" else range(1, 8)
    # They arrive in another order, but POP3 shows them by their UIDs.
    uidl.fill(ours, present)
    password = place(ours, "password", oldservers.PASSWORD.encode())
    run(ours, "--from", "pop://alice@127.0.0.1:%d" % old.port,
        "--password-file", password)
    assert uidls(ours) == before


# A running Dovecot, on all hosts

def two_mailboxes(ours, numbers=range(1, 30)):
    """bob's mailbox is the old one: UIDLs are made by his UIDs, which begin
    later; alice has the same messages."""
    uidl.fill(ours, [100], name="bob")
    uidl.expunge(ours, ["m100"], name="bob")
    for name in ("bob", "alice"):
        uidl.fill(ours, numbers, name=name)
        imap = ours.imap(name)
        for text in (b"a\r\n" * 3000, b"b" * 70000 + b"\r\n", b".\r\n..x\r\n"):
            imap.append("INBOX", None, None, b"Subject: m0\r\n\r\n" + text)
        imap.logout()


@pytest.mark.parametrize("security", ["loopback", "stls", "pops"])
def test_running_dovecot(ours, authority, security):
    """Over TLS as well; short lines, a long one and dots."""
    two_mailboxes(ours)
    before = uidls(ours, "bob")
    args = ["--password-file", place(ours, "password", b"pw-bob\n")]
    if security != "loopback":
        args += ["--ca-file", place(
            ours, "ca.pem", authority.cert.read_bytes())]
    args += {"stls": ["--tls", "require"],
             "loopback": ["--tls", "never"], "pops": []}[security]
    run(ours, "--from", {
        "loopback": "pop://bob@127.0.0.1:%d" % ours.ports["pop3"],
        "stls": "pop://bob@localhost:%d" % ours.ports["pop3"],
        "pops": "pops://bob@localhost:%d" % ours.ports["pop3s"],
    }[security], *args)
    assert uidls(ours) == before
    assert not (uidl.home(ours) / ".dovecot.pop3-uidl-import").exists()
    run(ours, "--from", "pops://bob@localhost:%d" % ours.ports["pop3s"],
        "--no-verify", *args[:2])
    assert uidls(ours) == before
    assert uidls(ours, "bob") == before


def test_server_that_is_not_who_it_should_be(ours):
    two_mailboxes(ours, [1])
    before = stock(ours)
    _, errors = run(ours, "--from",
                    "pops://bob@localhost:%d" % ours.ports["pop3s"],
                    "--password-file", place(ours, "password", b"pw-bob\n"),
                    code=75)
    assert "No TLS with localhost" in errors
    assert uidls(ours) == before


def test_master_user(server, host):
    """One password for all users; who is meant follows from -u."""
    old = server(plugin=[], before=uidl.master_passdb(host))
    uidl.fill(old, range(5))
    uidl.expunge(old, ["m0", "m1"])
    before = uidls(old)
    ours = server(plugin=uidl.PLUGINS, **ADMIN)
    uidl.fill(ours, range(2, 5))
    run(ours, "--from", "pop://127.0.0.1:%d" % old.ports["pop3"],
        "--master-user", "master", "--tls", "never",
        "--password-file", place(ours, "password", b"pw-master\n"))
    assert uidls(ours) == before
    _, errors = run(
        ours, "--from", "pop://;AUTH=+APOP@127.0.0.1:%d" % old.ports["pop3"],
        "--master-user", "master", "--tls", "never",
        "--password-file", place(ours, "password", b"pw-master\n"), code=75)
    assert "A master user can't log in by APOP" in errors


# Servers that no real one is

class OldPop:
    """A scripted server with messages 1 to count."""

    def __init__(self, count, capa=b""):
        self.tops = []
        self.drop_at = None
        self.refused = ()
        lines = [b"%d id-%d" % (n, n) for n in range(1, count + 1)]
        self.replies = {
            "CAPA": b"+OK\r\nUSER\r\n" + capa + b".\r\n",
            "UIDL": b"+OK\r\n" + b"".join(
                line + b"\r\n" for line in lines) + b".\r\n",
            "LIST": b"+OK\r\n" + b"".join(
                b"%d 99\r\n" % n for n in range(1, count + 1)) + b".\r\n",
            "TOP .*": self.top,
        }
        self.fake = fakepop.FakePop(self.replies)

    def top(self, conn, line):
        """A message by its number."""
        number = int(line.split()[1])
        self.tops.append(number)
        if len(self.tops) == self.drop_at:
            conn.say(fakepop.DROP, line)
        elif number in self.refused:
            conn.send(b"-ERR no\r\n")
        else:
            conn.send(b"+OK\r\n" + uidl.message(number) + b".\r\n")

    def __enter__(self):
        return self

    def __exit__(self, *args):
        self.fake.stop()

    def args(self, ours):
        """For run()."""
        return ("--from", self.fake.url(), "--password-file",
                place(ours, "password", b"x\n"))


@pytest.mark.parametrize("capa", [b"", b"PIPELINING\r\n"],
                         ids=["one-by-one", "pipelining"])
def test_goes_on_where_it_was_ended(ours, capa):
    """The connection is lost at message 150 of 200; the next run asks for
    what is missing only."""
    uidl.fill(ours, range(1, 201))
    with OldPop(200, capa) as old:
        old.drop_at = 150
        _, errors = run(ours, *old.args(ours), code=75)
        assert "closed the connection" in errors
        first = len(old.tops)
        old.drop_at = None
        run(ours, *old.args(ours))
        assert uidls(ours) == ["id-%d" % n for n in range(1, 201)]
        # What was sent ahead counts for nothing.
        assert len(old.tops) - first <= 200 - 149 + (32 if capa else 0)
        assert set(old.tops) == set(range(1, 201))


def test_message_that_the_server_does_not_show(ours):
    """It is left out and named, the others are taken."""
    uidl.fill(ours, range(1, 4))
    before = stock(ours)
    with OldPop(3) as old:
        old.refused = (2,)
        output, errors = run(ours, *old.args(ours), code=2)
    assert "The server does not show message 2" in errors
    assert "id-2" in output
    assert uidls(ours) == ["id-1", before[1], "id-3"]


@pytest.mark.parametrize("command,reply,error", [
    ("UIDL", b"-ERR what?\r\n", "The server says: what?"),
    ("UIDL", b"+OK\r\n1 a b\r\n.\r\n", 'UIDL has the line "1 a b"'),
    ("UIDL", b"+OK\r\n2 a\r\n1 b\r\n.\r\n",
     "UIDL has message 1 after 2"),
    ("LIST", b"+OK\r\n1 x\r\n.\r\n", 'LIST has the line "1 x"'),
    ("TOP .*", b"-ERR what?\r\n", "The server says: what?"),
], ids=["uidl-err", "uidl-line", "uidl-order", "list-line", "top-err"])
def test_server_that_makes_no_sense(ours, command, reply, error):
    """One sentence, and nothing is changed."""
    uidl.fill(ours, range(1, 4))
    before = stock(ours)
    with OldPop(3) as old:
        replies = dict(old.replies)
        replies[command] = reply
        fake = fakepop.FakePop(replies)
        _, errors = run(ours, "--from", fake.url(), "--password-file",
                        place(ours, "password", b"x\n"), code=75)
        fake.stop()
    assert "alice at 127.0.0.1:%d: %s" % (fake.port, error) in errors
    assert uidls(ours) == before


def endless(first, line):
    """A reply: this line for ever; %d is its number."""
    def flood(conn, _):
        conn.send(first)
        number = 0
        while True:
            conn.send(b"".join(line % n if b"%d" in line else line
                               for n in range(number + 1, number + 2001)))
            number += 2000
    return flood


@pytest.mark.parametrize("command,reply,error", [
    ("CAPA", endless(b"+OK\r\n", b"SASL X\r\n"),
     "The server has too many capabilities"),
    ("UIDL", endless(b"+OK\r\n", b"%d x\r\n"),
     "The server's list has no end"),
    ("LIST", endless(b"+OK\r\n", b"1 1\r\n"),
     "The server's list has no end"),
    ("TOP .*", endless(b"+OK\r\n", b"Subject: " + b"x" * 900 + b"\r\n"),
     "Message 1 has no end"),
    ("TOP .*", endless(b"+OK\r\nA: b\r\n\r\n", b"x" * 900 + b"\r\n"),
     "Message 1 has no end"),
], ids=["capa", "uidl", "list", "header", "body"])
def test_server_that_answers_without_end(ours, command, reply, error):
    """One sentence, nothing is changed, and the process stays within the
    limit of a service of Dovecot."""
    uidl.fill(ours, range(1, 4))
    before = stock(ours)
    with OldPop(3) as old:
        fake = fakepop.FakePop({**old.replies, command: reply})
        _, errors = run(ours, "--from", fake.url(), "--password-file",
                        place(ours, "password", b"x\n"), code=75)
        fake.stop()
    assert "alice at 127.0.0.1:%d: %s" % (fake.port, error) in errors
    assert uidls(ours) == before


@pytest.mark.parametrize("args,error", [
    (["--from", "imap://x"], "A URL of a POP server begins with"),
    (["--from", "pop://a:b@127.0.0.1"], "A password has no place in a URL"),
    (["--from", "pop://a@127.0.0.1", "--tls", "maybe"],
     "--tls is auto, require or never, and not maybe"),
    (["--from", "pop://a@127.0.0.1", "--password-file", "/nonexistent"],
     "/nonexistent can't be read"),
], ids=["url", "url-password", "tls", "file"])
def test_wrong_options(ours, args, error):
    _, errors = run(ours, *args, code=64)
    assert error in errors


# Lists. What is written here is what the servers have written.

def test_courier_list(ours):
    """Version 3, with what versions 1 and 0 have left, and a name with a
    space; the order is that of LIST."""
    names = ["1000000001.M1.old:2,", "1000000002.M2.old:2,S",
             "1000000003.M 3,S=120.old:2,", "1000000004.M4.old:2,"]
    maildir = put_maildir(ours, {
        name: lf_message(n) for n, name in enumerate(names)})
    (maildir / "courierpop3dsizelist").write_text(
        "/3 5 1795685505\n"
        "1000000001.M1.old:2, 97 1:1795685505:0\n"
        "1000000002.M2.old:2, 97 2:0:0\n"
        "1000000003.M 3,S=120.old:2, 97 0:0:0\n"
        "1000000004.M4.old:2, 97 4:1795685505:0\n")
    run(ours, "-t", "courier",
        ours.host.inside(maildir / "courierpop3dsizelist"))
    assert sorted(uidls(ours)) == sorted([
        "UID1-1795685505", "UID2", "1000000003.M+203,S=120.old",
        "UID4-1795685505"])


def test_dovecot_uidlist(ours):
    """UIDLs that another Dovecot has kept, after UIDs were lost."""
    maildir = put_maildir(ours, {
        "100000000%d.M.old:2," % n: lf_message(n) for n in range(1, 4)})
    before = stock(ours)
    path = place(ours, "old-uidlist", b"3 V77 N9\n"
                 b"5 Pone :1000000001.M.old\n"
                 b"6 W97 :1000000002.M.old\n"
                 b"8 P :1000000003.M.old:2,S\n")
    run(ours, "-t", "dovecot-uidlist", path)
    assert maildir.exists()
    by_number = uidl.by_subject(ours)
    assert by_number["m1"] == [b"one"]
    assert by_number["m2"][0].decode() in before
    assert by_number["m3"] == [b"1000000003.M.old"]


def mbox(*messages):
    """An mbox of (lines of the header, number)."""
    return b"".join(
        b"From a@example.test Thu Nov 26 09:32:18 2026\n" + extra +
        lf_message(number) + b"\n" for extra, number in messages)


def test_x_uidl_and_uw(ours):
    """Two mboxes of the same mail."""
    uidl.fill(ours, range(1, 4))
    before = stock(ours)
    path = place(ours, "qpopper", mbox(
        (b"X-UIDL: Q$1!\nStatus: RO\n", 3), (b"X-UIDL: Q$2!\n", 1),
        (b"", 2)))
    run(ours, "-t", "x-uidl", path)
    assert uidls(ours) == ["Q$2!", before[1], "Q$1!"]

    uidl.fill(ours, range(1, 4), name="bob")
    path = place(ours, "uw", mbox(
        (b"X-IMAPbase: 1795685526 0000000009\nX-UID: 7\n", 3),
        (b"X-UID: 8\n", 1), (b"X-UID: 9\n", 2)))
    run(ours, "-t", "uw", path, name="bob")
    assert uidls(ours, "bob") == ["6b07fc9600000008", "6b07fc9600000009",
                           "6b07fc9600000007"]


def test_list_of_message_ids(ours):
    uidl.fill(ours, range(1, 4))
    before = stock(ours)
    path = place(ours, "list", b"# from the old server\n"
                 b"new-3 <m3@example.test>\nnew-1 m1@example.test\n"
                 b"new-9 <m9@example.test>\n")
    output, _ = run(ours, "-t", "message-id", path, code=2)
    assert "new-9" in output and "new-1" not in output
    assert uidls(ours) == ["new-1", before[1], "new-3"]


@pytest.mark.parametrize("form", ["pager", "tab"])
def test_doveadm_fetch(ours, form):
    """What doveadm of this very version prints, with the UIDLs changed."""
    uidl.fill(ours, range(1, 4))
    args = [] if form == "pager" else ["-f", form]
    done = ours.doveadm(*args, "fetch", "-u", "alice",
                        "pop3.uidl guid hdr.message-id size.virtual",
                        "mailbox", "INBOX")
    text = done.stdout.decode()
    assert text.count("<m") == 3
    before = stock(ours)
    for number in range(1, 4):
        # stored UIDLs are empty on a stock server
        if form == "pager":
            text = text.replace("pop3.uidl: \n",
                                "pop3.uidl: old-%d\n" % number, 1)
        else:
            text = text.replace("\n\t", "\nold-%d\t" % number, 1)
    assert text.count("old-") == 3, text
    run(ours, "-t", "doveadm-fetch", place(ours, "fetched", text.encode()))
    assert uidls(ours) == ["old-1", "old-2", "old-3"] != before


def cyrus_index(uid_validity, uids):
    """A cyrus.index of version 17."""
    head = bytearray(160)
    for place_, value in ((8, 17), (12, 160), (16, 112), (20, len(uids)),
                          (44, uid_validity), (60, 1)):
        head[place_:place_ + 4] = struct.pack(">I", value)
    records = b""
    for number in uids:
        record = bytearray(112)
        record[0:4] = struct.pack(">I", number)
        record[12:16] = struct.pack(">I", 97)
        records += bytes(record)
    return bytes(head) + records


@pytest.mark.parametrize("form,expected", [
    ("cyrus", "%(validity)d.%(uid)d"),
    ("cyrus-uidonly", "%(uid)d"),
    ("cyrus-dovecot", "%(uid)08x%(validity)08x"),
    ("cyrus-courier", "%(validity)d-%(uid)d"),
])
def test_cyrus_index(ours, form, expected):
    """Where UIDs and the UIDVALIDITY came along."""
    uidl.fill(ours, range(1, 4))
    validity = int(stock(ours)[0][8:], 16)
    run(ours, "-t", form,
        place(ours, "cyrus.index", cyrus_index(validity, [1, 2, 3])))
    assert uidls(ours) == [expected % {"validity": validity, "uid": number}
                           for number in (1, 2, 3)]


FORMATS = ("courier", "cyrus", "dovecot-uidlist", "doveadm-fetch",
           "message-id", "x-uidl", "uw", "nonsense")


@pytest.mark.parametrize("form,data,error", [
    ("courier", b"/3 1 2\na 1 2:3\nb 1 x\n",
     ":3: the UIDL 'x' is not two numbers with a colon"),
    ("cyrus", b"/3 1 2\n", ": it ends too early"),
    ("dovecot-uidlist", b"3 V7 N9\n1 Pa :x\n2 Pb\n",
     ":3: the file's name is missing"),
    ("doveadm-fetch", b"guid: x\n", ":1: there is no pop3.uidl"),
    ("message-id", b"a <b>\n\nc\n", ":3: the Message-ID is missing"),
    ("message-id", b"\xc3\xa4 <b>\n", ":1: the UIDL has the octet 0xc3"),
    ("x-uidl", b"Subject: x\n\n", ":1: it does not begin as an mbox does"),
    ("uw", mbox((b"X-UIDL: x\n", 1)), ": it has no X-IMAPbase and X-UID"),
    ("nonsense", b"", "Unknown format nonsense"),
], ids=lambda value: value if value in FORMATS else "")
def test_bad_list_changes_nothing(ours, form, data, error):
    """One sentence with file and line."""
    uidl.fill(ours, range(1, 4))
    before = stock(ours)
    path = place(ours, "list", data)
    _, errors = run(ours, "-t", form, path,
                    code=64 if form == "nonsense" else 65)
    assert error in errors
    assert form == "nonsense" or path + error.split(" ")[0] in errors
    assert uidls(ours) == before
