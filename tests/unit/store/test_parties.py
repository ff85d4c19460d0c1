from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from acd.model import ContactId
from centralita.store import tables
from centralita.store.customers import CustomerRecord, erase
from centralita.store.history import History
from centralita.store.parties import (
    SHOWN_LENGTH,
    CustomerHistory,
    Parties,
    Party,
    Trust,
    caller_identity,
    clean,
)
from centralita.store.projection import Projection
from centralita.tasks import spawn
from centralita.web.ports import HistoryUnavailableError
from tests.support.polling import eventually
from tests.unit.store.samples import NUMBER, call

pytestmark = pytest.mark.unit

MARTA = CustomerRecord("k1", "C-7", "Marta Ruiz Gómez", "oro", "es", {"pedidos": 3})


class FakeRecall:
    """Answers when told to, and counts who was asked about."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.may_answer = asyncio.Event()
        self.record: CustomerRecord | None = None
        self.down = False

    async def records(self, numbers: Sequence[str]) -> Mapping[str, CustomerRecord]:
        await self.may_answer.wait()
        if self.down:
            raise HistoryUnavailableError
        return {number: self.record for number in numbers if self.record is not None}

    async def recall(self, number: str, *, now_ms: int, without: ContactId) -> CustomerHistory | None:
        self.asked.append(number)
        await self.may_answer.wait()
        if self.down:
            raise HistoryUnavailableError
        return CustomerHistory("k1", 2, ({"id": "c0"},))

    async def parties(self, contact_ids: Sequence[ContactId]) -> Sequence[Party]:
        return [Party(contact_id, caller_identity(NUMBER, True), 0) for contact_id in contact_ids]


async def at_once() -> None:
    return None


@pytest.mark.parametrize(
    "number",
    [
        None,
        "",
        "anonymous",
        "unknown",
        "restricted",
        "911234567",
        "34911234567",
        "0034911234567",
        "+34 911 234 567",
        "+34911234567;ext=1",
        "+349112345",
        "+349112345678901234567890",
        "+1",
        "+",
        "+9999999999",
        "+٣٤٩١١٢٣٤٥٦٧",
        "+34911234567\n",
        "' OR 1=1 --",
    ],
)
def test_whatever_is_not_a_whole_number_is_an_unknown_caller(number: str | None) -> None:
    """Withheld, national, malformed or impossible numbers identify nobody."""
    identity = caller_identity(number, presentation_allowed=True)

    assert not identity.known
    assert identity.number is None
    assert identity.trust is Trust.NONE


@pytest.mark.parametrize("number", [NUMBER, "+34600111222", "+442079460958", "+390612345678"])
def test_a_valid_international_number_is_known_but_only_presented(number: str) -> None:
    """The network's word is enough to look somebody up, not to trust them with a secret."""
    identity = caller_identity(number, presentation_allowed=True)

    assert (identity.number, identity.known, identity.trust) == (number, True, Trust.PRESENTED)


def test_a_withheld_number_is_dropped_even_when_the_network_sends_it() -> None:
    """Who withholds the number is not shown, not stored and not recognised."""
    identity = caller_identity(NUMBER, presentation_allowed=False, name="Marta Ruiz")

    assert (identity.number, identity.shown, identity.name) == (None, "", "")


def test_a_hostile_name_is_made_harmless() -> None:
    """Control characters, line breaks and direction marks go; the rest is cut to one short line."""
    assert clean("Ana\r\nAction: Originate\x00\u202egnp.exe") == "Ana Action: Originate gnp.exe"
    assert len(clean("x" * 5_000)) == SHOWN_LENGTH


@given(st.text(max_size=300))
def test_cleaning_never_leaves_a_control_character(text: str) -> None:
    """Whatever a network sends, what is shown is one printable line of at most 64 characters."""
    cleaned = clean(text)

    assert len(cleaned) <= SHOWN_LENGTH
    assert cleaned.isprintable()
    assert clean(cleaned) == cleaned


@given(st.one_of(st.none(), st.text(max_size=30), st.from_regex(r"\+[0-9]{1,17}", fullmatch=True)))
def test_no_input_makes_the_identity_fail(number: str | None) -> None:
    """Any text is either a number that begins with "+" and two digits, or unknown."""
    identity = caller_identity(number, presentation_allowed=True)

    assert identity.number in (None, number)
    assert identity.known == (identity.trust is Trust.PRESENTED)


async def test_the_pop_never_waits_for_history() -> None:
    """While the look-up runs the pop has the number alone; once it is done, the history as well."""
    recall = FakeRecall()
    parties = Parties(recall, at_once, spawn)
    parties.arrived(ContactId("c1"), caller_identity(NUMBER, True))

    written = parties.follow(call(1)[0][2])
    before = parties.enrich(ContactId("c1"))
    recall.may_answer.set()
    await eventually(lambda: parties.enrich(ContactId("c1"))["calls_24h"] == 2, 10)

    assert [party.contact_id for party in written] == ["c1"]
    assert (before["number"], before["known"], before["calls_24h"]) == (NUMBER, True, None)
    assert parties.enrich(ContactId("c1"))["last_contacts"] == [{"id": "c0"}]


async def test_a_late_answer_is_used_by_who_asks_later() -> None:
    """Nobody waits for a slow database, but what it says at last is not thrown away."""
    recall = FakeRecall()
    recall.record = MARTA
    parties = Parties(recall, at_once, spawn)
    parties.arrived(ContactId("c1"), caller_identity(NUMBER, True))
    parties.follow(call(1)[0][2])
    lookup = parties.look_up(ContactId("c1"), 0)
    assert lookup is not None
    assert (lookup.record_known, lookup.history_known) == (False, False)

    recall.may_answer.set()
    await asyncio.wait_for(lookup.history_done.wait(), timeout=5)

    assert parties.look_up(ContactId("c1"), 0) is lookup
    assert recall.asked == [NUMBER]
    assert parties.enrich(ContactId("c1"))["calls_24h"] == 2


async def test_a_database_that_is_away_leaves_record_and_history_unknown() -> None:
    """ "We could not ask" is told apart from "there is none", and nobody waits for a second try."""
    recall = FakeRecall()
    recall.down = True
    recall.may_answer.set()
    parties = Parties(recall, at_once, spawn)
    parties.arrived(ContactId("c1"), caller_identity(NUMBER, True))
    lookup = parties.look_up(ContactId("c1"), 0)
    assert lookup is not None
    await asyncio.wait_for(lookup.record_done.wait(), timeout=5)
    await asyncio.wait_for(lookup.history_done.wait(), timeout=5)

    assert (lookup.record_known, lookup.history_known) == (False, False)


@pytest.mark.parametrize(
    ("record", "trust", "name", "ref"),
    [
        (MARTA, "matched", "Marta Ruiz Gómez", "C-7"),
        (replace(MARTA, active=False), "presented", "MARTA", None),
        (replace(MARTA, ref=None, name=""), "presented", "MARTA", None),
        (None, "presented", "MARTA", None),
    ],
)
async def test_a_caller_is_recognised_by_an_active_record_only(
    record: CustomerRecord | None, trust: str, name: str, ref: str | None
) -> None:
    """The pop shows an owner's record: of nobody who has left, and of nobody who was only seen calling."""
    recall = FakeRecall()
    recall.record = record
    recall.may_answer.set()
    parties = Parties(recall, at_once, spawn)
    parties.arrived(ContactId("c1"), caller_identity(NUMBER, True, "MARTA"))
    parties.follow(call(1)[0][2])
    await eventually(lambda: parties.enrich(ContactId("c1"))["calls_24h"] == 2, 10)

    shown = parties.enrich(ContactId("c1"))
    assert (shown["trust"], shown["name"], shown["ref"]) == (trust, name, ref)
    assert shown["fields"] == ({"pedidos": 3} if ref else {})
    assert (shown["segment"], shown["language"]) == (("oro", "es") if ref else (None, None))


async def test_a_record_written_during_the_call_is_known_at_once() -> None:
    """Who is on the line from its number is this customer from now on."""
    parties = Parties(FakeRecall(), at_once, spawn)
    parties.arrived(ContactId("c1"), caller_identity(NUMBER, True))
    parties.arrived(ContactId("c2"), caller_identity("+34600111222", True))

    parties.learn(MARTA, [NUMBER])

    assert parties.enrich(ContactId("c1"))["ref"] == "C-7"
    assert parties.enrich(ContactId("c2"))["ref"] is None


@pytest.mark.parametrize(
    ("number", "region", "wanted"),
    [
        ("911234567", "ES", NUMBER),
        ("34911234567", "ES", NUMBER),
        ("0034911234567", "ES", NUMBER),
        ("02079460958", "GB", "+442079460958"),
        ("911234567", "GB", None),
        ("112", "ES", None),
        ("anonymous", "ES", None),
    ],
)
def test_the_national_numbers_of_a_trunk_are_understood(number: str, region: str, wanted: str | None) -> None:
    """A carrier may send numbers as they are dialled in its country."""
    identity = caller_identity(number, True, region=region)

    assert identity.number == wanted
    assert identity.shown == (wanted or number)


async def test_an_unknown_caller_is_never_looked_up() -> None:
    """Nobody is asked about a withheld number, and the event says "not known"."""
    recall = FakeRecall()
    parties = Parties(recall, at_once, spawn)
    parties.arrived(ContactId("c1"), caller_identity("anonymous", True))
    parties.follow(call(1)[0][2])

    assert parties.look_up(ContactId("c1"), 0) is None
    assert [task for task in asyncio.all_tasks() if task.get_name().endswith(" c1")] == []
    assert parties.enrich(ContactId("c1")) == {
        "id": None,
        "ref": None,
        "number": None,
        "shown": "anonymous",
        "name": "",
        "segment": None,
        "language": None,
        "fields": {},
        "known": False,
        "trust": "none",
        "calls_24h": None,
        "last_contacts": [],
    }


async def test_a_closed_contact_leaves_the_book() -> None:
    """The book holds live contacts only."""
    parties = Parties(FakeRecall(), at_once, spawn)
    parties.arrived(ContactId("c1"), caller_identity("anonymous", True))
    for _, _, records, _ in call(1):
        parties.follow(records)

    assert parties.identity(ContactId("c1")) is None


async def test_a_party_is_told_again_when_its_contact_closes(
    projection: Projection, history: History
) -> None:
    """The first telling may die with a killed server: told twice is one row, told late is not missing."""
    twice, killed = (Parties(FakeRecall(), at_once, spawn) for _ in range(2))
    for parties, n in ((twice, 1), (killed, 2)):
        parties.arrived(ContactId(f"c{n}"), caller_identity(NUMBER, True, "Marta Ruiz"))
        told = [(seq, at_ms, records, parties.follow(records)) for seq, at_ms, records, _ in call(n)]
        assert [len(party) for *_, party in told] == [1, 0, 1]
        assert told[0][3] == told[2][3]
        for seq, at_ms, records, party in told:
            lost = parties is killed and records is told[0][2]
            projection.put(seq, at_ms, records, () if lost else party)

    assert await projection.flush()
    found = [await history.contact(name) for name in ("c1", "c2")]
    assert [(contact or {}).get("number") for contact in found] == [NUMBER, NUMBER]
    async with projection.engine.connect() as connection:
        customers = (await connection.execute(select(tables.customer))).all()
        contacts = (await connection.execute(select(tables.contact))).all()
    assert (len(customers), len(contacts)) == (1, 2)


async def test_who_is_on_the_line_survives_a_restart() -> None:
    """After a restart the callers of adopted contacts are read back, records and all."""
    recall = FakeRecall()
    recall.record = MARTA
    recall.may_answer.set()
    parties = Parties(recall, at_once, spawn)

    await parties.restore([ContactId("c7")])

    assert parties.enrich(ContactId("c7"))["number"] == NUMBER
    assert parties.enrich(ContactId("c7"))["name"] == "Marta Ruiz Gómez"


async def test_a_second_call_knows_of_the_first(projection: Projection, history: History) -> None:
    """With the real database: the first call has no history, the second sees the first, itself left out."""
    parties = Parties(history, projection.committed, spawn)

    async def come(n: int) -> dict[str, object]:
        contact_id = ContactId(f"c{n}")
        parties.arrived(contact_id, caller_identity(NUMBER, True, "Marta"))
        seq, at_ms, records, _ = call(n)[0]
        projection.put(seq, at_ms, records, parties.follow(records))
        await eventually(lambda: parties.enrich(contact_id)["id"] is not None, 10)
        seen = dict(parties.enrich(contact_id))
        for seq, at_ms, records, _ in call(n)[1:]:
            projection.put(seq, at_ms, records, parties.follow(records))
        return seen

    first = await come(1)
    second = await come(2)

    assert (first["calls_24h"], first["last_contacts"]) == (0, [])
    assert second["id"] == first["id"]
    assert second["calls_24h"] == 1
    assert isinstance(second["last_contacts"], list)
    assert [(row["id"], row["outcome"]) for row in second["last_contacts"]] == [("c1", "answered")]


async def test_a_customer_erased_during_a_call_is_forgotten_at_once(
    projection: Projection, history: History
) -> None:
    """The live book loses the number as well, so no later event can bring it back."""
    parties = Parties(history, projection.committed, spawn)
    parties.arrived(ContactId("c1"), caller_identity(NUMBER, True, "Marta"))
    seq, at_ms, records, _ = call(1)[0]
    projection.put(seq, at_ms, records, parties.follow(records))
    await eventually(lambda: parties.enrich(ContactId("c1"))["id"] is not None, 10)
    customer_id = str(parties.enrich(ContactId("c1"))["id"])

    await projection.order(partial(erase, customer_id=customer_id))
    theirs = parties.forget(customer_id)

    assert theirs == {"c1"}
    assert parties.enrich(ContactId("c1"))["number"] is None
    assert parties.enrich(ContactId("c1"))["name"] == ""
