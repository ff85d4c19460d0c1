"""Every event in every order: the engine keeps its promises."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from acd import events as ev
from acd.engine import Decision, Engine
from acd.invariants import broken
from acd.model import (
    AgentId,
    AgentRules,
    Channel,
    ContactId,
    EndedBy,
    OfferEnd,
    OfferId,
    OfferState,
    Presence,
    QueueId,
    QueueRules,
    Routing,
    SignIn,
    SkillId,
    SkillNeed,
)
from acd.records import ContactClosed, ContactOpened

pytestmark = pytest.mark.property

SALES, SUPPORT = SkillId("ventas"), SkillId("soporte")
ROUTING = Routing(
    version="v1",
    queues={
        QueueId("ventas"): QueueRules(QueueId("ventas"), (SkillNeed(SALES, 5),), wrap_ms=3_000),
        QueueId("soporte"): QueueRules(QueueId("soporte"), (SkillNeed(SUPPORT, 5),), wrap_ms=0),
    },
    agents={
        AgentId("ana"): AgentRules(AgentId("ana"), {SALES: 8, SUPPORT: 6}),
        AgentId("beto"): AgentRules(AgentId("beto"), {SALES: 5}),
        AgentId("carla"): AgentRules(AgentId("carla"), {SUPPORT: 9}, SignIn.COMMAND),
    },
)
FEWER = replace(ROUTING, version="v2", agents={k: v for k, v in ROUTING.agents.items() if k != "beto"})

contacts = st.sampled_from([ContactId(f"c{n}") for n in range(5)])
agents = st.sampled_from([*ROUTING.agents, AgentId("nadie")])
queues = st.sampled_from([*ROUTING.queues, QueueId("ninguna")])
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
        self.happen(ev.ConfigPublished(ROUTING))
        for agent in ROUTING.agents:
            self.happen(ev.PhoneReachable(agent, reachable=True))

    def happen(self, event: ev.Event) -> None:
        self.take(self.engine.handle(event, self.now_ms))

    def take(self, decision: Decision) -> None:
        for record in decision.records:
            if isinstance(record, ContactOpened):
                self.opened.add(record.contact_id)
            if isinstance(record, ContactClosed):
                self.closed.append(record)
        self.offers += [c.offer_id for c in decision.commands]

    @rule(contact=contacts)
    def a_caller_starts(self, contact: ContactId) -> None:
        self.happen(ev.ContactStarted(contact, Channel("a", f"u-{contact}"), "900"))

    @rule(contact=contacts, node=st.sampled_from(["menu", "saludo"]))
    def the_caller_moves_in_the_menu(self, contact: ContactId, node: str) -> None:
        self.happen(ev.IvrMoved(contact, node))

    @rule(contact=contacts, queue=queues)
    def the_caller_is_enqueued(self, contact: ContactId, queue: QueueId) -> None:
        self.happen(ev.ContactEnqueued(contact, queue))

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

    @rule(routing=st.sampled_from([ROUTING, FEWER]))
    def a_configuration_is_published(self, routing: Routing) -> None:
        self.happen(ev.ConfigPublished(routing))

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
        reachable = tuple(data.draw(st.sets(st.sampled_from(list(ROUTING.agents)))))
        self.happen(
            ev.SwitchSnapshot("a", boot, self.now_ms, tuple(callers), tuple(legs), tuple(sorted(reachable)))
        )

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
    def no_deadline_is_overdue(self) -> None:
        deadline = self.engine.next_deadline_ms()
        assert deadline is None or deadline >= self.engine.state.now_ms


AnyOrder.TestCase.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
TestAnyOrder = AnyOrder.TestCase
