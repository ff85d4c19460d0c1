"""TLS for a centre that listens beyond loopback: the administrator's certificate, or one of our own."""

from __future__ import annotations

import datetime as dt
import ipaddress
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from centralita.install.errors import InstallError

DAYS = 825
"""The longest that common browsers accept of a private certificate."""
RENEW_DAYS = 7
"""With less than this left a start makes a new one; whoever trusted the old one has to trust that."""


@dataclass(frozen=True, slots=True)
class Certificate:
    certificate: Path
    key: Path


def certificate_for(folder: Path, address: str, environ: Mapping[str, str]) -> Certificate:
    """
    TLS_CERT and TLS_KEY of the environment, or a self-signed certificate for this address.

    Args:
        folder: Where ours is kept over restarts.
        address: IP address that clients connect to.
        environ: May name files; both or none.

    Raises:
        InstallError: A named file cannot be read, or only one is named.
    """
    named = [environ.get("TLS_CERT", ""), environ.get("TLS_KEY", "")]
    if not any(named):
        return _own(folder, address)
    for variable, name in zip(("TLS_CERT", "TLS_KEY"), named, strict=True):
        if not name or not os.access(name, os.R_OK):
            raise InstallError(
                f"{variable}={name or '-'}: no se puede leer; hacen falta TLS_CERT y TLS_KEY. / "
                "cannot be read; TLS_CERT and TLS_KEY are needed together."
            )
    return Certificate(Path(named[0]).resolve(), Path(named[1]).resolve())


def _own(folder: Path, address: str) -> Certificate:
    found = Certificate(folder / f"{address}.crt", folder / f"{address}.key")
    if not (found.certificate.exists() and found.key.exists()) or _ends_soon(found.certificate):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        _make(found, address)
    return found


def _ends_soon(file: Path) -> bool:
    from cryptography import x509

    left = x509.load_pem_x509_certificate(file.read_bytes()).not_valid_after_utc - dt.datetime.now(dt.UTC)  # noqa: TID251
    return left < dt.timedelta(days=RENEW_DAYS)


def _make(files: Certificate, address: str) -> None:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, address)])
    start = dt.datetime.now(dt.UTC) - dt.timedelta(hours=1)  # noqa: TID251
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + dt.timedelta(days=DAYS))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    _put(files.key, private)
    _put(files.certificate, certificate.public_bytes(pem))


def _put(path: Path, data: bytes) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(data)
