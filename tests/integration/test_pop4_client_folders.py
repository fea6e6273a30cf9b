"""The client program pop4 on folders, flags, and parts of messages."""

import base64

import pytest

from pop3ext import pop4client as pop4

MESSAGE = (b"From: bob@example.test\r\nSubject: one\r\n\r\n"
           b"line\r\n.dot\r\n")
POP4 = {"pop3_ext_pop4": "folders messages flags parts"}
BINARY = bytes(range(256)) * 20 + b"\r\n.\r\n..\r\n\0"
PARTS = (b"From: bob@example.test\r\nSubject: parts\r\nMIME-Version: 1.0\r\n"
         b"Content-Type: multipart/mixed; boundary=x\r\n\r\n"
         b"--x\r\nContent-Type: text/plain; charset=iso-8859-1\r\n"
         b"Content-Transfer-Encoding: quoted-printable\r\n\r\n"
         b"gr=FC=DFe\r\n.dot\r\n"
         b"--x\r\nContent-Type: application/octet-stream\r\n"
         b"Content-Disposition: attachment;\r\n"
         b" filename*=utf-8''b%C3%A4r%20%22x%22.bin\r\n"
         b"Content-Transfer-Encoding: base64\r\n\r\n" +
         base64.encodebytes(BINARY).replace(b"\n", b"\r\n") +
         b"--x--\r\n")


@pytest.fixture(name="pop4_server")
def _pop4_server(shared_server):
    return shared_server(plugin_settings=POP4,
                         users=["alice", "bob", "carol", "dave", "erin"])


def folders(client, *args):
    """The names of the folders."""
    return [row["folder"] for row in client.json("folders", *args)]


def test_folders(pop4_server):
    """Made, listed, renamed, moved, deleted, with names of any kind."""
    client = pop4.Pop4(pop4_server, "alice")
    names = ["Work", "Work/Old post", "Work/\u00e4 \"q\" \\", "12", "-"]
    for name in names:
        assert client.ok("mkdir", "--", name) == b""
    assert client.json("mkdir", "Work/New") == [{"folder": "Work/New"}]
    assert set(folders(client)) == {"INBOX", "Work/New", *names}
    assert set(folders(client, "Work/%")) == {"Work/New", *names[1:3]}
    (row,) = client.rows("folders", "INBOX")
    assert row[:4] == ["INBOX", "0", "0", "0"]
    assert "INBOX" in row[4].split(",")

    client.ok("rename", "Work/New", "Work/Newer")
    client.ok("rename", "Work/Newer", "Newer")
    client.ok("rename", "Newer", "Work/12")
    assert set(folders(client)) == {"INBOX", "Work/12", *names}
    assert client.fails(pop4.REFUSED, "rename", "12", "Work/12") \
        .startswith("The server says: folder exists")
    # Only the name is in the way: it stays where it was.
    client.ok("mkdir", "Other/Work")
    client.fails(pop4.REFUSED, "rename", "Work/12", "Other/Work")
    assert "Work/12" in folders(client)

    assert client.fails(pop4.REFUSED, "rmdir", "Work") \
        .startswith("The server says: folder has children")
    assert client.fails(pop4.REFUSED, "rmdir", "none") \
        .startswith("The server says: no such folder")
    for name in sorted(folders(client), reverse=True):
        if name not in ("INBOX", "Other"):
            client.ok("rmdir", "--", name)
    assert set(folders(client)) - {"Other"} == {"INBOX"}


def test_flags(pop4_server):
    """Added, removed, replaced; by numbers and by unique-ids."""
    for number in range(3):
        pop4_server.deliver("bob", MESSAGE + b"%d\r\n" % number)
    client = pop4.Pop4(pop4_server, "bob")
    uids = [row["uid"] for row in client.json("messages")]

    def of(row):
        # The host may say what it has found in the message.
        return {flag for flag in row["flags"] if flag != "RECENT" and
                not flag.endswith("Attachment")}

    def flags():
        return [of(row) for row in client.json("flag", "list")]

    assert flags() == [set(), set(), set()]
    assert client.rows("flag", "add", "1:2", "SEEN,$Label") == [["2"]]
    assert client.json("flag", "add", "uid:" + uids[2], "FLAGGED") == [
        {"messages": 1}]
    assert flags() == [{"SEEN", "$Label"}, {"SEEN", "$Label"}, {"FLAGGED"}]
    client.ok("flag", "remove", "1", "uid:" + uids[1], "SEEN")
    client.ok("flag", "set", "3", "ANSWERED,SEEN")
    assert flags() == [{"$Label"}, {"$Label"}, {"ANSWERED", "SEEN"}]
    client.ok("flag", "set", "*", "-")
    assert flags() == [{"$Label"}, {"$Label"}, set()]
    assert [of(row) for row in client.json("messages", "1:2")] == [
        {"$Label"}] * 2
    assert len(client.rows("flag", "list", "1,3")) == 2
    assert client.fails(pop4.REFUSED, "flag", "add", "4", "SEEN") \
        .startswith("The server says: no such message")
    assert client.fails(pop4.REFUSED, "flag", "add", "1", "DELETED") \
        .startswith("The server says: bad flag")


def test_copy_move_store(pop4_server):
    """Messages get where they shall, whole, and are gone where they were."""
    for number in range(4):
        pop4_server.deliver("carol", MESSAGE + b"%d\r\n" % number)
    client = pop4.Pop4(pop4_server, "carol")
    texts = [client.ok("get", number) for number in range(1, 5)]
    uids = [row["uid"] for row in client.json("messages")]
    client.ok("mkdir", "Archive/Old post")
    assert client.rows("copy", "1", "3:4", "Archive/Old post") == [["3"]]
    assert client.json("move", "uid:" + uids[1], "Archive/Old post") == [
        {"messages": 1}]
    assert [row["uid"] for row in client.json("messages")] == \
        [uids[0], *uids[2:]]
    there = {"folder": "Archive/Old post"}
    assert [client.ok("get", number, **there) for number in range(1, 5)] == \
        [texts[0], texts[2], texts[3], texts[1]]
    assert client.rows("move", "*", "INBOX", **there) == [["1"]]
    assert len(client.rows("messages", **there)) == 3
    assert client.ok("get", 4) == texts[1]

    ((uid,),) = client.rows("store", stdin=b"Subject: x\n\n.\nlast",
                            flags="SEEN,$Label", **there)
    (row,) = client.json("messages", "4", **there)
    assert {"SEEN", "$Label"} <= set(row["flags"])
    assert uid in ("-", row["uid"])
    text = client.ok("get", "uid:" + row["uid"], **there)
    assert text == b"Subject: x\r\n\r\n.\r\nlast\r\n"
    assert client.fails(pop4.REFUSED, "copy", "1", "none") \
        .startswith("The server says: no such folder")
    client.fails(pop4.REFUSED, "messages", folder="none")
    client.fails(pop4.REFUSED, "store", stdin=MESSAGE, folder="none")
    assert len(client.rows("messages")) == 4


def test_parts(pop4_server):
    """Listed with decoded names, fetched in each mode, binary to the octet,
    into a file as well."""
    pop4_server.deliver("dave", PARTS)
    client = pop4.Pop4(pop4_server, "dave")
    top, text, data = client.json("part", 1)
    assert (top["part"], top["type"], top["depth"]) == \
        ("0", "multipart/mixed", 0)
    assert (text["part"], text["type"], text["charset"]) == \
        ("1", "text/plain", "iso-8859-1")
    assert (data["part"], data["encoding"], data["filename"]) == \
        ("2", "base64", "b\u00e4r \"x\".bin")
    assert data["disposition"] == "attachment"
    assert data["charset"] is None and data["content_id"] is None
    assert [row[0] for row in client.rows("part", 1)] == ["0", "1", "2"]

    assert client.ok("part", 1, 2) == BINARY
    target = pop4_server.folder / "part"
    client.ok("part", 1, 2, output=pop4_server.host.inside(target))
    assert target.read_bytes() == BINARY
    assert client.ok("part", 1, 1, mode="text").rstrip(b"\r\n") == \
        "gr\u00fc\u00dfe\r\n.dot".encode()
    assert client.ok("part", 1, 1).rstrip(b"\r\n") == b"gr\xfc\xdfe\r\n.dot"
    head = client.ok("part", 1, 1, mode="head")
    body = client.ok("part", 1, 1, mode="body")
    assert client.ok("part", 1, 1, mode="raw") == head + body
    assert len(body) == text["octets"]
    assert body.rstrip(b"\r\n") == b"gr=FC=DFe\r\n.dot"
    assert client.fails(pop4.REFUSED, "part", 1, 3) \
        .startswith("The server says: no such part")
    (row,) = client.json("messages")
    assert "SEEN" not in row["flags"]


def test_large_part(pop4_server, rng):
    """10 MB in constant memory."""
    data = rng.randbytes(10 ** 7)
    pop4_server.deliver("erin", PARTS.replace(
        base64.encodebytes(BINARY).replace(b"\n", b"\r\n"),
        base64.encodebytes(data).replace(b"\n", b"\r\n")))
    client = pop4.Pop4(pop4_server, "erin")
    assert client.ok("part", 1, 2) == data
