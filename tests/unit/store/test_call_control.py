"""What agents do with contacts, as the database keeps and tells it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import text

from acd import events as ev
from acd.model import (
    AgentId,
    Channel,
    ContactId,
    Direction,
    EndedBy,
    OfferEnd,
    OfferId,
    QueueId,
    Target,
    TargetKind,
)
from acd.records import (
    AgentMuted,
    ConferenceEnded,
    ConferenceStarted,
    ConsultConnected,
    ConsultEnded,
    ConsultStarted,
    ContactClosed,
    ContactHeld,
    ContactHeldBack,
    ContactRetrieved,
    ContactTransferred,
    CustomerCalled,
    OutsideConnected,
    OutsideEnded,
    Record,
)
from acd.stats.kpi_book import By, Shape
from acd.stats.kpi_counts import Count
from centralita.explain.answer import Explainer
from centralita.store.history import History
from centralita.store.parties import Party, caller_identity
from centralita.store.projection import Projection
from centralita.web.ports import ContactQuery
from tests.unit.acd.desk import ANA, BETO, C1, C2, SALES, START_MS, SUPPORT, Desk, agent, queue
from tests.unit.store.samples import DAY, NOW, NUMBER, call
from tests.unit.store.test_reports import Both, whole

pytestmark = pytest.mark.unit

CONTACT, LEG, TOKEN = ContactId("c0"), OfferId("c0-o2"), "t1"
OUTSIDE = Target(TargetKind.OUTSIDE, TOKEN)
TO_BETO = Target(TargetKind.AGENT, "beto")

DEEDS: tuple[tuple[Record, dict[str, Any], str, str], ...] = (
    (
        ContactHeld(CONTACT, ANA, NOW),
        {"kind": "held", "agent": "ana"},
        "ana lo retiene",
        "ana puts it on hold",
    ),
    (
        ContactRetrieved(CONTACT, ANA, 4_000, NOW),
        {"kind": "retrieved", "agent": "ana", "lasted_ms": 4_000},
        "ana lo recuperó tras 4 s",
        "ana retrieved it after 4 s",
    ),
    (
        AgentMuted(CONTACT, ANA, True, NOW),
        {"kind": "muted", "agent": "ana"},
        "ana se silencia",
        "ana is muted",
    ),
    (
        AgentMuted(CONTACT, ANA, False, NOW),
        {"kind": "unmuted", "agent": "ana"},
        "a ana se le vuelve a oír",
        "ana is heard again",
    ),
    (
        ConsultStarted(CONTACT, ANA, LEG, TO_BETO, NOW),
        {"kind": "consult_started", "agent": "ana", "to_kind": "agent", "to": "beto", "offer_id": LEG},
        "ana consulta a beto",
        "ana asks beto",
    ),
    (
        ConsultConnected(CONTACT, ANA, LEG, None, NOW),
        {"kind": "consult_connected", "agent": "ana", "to_kind": "outside", "offer_id": LEG},
        "ana habla con alguien de fuera",
        "ana talks to somebody outside",
    ),
    (
        ConsultEnded(CONTACT, ANA, LEG, OfferEnd.ACCEPTED, 7_000, NOW),
        {
            "kind": "consult_ended",
            "agent": "ana",
            "offer_id": LEG,
            "reason": "accepted",
            "lasted_ms": 7_000,
        },
        "fin de la consulta, tras 7 s",
        "the consultation is over, after 7 s",
    ),
    (
        ConferenceStarted(CONTACT, ANA, BETO, NOW),
        {"kind": "conference_started", "agent": "ana", "to_kind": "agent", "to": "beto"},
        "conferencia de ana con beto",
        "ana confers with beto",
    ),
    (
        ConferenceEnded(CONTACT, None, NOW),
        {"kind": "conference_ended"},
        "fin de la conferencia",
        "the conference is over",
    ),
    (
        ContactTransferred(CONTACT, ANA, Target(TargetKind.QUEUE, "soporte"), False, NOW),
        {"kind": "transferred", "agent": "ana", "to_kind": "queue", "to": "soporte", "reason": "blind"},
        "ana lo traspasó a la cola soporte, sin consultar",
        "ana transferred it to queue soporte, without asking",
    ),
    (
        ContactTransferred(CONTACT, ANA, OUTSIDE, True, NOW),
        {"kind": "transferred", "agent": "ana", "to_kind": "outside", "reason": "attended"},
        "ana lo traspasó a alguien de fuera, tras consultar",
        "ana transferred it to somebody outside, after asking",
    ),
    (
        OutsideConnected(CONTACT, LEG, NOW),
        {"kind": "outside_connected", "to_kind": "outside", "offer_id": LEG},
        "habla con alguien de fuera",
        "it talks to somebody outside",
    ),
    (
        OutsideEnded(CONTACT, LEG, OfferEnd.BUSY, 0, NOW),
        {
            "kind": "outside_ended",
            "to_kind": "outside",
            "offer_id": LEG,
            "reason": "busy",
            "lasted_ms": 0,
        },
        "fin de la llamada fuera: comunicaba",
        "the call outside is over: busy",
    ),
    (
        CustomerCalled(CONTACT, ANA, NOW),
        {"kind": "dialled", "agent": "ana"},
        "ana llama al cliente",
        "ana calls the customer",
    ),
)


async def put(projection: Projection, *entries: tuple[int, int, tuple[Record, ...], Any]) -> None:
    for entry in entries:
        projection.put(*entry)
    assert await projection.flush()


@pytest.mark.parametrize(("record", "wanted", "_es", "_en"), DEEDS)
async def test_each_deed_is_kept_with_its_agents_and_never_a_number(
    projection: Projection, history: History, record: Record, wanted: dict[str, Any], _es: str, _en: str
) -> None:
    """Who did what to whom, and when; somebody outside is just outside, without the token."""
    await put(projection, *call(0), (50, NOW, (record,), ()))
    found = await history.contact(CONTACT)
    assert found is not None

    blank = dict.fromkeys(("queue", "agent", "to_kind", "to", "offer_id", "reason", "lasted_ms"))
    assert found["happenings"] == [{**blank, "at_ms": NOW, **wanted}]
    assert TOKEN not in str(found)


async def test_the_story_is_told_to_people_in_both_languages(
    projection: Projection, history: History
) -> None:
    """A line for each deed; none is told as a bare word of the program."""
    await put(projection, *call(0), (50, NOW, tuple(record for record, *_ in DEEDS), ()))
    at = "2024-10-04 00:00:00 UTC: "
    for language, place in (("es", 2), ("en", 3)):
        told = (await Explainer(history).explain(CONTACT, None, language))["text"].splitlines()
        assert told[1 : len(DEEDS) + 1] == [at + str(deed[place]) for deed in DEEDS]


async def test_deeds_of_one_moment_keep_their_order(projection: Projection, history: History) -> None:
    """Twelve in one entry, and one of the entry after: the tenth does not come before the second."""
    many = tuple(AgentMuted(CONTACT, ANA, n % 2 == 0, NOW) for n in range(12))
    await put(projection, *call(0), (99, NOW, many, ()), (100, NOW, (ContactHeld(CONTACT, ANA, NOW),), ()))

    found = [row["kind"] for row in await history.happenings(CONTACT)]
    assert found == ["muted", "unmuted"] * 6 + ["held"]


async def test_an_old_deed_has_its_kind_of_target(projection: Projection, history: History) -> None:
    """What is held back has none, and the record of before stays readable."""
    held = ContactHeldBack(CONTACT, QueueId("ventas"), "kept free for vip", NOW)
    await put(projection, *call(0), (50, NOW, (held,), ()))
    (row,) = await history.happenings(CONTACT)

    assert (row["kind"], row["queue"], row["to_kind"]) == ("held_back", "ventas", None)


def outgoing(n: int) -> list[tuple[int, int, tuple[Record, ...], Any]]:
    """As `call`, but an agent has called the customer."""
    return [
        (seq, at_ms, tuple(_outgoing(record) for record in records), asides)
        for seq, at_ms, records, asides in call(n)
    ]


def _outgoing(record: Record) -> Record:
    if isinstance(record, ContactClosed):
        return replace(record, direction=Direction.OUTBOUND, hold_ms=2_000, transfers=1)
    return record


async def test_contacts_are_told_apart_by_who_called(projection: Projection, history: History) -> None:
    """The filter finds each kind; without it both are there."""
    await put(projection, *call(0), *outgoing(1), *call(2))

    async def ids(direction: str | None) -> list[object]:
        page = await history.contacts(ContactQuery(direction=direction))
        return [row["id"] for row in page.contacts]

    assert await ids("outbound") == ["c1"]
    assert await ids("inbound") == ["c2", "c0"]
    assert await ids(None) == ["c2", "c1", "c0"]
    found = await history.contact("c1")
    assert found is not None
    assert (found["direction"], found["hold_ms"], found["transfers"]) == ("outbound", 2_000, 1)


async def test_whom_we_called_has_not_called(projection: Projection, history: History) -> None:
    """Rules that ask how often somebody calls do not count our own calls."""
    await put(projection, *call(0), *outgoing(1), *call(2))
    past = await history.recall(NUMBER, now_ms=NOW + DAY // 2, without=ContactId("c9"))
    assert past is not None

    assert past.calls_24h == 2


class Day:
    """An engine whose every record goes to the database and to the fold."""

    def __init__(self, projection: Projection) -> None:
        self.both = Both(projection)
        self.desk = Desk(
            queue("ventas", (SALES, 5)),
            queue("soporte", (SUPPORT, 5)),
            agent("ana", {SALES: 9}),
            agent("beto", {SALES: 5, SUPPORT: 5}),
        )

    def happens(self, *events: ev.Event, after_ms: int = 1_000) -> None:
        self.both.put(list(self.desk.happens(*events, after_ms=after_ms).records))

    def comes(self, contact: ContactId) -> None:
        self.both.calls(contact, "+34600111222", self.desk.now_ms)
        started = ev.ContactStarted(contact, Channel("a", f"u-{contact}"), "900")
        self.happens(started, ev.ContactEnqueued(contact, QueueId("ventas")))
        self.picks_up(contact)

    def picks_up(self, contact: ContactId) -> None:
        self.happens(ev.OfferAccepted(self.desk.offer_of(contact)), after_ms=3_000)

    def asks(self, contact: ContactId, by: AgentId, to: Target) -> OfferId:
        self.happens(ev.ConsultAsked(contact, by, to))
        leg_id = self.desk.contact(contact).consult_id
        assert leg_id is not None
        self.happens(ev.OfferAccepted(leg_id), after_ms=2_000)
        return leg_id


def attended(day: Day) -> None:
    """Ana talks 5 s, asks Beto for 4 s and leaves the caller to him, who talks 10 s more."""
    day.comes(C1)
    day.happens(after_ms=5_000)
    day.asks(C1, ANA, TO_BETO)
    day.happens(ev.TransferCompleted(C1, ANA), after_ms=4_000)
    day.happens(ev.ContactGone(C1, EndedBy.CALLER), after_ms=10_000)


async def test_each_agent_has_the_own_time_and_no_other(projection: Projection, history: History) -> None:
    """The engine's own records, through the database: Ana's talk with its hold is hers, Beto's is his."""
    day = Day(projection)
    attended(day)
    await projection.committed()
    found = await history.contact(C1)
    assert found is not None

    held_ms = 2_000 + 4_000
    zero = {"consult_ms": 0, "conference_ms": 0}
    assert found["agents"] == [
        {"agent": "ana", "talks": 1, "talk_ms": 6_000 + held_ms, "hold_ms": held_ms, **zero},
        {**zero, "agent": "beto", "talks": 1, "talk_ms": 10_000, "hold_ms": 0, "consult_ms": 4_000},
    ]
    assert (found["talk_ms"], found["hold_ms"], found["transfers"]) == (22_000, held_ms, 1)
    assert [row["kind"] for row in found["happenings"]] == [
        "held",
        "consult_started",
        "consult_connected",
        "consult_ended",
        "transferred",
    ]


def everything(day: Day) -> None:
    """An attended transfer, a conference left by its agent, an outgoing call with hold, one not reached."""
    attended(day)
    day.both.put(list(day.desk.waits(40_000).records))
    day.comes(C2)
    day.asks(C2, ANA, TO_BETO)
    day.happens(ev.ConferenceAsked(C2, ANA))
    day.happens(ev.LegGone(day.desk.offer_of(C2)), after_ms=6_000)
    day.happens(ev.ContactGone(C2, EndedBy.CALLER), after_ms=7_000)
    day.both.put(list(day.desk.waits(40_000).records))
    for n, reached in ((3, True), (4, False)):
        contact = ContactId(f"c{n}")
        dialled = ev.ContactDialled(contact, ANA, Channel("a", f"u{n}"), TOKEN, QueueId("ventas"))
        day.both.calls(contact, "+34600111222", day.desk.now_ms)
        day.happens(dialled)
        day.picks_up(contact)
        if reached:
            day.happens(ev.ContactReached(contact), after_ms=8_000)
            day.happens(ev.HoldAsked(contact, ANA))
            day.happens(ev.RetrieveAsked(contact, ANA), after_ms=3_000)
        result = None if reached else OfferEnd.NO_ANSWER
        day.happens(ev.ContactGone(contact, EndedBy.CALLER, result), after_ms=20_000)
        day.both.put(list(day.desk.waits(40_000).records))


def still_there(day: Day) -> None:
    """One transferred to the support queue who waits there, and an outgoing call that goes on."""
    sent, called = ContactId("c5"), ContactId("c6")
    day.comes(sent)
    before = day.desk.contact(sent).agent_id
    assert before is not None
    day.happens(ev.TransferAsked(sent, before, Target(TargetKind.QUEUE, "soporte"), anyway=True))
    day.happens(ev.ContactEnqueued(sent, QueueId("soporte")))
    day.both.put(list(day.desk.waits(40_000).records))
    day.happens(ev.ContactDialled(called, ANA, Channel("a", "u6"), TOKEN))
    day.picks_up(called)
    day.happens(ev.ContactReached(called))


@pytest.mark.parametrize("by", list(By))
async def test_the_database_counts_transfers_and_outgoing_calls_as_the_fold_does(
    projection: Projection, by: By
) -> None:
    """Ended or going on, whichever way it is divided: every number of every row, and none is idle."""
    day = Day(projection)
    everything(day)
    still_there(day)
    bounds = tuple(START_MS + n * 60_000 for n in range(8))
    shape, now_ms = Shape(by, bounds), day.desk.now_ms + 500
    found = await day.both.book(day.desk.state, now_ms, shape)

    assert whole(found) == whole(day.both.fold(shape, now_ms))
    total = found.total()
    wanted = (Count.HANDED_OVER, Count.HANDED_ATTENDED, Count.CONSULTS, Count.DIALLED, Count.REACHED)
    assert [total[name] for name in wanted] == [3, 2, 2, 2, 1]
    assert (total[Count.OUT_TALK_MS], total[Count.OUT_HOLD_MS]) == (21_000, 3_000)
    # Who was sent on to support is offered there anew; the others once each, however many had them.
    assert (total[Count.OFFERED], total[Count.ANSWERED], total[Count.STILL]) == (4, 3, 1)


async def test_an_erased_customer_is_in_none_of_it(projection: Projection) -> None:
    """Nothing that agents did with a contact tells whose it was: there is nothing to erase."""
    await put(
        projection,
        *call(0),
        (50, NOW, tuple(record for record, *_ in DEEDS), ()),
        (51, NOW, (), (Party(ContactId("c9"), caller_identity(NUMBER, True, "Marta"), NOW),)),
    )
    async with projection.engine.connect() as connection:
        rows = (await connection.execute(text("SELECT * FROM happening"))).all()

    assert len(rows) == len(DEEDS)
    for secret in (NUMBER, "Marta", TOKEN):
        assert secret not in str(rows)
