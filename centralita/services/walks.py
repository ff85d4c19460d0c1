"""
What is known of a contact on the line by its flow: variables, and who the caller has proven to be.

Here while the contact lasts, through every transfer and requeue, and in tables that can be erased.
Neither the distributor nor the journal ever hears of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Protocol

from sqlalchemy import Connection

from acd.model import ContactId
from acd.records import ContactClosed, Record
from centralita.store.customers import CustomerRecord
from centralita.store.parties import Trust
from centralita.store.walks import Proof, Walk, write_proofs, write_walks
from centralita.trails import without_card
from centralita.web.ports import HistoryUnavailableError

VARS = "vars"
"""Where a walk's memory holds its variables."""
MODE = "mode"
"""And how the caller answers."""
INTENT = "intent"
"""Name of the variable that holds why the caller calls."""
LIVE_MAX = 20_000
"""Contacts kept at once; the oldest is forgotten beyond it."""
VALUE_MAX = 200
"""Of one variable, characters; a longer one is cut."""
VARIABLES_MAX = 100


class Kept(Protocol):
    """Where it is read back from. May raise `HistoryUnavailableError`."""

    async def walks(self, ids: Sequence[ContactId]) -> Sequence[Walk]: ...

    async def proofs(self, ids: Sequence[ContactId]) -> Sequence[Proof]: ...

    async def customers(self, ids: Sequence[str]) -> Mapping[str, CustomerRecord]: ...


class Later(Protocol):
    """Who writes."""

    def later(self, contact_id: str, work: Callable[[Connection], object]) -> None: ...


class Proved(Protocol):
    """Whoever keeps who is on the line."""

    def proved(self, contact_id: ContactId, record: CustomerRecord, trust: Trust) -> None: ...


@dataclass(slots=True)
class _Known:
    memory: Mapping[str, object] | None = None
    variables: Mapping[str, str] = field(default_factory=dict)
    proof: Proof | None = None


class Walks:
    """
    Args:
        write: See `services.written`.
        parties: Who is on the line; told of those who have proven who they are.
        now_ms: UTC.
    """

    def __init__(self, write: Later, parties: Proved, now_ms: Callable[[], int]) -> None:
        self._write, self._parties, self._now_ms = write, parties, now_ms
        self._live: dict[ContactId, _Known] = {}

    # What the walk remembers

    def remembered(self, contact_id: ContactId) -> Mapping[str, object] | None:
        """See `ivr.ports.Services`."""
        known = self._live.get(contact_id)
        return None if known is None else known.memory

    def keep(self, contact_id: ContactId, memory: Mapping[str, object]) -> None:
        """See `ivr.ports.Services`; a repeat writes nothing."""
        known = self._of(contact_id)
        if known.memory == memory:
            return
        known.memory, known.variables = memory, _variables(memory)
        walk = Walk(contact_id, memory, self._now_ms())
        self._write.later(contact_id, partial(write_walks, walks=[walk]))

    def variables(self, contact_id: ContactId) -> Mapping[str, str]:
        """See `facts.Beside`."""
        known = self._live.get(contact_id)
        return {} if known is None else known.variables

    def intent(self, contact_id: ContactId) -> str:
        """Why the caller calls, as far as the flow knows; empty: it does not."""
        return self.variables(contact_id).get(INTENT, "")

    # Who the caller is

    def proven(self, contact_id: ContactId, record: CustomerRecord, trust: Trust, by: str) -> None:
        """The caller has shown by this to be this customer; more trust is never taken back by less."""
        before = self.proof(contact_id)
        if before is not None and before.customer_id == record.id and before.trust == Trust.PIN:
            trust = Trust.PIN
        self._parties.proved(contact_id, record, trust)
        unverified = before is not None and before.unverified and trust is not Trust.PIN
        self._prove(Proof(contact_id, record.id, trust.value, unverified, self._now_ms(), by))

    def unverified(self, contact_id: ContactId) -> None:
        """Too many proofs have failed."""
        before = self.proof(contact_id) or Proof(contact_id, None, "", False, 0)
        if not before.unverified:
            self._prove(replace(before, unverified=True, at_ms=self._now_ms()))

    def proof(self, contact_id: ContactId) -> Proof | None:
        known = self._live.get(contact_id)
        return None if known is None else known.proof

    def verified(self, contact_id: ContactId) -> bool:
        """See `facts.Beside`."""
        return self.verdict(contact_id) is True

    # For screens

    def verdict(self, contact_id: ContactId) -> bool | None:
        """Whether a caller has proven who they are; False: tried too often in vain, None: nobody asked."""
        return _verdict(self.proof(contact_id))

    def told(self, contact_id: ContactId) -> Mapping[str, object]:
        """Part of `cti.desktop.shapes_known.IvrData`."""
        known = self._live.get(contact_id) or _Known()
        return told(known.memory or {}, known.proof)

    # Keeping step

    def follow(self, records: Iterable[Record]) -> None:
        """Keep step with the engine: forget who has gone."""
        for record in records:
            if isinstance(record, ContactClosed):
                self._live.pop(record.contact_id, None)

    def forget(self, contact_ids: Iterable[ContactId]) -> None:
        """Their customer is erased."""
        for contact_id in contact_ids:
            self._live.pop(contact_id, None)

    async def restore(self, kept: Kept, contact_ids: Sequence[ContactId]) -> None:
        """After a restart, once it is known again who the contacts on the line are."""
        try:
            walks, proofs = await kept.walks(contact_ids), await kept.proofs(contact_ids)
            ids = sorted({proof.customer_id for proof in proofs if proof.customer_id is not None})
            records = await kept.customers(ids)
        except HistoryUnavailableError:
            return
        for walk in walks:
            known = self._of(walk.contact_id)
            if known.memory is None:
                known.memory, known.variables = walk.memory, _variables(walk.memory)
        for proof in proofs:
            self._restore_proof(proof, records)

    def _restore_proof(self, proof: Proof, records: Mapping[str, CustomerRecord]) -> None:
        known = self._of(proof.contact_id)
        record = records.get(proof.customer_id or "")
        if known.proof is not None:
            return
        if record is not None and record.recognised:
            known.proof = proof
            self._parties.proved(proof.contact_id, record, Trust(proof.trust))
        else:
            # Who was erased or is no longer a customer has proven nothing.
            known.proof = replace(proof, customer_id=None, trust="")

    def _prove(self, proof: Proof) -> None:
        self._of(proof.contact_id).proof = proof
        self._write.later(proof.contact_id, partial(write_proofs, proofs=[proof]))

    def _of(self, contact_id: ContactId) -> _Known:
        known = self._live.get(contact_id)
        if known is None:
            known = self._live[contact_id] = _Known()
            if len(self._live) > LIVE_MAX:
                del self._live[next(iter(self._live))]
        return known


def told(memory: Mapping[str, object], proof: Proof | None) -> Mapping[str, object]:
    """What a flow knows, for screens."""
    return {
        "verified": _verdict(proof),
        "mode": str(memory.get(MODE) or ""),
        "values": {name: without_card(value) for name, value in _variables(memory).items()},
    }


def _variables(memory: Mapping[str, object]) -> Mapping[str, str]:
    found = memory.get(VARS)
    if not isinstance(found, Mapping):
        return {}
    listed = list(found.items())[:VARIABLES_MAX]
    return {str(name): str(value)[:VALUE_MAX] for name, value in listed}


def _verdict(proof: Proof | None) -> bool | None:
    if proof is None:
        return None
    return True if proof.trust == Trust.PIN else False if proof.unverified else None
