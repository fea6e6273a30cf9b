"""XTND XMIT: who may send what, by settings and userdb fields."""

import re

import pytest

from pop3ext import smtpd, xmit
from pop3ext.server import User

SENT = b"+OK Message sent "


# What is wrong in a setting or field: commands are off, or sending is, with
# one Error line that names it.
WRONG = [
    ("pop3_ext_xmit_relay", "a b c", "pop3_ext_xmit_relay"),
    ("pop3_ext_xmit_relay", "host:99999", "pop3_ext_xmit_relay"),
    ("pop3_ext_xmit_relay", "smtp://127.0.0.1:25", "without smtp://"),
    ("pop3_ext_xmit_domain", "@example.test",
     'pop3_ext_xmit_domain is "@example.test", which is not a domain'),
    ("pop3_ext_xmit_sender", "no address @@", "pop3_ext_xmit_sender"),
    ("pop3_ext_xmit_addresses", "a@b.test @@", "pop3_ext_xmit_addresses"),
    ("pop3_ext_xmit_max_recipients", "0", "between 1 and 1000"),
    ("pop3_ext_xmit_relay_timeout", "0", "between 1 and 240"),
    ("pop3_ext_xmit_reply_timeout", "241s", "between 1 and 240"),
    ("pop3_ext_xmit_from", "anybody", "anybody"),
    ("pop3_ext_xmit_8bit", "perhaps", "perhaps"),
    ("pop3_ext_xmit_max_size", "lots", "lots"),
]


@pytest.fixture(scope="module", name="out")
def _out():
    with smtpd.Relay() as made:
        yield made


USERS = {
    "plain": {},
    "off": {"pop3_ext_xmit": "no"},
    "small": {"pop3_ext_xmit_max_size": "2k"},
    "large": {"pop3_ext_xmit_max_size": "300k"},
    "few": {"pop3_ext_xmit_max_recipients": "2"},
    "tls": {"pop3_ext_xmit_require_tls": "yes"},
    "own": {"pop3_ext_xmit_from": "own"},
    "owns": {"pop3_ext_xmit_from": "own", "pop3_ext_xmit_addresses":
             "Second@Example.Test,third@other.test, fifth"},
    "sender": {"pop3_ext_xmit_from": "sender",
               "pop3_ext_xmit_addresses": "second@example.test fifth"},
    "any": {"pop3_ext_xmit_from": "any"},
    "named": {"pop3_ext_xmit_sender": "boss@corp.test"},
    "local": {"pop3_ext_xmit_domain": "sub.example.test"},
}

@pytest.fixture(scope="module", name="users")
def _users():
    return [User(name, fields=fields) for name, fields in USERS.items()] + [
        User("wrong%d" % number, fields={name: value})
        for number, (name, value, _) in enumerate(WRONG)]


@pytest.fixture(name="ours")
def _ours(shared_server, out, users):
    return shared_server(users=users, plugin_settings={
        "pop3_ext_xmit_max_size": "100k",
        "pop3_ext_xmit_relay": out.host_port})


def _send(ours, out, name, message, **kwargs):
    before = len(out.transactions)
    with ours.login(name, **kwargs) as client:
        first, dot = xmit.try_xmit(client, message)
        assert client.command("NOOP") == b"+OK"
        client.quit()
    new = out.transactions[before:]
    assert len(new) == (dot or b"").startswith(b"+OK")
    return first, dot, new[0] if new else None


def test_off(ours, out):
    """Switched off for one user: not announced, refused before the data,
    also with a message pipelined behind it, which is then commands."""
    first, dot, _ = _send(ours, out, "off", xmit.SIMPLE)
    assert first.startswith(b"-ERR [SYS/PERM] ") and dot is None
    with ours.login("off") as client:
        assert not any(b"XMIT" in line for line in client.capa())
        client.quit()
    with ours.login("plain") as client:
        assert any(b"XMIT" in line for line in client.capa())
        client.quit()


def test_on_for_one(server, relay):
    """Off by the configuration, on for one user."""
    out = relay()
    ours = server(users=["alice", "bob"], start=False, plugin_settings={
        "pop3_ext_xmit": "no", "pop3_ext_xmit_relay": out.host_port})
    ours.user("bob").fields["pop3_ext_xmit"] = "yes"
    ours.write_users()
    ours.start()
    assert _send(ours, out, "alice", xmit.SIMPLE)[1] is None
    assert _send(ours, out, "bob", xmit.SIMPLE)[1].startswith(SENT)


@pytest.mark.parametrize("name, size, good", [
    ("small", 2048, True), ("small", 2049, False),
    ("plain", 100 * 1024, True), ("plain", 100 * 1024 + 1, False),
    ("large", 300 * 1024, True), ("large", 300 * 1024 + 1, False)])
def test_max_size(ours, out, name, size, good):
    """Each user's own largest message."""
    head = xmit.message(body=b"")
    message = head + b"x" * ((size - len(head) - 2) % 1000)
    message += b"\r\n" + (b"y" * 998 + b"\r\n") * (
        (size - len(message) - 2) // 1000)
    assert len(message) == size
    dot = _send(ours, out, name, message)[1]
    assert dot.startswith(SENT if good else b"-ERR The message is too large")


@pytest.mark.parametrize("name, count, good", [
    ("few", 2, True), ("few", 3, False), ("plain", 100, True),
    ("plain", 101, False)])
def test_max_recipients(ours, out, name, count, good):
    """Each user's own number of recipients, after duplicates are merged."""
    to = b"To: x0@example.test, " + b", ".join(
        b"x%d@example.test" % n for n in range(count))
    dot = _send(ours, out, name, xmit.message(to=to))[1]
    assert dot.startswith(SENT if good else b"-ERR Too many recipients")


# Not this machine's address for connections to 127.0.0.1.
ELSEWHERE = ("127.0.0.2", 0)


@pytest.mark.parametrize("security, source, good", [
    (None, ELSEWHERE, False), ("starttls", ELSEWHERE, True),
    ("pop3s", ELSEWHERE, True), (None, None, True)])
def test_require_tls(ours, out, security, source, good):
    """Refused before the data without TLS, but for clients on this machine,
    with a line in the log that names the setting."""
    mark = ours.log_size()
    first, dot, _ = _send(ours, out, "tls", xmit.SIMPLE, security=security,
                          source=source)
    if good:
        assert dot.startswith(SENT)
    else:
        assert first.startswith(b"-ERR [SYS/PERM] ") and b"TLS" in first
        ours.wait_log(r"pop3\(tls\).*Info: xmit: refused: .*"
                      r"pop3_ext_xmit_require_tls", mark)


def test_require_tls_in_trusted_networks(server, relay, host):
    """Dovecot 2.3 takes login_trusted_networks for secured; the process of 2.4
    does not hear of them."""
    out = relay()
    ours = server(settings={"login_trusted_networks": "127.0.0.2/32"},
                  plugin_settings={"pop3_ext_xmit_require_tls": None,
                                   "pop3_ext_xmit_relay": out.host_port})
    first, dot, _ = _send(ours, out, "alice", xmit.SIMPLE, source=ELSEWHERE)
    if host.is_24:
        assert b"TLS" in first and dot is None
    else:
        assert dot.startswith(SENT)


# (user, From, Sender of the client) -> (may, From out, Sender out)
FROM = [
    ("own", "own@example.test", None, True, None),
    ("own", "Me <OWN@Example.TEST>", None, True, None),
    ("own", "second@example.test", None, False, None),
    ("own", "own@other.test", None, False, None),
    ("own", "own@example.test, x@example.test", None, False, None),
    ("own", None, None, True, None),
    ("owns", "second@example.test", None, True, None),
    ("owns", "third@other.test", None, True, None),
    ("owns", "fifth@example.test", None, True, None),
    ("owns", "fourth@other.test", None, False, None),
    ("sender", "sender@example.test", None, True, None),
    ("sender", "second@example.test", None, True, None),
    ("sender", "fifth@example.test", None, True, None),
    ("sender", "boss@corp.test", None, True, "sender@example.test"),
    ("sender", "boss@corp.test", "liar@corp.test", True,
     "sender@example.test"),
    ("sender", "boss@corp.test", "sender@example.test", True,
     "sender@example.test"),
    ("sender", "sender@example.test, boss@corp.test", None, True,
     "sender@example.test"),
    ("sender", "sender@example.test", "liar@corp.test", True, "no liar"),
    ("plain", "boss@corp.test", None, True, "plain@example.test"),
    ("any", "boss@corp.test", None, True, None),
    ("any", "boss@corp.test", "other@corp.test", True, "other@corp.test"),
]


@pytest.mark.parametrize("name, written, sender, may, shown",
                         xmit.sample(3, FROM))
def test_from(ours, out, name, written, sender, may, shown):
    """own, sender, any: the envelope sender is the user's own address in any
    case."""
    fields = [] if written is None else [b"From: " + written.encode()]
    if sender is not None:
        fields.append(b"Sender: " + sender.encode())
    _, dot, sent = _send(ours, out, name, xmit.message(*fields))
    if not may:
        assert dot.startswith(b"-ERR ") and not dot.startswith(b"-ERR [")
        assert b"From" in dot
        return
    assert dot.startswith(SENT)
    assert sent.sender == name.encode() + b"@example.test"
    mail = xmit.Mail(sent.data)
    assert mail.get("From")[0].strip(b"<>") == (
        written or "%s@example.test" % name).encode() or \
        mail.get("From")[0] == (written or "").encode()
    senders = [text.strip(b"<>").decode() for text in mail.get("Sender")]
    if shown == "no liar":
        assert senders in ([], ["sender@example.test"])
    else:
        assert senders == ([] if shown is None else [shown])


@pytest.mark.parametrize("field, may", [
    (b"Resent-From: own@example.test", True),
    (b"Resent-From: liar@corp.test", False)])
def test_resent_from(ours, out, field, may):
    """In a message that is sent on, who sends it on is asked for as well."""
    _, dot, _ = _send(ours, out, "own", xmit.message(
        b"From: own@example.test", field, b"Resent-To: bob@example.test"))
    assert dot.startswith(SENT) == may
    if not may:
        assert b"Resent-From" in dot or b"From" in dot


def test_resent_sender(ours, out):
    """A true Resent-Sender is set, a client's own replaced."""
    _, dot, sent = _send(ours, out, "sender", xmit.message(
        b"Resent-From: boss@corp.test", b"Resent-Sender: liar@corp.test",
        b"Resent-To: bob@example.test", b"From: dave@elsewhere.test"))
    assert dot.startswith(SENT)
    mail = xmit.Mail(sent.data)
    assert [text.strip(b"<>") for text in mail.get("Resent-Sender")] == [
        b"sender@example.test"]
    assert mail.get("From") == [b"dave@elsewhere.test"]
    assert mail.get("Sender") == []


@pytest.mark.parametrize("name, sender", [
    ("plain", b"plain@example.test"), ("named", b"boss@corp.test"),
    ("local", b"local@sub.example.test")])
def test_envelope_sender(ours, out, name, sender):
    """By default the login name made complete; a setting or userdb field
    says otherwise."""
    sent = _send(ours, out, name, xmit.message())[2]
    assert sent.sender == sender
    assert sender in xmit.Mail(sent.data).get("From")[0]


@pytest.mark.parametrize("user, template, sender", [
    ("dan", {False: "%u@mail.test", True: "%{user}@mail.test"},
     b"dan@mail.test"),
    ("dan@corp.test", {False: "%n@mail.test",
                       True: "%{user | username}@mail.test"},
     b"dan@mail.test"),
    ("dan@corp.test", {False: "", True: ""}, b"dan@corp.test")])
def test_sender_template(server, relay, host, user, template, sender):
    """The setting may hold the host's variables."""
    out = relay()
    ours = server(users=[user], plugin_settings={
        "pop3_ext_xmit_relay": out.host_port,
        "pop3_ext_xmit_sender": template[host.is_24]})
    with ours.login(user) as client:
        assert client.xmit(xmit.message()).startswith(SENT)
        client.quit()
    assert out.transactions[0].sender == sender


@pytest.mark.parametrize("number", range(len(WRONG)), ids=lambda number:
                         "%s=%s" % WRONG[number][:2])
def test_wrong_field(ours, out, number):
    """A wrong userdb field of one user: an Error line says what is allowed,
    that user's mail is not sent and his POP3 session works."""
    says = re.escape(WRONG[number][2])
    mark = ours.log_size()
    ours.expect_log("Error: .*" + says)
    with ours.connect() as client:
        client.login("wrong%d" % number, "pw-wrong%d" % number)
        assert client.command("XTND XMIT").startswith(b"-ERR ")
        assert client.command("STAT") == b"+OK 0 0"
        client.quit()
    ours.wait_log("Error: .*" + says, mark)
    assert _send(ours, out, "plain", xmit.SIMPLE)[1].startswith(SENT)
