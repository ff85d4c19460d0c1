"""A small centre with everything in it, its later configurations, and a long day at random."""

from __future__ import annotations

import hashlib
import random
from collections import Counter
from dataclasses import replace

from acd import events as ev
from acd.engine import Decision, Engine
from acd.invariants import broken
from acd.model import (
    SKILL_OF_LANGUAGE,
    Activity,
    AgentId,
    AgentRules,
    Channel,
    Clock,
    ContactId,
    Desktop,
    EndedBy,
    Exit,
    ExitKind,
    ExitTo,
    Medium,
    NoAnswer,
    OfferEnd,
    PolicyRules,
    Preference,
    Presence,
    QueueId,
    QueueRules,
    Routing,
    SignIn,
    SiteId,
    SkillId,
    SkillNeed,
    Step,
    Target,
    TargetKind,
)
from acd.records import ContactDiverted, Corrected
from acd.state import Contact
from tests.property.books import Books

SALES, SUPPORT = SkillId("ventas"), SkillId("soporte")
VENTAS, SOPORTE, GENERAL = QueueId("ventas"), QueueId("soporte"), QueueId("general")
OWN_LANGUAGE = SkillNeed(SKILL_OF_LANGUAGE, 5)
ADDED = ((), (), (SkillNeed(SUPPORT, 3),), (SkillNeed(SALES, 9), OWN_LANGUAGE))
"""What rules may ask for beside the queue."""


def to_queue(name: QueueId) -> Exit:
    return Exit(ExitTo.QUEUE, name, ("aviso",))


MADRID, BOGOTA = SiteId("mad"), SiteId("bog")
POLICIES = ("fair", "smart", "tuned")
KEEP, STOP = Exit(ExitTo.KEEP_WAITING, say=("paciencia",)), Exit(ExitTo.HANG_UP, say=("cerrado",))
QUEUES = {
    VENTAS: QueueRules(
        VENTAS,
        (SkillNeed(SALES, 5),),
        wrap_ms=3_000,
        steps=(
            Step("fuerte", 0, (SkillNeed(SALES, 8), OWN_LANGUAGE), (MADRID,)),
            Step("normal", 25_000, (SkillNeed(SALES, 5), OWN_LANGUAGE), (MADRID, BOGOTA)),
            Step("amplio", 60_000, (SkillNeed(SALES, 1),)),
        ),
        full_at=2,
        exits={
            ExitKind.CLOSED: to_queue(GENERAL),
            ExitKind.FULL: to_queue(SOPORTE),
            ExitKind.NOBODY_SIGNED_IN: KEEP,
            ExitKind.NOBODY_COULD_EVER: to_queue(GENERAL),
        },
        waited=((30_000, KEEP), (90_000, Exit(ExitTo.FLOW, "buzon"))),
        no_answer=NoAnswer.REST,
        preference=Preference(15_000, (OWN_LANGUAGE,)),
        value=3.0,
        values={"oro": 9.0},
        keep_free=1,
        place_back_ms=120_000,
        wrap_extend_ms=5_000,
        wrap_extensions_max=2,
        escalate_to=SOPORTE,
    ),
    SOPORTE: QueueRules(
        SOPORTE,
        (SkillNeed(SUPPORT, 5), replace(OWN_LANGUAGE, at_least=1)),
        wrap_ms=0,
        exits={
            ExitKind.CLOSED: to_queue(VENTAS),
            ExitKind.NOBODY_SIGNED_IN: to_queue(GENERAL),
            ExitKind.NOBODY_COULD_EVER: STOP,
            ExitKind.LONG_WAIT: to_queue(GENERAL),
        },
        no_answer=NoAnswer.READY,
        estimate_limit_ms=60_000,
        sites=(MADRID, BOGOTA),
        escalate_to=GENERAL,
        transferred_clock=Clock.NEW,
        transferred_head_start_ms=20_000,
    ),
    GENERAL: QueueRules(
        GENERAL,
        full_at=1,
        exits={
            ExitKind.CLOSED: to_queue(SOPORTE),
            ExitKind.FULL: to_queue(VENTAS),
            ExitKind.NOBODY_SIGNED_IN: to_queue(SOPORTE),
        },
        waited=((120_000, STOP),),
        place_back_ms=30_000,
        preference=Preference(40_000),
        wrap_extend_ms=5_000,
        escalate_to=QueueId("ninguna"),
    ),
}
AGENTS = {
    AgentId("ana"): AgentRules(
        AgentId("ana"), {SALES: 8, SUPPORT: 6, SkillId("lang.es"): 9}, site=MADRID, auto_answer=True
    ),
    AgentId("beto"): AgentRules(AgentId("beto"), {SALES: 5, SkillId("lang.en"): 9}, site=BOGOTA),
    AgentId("carla"): AgentRules(
        AgentId("carla"),
        {SUPPORT: 9, SALES: 1, SkillId("lang.en"): 5},
        SignIn.COMMAND,
        site=BOGOTA,
        capacity={Medium.VOICE: 1, Medium.CHAT: 1},
    ),
}
ROUTING = Routing("v1", QUEUES, AGENTS)
FEWER = replace(ROUTING, version="v2", agents={k: v for k, v in AGENTS.items() if k != "beto"})
OTHERWISE = Routing(
    "v3",
    {
        VENTAS: QueueRules(VENTAS, (SkillNeed(SALES, 8),), waited=((20_000, to_queue(SOPORTE)),)),
        SOPORTE: replace(QUEUES[SOPORTE], needs=(OWN_LANGUAGE,), steps=(), exits={}),
    },
    {**AGENTS, AgentId("beto"): AgentRules(AgentId("beto"), {SUPPORT: 5, SkillId("lang.es"): 5})},
    language="en",
    starve_ms=60_000,
)


def by_policy(name: str) -> tuple[Routing, Routing, Routing]:
    """The three configurations, routed by this policy."""
    as_always, fewer, otherwise = (
        replace(routing, version=f"{routing.version}-{name}", policy=PolicyRules(name))
        for routing in (ROUTING, FEWER, OTHERWISE)
    )
    return as_always, fewer, otherwise


TARGETS = (
    *(Target(TargetKind.AGENT, name) for name in (*AGENTS, "nadie")),
    *(Target(TargetKind.QUEUE, name) for name in (*QUEUES, "ninguna")),
    Target(TargetKind.OUTSIDE, "tok1"),
    Target(TargetKind.OUTSIDE, "tok2"),
)


def talk_events(contact: ContactId, agent: AgentId, to: Target, other: Target) -> tuple[ev.Event, ...]:
    """All that the agent in a talk may want of it."""
    return (
        ev.ContactEscalated(contact, agent),
        ev.HoldAsked(contact, agent),
        ev.RetrieveAsked(contact, agent),
        ev.MuteAsked(contact, agent, muted=to.kind is not TargetKind.OUTSIDE),
        ev.ConsultAsked(contact, agent, to),
        ev.ConsultAsked(contact, agent, other),
        ev.TransferAsked(contact, agent, to, is_open=other.kind is not TargetKind.QUEUE),
        ev.TransferAsked(contact, agent, to, anyway=True),
        ev.TransferCompleted(contact, agent),
        ev.ConferenceAsked(contact, agent),
        ev.HangUpAsked(contact, agent),
        ev.AnswerAsked(agent),
    )


FAILURES = [end for end in OfferEnd if end is not OfferEnd.ACCEPTED]


class Day:
    """Inputs drawn by a seeded chance, each after a moment; what comes out is hashed and counted."""

    def __init__(self, seed: int, policy: str = "fair") -> None:
        self.random = random.Random(seed)
        self.routings = by_policy(policy)
        self.engine = Engine()
        self.now_ms = 1_000_000
        self.counted: Counter[str] = Counter()
        self.books = Books()
        self._hash = hashlib.sha256()
        for routing in self.routings:
            self.books.publish(routing)
        self._take(self.engine.handle(ev.ConfigPublished(self.routings[0]), self.now_ms))

    def run(self, inputs: int) -> str:
        """The digest of all that came out."""
        for number in range(inputs):
            self.now_ms += self.random.choice((0, 10, 500, 2_000, 9_000))
            self._take(self.engine.handle(self._event(), self.now_ms))
            if number % 50 == 0:
                assert broken(self.engine.state) == []
                assert self.books.problems(self.engine.state) == []
        return self._hash.hexdigest()

    def _take(self, decision: Decision) -> None:
        self._hash.update(repr(decision).encode())
        self.books.take(decision.records)
        for record in decision.records:
            if isinstance(record, ContactDiverted):
                self.counted.update((record.exit.value, f"to {record.to}"))
            elif isinstance(record, Corrected) and "without a wait" in record.what:
                self.counted["circle"] += 1
        self.counted.update(type(thing).__name__ for thing in (*decision.records, *decision.commands))

    def _is_open(self) -> bool:
        """All queues close together, every third stretch of ten minutes."""
        return self.now_ms // 600_000 % 3 > 0

    def _event(self) -> ev.Event:
        draw, state = self.random, self.engine.state
        agent = draw.choice([*AGENTS, AgentId("nadie")])
        if draw.random() < 0.3:
            return self._of_agent(agent)
        talks = [c for c in state.contacts.values() if c.agent_id is not None]
        if talks and draw.random() < 0.4:
            return self._of_talk(draw.choice(talks))
        if state.offers and draw.random() < 0.4:
            return self._of_offer()
        contact = state.contacts.get(ContactId(f"c{draw.randrange(8)}"))
        if contact is not None and contact.exit is not None and draw.random() < 0.8:
            if contact.exit.to is ExitTo.QUEUE:
                return self._enqueued(contact.id, QueueId(contact.exit.name))
            return ev.ContactFinished(contact.id)
        if draw.random() < 0.01:
            routing = draw.choice((self.routings[0], *self.routings))
            return ev.ConfigPublished(routing, draw.random() < 0.5)
        return self._of_contact(ContactId(f"c{draw.randrange(8)}"))

    def _of_agent(self, agent: AgentId) -> ev.Event:
        draw = self.random
        if draw.random() < 0.02:
            return ev.PresenceSet(agent, Presence.LOGGED_OUT)
        wraps_up = [a.id for a in self.engine.state.agents.values() if a.activity is Activity.WRAP_UP]
        if wraps_up and draw.random() < 0.3:
            return ev.WrapUpExtended(draw.choice(wraps_up))
        return draw.choice(
            (
                ev.PresenceSet(agent, Presence.READY),
                ev.PresenceSet(agent, Presence.READY),
                ev.PresenceSet(agent, draw.choice((Presence.READY, Presence.NOT_READY))),
                ev.PresenceSet(agent, Presence.NOT_READY, "pausa", after_contact=True),
                ev.WrapUpDone(agent),
                ev.AnswerAsked(agent),
                ev.PhoneReachable(agent, draw.random() < 0.95),
                ev.PhoneInUse(agent, draw.random() < 0.1),
                ev.DesktopChanged(agent, draw.choice((*Desktop, Desktop.NONE))),
            )
        )

    def _of_talk(self, contact: Contact) -> ev.Event:
        draw = self.random
        assert contact.agent_id is not None
        if contact.consult_id is not None and draw.random() < 0.6:
            picked_up = ev.OfferAccepted(contact.consult_id)
            return draw.choice((picked_up, ev.ConferenceAsked(contact.id, contact.agent_id)))
        return draw.choice(talk_events(contact.id, contact.agent_id, *self._targets()))

    def _of_offer(self) -> ev.Event:
        draw = self.random
        offer = draw.choice(list(self.engine.state.offers))
        return draw.choice(
            (
                ev.OfferRinging(offer),
                ev.OfferAccepted(offer),
                ev.OfferFailed(offer, draw.choice(FAILURES)),
                ev.LegGone(offer),
            )
        )

    def _targets(self) -> tuple[Target, Target]:
        """Whom an agent may ask, and where a contact may be sent, at random."""
        draw = self.random
        return draw.choice(TARGETS), draw.choice(TARGETS)

    def _enqueued(self, contact: ContactId, queue: QueueId) -> ev.Event:
        return ev.ContactEnqueued(contact, queue, self._is_open(), self.random.choice((None, 5_000, 90_000)))

    def _asked(self, contact: ContactId) -> ev.Event:
        queue = self.random.choice(list(QUEUES))
        return ev.CallbackAsked(contact, queue, "tok", Channel("a", f"{contact}-c"), "web", self._is_open())

    def _of_promise(self, contact: ContactId) -> ev.Event:
        draw = self.random
        queues = [c.rules.id for c in self.engine.state.contacts.values() if c.absent and c.rules is not None]
        if queues and draw.random() < 0.5:
            return ev.QueueHours(draw.choice(queues), self._is_open())
        return draw.choice((ev.ContactGone(contact), ev.CallbackCancelled(contact)))

    def _of_contact(self, contact: ContactId) -> ev.Event:
        draw, known = self.random, self.engine.state.contacts.get(contact)
        if known is None and draw.random() < 0.2:
            agent, queue = draw.choice(list(AGENTS)), draw.choice((None, *QUEUES))
            return ev.ContactDialled(contact, agent, Channel("a", f"u-{contact}"), "tok", queue)
        if known is None and draw.random() < 0.1:
            return self._asked(contact)
        if known is None:
            medium = Medium.CHAT if draw.random() < 0.05 else Medium.VOICE
            return ev.ContactStarted(contact, Channel("a", f"u-{contact}"), "900", medium)
        if known.agent_id is not None and draw.random() < 0.5:
            return ev.ContactEscalated(contact, known.agent_id)
        if known.promise is not None and draw.random() < 0.5:
            return self._of_promise(contact)
        if self.engine.state.places and draw.random() < 0.1:
            return ev.CallerReturned(contact, draw.choice(list(self.engine.state.places)))
        language, queue = draw.choice(("es", "en", "fr")), draw.choice(list(QUEUES))
        segment = draw.choice(("oro", "base", "base"))
        preferred = tuple(draw.sample(list(AGENTS), draw.randrange(3)))
        return draw.choice(
            (
                self._enqueued(contact, queue),
                self._enqueued(contact, queue),
                ev.ContactVisited(contact),
                ev.ContactVisited(contact),
                ev.ContactClassified(
                    contact, language, segment, draw.randrange(60_000), ("r",), preferred, draw.choice(ADDED)
                ),
                ev.LanguageChosen(contact, language),
                ev.MessageLeft(contact),
                ev.IvrMoved(contact, "menu"),
                ev.ContactReturned(contact),
                ev.ContactReached(contact),
                ev.ContactReached(contact),
                ev.ContactElsewhere(contact),
                ev.ContactSent(contact, self._targets()[0]),
                ev.CallbackPromised(contact, queue, "tok", Channel("a", f"{contact}-c"), self._is_open()),
                ev.CallerReturned(contact, ContactId(f"c{draw.randrange(8)}")),
                ev.ContactGone(contact, draw.choice(list(EndedBy))),
            )
        )
