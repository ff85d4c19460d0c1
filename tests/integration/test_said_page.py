"""
A word that no caller was understood by becomes an example, by a press in the browser, and the next caller is.

Nothing is made up: a person's voice over a real call, Whisper, the page, the file, the training at publish.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from cti.softphone.baresip import BaresipCall
from tests.support.browser import BrowserUnavailable, Page, browser_page
from tests.support.centre import Centre
from tests.support.polling import eventually
from tests.support.scene import Cast
from tests.support.speech import spanish_clips
from tests.support.spoken_centre import OPEN, Listeners, hears_words, listening_centre, somebody

pytestmark = pytest.mark.integration

WORD = "miércoles"
INTENT, LABEL = "otono", "El otoño"
TRIES = 3
"""Callers until the training is done and one is understood; it takes a few seconds."""


@pytest_asyncio.fixture(scope="module")
async def centre(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Centre]:
    async with listening_centre(tmp_path_factory.mktemp("dicho")) as running:
        yield running


@pytest_asyncio.fixture(scope="module")
async def who(centre: Centre, cast: Cast) -> Listeners:
    told = centre.events()
    await told.first("snapshot", within_s=20)
    return Listeners(centre, cast, told)


@pytest_asyncio.fixture
async def page(tmp_path: Path) -> AsyncIterator[Page]:
    try:
        async with browser_page(tmp_path / "browser") as opened:
            await opened.looks()
            await opened.language("es-ES")
            yield opened
    except BrowserUnavailable as reason:
        pytest.skip(str(reason))


async def test_what_was_missed_is_added_in_the_page_and_understood_next_time(
    centre: Centre, who: Listeners, page: Page
) -> None:
    await who.is_heard()
    sound = spanish_clips()[WORD]
    missed = await _missed(centre, who, sound)
    assert missed["understood"] == [] and missed["nodes"][0]["node"] == "motivo/pregunta"

    row = f'[data-said="{missed["text"]}"]'
    await page.open(f"{centre.url}/?token={centre.facts()['http']['token']}")
    await page.open(f"{centre.url}/flujos#dicho")
    await eventually(lambda: page.text(row), 20, "the words on the page")
    await page.ask(
        f"(() => {{ const list = document.querySelector({row!r} + ' select'); list.value = {INTENT!r};"
        " list.dispatchEvent(new Event('change', { bubbles: true })); })()"
    )
    await page.click(f"{row} button")

    async def published() -> bool:
        return f"Publicada en {LABEL}" in await page.text(row)

    await eventually(published, 20, "the page says that it is published")
    file = await asyncio.to_thread(Path(centre.facts()["config"]).read_text, "utf-8")
    assert missed["text"] in file
    for _ in range(TRIES):
        if await _comes_to(who, sound) == INTENT:
            break
    else:
        raise AssertionError(f"«{WORD}» is still not understood: {await centre.http_get('/api/said')}")
    assert not page.complaints


async def _missed(centre: Centre, who: Listeners, sound: bytes) -> dict[str, Any]:
    """A caller says it in answer to an open question; what was written down of it."""
    call = await who.asked(OPEN, somebody())
    call.say(sound)

    async def kept() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = (await centre.http_get("/api/said?outcome=missed&language=es"))["said"]
        return found

    found: list[dict[str, Any]] = await eventually(kept, 40, "what was said is kept", every_s=0.2)
    await call.hangup()
    return found[0]


async def _comes_to(who: Listeners, sound: bytes) -> str:
    """The queue of a caller who says it, agrees when asked back, and else wants a person."""
    number = somebody()
    call = await who.asked(OPEN, number)
    call.say(sound)
    agreeing = asyncio.ensure_future(_agree(call))
    try:
        event = await eventually(lambda: who.queued(number), 60, f"{number} waits")
    finally:
        agreeing.cancel()
    await call.hangup()
    assert event is not None
    return str(event["data"]["queue"])


async def _agree(call: BaresipCall) -> None:
    await hears_words(call, f"¿Ha dicho {LABEL}?")
    await call.send_dtmf("1")
