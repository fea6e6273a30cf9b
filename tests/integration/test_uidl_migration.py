"""pop3_uidl beside Dovecot's pop3_migration."""

import os

from pop3ext import hosts, uidl

COUNT = 4
MIGRATION = "pop3_migration"
MAILBOX = "Old/Before"


# pop3_migration does not give the messages the same numbers in each session.
OLD = {"m%d" % number: [b"from-the-old-server-%d" % number]
       for number in range(1, COUNT + 1)}


def put_old_mailbox(server):
    """The mailbox of the old server, with UIDLs of its own."""
    folder = uidl.home(server) / "old" / ".Before"
    lines = ["3 V1234567 N%d G0123456789abcdef0123456789abcdef" %
             (COUNT + 1)]
    for name in ("cur", "new", "tmp"):
        (folder / name).mkdir(parents=True)
    for number in range(1, COUNT + 1):
        text = uidl.message(number).replace(b"\r\n", b"\n")
        name = "%d.M%dP1.old,S=%d" % (10 ** 9 + number, number, len(text))
        (folder / "cur" / (name + ":2,S")).write_bytes(text)
        lines.append("%d Pfrom-the-old-server-%d :%s" %
                     (number, number, name))
    (folder / "dovecot-uidlist").write_text("\n".join(lines) + "\n")
    for path in (folder.parent, folder, *folder.rglob("*")):
        os.chown(path, hosts.MAIL_UID, hosts.MAIL_GID)


def test_uidls_of_pop3_migration_are_kept_without_it(server, host):
    """At the first sight they are shown as without us; then the old mailbox,
    and pop3_migration, can go."""
    place = ({"mail_driver": "maildir", "mail_path": "~/old"} if host.is_24
             else {"location": "maildir:~/old"})
    spaces = {
        "namespace inbox": {"inbox": "yes", "separator": "/"},
        "namespace old": {"prefix": "Old/", "separator": "/", "hidden": "yes",
                          "list": "no", **place}}
    ours = server(plugin=[MIGRATION], settings=spaces,
                  plugin_settings={MIGRATION + "_mailbox": MAILBOX})
    uidl.fill(ours, range(1, COUNT + 1))
    put_old_mailbox(ours)
    assert uidl.by_subject(ours) == OLD
    uidl.change(ours, plugin=(MIGRATION, *uidl.PLUGINS))
    assert uidl.by_subject(ours) == OLD
    uidl.change(ours, plugin=uidl.PLUGINS, plugin_settings={},
                settings={"namespace inbox": spaces["namespace inbox"]})
    uidl.remove(ours, "old/.Before/**/*", "Maildir/dovecot*")
    assert uidl.by_subject(ours) == OLD
    uidl.fill(ours, [COUNT + 1])
    after = uidl.by_subject(ours)
    assert len(after) == COUNT + 1 and OLD.items() <= after.items()
