from __future__ import annotations

import pytest

from acd import events as ev
from acd.model import SKILL_OF_LANGUAGE as OWN_LANGUAGE
from acd.model import AgentId, AgentRules, Phase, Presence, QueueId, QueueRules, Routing, SkillId
from acd.records import ConfigApplied, WrapStarted
from tests.unit.acd.desk import (
    ANA,
    C1,
    C2,
    HANG_UP,
    KEEP_WAITING,
    SALES,
    Desk,
    agent,
    arrival,
    queue,
    routing,
    with_exits,
    with_steps,
)

pytestmark = pytest.mark.unit

VENTAS = QueueId("ventas")
STRICT, LOOSE = queue("ventas", (SALES, 9)), queue("ventas", (SALES, 3))


def publish(desk: Desk, *parts: QueueRules | AgentRules, moving: bool = False, version: str = "v2") -> None:
    desk.happens(ev.ConfigPublished(routing(*parts, version=version), moving))


def test_calls_in_progress_keep_theirs() -> None:
    """Who waits keeps the rules of the day they joined; who comes next has the new ones."""
    desk = Desk(STRICT, agent("ana", {SALES: 3}))
    desk.comes(C1)
    publish(desk, LOOSE, agent("ana", {SALES: 3}))
    assert desk.one(ConfigApplied).version == "v2"
    assert desk.contact(C1).phase is Phase.WAITING
    desk.comes(C2)

    assert desk.contact(C2).phase is Phase.OFFERED
    assert [desk.contact(c).config_version for c in (C1, C2)] == ["v1", "v2"]


def test_who_waits_can_be_moved_with_place_and_clock_kept() -> None:
    """By the administrator's word: new needs, new version, the same place."""
    desk = Desk(STRICT, agent("ana", {SALES: 3}))
    desk.comes(C1)
    desk.comes(C2, after_ms=1_000)
    before = [(desk.contact(c).queued_ms, desk.contact(c).joined_ms) for c in (C1, C2)]
    desk.now_ms += 60_000
    publish(desk, LOOSE, agent("ana", {SALES: 3}), moving=True)

    assert [desk.contact(c).phase for c in (C1, C2)] == [Phase.OFFERED, Phase.WAITING]
    assert [desk.state.position(c) for c in (C1, C2)] == [1, 2]
    assert [(desk.contact(c).queued_ms, desk.contact(c).joined_ms) for c in (C1, C2)] == before


def test_who_is_moved_has_the_new_steps_and_exits_by_the_old_clock() -> None:
    """Forty seconds in the queue: the second step holds at once, and the mark at thirty is due."""
    desk = Desk(STRICT, agent("ana", {SALES: 1}))
    desk.comes(C1)
    desk.now_ms += 40_000
    steps = with_steps(queue("ventas"), ("fuerte", 0, ((SALES, 9),)), ("normal", 25_000, ((SALES, 5),)))
    publish(desk, with_exits(steps, {}, (30_000, KEEP_WAITING)), agent("ana", {SALES: 1}), moving=True)

    assert (desk.contact().step, desk.calls_in()) == ("normal", [C1])


def test_a_moved_call_in_a_talk_keeps_its_wrap_up() -> None:
    """Only who waits is moved: a talk ends by the rules it began with."""
    desk = Desk(queue("ventas", wrap_ms=10_000), agent("ana"))
    desk.talks()
    publish(desk, queue("ventas", wrap_ms=99_000), agent("ana"), moving=True)
    desk.happens(ev.ContactGone(C1), after_ms=1_000)

    assert desk.one(WrapStarted).until_ms == desk.now_ms + 10_000


@pytest.mark.parametrize("moving", [False, True])
def test_a_queue_that_leaves_the_configuration_serves_those_who_wait_in_it(moving: bool) -> None:
    """There are no rules to move to: the old ones hold until the line is empty."""
    desk = Desk(queue("ventas"), agent("ana"))
    desk.sets(ANA, Presence.NOT_READY)
    desk.comes(C1)
    publish(desk, queue("soporte"), agent("ana"), moving=moving)
    desk.sets(ANA, Presence.READY)

    assert desk.contact().phase is Phase.OFFERED


def test_a_menu_of_yesterday_still_leads_into_its_queue() -> None:
    """Who was on the line when a queue left may join it; who called later cannot."""
    desk = Desk(queue("ventas"), agent("ana"))
    desk.happens(arrival(C1)[0])
    publish(desk, queue("soporte"), agent("ana"))
    desk.happens(arrival(C2)[0], after_ms=1)
    desk.happens(ev.ContactEnqueued(C2, VENTAS), ev.ContactEnqueued(C1, VENTAS))

    assert desk.why_ignored() == ["unknown queue ventas"]
    assert (desk.contact().phase, desk.contact().config_version) == (Phase.OFFERED, "v1")


def test_a_former_queue_is_forgotten_with_the_last_who_knew_it() -> None:
    """The state does not grow with every publication."""
    desk = Desk(queue("ventas"), agent("ana"))
    desk.happens(arrival(C1)[0])
    publish(desk, queue("soporte"), agent("ana"))
    assert list(desk.state.former) == [VENTAS]
    desk.happens(ev.ContactGone(C1))
    publish(desk, queue("soporte"), agent("ana"), version="v3")

    assert desk.state.former == {}


def test_a_queue_that_comes_back_is_no_former_one() -> None:
    """Taken away by mistake and published again: its new rules hold for everybody."""
    desk = Desk(STRICT, agent("ana", {SALES: 3}))
    desk.happens(arrival(C1)[0])
    desk.now_ms += 1_000
    publish(desk, queue("soporte"), agent("ana", {SALES: 3}))
    publish(desk, LOOSE, agent("ana", {SALES: 3}), version="v3")
    desk.happens(ev.ContactEnqueued(C1, VENTAS))

    assert desk.contact().phase is Phase.OFFERED


def test_skills_change_for_everybody_at_once() -> None:
    """Agents are people of today: those who wait by old rules find the new skill."""
    desk = Desk(STRICT, agent("ana", {SALES: 3}))
    desk.comes(C1)
    publish(desk, LOOSE, agent("ana", {SALES: 9}))

    assert (desk.contact().phase, desk.contact().config_version) == (Phase.OFFERED, "v1")


def test_old_rules_of_one_caller_never_block_the_next() -> None:
    """The head needs what nobody has; behind it waits one whom the same agent may serve."""
    desk = Desk(STRICT, agent("ana", {SALES: 3}))
    desk.comes(C1)
    desk.sets(ANA, Presence.NOT_READY)
    publish(desk, LOOSE, agent("ana", {SALES: 3}))
    desk.comes(C2)
    desk.sets(ANA, Presence.READY)

    assert [desk.contact(c).phase for c in (C1, C2)] == [Phase.WAITING, Phase.OFFERED]


def test_the_language_of_the_unknown_is_that_of_the_configuration_in_force() -> None:
    """Published anew in English: who never said a word is now taken to speak it."""
    rules = queue("ventas", (OWN_LANGUAGE, 5))
    people = {AgentId("ana"): agent("ana", {SkillId("lang.en"): 9})}
    desk = Desk(rules, *people.values())
    desk.comes(C1)
    assert desk.contact().phase is Phase.WAITING
    desk.happens(ev.ConfigPublished(Routing("v2", {VENTAS: rules}, people, language="en")))

    assert desk.contact().phase is Phase.OFFERED


def test_exits_of_the_new_rules_are_not_for_those_who_keep_the_old() -> None:
    """A mark that comes with the publication concerns who joins after it."""
    desk = Desk(STRICT, agent("ana"))
    desk.comes(C1)
    publish(desk, with_exits(STRICT, {}, (30_000, HANG_UP)), agent("ana"))
    desk.waits(60_000)

    assert desk.commands == []
