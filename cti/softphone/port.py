"""
What a test or a demonstration needs of a telephone, whatever stack is behind it.

Audio is 8 kHz, mono, signed 16 bit, little endian. Times are `time.monotonic()`
seconds, so that they can be compared with everything else in the process.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

SAMPLE_RATE_HZ = 8000
BYTES_PER_MS = 16


class CallState(enum.Enum):
    """How far a call has come. It only ever moves down this list."""

    DIALLING = "dialling"
    RINGING = "ringing"
    UP = "up"
    ENDED = "ended"


class Mark(enum.Enum):
    """Moments of a call that can be asked for with `SoftCall.at_s`."""

    INVITED = "invited"
    """INVITE sent, or received."""
    RINGING = "ringing"
    UP = "up"
    """Established: 200 and ACK are through."""
    FIRST_RTP = "first_rtp"
    """The first packet of the other side arrived."""
    ENDED = "ended"
    """BYE, CANCEL or a refusal; a call without `UP` was never answered."""


class SoftphoneUnavailable(RuntimeError):
    """The stack behind the port is not installed. The message says how to mend it."""


class CallEndedFirst(RuntimeError):
    """The call ended while something else was waited for. The message holds the reason."""


class NotInTime(RuntimeError):
    """A deadline passed. The message says what was waited for and what was seen instead."""


class NotRegistered(RuntimeError):
    """The registrar refused, or did not answer. The message says which."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of received audio and the moment it was taken off the stack."""

    at_s: float
    pcm: bytes


class SoftCall(Protocol):
    """One call, incoming or outgoing."""

    @property
    def state(self) -> CallState: ...

    @property
    def call_id(self) -> str:
        """The SIP Call-ID, "" until the stack has told it."""
        ...

    @property
    def peer(self) -> str:
        """The URI of the other side."""
        ...

    @property
    def headers(self) -> Mapping[str, str]:
        """Headers of a received INVITE, only those the stack was told to show."""
        ...

    @property
    def end_reason(self) -> str:
        """Status line or stack text of the end, e.g. "486 Busy Here"; "" after a plain BYE."""
        ...

    @property
    def digits(self) -> str:
        """DTMF that the other side has sent so far."""
        ...

    def at_s(self, mark: Mark) -> float | None:
        """When this happened (`time.monotonic()`), None if it has not."""
        ...

    async def wait_for(self, state: CallState, *, within_s: float) -> None:
        """
        Wait until the call has come at least this far.

        Raises:
            CallEndedFirst: It ended, and ENDED was not what was waited for.
            NotInTime: The deadline passed.
        """
        ...

    async def answer(self) -> None:
        """
        Pick up.

        Raises:
            CallEndedFirst: Nothing rings any more.
        """
        ...

    async def decline(self) -> None:
        """Refuse a ringing call with 486 Busy Here. Nothing happens if it is over."""
        ...

    async def hangup(self) -> None:
        """BYE, or CANCEL while our own call still rings. Nothing happens if it is over."""
        ...

    async def send_dtmf(self, digits: str) -> None: ...

    def say(self, pcm: bytes, *, repeat: bool = False) -> None:
        """Play this from now on, in place of what was playing; then silence."""
        ...

    def tone(self, hz: int) -> None:
        """Play a steady tone until told otherwise. `hz` is 1 to 3999."""
        ...

    def quiet(self) -> None:
        """Play silence."""
        ...

    def saying(self) -> bool:
        """Whether something is still to be played."""
        ...

    def heard(self) -> bytes:
        """All audio received so far, end to end, gaps left out (see `on_clock`)."""
        ...

    def chunks(self) -> Sequence[Chunk]:
        """All audio received so far, piece by piece, oldest first."""
        ...


class SipUserAgent(Protocol):
    """One SIP identity: registers, dials, is dialled."""

    @property
    def user(self) -> str: ...

    async def register(self, *, within_s: float = 5.0) -> None:
        """
        Be reachable.

        Raises:
            NotRegistered: See there.
        """
        ...

    async def unregister(self, *, within_s: float = 5.0) -> None: ...

    async def dial(self, uri: str, headers: Mapping[str, str] | None = None) -> SoftCall: ...

    async def next_call(self, *, within_s: float) -> SoftCall:
        """
        The next incoming call, oldest first.

        Raises:
            NotInTime: Nobody called.
        """
        ...

    async def close(self) -> None:
        """Hang up what is left and give the registration back."""
        ...


def on_clock(chunks: Sequence[Chunk], *, slack_ms: int = 60) -> tuple[float, bytes]:
    """
    Lay received audio on the clock: silence stands where nothing was received.

    Args:
        chunks: Oldest first, as from `SoftCall.chunks`.
        slack_ms: A chunk up to this late is taken as jitter, not as a gap.

    Returns:
        The moment of the first sample (`time.monotonic()` seconds) and the
        audio. (0.0, b"") if nothing was received.
    """
    if not chunks:
        return 0.0, b""
    start_s = chunks[0].at_s - len(chunks[0].pcm) / BYTES_PER_MS / 1000
    laid = bytearray()
    for chunk in chunks:
        begin_ms = (chunk.at_s - start_s) * 1000 - len(chunk.pcm) / BYTES_PER_MS
        behind_ms = int(begin_ms - len(laid) / BYTES_PER_MS)
        if behind_ms > slack_ms:
            laid += bytes(behind_ms * BYTES_PER_MS)
        laid += chunk.pcm
    return start_s, bytes(laid)
