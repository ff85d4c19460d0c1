"""
The event stream with the kernel's moments: when each message reached this machine's receiving side.

A few lines of WebSocket (RFC 6455) on a socket of our own, because a library
hides the packet's time stamp behind its buffers.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import secrets
import socket
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from tests.support.telephone import SO_TIMESTAMPNS, stamp_ns

_CLOSE, _PING, _PONG = 0x8, 0x9, 0xA
_READ_BYTES = 65_536
_HANDSHAKE_S = 5.0


@dataclass(frozen=True, slots=True)
class Told:
    """One message of the stream."""

    at_ns: int
    """UTC; of the last packet it came in, so never too early."""
    type: str
    at_ms: int
    """The server's own stamp, whole milliseconds."""
    data: dict[str, Any]


class EventTap:
    """
    Listens to a server until closed; messages are kept in the order they came.

    Args:
        url: Of the server, "http://address:port".
        token: Its access token.
    """

    def __init__(self, url: str, token: str) -> None:
        self._host = urlsplit(url).netloc
        self._token = token
        self._buffer = b""
        self._news = asyncio.Event()
        self._socket: socket.socket | None = None
        self.told: list[Told] = []

    async def open(self) -> None:
        """
        Connect and wait for the first `snapshot`.

        Raises:
            ConnectionError: The server does not take us.
            TimeoutError: It does not answer.
        """
        name, _, port = self._host.rpartition(":")
        sock = self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        sock.setblocking(False)
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(_HANDSHAKE_S):
            await loop.sock_connect(sock, (name, int(port)))
            await loop.sock_sendall(sock, self._request())
            head = b""
            while b"\r\n\r\n" not in head:
                more = await loop.sock_recv(sock, _READ_BYTES)
                head += more
                if not more or not head.startswith(b"HTTP/1.1 101"[: len(head)]):
                    raise ConnectionError(f"{self._host}: {head[:200]!r}")
            self._buffer = head.partition(b"\r\n\r\n")[2]
            self._split(0)
            loop.add_reader(sock, self._read, sock)
            await self.first("snapshot", lambda _: True)

    async def first(self, kind: str, where: Callable[[dict[str, Any]], bool], *, start: int = 0) -> Told:
        """The first message of a type, past ones from index `start` on included; waits without limit."""
        at = start
        while True:
            for told in self.told[at:]:
                if told.type == kind and where(told.data):
                    return told
            at = len(self.told)
            self._news.clear()
            await self._news.wait()

    def close(self) -> None:
        if self._socket is not None:
            asyncio.get_running_loop().remove_reader(self._socket)
            self._socket.close()
            self._socket = None

    def _request(self) -> bytes:
        headers = {
            "Host": self._host,
            "Upgrade": "websocket",
            "Connection": "Upgrade",
            "Sec-WebSocket-Key": base64.b64encode(secrets.token_bytes(16)).decode(),
            "Sec-WebSocket-Version": "13",
            "Authorization": f"Bearer {self._token}",
        }
        lines = ["GET /api/events HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
        return ("\r\n".join(lines) + "\r\n\r\n").encode()

    def _read(self, sock: socket.socket) -> None:
        with contextlib.suppress(BlockingIOError):
            while True:
                data, ancillary, _, _ = sock.recvmsg(_READ_BYTES, 128)
                if not data:
                    self.close()
                    return
                self._buffer += data
                self._split(stamp_ns(ancillary))

    def _split(self, at_ns: int) -> None:
        while (frame := _frame(self._buffer)) is not None:
            opcode, payload, size = frame
            self._buffer = self._buffer[size:]
            if opcode == _PING and self._socket is not None:
                self._socket.send(_masked(_PONG, payload))
            elif opcode < _CLOSE:
                message = json.loads(payload)
                self.told.append(Told(at_ns, message["type"], _ms(message["at"]), message["data"]))
        self._news.set()


def _ms(at: str) -> int:
    return round(datetime.fromisoformat(at).timestamp() * 1000)


def _frame(data: bytes) -> tuple[int, bytes, int] | None:
    """Opcode, payload and size of the first frame (a server's: not masked); None if it is not whole yet."""
    if len(data) < 2:
        return None
    length, head = data[1] & 0x7F, 2
    extended = {126: 2, 127: 8}.get(length, 0)
    if extended:
        length, head = int.from_bytes(data[2 : 2 + extended], "big"), 2 + extended
    if len(data) < head + length or len(data) < head:
        return None
    return data[0] & 0x0F, data[head : head + length], head + length


def _masked(opcode: int, payload: bytes) -> bytes:
    """A short frame of a client."""
    mask = secrets.token_bytes(4)
    body = bytes(byte ^ mask[n % 4] for n, byte in enumerate(payload[:125]))
    return bytes([0x80 | opcode, 0x80 | len(body)]) + mask + body
