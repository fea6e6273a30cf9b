"""*ENV: the envelope of a message, as SDPS clients ask for it."""

import pytest

from pop3ext import pop3, views
from pop3ext.server import User

ON = {"pop3_ext_sdps": "yes"}
# What answers where there is no message or no envelope.
NOBODY = [b"", b"alice@example.test"]


@pytest.fixture(name="sdps")
def _sdps(shared_server):
    """A server with *ENV and an empty mailbox of alice."""
    ours = shared_server(plugin_settings=ON)
    views.empty(ours, "alice")
    return ours


def env(client, number):
    """The lines of *ENV."""
    assert client.ok(b"*ENV %s" % number).partition(b" ")[2]
    return client.multi()


def envelopes(server, *heads):
    """[sender, recipient] of messages with these headers."""
    views.append(server, "alice", [head + b"\r\nSubject: x\r\n\r\nText\r\n"
                                   for head in heads])
    with server.login() as client:
        found = [env(client, b"%d" % number)[2:]
                 for number in range(1, len(heads) + 1)]
        client.quit()
    return found


def test_off_until_switched_on(shared_server):
    """Without the setting it is no command, and CAPA is as it was."""
    with shared_server().login() as client:
        assert client.command("*ENV 1") == \
            b"-ERR [SYS/PERM] *ENV is switched off"
        client.quit()


def test_four_lines(sdps):
    """The number, the host, the bare sender and recipient."""
    views.append(sdps, "alice", [views.message(7, b"fred")])
    with sdps.login() as client:
        for name in (b"*ENV", b"*env", b"*Env  "):
            assert client.ok(name + b" 1") == b"+OK Envelope follows"
            assert client.multi() == [b"1", b"xyz.example",
                                      b"sender7@example.org",
                                      b"fred@xyz.example"]
        client.quit()


@pytest.mark.parametrize("number", [b"2", b"0", b"4294967296", b"9" * 1900],
                         ids=["next", "0", "2^32", "long"])
def test_number_without_a_message_is_answered(sdps, number):
    """Never -ERR, after which fetchmail would wait for ever."""
    views.append(sdps, "alice", [views.message(1, b"fred")])
    with sdps.login() as client:
        lines = env(client, number)
        assert lines[1:] == [b"example.test", *NOBODY]
        assert lines[0] and len(lines[0]) <= 20
        assert client.command("NOOP") == b"+OK"
        client.quit()


def test_message_marked_as_deleted_is_answered(sdps):
    """As one that is not there; after RSET it is."""
    views.append(sdps, "alice", [views.message(1, b"fred")])
    with sdps.login() as client:
        client.ok("DELE 1")
        assert env(client, b"1")[2:] == NOBODY
        client.ok("RSET")
        assert env(client, b"1")[2:] == [b"sender1@example.org",
                                         b"fred@xyz.example"]
        client.quit()


def test_message_that_has_vanished_is_answered(sdps):
    """Another client has expunged it."""
    views.append(sdps, "alice", [views.message(1, b"fred")])
    with sdps.login() as client:
        assert client.stat()[0] == 1
        views.empty(sdps, "alice")
        home = sdps.host.outside(sdps.user("alice").home)
        for path in (home / "Maildir").glob("dovecot.index.cache"):
            path.unlink()
        assert env(client, b"1")[2:] == NOBODY
        client.quit()


@pytest.mark.parametrize("command", ["*ENV x", "*ENV -1", "*ENV 1x"])
def test_what_is_no_number_is_refused(sdps, command):
    """And counts as a bad command."""
    with sdps.login() as client:
        assert client.command(command).startswith(
            b"-ERR Invalid message number: ")
        for _ in range(20):
            client.command(command)
        assert b"Too many bad commands" in client.read_eof()


@pytest.mark.parametrize("command", ["*ENV", "*ENV 1 2"])
def test_usage(sdps, command):
    """Exactly one argument."""
    with sdps.login() as client:
        assert client.command(command) == b"-ERR Usage: *ENV n"
        client.quit()


# Header, and the sender and recipient told of it.
HEADS = {
    "null sender": (b"Return-Path: <>\r\nDelivered-To: fred@x.example",
                    [b"", b"fred@x.example"]),
    "no sender": (b"Delivered-To: <fred@x.example>",
                  [b"", b"fred@x.example"]),
    "no recipient": (b"Return-Path: <a@b.example>",
                     [b"a@b.example", NOBODY[1]]),
    "topmost": (b"Delivered-To: fred@x.example\r\n"
                b"Delivered-To: anna@x.example",
                [b"", b"fred@x.example"]),
    "topmost of all names": (b"Envelope-To: c@x.example\r\n"
                             b"X-Original-To: b@x.example\r\n"
                             b"Delivered-To: a@x.example",
                             [b"", b"c@x.example"]),
    "folded, then another name": (b"X-Original-To:\r\n b@x.example\r\n"
                                  b"Received: from x\r\n\tby y\r\n"
                                  b"Delivered-To: a@x.example",
                                  [b"", b"b@x.example"]),
    "topmost without an address": (b"Envelope-To:\r\n"
                                   b"Delivered-To: evil@x.example", NOBODY),
    "bare name": (b"Delivered-To: fred", [b"", b"fred@example.test"]),
    "quoted": (b'Delivered-To: "fred f"@x.example',
               [b"", b'"fred f"@x.example']),
    "folded": (b"Return-Path:\r\n <a@b.example>", [b"a@b.example",
                                                   NOBODY[1]]),
    "comment": (b"Delivered-To: fred@x.example (.)",
                [b"", b"fred@x.example"]),
    "list": (b"Return-Path: <list-bounces+fred=x.example@l.example>",
             [b"list-bounces+fred=x.example@l.example", NOBODY[1]]),
    "not an address": (b"Return-Path: a b c\r\nDelivered-To: @",
                       NOBODY),
    "control characters": (b"Return-Path: <a\x01@b.example>\r\n"
                           b"Delivered-To: \"a\x7fb\"@x.example", NOBODY),
    "longer than any": (b"Delivered-To: " + b"x" * 400 + b"@x.example",
                        NOBODY),
    "two": (b"Delivered-To: a@x.example, b@x.example",
            [b"", b"a@x.example"]),
    "many": (b"Delivered-To: " + b",".join([b"a@x.example"] * 5000),
             NOBODY),
}


def test_headers(sdps):
    """What is read from a header, in one message each."""
    found = envelopes(sdps, *(head for head, _ in HEADS.values()))
    for name, got in zip(HEADS, found):
        assert got == HEADS[name][1], name


def test_headers_from_the_cache(server):
    """The same, in the same order, when no message can be read any more."""
    ours = server(plugin_settings=ON)
    views.append(ours, "alice", [head + b"\r\n\r\nText\r\n"
                                 for head, _ in HEADS.values()])
    for cached in (False, True):
        with ours.login() as client:
            for number, name in enumerate(HEADS, 1):
                # The cache takes no field that is as large as this one.
                if name != "many" or not cached:
                    assert env(client, b"%d" % number)[2:] == \
                        HEADS[name][1], name
            client.quit()
        home = ours.host.outside(ours.user("alice").home)
        for path in (home / "Maildir").glob("*/*"):
            path.chmod(0)


def test_headers_by_setting(shared_server):
    """Other fields; their order in the setting makes no difference."""
    ours = shared_server(plugin_settings=dict(
        ON, pop3_ext_sdps_recipient_headers="X-Rcpt, Envelope-To",
        pop3_ext_sdps_sender_headers="X-From Return-Path"))
    views.empty(ours, "alice")
    assert envelopes(
        ours, b"Envelope-To: e@x.example\r\nReturn-Path: <r@x.example>\r\n"
        b"X-Rcpt: x@x.example\r\nDelivered-To: d@x.example",
        b"X-From: f@x.example\r\nEnvelope-To: e@x.example") == [
            [b"r@x.example", b"e@x.example"], [b"f@x.example", b"e@x.example"]]


@pytest.mark.parametrize("name", ["pop3_ext_sdps_recipient_headers",
                                  "pop3_ext_sdps_sender_headers"])
@pytest.mark.parametrize("value,error", [
    ("To:", r'"To:" can\'t be the name of a header field'),
    (" ", "there must be 1 to 8 names of header fields")],
    ids=["colon", "none"])
def test_wrong_headers_are_named(server, name, value, error):
    """In the log, and *ENV is refused."""
    ours = server(users=[User("alice", fields={name: value, **ON})])
    ours.expect_log("Error: pop3_ext: %s: %s" % (name, error))
    with ours.login() as client:
        assert client.command("*ENV 1") in (
            b"-ERR [SYS/PERM] The server is not configured correctly",
            b"-ERR Unknown command: *ENV")
        client.quit()


def test_account_of_a_view(server):
    """Numbers are the view's, and without a message it is the account at its
    host that answers."""
    ours = server(users=[User("xyz", fields={
        "pop3_ext_view_account": "Fred",
        "pop3_ext_view_host": "xyz.example"})], plugin_settings=ON)
    views.append(ours, "xyz", [views.message(1, b"anna"),
                               views.message(2, b"fred")])
    with ours.login("xyz") as client:
        assert env(client, b"1") == [b"1", b"xyz.example",
                                     b"sender2@example.org",
                                     b"fred@xyz.example"]
        assert env(client, b"2") == [b"2", b"xyz.example", b"",
                                     b"Fred@xyz.example"]
        client.quit()


def test_login_name_that_is_no_address(server):
    """Something is said all the same."""
    ours = server(users=["a..b"], plugin_settings=ON)
    with ours.login("a..b") as client:
        assert env(client, b"1")[2:] in ([b"", b"a..b"],
                                         [b"", b'"a..b"@example.test'])
        client.quit()


def test_pipelined_with_the_hosts_commands(sdps):
    """All in one packet with the password, answered in order."""
    views.append(sdps, "alice", [views.message(1, b"fred"),
                                 views.message(2, b"anna")])
    with sdps.connect() as client:
        client.send(b"USER alice\r\nPASS pw-alice\r\n*ENV 1\r\nSTAT\r\n"
                    b"*ENV 2\r\nDELE 1\r\n*ENV 1\r\nQUIT\r\n")
        lines = client.read_eof().split(b"\r\n")[2:]
    assert lines[0] == lines[7] == lines[14] == b"+OK Envelope follows"
    assert lines[4:7] == [b"fred@xyz.example", b".",
                          lines[6]] and lines[6].startswith(b"+OK 2 ")
    assert lines[11:14] == [b"anna@xyz.example", b".",
                            b"+OK Marked to be deleted."]
    assert lines[18:21] == [b"alice@example.test", b".",
                            b"+OK Logging out, messages deleted."]


def test_storage_failure_closes(server):
    """Neither -ERR nor a wrong envelope: the client comes back later."""
    ours = server(plugin_settings=ON)
    views.append(ours, "alice", [views.message(1, b"fred")])
    home = ours.host.outside(ours.user("alice").home)
    with ours.login() as client:
        assert client.stat()[0] == 1
        for path in (home / "Maildir").glob("*/*"):
            path.chmod(0)
        ours.expect_log(r"Error: .*\*ENV: ")
        ours.allow_log(r"Error: .*(Maildir|open\(|read\()")
        client.send_line("*ENV 1")
        with pytest.raises(pop3.Closed) as closed:
            client.line()
        assert closed.value.data == b""


def test_envelope_comes_from_the_cache(server):
    """A second session reads no message."""
    ours = server(plugin_settings=ON)
    views.append(ours, "alice", [views.message(1, b"fred")])
    with ours.login() as client:
        assert env(client, b"1")[3] == b"fred@xyz.example"
        client.quit()
    home = ours.host.outside(ours.user("alice").home)
    for path in (home / "Maildir").glob("*/*"):
        path.chmod(0)
    with ours.login() as client:
        assert env(client, b"1")[2:] == [b"sender1@example.org",
                                         b"fred@xyz.example"]
        client.quit()
