"""Settings: what is on without them, and what wrong ones cost."""

import re

import pytest

from pop3ext import hosts, pop3, smtpd, uidl, xmit
from pop3ext.server import User

SENT = b"+OK Message sent "
# Not this machine's address for connections to 127.0.0.1.
ELSEWHERE = ("127.0.0.2", 0)


def defaults(*names):
    """plugin_settings with Dovecot's own defaults for these settings of ours
    that the test servers set."""
    return dict.fromkeys(names)


@pytest.mark.parametrize("plugin", [("pop3_ext",), ("pop3_ext", "pop3_uidl")])
def test_loading_switches_nothing_on(server, plugin):
    """A loaded plugin without settings is not seen by clients: the same
    capabilities as stock, and nobody sends."""
    stock = server(plugin=[])
    ours = server(plugin=plugin, plugin_settings=defaults(
        "pop3_ext_xmit", "pop3_ext_xmit_require_tls"))
    with stock.login() as client:
        expected = client.capa()
        client.quit()
    with ours.login() as client:
        assert client.capa() == expected
        assert client.command("XTND XMIT") == \
            b"-ERR [SYS/PERM] XTND XMIT is switched off"
        for command in ("LFLD", "LFLG 1", "LPRT 1", "*ENV 1"):
            assert client.command(command).startswith(b"-ERR")
        client.quit()


@pytest.mark.parametrize("security, source, good", [
    (None, ELSEWHERE, False), ("starttls", ELSEWHERE, True),
    (None, None, True)])
def test_sending_asks_for_tls(server, relay, security, source, good):
    """When only pop3_ext_xmit is set, sending needs TLS or a client on this
    machine."""
    out = relay()
    ours = server(plugin_settings={
        "pop3_ext_xmit_relay": out.host_port,
        **defaults("pop3_ext_xmit_require_tls")})
    with ours.login(security=security, source=source) as client:
        if good:
            assert client.xmit(xmit.SIMPLE).startswith(SENT)
        else:
            assert client.command("XTND XMIT") == (
                b"-ERR [SYS/PERM] Sending mail needs TLS: switch it on in "
                b"your mail program")
        client.quit()


#
# Wrong values
#

NOT_CONFIGURED = b"-ERR [SYS/PERM] The server is not configured correctly"
EVERYTHING = {"pop3_ext_pop4": "folders messages flags parts",
              "pop3_ext_sdps": "yes"}

# Setting, wrong value, what the Error line says, which commands it costs.
WRONG = [
    ("pop3_ext_xmit", "perhaps", "yes or no", "XMIT"),
    ("pop3_ext_xmit_require_tls", "nearly", "yes or no", "XMIT"),
    ("pop3_ext_xmit_from", "everybody", "own, sender, any", "XMIT"),
    ("pop3_ext_xmit_pam", "../login", "name of a file", "XMIT"),
    ("pop3_ext_xmit_8bit", "convert", "refuse, pass", "XMIT"),
    ("pop3_ext_xmit_relay", "relay.example.test:port", "port", "XMIT"),
    ("pop3_ext_xmit_relay_ssl", "always", "starttls", "XMIT"),
    ("pop3_ext_xmit_relay_ssl_verify", "2", "yes or no", "XMIT"),
    ("pop3_ext_xmit_relay_timeout", "-1s", "Invalid time", "XMIT"),
    ("pop3_ext_xmit_relay_timeout", "30", "missing units", "XMIT"),
    ("pop3_ext_xmit_reply_timeout", "4294967297s", "too large", "XMIT"),
    ("pop3_ext_xmit_reply_timeout", "5 min", "between 1 and 240", "XMIT"),
    ("pop3_ext_xmit_max_size", "-1", "Invalid size", "XMIT"),
    ("pop3_ext_xmit_max_size", "18446744073709551615k", "too large", "XMIT"),
    ("pop3_ext_xmit_max_recipients", "4294967296", "4294967296", "XMIT"),
    ("pop3_ext_xmit_max_recipients", "0", "between 1 and 1000", "XMIT"),
    ("pop3_ext_pop4_max_size", "large", "Invalid size", "STOR"),
    ("pop3_ext_pop4_octets", "often", "yes or no", "LFLD"),
    ("pop3_ext_sdps", "demon", "yes or no", "*ENV"),
    ("pop3_ext_sdps_sender_headers", "no:header", "can't be the name", "*ENV"),
    ("pop3_ext_sdps_recipient_headers", "a:b", "can't be the name", "*ENV"),
    ("pop3_ext_implementation", "\u00e4", "printable ASCII", None),
]
WRONG_USERS = [User("wrong%d" % number, fields=dict([row[:2]]))
               for number, row in enumerate(WRONG)]
WRONG_IDS = ["%s=%.8s" % row[:2] for row in WRONG]


def assert_costs(client, cost):
    """Only this command is refused; the others, and UIDL, answer."""
    expected = {
        "XMIT": ("XTND XMIT", b"+OK Start sending"),
        "STOR": ("STOR Nowhere", b"-ERR"),
        "LFLD": ("LFLD", b"+OK"),
        "*ENV": ("*ENV 1", b"+OK"),
    }
    capa = client.capa()
    assert (b"X-XTND XMIT" in capa) == (cost != "XMIT")
    assert not any(line.startswith(b"IMPLEMENTATION") for line in capa)
    for name, (line, good) in expected.items():
        reply = client.command(line)
        assert (reply == NOT_CONFIGURED) == (name == cost), reply
        if name == cost:
            continue
        assert reply.startswith(good), reply
        if name == "XMIT":
            client.send(pop3.stuff(xmit.SIMPLE))
            assert client.line().startswith(SENT)
        elif good == b"+OK":
            client.multi()
    client.ok("UIDL")
    assert len(client.multi()) == 1
    assert client.command("STAT").startswith(b"+OK 1 ")


@pytest.fixture(scope="module", name="out")
def _out():
    with smtpd.Relay() as made:
        yield made


@pytest.mark.parametrize("number", range(len(WRONG)),
                         ids=lambda number: WRONG_IDS[number])
def test_wrong_value_of_a_user(shared_server, out, number):
    """A wrong userdb field costs the commands that use it, and one line in
    the log that names it; UIDLs and all else go on."""
    name, _, says, cost = WRONG[number]
    ours = shared_server(
        plugin=uidl.PLUGINS, plugin_settings={
            **EVERYTHING, "pop3_ext_xmit_relay": out.host_port},
        users=WRONG_USERS)
    user = "wrong%d" % number
    ours.deliver(user, xmit.SIMPLE)
    mark = ours.log_size()
    ours.expect_log("Error: pop3_ext: %s.*%s" % (name, re.escape(says)))
    with ours.login(user) as client:
        assert_costs(client, cost)
        client.quit()
    ours.wait_log("Error:", mark)
    errors = re.findall("Error:.*", ours.log(mark))
    assert len(errors) == 1, errors


@pytest.mark.parametrize("name, value, says, cost", WRONG, ids=WRONG_IDS)
def test_wrong_value_in_the_configuration(server, host, out, name, value,
                                          says, cost):
    """The same from plugin { } of Dovecot 2.3, which doveconf takes; that of
    2.4 names it before anything starts."""
    ours = server(plugin=uidl.PLUGINS, start=False, plugin_settings={
        **EVERYTHING, "pop3_ext_xmit_relay": out.host_port, name: value})
    if host.is_24:
        with pytest.raises(hosts.HostError) as error:
            ours.start()
        assert name in str(error.value) and says in str(error.value)
        return
    ours.start()
    ours.deliver("alice", xmit.SIMPLE)
    ours.expect_log("Error: pop3_ext: %s.*%s" % (name, re.escape(says)))
    with ours.login() as client:
        assert_costs(client, cost)
        client.quit()


def test_wrong_word_of_a_list(server):
    """pop3_ext_pop4: the groups with right names are on, each other word is
    named."""
    ours = server(users=[User("alice", fields={
        "pop3_ext_pop4": "folders mesages flag"})])
    ours.expect_log("Error: pop3_ext: pop3_ext_pop4=mesages flag: must be some "
                    "of: folders, messages, flags, parts")
    with ours.login() as client:
        client.ok("LFLD")
        client.multi()
        assert client.command("STOR") == b"-ERR Unknown command: STOR"
        assert client.command("LFLG 1") == b"-ERR Unknown command: LFLG"
        client.quit()


# Fields of a user, and whether the login is refused.
VIEWS = {
    "days": ({"pop3_ext_view_days": "many"}, "view_days", True),
    "negative": ({"pop3_ext_view_days": "-1"}, "view_days", True),
    "account": ({"pop3_ext_view_account": "fred",
                 "pop3_ext_sdps_recipient_headers": "a:b"},
                "recipient_headers", True),
    "recent": ({"pop3_ext_view_days": "3",
                "pop3_ext_sdps_recipient_headers": "a:b"},
               "recipient_headers", False),
    "sender": ({"pop3_ext_view_days": "3", "pop3_ext_xmit_from": "x"},
               "xmit_from", False),
    "plain": ({}, None, False),
}
VIEW_USERS = [User(name, fields=row[0]) for name, row in VIEWS.items()]


@pytest.mark.parametrize("name", VIEWS)
def test_wrong_view(shared_server, name):
    """A wrong setting of a view refuses the logins with such a view, and no
    others."""
    ours = shared_server(users=VIEW_USERS)
    _, setting, refused = VIEWS[name]
    if setting is not None:
        ours.expect_log("Error: pop3_ext: pop3_ext_.*" + setting)
    if refused:
        with pytest.raises(pop3.Refused, match="SYS/PERM"):
            ours.login(name)
    else:
        with ours.login(name) as client:
            assert client.command("STAT") == b"+OK 0 0"
            client.quit()


#
# Empty values
#

EMPTY = [
    # setting, whether 2.4 takes an empty value as one
    ("pop3_ext_xmit", False),
    ("pop3_ext_xmit_require_tls", False),
    ("pop3_ext_xmit_pam", False),
    ("pop3_ext_xmit_relay_user", False),
    ("pop3_ext_xmit_sender", False),
    ("pop3_ext_xmit_addresses", True),
    ("pop3_ext_xmit_from", False),
    ("pop3_ext_xmit_save", True),
]
EMPTY_USERS = [User("empty%d" % number, fields={name: ""})
               for number, (name, _) in enumerate(EMPTY)]


@pytest.mark.parametrize("name, takes", EMPTY)
def test_empty_userdb_field(shared_server, host, out, name, takes):
    """Dovecot 2.3 makes yes of an empty field: nobody sends as yes@..., and
    nothing is switched on by it. 2.4 hands over the empty value, which is one
    only where it can't be meant to protect something."""
    ours = shared_server(
        users=EMPTY_USERS,
        plugin_settings={"pop3_ext_xmit_relay": out.host_port})
    number = [row[0] for row in EMPTY].index(name)
    before = len(out.transactions)
    good = host.is_24 and takes
    if not good:
        ours.expect_log("Error: pop3_ext: " + name)
    with ours.login("empty%d" % number) as client:
        if good:
            assert client.xmit(xmit.SIMPLE).startswith(SENT)
        else:
            assert client.command("XTND XMIT") == NOT_CONFIGURED
        client.quit()
    assert len(out.transactions) == before + good


@pytest.mark.parametrize("name", ["account", "host", "days", "folder"])
def test_empty_userdb_field_of_a_view(server, name):
    """Whoever shall see a part never sees the whole INBOX because its name is
    missing; others log in."""
    setting = "pop3_ext_view_" + name
    ours = server(users=[User("alice", fields={setting: ""}), User("bob")])
    ours.deliver("alice", xmit.SIMPLE)
    ours.expect_log("Error: pop3_ext: %s.*the login is refused" % setting)
    with pytest.raises(pop3.Refused, match="SYS/PERM"):
        ours.login()
    with ours.login("bob") as client:
        assert client.command("STAT") == b"+OK 0 0"
        client.quit()


@pytest.mark.parametrize("name, good", [
    ("pop3_ext_xmit_sender", False), ("pop3_ext_xmit_save", True)])
def test_variable_that_expands_to_nothing(server, out, name, good):
    """%variables without a value are not the same as no value: nobody sends by
    his login name because a field is missing. A folder for copies may be
    missing."""
    value = "%{userdb:nothing}"
    ours = server(plugin_settings={
        "pop3_ext_xmit_relay": out.host_port, name: value})
    if not good:
        ours.expect_log("Error: pop3_ext: %s=.*expands to nothing" % name)
    with ours.login() as client:
        if good:
            assert client.xmit(xmit.SIMPLE).startswith(SENT)
        else:
            assert client.command("XTND XMIT") == NOT_CONFIGURED
        assert client.command("STAT") == b"+OK 0 0"
        client.quit()


@pytest.mark.parametrize("value, named", [
    ("%n@example.test", "%n"), ("x-%Lu", "%Lu"), ("%1.3n@a.test", "%1.3n"),
    ("alice%host.test@relay.test", None)])
def test_variables_of_another_series(server, host, out, value, named):
    """Dovecot 2.4 takes %n for text: nobody sends as "%n", and the log says
    why. Other text with a % stays what it is."""
    if not host.is_24:
        pytest.skip("these are variables in 2.3")
    ours = server(plugin_settings={
        "pop3_ext_xmit_relay": out.host_port, "pop3_ext_xmit_sender": value})
    before = len(out.transactions)
    if named is not None:
        ours.expect_log("Error: pop3_ext: pop3_ext_xmit_sender=.*: %s is a "
                        "variable of Dovecot 2.3" % re.escape(named))
    with ours.login() as client:
        if named is None:
            assert client.xmit(xmit.SIMPLE).startswith(SENT)
        else:
            assert client.command("XTND XMIT") == NOT_CONFIGURED
        client.quit()
    assert len(out.transactions) == before + (named is None)


def test_unknown_variable(server, host, out):
    """A variable that Dovecot does not know costs only what uses the setting.
    Dovecot 2.3 refuses all logins by itself."""
    if not host.is_24:
        pytest.skip("2.3 fails the user before plugins are asked")
    ours = server(plugin=uidl.PLUGINS, plugin_settings={
        **EVERYTHING, "pop3_ext_xmit_relay": out.host_port,
        "pop3_ext_xmit_sender": "%{nosuch}@example.test"})
    ours.deliver("alice", xmit.SIMPLE)
    ours.expect_log("Error: pop3_ext: pop3_ext_xmit_sender: .*nosuch")
    with ours.login() as client:
        assert_costs(client, "XMIT")
        client.quit()


NOT_ONE = [
    ("pop3_ext_xmit_sender", "a@b.example, c@d.example"),
    ("pop3_ext_xmit_sender", "a@b.example c@d.example"),
    ("pop3_ext_xmit_sender", "Alice <a@b.example>"),
    ("pop3_ext_xmit_sender", "@"),
    ("pop3_ext_xmit_sender", "@b.example"),
    ("pop3_ext_xmit_addresses", "foo@b.example bar@@baz"),
    ("pop3_ext_xmit_addresses", "foo@b.example;bar@b.example"),
    ("pop3_ext_xmit_addresses", "<foo@b.example>"),
]
NOT_ONE_USERS = [User("many%d" % number, fields=dict([row]))
                 for number, row in enumerate(NOT_ONE)]


@pytest.mark.parametrize("number", range(len(NOT_ONE)),
                         ids=lambda number: "%s=%.20s" % NOT_ONE[number])
def test_what_is_not_one_address(shared_server, out, number):
    """Nobody sends by an address that is made by quoting a list, and the log
    names the setting, once a session."""
    ours = shared_server(
        users=NOT_ONE_USERS,
        plugin_settings={"pop3_ext_xmit_relay": out.host_port})
    before = len(out.transactions)
    mark = ours.log_size()
    ours.expect_log("Error: XTND XMIT: %s: .*" % NOT_ONE[number][0])
    with ours.login("many%d" % number) as client:
        for _ in range(2):
            assert client.command("XTND XMIT") == (
                b"-ERR [SYS/PERM] Sending mail is not configured correctly")
        assert client.command("STAT") == b"+OK 0 0"
        client.quit()
    ours.wait_log("Error:", mark)
    assert len(re.findall("Error:", ours.log(mark))) == 1
    assert len(out.transactions) == before


#
# Unknown names
#

UNKNOWN = {
    "pop3_ext_xmit_requiretls": ": did you mean pop3_ext_xmit_require_tls?",
    "pop3ext_xmit": ": did you mean pop3_ext_xmit?",
    "pop3_ext_quota": "$",
    "pop3_uidl_onerror": ": did you mean pop3_uidl_on_error?",
}


@pytest.mark.parametrize("by", ["configuration", "userdb"])
@pytest.mark.parametrize("name", UNKNOWN)
def test_unknown_name(server, host, by, name):
    """A name that is none of ours is in the log once a process, with the
    nearest one; in Dovecot 2.4, doveconf refuses it in the configuration."""
    in_userdb = by == "userdb"
    ours = server(
        plugin=uidl.PLUGINS, start=False, client_limit=10, service_count=100,
        process_limit=1,
        users=[User(user, fields={name: "yes"} if in_userdb else {})
               for user in ("alice", "bob")],
        plugin_settings={} if in_userdb else {name: "yes"})
    if host.is_24 and not in_userdb:
        with pytest.raises(hosts.HostError) as error:
            ours.start()
        assert name in str(error.value)
        return
    ours.start()
    says = "There is no setting %s, so it does nothing%s" % (
        name, UNKNOWN[name].replace("?", r"\?"))
    ours.expect_log("(?m)Error: .*" + says)
    for user in ("alice", "bob", "alice"):
        with ours.login(user) as client:
            client.ok("UIDL")
            client.multi()
            client.quit()
    assert len(re.findall("Error:", ours.log())) == 1


def test_known_fields_are_not_named(server):
    """What Dovecot and our own auth drivers return is no misspelt setting."""
    ours = server(plugin=uidl.PLUGINS, users=[User("alice", fields={
        "pop3_uidl_duplicates": "rename", "pop3_ext_no_mime": "yes"})])
    with ours.login() as client:
        client.quit()


#
# pop3_uidl
#

def test_wrong_on_error_means_refuse(server, host):
    """pop3_uidl_on_error: a wrong value costs nothing while the UIDLs can be
    read. When they can't, logins are refused."""
    ours = server(plugin=uidl.PLUGINS, users=[User("alice", fields={
        "pop3_uidl_on_error": "perhaps"})])
    uidl.fill(ours, range(1, 4))
    line = "Error: pop3_uidl: pop3_uidl_on_error=perhaps: must be one of: " \
        "refuse, host"
    ours.expect_log(line)
    before = uidl.listing(ours)
    assert len(before.split(b"\r\n")) >= 3
    journal = uidl.journal(ours)
    journal.write_bytes(b"no journal")
    ours.expect_log("is not a UIDL store|is truncated|is damaged")
    with pytest.raises(pop3.Refused, match="Message ids are not available"):
        ours.login()


@pytest.mark.parametrize("on_error", ["refuse", "host"])
def test_wrong_dict(server, host, on_error):
    """A dict that can't be opened: POP3 goes by pop3_uidl_on_error, and IMAP,
    which loads the plugin too, goes on."""
    if host.is_24:
        pytest.skip("doveconf of 2.4 refuses the configuration itself")
    ours = server(plugin=uidl.PLUGINS, plugin_settings={
        "pop3_uidl_dict": "nosuch:/tmp", "pop3_uidl_on_error": on_error},
        settings={"mail_plugins": "pop3_uidl"})
    ours.imap().logout()
    ours.expect_log("Error: pop3_uidl_dict: .*nosuch")
    if on_error == "refuse":
        with pytest.raises(pop3.Refused, match="Message ids are not"):
            ours.login()
    else:
        with ours.login() as client:
            client.ok("UIDL")
            client.multi()
            client.quit()
