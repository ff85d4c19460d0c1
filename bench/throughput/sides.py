"""What is measured, as the measuring sees it; and the first of the two: a whole centre of ours."""

from __future__ import annotations

import contextlib
import sqlite3
import wave
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from tests.support.centre import Centre
from tests.support.polling import eventually

AGENTS = 500
LATE_AGENT = "libre"
"""One more agent, who takes calls only in the waiting part; the phone is the measuring process."""
ENTRY = "900"
RTP_PORTS = "33000-60999"
"""Two ports for each leg, and a thousand callers wait; ports that others use are passed over."""
HANG_UP_ALL = "channel request hangup all"
_SETTLE_S = 20.0

_CONFIG = """
schema: acd/1
name: Medida de caudal
languages: [es]
routing: {{policy: fair}}
agents:
{agents}
phones:
{phones}
entry: {{"{entry}": {{flow: directo}}}}
flows: {{directo: {{start: cola, nodes: {{cola: {{enqueue: general}}}}}}}}
queues:
  general:
    wrap: {{for: 0s}}
    ring: {{for: 20s}}
    announce_every: 3600s
    on:
      closed: hang_up
      full: {{limit: 100000, to: hang_up}}
      nobody_signed_in: keep_waiting
      nobody_could_ever: keep_waiting
      waited: {{24h: keep_waiting}}
music: none
prompts:
{prompts}
"""
_SILENT = ("despedida", "cola_siguiente", "cola_una", "cola_muchas", "cola_atendiendo")
"""What a caller of this centre would hear from us; "there are n people" alone cannot be silenced."""


def agent_names() -> list[str]:
    return [f"a{number:03d}" for number in range(AGENTS)]


@dataclass(frozen=True, slots=True)
class Phones:
    """Where agents' phones are, "host:port"."""

    many: str
    late: str


class Side(Protocol):
    """A switch with queue and agents, running."""

    name: str
    sip: str
    """ "host:port"."""

    def pids(self) -> Mapping[str, int]:
        """Its processes; "asterisk" is one of them."""

    async def nobody_ready(self) -> None:
        """All agents pause."""

    async def late_agent(self, *, ready: bool) -> None:
        """The late agent becomes ready, or pauses; returns when that is known to be so."""

    async def waiting(self) -> int:
        """Callers in the queue."""

    async def idle(self) -> None:
        """
        Wait until no call is left.

        Raises:
            AssertionError: Some are.
        """

    async def clear(self) -> None:
        """Hang up on everybody."""

    def answered(self) -> int | None:
        """Calls that are on record as answered, in all; None if this side keeps no such record."""


class Ours:
    """Centralita itself, from its own configuration."""

    name = "centralita"

    def __init__(self, centre: Centre) -> None:
        self._centre = centre
        self.sip = centre.sip

    @classmethod
    @contextlib.asynccontextmanager
    async def running(cls, home: Path, phones: Phones) -> AsyncIterator[Ours]:
        path = home / "config" / "centro.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(config_text(phones))
        with wave.open(str(path.parent / "nada.wav"), "wb") as nothing:
            nothing.setparams((1, 2, 8000, 0, "NONE", ""))
        async with Centre.running(home / "home", path, environ={"RTP_PORTS": RTP_PORTS}) as centre:
            side = cls(centre)
            await eventually(side._all_there, _SETTLE_S, "all agents ready", every_s=0.2)
            yield side

    async def _all_there(self) -> bool:
        live = await self._centre.http_get("/api/live")
        ready = [a for a in live["agents"] if a["presence"] == "ready" and a["reachable"]]
        assert len(ready) == AGENTS, f"{len(ready)} ready"
        # Just started, a server first makes its database; who calls then waits for it.
        await self._centre.http_get("/api/contacts?limit=1")
        return True

    def pids(self) -> Mapping[str, int]:
        found: Mapping[str, int] = self._centre.facts()["pids"]
        return found

    async def nobody_ready(self) -> None:
        for name in agent_names():
            await self._presence(name, "not_ready")

    async def late_agent(self, *, ready: bool) -> None:
        await self._presence(LATE_AGENT, "ready" if ready else "not_ready")

    async def _presence(self, name: str, presence: str) -> None:
        body = {"presence": presence} | ({"reason": "medida"} if presence == "not_ready" else {})
        await self._centre.http_post(f"/api/agents/{name}/presence", body)

    async def waiting(self) -> int:
        live = await self._centre.http_get("/api/live")
        return sum(contact["phase"] in ("waiting", "offered") for contact in live["contacts"])

    async def idle(self) -> None:
        async def nobody() -> bool:
            return not (await self._centre.http_get("/api/live"))["contacts"]

        await eventually(nobody, _SETTLE_S, "no contact left", every_s=0.2)

    async def clear(self) -> None:
        await self._centre.cli(HANG_UP_ALL)

    def answered(self) -> int | None:
        url = f"file:{self._centre.home / 'centralita.db'}?mode=ro"
        with contextlib.closing(sqlite3.connect(url, uri=True)) as database:
            row = database.execute("select count(*) from contact where outcome = 'answered'").fetchone()
        return int(row[0])


def config_text(phones: Phones) -> str:
    """YAML of the centre that is measured: silence for prompts and music, no wrap-up, one queue, all fit."""
    names = agent_names()
    agents = [f"  {name}: {{name: {name}, phone: {name}, skills: {{}}}}" for name in names]
    agents.append(f"  {LATE_AGENT}: {{name: Libre, phone: {LATE_AGENT}, skills: {{}}, sign_in: command}}")
    places = [f"  {name}: {{address: '{phones.many}'}}" for name in names]
    places.append(f"  {LATE_AGENT}: {{address: '{phones.late}'}}")
    prompts = [f"  {name}: {{es: {{file: nada.wav}}}}" for name in _SILENT]
    return _CONFIG.format(
        agents="\n".join(agents), phones="\n".join(places), prompts="\n".join(prompts), entry=ENTRY
    )
