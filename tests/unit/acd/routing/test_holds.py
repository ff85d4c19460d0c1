from __future__ import annotations

from dataclasses import replace

import pytest

from acd import events as ev
from acd.commands import OfferContact
from acd.engine import Engine
from acd.model import (
    AgentId,
    AgentRules,
    Channel,
    ContactId,
    Medium,
    OfferEnd,
    PolicyRules,
    Preference,
    Presence,
    QueueId,
    SiteId,
    SkillNeed,
    Step,
)
from acd.records import ContactHeldBack, OfferAnnounced
from acd.routing.explain import names
from tests.unit.acd.desk import (
    ANA,
    BETO,
    C1,
    C2,
    C3,
    CARLA,
    SALES,
    SUPPORT,
    Desk,
    agent,
    arrival,
    queue,
    routing,
)

pytestmark = pytest.mark.unit

HELD = replace(queue("ventas", (SALES, 5)), preference=Preference(10_000, (SkillNeed(SALES, 1),)))
STAFF = (agent("ana", {SALES: 9}), agent("beto", {SALES: 1}), agent("carla", {SALES: 5}))


def offered(desk: Desk) -> list[tuple[ContactId, AgentId]]:
    return [(c.contact_id, c.agent_id) for c in desk.commands if isinstance(c, OfferContact)]


def prefers(desk: Desk, *agents: AgentId, contact: ContactId = C1) -> list[tuple[ContactId, AgentId]]:
    """A caller who should get one of these agents arrives."""
    started, enqueued = arrival(contact)
    desk.happens(started, ev.ContactClassified(contact, "", "", 0, (), agents), enqueued)
    return offered(desk)


def why_not(desk: Desk) -> dict[str, tuple[AgentId, ...]]:
    roster = sorted(desk.state.routing.agents)
    chosen = desk.one(OfferAnnounced).explanation.not_chosen
    return {reason: names(mask, roster) for reason, mask in chosen.items()}


def test_a_preferred_agent_who_is_free_comes_before_all_others() -> None:
    """The last agent of the caller gets the call, with less skill than the step asks of others."""
    desk = Desk(HELD, *STAFF)

    assert prefers(desk, AgentId("nadie"), BETO) == [(C1, BETO)]
    assert desk.one(OfferAnnounced).explanation.rank == "preferred by the contact"
    assert why_not(desk) == {"held for a preferred agent": (ANA, CARLA)}


def test_the_hold_ends_at_its_time() -> None:
    """Nobody else is asked while the preferred agent is busy, and everybody from then on."""
    desk = Desk(HELD, *STAFF)
    desk.sets(BETO, Presence.NOT_READY, "comida")
    assert prefers(desk, BETO) == []
    desk.waits(9_999)
    assert offered(desk) == []
    desk.waits(1)

    assert offered(desk) == [(C1, ANA)]


def test_the_hold_ends_when_the_last_preferred_agent_signs_out() -> None:
    """A break is waited for, an empty chair is not; one of two who stays is enough."""
    desk = Desk(HELD, *STAFF)
    for name in (BETO, CARLA):
        desk.sets(name, Presence.NOT_READY)
    assert prefers(desk, BETO, CARLA) == []
    desk.sets(BETO, Presence.LOGGED_OUT)
    assert offered(desk) == []
    desk.sets(CARLA, Presence.LOGGED_OUT)

    assert offered(desk) == [(C1, ANA)]


def test_who_prefers_nobody_able_is_not_held() -> None:
    """An agent without the least skill, or one who is not there, keeps nobody waiting."""
    desk = Desk(HELD, agent("ana", {SALES: 9}), agent("beto"))

    assert prefers(desk, BETO) == [(C1, ANA)]


def test_an_agent_who_becomes_free_gets_those_who_prefer_them_after_the_hold_too() -> None:
    """The step asks more than the preferred agent has, the preference does not."""
    desk = Desk(HELD, *STAFF)
    for name in (ANA, BETO, CARLA):
        desk.sets(name, Presence.NOT_READY)
    prefers(desk, BETO)
    desk.waits(60_000)
    desk.sets(BETO, Presence.READY)

    assert offered(desk) == [(C1, BETO)]


def test_a_refusal_of_the_preferred_agent_keeps_the_hold() -> None:
    """Until its time is over the contact waits for the one who has just been busy."""
    desk = Desk(HELD, *STAFF)
    prefers(desk, BETO)
    desk.fails(OfferEnd.BUSY, after_ms=1_000)
    assert offered(desk) == []
    desk.waits(9_000)

    assert offered(desk) == [(C1, ANA)]


VIP = replace(queue("vip", (SUPPORT, 1)), value=3.0, keep_free=1)
TWO = (
    queue("ventas", (SALES, 1)),
    VIP,
    agent("ana", {SALES: 5, SUPPORT: 5}),
    agent("beto", {SALES: 5, SUPPORT: 5}),
)


def test_agents_are_kept_free_for_what_is_worth_more_and_it_is_said_once() -> None:
    """One of the two who can do both stays free for the important queue; the wait has its reason."""
    desk = Desk(*TWO)
    desk.comes(C1)
    assert why_not(desk) == {"idle for a shorter time": (BETO,)}
    desk.comes(C2, after_ms=1)
    assert (offered(desk), desk.one(ContactHeldBack).reason) == ([], "kept free for vip")
    desk.comes(C3, queue="vip", after_ms=1)

    assert (offered(desk), desk.made(ContactHeldBack)) == ([(C3, BETO)], [])


def test_who_was_passed_over_is_served_as_soon_as_one_more_is_free() -> None:
    """The second who becomes free makes the first one free for everybody: the longest idle is asked."""
    desk = Desk(*TWO)
    desk.sets(ANA, Presence.NOT_READY)
    desk.comes(C1)
    assert offered(desk) == []
    desk.sets(ANA, Presence.READY)

    assert offered(desk) == [(C1, ANA)]


def test_the_next_in_a_group_is_told_too_when_the_first_gives_up() -> None:
    """Behind one who is passed over nobody is looked at; the next head is, at once."""
    desk = Desk(*TWO)
    desk.sets(ANA, Presence.NOT_READY)
    desk.comes(C1, C2)
    desk.happens(ev.ContactGone(C1))

    assert [record.contact_id for record in desk.made(ContactHeldBack)] == [C2]


def test_nobody_is_kept_from_one_who_would_starve() -> None:
    """Beyond the bound the reserve is open, for the oldest."""
    desk = Desk(*TWO)
    desk.happens(ev.ConfigPublished(replace(routing(*TWO, version="v2"), starve_ms=30_000)))
    desk.sets(ANA, Presence.NOT_READY)
    desk.comes(C1, C2)
    desk.waits(30_000)
    assert offered(desk) == []
    desk.waits(1)

    assert offered(desk) == [(C1, BETO)]


def test_whoever_has_waited_beyond_all_bounds_goes_first_by_age() -> None:
    """A policy that would let the cheap wait for ever is overruled."""
    dear, cheap = replace(queue("caro"), value=100.0), queue("ventas")
    rules = replace(routing(dear, cheap, agent("ana")), policy=PolicyRules("tuned"), starve_ms=60_000)
    desk = Desk(dear, cheap, agent("ana"))
    desk.happens(ev.ConfigPublished(rules))
    desk.sets(ANA, Presence.NOT_READY)
    desk.comes(C1)
    desk.comes(C2, queue="caro", after_ms=60_001)
    desk.sets(ANA, Presence.READY)

    assert offered(desk) == [(C1, ANA)]
    explained = desk.one(OfferAnnounced).explanation
    assert explained.rank == "became free; waited longest of 2"
    assert [contact for contact, _ in explained.passed_over] == [C2]


def test_a_late_contact_lets_one_before_its_target_go_first() -> None:
    """Tuned: past the target urgency falls, so the engine compares the oldest short of it too."""
    rules = replace(routing(queue("ventas"), agent("ana")), policy=PolicyRules("tuned"))
    desk = Desk(queue("ventas"), agent("ana"))
    desk.happens(ev.ConfigPublished(rules))
    desk.sets(ANA, Presence.NOT_READY)
    desk.comes(C1)
    desk.comes(C2, after_ms=10_000)
    desk.comes(C3, after_ms=1_000)
    desk.waits(19_000)
    desk.sets(ANA, Presence.READY)

    assert offered(desk) == [(C2, ANA)]


def site(rules: AgentRules, name: str) -> AgentRules:
    return replace(rules, site=SiteId(name))


def test_a_step_opens_other_sites() -> None:
    """At first only those of one site are asked; the reason for the others is where they sit."""
    rules = replace(queue("ventas"), steps=(Step("cerca", 0, (), (SiteId("mad"),)), Step("todos", 5_000, ())))
    desk = Desk(rules, site(agent("ana"), "mad"), site(agent("beto"), "bog"))
    desk.comes(C1)
    assert (offered(desk), why_not(desk)) == ([(C1, ANA)], {"other site": (BETO,)})
    desk.comes(C2)
    assert offered(desk) == []
    desk.waits(5_000)

    assert offered(desk) == [(C2, BETO)]


def test_an_agent_without_capacity_for_a_medium_is_never_asked() -> None:
    """Chat goes to whoever takes chat."""
    chats = replace(agent("beto"), capacity={Medium.CHAT: 2})
    desk = Desk(queue("ventas"), agent("ana"), chats)
    desk.happens(ev.ContactStarted(C1, Channel("a", "1"), "900", Medium.CHAT))
    desk.happens(ev.ContactEnqueued(C1, QueueId("ventas")))

    assert (offered(desk), why_not(desk)) == ([(C1, BETO)], {"takes no chat": (ANA,)})


def test_without_explanations_the_same_is_decided() -> None:
    """For simulation at speed: the same commands, nothing told."""
    quiet = Engine(explains=False)
    desk = Desk(HELD, *STAFF)
    stories: list[ev.Event] = [ev.ConfigPublished(routing(HELD, *STAFF))]
    stories += [ev.PhoneReachable(name, reachable=True) for name in (ANA, BETO, CARLA)]
    for event in stories:
        quiet.handle(event, desk.now_ms)
    for event in arrival(C1):
        assert quiet.handle(event, desk.now_ms).commands == desk.happens(event).commands
