"""pop4 - the words and lines of POP4 (doc/spec/pop4.txt)."""

import re


def quote(text):
    """A word for a command or as a reply has it."""
    data = text if isinstance(text, bytes) else text.encode("utf-8")
    if (re.search(rb'[ "\\]', data) or data in (b"", b"-") or
            data.isdigit()):
        return b'"%s"' % re.sub(rb'(["\\])', rb"\\\1", data)
    return data


def words(line):
    """The words of a reply's line, unquoted (bytes)."""
    found = []
    while line:
        if found:
            assert line[:1] == b" ", line
            line = line[1:]
        match = re.match(rb'"((?:[^"\\]|\\["\\])*)"', line)
        if match is not None:
            found.append(re.sub(rb"\\(.)", rb"\1", match.group(1)))
        else:
            match = re.match(rb'[^ "\\]+', line)
            assert match is not None, line
            found.append(match.group())
        line = line[match.end():]
    return found


class Folder:
    """A line of LFLD; what is "-" is None."""

    def __init__(self, line):
        name, messages, unseen, octets, attrs = words(line)[:5]
        self.name = name.decode("utf-8")
        self.messages, self.unseen, self.octets = (
            None if word == b"-" else int(word)
            for word in (messages, unseen, octets))
        self.attrs = set() if attrs == b"-" else set(attrs.decode().split(","))

    def __repr__(self):
        return "%r %r %r %r %s" % (self.name, self.messages, self.unseen,
                                   self.octets, sorted(self.attrs))


def folders(client, pattern=None):
    """The Folders of LFLD, in the order of the reply."""
    reply = client.ok(b"LFLD" if pattern is None else
                      b"LFLD " + quote(pattern))
    found = [Folder(line) for line in client.multi()]
    assert reply == b"+OK %d folders" % len(found)
    return found


def select(client, name):
    """SFLD: (messages, octets, unseen)."""
    reply = client.ok(b"SFLD " + quote(name))
    return tuple(int(word) for word in reply.split()[1:])
