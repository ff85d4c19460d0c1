"""The API of what callers said: what it tells, what it takes, and who may."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from centralita.web.app import make_app, make_runner
from centralita.web.ports import HistoryUnavailableError
from centralita.web.utterances_ports import Json, PhraseRefusedError, SaidQuery
from tests.unit.web.fakes import TOKEN, FakeServer

pytestmark = pytest.mark.unit

HEADERS = {"Authorization": f"Bearer {TOKEN}"}
GROUP = {"text": "no va internet", "language": "es", "count": 3}


class FakeSaid:
    """Remembers what it was asked; refuses when told to."""

    def __init__(self) -> None:
        self.asked: list[SaidQuery] = []
        self.added: list[tuple[str, str, str]] = []
        self.refusal: PhraseRefusedError | None = None
        self.down = False

    async def groups(self, query: SaidQuery) -> list[Json]:
        self.asked.append(query)
        if self.down:
            raise HistoryUnavailableError("away")
        return [GROUP]

    def intents(self) -> list[Json]:
        return [{"id": "averia", "label": "Avería", "examples": {"es": 3}}]

    async def add(self, intent: str, language: str, phrase: str) -> Json:
        if self.refusal is not None:
            raise self.refusal
        self.added.append((intent, language, phrase))
        return {"added": True, "examples": 4, "version": "v2"}


@pytest.fixture
def said() -> FakeSaid:
    return FakeSaid()


@pytest.fixture
async def base(server: FakeServer, static: Path, said: FakeSaid) -> Any:
    runner = make_runner(make_app(replace(server.ports(), said=said), static=static))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    yield f"http://{host}:{port}/api/said"
    await runner.cleanup()


async def get(http: aiohttp.ClientSession, url: str) -> tuple[int, Any]:
    async with http.get(url, headers=HEADERS) as answer:
        return answer.status, await answer.json(content_type=None)


async def post(http: aiohttp.ClientSession, url: str, body: object) -> tuple[int, Any]:
    async with http.post(url, headers=HEADERS, json=body) as answer:
        return answer.status, await answer.json(content_type=None)


async def test_what_was_said_comes_with_the_intents_of_now(
    base: str, http: aiohttp.ClientSession, said: FakeSaid
) -> None:
    """A page needs both: what to add, and to what."""
    status, found = await get(http, base)

    assert status == 200
    assert found == {"said": [GROUP], "intents": [{"id": "averia", "label": "Avería", "examples": {"es": 3}}]}
    assert said.asked == [SaidQuery()]


async def test_every_filter_arrives(base: str, http: aiohttp.ClientSession, said: FakeSaid) -> None:
    """As it was asked."""
    await get(http, f"{base}?since_ms=7&language=es&outcome=missed&intent=averia&limit=9")

    assert said.asked == [SaidQuery(7, "es", "missed", "averia", 9)]


@pytest.mark.parametrize(
    "wrong", ["outcome=lost", "since_ms=ayer", "limit=0", "limit=201", "idioma=es", "intent="]
)
async def test_a_wrong_question_is_refused(
    base: str, http: aiohttp.ClientSession, said: FakeSaid, wrong: str
) -> None:
    """With what was meant; nothing is asked of the database."""
    status, found = await get(http, f"{base}?{wrong}")

    assert (status, found["title"], said.asked) == (400, "bad_request", [])


async def test_a_database_that_is_away(base: str, http: aiohttp.ClientSession, said: FakeSaid) -> None:
    """503, and calls go on."""
    said.down = True

    assert (await get(http, base))[0] == 503


async def test_a_phrase_is_added(base: str, http: aiohttp.ClientSession, said: FakeSaid) -> None:
    """And it is told how many there are now, and of which version."""
    body = {"intent": "averia", "language": "es", "phrase": "no va internet"}

    found = await post(http, f"{base}/phrases", body)

    assert found == (200, {"status": "done", "added": True, "examples": 4, "version": "v2"})
    assert said.added == [("averia", "es", "no va internet")]


async def test_a_refusal_says_why(base: str, http: aiohttp.ClientSession, said: FakeSaid) -> None:
    """In both languages, with the status that it has."""
    said.refusal = PhraseRefusedError(409, "config_broken", "corríjala", "mend it")

    status, found = await post(http, f"{base}/phrases", {"intent": "a", "language": "es", "phrase": "x"})

    assert (status, found["title"], found["es"], found["en"]) == (
        409,
        "config_broken",
        "corríjala",
        "mend it",
    )


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"intent": "a", "language": "es"},
        {"intent": "a", "language": "es", "phrase": ""},
        {"intent": "a", "language": "es", "phrase": "x" * 201},
        {"intent": "a", "language": "es", "phrase": "dos\nlíneas"},
        {"intent": 7, "language": "es", "phrase": "x"},
        {"intent": "a", "language": "es", "phrase": "x", "more": 1},
    ],
)
async def test_what_is_no_phrase_is_refused(
    base: str, http: aiohttp.ClientSession, said: FakeSaid, body: dict[str, object]
) -> None:
    """Nothing is added."""
    assert (await post(http, f"{base}/phrases", body))[0] == 400
    assert said.added == []


async def test_a_server_that_hears_nobody(
    server: FakeServer, static: Path, http: aiohttp.ClientSession
) -> None:
    """Nothing was said, and no intent is known."""
    runner = make_runner(make_app(server.ports(), static=static))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    url = f"http://{host}:{port}/api/said"

    assert await get(http, url) == (200, {"said": [], "intents": []})
    status, found = await post(http, f"{url}/phrases", {"intent": "a", "language": "es", "phrase": "x"})
    assert (status, found["title"]) == (404, "unknown_intent")
    await runner.cleanup()
