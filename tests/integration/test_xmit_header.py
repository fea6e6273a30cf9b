"""XTND XMIT: what is read from the header, and what becomes of it."""

import email.utils
import re
import time

import pytest

from pop3ext import smtpd, xmit

SENT = b"+OK Message sent "


@pytest.fixture(scope="module", name="out")
def _out():
    with smtpd.Relay() as made:
        yield made


@pytest.fixture(name="send")
def _send(shared_server, out):
    """send(message, name) -> (reply, transaction or None)."""
    ours = shared_server(plugin_settings={
        "pop3_ext_xmit_relay": out.host_port})

    def send(message, name="alice", **kwargs):
        before = len(out.transactions)
        with ours.login(name, **kwargs) as client:
            reply = client.xmit(message)
            assert client.command("NOOP") == b"+OK"
            client.quit()
        new = out.transactions[before:]
        assert len(new) == reply.startswith(b"+OK")
        return reply, new[0] if new else None
    return send


def at(names):
    """Addresses of the test domain."""
    return [name.encode() + b"@example.test" for name in names.split()]


RECIPIENTS = {
    "to": ([b"To: bob@example.test"], "bob"),
    "cc": ([b"Cc: bob@example.test"], "bob"),
    "bcc": ([b"Bcc: bob@example.test"], "bob"),
    "all three": ([b"To: a@example.test", b"Cc: b@example.test",
                   b"Bcc: c@example.test"], "a b c"),
    "every field of a name": ([b"To: a@example.test", b"To: b@example.test",
                               b"Bcc: c@example.test",
                               b"Bcc: d@example.test"], "a b c d"),
    "names of any case": ([b"TO: a@example.test", b"cc: b@example.test",
                           b"bCC: c@example.test"], "a b c"),
    "lists": ([b"To: a@example.test, b@example.test,c@example.test"],
              "a b c"),
    "display names": ([b"To: Al <a@example.test>, \"B, b\" <b@example.test>,"
                       b" =?utf-8?q?J=C3=B6?= <c@example.test>"], "a b c"),
    "comments": ([b"To: a@example.test (a, b@x.test), (c) <b@example.test>"],
                 "a b"),
    "folded": ([b"To: a@example.test,\r\n b@example.test,\r\n\tc\r\n "
                b"<c@example.test>"], "a b c"),
    "folded name": ([b"To:\r\n a@example.test"], "a"),
    "blank before colon": ([b"To : a@example.test"], "a"),
    "group": ([b"To: team: a@example.test, B <b@example.test>;,"
               b" c@example.test"], "a b c"),
    "empty group": ([b"To: Recipient list suppressed:;",
                     b"Bcc: a@example.test"], "a"),
    "groups in bcc": ([b"Bcc: x: a@example.test;, y: b@example.test;"],
                      "a b"),
    "empty elements": ([b"To: , a@example.test,, ,b@example.test,"], "a b"),
    "empty field": ([b"To:", b"Cc: a@example.test"], "a"),
    "duplicates": ([b"To: a@example.test, A <a@example.test>",
                    b"Cc: a@EXAMPLE.test", b"Bcc: b@example.test, "
                    b"a@example.test"], "a b"),
    "domain completed": ([b"To: a, B <b>"], "a b"),
    "no blank": ([b"To:a@example.test"], "a"),
    "resent": ([b"To: old@example.test", b"Resent-To: a@example.test",
                b"Resent-Cc: b@example.test", b"Resent-Bcc: c@example.test",
                b"Bcc: old2@example.test"], "a b c"),
    "resent bcc only": ([b"To: old@example.test",
                         b"Resent-Bcc: a@example.test"], "a"),
}


@pytest.mark.parametrize("kind", xmit.sample(2, RECIPIENTS))
def test_recipients(send, kind):
    """Envelope recipients from the header; the sender is the user's own
    address; Bcc is gone."""
    fields, names = RECIPIENTS[kind]
    message = xmit.message(*fields, to=None)
    reply, sent = send(message)
    assert reply.startswith(SENT)
    assert sent.accepted == at(names)
    assert sent.sender == b"alice@example.test"
    mail = xmit.Mail(sent.data)
    assert not mail.get("Bcc") and not mail.get("Resent-Bcc")
    head = sent.data.split(b"\r\n\r\n")[0]
    assert not re.search(rb"(?im)^\s*(resent-)?bcc\s*:", head)
    for field in fields:
        if not re.match(rb"(?i)(resent-)?bcc", field):
            assert field in mail.fields


def test_case_of_local_parts(send):
    """Domains are compared without regard to case, local parts exactly."""
    _, sent = send(xmit.message(
        to=b"To: Bob@example.test, bob@example.test, bob@Example.Test"))
    assert [address.split(b"@")[0] for address in sent.accepted] == [
        b"Bob", b"bob"]


@pytest.mark.parametrize("written, envelope", [
    (b'"a b"@example.test', b'"a b"@example.test'),
    (b'"a,b;c:d"@example.test', b'"a,b;c:d"@example.test'),
    (b'"x\\"y\\\\z"@example.test', b'"x\\"y\\\\z"@example.test'),
    (b'"plain"@example.test', b'plain@example.test'),
    (b"a+b=c/d!e@example.test", b"a+b=c/d!e@example.test"),
    (b"a@[127.0.0.1]", b"a@[127.0.0.1]"),
    (b"a@[IPv6:2001:db8::1]", b"a@[IPv6:2001:db8::1]"),
    (b"a@xn--bcher-kva.example", b"a@xn--bcher-kva.example"),
    (b"bob (x) @ (y) example.test (z)", b"bob@example.test"),
])
def test_odd_addresses(send, written, envelope):
    """Addresses that need care on their way into a command."""
    reply, sent = send(xmit.message(to=b"To: " + written))
    assert reply.startswith(SENT)
    assert sent.accepted == [envelope]


@pytest.mark.parametrize("field", [
    b"To: bob@", b"To: @example.test", b"To: a b c",
    b"To: bob@example.test carol@example.test",
    b"To: <bob@example.test", b"To: bob@example.test>",
    b"To: bob@exa mple.test", b"To: \"bob@example.test",
    b"To: (bob@example.test", b"To: <@relay.test:bob@example.test>",
    b"To: bob@example.test, bad@", b"Cc: good@example.test, <>",
    b"Bcc: a@b@c", b"To: bob@example.test;", b"To: x\x01y@example.test",
    b"To: \"a\\\x02b\"@example.test", b"To: " + b"x" * 400 + b"@example.test",
    b"Resent-To: bad@",
])
def test_unreadable_addresses(send, field):
    """What is no address is not passed over: nobody gets the message, the
    reply is a plain sentence that names the field."""
    reply, _ = send(xmit.message(field, to=b"Cc: carol@example.test"))
    assert reply.startswith(b"-ERR ") and not reply.startswith(b"-ERR [")
    assert field.split(b":")[0] in reply
    assert all(0x20 <= octet < 0x7f for octet in reply)
    assert len(reply) + 2 <= 512


def test_unreadable_where_it_does_not_count(send):
    """In a message that is sent on the old recipients are only text."""
    reply, sent = send(xmit.message(
        b"Resent-To: bob@example.test", to=b"To: undisclosed, @@@"))
    assert reply.startswith(SENT)
    assert sent.accepted == at("bob")


@pytest.mark.parametrize("fields", xmit.sample(1, [
    [], [b"To:"], [b"To: Recipient list suppressed:;"],
    [b"Subject: To: bob@example.test"], [b"X-To: bob@example.test"],
    [b"Resent-From: alice@example.test", b"To: bob@example.test"],
    [b"To: (nobody)"], [b"To: , ,"],
]))
def test_no_recipient(send, fields):
    """Nobody to send it to: a plain sentence."""
    reply, _ = send(xmit.message(*fields, to=None))
    assert reply.startswith(b"-ERR No recipient")


def test_everything_missing(send):
    """From, Date and Message-ID are added; a Received line comes first."""
    before = int(time.time())
    _, sent = send(xmit.message(to=b"To: bob@example.test"))
    mail = xmit.Mail(sent.data)
    assert mail.fields[0].startswith(b"Received: ")
    assert mail.get("From") == [b"alice@example.test"] or \
        mail.get("From") == [b"<alice@example.test>"]
    (date,) = mail.get("Date")
    when = email.utils.parsedate_to_datetime(date.decode()).timestamp()
    assert before <= when <= time.time() + 1
    (message_id,) = mail.get("Message-ID")
    assert re.fullmatch(rb"<[!-;=?-~]+@[!-;=?-~]+>", message_id)
    assert mail.get("Sender") == []
    _, other = send(xmit.message(to=b"To: bob@example.test"))
    assert xmit.Mail(other.data).get("Message-ID") != [message_id]


@pytest.mark.parametrize("missing", ["From", "Date", "Message-ID"])
def test_one_missing(send, missing):
    """Only what is missing is added; the rest stays as and where it was."""
    lines = [b"From: Al <alice@example.test>",
             b"Date: Fri, 13 Nov 2020 10:00:00 +0000",
             b"Message-ID: <keep@client.test>"]
    lines = [line for line in lines
             if not line.startswith(missing.encode())]
    _, sent = send(xmit.message(*lines))
    mail = xmit.Mail(sent.data)
    assert len(mail.get(missing)) == 1
    assert mail.without(missing, "Received") == [
        b"To: bob@example.test", *lines]


def test_nothing_missing(send):
    """A complete header gets a Received line and nothing else."""
    _, sent = send(xmit.SIMPLE)
    mail = xmit.Mail(sent.data)
    assert mail.without("Received") == xmit.Mail(xmit.SIMPLE).fields
    assert len(mail.fields) == len(xmit.Mail(xmit.SIMPLE).fields) + 1


@pytest.mark.parametrize("field", [
    b"X-Unknown: a  b \t c ", b"x-uNKNOWN:no blank", b"X-Empty:",
    b"X-Blank: ", b"X-Folded: one\r\n two\r\n\tthree\r\n   \r\n four",
    b"X-Long: " + b"y" * 60000, b"X-8-Bit: \xc3\xb6\xff\x80",
    b"X-Control: \x01\x02\x7f\x0c", b"X-Colon: a:b: c", b"X:1",
    b"Subject:\r\n =?iso-8859-1?q?=F6?=\r\n =?utf-8?b?w7Y=?=",
    b"DKIM-Signature: v=1; a=rsa-sha256;\r\n\tb=abc\r\n\t def",
    b"Content-Type: multipart/mixed;\r\n boundary=\"x y\"",
    b"X-Encoded: =?us-ascii?q?a=0D=0ABcc:_x=40y?=",
    b"Comments: Bcc: x@example.test",
])
def test_unknown_fields(send, field):
    """Fields that we have nothing to do with pass octet by octet."""
    _, sent = send(xmit.message(b"X-Before: 1", field, b"X-After: 2"))
    mail = xmit.Mail(sent.data)
    at_before = mail.fields.index(b"X-Before: 1")
    assert mail.fields[at_before + 1:at_before + 3] == [field, b"X-After: 2"]


@pytest.mark.parametrize("bcc", [
    b"Bcc: carol@example.test", b"bcc:carol@example.test",
    b"BCC:\r\n carol@example.test,\r\n\tdave@example.test",
    b"Bcc :carol@example.test", b"Bcc:\r\n\tcarol@example.test\r\n ",
    b"Bcc: hidden: carol@example.test, dave@example.test;",
])
def test_bcc_leaves_no_trace(send, bcc):
    """Bcc with all its continuation lines is gone, its neighbours stay."""
    _, sent = send(xmit.message(b"X-Before: 1\r\n folded", bcc,
                                b"X-After: 2"))
    assert b"carol@example.test" in sent.accepted
    assert b"carol" not in sent.data and b"dave" not in sent.data
    mail = xmit.Mail(sent.data)
    where = mail.fields.index(b"X-Before: 1\r\n folded")
    assert mail.fields[where + 1] == b"X-After: 2"


def test_return_path_is_dropped(send):
    """Return-Path is the delivering server's to write."""
    _, sent = send(xmit.message(b"Return-Path: <liar@example.test>"))
    assert xmit.Mail(sent.data).get("Return-Path") == []


def test_resent(send):
    """A message that is sent on keeps its own lines."""
    lines = [b"Resent-From: alice@example.test",
             b"Resent-To: bob@example.test",
             b"Resent-Bcc: carol@example.test",
             b"Resent-Date: Sat, 21 Nov 2026 11:00:00 +0000",
             b"Resent-Message-ID: <resent@client.test>",
             b"From: dave@elsewhere.test", b"To: alice@example.test",
             b"Date: Fri, 20 Nov 2026 11:00:00 +0000",
             b"Message-ID: <orig@elsewhere.test>"]
    _, sent = send(xmit.message(*lines, to=None))
    assert sent.accepted == at("bob carol")
    mail = xmit.Mail(sent.data)
    lines.remove(b"Resent-Bcc: carol@example.test")
    assert mail.without("Received", "Resent-Sender") == lines
    assert mail.get("Sender") == []


def test_received(send, shared_server, out):
    """Who, by whom, how and when; without the user's name by default, with
    it when switched on; over TLS it says so."""
    def received(**kwargs):
        (text,) = xmit.Mail(send(xmit.SIMPLE, **kwargs)[1].data).get(
            "Received")
        return text
    plain = received()
    assert re.search(rb"\bfrom .*127\.0\.0\.1", plain)
    assert re.search(rb"\bby mx\.example\.test\b", plain)
    assert re.search(rb"\bwith POP3\b", plain) and b"TLS" not in plain
    assert b"alice" not in plain
    date = plain.rpartition(b";")[2].strip().decode()
    when = email.utils.parsedate_to_datetime(date).timestamp()
    assert abs(when - time.time()) < 60
    for security in ("starttls", "pop3s"):
        assert re.search(rb"\bwith POP3 \(TLS", received(security=security))

    named = shared_server(plugin_settings={
        "pop3_ext_xmit_relay": out.host_port,
        "pop3_ext_xmit_received_user": "yes"})
    with named.login("bob") as client:
        assert client.xmit(xmit.SIMPLE).startswith(SENT)
        client.quit()
    (text,) = xmit.Mail(out.transactions[-1].data).get("Received")
    assert b"bob" in text


def test_header_without_end(send):
    """No empty line: the message is all header.  The relay gets one with an
    end."""
    reply, sent = send(b"To: bob@example.test\r\nSubject: all\r\n")
    assert reply.startswith(SENT)
    mail = xmit.Mail(sent.data)
    assert mail.get("Subject") == [b"all"] and mail.body == b""


@pytest.mark.parametrize("message", xmit.sample(2, [
    b"", b"\r\n", b"\r\nTo: bob@example.test\r\n",
    b"no header at all\r\nTo: bob@example.test\r\n\r\nHi\r\n",
    b"To: bob@example.test\r\nno colon here\r\n\r\nHi\r\n",
    b" folded first: x\r\nTo: bob@example.test\r\n\r\nHi\r\n",
    b"From alice Sat Nov 21\r\nTo: bob@example.test\r\n\r\nHi\r\n",
    b": no name\r\nTo: bob@example.test\r\n\r\nHi\r\n",
    b"To: bob@example.test\r\nFrom: a@x.test\r\nFrom: b@x.test\r\n\r\nHi\r\n",
]))
def test_no_message(send, message):
    """What has no good header is refused with a plain sentence, as nobody
    could say what a reader would make of it."""
    reply, _ = send(message)
    assert reply.startswith(b"-ERR ") and not reply.startswith(b"-ERR [")
