"""The documents say what the code does: defaults, limits, and their own form."""

import math
import pathlib
import re

import pytest

TOP = pathlib.Path(__file__).resolve().parents[2]
MAN = TOP / "doc/man/pop3-ext.7"
DEFINES = TOP / "src/pop3-ext/pop3-ext-settings-defines.c"
LIMITS = TOP / "src/lib-pop3-ext/pop3-ext-limits.h"
CONFIG = {series: TOP / "conf.d" / series / "95-pop3-ext.conf"
          for series in ("2.3", "2.4")}
# In 2.3 these are no defaults: they are what hands over the host's settings.
HANDED_OVER = {"pop3_ext_xmit_relay": "$submission_host",
               "pop3_ext_xmit_relay_ssl": "$submission_ssl",
               "pop3_ext_xmit_sendmail": "$sendmail_path",
               "pop3_ext_xmit_hostname": "$hostname"}


def read(path):
    return path.read_text(encoding="utf-8")


def c_number(text):
    """The value of sums and products such as 40 * 1024."""
    assert re.fullmatch(r"[0-9+* ()]+", text)
    return sum(math.prod(int(factor) for factor in term.split("*"))
               for term in text.strip("()").split("+"))


KPOP_MAN = TOP / "doc/man/pop3-ext-kpop.7"
KPOP_DEFINES = TOP / "src/lib-pop3-ext/kpop-settings.c"
KPOP_CONFIG = {series: TOP / "conf.d" / series / "96-pop3-ext-kpop.conf"
               for series in ("2.3", "2.4")}


def defaults(path=DEFINES):
    """{setting: default as one writes it}"""
    text = read(path)
    macros = dict(re.findall(r"^#define (\w+) (\d+)$", text, re.M))
    types = {name: kind for kind, name in
             re.findall(r"^\tDEF\((\w+), (\w+)\)", text, re.M)}
    found = {}
    for name, value in re.findall(r"^\t\.(pop3_ext_\w+) = (.+),$", text, re.M):
        kind = types.pop(name)
        value = macros.get(value, value)
        if kind == "BOOL":
            value = {"TRUE": "yes", "FALSE": "no"}[value]
        elif kind in ("STR", "ENUM"):
            value = value.strip('"').split(":")[0]
        elif kind == "TIME":
            value += "s"
        elif kind == "SIZE":
            value = "%dM" % (c_number(value) // 1024 ** 2)
        found[name] = value
    assert types == {}
    return found


DEFAULTS = defaults()


@pytest.mark.parametrize("name", DEFAULTS)
def test_default_is_what_the_man_page_says(name):
    (shown,) = re.findall(r"^\.It Ic %s Pq (?:Cm )?(\S+)$" % name, read(MAN),
                          re.M)
    assert shown == (DEFAULTS[name] or "empty")


@pytest.mark.parametrize("series", CONFIG)
@pytest.mark.parametrize("name", DEFAULTS)
def test_default_is_what_the_configuration_shows(name, series):
    (line,) = re.findall(r"^ *(#?%s =.*)$" % name, read(CONFIG[series]), re.M)
    if series == "2.3" and name in HANDED_OVER:
        assert line == "%s = %s" % (name, HANDED_OVER[name])
    else:
        assert line == ("#%s = %s" % (name, DEFAULTS[name])).rstrip()


@pytest.mark.parametrize("series", CONFIG)
def test_configuration_switches_nothing_on(series):
    """Everything is commented out, but sections and what 2.3 hands over."""
    active = [line.strip() for line in read(CONFIG[series]).splitlines()
              if line.strip() and not line.strip().startswith("#")]
    handed = ["%s = %s" % item for item in HANDED_OVER.items()]
    section = ["protocol pop3 {", "}"]
    assert active == (section if series == "2.4" else
                      section + ["plugin {"] + handed + ["}"])


def test_configurations_have_the_same_settings_in_the_same_order():
    order = [re.findall(r"^ *#?(pop3_ext_\w+) =", read(path), re.M)
             for path in CONFIG.values()]
    assert order[0] == order[1] == list(DEFAULTS)


@pytest.mark.parametrize("folder", ["auth-names"])
def test_settings_of_the_auth_process_are_documented(folder):
    """The manual page and the configuration of 2.4 show the defaults; that of
    2.3 has the words of args."""
    text = read(TOP / "src" / folder / (folder + "-settings.c"))
    found = re.findall(r"^\t\.(pop3_ext_\w+) = (.+),$", text, re.M)
    kinds = {name: kind for kind, name in
             re.findall(r"^\tDEF\((\w+), (\w+)\)", text, re.M)}
    dicts = re.findall(r"^\tHOST_SETTING_DEFINE_DICT\((\w+), ", text, re.M)
    kinds.update((name + "_dict", "DICT") for name in dicts)
    assert found and [name for name, _ in found] == list(kinds)
    for name, value in found:
        value = value.strip('"') + ("s" if kinds[name] == "TIME" else "")
        assert re.search(r"^\.It Ic %s Pq (Cm )?%s$" % (name, value or "empty"),
                         read(TOP / "doc/man/pop3-ext-auth.7"), re.M), name
        shown = ("#%s = %s" % (name, value)).rstrip()
        if kinds[name] == "DICT":  # a block in 2.4
            shown = "#%s {" % name[:-len("_dict")]
        assert shown in read(TOP / "conf.d/2.4/auth-pop3-ext.conf.ext")\
            .splitlines()
        word = re.sub("^pop3_ext_names_", "", name)
        assert re.search(r"\b%s=" % word, read(
            TOP / "conf.d/2.3/auth-pop3-ext.conf.ext")), word


@pytest.mark.parametrize("series", CONFIG)
def test_configuration_of_the_auth_process_switches_nothing_on(series):
    lines = read(TOP / "conf.d" / series / "auth-pop3-ext.conf.ext")
    assert all(line.startswith("#") for line in lines.splitlines() if line)


@pytest.mark.parametrize("macro,words", [
    ("POP3_EXT_MAX_HEADER_SIZE", "Header of a message"),
    ("POP3_EXT_MAX_LINE_SIZE", "Line of a message"),
    ("POP3_EXT_MAX_RECEIVED", "Received lines of a message"),
    ("POP3_EXT_MAX_ADDRESS", "An address"),
    ("POP3_EXT_MAX_UPLOAD_SECS", "Time for a message"),
    ("POP3_EXT_MAX_REPLY_LINE", "Line of a reply"),
])
def test_limit_is_what_the_man_page_says(macro, words):
    (value,) = re.findall(r"^#define %s (.+)$" % macro, read(LIMITS), re.M)
    (shown,) = re.findall(r'^\.It "%s" Ta "?(\d+)(?: (KiB|octets|hours))?"?$' % words,
                          read(MAN), re.M)
    unit = {"KiB": 1024, "hours": 60 * 60}.get(shown[1], 1)
    assert int(shown[0]) * unit == c_number(value)


KPOP_DEFAULTS = defaults(KPOP_DEFINES)


@pytest.mark.parametrize("name", KPOP_DEFAULTS)
def test_default_of_kpop_is_what_its_documents_say(name):
    value = KPOP_DEFAULTS[name]
    (shown,) = re.findall(r"^\.It Ic %s Pq (?:Cm )?(\S+)$" % name,
                          read(KPOP_MAN), re.M)
    assert shown == (value or "empty")
    assert ("#%s = %s" % (name, value)).rstrip() + "\n" in \
        read(KPOP_CONFIG["2.4"])
    assert "#import_environment = $import_environment %s=%s\n" % (
        name.upper(), value) in read(KPOP_CONFIG["2.3"])


@pytest.mark.parametrize("series", KPOP_CONFIG)
def test_configuration_of_kpop_switches_nothing_on(series):
    active = [line.strip() for line in read(KPOP_CONFIG[series]).splitlines()
              if line.strip() and not line.strip().startswith("#")]
    assert active == ["protocol pop3 {", "}", "service pop3-login {", "}"]


@pytest.mark.parametrize("macro,words,unit", [
    ("POP3_EXT_MAX_KPOP_VERSION", "Version strings of the client", 1),
    ("POP3_EXT_MAX_KPOP_TICKET", "A ticket", 1024),
    ("POP3_EXT_MAX_KPOP_TOKEN_SECS", "From the ticket to PASS", 1),
])
def test_limit_of_kpop_is_what_the_man_page_says(macro, words, unit):
    (value,) = re.findall(r"^#define %s (.+)$" % macro, read(LIMITS), re.M)
    (shown,) = re.findall(r'^\.It "%s" Ta "(\d+) \w+"$' % words,
                          read(KPOP_MAN), re.M)
    assert int(shown) * unit == c_number(value)


def test_specification_has_the_form_of_an_rfc():
    for path in (TOP / "doc/spec").glob("*.txt"):
        for number, line in enumerate(read(path).splitlines(), 1):
            assert len(line) <= 72 and line.isascii() and "\t" not in line, \
                "%s:%d" % (path.name, number)


def test_readme_is_short_and_begins_with_the_two_commands():
    lines = read(TOP / "README").splitlines()
    assert len(lines) < 80
    commands = [line.split()[0] for line in lines if line.startswith("    ")]
    assert commands[:2] == ["./try", "./check"]


def test_version_is_the_same_everywhere():
    (version,) = re.findall(r"^AC_INIT\(\[pop3-ext\],\[([^]]+)\]",
                            read(TOP / "configure.ac"), re.M)
    assert read(TOP / "NEWS").startswith("v%s\t" % version)
    assert read(TOP / "debian/changelog").startswith(
        "dovecot-pop3-ext (%s) " % version)
