"""
What Asterisk says of the calls: a second, reading-only AMI session.

Its own few lines of parser on purpose: an auditor that shares code with whom
it audits shares its mistakes.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from centralita.tasks import spawn

_END = b"\r\n\r\n"
_MESSAGE_BYTES_MAX = 1 << 20
_KEPT = frozenset({"Newchannel", "Hangup", "BridgeEnter", "BridgeLeave"})


@dataclass(frozen=True, slots=True)
class SwitchEvent:
    at_ms: int
    fields: Mapping[str, str]

    @property
    def name(self) -> str:
        return self.fields["Event"]


@dataclass(frozen=True, slots=True)
class SwitchChannel:
    uniqueid: str
    number: str
    exten: str
    began_ms: int
    ended_ms: int | None


def parse(message: bytes) -> dict[str, str]:
    """The fields of one AMI message; of a repeated field the last one."""
    pairs = (line.partition(": ") for line in message.decode("utf-8", "replace").split("\r\n"))
    return {name: value for name, separator, value in pairs if separator}


class SwitchLog:
    """Collects channel and bridge events from `open` to `close`."""

    def __init__(self) -> None:
        self.events: list[SwitchEvent] = []
        self._writer: asyncio.StreamWriter | None = None
        self._reading: asyncio.Task[None] | None = None

    async def open(self, port: int, user: str, secret: str) -> None:
        """
        Log in and start to listen.

        Raises:
            ConnectionError: Asterisk refuses the credentials.
        """
        reader, self._writer = await asyncio.open_connection("127.0.0.1", port, limit=_MESSAGE_BYTES_MAX)
        await reader.readline()
        login = f"Action: Login\r\nUsername: {user}\r\nSecret: {secret}\r\nEvents: on\r\n\r\n"
        self._writer.write(login.encode())
        answer = parse(await asyncio.wait_for(reader.readuntil(_END), 5))
        if answer.get("Response") != "Success":
            raise ConnectionError(f"AMI on port {port} refuses {user}: {answer.get('Message', answer)}")
        self._reading = spawn(self._read(reader), name="chaos.switch_log")

    async def close(self) -> None:
        if self._reading is not None:
            self._reading.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._reading
        if self._writer is not None:
            self._writer.close()

    async def _read(self, reader: asyncio.StreamReader) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                fields = parse(await reader.readuntil(_END))
                if fields.get("Event") in _KEPT:
                    self.events.append(SwitchEvent(time.time_ns() // 1_000_000, fields))

    def channels(self) -> list[SwitchChannel]:
        """Every channel that began while we listened, oldest first."""
        ended = {e.fields["Uniqueid"]: e.at_ms for e in self.events if e.name == "Hangup"}
        return [
            SwitchChannel(
                uniqueid=event.fields["Uniqueid"],
                number=event.fields.get("CallerIDNum", ""),
                exten=event.fields.get("Exten", ""),
                began_ms=event.at_ms,
                ended_ms=ended.get(event.fields["Uniqueid"]),
            )
            for event in self.events
            if event.name == "Newchannel"
        ]

    def talks_ms(self) -> Mapping[str, int]:
        """Uniqueid -> time in bridges together with at least one other channel; 0 for unknown ones."""
        inside: dict[str, set[str]] = defaultdict(set)
        since_ms: dict[str, int] = {}
        total: dict[str, int] = defaultdict(int)
        for event in self.events:
            if event.name not in ("BridgeEnter", "BridgeLeave"):
                continue
            members = inside[event.fields["BridgeUniqueid"]]
            channel = event.fields["Uniqueid"]
            for member in members:
                if len(members) > 1:
                    total[member] += event.at_ms - since_ms[member]
                since_ms[member] = event.at_ms
            if event.name == "BridgeEnter":
                members.add(channel)
                since_ms[channel] = event.at_ms
            else:
                members.discard(channel)
        return total
