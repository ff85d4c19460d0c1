from __future__ import annotations

import asyncio

import pytest

from acd.model import ContactId
from centralita.facts import CallFacts, Facts
from centralita.store.customers import CustomerRecord
from centralita.store.parties import CallerIdentity, CustomerHistory, Lookup, caller_identity
from config.rules.facts import Fact, facts_of
from config.schema import Centre

pytestmark = pytest.mark.unit


def centre(*rules: object) -> Centre:
    """A centre of one customer field, two segments, two languages and these rules."""
    return Centre.model_validate(
        {
            "schema": "acd/1",
            "name": "Prueba",
            "languages": ["es", "en"],
            "segments": ["base", "oro"],
            "facts": {"customer": {"within": "50ms", "fields": {"pedidos": "int"}}},
            "classify": list(rules),
            "agents": {"ana": {"name": "Ana", "phone": "ana"}},
            "phones": {"ana": {}},
            "entry": {},
            "queues": {},
        }
    )


C, NOW, NUMBER = ContactId("c1"), 1_000_000, "+34911234567"
CALL = CallFacts("900", withheld=False, language="en", queue="ventas")
MARTA = CustomerRecord("k1", "C-7", "Marta", "oro", "es", {"pedidos": 3})
PAST = CustomerHistory("k1", 4, (), 2, NOW - 60_000, "ana", NOW - 90_000)
ALL = facts_of(centre())


def asked(*names: str) -> list[Fact]:
    return [ALL[name] for name in names]


class Callers:
    """One caller, and what the database says when it says it."""

    def __init__(self, identity: CallerIdentity, *, record: bool = True, history: bool = True) -> None:
        self._identity = identity
        self.lookup = Lookup()
        self.lookup.asked_s = asyncio.get_running_loop().time()
        self.lookup.history_asked = True
        if record:
            self.lookup.learn(MARTA)
        if history:
            self.remember(PAST)

    def remember(self, past: CustomerHistory | None) -> None:
        self.lookup.history, self.lookup.history_known = past, True
        self.lookup.history_done.set()

    def fails(self) -> None:
        self.lookup.record_done.set()
        self.lookup.history_done.set()

    def identity(self, contact_id: ContactId) -> CallerIdentity | None:
        return self._identity

    def look_up(self, contact_id: ContactId, now_ms: int, *, history: bool) -> Lookup | None:
        return self.lookup if self._identity.known else None


def known_caller(*, record: bool = True, history: bool = True) -> Callers:
    return Callers(caller_identity(NUMBER, True), record=record, history=history)


async def test_everything_that_rules_can_ask_is_gathered() -> None:
    """Every fact of the catalogue has its value, in its own type; durations are milliseconds."""
    found = await Facts(known_caller(), lambda: NOW).gather(C, CALL, list(ALL.values()))

    assert found.late == ()
    assert found.values == {
        "call.from": NUMBER,
        "call.to": "900",
        "call.language": "en",
        "call.trust": "matched",
        "call.withheld": False,
        "call.queue": "ventas",
        "customer.known": True,
        "customer.segment": "oro",
        "customer.language": "es",
        "customer.pedidos": 3,
        "history.calls_24h": 4,
        "history.abandoned_24h": 2,
        "history.since_last": 60_000,
        "history.last_agent": "ana",
        "history.hung_up_waiting": 90_000,
        "ivr.verified": False,
    }
    assert set(found.values) | {"ivr.intent"} == set(ALL)


async def test_only_what_is_asked_for_is_waited_for() -> None:
    """A rule about the number alone costs no time, whatever the database does."""
    callers = known_caller(record=False, history=False)
    found = await Facts(callers, lambda: NOW).gather(C, CALL, asked("call.from", "call.to"))

    assert found.values == {"call.from": NUMBER, "call.to": "900"}
    assert (found.timings_ms, found.late) == ({}, ())


@pytest.mark.parametrize("away", [False, True])
async def test_a_source_that_does_not_answer_is_unknown_as_a_whole(away: bool) -> None:
    """Late, or not there at all: nothing of it is guessed, the other source is told, and the call goes on."""
    callers = known_caller(record=False)
    if away:
        callers.lookup.record_done.set()
    loop = asyncio.get_running_loop()
    began_s = loop.time()
    found = await Facts(callers, lambda: NOW).gather(
        C, CALL, asked("customer.known", "customer.pedidos", "call.trust", "history.calls_24h")
    )
    took_s = loop.time() - began_s

    assert found.values == {"call.trust": "presented", "history.calls_24h": 4}
    assert found.late == ("customer",)
    assert took_s < 1.0
    assert away or 40 <= found.timings_ms["customer"] <= 600


async def test_the_second_time_only_what_has_come_meanwhile_is_taken() -> None:
    """The limit counts from the question, which is asked once a call: nobody waits twice."""
    callers = known_caller(record=False, history=False)
    facts = Facts(callers, lambda: NOW)
    first = await facts.gather(C, CALL, asked("customer.known"))
    second = await facts.gather(C, CALL, asked("customer.known"))
    callers.lookup.learn(MARTA)
    third = await facts.gather(C, CALL, asked("customer.known", "customer.segment"))

    assert (first.late, second.late, third.late) == (("customer",), ("customer",), ())
    assert second.timings_ms["customer"] < 20
    assert third.values == {"customer.known": True, "customer.segment": "oro"}


async def test_an_unknown_caller_is_nobody_at_once() -> None:
    """Without a number there is nobody to ask about: all of it is unknown, and that is not late."""
    callers = Callers(caller_identity(NUMBER, presentation_allowed=False))
    hidden = CallFacts("900", withheld=True)
    found = await Facts(callers, lambda: NOW).gather(C, hidden, list(ALL.values()))

    assert found.values == {
        "call.to": "900",
        "call.trust": "none",
        "call.withheld": True,
        "ivr.verified": False,
    }
    assert found.late == ()


async def test_a_number_nobody_has_is_told_apart_from_no_answer() -> None:
    """ "There is no record" and "they have never called" are answers."""
    callers = known_caller(record=False, history=False)
    callers.lookup.learn(None)
    callers.remember(None)
    found = await Facts(callers, lambda: NOW).gather(C, CallFacts("900", False), list(ALL.values()))

    assert found.values == {
        "call.from": NUMBER,
        "call.to": "900",
        "call.trust": "presented",
        "call.withheld": False,
        "customer.known": False,
        "history.calls_24h": 0,
        "history.abandoned_24h": 0,
        "ivr.verified": False,
    }


async def test_the_pop_waits_a_moment_for_the_record() -> None:
    """Not for the history, and no longer than it is told to."""
    callers = known_caller(record=False, history=False)
    facts = Facts(callers, lambda: NOW)
    loop = asyncio.get_running_loop()
    began_s = loop.time()
    await facts.recognise(C, 30)
    waited_s = loop.time() - began_s
    callers.lookup.learn(MARTA)
    began_s = loop.time()
    await facts.recognise(C, 10_000)

    assert 0.02 < waited_s < 1.0
    assert loop.time() - began_s < 1.0
