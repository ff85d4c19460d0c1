from __future__ import annotations

import datetime as dt
import socket
import ssl
import stat
import threading
from pathlib import Path

import pytest
from cryptography import x509

from centralita import certificate as module
from centralita.certificate import DAYS, Certificate, certificate_for
from centralita.install.errors import InstallError

pytestmark = pytest.mark.unit


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return certificate_for(tmp_path_factory.mktemp("centre") / "tls", "127.0.0.1", {})


def read(made: Certificate) -> x509.Certificate:
    return x509.load_pem_x509_certificate(made.certificate.read_bytes())


def test_without_a_certificate_of_the_administrators_one_of_our_own_is_made(own: Certificate) -> None:
    """For the address that clients connect to, valid now, as long as browsers accept; private."""
    made = read(own)
    names = made.extensions.get_extension_for_class(x509.SubjectAlternativeName).value

    assert [str(ip) for ip in names.get_values_for_type(x509.IPAddress)] == ["127.0.0.1"]
    now = dt.datetime.now(dt.UTC)  # noqa: TID251
    assert made.not_valid_before_utc < now < made.not_valid_after_utc
    assert made.not_valid_after_utc - made.not_valid_before_utc == dt.timedelta(days=DAYS)
    assert {stat.S_IMODE(path.stat().st_mode) for path in (own.certificate, own.key)} == {0o600}
    assert stat.S_IMODE(own.key.parent.stat().st_mode) == 0o700


def test_a_client_that_trusts_it_can_connect(own: Certificate) -> None:
    """Key and certificate belong together, and the address is believed: a real handshake."""
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server.load_cert_chain(own.certificate, own.key)
    client = ssl.create_default_context(cafile=str(own.certificate))
    ours, theirs = socket.socketpair()

    def accept() -> None:
        with server.wrap_socket(theirs, server_side=True) as sock:
            sock.sendall(b"hola")

    thread = threading.Thread(target=accept)
    thread.start()
    with client.wrap_socket(ours, server_hostname="127.0.0.1") as sock:
        assert sock.recv(10) == b"hola"
    thread.join()


def test_it_is_kept_over_restarts_and_each_address_has_its_own(tmp_path: Path) -> None:
    """Phones and browsers that were told to trust it go on doing so."""
    first = certificate_for(tmp_path, "127.0.0.1", {})
    text = first.certificate.read_bytes()

    assert certificate_for(tmp_path, "127.0.0.1", {}) == first
    assert first.certificate.read_bytes() == text
    assert certificate_for(tmp_path, "127.0.0.2", {}).certificate != first.certificate


def test_half_a_certificate_is_made_anew(tmp_path: Path) -> None:
    """Killed between the two files: the next start makes both."""
    made = certificate_for(tmp_path, "127.0.0.1", {})
    made.certificate.unlink()

    assert read(certificate_for(tmp_path, "127.0.0.1", {})).issuer


def test_an_expired_certificate_is_made_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After two years a restart mends it; until then nobody would be let in."""
    monkeypatch.setattr(module, "DAYS", 1)
    made = certificate_for(tmp_path, "127.0.0.1", {})
    monkeypatch.undo()
    again = read(certificate_for(tmp_path, "127.0.0.1", {}))

    assert again.not_valid_after_utc - again.not_valid_before_utc == dt.timedelta(days=DAYS)
    assert read(made).serial_number == again.serial_number


def test_the_administrators_files_are_used_as_they_are(own: Certificate, tmp_path: Path) -> None:
    """Named both, they are taken; nothing of ours is made."""
    named = {"TLS_CERT": str(own.certificate), "TLS_KEY": str(own.key)}

    assert certificate_for(tmp_path / "tls", "10.0.0.1", named) == Certificate(
        own.certificate.resolve(), own.key.resolve()
    )
    assert not (tmp_path / "tls").exists()


@pytest.mark.parametrize(
    ("named", "told"),
    [
        ({"TLS_CERT": "/nowhere/a.crt", "TLS_KEY": "/nowhere/a.key"}, "TLS_CERT=/nowhere/a.crt"),
        ({"TLS_KEY": "/nowhere/a.key"}, "TLS_CERT=-"),
        ({"TLS_CERT": __file__}, "TLS_KEY=-"),
    ],
)
def test_a_file_that_cannot_be_read_is_named_in_both_languages(named: dict[str, str], told: str) -> None:
    """Which variable, which file, and that both are needed."""
    with pytest.raises(InstallError, match=told) as refused:
        certificate_for(Path("/nowhere"), "10.0.0.1", named)

    assert "no se puede leer" in str(refused.value)
    assert "cannot be read" in str(refused.value)
