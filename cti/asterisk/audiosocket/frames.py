"""
AudioSocket as values: bytes in, frames out, and the other way round.

A frame is one byte of kind, two of length (big-endian) and the payload. The
first one says by its UUID which call this is; afterwards come 20 ms of sound
(8000 Hz, mono, signed 16 bits, little-endian) at a time, and keys. Sound comes
only while the caller sends any. Nothing here waits or logs.

Source: res_audiosocket.c and app_audiosocket.c of Asterisk 22, as observed;
docs.asterisk.org, "AudioSocket".
"""

from __future__ import annotations

import enum
import struct
import uuid
from dataclasses import dataclass, field

FRAME_BYTES = 320
"""20 ms of sound."""
MAX_PAYLOAD_BYTES = 8_192
"""Half a second of sound: Asterisk sends 20 ms, so whoever sends more is not Asterisk."""

_HEAD = struct.Struct(">BH")
_KEYS = frozenset(b"0123456789*#ABCDabcd")


class Kind(enum.IntEnum):
    """What the first byte says. Others (sound at other rates) are skipped."""

    HANGUP = 0x00
    UUID = 0x01
    DTMF = 0x03
    SLIN_8K = 0x10
    ERROR = 0xFF


class FrameError(Exception):
    """No AudioSocket, or no longer in step: the connection is over."""


@dataclass(frozen=True, slots=True)
class Hello:
    """The call that this connection belongs to."""

    id: uuid.UUID


@dataclass(frozen=True, slots=True)
class Sound:
    """What the caller says: 8000 Hz, mono, signed 16 bits, little-endian; whole samples."""

    pcm: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Digit:
    """A key of the caller's telephone, told when it is let go."""

    key: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class HungUp:
    """The other side ends, properly. A caller who hangs up ends without it."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """The other side could not go on; its code, 0 when it gave none."""

    code: int


Frame = Hello | Sound | Digit | HungUp | Trouble


@dataclass(slots=True)
class FrameReader:
    """One direction of one connection."""

    _buffer: bytearray = field(default_factory=bytearray)
    _named: bool = False

    def feed(self, data: bytes) -> list[Frame]:
        """
        The frames that these bytes complete, in order.

        Raises:
            FrameError: It does not begin with a UUID, brings a second one, or a payload is impossible.
                What came before it in the same bytes is lost with the connection.
        """
        self._buffer += data
        frames: list[Frame] = []
        at = 0
        while len(self._buffer) - at >= _HEAD.size:
            kind, length = _HEAD.unpack_from(self._buffer, at)
            self._check(kind, length)
            end = at + _HEAD.size + length
            if end > len(self._buffer):
                break
            frame = self._frame(kind, bytes(self._buffer[at + _HEAD.size : end]))
            if frame is not None:
                frames.append(frame)
            at = end
        del self._buffer[:at]
        return frames

    def _check(self, kind: int, length: int) -> None:
        """By its head alone, so that nobody makes us wait for what will be refused."""
        if (kind == Kind.UUID) is self._named:
            raise FrameError("a second UUID" if self._named else f"begins with frame {kind:#04x}, not a UUID")
        if kind == Kind.UUID and length != 16:
            raise FrameError(f"a UUID of {length} bytes")
        if length > MAX_PAYLOAD_BYTES:
            raise FrameError(f"frame {kind:#04x} of {length} bytes")

    def _frame(self, kind: int, payload: bytes) -> Frame | None:
        match kind:
            case Kind.UUID:
                self._named = True
                return Hello(uuid.UUID(bytes=payload))
            case Kind.SLIN_8K:
                return Sound(payload[: len(payload) // 2 * 2]) if len(payload) > 1 else None
            case Kind.DTMF:
                return _digit(payload)
            case Kind.HANGUP:
                return HungUp()
            case Kind.ERROR:
                return Trouble(int.from_bytes(payload[:1]))
            case _:
                return None


def _digit(payload: bytes) -> Digit | None:
    """Flash and the like are no keys."""
    return Digit(payload.decode().upper()) if len(payload) == 1 and payload[0] in _KEYS else None


def sound(pcm: bytes) -> bytes:
    """
    Sound for the caller as a frame.

    Raises:
        ValueError: More than `MAX_PAYLOAD_BYTES`. A bug of the caller's.
    """
    if len(pcm) > MAX_PAYLOAD_BYTES:
        raise ValueError(f"{len(pcm)} bytes of sound in one frame")
    return _HEAD.pack(Kind.SLIN_8K, len(pcm)) + pcm


HANGUP = _HEAD.pack(Kind.HANGUP, 0)
"""Ends the application; the call goes on."""
