from __future__ import annotations

import random
from dataclasses import replace

import pytest

from acd.model import Activity, AgentId, Medium, Presence, SiteId, SkillNeed
from acd.routing.bits import slots
from acd.routing.crowd import Crowd
from acd.routing.eligible import Veto
from acd.routing.groups import Tier
from acd.routing.roll import Roll
from acd.state import Agent
from tests.unit.acd.desk import ANA, BETO, SALES, SUPPORT, agent, queue, routing, with_steps

pytestmark = pytest.mark.unit


def ready(name: str, idle_since_ms: int = 0) -> Agent:
    rules = agent(name)
    return Agent(rules.id, rules, 0, Presence.READY, reachable=True, idle_since_ms=idle_since_ms)


def test_an_agent_stands_under_what_keeps_them_or_among_the_free() -> None:
    """One place at a time; the reason they gave is part of it; one who is not configured stands beyond."""
    ana, extra = ready("ana"), ready("zoe")
    roll = Roll([ANA], [ana, extra])
    assert (roll.free, roll.doing, list(roll.freed)) == (0b11, {}, [ANA, "zoe"])
    ana.presence, ana.reason = Presence.NOT_READY, "comida"
    roll.note(ana)

    assert (roll.free, roll.doing) == (0b10, {(Veto.NOT_READY, "comida"): 0b01})
    assert roll.by_veto()[Veto.NOT_READY] == 0b01
    ana.presence = Presence.LOGGED_OUT
    roll.note(ana)
    roll.forget(extra)
    assert (roll.free, roll.here & 1, roll.doing) == (0, 0, {(Veto.LOGGED_OUT, ""): 0b01})


def test_who_signs_in_or_out_is_told_apart_from_who_is_busy() -> None:
    """A break is no sign-out: holds for preferred agents go on."""
    ana = ready("ana")
    roll = Roll([ANA], [ana])
    roll.came_or_went.clear()
    ana.activity = Activity.TALKING
    roll.note(ana)
    assert list(roll.came_or_went) == []
    ana.presence = Presence.LOGGED_OUT
    roll.note(ana)

    assert list(roll.came_or_went) == [ANA]


@pytest.mark.parametrize("many", [3, 700])
@pytest.mark.parametrize("size", [2, 40, 600])
def test_the_longest_idle_of_a_set_are_found_by_either_way(many: int, size: int) -> None:
    """Along the line where they are many, one by one where they are few: the same as sorting."""
    draw = random.Random(many + size)
    people = [ready(f"a{n:03}", draw.randrange(50)) for n in range(700)]
    roll = Roll([one.id for one in people], people)
    mask = sum(1 << slot for slot in draw.sample(range(700), size))

    expected = sorted((people[slot].idle_since_ms, people[slot].id, slot) for slot in slots(mask))
    tier = Tier(0.0, tuple(slots(mask)), mask)
    assert roll.by_idle(mask, tier, many) == [slot for _, _, slot in expected[:many]]
    assert roll.filed(expected[0][2]) == expected[0]
    assert roll.idle_since_ms(expected[0][2]) == expected[0][0]


def test_masks_are_what_skills_sites_and_media_say() -> None:
    """At least so good, at these sites, with room for the medium; everybody else has one reason."""
    ana = replace(agent("ana", {SALES: 7, SUPPORT: 2}), site=SiteId("mad"))
    beto = replace(agent("beto", {SALES: 3}), site=SiteId("bog"), capacity={Medium.CHAT: 1, Medium.VOICE: 0})
    crowd = Crowd(routing(queue("q"), beto, ana))

    assert crowd.ids == (ANA, BETO)
    assert [crowd.meets(SALES, n) for n in (0, 3, 4, 7, 8, 11)] == [0b11, 0b11, 0b01, 0b01, 0, 0]
    assert (crowd.at((SiteId("bog"),)), crowd.at(()), crowd.takes(Medium.VOICE)) == (0b10, 0b11, 0b01)
    needs = (SkillNeed(SALES, 5),)
    assert crowd.sorted_out(needs, (), Medium.CHAT) == (0, {"lacks ventas >= 5": 0b10, "takes no chat": 0b01})
    assert crowd.sorted_out((), (SiteId("mad"),), Medium.VOICE) == (0b01, {"other site": 0b10})


def test_any_step_makes_an_agent_able_for_a_queue() -> None:
    """The widest counts."""
    rules = with_steps(queue("q"), ("fuerte", 0, ((SALES, 8),)), ("normal", 9_000, ((SALES, 3),)))
    crowd = Crowd(routing(rules, agent("ana", {SALES: 3}), agent("beto", {SALES: 2})))

    assert crowd.for_queue(rules) == 0b01
    assert AgentId("ana") in crowd.slot
