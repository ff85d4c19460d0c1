"""
A caller's visits: from the dialplan's question "what now?" to our answer.

The contact gets our own id at the first visit; it travels in a variable of the
caller's channel, so that a later visit (after an announcement, an agent, or a
restart of ours) finds the contact again. The answer `CC_NEXT` is set last: if
anything fails before, the dialplan notices that it is unset and comes back.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import structlog

from acd import events as ev
from acd.model import Channel, ContactId, OfferState, Outcome, Phase, QueueId
from acd.records import ContactClosed, Record
from acd.state import Contact, State
from centralita.contact_ids import new_contact_id
from centralita.tasks import spawn
from ivr.flow import PromptId
from ivr.interpreter import Passed
from ivr.ports import Call, CallerGone, Services
from ivr.prompts import Catalogue, Position
from ivr.session import QUIET_MS, RETRY_MS, TAKEN_AWAY_MS, Lost, Next, NextKind, Plan, Session, WayOut
from ivr.unaided import Unaided

_log = structlog.get_logger("callers")

_HUNG_UP = (Outcome.ABANDONED_IVR, Outcome.VOICEMAIL)
"""What becomes of who hangs up in a menu."""

QUIET = "quiet"
"""The phase of a caller who hears music and no word: see `ivr.session.Acd.phase`."""


@dataclass(frozen=True, slots=True)
class Visit:
    """What the switch tells at the door."""

    switch: str
    uniqueid: str
    channel: str
    entry: str
    contact: str
    """Our id from an earlier visit, or empty."""
    key: str
    came_back: bool
    """From an agent."""
    number: str
    name: str
    withheld: bool
    trunk: str = ""
    """The line to the telephone network that the call came by; empty for one of our own phones."""


class Line(Call, Protocol):
    """The caller's leg, and the answer to the dialplan."""

    async def remember(self, values: Mapping[str, str]) -> None:
        """Set variables of the caller's channel, in this order."""

    async def run_script(self, script: Path) -> None:
        """Hand the leg to an AGI script until it ends."""


@dataclass(frozen=True, slots=True)
class Published:
    """The part of one version of the configuration that visits need."""

    plan: Plan
    catalogue: Catalogue
    scripts: Mapping[str, Path]
    is_open: Callable[[str], bool] = lambda hours: True
    """Whether the opening hours of this name hold now."""


async def unclassified(contact_id: ContactId, visit: Visit, queue: str) -> None:
    """Nothing is known of the caller but that they are there."""


async def never_here(contact_id: ContactId) -> ContactId | None:
    """Nobody is known to have hung up waiting."""
    return None


async def nothing_to_read(contact_id: ContactId) -> None:
    """Nothing was known before."""


@dataclass(frozen=True, slots=True)
class Ports:
    state: Callable[[], State]
    ask: Callable[[ev.Event], Awaitable[object]]
    arrived: Callable[[ContactId, Visit], None]
    """Whoever keeps numbers and names is told before the engine is."""
    is_gone: Callable[[ContactId], Awaitable[bool]]
    """Whether the switch has no such caller any more; takes its time to be sure."""
    published: Callable[[str], Published]
    """By version of the configuration: callers keep the one they came to; "" is the newest."""
    now_ms: Callable[[], int]
    classify: Callable[[ContactId, Visit, str], Awaitable[None]] = unclassified
    """
    Sort the caller: before the first word (queue "") and again right before they join a queue.

    Waits for facts within its own time limit; the caller hears music meanwhile.
    """
    earlier: Callable[[ContactId], Awaitable[ContactId | None]] = never_here
    """The contact in which the same caller hung up waiting not long ago; within its own time limit."""
    estimate: Callable[[ContactId, QueueId], int | None] = lambda _contact_id, _queue: None
    """Wait, milliseconds, of a contact that would join this queue now; None: not known well enough."""
    to_tell: Callable[[ContactId], tuple[int, int] | None] = lambda _contact_id: None
    """From and to, milliseconds, of the rest of a waiting caller's wait; None: not to be told."""
    passed: Callable[[ContactId, str, Sequence[Passed]], None] = lambda _contact_id, _flow, _nodes: None
    """Whoever keeps the way through the menus is told before the engine is."""
    services: Callable[[ContactId, Visit], Services] = lambda _contact_id, _visit: Unaided()
    """What flows can ask for, bound to one contact; made anew at every visit."""
    ready: Callable[[ContactId], Awaitable[None]] = nothing_to_read
    """Waits, within its own time limit, until those services know again what they knew before a restart."""


@dataclass(slots=True)
class _Talk:
    """What is going on in a visit: who hangs up leaves it behind."""

    session: Session | None = None


class Callers:
    def __init__(self, ports: Ports) -> None:
        self._ports = ports
        self._handed: dict[ContactId, Session] = {}
        """Who is being handed over by a flow, with music and without us, and the visit that began it."""

    def follow(self, records: Iterable[Record]) -> None:
        """Keep step with the engine: a flow also ends for who hangs up while somebody is rung for them."""
        for record in records:
            if isinstance(record, ContactClosed):
                session = self._handed.pop(record.contact_id, None)
                if session is not None and record.outcome in _HUNG_UP:
                    spawn(session.hung_up(), name=f"hung up {record.contact_id}")

    async def visit(self, visit: Visit, line: Line) -> None:
        """Do what there is to do for this caller, then tell the dialplan what comes next."""
        contact_id = ContactId(visit.contact) or new_contact_id(self._ports.now_ms())
        log, talk = _log.bind(contact=contact_id), _Talk()
        self._handed.pop(contact_id, None)
        try:
            following = await self._serve(contact_id, visit, line, talk)
            if talk.session is not None and talk.session.hands_over:
                self._handed[contact_id] = talk.session
            await line.remember(
                {
                    "CC_SAY": "&".join(following.say),
                    "CC_WAIT": str(max(1, round(following.wait_ms / 1000))),
                    "CC_NEXT": "bye" if following.kind is NextKind.BYE else "wait",
                }
            )
        except CallerGone:
            log.debug("visit.left")
            if await self._ports.is_gone(contact_id):
                await self._close(contact_id, visit, talk)

    async def _close(self, contact_id: ContactId, visit: Visit, talk: _Talk) -> None:
        """The caller is gone for good, which the engine may know already."""
        self._handed.pop(contact_id, None)
        if talk.session is not None:
            await talk.session.hung_up()
        contact = self._ports.state().contacts.get(contact_id)
        if contact is not None and contact.channel.uniqueid == visit.uniqueid:  # else it is called back
            await self._ports.ask(ev.ContactGone(contact_id))

    async def _serve(self, contact_id: ContactId, visit: Visit, line: Line, talk: _Talk) -> Next:
        self._ports.arrived(contact_id, visit)
        if not visit.contact:
            await line.remember({"CC_CONTACT": contact_id})
        acd = EngineView(self._ports, contact_id, visit)
        contact = acd.known()
        if contact is None:
            channel = Channel(visit.switch, visit.uniqueid)
            await self._ports.ask(ev.ContactStarted(contact_id, channel, visit.entry))
            await self._ports.classify(contact_id, visit, "")
            await self._tell_if_back(contact_id)
        elif acd.phase(contact_id) == QUIET:
            # Who comes home from a talk outside may be here before the news that the other has hung up.
            just_back = visit.came_back and acd.talks_outside()
            return Next(NextKind.WAIT, TAKEN_AWAY_MS if just_back else QUIET_MS)
        elif contact.phase is Phase.DIALLING or (contact.phase is Phase.TALKING and not visit.came_back):
            return Next(NextKind.WAIT, TAKEN_AWAY_MS)
        published = self._published(acd)
        if contact is not None and contact.phase is Phase.FALLBACK and contact.rules is not None:
            queue = contact.rules.id
            await acd.enqueue(contact_id, queue, is_open=published.plan.is_open(queue, published.is_open))
        script = published.scripts.get(visit.entry)
        if script is not None:
            await line.run_script(script)
            await acd.finished(contact_id)
            return Next(NextKind.BYE)
        return await self._talk(line, acd, published, visit, talk)

    async def _tell_if_back(self, contact_id: ContactId) -> None:
        earlier = await self._ports.earlier(contact_id)
        if earlier is not None:
            await self._ports.ask(ev.CallerReturned(contact_id, earlier))

    async def _talk(
        self, line: Line, acd: EngineView, published: Published, visit: Visit, talk: _Talk
    ) -> Next:
        """By the caller's own configuration; if it leads nowhere any more, by the newest."""
        newest = self._ports.published("")
        services = self._ports.services(acd.contact_id, visit)
        await self._ports.ready(acd.contact_id)
        for used, afresh in ((published, False), (newest, False), (newest, True)):
            passed = partial(self._ports.passed, acd.contact_id)
            session = talk.session = Session(
                line, acd, used.plan, used.catalogue, acd.contact_id, used.is_open, passed, services
            )
            try:
                return await session.run(visit.entry, afresh=afresh)
            except Lost as lost:
                _log.warning("visit.lost", contact=acd.contact_id, entry=visit.entry, missing=str(lost))
        return Next(NextKind.WAIT, RETRY_MS)

    def _published(self, acd: EngineView) -> Published:
        contact = acd.known()
        return self._ports.published("" if contact is None else contact.config_version)


class EngineView:
    """The distributor as one visit sees it: questions are answered from the engine as of now."""

    def __init__(self, ports: Ports, contact_id: ContactId, visit: Visit) -> None:
        self.contact_id = contact_id
        self._ports = ports
        self._visit = visit

    def known(self) -> Contact | None:
        return self._ports.state().contacts.get(self.contact_id)

    def phase(self, contact: str) -> str:
        known = self.known()
        if known is None:
            return "closed"
        if self._is_quiet(known):
            return QUIET
        return Phase.IVR.value if known.phase is Phase.FALLBACK else known.phase.value

    def _is_quiet(self, contact: Contact) -> bool:
        """On hold, with or on the way to somebody outside, or offered to an agent by name."""
        if contact.phase is Phase.OFFERED and contact.offer_id is not None:
            return self._ports.state().offers[contact.offer_id].by_agent is not None
        return contact.phase is Phase.OUTSIDE or contact.on_hold_ms is not None

    def talks_outside(self) -> bool:
        """With somebody outside, who has picked up."""
        known = self.known()
        if known is None or known.phase is not Phase.OUTSIDE or known.offer_id is None:
            return False
        leg = self._ports.state().offers.get(known.offer_id)
        return leg is not None and leg.state is OfferState.ACCEPTED

    def node(self, contact: str) -> str | None:
        known = self.known()
        return known.node or None if known is not None else None

    def language(self, contact: str) -> str | None:
        known = self.known()
        return None if known is None else self._ports.state().language_of(known)

    def way_out(self, contact: str) -> WayOut | None:
        known = self.known()
        if known is None or known.exit is None:
            return None
        taken = known.exit
        kind = "" if known.exit_kind is None else known.exit_kind.value
        return WayOut(kind, taken.to.value, taken.name, _prompts(taken.say))

    def say_now(self, contact: str) -> tuple[PromptId, ...]:
        known = self.known()
        return () if known is None else _prompts(known.say_now)

    def has_queue(self, queue: str) -> bool:
        """A queue that has left the configuration still serves the callers whose menu leads there."""
        known = self.known()
        return known is not None and self._ports.state().rules_for(known, QueueId(queue)) is not None

    def queue(self, contact: str) -> str | None:
        known = self.known()
        return None if known is None or known.rules is None else known.rules.id

    def position(self, contact: str) -> Position | None:
        known = self.known()
        number = self._ports.state().position(self.contact_id)
        if known is None or known.rules is None or number is None:
            return None
        ringing = known.phase is Phase.OFFERED
        wait_ms = None if ringing else self._ports.to_tell(self.contact_id)
        return Position(number, known.rules.id, agent_is_ringing=ringing, wait_ms=wait_ms)

    async def moved(self, contact: str, node: str) -> None:
        await self._tell(ev.IvrMoved(self.contact_id, node))

    async def speaks(self, contact: str, language: str) -> None:
        await self._tell(ev.LanguageChosen(self.contact_id, language))

    async def enqueue(self, contact: str, queue: str, *, is_open: bool) -> None:
        await self._ports.classify(self.contact_id, self._visit, queue)
        estimate_ms = self._ports.estimate(self.contact_id, QueueId(queue))
        await self._tell(ev.ContactEnqueued(self.contact_id, QueueId(queue), is_open, estimate_ms))

    async def visited(self, contact: str) -> None:
        await self._tell(ev.ContactVisited(self.contact_id))

    async def returned(self, contact: str) -> None:
        await self._tell(ev.ContactReturned(self.contact_id))

    async def finished(self, contact: str) -> None:
        await self._tell(ev.ContactFinished(self.contact_id))

    async def _tell(self, event: ev.Event) -> Any:
        return await self._ports.ask(event)


def _prompts(names: Iterable[str]) -> tuple[PromptId, ...]:
    return tuple(PromptId(name) for name in names)
