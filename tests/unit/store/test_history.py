from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text

from acd.model import ContactId, Outcome
from acd.records import ContactClosed
from centralita.store.database import open_engine
from centralita.store.history import History
from centralita.store.projection import Projection
from centralita.web.ports import ContactQuery, HistoryUnavailableError
from tests.unit.store.samples import DAY, NOW, NUMBER, call

pytestmark = pytest.mark.unit

OTHER = "+34600111222"


async def filled(projection: Projection) -> None:
    for n in range(7):
        for seq, at_ms, records, parties in call(
            n, number=OTHER if n == 3 else NUMBER, agent="beto" if n % 2 else "ana"
        ):
            projection.put(seq, at_ms, records, parties)
    assert await projection.flush()


async def ids(history: History, query: ContactQuery) -> list[object]:
    return [row["id"] for row in (await history.contacts(query)).contacts]


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        (ContactQuery(), "c6 c5 c4 c3 c2 c1 c0"),
        (ContactQuery(limit=2), "c6 c5"),
        (ContactQuery(agent="beto"), "c5 c3 c1"),
        (ContactQuery(agent="nadie"), ""),
        (ContactQuery(queue="ventas", number=OTHER), "c3"),
        (ContactQuery(queue="soporte"), ""),
        (ContactQuery(outcome="abandoned_queue"), ""),
        (ContactQuery(since_ms=NOW + 5 * 60_000 + 30_000), "c6 c5"),
        (ContactQuery(until_ms=NOW + 60_000 + 30_000), "c0"),
    ],
)
async def test_each_filter_narrows_the_list(
    projection: Projection, history: History, query: ContactQuery, wanted: str
) -> None:
    """Newest end first; `since` is included, `until` is not."""
    await filled(projection)

    assert await ids(history, query) == wanted.split()


async def test_pages_follow_each_other_without_gap_or_repeat(
    projection: Projection, history: History
) -> None:
    """Following `next` gives every contact once, also when new ones finish meanwhile."""
    await filled(projection)
    seen: list[object] = []
    query = ContactQuery(limit=3)
    while True:
        page = await history.contacts(query)
        seen += [row["id"] for row in page.contacts]
        if page.next is None:
            break
        for seq, at_ms, records, parties in call(len(seen) + 20):
            projection.put(seq, at_ms, records, parties)
        await projection.flush()
        query = replace(query, before=page.next)

    assert seen == ["c6", "c5", "c4", "c3", "c2", "c1", "c0"]


@pytest.mark.parametrize("cursor", ["", "x", "12", "-1.c1", "1e3.c1", "9" * 30 + ".c1"])
async def test_a_made_up_cursor_is_refused(projection: Projection, history: History, cursor: str) -> None:
    """`before` is nothing but a `next` of ours."""
    with pytest.raises(ValueError, match="cursor"):
        await history.contacts(ContactQuery(before=cursor))


async def test_only_the_last_day_and_the_last_three_are_recalled(
    projection: Projection, history: History
) -> None:
    """Calls in 24 h are counted from the call's own time; of all others the last three are told."""
    await filled(projection)

    soon = await history.recall(NUMBER, now_ms=NOW + 7 * 60_000, without=ContactId("c6"))
    later = await history.recall(NUMBER, now_ms=NOW + 2 * 60_000 + DAY, without=ContactId("new"))

    assert soon is not None
    assert later is not None
    assert (soon.calls_24h, [row["id"] for row in soon.last_contacts]) == (5, ["c5", "c4", "c2"])
    assert later.calls_24h == 3
    assert await history.recall("+34600999888", now_ms=NOW, without=ContactId("new")) is None


async def ended(projection: Projection, n: int, outcome: Outcome, *, number: str = NUMBER) -> None:
    """The n-th call ends so; one that was not answered has no talk."""
    for seq, at_ms, records, parties in call(n, number=number):
        told = tuple(
            replace(r, outcome=outcome, segments=r.segments[: 3 if outcome is Outcome.ANSWERED else 2])
            if isinstance(r, ContactClosed)
            else r
            for r in records
        )
        projection.put(seq, at_ms, told, parties)
    assert await projection.flush()


def end_of(place: int) -> int:
    return NOW + (place + 1) * 60_000 + 30_000


@pytest.mark.parametrize(
    ("outcomes", "abandoned", "hung_up_ms", "agent"),
    [
        ([], 0, None, None),
        ([Outcome.ANSWERED], 0, None, "ana"),
        ([Outcome.ANSWERED, Outcome.ABANDONED_QUEUE, Outcome.SHORT_ABANDON], 2, end_of(2), "ana"),
        ([Outcome.ABANDONED_QUEUE, Outcome.ABANDONED_IVR], 1, end_of(0), None),
        ([Outcome.ABANDONED_QUEUE, Outcome.ANSWERED], 1, None, "ana"),
    ],
)
async def test_what_rules_ask_of_the_past(
    projection: Projection,
    history: History,
    outcomes: list[Outcome],
    abandoned: int,
    hung_up_ms: int | None,
    agent: str | None,
) -> None:
    """Who hung up waiting is remembered until somebody has talked to them; a menu left early is no wait."""
    await ended(projection, 0, Outcome.ABANDONED_QUEUE, number=OTHER)
    for place, outcome in enumerate(outcomes):
        await ended(projection, place + 1, outcome)
    seq, at_ms, records, parties = call(20)[0]
    projection.put(seq, at_ms, records, parties)
    await projection.flush()

    found = await history.recall(NUMBER, now_ms=at_ms, without=ContactId("c20"))

    assert found is not None
    assert (found.calls_24h, found.abandoned_24h) == (len(outcomes), abandoned)
    assert (found.hung_up_ms, found.last_agent) == (hung_up_ms, agent)
    assert found.last_ended_ms == (end_of(len(outcomes) - 1) if outcomes else None)


async def test_the_callers_of_live_contacts_are_read_back(projection: Projection, history: History) -> None:
    """Also of contacts that have not finished: their party is written when they start."""
    seq, at_ms, records, parties = call(1)[0]
    projection.put(seq, at_ms, records, parties)
    await projection.flush()

    assert list(await history.parties([ContactId("c1"), ContactId("c2")])) == list(parties)


async def test_a_database_that_does_not_answer_is_told_apart_from_an_empty_one(tmp_path: Path) -> None:
    """The API can say "ask later" instead of "no such contact", and a rule "unknown" instead of "no"."""
    engine = open_engine(f"sqlite+aiosqlite:///{tmp_path / 'no' / 'such.db'}")
    history = History(engine)
    with pytest.raises(HistoryUnavailableError):
        await history.contact("c1")
    for ask in (
        history.recall(NUMBER, now_ms=NOW, without=ContactId("c1")),
        history.records([NUMBER]),
        history.customer_by_ref("a1"),
        history.parties([ContactId("c1")]),
    ):
        with pytest.raises(HistoryUnavailableError):
            await ask
    await engine.dispose()


async def test_reading_goes_on_while_somebody_writes(projection: Projection, history: History) -> None:
    """A long write transaction does not keep a reader waiting."""
    await filled(projection)
    async with projection.engine.begin() as writer:
        await writer.execute(text("UPDATE contact SET entry = entry"))

        assert len(await ids(history, ContactQuery())) == 7
