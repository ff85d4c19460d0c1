from __future__ import annotations

import pytest

from acd import events as ev
from acd.engine import Decision
from acd.model import Channel, ContactId
from acd.records import ContactSorted, Record
from centralita.callers import Visit
from centralita.classify import TRACES_MAX, Classifications, Ports, Rules
from centralita.facts import Facts
from centralita.store.parties import caller_identity
from tests.unit.acd.desk import Desk
from tests.unit.centralita.test_facts import MARTA, NOW, Callers, centre

pytestmark = pytest.mark.unit

C1 = ContactId("c1")
VISIT = Visit("pbx", "u1", "SIP/1", "900", "", "", False, "+34911234567", "", False)
VIP = {
    "id": "vip",
    "when": "customer.segment == oro and call.trust >= matched",
    "set": {"segment": "oro", "head_start": "3m"},
}
SPEAKS = {"id": "speaks", "when": "customer.pedidos > 2", "set": {"language": "customer.language"}}
SALES = {"id": "sales", "when": 'call.queue == "ventas"', "set": {"head_start": "30s"}}


class Stage:
    """One caller in a real engine; `told` is what the rules led to."""

    def __init__(self, *rules: object, record: bool = True) -> None:
        self.desk = Desk()
        self.desk.happens(ev.ContactStarted(C1, Channel("pbx", "u1"), "900"))
        self.told: list[ev.Event] = []
        self.records: list[Record] = []
        self.callers = Callers(caller_identity("+34911234567", True), record=record)
        found = Rules.of(centre(*rules))
        self.rules = {"v1": found}
        self.sorter = Classifications(
            Ports(lambda: self.desk.state, self.ask, self.rules.__getitem__, lambda: self.desk.now_ms),
            Facts(self.callers, lambda: NOW),
        )

    async def ask(self, event: ev.Event) -> Decision:
        self.told.append(event)
        decision = self.desk.happens(event, after_ms=1)
        self.records += decision.records
        return decision

    async def classify(self, queue: str = "") -> None:
        self.desk.now_ms += 1
        await self.sorter.classify(C1, VISIT, queue)


async def test_the_rules_of_the_contacts_own_version_sort_it() -> None:
    """What they say reaches the distributor in one event, without number or name."""
    stage = Stage(VIP, SPEAKS, SALES)
    await stage.classify()
    contact = stage.desk.state.contacts[C1]

    assert stage.told == [ev.ContactClassified(C1, "es", "oro", 180_000, ("vip", "speaks"))]
    assert (contact.segment, contact.language, contact.head_start_ms) == ("oro", "es", 180_000)
    assert [record for record in stage.records if isinstance(record, ContactSorted)]


async def test_nothing_is_said_twice() -> None:
    """A second run with the same result is no news; with the queue known another rule applies."""
    stage = Stage(VIP, SALES)
    for queue in ("", "", "ventas", "ventas"):
        await stage.classify(queue)

    assert [event.rules for event in stage.told if isinstance(event, ev.ContactClassified)] == [
        ("vip",),
        ("vip", "sales"),
    ]


async def test_what_the_caller_chose_is_not_argued_with() -> None:
    """A language from the menu stays, and that the rules say another is no news either."""
    stage = Stage(SPEAKS)
    stage.desk.happens(ev.LanguageChosen(C1, "en"))
    await stage.classify()
    await stage.classify()

    assert stage.desk.state.contacts[C1].language == "en"
    assert len(stage.told) == 1


async def test_whom_a_caller_prefers_reaches_the_distributor_once() -> None:
    """Best first, and told again only when it changes."""
    stage = Stage({"id": "own", "when": "true", "set": {"prefer": "history.last_agent"}})
    await stage.classify()
    await stage.classify()

    assert [event.preferred for event in stage.told if isinstance(event, ev.ContactClassified)] == [("ana",)]
    assert stage.desk.state.contacts[C1].preferred == ("ana",)
    (kept,) = stage.sorter.live(C1)
    assert isinstance(kept["trace"], dict) and kept["trace"]["preferred"] == ["ana"]


async def test_without_rules_nothing_is_said_or_kept() -> None:
    """A centre that has no rules pays nothing for them."""
    stage = Stage()
    await stage.classify()

    assert (stage.told, stage.sorter.live(C1)) == ([], [])


async def test_a_late_record_makes_no_vip_and_says_so() -> None:
    """The trace tells which rule could not be decided, and that the record came too late."""
    stage = Stage(VIP, record=False)
    await stage.classify()
    (kept,) = stage.sorter.live(C1)
    trace = kept["trace"]

    assert stage.told == []
    assert isinstance(trace, dict)
    assert (trace["late"], trace["segment"]) == (["customer"], None)
    assert [(clause["text"], clause["result"]) for clause in trace["rules"][0]["clauses"]] == [
        ("customer.segment == oro", "unknown"),
        ("call.trust >= matched", "false"),
    ]
    stage.callers.lookup.learn(MARTA)
    await stage.classify("ventas")
    assert [event.rules for event in stage.told if isinstance(event, ev.ContactClassified)] == [("vip",)]


async def test_a_trace_is_written_once_and_told_while_the_contact_lives() -> None:
    """It goes to the database with the contact's next record; numbers in it are masked."""
    stage = Stage(VIP, {"id": "here", "when": 'call.from == "+34911234567"', "set": {"head_start": "1s"}})
    await stage.classify()
    written = stage.sorter.follow(stage.records)
    again = stage.sorter.follow(stage.records)
    live = stage.sorter.live(C1)
    stage.sorter.follow(stage.desk.happens(ev.ContactGone(C1)).records)

    assert [(trace.contact_id, trace.rules) for trace in written] == [(C1, ("vip", "here"))]
    assert again == ()
    assert [kept["trace"] for kept in live] == [trace.trace for trace in written]
    assert "+34911234567" not in str([rule["clauses"][0]["facts"] for rule in written[0].trace["rules"]])  # type: ignore[attr-defined]
    assert stage.sorter.live(C1) == []


async def test_what_is_erased_is_not_written_later() -> None:
    """The customer's live traces go at once."""
    stage = Stage(VIP)
    await stage.classify()
    stage.sorter.forget({C1})

    assert stage.sorter.live(C1) == []
    assert stage.sorter.follow(stage.records) == ()


async def test_a_contact_has_so_many_traces_and_no_more() -> None:
    """A caller who goes round and round fills no memory."""
    stage = Stage(VIP, SALES)
    for n in range(2 * TRACES_MAX):
        await stage.classify("ventas" if n % 2 else "")

    assert len(stage.sorter.live(C1)) == TRACES_MAX


async def test_a_contact_that_is_gone_is_not_sorted() -> None:
    """A visit may outlive its contact."""
    stage = Stage(VIP)
    stage.desk.happens(ev.ContactGone(C1))
    await stage.classify()

    assert (stage.told, stage.sorter.live(C1)) == ([], [])
