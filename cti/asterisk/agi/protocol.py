"""
The Asterisk Gateway Interface over a socket, as values: bytes in, replies out.

Asterisk first sends a block of `agi_name: value` lines ended by an empty line.
Then we send one command line at a time and it answers each with one reply;
the line `HANGUP` may come anywhere between. Nothing here waits or logs.

Source: res_agi.c of Asterisk 22, as observed; docs.asterisk.org, "AGI".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, auto

MAX_ENVIRONMENT_BYTES = 16_384
MAX_REPLY_BYTES = 1 << 18
MAX_COMMAND_BYTES = 8_190
"""Longest command line, bytes without the line end: Asterisk runs the rest as another command."""

_REPLY = re.compile(r"(\d{3})([ -]|$)(.*)", re.DOTALL)
_RESULT = re.compile(r"result=(\S*)\s*(.*)", re.DOTALL)
_FIELDS = r"(?:\s+\w+=(?:\"[^\"]*\"|\S*))*\s*"
_DATA = re.compile(rf"\((.*)\)({_FIELDS})", re.DOTALL)
_FIELD = re.compile(r"(\w+)=(\"[^\"]*\"|\S*)")
_FORBIDDEN = ("\r", "\n", "\0")
_NEEDS_QUOTES = re.compile(r"[\s\"\\]")


class ProtocolError(Exception):
    """The peer is no AGI, or its replies no longer fit our commands: the session is over."""


class CommandRefused(ValueError):
    """Asterisk would read this command as another one. A bug, or hostile text that nobody cleaned."""


@dataclass(frozen=True, slots=True)
class Environment:
    """What Asterisk says of the call when it connects."""

    values: Mapping[str, str]
    """By full name, `agi_channel` and so on."""


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer to one command."""

    code: int
    """200 done; 510 unknown command; 511 not permitted on a dead channel; 520 wrong use of a command."""
    result: str
    """What follows `result=`: a number, -1 for failure or hang-up, or the digits keyed. "" when absent."""
    data: str
    """What stands in parentheses: a variable's value, `timeout`, `hangup`. "" when absent."""
    fields: Mapping[str, str]
    """`endpos` and the like."""
    raw: str
    """The reply as it came, without its last line end. Of a 520 it has several lines."""

    @property
    def text(self) -> str:
        """What follows the code."""
        return self.raw[4:]


@dataclass(frozen=True, slots=True)
class HangupLine:
    """Asterisk took the channel away. The caller may be alive elsewhere: only AMI knows."""


Received = Environment | Reply | HangupLine


class _State(Enum):
    ENVIRONMENT = auto()
    IDLE = auto()
    USAGE = auto()
    OPEN_PARENTHESIS = auto()


@dataclass(slots=True)
class AgiProtocol:
    """Both directions of one session, kept in step: one command, one reply."""

    max_environment_bytes: int = MAX_ENVIRONMENT_BYTES
    max_reply_bytes: int = MAX_REPLY_BYTES
    _state: _State = _State.ENVIRONMENT
    _buffer: bytearray = field(default_factory=bytearray)
    _lines: list[str] = field(default_factory=list)
    _size: int = 0
    awaiting: bool = False
    """A command has been sent whose reply has not come."""

    def command(self, line: str) -> bytes:
        """
        A command as bytes to send; its reply is now awaited.

        Raises:
            CommandRefused: CR, LF or NUL in it, empty, or longer than Asterisk reads.
            ProtocolError: The previous reply, or the environment, has not come yet.
        """
        if self.awaiting or self._state is _State.ENVIRONMENT:
            raise ProtocolError("a command before the reply to the one before it")
        data = _command_line(line)
        self.awaiting = True
        return data

    def feed(self, data: bytes) -> list[Received]:
        """
        What these bytes complete, in order.

        Raises:
            ProtocolError: Not AGI, too large, or a reply that no command asked for.
        """
        self._buffer += data
        *lines, rest = self._buffer.split(b"\n")
        self._buffer = rest
        received: list[Received] = []
        for line in lines:
            self._measure(len(line) + 1)
            self._take(line.decode("utf-8", "replace").removesuffix("\r"), received)
        self._measure(0, len(rest))
        return received

    def _measure(self, more: int, pending: int = 0) -> None:
        in_environment = self._state is _State.ENVIRONMENT
        limit = self.max_environment_bytes if in_environment else self.max_reply_bytes
        self._size += more
        if self._size + pending > limit:
            raise ProtocolError(f"more than {limit} bytes of {'environment' if in_environment else 'reply'}")

    def _take(self, line: str, received: list[Received]) -> None:
        match self._state:
            case _State.ENVIRONMENT:
                self._environment_line(line, received)
            case _State.IDLE:
                self._first_line(line, received)
            case _State.USAGE | _State.OPEN_PARENTHESIS:
                self._lines.append(line)
                if self._is_complete():
                    self._finish(received)

    def _environment_line(self, line: str, received: list[Received]) -> None:
        if line:
            if not line.startswith("agi_") or ":" not in line:
                raise ProtocolError(f"no AGI environment: {line[:60]!r}")
            self._lines.append(line)
            return
        pairs = (one.partition(":") for one in self._lines)
        received.append(Environment({name: value.strip() for name, _, value in pairs}))
        self._reset()

    def _first_line(self, line: str, received: list[Received]) -> None:
        if line == "HANGUP":
            self._size = 0
            received.append(HangupLine())
            return
        match = _REPLY.fullmatch(line)
        if match is None:
            # Its text is not shown: it may hold what the caller keyed.
            raise ProtocolError(f"a line of {len(line)} characters that is neither a reply nor HANGUP")
        if line[0] == "1":  # "100 Trying": the real reply follows
            self._size = 0
            return
        if not self.awaiting:
            raise ProtocolError("a reply that no command asked for")
        self._lines.append(line)
        if match[2] == "-":
            self._state = _State.USAGE
        elif line[0] == "2" and not self._is_complete():
            self._state = _State.OPEN_PARENTHESIS
        else:
            self._finish(received)

    def _is_complete(self) -> bool:
        """A usage text ends with the bare code; a value may itself have line ends, until its parenthesis."""
        if self._state is _State.USAGE:
            return self._lines[-1].startswith(f"{self._lines[0][:3]} ")
        result = _RESULT.fullmatch("\n".join(self._lines)[4:])
        return result is None or not result[2].startswith("(") or _DATA.fullmatch(result[2]) is not None

    def _finish(self, received: list[Received]) -> None:
        received.append(_reply("\n".join(self._lines)))
        self.awaiting = False
        self._reset()

    def _reset(self) -> None:
        self._lines.clear()
        self._size = 0
        self._state = _State.IDLE


def _reply(raw: str) -> Reply:
    code, text = int(raw[:3]), raw[4:]
    found = _RESULT.fullmatch(text) if code == 200 else None
    if found is None:
        return Reply(code, "", "", {}, raw)
    data, rest = "", found[2]
    inside = _DATA.fullmatch(rest)
    if inside is not None:
        data, rest = inside[1], inside[2]
    fields = {name: value.strip('"') for name, value in _FIELD.findall(rest)}
    return Reply(code, found[1], data, fields, raw)


def _command_line(line: str) -> bytes:
    if not line.strip():
        raise CommandRefused("an empty AGI command")
    if any(char in line for char in _FORBIDDEN):
        raise CommandRefused("an AGI command with CR, LF or NUL: clean the text before it comes here")
    try:
        data = line.encode()
    except UnicodeEncodeError as error:
        raise CommandRefused("an AGI command that is not text UTF-8 can carry") from error
    if len(data) > MAX_COMMAND_BYTES:
        raise CommandRefused(f"an AGI command of {len(data)} bytes; Asterisk reads {MAX_COMMAND_BYTES}")
    return data + b"\n"


def quote(text: str) -> str:
    """One argument in double quotes, so that Asterisk reads back exactly this text."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def bare(text: str) -> str:
    """One argument without quotes where it can do without, else `quote`d."""
    return quote(text) if not text or _NEEDS_QUOTES.search(text) else text
