"""The event stream: a WebSocket that says hello, tells the whole state once, and then what happens."""

from __future__ import annotations

from aiohttp import WSCloseCode, WSMsgType, web

from centralita.tasks import spawn
from centralita.web import params
from centralita.web.ports import StreamClient, StreamPort
from centralita.web.problems import ProblemError

HEARTBEAT_S = 30.0
INBOUND_MAX = 4_096
"""Bytes of one message from a client; nothing is expected but pongs."""


class EventStream:
    """All open sockets. Each has its own sender, so a slow reader waits only for itself."""

    def __init__(self, stream: StreamPort) -> None:
        self._stream = stream
        self._sockets: set[web.WebSocketResponse] = set()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        params.query(request, ())
        client = self._stream.subscribe()
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
            spawn(_listen(socket, client), name="stream listener")
            await self._tell(socket, client)
        finally:
            self._sockets.discard(socket)
            client.close()
        return socket

    async def close(self, _app: web.Application) -> None:
        """The server stops: tell every screen, so that it starts to look for us again at once."""
        for socket in list(self._sockets):
            await socket.close(code=WSCloseCode.GOING_AWAY)

    async def _tell(self, socket: web.WebSocketResponse, client: StreamClient) -> None:
        try:
            await socket.send_frame(self._stream.hello(), WSMsgType.TEXT)
            async for message in client:
                await socket.send_frame(message, WSMsgType.TEXT)
        except ConnectionError:
            return
        await socket.close()


async def _listen(socket: web.WebSocketResponse, client: StreamClient) -> None:
    """Reading is what notices pongs and the end; what a client says is not looked at."""
    try:
        async for _ in socket:
            pass
    finally:
        client.close()
