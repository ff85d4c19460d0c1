"""Keeping what callers said."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Connection, create_engine, select

from acd.model import ContactId
from centralita.store.said import said
from centralita.tasks import spawn
from centralita.understanding.masking import HIDDEN
from centralita.understanding.utterances import DAY_MS, ROOM, Ports, Utterances
from ivr.ports import Utterance
from tests.support.polling import eventually

pytestmark = pytest.mark.unit

NOW = 100 * DAY_MS
C1, C2 = ContactId("c1"), ContactId("c2")


class Database:
    """A real one, in memory; does not answer when told to."""

    def __init__(self) -> None:
        self._engine = create_engine("sqlite://")
        with self._engine.begin() as connection:
            said.create(connection)
        self.busy = False
        self.orders = 0

    async def order(self, work: Callable[[Connection], Any], *, erases: bool = False) -> Any:
        self.orders += 1
        if self.busy:
            raise TimeoutError
        with self._engine.begin() as connection:
            return work(connection)

    def rows(self) -> list[Any]:
        with self._engine.connect() as connection:
            return list(connection.execute(select(said).order_by(said.c.at_ms, said.c.id)).all())


class Scene:
    def __init__(self) -> None:
        self.database = Database()
        self.keep_days = 30
        self.now_ms = NOW
        ports = Ports(self.database, lambda: self.keep_days, lambda: self.now_ms)
        self.utterances = Utterances(ports, write_every_s=0.01)

    def say(self, text: str, contact: ContactId = C1, **more: Any) -> None:
        given = {
            "node": "principal/motivo",
            "language": "es",
            "confidence": 0.9,
            "understood": "",
            "sure": 0.0,
            "outcome": "missed",
        }
        self.utterances.said(contact, Utterance(text=text, **{**given, **more}))


@pytest.fixture
def scene() -> Scene:
    return Scene()


async def test_it_is_written_soon_and_all_of_it(scene: Scene) -> None:
    """Without anybody waiting for it."""
    task = spawn(scene.utterances.run(), name="test.said")
    scene.say("No va Internet", understood="averia", sure=0.5, outcome="denied")

    await eventually(lambda: bool(scene.database.rows()), 5, "it is written")

    task.cancel()
    (row,) = scene.database.rows()
    assert (row.contact_id, row.at_ms, row.language, row.node) == ("c1", NOW, "es", "principal/motivo")
    assert (row.text, row.plain, row.understood, row.sure) == (
        "No va Internet",
        "no va internet",
        "averia",
        0.5,
    )
    assert (row.confidence, row.outcome) == (0.9, "denied")


async def test_long_numbers_are_never_written(scene: Scene) -> None:
    """Neither as they were said nor for grouping."""
    scene.say("mi documento es uno dos tres cuatro cinco seis siete ocho zeta")
    scene.say("my card is 4539148803436467", language="en")
    await scene.utterances.flush()

    assert sorted(row.text for row in scene.database.rows()) == [
        f"mi documento es {HIDDEN} zeta",
        f"my card is {HIDDEN}",
    ]
    assert not any("uno" in row.plain or "4539" in row.plain for row in scene.database.rows())


@pytest.mark.parametrize("days", [0])
async def test_nothing_is_kept_where_nothing_may_be(scene: Scene, days: int) -> None:
    """`keep_said: 0d`, or no speech in the configuration at all."""
    scene.keep_days = days
    scene.say("hola")
    await scene.utterances.flush()

    assert scene.database.orders == 0


async def test_sounds_without_words_are_not_worth_keeping(scene: Scene) -> None:
    """Nobody could add them to anything."""
    scene.say("  ")
    await scene.utterances.flush()

    assert scene.database.orders == 0


async def test_of_an_erased_customer_nothing_more_is_written(scene: Scene) -> None:
    """Neither what is in memory nor what they say until they hang up; others are not touched."""
    scene.say("antes")
    scene.say("otra persona", C2)
    scene.utterances.forget([C1])
    scene.say("después")
    await scene.utterances.flush()

    assert [row.text for row in scene.database.rows()] == ["otra persona"]


async def test_a_database_that_does_not_answer_costs_neither_calls_nor_memory(scene: Scene) -> None:
    """It is handed over once; beyond the room in memory it is left out and counted."""
    scene.database.busy = True
    scene.say("una")
    await scene.utterances.flush()
    assert scene.database.orders == 1
    for _ in range(ROOM + 5):
        scene.say("otra")

    assert scene.utterances.left_out == 5


async def test_what_is_too_old_is_deleted(scene: Scene) -> None:
    """At the start and every hour; a database that does not answer is asked again."""
    scene.say("viejo")
    await scene.utterances.flush()
    scene.now_ms += 31 * DAY_MS
    scene.say("nuevo")
    await scene.utterances.flush()

    task = spawn(scene.utterances.keep_tidy(), name="test.tidy")
    await eventually(lambda: [row.text for row in scene.database.rows()] == ["nuevo"], 5, "swept")
    task.cancel()
    scene.database.busy = True
    task = spawn(scene.utterances.keep_tidy(), name="test.tidy again")
    asked = scene.database.orders
    await eventually(lambda: scene.database.orders > asked, 5, "asked again")
    await asyncio.wait([task], timeout=0.05)

    assert not task.done()
    task.cancel()


async def test_control_characters_are_blanks(scene: Scene) -> None:
    """Some databases take no NUL."""
    scene.say("no\x00va\ninternet")
    await scene.utterances.flush()

    assert scene.database.rows()[0].text == "no va internet"
