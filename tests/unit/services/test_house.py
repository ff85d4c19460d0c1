from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from acd.model import ContactId
from centralita.facts import CallFacts
from centralita.services.walks import Walks
from centralita.store.walks import sweep_walks
from config.rules.facts import facts_of
from config.rules.types import Kind
from ivr.actions import Failed, Mode, Promised
from ivr.flow import VarName
from ivr.ports import Services, Utterance
from tests.unit.services.scene import MOBILE, Scene, centre, servers

pytestmark = pytest.mark.unit

EXITS = {"too_many": "fin", "failure": "fin", "no_input": "again", "no_match": "again", "hang_up": "end"}
BRANCHING = centre(
    flows={
        "principal": {
            "start": "mirar",
            "on": EXITS,
            "nodes": {
                "mirar": {
                    "lookup": "saldo",
                    "with": {"documento": "documento"},
                    "found": "segun",
                    "not_found": "fin",
                },
                "segun": {
                    "branch": [
                        {"when": "call.trust >= pin and ivr.saldo > 10", "to": "rico"},
                        {"when": "customer.segment == oro", "to": "oro"},
                        {"when": "ivr.intent == factura or ivr.verified", "to": "fin"},
                        {"when": "not ivr.verified", "to": "fin"},
                    ],
                    "otherwise": "fin",
                },
                "rico": {"goodbye": None},
                "oro": {"goodbye": None},
                "fin": {"goodbye": None},
            },
        }
    },
    lookups={
        "saldo": {
            "url": "http://127.0.0.1:1/saldo?doc={documento}",
            "gives": {"saldo": {"at": "saldo", "type": "money"}},
        }
    },
    intents={"factura": {"label": "Facturación", "examples": {"es": ["no entiendo mi factura"]}}},
)


def values(**found: str) -> dict[VarName, str]:
    return {VarName(name): value for name, value in found.items()}


async def test_a_branch_takes_the_first_condition_that_holds(tmp_path: Path) -> None:
    """Variables of the flow, trust and record together; what is unknown never holds."""
    async with servers(tmp_path, BRANCHING) as server:
        scene = await server()
        await scene.customer(pin="4711")
        marta, nobody = scene.comes("c1"), scene.comes("c2", None)
        one = scene.one(marta)

        assert await one.judge("principal", "segun", values(saldo="12.50")) == 1
        await one.prove("pin", "4711")
        assert await one.judge("principal", "segun", values(saldo="12.50")) == 0
        assert await one.judge("principal", "segun", values(saldo="muy rico")) == 1
        assert await one.judge("principal", "segun", values()) == 1
        other = scene.one(nobody, withheld=True)
        assert await other.judge("principal", "segun", values(intent="factura")) == 2
        assert await other.judge("principal", "segun", values()) == 3
        assert await other.judge("principal", "ninguno", values()) is None


async def test_rules_of_the_house_see_what_was_said_in_the_flow(tmp_path: Path) -> None:
    """`ivr.intent` sorts a caller as well; a variable of the wrong type is unknown."""
    async with servers(tmp_path, BRANCHING) as server:
        scene = await server()
        marta = scene.comes("c1")
        scene.one(marta).keep({"vars": {"intent": "factura", "saldo": "12.50"}})
        facts = facts_of(BRANCHING)
        needed = [facts[name] for name in ("ivr.intent", "ivr.saldo", "ivr.verified")]
        assert facts["ivr.saldo"].type.kind is Kind.MONEY
        call = CallFacts("900", withheld=False)

        gathered = await scene.services.judging.facts.gather(marta, call, needed)
        assert gathered.values == {"ivr.intent": "factura", "ivr.saldo": 1_250, "ivr.verified": False}
        scene.one(marta).keep({"vars": {"saldo": "nada"}})
        gathered = await scene.services.judging.facts.gather(marta, call, needed)
        assert gathered.values == {"ivr.verified": False}


async def test_what_others_do_goes_to_them_with_the_contact(scene: Scene) -> None:
    """Promises, ringing, understanding and what was said."""
    one: Services = scene.one(scene.comes("c1"))

    assert await one.promise("ventas", "") == Promised()
    assert await one.ring("ana", "", 20_000) is None
    assert not one.not_reached() and scene.one(ContactId("c9")).not_reached()
    assert (await one.understand("mi factura", "es")).intent == "es:v1"
    said = Utterance("principal/motivo", "es", "mi factura", 0.9, "factura", 0.8, "taken")
    one.said(said)
    assert scene.understanding.said_ == [("c1", said)]
    assert scene.callbacks.asked == [
        ("promise", "c1", "ventas", ""),
        ("ring", "c1", "ana", "", 20_000),
    ]


async def test_a_source_that_the_configuration_does_not_have_is_a_failure(scene: Scene) -> None:
    """A contact may have come by a configuration that had it."""
    assert await scene.one(scene.comes("c1")).fetch("saldo", {}) == Failed("no such look-up")


async def test_a_source_of_the_configuration_is_asked(tmp_path: Path) -> None:
    """By its name; that nobody answers there is a failure, and is in the report."""
    async with servers(tmp_path, BRANCHING) as server:
        scene = await server()

        assert isinstance(await scene.one(scene.comes("c1")).fetch("saldo", {"documento": "1"}), Failed)
        assert [told["name"] for told in scene.services.web().lookups.report()] == ["saldo"]


async def test_what_a_flow_remembers_ends_with_the_contact(scene: Scene) -> None:
    """In memory; the table keeps it for a while, for who asks what a customer had keyed."""
    marta = scene.comes("c1")
    one = scene.one(marta)
    one.keep({"vars": {"pedido": "77"}, "mode": "speech"})
    assert scene.following.walks.intent(marta) == ""
    await scene.written()

    scene.goes(marta)

    assert one.remembered() is None
    kept = await scene.following.stored.walks.walks([marta])
    assert [walk.memory for walk in kept] == [{"vars": {"pedido": "77"}, "mode": "speech"}]
    await scene.projection.order(lambda connection: sweep_walks(connection, scene.clock.ms + 1))
    assert await scene.following.stored.walks.walks([marta]) == []


async def test_a_card_s_number_is_not_shown_and_a_long_value_is_cut(scene: Scene) -> None:
    """What screens are told of variables."""
    marta = scene.comes("c1")
    scene.one(marta).keep({"vars": {"tarjeta": "4111111111111111", "texto": "x" * 500}, "mode": "keys"})

    told: Any = scene.following.walks.told(marta)

    assert told["values"] == {"tarjeta": "••••••••••••1111", "texto": "x" * 200}


async def test_the_same_memory_is_written_once(scene: Scene) -> None:
    """A flow keeps its memory at every step; the database hears of what is new."""
    wrote: list[str] = []
    walks = Walks(
        SimpleNamespace(later=lambda contact_id, _work: wrote.append(contact_id)),
        scene.parties,
        scene.clock,
    )
    for value in ("1", "1", "2"):
        walks.keep(ContactId("c1"), {"vars": {"a": value}})

    assert wrote == ["c1", "c1"]


async def test_a_memory_of_another_shape_gives_no_variables(scene: Scene) -> None:
    """Whatever an older server has kept."""
    marta = scene.comes("c1")
    for memory in ({}, {"vars": None}, {"vars": [1]}, {"vars": "x"}):
        scene.one(marta).keep(memory)
        assert scene.following.walks.variables(marta) == {}


async def test_the_pop_tells_what_the_flow_knows(scene: Scene) -> None:
    """Verified or not, by which mode, and what was keyed: nothing has to be asked twice."""
    marta = scene.comes("c1")
    scene.following.trails.arrived(marta, "900", "operador")
    scene.one(marta).keep({"vars": {"pedido": "77"}, "mode": Mode.SPEECH.value})
    scene.one(marta).unverified()

    live: Any = scene.following.live(marta)["ivr"]

    assert (live["entry"], live["verified"], live["mode"], live["values"]) == (
        "900", False, "speech", {"pedido": "77"},
    )  # fmt: skip
    assert scene.parties.enrich(marta)["number"] == MOBILE
