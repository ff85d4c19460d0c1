from __future__ import annotations

from collections.abc import Mapping

import pytest

from acd import events as ev
from acd.commands import OfferContact
from acd.model import AgentId, Channel, ContactId, OfferEnd, Phase, Presence, SkillId, SkillNeed
from acd.records import AgentStateChanged, OfferAnnounced
from acd.routing.eligible import lacking
from acd.routing.needs import Needs
from tests.unit.acd.desk import ANA, BETO, C1, C2, C3, SALES, SUPPORT, Desk, agent, queue

pytestmark = pytest.mark.unit

TWO_QUEUES = (queue("ventas", (SALES, 5)), queue("soporte", (SUPPORT, 5)))


def offered(desk: Desk) -> list[tuple[ContactId, AgentId]]:
    """Who was offered to whom by the last input, in order."""
    return [(c.contact_id, c.agent_id) for c in desk.commands if isinstance(c, OfferContact)]


def everybody_out(desk: Desk, *names: AgentId) -> None:
    for name in names:
        desk.sets(name, Presence.NOT_READY)


def test_both_sides_are_reserved_in_the_step_that_chooses() -> None:
    """From the choice on, neither can be given to anybody else; the bell has its limit."""
    desk = Desk()
    desk.comes(C1)

    assert desk.commands == [OfferContact(desk.offer_of(), C1, ANA, 15_000)]
    assert (desk.contact().phase, desk.agent().offer_id) == (Phase.OFFERED, desk.offer_of())
    desk.comes(C2)
    assert offered(desk) == []


def test_the_pop_leaves_before_anything_else_that_is_said_of_the_offer() -> None:
    """The screen hears of the caller before it hears that the agent's state has changed."""
    desk = Desk()
    desk.comes(C1)
    kinds = [type(record) for record in desk.records]

    assert kinds.index(OfferAnnounced) < kinds.index(AgentStateChanged)


def test_the_oldest_is_first_across_queues() -> None:
    """One agent for two queues: who has waited longest is next, whichever queue it is."""
    desk = Desk(queue("ventas"), queue("soporte"), agent("ana"))
    everybody_out(desk, ANA)
    desk.comes(C2, queue="soporte")
    desk.comes(C1, queue="ventas", after_ms=1)
    desk.comes(C3, queue="soporte", after_ms=1)
    order = []
    desk.sets(ANA, Presence.READY)
    for _ in range(3):
        order += offered(desk)
        desk.happens(ev.OfferAccepted(desk.offer_of(order[-1][0])))
        desk.happens(ev.ContactGone(order[-1][0]), ev.WrapUpDone(ANA))

    assert [contact for contact, _ in order] == [C2, C1, C3]


def test_several_who_wait_and_several_who_are_free_are_matched_in_one_turn() -> None:
    """Longest wait to longest idle, then the next two."""
    desk = Desk(*TWO_QUEUES, agent("ana", {SALES: 5, SUPPORT: 5}), agent("beto", {SALES: 5, SUPPORT: 5}))
    desk.happens(*[ev.PhoneReachable(name, reachable=False) for name in (ANA, BETO)])
    desk.comes(C1)
    desk.comes(C2, queue="soporte", after_ms=1)
    desk.happens(ev.PhoneReachable(BETO, reachable=True), after_ms=1)
    assert offered(desk) == [(C1, BETO)]
    desk.happens(ev.PhoneReachable(ANA, reachable=True), after_ms=1)

    assert offered(desk) == [(C2, ANA)]


def test_a_queue_that_nobody_can_serve_does_not_block_another() -> None:
    """The oldest caller of all needs a skill that nobody free has: the next ones are served."""
    desk = Desk(*TWO_QUEUES, agent("ana", {SUPPORT: 9}))
    desk.comes(C1, queue="ventas")
    desk.comes(C2, queue="soporte", after_ms=1_000)

    assert (desk.contact(C1).offer_id, desk.contact(C2).offer_id) == (None, "c2-o1")


def test_a_blocked_queue_is_served_as_soon_as_somebody_can() -> None:
    """Those who were passed over keep their place: the first to become free for them is theirs."""
    desk = Desk(*TWO_QUEUES, agent("ana", {SUPPORT: 9}), agent("beto", {SALES: 5, SUPPORT: 5}))
    everybody_out(desk, BETO)
    desk.comes(C1, queue="ventas")
    desk.comes(C2, C3, queue="soporte", after_ms=1_000)
    desk.sets(BETO, Presence.READY)

    assert offered(desk) == [(C1, BETO)]


def test_nobody_starves() -> None:
    """Newcomers every second, one agent who refuses now and then: all are served in the order of arrival."""
    desk = Desk(queue("ventas", wrap_ms=0, rest_ms=1_000), queue("soporte", wrap_ms=0), agent("ana"))
    order: list[ContactId] = []
    for second in range(60):
        newcomer = ContactId(f"c{second:02}")
        desk.comes(newcomer, queue="ventas" if second % 3 else "soporte", after_ms=1_000)
        holder = desk.agent().contact_id
        if holder is None:
            continue
        if second % 7 == 6:
            desk.fails(OfferEnd.BUSY, holder)
        else:
            desk.happens(ev.OfferAccepted(desk.offer_of(holder)), ev.ContactGone(holder))
            desk.waits(0)
            order.append(holder)

    assert order == sorted(order)
    assert len(order) > 40


def test_a_failed_try_does_not_cost_the_place() -> None:
    """Refused by one agent, the caller is still ahead of those who came later."""
    desk = Desk(queue("ventas"), agent("ana"), agent("beto"))
    everybody_out(desk, BETO)
    desk.comes(C1)
    desk.comes(C2, after_ms=100)
    desk.fails(OfferEnd.DECLINED, C1, after_ms=100)
    desk.sets(BETO, Presence.READY)

    assert offered(desk) == [(C1, BETO)]


def test_each_try_has_an_id_of_its_own() -> None:
    """The id is also the leg's on the switch: a late answer to one try is never taken for another."""
    desk = Desk(queue("ventas", rest_ms=0), agent("ana"))
    desk.comes(C1)
    ids = [desk.offer_of()]
    for _ in range(3):
        desk.fails(OfferEnd.LOST)
        ids.append(desk.offer_of())

    assert ids == ["c1-o1", "c1-o2", "c1-o3", "c1-o4"]


def test_a_line_that_nobody_free_will_do_for_is_asked_about_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hundreds who wait for the same in three queues are one question to each free agent."""
    rules = [queue(name, (SALES, 5)) for name in ("q1", "q2", "q3")]
    desk = Desk(*rules, queue("soporte", (SUPPORT, 5)), *[agent(f"a{n}", {SALES: 1}) for n in range(4)])
    for n in range(300):
        desk.engine.handle(ev.ContactStarted(ContactId(f"w{n}"), Channel("a", f"{n}"), "900"), desk.now_ms)
        desk.engine.handle(ev.ContactEnqueued(ContactId(f"w{n}"), rules[n % 3].id), desk.now_ms)
    asked: list[Needs] = []

    def counted(skills: Mapping[SkillId, int], needs: Needs) -> SkillNeed | None:
        asked.append(needs)
        return lacking(skills, needs)

    monkeypatch.setattr("acd.routing.match.lacking", counted)
    desk.engine.handle(ev.PresenceSet(AgentId("a0"), Presence.NOT_READY), desk.now_ms)

    assert asked == [rules[0].needs] * 3


def test_nobody_who_waits_is_looked_at_while_nobody_is_free(monkeypatch: pytest.MonkeyPatch) -> None:
    """A full house costs nothing at each newcomer."""
    desk = Desk(queue("ventas", (SALES, 5)), agent("ana", {SALES: 5}))
    desk.talks(C1)
    desk.comes(C2)
    asked: list[Needs] = []
    monkeypatch.setattr("acd.routing.match.lacking", lambda _, needs: asked.append(needs))
    desk.comes(C3)

    assert asked == []
