from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from acd.invariants import broken
from acd.model import (
    Activity,
    AgentId,
    Desktop,
    ExitKind,
    OfferId,
    OfferKind,
    OfferState,
    Phase,
    Presence,
    QueueId,
    SkillNeed,
)
from acd.state import Offer, State
from tests.unit.acd.desk import (
    ANA,
    BETO,
    C1,
    C2,
    C3,
    KEEP_WAITING,
    SALES,
    Desk,
    agent,
    of_agent,
    queue,
    with_exits,
    with_steps,
)

pytestmark = pytest.mark.unit


def sound() -> State:
    """c1 talks to ana, c2 rings at beto, c3 waits for its second step and its first exit."""
    steps = with_steps(queue("ventas", wrap_ms=0), ("estrecho", 0, ()), ("igual", 25_000, ()))
    rules = with_exits(steps, {ExitKind.NOBODY_SIGNED_IN: KEEP_WAITING}, (60_000, KEEP_WAITING))
    desk = Desk(rules, agent("ana"), agent("beto"))
    desk.talks(C1)
    desk.comes(C2, C3)
    return desk.state


def offer_lost(state: State) -> None:
    del state.offers[OfferId("c1-o1")]


def contact_closed(state: State) -> None:
    state.contacts[C3].phase = Phase.CLOSED
    state.lines[QueueId("ventas")].pop()


def idle_with_contact(state: State) -> None:
    state.agents[ANA].activity = Activity.IDLE


def endless_wrap_up(state: State) -> None:
    state.agents[ANA].activity = Activity.WRAP_UP


def double_booking(state: State) -> None:
    state.offers[OfferId("c2-o2")] = Offer(OfferId("c2-o2"), C2, ANA, 0, OfferState.ACCEPTED)


def offer_without_agent(state: State) -> None:
    state.agents[BETO].offer_id = None


def offer_for_nobody(state: State) -> None:
    state.contacts[C2].offer_id, state.contacts[C2].phase = None, Phase.WAITING


def endless_offer(state: State) -> None:
    state.deadlines.clear()


def lost_place(state: State) -> None:
    state.lines[QueueId("ventas")].pop()


def out_of_order(state: State) -> None:
    state.lines[QueueId("ventas")].reverse()


def without_a_stand(state: State) -> None:
    state.index.stands.clear()


def not_looked_at(state: State) -> None:
    state.agents[ANA].activity = Activity.IDLE


def taken_for_free(state: State) -> None:
    state.index.roll.free |= 1


def of_another_kind(state: State) -> None:
    state.contacts[C3].segment = "oro"


def of_another_time(state: State) -> None:
    state.contacts[C3].head_start_ms = 1


def held_for_nobody(state: State) -> None:
    state.contacts[C3].held = True


def exit_not_walked(state: State) -> None:
    state.contacts[C3].exit = KEEP_WAITING


def menu_and_queue(state: State) -> None:
    state.contacts[C1].phase = Phase.IVR


def needs_of_another_step(state: State) -> None:
    state.contacts[C3].needs = (SkillNeed(SALES, 5),)


def step_forgotten(state: State) -> None:
    del state.deadlines["step:c3"]


def exit_forgotten(state: State) -> None:
    del state.deadlines["exit:c3"]


def nobody_called(state: State) -> None:
    exit_forgotten(state)
    for one in state.agents.values():
        one.presence = Presence.LOGGED_OUT


def logged_out_and_missed(state: State) -> None:
    state.agents[ANA].presence, state.agents[ANA].desktop = Presence.LOGGED_OUT, Desktop.GONE


def waits_in_vain(state: State) -> None:
    free = replace(
        state.agents[BETO], id=AgentId("dora"), activity=Activity.IDLE, offer_id=None, contact_id=None
    )
    state.agents[AgentId("dora")] = free


BREAKS: dict[Callable[[State], None], str] = {
    offer_lost: "c1 holds unknown offer c1-o1",
    contact_closed: "c3 is closed but still here",
    idle_with_contact: "ana is idle but holds something",
    endless_wrap_up: "ana wraps up for ever",
    double_booking: "an agent holds two offers",
    offer_without_agent: "c2-o1 has no agent behind it",
    offer_for_nobody: "c2-o1 is dialling for nobody",
    endless_offer: "c2-o1 may stay open for ever",
    lost_place: "lines hold ['c2'] but ['c2', 'c3'] wait",
    out_of_order: "the line of ventas is out of order",
    without_a_stand: "['c3'] wait but [] have a stand",
    not_looked_at: "['ana'] are free but [] are looked at",
    taken_for_free: "the index takes ana for free: talking",
    of_another_kind: "c3 stands with those of another kind",
    of_another_time: "c3 stands in another place than its clock says",
    held_for_nobody: "c3 is held for its preferred agents",
    exit_not_walked: "c3 is waiting but has taken an exit",
    menu_and_queue: "c1 is in the menu and in a queue",
    needs_of_another_step: "c3 is held to the needs of another step",
    step_forgotten: "c3 will never reach its next step",
    exit_forgotten: "c3 will never reach its next exit",
    nobody_called: "c3 has an exit due and is not called",
    logged_out_and_missed: "ana is logged out and missed",
    waits_in_vain: "c3 waits while dora is free for it",
}


def asked_about() -> State:
    """c1 is on hold, ana asks beto, who has picked up."""
    desk = Desk(queue("ventas"), agent("ana"), agent("beto"))
    desk.talks()
    desk.asks(of_agent("beto"))
    return desk.state


def not_held(state: State) -> None:
    state.contacts[C1].on_hold_ms = None


def asked_by_another(state: State) -> None:
    state.offers[OfferId("c1-o2")].by = OfferId("c1-o9")


def asks_nobody(state: State) -> None:
    state.contacts[C1].consult_id = None


def asked_by_no_leg(state: State) -> None:
    state.contacts[C1].consult_id = OfferId("c1-o9")


def asked_one_is_let_go(state: State) -> None:
    state.offers[OfferId("c1-o2")].state = OfferState.ENDING


def agent_let_go(state: State) -> None:
    state.offers[OfferId("c1-o1")].state = OfferState.ENDING


def talk_not_picked_up(state: State) -> None:
    state.offers[OfferId("c1-o1")].state = OfferState.RINGING


def conference_on_hold(state: State) -> None:
    state.contacts[C1].conference = True


def conference_that_rings(state: State) -> None:
    state.contacts[C1].conference, state.contacts[C1].on_hold_ms = True, None
    state.offers[OfferId("c1-o2")].state = OfferState.RINGING


def conference_of_two(state: State) -> None:
    conference_on_hold(state)
    not_held(state)
    asks_nobody(state)


def hold_without_a_talk(state: State) -> None:
    state.contacts[C1].phase = Phase.AFTER


def leg_for_something_else(state: State) -> None:
    state.offers[OfferId("c1-o1")].kind = OfferKind.DIAL


def talk_without_an_agent(state: State) -> None:
    state.contacts[C1].agent_id = None


def dialled_by_nobody(state: State) -> None:
    contact = state.contacts[C1]
    contact.phase, contact.offer_id = Phase.DIALLING, None


TALK_BREAKS: dict[Callable[[State], None], str] = {
    not_held: "c1 is asked about and is not on hold, or by another",
    asked_by_another: "c1 is asked about and is not on hold, or by another",
    asks_nobody: "c1-o2 is accepted for nobody",
    asked_by_no_leg: "c1 asks by a leg that is not for it",
    asked_one_is_let_go: "c1 asks by c1-o2, which is ending",
    agent_let_go: "c1 has to do with c1-o1, which is ending",
    talk_not_picked_up: "c1 talks to c1-o1, which is ringing",
    conference_on_hold: "c1 is in a conference of two, or on hold in one",
    conference_that_rings: "c1 is in a conference with somebody who has not picked up",
    conference_of_two: "c1 is in a conference of two, or on hold in one",
    hold_without_a_talk: "c1 is after with something left of a talk",
    leg_for_something_else: "c1 is talking with c1-o1, a leg for dial",
    talk_without_an_agent: "c1 is talking with agent None",
    dialled_by_nobody: "c1 is dialled by nobody, for ever",
}


@pytest.mark.parametrize("spoil", TALK_BREAKS, ids=lambda spoil: spoil.__name__)
def test_each_broken_promise_of_call_control_is_named(spoil: Callable[[State], None]) -> None:
    """No leg belongs to nobody, and no state of a talk is without the legs that it needs."""
    state = asked_about()
    assert broken(state) == []
    spoil(state)

    assert TALK_BREAKS[spoil] in broken(state)


def test_a_sound_engine_breaks_no_promise() -> None:
    """Talk, ring and wait at once: nothing to say."""
    assert broken(sound()) == []


@pytest.mark.parametrize("spoil", BREAKS, ids=lambda spoil: spoil.__name__)
def test_each_broken_promise_is_named(spoil: Callable[[State], None]) -> None:
    """Whatever goes wrong in the state is said in one line that names who is concerned."""
    state = sound()
    spoil(state)

    assert BREAKS[spoil] in broken(state)


@pytest.mark.parametrize("phase", [Phase.WAITING, Phase.OFFERED])
def test_a_phase_and_its_offer_go_together(phase: Phase) -> None:
    """Offered without an offer, or waiting with one, is a contradiction."""
    state = sound()
    contact = state.contacts[C2 if phase is Phase.WAITING else C3]
    contact.phase = phase

    assert any(line.startswith(f"{contact.id} is {phase} with offer") for line in broken(state))
