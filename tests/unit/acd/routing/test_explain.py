from __future__ import annotations

import pytest

from acd import events as ev
from acd.model import AgentId, OfferEnd, Presence, QueueId
from acd.records import Explanation, OfferAnnounced
from acd.routing.explain import names
from tests.unit.acd.desk import ANA, BETO, C1, CARLA, SALES, Desk, agent, queue, routing, with_steps

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


def not_chosen(desk: Desk) -> dict[str, tuple[AgentId, ...]]:
    """Reasons with names, in the order in which they are told."""
    roster = sorted(desk.state.routing.agents)
    return {why: names(mask, roster) for why, mask in reason(desk).not_chosen.items()}


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
        roster="v1",
        not_chosen=reason(desk).not_chosen,
        policy="fair",
        terms=(("waited_s", 0.0),),
        runner_up=ANA,
    )
    assert not_chosen(desk) == {
        "idle for a shorter time": (ANA,),
        "lacks ventas >= 5": (CARLA, AgentId("elisa")),
        "not ready (comida)": (AgentId("dora"),),
    }
    assert list(reason(desk).not_chosen) == sorted(reason(desk).not_chosen)


def test_a_lack_of_skill_is_named_before_a_circumstance() -> None:
    """Who could never have got the call is told that, not that they were at lunch."""
    desk = Desk(*STAFF)
    desk.sets(CARLA, Presence.LOGGED_OUT)
    desk.comes(C1)

    assert CARLA in not_chosen(desk)["lacks ventas >= 5"]


def test_a_second_try_says_why_the_first_agent_is_not_asked_again() -> None:
    """The refusal itself is the reason, and the wait goes on from the queue's door."""
    desk = Desk(*STAFF)
    desk.comes(C1)
    desk.fails(OfferEnd.DECLINED, after_ms=2_500)

    assert not_chosen(desk)["resting (declined)"] == (ANA,)
    assert (reason(desk).waited_ms, desk.one(OfferAnnounced).agent_id) == (2_500, BETO)


def test_the_version_is_that_of_the_rules_that_decided() -> None:
    """Who keeps the old rules is explained by them; who was moved, by the new ones."""
    kept, moved = (
        Desk(queue("ventas", (SALES, 10)), *STAFF[1:]),
        Desk(queue("ventas", (SALES, 10)), *STAFF[1:]),
    )
    better = (agent("ana", {SALES: 10}), *STAFF[2:])
    for desk, move_waiting in ((kept, False), (moved, True)):
        desk.comes(C1)
        lowered = routing(queue("ventas", (SALES, 8)), *better, version="v2")
        desk.happens(ev.ConfigPublished(lowered, move_waiting), after_ms=100)

    assert (reason(kept).config_version, reason(kept).matched) == ("v1", ("ventas 10 >= 10",))
    assert (reason(moved).config_version, reason(moved).matched) == ("v2", ("ventas 10 >= 8",))


def test_the_step_that_held_is_part_of_the_answer() -> None:
    """At 25 s the second step decides: its name, its needs, and who still falls short of it."""
    rules = with_steps(queue("ventas"), ("fuerte", 0, ((SALES, 10),)), ("normal", 25_000, ((SALES, 5),)))
    desk = Desk(rules, *STAFF[2:])
    desk.comes(C1)
    desk.waits(25_000)

    assert (reason(desk).step, reason(desk).waited_ms) == ("normal", 25_000)
    assert reason(desk).matched == ("ventas 5 >= 5",)
    assert not_chosen(desk)["lacks ventas >= 5"] == (CARLA, AgentId("elisa"))


def test_a_queue_without_needs_has_nothing_to_match() -> None:
    """No needs: nothing is claimed to have been met."""
    desk = Desk()
    desk.comes(C1)

    assert (reason(desk).matched, reason(desk).not_chosen) == ((), {})
