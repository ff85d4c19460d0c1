from __future__ import annotations

import pytest

from acd import events as ev
from acd.model import AgentId, OfferEnd, Presence, QueueId
from acd.records import Explanation, OfferAnnounced
from tests.unit.acd.desk import ANA, BETO, C1, CARLA, SALES, Desk, agent, queue, routing

pytestmark = pytest.mark.unit

STAFF = (
    queue("ventas", (SALES, 5)),
    agent("ana", {SALES: 9}),
    agent("beto", {SALES: 5}),
    agent("carla", {SALES: 3}),
    agent("dora", {SALES: 7}),
    agent("elisa", {SALES: 3}),
)


def reason(desk: Desk) -> Explanation:
    return desk.one(OfferAnnounced).explanation


def test_the_answer_to_why_not_me_is_stored_with_the_offer() -> None:
    """Everybody who was not chosen stands under one reason, reasons and names in a fixed order."""
    desk = Desk(*STAFF)
    desk.sets(AgentId("dora"), Presence.NOT_READY, "comida")
    desk.sets(ANA, Presence.NOT_READY)
    desk.happens(ev.PresenceSet(ANA, Presence.READY), after_ms=1)
    desk.comes(C1, after_ms=3_999)

    assert reason(desk) == Explanation(
        config_version="v1",
        queue=QueueId("ventas"),
        waited_ms=0,
        matched=("ventas 5 >= 5",),
        rank="idle longest: 4000 ms",
        not_chosen={
            "idle for a shorter time": (ANA,),
            "not ready (comida)": (AgentId("dora"),),
            "ventas 3 < 5": (CARLA, AgentId("elisa")),
        },
    )
    assert list(reason(desk).not_chosen) == sorted(reason(desk).not_chosen)


def test_a_lack_of_skill_is_named_before_a_circumstance() -> None:
    """Who could never have got the call is told that, not that they were at lunch."""
    desk = Desk(*STAFF)
    desk.sets(CARLA, Presence.LOGGED_OUT)
    desk.comes(C1)

    assert CARLA in reason(desk).not_chosen["ventas 3 < 5"]


def test_a_second_try_says_why_the_first_agent_is_not_asked_again() -> None:
    """The refusal itself is the reason, and the wait goes on from the queue's door."""
    desk = Desk(*STAFF)
    desk.comes(C1)
    desk.fails(OfferEnd.DECLINED, after_ms=2_500)

    assert reason(desk).not_chosen["resting (declined)"] == (ANA,)
    assert (reason(desk).waited_ms, desk.one(OfferAnnounced).agent_id) == (2_500, BETO)


def test_the_version_is_the_one_that_decided() -> None:
    """After a publication the explanation names the new configuration and its needs, old callers included."""
    desk = Desk(queue("ventas", (SALES, 10)), *STAFF[1:])
    desk.comes(C1)
    lowered = routing(queue("ventas", (SALES, 8)), *STAFF[1:], version="v2")
    desk.happens(ev.ConfigPublished(lowered), after_ms=100)

    assert (reason(desk).config_version, reason(desk).matched) == ("v2", ("ventas 9 >= 8",))


def test_a_queue_without_needs_has_nothing_to_match() -> None:
    """No needs: nothing is claimed to have been met."""
    desk = Desk()
    desk.comes(C1)

    assert (reason(desk).matched, reason(desk).not_chosen) == ((), {})
