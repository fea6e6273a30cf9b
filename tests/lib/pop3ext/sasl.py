"""sasl - the client's side of the mechanisms, for AUTH in a pop3.Client."""

import base64
import hashlib
import hmac
import os
import re


def _b64(data):
    return base64.b64encode(data) if data else b"="


def exchange(client, mechanism, answers, initial=None):
    """AUTH with an initial response (None: none) and a generator that takes
    challenges and gives responses; the last reply, without an exception."""
    line = b"AUTH " + mechanism.encode()
    if initial is not None:
        line += b" " + _b64(initial)
    reply = client.command(line)
    next(answers, None)
    while reply.startswith(b"+ ") or reply == b"+":
        try:
            answer = answers.send(base64.b64decode(reply[2:]))
        except StopIteration:
            return client.command(b"*")
        reply = client.command(base64.b64encode(answer))
    return reply


def plain(client, user, password, authzid=""):
    return exchange(client, "PLAIN", iter(()), "\0".join(
        (authzid, user, password)).encode())


def login(client, user, password):
    def answers():
        yield
        yield user.encode()
        yield password.encode()
    return exchange(client, "LOGIN", _skip_first(answers()))


def _skip_first(answers):
    """A generator that has been told nothing yet answers the first
    challenge."""
    next(answers)

    def run():
        challenge = yield
        while True:
            try:
                challenge = yield answers.send(challenge)
            except StopIteration:
                return
    return run()


def cram_md5(client, user, password):
    def answers():
        challenge = yield
        digest = hmac.new(password.encode(), challenge, "md5").hexdigest()
        yield ("%s %s" % (user, digest)).encode()
    return exchange(client, "CRAM-MD5", answers())


def digest_md5(client, user, password, service="pop", host="localhost"):
    def md5(*parts):
        return hashlib.md5(b":".join(parts))

    def answers():
        challenge = yield
        nonce = re.search(rb'nonce="([^"]+)"', challenge).group(1)
        realm = re.search(rb'realm="([^"]*)"', challenge)
        realm = realm.group(1) if realm else b""
        cnonce = base64.b64encode(os.urandom(12))
        uri = ("%s/%s" % (service, host)).encode()
        secret = md5(user.encode(), realm, password.encode()).digest()
        one = md5(secret, nonce, cnonce).hexdigest().encode()
        two = md5(b"AUTHENTICATE", uri).hexdigest().encode()
        response = md5(one, nonce, b"00000001", cnonce, b"auth",
                       two).hexdigest().encode()
        yield (b'charset=utf-8,username="%s",realm="%s",nonce="%s",nc=00000001,'
               b'cnonce="%s",digest-uri="%s",response=%s,qop=auth' % (
                   user.encode(), realm, nonce, cnonce, uri, response))
        yield b""
    return exchange(client, "DIGEST-MD5", answers())


def scram(client, user, password, digest="sha1"):
    name = {"sha1": "SCRAM-SHA-1", "sha256": "SCRAM-SHA-256"}[digest]
    escaped = user.replace("=", "=3D").replace(",", "=2C")
    first = ("n=%s,r=%s" % (escaped, base64.b64encode(os.urandom(18)).decode()))

    def mac(key, text):
        return hmac.new(key, text, digest).digest()

    def answers():
        challenge = yield
        fields = dict(part.split("=", 1) for part in
                      challenge.decode().split(","))
        salted = hashlib.pbkdf2_hmac(digest, password.encode(),
                                     base64.b64decode(fields["s"]),
                                     int(fields["i"]))
        key = mac(salted, b"Client Key")
        final = "c=biws,r=" + fields["r"]
        text = ",".join((first, challenge.decode(), final)).encode()
        signature = mac(hashlib.new(digest, key).digest(), text)
        proof = bytes(a ^ b for a, b in zip(key, signature))
        check = yield (final + ",p=" + base64.b64encode(proof).decode()).encode()
        expected = base64.b64encode(mac(mac(salted, b"Server Key"), text))
        assert check == b"v=" + expected, "the server's proof is wrong"
        yield b""
    return exchange(client, name, answers(), ("n,," + first).encode())


def external(client, user=""):
    return exchange(client, "EXTERNAL", iter(()), user.encode())


def xoauth2(client, user, token):
    def answers():
        yield
        yield b""
    return exchange(client, "XOAUTH2", _skip_first(answers()), (
        "user=%s\x01auth=Bearer %s\x01\x01" % (user, token)).encode())


def oauthbearer(client, user, token):
    def answers():
        yield
        yield b"\x01"
    return exchange(client, "OAUTHBEARER", _skip_first(answers()), (
        "n,a=%s,\x01auth=Bearer %s\x01\x01" % (
            user.replace("=", "=3D").replace(",", "=2C"), token)).encode())


def apop(client, user, password):
    stamp = re.search(rb"<[^>]+>", client.greeting).group()
    digest = hashlib.md5(stamp + password.encode()).hexdigest()
    return client.command("APOP %s %s" % (user, digest))
