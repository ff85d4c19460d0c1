"""Flows by keypad through the whole product: who calls, what is looked up, which way it goes, hanging up."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from cti.softphone.port import CallState
from ivr.templates import fill
from tests.support.centre import Centre
from tests.support.flow_centre import (
    SLOW_S,
    TOKEN,
    Crm,
    Guest,
    hears_pcm,
    holds,
    no_trouble,
    put_customer,
    spoken,
)
from tests.support.flow_config import ORDER, PROMPTS, WRONG_ORDER, flows_config
from tests.support.polling import eventually
from tests.support.scene import Cast, Ears, write_config

pytestmark = pytest.mark.integration

ENDED = CallState.ENDED
AGENTS = ["ana", "beto"]
ES = {name: texts[0] for name, texts in PROMPTS.items()}
MARTA, MARTA_PIN, MARTA_DOCUMENT = "+34600700001", "83915724", "12345678Z"
NOE, NOE_PIN, NOE_DOCUMENT = "+34600700002", "60418273", "87654321X"
BALANCE = {"saldo": "1234.56", "vence": "2026-12-05"}
STRANGER = "+34600700099"
CONFIRM = "Si es correcto, pulse uno o diga sí. Si no, pulse dos o diga no."


@pytest_asyncio.fixture(scope="module")
async def crm() -> AsyncIterator[Crm]:
    async with Crm.running() as running:
        yield running


@pytest_asyncio.fixture(scope="module")
async def centre(crm: Crm, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Centre]:
    folder: Path = tmp_path_factory.mktemp("flujos")
    home = folder / "home"
    home.mkdir()
    (home / "secrets.json").write_text(json.dumps({"lookups": {"crm": TOKEN}}))
    async with Centre.running(home, write_config(folder / "config", flows_config(crm.url))) as running:
        await put_customer(running, "C-1", "Marta Ruiz", MARTA, MARTA_DOCUMENT, "oro", MARTA_PIN)
        await put_customer(running, "C-2", "Noé Gil", NOE, NOE_DOCUMENT, "base", NOE_PIN)
        yield running
        assert no_trouble(running) == []


@pytest_asyncio.fixture(autouse=True)
async def _clean(cast: Cast, crm: Crm) -> AsyncIterator[None]:
    crm.asked.clear()
    crm.told.clear()
    await cast.only(of=AGENTS)
    yield
    await cast.everybody_hangs_up()


async def balance() -> bytes:
    """As it is said aloud."""
    text = fill(ES["su_saldo"], BALANCE, "es")
    assert text is not None
    return await spoken(text)


async def test_the_number_alone_is_told_nothing(centre: Centre, cast: Cast, ears: Ears) -> None:
    """Marta's number is known, and her record stays shut: a person, and nothing of hers in the flow."""
    guest = await Guest.dials(centre, cast, "922", MARTA)
    await guest.is_in("waiting", "general")
    told = await guest.ivr()
    assert [step["node"] for step in told["path"]] == ["ficha", "sin_probar", "persona"]
    assert (told["verified"], told["values"]) == (None, {})
    await ears.hears(guest.call, ES["sin_probar"], within_s=8)


async def test_a_pin_opens_the_balance_and_is_found_nowhere(
    centre: Centre, cast: Cast, crm: Crm, tmp_path: Path
) -> None:
    """
    Marta keys her PIN: the CRM is asked with her document and our token, she hears the very figures.

    Afterwards no file of the installation, no event and no answer of the API has the PIN; what would
    have, had it not been secret, is found by the same search.
    """
    heard = centre.events()
    await heard.first("snapshot", within_s=5)
    guest = await Guest.dials(centre, cast, "910", MARTA)
    await guest.keys("clave", MARTA_PIN[:7])
    began_s = time.monotonic()
    await guest.call.send_dtmf(MARTA_PIN[7])
    clip = await balance()
    at_ms = await hears_pcm(guest.call, clip, within_s=15)
    took_s = time.monotonic() - began_s
    print(f"\nlast key -> balance heard whole {took_s:.1f} s ({at_ms} ms of the call)")  # noqa: T201  # a figure
    assert [(path, auth) for _, path, auth in crm.asked] == [(f"/saldo/{MARTA_DOCUMENT}", TOKEN)]
    told = await guest.ivr()
    assert told["verified"] is True
    assert told["values"]["saldo"] == "1234.56" and "pin" not in told["values"]
    await guest.call.wait_for(ENDED, within_s=15)
    record = await guest.record()
    assert record["outcome"] == "completed_ivr"
    nodes = [step["node"] for step in record["ivr"]["path"]]
    assert nodes == ["saludo", "quien", "clave", "probar", "quien", "ficha", "mirar", "leer", "adios"]

    answers = [await centre.http_get(path) for path in _PLACES_TO_LOOK] + [record, heard.messages]
    assert MARTA_PIN not in json.dumps(answers)
    assert holds(centre.home, MARTA_PIN) == []
    assert holds(centre.home, MARTA_DOCUMENT), "the search itself finds what is there"
    await heard.close()


_PLACES_TO_LOOK = (
    "/api/live",
    "/api/contacts",
    "/api/customers?number=%2B34600700001",
    "/api/lookups",
    "/api/said",
    "/api/audit",
)


async def test_who_is_not_known_by_number_gives_a_document_then_a_pin(centre: Centre, cast: Cast) -> None:
    """A document finds the record and proves nothing: the PIN does, and it is the record's own."""
    guest = await Guest.dials(centre, cast, "910", STRANGER)
    await guest.keys("clave", NOE_PIN)
    await guest.keys("documento", NOE_DOCUMENT[:8] + "#")
    await eventually(lambda: _came_by(guest, "clave", 2), 12, "the PIN is asked once more")
    assert (await guest.ivr())["verified"] is None
    await guest.call.send_dtmf(NOE_PIN)
    await hears_pcm(guest.call, await balance(), within_s=20)
    told = await guest.ivr()
    assert (told["verified"], told["values"]["documento"]) == (True, NOE_DOCUMENT)
    await guest.call.hangup()
    await guest.record()
    assert holds(centre.home, NOE_PIN) == []


async def test_three_wrong_pins_lead_to_a_person_who_sees_it(centre: Centre, cast: Cast, ears: Ears) -> None:
    """Said each time, never a loop; the pop shows who it seems to be, and that it is not proven."""
    seen = centre.events()
    await seen.first("snapshot", within_s=5)
    guest = await Guest.dials(centre, cast, "910", NOE)
    await guest.keys("clave", "11112222")
    await ears.hears(guest.call, "No coincide con nuestros datos.", within_s=12)
    await guest.call.send_dtmf("33334444")
    await eventually(lambda: _came_by(guest, "clave", 3), 12, "asked a third time")
    await guest.call.send_dtmf("55556666")
    await guest.is_in("waiting", "general")
    await ears.hears(guest.call, ES["sin_probar"], within_s=8)
    live = (await centre.http_get("/api/live"))["contacts"]
    assert [(one["number"], one["verified"]) for one in live] == [(NOE, False)]
    await cast.only("ana", of=AGENTS)
    leg = await cast.takes("ana", within_s=12)
    pop = (await seen.first("offer.announced", within_s=5))["data"]
    assert pop["ivr"]["verified"] is False
    assert (pop["customer"]["name"], pop["customer"]["trust"]) == ("Noé Gil", "matched")
    await leg.hangup()
    record = await guest.record()
    assert (record["outcome"], record["ivr"]["verified"]) == ("answered", False)
    assert all(holds(centre.home, wrong) == [] for wrong in ("11112222", "33334444", "55556666"))
    await seen.close()


async def test_a_look_up_takes_the_exit_that_fits(centre: Centre, cast: Cast, crm: Crm, ears: Ears) -> None:
    """Found is read out, not found is said; the seconds from the key to the whole sentence are printed."""
    for key, clip in (("1", await balance()), ("2", ears.clip(ES["no_esta"]))):
        guest = await Guest.dials(centre, cast, "911", f"+3460070001{key}")
        await guest.is_at("elegir")
        began_s = time.monotonic()
        await guest.call.send_dtmf(key)
        await hears_pcm(guest.call, clip, within_s=15)
        whole_s = time.monotonic() - began_s
        lookup_s = crm.asked[-1][0] - began_s
        print(f"\nkey {key}: asked after {lookup_s:.1f} s, sentence heard whole after {whole_s:.1f} s")  # noqa: T201  # the figure is asked for
        await guest.call.wait_for(ENDED, within_s=15)
        assert (await guest.record())["outcome"] == "completed_ivr"


@pytest.mark.parametrize(("key", "node"), [("3", "mirar_caido"), ("4", "mirar_lento"), ("5", "mirar_raro")])
async def test_a_look_up_that_fails_says_so_and_offers_a_person(
    centre: Centre, cast: Cast, ears: Ears, key: str, node: str
) -> None:
    """An error of the CRM, an answer too late, an answer that is none: never silence, never a dead end."""
    guest = await Guest.dials(centre, cast, "911", f"+3460070002{key}")
    await guest.keys("elegir", key)
    await ears.hears(guest.call, ES["no_podemos"], within_s=15)
    await guest.is_in("waiting", "general")
    nodes = [step["node"] for step in (await guest.ivr())["path"]]
    assert nodes[-3:] == [node, "no_podemos", "persona"]


async def test_music_is_heard_while_a_look_up_takes_its_time(
    centre: Centre, cast: Cast, ears: Ears, crm: Crm
) -> None:
    """The seconds that the CRM takes, beyond those of the sentence, are not seconds of silence."""
    guest = await Guest.dials(centre, cast, "911", "+34600700031")
    await guest.keys("elegir", "6")
    at_ms = await ears.hears(guest.call, ES["un_momento"], within_s=15)
    begin_ms = at_ms + ears.lasts(ES["un_momento"]) + 300
    await ears.hears(guest.call, ES["despedida"], within_s=15, after_ms=begin_ms)
    music = ears.music_from(guest.call, begin_ms, at_ms + round(SLOW_S * 1000) - 400)
    assert len(music) >= 2 and all(music), music


async def test_a_number_proves_itself_and_is_read_back(centre: Centre, cast: Cast, ears: Ears) -> None:
    """A wrong check digit is said and asked again; a right one read back, denied, keyed anew, confirmed."""
    guest = await Guest.dials(centre, cast, "912", "+34600700041")
    await guest.keys("pedido", WRONG_ORDER + "#")
    at_ms = await ears.hears(guest.call, ES["pedido_malo"], within_s=15)
    await ears.hears(guest.call, ES["teclee_pedido"], within_s=15, after_ms=at_ms)
    await guest.call.send_dtmf(ORDER + "#")
    read = fill("Ha indicado: {digits: digits}.", {"digits": ORDER}, "es")
    assert read is not None
    at_ms = await hears_pcm(guest.call, await spoken(read), within_s=20)
    await guest.call.send_dtmf("2")
    at_ms = await ears.hears(guest.call, ES["teclee_pedido"], within_s=15, after_ms=at_ms)
    assert "pedido" not in (await guest.ivr())["values"]
    await guest.call.send_dtmf(ORDER + "#")
    await ears.hears(guest.call, CONFIRM, within_s=20, after_ms=at_ms)
    await guest.call.send_dtmf("1")
    good = fill(ES["pedido_bueno"], {"pedido": ORDER}, "es")
    assert good is not None
    await hears_pcm(guest.call, await spoken(good), within_s=20)
    assert (await guest.ivr())["values"]["pedido"] == ORDER
    await guest.call.wait_for(ENDED, within_s=15)


@pytest.mark.parametrize(("number", "node"), [(MARTA, "oro"), (NOE, "otros"), ("+34600700051", "otros")])
async def test_the_way_goes_by_clock_record_and_variable(
    centre: Centre, cast: Cast, ears: Ears, number: str, node: str
) -> None:
    """Open by one calendar and shut by another; gold by the record; what is unknown never holds."""
    guest = await Guest.dials(centre, cast, "915", number)
    await guest.is_in("waiting", "general", within_s=20)
    told = await guest.ivr()
    nodes = [step["node"] for step in told["path"]]
    assert nodes == ["abierto", "si", "cerrado", "no", "poner", "segun", node, "persona"]
    assert told["values"] == {"motivo": "prueba"}
    await ears.hears(guest.call, ES["es_oro" if node == "oro" else "no_es_oro"], within_s=8)


@pytest.mark.parametrize(
    ("key", "node", "told"),
    [
        ("", "elegir", ""),
        ("1", "dice", "dice"),
        ("2", "cifras", "cifras"),
        ("8", "confirma", "confirma"),
        ("3", "mira", "mira"),
        ("4", "buzon", "buzon"),
        ("5", "encuesta", "encuesta"),
        ("6", "llamar", "llamar"),
        ("7", "pasar", "pasar"),
    ],
)
async def test_hanging_up_anywhere_ends_the_contact_and_is_told_once(
    centre: Centre, cast: Cast, crm: Crm, key: str, node: str, told: str
) -> None:
    """In every node that waits: the record says where, the exit's notification is made once."""
    if node == "pasar":
        await cast.only("ana", of=AGENTS)
    guest = await Guest.dials(centre, cast, "914", f"+3460070006{key or 0}")
    await guest.is_at("elegir")
    if key:
        await guest.keys("elegir", key)
        await guest.is_at(node)
    if node == "confirma":
        await guest.call.send_dtmf(ORDER)
    if node == "cifras":
        await guest.call.send_dtmf("123")
    if node == "pasar":
        await cast.bell("ana", within_s=10)
    if node == "mira":
        await eventually(lambda: crm.paths() == ["/lento/mira"], 10, "the CRM is asked")
    await guest.call.hangup()
    record = await guest.record()
    assert record["outcome"] == "abandoned_ivr", record
    assert record["ivr"]["path"][-1]["node"] == node
    await eventually(lambda: crm.told == [told], 10, "the CRM is told")
    assert (await guest.live()) is None and await centre.channels() == []


async def _came_by(guest: Guest, node: str, times: int) -> bool:
    path = [step["node"] for step in (await guest.ivr())["path"]]
    assert path[-1:] == [node] and path.count(node) == times, path
    return True
