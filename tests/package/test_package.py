"""The Debian package: how it is built, and a life from installation to purge.

POP3EXT_HOST is the system in which it is built.
"""

import os
import pathlib
import re
import subprocess

import pytest

from pop3ext import hosts, pop3

import clean

TOP = pathlib.Path(__file__).parents[2]
# Beside the ports that integration tests use at the same time.
PORT = int(os.environ.get("POP3EXT_PORTS", "20000")) + 999

PACKAGE = "dovecot-pop3-ext"
CONFIG = "/etc/dovecot/conf.d/95-pop3-ext.conf"
MODULES = "/usr/lib/dovecot/modules"
# One source serves suites whose lintians know different policy versions.
SUPPRESSED_TAGS = "newer-standards-version,out-of-date-standards-version"


@pytest.fixture(scope="module", name="host")
def _host():
    return hosts.Host(os.environ.get("POP3EXT_HOST", "/"))


@pytest.fixture(scope="module", name="built")
def _built(host):
    """The folder, as the host sees it, in which the package was built."""
    folder = host.mkdtemp("package")
    source = folder / "src"
    subprocess.run(
        ["bash", "-c", '. "$1/tests/hosts/lib.sh"; copy_source "$2"',
         "bash", TOP, source], check=True)
    # The unit tests run under valgrind elsewhere.
    env = dict(os.environ, NOVALGRIND="1", DEB_BUILD_OPTIONS="parallel=2")
    done = host.run(["sh", "-c", 'cd "$1" && exec dpkg-buildpackage -us -uc',
                     "sh", host.inside(source)],
                    check=False, timeout=600, env=env,
                    stderr=subprocess.STDOUT)
    assert done.returncode == 0, done.stdout.decode()[-3000:]
    yield host.inside(folder)
    subprocess.run(["rm", "-rf", folder], check=True)


def package_file(host, built):
    """The binary package, as we see it."""
    (path,) = host.outside(built).glob(PACKAGE + "_*.deb")
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
    expected = {CONFIG, MODULES + "/lib95_pop3_ext_plugin.so",
                "/usr/share/man/man7/pop3-ext.7.gz"}
    if host.is_24:
        expected.add(MODULES + "/settings/libpop3_ext_settings.so")
    assert {name for name in files if not name.startswith(docs)} == \
        expected | {name for name in files if "/lintian/" in name}
    assert docs + "copyright" in files

    abi = host.outside("/usr/share/dovecot/dovecot-abi").read_text().strip()
    depends = field(host, built, "Depends").split(", ")
    assert "dovecot-abi-" + abi in depends
    assert "dovecot-pop3d" in depends
    assert field(host, built, "Enhances") == "dovecot-pop3d"
    control = host.run(["dpkg-deb", "-I", path, "conffiles"])
    assert control.stdout.decode().split() == [CONFIG]


def test_lintian(host, built):
    """Lintian of the suite itself has nothing to say, not even pedantry."""
    done = host.run(
        ["sh", "-c", 'cd "$1" && exec lintian -I --pedantic '
         "--fail-on error,warning,info,pedantic --suppress-tags %s *.changes" %
         SUPPRESSED_TAGS, "sh", built],
        check=False, timeout=300, stderr=subprocess.STDOUT)
    assert done.returncode == 0, done.stdout.decode()


def enable(text):
    """The shipped configuration with the plugin switched on, as its reader
    would do it."""
    enabled, count = re.subn(r"(?m)^(  )#(mail_plugins|  pop3_ext = yes|})",
                             r"\1\2", text)
    assert count in (1, 3)
    return enabled


def login(name):
    """A session."""
    client = pop3.Client(PORT)
    client.login(name, "secret")
    return client


def check_switched_off(system):
    """Users see nothing of the plugin."""
    system.start()
    with login("alice") as client:
        assert not [line for line in client.capa() if b"XTND" in line]
        assert client.command("XTND XMIT").startswith(b"-ERR Unknown command")
        client.quit()
    system.stop()


def check_send_and_fetch(system):
    """One message from user to user."""
    system.start()
    with login("alice") as client:
        assert b"X-XTND XMIT" in client.capa()
        reply = client.xmit(b"To: Bob <bob@example.test>\r\n"
                            b"Bcc: carol@example.test\r\n"
                            b"Subject: package\r\n\r\n.dot\r\n")
        assert reply.startswith(b"+OK"), (reply, system.log())
        client.quit()
    for name in ("bob", "carol"):
        with login(name) as client:
            assert client.stat()[0] == 1
            message = client.retr(1)
            assert b"\r\nSubject: package\r\n" in message
            assert message.endswith(b"\r\n\r\n.dot\r\n")
            assert b"carol" not in message
            client.quit()
    system.stop()


def check_nothing_left(system):
    """After the purge."""
    found = system.run("find", "/etc", "/usr", "/var", "(", "-name",
                       "*pop3-ext*", "-o", "-name", "*pop3_ext*", ")")
    assert found == ""


def test_life(host, built):
    """Installed, switched on, used, removed, purged, in a clean system."""
    system = clean.Clean(host.codename)
    try:
        package = package_file(host, built)
        system.path("/tmp/" + package.name).write_bytes(package.read_bytes())
        system.apt_get("update")
        output = system.apt_get("install", "--no-install-recommends",
                                "/tmp/" + package.name)
        assert "Processing triggers for dovecot-core" in output
        system.configure(PORT)

        config = system.path(CONFIG)
        shipped = config.read_text()
        check_switched_off(system)
        config.write_text(enable(shipped))
        assert "Warning" not in system.run("doveconf", "-n")
        check_send_and_fetch(system)

        system.apt_get("remove", PACKAGE)
        assert not list(system.path(MODULES).glob("**/*pop3_ext*"))
        assert config.exists()
        system.apt_get("purge", PACKAGE)
        check_nothing_left(system)
        check_switched_off(system)

        trouble = re.findall(r"(?m)^.*\b(?:Panic|Fatal|Error):.*$",
                             system.log())
        assert trouble == []
    finally:
        system.close()
