"""What a caller left behind: whether there is a message in it."""

from __future__ import annotations

import array
import math
import operator
import sys
import wave
from pathlib import Path

SPOKEN_MIN_MS = 1_000
"""Less sound than this is a cough, or the click of hanging up."""
SOUND_DBFS = -40.0
"""RMS of 20 ms from which on they are sound. Speech on the telephone is near -20, a quiet line below -55."""

_FRAME_MS = 20
_OURS_ONLY = 0o600


def keep_if_spoken(path: Path) -> bool:
    """Whether a recording holds a message; one that does not is deleted. What is kept only we can read."""
    try:
        spoken_ms = sound_ms(path)
    except (OSError, EOFError, wave.Error):
        spoken_ms = 0
    if spoken_ms < SPOKEN_MIN_MS:
        path.unlink(missing_ok=True)
        return False
    path.chmod(_OURS_ONLY)
    return True


def sound_ms(path: Path) -> int:
    """
    For how long there is sound in a WAV file of 16 bits, mono; all stretches together.

    Raises:
        OSError, EOFError, wave.Error: It cannot be read.
    """
    with wave.open(str(path), "rb") as wav:
        if (wav.getnchannels(), wav.getsampwidth()) != (1, 2):
            raise wave.Error(f"{path}: not mono of 16 bits")
        size = wav.getframerate() * _FRAME_MS // 1000
        loud = 0
        while piece := wav.readframes(size):
            loud += _level_dbfs(piece) >= SOUND_DBFS
    return loud * _FRAME_MS


def _level_dbfs(pcm: bytes) -> float:
    samples = array.array("h", pcm[: len(pcm) // 2 * 2])
    if sys.byteorder == "big":
        samples.byteswap()
    power = sum(map(operator.mul, samples, samples)) / max(1, len(samples))
    return 10 * math.log10(power / 32768**2) if power else -math.inf
