"""SIGKILL of the server wherever a flow waits for its caller, who goes on there and loses nothing."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from cti.softphone.port import CallState
from cti.softphone.voice import tone_pcm
from ivr.templates import fill
from tests.support.centre import Centre
from tests.support.flow_centre import (
    TOKEN,
    Crm,
    Guest,
    answers_of,
    hears_pcm,
    holds,
    kill,
    no_trouble,
    put_customer,
    spoken,
)
from tests.support.flow_config import ORDER, PROMPTS, flows_config
from tests.support.polling import eventually
from tests.support.scene import Cast, Ears, write_config

pytestmark = pytest.mark.integration

AGENTS = ["ana", "beto"]
EN = {name: texts[1] for name, texts in PROMPTS.items()}
CONFIRM = "If that is right, press one or say yes. If not, press two or say no."
MARTA, PIN = "+34600810001", "59260371"


@pytest_asyncio.fixture(scope="module")
async def crm() -> AsyncIterator[Crm]:
    async with Crm.running() as running:
        yield running


@pytest_asyncio.fixture(scope="module")
async def centre(crm: Crm, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Centre]:
    folder: Path = tmp_path_factory.mktemp("matado")
    home = folder / "home"
    home.mkdir()
    (home / "secrets.json").write_text(json.dumps({"lookups": {"crm": TOKEN}}))
    async with Centre.running(home, write_config(folder / "config", flows_config(crm.url))) as running:
        await put_customer(running, "C-1", "Marta Ruiz", MARTA, "12345678Z", "oro", PIN)
        yield running
        assert no_trouble(running) == []


class Tour:
    """One caller, asked in English, who sees one server after another die."""

    def __init__(self, centre: Centre, guest: Guest) -> None:
        self._centre, self._guest, self._ears = centre, guest, Ears(centre, "en")
        self._at_ms = 0

    async def hears(self, text: str) -> None:
        """After what was heard before."""
        self._at_ms = await self._ears.hears(self._guest.call, text, within_s=30, after_ms=self._at_ms)

    async def dies(self, again: str) -> None:
        """The server; the caller hears this question anew."""
        await kill(self._centre)
        self._at_ms += 500
        await self.hears(again)

    async def keys(self, digits: str) -> None:
        await self._guest.call.send_dtmf(digits)

    def heard_since(self, text: str) -> bool:
        """Whether this has come after what was heard last."""
        return self._ears.when(self._guest.call, text, after_ms=self._at_ms) is not None


async def test_kill_after_kill_the_caller_is_where_they_were(centre: Centre, cast: Cast, crm: Crm) -> None:
    """
    Secret digits, menu, digits, read back, look-up, message, survey: a kill in each, one caller.

    Each time the same question comes again, in English, with what was keyed and proven before; only
    secrets are asked anew. At the end the way out by PIN and variables is taken, and the survey asked.
    """
    await cast.only(of=AGENTS)
    guest = await Guest.dials(centre, cast, "913", MARTA)
    tour = Tour(centre, guest)
    await tour.hears(EN["teclee_pin"])
    await tour.dies(again=EN["teclee_pin"])
    await tour.keys(PIN)
    await tour.hears(EN["elija"])
    await tour.dies(again=EN["elija"])
    assert (await guest.ivr())["verified"] is True
    await tour.keys("1")

    await _gives_an_order(guest, tour)
    await eventually(lambda: crm.paths() == [f"/lento/{ORDER}"], 15, "the CRM is asked")
    await kill(centre)
    await eventually(lambda: crm.paths() == [f"/lento/{ORDER}"] * 2, 25, "the CRM is asked again")
    await _leaves_a_message(centre, guest, tour)
    await guest.is_in("waiting", "ventas", within_s=30)
    values = (await guest.ivr())["values"]
    assert (values["canal"], values["pedido"], values["verified"]) == ("web", ORDER, "true")

    await cast.only("ana", of=AGENTS)
    leg = await cast.takes("ana", within_s=15)
    await leg.hangup()
    await _answers_the_survey(centre, guest, tour)
    record = await guest.record()
    assert (record["outcome"], record["language"]) == ("answered", "en")
    assert holds(centre.home, PIN) == []


async def _gives_an_order(guest: Guest, tour: Tour) -> None:
    """Killed before the first digit, and while it is read back: keyed again, confirmed."""
    await tour.hears(EN["teclee_pedido"])
    await tour.dies(again=EN["teclee_pedido"])
    await tour.keys(ORDER + "#")
    read = fill("You gave: {digits: digits}.", {"digits": ORDER}, "en")
    assert read is not None
    await hears_pcm(guest.call, await spoken(read, "en"), within_s=20)
    await tour.dies(again=EN["teclee_pedido"])
    await tour.keys(ORDER + "#")
    await tour.hears(CONFIRM)
    await tour.keys("1")


async def _leaves_a_message(centre: Centre, guest: Guest, tour: Tour) -> None:
    """Killed while it is taken: it is asked for again, into a file of its own."""
    folder = centre.home / "voicemail/ventas"
    await tour.hears(EN["deje_mensaje"])
    await eventually(lambda: len(list(folder.glob(f"{guest.contact}*"))) == 1, 10, "recording")
    guest.call.say(tone_pcm(700, duration_ms=1_500))
    await tour.dies(again=EN["deje_mensaje"])
    await eventually(lambda: len(list(folder.glob(f"{guest.contact}*"))) == 2, 10, "recording again")
    guest.call.say(tone_pcm(700, duration_ms=1_500))


async def _answers_the_survey(centre: Centre, guest: Guest, tour: Tour) -> None:
    """Killed after the first answer: the second question, not the first, and both are kept."""
    await tour.hears(EN["p_trato"])
    await tour.keys("3")
    await tour.hears(EN["p_resuelto"])
    await tour.dies(again=EN["p_resuelto"])
    assert not tour.heard_since(EN["p_trato"])
    await tour.keys("4")
    await tour.hears(EN["gracias"])
    await guest.call.wait_for(CallState.ENDED, within_s=15)
    kept = await answers_of(centre, guest.contact)
    assert sorted((a["question"], a["value"]) for a in kept) == [("resuelto", 4), ("trato", 3)]
