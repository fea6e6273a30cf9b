"""The tree is what CONTRIBUTING says it is: one room for each thing, and no
command without its documents and tests."""

import pathlib
import re

import pytest

TOP = pathlib.Path(__file__).resolve().parents[2]
SRC = TOP / "src"
SOURCES = sorted(p for p in SRC.rglob("*.[ch]"))
COMMANDS = sorted(p for p in (SRC / "pop3-ext").glob("cmd-*.c"))

# Which folders' headers a folder may include, beside its own and the host's.
LAYERS = {
    "auth-kpop": {"compat", "lib-pop3-ext"},
    "auth-names": {"compat", "lib-pop3-ext"},
    "compat": set(),
    "doveadm-pop3-uidl": {"compat", "lib-pop3-ext", "lib-pop3-store",
                          "pop3-uidl", "pop4"},
    "lib-pop3-ext": {"compat"},
    "login-kpop": {"compat", "lib-pop3-ext"},
    "pam-service": {"compat", "lib-pop3-ext"},
    "pop3-ext": {"compat", "lib-pop3-ext"},
    "lib-pop3-store": {"compat", "lib-pop3-ext"},
    "pop3-uidl": {"compat", "lib-pop3-ext", "lib-pop3-store", "pop3-ext"},
    "pop4": {"compat", "lib-pop3-ext"},
    "shim": {"compat"},
    "settings": {"auth-names", "compat", "lib-pop3-ext", "pop3-ext",
                 "pop3-uidl"},
}
OWN_HEADERS = {p.name: p.parent.name for p in SRC.rglob("*.h")}

# Longer than 500 lines, and why.
LONG_FILES = {}


def read(path):
    return path.read_text(encoding="utf-8")


def descriptor(path):
    """The fields of the command descriptor at the end of a cmd-*.c file."""
    text = read(path)
    match = re.search(r"^const struct pop3_ext_command (\w+) = \{(.*?)^\};",
                      text, re.M | re.S)
    assert match, "%s has no descriptor" % path.name
    fields = dict(re.findall(r"\.(\w+) = ([^,]+),", match.group(2)))
    fields["symbol"] = match.group(1)
    fields["name"] = fields["name"].strip('"')
    return fields


@pytest.mark.parametrize("path", COMMANDS, ids=lambda p: p.name)
def test_command_is_listed_documented_and_tested(path):
    fields = descriptor(path)
    name, symbol = fields["name"], fields["symbol"]
    # *ENV is the one name with a character that no file's name has.
    plain = name.lower().lstrip("*")
    assert path.stem == "cmd-" + plain.replace(" ", "-")
    assert symbol == "cmd_" + plain.replace(" ", "_")
    table = read(SRC / "pop3-ext" / "pop3-ext-commands.c")
    assert table.count("\t&%s,\n" % symbol) == 1
    assert "struct pop3_ext_command %s;" % symbol in \
        read(SRC / "pop3-ext" / "cmd.h")
    assert name in read(TOP / "doc/man/pop3-ext.7").replace("\\&", "")
    tests = "".join(read(p) for p in (TOP / "tests/integration").glob("*.py"))
    assert name in tests or name.split()[-1].lower() in tests


def test_commands_are_sorted_in_the_table():
    table = read(SRC / "pop3-ext" / "pop3-ext-commands.c")
    rows = re.findall(r"^\t&(cmd_\w+),$", table, re.M)
    assert rows == sorted(rows)
    assert len(rows) == len(COMMANDS)


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: p.name)
def test_folder_includes_only_what_its_process_may(path):
    folder = path.parent.name
    for header in re.findall(r'^#include "([^"]+)"', read(path), re.M):
        owner = OWN_HEADERS.get(header)
        assert owner in (None, folder) or owner in LAYERS[folder], \
            "%s includes %s of %s" % (path.name, header, owner)


def test_versions_are_known_in_compat_only():
    pattern = re.compile(r"DOVECOT_PREREQ|DOVECOT_VERSION|HOST_2_4\b")
    found = [p.name for p in SOURCES
             if p.parent.name != "compat" and pattern.search(read(p))]
    assert found == []


def test_versions_are_told_by_what_compiles():
    """Version numbers say little of private interfaces: a patch release
    changes them, a build from git has none."""
    found = [p.name for p in SOURCES if "DOVECOT_PREREQ" in read(p)]
    assert found == []


def test_every_probe_has_a_macro_that_is_used():
    text = read(TOP / "m4/host-api.m4")
    macros = set(re.findall(r"^[^#\n]* \| (HOST_\w+) \| ", text, re.M))
    header = read(TOP / "src/compat/host-config.h.in")
    assert macros == set(re.findall(r"^#undef (\w+)$", header, re.M))
    used = "\n".join(read(p) for p in SOURCES) + "".join(
        read(p) for p in (TOP / "m4").glob("pop3-ext.m4"))
    for macro in macros:
        assert re.search(r"\b%s\b" % macro, used), macro


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: p.name)
def test_no_conditionals_inside_functions(path):
    depth = 0
    for number, line in enumerate(read(path).splitlines(), 1):
        if line == "{":
            depth = 1
        elif line == "}":
            depth = 0
        assert not (depth and re.match(r"#\s*(if|else|elif)", line)), \
            "%s:%d" % (path.name, number)


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: p.name)
def test_source_file_has_its_head_and_form(path):
    text = read(path)
    if path.suffix == ".c":
        assert text.startswith("/* Copyright (c) 2026 pop3-ext authors, "
                               "see the included COPYING file */\n")
    assert text.endswith("\n") and not text.endswith("\n\n")
    lines = text.splitlines()
    for number, line in enumerate(lines, 1):
        assert line == line.rstrip(), "%s:%d" % (path.name, number)
        assert not re.match(r" {8}", line), "%s:%d" % (path.name, number)
    limit = 500 if not path.name.startswith(("test-", "fuzz-")) else 1000
    assert len(lines) <= limit or path.name in LONG_FILES


def test_every_setting_is_in_the_man_page_and_the_shipped_configuration():
    text = read(SRC / "pop3-ext" / "pop3-ext-settings-defines.c")
    names = re.findall(r"^\tDEF\(\w+, (\w+)\)", text, re.M)
    assert len(names) > 10
    places = [TOP / "doc/man/pop3-ext.7",
              TOP / "conf.d/2.3/95-pop3-ext.conf",
              TOP / "conf.d/2.4/95-pop3-ext.conf"]
    for place in places:
        missing = [n for n in names
                   if not re.search(r"\b%s\b" % n, read(place))]
        assert missing == [], place.name


def test_no_leftover_markers():
    pattern = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
    found = [p.name for p in SOURCES if pattern.search(read(p))]
    assert found == []
