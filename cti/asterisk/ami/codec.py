"""
The Asterisk Manager Interface as values: bytes in, messages out, and back.

After one greeting line the stream is blocks of `Name: value` lines, each block
ended by an empty line. Nothing here waits, logs or reads a clock, so any split
of the bytes gives the same messages.

Source: docs.asterisk.org, "AMI v2 Specification"; tried on Asterisk 22.10.1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

MAX_BLOCK_BYTES = 1 << 20
"""Largest block accepted from the switch, bytes; a real event has about 500."""

MAX_LINE_BYTES = 1022
"""Longest line Asterisk 22 reads, bytes without CRLF: a longer one is thrown away, the action with it."""

MAX_HEADERS = 128
"""Most lines Asterisk reads in one action, `Action` and `ActionID` included (AST_MAX_MANHEADERS)."""

_BLOCK_END = b"\r\n\r\n"
_LINE_END = b"\r\n"
_GREETING = b"Asterisk Call Manager"
_EVENT = b"Event: "
_ANSWERS_AN_ACTION = b"\r\nActionID: "
_FORBIDDEN = ("\r", "\n", "\0")
_NO_REPEATS: Mapping[str, tuple[str, ...]] = MappingProxyType({})


class AmiError(Exception):
    """Root of everything this package raises."""


class ProtocolError(AmiError):
    """What came over the socket is not AMI: the connection cannot be trusted further."""


class HeaderRefused(AmiError, ValueError):
    """Asterisk would read this header as something else: a bug, or hostile text that nobody cleaned."""


@dataclass(frozen=True, slots=True)
class Message:
    """One block from the switch: an event, or the response to an action."""

    headers: Mapping[str, str]
    """Header values by name; of a repeated header the last one, as pyst2 keeps it."""

    repeated: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: _NO_REPEATS)
    """All values, in order, of the names that came more than once."""

    @property
    def event(self) -> str:
        """Event name, "" when this is not an event."""
        return self.headers.get("Event", "")

    @property
    def response(self) -> str:
        """`Success`, `Error`, `Follows`, `Goodbye`; "" when this is not a response."""
        return self.headers.get("Response", "")

    @property
    def action_id(self) -> str:
        """Id of the action this answers, "" when it answers none."""
        return self.headers.get("ActionID", "")

    def get(self, name: str, default: str = "") -> str:
        """Value of a header (exact case), `default` when absent; the last one when repeated."""
        return self.headers.get(name, default)

    def all(self, name: str) -> tuple[str, ...]:
        """Every value of a header, in order; empty when absent."""
        if name in self.repeated:
            return self.repeated[name]
        return (self.headers[name],) if name in self.headers else ()

    def __contains__(self, name: str) -> bool:
        return name in self.headers

    @property
    def chan_variables(self) -> dict[str, str]:
        """Channel variables named in manager.conf `channelvars`, of the event's main channel."""
        return self.chan_variables_of("")

    def chan_variables_of(self, prefix: str) -> dict[str, str]:
        """
        Channel variables of one channel of an event that tells of several.

        Args:
            prefix: "Dest", "Transferee" and so on, as the event's other headers
                have it; "" is the main channel. Headers with the channel's name
                in them (`ChanVariable(PJSIP/7-01)`) belong to it as well.
        """
        header = f"{prefix}ChanVariable"
        found: dict[str, str] = {}
        for name in self.headers:
            if name == header or name.startswith(f"{header}("):
                for text in self.all(name):
                    variable, _, value = text.partition("=")
                    found[variable] = value
        return found


class Decoder:
    """
    Bytes of one AMI connection, from the greeting on, into messages.

    Args:
        wanted: Event names to decode; None decodes all. Other events are
            dropped by their first line, before any decoding, unless they carry
            an ActionID: those are items of a list somebody asked for.
        max_block_bytes: A larger block is a `ProtocolError`.
    """

    __slots__ = ("_buffer", "_max_block_bytes", "_scanned", "_wanted", "greeting", "skipped")

    def __init__(
        self, wanted: frozenset[bytes] | None = None, *, max_block_bytes: int = MAX_BLOCK_BYTES
    ) -> None:
        self._wanted = None if wanted is None else frozenset(_EVENT + name for name in wanted)
        self._max_block_bytes = max_block_bytes
        self._buffer = bytearray()
        self._scanned = 0
        self.greeting = ""
        """`Asterisk Call Manager/11.0.0` once it has come."""
        self.skipped = 0
        """Events dropped because nobody wanted them."""

    def feed(self, data: bytes) -> list[Message]:
        """
        Messages completed by these bytes, in order.

        Raises:
            ProtocolError: Not AMI, or a block too large. The decoder is of no
                further use, and what came before in the same `data` is lost.
        """
        self._buffer += data
        if not self.greeting and not self._greet():
            return []
        # A terminator may straddle two packets: look three bytes back, never at the whole again.
        if self._buffer.find(_BLOCK_END, max(0, self._scanned - 3)) < 0:
            self._scanned = len(self._buffer)
            self._refuse_above(self._scanned - 3)
            return []
        *blocks, rest = bytes(self._buffer).split(_BLOCK_END)
        self._buffer = bytearray(rest)
        self._scanned = len(rest)
        self._refuse_above(max(len(rest) - 3, *map(len, blocks)))
        return self._decode(blocks)

    def _greet(self) -> bool:
        end = self._buffer.find(_LINE_END)
        seen = self._buffer[: len(_GREETING)]
        if not _GREETING.startswith(seen):
            raise ProtocolError(f"not an Asterisk manager: the greeting is {bytes(seen)!r}")
        self._refuse_above(len(self._buffer) if end < 0 else end)
        if end < 0:
            return False
        self.greeting = self._buffer[:end].decode("utf-8", "replace")
        del self._buffer[: end + 2]
        return True

    def _refuse_above(self, size: int) -> None:
        if size > self._max_block_bytes:
            raise ProtocolError(f"a block of more than {self._max_block_bytes} bytes")

    def _decode(self, blocks: list[bytes]) -> list[Message]:
        wanted = self._wanted
        messages: list[Message] = []
        for raw in blocks:
            block = raw.lstrip(_LINE_END)
            if wanted is not None and block.startswith(_EVENT):
                end = block.find(_LINE_END)
                first = block if end < 0 else block[:end]
                if first not in wanted and _ANSWERS_AN_ACTION not in block:
                    self.skipped += 1
                    continue
            if block:
                messages.append(_message(block))
        return messages


def _message(block: bytes) -> Message:
    pairs = [line.split(": ", 1) for line in block.decode("utf-8", "replace").split("\r\n")]
    try:
        # dict() itself refuses a line without ": ", which keeps the common case in C.
        headers: dict[str, str] = dict(pairs)
    except ValueError:
        pairs = _readable(pairs)
        headers = dict(pairs)
    if len(headers) == len(pairs):
        return Message(headers, _NO_REPEATS)
    return Message(headers, _repeated(pairs))


def _readable(pairs: list[list[str]]) -> list[list[str]]:
    """What can be read of a block that has lines which are not `Name: value`."""
    readable = []
    for line in map(": ".join, pairs):
        name, colon, value = line.partition(":")
        if colon and name:
            readable.append([name, value.removeprefix(" ")])
    if not readable:
        raise ProtocolError(f"a block without any header, it opens with {pairs[0][0][:60]!r}")
    return readable


def _repeated(pairs: list[list[str]]) -> dict[str, tuple[str, ...]]:
    seen: set[str] = set()
    twice: dict[str, None] = {}
    for name, _ in pairs:
        if name in seen:
            twice[name] = None
        seen.add(name)
    return {name: tuple([value for other, value in pairs if other == name]) for name in twice}


def encode(action: str, headers: Sequence[tuple[str, str]], action_id: str) -> bytes:
    """
    An action as Asterisk reads it.

    Args:
        action: Action name.
        headers: Name and value, in order; a name may come again (`Variable`).
        action_id: Comes back in the response. Unique over all manager sessions,
            because `OriginateResponse` goes to every one of them.

    Raises:
        HeaderRefused: CR, LF or NUL anywhere (one value could smuggle in a
            second action), a name that is empty or has a colon, a line or an
            action longer than Asterisk reads. The value is not in the text.
    """
    pairs = [("Action", action), ("ActionID", action_id), *headers]
    if len(pairs) > MAX_HEADERS:
        raise HeaderRefused(f"action {action!r} has {len(pairs)} headers; Asterisk reads {MAX_HEADERS}")
    return b"".join([_line(name, value) for name, value in pairs]) + _LINE_END


def _line(name: str, value: str) -> bytes:
    if not name or ":" in name or any(char in name for char in _FORBIDDEN):
        raise HeaderRefused(f"header name {name!r}: empty, or with a colon, CR, LF or NUL")
    if any(char in value for char in _FORBIDDEN):
        raise HeaderRefused(f"header {name!r}: the value has CR, LF or NUL; clean it before it comes here")
    try:
        line = f"{name}: {value}".encode()
    except UnicodeEncodeError as error:
        raise HeaderRefused(f"header {name!r}: the value is not text that UTF-8 can carry") from error
    if len(line) > MAX_LINE_BYTES:
        raise HeaderRefused(f"header {name!r}: {len(line)} bytes; Asterisk reads {MAX_LINE_BYTES} of a line")
    return line + _LINE_END
