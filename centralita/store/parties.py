"""
Who is behind a contact: numbers and names live here, and are looked up beside the call.

A number is a claim of the network, so it is believed only when it is whole:
anything but a valid number is an unknown caller, who is never looked up and
never counted as somebody who has called before.
"""

from __future__ import annotations

import asyncio
import enum
import unicodedata
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from acd.model import ContactId
from acd.records import ContactClosed, ContactOpened, Record
from centralita.store.customers import CustomerRecord
from centralita.store.numbers import NumberError, is_e164, to_e164
from centralita.web.ports import HistoryUnavailableError

SHOWN_LENGTH = 64
BOOK_LIMIT = 20_000
"""Contacts kept at once; the oldest is forgotten beyond it (it loses its pop's number, no more)."""
LAST_CONTACTS = 3
LOOKUPS_AT_ONCE = 4
"""Questions to the database that may be out; a frozen one must leave connections to the writer."""
RECORDS_EVERY_MS = 20
"""Between two questions for records, each for all callers of the meantime; after a quiet time none waits."""

Spawn = Callable[..., object]


class Trust(enum.StrEnum):
    """How sure it is who calls, ascending."""

    NONE = "none"
    """Withheld, missing or malformed."""
    PRESENTED = "presented"
    """The network says so; it can be forged, so no secret may depend on it."""
    MATCHED = "matched"
    """
    An active customer with a record has this number, or the document that was told. No secret was.

    Place in a queue, never data.
    """
    PIN = "pin"
    """Proven in this call, by a secret or by what stands in the record of who has the number."""
    CALLBACK = "callback"
    """We have called them."""


@dataclass(frozen=True, slots=True)
class CallerIdentity:
    """What we know of a caller. `number` is E.164, or None: then nothing is ever looked up."""

    number: str | None
    shown: str
    """For display only: what the network sent, cleaned. Empty when withheld."""
    name: str
    trust: Trust
    """Never more than PRESENTED: that depends on the customer's record, see `Lookup`."""

    @property
    def known(self) -> bool:
        return self.number is not None


@dataclass(frozen=True, slots=True)
class Party:
    """The caller of one contact, as it is written to the database."""

    contact_id: ContactId
    identity: CallerIdentity
    at_ms: int


@dataclass(frozen=True, slots=True)
class CustomerHistory:
    """What is known of a number's owner when a call comes in, that call itself left out."""

    customer_id: str
    calls_24h: int
    last_contacts: tuple[Mapping[str, object], ...]
    abandoned_24h: int = 0
    last_ended_ms: int | None = None
    """When the last contact ended, UTC ms; None: there was none."""
    last_agent: str | None = None
    """Who talked to the customer last."""
    hung_up_ms: int | None = None
    """When the customer hung up waiting in a queue; None if an agent has talked to them since."""


class Recall(Protocol):
    """Where callers' records and history come from. All may raise `HistoryUnavailableError`."""

    async def records(self, numbers: Sequence[str]) -> Mapping[str, CustomerRecord]:
        """The customers with these numbers, by number."""

    async def recall(self, number: str, *, now_ms: int, without: ContactId) -> CustomerHistory | None:
        """The past of the customer with this number; None when there is none."""

    async def parties(self, contact_ids: Sequence[ContactId]) -> Sequence[Party]:
        """The stored callers of these contacts."""


@dataclass(slots=True)
class Lookup:
    """What the database has said of one caller so far. `None` may be an answer too."""

    asked_s: float | None = None
    """When the database was asked for the record, by the loop's clock."""
    history_asked: bool = False
    record: CustomerRecord | None = None
    record_known: bool = False
    """False while there is no answer, and for ever if the database does not give one."""
    record_done: asyncio.Event = field(default_factory=asyncio.Event)
    history: CustomerHistory | None = None
    history_known: bool = False
    history_done: asyncio.Event = field(default_factory=asyncio.Event)
    proven: Trust | None = None
    """What the caller has shown in this call; `record` is then who they are, whatever number calls."""

    @property
    def trust(self) -> Trust | None:
        """None: as far as the number goes."""
        return self.proven or (Trust.MATCHED if self.customer is not None else None)

    @property
    def customer(self) -> CustomerRecord | None:
        """The customer for whom the caller may be taken."""
        return self.record if self.record is not None and self.record.recognised else None

    def learn(self, record: CustomerRecord | None) -> None:
        """What the number says; of no use once it is proven who calls."""
        if self.proven is None:
            self.record, self.record_known = record, True
        elif record is not None and self.record is not None and record.id == self.record.id:
            self.record = record
        self.record_done.set()


def clean(text: str) -> str:
    """Without control and direction-changing characters, one line, at most 64 characters."""
    kept = "".join(" " if unicodedata.category(letter)[0] in "CZ" else letter for letter in text[:1024])
    return " ".join(kept.split())[:SHOWN_LENGTH].rstrip()


def caller_identity(
    number: str | None, presentation_allowed: bool, name: str = "", *, region: str | None = None
) -> CallerIdentity:
    """
    Who the network says is calling.

    Args:
        number: As received. None or "" when the network sent none.
        presentation_allowed:
            False when the caller withholds the number: the network may send it
            all the same, so it is dropped here, name and all.
        name: Caller-ID name as received; hostile text until cleaned.
        region: Country of the trunk, whose national numbers are then understood;
            None takes nothing but E.164.
    """
    if not presentation_allowed:
        return CallerIdentity(None, "", "", Trust.NONE)
    whole = _whole(number or "", region)
    if whole is not None:
        return CallerIdentity(whole, whole, clean(name), Trust.PRESENTED)
    return CallerIdentity(None, clean(number or ""), clean(name), Trust.NONE)


def _whole(number: str, region: str | None) -> str | None:
    if is_e164(number):
        return number
    if region is None:
        return None
    try:
        return to_e164(number, region)
    except NumberError:
        return None


class Parties:
    """
    The callers of the contacts that are live now, and what the database says of them.

    Args:
        recall: Asked once per contact, never for unknown callers.
        committed: Waits until what was written so far can be read back.
        spawn: Runs the look-up beside the call.
        shown: Whether somebody would see a caller's history; rules ask for it by themselves.
    """

    def __init__(
        self,
        recall: Recall,
        committed: Callable[[], Coroutine[Any, Any, object]],
        spawn: Spawn,
        *,
        shown: Callable[[], bool] = lambda: True,
    ) -> None:
        self._shown = shown
        self._wanted: dict[str, list[Lookup]] = {}
        self._asking = False
        self._recall = recall
        self._committed = committed
        self._spawn = spawn
        self._turns = asyncio.Semaphore(LOOKUPS_AT_ONCE)
        self._book: dict[ContactId, CallerIdentity] = {}
        self._lookups: dict[ContactId, Lookup] = {}

    def arrived(self, contact_id: ContactId, identity: CallerIdentity) -> None:
        """Call before the contact's first event is handled. A repeat changes nothing."""
        self._book.setdefault(contact_id, identity)
        if len(self._book) > BOOK_LIMIT:
            self._drop(next(iter(self._book)))

    def never_came(self, contact_id: ContactId) -> None:
        """There is no such contact after all."""
        self._drop(contact_id)

    def follow(self, records: Iterable[Record]) -> tuple[Party, ...]:
        """
        Keep step with the engine: look up who has come, forget who has gone.

        Returns:
            The parties to write together with these records.
        """
        parties = []
        for record in records:
            match record:
                case ContactOpened(contact_id=contact_id, at_ms=at_ms) if contact_id in self._book:
                    self.look_up(contact_id, at_ms, history=self._shown())
                    parties.append(Party(contact_id, self._book[contact_id], at_ms))
                case ContactClosed(contact_id=contact_id, started_ms=started_ms):
                    # Told again: the first telling may have died with a killed server. It is written once.
                    if contact_id in self._book:
                        parties.append(Party(contact_id, self._book[contact_id], started_ms))
                    self._drop(contact_id)
                case _:
                    pass
        return tuple(parties)

    def look_up(self, contact_id: ContactId, now_ms: int, *, history: bool = True) -> Lookup | None:
        """
        What the database says of this caller; asked at the first call, without waiting.

        Args:
            contact_id: Of a caller who has arrived.
            now_ms: Engine time.
            history: The past is wanted, too: the dearer question.

        Returns:
            None for an unknown caller: nobody is asked, unless they have shown who they are.
        """
        identity = self._book.get(contact_id)
        if identity is None or identity.number is None:
            return self._lookups.get(contact_id)
        found = self._lookups.setdefault(contact_id, Lookup())
        if found.asked_s is None:
            found.asked_s = asyncio.get_running_loop().time()
            self._want_record(found, identity.number)
        if history and not found.history_asked:
            found.history_asked = True
            asking = self._ask_history(found, contact_id, identity.number, now_ms)
            self._spawn(asking, name=f"history {contact_id}")
        return found

    def enrich(self, contact_id: ContactId) -> Mapping[str, object]:
        """The `customer` part of an event: whatever is known at this moment, without waiting."""
        return _customer(self._book.get(contact_id), self._lookups.get(contact_id) or Lookup())

    def identity(self, contact_id: ContactId) -> CallerIdentity | None:
        """None when the contact is not live or nothing was ever known of it."""
        return self._book.get(contact_id)

    def known(self, contact_id: ContactId) -> Lookup | None:
        """What the database has said of the caller so far, without asking it."""
        return self._lookups.get(contact_id)

    def proved(self, contact_id: ContactId, record: CustomerRecord, trust: Trust) -> None:
        """The caller has shown to be this customer, from whatever number; only for a contact on the line."""
        found = self._lookups.setdefault(contact_id, Lookup())
        found.proven, found.record, found.record_known = trust, record, True
        found.record_done.set()
        identity = self._book.get(contact_id)
        if identity is None or identity.number is None:
            # By number nobody can be asked for the past.
            found.history_done.set()

    def customer_name(self, contact_id: ContactId) -> str:
        """In the record that the caller's number belongs to; empty when there is none, or not yet."""
        lookup = self._lookups.get(contact_id)
        return lookup.customer.name if lookup is not None and lookup.customer is not None else ""

    async def restore(self, contact_ids: Sequence[ContactId]) -> None:
        """After a restart: read back who the contacts are that are still on the line."""
        try:
            for party in await self._recall.parties(contact_ids):
                self.arrived(party.contact_id, party.identity)
            numbers = {i.number: c for c, i in self._book.items() if i.number and c not in self._lookups}
            records = await self._recall.records(list(numbers))
        except HistoryUnavailableError:
            return
        self._learn(records)

    def learn(self, record: CustomerRecord, numbers: Sequence[str]) -> None:
        """A customer was just written: who is on the line from these numbers is known by it now."""
        self._learn(dict.fromkeys(numbers, record))

    def forget(self, customer_id: str) -> frozenset[ContactId]:
        """
        An erased customer who is on the line right now loses number and name here too.

        Returns:
            The customer's live contacts.
        """
        theirs = frozenset(
            contact_id
            for contact_id, known in self._lookups.items()
            if customer_id in {known.record and known.record.id, known.history and known.history.customer_id}
        )
        for contact_id in theirs:
            self._book[contact_id] = caller_identity(None, presentation_allowed=False)
            del self._lookups[contact_id]
        return theirs

    def _learn(self, records: Mapping[str, CustomerRecord]) -> None:
        for contact_id, identity in self._book.items():
            record = records.get(identity.number or "")
            if record is not None:
                self._lookups.setdefault(contact_id, Lookup()).learn(record)

    def _want_record(self, lookup: Lookup, number: str) -> None:
        self._wanted.setdefault(number, []).append(lookup)
        if not self._asking:
            self._asking = True
            self._spawn(self._ask_records(), name="records")

    async def _ask_records(self) -> None:
        """Ask for all who are wanted, and go on until nobody is."""
        try:
            while self._wanted:
                wanted, self._wanted = self._wanted, {}
                try:
                    async with self._turns:
                        records = await self._recall.records(list(wanted))
                except HistoryUnavailableError:
                    for lookup in (lookup for lookups in wanted.values() for lookup in lookups):
                        lookup.record_done.set()
                else:
                    for number, lookups in wanted.items():
                        for lookup in lookups:
                            lookup.learn(records.get(number))
                await asyncio.sleep(RECORDS_EVERY_MS / 1000)
        finally:
            self._asking = False

    async def _ask_history(self, lookup: Lookup, contact_id: ContactId, number: str, now_ms: int) -> None:
        # A call that has ended a moment ago counts.
        await self._committed()
        try:
            async with self._turns:
                lookup.history = await self._recall.recall(number, now_ms=now_ms, without=contact_id)
        except HistoryUnavailableError:
            pass
        else:
            lookup.history_known = True
        lookup.history_done.set()

    def _drop(self, contact_id: ContactId) -> None:
        self._book.pop(contact_id, None)
        self._lookups.pop(contact_id, None)


def _customer(identity: CallerIdentity | None, lookup: Lookup) -> dict[str, object]:
    found, past = lookup.customer, lookup.history
    trust = lookup.trust or (identity.trust if identity else Trust.NONE)
    return {
        "id": found.id if found else past.customer_id if past else None,
        "ref": found.ref if found else None,
        "number": identity.number if identity else None,
        "shown": identity.shown if identity else "",
        "name": (found.name if found else "") or (identity.name if identity else ""),
        "segment": found.segment if found else None,
        "language": found.language if found else None,
        "fields": dict(found.fields) if found else {},
        "known": identity.known if identity else False,
        "trust": trust,
        "calls_24h": past.calls_24h if past else None,
        "last_contacts": list(past.last_contacts) if past else [],
    }
