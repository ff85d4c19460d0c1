"""What callers said, in the database: grouped, filtered, swept, erased."""

from __future__ import annotations

from functools import partial

import pytest
from sqlalchemy import func, select

from asr.intents_text import plain
from centralita.store.customers import CustomerDraft, erase, save
from centralita.store.projection import Projection
from centralita.store.said import (
    CONTACTS_SHOWN,
    Group,
    Said,
    SaidRows,
    erase_said,
    said,
    sweep_said,
    write_said,
)
from centralita.web.ports import HistoryUnavailableError
from centralita.web.utterances_ports import SaidQuery
from tests.unit.store.samples import NOW, NUMBER, call

pytestmark = pytest.mark.unit


def one(
    n: int,
    text: str,
    *,
    language: str = "es",
    understood: str = "",
    sure: float = 0.0,
    outcome: str = "missed",
    contact: str = "",
    node: str = "principal/motivo",
) -> Said:
    return Said(
        id=f"s{n}",
        contact_id=contact or f"c{n}",
        at_ms=NOW + n,
        language=language,
        node=node,
        text=text,
        plain=plain(text),
        confidence=0.5 + n / 100,
        understood=understood,
        sure=sure,
        outcome=outcome,
    )


SOME = [
    one(0, "no va internet"),
    one(1, "No va Internet", understood="averia", sure=0.4, outcome="denied"),
    one(2, "no va internet", understood="averia", sure=0.8, outcome="confirmed", node="principal/otra"),
    one(3, "no va internet", language="en"),
    one(4, "pagar", understood="pagar", sure=1.0, outcome="taken"),
    one(5, "¿pagar?", understood="pagar", sure=0.5, outcome="taken", contact="c4"),
]


@pytest.fixture
async def rows(projection: Projection) -> SaidRows:
    await projection.order(partial(write_said, rows=SOME))
    return SaidRows(projection.engine)


async def texts(rows: SaidRows, **asked: object) -> list[tuple[str, str, int]]:
    found = await rows.groups(SaidQuery(**asked))  # type: ignore[arg-type]
    return [(group.language, group.text, group.count) for group in found]


async def test_the_same_words_are_one_row_the_most_frequent_first(rows: SaidRows) -> None:
    """Whatever the capitals and signs; the spelling shown is the last one. Languages stay apart."""
    assert await texts(rows) == [
        ("es", "no va internet", 3),
        ("es", "¿pagar?", 2),
        ("en", "no va internet", 1),
    ]


async def test_a_row_tells_what_was_understood_where_and_what_came_of_it(rows: SaidRows) -> None:
    """Counts by outcome, node and meaning, the mean certainty, and the last contacts to look at."""
    group: Group = (await rows.groups(SaidQuery(language="es")))[0]

    assert group.outcomes == {"taken": 0, "confirmed": 1, "denied": 1, "missed": 1}
    assert group.nodes == {"principal/motivo": 2, "principal/otra": 1}
    assert list(group.understood) == ["averia"]
    assert group.understood["averia"][0] == 2
    assert group.understood["averia"][1] == pytest.approx(0.6)
    assert group.confidence == pytest.approx(0.51)
    assert (group.last_ms, group.contacts) == (NOW + 2, ["c2", "c1", "c0"])
    assert len(group.contacts) <= CONTACTS_SHOWN


async def test_filters_count_only_what_they_let_through(rows: SaidRows) -> None:
    """By outcome, intent, language and time; and no more than asked for."""
    assert await texts(rows, outcome="missed") == [("en", "no va internet", 1), ("es", "no va internet", 1)]
    assert await texts(rows, intent="averia") == [("es", "no va internet", 2)]
    assert await texts(rows, since_ms=NOW + 4) == [("es", "¿pagar?", 2)]
    assert await texts(rows, limit=1) == [("es", "no va internet", 3)]
    assert await texts(rows, intent="nada") == []


async def test_two_contacts_are_named_once_each(rows: SaidRows) -> None:
    """Who says it twice is one contact."""
    (group,) = await rows.groups(SaidQuery(intent="pagar"))

    assert group.contacts == ["c4"]


async def test_what_is_old_is_swept(projection: Projection, rows: SaidRows) -> None:
    """After the time for which it may be kept."""
    assert await projection.order(partial(sweep_said, before_ms=NOW + 4), erases=True) == 4
    assert await texts(rows) == [("es", "¿pagar?", 2)]


async def test_what_a_contact_said_can_be_erased(projection: Projection, rows: SaidRows) -> None:
    """All of it, and of nobody else."""
    assert await projection.order(partial(erase_said, contact_ids=["c4", "c0"])) == 3
    assert [count for *_, count in await texts(rows)] == [2, 1]


async def test_what_a_customer_said_goes_with_the_customer(projection: Projection) -> None:
    """As everything that is known of a person; what others said stays."""
    for seq, at_ms, records, beside in [*call(0), *call(1, number="+34600000001")]:
        projection.put(seq, at_ms, records, beside)
    draft = CustomerDraft("C-7", "Marta", (NUMBER,), None, None, {})
    customer = (await projection.order(partial(save, draft=draft, now_ms=NOW))).id
    await projection.order(partial(write_said, rows=[one(0, "hola"), one(1, "adiós")]))

    assert await projection.order(partial(erase, customer_id=customer), erases=True)

    async with projection.engine.connect() as connection:
        assert (await connection.execute(select(said.c.contact_id))).scalars().all() == ["c1"]


async def test_writing_nothing_writes_nothing(projection: Projection) -> None:
    """A quiet time."""
    await projection.order(partial(write_said, rows=[]))

    async with projection.engine.connect() as connection:
        assert await connection.scalar(select(func.count()).select_from(said)) == 0


async def test_a_database_that_is_away_is_said_so(projection: Projection, rows: SaidRows) -> None:
    """For the API, which answers 503."""
    async with projection.engine.begin() as connection:
        await connection.run_sync(said.drop)

    with pytest.raises(HistoryUnavailableError):
        await rows.groups(SaidQuery())
