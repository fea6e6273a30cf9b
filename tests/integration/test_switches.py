"""What the log says of commands that are switched off."""

import pytest

from pop3ext.server import User

# Users, what they send, and the lines that answer "why can't she?"
OFF = {
    "xmit": ({"pop3_ext_xmit": "no"}, [b"XTND XMIT", b"xtnd xmit"],
             ["XTND XMIT: refused: Switched off for this user "
              "(pop3_ext_xmit)"]),
    "pop4": ({"pop3_ext_pop4": "messages"}, [b"LFLG 1", b"lflg 1", b"LFLD"],
             ["LFLG: refused: Switched off for this user (pop3_ext_pop4 does "
              "not name flags)"]),
    "sdps": ({}, [b"*ENV 1", b"*ENV 2"],
             ["*ENV: refused: Switched off for this user (pop3_ext_sdps)"]),
    "several": ({"pop3_ext_xmit": "no"},
                [b"*ENV 1", b"XTND XMIT", b"STOR"] * 2,
                ["*ENV: refused: Switched off for this user (pop3_ext_sdps)",
                 "XTND XMIT: refused: Switched off for this user "
                 "(pop3_ext_xmit)",
                 "STOR: refused: Switched off for this user (pop3_ext_pop4 "
                 "does not name messages)"]),
    # the host's commands, which ours only watch, and no commands at all
    "stock": ({}, [b"DELE 1", b"XTND", b"XTND FOO", b"XYZZY", b"CAPA"], []),
    # a wrong setting has its Error line
    "wrong": ({"pop3_ext_xmit": "perhaps"}, [b"XTND XMIT"], []),
}


@pytest.mark.parametrize("name", OFF)
def test_switched_off_command_is_logged_once_a_session(shared_server, name):
    """With the setting; the client is answered as ever."""
    ours = shared_server(users=[User(user, fields=fields)
                                for user, (fields, _, _) in OFF.items()])
    _, lines, expected = OFF[name]
    if name == "wrong":
        ours.expect_log("Error: pop3_ext: pop3_ext_xmit=perhaps: ")
    for _ in range(2):
        mark = ours.log_size()
        with ours.login(name) as client:
            for line in lines:
                client.send_line(line.decode())
                reply = client.line()
                if line == b"CAPA":
                    while client.line() != b".":
                        pass
                elif line.upper().startswith((b"XTND XMIT", b"*ENV")):
                    assert reply.startswith(b"-ERR [SYS/PERM] ")
                    assert reply.endswith(
                        b"The server is not configured correctly"
                        if name == "wrong" else b" is switched off")
                else:
                    assert reply.startswith(b"-ERR ")
            client.quit()
        ours.wait_log(r"pop3\(%s\).*Disconnected: Logged out" % name, mark)
        found = [text.split(": Info: ", 1)[1]
                 for text in ours.log(mark).splitlines()
                 if ": refused: " in text]
        assert found == expected
