"""pop3_uidl is switched on: nothing changes.  The first sight of a maildrop
shows what the host showed."""

import subprocess

import pytest

from pop3ext import uidl
from test_machinery import session_pid
from test_pop4_parts import read_octets

MB = 1024 * 1024

# A format of 2.3 and what it is in 2.4.
FORMATS = [
    (None, None),
    ("%u", "%{uid}"),
    ("%v.%u", "%{uidvalidity}.%{uid}"),
    ("UID%u-%v", "UID%{uid}-%{uidvalidity}"),
    ("%g", "%{guid}"),
]


def format_settings(server, formats):
    """pop3 settings for a format."""
    value = formats[1 if server.host.is_24 else 0]
    return {} if value is None else {"pop3_uidl_format": value}


def on_and_off(server, pop3=None):
    """UIDL of a server without the plugin, with it twice, and without it
    again."""
    assert not server.plugin
    if pop3 is not None:
        uidl.change(server, pop3=pop3)
    before = uidl.listing(server)
    uidl.change(server, plugin=uidl.PLUGINS)
    assert uidl.listing(server) == before
    assert uidl.listing(server) == before
    uidl.change(server, plugin=[])
    assert uidl.listing(server) == before
    return before


@pytest.mark.parametrize("driver", uidl.DRIVERS)
def test_first_list_is_the_host_s_on_each_storage(server, driver):
    ours = server(plugin=[], driver=driver)
    uidl.fill(ours, range(1, 8))
    before = on_and_off(ours)
    assert len(before.split(b"\r\n")) == 7
    uidl.fill(ours, range(8, 11))
    after = on_and_off(ours)
    assert after.startswith(before) and len(after.split(b"\r\n")) == 10


@pytest.mark.parametrize("formats", FORMATS[1:], ids=lambda f: f[0])
def test_first_list_is_the_host_s_with_each_format(server, formats):
    ours = server(plugin=[])
    uidl.fill(ours, range(1, 5))
    on_and_off(ours, format_settings(ours, formats))


@pytest.mark.parametrize("duplicates", ["allow", "rename"])
def test_first_list_takes_x_uidl_lines_and_duplicates_as_the_host(
        server, duplicates):
    ours = server(plugin=[])
    for number in range(1, 4):
        uidl.fill(ours, [number], extra="X-UIDL: same\r\n")
    uidl.fill(ours, [4], extra="X-UIDL: other one\r\n")
    uidl.fill(ours, [5])
    before = on_and_off(ours, {"pop3_reuse_xuidl": "yes",
                               "pop3_uidl_duplicates": duplicates})
    assert before.count(b"same") == 3 and b"4 other one" in before


def test_dele_before_the_first_list_leaves_the_rest_for_the_next(server):
    """The first sight is over when all were seen: until then a message gets
    the host's UIDL even if another one has it, too."""
    ours = server(plugin=[], pop3_settings={"pop3_reuse_xuidl": "yes"})
    for number in range(1, 4):
        uidl.fill(ours, [number], extra="X-UIDL: same\r\n")
    before = uidl.listing(ours)
    assert before.count(b"same") == 3
    uidl.change(ours, plugin=uidl.PLUGINS)
    with ours.login() as client:
        client.ok("DELE 2")
        assert client.uidl() == {1: b"same", 3: b"same"}
        client.ok("RSET")
        client.quit()
    assert uidl.listing(ours) == before
    uidl.fill(ours, [4], extra="X-UIDL: same\r\n")
    assert uidl.listing(ours) == before + b"\r\n4 same-2"


def test_stored_uidls_of_the_maildir_come_first(server):
    ours = server(plugin=[])
    uidl.fill(ours, range(1, 4))
    uidl.change(ours, pop3={"pop3_save_uidl": "yes"})
    before = uidl.listing(ours)
    on_and_off(ours, {"pop3_uidl_format":
                      "%{uid}" if ours.host.is_24 else "%u"})
    assert uidl.listing(ours) == before


@pytest.mark.parametrize("driver", uidl.DRIVERS)
def test_uidl_of_one_message_is_that_of_the_list(server, driver):
    ours = server(plugin=uidl.PLUGINS, driver=driver)
    uidl.fill(ours, range(1, 5))
    with ours.login() as client:
        assert client.command("UIDL 3").startswith(b"+OK 3 ")
        one = client.ok("UIDL 2").split(b" ")[1:]
        listed = client.uidl()
        assert one == [b"2", listed[2]]
        client.ok("DELE 2")
        assert sorted(client.uidl()) == [1, 3, 4]
        client.ok("RSET")
        assert client.uidl() == listed


def test_mistakes_are_answered_as_by_the_host(server):
    ours = server(plugin=[])
    uidl.fill(ours, range(1, 3))
    lines = ["UIDL 3", "UIDL 0", "UIDL x", "UIDL 1 2", "UIDL 99999999999999",
             "UIDL -1", "DELE 1", "UIDL 1", "UIDL 2"]

    def replies():
        with ours.login() as client:
            return [client.command(line) for line in lines]

    before = replies()
    uidl.change(ours, plugin=uidl.PLUGINS)
    assert replies() == before


def test_empty_mailbox_has_an_empty_list_and_no_store(server):
    ours = server(plugin=uidl.PLUGINS)
    with ours.login() as client:
        assert client.uidl() == {}
    assert not uidl.journal(ours).exists()


def test_commands_behind_a_first_list_wait_for_it(server):
    ours = server(plugin=uidl.PLUGINS)
    uidl.fill(ours, range(1, 60))
    with ours.login() as client:
        client.send(b"STAT\r\nUIDL\r\nNOOP\r\nUIDL 1\r\nQUIT\r\n")
        assert client.line().startswith(b"+OK 59 ")
        assert client.line() == b"+OK"
        assert len(list(client.multi())) == 59
        assert client.line() == b"+OK"
        assert client.line().startswith(b"+OK 1 ")
        assert client.line().startswith(b"+OK Logging out")


def test_interrupted_first_session_leaves_less_to_do_for_the_next(server):
    ours = server(plugin=[])
    # makes the Maildir
    assert uidl.listing(ours) == b""
    uidl.pour(ours, range(1, 2001))
    before = uidl.listing(ours)
    mails = sorted((uidl.home(ours) / "Maildir" / "cur").iterdir())
    uidl.change(ours, plugin=uidl.PLUGINS)
    # it ends where a message can't be read, behind the first 1,000
    mails[1499].chmod(0)
    ours.expect_log("Error: .*Permission denied")
    with ours.login() as client:
        client.send_line("UIDL")
        assert client.read_eof() == b""
    # and the next one has no need to read these
    mails[1499].chmod(0o600)
    for path in mails[:1000]:
        path.chmod(0)
    assert uidl.listing(ours) == before


@pytest.mark.parametrize("octet", [b"\0", b"\n", b"\r", b">"],
                         ids=["NUL", "LF", "CR", "quote"])
def test_mail_of_octets_that_do_not_count_is_not_read_to_its_end(server, octet):
    """A message of 64 MB, of which the digest could take nothing."""
    ours = server(plugin=[])
    assert uidl.listing(ours) == b""
    uidl.pour(ours, [1])
    octets = 64 * MB
    (path,) = (uidl.home(ours) / "Maildir" / "new").iterdir()
    head = b"Subject: large\n\n"
    with path.open("wb") as file:
        file.write(head)
        for _ in range(octets // MB):
            file.write(octet * MB)
    size = path.stat().st_size
    # the host knows its sizes
    path.rename(path.with_name("%s,S=%d,W=%d" % (
        path.name, size,
        size + 2 + (octets if octet == b"\n" else 0))))
    before = uidl.listing(ours)
    uidl.change(ours, plugin=uidl.PLUGINS)
    mark = ours.log_size()
    with ours.login() as client:
        client.ok("NOOP")
        pid = session_pid(ours, "alice", mark)
        read = read_octets(pid)
        client.send_line("UIDL")
        assert client.line() == b"+OK"
        assert b"\r\n".join(client.multi()) == before
        assert read_octets(pid) - read < 4 * MB


def test_first_lists_can_be_made_ahead_of_the_users(server, host):
    """By curl and a master user, as pop3-uidl(7) says, while the plugin is on
    for the sessions of one address only."""
    plugins = ({name: "yes" for name in uidl.PLUGINS} if host.is_24 else
               " ".join(uidl.PLUGINS))
    separator = {"auth_master_user_separator": "*"}
    ours = server(plugin=[], before=uidl.master_passdb(host), settings={
        "remote 127.0.0.2": {"protocol pop3": {"mail_plugins": plugins}},
        **separator})
    uidl.fill(ours, range(1, 8))
    before = uidl.listing(ours)
    assert not uidl.journal(ours).exists()
    done = subprocess.run(
        ["curl", "-sS", "--interface", "127.0.0.2", "-K", "-", "-X", "UIDL",
         "pop3://127.0.0.1:%d/" % ours.ports["pop3"]],
        input=b'user = "alice*master:pw-master"\n', timeout=60, check=True,
        stdout=subprocess.PIPE)
    assert done.stdout.strip() == before
    ahead = uidl.journal(ours).read_bytes()
    assert uidl.listing(ours) == before
    assert uidl.journal(ours).read_bytes() == ahead
    uidl.change(ours, plugin=uidl.PLUGINS, settings=separator)
    assert uidl.listing(ours) == before
    assert uidl.journal(ours).read_bytes() == ahead


def test_uidl_pipelined_with_a_list_longer_than_the_output_buffer(server):
    ours = server(plugin=uidl.PLUGINS)
    uidl.fill(ours, range(1, 301))
    with ours.login() as client:
        client.send(b"UIDL\r\n" * 3 + b"QUIT\r\n")
        replies = []
        for _ in range(3):
            assert client.line() == b"+OK"
            replies.append(list(client.multi()))
        assert replies[0] == replies[1] == replies[2]
        assert len(replies[0]) == 300
