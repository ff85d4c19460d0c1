"""
Carry out a walk through a flow: each action over the caller's leg or the services of the house.

The walk itself is pure (`ivr.interpreter`); here it meets sounds that fail, recognizers that
are busy and callers who hang up.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol, assert_never

import structlog

from ivr import interpreter
from ivr.actions import (
    Action,
    Collect,
    Deaf,
    Done,
    Failed,
    Fetch,
    Gather,
    Gathered,
    Gone,
    HangUp,
    Heard,
    Input,
    Join,
    Judge,
    Judged,
    KeepAnswer,
    Key,
    Limits,
    Listen,
    NotReached,
    Over,
    Play,
    Played,
    Promise,
    Prove,
    Record,
    Recorded,
    Ring,
    Silence,
)
from ivr.flow import Flow, NodeId, PromptId
from ivr.interpreter import Doing, Passed, State, World
from ivr.ports import Call, CallerGone, Listening, Services, SoundFailed
from ivr.prompts import Catalogue

_log = structlog.get_logger("ivr.walker")


class Whereabouts(Protocol):
    """Where the caller is known to be, and in which language."""

    def node(self, contact: str) -> str | None:
        """As "flow/node"."""

    def language(self, contact: str) -> str | None:
        """If it is known."""

    def phase(self, contact: str) -> str:
        """As `ivr.session.Acd` has it; closed: the caller has hung up."""

    async def moved(self, contact: str, node: str) -> None: ...

    async def speaks(self, contact: str, language: str) -> None: ...


@dataclass(frozen=True, slots=True)
class House:
    """What all walks of one visit have in common."""

    call: Call
    services: Services
    catalogue: Catalogue
    places: Whereabouts
    contact: str
    is_open: Callable[[str], bool]
    passed: Callable[[str, Sequence[Passed]], None]
    limits: Limits

    def language(self) -> str:
        return self.places.language(self.contact) or self.catalogue.default_language

    async def say(
        self, prompts: Sequence[PromptId], stop_keys: str = "", values: Mapping[str, str] | None = None
    ) -> str | None:
        """Say what has a sound; one that fails costs a sentence, never the caller."""
        for sound in await self.sounds(prompts, values):
            try:
                key = await self.call.play((sound,), stop_keys)
            except SoundFailed as failure:
                _log.warning("sound.failed", contact=self.contact, sound=sound, why=str(failure))
                continue
            if key is not None:
                return key
        return None

    async def sounds(self, prompts: Sequence[PromptId], values: Mapping[str, str] | None = None) -> list[str]:
        return await self.catalogue.say(prompts, self.language(), values or {})


class Walker:
    """
    One walk of one visit.

    Args:
        house: The caller and who serves them.
        flow: What to walk.
        keeps_place: The distributor is told of the nodes, so that a later visit resumes here.
    """

    def __init__(self, house: House, flow: Flow, *, keeps_place: bool = True) -> None:
        self._house, self._flow, self._keeps_place = house, flow, keeps_place
        self._state: State | None = None
        self._kept: Mapping[str, object] = {}

    async def run(self, node: NodeId | None) -> Join | HangUp | Ring:
        """
        Walk to the end.

        Args:
            node: Where to resume; None to start.

        Returns:
            What is to be done with the caller; Ring: somebody is being rung for them.

        Raises:
            CallerGone: The leg has left; `hung_up` does what the flow has for this.
        """
        services = self._house.services
        state, action = interpreter.begin(
            self._flow, node, world=self._world(), mode=services.mode(), memory=services.remembered()
        )
        if isinstance(action, Ring) and node == state.node and services.not_reached():
            await self._note(state)
            state, action = interpreter.step(self._flow, state, NotReached(), world=self._world())
        while True:
            await self._note(state)
            if isinstance(action, Join | HangUp):
                return action
            if isinstance(action, Over):
                raise CallerGone
            heard = await self._perform(state, action)
            if heard is None:
                assert isinstance(action, Ring), "only who is handed over leaves the walk"
                return action
            state, action = interpreter.step(self._flow, state, heard, world=self._world())

    async def hung_up(self) -> None:
        """The caller is gone for good: what the flow does then, without them."""
        if self._state is None or self._state.doing is Doing.DONE:
            return
        # Neither way nor memory: the contact may be closed already, and the caller comes by no node.
        state, action = interpreter.step(self._flow, self._state, Gone(), world=self._world())
        self._report(state)
        while not interpreter.is_end(action):
            heard = await self._silently(state, action)
            state, action = interpreter.step(self._flow, state, heard, world=self._world())
        self._state = state

    def _world(self) -> World:
        house = self._house

        def can_listen(language: str, free_speech: bool) -> bool:
            return house.call.can_listen(language, free_speech=free_speech)

        return World(house.is_open, can_listen, house.language(), house.limits)

    async def _note(self, state: State) -> None:
        """Tell whoever keeps the way, the memory, and the distributor, in this order."""
        before, house = self._state, self._house
        self._tell(state)
        # The language before the place: a restart between the two changes nothing.
        if state.language != ("" if before is None else before.language):
            await house.places.speaks(house.contact, state.language)
        here = f"{self._flow.id}/{state.node}"
        if self._keeps_place and here != house.places.node(house.contact):
            await house.places.moved(house.contact, here)

    def _tell(self, state: State) -> None:
        before, house = self._state, self._house
        self._state = state
        house.passed(self._flow.id, state.passed)
        self._report(state)
        if state.is_unverified and (before is None or not before.is_unverified):
            house.services.unverified()
        memory = {**interpreter.memo(state), "flow": self._flow.id}
        if memory != self._kept:
            house.services.keep(memory)
            self._kept = memory

    def _report(self, state: State) -> None:
        for utterance in state.said:
            self._house.services.said(utterance)
        if state.learned is not None:
            self._house.services.learn(state.learned)

    async def _perform(self, state: State, action: Action) -> Input | None:
        """With the caller; None: they have been handed over."""
        house = self._house
        match action:
            case Play(prompts, stop_keys, values):
                return Played(await house.say(prompts, stop_keys, values))
            case Collect(timeout_ms):
                key = await house.call.collect(timeout_ms)
                return Silence() if key is None else Key(key)
            case Listen():
                return await self._listen(action)
            case Gather():
                digits = await self._gather(action)
                return Gathered(digits) if digits else Silence()
            case Record():
                return await self._record(action)
            case Ring(agent, number, ring_ms):
                return await house.services.ring(agent, number, ring_ms)
            case Fetch():
                answer = await self._fetch(action)
            case _:
                answer = await self._silently(state, action)
        if house.places.phase(house.contact) == "closed":  # nobody listens for it meanwhile
            raise CallerGone("hung up meanwhile")
        return answer

    async def _silently(self, state: State, action: Action) -> Input:
        """What needs no caller."""
        services = self._house.services
        match action:
            case Fetch(source, arguments):
                return await services.fetch(source, arguments)
            case Prove(by, value):
                return await services.prove(by, value)
            case Judge(node):
                return Judged(await services.judge(self._flow.id, node, state.vars))
            case Promise(queue, number):
                return await services.promise(queue, number)
            case KeepAnswer(survey, question, value):
                await services.keep_answer(survey, question, value)
                return Done()
            case Play() | Collect() | Listen() | Gather() | Record() | Ring() | Join() | HangUp() | Over():
                return Failed("the caller has gone")
            case _:
                assert_never(action)

    async def _fetch(self, action: Fetch) -> Input:
        """Asked while it is said that one moment is needed: the caller waits for the longer of the two."""
        house = self._house
        asked = asyncio.ensure_future(house.services.fetch(action.source, action.arguments))
        try:
            await house.say(action.prompts, "", action.values)
            if not asked.done():
                await house.call.music()
            return await asked
        finally:
            asked.cancel()

    async def _listen(self, action: Listen) -> Heard | Key | Silence | Deaf:
        house = self._house
        sounds = await house.sounds(action.prompts, action.values)
        language = house.language()
        wish = Listening(tuple(sounds), language, action.timeout_ms, action.phrases, action.digits)
        heard = await house.call.listen(wish)
        if not (action.intents and isinstance(heard, Heard)):
            return heard
        meant = await house.services.understand(heard.text, language)
        return replace(heard, intent=meant.intent, sure=meant.sure, slots=meant.slots)

    async def _gather(self, action: Gather) -> str:
        sounds = await self._house.sounds(action.prompts, action.values)
        keyed = {"timeout_ms": action.timeout_ms, "between_ms": action.between_ms}
        try:
            return await self._house.call.gather(sounds, action.longest, secret=action.secret, **keyed)
        except SoundFailed as failure:
            _log.warning("sound.failed", contact=self._house.contact, why=str(failure))
            return await self._house.call.gather((), action.longest, secret=action.secret, **keyed)

    async def _record(self, action: Record) -> Recorded | Silence | Failed:
        sounds = await self._house.sounds(action.prompts, action.values)
        limits = {"longest_ms": action.longest_ms, "silence_ms": action.silence_ms}
        try:
            spoken = await self._house.call.record(action.box, sounds, **limits)
        except SoundFailed as failure:
            _log.warning("sound.failed", contact=self._house.contact, why=str(failure))
            spoken = await self._house.call.record(action.box, (), **limits)
        if spoken is None:
            return Failed("not recorded")
        return Recorded() if spoken else Silence()
