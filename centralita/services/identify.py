"""
Who a caller is, proven in the call: a PIN, or what stands in the record.

A number is a claim of the network. It selects the record with which the proof is compared; where
there is no number, a document does, and then it has proven nothing yet. Nothing that a caller has
said or keyed here is ever logged or kept.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Protocol

import structlog

from acd import events as ev
from acd.model import Annotation, ContactId
from centralita.people.hashing import Hasher, TooBusyError
from centralita.runtime import InboxFull
from centralita.services import documents
from centralita.services.attempts import WITHIN_MS, Attempts
from centralita.services.walks import Later, Walks
from centralita.store.customers import CustomerRecord
from centralita.store.parties import CallerIdentity, Lookup, Trust
from centralita.store.pins import FailedProof, forgive, note_failure, sweep_failures
from centralita.web.ports import HistoryUnavailableError
from ivr.actions import Failed, NotProven, Proven

PIN = "pin"
RECORD_MS = 1_000
"""How long a proof waits for the record of who calls."""
SEARCH_MS = 2_000
"""How long a search for a document may take."""
LOCKED = "locked"
_log = structlog.get_logger("identify")


class Rows(Protocol):
    """May raise `HistoryUnavailableError`."""

    async def pin(self, customer_id: str) -> str | None: ...

    async def by_field(self, name: str, value: str) -> CustomerRecord | None: ...

    async def failures(self, since_ms: int) -> Sequence[FailedProof]: ...


class OnTheLine(Protocol):
    """Who is on the line."""

    def identity(self, contact_id: ContactId) -> CallerIdentity | None: ...

    def look_up(self, contact_id: ContactId, now_ms: int, *, history: bool) -> Lookup | None: ...


@dataclass(frozen=True, slots=True)
class Ports:
    rows: Rows
    parties: OnTheLine
    walks: Walks
    write: Later
    hasher: Hasher
    ask: Callable[[ev.Event], Awaitable[object]]
    """See `Runtime.ask`."""
    now_ms: Callable[[], int]
    """UTC."""


class Identification:
    """Proofs of all callers."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports
        self.attempts = Attempts()

    async def restore(self) -> None:
        """What failed before a restart counts."""
        with contextlib.suppress(HistoryUnavailableError):
            self.attempts.restore(await self._ports.rows.failures(self._ports.now_ms() - WITHIN_MS))

    async def prove(self, contact_id: ContactId, by: str, value: str) -> Proven | NotProven | Failed:
        """See `ivr.ports.Services`."""
        try:
            record = await self._record(contact_id)
            if record is None and by != PIN:
                return await self._select(contact_id, by, value)
            if record is None:
                return Failed("no record")
            known = await self._ports.rows.pin(record.id) if by == PIN else record.fields.get(by)
            if known is None or known == "":
                return Failed(f"no {by}")
            return await self._compare(contact_id, record, by, value, known)
        except HistoryUnavailableError:
            return Failed("database")
        except TooBusyError:
            return Failed("busy")

    def alarms(self) -> list[str]:
        """Customers who may not be proven for a while, for a person, in both languages."""
        count = self.attempts.locked(self._ports.now_ms())
        if not count:
            return []
        es = (
            f"{count} cliente(s) sin poder identificarse durante 15 minutos, tras cinco intentos fallidos: "
            "si no son ellos, cambie su PIN"
        )
        en = f"{count} customer(s) cannot identify themselves for 15 minutes: if it is not they, change PINs"
        return [f"{es} / {en}"]

    def tidy(self) -> None:
        """Failures that do not count any more go."""
        before_ms = self._ports.now_ms() - WITHIN_MS
        self._ports.write.later("", partial(sweep_failures, before_ms=before_ms))

    async def _compare(
        self, contact_id: ContactId, record: CustomerRecord, by: str, value: str, known: object
    ) -> Proven | NotProven | Failed:
        attempt = self._begin(contact_id, record.id)
        if attempt is None:
            return Failed(LOCKED)
        try:
            fits = (
                await self._ports.hasher.fits(str(known), value)
                if by == PIN
                else documents.same(value, known)
            )
        except TooBusyError:
            self._succeeded(attempt)
            raise
        if not fits:
            self._say_failed(attempt)
            return NotProven()
        self._succeeded(attempt)
        await self._proven(contact_id, record, self._trust(contact_id, by), by)
        return Proven()

    async def _select(self, contact_id: ContactId, by: str, value: str) -> Proven | NotProven | Failed:
        """Nobody is known by number: who has this document is taken for who calls, and told nothing."""
        identity = self._ports.parties.identity(contact_id)
        number = identity.number if identity is not None else None
        # All who withhold their number must not be shut out by one of them: each call is counted by itself.
        attempt = self._begin(contact_id, number or contact_id)
        if attempt is None:
            return Failed(LOCKED)
        wanted = documents.canonical(value)
        try:
            async with asyncio.timeout(SEARCH_MS / 1000):
                found = await self._ports.rows.by_field(by, wanted) if wanted else None
        except TimeoutError:
            self._succeeded(attempt)
            return Failed("too late")
        if found is None:
            self._say_failed(attempt)
            return NotProven()
        self._succeeded(attempt)
        await self._proven(contact_id, found, Trust.MATCHED, by)
        return Proven()

    def _trust(self, contact_id: ContactId, by: str) -> Trust:
        """Who was found by a document has not proven anything by saying it again."""
        before = self._ports.walks.proof(contact_id)
        again = before is not None and before.trust == Trust.MATCHED and before.by == by
        return Trust.MATCHED if again else Trust.PIN

    async def _record(self, contact_id: ContactId) -> CustomerRecord | None:
        """Raises HistoryUnavailableError: it is not known whether there is one."""
        lookup = self._ports.parties.look_up(contact_id, self._ports.now_ms(), history=False)
        if lookup is None:
            return None
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(RECORD_MS / 1000):
                await lookup.record_done.wait()
        if not lookup.record_known:
            raise HistoryUnavailableError("record")
        return lookup.customer

    def _begin(self, contact_id: ContactId, subject: str) -> FailedProof | None:
        attempt = FailedProof(secrets.token_hex(8), subject, contact_id, self._ports.now_ms())
        if not self.attempts.begin(attempt):
            _log.warning("identify.locked", contact=contact_id)
            return None
        self._ports.write.later(contact_id, partial(note_failure, failed=attempt))
        return attempt

    def _succeeded(self, attempt: FailedProof) -> None:
        self.attempts.succeeded(attempt)
        self._ports.write.later(attempt.contact_id, partial(forgive, failure_id=attempt.id))

    def _say_failed(self, attempt: FailedProof) -> None:
        locked = self.attempts.is_locked(attempt.subject, attempt.at_ms)
        _log.info("identify.failed", contact=attempt.contact_id, locked=locked)

    async def _proven(self, contact_id: ContactId, record: CustomerRecord, trust: Trust, by: str) -> None:
        self._ports.walks.proven(contact_id, record, trust, by)
        _log.info("identify.proven", contact=contact_id, by=by, trust=trust.value)
        await tell(self._ports.ask, contact_id)


async def tell(ask: Callable[[ev.Event], Awaitable[object]], contact_id: ContactId) -> None:
    """Screens are told anew what is known of a contact."""
    with contextlib.suppress(InboxFull):
        await ask(ev.ContactAnnotated(contact_id, Annotation.DATA))
