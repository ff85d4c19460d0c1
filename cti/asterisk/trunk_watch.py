"""Whether the carriers accept our registrations: what the switch says, in words that say how to mend it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import structlog

from cti.asterisk.phones import Message
from cti.asterisk.trunks import PREFIX

_log = structlog.get_logger("switch")

EVENT = "Registry"
"""Says that a registration has changed; which one, and how it stands, a list says better."""
DETAIL = "OutboundRegistrationDetail"
PATIENCE_S = 10.0
"""How long a registration may be on its way before it counts as unanswered."""
_REGISTERED, _REJECTED = "Registered", "Rejected"


@dataclass(slots=True)
class _Line:
    status: str
    since_s: float
    logged: str = ""


class TrunkWatch:
    """Times are of one clock that never goes back, in seconds."""

    def __init__(self) -> None:
        self._lines: dict[str, _Line] = {}

    def trouble(self, now_s: float) -> dict[str, str]:
        """Trunk -> what is wrong with its registration and what to do."""
        found = {name: _text(name, line, now_s) for name, line in self._lines.items()}
        return {name: text for name, text in found.items() if text}

    def unregistered(self) -> list[str]:
        return [name for name, line in self._lines.items() if line.status != _REGISTERED]

    def take(self, registrations: Iterable[Message], now_s: float) -> bool:
        """The list as it is now; what has changed is logged. True while one is still on its way."""
        before, self._lines = self._lines, {}
        for message in registrations:
            # Their accounts, secrets and all, are in the same list.
            if message.event == DETAIL and message.get("ObjectName").startswith(PREFIX):
                name, status = message.get("ObjectName").removeprefix(PREFIX), message.get("Status")
                known = before.get(name)
                self._lines[name] = known if known and known.status == status else _Line(status, now_s)
                self._lines[name].logged = known.logged if known else ""
        for name, line in self._lines.items():
            _tell(name, line, now_s)
        return any(_is_on_its_way(line, now_s) for line in self._lines.values())


def _is_on_its_way(line: _Line, now_s: float) -> bool:
    return line.status not in (_REGISTERED, _REJECTED) and now_s - line.since_s < PATIENCE_S


def _tell(name: str, line: _Line, now_s: float) -> None:
    if line.logged == line.status or _is_on_its_way(line, now_s):
        return
    line.logged = line.status
    if line.status == _REGISTERED:
        _log.info("trunk.registered", trunk=name)
    else:
        _log.warning("trunk.not_registered", trunk=name, why=_text(name, line, now_s))


def _text(name: str, line: _Line, now_s: float) -> str:
    if line.status == _REGISTERED or _is_on_its_way(line, now_s):
        return ""
    if line.status == _REJECTED:
        return (
            f"Línea «{name}»: el operador no acepta la cuenta; revise «user» en trunks.{name} y la clave "
            f"«trunks.{name}» de secrets.json. / Trunk {name}: the carrier refuses the account; check `user` "
            "and its password in secrets.json."
        )
    return (
        f"Línea «{name}»: el operador no responde al registro; revise «host» y «transport» en trunks.{name} "
        f"y la red. / Trunk {name}: the carrier does not answer our registration; check `host`, `transport` "
        "and the network."
    )
