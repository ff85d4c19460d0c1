"""
What programs attach to contacts, customers and numbers: on the screen at the next pop, gone when it expires.

The database is asked once for each caller, beside the call, for all callers of the meantime at
once. What is attached to somebody on the line is here as soon as it is stored, and told at once.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol, TypeVar

import msgspec
import structlog
from sqlalchemy import Connection

from acd import events as ev
from acd.model import Annotation, ContactId
from acd.records import ContactClosed, ContactOpened, Record
from centralita.runtime import InboxFull
from centralita.store.attached import Changed, Item, Kept, Scope, Subject, put, remove, sweep
from centralita.web.attached_ports import Attaching, AttachResult
from centralita.web.ports import HistoryUnavailableError, Json
from cti.spawn import Spawn

_log = structlog.get_logger("attached")
_T = TypeVar("_T")

ASK_EVERY_MS = 20
"""Between two questions to the database, each for all callers of the meantime."""
SWEEP_EVERY_S = 600.0
TOLD_MAX = 32_768
"""Bytes of values in one message: of more the last ones by key are left out, so that the pop stays quick."""
_WRITTEN_WITHIN_MS = 5_000
_SECOND_MS = 1_000


class Writer(Protocol):
    """Whoever alone writes the database."""

    async def order(self, work: Callable[[Connection], _T], *, erases: bool = False) -> _T:
        """Raises TimeoutError."""


class Rows(Protocol):
    """Questions; all may raise `HistoryUnavailableError`."""

    async def of(self, subject: Subject, now_ms: int) -> Sequence[Item]: ...

    async def of_contacts(self, ids: Sequence[ContactId], now_ms: int) -> Mapping[str, Sequence[Item]]: ...

    async def of_numbers(
        self, numbers: Sequence[str], now_ms: int
    ) -> Mapping[str, Mapping[Scope, Sequence[Item]]]: ...


@dataclass(frozen=True, slots=True)
class Ports:
    writer: Writer
    rows: Rows
    number: Callable[[ContactId], str | None]
    """Of a contact on the line, E.164."""
    is_live: Callable[[ContactId], bool]
    ask: Callable[[ev.Event], Awaitable[object]]
    spawn: Spawn
    now_ms: Callable[[], int]
    """UTC."""


@dataclass(slots=True)
class _Known:
    """What is attached to one contact on the line and to whoever it is."""

    number: str | None
    items: dict[Scope, dict[str, Item]] = field(default_factory=lambda: {scope: {} for scope in Scope})
    done: asyncio.Event = field(default_factory=asyncio.Event)
    """The database has answered, or does not."""
    waited_since_s: float | None = None
    """When somebody first wanted to know, by the loop's clock."""


class Attached:
    """What is attached to the contacts on the line, and the way to attach more."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports
        self._live: dict[ContactId, _Known] = {}
        self._wanted: dict[ContactId, _Known] = {}
        self._changed: set[ContactId] = set()
        """Contacts of which screens are to be told once the database has answered."""
        self._asking = False

    def follow(self, records: Iterable[Record]) -> None:
        """Keep step with the engine: look up who has come, forget who has gone."""
        for record in records:
            match record:
                case ContactOpened(contact_id=contact_id):
                    self._look_up(contact_id)
                case ContactClosed(contact_id=contact_id):
                    self._live.pop(contact_id, None)
                    self._wanted.pop(contact_id, None)
                case _:
                    pass

    async def known(self, contact_id: ContactId, within_ms: int) -> bool:
        """
        Wait until it is known what is attached to a contact on the line.

        At most so long after the first time that this was asked: a caller who comes to the
        menu and then to a queue does not wait twice for a database that is frozen.
        """
        found = self._live.get(contact_id)
        if found is None or found.done.is_set():
            return found is not None
        if found.waited_since_s is None:
            found.waited_since_s = asyncio.get_running_loop().time()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout_at(found.waited_since_s + within_ms / 1000):
                await found.done.wait()
        return found.done.is_set()

    def of(self, contact_id: ContactId) -> dict[str, Json]:
        """For screens, by key, as `cti.desktop.shapes_known.AttachedData`; nothing that has expired."""
        known = self._live.get(contact_id)
        return {} if known is None else told(known.items, self._ports.now_ms())

    def learn(self, numbers: Sequence[str]) -> None:
        """These numbers may be another customer's now: look again what is attached to who calls by them."""
        for contact_id, known in self._live.items():
            if known.number in numbers:
                known.items[Scope.CUSTOMER] = {}
                self._changed.add(contact_id)
                self._want(contact_id, known)

    def now_ms(self) -> int:
        return self._ports.now_ms()

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

    async def get(self, at: Attaching, key: str) -> Json | None:
        """See `web.attached_ports.AttachedPort`."""
        found = await self._ports.rows.of(_subject(at), self._ports.now_ms())
        return next((_json(item) for item in found if item.key == key), None)

    async def put(self, at: Attaching, key: str, value: bytes, expires_s: int, source: str) -> AttachResult:
        """See `web.attached_ports.AttachedPort`."""
        now_ms, subject = self._ports.now_ms(), _subject(at)
        item = Item(key, value.decode(), source, now_ms, now_ms + expires_s * _SECOND_MS)
        live = subject.scope is Scope.CONTACT and self._ports.is_live(ContactId(subject.name))
        changed: Changed = await self._written(partial(put, subject=subject, item=item, live=live))
        if changed.kept in (Kept.CREATED, Kept.REPLACED):
            await self._change(subject, changed, key, item)
        return AttachResult(changed.kept.value, _json(item))

    async def delete(self, at: Attaching, key: str) -> bool:
        """See `web.attached_ports.AttachedPort`."""
        subject = _subject(at)
        work = partial(remove, subject=subject, key=key, now_ms=self._ports.now_ms())
        changed = await self._written(work, erases=True)
        if changed is not None:
            await self._change(subject, changed, key, None)
        return changed is not None

    async def keep_tidy(self) -> None:
        """Delete what has expired, again and again, until cancelled."""
        while True:
            try:
                await self._written(partial(sweep, now_ms=self._ports.now_ms()))
            except HistoryUnavailableError:
                _log.info("attached.untidy")
            await asyncio.sleep(SWEEP_EVERY_S)

    async def _written(self, work: Callable[[Connection], _T], *, erases: bool = False) -> _T:
        try:
            return await self._ports.writer.order(work, erases=erases)
        except TimeoutError as error:
            raise HistoryUnavailableError("queued; the database is not taking it yet") from error

    async def _change(self, subject: Subject, changed: Changed, key: str, item: Item | None) -> None:
        """Whoever is on the line has it at once, and screens are told."""
        for contact_id, known in list(self._live.items()):
            theirs = known.number in changed.numbers
            if contact_id == subject.name if subject.scope is Scope.CONTACT else theirs:
                # What was taken away stays as something that has expired: an answer on its way is older.
                known.items[subject.scope][key] = item or Item(key, "null", "", self._ports.now_ms(), 0)
                await self._tell(contact_id)

    async def _tell(self, contact_id: ContactId) -> None:
        with contextlib.suppress(InboxFull):
            await self._ports.ask(ev.ContactAnnotated(contact_id, Annotation.DATA))

    def _look_up(self, contact_id: ContactId) -> None:
        if contact_id in self._live:
            return
        known = self._live[contact_id] = _Known(self._ports.number(contact_id))
        self._want(contact_id, known)

    def _want(self, contact_id: ContactId, known: _Known) -> None:
        self._wanted[contact_id] = known
        if not self._asking:
            self._asking = True
            self._ports.spawn(self._ask_all(), name="attached")

    async def _ask_all(self) -> None:
        """Ask for all who are wanted, and go on until nobody is."""
        try:
            while self._wanted:
                wanted, self._wanted = self._wanted, {}
                with contextlib.suppress(HistoryUnavailableError):
                    await self._ask(wanted)
                for contact_id, known in wanted.items():
                    known.done.set()
                    if contact_id in self._changed:
                        self._changed.discard(contact_id)
                        await self._tell(contact_id)
                await asyncio.sleep(ASK_EVERY_MS / 1000)
        finally:
            self._asking = False

    async def _ask(self, wanted: Mapping[ContactId, _Known]) -> None:
        now_ms, rows = self._ports.now_ms(), self._ports.rows
        numbers = sorted({known.number for known in wanted.values() if known.number is not None})
        of_numbers = await rows.of_numbers(numbers, now_ms) if numbers else {}
        of_contacts = await rows.of_contacts(list(wanted), now_ms)
        for contact_id, known in wanted.items():
            _learn(known.items[Scope.CONTACT], of_contacts.get(contact_id, ()))
            for scope, items in of_numbers.get(known.number or "", {}).items():
                _learn(known.items[scope], items)


def told(items: Mapping[Scope, Mapping[str, Item]], now_ms: int) -> dict[str, Json]:
    """One value for each key: the contact's before the customer's, and that before the number's."""
    nearest: dict[str, tuple[Scope, Item]] = {}
    for scope in Scope:
        for key, item in items[scope].items():
            if item.expires_ms > now_ms:
                nearest.setdefault(key, (scope, item))
    left = TOLD_MAX
    found: dict[str, Json] = {}
    for key, (scope, item) in sorted(nearest.items()):
        left -= len(item.value)
        found[key] = json_of(item, scope, left_out=left < 0)
    return found


def json_of(item: Item, scope: Scope, *, left_out: bool = False) -> Json:
    """As it is told: see `cti.desktop.shapes_known.AttachedData`."""
    return {
        "value": None if left_out else _value(item),
        "source": item.source,
        "of": scope.value,
        "at_ms": item.at_ms,
        "expires_ms": item.expires_ms,
        "left_out": left_out,
    }


def _learn(known: dict[str, Item], found: Sequence[Item]) -> None:
    """What was changed while the database was asked is newer than its answer."""
    for item in found:
        before = known.get(item.key)
        if before is None or before.at_ms < item.at_ms:
            known[item.key] = item


def _subject(at: Attaching) -> Subject:
    return Subject(Scope(at.scope), at.name)


def _value(item: Item) -> Any:
    return msgspec.json.decode(item.value)


def _json(item: Item) -> Json:
    return {
        "key": item.key,
        "value": _value(item),
        "source": item.source,
        "at_ms": item.at_ms,
        "expires_ms": item.expires_ms,
    }
