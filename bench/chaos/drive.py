"""
The scenario: ten talking, five ringing, fifty waiting, and then the server is killed or frozen.

The pieces (`Cast`, `Stage`) are for tests too: make a stage, let the fault
happen, ask for the accounts, audit them.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bench.chaos.accounts import Accounts, agent_story, caller_story, server_story, switch_stories
from bench.chaos.rtp import Ears
from bench.chaos.switch_log import SwitchLog
from tests.support.centre import Centre
from tests.support.polling import eventually
from tests.support.sipp import Answer, Caller, SippRun, register, start_agents, start_callers

DIALLED = "900"
QUEUE = "general"
_FIRST_NUMBER = 34_600_100_000
_PAGE = 200


@dataclass(frozen=True, slots=True)
class Cast:
    """Who takes part, and how long things take."""

    callers: int = 65
    talking: int = 10
    """Agents who pick up at once: as many callers talk when the fault comes."""
    ringing: int = 5
    """Agents who let it ring for `ring_ms`."""
    talk_ms: int = 12_000
    ring_ms: int = 15_000
    rate_per_s: float = 10.0
    audio: bool = True
    """Watch every caller's audio (50 packets a second each)."""

    @property
    def quick(self) -> list[str]:
        return [f"q{n:02d}" for n in range(self.talking)]

    @property
    def slow(self) -> list[str]:
        return [f"s{n:02d}" for n in range(self.ringing)]

    @property
    def numbers(self) -> list[str]:
        return [f"+{_FIRST_NUMBER + n}" for n in range(self.callers)]

    def served_within_s(self) -> float:
        """A generous bound for serving everybody after the fault."""
        rounds = -(-self.callers // max(1, self.talking)) + 1
        return rounds * (self.talk_ms / 1000 + 4) + self.ring_ms / 1000 + 30


def configuration(cast: Cast) -> str:
    """A centre with one queue that takes whoever dials `DIALLED`, and the agents of the cast."""
    names = [*cast.quick, *cast.slow]
    lines = ["schema: acd/1", "name: Chaos", "languages: [es, en]", "skills: {general: 0..10}", "agents:"]
    lines += [f"  {name}: {{name: Agente {name}, phone: {name}, skills: {{general: 5}}}}" for name in names]
    lines += ["phones: {" + ", ".join(f"{name}: {{}}" for name in names) + "}"]
    lines += [f'entry: {{"{DIALLED}": {{flow: directo}}}}']
    lines += [f"flows:\n  directo: {{start: cola, nodes: {{cola: {{enqueue: {QUEUE}}}}}}}"]
    ring_s = cast.ring_ms // 1000 + 15
    ways_out = (
        "closed: hang_up, full: {limit: 1000, to: hang_up}, nobody_signed_in: keep_waiting, "
        "nobody_could_ever: keep_waiting, waited: {1h: keep_waiting}"
    )
    lines += [f"queues:\n  {QUEUE}: {{ring: {{for: {ring_s}s}}, wrap: {{for: 1s}}, announce_every: 300s,"]
    lines += [f"    on: {{{ways_out}}}}}"]
    return "\n".join(lines) + "\n"


class Stage:
    """A running centre with its callers and agents on the telephone."""

    def __init__(self, centre: Centre, cast: Cast, work: Path) -> None:
        self._centre = centre
        self._cast = cast
        self._work = work
        self._ears = Ears()
        self._port_of: dict[str, int] = {}
        self._log = SwitchLog()
        self._agents: list[SippRun] = []
        self._callers: SippRun | None = None

    async def open(self) -> None:
        """Phones are registered, everybody's ears are open; no agent is ready yet."""
        ami = self._centre.facts()["ami"]
        await self._log.open(int(ami["port"]), str(ami["user"]), str(ami["secret"]))
        cast = self._cast
        for name, members, ring_ms in (("quick", cast.quick, 200), ("slow", cast.slow, cast.ring_ms)):
            if not members:
                continue
            phones = await start_agents(
                Answer(ring_ms, cast.talk_ms), self._work, name=name, echo=True, time_limit_s=self._limit_s()
            )
            self._agents.append(phones)
            accounts = {member: self._centre.password(member) for member in members}
            await register(self._centre.sip, accounts, phones.port, self._work, name=f"register_{name}")
        if cast.audio:
            ports = await self._ears.open(cast.callers)
            self._port_of = dict(zip(cast.numbers, ports, strict=True))

    async def fill(self) -> None:
        """Callers dial; returns when the wanted numbers talk, ring and wait."""
        cast = self._cast
        await self._ready(cast.quick)
        callers = [Caller(number, rtp_port=self._port_of.get(number, 0)) for number in cast.numbers]
        self._callers = await start_callers(
            self._centre.sip,
            DIALLED,
            callers,
            self._work,
            rate_per_s=cast.rate_per_s,
            time_limit_s=self._limit_s(),
        )
        talking = min(cast.talking, cast.callers)
        await eventually(lambda: self._count("up") >= talking, 20, f"{talking} agents talk")
        await self._ready(cast.slow)
        await eventually(self._all_up, cast.callers / cast.rate_per_s + 15, "all callers are answered")
        ringing = min(cast.ringing, cast.callers - talking)
        await eventually(lambda: self._count("ringing") >= talking + ringing, 15, f"{ringing} agents ring")

    async def _ready(self, agents: list[str]) -> None:
        for agent in agents:
            path = f"/api/agents/{agent}/presence"

            async def said(path: str = path) -> bool:
                await self._centre.http_post(path, {"presence": "ready"})
                return True

            await eventually(said, 10, f"{agent} is ready")

    def _count(self, what: str) -> int:
        return sum(what in call.moments for run in self._agents for call in run.calls())

    def _all_up(self) -> bool:
        assert self._callers is not None
        return sum("up" in call.moments for call in self._callers.calls()) >= self._cast.callers

    def _limit_s(self) -> int:
        return int(self._cast.served_within_s()) + 120

    async def served(self) -> None:
        """
        Wait until every caller has been served and is gone.

        Raises:
            AssertionError: Somebody is still on the line at the end of a generous time.
        """
        assert self._callers is not None
        await self._callers.wait(within_s=self._cast.served_within_s())
        # The projection is written behind the calls.
        await eventually(self._all_recorded, 10, "every caller has a record")

    async def _all_recorded(self) -> bool:
        return len(await self._rows()) >= self._cast.callers

    async def _rows(self) -> list[Mapping[str, Any]]:
        rows: list[Mapping[str, Any]] = []
        before = ""
        while True:
            page = await self._centre.http_get(f"/api/contacts?limit={_PAGE}{before}")
            rows += page["contacts"]
            if not page["next"]:
                return rows
            before = f"&before={page['next']}"

    async def accounts(self) -> Accounts:
        """What everybody has seen so far."""
        seen = self._callers.calls() if self._callers is not None else []
        now_ms = time.time_ns() // 1_000_000
        callers = []
        for call in seen:
            story = caller_story(call)
            ear = self._ears.by_port.get(self._port_of.get(call.number, 0))
            if ear is not None and story.up_ms is not None:
                story = replace(story, gaps=ear.gaps_between(story.up_ms, story.ended_ms or now_ms))
            callers.append(story)
        return Accounts(
            callers=callers,
            agents=[agent_story(call) for run in self._agents for call in run.calls()],
            switch=switch_stories(self._log, self._cast.numbers, DIALLED),
            server=[server_story(row) for row in await self._rows()],
        )

    async def close(self) -> None:
        for run in [*self._agents, *([self._callers] if self._callers else [])]:
            await run.stop()
        await self._ears.close()
        await self._log.close()


async def fault(centre: Centre, number: signal.Signals, *, back_within_s: float = 20.0) -> float:
    """
    Kill or freeze the server and wait until another one answers.

    Returns:
        Seconds from the signal to the first healthy answer of the new server.
    """
    began_s = time.monotonic()
    old = centre.kill_server(number)

    async def back() -> bool:
        return centre.server_pid() != old and await centre.health() == 200

    await eventually(back, back_within_s, f"a new server after {number.name} to {old}")
    return time.monotonic() - began_s
