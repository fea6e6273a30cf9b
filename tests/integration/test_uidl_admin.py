"""doveadm pop3-uidl: UIDLs are listed, carried along, checked and left."""

import os
import pty
import re
import shutil
import subprocess
import threading

import pytest

from pop3ext import uidl

EX_DIFFERS = 2
EX_DATAERR = 65
EX_TEMPFAIL = 75
EX_CONFIG = 78


def kept(ours, text="kept-"):
    """Settings of a format that no storage makes by itself."""
    return {"pop3_uidl_format": text + ("%{uid}" if ours.host.is_24
                                        else "%u")}


@pytest.fixture
def admin(server):
    """Makes servers whose doveadm has the plugin, too."""
    plugins = ({"pop3_uidl": "yes"} if server(start=False).host.is_24
               else "pop3_uidl")

    def make(**kwargs):
        return server(plugin=uidl.PLUGINS, settings={
            "protocol doveadm": {"mail_plugins": plugins},
            "namespace inbox": {"inbox": "yes", "separator": "/"}}, **kwargs)
    return make


def run(ours, command, *args, user="alice", code=0, **kwargs):
    """The command's output. Error: what it said."""
    who = ["-A"] if user is None else ["-u", user]
    done = ours.doveadm("-f", "tab", "pop3-uidl", command, *who, *args,
                        check=False, **kwargs)
    assert done.returncode == code, (done.stdout, done.stderr)
    run.error = done.stderr.decode()
    return done.stdout.decode()


def rows(text):
    """The rows of -f tab as dicts."""
    lines = [line.split("\t") for line in text.splitlines()]
    return [dict(zip(lines[0], line)) for line in lines[1:]]


def counts(text):
    """{result: count} of import, verify or release."""
    found = {}
    for row in rows(text):
        found[row["result"]] = found.get(row["result"], 0) + int(row["count"])
    return found


def export(ours, **kwargs):
    """The own list: -f tab does not belong to it."""
    who = ["-A"] if kwargs.get("user", "alice") is None else [
        "-u", kwargs.get("user", "alice")]
    return ours.doveadm("pop3-uidl", "export", *who).stdout.decode()


def put(ours, name, text):
    """A file that doveadm can read; its path in the host."""
    path = ours.folder / name
    path.write_text(text)
    path.chmod(0o644)
    return ours.host.inside(path)


def shown(ours, name="alice"):
    return uidl.listing(ours, name).decode().splitlines()


def snapshot(ours, name="alice"):
    return uidl.journal(ours, name).read_bytes()


def test_list_says_what_sessions_show(admin):
    ours = admin()
    uidl.fill(ours, range(1, 4))
    before = shown(ours)
    uidl.fill(ours, [4])
    listed = rows(run(ours, "list"))
    assert [row["uid"] for row in listed] == ["1", "2", "3", "4"]
    assert ["%d %s" % (number, row["uidl"]) for number, row in
            enumerate(listed[:3], 1)] == before
    assert listed[3]["uidl"] == ""          # nobody has seen it
    assert int(listed[0]["size"]) == len(uidl.message(1))
    # the index is lost: they are recognised, and nothing is written
    uidl.remove(ours, "Maildir/dovecot.index*", "Maildir/dovecot-uidlist")
    ours.allow_log("Error: |Warning: ")
    before = snapshot(ours)
    assert sorted(row["uidl"] for row in rows(run(ours, "list"))) == sorted(
        row["uidl"] for row in listed)
    assert snapshot(ours) == before


@pytest.mark.parametrize("driver", uidl.DRIVERS)
def test_export_and_import_are_an_exact_round_trip(admin, driver):
    """Into an empty store of a mailbox whose messages were copied: what is
    gone is remembered, too, and export says the same again."""
    ours = admin(driver=driver)
    uidl.fill(ours, range(1, 6))
    uidl.change(ours, pop3=kept(ours))
    shown(ours)
    uidl.fill(ours, [3])                    # the same message again
    before = shown(ours)
    uidl.expunge(ours, ["m2"])
    before = [line for line in before if not line.startswith("2 ")]
    text = export(ours)
    assert text.splitlines()[0] == "pop3-uidl 1 user=alice mailbox=INBOX"
    assert text.splitlines()[-1] == "end 6"
    assert len(re.findall(" gone ", text)) == 1

    run(ours, "forget")
    assert not uidl.journal(ours).exists()
    path = put(ours, "list", text)
    assert counts(run(ours, "import", "-n", path)) == {
        "imported": 5, "remembered": 1}
    assert not uidl.journal(ours).exists()
    assert counts(run(ours, "import", path)) == {
        "imported": 5, "remembered": 1}
    assert sorted(export(ours).splitlines()) == sorted(text.splitlines())
    # safe to repeat
    done = snapshot(ours)
    assert counts(run(ours, "import", path)) == {"kept": 6}
    assert snapshot(ours) == done
    uidl.change(ours, pop3={})
    assert [line.split()[1] for line in shown(ours)] == [
        line.split()[1] for line in before]
    # what was remembered belongs to its message
    uidl.fill(ours, [2])
    assert shown(ours)[-1].split()[1] == "kept-2"


def test_what_the_store_has_forgotten_is_carried_along(admin):
    """Messages of which only 13 octets are left: their UIDLs stay used."""
    ours = admin()
    text = ("pop3-uidl 1 user=alice mailbox=INBOX\n"
            "uidl old-2 gone number=2 key=0011223344556677\n"
            "used fedcba9876543210\nend 2\n")
    path = put(ours, "list", text)
    assert counts(run(ours, "import", "-n", path)) == {"remembered": 2}
    found = run(ours, "verify", path, code=EX_DIFFERS)
    assert counts(found) == {"unmatched": 2}
    assert not uidl.journal(ours).exists()
    assert counts(run(ours, "import", path)) == {"remembered": 2}
    assert counts(run(ours, "import", path)) == {"kept": 2}
    assert export(ours) == text
    uidl.fill(ours, [1, 2])
    uidl.change(ours, pop3=kept(ours, "old-"))
    assert shown(ours) == ["1 old-1", "2 old-2-2"]


def test_import_of_all_users_takes_each_ones_part(admin):
    ours = admin()
    for name in ("alice", "bob"):
        uidl.fill(ours, [1, 2], name=name)
    uidl.change(ours, pop3=kept(ours))
    before = {name: shown(ours, name) for name in ("alice", "bob")}
    text = export(ours, user=None)
    assert re.findall("(?m)^pop3-uidl 1 user=(.*) mailbox=INBOX$", text) == [
        "alice", "bob", "carol"]
    for name in before:
        run(ours, "forget", user=name)
    uidl.change(ours, pop3={})
    found = rows(run(ours, "import", put(ours, "list", text), user=None))
    assert [(row["Username"], row["result"], row["count"])
            for row in found] == [("alice", "imported", "2"),
                                  ("bob", "imported", "2")]
    assert {name: shown(ours, name) for name in before} == before


def test_import_from_standard_input_of_a_renamed_user(admin):
    ours = admin()
    uidl.fill(ours, [1], name="alice")
    uidl.fill(ours, [1], name="bob")
    uidl.change(ours, pop3=kept(ours))
    shown(ours)
    text = export(ours).encode()
    uidl.change(ours, pop3={})
    run(ours, "import", user="bob", code=EX_DATAERR, input=text)
    assert "has no UIDLs of user bob, mailbox INBOX" in run.error
    assert counts(run(ours, "import", "-o", "alice", user="bob",
                      input=text)) == {"imported": 1}
    assert shown(ours, "bob") == ["1 kept-1"]


def message_ids(*pairs):
    """A list of UIDLs and Message-IDs."""
    return "".join("%s <m%d@example.test>\n" % pair for pair in pairs)


def test_import_lists_what_it_leaves_out_and_never_guesses(admin):
    ours = admin()
    uidl.fill(ours, [1, 2, 3])
    # another message with the Message-ID of m3, and the same size
    uidl.fill(ours, [3], body="hELLO")
    path = put(ours, "list", message_ids(
        ("one", 1), ("three", 3), ("nine", 9)))
    for args in (["-n"], []):
        found = rows(run(ours, "import", "-t", "message-id", *args, path,
                         code=EX_DIFFERS))
        assert [(row["result"], row["count"], row["uidl"])
                for row in found] == [
            ("ambiguous", "1", "three"), ("unmatched", "1", "nine"),
            ("imported", "1", "")]
        assert found[0]["reason"] == ("several messages or UIDLs have its "
                                      "Message-ID")
    texts = [line.split()[1] for line in shown(ours)]
    assert texts[0] == "one"
    assert not {"three", "nine"} & set(texts)
    assert len(set(texts)) == 4


def test_what_was_shown_is_not_replaced_and_what_was_used_not_given(admin):
    ours = admin()
    uidl.fill(ours, [1, 2, 3])
    before = shown(ours)
    uidl.fill(ours, [4, 5])
    first = before[0].split()[1]
    path = put(ours, "list", message_ids(("other", 2), (first, 4), ("new", 5)))
    for args in (["-n"], []):
        found = rows(run(ours, "import", "-t", "message-id", *args, path,
                         code=EX_DIFFERS))
        assert [(row["result"], row["uidl"], row["uid"]) for row in found] == [
            ("different", "other", "2"), ("taken", first, "4"),
            ("imported", "", "")]
    after = shown(ours)
    assert after[:3] == before
    assert after[3].split()[1] != first
    assert after[4] == "5 new"
    found = rows(run(ours, "verify", "-t", "message-id", path, code=EX_DIFFERS))
    assert [(row["result"], row["uidl"]) for row in found
            if row["uidl"]] == [("different", "other"), ("different", first)]


BAD = {
    "cut": ("pop3-uidl 1 user=alice mailbox=INBOX\nuidl x uid=1/2\n",
            ":2: the line 'end' is missing: it was cut"),
    "octet": ("pop3-uidl 1 user=alice mailbox=INBOX\nuidl x\n"
              "uidl \u00e4 uid=1/2\nend 2\n",
              ":3: the UIDL has the octet 0xc3, which is none of 0x21 to "
              "0x7e"),
    "long": ("pop3-uidl 1 user=alice mailbox=INBOX\nuidl %s\nend 1\n" %
             ("x" * 1001),
             ":2: the UIDL has 1001 characters, more than 1000"),
    "user": ("pop3-uidl 1 user=dave mailbox=INBOX\nuidl x\nend 1\n",
             ": has no UIDLs of user alice, mailbox INBOX; the first are of "
             "user dave, mailbox INBOX"),
    "other": ("Subject: no list\n", ":1: it should begin with 'pop3-uidl 1'"),
}


def test_bad_lists_get_one_sentence_and_change_nothing(admin):
    ours = admin()
    uidl.fill(ours, [1, 2])
    before = shown(ours)
    uidl.fill(ours, [3])
    store = snapshot(ours)
    for name, (text, sentence) in BAD.items():
        path = put(ours, name, text)
        out = run(ours, "import", path, code=EX_DATAERR)
        assert rows(out) == []
        assert run.error.count("\n") == 1, run.error
        assert run.error.strip().endswith("Error: " + path + sentence)
    run(ours, "import", "-t", "nonsense", path, code=64)
    assert "Unknown format nonsense: it is none of own, " in run.error
    assert run.error.count("\n") == 1, run.error
    assert snapshot(ours) == store
    assert shown(ours)[:2] == before
    ours.doveadm("pop3-uidl", "list", "-u", "nobody-here", check=False)


def test_verify_says_what_a_session_would_show(admin):
    ours = admin()
    uidl.fill(ours, [1, 2, 3])
    shown(ours)
    text = put(ours, "list", export(ours))
    uidl.expunge(ours, ["m2"])
    uidl.fill(ours, [4])
    found = run(ours, "verify")
    assert counts(found) == {"shown": 2, "new": 1, "gone": 1}
    (new,) = [row for row in rows(found) if row["result"] == "new"]
    assert new["uid"] == "4" and len(new["uidl"]) == 16
    store = snapshot(ours)
    uidl.remove(ours, "Maildir/dovecot.index*", "Maildir/dovecot-uidlist")
    ours.allow_log("Error: |Warning: ")
    assert counts(run(ours, "verify")) == {"recognised": 2, "new": 1,
                                           "gone": 1}
    found = run(ours, "verify", text, code=EX_DIFFERS)
    assert counts(found) == {"recognised": 2, "new": 1, "gone": 1, "kept": 2,
                             "unmatched": 1}
    assert snapshot(ours) == store
    # and so it is: also when the text was another message's before
    (new,) = [row for row in rows(found) if row["result"] == "new"]
    assert shown(ours)[-1].split()[1] == new["uidl"]
    uidl.change(ours, settings=dict(ours._options["settings"], **{
        "pop3_uidl_format": "%{uid}x" if ours.host.is_24 else "%ux"}))
    uidl.fill(ours, [5, 6])
    foreseen = [row["uidl"] for row in rows(run(ours, "verify"))
                if row["result"] == "new"]
    assert len(foreseen) == 2 and foreseen[0].endswith("x")
    assert [line.split()[1] for line in shown(ours)[-2:]] == foreseen
    uidl.journal(ours).write_bytes(store[:-1])
    run(ours, "verify", code=EX_TEMPFAIL)
    assert "truncated" in run.error and run.error.count("\n") == 1


def test_verify_lists_duplicates(admin):
    """As Dovecot had shown them on the first day."""
    ours = admin()
    uidl.fill(ours, [1, 2])
    uidl.change(ours, pop3=kept(ours, "same-"))
    # twice the same line in the list of another server
    path = put(ours, "list", message_ids(("same", 1), ("same", 2)))
    assert counts(run(ours, "import", "-t", "message-id", path)) == {"imported": 2}
    found = rows(run(ours, "verify", code=EX_DIFFERS))
    assert [(row["result"], row["uidl"], row["uid"]) for row in found] == [
        ("duplicate", "same", "2"), ("shown", "", "")]


@pytest.mark.parametrize("driver", uidl.DRIVERS)
def test_release_hands_the_uidls_to_the_host(admin, driver):
    ours = admin(driver=driver)
    uidl.fill(ours, [1, 2])
    shown(ours)
    assert counts(run(ours, "release")) == {"kept": 2}
    uidl.fill(ours, [3, 4])
    uidl.change(ours, pop3=kept(ours))
    before = shown(ours)
    if driver == "maildir":
        assert counts(run(ours, "release", "-n")) == {"kept": 2,
                                                      "released": 2}
        assert counts(run(ours, "release")) == {"kept": 2, "released": 2}
        assert counts(run(ours, "release")) == {"kept": 4}
        uidl.change(ours, plugin=["pop3_ext"], pop3={})
        assert shown(ours) == before
    else:
        found = run(ours, "release", code=EX_DIFFERS)
        assert counts(found) == {"kept": 2, "impossible": 2}
        assert rows(found)[0]["reason"] == "%s has no place for it" % driver


def test_forget_begins_anew_whatever_the_store_is(admin):
    ours = admin()
    uidl.fill(ours, [1, 2])
    first = shown(ours)
    uidl.change(ours, pop3=kept(ours))
    assert shown(ours) == first
    run(ours, "forget", "-n")
    assert shown(ours) == first
    uidl.journal(ours).write_bytes(b"damaged")
    run(ours, "list", code=EX_TEMPFAIL)
    run(ours, "forget")
    assert shown(ours) == ["1 kept-1", "2 kept-2"]
    uidl.journal(ours).unlink()             # the index still knows it
    run(ours, "list", code=EX_TEMPFAIL)
    assert "run: doveadm pop3-uidl forget -u alice" in run.error
    run(ours, "forget")
    run(ours, "forget")
    assert shown(ours) == ["1 kept-1", "2 kept-2"]


def test_user_without_the_plugin(admin):
    ours = admin()
    run(ours, "list", "-m", "No Such", code=68)
    assert run.error.count("\n") == 1 and "No Such" in run.error


def test_import_beside_sessions(admin):
    """A session is open while its messages get UIDLs: it shows either what
    was imported or what it had given itself, and never both."""
    ours = admin()
    uidl.fill(ours, range(1, 4))
    path = put(ours, "list", message_ids(*(("i%d" % number, number)
                                           for number in range(1, 41))))
    shown(ours)
    with ours.login("alice") as early:
        uidl.fill(ours, range(4, 41))
        threads = [threading.Thread(target=shown, args=(ours,))
                   for _ in range(3)]
        for thread in threads:
            thread.start()
        found = counts(run(ours, "import", "-t", "message-id", path,
                           code=EX_DIFFERS))
        for thread in threads:
            thread.join()
        assert sum(found.values()) == 40
        early.quit()
    after = shown(ours)
    texts = [line.split()[1] for line in after]
    assert len(set(texts)) == 40
    assert sum(text.startswith("i") for text in texts) == \
        found.get("imported", 0)
    assert [row["uidl"] for row in rows(run(ours, "list"))] == texts
    assert shown(ours) == after


def test_by_a_doveadm_server(admin):
    """The process that admins with many hosts let do the work says the same,
    and takes a list."""
    ours = admin()
    uidl.fill(ours, [1, 2])
    uidl.change(ours, pop3=kept(ours))
    shown(ours)
    socket = ["-S", ours.host.inside(ours.folder / "run/doveadm-server")]
    for command in ("list", "verify"):
        assert run(ours, command, *socket) == run(ours, command)
    text = export(ours)
    there = ours.doveadm("pop3-uidl", "export", "-u", "alice", *socket)
    assert there.stdout.decode() == text
    run(ours, "forget", *socket)
    assert not uidl.journal(ours).exists()
    found = run(ours, "import", *socket, put(ours, "list", text))
    assert counts(found) == {"imported": 2}
    assert export(ours) == text


def test_progress_is_on_a_terminal_only(admin):
    ours = admin()
    uidl.fill(ours, range(1, 4))
    master, slave = pty.openpty()
    command = ours.host.argv(ours.doveadm_command("pop3-uidl", "verify",
                                                  "-u", "alice"))
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=slave,
                          env=dict(os.environ, POP3EXT_BLANK=" "), check=True)
    os.close(slave)
    said = os.read(master, 65536).decode()
    os.close(master)
    assert re.search(r"\ralice: looked at 0 of 3 messages", said)
    assert said.endswith("\r\x1b[K")
    assert b"looked at" not in done.stdout
    run(ours, "verify")
    assert run.error == ""


def test_commands_are_there_only_with_the_plugin(server):
    ours = server(plugin=uidl.PLUGINS)
    done = ours.doveadm("pop3-uidl", "list", "-u", "alice", check=False)
    assert done.returncode != 0 and b"uidl" not in done.stdout
