"""
Who hears whom: each party of a call plays a tone of its own, and is asked what it hears.

A party that is left alone, or between two talks, hears nothing: so `longest_silence_ms`
is also the measure for "nobody is left alone". Audio that never came counts as silence.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from cti.softphone.port import BYTES_PER_MS, SoftCall, on_clock
from tests.support.audio import longest_gap_ms, music_at, silence_ms, tone_ms, tone_share
from tests.support.polling import eventually

BELL_HZ = 425
"""Of the dialplan's own tones: the bell, and the soft tone of hold."""
SILENT_MS_MAX = 2_000
WITHIN_S = 12.0
"""For a change to be heard: far more than it takes, for a machine that is busy with other tests."""
_LAST_MS = 800
_WINDOW_MS = 100
_SHARE = 0.2
"""Of the energy; three tones of the same level in a conference have a third each."""


@dataclass(slots=True)
class Party:
    """Somebody on the line, known by the tone they play."""

    name: str
    call: SoftCall
    hz: int
    muted: bool = False

    def __post_init__(self) -> None:
        self.call.tone(self.hz)

    def lately(self, ms: int) -> bytes:
        """What was received in the last moments, on the clock: the switch sends nothing between two tones."""
        now_s = time.monotonic()
        chunks = [chunk for chunk in self.call.chunks() if chunk.at_s > now_s - ms / 1000 - 1]
        start_s, pcm = on_clock(chunks)
        missing_ms = int((now_s - start_s) * 1000) - len(pcm) // BYTES_PER_MS if chunks else ms
        return (pcm + bytes(max(0, missing_ms) * BYTES_PER_MS))[-ms * BYTES_PER_MS :]

    def longest_silence_ms(self, since_s: float, until_s: float) -> int:
        """Between two moments of `time.monotonic()`: the longest stretch without any sound."""
        start_s, pcm = on_clock(self.call.chunks())
        first = max(0, int((since_s - start_s) * 1000)) * BYTES_PER_MS
        last = max(0, int((until_s - start_s) * 1000)) * BYTES_PER_MS
        pcm = pcm[:last] + bytes(max(0, last - len(pcm)))
        return longest_gap_ms(pcm[first:])


def voices(pcm: bytes, hz: Collection[int]) -> set[int | None]:
    """Which of these tones are in all of a recording, however many at once; None: one is in a part of it."""
    found: set[int | None] = set()
    for one in hz:
        there = tone_share(pcm, one, window_ms=_WINDOW_MS) >= _SHARE
        if there.sum() > 1:
            found.add(one if (~there).sum() <= 1 else None)
    return found


class Hearing:
    """
    Args:
        music: Files of the hold music.
        parties: Whose tones are told apart.
    """

    def __init__(self, music: Sequence[Path], *parties: Party) -> None:
        self._music = music
        self.parties = list(parties)

    def now(self, party: Party) -> set[str]:
        """Names of those whom this party hears at this moment; "music", "bell" and "hold" are nobody's."""
        pcm = party.lately(2_500)
        names: dict[int | None, str] = {one.hz: one.name for one in self.parties if one is not party}
        tones = [hz for hz in names if hz is not None]
        names[None] = "a moment ago"
        heard = {names[hz] for hz in voices(pcm[-_LAST_MS * BYTES_PER_MS :], tones)}
        return heard | self._own(pcm, looks_for_music=not heard)

    async def becomes(self, **wanted: str) -> None:
        """
        Wait until each party hears what is said of it, all at the same time, and nothing else since.

        What was heard before this was asked counts for nothing.

        Args:
            wanted: Party -> whom it hears, apart by blanks; "hold" for the soft tone, "" for nobody at all.
        """
        whom = {name: set(text.split()) for name, text in wanted.items()}
        asked_s = time.monotonic()

        async def heard() -> bool:
            assert time.monotonic() - asked_s > _LAST_MS / 1000, "not long enough"
            said = {
                one.name: await asyncio.to_thread(self.now, one) for one in self.parties if one.name in whom
            }
            assert said == whom, said
            return True

        await eventually(heard, WITHIN_S, f"heard: {wanted}", every_s=0.1)

    def _own(self, pcm: bytes, *, looks_for_music: bool) -> set[str]:
        """What the switch itself plays."""
        bell_ms = tone_ms(pcm, BELL_HZ, min_share=0.5, window_ms=20)
        found = set()
        if bell_ms > 700:
            found.add("bell")
        elif bell_ms >= 40:
            found.add("hold")
        last = pcm[-1_000 * BYTES_PER_MS :]
        # Looking through all the music takes a while: only where there is something to be found.
        if looks_for_music and silence_ms(last) < 700 and bell_ms < 200:
            found |= {"music" for window in music_at(last, self._music) if window.file is not None}
        return found
