from __future__ import annotations

from dataclasses import replace

import pytest

from acd import events as ev
from acd.commands import CallIn, CallOutside, Connect, EndLeg, OfferContact, Park, WithdrawOffer
from acd.model import (
    Activity,
    AgentId,
    NoAnswer,
    OfferEnd,
    OfferKind,
    OfferState,
    Phase,
    Presence,
    Target,
)
from acd.records import (
    ConsultConnected,
    ConsultEnded,
    ConsultStarted,
    ContactClosed,
    ContactHeld,
    ContactRetrieved,
    OfferAnnounced,
    OfferEnded,
    WrapStarted,
)
from tests.unit.acd.desk import (
    ANA,
    BETO,
    C1,
    C2,
    CARLA,
    OUTSIDE,
    SALES,
    SUPPORT,
    Desk,
    agent,
    of_agent,
    of_queue,
    queue,
)

pytestmark = pytest.mark.unit

RETRIEVE = ev.RetrieveAsked(C1, ANA)


def in_talk() -> Desk:
    """c1 talks to ana; beto and carla know about soporte, beto idle for longer."""
    desk = Desk(
        queue("ventas", (SALES, 1)),
        queue("soporte", (SUPPORT, 5)),
        agent("ana", {SALES: 5}),
        agent("beto", {SUPPORT: 9}),
        agent("carla", {SUPPORT: 5}),
    )
    desk.talks()
    desk.now_ms += 5_000
    return desk


def test_asking_holds_first_and_rings_then() -> None:
    """Announced before the bell, to somebody who is busy from that moment on."""
    desk = in_talk()
    leg = desk.offer_of()
    desk.happens(ev.ConsultAsked(C1, ANA, of_agent("beto")))

    asked = desk.contact().consult_id
    assert asked is not None
    rings = OfferContact(asked, C1, BETO, 15_000, kind=OfferKind.CONSULT, by=leg)
    assert desk.commands == [Park(leg, C1), rings]
    assert desk.one(ContactHeld).agent_id == ANA
    pop = desk.one(OfferAnnounced)
    assert (pop.agent_id, pop.kind, pop.by) == (BETO, OfferKind.CONSULT, ANA)
    assert desk.one(ConsultStarted) == ConsultStarted(C1, ANA, asked, of_agent("beto"), desk.now_ms)
    assert (desk.agent(BETO).activity, desk.agent(BETO).contact_id) == (Activity.OFFERED, C1)


def test_a_contact_that_is_held_already_is_not_held_twice() -> None:
    """The hold goes on; its time runs from its beginning."""
    desk = in_talk()
    desk.happens(ev.HoldAsked(C1, ANA))
    desk.happens(ev.ConsultAsked(C1, ANA, of_agent("beto")), after_ms=3_000)
    assert [c for c in desk.commands if isinstance(c, Park)] == []
    desk.happens(RETRIEVE)

    assert desk.one(ContactRetrieved).held_ms == 3_000


def test_a_queue_gives_whoever_is_free_the_longest() -> None:
    """And the record says who that was."""
    desk = in_talk()
    desk.sets(BETO, Presence.NOT_READY)
    desk.sets(BETO, Presence.READY)
    desk.happens(ev.ConsultAsked(C1, ANA, of_queue("soporte")), after_ms=1_000)

    assert desk.one(ConsultStarted).to == of_agent("carla")


def test_somebody_outside_is_no_agent() -> None:
    """Rung by a token; no screen, no offer, nobody reserved."""
    desk = in_talk()
    leg = desk.offer_of()
    asked = desk.asks(OUTSIDE, answered=False)
    assert desk.commands == [Park(leg, C1), CallOutside(asked, C1, "tok", 45_000, leg)]
    assert desk.made(OfferAnnounced) == []
    desk.happens(ev.OfferRinging(asked), ev.OfferAccepted(asked))
    assert desk.one(ConsultConnected) == ConsultConnected(C1, ANA, asked, None, desk.now_ms)
    desk.happens(ev.LegGone(asked), after_ms=7_000)

    assert (desk.one(ConsultEnded).talk_ms, desk.commands) == (7_000, [Connect(C1, leg)])


@pytest.mark.parametrize(
    ("before", "to", "why"),
    [
        ((), of_agent("zoe"), "unknown agent zoe"),
        ((), of_agent("ana"), "cannot be oneself"),
        ((), of_queue("nada"), "unknown queue nada"),
        (
            (ev.PresenceSet(BETO, Presence.NOT_READY, "comida"),),
            of_agent("beto"),
            "agent not available: not ready (comida)",
        ),
        ((), of_queue("ventas"), "nobody free in ventas"),
        ((ev.ConsultAsked(C1, ANA, OUTSIDE),), of_agent("beto"), "asks somebody already"),
    ],
)
def test_what_cannot_be_is_refused_with_the_reason(
    before: tuple[ev.Event, ...], to: Target, why: str
) -> None:
    """Nobody is put on hold for nothing."""
    desk = in_talk()
    desk.happens(*before)
    held = desk.contact().on_hold_ms
    desk.happens(ev.ConsultAsked(C1, ANA, to))

    assert (desk.why_ignored(), desk.commands, desk.contact().on_hold_ms) == ([why], [], held)


def test_only_the_agent_in_the_talk_asks() -> None:
    """Whoever else it is."""
    desk = in_talk()
    desk.happens(ev.ConsultAsked(C1, BETO, of_agent("carla")))

    assert desk.why_ignored() == ["not the agent's contact"]


def test_who_picks_up_talks_and_is_free_at_once_afterwards() -> None:
    """No wrap-up for who was asked, behind those who have been idle for longer; agent and caller are back."""
    desk = in_talk()
    leg = desk.offer_of()
    asked = desk.asks(of_agent("beto"))
    assert desk.one(ConsultConnected).with_agent == BETO
    assert desk.agent(BETO).activity is Activity.TALKING
    desk.happens(ev.LegGone(asked), after_ms=4_000)

    ended = desk.one(ConsultEnded)
    assert (ended.result, ended.talk_ms) == (OfferEnd.ACCEPTED, 4_000)
    assert (desk.commands, desk.made(WrapStarted)) == ([Connect(C1, leg)], [])
    assert (desk.agent(BETO).activity, desk.agent(BETO).idle_since_ms) == (Activity.IDLE, desk.now_ms)
    assert desk.contact().on_hold_ms is None


def test_who_does_not_pick_up_bears_what_any_unanswered_bell_means() -> None:
    """And the agent is back with the caller by itself."""
    desk = in_talk()
    leg = desk.offer_of()
    asked = desk.asks(of_agent("beto"), answered=False)
    desk.happens(ev.OfferFailed(asked, OfferEnd.NO_ANSWER), after_ms=15_000)

    assert desk.one(OfferEnded).result is desk.one(ConsultEnded).result is OfferEnd.NO_ANSWER
    assert (desk.agent(BETO).presence, desk.agent(BETO).reason) == (Presence.NOT_READY, "no_answer")
    assert desk.commands == [Connect(C1, leg)]


def test_the_rules_of_the_contacts_queue_say_what_no_answer_means() -> None:
    """As with an offer."""
    rules = replace(queue("ventas"), no_answer=NoAnswer.REST)
    desk = Desk(rules, agent("ana"), agent("beto"))
    desk.talks()
    asked = desk.asks(of_agent("beto"), answered=False)
    desk.happens(ev.OfferFailed(asked, OfferEnd.NO_ANSWER))

    assert (desk.agent(BETO).presence, desk.agent(BETO).reason) == (Presence.READY, "no_answer")


def test_taking_the_caller_back_ends_the_talk_with_who_was_asked() -> None:
    """That leg is hung up, and its agent stays busy until it is gone, so that no call meets it."""
    desk = in_talk()
    leg = desk.offer_of()
    asked = desk.asks(of_agent("beto"))
    desk.happens(RETRIEVE, after_ms=2_000)
    assert desk.commands == [EndLeg(asked), Connect(C1, leg)]
    assert (desk.agent(BETO).activity, desk.state.offers[asked].state) == (
        Activity.TALKING,
        OfferState.ENDING,
    )
    desk.happens(ev.LegGone(asked))

    assert desk.agent(BETO).activity is Activity.IDLE


def test_taking_the_caller_back_stops_the_bell() -> None:
    """The screen hears of it at once."""
    desk = in_talk()
    asked = desk.asks(of_agent("beto"), answered=False)
    desk.happens(RETRIEVE)

    assert desk.commands[0] == WithdrawOffer(asked, OfferEnd.WITHDRAWN)
    assert desk.one(OfferEnded).result is OfferEnd.WITHDRAWN


def test_who_picks_up_too_late_is_let_go_and_takes_nobody_out_of_the_talk() -> None:
    """The pick-up may have called the agent away from the caller: back they go."""
    desk = in_talk()
    leg = desk.offer_of()
    asked = desk.asks(of_agent("beto"), answered=False)
    desk.happens(RETRIEVE, ev.OfferAccepted(asked))
    assert desk.commands[-2:] == [EndLeg(asked), Connect(C1, leg)]
    desk.happens(ev.LegGone(asked))

    assert (desk.contact().phase, desk.agent(BETO).activity) == (Phase.TALKING, Activity.IDLE)


def test_who_picks_up_too_late_does_not_disturb_a_new_hold() -> None:
    """The agent is alone, as wanted."""
    desk = in_talk()
    asked = desk.asks(of_agent("beto"), answered=False)
    desk.happens(RETRIEVE, ev.HoldAsked(C1, ANA))
    desk.happens(ev.OfferAccepted(asked))

    assert desk.commands == [EndLeg(asked)]


def test_a_bell_that_the_switch_forgets_does_not_ring_for_ever() -> None:
    """The deadline of an offer holds for it as well."""
    desk = in_talk()
    desk.asks(of_agent("beto"), answered=False)
    desk.waits(20_000)

    assert desk.one(ConsultEnded).result is OfferEnd.NO_REPLY
    assert (desk.contact().on_hold_ms, desk.contact().consult_id) == (None, None)


def test_an_agent_who_hangs_up_while_it_rings_leaves_the_caller_to_the_queue() -> None:
    """The bell stops, the clock is kept."""
    desk = in_talk()
    queued_ms = desk.contact().queued_ms
    asked = desk.asks(of_agent("beto"), answered=False)
    desk.happens(ev.LegGone(desk.offer_of()))

    assert desk.commands == [WithdrawOffer(asked, OfferEnd.WITHDRAWN), CallIn(C1)]
    assert (desk.contact().phase, desk.contact().queued_ms) == (Phase.WAITING, queued_ms)


@pytest.mark.parametrize("answered", [False, True])
def test_a_caller_who_hangs_up_meanwhile_ends_both_legs(answered: bool) -> None:
    """Nobody is left talking about somebody who is gone."""
    desk = in_talk()
    leg = desk.offer_of()
    asked = desk.asks(of_agent("beto"), answered=answered)
    desk.happens(ev.ContactGone(C1), after_ms=1_000)

    stop = EndLeg(asked) if answered else WithdrawOffer(asked, OfferEnd.CALLER_GONE)
    assert desk.commands == [stop, EndLeg(leg)]
    assert [part.kind for part in desk.one(ContactClosed).segments if part.kind == "consult"] == (
        ["consult"] if answered else []
    )


def test_who_is_asked_is_offered_nothing() -> None:
    """A caller who comes meanwhile waits, or is somebody else's."""
    desk = in_talk()
    desk.asks(of_agent("beto"))
    desk.sets(CARLA, Presence.NOT_READY)
    desk.comes(C2, queue="soporte")

    assert desk.contact(C2).phase is Phase.WAITING


def test_who_is_asked_may_leave_the_configuration() -> None:
    """And is gone when the consultation is."""
    desk = in_talk()
    asked = desk.asks(of_agent("beto"))
    routing = desk.state.routing
    left = {name: rules for name, rules in routing.agents.items() if name != BETO}
    desk.happens(ev.ConfigPublished(replace(routing, version="v2", agents=left)))
    assert desk.agent(BETO).retired
    desk.happens(ev.LegGone(asked))

    assert AgentId("beto") not in desk.state.agents
