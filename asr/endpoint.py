"""
When somebody begins to speak, and when they have finished. Pure: time is the length of sound heard.

Told how each stretch of sound went (`voice`) and what has been understood so far
(`words`), an `Endpoint` says at most twice that something is to be done.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class EndpointSettings:
    """Milliseconds of sound, all above 0."""

    begin_ms: int = 96
    """Speech without a gap that makes an utterance: less is a click or a cough."""
    known_ms: int = 250
    """Silence that ends an utterance which is, so far, exactly what was asked for."""
    otherwise_ms: int = 600
    """Silence that ends any other."""
    digits_ms: int = 1_000
    """Silence that ends a number: people breathe between its groups."""
    longest_ms: int = 10_000
    """From the beginning; then it is decided whatever is being said."""
    threshold: float = 0.5
    """Probability of speech, 0 to 1, from which sound counts as speech."""
    release: float = 0.35
    """Once speaking, sound counts as speech from here on: voices fade before they stop."""


class Turn(enum.Enum):
    """What has just happened."""

    BEGAN = "began"
    PAUSED = "paused"
    """
    `known_ms` of silence, in numbers `otherwise_ms`: what has been said may be looked at, more may come.
    """
    DECIDED = "decided"


class Endpoint:
    """
    One utterance.

    Args:
        settings: See there.
        digits: A number of several digits is expected.

    """

    def __init__(self, settings: EndpointSettings, *, digits: bool = False) -> None:
        self._settings = settings
        self._patience_ms = settings.digits_ms if digits else settings.otherwise_ms
        # Between the digits of a number there are many pauses, and what was said so far settles nothing.
        self._glance_ms = settings.otherwise_ms if digits else settings.known_ms
        self._now_ms = 0
        self._run_ms = 0
        self._began_ms: int | None = None
        self._spoke_ms = 0
        self._paused = False
        self._settled_ms = -1
        self._over = False

    @property
    def speech_end_ms(self) -> int:
        """Where in the sound the last speech ended; 0 without any."""
        return self._spoke_ms

    @property
    def paused(self) -> bool:
        """Whether nothing was said since `PAUSED`."""
        return self._paused

    def voice(self, probability: float, length_ms: int) -> Turn | None:
        """
        The next stretch of sound.

        Args:
            probability: Of speech, 0 to 1.
            length_ms: How long the stretch is.
        """
        self._now_ms += length_ms
        if self._over:
            return None
        if self._began_ms is None:
            return self._waiting(probability, length_ms)
        if probability >= self._settings.release:
            self._spoke_ms, self._paused = self._now_ms, False
        return self._judge()

    def words(self, *, settled: bool, heard_ms: int) -> Turn | None:
        """
        What has been understood so far.

        Args:
            settled: It is exactly what was asked for, and nothing that was asked for goes on from here.
            heard_ms: Up to where in the sound this takes everything into account.
        """
        self._settled_ms = heard_ms if settled else -1
        if self._over or self._began_ms is None:
            return None
        return self._judge()

    def _waiting(self, probability: float, length_ms: int) -> Turn | None:
        self._run_ms = self._run_ms + length_ms if probability >= self._settings.threshold else 0
        if self._run_ms < self._settings.begin_ms:
            return None
        self._began_ms = self._now_ms - self._run_ms
        self._spoke_ms = self._now_ms
        return Turn.BEGAN

    def _judge(self) -> Turn | None:
        assert self._began_ms is not None  # noqa: S101 - both callers have looked
        silence_ms = self._now_ms - self._spoke_ms
        known = self._settled_ms >= self._spoke_ms and silence_ms >= self._settings.known_ms
        too_long = self._now_ms - self._began_ms >= self._settings.longest_ms
        if known or too_long or silence_ms >= self._patience_ms:
            self._over = True
            return Turn.DECIDED
        if silence_ms >= self._glance_ms and not self._paused:
            self._paused = True
            return Turn.PAUSED
        return None
