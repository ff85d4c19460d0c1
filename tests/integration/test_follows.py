"""What follows a caller through two real transfers and a kill of the server: nothing is asked twice."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from cti.softphone.port import CallState, SoftCall
from tests.support.centre import Centre, EventLog
from tests.support.polling import eventually
from tests.support.scene import ANNOUNCE_S, Cast, Ears, write_config

pytestmark = pytest.mark.integration

UP, ENDED = CallState.UP, CallState.ENDED
AGENTS = ["ana", "beto", "carla"]
NUMBER = "+34600111222"
MARTA = {"name": "Marta Ruiz", "numbers": [NUMBER], "segment": "oro", "language": "es"}
CART = {"total": 42.5, "items": [{"ref": "A-1", "units": 2}]}

CONFIG = """
schema: acd/1
name: Centro de los traspasos
languages: [es]
segments: [base, oro]
facts: {customer: {within: 300ms}}
classify:
  - {id: oro, when: customer.segment == oro, set: {segment: customer.segment}}
routing: {policy: fair}
skills: {ventas: 0..10, tecnica: 0..10, jefa: 0..10}
agents:
  ana: {name: Ana, phone: ana, skills: {ventas: 7}}
  beto: {name: Beto, phone: beto, skills: {tecnica: 7}}
  carla: {name: Carla, phone: carla, skills: {jefa: 7}}
phones: {ana: {}, beto: {}, carla: {}}
entry: {"900": {flow: principal}}
flows:
  principal:
    start: saludo
    on: {too_many: pedidos, failure: pedidos, no_input: again, no_match: again, hang_up: end}
    nodes:
      saludo: {say: bienvenida, next: menu}
      menu:
        menu: opciones
        keys: {"1": pedidos, "2": averias, "0": pedidos}
        labels: {"1": Un pedido}
      pedidos: {enqueue: ventas}
      averias: {enqueue: tecnica}
queues:
  ventas: {need: ["ventas >= 5/10"], <times>}
  tecnica: {need: ["tecnica >= 5/10"], <times>}
prompts:
  bienvenida: {es: "Bienvenido al centro de los traspasos."}
  opciones: {es: "Para pedidos pulse uno. Para averías pulse dos."}
  despedida: {es: "Gracias por llamar. Hasta otro día."}
""".replace(
    "<times>",
    f"ring: {{for: 20s}}, wrap: {{for: 2s}}, announce_every: {ANNOUNCE_S}s, short_abandon: 1s, "
    "on: {closed: keep_waiting, full: {limit: 100, to: keep_waiting}, nobody_signed_in: keep_waiting, "
    "nobody_could_ever: keep_waiting, waited: {1h: keep_waiting}}",
)


@pytest_asyncio.fixture(scope="module")
async def centre(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Centre]:
    folder: Path = tmp_path_factory.mktemp("traspasos")
    async with Centre.running(folder / "home", write_config(folder / "config", CONFIG)) as running:
        yield running


@pytest_asyncio.fixture(autouse=True)
async def _clean(cast: Cast) -> AsyncIterator[None]:
    yield
    await cast.everybody_hangs_up()


async def test_nothing_has_to_be_asked_twice(centre: Centre, cast: Cast, ears: Ears) -> None:
    """
    Chosen in the menu, a cart attached while waiting; a blind transfer, a kill, a consultation and its end.

    Each agent's pop leaves before that agent's bell, and shows all that was known or said before.
    """
    await _the_web_shop_knows_marta(centre)
    for name in AGENTS:
        await cast.agent(name)
    await cast.only(of=AGENTS)
    seen = centre.events()
    await seen.first("snapshot", within_s=5)
    call = await _chooses_orders(centre, cast, seen)
    contact = await _attaches_a_cart(centre, seen)

    await cast.all_ready("ana")
    first = await cast.takes("ana", within_s=20)
    _shows_all(await _pop(seen, "ana"), notes=[])
    await _order(centre, "ana", "note", note="quiere cambiar el pedido")
    noted = await seen.first("contact.noted", within_s=5)
    assert noted["data"]["note"]["text"] == "quiere cambiar el pedido"
    await _survives_a_kill(centre, cast, seen)

    await cast.all_ready("beto")
    await _order(centre, "ana", "transfer", to={"queue": "tecnica"}, note="ya ha dado la dirección")
    await first.wait_for(ENDED, within_s=10)
    second = await cast.takes("beto", within_s=20)
    pop = await _pop(seen, "beto")
    _shows_all(pop, notes=["ana: quiere cambiar el pedido", "ana: ya ha dado la dirección"])
    assert _handed(pop) == [("ana", "tecnica", "blind")]
    assert _talks(pop) == ["ana"]
    await _order(centre, "beto", "note", note="pieza pedida")
    await _order(centre, "beto", "dispose", disposition="averia", tags=["pieza"], note="llamar mañana")

    await cast.all_ready("carla")
    await _order(centre, "beto", "consult", to={"agent": "carla"})
    third = await cast.bell("carla", within_s=20)
    pop = await _pop(seen, "carla")
    assert (pop["kind"], pop["by"]) == ("consult", "beto")
    notes = [
        "ana: quiere cambiar el pedido",
        "ana: ya ha dado la dirección",
        "beto: pieza pedida",
    ]
    _shows_all(pop, notes=notes)
    assert _talks(pop) == ["ana", "beto"]
    assert [said["disposition"] for said in pop["earlier"]["dispositions"]] == ["averia"]
    await third.answer()
    await seen.first("consult.connected", within_s=10)
    await _order(centre, "beto", "complete_transfer")
    await second.wait_for(ENDED, within_s=10)
    await cast.talks("carla")
    call.tone(440)
    third.tone(880)
    await ears.hears_tone(third, 440, within_s=10)
    await ears.hears_tone(call, 880, within_s=10)
    await third.hangup()
    await call.wait_for(ENDED, within_s=15)
    await seen.close()
    await _the_record_tells_all(cast, contact, notes)


async def _the_web_shop_knows_marta(centre: Centre) -> None:
    """The customer, a campaign for the number, an order for the customer: before she calls."""

    async def stored() -> bool:
        await centre.http_put("/api/customers/by-ref/C-7", MARTA)
        return True

    await eventually(stored, 10, "the database takes a customer")
    given = {"value": "otoño", "source": "tienda"}
    await centre.http_put(f"/api/customers/data/campaign?number={NUMBER.replace('+', '%2B')}", given)
    await centre.http_put("/api/customers/by-ref/C-7/data/order", {"value": {"id": 77}, "expires_s": 600})


async def _chooses_orders(centre: Centre, cast: Cast, seen: EventLog) -> SoftCall:
    call = await (await cast.caller(NUMBER)).dial(f"sip:900@{centre.sip}")
    await call.wait_for(UP, within_s=10)
    await eventually(lambda: len(call.heard()) > 16_000, 10, "the greeting has begun")
    await call.send_dtmf("1")
    await seen.first("contact.queued", lambda data: data["queue"] == "ventas", within_s=15)
    return call


async def _attaches_a_cart(centre: Centre, seen: EventLog) -> str:
    """By REST while she waits; screens are told at once."""
    (contact,) = (await centre.http_get("/api/live"))["contacts"]
    await centre.http_put(f"/api/contacts/{contact['id']}/data/cart", {"value": CART, "source": "tienda"})
    told = await seen.first("contact.data", within_s=5)
    assert told["data"]["attached"]["cart"]["value"] == CART
    assert told["data"]["customer"]["ref"] == "C-7"
    return str(contact["id"])


async def _survives_a_kill(centre: Centre, cast: Cast, seen: EventLog) -> None:
    """The talk goes on; another server knows the same."""
    before = len(seen.of_type("server.started"))
    killed = centre.kill_server()

    async def back() -> bool:
        assert centre.server_pid() != killed
        return await centre.health() == 200

    await eventually(back, 30, "another server")
    await eventually(lambda: len(seen.of_type("snapshot")) > before, 15, "screens are back")
    await cast.talks("ana")

    async def known() -> bool:
        (contact,) = (await centre.http_get("/api/live"))["contacts"]
        whole = await centre.http_get(f"/api/contacts/{contact['id']}")
        return "cart" in whole["attached"] and len(whole["notes"]) == 1 and whole["ivr"] is not None

    await eventually(known, 10, "what was known is read back")


async def _order(centre: Centre, agent: str, command: str, **more: object) -> None:
    status, answered = await centre.order(agent, command, **more)
    assert status == 200, answered


async def _pop(seen: EventLog, agent: str) -> dict[str, Any]:
    """The agent's newest pop; it was told before the agent's bell."""
    await seen.first("offer.ringing", lambda data: data["agent"] == agent, within_s=10)
    bells = [m for m in seen.of_type("offer.ringing") if m["data"]["agent"] == agent]
    pops = [m for m in seen.of_type("offer.announced") if m["data"]["agent"] == agent]
    (pop,) = [m for m in pops if m["data"]["offer_id"] == bells[-1]["data"]["offer_id"]]
    assert seen.messages.index(pop) < seen.messages.index(bells[-1])
    assert pop["seq"] < bells[-1]["seq"]
    found: dict[str, Any] = pop["data"]
    return found


def _shows_all(pop: dict[str, Any], *, notes: list[str]) -> None:
    """Who it is and how sure that is, why they call, what they keyed, the cart, and what agents wrote."""
    who = pop["customer"]
    assert (who["ref"], who["name"], who["number"]) == ("C-7", "Marta Ruiz", NUMBER)
    assert (who["trust"], who["segment"], pop["language"]) == ("matched", "oro", "es")
    assert pop["pop"]["record"] == {"type": "customer", "ref": "C-7", "name": "Marta Ruiz"}
    assert pop["intent"] == pop["ivr"]["intent"] == "Un pedido"
    assert pop["ivr"]["entry"] == "900"
    assert pop["ivr"]["inputs"] == {"principal/menu": "1"}
    assert [step["node"] for step in pop["ivr"]["path"]] == ["saludo", "menu", "pedidos"]
    attached = {key: (found["value"], found["of"]) for key, found in pop["attached"].items()}
    assert attached == {
        "cart": (CART, "contact"),
        "order": ({"id": 77}, "customer"),
        "campaign": ("otoño", "number"),
    }
    assert pop["attached"]["cart"]["source"] == "tienda"
    assert [f"{note['agent']}: {note['text']}" for note in pop["earlier"]["notes"]] == notes


def _handed(pop: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [(each["agent"], each["to"], each["kind"]) for each in pop["earlier"]["handed"]]


def _talks(pop: dict[str, Any]) -> list[str]:
    return [part["agent"] for part in pop["earlier"]["segments"] if part["kind"] == "talking"]


async def _the_record_tells_all(cast: Cast, contact: str, notes: list[str]) -> None:
    """Afterwards too: who talked, what was keyed, attached and written."""
    record = await cast.record(number=NUMBER)
    assert (record["id"], record["transfers"]) == (contact, 2)
    assert _talks({"earlier": record}) == ["ana", "beto", "carla"]
    assert record["ivr"]["inputs"] == {"principal/menu": "1"}
    assert record["attached"]["cart"]["value"] == CART
    assert [f"{note['agent']}: {note['text']}" for note in record["notes"]] == notes
    (said,) = record["dispositions"]
    assert (said["agent"], said["disposition"], said["tags"]) == ("beto", "averia", ["pieza"])
