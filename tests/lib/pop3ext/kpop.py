"""kpop - the client's side of KPOP, byte by byte.

Tickets are made by the system's MIT library, without headers and without a
compiler; run as a program, this file writes an AP-REQ in hexadecimal digits,
for clients whose clock is wrong.
"""

import contextlib
import ctypes
import os
import struct
import subprocess
import sys

from . import pop3

SENDAUTH = b"KRB5_SENDAUTH_V1.0\0"
VERSION = b"KPOPV1.0\0"
_MUTUAL = 0x20000000


class _Data(ctypes.Structure):
    """krb5_data"""
    _fields_ = [("magic", ctypes.c_int32), ("length", ctypes.c_uint),
                ("data", ctypes.c_void_p)]


class KerberosError(Exception):
    """What the library says."""


class Krb5:
    """A client's Kerberos context, with the credential cache of the
    environment (see kdc.Kdc.env)."""

    def __init__(self, env):
        self._lib = ctypes.CDLL("libkrb5.so.3")
        self._lib.krb5_get_error_message.restype = ctypes.c_char_p
        self._context = ctypes.c_void_p()
        self._auth = ctypes.c_void_p()
        self._cache = ctypes.c_void_p()
        with _environment(env):
            self._call("krb5_init_context", ctypes.byref(self._context))
            self._call("krb5_cc_default", self._context,
                       ctypes.byref(self._cache))

    def _call(self, name, *args):
        code = getattr(self._lib, name)(*args)
        if code != 0:
            raise KerberosError("%s: %s" % (
                name, self._lib.krb5_get_error_message(
                    self._context, code).decode()))

    def ap_req(self, service="pop", host="localhost", mutual=False):
        """A new AP-REQ."""
        data = _Data()
        self._call("krb5_mk_req", self._context, ctypes.byref(self._auth),
                   ctypes.c_int32(_MUTUAL if mutual else 0),
                   service.encode(), host.encode(), None, self._cache,
                   ctypes.byref(data))
        octets = ctypes.string_at(data.data, data.length)
        self._lib.krb5_free_data_contents(self._context, ctypes.byref(data))
        return octets

    def check_ap_rep(self, octets):
        """The server's answer to the last AP-REQ; raises when it is not."""
        buffer = ctypes.create_string_buffer(octets, len(octets))
        data = _Data(0, len(octets), ctypes.cast(buffer, ctypes.c_void_p))
        answer = ctypes.c_void_p()
        self._call("krb5_rd_rep", self._context, self._auth,
                   ctypes.byref(data), ctypes.byref(answer))
        self._lib.krb5_free_ap_rep_enc_part(self._context, answer)


@contextlib.contextmanager
def _environment(env):
    """The library reads it while it starts."""
    saved = dict(os.environ)
    os.environ.update(env)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(saved)


def ap_req_by(env, service="pop", host="localhost"):
    """An AP-REQ made by another process, whose clock env may shift."""
    lib = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    done = subprocess.run(
        ["/usr/bin/python3", "-m", "pop3ext.kpop", service, host],
        env=dict(env, PYTHONPATH=lib, PYTHONDONTWRITEBYTECODE="1"),
        check=True, timeout=60, stdout=subprocess.PIPE)
    return bytes.fromhex(done.stdout.decode())


def counted(octets):
    """With its length."""
    return struct.pack(">I", len(octets)) + octets


BEGIN = counted(SENDAUTH) + counted(VERSION)


class Client(pop3.Client):
    """A connection to a KPOP listener; the greeting is not read."""

    def __init__(self, port):
        super().__init__(port, greeting=False)

    def octets(self, count):
        """So many octets."""
        while len(self.buffer) < count:
            data = self.sock.recv(65536)
            assert data, "the server has closed after %r" % self.buffer
            self.buffer += data
        octets, self.buffer = self.buffer[:count], self.buffer[count:]
        return octets

    def string(self):
        """A counted string."""
        (length,) = struct.unpack(">I", self.octets(4))
        return self.octets(length)

    def exchange(self, ap_req, mutual=False, burst=False):
        """The exchange as clients do it, or all at once; returns the AP-REP.
        Raises AssertionError with what the KRB-ERROR says."""
        self.send(BEGIN + (counted(ap_req) if burst else b""))
        assert self.octets(1) == b"\0"
        if not burst:
            self.send(counted(ap_req))
        error = self.string()
        assert error == b"", error
        return self.string() if mutual else None

    def kpop_login(self, name, password=b"krb_ticket"):
        """The greeting, then kpop_user()."""
        assert self.line().startswith(b"+OK")
        return self.kpop_user(name, password)

    def kpop_user(self, name, password=b"krb_ticket"):
        """USER, PASS; returns the last reply."""
        self.send(b"USER %s\r\n" % name.encode())
        assert self.line().startswith(b"+OK")
        self.send(b"PASS %s\r\n" % password)
        return self.line()


if __name__ == "__main__":
    print(Krb5({}).ap_req(*sys.argv[1:]).hex())
