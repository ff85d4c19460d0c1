"""
A centre on an address that others can reach: TLS, wss and SIP passwords together, or no start.

The centre runs in a network namespace with a private address; the tests join it there.
"""

from __future__ import annotations

import asyncio
import os
import ssl
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio

from tests.support.centre import Centre, chosen_ports
from tests.support.netns import NoNetwork, own_network
from tests.support.polling import eventually
from tests.support.scene import config_text, write_config
from tests.support.telephone import SipMessage, Telephone

pytestmark = pytest.mark.integration

ADDRESS = "10.77.3.1"
ENTRY = "902"
FIXED = "porteria"
_LISTEN = "0A"
_EVERYWHERE = "0.0.0.0"  # noqa: S104  # nobody binds to it here: it is looked for


class SecureCentre(Centre):
    """Asked over https, trusting the certificate that the centre itself has made."""

    def _http(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=trust(self)))
        return self._session


def trust(centre: Centre) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=centre.facts()["http"]["certificate"])


@pytest.fixture(scope="module", autouse=True)
def network() -> Iterator[str]:
    try:
        with own_network(ADDRESS) as address:
            yield address
    except NoNetwork as reason:
        pytest.skip(str(reason))


@pytest_asyncio.fixture(scope="module")
async def centre(network: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Centre]:
    folder: Path = tmp_path_factory.mktemp("beyond")
    text = config_text({"ana": "{ventas: 8}", FIXED: "{soporte: 1}"}, {FIXED: f"{ADDRESS}:19999"})
    config = write_config(folder / "config", text)
    async with SecureCentre.running(folder / "home", config, environ={"BIND": network}) as running:
        yield running


@pytest_asyncio.fixture
async def phones(centre: Centre) -> AsyncIterator[Phones]:
    made = Phones(centre)
    yield made
    await made.close()


class Phones:
    """Telephones of this network, hung up and closed at the end of a test."""

    def __init__(self, centre: Centre) -> None:
        self._switch = (ADDRESS, int(centre.facts()["ports"]["sip"]))
        self._made: list[Telephone] = []

    def phone(self, user: str, password: str = "") -> Telephone:
        phone = Telephone(user, self._switch, address=ADDRESS, password=password)
        self._made.append(phone)
        return phone

    async def close(self) -> None:
        for phone in self._made:
            if phone.talk is not None and phone.talk.answered_ns:
                await phone.hang_up()
            phone.close()


def _port(centre: Centre, name: str) -> int:
    return int(centre.facts()["ports"][name])


async def test_the_page_is_served_over_tls_with_our_own_certificate(centre: Centre) -> None:
    """The address that is printed is https, and its certificate is valid for exactly this address."""
    assert centre.url == f"https://{ADDRESS}:{_port(centre, 'http')}"
    assert await centre.health() == 200
    assert (await centre.http_get("/api/live"))["agents"]
    stranger = ssl.create_default_context()
    async with aiohttp.ClientSession() as session:
        with pytest.raises(aiohttp.ClientConnectorCertificateError):
            await session.get(f"{centre.url}/health", ssl=stranger)


def test_nobody_else_reads_the_private_key(centre: Centre) -> None:
    """The key that the centre has made is for its owner's eyes only."""
    assert Path(centre.facts()["http"]["key"]).stat().st_mode & 0o077 == 0


async def test_nothing_is_served_without_tls(centre: Centre) -> None:
    """The same port answers no plain http."""
    async with aiohttp.ClientSession() as session:
        with pytest.raises(aiohttp.ClientError):
            await session.get(f"http://{ADDRESS}:{_port(centre, 'http')}/health")


async def test_browser_phones_come_in_over_wss_only(centre: Centre) -> None:
    """wss with subprotocol sip works on WS_PORT at /ws; plain ws does not, neither there nor on loopback."""
    place = f"{ADDRESS}:{_port(centre, 'ws')}/ws"
    async with aiohttp.ClientSession() as session:
        async with session.ws_connect(f"wss://{place}", protocols=("sip",), ssl=trust(centre)) as socket:
            assert socket.protocol == "sip"
        for plain in (f"ws://{place}", f"ws://127.0.0.1:{_port(centre, 'ws')}/ws"):
            with pytest.raises((aiohttp.ClientError, OSError)):
                await session.ws_connect(
                    plain, protocols=("sip",), timeout=aiohttp.ClientWSTimeout(ws_close=1)
                )


@pytest.mark.parametrize("user", ["+34600111222", "llamante", "ana", FIXED, "anonymous"])
async def test_without_credentials_nobody_reaches_the_dialplan(
    centre: Centre, phones: Phones, user: str
) -> None:
    """Whoever one says to be, phone at a fixed address included: 401, no channel, no contact."""
    before = await _calls_ever(centre)
    answer = await phones.phone(user).dial(ENTRY)
    assert answer.status == 401, answer.first
    assert await _calls_ever(centre) == before
    assert not (await centre.http_get("/api/live"))["contacts"]


async def test_a_wrong_password_is_no_way_in_either(centre: Centre, phones: Phones) -> None:
    """The account is right, its password is not: 401 again."""
    before = await _calls_ever(centre)
    answer = await phones.phone("llamante", "adivina").dial(ENTRY)
    assert answer.status == 401, answer.first
    assert await _calls_ever(centre) == before


async def test_a_caller_with_the_account_is_answered_and_hears_us_at_this_address(
    centre: Centre, phones: Phones
) -> None:
    """The account of centre.json gets in; SDP and audio carry the address of BIND, not loopback."""
    account = centre.facts()["caller"]
    caller = phones.phone(account["user"], account["password"])
    answer = await caller.dial(ENTRY)
    assert answer.status == 200, answer.first
    assert answer.media[0] == ADDRESS
    assert f"o=- {_origin(answer)} IN IP4 {ADDRESS}" in answer.body
    assert answer.get("Contact") == f"<sip:{ADDRESS}:{_port(centre, 'sip')}>"
    talk = caller.talk
    assert talk is not None
    await eventually(lambda: bool(talk.heard_ns), 3, "audio arrives at this address")
    await eventually(lambda: _waits(centre), 3, "the caller waits in the queue")
    await caller.hang_up()


async def test_a_phone_registers_with_its_password_only(centre: Centre, phones: Phones) -> None:
    """Agents' phones need the password of centre.json; without, or with another one, they stay outside."""
    assert await phones.phone("ana").register() == 401
    assert await phones.phone("ana", "adivina").register() == 401
    assert not await _reachable(centre, "ana")
    assert await phones.phone("ana", centre.password("ana")).register() == 200
    await eventually(lambda: _reachable(centre, "ana"), 3, "ana is reachable")


async def test_what_is_not_for_others_listens_on_loopback_only(centre: Centre) -> None:
    """AMI and AGI cannot be reached from outside; nothing listens on every address."""
    for name in ("ami", "agi"):
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection(ADDRESS, _port(centre, name))
        assert _listeners("tcp")[_port(centre, name)] == {"127.0.0.1"}
    assert not [port for port, at in _listeners("tcp").items() if _EVERYWHERE in at]
    for name, kind in (("http", "tcp"), ("ws", "tcp"), ("sip", "tcp"), ("sip", "udp")):
        assert _listeners(kind)[_port(centre, name)] == {ADDRESS}


async def test_sip_over_tls_shows_the_same_certificate(centre: Centre) -> None:
    """The port after SIP_PORT speaks TLS with the certificate of the page."""
    reader, writer = await asyncio.open_connection(ADDRESS, _port(centre, "sip") + 1, ssl=trust(centre))
    assert writer.get_extra_info("ssl_object").version() in ("TLSv1.2", "TLSv1.3")
    writer.close()
    assert reader is not None


@pytest.mark.parametrize("bind", [_EVERYWHERE, "::"])
def test_all_addresses_at_once_is_refused(bind: str, tmp_path: Path) -> None:
    """No phone could be told where to send its audio: the start ends at once and says so twice."""
    done = _start({"BIND": bind}, tmp_path)
    assert done.returncode == 1
    assert f"BIND={bind}" in done.stderr
    assert "la dirección de esta máquina" in " ".join(done.stderr.split())
    assert "this machine's address" in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr


def test_half_a_certificate_is_refused(network: str, tmp_path: Path) -> None:
    """TLS_CERT without TLS_KEY: no start without TLS, and no start with something else instead."""
    done = _start({"BIND": network, "TLS_CERT": str(tmp_path / "cert.pem")}, tmp_path)
    assert done.returncode == 1
    assert "TLS_CERT" in done.stderr and "TLS_KEY" in done.stderr
    assert "Traceback" not in done.stderr


def _start(environ: dict[str, str], folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "centralita", "run", "--home", str(folder / "home")],
        env={**os.environ, **chosen_ports(), **environ},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def _listeners(kind: str) -> dict[int, set[str]]:
    """Port -> addresses that something listens on in this network (proc(5), /proc/net/tcp)."""
    found: dict[int, set[str]] = {}
    for line in Path(f"/proc/thread-self/net/{kind}").read_text().splitlines()[1:]:
        fields = line.split()
        if kind == "udp" or fields[3] == _LISTEN:
            address, _, port = fields[1].partition(":")
            dotted = ".".join(str(byte) for byte in reversed(bytes.fromhex(address)))
            found.setdefault(int(port, 16), set()).add(dotted)
    return found


def _origin(answer: SipMessage) -> str:
    line = next(line for line in answer.body.splitlines() if line.startswith("o="))
    return " ".join(line.split()[1:3])


async def _calls_ever(centre: Centre) -> str:
    lines = (await centre.cli("core show calls")).splitlines()
    return next(line for line in lines if "processed" in line)


async def _reachable(centre: Centre, name: str) -> bool:
    live = await centre.http_get("/api/live")
    return bool(next(agent for agent in live["agents"] if agent["id"] == name)["reachable"])


async def _waits(centre: Centre) -> bool:
    return [c["phase"] for c in (await centre.http_get("/api/live"))["contacts"]] == ["waiting"]
