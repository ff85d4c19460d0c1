"""The bytes of AudioSocket."""

from __future__ import annotations

import struct
import uuid

import pytest

from cti.asterisk.audiosocket.frames import (
    HANGUP,
    MAX_PAYLOAD_BYTES,
    Digit,
    FrameError,
    FrameReader,
    Hello,
    HungUp,
    Sound,
    Trouble,
    sound,
)
from tests.support.audio_leg import LOUD, frame

pytestmark = pytest.mark.unit

ID = uuid.UUID("40325ec2-5efd-4bd3-805f-53576e581d13")
HELLO = frame(1, ID.bytes)


def test_a_call_is_named_heard_keyed_and_ended() -> None:
    """All frames that Asterisk sends, as it sends them."""
    data = HELLO + frame(0x10, LOUD) + frame(3, b"5") + frame(0)

    assert FrameReader().feed(data) == [Hello(ID), Sound(LOUD), Digit("5"), HungUp()]


def test_an_error_has_a_code_or_none() -> None:
    """Asterisk's own failures end the conversation too."""
    assert FrameReader().feed(HELLO + frame(0xFF, b"\x04") + frame(0xFF)) == [
        Hello(ID),
        Trouble(4),
        Trouble(0),
    ]


@pytest.mark.parametrize(
    "odd", [frame(0x12, bytes(640)), frame(0x55), frame(0x10), frame(3, b"!"), frame(3), frame(3, b"12")]
)
def test_what_is_unknown_is_left_out(odd: bytes) -> None:
    """Sound at other rates, kinds to come, flash: nobody's business, and no reason to stop listening."""
    assert FrameReader().feed(HELLO + odd + frame(3, b"#")) == [Hello(ID), Digit("#")]


def test_half_a_sample_is_dropped() -> None:
    """Whoever takes the sound may rely on whole samples."""
    assert FrameReader().feed(HELLO + frame(0x10, b"\1\2\3")) == [Hello(ID), Sound(b"\1\2")]


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (frame(0x10, LOUD), "begins with frame 0x10"),
        (b"GET / HTTP/1.1\r\n", "begins with frame 0x47"),
        (frame(1, b"short"), "UUID of 5 bytes"),
        (HELLO + HELLO, "a second UUID"),
        (HELLO + struct.pack(">BH", 0x10, MAX_PAYLOAD_BYTES + 1), "of 8193 bytes"),
        (HELLO + struct.pack(">BH", 0x77, 65_535), "of 65535 bytes"),
    ],
)
def test_what_cannot_be_asterisk_ends_by_its_head_alone(data: bytes, why: str) -> None:
    """Nobody makes us wait, or keep memory, for what will be refused."""
    with pytest.raises(FrameError, match=why):
        FrameReader().feed(data)


def test_our_own_frames_can_be_read() -> None:
    """Sound and hang-up as Asterisk expects them."""
    assert FrameReader().feed(HELLO + sound(LOUD) + HANGUP) == [Hello(ID), Sound(LOUD), HungUp()]
    assert HANGUP == b"\0\0\0"


def test_too_much_sound_at_once_is_our_bug() -> None:
    """Asterisk would take the length for another one."""
    with pytest.raises(ValueError, match="8194 bytes"):
        sound(bytes(MAX_PAYLOAD_BYTES + 2))


def test_keys_and_sound_are_not_shown() -> None:
    """What somebody keys or says is not for logs, not even by accident."""
    assert "7" not in repr(Digit("7"))
    assert "\\x40" not in repr(Sound(LOUD))
