"""XTND XMIT: sequences that one server takes for the end of a message and
another does not ("SMTP smuggling"), and lone CRs and LFs.

Each is sent with commands behind it; the relay has to see one message, with
these as text, and no further command.
"""

import re

import pytest

from pop3ext import pop3, smtpd, xmit

SENT = b"+OK Message sent "
COMMANDS = (b"MAIL FROM:<evil@example.test>\r\n"
            b"RCPT TO:<victim@example.test>\r\nDATA\r\n"
            b"From: admin@example.test\r\n\r\nsmuggled\r\n.\r\n")

# Published in "SMTP Smuggling" (2023) and what came after it.
ENDS = [b"\n.\n", b"\n.\r\n", b"\r\n.\n", b"\r.\r", b"\r.\r\n", b"\r\n.\r",
        b"\n.\r", b"\r.\n", b"\r\n\r.\r\n", b"\r\r\n.\r\r\n",
        b"\r\n.\r\r\n", b"\r\n\n.\n\n", b"\n\n.\r\n",
        b"\n\r.\n\r", b"\r\n.\x0b\r\n", b"\r\n.\x0c\r\n", b"\r\n.\x85\r\n",
        b"\xe2\x80\xa8.\xe2\x80\xa8", b"\r\n .\r\n", b"\r\n. \r\n",
        b"\r\n.\t\r\n", b"\r\n..\r\n"]
# A NUL is refused altogether.
NULS = [b"\r\n\0.\r\n", b"\r\n.\0\r\n", b"\r\n.\r\0\n", b"\r\0\n.\r\n",
        b"\0\r\n.\r\n"]


def normal(wire):
    """What a message becomes: written for the specification, not for the
    code.  One dot is removed behind CRLF only; then CRs in front of an LF are
    one with it, an LF alone is a line end, a CR alone a blank."""
    text = re.sub(rb"(\A|\r\n)\.", rb"\1", wire)
    return re.sub(rb"\r*\n|\r", lambda match:
                  b"\r\n" if match[0].endswith(b"\n") else b" ", text)


@pytest.fixture(scope="module", name="out")
def _out():
    with smtpd.Relay() as made:
        yield made


@pytest.fixture(name="ours")
def _ours(shared_server, out):
    return shared_server(plugin_settings={
        "pop3_ext_xmit_relay": out.host_port})


def _only_message(out, before, commands):
    """The one message since then; its connection saw no other command."""
    (sent,) = out.transactions[before:]
    session = out.connections[sent.connection]
    words = [line.split(b" ")[0].upper() for line in session.commands]
    assert words == [b"EHLO", b"MAIL", *[b"RCPT"] * commands, b"DATA",
                     b"QUIT"]
    assert sent.accepted == [b"bob@example.test"]
    # On the wire there are no lone CRs and LFs, and one end.
    assert not re.search(rb"\r(?!\n)|(?<!\r)\n", sent.wire)
    assert sent.wire.find(b"\r\n.\r\n") == len(sent.wire) - 5
    return sent


@pytest.mark.parametrize("end", xmit.sample(2, ENDS), ids=repr)
def test_body(ours, out, end):
    """In the body, with and without commands behind it."""
    before = len(out.transactions)
    stuffed = (b"To: bob@example.test\r\n\r\nbefore" + end +
               pop3.stuff(COMMANDS)[:-3] + b"after\r\n.\r\n")
    # The stuffing of the commands' own dot keeps it in the text.
    with ours.login() as client:
        reply = client.xmit(stuffed, stuffed=True)
        assert reply.startswith(SENT)
        assert client.command("NOOP") == b"+OK"
        client.quit()
        out.wait(lambda relay: relay.connections[-1].ended)
    sent = _only_message(out, before, 1)
    expected = normal(stuffed[:-3])
    assert xmit.Mail(sent.data).body == expected.split(b"\r\n\r\n", 1)[1]


@pytest.mark.parametrize("end", NULS, ids=repr)
def test_nul(ours, out, end):
    """With a NUL in it the message is refused, and nothing is sent."""
    before = len(out.transactions)
    with ours.login() as client:
        reply = client.xmit(xmit.message(body=b"x" + end + b"y\r\n")[:-2] +
                            b"\r\n.\r\n", stuffed=True)
        # Where a real end was in it, the rest was commands.
        assert reply.startswith(b"-ERR The message contains a NUL octet")
        client.close()
    assert len(out.transactions) == before


@pytest.mark.parametrize("end", ENDS, ids=repr)
def test_header(ours, out, end):
    """In the header: a lone CR or LF makes no new recipient unseen, and no
    end of the header that others would see elsewhere."""
    before = len(out.transactions)
    wire = (b"To: bob@example.test\r\nSubject: x" + end +
            b"X: y\r\n\r\nbody\r\n.\r\n")
    with ours.login() as client:
        reply = client.xmit(wire, stuffed=True)
        assert client.command("NOOP") == b"+OK"
        client.quit()
    if reply.startswith(b"-ERR"):
        # The dot is a line of its own and no header field.
        assert reply.startswith(b"-ERR Malformed header line")
        assert len(out.transactions) == before
        return
    assert reply.startswith(SENT)
    out.wait(lambda relay: relay.connections[-1].ended)
    sent = _only_message(out, before, 1)
    tail = normal(wire[:-3]).split(b"\r\n", 1)[1]
    head, _, body = sent.data.partition(b"\r\n\r\n")
    assert tail.partition(b"\r\n\r\n")[0] in head
    assert body == tail.partition(b"\r\n\r\n")[2]


@pytest.mark.parametrize("field", [
    b"X: a\rTo: victim@example.test", b"X: a\r\r\rBcc: victim@example.test",
    b"X: a\r \rTo: victim@example.test",
    b"X: a\x0bTo: victim@example.test",
    b"X: a\xc2\x85To: victim@example.test",
    b"X: a\xe2\x80\xa8To: victim@example.test"])
def test_no_hidden_fields(ours, out, field):
    """What is no line end to us is none to anybody: the text stays in its
    line."""
    before = len(out.transactions)
    with ours.login() as client:
        assert client.xmit(xmit.message(field)).startswith(SENT)
        client.quit()
    (sent,) = out.transactions[before:]
    assert sent.accepted == [b"bob@example.test"]
    assert b"\r" not in sent.data.replace(b"\r\n", b"")
    assert normal(field) in xmit.Mail(sent.data).fields


def test_lf_field_is_a_field(ours, out):
    """A bare LF is a line end: for the relay, and so for us."""
    before = len(out.transactions)
    with ours.login() as client:
        reply = client.xmit(b"To: bob@example.test\nCc: carol@example.test\n"
                            b"Bcc: dave@example.test\n\nbody\n\r\n.\r\n",
                            stuffed=True)
        assert reply.startswith(SENT)
        client.quit()
    (sent,) = out.transactions[before:]
    assert sent.accepted == [b"bob@example.test", b"carol@example.test",
                             b"dave@example.test"]
    mail = xmit.Mail(sent.data)
    assert not mail.get("Bcc") and mail.body == b"body\r\n\r\n"


@pytest.mark.parametrize("end", [b"\r\n.\r\n", b"\r\r\n.\r\n\r"],
                         ids=repr)
def test_true_end(ours, out, end):
    """What is an end is one: the rest are commands, of POP3 and not of SMTP.
    Each is answered."""
    before = len(out.transactions)
    with ours.login() as client:
        assert client.xmit(b"To: bob@example.test\r\n\r\nbefore" + end +
                           COMMANDS, stuffed=True).startswith(SENT)
        for _ in range(COMMANDS.count(b"\r\n")):
            assert client.line().startswith(b"-ERR")
        assert client.command("NOOP") == b"+OK"
        client.quit()
        out.wait(lambda relay: relay.connections[-1].ended)
    sent = _only_message(out, before, 1)
    assert xmit.Mail(sent.data).body == b"before\r\n"


def test_message_after_refusal(server):
    """A client that does not wait for the answer to XTND XMIT, which is a
    refusal: its lines are bad commands, and no more."""
    ours = server(plugin_settings={"pop3_ext_xmit_require_tls": "yes"})
    with ours.login(source=("127.0.0.2", 0)) as client:
        client.send(b"XTND XMIT\r\n" + xmit.SIMPLE + b".\r\nQUIT\r\n")
        lines = client.read_eof().split(b"\r\n")[:-1]
    assert len(lines) == 1 + xmit.SIMPLE.count(b"\r\n") + 2
    assert all(line.startswith(b"-ERR ") for line in lines[:-1])
    assert lines[-1].startswith(b"+OK")


def test_random(ours, out, rng):
    """Random mixes of CR, LF, dots and text are what the specification makes
    of them, at the relay as in the log's size."""
    with ours.login() as client:
        for _ in range(150):
            body = bytes(rng.choices(b"\r\n.x", k=rng.randrange(60)))
            wire = b"To: bob@example.test\r\n\r\n" + body + b"end\r\n.\r\n"
            first = re.search(rb"(\A|\r\n)\.\r\n", wire)
            if first.end() != len(wire):
                continue
            before = len(out.transactions)
            assert client.xmit(wire, stuffed=True).startswith(SENT)
            (sent,) = out.transactions[before:]
            expected = normal(wire[:-3])
            head = b"To: bob@example.test\r\n\r\n"
            assert expected.startswith(head)
            assert xmit.Mail(sent.data).body == expected[len(head):], body
        client.quit()
