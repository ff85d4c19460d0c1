"""
One visit of a caller to the server: talk through the menu, say where they stand, show the way out.

The dialplan brings the caller here again and again (new, after a restart, when
an announcement or an exit is due, after an agent). Each visit asks the engine
what the contact's phase is *now*, does what fits, and tells the dialplan what
to do next.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import structlog

from ivr.actions import HangUp, Join, Limits, Mode, Ring
from ivr.flow import Flow, NodeId, PromptId
from ivr.interpreter import Passed
from ivr.ports import Call, Services
from ivr.prompts import CLOSED, FAREWELL, FULL, LONG_WAIT, UNSTAFFED, Catalogue, Position
from ivr.unaided import Unaided
from ivr.walker import House, Walker

_log = structlog.get_logger("ivr.session")

RETRY_MS = 1_000
"""Wait before coming back when nothing sensible can be said now."""

QUIET_MS = 60_000
"""A caller on hold, or on the way to somebody by name, is fetched by the switch; this is should it fail."""
TAKEN_AWAY_MS = 2_000
"""A caller who is just being bridged waits this long, should the bridge not come about."""

ROUNDS_MAX = 8
"""Menus and exits that one visit passes: two queues that send to each other hold nobody in a whirl."""
ROUND_MS = 5_000
"""How long the caller hears music after so many."""

TRUTH = {
    "closed": CLOSED,
    "full": FULL,
    "nobody_signed_in": UNSTAFFED,
    "nobody_could_ever": UNSTAFFED,
    "waited": LONG_WAIT,
    "long_wait": LONG_WAIT,
}
"""What is said, by kind of exit, to whom is hung up on when the configuration has no words for it."""


class Lost(Exception):
    """The configuration leads nowhere from here: a queue or flow that it names is no more."""


@dataclass(frozen=True, slots=True)
class WayOut:
    """An exit that the contact has taken and that is still to be carried out."""

    kind: str
    """acd.model.ExitKind; empty: an agent hands the contact over."""
    to: str
    """queue, flow or hang_up."""
    name: str
    """Of the queue or flow."""
    say: tuple[PromptId, ...]


class Acd(Protocol):
    """The distributor, as far as a caller's visit needs it."""

    def phase(self, contact: str) -> str:
        """
        new, ivr, waiting, offered, talking, quiet, after or closed, as of now.

        Quiet is who waits for somebody in particular, with music and without a word: on hold,
        or on the way to whom an agent has handed them over.
        """

    def node(self, contact: str) -> str | None:
        """Where the contact was last seen, as "flow/node"; None for a new one."""

    def language(self, contact: str) -> str | None:
        """The caller's language if it is known."""

    def position(self, contact: str) -> Position | None:
        """The contact's place as of now; None if it does not wait."""

    def way_out(self, contact: str) -> WayOut | None:
        """The exit to carry out now, of a contact in the menu or on the way to the next tier."""

    def say_now(self, contact: str) -> tuple[PromptId, ...]:
        """What an exit has for a caller who waits on, at the visit at which it was taken."""

    def has_queue(self, queue: str) -> bool:
        """Whether somebody can wait there."""

    def queue(self, contact: str) -> str | None:
        """The one whose agent the contact has talked with last, or that it waits in."""

    async def moved(self, contact: str, node: str) -> None: ...

    async def speaks(self, contact: str, language: str) -> None: ...

    async def enqueue(self, contact: str, queue: str, *, is_open: bool) -> None: ...

    async def visited(self, contact: str) -> None: ...

    async def returned(self, contact: str) -> None: ...

    async def finished(self, contact: str) -> None: ...


class NextKind(enum.StrEnum):
    WAIT = "wait"
    """Music; come back when `wait_ms` is over or a key is pressed."""
    BYE = "bye"
    """Hang up."""


@dataclass(frozen=True, slots=True)
class Next:
    """What the dialplan does with the caller when the visit is over."""

    kind: NextKind
    wait_ms: int = 0
    say: tuple[str, ...] = ()
    """
    Sounds to play before the music goes on. The dialplan plays them by itself: should
    we die or freeze meanwhile, the caller hears the sentence, then music, not silence.
    """


BYE = Next(NextKind.BYE)


@dataclass(frozen=True, slots=True)
class Plan:
    """What one published configuration says about visits."""

    flows: Mapping[str, Flow]
    """By their name, which is their id too."""
    entries: Mapping[str, str] = field(default_factory=dict)
    """Dialled number -> flow that answers it, in the order of the configuration."""
    hours_of_queue: Mapping[str, str] = field(default_factory=dict)
    """Queue -> its opening hours; one that is missing is always open."""
    announce_every_ms: Mapping[str, int] = field(default_factory=dict)
    """By queue."""
    announce_otherwise_ms: int = 30_000
    survey_of: Mapping[str, str] = field(default_factory=dict)
    """Queue -> flow that callers go through after the talk."""
    limits: Limits = field(default_factory=Limits)
    first: Mode = Mode.KEYS
    """How a caller is asked of whom nothing is known."""

    def is_open(self, queue: str, hours_hold: Callable[[str], bool]) -> bool:
        """Whether a caller may join this queue now, as far as the clock is concerned."""
        hours = self.hours_of_queue.get(queue)
        return hours is None or hours_hold(hours)


class Session:
    """
    One visit of one contact.

    Args:
        call: The caller's leg.
        acd: The distributor.
        plan: Flows and intervals of the configuration that holds for this visit.
        catalogue: What callers hear.
        contact: Our id for the caller.
        is_open: Whether the opening hours of this name hold now.
        passed: Told of the nodes of a flow that the caller comes by, before the distributor is.
        services: Whatever else the flows can ask for.
    """

    def __init__(
        self,
        call: Call,
        acd: Acd,
        plan: Plan,
        catalogue: Catalogue,
        contact: str,
        is_open: Callable[[str], bool] = lambda hours: True,
        passed: Callable[[str, Sequence[Passed]], None] = lambda flow, nodes: None,
        services: Services | None = None,
    ) -> None:
        self._services = Unaided(plan.first) if services is None else services
        self._house = House(call, self._services, catalogue, acd, contact, is_open, passed, plan.limits)
        self._walker: Walker | None = None
        self._surveyed = False
        self._acd = acd
        self._plan = plan
        self._catalogue = catalogue
        self._contact = contact
        self._is_open = is_open
        self._log = _log.bind(contact=contact)

    async def run(self, entry: str, *, afresh: bool = False) -> Next:
        """
        Do for this caller what there is to do now.

        Args:
            entry: The number that was dialled.
            afresh:
                Whatever was before, begin with the flow of the number (behind its
                greeting if the caller has heard one), or with the first there is.

        Returns:
            WAIT with the time until the next announcement, or BYE.

        Raises:
            CallerGone:
                The leg left while we spoke. The engine was told nothing: who
                is gone, and whether to an agent, is known from the switch.
            Lost:
                The configuration has changed under the caller, who is where
                they were.
        """
        if self._acd.phase(self._contact) == "talking":
            await self._acd.returned(self._contact)
        if self._acd.phase(self._contact) == "waiting":
            await self._acd.visited(self._contact)
        for _ in range(ROUNDS_MAX):
            following = await self._round(entry, afresh=afresh)
            if following is not None:
                return following
            afresh = False
        self._log.error("visit.goes.round", entry=entry, node=self._acd.node(self._contact))
        return Next(NextKind.WAIT, ROUND_MS)

    async def _round(self, entry: str, *, afresh: bool) -> Next | None:
        """One menu, exit or announcement; None if the engine has to be asked what comes then."""
        phase = self._acd.phase(self._contact)
        if phase in {"waiting", "offered"}:
            return self._tell_position()
        if phase == "quiet":
            return Next(NextKind.WAIT, QUIET_MS)
        if phase == "talking":  # the agent has not left: about to be fetched back into the talk
            return Next(NextKind.WAIT, TAKEN_AWAY_MS)
        if phase == "closed":
            return BYE
        way_out = self._acd.way_out(self._contact)
        if way_out is not None and not afresh:
            return await self._leave(way_out)
        if phase not in {"new", "ivr"}:
            return await self._after()
        return await self._walk(*self._place(entry, afresh=afresh))

    async def _leave(self, way_out: WayOut) -> Next | None:
        """Tell the caller why, then take them where the exit leads."""
        if way_out.to == "queue":
            queue = self._known(way_out.name)
            await self._house.say(way_out.say)
            await self._enqueue(queue)
            return None
        if way_out.to == "flow":
            flow = self._plan.flows.get(way_out.name)
            if flow is None:
                raise Lost(f"flow {way_out.name}")
            await self._house.say(way_out.say)
            return await self._walk(flow, None)
        words = way_out.say or (TRUTH.get(way_out.kind, UNSTAFFED),)
        return await self._goodbye(words if FAREWELL in words else (*words, FAREWELL))

    def _place(self, entry: str, *, afresh: bool) -> tuple[Flow, NodeId | None]:
        """Which flow, and where in it; a node that is no more resumes behind the greeting."""
        known = self._acd.node(self._contact)
        name, _, node = (known or "").partition("/")
        flow = self._plan.flows.get(name)
        if flow is not None and not afresh:
            return flow, NodeId(node)
        entries = self._plan.entries
        first = next(iter(entries.values()), "") if afresh else ""
        flow = self._plan.flows.get(entries.get(entry, first))
        if flow is None:
            raise Lost(f"entry {entry}")
        return flow, None if known is None else NodeId("")

    async def hung_up(self) -> None:
        """The caller is gone for good: what the flow that they were in does then, once."""
        walker, self._walker = self._walker, None
        if walker is not None:
            await walker.hung_up()

    @property
    def hands_over(self) -> bool:
        """Whether the visit has ended with somebody being rung for the caller."""
        return self._walker is not None

    async def _after(self) -> Next | None:
        """Back from an agent: the queue's survey if this caller is in its sample, then goodbye."""
        queue = self._acd.queue(self._contact) or ""
        flow = self._plan.flows.get(self._plan.survey_of.get(queue, ""))
        if flow is None or self._surveyed:
            return await self._goodbye((FAREWELL,))
        memory = self._services.remembered() or {}
        begun = memory.get("flow") == flow.id
        self._surveyed = True
        if memory.get("is_over") if begun else not self._services.wants_survey(queue):
            return await self._goodbye((FAREWELL,))
        return await self._walk(
            flow, NodeId(str(memory.get("node", ""))) if begun else None, keeps_place=False
        )

    async def _walk(self, flow: Flow, node: NodeId | None, *, keeps_place: bool = True) -> Next | None:
        self._walker = Walker(self._house, flow, keeps_place=keeps_place)
        ending = await self._walker.run(node)
        if not isinstance(ending, Ring):  # who is only being handed over may still hang up in this node
            self._walker = None
        match ending:
            case Join(queue):
                await self._enqueue(self._known(queue))
                return None
            case Ring():
                return Next(NextKind.WAIT, QUIET_MS)
            case HangUp(prompt, values):
                return await self._goodbye(() if prompt is None else (prompt,), values)

    def _known(self, queue: str) -> str:
        if not self._acd.has_queue(queue):
            raise Lost(f"queue {queue}")
        return queue

    async def _enqueue(self, queue: str) -> None:
        is_open = self._plan.is_open(queue, self._is_open)
        await self._acd.enqueue(self._contact, queue, is_open=is_open)

    def _tell_position(self) -> Next:
        """Why they are kept waiting, if that is new; then where they stand."""
        sounds = self._catalogue.sounds(self._acd.say_now(self._contact), self._lang())
        every = self._plan.announce_otherwise_ms
        place = self._acd.position(self._contact)
        if place is not None:
            sounds += self._catalogue.position(place, self._lang())
            every = self._plan.announce_every_ms.get(place.queue, every)
        return Next(NextKind.WAIT, every, tuple(sounds))

    async def _goodbye(self, prompts: Sequence[PromptId], values: Mapping[str, str] | None = None) -> Next:
        await self._house.say(prompts, "", values)
        await self._acd.finished(self._contact)
        return BYE

    def _lang(self) -> str:
        return self._house.language()
