"""The text of functions and structs in the source of Dovecot, and their
digests.  White space and comments don't count."""

import hashlib
import pathlib
import re

# What src/pop3-ext and src/compat stand in for, call in between, or take to
# be as it is: functions, structs, unions and macros, by their file in src/.
# The reasons are in doc/PORTING.md.
WATCHED = {
    "pop3/pop3-client.c": [
        "MAX_INBUF_SIZE", "CLIENT_MAX_BAD_COMMANDS",
        "CLIENT_IDLE_TIMEOUT_MSECS", "CLIENT_COMMIT_TIMEOUT_MSECS",
        "client_input", "client_output", "client_handle_input",
        "pop3_cmd_event_finished", "client_create", "client_create_finish",
        "client_init_mailbox", "client_destroy", "client_default_destroy",
        "client_destroy_timeout", "client_disconnect", "client_send_line",
        "client_idle_timeout", "client_commit_timeout", "client_kick",
        "clients_destroy_all", "init_mailbox", "read_mailbox",
        "msgnum_to_seq_map_add"],
    "pop3/pop3-client.h": [
        "POP3_OUTBUF_THROTTLE_SIZE", "POP3_CLIENT_OUTPUT_FULL",
        "struct pop3_client_vfuncs", "struct client",
        "union pop3_module_context"],
    "pop3/pop3-commands.c": [
        "client_command_execute", "pop3_command_find", "cmd_capa",
        "msgnum_to_seq", "get_msgnum", "pop3_search_build",
        "client_verify_ordering", "client_update_mails", "client_uidls_save",
        "pop3_get_uid",
        "cmd_uidl", "cmd_uidl_init", "list_uids_iter",
        "list_uidls_saved_iter", "cmd_dele", "cmd_last", "cmd_list",
        "cmd_list_callback", "cmd_rset", "cmd_stat", "fetch"],
    "pop3/pop3-commands.h": [
        "struct pop3_command", "struct pop3_command_context"],
    "pop3/main.c": [
        "pop3_client_created_hook_set", "client_add_input",
        "client_create_from_input", "client_init_session",
        "init_namespaces", "lock_session", "login_client_connected",
        "login_request_finished", "pop3_die"],
    "lib-smtp/smtp-client-private.h": ["struct smtp_client_connection"],
    "lib-smtp/smtp-client-command.c": [
        "smtp_client_command_payload_input",
        "smtp_client_command_send_stream",
        "smtp_client_command_data_submit_after"],
}


def _strip(text):
    text = re.sub(r"/\*.*?\*/", " ", text, flags=re.S)
    return " ".join(text.split())


def _extract(text, name):
    if name.startswith(("struct ", "union ")):
        match = re.search(r"^%s \{.*?^\};" % re.escape(name), text,
                          re.M | re.S)
    elif name.isupper():
        match = re.search(r"^#define %s\b(?:[^\n]*\\\n)*[^\n]*" % name, text,
                          re.M)
    else:
        # Declarations of the same name end in a semicolon instead.
        match = re.search(r"^[^\n;#/{}]*\b%s\([^;{]*?\)\n\{.*?^\}" % name,
                          text, re.M | re.S)
    return match and _strip(match.group(0))


def digests(folder):
    """{ "file name": digest } of all that is watched and there."""
    found = {}
    for file, names in WATCHED.items():
        text = (pathlib.Path(folder) / file).read_text(encoding="utf-8")
        for name in names:
            body = _extract(text, name)
            if body is not None:
                found["%s %s" % (file, name)] = hashlib.sha256(
                    body.encode()).hexdigest()[:16]
    return found


def read_recorded(path):
    """{ (2, 4, 1): { "file name": digest } } of the file of digests."""
    recorded = {}
    for line in pathlib.Path(path).read_text(encoding="utf-8").splitlines():
        if not line or line.startswith("#"):
            continue
        version, digest, name = line.split(None, 2)
        key = tuple(int(n) for n in version.split("."))
        recorded.setdefault(key, {})[name] = digest
    return recorded


def differences(found, recorded):
    """The names that have changed, come or gone."""
    return sorted(name for name in set(found) | set(recorded)
                  if found.get(name) != recorded.get(name))


if __name__ == "__main__":
    import sys
    for item, value in sorted(digests(sys.argv[2]).items()):
        print(sys.argv[1], value, item)
