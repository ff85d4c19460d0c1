from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Iterator
from ipaddress import IPv4Address
from pathlib import Path

import pytest

from centralita.install.ports import RTP, PortError, Ports, choose_ports

pytestmark = pytest.mark.unit

NAMES = ("HTTP_PORT", "SIP_PORT", "WS_PORT", "AMI_PORT", "AGI_PORT")


def _silent(_: str) -> None:
    return None


def _all(ports: Ports) -> list[int]:
    return [ports.http, ports.sip, ports.ws, ports.ami, ports.agi]


@contextlib.contextmanager
def taken(
    port: int = 0, kind: socket.SocketKind = socket.SOCK_STREAM, host: str = "127.0.0.1"
) -> Iterator[int]:
    """A port that is taken during the block, by us or, if it already was, by somebody else."""
    with socket.socket(socket.AF_INET, kind) as holder:
        with contextlib.suppress(OSError):
            holder.bind((host, port))
            if kind is socket.SOCK_STREAM:
                holder.listen()
        yield port or holder.getsockname()[1]


def free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        return [stack.enter_context(taken()) for _ in range(count)]


def test_every_named_port_is_used_as_it_was_named() -> None:
    """What the environment names and is free is exactly what the centre listens on."""
    wanted = free_ports(5)
    environ = {name: str(port) for name, port in zip(NAMES, wanted, strict=True)}

    ports = choose_ports({**environ, "RTP_PORTS": "31000-31019"}, _silent)

    assert _all(ports) == wanted
    assert ports.rtp == (31000, 31019)
    assert ports.bind == "127.0.0.1"


def test_an_empty_variable_counts_as_absent() -> None:
    """`HTTP_PORT= make run` is the same as not naming it."""
    assert choose_ports({"HTTP_PORT": "", "BIND": "", "RTP_PORTS": ""}, _silent).http >= 8080


@pytest.mark.parametrize(
    ("variable", "port", "field"),
    [
        ("HTTP_PORT", 8080, "http"),
        ("WS_PORT", 8088, "ws"),
        ("AMI_PORT", 5038, "ami"),
        ("AGI_PORT", 4573, "agi"),
    ],
)
def test_a_taken_default_moves_and_says_so(variable: str, port: int, field: str) -> None:
    """Another program on a default port does not stop the centre, and a person is told of the move."""
    said: list[str] = []
    with taken(port):
        ports = choose_ports({}, said.append)

    assert getattr(ports, field) > port
    assert any(variable in line and str(port) in line and str(getattr(ports, field)) in line for line in said)


@pytest.mark.parametrize("kind", [socket.SOCK_STREAM, socket.SOCK_DGRAM])
def test_sip_needs_both_transports(kind: socket.SocketKind) -> None:
    """A SIP port that is taken for UDP or for TCP alone will not do."""
    with taken(5060, kind):
        assert choose_ports({}, _silent).sip > 5060


def test_a_taken_named_port_is_an_error_that_names_variable_and_process() -> None:
    """What a person asked for is never silently replaced; they learn who is in the way."""
    with taken() as port, pytest.raises(PortError) as error:
        choose_ports({"HTTP_PORT": str(port)}, _silent)

    assert f"HTTP_PORT={port}" in str(error.value)
    assert f"pid {os.getpid()}" in str(error.value)


def test_a_taken_named_udp_port_names_the_process_too() -> None:
    """The holder of a UDP port is found as well."""
    with taken(kind=socket.SOCK_DGRAM) as port, pytest.raises(PortError, match=f"pid {os.getpid()}"):
        choose_ports({"SIP_PORT": str(port)}, _silent)


def test_a_port_taken_on_another_address_matters_only_if_we_bind_there() -> None:
    """Binding is tried on the very address that will be used."""
    with taken(host="127.0.0.2") as port:
        assert choose_ports({"HTTP_PORT": str(port)}, _silent).http == port
        with pytest.raises(PortError, match="HTTP_PORT"):
            choose_ports({"HTTP_PORT": str(port), "BIND": str(IPv4Address(0))}, _silent)


def test_ami_and_agi_stay_on_the_loopback() -> None:
    """With BIND elsewhere the manager and the AGI port are still tried, and used, on 127.0.0.1 only."""
    with taken(host="127.0.0.2") as port:
        assert choose_ports({"AMI_PORT": str(port), "BIND": "127.0.0.2"}, _silent).ami == port


def test_no_two_services_share_a_port() -> None:
    """Defaults keep clear of each other, of what was named and of the audio range."""
    ports = choose_ports({"HTTP_PORT": "8088", "RTP_PORTS": "4572-5200"}, _silent)

    assert len(set(_all(ports))) == 5
    assert not any(ports.rtp[0] <= port <= ports.rtp[1] for port in _all(ports))


@pytest.mark.parametrize(
    ("environ", "named"),
    [
        ({"HTTP_PORT": "24000", "WS_PORT": "24000"}, ("WS_PORT=24000", "HTTP_PORT")),
        ({"SIP_PORT": "24010", "RTP_PORTS": "24000-24099"}, ("SIP_PORT=24010", "RTP_PORTS")),
    ],
)
def test_two_named_ports_that_collide_are_an_error(environ: dict[str, str], named: tuple[str, str]) -> None:
    """The text names both sides of the collision."""
    with pytest.raises(PortError) as error:
        choose_ports(environ, _silent)

    assert all(name in str(error.value) for name in named)


@pytest.mark.parametrize("text", ["abc", "0", "70000", "-1", "80.5", "８０８０x", "1e3", " "])
def test_a_port_that_is_none_is_refused_in_both_languages(text: str) -> None:
    """Rubbish is answered with variable, value and what would be right, in Spanish and English."""
    with pytest.raises(PortError) as error:
        choose_ports({"WS_PORT": text}, _silent)

    spanish, english = str(error.value).splitlines()
    assert f"WS_PORT={text} no es un puerto" in spanish
    assert f"WS_PORT={text} is not a port" in english


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("abc", "is not a range"),
        ("10000", "is not a range"),
        ("10999-10000", "wrong way round"),
        ("10001-10999", "starts odd"),
        ("10000-10002", "less than 4"),
        ("10000-70000", "leaves 1 to 65535"),
        ("0-100", "leaves 1 to 65535"),
    ],
)
def test_a_bad_audio_range_says_what_is_wrong_with_it(text: str, why: str) -> None:
    """Each kind of mistake has its own words and an example of a good range."""
    with pytest.raises(PortError) as error:
        choose_ports({"RTP_PORTS": text}, _silent)

    assert f"RTP_PORTS={text}" in str(error.value)
    assert why in str(error.value)
    assert "Ejemplo" in str(error.value)


@contextlib.contextmanager
def _audio_taken(first: int, ports: int) -> Iterator[None]:
    with contextlib.ExitStack() as stack:
        for port in range(first, first + 2 * ports, 2):
            stack.enter_context(taken(port, socket.SOCK_DGRAM))
        yield


def test_a_named_audio_range_mostly_taken_is_an_error() -> None:
    """A range that leaves hardly a port for calls is refused at the start, not at the first call."""
    with _audio_taken(32000, 8), pytest.raises(PortError, match="RTP_PORTS=32000-32019"):
        choose_ports({"RTP_PORTS": "32000-32019"}, _silent)


def test_a_few_taken_audio_ports_do_no_harm() -> None:
    """Asterisk skips a port that is taken, so a range need not be all free."""
    with _audio_taken(32100, 3):
        assert choose_ports({"RTP_PORTS": "32100-32119"}, _silent).rtp == (32100, 32119)


def test_the_default_audio_range_moves_as_a_whole() -> None:
    """With the default range full of other sockets the next one of the same size is used, and told."""
    said: list[str] = []
    with _audio_taken(RTP[0], 500):
        ports = choose_ports({}, said.append)

    assert ports.rtp[0] > RTP[1]
    assert ports.rtp[1] - ports.rtp[0] == RTP[1] - RTP[0]
    assert any("RTP_PORTS" in line and str(ports.rtp[0]) in line for line in said)


@pytest.mark.parametrize(
    ("text", "why"), [("casa", "is not an IP address"), ("192.0.2.7", "is not an address of this machine")]
)
def test_a_bind_address_must_be_one_of_ours(text: str, why: str) -> None:
    """A name or somebody else's address is refused with the way to find the right one."""
    with pytest.raises(PortError, match=why):
        choose_ports({"BIND": text}, _silent)


def test_ipv6_is_an_address_too() -> None:
    """BIND=::1 works where the machine has IPv6."""
    with socket.socket(socket.AF_INET6) as trial:
        try:
            trial.bind(("::1", 0))
        except OSError:
            pytest.skip("no IPv6 loopback on this machine")
    assert choose_ports({"BIND": "::1"}, _silent).bind == "::1"


def _said_without_rights(environ: dict[str, str]) -> str:
    """What choosing says to a person who is not root; a child of ours gives root up to ask."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            if os.geteuid() == 0:
                os.setuid(65534)
            choose_ports(environ, _silent)
        except PortError as error:
            os.write(writing, str(error).encode())
        finally:
            os._exit(0)
    os.close(writing)
    os.waitpid(child, 0)
    with os.fdopen(reading) as stream:
        return stream.read()


_FIRST_FREE_TO_ALL = Path("/proc/sys/net/ipv4/ip_unprivileged_port_start")


@pytest.mark.skipif(int(_FIRST_FREE_TO_ALL.read_text()) < 90, reason="this kernel lets anybody bind any port")
def test_a_low_port_without_permission_says_that_root_is_needed() -> None:
    """The kernel's refusal is not mistaken for a port that is taken."""
    assert "root" in _said_without_rights({"HTTP_PORT": "81"})
