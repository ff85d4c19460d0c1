"""The bytes between the server and a recognition worker."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asr.ports import Wish
from asr.wire import (
    BODY_MAX,
    Began,
    Check,
    Close,
    Decided,
    Decoder,
    Ended,
    Failed,
    Message,
    Missing,
    Open,
    Ready,
    Sound,
    Taken,
    Understood,
    Unready,
    WireError,
    encode,
)

pytestmark = pytest.mark.unit

numbers = st.integers(0, 2**32 - 1)
words = st.text(max_size=20)
several = st.lists(words, max_size=4).map(tuple)
sure = st.floats(0, 1)
messages: st.SearchStrategy[Message] = st.one_of(
    st.builds(Open, numbers, st.builds(Wish, words, several, st.booleans())),
    st.builds(Sound, numbers, st.binary(max_size=700)),
    st.builds(Close, numbers),
    st.builds(Check, numbers, words, several),
    st.builds(Ready, words, st.booleans()),
    st.builds(Unready, words, words),
    st.builds(Began, numbers),
    st.builds(Understood, numbers, words),
    st.builds(Taken, numbers, numbers),
    st.builds(Ended, numbers, numbers),
    st.builds(Decided, numbers, words, sure, words, numbers),
    st.builds(Failed, numbers, words),
    st.builds(Missing, numbers, several),
)


@given(st.lists(messages, max_size=6), st.lists(st.integers(1, 40), min_size=1, max_size=60))
def test_any_cut_of_the_bytes_gives_the_same_messages(sent: list[Message], cuts: list[int]) -> None:
    """What was sent arrives, whole and in order, however the pipe cuts it."""
    left = b"".join(map(encode, sent))
    decoder, got = Decoder(), []
    for size in [*cuts, len(left)]:
        got += decoder.feed(left[:size])
        left = left[size:]
    got += decoder.feed(left)
    assert got == sent


@given(st.lists(st.binary(max_size=200), max_size=5))
def test_garbage_is_refused_and_nothing_else_happens(pieces: list[bytes]) -> None:
    """Bytes of anything end in messages, in waiting, or in a WireError."""
    decoder = Decoder()
    try:
        for piece in pieces:
            decoder.feed(piece)
    except WireError:
        pass


@given(st.lists(messages, min_size=1, max_size=4), st.data())
def test_a_changed_byte_is_never_more_than_a_wire_error(sent: list[Message], data: st.DataObject) -> None:
    """One wrong byte in a stream of ours may change what is read, never raise anything else."""
    stream = bytearray(b"".join(map(encode, sent)))
    at = data.draw(st.integers(0, len(stream) - 1))
    stream[at] = data.draw(st.integers(0, 255))
    with contextlib.suppress(WireError):
        Decoder().feed(bytes(stream))


def test_a_frame_has_a_limit() -> None:
    """A length beyond the limit is refused before its bytes are waited for, and none is sent."""
    with pytest.raises(WireError):
        Decoder().feed(bytes([2]) + bytes(4) + (BODY_MAX + 1).to_bytes(4, "big"))
    with pytest.raises(ValueError, match="at most"):
        encode(Sound(1, bytes(BODY_MAX + 1)))
