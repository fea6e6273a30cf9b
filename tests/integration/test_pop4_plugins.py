"""POP4 goes through the host's API, with all that plugins hang on it:
compression, encryption, the log of what happens to mail."""

import base64
import re
import subprocess

import pytest

from pop3ext import hosts, mime, pop3, pop4

pytestmark = pytest.mark.every

POP4 = {"pop3_ext_pop4": "folders messages flags parts"}
MESSAGE = mime.crlf(mime.message(mime.multipart([
    mime.text(b"plain and simple\n" * 100), mime.attachment(mime.BINARY)])))
PLAIN = b"plain and simple"


def mark_of(path):
    """The first octets of a file, and whether the text is in it."""
    data = path.read_bytes()
    return data[:10], PLAIN in data or base64.b64encode(PLAIN)[:12] in data


def use(made):
    """Everything that reads or writes a message; the files on the disk."""
    with made.login() as client:
        client.ok("CFLD Work")
        for flags in ("SEEN", "-"):
            client.ok("STOR INBOX " + flags)
            client.send(pop3.stuff(MESSAGE))
            assert client.line().startswith(b"+OK stored")
        assert pop4.select(client, "INBOX") == (2, 2 * len(MESSAGE), 1)
        assert client.command("COPY 1 Work") == b"+OK 1 messages copied"
        assert client.command("MOVE 2 Work") == b"+OK 1 messages moved"
        assert client.command("SFLG 1 FLAGGED") == b"+OK 1 messages"
        assert pop4.select(client, "Work")[0] == 2
        client.ok("LMSG")
        assert [line.split()[1] for line in client.multi()] == [
            b"%d" % len(MESSAGE)] * 2
        for number in (1, 2):
            assert client.retr(number) == MESSAGE
            assert client.ok("LPRT %d" % number) == b"+OK 3 parts"
            client.multi()
            for part, mode, content in (
                    ("2", "DATA", mime.BINARY), ("0", "RAW", MESSAGE),
                    ("1", "TEXT", PLAIN + b"\r\n" + (PLAIN + b"\r\n") * 99)):
                reply = client.ok("RPRT %d %s %s" % (number, part, mode))
                assert mime.unstuff(client.multi_raw(),
                                    int(reply.split()[1])) == content
        client.ok("DELE 1")
        assert [folder.octets for folder in pop4.folders(client)] == [
            len(MESSAGE), 2 * len(MESSAGE)]
        assert pop4.select(client, "INBOX")[0] == 1
        client.ok("DFLD Work")
        client.quit()
    home = made.folder / "home" / "alice"
    return [path for path in home.rglob("*")
            if path.is_file() and re.search(r"/(cur/|m\.\d)", str(path))]


@pytest.mark.parametrize("driver", ["maildir", "mdbox"])
def test_compression(host, server, driver):
    """Sizes are those of the messages, and not those of the files."""
    settings = ({"mail_compress_write_method": "gz"} if host.is_24
                else {"zlib_save": "gz"})
    made = server(driver=driver, users=["alice"],
                  plugin=("pop3_ext", "mail_compress" if host.is_24
                          else "zlib"),
                  plugin_settings=dict(POP4, **settings))
    files = use(made)
    assert files
    for path in files:
        start, readable = mark_of(path)
        assert not readable
        assert driver != "maildir" or start.startswith(b"\x1f\x8b")


@pytest.mark.parametrize("driver", ["maildir", "mdbox"])
def test_encryption(host, server, driver):
    """By one key for all."""
    made = server(driver=driver, users=["alice"], start=False,
                  plugin=("pop3_ext", "mail_crypt"))
    private = made.folder / "private.pem"
    public = made.folder / "public.pem"
    for command in (["genpkey", "-algorithm", "EC", "-pkeyopt",
                     "ec_paramgen_curve:P-256", "-out", private],
                    ["pkey", "-in", private, "-pubout", "-out", public]):
        subprocess.run(["openssl", *command], check=True, capture_output=True)
    private.chmod(0o644)
    names = [host.inside(path) for path in (private, public)]
    if host.is_24:
        settings = {"crypt_global_private_key main": {
                        "crypt_private_key_file": names[0]},
                    "crypt_global_public_key_file": names[1],
                    "crypt_write_algorithm": "aes-256-gcm-sha256"}
    else:
        settings = {"mail_crypt_global_private_key": "<" + names[0],
                    "mail_crypt_global_public_key": "<" + names[1],
                    "mail_crypt_save_version": "2"}
    made.plugin_settings.update(POP4, **settings)
    made.write_config()
    files = use(made.start())
    assert files
    for path in files:
        start, readable = mark_of(path)
        assert not readable
        assert driver != "maildir" or start.startswith(b"CRYPTED")


def test_log_of_mail(host, server):
    """Each change is told of, once."""
    events = ["delete", "expunge", "save", "copy", "flag_change",
              "mailbox_create", "mailbox_delete", "mailbox_rename"]
    settings = {name: (dict.fromkeys(values, "yes") if host.is_24
                       else " ".join(values))
                for name, values in (("mail_log_events", events),
                                     ("mail_log_fields", ["uid", "box"]))}
    made = server(users=["alice"], plugin=("pop3_ext", "notify", "mail_log"),
                  plugin_settings=dict(POP4, **settings))
    use(made)
    with made.login() as client:
        client.ok("CFLD Old")
        client.ok("RENF Old New")
        client.quit()
    made.wait_log("Mailbox renamed: Old -> New")
    log = made.log()
    for pattern, count in ((r" save: box=INBOX", 2), (r" copy from INBOX: ", 2),
                           (r" expunge: box=INBOX", 1),
                           (r" expunge: box=Work, uid=1", 1),
                           (r"Mailbox (Work: Mailbox deleted|deleted: Work)", 1)):
        assert len(re.findall(pattern, log)) == count, (pattern, log)
    assert re.search("flag_change: ", log)


def test_owner_of_files(server):
    """What POP4 makes belongs to the user, as what the host makes."""
    made = server(users=["alice"], plugin_settings=POP4)
    use(made)
    home = made.folder / "home" / "alice"
    assert {(path.stat().st_uid, path.stat().st_gid)
            for path in home.rglob("*")} == {(hosts.MAIL_UID, hosts.MAIL_GID)}
