"""XTND XMIT: the line in the log and the event of each submission."""

import json
import re

import pytest

from pop3ext import pop3, smtpd, xmit

SECRET = b"s3cr3t-content"
EVENTS = {
    "settings_23": {
        "event_exporter log": {
            "format": "json", "format_args": "time-unix", "transport": "log"},
        "metric xmit": {"exporter": "log",
                        "filter": "event=pop3_ext_xmit_finished"},
        "metric command": {"exporter": "log",
                           "filter": "event=pop3_ext_command_finished"},
    },
    "settings_24": {
        "event_exporter log": {"driver": "log", "format": "json",
                               "time_format": "unix"},
        "metric xmit": {"exporter": "log",
                        "filter": "event=pop3_ext_xmit_finished"},
        "metric command": {"exporter": "log",
                           "filter": "event=pop3_ext_command_finished"},
    },
}


def _events(ours, name, count):
    """The fields of the events of that name, when there are as many."""
    pattern = r"(\{\"event\":\"%s\".*\})" % name
    ours.wait_log("(?s)" + ".*".join([pattern] * count))
    found = [json.loads(text) for text in
             re.findall(pattern, ours.log(), re.M)]
    return [event["fields"] for event in found]


@pytest.fixture(name="ours")
def _ours(server, relay):
    out = relay()
    made = server(plugin_settings={"pop3_ext_xmit_relay": out.host_port,
                                   "pop3_ext_xmit_reply_timeout": "1s"},
                  **EVENTS)
    return made, out


def _submissions(out):
    """(message or wire bytes, what the log has to say), one by one."""
    message = xmit.message(
        b"From: alice@example.test", b"Message-ID: <1@client.test>",
        b"Subject: " + SECRET, b"X-Note: " + SECRET,
        to=b"To: " + SECRET + b" <bob@example.test>, carol@example.test",
        body=SECRET + b"\r\n" + b"x" * 100 + b"\r\n..\r\n")
    size = len(message)
    yield message, dict(result="sent", recipients="2", size=size,
                        msgid="<1@client.test>",
                        reply="250 2.0.0 queued as 1")
    out.on("final", smtpd.reply("554 5.6.0 no such content"), times=1)
    yield message, dict(result="refused", recipients="2", size=size,
                        msgid="<1@client.test>",
                        reply=".*554 5.6.0 no such content.*")
    out.on("final", smtpd.reply("451 4.3.0 busy"), times=1)
    yield message, dict(result="deferred", recipients="2", size=size,
                        msgid="<1@client.test>", reply=".*451 4.3.0 busy.*")
    out.on("final", smtpd.drop(), times=1)
    yield message, dict(result="unknown", recipients="2", size=size,
                        msgid="<1@client.test>", reply=".+")
    out.on("MAIL", smtpd.reply("451 4.3.0 not now"), times=1)
    yield message, dict(result="deferred", recipients="0", size=0, msgid="",
                        reply=".*451 4.3.0 not now.*")
    none = xmit.message(b"Subject: " + SECRET, to=None,
                        body=SECRET + b"\r\n")
    yield none, dict(result="refused", recipients="0", size=len(none),
                     msgid="", reply="No recipient.*")
    fresh = xmit.message(b"Subject: " + SECRET)
    yield fresh, dict(result="sent", recipients="1", size=len(fresh),
                      msgid=r"<.+@.+>", reply="250 2.0.0 .*")


def test_line_and_event(ours):
    """One line and one event for each submission, with the same contents;
    the message's own words are in neither."""
    ours, out = ours
    with ours.login() as client:
        for number, (message, wanted) in enumerate(_submissions(out), 1):
            first, dot = xmit.try_xmit(client, message)
            lines = xmit.wait_results(ours, "alice", number)
            assert len(lines) == number
            line = lines[-1]
            assert line["sender"] == "alice@example.test"
            for name, value in wanted.items():
                if name == "reply" or name == "msgid":
                    assert re.fullmatch(value if name == "reply" or
                                        value.startswith("<.") else
                                        re.escape(value), line[name]), name
                else:
                    assert line[name] == str(value), name
            assert (dot or first).startswith(b"+OK") == (
                wanted["result"] == "sent")
        client.quit()
    lines = xmit.results(ours, "alice")
    events = _events(ours, "pop3_ext_xmit_finished", len(lines))
    assert len(events) == len(lines)
    for line, event in zip(lines, events):
        assert event["mail_from"] == line["sender"]
        assert event["recipients"] == int(line["recipients"])
        assert event["message_size"] == int(line["size"])
        assert event["message_id"] == line["msgid"]
        assert event["relay_reply"] == line["reply"]
        assert event["result"] == line["result"]
        assert event["user"] == "alice"
        assert event["session"]
    # A message that is sent carries the Message-ID that the log shows.
    assert lines[-1]["msgid"].encode() == xmit.Mail(
        out.transactions[-1].data).get("Message-ID")[0]
    assert SECRET.decode() not in ours.log()
    assert "bob@" not in ours.log()


def test_user_and_session(ours):
    """The line begins as all lines of the session do."""
    ours, _ = ours
    with ours.login("bob") as client:
        client.xmit(xmit.SIMPLE)
        client.quit()
    match = ours.wait_log(
        r"pop3\(bob\)<(\d+)><(\S+)>: Info: xmit: sent: from=<bob@")
    ours.wait_log(r"pop3\(bob\)<%s><%s>: Info: (Disconnected|Logged out)" %
                  (match.group(1), re.escape(match.group(2))))


@pytest.mark.valgrind
def test_aborted(ours):
    """A client that goes away leaves one line."""
    ours, out = ours
    with ours.login() as client:
        client.ok("XTND XMIT")
        client.send(b"To: bob@example.test\r\nSubject: " + SECRET +
                    b"\r\n\r\n" + SECRET)
        out.wait(lambda relay: relay.connections and
                 b"DATA" in relay.connections[0].commands)
        client.close()
    (line,) = xmit.wait_results(ours, "alice")
    assert line["result"] == "aborted" and line["recipients"] == "1"
    (event,) = _events(ours, "pop3_ext_xmit_finished", 1)
    assert event["result"] == "aborted"
    assert SECRET.decode() not in ours.log()


def test_command_event(ours):
    """The event of the command has the fields of the host's own."""
    ours, out = ours
    with ours.login() as client:
        client.xmit(xmit.SIMPLE)
        client.command("xtnd xmit a b")
        out.on("MAIL", smtpd.reply("550 5.7.1 no"), times=1)
        client.command("Xtnd Xmit")
        client.ok("XTND XMIT")
        client.close()
    one, two, three, four = _events(ours, "pop3_ext_command_finished", 4)
    assert one["cmd_name"] == "XTND XMIT"
    assert one["reply_state"] == "OK"
    wire = len(b"XTND XMIT\r\n" + pop3.stuff(xmit.SIMPLE))
    assert one["net_in_bytes"] == wire
    assert one["net_out_bytes"] > 50
    assert two["reply_state"] == "ERR" and "a b" in str(two["cmd_args"])
    assert three["reply_state"] == "ERR"
    assert four["reply_state"] in ("ERR", "ABORTED")


@pytest.mark.parametrize("text", [
    b"<a\x01b\x1b[0m@x>", b"<" + b"y" * 3000 + b"@x>",
    "<j\u00f6@x>".encode() + b"\xff", b"<a@x>\r\n\tforged\r\n pop3(bob): Info: x",
    b"<1@x>, result=sent"])
def test_hostile_message_id(ours, text):
    """A Message-ID cannot write into the log what it likes."""
    ours, _ = ours
    with ours.login() as client:
        reply = client.xmit(xmit.message(b"Message-ID: " + text))
        assert reply.startswith(b"+OK")
        client.quit()
    (line,) = xmit.wait_results(ours, "alice")
    assert line["result"] == "sent" and len(line["msgid"]) < 500
    assert all(" " <= char <= "~" for row in ours.log().splitlines()
               for char in row)
