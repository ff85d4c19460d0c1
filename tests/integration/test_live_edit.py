"""The administrator saves the file while calls go on: nobody notices but those who come afterwards."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from cti.softphone.port import CallState, SoftCall
from tests.support.audio import tone_ms
from tests.support.centre import Centre
from tests.support.polling import eventually
from tests.support.scene import PROMPTS, Cast, Ears, config_text, write_config

pytestmark = pytest.mark.integration

UP = CallState.UP
NEW_QUESTION = "Menú nuevo. Para soporte pulse uno."


@pytest_asyncio.fixture(scope="module")
async def centre(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Centre]:
    folder: Path = tmp_path_factory.mktemp("edit")
    async with Centre.running(folder / "home", _write(folder / "config", {"ana": "{ventas: 8}"})) as running:
        yield running


@pytest_asyncio.fixture(autouse=True)
async def _clean(cast: Cast) -> AsyncIterator[None]:
    yield
    await cast.everybody_hangs_up()


def _write(folder: Path, agents: dict[str, str]) -> Path:
    return write_config(folder, config_text(agents))


def _file(centre: Centre) -> Path:
    return Path(centre.facts()["config"])


async def _version(centre: Centre) -> str:
    return str((await centre.http_get("/api/config"))["version"])


async def _dials(centre: Centre, cast: Cast, entry: str, number: str) -> SoftCall:
    call = await (await cast.caller(number)).dial(f"sip:{entry}@{centre.sip}")
    await call.wait_for(UP, within_s=8)
    return call


async def test_an_edit_takes_effect_at_once_and_calls_in_progress_keep_theirs(
    centre: Centre, cast: Cast, ears: Ears
) -> None:
    """
    A new text, agent, phone and number come while one talks, one is in the menu and one waits.

    The talk has no gap, the menu stays the one that the caller knows, who waits is served by the
    new agent's new phone, and a new caller hears the new menu.
    """
    ana = await cast.agent("ana")
    talks = await _dials(centre, cast, "902", "+34600444001")
    leg = await ana.next_call(within_s=8)
    await leg.answer()
    await leg.wait_for(UP, within_s=5)
    leg.tone(600)
    await ears.hears_tone(talks, 600)
    waits = await _dials(centre, cast, "902", "+34600444002")
    chooses = await _dials(centre, cast, "900", "+34600444003")
    await ears.hears(chooses, PROMPTS["opciones"], within_s=20)

    before = await _version(centre)
    heard = len(talks.heard())
    text = config_text({"ana": "{ventas: 8}", "nuria": "{ventas: 9, soporte: 9}"})
    text = text.replace(PROMPTS["opciones"], NEW_QUESTION).replace(
        '"1": ventas, "2": soporte', '"1": soporte, "2": ventas'
    )
    write_config(_file(centre).parent, text.replace('entry: {"900"', 'entry: {"903": {flow: directo}, "900"'))

    async def live() -> bool:
        return await _version(centre) != before

    await eventually(live, 20, "the edit is live", every_s=0.2)
    nuria = await cast.agent("nuria")
    served = await nuria.next_call(within_s=10)
    await served.answer()
    await served.wait_for(UP, within_s=5)
    served.tone(900)
    await ears.hears_tone(waits, 900)

    await chooses.send_dtmf("1")
    number = await cast.caller("+34600444004")
    new = await number.dial(f"sip:900@{centre.sip}")
    await ears.hears(new, NEW_QUESTION, within_s=25)

    async def kept() -> bool:
        contacts = (await centre.http_get("/api/live"))["contacts"]
        return ("+34600444003", "ventas") in {(c["number"], c["queue"]) for c in contacts}

    await eventually(kept, 10, "key 1 still means sales for who heard the old menu")
    during = talks.heard()[heard:]
    assert tone_ms(during, 600) > 0.9 * len(during) / 16, "the talk has a gap"
    direct = await _dials(centre, cast, "903", "+34600444005")

    async def at_the_new_number() -> bool:
        contacts = (await centre.http_get("/api/live"))["contacts"]
        return ("+34600444005", "ventas") in {(c["number"], c["queue"]) for c in contacts}

    await eventually(at_the_new_number, 10, "the new number answers")
    await direct.hangup()


async def test_a_broken_edit_is_refused_said_and_survives_a_restart(
    centre: Centre, cast: Cast, ears: Ears
) -> None:
    """The mistake is shown with line and mend; callers get the last good one, kill -9 or not."""
    await asyncio.to_thread(write_config, _file(centre).parent, config_text({"ana": "{ventas: 8}"}))

    async def sound() -> bool:
        status = await centre.http_get("/api/config")
        return status["refused"] is None and len((await centre.http_get("/api/live"))["agents"]) == 1

    await eventually(sound, 20, "the sound file is live", every_s=0.2)
    before = await _version(centre)
    good = _file(centre).read_text(encoding="utf-8")
    _file(centre).write_text(good.replace("ventas >= 5/10", "vetnas >= 5/10"), encoding="utf-8")

    async def refused() -> bool:
        return (await centre.http_get("/api/config"))["refused"] is not None

    await eventually(refused, 20, "the broken file is refused", every_s=0.2)
    status = await centre.http_get("/api/config")
    line = next(n for n, text in enumerate(good.splitlines(), 1) if "ventas >= 5/10" in text)
    found = {(p["code"], p["line"]): p for p in status["refused"]["problems"]}
    assert "ventas" in found["unknown-skill", line]["fix_es"]
    alarms = (await centre.http_get("/api/live"))["alarms"]
    assert any(f"centro.yaml:{line}:" in alarm for alarm in alarms)
    assert status["version"] == before

    centre.kill_server()

    async def back() -> bool:
        return await centre.health() == 200 and await refused()

    await eventually(back, 20, "the next server says the same", every_s=0.2)
    assert await _version(centre) == before
    call = await _dials(centre, cast, "900", "+34600444009")
    await ears.hears(call, PROMPTS["bienvenida"], within_s=15)
    _file(centre).write_text(good, encoding="utf-8")
    await eventually(sound, 20, "mended", every_s=0.2)


async def test_who_waits_is_moved_to_the_new_rules_on_request(centre: Centre, cast: Cast) -> None:
    """A lowered need helps new callers; those who wait only when the operator says so, place kept."""
    before = await _version(centre)
    await asyncio.to_thread(write_config, _file(centre).parent, config_text({"ana": "{ventas: 3}"}))

    async def unfit() -> bool:
        return (await centre.http_get("/api/config"))["refused"] is None and await _version(centre) != before

    await eventually(unfit, 20, "live", every_s=0.2)
    await cast.agent("ana")
    await cast.all_ready("ana")
    await _dials(centre, cast, "902", "+34600444010")
    before = await _version(centre)
    lowered = config_text({"ana": "{ventas: 3}"}).replace(
        'need: ["ventas >= 5/10"]', 'need: ["ventas >= 2/10"]'
    )
    write_config(_file(centre).parent, lowered)
    await eventually(unfit, 20, "the lowered need is live", every_s=0.2)
    waiting = (await centre.http_get("/api/live"))["contacts"]
    assert [(c["phase"], c["queue"]) for c in waiting] == [("waiting", "ventas")]

    assert (await centre.http_post("/api/config/apply-to-waiting"))["moved"] == 1
    leg = await cast.bell("ana", within_s=8)
    await leg.answer()
    await leg.wait_for(UP, within_s=5)
