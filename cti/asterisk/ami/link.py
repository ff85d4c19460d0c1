"""One TCP connection to a manager, from connect to loss. It is never mended: a new one is made."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count

from cti.asterisk.ami.codec import MAX_BLOCK_BYTES, AmiError, Decoder, Message, ProtocolError, encode
from cti.asterisk.ami.waiters import ActionFailed, Waiters

_READ_BYTES = 65_536
BOOTED = "FullyBooted"
"""Sent to each session after its login, or later if Asterisk is still loading."""


@dataclass(frozen=True, slots=True)
class AmiLimits:
    """Deadlines and bounds of the client. All times in milliseconds, > 0."""

    connect_timeout_ms: int = 2_000
    """TCP connect, and TLS when used."""
    login_timeout_ms: int = 5_000
    """Greeting and login together."""
    boot_timeout_ms: int = 120_000
    """An Asterisk that listens but has not loaded its modules within this is connected to anew."""
    action_timeout_ms: int = 5_000
    """Default for `send` and `send_list`, waiting to write included."""
    ping_interval_ms: int = 2_000
    """How often the peer is asked for a sign of life."""
    ping_timeout_ms: int = 2_000
    """A peer from which nothing at all comes this long after a ping is dead."""
    backoff_min_ms: int = 50
    """First pause before connecting again; doubled each time."""
    backoff_max_ms: int = 1_000
    """Longest pause, jitter included."""
    max_block_bytes: int = MAX_BLOCK_BYTES
    max_write_buffer_bytes: int = 1 << 20
    """Above this, senders wait until the switch has read."""


class ActionTimeout(AmiError):
    """No answer in time. The action may still have been carried out."""


class Disconnected(AmiError):
    """There is no connection, or it was lost before the answer came. The action may have been carried out."""


class LoginRefused(AmiError):
    """Asterisk does not accept user and secret."""


class Link:
    """
    One connection.

    Args:
        reader, writer: As `asyncio.open_connection` gives them.
        events: Names of the events to hand on; all others are skipped unread.
        on_event: Called for each of them, in order, from the reading task. It
            must not block; if it raises, the connection ends.
        limits: Deadlines and bounds.
    """

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        *,
        events: frozenset[str],
        on_event: Callable[[Message], None],
        limits: AmiLimits,
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._events = events
        self._on_event = on_event
        self._limits = limits
        wanted = frozenset(name.encode() for name in (*events, BOOTED))
        self._decoder = Decoder(wanted, max_block_bytes=limits.max_block_bytes)
        self._waiters = Waiters()
        # OriginateResponse is sent to all manager sessions: ids of two of them must never meet.
        self._id_prefix = secrets.token_hex(4)
        self._numbers = count(1)
        self._bytes_read = 0
        writer.transport.set_write_buffer_limits(high=limits.max_write_buffer_bytes)
        self.lost: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        """Why the connection ended, once it has."""
        self._booted: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    @property
    def greeting(self) -> str:
        """What the manager calls itself, `Asterisk Call Manager/11.0.0`."""
        return self._decoder.greeting

    async def read(self) -> None:
        """Read until the connection ends; run it as a task of its own."""
        reason = "reading ended: a handler failed, or we are closing"
        try:
            while data := await self._reader.read(_READ_BYTES):
                self._bytes_read += len(data)
                self._take(self._decoder.feed(data))
            reason = "closed by Asterisk"
        except (OSError, ProtocolError) as error:
            reason = str(error) or type(error).__name__
        finally:
            self.end(reason)

    def _take(self, messages: list[Message]) -> None:
        for message in messages:
            if message.action_id and self._waiters.take(message):
                continue
            if message.event == BOOTED and not self._booted.done():
                self._booted.set_result(None)
            # An answer nobody waits for any more: came too late, or belongs to another session.
            if message.event in self._events:
                self._on_event(message)

    async def ask(
        self, action: str, headers: Sequence[tuple[str, str]], *, timeout_ms: int, collects: bool = False
    ) -> tuple[Message, ...]:
        """
        Send an action and wait for what it answers.

        Returns:
            The one response, or the items of the list when `collects`.

        Raises:
            ActionFailed, ActionTimeout, Disconnected: See there.
            HeaderRefused: Nothing was sent.
        """
        action_id = f"{self._id_prefix}-{next(self._numbers)}"
        data = encode(action, headers, action_id)
        if self.lost.done():
            raise Disconnected(self.lost.result())
        answer = self._waiters.add(action_id, collects=collects)
        try:
            async with asyncio.timeout(timeout_ms / 1000):
                await self._writer.drain()
                self._writer.write(data)
                return await answer
        except TimeoutError as error:
            raise ActionTimeout(f"{action}: no answer within {timeout_ms} ms") from error
        except OSError as error:
            raise Disconnected(str(error)) from error
        finally:
            self._waiters.forget(action_id)

    async def login(self, username: str, secret: str) -> None:
        """
        Introduce ourselves.

        Raises:
            LoginRefused: Wrong user or secret, or an address that is not permitted.
            ActionTimeout, Disconnected: Not an Asterisk, or not a healthy one.
        """
        headers = (("Username", username), ("Secret", secret))
        try:
            await self.ask("Login", headers, timeout_ms=self._limits.login_timeout_ms)
        except ActionFailed as error:
            raise LoginRefused(str(error)) from error

    async def booted(self) -> None:
        """
        Wait until Asterisk has loaded everything: before that it listens here, but not yet to telephones.

        Raises:
            Disconnected: The connection was lost, or it took longer than `boot_timeout_ms`.
        """
        await asyncio.wait(
            (self._booted, self.lost),
            timeout=self._limits.boot_timeout_ms / 1000,
            return_when=asyncio.FIRST_COMPLETED,
        )
        if self.lost.done():
            raise Disconnected(self.lost.result())
        if not self._booted.done():
            raise Disconnected(f"not fully booted after {self._limits.boot_timeout_ms} ms")

    async def watch(self) -> str:
        """Ping until the connection is lost; returns why it was."""
        while not self.lost.done():
            await asyncio.wait((self.lost,), timeout=self._limits.ping_interval_ms / 1000)
            if not self.lost.done():
                await self._ping()
        return self.lost.result()

    async def _ping(self) -> None:
        before = self._bytes_read
        try:
            await self.ask("Ping", (), timeout_ms=self._limits.ping_timeout_ms)
        except ActionTimeout:
            # A busy manager answers late but keeps sending events: that is life too.
            if self._bytes_read == before:
                self.end(f"no sign of life for {self._limits.ping_timeout_ms} ms after a ping")
        except (ActionFailed, Disconnected):
            pass

    def end(self, reason: str) -> None:
        """Drop the connection and release all who wait on it; only the first reason counts."""
        if self.lost.done():
            return
        self.lost.set_result(reason)
        self._waiters.fail_all(Disconnected(reason))
        # Not close(): that would wait for a half-dead peer to take what is still unsent.
        self._writer.transport.abort()
