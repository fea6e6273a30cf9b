"""The Debian package: how it is built, and a life from installation to purge.

POP3EXT_HOST is the system whose lintian judges it, and whose suite it is built
for: in a system that has nothing but what debian/control asks for.
"""

import os
import pathlib
import re
import shutil
import subprocess
import tempfile

import pytest

from pop3ext import hosts, kdc, kpop, pop3

import clean
import session

TOP = pathlib.Path(__file__).parents[2]
# Beside the ports that integration tests use at the same time.
PORT = int(os.environ.get("POP3EXT_PORTS", "20000")) + 999

PACKAGE = "dovecot-pop3-ext"
CONF_D = "/etc/dovecot/conf.d"
CONFIG = CONF_D + "/95-pop3-ext.conf"
EXAMPLES = "/usr/share/doc/%s/examples" % PACKAGE
MODULES = "/usr/lib/dovecot/modules"
# One source serves all suites: newer lintians find what only older suites still
# need, and the other way round.
EXPECTED_TAGS = {"newer-standards-version",
                 "out-of-date-standards-version",
                 "package-uses-old-debhelper-compat-version",
                 "redundant-priority-optional-field",
                 "redundant-rules-requires-root-no-field",
                 "unused-override hardening-no-fortify-functions"}


@pytest.fixture(scope="module", name="host")
def _host():
    return hosts.Host(os.environ.get("POP3EXT_HOST", "/"))


def build(host, source):
    """Build a copy of this tree in that folder."""
    subprocess.run(
        ["bash", "-c", '. "$1/tests/hosts/lib.sh"; copy_source "$2"',
         "bash", TOP, source], check=True)
    # The unit tests of each host are a step of their own.
    env = dict(os.environ, DEB_BUILD_OPTIONS="parallel=2 nocheck",
               CCACHE_DIR="/var/cache/ccache", CCACHE_BASEDIR="/tmp",
               CCACHE_NOHASHDIR="1")
    done = host.run(["sh", "-c", 'cd "$1" && exec dpkg-buildpackage -us -uc',
                     "sh", host.inside(source)],
                    check=False, timeout=1200, env=env,
                    stderr=subprocess.STDOUT)
    text = done.stdout.decode("utf-8", "replace")
    # What is to blame stands far from the end.
    blamed = re.findall(r"(?m)^(?:FAIL: |ERROR: |.*\berror: |.*\*\*\* ).*", text)
    assert done.returncode == 0, "\n".join(blamed + [text[-3000:]])


@pytest.fixture(scope="module", name="built")
def _built(host):
    """The folder, as the host sees it, that has the packages; they were built
    elsewhere."""
    builder = hosts.Host(clean.provision("build", host.codename))
    source = pathlib.Path(tempfile.mkdtemp(
        prefix="pop3ext-package-", dir=builder.outside("/tmp")))
    folder = host.mkdtemp("package")
    try:
        build(builder, source / "src")
        for path in source.glob("dovecot-pop3-ext*.*"):
            shutil.copy(path, folder)
        yield host.inside(folder)
    finally:
        subprocess.run(["rm", "-rf", source, folder], check=True)


def package_file(host, built, name=PACKAGE):
    """The binary package, as we see it."""
    (path,) = host.outside(built).glob(name + "_*.deb")
    return path


def field(host, built, name):
    """A field of the package's control file."""
    path = host.inside(package_file(host, built))
    done = host.run(["dpkg-deb", "-f", path, name])
    return done.stdout.decode().strip()


def test_build(host, built):
    """Every file is where it belongs, and the package fits one Dovecot."""
    path = host.inside(package_file(host, built))
    listing = host.run(["dpkg-deb", "-c", path]).stdout.decode()
    files = {line.split()[5].lstrip(".") for line in listing.splitlines()
             if not line.startswith("d")}
    docs = "/usr/share/doc/%s/" % PACKAGE
    expected = {MODULES + "/lib95_pop3_ext_plugin.so",
                MODULES + "/lib96_pop3_uidl_plugin.so",
                MODULES + "/pop3-ext/pop3_ext.so",
                MODULES + "/pop3-ext/pop3_uidl.so",
                MODULES + "/doveadm/lib10_doveadm_pop3_uidl_plugin.so",
                MODULES + "/auth/libauthdb_pop3_ext_names.so",
                "/usr/lib/dovecot/pop3-ext-pam",
                "/usr/bin/pop4",
                "/usr/share/man/man1/doveadm-pop3-uidl.1.gz",
                "/usr/share/man/man1/pop4.1.gz",
                "/usr/share/man/man7/pop3-ext-auth.7.gz",
                "/usr/share/man/man7/pop3-ext.7.gz",
                "/usr/share/man/man7/pop3-uidl.7.gz",
                "/usr/share/man/man8/pop3-ext-pam.8.gz",
                "/usr/share/lintian/overrides/" + PACKAGE}
    if host.is_24:
        expected.add(MODULES + "/settings/libpop3_ext_settings.so")
    assert {name for name in files if not name.startswith(docs)} == expected
    assert docs + "copyright" in files
    # dh_compress takes those that are long
    specs = {name[len(docs):].removesuffix(".gz") for name in files
             if name.startswith(docs)}
    assert {"pop4.txt", "sdps.txt", "uidl-export.txt", "uidl-store.txt",
            "xtnd-xmit.txt"} <= specs
    assert {EXAMPLES + "/95-pop3-ext.conf",
            EXAMPLES + "/auth-pop3-ext.conf.ext"} <= files

    abi = host.outside("/usr/share/dovecot/dovecot-abi").read_text().strip()
    depends = field(host, built, "Depends").split(", ")
    assert "dovecot-abi-" + abi in depends
    assert "dovecot-pop3d" in depends
    assert field(host, built, "Enhances") == "dovecot-pop3d"
    # Nothing is in conf.d that nobody has put there.
    assert not [name for name in files if name.startswith("/etc/")]


def test_build_of_kpop(host, built):
    """The modules of KPOP are a package of their own, which alone needs the
    Kerberos library."""
    path = host.inside(package_file(host, built, PACKAGE + "-kpop"))
    listing = host.run(["dpkg-deb", "-c", path]).stdout.decode()
    files = {line.split()[5].lstrip(".") for line in listing.splitlines()
             if not line.startswith("d")}
    assert {name for name in files
            if not name.startswith(("/usr/share/doc/",
                                    "/usr/share/lintian/"))} == {
        MODULES + "/auth/libmech_kpop.so",
        MODULES + "/login/lib95_pop3_ext_kpop_plugin.so",
        "/usr/share/man/man7/pop3-ext-kpop.7.gz"}
    assert EXAMPLES.replace(PACKAGE, PACKAGE + "-kpop") + \
        "/96-pop3-ext-kpop.conf" in files
    fields = host.run(["dpkg-deb", "-f", path, "Depends"]).stdout.decode()
    assert "libkrb5-3" in fields
    assert PACKAGE + " (= " in fields
    assert "krb5" not in field(host, built, "Depends")


def test_lintian(host, built):
    """Lintian of the suite itself has nothing to say, not even pedantry."""
    done = host.run(["sh", "-c", 'cd "$1" && exec lintian -I --pedantic '
                     "--fail-on none *.changes", "sh", built],
                    check=False, timeout=300, stderr=subprocess.STDOUT)
    output = done.stdout.decode("utf-8", "replace")
    assert done.returncode == 0, output
    tags = re.findall(r"(?m)^[A-Z]: [^:]+: ((?:unused-override )?\S+)", output)
    assert set(tags) <= EXPECTED_TAGS, output


def check_nothing_left(system):
    """After the removal."""
    found = system.run("find", "/etc", "/usr", "/var", "(", "-name",
                       "*pop3-ext*", "-o", "-name", "*pop3_ext*", ")")
    assert found == ""


def install(system, package):
    """By apt-get, whose output is returned."""
    system.path("/tmp/" + package.name).write_bytes(package.read_bytes())
    return system.apt_get("install", "--no-install-recommends",
                          "/tmp/" + package.name)


def leave_old_config(system):
    """A copy of the example for 2.3, as a release upgrade leaves it."""
    system.path(CONF_D).mkdir(parents=True, exist_ok=True)
    shutil.copy(TOP / "conf.d/2.3/95-pop3-ext.conf", system.path(CONFIG))


def check_old_config(system, output):
    """It is out of the way of Dovecot 2.4, with a word, and not lost."""
    assert CONFIG + " is in the syntax of Dovecot 2.3: renamed" in output
    assert not system.path(CONFIG).exists()
    saved = system.path(CONFIG + ".dovecot-2.3")
    assert saved.read_text() == (
        TOP / "conf.d/2.3/95-pop3-ext.conf").read_text()
    system.run("doveconf", "-n")
    saved.unlink()


def check_mail(system):
    """Whatever became of the package: the configuration is read, mail is
    delivered, and IMAP shows it."""
    system.run("doveconf", "-n")
    with system.running():
        count = session.imap_count(PORT - 3, "dave")
        system.run("sh", "-c", "printf 'Subject: lda\n\nHi\n' | "
                   "/usr/lib/dovecot/dovecot-lda -d dave")
        assert session.imap_count(PORT - 3, "dave") == count + 1


def check_removal_is_refused(system, package, place):
    """The reason names the place, and nothing has changed."""
    output = system.apt_get("remove", package, status=100)
    assert package + " is not removed: Dovecot's configuration uses it" in output
    assert place + ":" in output
    # apt has asked for another state; dpkg has not reached it
    system.run("apt-get", "-q", "-y", "-f", "install")
    check_mail(system)


def check_kpop(system, package, folder):
    """The package of KPOP: installed, switched on, used for a login by a
    ticket of a KDC of ours, purged."""
    install(system, package)
    system.run_script("enable-kpop", str(PORT - 1))
    with kdc.Kdc(folder / "kdc", PORT - 2) as realm:
        realm.add("alice", "secret")
        realm.add_service("pop/localhost")
        keytab = system.path("/etc/dovecot/krb5.keytab")
        realm.keytab(keytab, ["pop/localhost"]).chmod(0o644)
        shutil.copy(realm.config, system.path("/etc/krb5.conf"))
        with system.running():
            krb5 = kpop.Krb5(realm.env(realm.kinit("alice", "secret")))
            with kpop.Client(PORT - 1) as client:
                client.exchange(krb5.ap_req())
                assert client.kpop_login("alice") == b"+OK Logged in."
                assert b"X-XTND XMIT" in client.capa()
                client.quit()
    config = CONF_D + "/96-pop3-ext-kpop.conf"
    check_removal_is_refused(system, PACKAGE + "-kpop", config)
    system.path(config).unlink()
    system.apt_get("purge", PACKAGE + "-kpop")
    assert not list(system.path(MODULES).glob("**/*kpop*"))


def check_dovecot_of_another_version(system):
    """A point release of Dovecot that leaves the package behind: POP3 logins
    that need it are refused, mail goes on."""
    version = hosts.Host(str(system.prefix)).version_text
    other = ".".join(version.split(".")[:2]) + ".9"
    code = [path for path in system.path(MODULES).glob("**/*pop3_*.so")
            if version.encode() in path.read_bytes()]
    saved = {path: path.read_bytes() for path in code}
    for path in code:
        path.write_bytes(saved[path].replace(
            version.encode(), other.encode().ljust(len(version), b"\0")))
    check_mail(system)
    with system.running():
        with pytest.raises(pop3.Refused, match=re.escape("[SYS/TEMP]")):
            session.login(PORT, "alice")
    assert "built for Dovecot %s, but this is" % other in system.log()
    for path in code:
        path.write_bytes(saved[path])


def check_everything(system, built_kpop, folder):
    """All that the package has, switched on as its manuals say."""
    system.run_script("enable-all")
    check_mail(system)
    with system.running():
        with session.login(PORT, "recent:dave") as client:
            assert client.stat()[0] >= 1
            uidls = client.uidl()
            client.quit()
        with session.login(PORT, "dave") as client:
            assert client.uidl() == uidls
            client.quit()
    check_kpop(system, built_kpop, folder)


def check_removal(system):
    """Refused while it is used; then everything goes, and mail stays."""
    check_removal_is_refused(system, PACKAGE, CONFIG)
    system.path(CONFIG).unlink()
    check_removal_is_refused(system, PACKAGE, CONF_D + "/10-auth.conf")
    system.run("sed", "-i", "/auth-pop3-ext/d", CONF_D + "/10-auth.conf")
    system.path(CONF_D + "/auth-pop3-ext.conf.ext").unlink()
    # It has no file that only a purge would remove.
    system.apt_get("remove", PACKAGE)
    check_nothing_left(system)
    check_mail(system)
    with system.running():
        session.check_switched_off(PORT)


def test_life(host, built, tmp_path):
    """Installed, switched on, used, left behind by Dovecot, removed, purged, in
    a clean system: mail works after each step."""
    system = clean.Clean(host.codename)
    try:
        system.apt_get("update")
        if host.is_24:
            leave_old_config(system)
        output = install(system, package_file(host, built))
        assert "Processing triggers for dovecot-core" in output
        if host.is_24:
            check_old_config(system, output)
        system.apt_get("install", "--no-install-recommends", "dovecot-imapd")
        system.run_script("setup", str(PORT))
        assert system.run("pop4", "--version").startswith("pop4 ")
        check_mail(system)
        with system.running():
            session.check_switched_off(PORT)

        system.run_script("enable")
        assert "Warning" not in system.run("doveconf", "-n")
        with system.running():
            session.check_send_and_fetch(PORT)
        # The host's sendmail_path and hostname have come through.
        assert re.search(r"(?m)^.* pop3\(alice\)\S*: Info: xmit: sent: "
                         r"from=<alice@mx\.example\.test>, recipients=2, ",
                         system.log())

        check_everything(system, package_file(host, built, PACKAGE + "-kpop"),
                         tmp_path)
        check_dovecot_of_another_version(system)
        check_removal(system)
        assert [line for line in re.findall(
            r"(?m)^.*\b(?:Panic|Fatal|Error):.*$", system.log())
                if ", but this is " not in line] == []
    except Exception:
        print(system.log())
        raise
    finally:
        system.close()
