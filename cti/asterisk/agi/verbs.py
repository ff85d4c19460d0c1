"""
The AGI verbs of pyst2 as coroutines: `await call.stream_file("welcome", "0123")`.

pyst2 writes a command and reads its reply in one method, `execute`. A verb has
no other effect, so it can be run again: the first run stops at the command it
needs, we await the reply, the next run is given it. No thread, no greenlet.

What pyst2 gets wrong is put right here and nowhere else (docs/adr/0002-pyst2.md):
quoting, `HANGUP`, 511, a `-1` that is a hang-up, a value that reads "hangup".
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from functools import wraps
from typing import Any

from asterisk.agi import (
    AGI,
    AGIAppError,
    AGIDBError,
    AGIError,
    AGIException,
    AGIHangup,
    AGIInvalidCommand,
    AGIResultHangup,
    AGISIGHUPHangup,
    AGISIGPIPEHangup,
    AGIUnknownError,
    AGIUsageError,
)

from cti.asterisk.agi.protocol import CommandRefused, ProtocolError, Reply, bare, quote
from cti.asterisk.agi.wire import AgiWire, HungUp, WireEnded

DEFAULT_REPLY_TIMEOUT_MS = 600_000
"""Longer than any prompt or recognition: a verb of a healthy switch never gets here."""

AGI_DEFAULT_TIMEOUT_MS = 2_000
"""Of pyst2's verbs that wait for the caller."""

_HANGUP_GRACE_MS = 50
"""A `result=-1` caused by a hang-up is followed by `HANGUP` within a few milliseconds."""

_PLUMBING = frozenset({"execute", "get_result", "send_command", "test_hangup"})
VERBS = frozenset(
    name
    for name, member in vars(AGI).items()
    if callable(member) and name[0] != "_" and name not in _PLUMBING
)
"""Names of all verbs of pyst2."""

Result = dict[str, tuple[str, str]]
"""As pyst2 has it: `{"result": (value, text in parentheses), "endpos": (value, "")}`."""


class AGIReplyTimeout(AGIError):  # type: ignore[misc]
    """Asterisk did not reply in time. The call may be alive; the command may still be running."""


class _Quoted(str):
    """An argument that stands in its quotes already."""

    __slots__ = ()


class _CommandNeeded(Exception):
    """A verb cannot go on without the reply to this command."""

    def __init__(self, line: str) -> None:
        super().__init__(line)
        self.line = line


class _Run(AGI):  # type: ignore[misc]
    """One run of a verb over the replies that are known so far."""

    def __init__(self, env: Mapping[str, str], outcomes: list[Result | AGIException]) -> None:
        # Not super().__init__(): it takes over SIGHUP and reads standard input.
        self.env = env
        self._outcomes = iter(outcomes)

    def execute(self, command: str, *args: object) -> Result:
        outcome = next(self._outcomes, None)
        if outcome is None:
            raise _CommandNeeded(command_line(command, *args))
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome

    def _quote(self, string: object) -> str:
        return _Quoted(quote(str(string)))

    def database_get(self, family: str, key: str) -> str:
        """As in pyst2, without its second pair of quotes, which would become part of the name."""
        value, data = self.execute("DATABASE GET", self._quote(family), self._quote(key))["result"]
        if value != "1":
            raise AGIDBError(f"Key not found in database: family={family}, key={key}")
        return data

    def wait_for_digit(self, timeout: int = AGI_DEFAULT_TIMEOUT_MS) -> str:
        """As in pyst2, where a result that is far too large for a character is no AGIError."""
        try:
            key: str = super().wait_for_digit(timeout)
        except OverflowError:
            raise AGIError("Unable to convert result to digit") from None
        return key


def command_line(command: str, *args: object) -> str:
    """
    A command as pyst2 writes it, except that no argument can fall apart.

    Empty arguments at the end are left out, elsewhere they become "": pyst2
    drops them, and Asterisk then takes each later one for the one before it.
    """
    words = [arg if isinstance(arg, _Quoted) else str(arg) for arg in args]
    while words and not words[-1]:
        words.pop()
    return " ".join([command.strip(), *(word if isinstance(word, _Quoted) else bare(word) for word in words)])


class AgiCall(AGI):  # type: ignore[misc]
    """
    One live call. Every verb of pyst2 is a coroutine here, with pyst2's arguments and results.

    Verbs raise pyst2's exceptions: `AGIHangup` and its kinds when the channel
    was taken from us, `AGIAppError`, `AGIInvalidCommand`, `AGIUsageError`, ...
    One verb at a time; a verb that is cancelled is not interrupted on the
    switch, and the next verb waits until it has ended there.

    Args:
        wire: The connection.
        env: The AGI environment, as handlers may see it.
        reply_timeout_ms: For each command, > 0; see `within`.
    """

    def __init__(
        self, wire: AgiWire, env: Mapping[str, str], *, reply_timeout_ms: int = DEFAULT_REPLY_TIMEOUT_MS
    ) -> None:
        # Not super().__init__(): see _Run.
        self.wire = wire
        self.env = env
        self._reply_timeout_ms = reply_timeout_ms

    def within(self, reply_timeout_ms: int) -> AgiCall:
        """The same call with another deadline: `await call.within(5_000).answer()`."""
        return AgiCall(self.wire, self.env, reply_timeout_ms=reply_timeout_ms)

    @property
    def hung_up(self) -> bool:
        """The channel was taken from us. Not proof that the caller is gone: ask AMI."""
        return self.wire.hung_up.is_set()

    def test_hangup(self) -> None:
        """
        Raise if the channel was taken from us.

        Raises:
            AGISIGHUPHangup: After `HANGUP`.
            AGISIGPIPEHangup: The connection is gone.
        """
        if self.wire.ended.is_set():
            raise AGISIGPIPEHangup("the AGI connection is gone")
        if self.hung_up:
            raise AGISIGHUPHangup("HANGUP from Asterisk")

    async def execute(self, command: str, *args: object) -> Result:
        """
        Any command, as pyst2's own `execute`: arguments are quoted where they need it.

        Raises:
            AGIException: One of its kinds, by the reply.
            CommandRefused: CR, LF or NUL in an argument; nothing was sent.
        """
        outcome = await self._outcome(command_line(command, *args))
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome

    def send_command(self, *_args: object) -> None:
        """Not offered: a command without its reply would put the session out of step."""
        raise TypeError("AgiCall.send_command: use `await call.execute(command, *args)`")

    get_result = send_command

    async def _run(self, verb: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        outcomes: list[Result | AGIException] = []
        while True:
            try:
                return verb(_Run(self.env, outcomes), *args, **kwargs)
            except _CommandNeeded as needed:
                line = needed.line
            outcomes.append(await self._outcome(line))

    async def _outcome(self, line: str) -> Result | AGIException:
        """What pyst2's `execute` should give: a result, or the exception it should raise."""
        try:
            self.test_hangup()
            reply = await self.wire.ask(line, timeout_ms=self._reply_timeout_ms)
        except AGIHangup as gone:
            return gone
        except HungUp:
            return AGISIGHUPHangup("HANGUP from Asterisk")
        except WireEnded as ended:
            return AGISIGPIPEHangup(str(ended))
        except ProtocolError as error:
            return AGIUnknownError(f"out of step with Asterisk: {error}")
        except TimeoutError:
            return AGIReplyTimeout(f"no reply to {line.partition(' ')[0]} within {self._reply_timeout_ms} ms")
        return await self._judge(reply)

    async def _judge(self, reply: Reply) -> Result | AGIException:
        match reply.code:
            case 200 if reply.result == "-1":
                return await self._minus_one(reply)
            case 200:
                fields = {name: (value, "") for name, value in reply.fields.items()}
                return {"result": (reply.result, reply.data), **fields}
            case 510:
                return AGIInvalidCommand(reply.text)
            case 511:
                return AGIHangup(reply.text)
            case 520:
                return AGIUsageError(f"{reply.raw}\n")
            case _:
                return AGIUnknownError(reply.code, "Unhandled code or undefined response")

    async def _minus_one(self, reply: Reply) -> AGIException:
        if reply.data == "hangup":
            return AGIResultHangup("User hungup during execution")
        try:
            async with asyncio.timeout(_HANGUP_GRACE_MS / 1000):
                await self.wire.hung_up.wait()
        except TimeoutError:
            return AGIAppError("Error executing application, or hangup")
        return AGIResultHangup("User hungup during execution")


def _as_coroutine(name: str) -> Callable[..., Coroutine[Any, Any, Any]]:
    verb = getattr(_Run, name)

    @wraps(verb)
    async def call_verb(self: AgiCall, *args: Any, **kwargs: Any) -> Any:
        return await self._run(verb, args, kwargs)

    return call_verb


for _name in VERBS:
    setattr(AgiCall, _name, _as_coroutine(_name))

__all__ = [
    "DEFAULT_REPLY_TIMEOUT_MS",
    "VERBS",
    "AGIReplyTimeout",
    "AgiCall",
    "CommandRefused",
    "command_line",
]
