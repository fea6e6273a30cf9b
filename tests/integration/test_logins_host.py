"""Logins that Dovecot leaves to others, with the plugin and the auth modules
on: Kerberos by GSSAPI, and PAM, whose answers the auth cache keeps."""

import re
import shutil
import subprocess

import pytest

from pop3ext import hosts, kdc
from pop3ext.server import User
from test_login_names import config, fields, refuse

pytestmark = pytest.mark.auth

MESSAGE = b"Subject: one\r\n\r\nText\r\n"
FORMS = "recent:user user#folder"
# A user of every Debian, and what only PAM takes for his password.
SYSTEM_USER = "games"
SECRET = "pam-sEcReT-77"


@pytest.fixture(name="realm")
def _realm(tmp_path, ports):
    if kdc.missing() is not None:
        pytest.skip("%s is not installed" % kdc.missing())
    made = kdc.Kdc(tmp_path / "kdc", ports.take())
    with made:
        for name in ("alice", "bob#INBOX"):
            made.add(name, "secret")
        made.add_service("pop/localhost")
        yield made


def curl(server, realm, cache, typed):
    """The session in which curl fetches the first message as the user who
    was typed, by a ticket."""
    done = subprocess.run(
        ["curl", "-sSv", "--login-options", "AUTH=GSSAPI", "--sasl-authzid",
         typed, "--user", ":",
         "pop3://localhost:%d/1" % server.ports["pop3"]],
        env=realm.env(cache), timeout=60, check=False,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return done.stdout.decode()


def test_gssapi(server, host, realm):
    """curl logs in by a ticket of a real KDC, with a plain name and with one
    that says more; a name of somebody else's is refused, whatever it says,
    and a principal's own name is no other user's with a modifier."""
    modules = host.outside(host.modules or host.stock_modules)
    if not (modules / "auth/libmech_gssapi.so").exists():
        pytest.skip("dovecot-gssapi is not installed")
    alice = User("alice")
    alice.passdb_fields["k5principals"] = "alice@" + realm.realm
    made = server(start=False, users=[alice, "bob"], kpop=realm,
                  auth="gssapi plain", settings={
                      "auth_gssapi_hostname": "localhost",
                      "auth_username_chars": "",
                      "auth_debug": "yes", "auth_verbose": "yes"})
    made._options["before"] = config(
        host, None, forms=FORMS + " account@host", hosts="%s/hosts" %
        host.inside(made.folder))
    # whoever has a ticket of the realm would be bob
    (made.folder / "hosts").write_text(realm.realm + " bob\n")
    made.write_config()
    made.start()
    made.deliver("alice", MESSAGE)
    made.deliver("bob", MESSAGE)
    cache = realm.kinit("alice", "secret")
    for typed, expected in (("alice", {}), ("alice@" + realm.realm, {}),
                            ("recent:alice", {"view_days": "7"}),
                            # what auth_username_format makes of it
                            ("recent:alice#INBOX", {
                                "view_days": "7", "view_folder": "inbox"})):
        mark = made.log_size()
        output = curl(made, realm, cache, typed)
        assert "AUTH GSSAPI" in output and "Subject: one" in output, typed
        made.wait_log(r"Log(in|ged in): user=<alice>, method=GSSAPI", mark)
        assert fields(made, mark) == expected
    for typed in ("bob", "recent:bob", "recent:nobody"):
        output = curl(made, realm, cache, typed)
        assert "-ERR [AUTH] Authentication failed." in output, typed
    # nobody in the table of users is called like that
    cache = realm.kinit("bob#INBOX", "secret")
    made.expect_log("Error: .*user not found from any userdb")
    made.allow_log("Error: .*Authenticated user not found")
    for typed in ("bob#INBOX", "bob\\#INBOX"):
        output = curl(made, realm, cache, typed)
        assert "AUTH GSSAPI" in output and "Subject:" not in output, typed
    assert not re.search(r"Log(in|ged in): user=<bob", made.log())


def pam_config(host, home):
    """PAM decides, and the system knows the user."""
    owner = {"uid": hosts.MAIL_USER, "gid": hosts.MAIL_GROUP, "home": home}
    if host.is_24:
        return ("passdb pam {\n  service_name = dovecot-login\n}\n"
                "userdb passwd {\n  fields {\n%s  }\n}\n" %
                "".join("    %s = %s\n" % item for item in owner.items()))
    return ("passdb {\n  driver = pam\n"
            "  args = cache_key=%%u dovecot-login\n}\n"
            "userdb {\n  driver = passwd\n  override_fields = %s\n}\n" %
            " ".join("%s=%s" % item for item in owner.items()))


@pytest.fixture(name="pam")
def _pam(server, host):
    """A server whose users come from PAM, with an auth cache.  Whom PAM was
    asked about stands in .folder/asked."""
    made = server(start=False, users=[SYSTEM_USER], auth="plain", settings={
        "auth_cache_size": "1M", "auth_cache_ttl": "1 hour",
        "auth_username_chars": "", "auth_debug": "yes"},
        mounts={"/etc/pam.d": "pam.d"})
    asked = host.inside(made.folder / "asked")
    (made.folder / "asked").touch()
    script = made.write_script("check", (
        "password=$(tr -d '\\0')\necho \"$PAM_USER\" >>%s\n"
        "[ \"$PAM_USER:$password\" = %s:%s ]\n") % (asked, SYSTEM_USER, SECRET))
    shutil.copytree(host.outside("/etc/pam.d"), made.folder / "pam.d",
                    symlinks=True)
    (made.folder / "pam.d/dovecot-login").write_text(
        "auth required pam_exec.so quiet expose_authtok %s\n"
        "account required pam_permit.so\n" % host.inside(script))
    made._options["before"] = config(host, None, forms=FORMS, hosts="") + \
        pam_config(host, made.user(SYSTEM_USER).home)
    made.write_config()
    return made.start()


def test_pam_and_the_auth_cache(pam):
    """PAM sees the plain user, and once: the cache knows no other name, and
    nothing that a name says comes out of it for the next one."""
    for typed, expected in (("recent:games", {"view_days": "7"}),
                            ("games", {}),
                            ("games#INBOX", {"view_folder": "INBOX"}),
                            ("recent:games", {"view_days": "7"}),
                            ("games", {})):
        mark = pam.log_size()
        with pam.connect() as client:
            client.login(typed, SECRET)
            client.quit()
        assert fields(pam, mark) == expected, typed
        assert (pam.folder / "asked").read_text().split() == [SYSTEM_USER]
    assert re.search("userdb.* cache hit|cache hit.*userdb", pam.log(mark))
    for typed in ("recent:games", "games", "recent:nobody"):
        assert refuse(pam, typed, "not-" + SECRET) == \
            b"-ERR [AUTH] Authentication failed."
    assert SECRET not in pam.log()
