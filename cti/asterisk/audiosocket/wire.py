"""One AudioSocket connection on the event loop."""

from __future__ import annotations

import asyncio
import uuid
from dataclasses import dataclass
from typing import Protocol, cast

from cti.asterisk.audiosocket.frames import (
    HANGUP,
    Digit,
    Frame,
    FrameError,
    FrameReader,
    Hello,
    HungUp,
    Sound,
    Trouble,
    sound,
)


class Peer(Protocol):
    """Who is told of one caller's sound. Called on the loop; must not wait."""

    def opened(self, wire: AudioWire) -> None:
        """The caller's sound is here; `wire` takes sound for the caller."""

    def heard(self, pcm: bytes) -> None:
        """Of the caller: 8000 Hz, mono, signed 16 bits, little-endian."""

    def pressed(self, key: str) -> None: ...

    def closed(self) -> None:
        """Once, after `opened`: ended by us or by Asterisk, the caller hung up, or it broke."""


class Door(Protocol):
    """The server, as a wire sees it."""

    def arrived(self, wire: AudioWire) -> bool: ...

    def admit(self, caller_id: uuid.UUID) -> Peer | None: ...

    def known(self, outcome: str, *, peer: str = "", why: str = "") -> None: ...

    def broke(self, why: str) -> None: ...

    def left(self, wire: AudioWire) -> None: ...


@dataclass(frozen=True, slots=True)
class WireLimits:
    """See `AudioLimits`."""

    hello_ms: int
    ending_ms: int
    unsent_max_bytes: int


class AudioWire(asyncio.Protocol):
    """Made by the server for each connection."""

    def __init__(self, door: Door, limits: WireLimits) -> None:
        self._door, self._limits = door, limits
        self._reader = FrameReader()
        self._transport: asyncio.Transport | None = None
        self._peer: Peer | None = None
        self._stranger = False
        self._ending = False
        self._deadline: asyncio.TimerHandle | None = None
        self.ended = asyncio.Event()
        """Set when the connection is gone."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        if not self._door.arrived(self):
            self.abort()
            return
        self._stranger = True
        loop = asyncio.get_running_loop()
        self._deadline = loop.call_later(
            self._limits.hello_ms / 1000, self._turn_away, "no_hello", "too slow"
        )

    def data_received(self, data: bytes) -> None:
        if self._ending:
            return
        try:
            frames = self._reader.feed(data)
        except FrameError as error:
            self._misread(str(error))
            return
        for frame in frames:
            self._take(frame)

    def _misread(self, why: str) -> None:
        if self._stranger:
            self._turn_away("broken", why)
        else:
            self._door.broke(why)
            # Properly, not cut off: whatever came over this connection, a caller may be behind it.
            self.end()

    def _take(self, frame: Frame) -> None:
        if self._ending:
            return
        if isinstance(frame, Hello):
            self._admit(frame.id)
            return
        assert self._peer is not None
        match frame:
            case Sound():
                self._peer.heard(frame.pcm)
            case Digit():
                self._peer.pressed(frame.key)
            case HungUp() | Trouble():
                self.end()

    def _admit(self, caller_id: uuid.UUID) -> None:
        peer = self._door.admit(caller_id)
        if peer is None:
            self._turn_away("unknown", "an id that was not given out, or is used up")
            return
        self._known("admitted")
        self._peer = peer
        peer.opened(self)

    def _turn_away(self, outcome: str, why: str) -> None:
        self._known(outcome, why)
        self.abort()

    def _known(self, outcome: str, why: str = "") -> None:
        if self._deadline is not None:
            self._deadline.cancel()
        if self._stranger:
            self._stranger = False
            assert self._transport is not None
            self._door.known(outcome, peer=str(self._transport.get_extra_info("peername")), why=why)

    def connection_lost(self, exc: Exception | None) -> None:
        self._known("broken", str(exc) if exc else "closed without an id")
        if self._deadline is not None:
            self._deadline.cancel()
        self._ending = True
        self._door.left(self)
        self.ended.set()
        self._tell_closed()

    def _tell_closed(self) -> None:
        peer, self._peer = self._peer, None
        if peer is not None:
            peer.closed()

    def send(self, pcm: bytes) -> None:
        """
        Sound for the caller, 20 ms of it: Asterisk passes it on at once, so the sender keeps the time.

        Does nothing after the end.
        """
        if self._ending or self._transport is None:
            return
        self._transport.write(sound(pcm))
        if self._transport.get_write_buffer_size() > self._limits.unsent_max_bytes:
            self._door.broke("Asterisk does not read")
            self.abort()

    def end(self) -> None:
        """End the conversation so that the call goes on; may be called twice."""
        if self._ending or self._transport is None:
            return
        self._ending = True
        self._transport.write(HANGUP)
        # Asterisk closes: if we did, with sound of the caller unread, a reset could overtake our last frame.
        loop = asyncio.get_running_loop()
        self._deadline = loop.call_later(self._limits.ending_ms / 1000, self.abort)
        self._tell_closed()

    def abort(self) -> None:
        """Cut the connection."""
        self._ending = True
        if self._transport is not None:
            self._transport.abort()
