"""
Who calls again after having hung up waiting: found by number or by customer, in memory.

The distributor must not know numbers, so it is told only that the caller of one
contact is that of an earlier one; whether the place is given back, and that it
is given once, is its business. Nothing here keeps a call waiting longer than
`WITHIN_MS`.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from acd.model import ContactId, Outcome
from acd.records import ContactClosed, Record
from centralita.store.parties import Lookup, Parties
from centralita.web.ports import HistoryUnavailableError

KEEP_MS = 3_600_000
"""How long somebody who hung up is remembered; a queue's own time may be shorter, never longer."""
WITHIN_MS = 100
"""How long a call waits, at most, for the customer behind its number."""
BOOK_MAX = 20_000
"""Who hung up longest ago is forgotten beyond it."""
_GAVE_UP = (Outcome.ABANDONED_QUEUE, Outcome.SHORT_ABANDON)


class Kept(Protocol):
    async def hung_up(self, since_ms: int) -> Sequence[Mapping[str, Any]]:
        """See `History.hung_up`; may raise `HistoryUnavailableError`."""


Key = tuple[str, str]
"""("number", E.164) or ("customer", id)."""


class Returns:
    """
    Args:
        parties: Who is behind a contact on the line.
    """

    def __init__(self, parties: Parties) -> None:
        self._parties = parties
        self._left: OrderedDict[Key, tuple[int, ContactId]] = OrderedDict()
        """Who hung up -> when, and which contact it was."""

    def follow(self, records: Iterable[Record]) -> None:
        """Keep step with the engine. Call before the parties forget who has gone."""
        for record in records:
            if isinstance(record, ContactClosed) and record.outcome in _GAVE_UP:
                identity = self._parties.identity(record.contact_id)
                if identity is not None and identity.number is not None:
                    lookup = self._parties.known(record.contact_id)
                    self._note(record.contact_id, record.ended_ms, _keys(identity.number, lookup))

    async def earlier(self, contact_id: ContactId, now_ms: int) -> ContactId | None:
        """
        The last contact of the same caller that hung up waiting within the hour; None if there is none.

        Args:
            contact_id: Of a caller who has arrived.
            now_ms: Engine time.
        """
        identity = self._parties.identity(contact_id)
        if identity is None or identity.number is None or not self._left:
            return None
        lookup = self._parties.look_up(contact_id, now_ms, history=False)
        if lookup is not None:
            await _within(lookup)
        left = [self._left[key] for key in _keys(identity.number, lookup) if key in self._left]
        recent = [found for found in left if now_ms - found[0] <= KEEP_MS and found[1] != contact_id]
        return max(recent)[1] if recent else None

    def forget(self) -> None:
        """Somebody is erased. Whose number is whose is not known here, so all go: it is rare."""
        self._left.clear()

    async def restore(self, kept: Kept, now_ms: int) -> None:
        """After a restart: read back who hung up within the hour."""
        try:
            rows = await kept.hung_up(now_ms - KEEP_MS)
        except HistoryUnavailableError:
            return
        for row in rows:
            if row["number"]:
                self._note(ContactId(row["id"]), row["ended_ms"], _keys(row["number"], row["customer_id"]))

    def _note(self, contact_id: ContactId, ended_ms: int, keys: Iterable[Key]) -> None:
        for key in keys:
            if key not in self._left or self._left[key][0] <= ended_ms:
                self._left[key] = ended_ms, contact_id
                self._left.move_to_end(key)
        while len(self._left) > BOOK_MAX:
            self._left.popitem(last=False)


async def _within(lookup: Lookup) -> None:
    """Counted from the question, which the rules may have asked before: two limits do not add up."""
    since_s = lookup.asked_s or asyncio.get_running_loop().time()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout_at(since_s + WITHIN_MS / 1000):
            await lookup.record_done.wait()


def _keys(number: str, known: Lookup | str | None) -> list[Key]:
    """The customer counts only when there is an active record: a number alone is its own key."""
    if isinstance(known, Lookup):
        known = known.customer.id if known.customer is not None else None
    return [("number", number), *([("customer", known)] if known else [])]
