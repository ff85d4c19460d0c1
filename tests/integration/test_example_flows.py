"""The example centre as `make run` installs it: a balance and a parcel by telephone, nothing else set up."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from cti.softphone.port import CallState
from tests.support.centre import Centre
from tests.support.example_centre import DOCUMENT, MARTA, PARCEL, PIN, STRANGER, import_customers, sentence
from tests.support.flow_centre import Guest, hears_pcm, no_trouble
from tests.support.polling import eventually
from tests.support.scene import Cast, Ears

pytestmark = pytest.mark.integration


@pytest_asyncio.fixture(scope="module")
async def centre(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Centre]:
    home = tmp_path_factory.mktemp("ejemplo") / "var"
    async with Centre.running(home) as running:
        config = home / "config/centro.yaml"
        await eventually(lambda: import_customers(running, config), 20, "the customers", every_s=0.5)
        yield running
        assert no_trouble(running) == []


@pytest_asyncio.fixture(autouse=True)
async def _clean(cast: Cast) -> AsyncIterator[None]:
    yield
    await cast.everybody_hangs_up()


async def test_marta_hears_her_balance(centre: Centre, cast: Cast, ears: Ears) -> None:
    """Key 4, document, PIN: the amount and the day; then goodbye."""
    guest = await Guest.dials(centre, cast, "900", MARTA)
    await guest.keys("opciones", "4")
    await guest.keys("documento", DOCUMENT + "#")
    await guest.is_at("clave")
    began_s = time.monotonic()
    await guest.call.send_dtmf(PIN)
    said = await sentence("su_saldo", saldo="128.40 EUR", vence="2026-12-01")
    await hears_pcm(guest.call, said, within_s=30)
    print(f"\nexample: PIN -> balance heard whole {time.monotonic() - began_s:.1f} s")  # noqa: T201  # the figure is asked for
    told = await guest.ivr()
    assert (told["verified"], told["intent"]) == (True, "Quiere saber su saldo")
    assert "pin" not in told["values"] and PIN not in told["values"].values()
    await guest.keys("algo_mas", "2")
    await guest.call.wait_for(CallState.ENDED, within_s=15)
    record = await guest.record()
    assert record["outcome"] == "completed_ivr"


async def test_somebody_elses_document_opens_nothing(centre: Centre, cast: Cast) -> None:
    """By Marta's telephone with John's document: asked again, and no balance is told."""
    guest = await Guest.dials(centre, cast, "900", MARTA)
    await guest.keys("opciones", "4")
    for count in (1, 2, 3):

        async def asked(count: int = count) -> bool:
            path = [step["node"] for step in (await guest.ivr())["path"]]
            assert path[-1:] == ["documento"] and path.count("documento") == count, path
            return True

        await eventually(asked, 15, f"asked {count} times")
        await guest.call.send_dtmf("87654321#")
    await guest.is_in("waiting", "general", within_s=20)
    told = await guest.ivr()
    assert told["verified"] is False and "saldo" not in told["values"]


async def test_anybody_hears_where_a_parcel_is(centre: Centre, cast: Cast) -> None:
    """Key 5 and ten digits: no identity asked; one digit wrong is said; in English it is told in English."""
    guest = await Guest.dials(centre, cast, "900", STRANGER)
    await guest.keys("opciones", "5")
    await guest.keys("envio_numero", PARCEL[:9] + "1")
    await hears_pcm(guest.call, await sentence("envio_no_valido"), within_s=20)
    await guest.call.send_dtmf(PARCEL)
    said = await sentence("llega_el", envio=PARCEL, llega="2026-11-30")
    await hears_pcm(guest.call, said, within_s=30)
    await guest.keys("algo_mas", "2")
    await guest.call.wait_for(CallState.ENDED, within_s=15)

    english = await Guest.dials(centre, cast, "900", "+34600900901")
    await english.keys("opciones", "9")
    await eventually(lambda: _in_english(english), 15, "the menu again")
    await english.call.send_dtmf("5")
    await english.keys("envio_numero", PARCEL)
    said = await sentence("llega_el", "en", envio=PARCEL, llega="2026-11-30")
    await hears_pcm(english.call, said, within_s=30)


async def _in_english(guest: Guest) -> bool:
    path = [step["node"] for step in (await guest.ivr())["path"]]
    assert path[-1:] == ["opciones"] and "ingles" in path, path
    return True
