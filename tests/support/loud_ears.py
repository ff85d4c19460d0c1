"""
Recognizers that only hear whether somebody is loud: exact, quick, without a model.

For what listening does with recognizers, whatever they understand. They keep
the promises of `asr.ports`: slots, one Final or Deafened, nothing after it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping

from asr.ports import Event, Final, NoEars, SpeechBegan, Wish
from tests.support.audio import samples

LOUD_DBFS = -35.0
BEGIN_MS = 100
END_MS = 300


class LoudHearing:
    """One question: speech is loud for `BEGIN_MS`, over when quiet for `END_MS`; its text is `text`."""

    def __init__(self, ears: LoudEars, text: str) -> None:
        self._ears, self._text = ears, text
        self._events: asyncio.Queue[Event | None] = asyncio.Queue()
        self._loud_ms = self._quiet_ms = 0
        self._began = False
        self.fed_ms = 0
        self.fed = bytearray()

    def feed(self, pcm: bytes) -> None:
        self.fed += pcm
        ms = len(pcm) // 16
        self.fed_ms += ms
        loud = bool(pcm) and float((samples(pcm) ** 2).mean()) > 10 ** (LOUD_DBFS / 10)
        self._loud_ms = self._loud_ms + ms if loud else 0
        self._quiet_ms = 0 if loud else self._quiet_ms + ms
        if not self._began and self._loud_ms >= BEGIN_MS:
            self._began = True
            self.say(SpeechBegan())
        elif self._began and self._quiet_ms >= END_MS:
            self.say(Final(self._text, 0.9, "loud", END_MS))

    def say(self, event: Event) -> None:
        """As if the recognizer had found this."""
        self._events.put_nowait(event)

    async def events(self) -> AsyncIterator[Event]:
        while (event := await self._events.get()) is not None:
            yield event
            if not isinstance(event, SpeechBegan):
                return

    async def close(self) -> None:
        self._events.put_nowait(None)
        self._ears.open_hearings.pop(self, None)


class LoudEars:
    """
    Args:
        slots: So many hearings at a time.
        text: What is understood, whatever is said.
    """

    def __init__(self, slots: int = 100, text: str = "algo") -> None:
        self._slots, self._text = slots, text
        self.open_hearings: dict[LoudHearing, Wish] = {}
        self.opened: list[LoudHearing] = []

    def free(self, language: str, *, free_speech: bool) -> bool:
        return len(self.open_hearings) < self._slots

    async def open(self, wish: Wish) -> LoudHearing:
        if not self.free(wish.language, free_speech=not wish.phrases):
            raise NoEars("no_slot")
        hearing = LoudHearing(self, self._text)
        self.open_hearings[hearing] = wish
        self.opened.append(hearing)
        return hearing

    def figures(self) -> Mapping[str, int]:
        return {"slots": self._slots, "taken": len(self.open_hearings)}

    async def close(self) -> None:
        for hearing in list(self.open_hearings):
            await hearing.close()
