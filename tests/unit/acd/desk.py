"""A small centre around an engine: say what happens, see what came out of it."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

from acd import events as ev
from acd.commands import CallIn, Command
from acd.engine import Decision, Engine
from acd.invariants import broken
from acd.model import (
    AgentId,
    AgentRules,
    Channel,
    ContactId,
    Exit,
    ExitKind,
    ExitTo,
    OfferEnd,
    OfferId,
    Presence,
    QueueId,
    QueueRules,
    Routing,
    SignIn,
    SkillId,
    SkillNeed,
    Step,
    Target,
    TargetKind,
)
from acd.records import Ignored, Record
from acd.state import Agent, Contact, Offer, State

T = TypeVar("T")
START_MS = 1_000_000
SALES, SUPPORT = SkillId("ventas"), SkillId("soporte")
ANA, BETO, CARLA = AgentId("ana"), AgentId("beto"), AgentId("carla")
C1, C2, C3 = ContactId("c1"), ContactId("c2"), ContactId("c3")


def queue(name: str, *needs: tuple[SkillId, int], wrap_ms: int = 10_000, rest_ms: int = 10_000) -> QueueRules:
    """A queue of the test centre: rings 15 s, short abandons are below 5 s."""
    return QueueRules(
        QueueId(name),
        tuple(SkillNeed(skill, level) for skill, level in needs),
        ring_ms=15_000,
        wrap_ms=wrap_ms,
        busy_rest_ms=rest_ms,
        decline_rest_ms=2 * rest_ms,
        failed_rest_ms=3 * rest_ms,
        short_abandon_ms=5_000,
    )


def agent(name: str, skills: dict[SkillId, int] | None = None, sign_in: SignIn = SignIn.PHONE) -> AgentRules:
    return AgentRules(AgentId(name), skills or {}, sign_in)


def routing(*parts: QueueRules | AgentRules, version: str = "v1") -> Routing:
    """A configuration out of queues and agents."""
    queues = {part.id: part for part in parts if isinstance(part, QueueRules)}
    agents = {part.id: part for part in parts if isinstance(part, AgentRules)}
    return Routing(version, queues, agents)


def with_exits(
    rules: QueueRules, exits: dict[ExitKind, Exit], *waited: tuple[int, Exit], full_at: int | None = None
) -> QueueRules:
    return replace(rules, exits=exits, waited=waited, full_at=full_at)


def with_steps(rules: QueueRules, *steps: tuple[str, int, tuple[tuple[SkillId, int], ...]]) -> QueueRules:
    """Steps by name, beginning and needs."""
    return replace(
        rules,
        steps=tuple(
            Step(name, at_ms, tuple(SkillNeed(*need) for need in needs)) for name, at_ms, needs in steps
        ),
    )


def to_queue(name: str, *say: str) -> Exit:
    return Exit(ExitTo.QUEUE, name, say)


def of_agent(name: str) -> Target:
    return Target(TargetKind.AGENT, name)


def of_queue(name: str) -> Target:
    return Target(TargetKind.QUEUE, name)


OUTSIDE = Target(TargetKind.OUTSIDE, "tok")
KEEP_WAITING = Exit(ExitTo.KEEP_WAITING, say=("paciencia",))
HANG_UP = Exit(ExitTo.HANG_UP, say=("cerrado",))

PLAIN = (queue("ventas"), agent("ana"))
"""One queue that anybody may serve, one agent."""


class Desk:
    """
    An engine with a published configuration, all phones registered, and a clock that only we turn.

    Every input must leave the engine's promises whole.
    """

    def __init__(self, *parts: QueueRules | AgentRules, phones: bool = True) -> None:
        self.engine = Engine()
        self.now_ms = START_MS
        self.records: list[Record] = []
        self.commands: list[Command] = []
        """What the last input led to."""
        self.happens(ev.ConfigPublished(routing(*(parts or PLAIN))))
        for name in list(self.state.agents) if phones else []:
            self.happens(ev.PhoneReachable(name, reachable=True))

    @property
    def state(self) -> State:
        return self.engine.state

    def happens(self, *events: ev.Event, after_ms: int = 0) -> Decision:
        """Hand inputs in, one after the other, `after_ms` after the last ones; all results together."""
        self.now_ms += after_ms
        self.records, self.commands = [], []
        for event in events:
            self._take(self.engine.handle(event, self.now_ms))
        return Decision(tuple(self.records), tuple(self.commands))

    def waits(self, ms: int) -> Decision:
        self.now_ms += ms
        self.records, self.commands = [], []
        self._take(self.engine.advance(self.now_ms))
        return Decision(tuple(self.records), tuple(self.commands))

    def _take(self, decision: Decision) -> None:
        self.records += decision.records
        self.commands += decision.commands
        assert broken(self.state) == []

    def comes(self, *contacts: ContactId, queue: str = "ventas", after_ms: int = 0) -> None:
        """Callers arrive and join a queue."""
        self.now_ms += after_ms
        for contact in contacts:
            self.happens(*arrival(contact, queue))

    def calls_in(self) -> list[ContactId]:
        """Who was called to the door by the last input."""
        return [command.contact_id for command in self.commands if isinstance(command, CallIn)]

    def talks(self, contact: ContactId = C1) -> None:
        """A caller arrives, is offered, and the agent picks up at once."""
        self.comes(contact)
        self.happens(ev.OfferAccepted(self.offer_of(contact)))

    def asks(self, to: Target = OUTSIDE, *, answered: bool = True, by: AgentId = ANA) -> OfferId:
        """The agent in the talk with c1 asks somebody, who picks up at once, or only rings."""
        self.happens(ev.ConsultAsked(C1, by, to))
        leg = self.contact().consult_id
        assert leg is not None, self.why_ignored()
        if answered:
            self.happens(ev.OfferAccepted(leg))
        return leg

    def dials(self, contact: ContactId = C1, queue: str | None = None, *, off_hook: bool = True) -> Decision:
        """Ana calls a customer from her own telephone."""
        named = None if queue is None else QueueId(queue)
        channel = Channel("a", f"u-{contact}")
        done = self.happens(ev.ContactDialled(contact, ANA, channel, "tok", named))
        return self.happens(ev.OfferAccepted(self.offer_of(contact))) if off_hook else done

    def visits(self, contact: ContactId = C1, after_ms: int = 0) -> Decision:
        """A waiting caller is at the door again."""
        return self.happens(ev.ContactVisited(contact), after_ms=after_ms)

    def fails(self, result: OfferEnd, contact: ContactId = C1, after_ms: int = 0) -> Decision:
        return self.happens(ev.OfferFailed(self.offer_of(contact), result), after_ms=after_ms)

    def sets(self, name: AgentId, presence: Presence, reason: str = "") -> Decision:
        return self.happens(ev.PresenceSet(name, presence, reason))

    def contact(self, contact: ContactId = C1) -> Contact:
        return self.state.contacts[contact]

    def agent(self, name: AgentId = ANA) -> Agent:
        return self.state.agents[name]

    def offer_of(self, contact: ContactId = C1) -> OfferId:
        offer_id = self.contact(contact).offer_id
        assert offer_id is not None, f"{contact} has no offer"
        return offer_id

    def offer(self, contact: ContactId = C1) -> Offer:
        return self.state.offers[self.offer_of(contact)]

    def made(self, kind: type[T]) -> list[T]:
        """Records of one kind that the last input left."""
        return [record for record in self.records if isinstance(record, kind)]

    def one(self, kind: type[T]) -> T:
        """The only record of a kind."""
        (record,) = self.made(kind)
        return record

    def why_ignored(self) -> list[str]:
        return [record.reason for record in self.made(Ignored)]


def desk_with(*queues: QueueRules, presence: Presence = Presence.NOT_READY) -> Desk:
    """A second queue "general" without exits, and ana, who takes nothing yet."""
    desk = Desk(*queues, queue("general"), agent("ana", {SALES: 9}))
    desk.sets(ANA, presence)
    return desk


def arrival(contact: ContactId, queue: str = "ventas") -> tuple[ev.Event, ev.Event]:
    """What a caller's way into a queue looks like to the engine."""
    started = ev.ContactStarted(contact, Channel("a", f"u-{contact}"), "900")
    return started, ev.ContactEnqueued(contact, QueueId(queue))
