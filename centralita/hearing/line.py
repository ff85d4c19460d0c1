"""The caller's leg with ears: everything that AGI can do, and `listen` by AudioSocket."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import structlog

from asr.ports import Hearing, NoEars, Wish
from centralita.hearing.conversation import Conversation
from centralita.hearing.exchange import Exchange, Outcome
from centralita.hearing.room import ANSWER_SLACK_MS, Room
from centralita.hearing.shelf import SoundUnreadable
from cti.asterisk.caller import AgiLine
from ivr.actions import Deaf, Heard, Key, Silence
from ivr.ports import CallerGone, Listening, SoundFailed

_log = structlog.get_logger("hearing")

_FAULTS = frozenset({"sound", "switch", "worker", "late"})
"""Ours, unlike there being nobody to listen."""


class SpeakingLine:
    """
    See `ivr.ports.Call` and `centralita.callers.Line`.

    Args:
        line: The same leg by AGI.
        room: What is shared by all callers.
    """

    def __init__(self, line: AgiLine, room: Room) -> None:
        self._line, self._room = line, room

    async def play(self, sound_paths: Sequence[str], stop_keys: str) -> str | None:
        return await self._line.play(sound_paths, stop_keys)

    async def collect(self, timeout_ms: int) -> str | None:
        return await self._line.collect(timeout_ms)

    async def music(self) -> None:
        await self._line.music()

    async def gather(
        self, sound_paths: Sequence[str], longest: int, *, timeout_ms: int, between_ms: int, secret: bool
    ) -> str:
        return await self._line.gather(
            sound_paths, longest, timeout_ms=timeout_ms, between_ms=between_ms, secret=secret
        )

    async def record(
        self, box: str, sound_paths: Sequence[str], *, longest_ms: int, silence_ms: int
    ) -> bool | None:
        return await self._line.record(box, sound_paths, longest_ms=longest_ms, silence_ms=silence_ms)

    async def remember(self, values: Mapping[str, str]) -> None:
        await self._line.remember(values)

    async def run_script(self, script: Path) -> None:
        await self._line.run_script(script)

    def can_listen(self, language: str, *, free_speech: bool) -> bool:
        free = self._room.ears.free(language, free_speech=free_speech)
        if not free:
            self._room.counts["asked_by_keys"] += 1
        return free

    async def listen(self, wish: Listening) -> Heard | Key | Silence | Deaf:
        self._room.counts["listens"] += 1
        self._room.open += 1
        try:
            outcome, why_deaf = await self._listen(wish)
        except CallerGone:
            self._room.counts["gone"] += 1
            raise
        finally:
            self._room.open -= 1
        self._room.counts[_counted_as(outcome, why_deaf)] += 1
        if isinstance(outcome, Deaf):
            # Without a free recognizer it is like that a hundred times a minute, and a figure says so.
            log = _log.warning if why_deaf in _FAULTS else _log.debug
            log("hearing.deaf", reason=why_deaf, why=outcome.why, language=wish.language)
        return outcome

    async def _listen(self, wish: Listening) -> tuple[Outcome, str]:
        try:
            sound = await self._room.shelf.pcm(wish.sounds)
            hearing = await self._room.ears.open(Wish(wish.language, wish.phrases, wish.digits))
        except SoundUnreadable as error:
            return Deaf(str(error)), "sound"
        except NoEars as error:
            return Deaf(str(error)), _word(str(error))
        try:
            return await self._converse(wish, sound, hearing)
        finally:
            await hearing.close()

    async def _converse(self, wish: Listening, sound: bytes, hearing: Hearing) -> tuple[Outcome, str]:
        answer_s = (self._room.manner.longest_ms + ANSWER_SLACK_MS) / 1000

        def exchange(now_s: float) -> Exchange:
            return Exchange(sound, timeout_s=wish.timeout_ms / 1000, answer_s=answer_s, now_s=now_s)

        conversation = Conversation(hearing, exchange)
        ticket = self._room.server.expect(conversation)
        refused = ""
        try:
            await self._line.connect_audio(str(ticket.id), self._room.server.address)
        except SoundFailed as error:
            refused = str(error)
        finally:
            ticket.withdraw()
            conversation.end()
            if conversation.exchange is not None:
                self._room.count(conversation.exchange)
            self._room.counts["echoes"] += conversation.echoed
        return _result(conversation.exchange, refused)


def _result(exchange: Exchange | None, refused: str) -> tuple[Outcome, str]:
    if exchange is None or exchange.outcome is None:
        return Deaf(refused or "the switch ended the sound"), "switch"
    return exchange.outcome, exchange.why_deaf


def _word(why: str) -> str:
    """That in which recognizers say why they do not listen: it becomes the name of a figure."""
    return why if why.isidentifier() else "no_ears"


def _counted_as(outcome: Outcome, why_deaf: str) -> str:
    return f"deaf_{why_deaf}" if isinstance(outcome, Deaf) else type(outcome).__name__.lower()
