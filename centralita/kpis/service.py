"""
Reports of the running centre: what is stored, and who is on the line.

Nothing is counted here: whoever is on the line is handed to the process that counts, which
reads the database itself. All that the loop of the calls does is to pass bytes on.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from acd.model import Routing
from acd.state import State
from acd.stats.kpi_counts import Goal, QueueGoals
from acd.stats.kpi_follow import story_now
from acd.stats.kpi_story import Story
from centralita.kpis.clerk import Clerk
from centralita.kpis.job import Job, Outcome, encode
from centralita.web.kpis_ports import Broken, Question, ReportBrokenError, TooMuchError
from centralita.web.ports import HistoryUnavailableError

CONTACTS_MAX = 200_000
"""Contacts that one report may read."""
ZONE = "Europe/Madrid"
"""Of a centre without opening hours, as the configuration's own default."""
COMMIT_MS = 2_000
"""How long a report waits, at most, for what has just happened to be stored."""
AT_ONCE = 50
"""Contacts on the line that are noted before something else has its turn."""


@dataclass(frozen=True, slots=True)
class Ports:
    """What reports stand on."""

    url: str
    """Of the database."""
    committed: Callable[[], Awaitable[None]]
    """Waits until everything that happened so far is stored."""
    state: Callable[[], State]
    now_ms: Callable[[], int]
    """Engine time."""
    zones: Callable[[], Sequence[str]]
    """Of the opening hours in the live configuration."""


class Reports:
    """See `web.kpis_ports.KpisPort`."""

    def __init__(self, ports: Ports, clerk: Clerk) -> None:
        self._ports = ports
        self._clerk = clerk

    def now_ms(self) -> int:
        return self._ports.now_ms()

    def zone(self) -> ZoneInfo:
        return ZoneInfo(zone_of(self._ports.zones()))

    def goals(self) -> QueueGoals:
        return goals_of(self._ports.state().routing)

    async def ask(self, question: Question) -> Sequence[bytes]:
        """See `web.kpis_ports.KpisPort`."""
        verdict, parts = await self._clerk.ask(lambda: self._job(question))
        match verdict.outcome:
            case Outcome.DONE:
                return parts
            case Outcome.TOO_MUCH:
                raise TooMuchError(verdict.contacts, CONTACTS_MAX)
            case Outcome.UNAVAILABLE:
                raise HistoryUnavailableError(verdict.why)
            case Outcome.TOO_BIG:
                raise ReportBrokenError(Broken.TOO_BIG)

    async def close(self) -> None:
        """End the process that counts."""
        await self._clerk.close()

    async def _job(self, question: Question) -> bytes:
        # First who is here, then what is stored: nobody can slip through in between.
        here = await self._here()
        now_ms = self._now_ms()
        await self._stored()
        return encode(Job(self._ports.url, question, now_ms, tuple(here), CONTACTS_MAX))

    async def _here(self) -> list[Story]:
        found: list[Story] = []
        for n, contact in enumerate(list(self._ports.state().contacts.values()), start=1):
            # One that has ended meanwhile will be read from the database.
            found.append(story_now(contact, self._now_ms()))
            if n % AT_ONCE == 0:
                await asyncio.sleep(0)
        return found

    def _now_ms(self) -> int:
        return max(self._ports.now_ms(), self._ports.state().now_ms)

    async def _stored(self) -> None:
        try:
            async with asyncio.timeout(COMMIT_MS / 1000):
                await self._ports.committed()
        except TimeoutError as error:
            raise HistoryUnavailableError("behind") from error


def zone_of(zones: Sequence[str]) -> str:
    """That of most opening hours."""
    found = Counter(zones)
    return min(found, key=lambda name: (-found[name], name), default=ZONE)


def goals_of(routing: Routing) -> QueueGoals:
    """By the live configuration, whichever held when the calls came: that makes days comparable."""
    return QueueGoals(
        {queue: Goal(rules.target_ms, rules.short_abandon_ms) for queue, rules in routing.queues.items()}
    )
