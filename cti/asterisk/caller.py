"""The caller's leg while AGI owns it, in the words of the IVR."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path

from asterisk.agi import AGIError, AGIHangup

from cti.asterisk.agi.verbs import AgiCall
from ivr.session import CallerGone, SoundFailed

ALL_KEYS = "0123456789*#"
_PLAIN = re.compile(r"[\w./&+:@-]*", re.ASCII)
"""Values that the application MSet takes as they are: it splits at commas and understands quotes."""

RunScript = Callable[[AgiCall, Path], Awaitable[object]]


class AgiLine:
    """
    Plays and listens by AGI commands; pyst2's exceptions become the IVR's two.

    Args:
        call: The AGI session.
        run_script: Runs an AGI script of the configuration on this session.
    """

    def __init__(self, call: AgiCall, run_script: RunScript) -> None:
        self._call = call
        self._run_script = run_script

    async def play(self, sound_paths: Sequence[str], stop_keys: str) -> str | None:
        for sound in sound_paths:
            try:
                key: str = await self._call.stream_file(sound, stop_keys)
            except AGIHangup as gone:
                raise CallerGone(str(gone)) from gone
            except AGIError as error:
                raise SoundFailed(f"{sound}: {error}") from error
            if key:
                return key
        return None

    async def collect(self, timeout_ms: int) -> str | None:
        try:
            key: str = await self._call.wait_for_digit(timeout_ms)
        except (AGIHangup, AGIError) as gone:
            raise CallerGone(str(gone)) from gone
        return key or None

    async def remember(self, values: Mapping[str, str]) -> None:
        try:
            if len(values) > 1 and all(_PLAIN.fullmatch(value) for value in values.values()):
                # One exchange with Asterisk instead of several: it is their number that costs.
                pairs = (f"{name}={value}" for name, value in values.items())
                await self._call.appexec("MSet", ",".join(pairs))
                return
            for name, value in values.items():
                await self._call.set_variable(name, value)
        except (AGIHangup, AGIError) as gone:
            raise CallerGone(str(gone)) from gone

    async def run_script(self, script: Path) -> None:
        try:
            await self._run_script(self._call, script)
        except AGIHangup as gone:
            raise CallerGone(str(gone)) from gone


def is_withheld(callingpres: int) -> bool:
    """Whether a presentation value of Q.931 (as `agi_callingpres` has it) keeps the number back."""
    return callingpres & 0x60 != 0
