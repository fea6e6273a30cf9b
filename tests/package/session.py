"""session - what a user sees of the package, on a server made by ./setup.

session.py PORT sends one message by XTND XMIT and fetches it.
"""

import imaplib
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "lib"))

from pop3ext import pop3  # noqa: E402

MESSAGE = (b"To: Bob <bob@example.test>\r\n"
           b"Bcc: carol@example.test\r\n"
           b"Subject: package\r\n"
           b"\r\n"
           b".dot\r\n")


def login(port, name):
    """A session."""
    client = pop3.Client(port)
    client.login(name, "secret")
    return client


def imap_count(port, name):
    """How many messages IMAP shows."""
    with imaplib.IMAP4("127.0.0.1", port) as client:
        client.login(name, "secret")
        _, (count,) = client.select("INBOX")
        return int(count)


def check_switched_off(port):
    """Users see nothing of the plugin."""
    with login(port, "alice") as client:
        assert not [line for line in client.capa() if b"XTND" in line]
        assert client.command("XTND XMIT").startswith(b"-ERR Unknown command")
        client.quit()


def check_send_and_fetch(port):
    """One message from user to user, and one who is not to be seen."""
    with login(port, "alice") as client:
        assert b"X-XTND XMIT" in client.capa()
        reply = client.xmit(MESSAGE)
        assert reply.startswith(b"+OK"), reply
        client.quit()
    for name in ("bob", "carol"):
        with login(port, name) as client:
            assert client.stat()[0] == 1
            message = client.retr(1)
            assert b"\r\nSubject: package\r\n" in message
            assert message.endswith(b"\r\n\r\n.dot\r\n")
            assert b"carol" not in message
            client.quit()


if __name__ == "__main__":
    check_send_and_fetch(int(sys.argv[1]))
