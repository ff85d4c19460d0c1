from __future__ import annotations

import pytest

from acd import events as ev
from acd.commands import OfferContact
from acd.model import AgentId, Channel, ContactId, OfferEnd, Phase, Presence
from acd.records import AgentStateChanged, OfferAnnounced
from acd.routing import choose
from acd.routing.groups import Stand
from acd.routing.index import Index
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


def looks(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the router looks at from now on: contacts that seek, agents who choose."""
    seen: list[str] = []
    for name in ("agent_for", "contact_for"):
        real = getattr(choose, name)

        def counted(index: Index, who: object, *rest: object, real: object = real, **more: object) -> object:
            assert isinstance(who, Stand | int) and callable(real)
            seen.append(who.key[1] if isinstance(who, Stand) else index.crowd.ids[who])
            return real(index, who, *rest, **more)

        monkeypatch.setattr(f"acd.routing.match.{name}", counted)
    return seen


def test_only_what_has_changed_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hundreds wait, some are free: a newcomer seeks, an agent chooses, nobody else is asked."""
    rules = [queue(name, (SALES, 5)) for name in ("q1", "q2", "q3")]
    desk = Desk(*rules, queue("soporte", (SUPPORT, 5)), *[agent(f"a{n}", {SALES: 1}) for n in range(4)])
    for n in range(300):
        desk.engine.handle(ev.ContactStarted(ContactId(f"w{n}"), Channel("a", f"{n}"), "900"), desk.now_ms)
        desk.engine.handle(ev.ContactEnqueued(ContactId(f"w{n}"), rules[n % 3].id), desk.now_ms)
    seen = looks(monkeypatch)
    desk.comes(C1, queue="soporte")
    assert seen == [C1]
    desk.sets(AgentId("a0"), Presence.NOT_READY)
    desk.sets(AgentId("a0"), Presence.READY)

    assert seen == [C1, "a0"]
