"""
Who has the word: one question to a caller who may speak or press a key, as plain logic.

Told what happens and what time it is; says what is to be played and how the
question ended. The first outcome stands: a key pressed while words are still
being recognised is the answer.
"""

from __future__ import annotations

import enum

from asr.ports import FRAME_BYTES, Deafened, Event, Final, Partial, SpeechBegan
from centralita.hearing.pace import CATCH_UP_FRAMES, FRAME_S, Pace
from ivr.actions import Deaf, Heard, Key, Silence

Outcome = Heard | Key | Silence | Deaf

QUIET_AFTER_S = 0.1
"""The caller's telephone sends nothing since then: nothing more is on its way."""


class BargeIn(enum.Enum):
    """What cut a sound short."""

    VOICE = "voice"
    KEY = "key"


class Exchange:
    """
    One question.

    Args:
        sound: To be played, as PCM.
        timeout_s: Of silence, from the end of the sound until nobody is expected to speak any more.
        answer_s: From the beginning of speech until the recognizer must have decided.
        now_s: By the loop's clock.
    """

    def __init__(self, sound: bytes, *, timeout_s: float, answer_s: float, now_s: float) -> None:
        self._sound = sound
        self._at = 0
        self._pace = Pace(now_s)
        self._timeout_s, self._answer_s = timeout_s, answer_s
        self._deadline_s = now_s + timeout_s if not sound else None
        self.speaking = False
        """The caller has begun to."""
        self._heard_s = now_s
        self.outcome: Outcome | None = None
        self.barged_in: BargeIn | None = None
        self.why_deaf = ""
        """A word for counting, once the outcome is Deaf."""

    @property
    def next_s(self) -> float:
        """When `tick` wants to be called again."""
        return self._pace.next_s

    @property
    def slipped_s(self) -> float:
        """For how long the sound stood still because we were late."""
        return self._pace.slipped_s

    @property
    def playing(self) -> bool:
        return self._at < len(self._sound)

    def tick(self, now_s: float) -> tuple[list[bytes], bytes]:
        """
        The time has come.

        Returns:
            Frames of 20 ms to play, and silence to be heard in place of a telephone that sends nothing.
        """
        slipped_s = self._pace.slipped_s
        due = self._pace.due(now_s)
        if self._deadline_s is not None:
            # While we stood still nobody could be heard: that time is not the caller's.
            self._deadline_s += self._pace.slipped_s - slipped_s
        frames = [self._frame() for _ in range(due) if self.playing]
        if frames and not self.playing:
            self._deadline_s = self._pace.next_s + self._timeout_s
        self._look_at_the_clock(now_s)
        quiet = now_s - self._heard_s > QUIET_AFTER_S and self._pace.slipped_s == slipped_s
        return frames, bytes(FRAME_BYTES * due) if quiet else b""

    def _frame(self) -> bytes:
        frame = self._sound[self._at : self._at + FRAME_BYTES]
        self._at += FRAME_BYTES
        return frame.ljust(FRAME_BYTES, b"\0")

    def _look_at_the_clock(self, now_s: float) -> None:
        if self._deadline_s is None or now_s < self._deadline_s:
            return
        if self.speaking:
            self.deaf("late", "the recognizer did not decide in time")
        else:
            self._end(Silence())

    def sounded(self, now_s: float) -> None:
        """The caller's telephone has sent sound."""
        self._heard_s = now_s

    def pressed(self, key: str) -> None:
        self._interrupt(BargeIn.KEY)
        self._end(Key(key))

    def recognised(self, event: Event, now_s: float) -> None:
        """What the recognizer says."""
        match event:
            case SpeechBegan():
                self._speech(now_s)
            case Partial():
                self._speech(now_s)
            case Final():
                self._interrupt(BargeIn.VOICE)
                self._end(Heard(event.text, event.confidence))
            case Deafened():
                self.deaf("worker", event.why)

    def _speech(self, now_s: float) -> None:
        self._interrupt(BargeIn.VOICE)
        if not self.speaking:
            self.speaking = True
            self._deadline_s = now_s + self._answer_s

    def deaf(self, reason: str, why: str) -> None:
        """We cannot hear any more: the caller is asked by keys."""
        if self.outcome is None:
            self.why_deaf = reason
        self._end(Deaf(why))

    def _interrupt(self, by: BargeIn) -> None:
        if self.playing and self.outcome is None:
            self._at = len(self._sound)
            self.barged_in = by

    def _end(self, outcome: Outcome) -> None:
        if self.outcome is None:
            self.outcome = outcome
            self._at = len(self._sound)


__all__ = ["CATCH_UP_FRAMES", "FRAME_S", "QUIET_AFTER_S", "BargeIn", "Exchange", "Outcome"]
