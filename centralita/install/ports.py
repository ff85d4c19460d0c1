"""
The ports a centre listens on, each tried before anything starts.

Asterisk starts happily with its ports taken and only writes an error into its log.
"""

from __future__ import annotations

import errno
import ipaddress
import os
import re
import socket
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from centralita.install.errors import InstallError, both
from centralita.install.owners import owner

Say = Callable[[str], None]

LOOPBACK = "127.0.0.1"
BIND = LOOPBACK
RTP = (10_000, 10_999)
RTP_PORTS_MIN = 4
RTP_TRIED = 16
_LAST = 65_535
_RTP_TEXT = re.compile(r"\s*(\d{1,5})\s*-\s*(\d{1,5})\s*")
_NUMBER = re.compile(r"\d{1,5}")


class PortError(InstallError):
    """A port that a person named cannot be had, or what they wrote is not a port."""


@dataclass(frozen=True, slots=True)
class Ports:
    """
    Where the centre listens. All ports differ, and none lies inside `rtp`.

    http: Pages and API, on `bind`.
    sip: UDP and TCP, on `bind`.
    ws: Asterisk's WebSocket for browser phones, on `bind`.
    ami, agi: Between Asterisk and us; always on the loopback.
    rtp: First and last UDP port of the calls' audio, both included.
    bind: An address of this machine, or the unspecified one for all.
    """

    http: int
    sip: int
    ws: int
    ami: int
    agi: int
    rtp: tuple[int, int]
    bind: str


@dataclass(frozen=True, slots=True)
class _Service:
    field: str
    variable: str
    default: int
    kinds: tuple[str, ...]
    local: bool = False


_SERVICES = (
    _Service("http", "HTTP_PORT", 8080, ("tcp",)),
    _Service("sip", "SIP_PORT", 5060, ("udp", "tcp")),
    _Service("ws", "WS_PORT", 8088, ("tcp",)),
    _Service("ami", "AMI_PORT", 5038, ("tcp",), local=True),
    _Service("agi", "AGI_PORT", 4573, ("tcp",), local=True),
)


def _to_stderr(line: str) -> None:
    sys.stderr.write(f"{line}\n")


def choose_ports(environ: Mapping[str, str], say: Say = _to_stderr) -> Ports:
    """
    Ports that are free now.

    A default that is taken moves to the next free port and `say` tells; one that the environment names is
    had or is an error.

    Args:
        environ: HTTP_PORT, SIP_PORT, WS_PORT, AMI_PORT, AGI_PORT, RTP_PORTS (`first-last`) and BIND, each
            optional; empty counts as absent.
        say: Where a move is told.

    Raises:
        PortError: A value is not valid, is taken, or stands twice. The text names variable and, where it
            can be seen, the process.
    """
    bind = _address(environ)
    named = {
        service.field: _number(service.variable, environ[service.variable])
        for service in _SERVICES
        if environ.get(service.variable)
    }
    named_rtp = _range(environ["RTP_PORTS"]) if environ.get("RTP_PORTS") else None
    _no_doubles(named, named_rtp)
    _all_free(named, bind)
    rtp = _audio(named_rtp, set(named.values()), bind, say)
    found = dict(named)
    for service in _SERVICES:
        if service.field not in found:
            reserved = set(found.values()) | set(range(rtp[0], rtp[1] + 1))
            found[service.field] = _next_free(service, reserved, bind, say)
    return Ports(**found, rtp=rtp, bind=bind)


def _address(environ: Mapping[str, str]) -> str:
    text = environ.get("BIND") or BIND
    try:
        address = str(ipaddress.ip_address(text))
    except ValueError:
        raise _error(
            f"BIND={text} no es una dirección IP. Ejemplos: 127.0.0.1, 0.0.0.0",
            f"BIND={text} is not an IP address. Examples: 127.0.0.1, 0.0.0.0",
        ) from None
    if _trouble(0, "tcp", address) is not None:
        raise _error(
            f"BIND={text} no es una dirección de esta máquina («ip address» las muestra).",
            f"BIND={text} is not an address of this machine (`ip address` shows them).",
        )
    return address


def _number(variable: str, text: str) -> int:
    if not _NUMBER.fullmatch(text.strip()) or not 0 < int(text) <= _LAST:
        raise _error(
            f"{variable}={text} no es un puerto: escriba un número de 1 a {_LAST}.",
            f"{variable}={text} is not a port: write a number from 1 to {_LAST}.",
        )
    return int(text)


def _range(text: str) -> tuple[int, int]:
    match = _RTP_TEXT.fullmatch(text)
    if match is None:
        raise _rtp_error(text, "no es un intervalo", "is not a range")
    first, last = int(match[1]), int(match[2])
    if not 0 < first <= _LAST or not 0 < last <= _LAST:
        raise _rtp_error(text, f"sale de 1 a {_LAST}", f"leaves 1 to {_LAST}")
    if last < first:
        raise _rtp_error(text, "está al revés", "is the wrong way round")
    if first % 2:
        raise _rtp_error(
            text, "empieza en impar (RTP va en los pares)", "starts odd (RTP uses the even ones)"
        )
    if last - first + 1 < RTP_PORTS_MIN:
        raise _rtp_error(
            text, f"tiene menos de {RTP_PORTS_MIN} puertos", f"has less than {RTP_PORTS_MIN} ports"
        )
    return first, last


def _rtp_error(text: str, spanish: str, english: str) -> PortError:
    return _error(
        f"RTP_PORTS={text} {spanish}. Ejemplo: RTP_PORTS=10000-10999",
        f"RTP_PORTS={text} {english}. Example: RTP_PORTS=10000-10999",
    )


def _no_doubles(named: Mapping[str, int], rtp: tuple[int, int] | None) -> None:
    seen: dict[int, str] = {}
    for service in _SERVICES:
        port = named.get(service.field)
        if port is None:
            continue
        other = seen.setdefault(port, service.variable)
        if rtp is not None and rtp[0] <= port <= rtp[1]:
            other = "RTP_PORTS"
        if other != service.variable:
            raise _error(
                f"{service.variable}={port} choca con {other}: dé a cada uno su puerto.",
                f"{service.variable}={port} collides with {other}: give each its own port.",
            )


def _all_free(named: Mapping[str, int], bind: str) -> None:
    for service in _SERVICES:
        if service.field in named:
            port = named[service.field]
            trouble = _service_trouble(service, port, bind)
            if trouble is not None:
                raise _not_had(f"{service.variable}={port}", trouble)


@dataclass(frozen=True, slots=True)
class _Trouble:
    """Why a port could not be bound: the error's number and text, and who holds the port, if seen."""

    number: int
    text: str
    holder: str


def _not_had(what: str, trouble: _Trouble) -> PortError:
    if trouble.number == errno.EADDRINUSE:
        who = trouble.holder or "?"
        return _error(
            f"{what} ya está ocupado por {who}. Pare ese proceso o elija otro puerto.",
            f"{what} is already taken by {who}. Stop that process or choose another port.",
        )
    if trouble.number in {errno.EACCES, errno.EPERM}:
        return _error(
            f"{what}: sin permiso; por debajo de 1024 hace falta ser root. Elija otro puerto.",
            f"{what}: no permission; below 1024 takes root. Choose another port.",
        )
    return _error(f"{what}: {trouble.text}.", f"{what}: {trouble.text}. Choose another port.")


def _service_trouble(service: _Service, port: int, bind: str) -> _Trouble | None:
    address = LOOPBACK if service.local else bind
    troubles = (_trouble(port, kind, address) for kind in service.kinds)
    return next((trouble for trouble in troubles if trouble is not None), None)


def _trouble(port: int, kind: str, address: str) -> _Trouble | None:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    stream = kind == "tcp"
    with socket.socket(family, socket.SOCK_STREAM if stream else socket.SOCK_DGRAM) as trial:
        if stream:
            # Connections that a stopped server leaves in TIME_WAIT hinder nobody.
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((address, port))
            if stream:
                trial.listen()
        except OSError as error:
            number = error.errno or errno.EIO
            holder = owner(port, kind) if number == errno.EADDRINUSE else ""
            return _Trouble(number, os.strerror(number), holder)
    return None


def _next_free(service: _Service, reserved: set[int], bind: str, say: Say) -> int:
    first: _Trouble | None = None
    for port in range(service.default, _LAST + 1):
        if port in reserved:
            continue
        trouble = _service_trouble(service, port, bind)
        if trouble is None:
            if port != service.default:
                _tell_move(service, port, first, say)
            return port
        first = first or trouble
    raise _error(f"{service.variable}: no queda ningún puerto.", f"{service.variable}: no port is left.")


def _tell_move(service: _Service, port: int, trouble: _Trouble | None, say: Say) -> None:
    who = f" ({trouble.holder})" if trouble is not None and trouble.holder else ""
    say(
        both(
            f"{service.variable}: el {service.default} está ocupado{who}, se usa el {port}",
            f"{service.default} is taken, {port} is used",
        )
    )


def _audio(named: tuple[int, int] | None, reserved: set[int], bind: str, say: Say) -> tuple[int, int]:
    if named is not None:
        if (trouble := _audio_trouble(named, bind)) is not None:
            raise _not_had(f"RTP_PORTS={named[0]}-{named[1]}", trouble)
        return named
    size = RTP[1] - RTP[0] + 1
    for first in range(RTP[0], _LAST - size, size):
        span = (first, first + size - 1)
        if not any(span[0] <= port <= span[1] for port in reserved) and _audio_trouble(span, bind) is None:
            if span != RTP:
                old, new = f"{RTP[0]}-{RTP[1]}", f"{span[0]}-{span[1]}"
                say(both(f"RTP_PORTS: {old} está ocupado, se usa {new}", f"{old} is taken, {new} is used"))
            return span
    raise _error("RTP_PORTS: no queda ningún intervalo libre.", "RTP_PORTS: no free range is left.")


def _audio_trouble(span: tuple[int, int], bind: str) -> _Trouble | None:
    """
    Trouble of a range: more than half of the ports tried are taken.

    Asterisk skips a taken port by itself, so a few are no harm.
    """
    evens = range(span[0], span[1], 2)
    tried = evens[:: max(1, len(evens) // RTP_TRIED)][:RTP_TRIED]
    troubles = [trouble for port in tried if (trouble := _trouble(port, "udp", bind)) is not None]
    return troubles[0] if len(troubles) * 2 > len(tried) else None


def _error(spanish: str, english: str) -> PortError:
    return PortError(f"{spanish}\n{english}")
