"""mime - hard messages, and what IMAP says about their parts."""

import base64
import quopri
import re

CRLF = b"\r\n"
HEAD = b"From: a@example.test\nSubject: parts\nMIME-Version: 1.0\n"
BINARY = bytes(range(256)) * 40


def entity(headers, body=b""):
    """Header lines, an empty line, a body."""
    if isinstance(headers, str):
        headers = headers.encode("latin-1")
    return headers.rstrip(b"\n") + b"\n\n" + body


def multipart(parts, boundary=b"bound", subtype=b"mixed", end=True,
              preamble=b"", epilogue=b""):
    """A multipart entity; parts are entities."""
    body = preamble
    for part in parts:
        body += b"--" + boundary + b"\n" + part + b"\n"
    if end:
        body += b"--" + boundary + b"--\n" + epilogue
    return entity(b"Content-Type: multipart/" + subtype + b"; boundary=\"" +
                  boundary + b"\"", body)


def message(part):
    """A whole message of an entity."""
    return HEAD + part


def rfc822(part):
    """A message/rfc822 entity around a message."""
    return entity("Content-Type: message/rfc822", part)


def text(body, charset="utf-8", encoding="8bit"):
    """A text/plain entity."""
    return entity("Content-Type: text/plain; charset=%s\n"
                  "Content-Transfer-Encoding: %s" % (charset, encoding), body)


def attachment(data, encoding="base64", name="a.bin"):
    """An attachment of any octets."""
    body = (base64.encodebytes(data) if encoding == "base64" else
            quopri.encodestring(data))
    return entity("Content-Type: application/octet-stream\n"
                  "Content-Disposition: attachment; filename=%s\n"
                  "Content-ID: <%s@example.test>\n"
                  "Content-Transfer-Encoding: %s" % (name, name, encoding),
                  body)


def nested(depth):
    """Multiparts inside each other."""
    part = text(b"deep\n")
    for level in range(depth):
        part = multipart([part], b"b%d" % level)
    return message(part)


def long_words():
    """A message with a name, a type, a charset and lines of 60,000 octets."""
    word = b"w" * 60000
    return message(multipart([
        entity(b"Content-Type: text/plain; charset=" + word,
               word + b"\n" + word),
        entity(b"Content-Type: application/" + word + b"\n"
               b"Content-Disposition: attachment; filename=\"" + word + b"\"\n"
               b"Content-ID: <" + word + b"@example.test>", b".\n"),
        text(b"end\n")]))


def wide(count):
    """A multipart with so many small parts."""
    return message(multipart([b"\n%d" % n for n in range(count)]))


PLAIN = message(text(b"One\n.\n..two\n.three\n\nend\n"))

# By name, with LF line ends where it says nothing else.
HARD = {
    "plain": PLAIN,
    "no MIME": b"Subject: old\n\nText\n.\n",
    "no header": b"\nText only\n",
    "no body": b"Subject: none\n",
    "empty": b"\n",
    "no line end": message(text(b"last line has no end")),
    "mixed": message(multipart([text(b"Hello\n"), attachment(BINARY),
                                attachment(b"q=p\x00\xff\n.\n", "quoted-printable",
                                           "q.bin")])),
    "alternative in mixed": message(multipart([
        multipart([text(b"plain\n"), entity(
            "Content-Type: text/html; charset=iso-8859-1\n"
            "Content-Transfer-Encoding: quoted-printable",
            b"<p>gr=FC=DF=\n=0D=0A.=\n\n</p>")], b"inner", b"alternative"),
        attachment(BINARY * 3)], preamble=b"preamble\n.\n",
        epilogue=b"epilogue\n")),
    "rfc822": message(multipart([text(b"see\n"), rfc822(
        message(multipart([text(b"inner\n"), attachment(b"xyz")],
                          b"other")))])),
    "rfc822 of text": message(multipart([rfc822(PLAIN), rfc822(
        b"Subject: no MIME\n\nx\n")])),
    "rfc822 at the top": message(rfc822(message(rfc822(
        message(multipart([text(b"x\n")])))))),
    "digest": message(multipart([
        entity(b"", b"From: x@example.test\nSubject: one\n\nfirst"),
        entity(b"", message(multipart([text(b"second")], b"in"))),
        text(b"third")], subtype=b"digest")),
    "no boundary": message(entity("Content-Type: multipart/mixed", b"x\n")),
    "missing boundaries": message(entity(
        "Content-Type: multipart/mixed; boundary=nowhere", b"text\n")),
    "no end": message(multipart([text(b"a"), attachment(b"b")], end=False)),
    "boundary prefix": message(multipart([
        text(b"--bound2\nx\n"), text(b"--boundless\n")])),
    "empty parts": message(multipart([b"", b"\n", text(b""), b"X: y"])),
    "8-bit header": message(entity(
        b"Content-Type: text/pl\xe4in; charset=\xfc\n"
        b"Content-Disposition: atta\xffchment; filename=\"gr\xfc\xdf.txt\"",
        b"text\n")),
    "broken headers": message(multipart([entity(
        b"Content-Type: text\nContent-Type: text/html\n"
        b"Content-Transfer-Encoding: x y\nno colon here\n"
        b"Content-Disposition: ;;=\"", b"x\n"), entity(
            b"Content-Type: /;charset=\"unterminated\n"
            b"Content-ID: a b\\\"c", b"y\n")])),
    "names": message(multipart([entity(
        "Content-Type: image/png; name=\"x.png\"\nContent-Disposition: "
        "attachment;\n filename*0*=utf-8''%e2%82%ac;\n filename*1=\" a.png\"",
        b"1\n"), entity(
            "Content-Type: image/png;\n name=\"=?iso-8859-1?Q?gr=FC=DF?=\"",
            b"2\n"), entity(
                "Content-Disposition: inline; filename=\"r\\\"1\\\\.pdf\"",
                b"3\n")])),
    "unknown encoding": message(multipart([entity(
        "Content-Type: text/plain\nContent-Transfer-Encoding: uuencode",
        b"begin\n")])),
    "unknown charset": message(text(b"x\n", "x-klingon")),
    "broken base64": message(multipart([entity(
        "Content-Transfer-Encoding: base64", b"AAAA*AAA\n"), entity(
            "Content-Transfer-Encoding: base64", b"QUJDRA\n"), entity(
                "Content-Transfer-Encoding: base64", b" QU\n\nJD\n")])),
    "broken quoted-printable": message(multipart([entity(
        "Content-Transfer-Encoding: quoted-printable", b"a=zz\n"), entity(
            "Content-Transfer-Encoding: quoted-printable", b"a="), entity(
                "Content-Transfer-Encoding: quoted-printable",
                b"a =\nb  \nc=0a.\n")])),
    "bare CR": message(text(b"a\rb\r\r\nc\n\r.\r\n")),
    "long line": message(multipart([text(b"x" * 1000000 + b"\n.\n"),
                                    text(b"." * 70000)])),
    "koi8": message(text(b"\xd0\xd2\xc9\n.\n", "koi8-r")),
    "utf-16": message(text(base64.encodebytes("ä\n.\r\n\ud83d\ude00".encode(
        "utf-16-le", "surrogatepass")), "utf-16le", "base64")),
    "shift jis": message(text("日本\n".encode("shift_jis"), "shift_jis")),
    "not utf-8": message(text(b"a\xff\xc3\n", "utf-8")),
    "deep": nested(30),
    "many": wide(300),
}
NULS = message(multipart([text(b"a\0b\n\0\n"), attachment(b"\0" * 999)]))


class Randomly:
    """Random messages."""

    def __init__(self, rng):
        self._rng = rng

    def _octets(self, alphabet, most):
        return bytes(self._rng.choice(alphabet) for _ in
                     range(self._rng.randrange(most)))

    def _leaf(self):
        kind = self._rng.randrange(6)
        if kind == 0:
            return attachment(self._octets(range(256), 3000))
        if kind == 1:
            return attachment(self._octets(b"a.=\r\n \t\xff", 300),
                              "quoted-printable")
        if kind == 2:
            return entity("Content-Type: text/html; charset=koi8-r\n"
                          "Content-Transfer-Encoding: " +
                          self._rng.choice(["base64", "QUOTED-PRINTABLE",
                                            "7bit", "binary", "x"]),
                          self._octets(b"aQ=.\r\n\xff +/", 200))
        if kind == 3:
            return self._octets(b"a:\n .-", 40)
        return text(self._octets(b"ab.\r\n\n\xc3\xa4", 2000),
                    self._rng.choice(["utf-8", "us-ascii", "iso-8859-15"]))

    def part(self, depth):
        """An entity of at most so many levels."""
        kind = self._rng.randrange(10) if depth > 0 else 9
        if kind < 4:
            return multipart(
                [self.part(depth - 1) for _ in range(self._rng.randrange(4))],
                b"b%d" % self._rng.randrange(depth + 1),
                self._rng.choice([b"mixed", b"alternative", b"digest"]),
                self._rng.randrange(4) > 0)
        if kind < 6:
            return rfc822(HEAD + self.part(depth - 1))
        return self._leaf()

    def message(self):
        """A message, half of them with CRLF."""
        made = message(self.part(4)) + b"\n"
        return made if self._rng.randrange(2) else crlf(made)


def crlf(data):
    """With CRLF line ends."""
    return re.sub(rb"(?<!\r)\n", CRLF, data)


def unstuff(wire, octets):
    """What a client makes of a reply after its first line: lines end at
    CRLF only, and what is behind the announced octets is not content."""
    assert wire.endswith(CRLF + b"." + CRLF) or wire == b"." + CRLF
    data = re.sub(rb"(\A|\r\n)\.", rb"\1", wire[:-3])
    content, rest = data[:octets], data[octets:]
    assert len(content) == octets
    assert rest == (b"" if content.endswith(CRLF) or not content else CRLF)
    return content


def imap_data(client, number, items):
    """The raw answer to FETCH, without its first words."""
    client.response("FETCH")  # what a failed one has left behind
    status, data = client.fetch(str(number), "(%s)" % items)
    assert status == "OK", data
    raw = b""
    for piece in data:
        if isinstance(piece, tuple):
            raw += piece[0] + CRLF + piece[1]
        elif piece is not None:
            raw += piece
    return raw


def imap_value(client, number, item):
    """The one string that FETCH gives; NIL is b""."""
    raw = imap_data(client, number, item)
    match = re.match(rb"\d+ \((?:UID \d+ )?[A-Z.]+(?:\[[^]]*\])? ", raw)
    value, _ = _parse(raw, match.end())
    return b"" if value is None else value


_TOKEN = re.compile(rb'"((?:[^"\\]|\\.)*)"|~?\{(\d+)\}\r\n|(\()|([^ ()]+)',
                    re.S)


def _parse(raw, pos):
    """An IMAP value at pos, and the position behind it."""
    match = _TOKEN.match(raw, pos)
    quoted, size, parenthesis, atom = match.groups()
    if quoted is not None:
        return re.sub(rb"\\(.)", rb"\1", quoted), match.end()
    if size is not None:
        end = match.end() + int(size)
        return raw[match.end():end], end
    if parenthesis is None:
        if atom.upper() == b"NIL":
            return None, match.end()
        return (int(atom) if atom.isdigit() else atom), match.end()
    items = []
    pos = match.end()
    while raw[pos:pos + 1] != b")":
        if raw[pos:pos + 1] == b" ":
            pos += 1
            continue
        item, pos = _parse(raw, pos)
        items.append(item)
    return items, pos + 1


def bodystructure(client, number):
    """FETCH BODYSTRUCTURE as nested lists."""
    raw = imap_data(client, number, "BODYSTRUCTURE")
    return _parse(raw, raw.index(b"BODYSTRUCTURE ") + 14)[0]


def _params(value):
    return {value[n].lower(): value[n + 1]
            for n in range(0, len(value or []), 2)}


def _lower(value):
    return (value or b"-").lower()


def _top(inner):
    """Is this structure a multipart's?"""
    return isinstance(inner[0], list)


def structure_lines(body, path="", depth=0):
    """What LPRT's lines have to hold, from BODYSTRUCTURE: dicts, without
    the file's name.  The path of a multipart at the top of a message is the
    message's, and of another part its own."""
    if _top(body):
        children = [part for part in body if isinstance(part, list)]
        count = 0
        while count < len(body) and isinstance(body[count], list):
            count += 1
        children, rest = body[:count], body[count:]
        number = path if path and not path.endswith(".") else path + "0"
        yield {"part": number, "type": b"multipart/" + rest[0].lower(),
               "octets": None, "encoding": b"-",
               "charset": _lower(_params(rest[1]).get(b"charset")),
               "disposition": _lower(rest[2] and rest[2][0]),
               "content-id": b"-", "lines": b"-", "depth": depth}
        inside = path if path.endswith(".") or not path else path + "."
        if children == [[b"text", b"plain", [b"charset", b"us-ascii"], None,
                         None, b"7bit", 0, 0, None, None, None, None]]:
            # maybe the host's word for a multipart without parts
            yield {"maybe": True, "part": inside + "1"}
            return
        for index, child in enumerate(children, 1):
            yield from structure_lines(child, inside + str(index), depth + 1)
        return
    number = path + "1" if not path or path.endswith(".") else path
    is_text = body[0].lower() == b"text"
    is_message = (body[0].lower(), body[1].lower()) == (b"message", b"rfc822")
    rest = body[7:]
    if is_message:
        rest = body[10:]
    elif is_text:
        rest = body[8:]
    disposition = rest[1][0] if rest[1] else None
    yield {"part": number, "type": (body[0] + b"/" + body[1]).lower(),
           "octets": body[6], "encoding": _lower(body[5]),
           "charset": _lower(_params(body[2]).get(b"charset")),
           "disposition": _lower(disposition),
           "content-id": body[3] or b"-",
           "lines": b"%d" % body[7] if is_text else b"-", "depth": depth}
    if is_message:
        yield from structure_lines(body[8], number + ".", depth + 1)


FIELDS = ("part", "type", "octets", "encoding", "charset", "disposition",
          "filename", "content-id", "lines", "depth")


def words(line):
    """The words of a POP4 reply line, unquoted."""
    found = re.findall(rb'"((?:[^"\\]|\\["\\])*)"(?: |$)|([^ "\\]+)(?: |$)',
                       line)
    return [re.sub(rb"\\(.)", rb"\1", quoted) if not plain else plain
            for quoted, plain in found]


def lprt_line(line):
    """A line of LPRT as a dict."""
    found = words(line)
    assert len(found) == len(FIELDS), line
    return dict(zip(FIELDS, found))
