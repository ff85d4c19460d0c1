"""Click to call: who may, by which line, and what is kept of the customer."""

from __future__ import annotations

import re

import pytest

from acd import events as ev
from acd.model import Activity, Channel, QueueId
from centralita.web import orders as o
from centralita.web.ports import Answer
from config.dialling import Way
from config.telephones import Trunk
from tests.unit.acd.desk import ANA
from tests.unit.centralita.commands.stage import Stage

pytestmark = pytest.mark.unit

DIAL = o.Dial(number="911234567", queue="ventas")


async def test_the_answer_names_the_contact_that_is_begun() -> None:
    """With the customer's leg, the way to the number behind a token, and who the customer is."""
    stage = Stage()
    done = await stage.order(DIAL)
    (asked,) = stage.asked
    assert isinstance(asked, ev.ContactDialled)

    assert (done.answer, done.contact) == (Answer.DONE, asked.contact_id)
    assert re.fullmatch(r"c[0-9a-f]{20}", asked.contact_id)
    assert (asked.agent_id, asked.queue) == (ANA, QueueId("ventas"))
    assert asked.channel == Channel("pbx", f"{asked.contact_id}-c")
    assert stage.dialled.way(asked.number) == Way("fija", "+34911234567", "911000000")
    assert stage.customers.known == {asked.contact_id: "+34911234567"}
    assert stage.desk.agent().activity is Activity.OFFERED


async def test_no_number_is_in_what_the_engine_is_told() -> None:
    """Neither the customer's nor a part of it: the journal holds what the engine is told."""
    stage = Stage()
    await stage.order(DIAL)

    assert "911234567" not in repr(stage.asked)


@pytest.mark.parametrize(
    ("order", "code"),
    [
        (o.Dial(number="911234567", queue="nadie"), "unknown_target"),
        (o.Dial(number="+15550100200"), "number_not_allowed"),
        (o.Dial(number="091"), "number_not_allowed"),
    ],
)
async def test_what_cannot_be_dialled_is_refused(order: o.Dial, code: str) -> None:
    """Before anything is kept or told."""
    stage = Stage()
    told = await stage.order(order)

    assert (told.answer, told.code, told.contact) == (Answer.REFUSED, code, None)
    assert (stage.asked, stage.customers.known) == ([], {})


async def test_who_talks_or_wraps_up_does_not_dial() -> None:
    """One call at a time."""
    stage = Stage()
    stage.talks()
    talking = await stage.order(DIAL)
    stage.hangs_up()
    wrapping = await stage.order(DIAL)

    assert [talking.code, wrapping.code] == ["agent_busy", "agent_busy"]


@pytest.mark.parametrize(
    ("event", "code"),
    [
        (ev.PhoneReachable(ANA, reachable=False), "phone_not_reachable"),
        (ev.PhoneInUse(ANA, in_use=True), "phone_in_use"),
    ],
)
async def test_a_phone_that_cannot_ring_calls_nobody(event: ev.Event, code: str) -> None:
    """The engine says so, and nothing is kept of the number."""
    stage = Stage()
    stage.happens(event)
    told = await stage.order(DIAL)
    (asked,) = stage.asked
    assert isinstance(asked, ev.ContactDialled)

    assert (told.code, stage.customers.known) == (code, {})
    assert stage.dialled.way(asked.number) is None


async def test_who_is_not_ready_may_dial() -> None:
    """Not taking calls is a good time to make some."""
    stage = Stage()
    await stage.order(o.NotReady(reason="llamadas"))

    assert (await stage.order(o.Dial(number="112"))).answer is Answer.DONE


async def test_without_a_line_that_calls_out_nobody_dials() -> None:
    """Where to allow it is told."""
    stage = Stage(muda=Trunk(host="carrier.example"))
    told = await stage.order(DIAL)

    assert (told.code, "trunks" in told.why_es) == ("no_trunk", True)
