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

from centralita.people.rights import Who
from centralita.people.service import People
from centralita.tasks import spawn
from centralita.web import params
from centralita.web.commands import Commands, Connection
from centralita.web.ports import StreamClient, StreamPort
from centralita.web.problems import ProblemError
from centralita.web.rights import who_of

SEQ_MAX = 2**53 - 1
HEARTBEAT_S = 30.0
INBOUND_MAX = 4_096
"""Bytes of one message from a client."""
BURST = 40
"""Commands that a client may send at once."""
REVOKED = 4_401
"""Close code: whoever opened the connection may no longer; sign in again."""
CHECK_S = 1.0
"""How often it is looked whether who opened a connection still may have it."""
CLOSE_S = 0.5
"""How long a goodbye waits for an answer, so that nobody keeps a connection by not answering."""
PER_S = 20.0
"""Commands a second after a burst; more than that are not read until their time has come."""


class EventStream:
    """All open sockets."""

    def __init__(self, stream: StreamPort, commands: Commands, people: People) -> None:
        self._stream = stream
        self._commands = commands
        self._people = people
        self._sockets: dict[web.WebSocketResponse, tuple[Who, StreamClient]] = {}
        self._watching = False

    async def handle(self, request: web.Request) -> web.StreamResponse:
        given = params.query(request, ("resume_from",))
        resume_from = params.optional(given, "resume_from", params.whole(0, SEQ_MAX))
        who = who_of(request)
        client = self._stream.subscribe(resume_from, who.sees)
        if client is None:
            raise ProblemError(
                503,
                "too_many_listeners",
                "Hay demasiadas pantallas conectadas: cierre alguna.",
                "Too many screens are connected: close some.",
            )
        socket = web.WebSocketResponse(
            timeout=CLOSE_S, heartbeat=HEARTBEAT_S, compress=False, max_msg_size=INBOUND_MAX
        )
        try:
            await socket.prepare(request)
            self._sockets[socket] = who, client
            self._watch()
            spawn(self._listen(request, socket, client), name="stream listener")
            await self._tell(request, socket, client)
        finally:
            self._sockets.pop(socket, None)
            client.close()
        return socket

    async def close(self, _app: web.Application) -> None:
        """The server stops: tell every screen, so that it starts to look for us again at once."""
        for socket in list(self._sockets):
            await socket.close(code=WSCloseCode.GOING_AWAY)

    def _watch(self) -> None:
        if not self._watching:
            self._watching = True
            spawn(self._keep_watch(), name="stream watch")

    async def _keep_watch(self) -> None:
        """As long as anybody listens: who is revoked, or has another role now, has to come in again."""
        try:
            while self._sockets:
                for socket, (who, client) in list(self._sockets.items()):
                    if not self._people.still(who):
                        spawn(self._show_out(socket, client), name="stream revoked")
                await asyncio.sleep(CHECK_S)
        finally:
            self._watching = False

    async def _show_out(self, socket: web.WebSocketResponse, client: StreamClient) -> None:
        self._sockets.pop(socket, None)
        # First the goodbye with its reason: the end of the telling would say another.
        await socket.close(code=REVOKED, message=b"sign in again")
        client.close()

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
        screen, pace, who = Connection(client.answer, request.remote or ""), _Pace(), who_of(request)
        try:
            async for message in socket:
                if message.type not in (WSMsgType.TEXT, WSMsgType.BINARY):
                    continue
                await pace.next()
                if not self._people.still(who):
                    break
                told = client.answer(await self._commands.obey(screen, message.data, who))
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
