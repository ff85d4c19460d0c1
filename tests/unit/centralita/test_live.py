from __future__ import annotations

from typing import get_type_hints

import pytest

from acd import events as ev
from acd.model import Channel, ContactId, OfferEnd, Presence
from centralita.live import live
from centralita.web.live_shape import Live, LiveAgent, LiveContact, LiveQueue
from tests.unit.acd.desk import ANA, C1, C2, C3, SALES, SUPPORT, Desk, agent, queue

pytestmark = pytest.mark.unit

C4 = ContactId("c4")


def shown(desk: Desk, numbers: dict[ContactId, str] | None = None) -> Live:
    return live(desk.state, now_ms=desk.now_ms, seq=7, number=(numbers or {}).get, alarms=["disco lleno"])


@pytest.fixture
def desk() -> Desk:
    """c1 talks to ana, c2 rings at beto, c3 waits behind, c4 is in the menu; soporte is empty."""
    desk = Desk(
        queue("ventas", (SALES, 5)),
        queue("soporte", (SUPPORT, 5)),
        agent("ana", {SALES: 9}),
        agent("beto", {SALES: 5}),
        agent("carla", {SUPPORT: 5}),
    )
    desk.talks(C1)
    desk.comes(C2, after_ms=1_000)
    desk.comes(C3, after_ms=1_000)
    desk.happens(ev.ContactStarted(C4, Channel("a", "u-c4"), "900"), after_ms=1_000)
    return desk


def test_a_queue_shows_who_waits_since_when_and_who_could_serve(desk: Desk) -> None:
    """Those being offered still wait; a talk is counted in its own queue only."""
    ventas, soporte = shown(desk)["queues"]

    assert ventas == LiveQueue(
        id="ventas", waiting=2, longest_wait_since_ms=desk.now_ms - 2_000, ready=0, talking=1
    )
    assert soporte == LiveQueue(id="soporte", waiting=0, longest_wait_since_ms=None, ready=1, talking=0)


def test_a_contact_shows_where_it_is_and_with_whom(desk: Desk) -> None:
    """Phase, place, agent of the talk or of the bell, and the number if it is known for sure."""
    found = {contact["id"]: contact for contact in shown(desk, {C1: "+34911234567"})["contacts"]}

    assert {name: (c["phase"], c["queue"], c["position"], c["agent"]) for name, c in found.items()} == {
        "c1": ("talking", "ventas", None, "ana"),
        "c2": ("offered", "ventas", 1, "beto"),
        "c3": ("waiting", "ventas", 2, None),
        "c4": ("ivr", None, None, None),
    }
    assert (found["c1"]["number"], found["c2"]["number"]) == ("+34911234567", None)


def test_waiting_and_being_offered_count_as_one_stretch(desk: Desk) -> None:
    """The clock on the screen does not start again because a bell rings."""
    (c2,) = [contact for contact in shown(desk)["contacts"] if contact["id"] == "c2"]

    assert c2["since_ms"] == desk.now_ms - 2_000


def test_an_agent_shows_choice_activity_and_reason(desk: Desk) -> None:
    """Who is idle holds no contact; who rests shows until when."""
    desk.fails(OfferEnd.BUSY, C2)
    desk.sets(ANA, Presence.NOT_READY, "comida")
    ana, beto, carla = shown(desk)["agents"]

    assert (ana["presence"], ana["activity"], ana["reason"], ana["contact_id"]) == (
        "not_ready",
        "talking",
        "comida",
        "c1",
    )
    assert (beto["activity"], beto["reason"], beto["resting_until_ms"], beto["contact_id"]) == (
        "idle",
        "busy",
        desk.now_ms + 10_000,
        None,
    )
    assert (carla["presence"], carla["reachable"]) == ("ready", True)


def test_a_wrap_up_shows_which_contact_it_is_about(desk: Desk) -> None:
    """After the hang-up the agent's page still knows what to write the note to."""
    desk.happens(ev.ContactGone(C1))
    (ana, _, _) = shown(desk)["agents"]

    assert (ana["activity"], ana["contact_id"]) == ("wrap_up", "c1")


def test_a_withdrawn_bell_does_not_break_the_picture(desk: Desk) -> None:
    """Between the caller's hang-up and the switch's word the agent is shown as still offered."""
    desk.happens(ev.ContactGone(C2))
    picture = shown(desk)

    assert [contact["id"] for contact in picture["contacts"]] == ["c1", "c3", "c4"]
    assert picture["agents"][1]["activity"] == "offered"


def test_the_picture_says_what_it_is_of(desk: Desk) -> None:
    """Moment, journal seq and configuration; with every key of the shape and none besides."""
    picture = shown(desk)

    assert (picture["at_ms"], picture["seq"], picture["config_version"]) == (desk.now_ms, 7, "v1")
    assert picture["alarms"] == ["disco lleno"]
    assert picture.keys() == get_type_hints(Live).keys()
    assert picture["queues"][0].keys() == get_type_hints(LiveQueue).keys()
    assert picture["agents"][0].keys() == get_type_hints(LiveAgent).keys()
    assert picture["contacts"][0].keys() == get_type_hints(LiveContact).keys()
