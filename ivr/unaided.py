"""A house that has no services: everything a flow asks for fails in the way that its nodes provide for."""

from __future__ import annotations

from collections.abc import Mapping

from ivr.actions import Failed, Found, Mode, NotFound, NotProven, Promised, Proven, Refused
from ivr.flow import VarName
from ivr.ports import Understood, Utterance

_NONE = "no services"


class Unaided:
    """`ivr.ports.Services` without a source, a record or a recognizer; menus by keys work."""

    def __init__(self, mode: Mode = Mode.KEYS) -> None:
        self._mode = mode
        self._memory: Mapping[str, object] | None = None

    async def fetch(self, source: str, arguments: Mapping[str, str]) -> Found | NotFound | Failed:
        return Failed(_NONE)

    async def prove(self, by: str, value: str) -> Proven | NotProven | Failed:
        return Failed(_NONE)

    def unverified(self) -> None:
        """Nobody is there to be told."""

    async def judge(self, flow: str, node: str, values: Mapping[VarName, str]) -> int | None:
        return None

    async def promise(self, queue: str, number: str) -> Promised | Refused:
        return Refused(_NONE)

    async def ring(self, agent: str, number: str, ring_ms: int) -> Failed | None:
        return Failed(_NONE)

    def not_reached(self) -> bool:
        return False

    async def keep_answer(self, survey: str, question: str, value: int) -> None:
        """There is no profile."""

    def wants_survey(self, queue: str) -> bool:
        return False

    async def understand(self, text: str, language: str) -> Understood:
        return Understood()

    def mode(self) -> Mode:
        return self._mode

    def learn(self, mode: Mode) -> None:
        """There is no record."""

    def said(self, utterance: Utterance) -> None:
        """There is no page."""

    def remembered(self) -> Mapping[str, object] | None:
        return self._memory

    def keep(self, memory: Mapping[str, object]) -> None:
        self._memory = memory
