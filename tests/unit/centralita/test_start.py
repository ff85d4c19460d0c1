from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import http.server
import os
import ssl
import stat
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from asr.synthesis import SynthesisError
from centralita import start
from centralita.certificate import Certificate, certificate_for
from centralita.home import Home, HomeBusy
from centralita.install.asterisk import AsteriskInstall
from centralita.install.errors import InstallError
from centralita.install.ports import Ports
from centralita.start import Plan, StartError
from config.loader import example
from config.problems import ConfigError

pytestmark = pytest.mark.unit

ASTERISK = AsteriskInstall(
    Path("/opt/ast"), Path("/opt/ast/asterisk"), (), Path("/opt/ast/modules"), Path("/opt/ast/share"), "22"
)
PORTS = Ports(http=8080, sip=5060, ws=8088, ami=5038, agi=4573, rtp=(10_000, 10_999), bind="127.0.0.1")


class Synthesiser:
    """Speaks at once; cannot say what is about trouble."""

    cannot = ""

    def fingerprint(self, lang: str) -> str:
        return f"fake {lang}"

    async def render(self, text: str, lang: str) -> bytes:
        if self.cannot and self.cannot in text:
            raise SynthesisError(f"no se puede decir / cannot say: {text}")
        return text.encode()

    async def close(self) -> None:
        return None


@pytest.fixture(autouse=True)
def held(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """A machine with an Asterisk, a voice, and all default ports free. Gives the locks that are held."""
    locks: list[int] = []
    lock = Home.lock

    def noted(home: Home) -> int:
        locks.append(lock(home))
        return locks[-1]

    monkeypatch.setattr(Home, "lock", noted)
    monkeypatch.setattr(start, "ensure_asterisk", lambda **_: ASTERISK)
    monkeypatch.setattr(start, "installed_synthesisers", lambda _: [Synthesiser()])
    monkeypatch.setattr(
        start, "choose_ports", lambda environ, _: replace(PORTS, bind=environ.get("BIND", PORTS.bind))
    )
    yield locks
    for fd in locks:
        os.close(fd)


async def prepared(folder: Path, **environ: str) -> tuple[Plan, list[str]]:
    said: list[str] = []
    return await start.prepare(Home(folder / "centro"), None, environ, said.append), said


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def made(plan: Plan, name: str) -> str:
    return (plan.home.asterisk / "etc/cc.d" / f"{name}.conf").read_text(encoding="utf-8")


def account(plan: Plan, name: str) -> str:
    return (plan.home.asterisk / "etc/pjsip.d" / f"{name}.conf").read_text(encoding="utf-8")


async def test_a_first_start_makes_everything_and_needs_nothing(tmp_path: Path) -> None:
    """The example as configuration, prompts, the switch's files and the facts for the server: on loopback."""
    plan, said = await prepared(tmp_path)

    assert plan.config_path.read_bytes() == example().read_bytes()
    assert any(line.startswith("Locuciones / prompts: ") for line in said)
    assert list(plan.home.sounds.glob("es-*.wav"))
    assert (plan.home.asterisk / "etc/asterisk.conf").exists()
    assert (plan.certificate, plan.url) == (None, "http://127.0.0.1:8080")
    assert not plan.home.tls.exists()


async def test_the_facts_for_the_server_are_complete_and_private(tmp_path: Path) -> None:
    """Ports, secrets, hosts: what the server and the tools of the same user need, for nobody else to read."""
    plan, _ = await prepared(tmp_path)
    facts = plan.home.read_centre()

    assert mode(plan.home.centre_file) == 0o600
    assert facts["http"] == {
        "url": "http://127.0.0.1:8080",
        "token": plan.secrets.http_token,
        "bind": "127.0.0.1",
        "hosts": ["127.0.0.1:8080", "localhost:8080"],
        "origins": [],
        "certificate": "",
        "key": "",
    }
    assert facts["ports"] == {
        "http": 8080,
        "sip": 5060,
        "ws": 8088,
        "ami": 5038,
        "agi": 4573,
        "rtp": [10_000, 10_999],
        "bind": "127.0.0.1",
    }
    assert facts["ami"] == {"port": 5038, "user": "centralita", "secret": plan.secrets.ami}
    assert (facts["agi_nonce"], facts["switch"]) == (plan.secrets.agi_nonce, "local")
    assert facts["config"] == str(plan.config_path)
    assert facts["phones"]["ana"] == {"user": "ana", "password": plan.secrets.phones["ana"]}
    assert facts["asterisk"]["cli"] == [
        "/opt/ast/asterisk",
        "-C",
        str(plan.home.asterisk / "etc/asterisk.conf"),
    ]
    assert facts["web_phone"] == {
        "ws": "ws://127.0.0.1:8088/ws",
        "user": "navegador",
        "password": plan.secrets.web_caller,
        "host": "127.0.0.1",
    }


async def test_the_switch_gets_the_secrets_the_entries_and_the_fallback(tmp_path: Path) -> None:
    """The same words on both sides, every number that is configured, and the message as a sound file."""
    plan, _ = await prepared(tmp_path)
    given = made(plan, "extensions_globals")

    assert f"secret={plan.secrets.ami}\n" in made(plan, "manager_users")
    assert f"CC_NONCE={plan.secrets.agi_nonce}\n" in given
    assert f"CC_FALLBACK_SAY={plan.home.sounds}/es-tenemos-un-problema" in given
    assert "CC_FALLBACK_DIAL=PJSIP/ana\n" in given
    assert "CC_FALLBACK_AFTER=60\n" in given
    assert {"exten => 900,1,Set(CC_ENTRY=900)", "exten => 901,1,Set(CC_ENTRY=901)"} <= set(
        made(plan, "extensions_entries").splitlines()
    )
    assert f"password={plan.secrets.phones['fran']}\n" in account(plan, "phone-fran")


async def test_a_message_without_a_sound_leaves_the_fallback_silent_not_broken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What cannot be said is told to the administrator; the dialplan finds an empty variable."""
    monkeypatch.setattr(Synthesiser, "cannot", "problem")
    plan, said = await prepared(tmp_path)

    assert "CC_FALLBACK_SAY=\n" in made(plan, "extensions_globals")
    assert any("no se puede decir" in line for line in said)


async def test_a_second_start_keeps_the_configuration_and_every_secret(
    tmp_path: Path, held: list[int]
) -> None:
    """What the administrator wrote stays; callers on the line and phones find the words they know."""
    first, _ = await prepared(tmp_path)
    text = first.config_path.read_text(encoding="utf-8").replace("name: Electrodomésticos", "name: Muebles")
    first.config_path.write_text(text, encoding="utf-8")
    os.close(held.pop())
    second, said = await prepared(tmp_path)

    assert second.secrets == first.secrets
    assert second.loaded.config.name == "Muebles Alborada"
    assert second.config_path == second.home.config / "centro.yaml"
    assert not any(line.startswith("Locuciones") for line in said)


async def test_a_home_in_use_is_not_touched(tmp_path: Path) -> None:
    """The second start is refused before it has written anything into the first one's files."""
    plan, _ = await prepared(tmp_path)
    before = plan.home.centre_file.stat().st_mtime_ns

    with pytest.raises(HomeBusy, match="--home"):
        await prepared(tmp_path, BIND="127.0.0.2")
    assert plan.home.centre_file.stat().st_mtime_ns == before


@pytest.mark.parametrize("address", ["0.0.0.0", "::"])  # noqa: S104  # refused
async def test_an_address_that_is_none_is_refused_in_both_languages(tmp_path: Path, address: str) -> None:
    """Phones must be told where to send their audio: which variable, and what to write there."""
    with pytest.raises(StartError) as refused:
        await prepared(tmp_path, BIND=address)

    spanish, _, english = str(refused.value).partition(" / ")
    assert spanish.startswith(f"BIND={address} no dice qué dirección")
    assert english.startswith(f"BIND={address} does not say which address")


async def test_an_address_that_nobody_here_can_speak_is_refused(tmp_path: Path) -> None:
    """IPv6 is not served yet: said at the start, not found out by a phone that hears nothing."""
    with pytest.raises(StartError, match=r"IPv4.*IPv4"):
        await prepared(tmp_path, BIND="::1")


async def test_a_broken_configuration_stops_the_start_before_anything_is_fetched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """File and line at once, not after a download."""

    def fetched(**_: object) -> AsteriskInstall:
        raise AssertionError("nothing may be fetched for a configuration that cannot run")

    monkeypatch.setattr(start, "ensure_asterisk", fetched)
    home = Home(tmp_path / "centro")
    home.make()
    (home.config / "centro.yaml").write_text("agents: [", encoding="utf-8")

    with pytest.raises(ConfigError, match=r"centro\.yaml"):
        await prepared(tmp_path)


async def test_beyond_loopback_everything_is_behind_tls_and_passwords(tmp_path: Path) -> None:
    """One switch: TLS for pages, wss and SIP together, callers by password, and only our own host name."""
    plan, _ = await prepared(tmp_path, BIND="10.0.0.1")
    facts = plan.home.read_centre()
    certificate = plan.certificate
    assert certificate is not None

    assert facts["http"]["url"] == "https://10.0.0.1:8080"
    assert facts["http"]["hosts"] == ["10.0.0.1:8080"]
    assert (facts["http"]["certificate"], facts["http"]["key"]) == (
        str(certificate.certificate),
        str(certificate.key),
    )
    assert mode(plan.home.tls) == 0o700
    assert "enabled=no\n" in made(plan, "http_general")
    assert "bind=10.0.0.1:5061" in made(plan, "pjsip_transports")
    assert f"password={plan.secrets.caller}\n" in account(plan, "callers")
    assert facts["caller"] == {"user": "llamante", "password": plan.secrets.caller}


async def test_a_certificate_that_cannot_be_read_stops_the_start(tmp_path: Path) -> None:
    """Better no centre than one without the administrator's certificate."""
    with pytest.raises(InstallError, match="TLS_CERT"):
        await prepared(tmp_path, BIND="10.0.0.1", TLS_CERT="/nowhere", TLS_KEY="/nowhere")


async def test_the_greeting_says_where_to_look_and_what_to_dial(tmp_path: Path) -> None:
    """The page with its token, the number, the agents, where the passwords are; never a password itself."""
    plan, _ = await prepared(tmp_path)
    open_door = "\n".join(start.greeting(plan, 2.34))
    closed = "\n".join(start.greeting(replace(plan, certificate=Certificate(Path("a"), Path("b"))), 1))

    assert f"http://127.0.0.1:8080/?token={plan.secrets.http_token}" in open_door
    assert "sip:900@127.0.0.1:5060  (sin contraseña / no password)" in open_door
    assert "ana, beto, carla, david, elena, fran" in open_door
    assert "2.3 s" in open_door
    assert "usuario / user: llamante" in closed
    for word in (*plan.secrets.phones.values(), plan.secrets.ami, plan.secrets.caller):
        assert word not in open_door + closed


def issued(folder: Path, name: str) -> Certificate:
    """A certificate of an authority, for a host name: as an administrator has it."""
    now = dt.datetime.now(dt.UTC)  # noqa: TID251
    keys = [ec.generate_private_key(ec.SECP256R1()) for _ in range(2)]
    names = [x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)]) for text in ("Autoridad", name)]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(names[1])
        .issuer_name(names[0])
        .public_key(keys[1].public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), False)
        .sign(keys[0], hashes.SHA256())
    )
    found = Certificate(folder / "a.crt", folder / "a.key")
    pem = serialization.Encoding.PEM
    found.certificate.write_bytes(certificate.public_bytes(pem))
    found.key.write_bytes(
        keys[1].private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return found


class Health(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/health" else 404)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        return None


@contextlib.contextmanager
def listening(certificate: Certificate | None) -> Iterator[int]:
    """A server whose /health is well; its port."""
    with http.server.HTTPServer(("127.0.0.1", 0), Health) as server:
        if certificate is not None:
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            context.load_cert_chain(certificate.certificate, certificate.key)
            server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield int(server.server_address[1])
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize("kind", ["plain", "own", "issued"])
async def test_a_centre_that_is_well_is_seen_to_be_well(tmp_path: Path, kind: str) -> None:
    """Whatever its certificate: an authority's, for a host name, is as good as one of our own."""
    plan, _ = await prepared(tmp_path)
    if kind == "own":
        certificate: Certificate | None = certificate_for(tmp_path / "tls", "127.0.0.1", {})
    else:
        certificate = issued(tmp_path, "centro.example") if kind == "issued" else None
    with listening(certificate) as port:
        well = replace(plan, ports=replace(plan.ports, http=port), certificate=certificate)

        assert await asyncio.to_thread(start._healthy, well)
    assert not await asyncio.to_thread(start._healthy, well)


async def test_somebody_else_on_our_port_is_not_us(tmp_path: Path) -> None:
    """Another certificate than ours answers: that is not the centre that was started."""
    plan, _ = await prepared(tmp_path)
    ours = certificate_for(tmp_path / "tls", "127.0.0.1", {})
    with listening(issued(tmp_path, "otro.example")) as port:
        other = replace(plan, ports=replace(plan.ports, http=port), certificate=ours)

        assert not await asyncio.to_thread(start._healthy, other)
