"""RPRT TEXT of what real mail programs make: characters cut by the borders of
the host's buffers, by the end of the text, and octets that are no
characters."""

import base64
import quopri
import select

import pytest

from pop3ext import mime
from test_pop4_parts_imap import fill, rprt

pytestmark = pytest.mark.every

PARTS = {"plugin_settings": {"pop3_ext_pop4": "parts"}}
BAD = "\N{REPLACEMENT CHARACTER}"
KB = 1024


def message(text, encoding="quoted-printable", charset="utf-8"):
    """A message with one text part, which is encoded already."""
    return mime.message(mime.text(text, charset, encoding))


def printable(data):
    """Quoted-printable of any octets, in lines of LF."""
    return quopri.encodestring(data)


def texts(server, driver, messages):
    """TEXT of each of the messages, and the session is as before."""
    ours = server(driver=driver, **PARTS)
    fill(ours, "alice", driver, messages)
    with ours.login() as client:
        found = [rprt(client, number, "1", "TEXT")
                 for number in range(1, len(messages) + 1)]
        assert client.ok("STAT").startswith(b"+OK %d " % len(messages))
        assert client.quit().startswith(b"+OK")
    return found


#: bodies as they are transferred, and what they are as text
ILL = [
    (b"Das ist f=FCr", "Das ist f%sr" % BAD),
    (b"Das ist f=FCr=\n", "Das ist f%sr" % BAD),
    (b"f=FCr alle, und noch mehr Text danach", "f%sr alle, und noch mehr "
     "Text danach" % BAD),
    (b"=FC=FC=FC.", "%s." % (3 * BAD)),
    (b"gr=C3=BC=C3", "gr\xfc%s" % BAD),
    (b"a=E2=82", "a%s" % (2 * BAD)),
    (b"a=E2=82=AC=E2=82b", "a\u20ac%sb" % (2 * BAD)),
    (b"a=F0=9F=98", "a%s" % (3 * BAD)),
    (b"=C3=A4=FCb=FEc=F0=9F=98=80", "\xe4%sb%sc\U0001f600" % (BAD, BAD)),
]


@pytest.mark.parametrize("driver", ["maildir", "mdbox"])
def test_ill_encoded(server, driver):
    """Each octet that is no character is one U+FFFD, and nothing else is
    lost."""
    found = texts(server, driver, [message(body) for body, _ in ILL])
    assert [text.decode() for text in found] == [text for _, text in ILL]


@pytest.mark.parametrize("driver", ["maildir", "mdbox"])
def test_characters_across_buffers(server, driver):
    """Valid text of 8 KB, each time moved by one octet, and of 140 KB."""
    lines = ["x" * moved + "\u20ac\xe4\U0001f600" * 900 + "\r\n"
             for moved in range(16)]
    lines += ["".join("%d \xfc\u20ac\r\n" % n for n in range(12000))]
    assert len(lines[-1].encode()) > 140 * KB
    found = texts(server, driver,
                  [message(printable(text.replace("\r\n", "\n").encode()))
                   for text in lines])
    assert [text.decode() for text in found] == lines


def test_ill_encoded_other_charsets(server):
    """What the host's library converts: bad octets in the middle, and a
    character that the end cuts."""
    cases = [
        ("euc-jp", b"=C6=FC=FF=FF=CB=DC=C6", "\u65e5%s\u672c%s" %
         (2 * BAD, BAD)),
        ("shift_jis", b"=93=FA=FFx=93", "\u65e5%sx%s" % (BAD, BAD)),
        ("us-ascii", b"f=FCr", "f%sr" % BAD),
        ("windows-1258", b"Ch=E0o anh a", "Ch\xe0o anh a"),
    ]
    found = texts(server, "maildir", [
        message(body, charset=charset) for charset, body, _ in cases])
    assert [text.decode() for text in found] == [text for _, _, text in cases]


@pytest.mark.parametrize("encoding", ["8bit", "base64"])
def test_ill_encoded_by_other_encodings(server, encoding):
    """The same octets, transferred in other ways."""
    octets = [b"f\xfcr", b"a\xe2\x82", b"\xc3", 3000 * b"\xe2\x82\xac\xfc.\n"]
    bodies = [base64.encodebytes(data) if encoding == "base64" else data
              for data in octets]
    found = texts(server, "maildir",
                  [message(body, encoding) for body in bodies])
    wanted = ["f%sr" % BAD, "a%s" % (2 * BAD), BAD,
              3000 * ("\u20ac%s.\r\n" % BAD)]
    assert [text.decode() for text in found] == wanted


#: what can be decoded for ever and gives nothing
EMPTY = {
    "base64": ("base64", "utf-8", b"\n" * KB),
    "quoted-printable": ("quoted-printable", "utf-8", b"=\n" * KB),
    "charset": ("8bit", "iso-2022-jp", b"\x1b(J\x1b(B" * KB),
}


@pytest.mark.parametrize("kind,mode", [
    (kind, mode) for kind in EMPTY for mode in ("DATA", "TEXT")
    if (kind, mode) != ("charset", "DATA")])
def test_decoding_nothing_lets_others_go_on(server, kind, mode):
    """A client with a part of which nothing is left when it is decoded does not
    hold up another one of the same process."""
    encoding, charset, octets = EMPTY[kind]
    ours = server(client_limit=2, process_limit=1, service_count=100, **PARTS)
    fill(ours, "alice", "maildir", [
        message(octets * (24 * KB * KB // len(octets)), encoding, charset)])
    with ours.login() as first, ours.login() as second:
        first.ok("LPRT 1")
        first.multi()
        assert len(ours.processes("pop3")) == 1
        overtaken = False
        for _ in range(5):
            first.send(b"RPRT 1 1 %s\r\n" % mode.encode())
            assert second.command("NOOP") == b"+OK"
            readable, _, _ = select.select([first.sock], [], [], 0)
            overtaken = overtaken or not readable
            assert first.line() == b"+OK 0 octets"
            assert first.multi_raw() == b".\r\n"
            if overtaken:
                break
        assert overtaken
        first.quit()
        second.quit()
