"""UIDLs in SQLite and PostgreSQL by the dict server, with the configuration
that the documents show."""

import os
import pathlib
import re
import shutil
import sqlite3
import subprocess
import time

import pytest

from pop3ext import hosts, pop3, uidl

EXAMPLE = (pathlib.Path(__file__).resolve().parents[2] /
           "doc" / "example-config" / "uidl")


def table():
    """The shipped statement that makes the table."""
    return "\n".join(line for line in (
        EXAMPLE / "sql-table.sql").read_text().splitlines()
        if not line.startswith("--"))


class Sqlite:
    """A database file in a folder of the internal user."""

    driver = "sqlite"

    def __init__(self, folder):
        folder.mkdir()
        self._path = folder / "uidl.db"
        self._lock = None
        with sqlite3.connect(self._path) as connection:
            connection.executescript(table())
        for path in (folder, self._path):
            path.chmod(0o777 if path == folder else 0o666)

    def config_23(self, text, host):
        """The configuration of 2.3 with this database."""
        return re.sub("(?m)^connect = .*", "connect = " +
                      host.inside(self._path), text)

    def config_24(self, text, host):
        """That of 2.4."""
        text = text.replace("sql_driver = pgsql", "sql_driver = sqlite\n"
                            "sqlite_path = " + host.inside(self._path))
        return re.sub(r"(?s)    pgsql 127.*?\n    }\n", "", text)

    def rows(self):
        """How many rows the table has."""
        with sqlite3.connect(self._path) as connection:
            return connection.execute(
                "SELECT COUNT(*) FROM pop3_uidl").fetchone()[0]

    def empty(self):
        """No rows."""
        with sqlite3.connect(self._path) as connection:
            connection.execute("DELETE FROM pop3_uidl")

    def stop(self):
        """Not to be written any more: somebody holds its lock."""
        self._lock = sqlite3.connect(self._path, isolation_level=None)
        self._lock.execute("BEGIN EXCLUSIVE")

    def start(self):
        if self._lock is not None:
            self._lock.execute("ROLLBACK")
            self._lock.close()
            self._lock = None

    close = start


class Postgres:
    """A PostgreSQL of its own on loopback, run by an ordinary user."""

    driver = "pgsql"

    def __init__(self, folder, port):
        bins = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin"))
        if not bins:
            pytest.skip("postgresql is not installed")
        self._bin = bins[-1]
        self._folder = folder
        self._port = port
        self._process = None
        folder.mkdir()
        os.chown(folder, hosts.MAIL_UID, hosts.MAIL_GID)
        self._run(self._bin / "initdb", "-D", folder / "data", "-A", "trust",
                  "-U", "dovecot", "--no-sync", "-E", "UTF8", "--locale", "C")
        self.start()
        self._sql("postgres", "CREATE DATABASE mails")
        self._sql("mails", table())

    def _run(self, *command):
        return subprocess.run(
            [str(word) for word in command], user=hosts.MAIL_UID,
            group=hosts.MAIL_GID, extra_groups=[], cwd=self._folder,
            env={"PATH": "/usr/bin:/bin", "LC_ALL": "C",
                 "HOME": str(self._folder)}, check=True, text=True,
            stdin=subprocess.DEVNULL, capture_output=True).stdout

    def _sql(self, database, statement):
        return self._run("psql", "-h", "127.0.0.1", "-p", self._port, "-U",
                         "dovecot", "-d", database, "-qtAc", statement)

    def start(self):
        if self._process is not None:
            return
        self._process = subprocess.Popen(
            [str(self._bin / "postgres"), "-D", str(self._folder / "data"),
             "-h", "127.0.0.1", "-p", str(self._port), "-k", "",
             "-F"], user=hosts.MAIL_UID, group=hosts.MAIL_GID,
            extra_groups=[], cwd=self._folder, env={"LC_ALL": "C"},
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 60
        while subprocess.run(
                [str(self._bin / "pg_isready"), "-q", "-h", "127.0.0.1",
                 "-p", str(self._port)], check=False).returncode != 0:
            assert time.monotonic() < deadline
            time.sleep(0.05)

    def stop(self):
        """At once; clients are cut off."""
        if self._process is not None:
            self._process.send_signal(3)
            self._process.wait()
            self._process = None

    close = stop

    def config_23(self, text, host):
        return text.replace("port=5432", "port=%d" % self._port)

    def config_24(self, text, host):
        return text.replace("port = 5432", "port = %d" % self._port)

    def empty(self):
        self._sql("mails", "DELETE FROM pop3_uidl")

    def rows(self):
        return int(self._sql("mails", "SELECT COUNT(*) FROM pop3_uidl"))


@pytest.fixture(name="made", scope="module", params=["sqlite", "pgsql"])
def _made(request, ports, host):
    folder = host.mkdtemp("sql")
    folder.chmod(0o755)
    if request.param == "sqlite":
        made = Sqlite(folder / "sqlite")
    else:
        made = Postgres(folder / "pgsql", ports.take())
    yield made
    made.close()
    shutil.rmtree(folder)


@pytest.fixture(name="database")
def _database(made):
    made.start()
    made.empty()
    return made


def configured(server, database, **kwargs):
    """A server with the shipped configuration."""
    made = server(start=False, plugin=uidl.PLUGINS, **kwargs)
    if made.host.is_24:
        made._options["extra"] += database.config_24(
            (EXAMPLE / "sql-2.4.conf").read_text(), made.host)
    else:
        ext = made.folder / "sql.conf.ext"
        ext.write_text(database.config_23(
            (EXAMPLE / "sql-2.3.conf.ext").read_text(), made.host))
        made._options["extra"] += (
            EXAMPLE / "sql-2.3.conf").read_text().replace(
                "pgsql:/etc/dovecot/sql-2.3.conf.ext",
                "%s:%s" % (database.driver, made.host.inside(ext)))
    made.write_config()
    return made.start()


def empty_home(ours):
    for path in uidl.home(ours).iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def test_uidls_come_back_from_the_database_when_the_home_is_lost(
        server, database):
    ours = configured(server, database)
    # more than one page
    uidl.fill(ours, range(1, 140))
    uidl.listing(ours)
    uidl.fill(ours, range(140, 145))
    before = uidl.by_subject(ours)
    assert database.rows() == 3
    messages = ours.messages("alice")
    empty_home(ours)
    imap = ours.imap()
    for _, text in messages:
        imap.append("INBOX", None, None, text)
    imap.logout()
    assert uidl.by_subject(ours) == before
    assert database.rows() == 3


def test_no_wrong_list_while_the_database_is_down(server, database):
    ours = configured(server, database)
    uidl.fill(ours, range(1, 6))
    before = uidl.listing(ours)
    uidl.fill(ours, range(6, 8))
    # 2.3's dict server crashes when PostgreSQL goes away
    ours.allow_log("(pop3|dict).*: (Error|Fatal|Panic): ")
    client = ours.login()
    database.stop()
    client.send_line("UIDL")
    assert client.read_eof() == b""
    client.close()
    if database.driver == "pgsql":
        # (of an SQLite database that is locked can be read)
        with pytest.raises(pop3.Refused, match="Message ids are not"):
            ours.login()
    database.start()
    assert uidl.listing(ours).startswith(before)


def test_two_hosts_with_one_database(server, database):
    one = configured(server, database)
    two = configured(server, database)
    uidl.fill(one, range(1, 6))
    before = uidl.by_subject(one)
    imap = two.imap()
    for number in range(5, 0, -1):
        imap.append("INBOX", None, None, uidl.message(number))
    imap.logout()
    assert uidl.by_subject(two) == before
    uidl.fill(two, [6])
    seen = uidl.by_subject(two)
    uidl.fill(one, [7, 6])
    shown = uidl.by_subject(one)
    assert shown["m6"] == seen["m6"]
    uidl.journal(two).unlink()
    assert uidl.by_subject(two) == seen
