"""mailboxes - the maildirs of the measurements.

200 different messages, the same in each run; the others are links to them,
so that 100,000 messages take the room of their names.
"""

import os
import random
import shutil

from pop3ext import hosts

DISTINCT = 200
MESSAGE_SIZE = 2048
CROWD = 50


def _message(rng, number):
    """A message of about MESSAGE_SIZE octets, lines end with LF."""
    head = ("Return-Path: <sender%d@example.test>\n"
            "Delivered-To: account%d@example.test\n"
            "From: Sender %d <sender%d@example.test>\n"
            "To: User <user@example.test>\n"
            "Subject: Message %d\n"
            "Date: Mon, 02 Mar 2026 10:00:00 +0000\n"
            "Message-ID: <%d.%08x@example.test>\n\n" %
            (number, number % 10, number, number, number, number, rng.getrandbits(32)))
    lines = []
    size = len(head)
    while size < MESSAGE_SIZE:
        length = rng.randrange(40, 76)
        lines.append("".join(rng.choices("abcdefghijklmnopqrstuvwxyz   .",
                                         k=length)) + "\n")
        size += length + 1
    return head + "".join(lines)


def _maildir(home, sources, count, sizes=True):
    """A maildir of `count` links to the sources, all seen; the names hold
    the sizes, as Dovecot's own, or not."""
    folder = home / "Maildir"
    for name in ("cur", "new", "tmp"):
        (folder / name).mkdir(parents=True)
    rng = random.Random(count)
    for number in range(count):
        path, size, wire_size = sources[number % len(sources)]
        # As delivered: names of equal digits are slow in Dovecot's hash.
        os.link(path, folder / "cur" / ("%d.M%dP%d.mx%s:2,S" % (
            1700000000 + number, rng.randrange(1000000),
            rng.randrange(1000, 4000000),
            ",S=%d,W=%d" % (size, wire_size) if sizes else "")))
    for path in (home, folder, *folder.iterdir()):
        os.chown(path, hosts.MAIL_UID, hosts.MAIL_GID)


def _sources(folder):
    """The different messages: (path, size, size on the wire)."""
    rng = random.Random(1939)
    (folder / "source").mkdir(parents=True)
    sources = []
    for number in range(DISTINCT):
        path = folder / "source" / str(number)
        text = _message(rng, number)
        path.write_text(text, encoding="ascii")
        os.chown(path, hosts.MAIL_UID, hosts.MAIL_GID)
        sources.append((path, len(text), len(text) + text.count("\n")))
    return sources


def make_one(folder, name, count, sizes):
    """A home with one maildir in a folder; sizes: in the names."""
    (folder / name).mkdir(parents=True)
    _maildir(folder / name, _sources(folder), count, sizes)
    return folder


def make(folder, quick):
    """Homes m200, m10k, m100k (not when quick), c1 ... c50 in a folder."""
    sources = _sources(folder)
    for name, count in [("m200", 200), ("m10k", 10000)] + \
            ([] if quick else [("m100k", 100000)]) + \
            [("c%d" % n, 200) for n in range(1, CROWD + 1)]:
        (folder / name).mkdir()
        _maildir(folder / name, sources, count)
    return folder


def copy(folder, source, target):
    """Make one of the homes anew, with the messages of another and without
    anything that Dovecot has written."""
    shutil.rmtree(folder / target, ignore_errors=True)
    for name in ("cur", "new", "tmp"):
        (folder / target / "Maildir" / name).mkdir(parents=True)
    for path in (folder / source / "Maildir" / "cur").iterdir():
        os.link(path, folder / target / "Maildir" / "cur" / path.name)
    for path in (folder / target, folder / target / "Maildir",
                 *(folder / target / "Maildir").iterdir()):
        os.chown(path, hosts.MAIL_UID, hosts.MAIL_GID)
