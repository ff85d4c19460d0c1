from __future__ import annotations

import pytest

from acd.commands import EndLeg
from acd.events import WrapUpDone
from acd.model import Activity, OfferId, Presence
from acd.records import AgentStateChanged, Ignored
from acd.state import Agent, State
from acd.timers import Timers
from acd.turn import Turn
from tests.unit.acd.desk import ANA, BETO, agent, routing

pytestmark = pytest.mark.unit


def begun(now_ms: int = 500) -> Turn:
    state = State(routing())
    for name in (ANA, BETO):
        state.agents[name] = Agent(name, agent(name), since_ms=0, presence=Presence.READY, reachable=True)
    return Turn(state, Timers(state.deadlines), now_ms)


def test_a_change_is_said_once_a_turn_with_the_agent_as_it_is_at_the_end() -> None:
    """Freed and offered again in one turn is one line for the screens, not two."""
    turn = begun()
    ana = turn.state.agents[ANA]
    turn.set_activity(ana, Activity.WRAP_UP)
    turn.set_activity(ana, Activity.IDLE)
    turn.set_activity(ana, Activity.OFFERED)
    turn.flush_agents()

    (said,) = turn.records
    assert isinstance(said, AgentStateChanged)
    assert (said.agent_id, said.activity, said.at_ms) == (ANA, Activity.OFFERED, 500)
    assert ana.since_ms == 500


def test_who_looks_the_same_as_before_is_not_mentioned() -> None:
    """There and back within a turn is no news, and the "since" on the screen is kept."""
    turn = begun()
    ana = turn.state.agents[ANA]
    turn.set_activity(ana, Activity.OFFERED)
    turn.set_activity(ana, Activity.IDLE)
    turn.flush_agents()

    assert (turn.records, ana.since_ms) == ([], 0)


def test_every_agent_that_changed_is_said_in_the_order_of_the_changes() -> None:
    """The order of records does not depend on a hash."""
    turn = begun()
    for name in (BETO, ANA):
        turn.set_presence(turn.state.agents[name], Presence.NOT_READY, "pausa")
    turn.flush_agents()

    assert [r.agent_id for r in turn.records if isinstance(r, AgentStateChanged)] == [BETO, ANA]


def test_ready_begins_the_idle_clock_and_ends_a_rest() -> None:
    """Who comes back stands behind those who stayed; repeating "ready" does not move anybody back."""
    turn = begun()
    ana = turn.state.agents[ANA]
    ana.resting_until_ms = 900
    turn.timers.set("rest:ana", 900)
    turn.set_presence(ana, Presence.NOT_READY)
    turn.set_presence(ana, Presence.READY)
    assert (ana.idle_since_ms, turn.timers.next_ms()) == (500, None)
    assert "resting_until_ms=None" in repr(ana)

    turn.now_ms = 700
    turn.set_presence(ana, Presence.READY)
    assert ana.idle_since_ms == 500


def test_an_idle_agent_holds_nothing_and_may_be_matched() -> None:
    """To be idle is to hold no offer and no contact, and to be looked at again."""
    turn = begun()
    ana = turn.state.agents[ANA]
    ana.offer_id = OfferId("c1-o1")
    turn.set_activity(ana, Activity.IDLE)

    assert list(turn.state.index.roll.freed) == [ANA]
    assert [held for held in (ana.offer_id, ana.contact_id) if held is not None] == []


def test_a_retired_agent_leaves_as_soon_as_nothing_holds_it() -> None:
    """Removed from the configuration during a talk: gone with the end of the wrap-up, and not before."""
    turn = begun()
    ana = turn.state.agents[ANA]
    ana.retired = True
    turn.set_activity(ana, Activity.WRAP_UP)
    assert ANA in turn.state.agents

    turn.set_activity(ana, Activity.IDLE)
    turn.flush_agents()
    assert ANA not in turn.state.agents


def test_what_is_ignored_is_remembered_with_its_reason() -> None:
    """The kind of input, whom it was about, why it changed nothing, and when."""
    turn = begun()
    turn.ignore(WrapUpDone(ANA), ANA, "not in wrap-up")
    turn.order(EndLeg(OfferId("c1-o1")))

    assert turn.records == [Ignored("WrapUpDone", "ana", "not in wrap-up", 500)]
    assert turn.commands == [EndLeg(OfferId("c1-o1"))]
