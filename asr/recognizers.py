"""What a recognition worker asks of an engine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from asr.matching import Words
from asr.ports import Wish
from asr.upsample import Samples


class Recognition(Protocol):
    """One utterance. Its methods are called one at a time, from any thread."""

    def take(self, wide: Samples) -> str:
        """More sound, 16 kHz; gives what has been understood so far, which may lag behind."""

    def pause(self) -> str:
        """The speaker is silent for the moment; gives what has been understood so far."""

    def finish(self, *, more: bool) -> Words:
        """
        No more sound will come.

        Args:
            more: Something was said since the last `pause`, or there was none.
        """


class Engine(Protocol):
    """A model in memory. Its methods may be called from several threads at once."""

    name: str
    cheap: bool
    """Listening for phrases costs little; otherwise as much as for free speech."""

    def begin(self, wish: Wish) -> Recognition: ...

    def missing(self, phrases: Sequence[str]) -> tuple[str, ...]:
        """Words that it cannot hear at all, in order."""
