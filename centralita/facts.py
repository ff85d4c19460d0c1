"""
What rules may know of a call, gathered within the time that a call may wait for it.

Nothing here asks the database: `store.parties` does so beside the call, from
the moment it comes, and what has not arrived in time is unknown.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from acd.model import ContactId
from centralita.store.customers import CustomerRecord
from centralita.store.parties import CallerIdentity, CustomerHistory, Lookup, Trust
from config.rules.facts import Fact, Source
from config.rules.variables import variable_value

Values = dict[str, object]
IVR = "ivr."
"""How the names of a flow's variables begin in rules."""


@dataclass(frozen=True, slots=True)
class CallFacts:
    """What the call itself tells."""

    to: str
    """The number dialled, as in `entry`."""
    withheld: bool
    language: str = ""
    """Chosen in the menu; empty: none."""
    queue: str = ""
    """About to be joined; empty: not yet."""


@dataclass(frozen=True, slots=True)
class Gathered:
    """Facts by name; those that are not known are missing."""

    values: Mapping[str, object]
    timings_ms: Mapping[str, int]
    """How long the call waited for each source."""
    late: tuple[str, ...] = ()
    """Sources that did not answer in time: all of them is unknown."""


class Callers(Protocol):
    """Who is on the line."""

    def identity(self, contact_id: ContactId) -> CallerIdentity | None: ...

    def look_up(self, contact_id: ContactId, now_ms: int, *, history: bool) -> Lookup | None: ...


class Beside(Protocol):
    """What is known of a contact on the line at this moment; nothing here waits."""

    def variables(self, contact_id: ContactId) -> Mapping[str, str]:
        """Of the flow, by name: keyed, spoken, looked up or set."""

    def verified(self, contact_id: ContactId) -> bool:
        """Whether the caller has proven in this call who they are."""

    def language(self, contact_id: ContactId) -> str:
        """Which the caller prefers, by what they chose earlier; empty: not known."""


class NothingBeside:
    """For who has neither flows nor preferences."""

    def variables(self, contact_id: ContactId) -> Mapping[str, str]:
        return {}

    def verified(self, contact_id: ContactId) -> bool:
        return False

    def language(self, contact_id: ContactId) -> str:
        return ""


class Facts:
    """
    Gathers facts for the rules.

    Args:
        callers: Who is on the line, and what the database says of them.
        now_ms: Engine time.
        beside: What else is known of them.
    """

    def __init__(self, callers: Callers, now_ms: Callable[[], int], beside: Beside | None = None) -> None:
        self._callers = callers
        self._now_ms = now_ms
        self._beside = beside or NothingBeside()

    async def gather(
        self,
        contact_id: ContactId,
        call: CallFacts,
        needed: Sequence[Fact],
        variables: Mapping[str, str] | None = None,
    ) -> Gathered:
        """
        What is needed, each source waited for no longer than its time limit.

        The limit counts from the moment the database was asked, which is once a
        contact: a second gathering takes what has come meanwhile. Whoever needs
        `call.trust` needs `customer.known` too: without it nobody is matched.

        Args:
            contact_id: On the line.
            call: What the call itself tells.
            needed: The only facts that are told.
            variables: Of the flow, newer than those that are known of the contact; None: those.
        """
        names = {fact.name for fact in needed}
        limits = _limits(needed)
        lookup = self._callers.look_up(contact_id, self._now_ms(), history=Source.HISTORY in limits)
        timings: dict[str, int] = {}
        late: list[str] = []
        values: Values = _of_call(self._callers.identity(contact_id), lookup, call)
        if lookup is not None and Source.CUSTOMER in limits:
            timings["customer"] = await _within(lookup, lookup.record_done, limits[Source.CUSTOMER])
            values |= _of_customer(lookup.customer) if lookup.record_known else {}
            values["call.trust"] = _trust(self._callers.identity(contact_id), lookup)
            late += [] if lookup.record_known else ["customer"]
        if lookup is not None and Source.HISTORY in limits:
            timings["history"] = await _within(lookup, lookup.history_done, limits[Source.HISTORY])
            values |= _of_history(lookup.history, self._now_ms()) if lookup.history_known else {}
            # Of who has shown who they are without a number, the past is not asked at all.
            late += [] if lookup.history_known or not lookup.history_asked else ["history"]
        self._add_beside(values, contact_id, needed, variables)
        known = {name: value for name, value in values.items() if name in names and value is not None}
        return Gathered(known, timings, tuple(late))

    def _add_beside(
        self,
        values: Values,
        contact_id: ContactId,
        needed: Sequence[Fact],
        variables: Mapping[str, str] | None,
    ) -> None:
        told = self._beside.variables(contact_id) if variables is None else variables
        for fact in needed:
            if fact.name.startswith(IVR) and (text := told.get(fact.name.removeprefix(IVR))) is not None:
                values[fact.name] = variable_value(text, fact.type)
        values[f"{IVR}verified"] = self._beside.verified(contact_id)
        if values.get("customer.language") is None:
            values["customer.language"] = self._beside.language(contact_id) or None

    async def recognise(self, contact_id: ContactId, within_ms: int) -> None:
        """Wait until it is known whether there is a record of the caller; at most this long."""
        lookup = self._callers.look_up(contact_id, self._now_ms(), history=False)
        if lookup is not None:
            await _within(lookup, lookup.record_done, within_ms)


def _limits(needed: Sequence[Fact]) -> Mapping[Source, int]:
    """How long each source that is needed may take."""
    limits: dict[Source, int] = {}
    for fact in needed:
        limits[fact.source] = max(limits.get(fact.source, 0), fact.within_ms)
    return limits


async def _within(lookup: Lookup, done: asyncio.Event, within_ms: int) -> int:
    """Wait at most until so long after the question; returns how long it was, milliseconds."""
    loop = asyncio.get_running_loop()
    began_s = loop.time()
    try:
        async with asyncio.timeout_at((lookup.asked_s or began_s) + within_ms / 1000):
            await done.wait()
    except TimeoutError:
        pass
    return round((loop.time() - began_s) * 1000)


def _trust(identity: CallerIdentity | None, lookup: Lookup | None) -> str:
    if lookup is not None and lookup.trust is not None:
        return lookup.trust.value
    return (identity.trust if identity is not None else Trust.NONE).value


def _of_call(identity: CallerIdentity | None, lookup: Lookup | None, call: CallFacts) -> Values:
    return {
        "call.from": identity.number if identity is not None else None,
        "call.to": call.to,
        "call.language": call.language or None,
        "call.trust": _trust(identity, lookup),
        "call.withheld": call.withheld,
        "call.queue": call.queue or None,
    }


def _of_customer(found: CustomerRecord | None) -> Values:
    if found is None:
        return {"customer.known": False}
    fields = {f"customer.{name}": value for name, value in found.fields.items()}
    return fields | {
        "customer.known": True,
        "customer.segment": found.segment,
        "customer.language": found.language,
    }


def _of_history(past: CustomerHistory | None, now_ms: int) -> Values:
    """Of a number that nobody has called from before, all that can be counted is 0."""
    if past is None:
        return {"history.calls_24h": 0, "history.abandoned_24h": 0}
    return {
        "history.calls_24h": past.calls_24h,
        "history.abandoned_24h": past.abandoned_24h,
        "history.since_last": _ago(past.last_ended_ms, now_ms),
        "history.last_agent": past.last_agent,
        "history.hung_up_waiting": _ago(past.hung_up_ms, now_ms),
    }


def _ago(at_ms: int | None, now_ms: int) -> int | None:
    return None if at_ms is None else max(0, now_ms - at_ms)
