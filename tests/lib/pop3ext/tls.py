"""tls - throw-away certificates, made with the openssl program."""

import os
import pathlib
import ssl
import subprocess


_CA_CONFIG = """\
[ca]
default_ca = this
[this]
database = %(folder)s/index
serial = %(folder)s/serial
new_certs_dir = %(folder)s
default_md = sha256
policy = policy
[policy]
commonName = supplied
"""


def _openssl(*args):
    subprocess.run(["openssl", *[str(arg) for arg in args]], check=True,
                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                   stderr=subprocess.PIPE)


class Certificate:
    """Files of one certificate: .cert and .key (paths, PEM)."""

    def __init__(self, cert, key):
        self.cert = pathlib.Path(cert)
        self.key = pathlib.Path(key)

    def server_context(self):
        """An ssl.SSLContext for a server with this certificate."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.cert, self.key)
        return context


class Authority:
    """A certification authority of its own in a folder."""

    def __init__(self, folder, name="pop3-ext test authority"):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.cert = self.folder / "ca.pem"
        self.key = self.folder / "ca.key"
        self._serial = 0
        _openssl("req", "-x509", "-newkey", "ec", "-pkeyopt",
                 "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                 "-subj", "/CN=" + name, "-keyout", self.key,
                 "-out", self.cert)

    def issue(self, name="localhost", addresses=("127.0.0.1", "::1"),
              names=("localhost",), expired=False, stem=None):
        """A certificate for these host names and addresses."""
        self._serial += 1
        stem = stem or "cert%d" % self._serial
        key = self.folder / (stem + ".key")
        request = self.folder / (stem + ".csr")
        cert = self.folder / (stem + ".pem")
        extensions = self.folder / (stem + ".ext")
        alternative = (["IP:" + a for a in addresses] +
                       ["DNS:" + n for n in names])
        text = "basicConstraints=CA:FALSE\n"
        if alternative:
            text += "subjectAltName=" + ",".join(alternative) + "\n"
        extensions.write_text(text, encoding="ascii")
        _openssl("req", "-newkey", "ec", "-pkeyopt",
                 "ec_paramgen_curve:prime256v1", "-nodes",
                 "-subj", "/CN=" + name, "-keyout", key, "-out", request)
        if expired:
            self._sign_expired(request, extensions, cert)
        else:
            _openssl("x509", "-req", "-in", request, "-CA", self.cert,
                     "-CAkey", self.key, "-set_serial", str(self._serial),
                     "-days", "2", "-extfile", extensions, "-out", cert)
        os.chmod(key, 0o600)
        return Certificate(cert, key)

    def _sign_expired(self, request, extensions, cert):
        """Only "openssl ca" takes dates in every version."""
        (self.folder / "index").write_text("", encoding="ascii")
        config = self.folder / "ca.conf"
        config.write_text(_CA_CONFIG % {"folder": self.folder},
                          encoding="utf-8")
        _openssl("ca", "-batch", "-notext", "-config", config, "-in", request,
                 "-cert", self.cert, "-keyfile", self.key, "-rand_serial",
                 "-startdate", "20010101000000Z",
                 "-enddate", "20020101000000Z",
                 "-extfile", extensions, "-out", cert)


def client_context(ca=None):
    """An ssl.SSLContext for a client; without ca it trusts everything."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if ca is None:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    else:
        context.load_verify_locations(ca)
    return context
