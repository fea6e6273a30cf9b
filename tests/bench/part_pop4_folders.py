"""part_pop4_folders - LFLD of many folders against LIST of Dovecot's IMAP, and
the change to a large folder against a stock login to such an INBOX."""

import os

from pop3ext import hosts

import mailboxes
import parts
from part_pop4_messages import POP4, Imap, Pop, measure_step, row
from report import ratio_goal

FOLDERS = 1000
EACH = 5
LIST = 'LIST "" * RETURN (STATUS (MESSAGES UNSEEN RECENT SIZE))'


def _fill(maildir, source, count):
    """A folder with links to the first messages of a Maildir."""
    for name in ("cur", "new", "tmp"):
        (maildir / name).mkdir(parents=True)
    files = sorted((source / "Maildir" / "cur").iterdir())
    for path in files[:count]:
        os.link(path, maildir / "cur" / path.name)
    for path in (maildir, *maildir.iterdir()):
        os.chown(path, hosts.MAIL_UID, hosts.MAIL_GID)


def _list(srv, _, user):
    pop, imap = Pop(srv, user), Imap(srv, user)
    try:
        # what both find in the list's index then
        pop.list("LFLD")
        imap.list(LIST)
        return [("pop4", measure_step(srv, lambda: pop.list("LFLD"))),
                ("imap", measure_step(srv, lambda: imap.list(LIST)))]
    finally:
        pop.close()
        imap.close()


def _select(stock):
    def step(srv, _, users):
        small, large = users
        session = Pop(srv, small)
        sessions = []
        try:
            return [
                ("pop4", measure_step(
                    srv, lambda: session.line("SFLD Large"))),
                ("imap", measure_step(
                    stock, lambda: sessions.append(Pop(stock, large))))]
        finally:
            for each in sessions + [session]:
                each.close()
    return step


def _warm(srv, stock, users):
    small, large = users
    for _ in range(2):
        session = Pop(srv, small)
        session.line("SFLD Large")
        session.quit()
        Pop(stock, large).quit()


def run(bench):
    """The whole part."""
    homes = mailboxes.make(bench.work / "pop4-folders-homes", bench.quick)
    large, name = (("m10k", "10,000") if bench.quick else
                   ("m100k", "100,000"))
    count = FOLDERS // 10 if bench.quick else FOLDERS
    for number in range(count):
        _fill(homes / "c1" / "Maildir" / (".folder-%04d" % number),
              homes / "m200", EACH)
    _fill(homes / "c2" / "Maildir" / ".Large", homes / large, None)
    srv, stock = (bench.server(parts.LONG, users=parts.USERS,
                               protocols=("pop3", "imap"), **kwargs)
                  for kwargs in ({"plugin_settings": POP4}, {"plugin": []}))
    for each in (srv, stock):
        each.use_homes(homes)
    bench.table.title("POP4, folders")
    with srv, stock:
        row(bench, srv, homes, "LFLD : LIST, %d folders" % count,
            ratio_goal("<= 1.0", 1.0), _list, "c1")
        _warm(srv, stock, ("c2", large))
        row(bench, srv, homes, "SFLD : stock login, %s messages" % name,
            ratio_goal("<= 1.1", 1.1), _select(stock), ("c2", large))
