"""Following the steps of a script through one call, or while there is none."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import structlog

from centralita.headless.desk import Result
from centralita.headless.grammar import VERBS, Needs
from centralita.headless.script import End, Span, Step, Whom
from centralita.headless.view import TOGETHER, View
from centralita.headless.voice import Voice
from centralita.headless.words import Words
from cti.softphone.port import CallState, Mark, NotInTime, SoftCall

UP_S = 10.0
FOREVER_S = 86_400.0
PICK_UP = Span(30_000, 30_000)
"""How long somebody who is asked may let it ring."""
BETWEEN = Span(1_000, 1_000)
BEGIN_S = 3.0
"""The event that a consultation has begun may come so long after the answer to the command."""

_log = structlog.get_logger("headless")

Do = Callable[..., Awaitable[Result]]


@dataclass(frozen=True, slots=True)
class Hands:
    """
    What an agent does things with.

    do: Gives a command: its name, and what else it says.
    view: What the centre tells of the agent.
    rang: Set when the next bell rings: then what is left to do can wait no longer.
    language: Of what is said.
    """

    do: Do
    view: View
    voice: Voice
    words: Words
    chance: random.Random
    rang: asyncio.Event
    language: str


class Play:
    """
    Args:
        hands: See there.
        call: The call that the steps are about; None for none.
        queue: That it came from, empty for none.
    """

    def __init__(self, hands: Hands, call: SoftCall | None = None, queue: str = "") -> None:
        self._hands, self._call, self._queue = hands, call, queue
        self._told_end = call is None

    def notice_end(self) -> None:
        """Say once that the call is over, if it is."""
        if self._call is not None and self._call.state is CallState.ENDED and not self._told_end:
            self._told_end = True
            self._hands.words("over" if self._call.at_s(Mark.UP) is not None else "nobody")

    async def stay(self) -> None:
        """The steps are done: nobody is left on hold, and the call lasts as long as the other side likes."""
        call, view = self._call, self._hands.view
        if call is None:
            return
        if call.state is CallState.UP and (view.held or view.consult):
            self._hands.words("retrieve")
            await self._done("retrieve")
        await call.wait_for(CallState.ENDED, within_s=FOREVER_S)
        self.notice_end()

    async def follow(self, steps: Sequence[Step]) -> None:
        """Do one step after the other; those that make no sense any more are left out."""
        for step in steps:
            self.notice_end()
            if not self._makes_sense(step):
                continue
            well = await self._step(step)
            await self.follow(step.do if well else step.otherwise)

    def _makes_sense(self, step: Step) -> bool:
        state = CallState.ENDED if self._call is None else self._call.state
        match VERBS[step.verb].needs:
            case Needs.BELL:
                return state is CallState.RINGING
            case Needs.CALL:
                return state is CallState.UP
            case Needs.NOTHING:
                # Somebody rings already: what was to be done at leisure is over.
                return state is not CallState.ENDED or not self._hands.rang.is_set()

    async def _step(self, step: Step) -> bool:
        match step.verb:
            case "chance":
                return bool(self._hands.chance.random() < step.value)
            case "in_queue":
                return self._queue in step.value
            case "wait":
                return await self._wait(step.value)
            case "answer" | "decline" | "no_answer" | "hang_up":
                return await self._by_hand(step.verb)
            case "talk":
                return await self._talk(step)
            case "consult":
                return await self._consult(step.value, step.options)
            case _:
                return await self._command(step)

    async def _wait(self, span: Span) -> bool:
        await self._while_it_lasts(self._seconds(span))
        return True

    async def _by_hand(self, verb: str) -> bool:
        """Done with the telephone itself."""
        call = self._call
        assert call is not None
        self._hands.words(verb)
        match verb:
            case "answer":
                await call.answer()
                await call.wait_for(CallState.UP, within_s=UP_S)
                await self._until_they_talk(call)
            case "decline":
                await call.decline()
            case "hang_up":
                await call.hangup()
                await call.wait_for(CallState.ENDED, within_s=UP_S)
            case _:
                await call.wait_for(CallState.ENDED, within_s=FOREVER_S)
        return True

    async def _until_they_talk(self, call: SoftCall) -> None:
        """Off the hook is not yet together: until the centre says so there is nothing to hold or hand on."""
        view = self._hands.view
        await view.until(lambda: view.activity == "talking" or call.state is CallState.ENDED, UP_S)

    async def _talk(self, step: Step) -> bool:
        """Whether the call is still up afterwards."""
        assert self._call is not None
        if isinstance(step.value, End):
            lasts_s = FOREVER_S
            self._hands.words("talk")
        else:
            lasts_s = self._seconds(step.value)
            self._hands.words("talk_s", s=round(lasts_s))
        self._speak(self._call, step.options)
        await self._while_it_lasts(lasts_s)
        self._call.quiet()
        return self._call.state is CallState.UP

    def _speak(self, call: SoftCall, options: Mapping[str, Any]) -> None:
        if "tone" in options:
            call.tone(options["tone"])
        elif "play" in options:
            call.say(self._hands.voice.recording(options["play"]), repeat=True)
        elif "say" in options:
            between_ms = round(self._seconds(options.get("pause", BETWEEN)) * 1000)
            speech = self._hands.voice.speech(options["say"], self._hands.language, between_ms=between_ms)
            call.say(speech)

    async def _consult(self, whom: Whom, options: Mapping[str, Any]) -> bool:
        """Whether somebody picked up. If nobody does in time, the agent is back with the contact."""
        hands, view = self._hands, self._hands.view
        hands.words("consult", whom=whom.name)
        begun = view.consults
        if not await self._done("consult", to=whom.json):
            return False
        await view.until(lambda: view.consults > begun, BEGIN_S)
        within_s = self._seconds(options.get("within", PICK_UP))
        await view.until(lambda: view.consult in ("", TOGETHER), within_s)
        if view.consult == TOGETHER:
            hands.words("reached", whom=whom.name)
            return True
        hands.words("not_reached", whom=whom.name)
        if view.consult:
            await self._done("cancel_consult")
        return False

    async def _command(self, step: Step) -> bool:
        """A step that is a command of the same name."""
        fields = _fields(step)
        shown = step.value.name if isinstance(step.value, Whom) else step.value
        self._hands.words(step.verb, text=shown, whom=shown)
        well = await self._done(step.verb, **fields)
        if well and isinstance(step.value, Span):
            await self._while_it_lasts(self._seconds(step.value))
        return well

    async def _done(self, command: str, **fields: object) -> bool:
        result = await self._hands.do(command, **fields)
        if not result.done:
            _log.info("headless.refused", command=command, code=result.code)
            why = result.es if self._hands.words.spanish else result.en
            self._hands.words("refused", why=why or result.code)
        return result.done

    async def _while_it_lasts(self, seconds: float) -> None:
        """Let time pass, but no longer than the call; without one, until the next bell."""
        call = self._call
        if call is not None and call.state is not CallState.ENDED:
            try:
                await call.wait_for(CallState.ENDED, within_s=seconds)
            except NotInTime:
                return
            return
        try:
            async with asyncio.timeout(seconds):
                await self._hands.rang.wait()
        except TimeoutError:
            return

    def _seconds(self, span: Span) -> float:
        return self._hands.chance.uniform(span.low_ms, span.high_ms) / 1000


_VALUE = {"not_ready": "reason", "note": "note", "dispose": "disposition", "transfer": "to", "dial": "number"}
"""Under which name a command says what the step's verb says."""


def _fields(step: Step) -> dict[str, object]:
    fields: dict[str, object] = {
        name: list(value) if isinstance(value, tuple) else value for name, value in step.options.items()
    }
    if step.verb in _VALUE:
        fields[_VALUE[step.verb]] = step.value.json if isinstance(step.value, Whom) else step.value
    return fields
