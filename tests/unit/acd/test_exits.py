from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from acd.exits import Door, Staff, due, next_mark_ms, staff
from acd.model import (
    SKILL_OF_LANGUAGE,
    AgentId,
    Channel,
    Exit,
    ExitKind,
    Medium,
    Preference,
    Presence,
    QueueRules,
    SiteId,
    SkillId,
    SkillNeed,
)
from acd.routing.naive import staff as by_hand
from acd.state import Agent, Contact, State
from tests.unit.acd.desk import (
    C1,
    HANG_UP,
    KEEP_WAITING,
    SALES,
    SUPPORT,
    agent,
    queue,
    routing,
    to_queue,
    with_exits,
    with_steps,
)

pytestmark = pytest.mark.unit

ALL: dict[ExitKind, Exit] = {kind: to_queue(kind.value) for kind in ExitKind if kind is not ExitKind.WAITED}
TOO_LONG_MS = 300_001
RULES = replace(
    with_exits(queue("ventas"), ALL, (60_000, KEEP_WAITING), (120_000, HANG_UP), full_at=2),
    estimate_limit_ms=TOO_LONG_MS - 1,
)
OPEN, SHUT = Door(is_open=True, waiting=0), Door(is_open=False, waiting=2)


def taken(
    rules: QueueRules = RULES,
    people: Staff = Staff.HERE,
    waited_ms: int = 0,
    door: Door | None = None,
    kept: tuple[str, ...] = (),
) -> ExitKind | None:
    found = due(rules, people=people, kept=kept, waited_ms=waited_ms, door=door)
    return None if found is None else found.kind


def test_with_a_door_open_room_inside_and_people_there_nobody_is_sent_away() -> None:
    """The everyday: no exit, at the door or in the line."""
    assert (taken(door=OPEN), taken()) == (None, None)


@pytest.mark.parametrize(
    ("people", "door", "kind"),
    [
        (Staff.NEVER, SHUT, ExitKind.CLOSED),
        (Staff.NEVER, replace(SHUT, is_open=True), ExitKind.NOBODY_COULD_EVER),
        (Staff.SIGNED_OUT, replace(SHUT, is_open=True), ExitKind.NOBODY_SIGNED_IN),
        (Staff.HERE, replace(SHUT, is_open=True), ExitKind.FULL),
        (Staff.HERE, Door(is_open=True, waiting=1), None),
    ],
)
def test_of_several_reasons_at_the_door_the_weightiest_is_told(
    people: Staff, door: Door, kind: ExitKind | None
) -> None:
    """Closed, then nobody could ever, then nobody signed in, then full (and last the estimate, below)."""
    assert taken(people=people, door=door) is kind


def test_who_is_inside_is_not_put_out_because_it_is_full_or_late() -> None:
    """Closing time and a full line only count at the door."""
    assert taken(door=SHUT) is ExitKind.CLOSED
    assert taken(door=None) is None


@pytest.mark.parametrize("people", [Staff.NEVER, Staff.SIGNED_OUT])
def test_who_waits_hears_of_it_when_nobody_is_left(people: Staff) -> None:
    """The same two reasons hold while waiting."""
    kind = ExitKind.NOBODY_COULD_EVER if people is Staff.NEVER else ExitKind.NOBODY_SIGNED_IN

    assert taken(people=people) is kind


def test_nobody_could_ever_also_means_nobody_signed_in() -> None:
    """A queue that only has the milder exit takes that one."""
    rules = with_exits(queue("ventas"), {ExitKind.NOBODY_SIGNED_IN: HANG_UP})

    assert taken(rules, Staff.NEVER) is ExitKind.NOBODY_SIGNED_IN


@pytest.mark.parametrize("kind", [kind for kind in ExitKind if kind is not ExitKind.WAITED])
def test_an_exit_that_is_not_there_is_never_due(kind: ExitKind) -> None:
    """Without that way out the contact waits on."""
    rules = replace(RULES, exits={kind: HANG_UP})
    others = replace(RULES, exits={k: v for k, v in ALL.items() if k is not kind})
    door = replace(SHUT, estimate_ms=TOO_LONG_MS)

    assert taken(rules, Staff.NEVER, door=door) is kind
    assert taken(others, Staff.NEVER, door=door) is not kind


@pytest.mark.parametrize(
    ("estimate_ms", "kind"), [(None, None), (TOO_LONG_MS - 1, None), (TOO_LONG_MS, ExitKind.LONG_WAIT)]
)
def test_an_estimate_above_the_limit_is_told_at_the_door_only(
    estimate_ms: int | None, kind: ExitKind | None
) -> None:
    """Not known, or just at the limit, sends nobody away; that it is full is told first."""
    assert taken(door=Door(is_open=True, waiting=1, estimate_ms=estimate_ms)) is kind
    assert taken(door=Door(is_open=True, waiting=2, estimate_ms=estimate_ms)) is ExitKind.FULL
    assert taken(replace(RULES, estimate_limit_ms=None), door=replace(OPEN, estimate_ms=estimate_ms)) is None


@pytest.mark.parametrize(
    ("waited_ms", "exit_", "following_ms"),
    [
        (59_999, None, 60_000),
        (60_000, KEEP_WAITING, 120_000),
        (119_999, KEEP_WAITING, 120_000),
        (500_000, KEEP_WAITING, None),
    ],
)
def test_a_mark_is_due_when_it_is_reached_and_the_earliest_comes_first(
    waited_ms: int, exit_: Exit | None, following_ms: int | None
) -> None:
    """Marks that have passed are taken in order, also when the caller comes late."""
    found = due(RULES, people=Staff.HERE, kept=(), waited_ms=waited_ms)

    assert (None if found is None else found.exit) == exit_
    assert next_mark_ms(RULES, waited_ms) == following_ms


def test_what_was_taken_and_waited_through_is_not_taken_again() -> None:
    """Each mark and each kind once; the next one still comes."""
    first = due(RULES, people=Staff.SIGNED_OUT, kept=(), waited_ms=500_000)
    assert first is not None
    second = due(RULES, people=Staff.SIGNED_OUT, kept=(first.key,), waited_ms=500_000)
    assert second is not None
    third = due(RULES, people=Staff.SIGNED_OUT, kept=(first.key, second.key), waited_ms=500_000)

    assert third is not None
    assert [found.exit for found in (first, second, third)] == [
        ALL[ExitKind.NOBODY_SIGNED_IN],
        KEEP_WAITING,
        HANG_UP,
    ]


STEPS = with_exits(
    with_steps(
        queue("ventas"),
        ("fuerte", 0, ((SALES, 9), (SKILL_OF_LANGUAGE, 5))),
        ("amplio", 60_000, ((SALES, 3), (SKILL_OF_LANGUAGE, 5))),
    ),
    ALL,
)


def there(
    seen: Agent | None, rules: QueueRules, language: str = "es", medium: Medium = Medium.VOICE, **more: Any
) -> Staff:
    """Who there is in a centre of at most one agent: by the index, and counted by hand."""
    agents = [] if seen is None else [seen]
    state = State(
        routing(rules, *(one.rules for one in agents if not one.retired)),
        agents={one.id: one for one in agents},
    )
    contact = Contact(
        C1, Channel("a", "u"), "900", "v1", 0, 0, rules=rules, language=language, medium=medium, **more
    )
    found = staff(state, contact)
    assert found is by_hand(state, contact)
    return found


ANA = Agent(AgentId("ana"), agent("ana", {SALES: 3, SkillId("lang.es"): 5}), since_ms=0)


@pytest.mark.parametrize(
    ("seen", "language", "people"),
    [
        (ANA, "es", Staff.SIGNED_OUT),
        (ANA, "en", Staff.NEVER),
        (replace(ANA, presence=Presence.READY), "es", Staff.HERE),
        (replace(ANA, presence=Presence.READY), "en", Staff.NEVER),
        (replace(ANA, presence=Presence.NOT_READY, reachable=False), "es", Staff.HERE),
        (replace(ANA, presence=Presence.READY, retired=True), "es", Staff.NEVER),
        (replace(ANA, presence=Presence.READY, rules=agent("ana", {SALES: 2})), "es", Staff.NEVER),
    ],
)
def test_who_there_is_counts_the_widest_step_and_breaks_but_not_those_who_left(
    seen: Agent, language: str, people: Staff
) -> None:
    """Signed in is ready or not ready, able at any step; retired agents are nobody any more."""
    assert there(seen, STEPS, language) is people


MADRID, BOGOTA = SiteId("mad"), SiteId("bog")


@pytest.mark.parametrize(
    ("site", "sites", "wide", "people"),
    [
        (MADRID, (MADRID,), (MADRID,), Staff.SIGNED_OUT),
        (BOGOTA, (MADRID,), (MADRID,), Staff.NEVER),
        (BOGOTA, (MADRID,), (MADRID, BOGOTA), Staff.SIGNED_OUT),
        (BOGOTA, (MADRID,), (), Staff.SIGNED_OUT),
    ],
)
def test_who_sits_at_a_site_that_no_step_opens_could_never_serve(
    site: SiteId, sites: tuple[SiteId, ...], wide: tuple[SiteId, ...], people: Staff
) -> None:
    """A later step may open other sites, or all of them: then they count from the start."""
    first, last = STEPS.steps
    rules = replace(STEPS, steps=(replace(first, sites=sites), replace(last, sites=wide)))
    seen = replace(ANA, rules=replace(ANA.rules, site=site))

    assert there(seen, rules) is people


def test_a_queue_without_steps_has_sites_of_its_own() -> None:
    """The same without steps."""
    rules = with_exits(replace(queue("ventas"), sites=(MADRID,)), ALL)

    assert there(ANA, rules) is Staff.NEVER
    assert there(replace(ANA, rules=replace(ANA.rules, site=MADRID)), rules) is Staff.SIGNED_OUT


@pytest.mark.parametrize(("medium", "people"), [(Medium.VOICE, Staff.SIGNED_OUT), (Medium.CHAT, Staff.NEVER)])
def test_who_takes_no_chats_could_never_serve_one(medium: Medium, people: Staff) -> None:
    """A medium that is missing from the agent's capacity is never offered."""
    assert there(ANA, STEPS, medium=medium) is people


def test_a_queue_without_such_an_exit_is_not_looked_at() -> None:
    """Nobody at all, and it makes no difference: the contact waits."""
    state = State(routing(queue("ventas")))
    contact = Contact(C1, Channel("a", "u"), "900", "v1", 0, 0, rules=queue("ventas"))

    assert staff(state, contact) is Staff.HERE
    assert there(None, STEPS) is Staff.NEVER


@pytest.mark.parametrize(
    ("preferred", "at_least", "people"),
    [((), 1, Staff.NEVER), ((ANA.id,), 1, Staff.SIGNED_OUT), ((ANA.id,), 9, Staff.NEVER)],
)
def test_whom_a_contact_prefers_counts_by_what_is_asked_of_the_preferred(
    preferred: tuple[AgentId, ...], at_least: int, people: Staff
) -> None:
    """An agent whom no step would ask is somebody for the caller who prefers that agent."""
    wanted = Preference(10_000, (SkillNeed(SALES, at_least),))
    rules = replace(with_exits(queue("ventas", (SUPPORT, 5)), ALL), preference=wanted)

    assert there(ANA, rules, preferred=preferred) is people
