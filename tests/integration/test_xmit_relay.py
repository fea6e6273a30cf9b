"""XTND XMIT with a relay that misbehaves: every stage of SMTP x every kind of
trouble.

All cases run side by side, each with a user and a relay of its own; what they
saw is judged afterwards, case by case.  In each the session must go on, and
the same message must get through when the relay is well again.
"""

import pytest

from pop3ext import smtpd, xmit

TEMP, PERM = "SYS/TEMP", "SYS/PERM"
MESSAGE = xmit.message(b"From: alice@example.test", b"Subject: matrix",
                       to=b"To: bob@example.test, carol@example.test",
                       body=b"one line of text, and another one\r\n" * 9000)
# More than all buffers on the way hold: when something happens to it in the
# middle, its end has not been sent.
LARGE = xmit.message(b"From: alice@example.test",
                     to=b"To: bob@example.test, carol@example.test",
                     body=(b"0123456789" * 7 + b"\r\n") * 120000)
AGAIN = xmit.message(b"From: alice@example.test", b"Subject: again")

# The fixture that runs the cases costs as much in every worker.
pytestmark = pytest.mark.xdist_group("relay-matrix")

LATER = "451 4.3.2 come back later"
NEVER = "554 5.7.1 never ever"
ANSWERS = {
    "4xx": (smtpd.reply(LATER), TEMP, "deferred", "451 4.3.2 come back later"),
    "5xx": (smtpd.reply(NEVER), PERM, "refused", "554 5.7.1 never ever"),
    "hang": (smtpd.hang(), TEMP, "deferred", ""),
    "drop": (smtpd.drop(), TEMP, "deferred", ""),
    "reset": (smtpd.reset(), TEMP, "deferred", ""),
    "garbage": (smtpd.garbage(), TEMP, "deferred", ""),
}


class Case:
    """What is done to a relay, and what the client has to see."""

    def __init__(self, name, stage, answer, early, relay=None, fields=None,
                 **rule):
        self.name = name
        self.stage = stage
        self.action, self.code, self.result, self.says = ANSWERS[answer]
        self.early = early
        self.relay = relay or {}
        self.fields = dict(fields or {})
        if answer == "hang":
            self.fields["pop3_ext_xmit_relay_timeout"] = "2s"
            self.fields["pop3_ext_xmit_reply_timeout"] = "2s"
        self.rule = rule
        self.refused = []
        self.message = MESSAGE

    def __repr__(self):
        return self.name


def _early_cases():
    kinds = {
        "connect": {}, "EHLO": {}, "MAIL": {},
        "STARTTLS": {"relay": {"tls": "starttls"},
                     "fields": {"pop3_ext_xmit_relay_ssl": "starttls",
                                "pop3_ext_xmit_relay_ssl_verify": "no"}},
        "AUTH": {"relay": {"users": {"u": "p"}},
                 "fields": {"pop3_ext_xmit_relay_user": "u"}},
        "XCLIENT": {"relay": {"xclient": "ADDR LOGIN"},
                    "fields": {"pop3_ext_xmit_relay_xclient": "yes"}},
    }
    for stage, kind in kinds.items():
        for answer in ANSWERS:
            # lib-smtp goes on without a refused XCLIENT.
            if stage != "XCLIENT" or answer[1:] != "xx":
                yield Case("%s-%s" % (stage, answer), stage, answer, True,
                           **kind)
    yield Case("connect-refused", "refuse", "drop", True)


def _then_stall(action):
    """The action, and after it the relay reads nothing more."""
    def act(session, normal):
        if action is not ANSWERS["hang"][0]:
            answer = action(session, normal)
            if answer is None:
                return None
            session.send(answer)
        session.wait_shut()
        return None
    return act


def _late_cases():
    bob, carol = b"<bob@example.test>", b"<carol@example.test>"
    for answer in ANSWERS:
        for capabilities in (("PIPELINING",), ()):
            kind = "" if capabilities else "-one-by-one"
            relay = {"capabilities": capabilities}
            for which, rule, refused in (
                    ("first", {"match": b"bob@"}, [bob]),
                    ("last", {"match": b"carol@"}, [carol]),
                    ("all", {}, [bob, carol])):
                case = Case("RCPT-%s-%s%s" % (which, answer, kind), "RCPT",
                            answer, False, relay, **rule)
                if case.says:
                    case.refused = refused
                yield case
            yield Case("DATA-%s%s" % (answer, kind), "DATA", answer, False,
                       relay)
        case = Case("body-" + answer, "body", answer, False,
                    {"receive_buffer": 4096}, after=5000)
        case.action = _then_stall(case.action)
        case.message = LARGE
        yield case
        case = Case("final-" + answer, "final", answer, False)
        if not case.says:
            case.result = "unknown"
        yield case


CASES = list(_early_cases()) + list(_late_cases())


class Seen:
    """What one case saw."""

    trouble = None


def _play(case, desk, ours):
    seen = Seen()
    seen.relay = desk.relay
    try:
        _play_into(seen, case, desk, ours)
    except Exception as error:      # for this case's test
        seen.trouble = error
    return seen


def _play_into(seen, case, desk, ours):
    relay = desk.relay
    if case.stage == "refuse":
        relay.refuse()
    else:
        relay.on(case.stage, case.action, **case.rule)
    with ours.login(desk.name) as client:
        seen.first, seen.dot = xmit.try_xmit(client, case.message)
        seen.stat = client.command("STAT")
        if case.stage == "final":
            relay.wait_transactions(1)
        seen.sent = list(relay.transactions)
        relay.normal()
        if case.stage == "refuse":
            relay.listen()
        elif case.stage == "body":
            relay.drop_connections()
        seen.again = xmit.try_xmit(client, AGAIN)
        seen.quit = client.quit()
    seen.results = xmit.wait_results(ours, desk.name, 2)
    relay.wait_idle()


@pytest.fixture(scope="module")
def matrix(_module_servers, certificate, tmp_path_factory):
    """{case's name: what it saw}, and the server."""
    desks = []
    for number, case in enumerate(CASES):
        kind = dict(case.relay)
        if "tls" in kind:
            kind["certificate"] = certificate
        desks.append(xmit.Desk("r%d" % number, case.fields, **kind))
    servers, _ = _module_servers
    ours = servers(users=[desk.user for desk in desks], start=False,
                   plugin_settings={"pop3_ext_xmit_reply_timeout": "60s"})
    password = ours.folder / "password"
    password.write_text("p\n", encoding="ascii")
    for desk in desks:
        if "pop3_ext_xmit_relay_user" in desk.user.fields:
            desk.user.fields["pop3_ext_xmit_relay_password_file"] = \
                ours.host.inside(password)
    ours.write_users()
    ours.start()
    # Those that hang first: they need no processor.
    order = sorted(zip(CASES, desks), key=lambda pair: "hang" not in
                   pair[0].name)
    seen = xmit.together(lambda pair: _play(*pair, ours), order, threads=24)
    yield {pair[0].name: one for pair, one in zip(order, seen)}, ours
    for desk in desks:
        desk.relay.stop()


@pytest.mark.parametrize("case", CASES, ids=repr)
def test_trouble(case, matrix):
    """The right -ERR at the right time; nothing was sent; the session and
    the next message go on."""
    seen = matrix[0][case.name]
    if seen.trouble is not None:
        raise seen.trouble
    if case.early:
        reply = seen.first
        assert seen.dot is None
    else:
        assert seen.first == b"+OK Start sending message"
        reply = seen.dot
    start = b"-ERR [%s] " % case.code.encode()
    assert reply.startswith(start) and len(reply) > len(start)
    assert case.says.encode() in reply
    for address in case.refused:
        assert address in reply
    assert seen.stat.startswith(b"+OK 0 ")
    assert seen.quit.startswith(b"+OK")

    # Nothing was delivered; a transaction whose end was answered with a
    # refusal, or not at all, is there for the stage "final" only.
    assert all(one.code != 250 for one in seen.sent)
    assert len(seen.sent) == (case.stage == "final")

    assert seen.again[0] == b"+OK Start sending message"
    assert seen.again[1].startswith(b"+OK Message sent (250 2.0.0 queued as")
    (again,) = [one for one in seen.relay.transactions if one.code == 250]
    assert b"Subject: again" in again.data
    assert again.accepted == [b"bob@example.test"]

    line = seen.results[0]
    assert line["result"] == case.result
    assert line["sender"] == "%s@example.test" % seen_user(case)
    assert line["recipients"] == ("0" if case.early else "2")
    assert line["reply"].encode()[:60] in reply
    assert seen.results[1]["result"] == "sent"


def seen_user(case):
    """The user's name in a case."""
    return "r%d" % CASES.index(case)


def test_matrix_log(matrix):
    """One line a submission; lib-smtp says at most two more about a
    connection that failed."""
    seen, ours = matrix
    ours.allow_log(r"Error: xmit: smtp-client: conn 127\.0\.0\.1:")
    ours.check_log()
    assert ours.log().count(" Error: ") <= len(seen)
    assert ours.log().count(" Info: xmit: ") == 2 * len(seen)
