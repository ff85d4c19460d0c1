"""
Who is behind a contact: the only place where numbers and names are handled.

A number is a claim of the network, so it is believed only when it is whole:
anything but a valid E.164 number is an unknown caller, who is never looked up
and never counted as somebody who has called before.
"""

from __future__ import annotations

import asyncio
import enum
import re
import unicodedata
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

import phonenumbers

from acd.model import ContactId
from acd.records import ContactClosed, ContactOpened, Record

SHOWN_LENGTH = 64
PREFETCH_MS = 300
"""How long history may take before the pop goes without it."""
BOOK_LIMIT = 20_000
"""Contacts kept at once; the oldest is forgotten beyond it (it loses its pop's number, no more)."""
LAST_CONTACTS = 3

_E164 = re.compile(r"\+[1-9][0-9]{6,14}\Z")

Spawn = Callable[..., object]


class Trust(enum.StrEnum):
    """How far the caller's number may be believed."""

    NONE = "none"
    """Withheld, missing or malformed."""
    CLAIMED = "claimed"
    """The network says so; it can be forged, so no secret may depend on it."""


@dataclass(frozen=True, slots=True)
class CallerIdentity:
    """What we know of a caller. `number` is E.164, or None: then nothing is ever looked up."""

    number: str | None
    shown: str
    """For display only: what the network sent, cleaned. Empty when withheld."""
    name: str
    trust: Trust

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
    """What is known of a customer when a call comes in, that call itself left out."""

    customer_id: str
    calls_24h: int
    last_contacts: tuple[Mapping[str, object], ...]


class Recall(Protocol):
    """Where a caller's history comes from."""

    async def recall(self, number: str, *, now_ms: int, without: ContactId) -> CustomerHistory | None:
        """The customer with this number; None when there is none or the database does not answer."""

    async def parties(self, contact_ids: Sequence[ContactId]) -> Sequence[Party]:
        """The stored callers of these contacts; empty when the database does not answer."""


def clean(text: str) -> str:
    """Without control and direction-changing characters, one line, at most 64 characters."""
    kept = "".join(" " if unicodedata.category(letter)[0] in "CZ" else letter for letter in text[:1024])
    return " ".join(kept.split())[:SHOWN_LENGTH].rstrip()


@lru_cache(maxsize=8192)
def is_e164(number: str) -> bool:
    """Whether this is a complete, valid number in its one canonical form, e.g. "+34911234567"."""
    if not _E164.match(number):
        return False
    try:
        parsed = phonenumbers.parse(number, None)
    except phonenumbers.NumberParseException:
        return False
    canonical = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    return canonical == number and phonenumbers.is_valid_number(parsed)


def caller_identity(number: str | None, presentation_allowed: bool, name: str = "") -> CallerIdentity:
    """
    Who the network says is calling.

    Args:
        number: As received. None or "" when the network sent none.
        presentation_allowed:
            False when the caller withholds the number: the network may send it
            all the same, so it is dropped here, name and all.
        name: Caller-ID name as received; hostile text until cleaned.
    """
    if not presentation_allowed:
        return CallerIdentity(None, "", "", Trust.NONE)
    if number and is_e164(number):
        return CallerIdentity(number, number, clean(name), Trust.CLAIMED)
    return CallerIdentity(None, clean(number or ""), clean(name), Trust.NONE)


class Parties:
    """
    The callers of the contacts that are live now, and their history for the pop.

    Args:
        recall: Where history comes from; asked once per contact, never for unknown callers.
        committed: Waits until what was written so far can be read back.
        spawn: Runs the look-up beside the call.
        prefetch_ms: When the look-up is given up; the pop then has no history.
    """

    def __init__(
        self,
        recall: Recall,
        committed: Callable[[], Coroutine[Any, Any, object]],
        spawn: Spawn,
        *,
        prefetch_ms: int = PREFETCH_MS,
    ) -> None:
        self._recall = recall
        self._committed = committed
        self._spawn = spawn
        self._prefetch_s = prefetch_ms / 1000
        self._book: dict[ContactId, CallerIdentity] = {}
        self._history: dict[ContactId, CustomerHistory] = {}

    def arrived(self, contact_id: ContactId, identity: CallerIdentity) -> None:
        """Call before the contact's first event is handled. A repeat changes nothing."""
        self._book.setdefault(contact_id, identity)
        if len(self._book) > BOOK_LIMIT:
            self._drop(next(iter(self._book)))

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
                    parties.append(self._open(contact_id, at_ms))
                case ContactClosed(contact_id=contact_id, started_ms=started_ms):
                    # Told again: the first telling may have died with a killed server. It is written once.
                    if contact_id in self._book:
                        parties.append(Party(contact_id, self._book[contact_id], started_ms))
                    self._drop(contact_id)
                case _:
                    pass
        return tuple(parties)

    def enrich(self, contact_id: ContactId) -> Mapping[str, object]:
        """The `customer` part of an event: whatever is known at this moment, without waiting."""
        identity = self._book.get(contact_id)
        if identity is None:
            return _customer(None, None)
        return _customer(identity, self._history.get(contact_id))

    def identity(self, contact_id: ContactId) -> CallerIdentity | None:
        """None when the contact is not live or nothing was ever known of it."""
        return self._book.get(contact_id)

    async def restore(self, contact_ids: Sequence[ContactId]) -> None:
        """After a restart: read back who the contacts are that are still on the line."""
        for party in await self._recall.parties(contact_ids):
            self.arrived(party.contact_id, party.identity)

    def forget(self, customer_id: str) -> None:
        """An erased customer who is on the line right now loses number and name here too."""
        for contact_id in [c for c, known in self._history.items() if known.customer_id == customer_id]:
            self._book[contact_id] = caller_identity(None, presentation_allowed=False)
            del self._history[contact_id]

    def _open(self, contact_id: ContactId, at_ms: int) -> Party:
        identity = self._book[contact_id]
        if identity.number is not None:
            self._spawn(self._prefetch(contact_id, identity.number, at_ms), name=f"prefetch {contact_id}")
        return Party(contact_id, identity, at_ms)

    async def _prefetch(self, contact_id: ContactId, number: str, now_ms: int) -> None:
        try:
            async with asyncio.timeout(self._prefetch_s):
                await self._committed()
                known = await self._recall.recall(number, now_ms=now_ms, without=contact_id)
        except TimeoutError:
            return
        if known is not None and contact_id in self._book:
            self._history[contact_id] = known

    def _drop(self, contact_id: ContactId) -> None:
        self._book.pop(contact_id, None)
        self._history.pop(contact_id, None)


def _customer(identity: CallerIdentity | None, known: CustomerHistory | None) -> dict[str, object]:
    return {
        "id": known.customer_id if known else None,
        "number": identity.number if identity else None,
        "shown": identity.shown if identity else "",
        "name": identity.name if identity else "",
        "known": identity.known if identity else False,
        "trust": identity.trust if identity else Trust.NONE,
        "calls_24h": known.calls_24h if known else None,
        "last_contacts": list(known.last_contacts) if known else [],
    }
