"""Every event in every order: the engine keeps its promises."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from acd import events as ev
from acd.commands import CallIn
from acd.engine import Decision, Engine
from acd.invariants import broken
from acd.model import (
    AgentId,
    Channel,
    ContactId,
    Desktop,
    EndedBy,
    ExitKind,
    ExitTo,
    OfferEnd,
    OfferId,
    OfferState,
    Phase,
    Presence,
    QueueId,
    Routing,
)
from acd.records import ContactClosed, ContactOpened
from acd.routing.waiting import why_waiting, why_waiting_all
from tests.property.centre import AGENTS, FEWER, OTHERWISE, ROUTING, Day

pytestmark = pytest.mark.property

INPUTS = 5_000

contacts = st.sampled_from([ContactId(f"c{n}") for n in range(5)])
agents = st.sampled_from([*ROUTING.agents, AgentId("nadie")])
queues = st.sampled_from([*ROUTING.queues, QueueId("ninguna")])
languages = st.sampled_from(["es", "en", ""])
homes = st.one_of(st.none(), st.integers(0, 2_000_000))
failures = st.sampled_from([r for r in OfferEnd if r is not OfferEnd.ACCEPTED])

OTHERS = [ev.ContactReturned, ev.ContactElsewhere, ev.ContactFinished]


class AnyOrder(RuleBasedStateMachine):
    """Rules are every event plus the passing of time; arguments may be right, late or nonsense."""

    def __init__(self) -> None:
        super().__init__()
        self.engine = Engine()
        self.now_ms = 1_000_000
        self.opened: set[ContactId] = set()
        self.closed: list[ContactClosed] = []
        self.offers: list[OfferId] = [OfferId("c0-o99")]
        self.chosen: dict[ContactId, str] = {}
        self.happen(ev.ConfigPublished(ROUTING))
        for agent in ROUTING.agents:
            self.happen(ev.PhoneReachable(agent, reachable=True))

    def happen(self, event: ev.Event) -> None:
        self.take(self.engine.handle(event, self.now_ms))

    def take(self, decision: Decision) -> None:
        for record in decision.records:
            if isinstance(record, ContactOpened):
                self.opened.add(record.contact_id)
                self.chosen.pop(record.contact_id, None)
            if isinstance(record, ContactClosed):
                self.closed.append(record)
        self.offers += [c.offer_id for c in decision.commands if not isinstance(c, CallIn)]

    @rule(contact=contacts)
    def a_caller_starts(self, contact: ContactId) -> None:
        self.happen(ev.ContactStarted(contact, Channel("a", f"u-{contact}"), "900"))

    @rule(contact=contacts, node=st.sampled_from(["menu", "saludo"]))
    def the_caller_moves_in_the_menu(self, contact: ContactId, node: str) -> None:
        self.happen(ev.IvrMoved(contact, node))

    @rule(contact=contacts, queue=queues, is_open=st.booleans())
    def the_caller_is_enqueued(self, contact: ContactId, queue: QueueId, is_open: bool) -> None:
        self.happen(ev.ContactEnqueued(contact, queue, is_open))

    @rule(contact=contacts)
    def the_caller_walks_the_exit(self, contact: ContactId) -> None:
        """As the shell does: in the queue that the exit names, or out."""
        known = self.engine.state.contacts.get(contact)
        if known is not None and known.exit is not None:
            if known.exit.to is ExitTo.QUEUE:
                self.happen(ev.ContactEnqueued(contact, QueueId(known.exit.name)))
            else:
                self.happen(ev.ContactFinished(contact))

    @rule(contact=contacts)
    def a_caller_visits(self, contact: ContactId) -> None:
        self.happen(ev.ContactVisited(contact))

    @rule(contact=contacts, language=languages, head_start_ms=st.integers(-5_000, 60_000))
    def the_rules_sort_a_caller(self, contact: ContactId, language: str, head_start_ms: int) -> None:
        self.happen(ev.ContactClassified(contact, language, "oro", head_start_ms, ("oro",)))

    @rule(contact=contacts, language=languages)
    def a_caller_chooses_a_language(self, contact: ContactId, language: str) -> None:
        self.happen(ev.LanguageChosen(contact, language))
        self.chosen[contact] = language

    @rule(agent=agents, in_use=st.booleans())
    def an_agent_makes_a_call(self, agent: AgentId, in_use: bool) -> None:
        self.happen(ev.PhoneInUse(agent, in_use))

    @rule(agent=agents, desktop=st.sampled_from(Desktop))
    def a_screen_comes_or_goes(self, agent: AgentId, desktop: Desktop) -> None:
        self.happen(ev.DesktopChanged(agent, desktop))

    @rule(contact=contacts, by=st.sampled_from(EndedBy))
    def the_caller_is_gone(self, contact: ContactId, by: EndedBy) -> None:
        self.happen(ev.ContactGone(contact, by))

    @rule(contact=contacts, kind=st.sampled_from(OTHERS))
    def something_else_about_the_caller(self, contact: ContactId, kind: type) -> None:
        self.happen(kind(contact))

    @rule(data=st.data(), kind=st.sampled_from([ev.OfferRinging, ev.OfferAccepted, ev.LegGone]))
    def something_about_an_offer(self, data: st.DataObject, kind: type) -> None:
        self.happen(kind(data.draw(st.sampled_from(self.offers[-6:]))))

    @rule(data=st.data(), result=failures)
    def an_offer_fails(self, data: st.DataObject, result: OfferEnd) -> None:
        self.happen(ev.OfferFailed(data.draw(st.sampled_from(self.offers[-6:])), result))

    @rule(agent=agents, presence=st.sampled_from(Presence))
    def an_agent_chooses(self, agent: AgentId, presence: Presence) -> None:
        self.happen(ev.PresenceSet(agent, presence))

    @rule(agent=agents, reachable=st.booleans())
    def a_phone_comes_or_goes(self, agent: AgentId, reachable: bool) -> None:
        self.happen(ev.PhoneReachable(agent, reachable))

    @rule(agent=agents)
    def wrap_up_is_done(self, agent: AgentId) -> None:
        self.happen(ev.WrapUpDone(agent))

    @rule(routing=st.sampled_from([ROUTING, FEWER, OTHERWISE]), move_waiting=st.booleans())
    def a_configuration_is_published(self, routing: Routing, move_waiting: bool) -> None:
        clocks = {c.id: (c.queued_ms, c.joined_ms) for c in self.engine.state.contacts.values()}
        self.happen(ev.ConfigPublished(routing, move_waiting))
        assert clocks == {c.id: (c.queued_ms, c.joined_ms) for c in self.engine.state.contacts.values()}

    @rule(ms=st.integers(0, 40_000))
    def time_passes(self, ms: int) -> None:
        self.now_ms += ms
        self.take(self.engine.advance(self.now_ms))

    @rule(data=st.data(), boot=st.sampled_from(["b1", "b2"]))
    def a_snapshot_arrives(self, data: st.DataObject, boot: str) -> None:
        """The switch holds any part of what we believe, and may hold more."""
        state = self.engine.state
        callers = [
            ev.CallerSeen(c.id, c.channel, elsewhere=data.draw(st.booleans()), home_ms=data.draw(homes))
            for c in state.contacts.values()
            if data.draw(st.booleans())
        ]
        legs = [
            ev.LegSeen(o.id, up=o.state is OfferState.ACCEPTED or data.draw(st.booleans()))
            for o in state.offers.values()
            if data.draw(st.booleans())
        ]
        legs.append(ev.LegSeen(OfferId("c9-o1"), up=False))
        reachable, in_use = (
            tuple(sorted(data.draw(st.sets(st.sampled_from(list(AGENTS)))))) for _ in range(2)
        )
        self.happen(ev.SwitchSnapshot("a", boot, self.now_ms, tuple(callers), tuple(legs), reachable, in_use))

    @invariant()
    def promises_hold(self) -> None:
        assert broken(self.engine.state) == []

    @invariant()
    def nobody_is_lost_and_nobody_counted_twice(self) -> None:
        assert len(self.opened) == len({c.contact_id for c in self.closed} | set(self.engine.state.contacts))

    @invariant()
    def records_add_up(self) -> None:
        for record in self.closed:
            spans = [s.end_ms - s.start_ms for s in record.segments]
            assert sum(spans) == record.ended_ms - record.started_ms, record

    @invariant()
    def the_callers_own_word_stands(self) -> None:
        for contact in self.engine.state.contacts.values():
            assert contact.language == self.chosen.get(contact.id, contact.language)

    @invariant()
    def everybody_who_waits_can_be_told_why(self) -> None:
        state = self.engine.state
        reasons = why_waiting_all(state, state.now_ms)
        assert reasons.keys() == {c.id for c in state.contacts.values() if c.phase is Phase.WAITING}
        for contact_id, reason in reasons.items():
            team = reason.team
            assert team.free == 0
            configured = sum(not agent.retired for agent in state.agents.values())
            assert sum(team.busy.values()) + sum(team.lacks_skill.values()) == configured
            assert reason == why_waiting(state, state.contacts[contact_id], state.now_ms)

    @invariant()
    def no_deadline_is_overdue(self) -> None:
        deadline = self.engine.next_deadline_ms()
        assert deadline is None or deadline >= self.engine.state.now_ms


AnyOrder.TestCase.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
TestAnyOrder = AnyOrder.TestCase


def test_a_long_day_comes_past_every_exit_and_no_hash_seed_changes_it() -> None:
    """Every kind of exit, every way on, a circle that is broken: the same digest under two hash seeds."""
    day = Day(seed=7)
    digest = day.run(INPUTS)
    everything = {*ExitKind, *(f"to {to}" for to in ExitTo), "circle", "CallIn", "ContactSorted"}

    assert everything - day.counted.keys() == set()
    program = f"from tests.property.centre import Day; print(Day(seed=7).run({INPUTS}))"
    for seed in ("1", "77"):
        told = subprocess.run(
            [sys.executable, "-c", program],
            cwd=Path(__file__).parents[2],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
            text=True,
        )
        assert told.stdout.strip() == digest
