"""Reports from the database: the same numbers as from the records, without a gap at the edge of now."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import pytest

from acd import events as ev
from acd.model import Channel, ContactId, EndedBy, ExitKind, PolicyRules, Presence, QueueId, Routing
from acd.records import ContactDiverted, ContactEscalatedTo, Record
from acd.sim.centre import Maker
from acd.sim.laws import Law
from acd.sim.system import CallType, SimAgent, Skill, System
from acd.sim.world import World
from acd.state import State
from acd.stats.kpi import Kpis
from acd.stats.kpi_book import Book, By, Key, Shape
from acd.stats.kpi_counts import Count, Goal, QueueGoals
from acd.stats.kpi_follow import story_now
from centralita.kpis.count import book_of, contacts_of
from centralita.kpis.job import Job, decode_job, encode
from centralita.kpis.service import goals_of, zone_of
from centralita.store.parties import Party, caller_identity
from centralita.store.plain import reading, with_engine
from centralita.store.projection import Projection
from centralita.web.kpis_ports import Listed, Question, TooMuchError
from tests.unit.acd.desk import ANA, C1, C2, C3, HANG_UP, START_MS, Desk, agent, queue, to_queue, with_exits

pytestmark = pytest.mark.unit

C4, C5 = ContactId("c4"), ContactId("c5")
DAY_MS = 86_400_000
MINUTES = tuple(START_MS + n * 60_000 for n in range(11))


goal = QueueGoals()


class Both:
    """Everything that happens goes to the database and to the fold alike."""

    def __init__(self, projection: Projection) -> None:
        self.projection = projection
        self.records: list[Record] = []
        self.owners: dict[ContactId, str] = {}
        self._seq = 0

    def put(self, records: Sequence[Record], party: Party | None = None) -> None:
        self._seq += 1
        self.records += records
        self.projection.put(self._seq, self._seq, records, () if party is None else (party,))

    def calls(self, contact_id: ContactId, number: str, at_ms: int) -> None:
        self.owners[contact_id] = number
        self.put([], Party(contact_id, caller_identity(number, True, ""), at_ms))

    async def job(self, state: State, now_ms: int, shape: Shape, contacts_max: int = 200_000) -> Job:
        """As the server makes it, there and back through the pipe."""
        await self.projection.committed()
        here = tuple(story_now(contact, now_ms) for contact in state.contacts.values())
        url = str(self.projection.engine.url)
        job = Job(url, Question(shape, "Europe/Madrid", goal), now_ms, here, contacts_max)
        return decode_job(encode(job))

    async def book(self, state: State, now_ms: int, shape: Shape) -> Book:
        job = await self.job(state, now_ms, shape)
        return reading(job.url, lambda source: book_of(job, source))

    async def contacts(
        self, state: State, now_ms: int, shape: Shape, count: Count, key: Key | None = None
    ) -> Counter[ContactId]:
        job = await self.job(state, now_ms, shape)
        return reading(job.url, lambda source: contacts_of(job, Listed(count, key), source))

    def fold(self, shape: Shape, now_ms: int) -> Book:
        kpis = Kpis(shape, goal, self.owners.get)
        for record in self.records:
            kpis.feed(record)
        return kpis.read(now_ms)


def whole(book: Book) -> dict[object, object]:
    """Rows without the counts that are zero."""
    return {key: tally.whole() for key, tally in book.rows.items() if tally.whole().counts}


def busy_desk() -> Desk:
    """One line of one place: who comes later goes to the general queue, whose exits hang up."""
    first = with_exits(queue("ventas"), {ExitKind.FULL: to_queue("general")}, full_at=1)
    general = with_exits(queue("general"), {ExitKind.FULL: HANG_UP}, full_at=1)
    return Desk(first, general, agent("ana"))


def ten_minutes(desk: Desk, both: Both) -> None:
    """Answered, overflowed and waiting, abandoned and calling again, sent away, talking: all at once."""

    def happens(*events: ev.Event, after_ms: int = 0) -> None:
        both.put(list(desk.happens(*events, after_ms=after_ms).records))

    def comes(contact_id: ContactId, to: str = "ventas") -> None:
        started = ev.ContactStarted(contact_id, desk_channel(contact_id), "900")
        both.calls(
            contact_id,
            "+34600111222" if contact_id in (C1, C4) else f"+3460011133{contact_id[1]}",
            desk.now_ms,
        )
        happens(started, ev.ContactEnqueued(contact_id, QueueId(to)), after_ms=1_500)

    comes(C1)
    happens(ev.OfferRinging(desk.offer_of(C1)), after_ms=800)
    happens(ev.OfferAccepted(desk.offer_of(C1)), after_ms=2_000)
    comes(C2)
    comes(C3)  # no place: on to the general queue
    happens(ev.ContactEnqueued(C3, QueueId("general")), after_ms=100)
    comes(C5, "general")  # no place either: goodbye
    happens(ev.ContactFinished(C5), ev.ContactGone(C5), after_ms=3_000)
    happens(ev.ContactGone(C2), after_ms=70_000)
    happens(ev.LegGone(desk.state.contacts[C1].offer_id or desk.offer_of(C1)), after_ms=60_000)
    happens(ev.ContactGone(C1, EndedBy.CALLER), after_ms=400)
    both.put(list(desk.waits(10_000).records))  # wrap-up over, the next one rings
    happens(ev.OfferAccepted(desk.offer_of(C3)), after_ms=3_000)
    comes(C4)
    happens(ev.PresenceSet(ANA, Presence.NOT_READY, "pausa"), after_ms=5_000)


def desk_channel(contact_id: ContactId) -> Channel:
    return Channel("a", f"u-{contact_id}")


@pytest.mark.parametrize("by", list(By))
async def test_the_database_counts_as_the_fold_does(projection: Projection, by: By) -> None:
    """Whichever way it is divided, with calls that wait and talk: every number of every row."""
    desk, both = busy_desk(), Both(projection)
    both.put(list(desk.records))
    ten_minutes(desk, both)
    now_ms = desk.now_ms + 4_000
    shape = Shape(by, MINUTES)
    found = await both.book(desk.state, now_ms, shape)
    total = found.total()

    assert whole(found) == whole(both.fold(shape, now_ms))
    assert (total[Count.OFFERED], total[Count.STILL], total[Count.OPEN]) == (6, 1, 2)
    assert (total[Count.ANSWERED], total[Count.ABANDONED]) == (2, 1)
    assert (total[Count.FLOWED_OUT], total[Count.REJECTED]) == (1, 1)
    assert (total[Count.AGENT_TALK_MS] > 60_000) == (by in (By.AGENT, By.INTERVAL))


async def test_a_simulated_hour_is_the_same_from_the_database(projection: Projection) -> None:
    """Some hundred calls, over several pages: each interval and each agent to the millisecond."""
    types = (CallType("ventas", (0.3,), (Law("exponential", 60_000),), (Law("exponential", 40_000),)),)
    agents = tuple(SimAgent(f"a{n:02}", "g", {0: Skill(0)}) for n in range(15))
    system = System(types, agents, 3_600_000, wrap=Law("uniform", 15_000, 0.3))
    both = Both(projection)
    router = Maker(system, PolicyRules("fair"), sink=lambda record: both.put([record]))("s")
    World(system, router, seed="store", until_ms=3_600_000).run()
    now_ms = 8_000_000
    for shape in (
        Shape(By.INTERVAL, tuple(n * 900_000 for n in range(6))),
        Shape(By.AGENT, (600_000, 3_000_000)),
    ):
        found = await both.book(router.engine.state, now_ms, shape)

        assert found.total()[Count.OFFERED] > 600
        assert whole(found) == whole(both.fold(shape, now_ms))


async def test_who_called_again_is_known_after_a_week(projection: Projection) -> None:
    """The report of the first ten minutes looks at the days around them, and only at the same customers."""
    desk, both = busy_desk(), Both(projection)
    both.put(list(desk.records))
    ten_minutes(desk, both)
    for contact_id in (C3, C4):
        both.put(list(desk.happens(ev.ContactGone(contact_id), after_ms=1_000).records))
    both.put(list(desk.happens(ev.PresenceSet(ANA, Presence.READY), after_ms=10_000).records))
    both.calls(ContactId("c6"), "+34600111222", desk.now_ms + 2 * DAY_MS)
    later: list[ev.Event] = [
        ev.ContactStarted(ContactId("c6"), desk_channel(ContactId("c6")), "900"),
        ev.ContactEnqueued(ContactId("c6"), QueueId("ventas")),
    ]
    both.put(list(desk.happens(*later, after_ms=2 * DAY_MS).records))
    both.put(list(desk.happens(ev.ContactGone(ContactId("c6")), after_ms=9_000).records))
    now_ms = desk.now_ms + 8 * DAY_MS
    shape = Shape(By.INTENT, (START_MS, START_MS + 600_000))
    total = (await both.book(desk.state, now_ms, shape)).total()

    assert total.whole() == both.fold(shape, now_ms).total().whole()
    assert (total[Count.RETURN_DUE], total[Count.RETURNED], total[Count.RESOLVED]) == (2, 1, 1)


async def test_the_list_behind_a_number_adds_up_to_it(projection: Projection) -> None:
    """Every count that has a list: as many, for each row and for all rows."""
    desk, both = busy_desk(), Both(projection)
    both.put(list(desk.records))
    ten_minutes(desk, both)
    shape = Shape(By.QUEUE, (START_MS, START_MS + 600_000))
    asked = (desk.state, desk.now_ms, shape)
    book = await both.book(*asked)

    assert await both.contacts(*asked, Count.ABANDONED) == {C2: 1}
    assert await both.contacts(*asked, Count.STILL, "ventas") == {C4: 1}
    assert await both.contacts(*asked, Count.FLOWED_OUT, "general") == {}
    for count in (Count.OFFERED, Count.ANSWERED, Count.CONTACTS, Count.TALKS):
        assert (await both.contacts(*asked, count)).total() == book.total()[count]


async def test_too_many_contacts_are_not_read(projection: Projection) -> None:
    """A report of years does not take all memory: it says how many it would be."""
    desk, both = busy_desk(), Both(projection)
    ten_minutes(desk, both)
    job = await both.job(desk.state, desk.now_ms, Shape(By.QUEUE, (0, desk.now_ms)), contacts_max=2)

    with pytest.raises(TooMuchError) as refused:
        reading(job.url, lambda source: book_of(job, source))
    assert refused.value.contacts == 3


async def test_two_exits_in_one_moment_are_both_kept(projection: Projection) -> None:
    """Asked for patience and sent on at once: the second is no copy of the first."""
    both = Both(projection)
    desk = busy_desk()
    ten_minutes(desk, both)
    taken = next(record for record in both.records if isinstance(record, ContactDiverted))
    second = replace(taken, queue=QueueId("general"))
    gone = [replace(way, contact_id=C4) for way in (taken, second)]
    both.put(gone)
    shape = Shape(By.QUEUE, (START_MS, START_MS + 600_000))
    found = await both.contacts(desk.state, desk.now_ms, shape, Count.FLOWED_OUT)

    assert found[C4] == 2


async def test_another_databases_driver_reads_the_same(projection: Projection) -> None:
    """By way of SQLAlchemy, as PostgreSQL is read: the same rows to the last number."""
    desk, both = busy_desk(), Both(projection)
    both.put(list(desk.records))
    ten_minutes(desk, both)
    job = await both.job(desk.state, desk.now_ms, Shape(By.AGENT, MINUTES))
    found = await with_engine(job.url, lambda source: book_of(job, source))

    assert whole(found) == whole(both.fold(job.question.shape, desk.now_ms)) != {}


async def test_a_contact_handed_to_the_next_tier_counts_as_escalated(projection: Projection) -> None:
    """Also one who hangs up on the way there, of whom no second stay tells."""
    desk, both = busy_desk(), Both(projection)
    both.put(list(desk.records))
    ten_minutes(desk, both)
    both.put([ContactEscalatedTo(C3, ANA, QueueId("general"), QueueId("ventas"), desk.now_ms)])
    both.put(list(desk.happens(ev.ContactGone(C3), after_ms=1_000).records))
    shape = Shape(By.QUEUE, (START_MS, START_MS + 600_000))
    found = await both.book(desk.state, desk.now_ms, shape)

    assert await both.contacts(desk.state, desk.now_ms, shape, Count.ESCALATED) == {C3: 1}
    assert whole(found) == whole(both.fold(shape, desk.now_ms))


def test_the_zone_is_that_of_most_hours() -> None:
    """One sister office abroad does not move the centre's midnight."""
    assert zone_of(["Atlantic/Canary", "Europe/Madrid", "Europe/Madrid"]) == "Europe/Madrid"
    assert zone_of([]) == "Europe/Madrid"


def test_goals_are_those_of_the_queues() -> None:
    """Of the live configuration; other ones may be asked for, for once."""
    rules = replace(queue("ventas"), target_ms=7_000, short_abandon_ms=1_000)
    own = goals_of(Routing("v", {QueueId("ventas"): rules}, {}))

    assert own(QueueId("ventas")) == Goal(7_000, 1_000)
    assert replace(own, target_ms=180_000)(QueueId("ventas")) == Goal(180_000, 1_000)
