"""Certificates made while a test runs, by the openssl command."""

import pathlib
import subprocess


def _openssl(*arguments):
    done = subprocess.run(["openssl", *map(str, arguments)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"openssl {' '.join(map(str, arguments))}: {done.stderr}"


class Pair:
    """The paths of a certificate and its key."""

    def __init__(self, certificate, key):
        self.certificate = certificate
        self.key = key


class Authority:
    """A CA in a directory of its own, and what it signs."""

    def __init__(self, directory, name="ca"):
        self._directory = pathlib.Path(directory)
        self._directory.mkdir(parents=True, exist_ok=True)
        self._key = self._directory / f"{name}.key"
        self.certificate = self._directory / f"{name}.crt"
        _openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", 2,
                 "-subj", f"/CN={name}", "-keyout", self._key, "-out", self.certificate)

    def sign(self, name, alternative_names="DNS:localhost,IP:127.0.0.1", directory=None, days=1):
        """A pair tls.crt and tls.key, in a directory named like its subject; with -1 day, one that has expired."""
        directory = pathlib.Path(directory or self._directory / name)
        directory.mkdir(parents=True, exist_ok=True)
        pair = Pair(directory / "tls.crt", directory / "tls.key")
        request = directory / "request.csr"
        extensions = directory / "extensions"
        extensions.write_text(f"subjectAltName={alternative_names}\n")
        _openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                 "-subj", f"/CN={name}", "-keyout", pair.key, "-out", request)
        _openssl("x509", "-req", "-in", request, "-CA", self.certificate, "-CAkey", self._key, "-days", days,
                 "-extfile", extensions, "-out", pair.certificate)
        return pair
