"""
What the server and a recognition worker say to each other, as bytes. Pure.

A frame is one byte of kind, four of hearing (big-endian; 0 is the worker itself),
four of length and that many bytes: sound, or a JSON object.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from asr.ports import Wish

BODY_MAX = 1 << 20

_HEAD = struct.Struct(">BII")


class WireError(Exception):
    """Not our frames: whoever sent this cannot be understood any more."""


# To the worker


@dataclass(frozen=True, slots=True)
class Open:
    hearing: int
    wish: Wish


@dataclass(frozen=True, slots=True)
class Sound:
    """8 kHz, 16 bits; of a hearing that is over: ignored."""

    hearing: int
    pcm: bytes


@dataclass(frozen=True, slots=True)
class Close:
    hearing: int


@dataclass(frozen=True, slots=True)
class Check:
    """Which words the model of a language does not know. Answer: Missing."""

    hearing: int
    language: str
    phrases: tuple[str, ...]


# From the worker


@dataclass(frozen=True, slots=True)
class Ready:
    """A language can be heard from now on."""

    language: str
    cheap: bool
    """Listening for phrases costs little; otherwise as much as for free speech."""


@dataclass(frozen=True, slots=True)
class Unready:
    """A language will not be heard by this worker."""

    language: str
    why: str


@dataclass(frozen=True, slots=True)
class Began:
    hearing: int


@dataclass(frozen=True, slots=True)
class Understood:
    """So far."""

    hearing: int
    text: str


@dataclass(frozen=True, slots=True)
class Taken:
    """All sound up to here has been worked through."""

    hearing: int
    heard_ms: int


@dataclass(frozen=True, slots=True)
class Ended:
    """The utterance is over, `Decided` follows."""

    hearing: int
    speech_end_ms: int


@dataclass(frozen=True, slots=True)
class Decided:
    hearing: int
    text: str
    confidence: float
    engine: str
    speech_end_ms: int


@dataclass(frozen=True, slots=True)
class Failed:
    """The hearing is over without an answer."""

    hearing: int
    why: str


@dataclass(frozen=True, slots=True)
class Missing:
    hearing: int
    words: tuple[str, ...]


Message = (
    Open | Sound | Close | Check
    | Ready | Unready | Began | Understood | Taken | Ended | Decided | Failed | Missing
)  # fmt: skip

_KINDS: Mapping[int, type] = {
    1: Open, 2: Sound, 3: Close, 4: Check,
    16: Ready, 17: Unready, 18: Began, 19: Understood, 20: Taken, 21: Ended, 22: Decided, 23: Failed,
    24: Missing,
}  # fmt: skip
_NUMBERS = {kind: number for number, kind in _KINDS.items()}


def encode(message: Message) -> bytes:
    """
    One frame.

    Raises:
        ValueError: A body of more than `BODY_MAX` bytes.
    """
    hearing = getattr(message, "hearing", 0)
    body = message.pcm if isinstance(message, Sound) else _json(message)
    if len(body) > BODY_MAX:
        raise ValueError(f"a frame of {len(body)} bytes; at most {BODY_MAX}")
    return _HEAD.pack(_NUMBERS[type(message)], hearing, len(body)) + body


class Decoder:
    """Bytes as they come, messages as they are complete; how the bytes were cut makes no difference."""

    def __init__(self) -> None:
        self._rest = bytearray()

    def feed(self, data: bytes) -> list[Message]:
        """
        The messages that these bytes complete.

        Raises:
            WireError: See there; nothing can be read from this side again.
        """
        self._rest += data
        found: list[Message] = []
        at = 0
        while len(self._rest) - at >= _HEAD.size:
            kind, hearing, length = _HEAD.unpack_from(self._rest, at)
            if kind not in _KINDS or length > BODY_MAX:
                raise WireError(f"no frame: kind {kind}, {length} bytes")
            end = at + _HEAD.size + length
            if end > len(self._rest):
                break
            found.append(_message(_KINDS[kind], hearing, bytes(self._rest[at + _HEAD.size : end])))
            at = end
        del self._rest[:at]
        return found


def _json(message: Message) -> bytes:
    fields = {name: getattr(message, name) for name in message.__slots__ if name != "hearing"}
    if isinstance(message, Open):
        wish = message.wish
        fields = {"language": wish.language, "phrases": wish.phrases, "digits": wish.digits}
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode()


def _message(kind: type, hearing: int, body: bytes) -> Message:
    if kind is Sound:
        return Sound(hearing, body)
    try:
        fields = json.loads(body)
        return _READERS[kind](hearing, fields)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise WireError(f"no {kind.__name__}: {body[:80]!r}") from error


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(value)
    return value


def _texts(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise TypeError(value)
    return tuple(map(_text, value))


def _whole(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(value)
    return value


def _open(hearing: int, got: Mapping[str, Any]) -> Open:
    return Open(hearing, Wish(_text(got["language"]), _texts(got["phrases"]), bool(got["digits"])))


def _decided(hearing: int, got: Mapping[str, Any]) -> Decided:
    return Decided(
        hearing,
        _text(got["text"]),
        float(got["confidence"]),
        _text(got["engine"]),
        _whole(got["speech_end_ms"]),
    )


_READERS: Mapping[type, Callable[[int, Any], Message]] = {
    Open: _open,
    Close: lambda hearing, _: Close(hearing),
    Check: lambda hearing, got: Check(hearing, _text(got["language"]), _texts(got["phrases"])),
    Ready: lambda _, got: Ready(_text(got["language"]), bool(got["cheap"])),
    Unready: lambda _, got: Unready(_text(got["language"]), _text(got["why"])),
    Began: lambda hearing, _: Began(hearing),
    Understood: lambda hearing, got: Understood(hearing, _text(got["text"])),
    Taken: lambda hearing, got: Taken(hearing, _whole(got["heard_ms"])),
    Ended: lambda hearing, got: Ended(hearing, _whole(got["speech_end_ms"])),
    Decided: _decided,
    Failed: lambda hearing, got: Failed(hearing, _text(got["why"])),
    Missing: lambda hearing, got: Missing(hearing, _texts(got["words"])),
}
