"""Every event in every order: the engine keeps its promises."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TypeVar, get_args

import msgspec
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from acd import events as ev
from acd.commands import CallOutside, EndLeg, OfferContact
from acd.engine import Decision, Engine
from acd.invariants import broken
from acd.model import (
    Activity,
    AgentId,
    Annotation,
    Channel,
    ContactId,
    Desktop,
    EndedBy,
    ExitKind,
    ExitTo,
    Medium,
    OfferEnd,
    OfferId,
    OfferState,
    Phase,
    Presence,
    QueueId,
    Routing,
    Target,
)
from acd.routing.needs import Needs
from acd.routing.waiting import why_waiting, why_waiting_all
from acd.state import IN_LINE, State
from tests.property.books import Books
from tests.property.centre import ADDED, AGENTS, POLICIES, QUEUES, TARGETS, Day, by_policy, talk_events

pytestmark = pytest.mark.property

Thing = TypeVar("Thing")
INPUTS = 8_000

contacts = st.sampled_from([ContactId(f"c{n}") for n in range(5)])
agents = st.sampled_from([*AGENTS, AgentId("nadie")])
queues = st.sampled_from([*QUEUES, QueueId("ninguna")])
languages = st.sampled_from(["es", "en", ""])
segments = st.sampled_from(["oro", "base"])
media = st.sampled_from([Medium.VOICE, Medium.VOICE, Medium.VOICE, Medium.CHAT])
places = st.integers(0, 4)
estimates = st.sampled_from([None, 5_000, 90_000])
bridged = st.one_of(st.none(), st.booleans())
homes = st.one_of(st.none(), st.integers(0, 2_000_000))
targets = st.sampled_from(TARGETS)
failures = st.sampled_from([r for r in OfferEnd if r is not OfferEnd.ACCEPTED])

CALL_CONTROL = {
    "ContactHeld",
    "ContactRetrieved",
    "AgentMuted",
    "ConsultConnected",
    "ConsultEnded",
    "ConferenceStarted",
    "ConferenceEnded",
    "ContactTransferred",
    "OutsideConnected",
    "OutsideEnded",
    "CustomerCalled",
    "StopCalling",
    "Confer",
    "AnswerLeg",
    "CallbackAgreed",
    "CallbackWaits",
    "CallbackEnded",
    "ContactSentTo",
    "SendingFailed",
}
OTHERS = [ev.ContactReturned, ev.ContactElsewhere, ev.ContactFinished]


class AnyOrder(RuleBasedStateMachine):
    """Rules are every event plus the passing of time; arguments may be right, late or nonsense."""

    def __init__(self) -> None:
        super().__init__()
        self.engine = Engine()
        self.now_ms = 1_000_000
        self.books = Books()
        self.offers: list[OfferId] = [OfferId("c0-o99")]
        self.chosen: dict[ContactId, str] = {}
        self.routings = by_policy(POLICIES[0])

    @initialize(policy=st.sampled_from(POLICIES))
    def the_centre_opens(self, policy: str) -> None:
        """By any policy, with all phones there."""
        self.routings = by_policy(policy)
        self.happen(ev.ConfigPublished(self.routings[0]))
        for agent in AGENTS:
            self.happen(ev.PhoneReachable(agent, reachable=True))

    @staticmethod
    def one_of(things: Iterable[Thing], which: int) -> list[Thing]:
        """The one at this place, counted round; none if there is none."""
        known = list(things)
        return [known[which % len(known)]] if known else []

    def happen(self, event: ev.Event) -> None:
        if isinstance(event, ev.ConfigPublished):
            self.books.publish(event.routing)
        self.take(self.engine.handle(event, self.now_ms))

    def take(self, decision: Decision) -> None:
        self.books.take(decision.records)
        for contact_id in self.books.opened_last:
            self.chosen.pop(contact_id, None)
        self.offers += [c.offer_id for c in decision.commands if isinstance(c, OfferContact | EndLeg)]
        self.offers += [c.leg_id for c in decision.commands if isinstance(c, CallOutside)]

    @rule(contact=contacts, medium=media)
    def a_caller_starts(self, contact: ContactId, medium: Medium) -> None:
        self.happen(ev.ContactStarted(contact, Channel("a", f"u-{contact}"), "900", medium))

    @rule(
        contact=contacts,
        queue=queues,
        segment=segments,
        preferred=st.lists(agents, max_size=2),
        answered=st.booleans(),
    )
    def a_caller_comes_all_the_way(
        self, contact: ContactId, queue: QueueId, segment: str, preferred: list[AgentId], answered: bool
    ) -> None:
        """To the line or a talk, as most do: what happens there is seldom reached by single steps."""
        self.happen(ev.ContactStarted(contact, Channel("a", f"u-{contact}"), "900"))
        self.happen(ev.ContactClassified(contact, "es", segment, 0, ("oro",), tuple(preferred)))
        self.happen(ev.ContactEnqueued(contact, queue))
        offer_id = self.engine.state.contacts[contact].offer_id
        if answered and offer_id is not None:
            self.happen(ev.OfferAccepted(offer_id))

    @rule(
        contact=contacts,
        agent=agents,
        queue=st.one_of(st.none(), queues),
        picked_up=st.booleans(),
        reached=st.booleans(),
    )
    def an_agent_dials(
        self, contact: ContactId, agent: AgentId, queue: QueueId | None, picked_up: bool, reached: bool
    ) -> None:
        """As far as it goes: the own telephone, the customer's, a talk."""
        channel = Channel("a", f"u-{contact}")
        self.happen(ev.ContactDialled(contact, agent, channel, "tok", queue))
        known = self.engine.state.contacts.get(contact)
        if picked_up and known is not None and known.phase is Phase.DIALLING and known.offer_id:
            self.happen(ev.OfferAccepted(known.offer_id))
        if reached:
            self.happen(ev.ContactReached(contact))

    @rule(contact=contacts, result=failures, rung=st.booleans())
    def a_customer_is_not_reached(self, contact: ContactId, result: OfferEnd, rung: bool) -> None:
        self.happen(ev.ContactGone(contact, EndedBy.CALLER, result, rung))

    @rule(contact=contacts, agent=agents, to=targets, other=targets, which=st.integers(0, 11))
    def somebody_wants_something_of_a_contact(
        self, contact: ContactId, agent: AgentId, to: Target, other: Target, which: int
    ) -> None:
        self.happen(talk_events(contact, agent, to, other)[which])

    @rule(which=places, to=targets, other=targets, what=st.integers(0, 11))
    def the_agent_in_a_talk_wants_something(self, which: int, to: Target, other: Target, what: int) -> None:
        talking = (c for c in self.engine.state.contacts.values() if c.agent_id)
        for contact in self.one_of(talking, which):
            assert contact.agent_id is not None
            self.happen(talk_events(contact.id, contact.agent_id, to, other)[what])

    @rule(which=places, to=targets, answered=st.booleans(), then=st.integers(0, 5))
    def an_agent_asks_somebody(self, which: int, to: Target, answered: bool, then: int) -> None:
        """All the way, and to each end of it: what happens there is seldom reached by single steps."""
        talking = (c for c in self.engine.state.contacts.values() if c.agent_id and not c.consult_id)
        for contact in self.one_of(talking, which):
            agent_id, main = contact.agent_id, contact.offer_id
            assert agent_id is not None and main is not None
            self.happen(ev.ConsultAsked(contact.id, agent_id, to))
            asked = contact.consult_id
            if asked is None:
                return
            if answered:
                self.happen(ev.OfferAccepted(asked))
            ends: list[ev.Event] = [
                ev.LegGone(main),
                ev.LegGone(asked),
                ev.TransferCompleted(contact.id, agent_id),
                ev.ConferenceAsked(contact.id, agent_id),
                ev.RetrieveAsked(contact.id, agent_id),
                ev.ContactGone(contact.id),
            ]
            self.happen(ends[then])

    @rule(which=places)
    def somebody_leaves_a_conference_or_a_consultation(self, which: int) -> None:
        together = (c for c in self.engine.state.contacts.values() if c.consult_id)
        for contact in self.one_of(together, which):
            leg = self.one_of([contact.offer_id, contact.consult_id], which // 2)[0]
            assert leg is not None
            self.happen(ev.LegGone(leg))

    @rule()
    def the_server_dies_and_reads_its_state_back(self) -> None:
        """What is written down is all there is to know."""
        text = msgspec.json.encode(msgspec.to_builtins(self.engine.state, str_keys=True))
        state = msgspec.convert(msgspec.json.decode(text), State, str_keys=True)
        assert state == self.engine.state
        self.engine = Engine(state)

    @rule(contact=contacts, queue=queues, is_open=st.booleans())
    def a_caller_is_promised_a_call(self, contact: ContactId, queue: QueueId, is_open: bool) -> None:
        self.happen(ev.CallbackPromised(contact, queue, "tok", Channel("a", f"{contact}-c"), is_open))

    @rule(contact=contacts, queue=queues, is_open=st.booleans(), rest_ms=st.sampled_from([0, 500]))
    def somebody_asks_for_a_call(
        self, contact: ContactId, queue: QueueId, is_open: bool, rest_ms: int
    ) -> None:
        channel = Channel("a", f"{contact}-c")
        self.happen(ev.CallbackAsked(contact, queue, "tok", channel, "web", is_open, rest_ms=rest_ms))

    @rule(contact=contacts, queue=queues, called=st.booleans(), reached=st.booleans())
    def a_promise_is_kept(self, contact: ContactId, queue: QueueId, called: bool, reached: bool) -> None:
        """As far as it goes: promised, gone, an agent off the hook, the customer too."""
        self.happen(ev.ContactStarted(contact, Channel("a", f"u-{contact}"), "900"))
        self.happen(ev.CallbackPromised(contact, queue, "tok", Channel("a", f"{contact}-c")))
        self.happen(ev.ContactGone(contact))
        known = self.engine.state.contacts.get(contact)
        if called and known is not None and known.absent and known.offer_id is not None:
            self.happen(ev.OfferAccepted(known.offer_id))
            assert known.phase is Phase.DIALLING
            if reached:
                self.happen(ev.ContactReached(contact))
                assert (known.phase, known.promise) == (Phase.TALKING, None)

    @rule(contact=contacts, by=st.sampled_from(EndedBy))
    def a_promise_is_taken_back(self, contact: ContactId, by: EndedBy) -> None:
        self.happen(ev.CallbackCancelled(contact, by))

    @rule(queue=queues, is_open=st.booleans())
    def a_queue_opens_or_closes(self, queue: QueueId, is_open: bool) -> None:
        self.happen(ev.QueueHours(queue, is_open))

    @rule(which=places, again=contacts, queue=queues)
    def who_was_promised_a_call_calls(self, which: int, again: ContactId, queue: QueueId) -> None:
        """For the same or for something else; the promise never rings meanwhile."""
        absent = (c for c in self.engine.state.contacts.values() if c.absent)
        for promised in self.one_of(absent, which):
            self.happen(ev.ContactStarted(again, Channel("a", f"u-{again}"), "900"))
            self.happen(ev.CallerReturned(again, promised.id))
            self.happen(ev.ContactEnqueued(again, queue))

    @rule(contact=contacts, to=targets)
    def the_menu_hands_over(self, contact: ContactId, to: Target) -> None:
        self.happen(ev.ContactSent(contact, to))

    @rule()
    def everybody_hangs_up(self) -> None:
        """Then nothing is left: no contact, no leg, nobody busy but with wrap-up."""
        for contact_id in list(self.engine.state.contacts):
            self.happen(ev.CallbackCancelled(contact_id))
        for contact_id in list(self.engine.state.contacts):
            self.happen(ev.ContactGone(contact_id))
        for offer_id in list(self.engine.state.offers):
            self.happen(ev.LegGone(offer_id))
        for offer_id in list(self.engine.state.offers):
            self.happen(ev.OfferFailed(offer_id, OfferEnd.CALLER_GONE))
        state = self.engine.state
        assert (state.contacts, state.offers, state.lines) == ({}, {}, {})
        busy = {a.activity for a in state.agents.values()} - {Activity.IDLE, Activity.WRAP_UP}
        assert busy == set()
        kinds = {name.partition(":")[0] for name in state.deadlines}
        assert kinds <= {"wrap", "rest", "phone", "place"}

    @rule(agent=agents)
    def an_agent_has_everything_to_work(self, agent: AgentId) -> None:
        self.happen(ev.PhoneReachable(agent, reachable=True))
        self.happen(ev.PhoneInUse(agent, in_use=False))
        self.happen(ev.DesktopChanged(agent, Desktop.NONE))
        self.happen(ev.PresenceSet(agent, Presence.READY))

    @rule(which=places)
    def a_bell_that_rings_is_answered(self, which: int) -> None:
        rings = (o for o in self.engine.state.offers.values() if o.state is not OfferState.ACCEPTED)
        for offer in self.one_of(rings, which):
            self.happen(ev.OfferAccepted(offer.id))

    @rule(contact=contacts, node=st.sampled_from(["menu", "saludo"]))
    def the_caller_moves_in_the_menu(self, contact: ContactId, node: str) -> None:
        self.happen(ev.IvrMoved(contact, node))

    @rule(contact=contacts, queue=queues, is_open=st.booleans(), estimate_ms=estimates)
    def the_caller_is_enqueued(
        self, contact: ContactId, queue: QueueId, is_open: bool, estimate_ms: int | None
    ) -> None:
        self.happen(ev.ContactEnqueued(contact, queue, is_open, estimate_ms))

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

    @rule(
        contact=contacts,
        language=languages,
        segment=segments,
        head_start_ms=st.integers(-5_000, 60_000),
        preferred=st.lists(agents, max_size=2, unique=True),
        needs=st.sampled_from(ADDED),
    )
    def the_rules_sort_a_caller(
        self,
        contact: ContactId,
        language: str,
        segment: str,
        head_start_ms: int,
        preferred: list[AgentId],
        needs: Needs,
    ) -> None:
        self.happen(
            ev.ContactClassified(contact, language, segment, head_start_ms, ("oro",), tuple(preferred), needs)
        )

    @rule(contact=contacts, data=st.data())
    def the_caller_had_hung_up_waiting(self, contact: ContactId, data: st.DataObject) -> None:
        """Of a contact whose place is kept, if there is any; or of any at all."""
        known = st.sampled_from([*self.engine.state.places, ContactId("c9")])
        self.happen(ev.CallerReturned(contact, data.draw(st.one_of(known, contacts))))

    @rule(contact=contacts, agent=agents)
    def somebody_escalates(self, contact: ContactId, agent: AgentId) -> None:
        self.happen(ev.ContactEscalated(contact, agent))

    @rule(which=places)
    def the_agent_in_a_talk_escalates(self, which: int) -> None:
        talking = (c for c in self.engine.state.contacts.values() if c.agent_id)
        for contact in self.one_of(talking, which):
            assert contact.agent_id is not None
            self.happen(ev.ContactEscalated(contact.id, contact.agent_id))

    @rule(which=places, again=contacts)
    def a_caller_gives_up_and_calls_again(self, which: int, again: ContactId) -> None:
        for contact in self.one_of(
            (c for c in self.engine.state.contacts.values() if c.phase in IN_LINE), which
        ):
            assert contact.rules is not None
            self.happen(ev.ContactGone(contact.id))
            self.happen(ev.ContactStarted(again, Channel("a", f"u-{again}"), "900"))
            self.happen(ev.CallerReturned(again, contact.id))
            self.happen(ev.ContactEnqueued(again, contact.rules.id))

    @rule(which=places)
    def somebody_busy_wants_a_break_afterwards(self, which: int) -> None:
        busy = (a for a in self.engine.state.agents.values() if a.activity is not Activity.IDLE)
        for agent in self.one_of(busy, which):
            self.happen(ev.PresenceSet(agent.id, Presence.NOT_READY, "comida", after_contact=True))

    @rule(which=places)
    def a_talk_is_over(self, which: int) -> None:
        talks = (o for o in self.engine.state.offers.values() if o.state is OfferState.ACCEPTED)
        for offer in self.one_of(talks, which):
            self.happen(ev.LegGone(offer.id))

    @rule(contact=contacts, language=languages)
    def a_caller_chooses_a_language(self, contact: ContactId, language: str) -> None:
        self.happen(ev.LanguageChosen(contact, language))
        self.chosen[contact] = language

    @rule(contact=contacts)
    def a_caller_leaves_a_message(self, contact: ContactId) -> None:
        self.happen(ev.MessageLeft(contact))

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

    @rule(agent=agents, presence=st.sampled_from(Presence), after_contact=st.booleans())
    def an_agent_chooses(self, agent: AgentId, presence: Presence, after_contact: bool) -> None:
        self.happen(ev.PresenceSet(agent, presence, "pausa", after_contact))

    @rule(agent=agents, reachable=st.booleans())
    def a_phone_comes_or_goes(self, agent: AgentId, reachable: bool) -> None:
        self.happen(ev.PhoneReachable(agent, reachable))

    @rule(agent=agents)
    def wrap_up_is_done(self, agent: AgentId) -> None:
        self.happen(ev.WrapUpDone(agent))

    @rule(agent=agents)
    def wrap_up_is_extended(self, agent: AgentId) -> None:
        self.happen(ev.WrapUpExtended(agent))

    @rule(contact=contacts, agent=agents, what=st.sampled_from(Annotation))
    def something_is_noted(self, contact: ContactId, agent: AgentId, what: Annotation) -> None:
        self.happen(ev.ContactAnnotated(contact, what, agent, "n1"))

    @rule(skew_ms=st.integers(0, 5_000))
    def the_server_restarts(self, skew_ms: int) -> None:
        """On the same journal: nothing but a record comes of it."""
        self.happen(ev.EngineStarted("x", skew_ms))

    @rule(which=st.integers(0, 2), policy=st.sampled_from([None, *POLICIES]), move_waiting=st.booleans())
    def a_configuration_is_published(self, which: int, policy: str | None, move_waiting: bool) -> None:
        routing: Routing = (self.routings if policy is None else by_policy(policy))[which]
        clocks = {c.id: (c.queued_ms, c.joined_ms) for c in self.engine.state.contacts.values()}
        self.happen(ev.ConfigPublished(routing, move_waiting))
        assert clocks == {c.id: (c.queued_ms, c.joined_ms) for c in self.engine.state.contacts.values()}

    @rule(ms=st.integers(0, 40_000))
    def time_passes(self, ms: int) -> None:
        self.now_ms += ms
        self.take(self.engine.advance(self.now_ms))

    @rule()
    def a_deadline_comes(self) -> None:
        due_ms = self.engine.next_deadline_ms()
        if due_ms is not None:
            self.now_ms = max(self.now_ms, due_ms)
            self.happen(ev.TimePassed())

    @rule(data=st.data(), boot=st.sampled_from(["b1", "b2"]))
    def a_snapshot_arrives(self, data: st.DataObject, boot: str) -> None:
        """The switch holds any part of what we believe, and may hold more."""
        state = self.engine.state
        callers = [
            ev.CallerSeen(c.id, c.channel, data.draw(st.booleans()), data.draw(homes), data.draw(bridged))
            for c in state.contacts.values()
            if data.draw(st.booleans())
        ]
        legs = [
            ev.LegSeen(
                o.id,
                o.state is OfferState.ACCEPTED or data.draw(st.booleans()),
                data.draw(st.booleans()),
                data.draw(st.booleans()),
                data.draw(homes),
            )
            for o in state.offers.values()
            if data.draw(st.booleans())
        ]
        legs.append(ev.LegSeen(OfferId("c9-o1"), up=False))
        legs.append(ev.LegSeen(OfferId("c1-o99"), up=True, bridged=data.draw(st.booleans())))
        reachable, in_use = (
            tuple(sorted(data.draw(st.sets(st.sampled_from(list(AGENTS)))))) for _ in range(2)
        )
        self.happen(ev.SwitchSnapshot("a", boot, self.now_ms, tuple(callers), tuple(legs), reachable, in_use))

    @invariant()
    def promises_hold(self) -> None:
        assert broken(self.engine.state) == []

    @invariant()
    def records_add_up(self) -> None:
        assert self.books.problems(self.engine.state) == []

    @invariant()
    def a_wish_is_for_the_end_of_something(self) -> None:
        for agent in self.engine.state.agents.values():
            assert agent.pending is None or agent.activity is not Activity.IDLE, agent.id
            assert agent.pending is not Presence.READY, agent.id

    @invariant()
    def no_place_is_kept_for_ever_or_twice(self) -> None:
        state = self.engine.state
        for contact_id, place in state.places.items():
            assert state.deadlines[f"place:{contact_id}"] == place.until_ms
        for contact in state.contacts.values():
            promised = None if contact.earlier is None else state.contacts.get(contact.earlier)
            by_phone = promised is not None and promised.called_in == contact.id
            assert not (contact.placed_back and contact.earlier) or by_phone, contact.id

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
            configured = sum(not agent.retired for agent in state.agents.values())
            told = sum(team.busy.values()) + sum(team.lacks_skill.values()) + team.free + team.elsewhere
            assert told == configured
            assert reason == why_waiting(state, state.contacts[contact_id], state.now_ms)

    @invariant()
    def no_deadline_is_overdue(self) -> None:
        deadline = self.engine.next_deadline_ms()
        assert deadline is None or deadline >= self.engine.state.now_ms


AnyOrder.TestCase.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
TestAnyOrder = AnyOrder.TestCase


def test_every_input_has_a_rule() -> None:
    """The machine above gives every event that there is: a new one cannot be forgotten here."""
    here = Path(__file__)
    text = here.read_text(encoding="utf-8") + here.with_name("centre.py").read_text(encoding="utf-8")

    assert [kind.__name__ for kind in get_args(ev.Event) if f"ev.{kind.__name__}" not in text] == []


@pytest.mark.parametrize("policy", POLICIES)
def test_a_long_day_comes_past_every_exit_and_no_hash_seed_changes_it(policy: str) -> None:
    """Every kind of exit, every way on, a circle that is broken: the same digest under two hash seeds."""
    day = Day(seed=7, policy=policy)
    digest = day.run(INPUTS)
    new = {"PlaceGivenBack", "ContactEscalatedTo", "WrapExtended", "ContactHeldBack", *CALL_CONTROL}
    everything = {*ExitKind, *(f"to {to}" for to in ExitTo), "circle", "CallIn", "ContactSorted", *new}

    assert everything - day.counted.keys() == set()
    program = f"from tests.property.centre import Day; print(Day(7, {policy!r}).run({INPUTS}))"
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
