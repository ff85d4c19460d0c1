"""The router's index against a model that looks at everybody: any change, any order, every policy."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from acd import events as ev
from acd.commands import OfferContact
from acd.engine import Engine
from acd.invariants import broken
from acd.model import (
    SKILL_OF_LANGUAGE,
    AgentId,
    AgentRules,
    Channel,
    ContactId,
    Medium,
    OfferEnd,
    OfferId,
    PolicyRules,
    Preference,
    Presence,
    QueueId,
    QueueRules,
    Routing,
    SiteId,
    SkillId,
    SkillNeed,
    Step,
)
from acd.records import ContactHeldBack
from acd.routing.eligible import unavailable
from acd.routing.naive import fits, kept_for
from acd.state import State

pytestmark = pytest.mark.property

VIP, SALES, CHAT = QueueId("vip"), QueueId("ventas"), QueueId("chat")
TRADE, CARE = SkillId("trato"), SkillId("cuidado")
ES, EN = SkillId("lang.es"), SkillId("lang.en")
HERE, THERE = SiteId("aqui"), SiteId("alla")
OWN = SkillNeed(SKILL_OF_LANGUAGE, 3)
QUEUES = {
    VIP: QueueRules(
        VIP,
        steps=(
            Step("cerca", 0, (SkillNeed(CARE, 6),), (HERE,)),
            Step("todos", 20_000, (SkillNeed(CARE, 3),)),
        ),
        wrap_ms=2_000,
        value=3.0,
        keep_free=1,
        preference=Preference(15_000, (SkillNeed(CARE, 1),)),
    ),
    SALES: QueueRules(
        SALES,
        (SkillNeed(TRADE, 4), OWN),
        wrap_ms=1_000,
        values={"oro": 5.0},
        preference=Preference(8_000, (OWN,)),
        decline_rest_ms=5_000,
    ),
    CHAT: QueueRules(CHAT, (SkillNeed(TRADE, 1),), wrap_ms=0),
}
AGENTS = {
    rules.id: rules
    for rules in (
        AgentRules(AgentId("ana"), {TRADE: 9, CARE: 8, ES: 9}, site=HERE),
        AgentRules(AgentId("beto"), {TRADE: 4, ES: 5, EN: 7}, site=THERE),
        AgentRules(AgentId("carla"), {CARE: 6, EN: 9}, site=HERE),
        AgentRules(
            AgentId("dora"),
            {TRADE: 6, CARE: 3, ES: 3},
            site=THERE,
            capacity={Medium.VOICE: 1, Medium.CHAT: 1},
        ),
    )
}
CENTRE = Routing("v1", QUEUES, AGENTS, starve_ms=60_000)
OTHER = replace(
    CENTRE,
    version="v2",
    agents={
        **{k: v for k, v in AGENTS.items() if k != "beto"},
        AgentId("ana"): replace(AGENTS[AgentId("ana")], skills={CARE: 2, EN: 5}),
    },
    queues={**QUEUES, VIP: replace(QUEUES[VIP], keep_free=0)},
    language="en",
)
POLICIES = {
    "fair": PolicyRules("fair"),
    "best fit": PolicyRules("fair", words={"pick": "best_fit"}),
    "smart": PolicyRules("smart"),
    "tuned": PolicyRules("tuned", {"scarcity.cuidado": 2.0, "weight.vip": 2.0, "keep_free.vip": 2.0}),
    "rule": PolicyRules(
        "rule",
        {"priority.ventas": 1.0, "reserve.ventas": 1.0, "ratio.vip": 0.4},
        {"agents": "level_then_longest_idle", "calls": "queue_ratio"},
    ),
}

KEPT_FOR = tuple(f"kept free for {queue}" for queue in QUEUES)

contacts = st.sampled_from([ContactId(f"c{n}") for n in range(7)])
agents = st.sampled_from(list(AGENTS))
failures = st.sampled_from([r for r in OfferEnd if r is not OfferEnd.ACCEPTED])


def read_back(state: State) -> State:
    """The state as a restarted server finds it."""
    text = msgspec.json.encode(msgspec.to_builtins(state, str_keys=True))
    return msgspec.convert(msgspec.json.decode(text), State, str_keys=True)


class Changes(RuleBasedStateMachine):
    """Whatever changes who waits, who is free, who may serve whom."""

    def __init__(self) -> None:
        super().__init__()
        self.engine = Engine()
        self.now_ms = 1_000_000
        self.offers: list[OfferId] = [OfferId("c0-o99")]

    @initialize(policy=st.sampled_from(sorted(POLICIES)))
    def opens(self, policy: str) -> None:
        self.policy = POLICIES[policy]
        self.happen(ev.ConfigPublished(replace(CENTRE, policy=self.policy)))
        for agent in AGENTS:
            self.happen(ev.PhoneReachable(agent, reachable=True))

    def happen(self, event: ev.Event) -> None:
        """An engine that was started on the same state, with an index made anew, decides the same."""
        again = Engine(read_back(self.engine.state))
        decision = self.engine.handle(event, self.now_ms)
        assert again.handle(event, self.now_ms) == decision
        assert again.state == self.engine.state
        self.offers += [c.offer_id for c in decision.commands if isinstance(c, OfferContact)]
        for record in decision.records:
            if isinstance(record, ContactHeldBack):
                assert record.reason in KEPT_FOR

    @rule(
        contact=contacts,
        queue=st.sampled_from([VIP, SALES, SALES]),
        medium=st.sampled_from([Medium.VOICE] * 4 + [Medium.CHAT]),
        wants=st.lists(agents, max_size=2),
        data=st.data(),
    )
    def one_comes(
        self, contact: ContactId, queue: QueueId, medium: Medium, wants: list[AgentId], data: st.DataObject
    ) -> None:
        if contact not in self.engine.state.contacts:
            self.happen(ev.ContactStarted(contact, Channel("a", contact), "900", medium))
            segment = data.draw(st.sampled_from(["", "oro"]))
            language = data.draw(st.sampled_from(["es", "en", ""]))
            head_start_ms = data.draw(st.sampled_from([0, 0, 5_000, -3_000, 59_000]))
            self.happen(ev.ContactClassified(contact, language, segment, head_start_ms, (), tuple(wants)))
        self.happen(ev.ContactEnqueued(contact, CHAT if medium is Medium.CHAT else queue))

    @rule(contact=contacts, wants=st.lists(agents, max_size=2), segment=st.sampled_from(["", "oro"]))
    def one_is_sorted_anew(self, contact: ContactId, wants: list[AgentId], segment: str) -> None:
        self.happen(ev.ContactClassified(contact, "es", segment, 1_000, (), tuple(wants)))

    @rule(contact=contacts)
    def one_leaves(self, contact: ContactId) -> None:
        self.happen(ev.ContactGone(contact))

    @rule(agent=agents, presence=st.sampled_from([Presence.READY, Presence.READY, *Presence]))
    def an_agent_chooses(self, agent: AgentId, presence: Presence) -> None:
        self.happen(ev.PresenceSet(agent, presence))

    @rule(agent=agents, reachable=st.booleans())
    def a_phone_changes(self, agent: AgentId, reachable: bool) -> None:
        self.happen(ev.PhoneReachable(agent, reachable))

    @rule(data=st.data())
    def an_agent_picks_up(self, data: st.DataObject) -> None:
        self.happen(ev.OfferAccepted(data.draw(st.sampled_from(self.offers[-4:]))))

    @rule(data=st.data(), result=failures)
    def a_try_fails(self, data: st.DataObject, result: OfferEnd) -> None:
        self.happen(ev.OfferFailed(data.draw(st.sampled_from(self.offers[-4:])), result))

    @rule(data=st.data())
    def a_talk_ends(self, data: st.DataObject) -> None:
        self.happen(ev.LegGone(data.draw(st.sampled_from(self.offers[-4:]))))

    @rule(ms=st.sampled_from([1, 500, 4_000, 9_000, 21_000, 61_000]))
    def time_passes(self, ms: int) -> None:
        self.now_ms += ms
        self.happen(ev.TimePassed())

    @rule(routing=st.sampled_from([CENTRE, OTHER]), moving=st.booleans())
    def a_configuration_is_published(self, routing: Routing, moving: bool) -> None:
        self.happen(ev.ConfigPublished(replace(routing, policy=self.policy), moving))

    @invariant()
    def promises_hold(self) -> None:
        assert broken(self.engine.state) == []

    @invariant()
    def who_is_kept_from_somebody_free_is_known(self) -> None:
        state = self.engine.state
        for contact in state.contacts.values():
            for agent in state.agents.values():
                if contact.id in state.index.stands and unavailable(agent, self.now_ms) is None:
                    assert not fits(state, agent, contact) or kept_for(state, agent, contact) is not None

    @invariant()
    def nothing_is_left_to_look_at(self) -> None:
        index = self.engine.state.index
        assert not (index.newcomers or index.stirred or index.rescan)
        assert not (index.roll.freed or index.roll.came_or_went)


Changes.TestCase.settings = settings(max_examples=80, stateful_step_count=40, deadline=None)
TestChanges = Changes.TestCase
