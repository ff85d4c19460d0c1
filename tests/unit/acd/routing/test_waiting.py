from __future__ import annotations

import pytest

from acd import events as ev
from acd.model import SKILL_OF_LANGUAGE, AgentId, ContactId, Desktop, OfferEnd, Presence, SkillId, SkillNeed
from acd.routing.eligible import Veto
from acd.routing.waiting import Team, WaitingReason, why_waiting, why_waiting_all
from tests.unit.acd.desk import ANA, C1, C2, C3, SALES, SUPPORT, Desk, agent, queue, routing, with_steps

pytestmark = pytest.mark.unit


def why(desk: Desk, contact: ContactId = C1) -> WaitingReason:
    found = why_waiting(desk.state, desk.contact(contact), desk.now_ms)
    assert found is not None and found == why_waiting_all(desk.state, desk.now_ms)[contact]
    return found


def test_every_agent_is_counted_once_under_what_keeps_them() -> None:
    """Who could serve by what they do, who could not by the first need they miss."""
    names = [
        "hablando",
        "timbrando",
        "cerrando",
        "pausa",
        "sin-telefono",
        "propia",
        "sin-pantalla",
        "descansa",
        "fuera",
    ]
    people = {name: AgentId(name) for name in names}
    desk = Desk(
        queue("ventas", (SALES, 5)),
        queue("general"),
        *[agent(name, {SALES: 5}) for name in names],
        agent("floja", {SALES: 4}),
        agent("otra"),
    )
    for name in list(desk.state.agents):
        desk.sets(name, Presence.NOT_READY)
    for who, contact in (("cerrando", "c11"), ("hablando", "c12")):
        desk.sets(people[who], Presence.READY)
        desk.talks(ContactId(contact))
    desk.happens(ev.LegGone(desk.offer_of(ContactId("c11"))), after_ms=1_000)
    desk.sets(people["descansa"], Presence.READY)
    desk.comes(C2)
    desk.fails(OfferEnd.BUSY, C2)
    desk.sets(people["timbrando"], Presence.READY)
    desk.happens(
        ev.PhoneInUse(people["propia"], in_use=True),
        ev.DesktopChanged(people["sin-pantalla"], Desktop.GONE),
        ev.PhoneReachable(people["sin-telefono"], reachable=False),
        *[ev.PresenceSet(people[n], Presence.READY) for n in ("propia", "sin-pantalla", "sin-telefono")],
        ev.PresenceSet(people["fuera"], Presence.LOGGED_OUT),
    )
    desk.comes(C1)

    team = why(desk).team
    assert team.busy == dict.fromkeys(
        [
            Veto.LOGGED_OUT,
            Veto.NOT_READY,
            Veto.OFFERED,
            Veto.TALKING,
            Veto.WRAP_UP,
            Veto.NO_PHONE,
            Veto.OWN_CALL,
            Veto.DESKTOP_GONE,
            Veto.RESTING,
        ],
        1,
    )
    assert (team.lacks_skill, team.free) == ({SkillNeed(SALES, 5): 2}, 0)


def test_the_first_need_that_is_missed_is_the_one_that_is_told() -> None:
    """In the order of the queue's needs, with the caller's language filled in."""
    desk = Desk(
        queue("ventas", (SALES, 5), (SKILL_OF_LANGUAGE, 5)),
        agent("ana", {SALES: 4, SkillId("lang.es"): 4}),
        agent("beto", {SALES: 5}),
    )
    desk.comes(C1)

    assert why(desk).team.lacks_skill == {SkillNeed(SALES, 5): 1, SkillNeed(SkillId("lang.es"), 5): 1}


def test_the_step_and_the_time_to_the_next_are_told() -> None:
    """What holds now, and when it widens; after the last step nothing more will."""
    desk = Desk(with_steps(queue("ventas"), ("fuerte", 0, ((SALES, 9),)), ("normal", 25_000, ((SALES, 5),))))
    desk.comes(C1)
    desk.waits(10_000)
    assert (why(desk).step, why(desk).next_step_ms) == ("fuerte", 15_000)
    desk.waits(15_000)

    assert (why(desk).step, why(desk).next_step_ms) == ("normal", None)


def test_those_ahead_are_those_of_the_same_queue() -> None:
    """Who is being offered is still ahead; a head start moves up."""
    desk = Desk(queue("ventas"), queue("soporte", (SUPPORT, 1)), agent("ana"))
    desk.comes(C1, C2, C3)
    desk.comes(ContactId("c4"), queue="soporte")
    assert [why(desk, c).ahead_of_you for c in (C2, C3, ContactId("c4"))] == [1, 2, 0]
    desk.happens(ev.ContactClassified(C3, "", "oro", 60_000, ()))

    assert why(desk, C3).ahead_of_you == 0


def test_who_does_not_wait_has_no_reason_to() -> None:
    """In the menu, while the bell rings, in a talk: nothing to explain."""
    desk = Desk()
    desk.comes(C1)
    desk.happens(ev.ContactStarted(C2, desk.contact().channel, "900"))

    assert [why_waiting(desk.state, desk.contact(c), desk.now_ms) for c in (C1, C2)] == [None, None]
    assert why_waiting_all(desk.state, desk.now_ms) == {}


def test_an_agent_who_has_left_the_configuration_is_nobody() -> None:
    """Still in a talk, but no reason for anybody to wait."""
    desk = Desk()
    desk.talks(C1)
    desk.happens(ev.ConfigPublished(routing(queue("ventas"), version="v2")))
    assert desk.agent(ANA).retired
    desk.comes(C2)

    assert why(desk, C2).team == Team({}, {})
