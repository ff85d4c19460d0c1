"""
How callers like to be served: looked up when they come, learned from what they do.

The database is asked once for each caller, beside the call, for all callers of the meantime at
once. Whoever is not known in time is served the house's way.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Protocol

from acd.model import ContactId
from acd.records import ContactClosed, ContactOpened, ContactSorted, Record
from acd.state import State
from centralita.services.walks import Later
from centralita.store.preferences import LEARNED, Preferred, answered, learn_language, learn_mode
from centralita.web.ports import HistoryUnavailableError
from cti.spawn import Spawn
from ivr.actions import Mode

ASK_EVERY_MS = 20
"""Between two questions to the database, each for all callers of the meantime."""


class Rows(Protocol):
    async def of_numbers(self, numbers: Sequence[str]) -> Mapping[str, Preferred]:
        """May raise `HistoryUnavailableError`."""


UNKNOWN = Preferred()


@dataclass(frozen=True, slots=True)
class Ports:
    rows: Rows
    write: Later
    number: Callable[[ContactId], str | None]
    """Of a contact on the line, E.164."""
    state: Callable[[], State]
    """The engine's, for reading."""
    spawn: Spawn
    now_ms: Callable[[], int]
    """UTC."""


@dataclass(slots=True)
class _Known:
    number: str | None
    preferred: Preferred = UNKNOWN
    done: asyncio.Event = field(default_factory=asyncio.Event)
    """The database has answered, or does not."""


class Preferences:
    """Of the contacts on the line."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports
        self._live: dict[ContactId, _Known] = {}
        self._wanted: dict[ContactId, _Known] = {}
        self._asking = False

    def mode(self, contact_id: ContactId) -> Mode | None:
        """By the number called from, else by the customer; None: not known."""
        found = self.preferred(contact_id).mode
        return Mode(found) if found in tuple(Mode) else None

    def language(self, contact_id: ContactId) -> str:
        """See `facts.Beside`."""
        return self.preferred(contact_id).language

    def preferred(self, contact_id: ContactId) -> Preferred:
        known = self._live.get(contact_id)
        return UNKNOWN if known is None else known.preferred

    async def known(self, contact_id: ContactId, within_ms: int) -> bool:
        """Wait until it is known what a caller prefers, at most this long; whether it is."""
        found = self._live.get(contact_id)
        if found is None:
            return False
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within_ms / 1000):
                await found.done.wait()
        return found.done.is_set()

    def learn(self, contact_id: ContactId, mode: Mode) -> None:
        """The caller has answered a question this way, and could have answered it the other way."""
        known = self._live.get(contact_id)
        if known is None or known.number is None or not known.preferred.may_learn:
            return
        now_ms = self._ports.now_ms()
        here = answered(known.preferred.here, mode.value, now_ms)
        known.preferred = replace(known.preferred, here=here)
        work = partial(learn_mode, number=known.number, mode=mode.value, at_ms=now_ms)
        self._ports.write.later(contact_id, work)

    def look_again(self, numbers: Iterable[str]) -> None:
        """Somebody has said what the customer with these numbers prefers: it holds for who is on the line."""
        theirs = frozenset(numbers)
        for contact_id, known in self._live.items():
            if known.number in theirs:
                known.done = asyncio.Event()
                self._want(contact_id, known)

    def follow(self, records: Iterable[Record]) -> None:
        """Keep step with the engine; whoever knows the callers' numbers has to be told before."""
        for record in records:
            match record:
                case ContactOpened(contact_id=contact_id):
                    self._look_up(contact_id)
                case ContactSorted(contact_id=contact_id, language=language):
                    self._sorted(contact_id, language)
                case ContactClosed(contact_id=contact_id):
                    self._live.pop(contact_id, None)
                    self._wanted.pop(contact_id, None)
                case _:
                    pass

    def forget(self, contact_ids: Iterable[ContactId]) -> None:
        """Their customer is erased."""
        for contact_id in contact_ids:
            if contact_id in self._live:
                self._live[contact_id] = _Known(None, done=self._live[contact_id].done)
                self._wanted.pop(contact_id, None)

    async def restore(self, contact_ids: Sequence[ContactId]) -> None:
        """After a restart, once it is known again who the contacts on the line are."""
        for contact_id in contact_ids:
            self._look_up(contact_id)
        await asyncio.gather(*(self._live[each].done.wait() for each in contact_ids if each in self._live))

    def _sorted(self, contact_id: ContactId, language: str) -> None:
        known, contact = self._live.get(contact_id), self._ports.state().contacts.get(contact_id)
        if known is None or known.number is None or contact is None or not contact.language_chosen:
            return
        here = known.preferred.here
        if here.language == language or here.language_source not in ("", LEARNED):
            return
        if known.preferred.may_learn:
            here = replace(here, language=language, language_source=LEARNED)
            known.preferred = replace(known.preferred, here=here)
            work = partial(learn_language, number=known.number, language=language, at_ms=self._ports.now_ms())
            self._ports.write.later(contact_id, work)

    def _look_up(self, contact_id: ContactId) -> None:
        if contact_id in self._live:
            return
        known = self._live[contact_id] = _Known(self._ports.number(contact_id))
        if known.number is None:
            known.done.set()
            return
        self._want(contact_id, known)

    def _want(self, contact_id: ContactId, known: _Known) -> None:
        self._wanted[contact_id] = known
        if not self._asking:
            self._asking = True
            self._ports.spawn(self._ask_all(), name="preferences")

    async def _ask_all(self) -> None:
        """Ask for all who are wanted, and go on until nobody is."""
        try:
            while self._wanted:
                wanted, self._wanted = self._wanted, {}
                with contextlib.suppress(HistoryUnavailableError):
                    await self._ask(wanted)
                for known in wanted.values():
                    known.done.set()
                await asyncio.sleep(ASK_EVERY_MS / 1000)
        finally:
            self._asking = False

    async def _ask(self, wanted: Mapping[ContactId, _Known]) -> None:
        numbers = sorted({known.number for known in wanted.values() if known.number is not None})
        found = await self._ports.rows.of_numbers(numbers)
        for known in wanted.values():
            known.preferred = found.get(known.number or "", UNKNOWN)
