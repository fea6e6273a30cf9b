"""The harness itself against stock Dovecot: what all other tests lean on."""

import pytest

from pop3ext import pop3

# Stock servers have nothing of ours to look into.
pytestmark = pytest.mark.plain

MESSAGE = b"Subject: one\r\n\r\n.dot\r\nlast\r\n"


@pytest.mark.parametrize("driver", ["maildir", "mdbox", "sdbox", "mbox"])
def test_deliver_and_fetch(server, driver):
    """Delivered mail comes back as it was, by POP3 and by IMAP."""
    stock = server(plugin=[], driver=driver)
    stock.deliver("alice", MESSAGE)
    with stock.login("alice") as client:
        assert client.stat() == (1, len(MESSAGE))
        assert client.retr(1) == MESSAGE
        assert client.quit().startswith(b"+OK")
    assert [message for _, message in stock.messages("alice")] == [MESSAGE]


@pytest.mark.parametrize("security", [None, "starttls", "pop3s"])
def test_logins(shared_server, security):
    """Every way to log in."""
    stock = shared_server(plugin=[])
    for way in ("login", "auth_plain", "apop"):
        with stock.connect(security) as client:
            getattr(client, way)("alice", "pw-alice")
            client.quit()
    with stock.connect(security) as client:
        with pytest.raises(pop3.Refused):
            client.login("alice", "wrong")


def test_two_servers(server):
    """Two servers side by side know nothing of each other."""
    first, second = server(plugin=[]), server(plugin=[])
    first.deliver("alice", MESSAGE)
    with first.login() as client:
        assert client.stat()[0] == 1
    with second.login() as client:
        assert client.stat()[0] == 0


def test_user_fields(server):
    """Fields of the user table reach the userdb, blanks included."""
    stock = server(plugin=[], start=False)
    stock.user("bob").fields = {"x_note": "two words", "x_on": True}
    stock.write_users()
    stock.start()
    shown = stock.doveadm("user", "bob").stdout.decode()
    assert "x_note\ttwo words\n" in shown
    assert "x_on\tyes\n" in shown


def test_log_trouble_is_found(server):
    """An Error line fails the check unless it was announced, and an
    announced one has to come."""
    stock = server(plugin=[])
    stock.user("bob").home = "/nonexistent/home"
    stock.write_users()
    stock.wait_log("starting up")

    def provoke():
        mark = stock.log_size()
        with stock.connect() as client:
            with pytest.raises((pop3.Refused, pop3.Closed)):
                client.login("bob", "pw-bob")
                client.stat()
        stock.wait_log("Error:", mark)

    provoke()
    stock.stop(check=False, keep=True)
    with pytest.raises(AssertionError, match="trouble"):
        stock.check_log()
    stock.start()
    stock.expect_log("bob.*Error:")
    with pytest.raises(AssertionError, match="announced"):
        stock.check_log(timeout=0)
    stock.expect_log("bob.*Error:")
    provoke()


def test_rawlog_and_restart(server):
    """Raw traffic is kept, and a restart keeps the mail."""
    stock = server(plugin=[], rawlog=True)
    stock.deliver("alice", MESSAGE)
    stock.restart()
    with stock.login() as client:
        assert client.stat()[0] == 1
        client.quit()
    traffic = b"".join(path.read_bytes() for path in
                       (stock.folder / "rawlog").rglob("*.in"))
    assert b"STAT" in traffic


@pytest.mark.parametrize("protocols", [("pop3", "imap", "lmtp",
                                        "submission")])
def test_all_protocols(server, protocols):
    """LMTP and submission listen when they are asked for."""
    import smtplib
    stock = server(plugin=[], protocols=protocols,
                   settings={"submission_relay_host": "127.0.0.1"})
    with smtplib.LMTP("127.0.0.1", stock.ports["lmtp"],
                      timeout=20) as client:
        client.sendmail("x@example.test", ["alice@example.test"], MESSAGE)
    assert len(stock.messages("alice")) == 1
    with smtplib.SMTP("127.0.0.1", stock.ports["submission"],
                      timeout=20) as client:
        assert client.ehlo()[0] == 250
