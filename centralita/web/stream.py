"""
The event stream: a WebSocket that says hello, tells the whole state once, and then what happens.

Who says what it has heard last (`?resume_from=`) is told what it missed, instead of the whole state.

In the other direction go the commands of a desktop. Each socket has a sender
and a listener of its own, so whoever is slow or talks too much waits only for
themselves.
"""

from __future__ import annotations

import asyncio
from functools import lru_cache

from aiohttp import WSCloseCode, WSMsgType, web

from centralita.tasks import spawn
from centralita.web import params
from centralita.web.commands import Commands, Screen
from centralita.web.ports import StreamClient, StreamPort
from centralita.web.problems import ProblemError

SEQ_MAX = 2**53 - 1
HEARTBEAT_S = 30.0
INBOUND_MAX = 4_096
"""Bytes of one message from a client."""
BURST = 40
"""Commands that a client may send at once."""
PER_S = 20.0
"""Commands a second after a burst; more than that are not read until their time has come."""


class EventStream:
    """All open sockets."""

    def __init__(self, stream: StreamPort, commands: Commands) -> None:
        self._stream = stream
        self._commands = commands
        self._sockets: set[web.WebSocketResponse] = set()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        given = params.query(request, ("resume_from",))
        client = self._stream.subscribe(params.optional(given, "resume_from", params.whole(0, SEQ_MAX)))
        if client is None:
            raise ProblemError(
                503,
                "too_many_listeners",
                "Hay demasiadas pantallas conectadas: cierre alguna.",
                "Too many screens are connected: close some.",
            )
        socket = web.WebSocketResponse(heartbeat=HEARTBEAT_S, compress=False, max_msg_size=INBOUND_MAX)
        try:
            await socket.prepare(request)
            self._sockets.add(socket)
            spawn(self._listen(request, socket, client), name="stream listener")
            await self._tell(request, socket, client)
        finally:
            self._sockets.discard(socket)
            client.close()
        return socket

    async def close(self, _app: web.Application) -> None:
        """The server stops: tell every screen, so that it starts to look for us again at once."""
        for socket in list(self._sockets):
            await socket.close(code=WSCloseCode.GOING_AWAY)

    async def _tell(self, request: web.Request, socket: web.WebSocketResponse, client: StreamClient) -> None:
        try:
            await socket.send_frame(client.hello(), WSMsgType.TEXT)
            async for message in client:
                transport = request.transport
                if transport is None or transport.is_closing():
                    return
                # Written past the socket's own `send_frame`, which makes a system call of every event.
                transport.write(b"".join([_frame(each) for each in (message, *client.more())]))
                await request.writer.drain()
        except ConnectionError:
            return
        await socket.close()

    async def _listen(
        self, request: web.Request, socket: web.WebSocketResponse, client: StreamClient
    ) -> None:
        """Do what the client says, one thing after the other. Reading is also what notices the end."""
        screen, pace = Screen(), _Pace()
        try:
            async for message in socket:
                if message.type not in (WSMsgType.TEXT, WSMsgType.BINARY):
                    continue
                await pace.next()
                told = client.answer(await self._commands.obey(screen, message.data))
                if not told and request.transport is not None:
                    # Who does not read would not read a goodbye either.
                    request.transport.abort()
        finally:
            client.close()
            self._commands.lost(screen)


@lru_cache(maxsize=64)
def _frame(message: bytes) -> bytes:
    """
    A text message as a server writes it: whole, not masked, not compressed (RFC 6455, 5.2).

    All clients are told the same, so it is put together once.
    """
    size = len(message)
    if size < 126:
        return bytes((0x81, size)) + message
    if size < 1 << 16:
        return b"\x81\x7e" + size.to_bytes(2, "big") + message
    return b"\x81\x7f" + size.to_bytes(8, "big") + message


class _Pace:
    """Lets a burst through and after it so many a second."""

    def __init__(self) -> None:
        self._left = float(BURST)
        self._at_s = asyncio.get_running_loop().time()

    async def next(self) -> None:
        now_s = asyncio.get_running_loop().time()
        self._left = min(float(BURST), self._left + (now_s - self._at_s) * PER_S) - 1
        self._at_s = now_s
        if self._left < 0:
            await asyncio.sleep(-self._left / PER_S)
