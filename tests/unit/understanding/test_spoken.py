"""All of it together, over a real database and a real file."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from acd.model import ContactId
from asr.intents_model import key, save
from asr.intents_train import train
from centralita.contract.answers_said import SaidGroup, WhatWasSaid
from centralita.home import Home
from centralita.publisher import Refusal
from centralita.store.projection import Projection
from centralita.tasks import spawn
from centralita.understanding.service import examples_of
from centralita.understanding.spoken import Ports, Spoken
from centralita.web.utterances_ports import SaidQuery
from config.loader import Loaded, load
from config.schema import Centre
from ivr.ports import Utterance
from tests.support.polling import eventually
from tests.unit.understanding.scene import INTENTS, text_with_intents, write_centre

pytestmark = pytest.mark.unit

NOW = 1_777_925_000_000
"""Monday, 4 May 2026, 22:03 in Madrid."""
C1 = ContactId("c1")
SPEECH = "speech: {languages: {es: {model: some-model}}, keep_said: 7d}\n"


@dataclass(frozen=True, slots=True)
class Edition:
    version: str
    config: Centre


class Server:
    def __init__(self, folder: Path, projection: Projection) -> None:
        self.file = write_centre(folder, text_with_intents(INTENTS + SPEECH))
        self.live: Loaded = load(self.file)
        home = Home(folder / "home")
        for language, phrases in examples_of(self.live.config).items():
            if language == "es":
                save(train(phrases), home.path / "intents" / f"{key(phrases)}.npz")
        self.now_ms = NOW
        self.spoken = Spoken(
            Ports(
                home,
                self.file,
                self.edition,
                self.publish,
                projection,
                projection.engine,
                lambda: self.now_ms,
            )
        )

    def edition(self, _version: str) -> Edition:
        return Edition(self.live.version, self.live.config)

    async def publish(self) -> Refusal | None:
        self.live = load(self.file)
        self.spoken.published()
        return None


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    projection = Projection(f"sqlite+aiosqlite:///{tmp_path / 'c.db'}", spawn)
    assert await projection.start()
    found = Server(tmp_path, projection)
    tasks = []

    def keep(coro: object, *, name: str) -> object:
        tasks.append(spawn(coro, name=name))  # type: ignore[arg-type]
        return tasks[-1]

    found.spoken.start(keep)  # type: ignore[arg-type]
    yield found
    for task in tasks:
        task.cancel()
    await found.spoken.close()
    await projection.close()


def heard(text: str, *, understood: str = "", outcome: str = "missed") -> Utterance:
    return Utterance("principal/motivo", "es", text, 0.8, understood, 0.4, outcome)


async def test_from_what_was_said_to_an_example_that_is_understood(server: Server) -> None:
    """The way of a phrase: missed, seen on the page, added, and from then on what it stands for."""
    words = "se me ha muerto el router"
    assert (await server.spoken.understand(words, "es", "v")).sure < 1.0
    server.spoken.said(C1, heard(words))

    (group,) = await server.spoken.groups(SaidQuery(outcome="missed"))
    assert (group["text"], group["count"], group["contacts"]) == (words, 1, ["c1"])
    added = await server.spoken.add("averia", "es", group["text"])

    assert (added["added"], added["examples"], added["version"]) == (True, 4, server.live.version)
    found = await server.spoken.understand(words, "es", server.live.version)
    assert (found.intent, found.sure) == ("averia", 1.0)
    assert server.spoken.alarms() == []


async def test_the_page_is_told_as_the_contract_says(server: Server) -> None:
    """Every key of it, and the intents with their examples counted."""
    server.spoken.said(C1, heard("quiero una cosa", understood="cita", outcome="denied"))

    (group,) = await server.spoken.groups(SaidQuery())

    assert set(group) == set(SaidGroup.__annotations__)
    assert group["understood"] == [{"meaning": "cita", "count": 1, "sure": 0.4}]
    assert group["nodes"] == [{"node": "principal/motivo", "count": 1}]
    assert set(WhatWasSaid.__annotations__) == {"said", "intents"}
    assert server.spoken.intents()[0] == {
        "id": "factura",
        "label": "Facturación",
        "examples": {"es": 3, "en": 3},
    }


async def test_tomorrow_is_that_of_the_centre(server: Server) -> None:
    """At 22:03 in Madrid it is still today there; an hour in UTC decides nothing."""
    found = await server.spoken.understand("mañana", "es", "v")
    assert found.slots["date"] == "2026-05-05"
    server.now_ms += 2 * 3_600_000
    assert (await server.spoken.understand("mañana", "es", "v")).slots["date"] == "2026-05-06"


async def test_it_is_kept_as_long_as_the_configuration_says(server: Server) -> None:
    """And not at all once the section is gone; of erased people nothing."""
    server.spoken.forget([C1])
    server.spoken.said(C1, heard("de quien se ha olvidado"))
    server.live = load(write_centre(server.file.parent, text_with_intents()))
    server.spoken.said(ContactId("c2"), heard("sin sección de voz"))

    assert await server.spoken.groups(SaidQuery()) == []


async def test_what_is_published_is_learned(server: Server) -> None:
    """Here it is there already; it is found without anybody asking."""
    await eventually(lambda: server.spoken.understanding.learned("es"), 30, "it is learned")
