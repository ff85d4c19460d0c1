"""
Speech in, behind one port: Vosk (streaming) and Whisper (whole utterances) look alike from outside.

Sound is 8000 Hz, mono, signed 16 bits, little-endian, of the caller's side only.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Protocol

RATE_HZ = 8_000
FRAME_BYTES = 320
"""20 ms."""


class NoEars(Exception):
    """Nobody can listen now; the text says why: no model, no slot free, workers too slow or dead."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be recognised."""

    language: str
    phrases: tuple[str, ...] = ()
    """The only things that count; empty: anything may be said."""
    digits: bool = False
    """A number of several digits in words."""


@dataclass(frozen=True, slots=True)
class SpeechBegan:
    """The caller has begun to speak: stop the prompt."""


@dataclass(frozen=True, slots=True)
class Partial:
    """Heard so far; may still change."""

    text: str


@dataclass(frozen=True, slots=True)
class Final:
    """
    The utterance is over. Exactly one per hearing that heard speech; nothing follows.

    `confidence` is 0 to 1 and comparable between engines: from 0.85 on it may be acted upon
    (of limited phrases: `text` is then exactly one of them). `text` empty: speech, but no words.
    """

    text: str
    confidence: float
    engine: str
    after_speech_ms: int
    """From the end of the speech to this decision."""


@dataclass(frozen=True, slots=True)
class Deafened:
    """The worker died or fell behind: nothing more will be heard."""

    why: str


Event = SpeechBegan | Partial | Final | Deafened


class Hearing(Protocol):
    """One question's worth of listening."""

    def feed(self, pcm: bytes) -> None:
        """Never waits; what cannot be taken in time ends the hearing with `Deafened`."""

    def events(self) -> AsyncIterator[Event]:
        """Ends after Final or Deafened."""

    async def close(self) -> None:
        """Give the slot back; may be called twice."""


class Ears(Protocol):
    """All recognizers of this server."""

    def free(self, language: str, *, free_speech: bool) -> bool:
        """Whether `open` would probably work now."""

    async def open(self, wish: Wish) -> Hearing:
        """
        Begin to listen.

        Raises:
            NoEars: At once, or after 300 ms at most.
        """

    def figures(self) -> Mapping[str, int]:
        """Counters and gauges for `/metrics` and the live page: slots, taken, refused by reason, restarts."""

    async def close(self) -> None: ...
