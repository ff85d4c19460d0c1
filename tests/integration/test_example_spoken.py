"""
The example centre with a recognizer installed: a balance and a parcel, asked for and told by voice alone.

The caller's voice is synthetic and Whisper hears it; who was not understood says it again, as a person would.
"""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
import pytest_asyncio

from config.loader import example
from cti.softphone.port import BYTES_PER_MS, CallState
from ivr.house_prompts import READ_BACK
from ivr.prompts import SERVICE_TEXTS
from ivr.templates import fill
from tests.support.centre import Centre
from tests.support.example_centre import (
    DOCUMENT,
    MARTA,
    PARCEL,
    PIN,
    STRANGER,
    import_customers,
    sentence,
)
from tests.support.flow_centre import Guest, hears_pcm, no_trouble, spoken
from tests.support.polling import eventually
from tests.support.scene import Cast
from tests.support.speech import by_telephone, whisper_model
from tests.support.spoken_centre import is_heard

pytestmark = pytest.mark.integration

_LANGUAGES = "  # languages: "
DOCUMENT_WORDS = "uno, dos, tres, cuatro, cinco, seis, siete, ocho"
PARCEL_WORDS = "cuatro, cero, cinco, dos, uno, nueve, cero, cero, tres, dos"
TRIES = 3
ASKED_MS = 1_000


@pytest_asyncio.fixture(scope="module")
async def centre(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Centre]:
    folder: Path = tmp_path_factory.mktemp("hablado")
    config = _with_ears(folder / "config")
    async with Centre.running(folder / "var", config) as running:
        await eventually(lambda: import_customers(running, config), 20, "the customers", every_s=0.5)
        await is_heard(running)
        yield running
        assert no_trouble(running) == []


def _with_ears(folder: Path) -> Path:
    """A copy of the example in which Spanish is heard."""
    shutil.copytree(example().parent, folder)
    path = folder / example().name
    text = path.read_text("utf-8")
    assert _LANGUAGES in text
    ears = f'  languages: {{es: {{engine: whisper, model: "{whisper_model()}"}}}}\n{_LANGUAGES}'
    path.write_text(text.replace(_LANGUAGES, ears, 1), "utf-8")
    return path


@pytest_asyncio.fixture(autouse=True)
async def _clean(cast: Cast) -> AsyncIterator[None]:
    yield
    await cast.everybody_hangs_up()


async def says(guest: Guest, words: str, so: Callable[[], Awaitable[object]]) -> float:
    """Say this until it is so; when it was said whole (monotonic)."""
    pcm = by_telephone(await spoken(words))
    for _ in range(TRIES):
        guest.call.say(pcm)
        await eventually(lambda: not guest.call.saying(), 20, "said")
        ended_s = time.monotonic()
        try:
            await so()
        except AssertionError:
            continue
        return ended_s
    raise AssertionError(f"«{words}» was not understood: {await guest.ivr()}")


async def asked(guest: Guest, node: str) -> None:
    """The question has begun to be heard: nobody answers before."""
    await guest.is_at(node, within_s=20)
    before = len(guest.call.heard())
    begun = before + ASKED_MS * BYTES_PER_MS
    await eventually(lambda: len(guest.call.heard()) > begun, 10, f"«{node}» heard")


async def chooses(guest: Guest, words: str, *, at: str, then: str) -> None:
    await asked(guest, at)
    await says(guest, words, lambda: guest.is_at(then, within_s=12))


async def spells(guest: Guest, words: str, *, at: str, digits: str, then: str) -> float:
    """A number digit by digit; it is read back, and a «sí» makes it hold; when that was said."""
    await asked(guest, at)
    read_back = fill(SERVICE_TEXTS[READ_BACK]["es"], {"digits": digits}, "es")
    assert read_back is not None
    heard = await spoken(read_back)
    await says(guest, words, lambda: hears_pcm(guest.call, heard, within_s=15))
    # After what was read back: "if that is right ..."
    return await says(guest, "sí", lambda: guest.is_at(then, within_s=12))


async def test_marta_asks_for_her_balance(centre: Centre, cast: Cast) -> None:
    """What she wants in her own words, her document digit by digit; only the PIN is keyed, and never said."""
    guest = await Guest.dials(centre, cast, "900", MARTA)
    await chooses(guest, "quiero saber mi saldo", at="motivo", then="documento")
    await spells(guest, DOCUMENT_WORDS, at="documento", digits=DOCUMENT, then="clave")
    await guest.call.send_dtmf(PIN)
    began_s = time.monotonic()
    said = await sentence("su_saldo", saldo="128.40 EUR", vence="2026-12-01")
    await hears_pcm(guest.call, said, within_s=30)
    sys.stdout.write(f"\nexample by voice: PIN -> balance heard whole {time.monotonic() - began_s:.1f} s\n")

    told = await guest.ivr()
    assert (told["verified"], told["intent"], told["mode"]) == (True, "Quiere saber su saldo", "speech")
    await guest.call.hangup()
    record = await guest.record()
    assert record["ivr"]["values"]["documento"] == f"{DOCUMENT}Z"


async def test_anybody_asks_where_a_parcel_is(centre: Centre, cast: Cast) -> None:
    """Ten digits by voice, checked by their check digit and read back."""
    guest = await Guest.dials(centre, cast, "900", STRANGER)
    await chooses(guest, "dónde está mi paquete", at="motivo", then="envio_numero")
    ended_s = await spells(guest, PARCEL_WORDS, at="envio_numero", digits=PARCEL, then="envio_mirar")
    said = await sentence("llega_el", envio=PARCEL, llega="2026-11-30")
    await hears_pcm(guest.call, said, within_s=30)
    sys.stdout.write(f"\nexample by voice: yes to the number -> told {time.monotonic() - ended_s:.1f} s\n")
    await chooses(guest, "nada más", at="algo_mas", then="adios")
    await guest.call.wait_for(CallState.ENDED, within_s=15)
