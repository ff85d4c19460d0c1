"""
One visit of a caller to the server: talk through the menu, or say where they stand.

The dialplan brings the caller here again and again (new, after a restart, when
an announcement is due, after an agent). Each visit asks the engine what the
contact's phase is *now*, does what fits, and tells the dialplan what to do next.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import structlog

from ivr import interpreter
from ivr.flow import Flow, NodeId, PromptId
from ivr.interpreter import Collect, HangUp, Input, Join, Key, Play, Played, Silence
from ivr.prompts import FAREWELL, Catalogue, Position

_log = structlog.get_logger("ivr.session")

RETRY_MS = 1_000
"""Wait before coming back when nothing sensible can be said now."""


class CallerGone(Exception):
    """The caller's leg is no longer ours to speak to: hung up, or taken to an agent."""


class SoundFailed(Exception):
    """The switch could not play a sound file. The caller is still there."""


class Call(Protocol):
    """The caller's leg, while we own it."""

    async def play(self, sound_paths: Sequence[str], stop_keys: str) -> str | None:
        """
        Play files in order; a key in `stop_keys` stops them and is returned.

        Raises:
            CallerGone: Nobody is there any more.
            SoundFailed: A file could not be played.
        """

    async def collect(self, timeout_ms: int) -> str | None:
        """
        Wait for one key; None after `timeout_ms` of silence.

        Raises:
            CallerGone: Nobody is there any more.
        """


class Acd(Protocol):
    """The distributor, as far as a caller's visit needs it."""

    def phase(self, contact: str) -> str:
        """new, ivr, waiting, offered, talking, after or closed, as of now."""

    def node(self, contact: str) -> str | None:
        """Where in the flow the contact was last seen; None for a new one."""

    def language(self, contact: str) -> str | None:
        """The caller's language if it is known."""

    def position(self, contact: str) -> Position | None:
        """The contact's place as of now; None if it does not wait."""

    async def moved(self, contact: str, node: str) -> None: ...

    async def enqueue(self, contact: str, queue: str) -> None: ...

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
    """By the number that was dialled."""
    announce_every_ms: Mapping[str, int] = field(default_factory=dict)
    """By queue."""
    announce_otherwise_ms: int = 30_000


class Session:
    """
    One visit of one contact.

    Args:
        call: The caller's leg.
        acd: The distributor.
        plan: Flows and intervals of the configuration that holds for this visit.
        catalogue: What callers hear.
        contact: Our id for the caller.
    """

    def __init__(self, call: Call, acd: Acd, plan: Plan, catalogue: Catalogue, contact: str) -> None:
        self._call = call
        self._acd = acd
        self._plan = plan
        self._catalogue = catalogue
        self._contact = contact
        self._log = _log.bind(contact=contact)

    async def run(self, entry: str) -> Next:
        """
        Do for this caller what there is to do now.

        Args:
            entry: The number that was dialled.

        Returns:
            WAIT with the time until the next announcement, or BYE.

        Raises:
            CallerGone:
                The leg left while we spoke. The engine was told nothing: who
                is gone, and whether to an agent, is known from the switch.
        """
        phase = self._acd.phase(self._contact)
        if phase in {"new", "ivr"}:
            return await self._walk(entry)
        if phase == "talking":
            await self._acd.returned(self._contact)
            phase = self._acd.phase(self._contact)
        if phase in {"waiting", "offered"}:
            return self._tell_position()
        if phase == "closed":
            return BYE
        return await self._goodbye(FAREWELL)

    async def _walk(self, entry: str) -> Next:
        flow = self._plan.flows.get(entry)
        if flow is None:
            self._log.error("entry.without_flow", entry=entry)
            return Next(NextKind.WAIT, RETRY_MS)
        known = self._acd.node(self._contact)
        state, action = interpreter.begin(flow, None if known is None else NodeId(known))
        if known != state.node:
            await self._acd.moved(self._contact, state.node)
        while isinstance(action, Play | Collect):
            following, action = interpreter.step(flow, state, await self._perform(action))
            if following.node != state.node:
                await self._acd.moved(self._contact, following.node)
            state = following
        return await self._end(action)

    async def _end(self, action: Join | HangUp) -> Next:
        match action:
            case Join(queue):
                await self._acd.enqueue(self._contact, queue)
                return self._tell_position(queue)
            case HangUp(prompt):
                return await self._goodbye(prompt)

    async def _perform(self, action: Play | Collect) -> Input:
        match action:
            case Play(prompts, stop_keys):
                return Played(await self._play(self._catalogue.sounds(prompts, self._lang()), stop_keys))
            case Collect(timeout_ms):
                key = await self._call.collect(timeout_ms)
                return Silence() if key is None else Key(key)

    def _tell_position(self, queue: str | None = None) -> Next:
        place = self._acd.position(self._contact)
        sounds: list[str] = []
        if place is not None:
            queue = place.queue
            sounds = self._catalogue.position(place, self._lang())
        every = self._plan.announce_every_ms.get(queue or "", self._plan.announce_otherwise_ms)
        return Next(NextKind.WAIT, every, tuple(sounds))

    async def _goodbye(self, prompt: PromptId | None) -> Next:
        if prompt is not None:
            await self._play(self._catalogue.sounds((prompt,), self._lang()), "")
        await self._acd.finished(self._contact)
        return BYE

    async def _play(self, sounds: Sequence[str], stop_keys: str) -> str | None:
        """Play what there is; a sound that fails costs a sentence, never the caller."""
        for sound in sounds:
            try:
                key = await self._call.play((sound,), stop_keys)
            except SoundFailed as failure:
                self._log.warning("sound.failed", sound=sound, why=str(failure))
                continue
            if key is not None:
                return key
        return None

    def _lang(self) -> str:
        return self._acd.language(self._contact) or self._catalogue.default_language
