"""One FastAGI connection on the event loop: what was asked, and when it ends."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import cast

from cti.asterisk.agi.protocol import (
    AgiProtocol,
    Environment,
    HangupLine,
    ProtocolError,
    Received,
    Reply,
)

_KEEPALIVE = ((socket.TCP_KEEPIDLE, 30), (socket.TCP_KEEPINTVL, 10), (socket.TCP_KEEPCNT, 3))
"""Seconds and tries: a switch on another machine that lost its power is noticed within a minute."""


class WireEnded(Exception):
    """The socket is gone: Asterisk took the channel out of AGI, the caller left, or we closed."""


class HungUp(Exception):
    """`HANGUP` came before the reply. The caller may be alive elsewhere: only AMI knows."""


class AgiWire(asyncio.Protocol):
    """
    Turns bytes into the answers of whoever asks.

    Args:
        on_connected: Called once with this wire, when Asterisk has connected.
        protocol: The codec of this session, with its limits.
    """

    def __init__(self, on_connected: Callable[[AgiWire], None], protocol: AgiProtocol) -> None:
        loop = asyncio.get_running_loop()
        self._on_connected = on_connected
        self._protocol = protocol
        self._transport: asyncio.Transport | None = None
        self._answer: asyncio.Future[Reply] | None = None
        self._failure: Exception | None = None
        self.environment: asyncio.Future[Environment] = loop.create_future()
        self.hung_up = asyncio.Event()
        """Set by the first `HANGUP` line and by the end of the connection."""
        self.ended = asyncio.Event()
        """Set when the connection is gone."""
        self.hangup_ends_commands = True
        """False while an old script runs: it waits for the reply that comes after `HANGUP`."""
        self.commands = 0
        """Commands sent so far."""

    @property
    def peer(self) -> str:
        """Address of Asterisk, for the log."""
        return str(self._transport.get_extra_info("peername")) if self._transport else "-"

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        sock = transport.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for option, value in _KEEPALIVE:
            sock.setsockopt(socket.IPPROTO_TCP, option, value)
        self._on_connected(self)

    def data_received(self, data: bytes) -> None:
        try:
            received = self._protocol.feed(data)
        except ProtocolError as error:
            self._end(error)
            return
        for one in received:
            self._take(one)

    def _take(self, received: Received) -> None:
        match received:
            case Environment():
                if not self.environment.done():
                    self.environment.set_result(received)
            case HangupLine():
                self.hung_up.set()
                if self.hangup_ends_commands and self._answer is not None and not self._answer.done():
                    # Kept: the reply still comes, and is then nobody's.
                    self._answer.set_exception(HungUp("HANGUP"))
            case Reply():
                answer, self._answer = self._answer, None
                if answer is not None and not answer.done():
                    answer.set_result(received)

    def connection_lost(self, exc: Exception | None) -> None:
        self._end(WireEnded(str(exc) if exc else "closed by Asterisk"))
        self.ended.set()

    def _end(self, error: Exception) -> None:
        if self._failure is None:
            self._failure = error
        answer, self._answer = self._answer, None
        for waiting in (answer, self.environment):
            if waiting is not None and not waiting.done():
                waiting.set_exception(self._failure)
                waiting.exception()  # seen: asyncio would report one that nobody awaits
        self.hung_up.set()
        self.close()

    async def ask(self, line: str, *, timeout_ms: int) -> Reply:
        """
        Send a command line and wait for its reply.

        A command whose caller stopped waiting is not interrupted: the next one
        first waits for its reply, so that the two sides stay in step.

        Args:
            line: Command and arguments, already quoted.
            timeout_ms: > 0; for both waits together.

        Raises:
            TimeoutError: No reply in time.
            HungUp: `HANGUP` came while waiting (see `hangup_ends_commands`).
            WireEnded: The connection is gone.
            ProtocolError: The peer got out of step; the connection is closed.
            CommandRefused: Nothing was sent.
        """
        async with asyncio.timeout(timeout_ms / 1000):
            while self._answer is not None:
                await asyncio.wait((self._answer,))
                if self._answer is not None and self._answer.done():
                    raise HungUp("HANGUP")
            if self._failure is not None:
                raise self._failure
            assert self._transport is not None
            data = self._protocol.command(line)
            self._answer = asyncio.get_running_loop().create_future()
            self.commands += 1
            self._transport.write(data)
            # Shielded: who stops waiting must not make us forget that a reply is due.
            return await asyncio.shield(self._answer)

    def close(self) -> None:
        """End the session after what is unsent; Asterisk goes on with the dialplan."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.close()

    def abort(self) -> None:
        """End the session at once."""
        if self._transport is not None:
            self._transport.abort()
