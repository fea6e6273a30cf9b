"""views - maildrops and sessions for the tests of views.

A pair of maildrops: one of which a login sees a part, and one that holds just
that part. All of the host's commands have to answer the same on both.
"""

CRLF = b"\r\n"


def message(number, account=None, xuidl=None, header=b"Delivered-To",
            domain=b"xyz.example", size=0):
    """A message; account: whose it is by its envelope, None: no envelope."""
    lines = [] if account is None else [
        header + b": " + account + b"@" + domain,
        b"Return-Path: <sender%d@example.org>" % number]
    lines += [b"Subject: message %d" % number, b"To: list@example.org",
              b"X-UIDL: " + (xuidl or b"uid-%05d" % number), b"",
              b".dot %d" % number, b"x" * size, b""]
    return CRLF.join(lines)


def append(server, name, messages, folder="INBOX"):
    """Put messages into a folder by IMAP; each is bytes, or (bytes, True) for
    one that has been seen."""
    with server.imap(name) as client:
        if folder != "INBOX":
            client.create(folder)
        for item in messages:
            raw, seen = item if isinstance(item, tuple) else (item, False)
            status, text = client.append(folder, r"(\Seen)" if seen else None,
                                         None, raw)
            assert status == "OK", text


def empty(server, *names):
    """Remove all mail of these users."""
    for name in names:
        with server.imap(name) as client:
            if client.select("INBOX")[1] != [b"0"]:
                client.store("1:*", "+FLAGS", r"\Deleted")
                client.expunge()


def contents(server, name, folder="INBOX"):
    """[(X-UIDL, is it seen)] of what lies in a folder."""
    return [(raw.split(b"X-UIDL: ")[1].split(CRLF)[0], "\\Seen" in flags)
            for flags, raw in server.messages(name, folder)]


def is_multi(command, reply):
    """Do lines follow this reply?"""
    word = command.split(b" ")[0].upper()
    return reply.startswith(b"+OK") and (
        word in (b"RETR", b"TOP", b"CAPA", b"*ENV") or
        command.upper() in (b"LIST", b"UIDL"))


def ask(client, command):
    """The whole reply to a command, as it is on the wire."""
    client.send_line(command)
    reply = client.line()
    if is_multi(command, reply):
        return reply + CRLF + client.multi_raw()
    return reply + CRLF


def script(rng, count, length):
    """A session of the host's commands about `count` messages."""
    commands = []
    for _ in range(length):
        number = rng.randrange(count + 3)
        commands.append(rng.choice((
            b"STAT", b"LIST", b"UIDL", b"NOOP", b"LAST", b"RSET", b"UIDL x",
            b"LIST %d" % number, b"UIDL %d" % number, b"RETR %d" % number,
            b"RETR %d" % number, b"TOP %d %d" % (number, rng.randrange(3)),
            b"DELE %d" % number, b"DELE %d" % number)))
    return commands
