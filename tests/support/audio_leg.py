"""The Asterisk side of AudioSocket for tests: a leg that connects, sends sound and keys, and listens."""

from __future__ import annotations

import asyncio
import contextlib
import struct
import time
import uuid
from dataclasses import dataclass, field

from cti.asterisk.audiosocket.frames import HANGUP

LOUD = struct.pack("<160h", *([8000, -8000] * 80))
"""20 ms that nobody would take for silence."""
QUIET = bytes(320)


def frame(kind: int, payload: bytes = b"") -> bytes:
    return struct.pack(">BH", kind, len(payload)) + payload


@dataclass
class Leg:
    """One connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    got: list[tuple[float, bytes]] = field(default_factory=list)
    """Frames of sound received, each with its moment of `time.monotonic()`."""
    ended_properly: bool = False
    """The server has sent its hang-up frame."""

    @classmethod
    async def connect(cls, address: str, audio_id: uuid.UUID | str | None) -> Leg:
        """Connect; with an id, name it as Asterisk does."""
        host, port = address.split(":")
        leg = cls(*await asyncio.open_connection(host, int(port)))
        if audio_id is not None:
            leg.send(frame(1, uuid.UUID(str(audio_id)).bytes))
        return leg

    def send(self, data: bytes) -> None:
        self.writer.write(data)

    def say(self, pcm: bytes) -> None:
        self.send(frame(0x10, pcm))

    def press(self, key: str) -> None:
        self.send(frame(3, key.encode()))

    async def listen(self) -> None:
        """Take what comes until the server ends or closes; then close, as Asterisk does."""
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while not self.ended_properly:
                kind, length = struct.unpack(">BH", await self.reader.readexactly(3))
                payload = await self.reader.readexactly(length)
                self.ended_properly = kind == HANGUP[0]
                if kind == 0x10:
                    self.got.append((time.monotonic(), payload))
        self.hang_up()

    def hang_up(self) -> None:
        """As when the caller hangs up: without a word."""
        self.writer.close()

    async def closed_by_server(self, *, within_s: float = 5.0) -> bool:
        """Wait for the end; False if something came before it."""
        async with asyncio.timeout(within_s):
            try:
                return await self.reader.read() == b""
            except ConnectionError:
                return True
