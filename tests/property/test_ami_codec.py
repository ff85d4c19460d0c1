"""AMI codec: what holds for any stream."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cti.asterisk.ami.codec import Decoder, HeaderRefused, Message, ProtocolError, encode

pytestmark = pytest.mark.property

GREETING = b"Asterisk Call Manager/11.0.0\r\n"

_names = st.sampled_from(["Event", "Response", "ActionID", "Output", "ChanVariable", "X"])
_values = st.text(st.characters(codec="utf-8", exclude_characters="\r\n\0"), max_size=12)
_lines = st.builds(lambda name, value: f"{name}: {value}", _names, _values) | st.sampled_from(
    ["Odd:", "text", ""]
)
_first = st.sampled_from(["Event: Hangup", "Event: VarSet", "Response: Success", "Event: "])
_blocks = st.builds(lambda first, rest: "\r\n".join([first, *rest]), _first, st.lists(_lines, max_size=5))
_streams = st.lists(_blocks, max_size=6).map(lambda blocks: "".join(f"{block}\r\n\r\n" for block in blocks))


def _pieces(stream: bytes, cuts: list[int]) -> list[bytes]:
    edges = [0, *sorted({cut % (len(stream) + 1) for cut in cuts}), len(stream)]
    return [stream[start:end] for start, end in pairwise(edges)]


def _fed(pieces: list[bytes], wanted: frozenset[bytes] | None) -> tuple[list[Message], int] | str:
    decoder = Decoder(wanted)
    try:
        messages = [message for piece in pieces for message in decoder.feed(piece)]
    except ProtocolError as error:
        return str(error)
    return messages, decoder.skipped


@given(
    text=_streams,
    cuts=st.lists(st.integers(0, 10_000), max_size=20),
    wanted=st.sampled_from([None, frozenset({b"Hangup"}), frozenset[bytes]()]),
)
def test_any_split_gives_the_same_messages(
    text: str, cuts: list[int], wanted: frozenset[bytes] | None
) -> None:
    """However TCP cuts the stream, messages, skipped count and refusal are the same."""
    stream = GREETING + text.encode()

    whole = _fed([stream], wanted)
    assert _fed(_pieces(stream, cuts), wanted) == whole
    assert _fed([bytes([byte]) for byte in stream], wanted) == whole


@given(
    pairs=st.lists(st.tuples(st.sampled_from(["A", "B", "Variable"]), _values), max_size=8),
    action_id=st.text("abc0123-", min_size=1),
)
def test_what_is_encoded_is_read_back(pairs: list[tuple[str, str]], action_id: str) -> None:
    """Names, values, order and repeats survive the wire."""
    (message,) = Decoder().feed(GREETING + encode("Originate", pairs, action_id))

    assert message.get("Action") == "Originate"
    assert message.action_id == action_id
    for name in {name for name, _ in pairs}:
        assert message.all(name) == tuple(value for other, value in pairs if other == name)


@given(name=st.text(max_size=8), value=st.text(max_size=12))
def test_an_action_is_one_block_or_is_refused(name: str, value: str) -> None:
    """No text whatever makes two actions, or one header more than was given."""
    try:
        data = encode("Ping", [(name, value)], "1")
    except HeaderRefused:
        return
    assert data.count(b"\r\n\r\n") == 1
    assert data.count(b"\r\n") == 4
    assert b"\0" not in data
    assert data.replace(b"\r\n", b"").find(b"\n") == -1
