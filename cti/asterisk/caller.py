"""The caller's leg while AGI owns it, in the words of the IVR."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path

import structlog
from asterisk.agi import AGIError, AGIHangup

from cti.asterisk.agi.verbs import AgiCall
from cti.asterisk.recording import keep_if_spoken
from ivr.ports import CallerGone, SoundFailed

ALL_KEYS = "0123456789*#"
_PLAIN = re.compile(r"[\w./&+:@-]*", re.ASCII)
"""Values that the application MSet takes as they are: it splits at commas and understands quotes."""

_KEYS = frozenset(ALL_KEYS)
_log = structlog.get_logger("asterisk.caller")
_ENDING_KEY = "#"
_BEEP = "beep"

RunScript = Callable[[AgiCall, Path], Awaitable[object]]
Where = Callable[[str], Path]
"""Voicemail box -> the file that its next message goes to, ending in `.wav`, in a folder that is there."""


def _nowhere(box: str) -> Path:
    raise OSError(f"no folder for the messages of {box}")


class AgiLine:
    """
    Plays and listens by AGI commands; pyst2's exceptions become the IVR's two.

    Args:
        call: The AGI session.
        run_script: Runs an AGI script of the configuration on this session.
        where: Where messages of callers go; raises OSError where none can be taken.
    """

    def __init__(self, call: AgiCall, run_script: RunScript, where: Where = _nowhere) -> None:
        self._call = call
        self._run_script = run_script
        self._where = where

    async def play(self, sound_paths: Sequence[str], stop_keys: str) -> str | None:
        for sound in sound_paths:
            try:
                key: str = await self._call.stream_file(sound, stop_keys)
            except AGIHangup as gone:
                raise CallerGone(str(gone)) from gone
            except AGIError as error:
                raise SoundFailed(f"{sound}: {error}") from error
            if key in _KEYS:
                return key
        return None

    async def collect(self, timeout_ms: int) -> str | None:
        try:
            key: str = await self._call.wait_for_digit(timeout_ms)
        except (AGIHangup, AGIError) as gone:
            raise CallerGone(str(gone)) from gone
        return key if key in _KEYS else None

    async def music(self) -> None:
        try:
            # As the dialplan has it: empty where the centre wants callers to wait in silence.
            if music := await self._call.get_variable("CC_MUSIC"):
                await self._call.appexec("StartMusicOnHold", music)
        except AGIHangup as gone:
            raise CallerGone(str(gone)) from gone
        except AGIError as error:
            _log.warning("music.failed", why=str(error))

    async def gather(
        self, sound_paths: Sequence[str], longest: int, *, timeout_ms: int, between_ms: int, secret: bool
    ) -> str:
        """
        Keys up to `longest`, without the `#` that ends them; empty for none. Keys cut the sounds short.

        All but the first are taken by one command inside the switch, which writes no key anywhere as we
        deploy it (`asterisk-conf`): none is lost while this server is busy, and nothing is said of them
        here. What cannot be played is left out.
        """
        del secret  # the same way for all: nobody has to remember which ones are
        first = await self._key_over(sound_paths) or await self.collect(timeout_ms) or ""
        if first in ("", _ENDING_KEY) or longest == 1:
            return first.removesuffix(_ENDING_KEY)
        try:
            rest: str = await self._call.get_data("", max(1, between_ms), longest - 1)
        except (AGIHangup, AGIError):
            # Without its cause: the text of that could hold keys.
            raise CallerGone("the call ended while keys were taken") from None
        return first + "".join(key for key in rest.partition(_ENDING_KEY)[0] if key in ALL_KEYS)

    async def _key_over(self, sound_paths: Sequence[str]) -> str | None:
        """The key that cut the sounds short; what cannot be played is left out."""
        for sound in sound_paths:
            with contextlib.suppress(SoundFailed):
                if key := await self.play((sound,), ALL_KEYS):
                    return key
        return None

    async def record(
        self, box: str, sound_paths: Sequence[str], *, longest_ms: int, silence_ms: int
    ) -> bool | None:
        """
        Take a message after the sounds and a beep; `#`, silence, or hanging up ends it.

        What a caller said before hanging up stays in the file, though `CallerGone` is raised: the switch
        may still be writing to it, so whoever gave the place looks at it later (`keep_if_spoken`).
        """
        await self._key_over(sound_paths)
        try:
            path = await asyncio.to_thread(self._where, box)
        except OSError:
            return None
        try:
            await self._call.record_file(
                str(path.with_suffix("")),
                "wav",
                _ENDING_KEY,
                longest_ms,
                0,
                _BEEP,
                max(1, round(silence_ms / 1000)),
            )
        except AGIHangup as gone:
            raise CallerGone(str(gone)) from gone
        except AGIError:
            return await asyncio.to_thread(keep_if_spoken, path) or None
        return await asyncio.to_thread(keep_if_spoken, path)

    async def connect_audio(self, audio_id: str, address: str) -> None:
        """
        Hand the caller's sound to the audio server at `host:port` until either side ends it.

        Raises:
            SoundFailed: The switch could not. The caller is still there.
        """
        try:
            # Music that plays would keep our sound from the caller.
            await self._call.execute("SET MUSIC", "OFF")
            await self._call.appexec("AudioSocket", f"{audio_id},{address}")
        except AGIHangup as gone:
            raise CallerGone(str(gone)) from gone
        except AGIError as error:
            raise SoundFailed(f"AudioSocket: {error}") from error

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
