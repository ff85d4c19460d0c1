"""AGI codec: what holds for any stream and any text."""

from __future__ import annotations

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cti.asterisk.agi.protocol import (
    AgiProtocol,
    CommandRefused,
    ProtocolError,
    Received,
    Reply,
    bare,
    quote,
)

pytestmark = pytest.mark.property

_text = st.text(st.characters(codec="utf-8", exclude_characters="\r\n\0"), max_size=16)
_line = st.one_of(
    st.sampled_from([
        "HANGUP", "100 Trying", "200 result=1", "200 result=0 endpos=5", "200 result= (timeout)",
        "510 Invalid or unknown command", "520-Usage follows:", "520 End of proper usage.", "", "garbage",
    ]),
    _text.map(lambda value: f"200 result=1 ({value})"),
    _text.map(lambda value: f"200 result=1 ({value}"),
)  # fmt: skip


def _fed(pieces: list[bytes]) -> list[Received | str]:
    """All that is received, a command being sent whenever one may be; the error, if any, last."""
    protocol, seen = AgiProtocol(), list[Received | str]()
    for piece in pieces:
        try:
            seen += protocol.feed(piece)
        except ProtocolError as error:
            return [*seen, str(error)]
        # A line has ended: Asterisk would now wait for a command, so one is given.
        if piece.endswith(b"\n") and not protocol.awaiting and seen:
            protocol.command("NOOP")
    return seen


def _cut(piece: bytes, at: int) -> list[bytes]:
    at %= len(piece)
    return [part for part in (piece[:at], piece[at:]) if part]


@given(lines=st.lists(_line, max_size=12), cuts=st.lists(st.integers(0, 100), min_size=12, max_size=12))
def test_any_split_gives_the_same_replies(lines: list[str], cuts: list[int]) -> None:
    """However TCP cuts the stream, the same is received and the same error is found."""
    whole = [b"agi_network: yes\n\n", *(f"{line}\n".encode() for line in lines)]
    pieces = [part for piece, at in zip(whole, [3, *cuts], strict=False) for part in _cut(piece, at)]
    single = [bytes([byte]) for piece in whole for byte in piece]

    assert _fed(pieces) == _fed(whole)
    # The environment ends in two line ends: let it be whole, so that commands start at the same place.
    assert _fed([whole[0], *single[len(whole[0]) :]]) == _fed(whole)


@given(value=_text, result=st.sampled_from(["0", "1", "-1", "53", ""]))
def test_any_value_in_parentheses_is_read_back(value: str, result: str) -> None:
    """Whatever a channel variable holds, parentheses and equal signs too, it comes back whole."""
    protocol = AgiProtocol()
    protocol.feed(b"agi_network: yes\n\n")
    protocol.command("GET VARIABLE X")

    (reply,) = protocol.feed(f"200 result={result} ({value})\n".encode())

    assert isinstance(reply, Reply)
    assert (reply.result, reply.data) == (result, value)


@given(words=st.lists(_text, min_size=1, max_size=5))
def test_quoted_arguments_stay_apart(words: list[str]) -> None:
    """A reader with Asterisk's rules (quotes group, a backslash takes the next sign) finds the same words."""
    line = " ".join(["VERB", *(quote(word) for word in words)])

    assert _asterisk_words(line) == ["VERB", *words]


@given(word=_text)
def test_bare_arguments_are_quoted_when_they_must_be(word: str) -> None:
    """An argument without quotes is still one argument, and the same one."""
    assert _asterisk_words(f"VERB {bare(word)} end") == ["VERB", word, "end"]


@given(line=st.text(max_size=40))
def test_a_command_is_one_line_or_is_refused(line: str) -> None:
    """No text whatever makes two commands."""
    protocol = AgiProtocol()
    protocol.feed(b"agi_network: yes\n\n")
    try:
        data = protocol.command(line)
    except CommandRefused:
        return
    assert data.count(b"\n") == 1
    assert data.endswith(b"\n")
    assert b"\r" not in data
    assert b"\0" not in data


def _asterisk_words(line: str) -> list[str]:
    """Asterisk's splitting: like a shell's inside double quotes, but a backslash always escapes."""
    words, word, quoted, escaped, begun = [], "", False, False, False
    for char in line:
        if escaped:
            word, escaped = word + char, False
        elif char == "\\":
            escaped = begun = True
        elif char == '"':
            quoted, begun = not quoted, True
        elif char in " \t" and not quoted:
            if begun:
                words.append(word)
            word, begun = "", False
        else:
            word, begun = word + char, True
    return [*words, word] if begun else words


def test_our_reading_of_asterisk_s_rules_agrees_with_a_shell() -> None:
    """On the common ground of both, the splitter above is no invention."""
    line = 'VERB "a b" c "d\\"e" "f\\\\g" ""'

    assert _asterisk_words(line) == shlex.split(line)
