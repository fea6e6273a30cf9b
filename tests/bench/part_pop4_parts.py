"""part_pop4_parts - RPRT DATA against IMAP BINARY of the same large part.

The client is this process: its own time is in the wall time of both sides.
"""

import base64
import random

import mailboxes
import parts
from part_pop4_messages import POP4, Imap, Pop, measure_step, row
from report import ratio_goal

USER = "c1"


def _message(octets):
    """A text and a part of so many random octets; lines end with CRLF."""
    text = base64.encodebytes(random.Random(1939).randbytes(octets))
    return (b"MIME-Version: 1.0\r\nSubject: large\r\n"
            b"Content-Type: multipart/mixed; boundary=limit\r\n\r\n"
            b"--limit\r\n\r\nsmall\r\n--limit\r\n"
            b"Content-Type: application/octet-stream\r\n"
            b"Content-Transfer-Encoding: base64\r\n\r\n" +
            text.replace(b"\n", b"\r\n") + b"--limit--\r\n")


def _fill(srv, homes, octets):
    """One message, whose structure the host's cache knows; the decoded size
    it does not."""
    mailboxes.copy(homes, "m200", USER)
    imap = Imap(srv, USER)
    imap.line("STORE 1:* +FLAGS.SILENT (\\Deleted)")
    imap.line("EXPUNGE")
    imap.store(_message(octets))
    imap.line("FETCH 1 BODYSTRUCTURE")
    imap.quit()


def _fetch(srv, _homes, _user):
    pop, imap = Pop(srv, USER), Imap(srv, USER)
    pop.list("LPRT 1")
    imap.line("FETCH 1 BODYSTRUCTURE")
    try:
        return [
            ("pop4", measure_step(srv, lambda: pop.list("RPRT 1 2 DATA"))),
            ("imap", measure_step(srv, lambda: imap.line(
                "FETCH 1 BINARY.PEEK[2]")))]
    finally:
        pop.close()
        imap.close()


def run(bench):
    """The whole part."""
    homes = mailboxes.make(bench.work / "parts-homes", True)
    megabytes = 10 if bench.quick else 50
    srv = bench.server(parts.LONG, users=parts.USERS, plugin_settings=POP4,
                       protocols=("pop3", "imap"))
    srv.use_homes(homes)
    bench.table.title("POP4 : IMAP, parts")
    with srv:
        _fill(srv, homes, megabytes << 20)
        row(bench, srv, homes, "RPRT DATA : BINARY, %d MB" % megabytes,
            ratio_goal("<= 1.0", 1.0), _fetch, USER)
