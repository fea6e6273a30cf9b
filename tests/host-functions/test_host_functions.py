"""The parts of Dovecot's pop3 process that our loop stands in for are those
that were read when it was written.  POP3EXT_SOURCE names the folder with the
host's src (tests/steps/host-functions fetches it), POP3EXT_VERSION the host's
version."""

import os
import pathlib
import re

import functions
import pytest

RECORDED = functions.read_recorded(pathlib.Path(__file__).parent / "digests")


def newest_known(version):
    """The version that was looked at last and is not newer, of the series."""
    known = [v for v in RECORDED if v[:2] == version[:2] and v <= version]
    assert known, "no Dovecot of the series %d.%d was looked at" % version[:2]
    return max(known)


def test_host_has_not_changed_what_we_stand_in_for():
    numbers = re.match(r"\d+(\.\d+)*", os.environ["POP3EXT_VERSION"]).group(0)
    version = tuple(int(n) for n in numbers.split("."))
    known = newest_known(version)
    changed = functions.differences(
        functions.digests(os.environ["POP3EXT_SOURCE"]), RECORDED[known])
    assert changed == [], (
        "changed since Dovecot %s: %s; see doc/PORTING.md, \"A new version\""
        % (".".join(map(str, known)), ", ".join(changed)))


def copy_changed(source, target, old, new):
    """Copy the files that are looked at, with something else in them."""
    for file in functions.WATCHED:
        text = (source / file).read_text(encoding="utf-8")
        (target / file).parent.mkdir(exist_ok=True)
        (target / file).write_text(text.replace(old, new), encoding="utf-8")


@pytest.mark.parametrize("change, name", [
    (("client->waiting_input = FALSE;", ""),
     "pop3/pop3-client.c client_input"),
    (("bool quit_seen:1;", "bool quit_seen:1; bool more:1;"),
     "pop3/pop3-client.h struct client"),
    (("fd_in, MAX_INBUF_SIZE", "fd_in, MAX_INBUF_SIZE + 1"),
     "pop3/pop3-client.c client_create"),
    (("THROTTLE_SIZE 4096", "THROTTLE_SIZE 8192"),
     "pop3/pop3-client.h POP3_OUTBUF_THROTTLE_SIZE"),
    (("struct io *io_cmd_payload;", "struct io *io_cmd_payload, *io_more;"),
     "lib-smtp/smtp-client-private.h struct smtp_client_connection")])
def test_a_change_is_found_and_named(tmp_path, change, name):
    source = pathlib.Path(os.environ["POP3EXT_SOURCE"])
    copy_changed(source, tmp_path, *change)
    before = functions.digests(source)
    assert functions.differences(functions.digests(tmp_path), before) == [name]


def test_comments_and_white_space_do_not_count(tmp_path):
    source = pathlib.Path(os.environ["POP3EXT_SOURCE"])
    copy_changed(source, tmp_path, "\tif (", "\n\n\tif\t /* (new) */ (")
    assert functions.digests(tmp_path) == functions.digests(source)
