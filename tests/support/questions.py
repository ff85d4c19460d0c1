"""
A real Asterisk and a door at which a test asks callers whatever it likes, by key and by voice.

The caller is a telephone of `cti.softphone`; the menu is the test: each call
that comes in is a `Visitor` with the line to be spoken to.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import wave
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

from asr.ports import Ears
from centralita.hearing.line import SpeakingLine
from centralita.hearing.room import Room
from centralita.tasks import spawn
from cti.asterisk.agi.request import AgiRequest
from cti.asterisk.agi.server import AgiServer
from cti.asterisk.agi.verbs import AgiCall
from cti.asterisk.caller import AgiLine
from cti.asterisk.instance import AMI_USER, Instance
from cti.softphone.baresip import BaresipCall, BaresipStack
from cti.softphone.port import CallState
from ivr.ports import CallerGone
from tests.support.asterisk import PrivateAsterisk, private_instance, rendered_asterisk
from tests.support.audio import tone_ms
from tests.support.polling import eventually
from tests.support.process import free_ports

_WITHIN_S = 20.0
_RTP_PORTS = 300
"""Two a call."""


@dataclass(eq=False)
class Visitor:
    """A caller at the door, and the line to them. The visit lasts until `done` is set."""

    request: AgiRequest
    agi: AgiCall
    line: SpeakingLine
    done: asyncio.Event = field(default_factory=asyncio.Event)


class Questions:
    """A running door. Made by `asking`."""

    def __init__(
        self, instance: Instance, asterisk: PrivateAsterisk, room: Room, stack: BaresipStack
    ) -> None:
        self.instance, self.asterisk, self.room = instance, asterisk, room
        self.home, self.sip = instance.home, f"127.0.0.1:{instance.sip_port}"
        """Of the switch: its folder, and "host:port" to dial."""
        self._stack = stack
        self._visitors: asyncio.Queue[Visitor] = asyncio.Queue()
        self._numbers = itertools.count(600_000_001)
        self._calls: list[BaresipCall] = []
        self._open: list[Visitor] = []

    async def visit(self, request: AgiRequest, call: AgiCall) -> None:
        async def no_scripts(_call: AgiCall, script: Path) -> None:
            raise AssertionError(f"no script is expected: {script}")

        line = AgiLine(call, no_scripts, self.where)
        visitor = Visitor(request, call, SpeakingLine(line, self.room))
        self._open.append(visitor)
        self._visitors.put_nowait(visitor)
        await visitor.done.wait()
        with contextlib.suppress(CallerGone):
            await line.remember({"CC_NEXT": "bye"})

    def where(self, box: str) -> Path:
        folder = self.home / "voicemail"
        folder.mkdir(exist_ok=True)
        return folder / f"{box}.wav"

    async def caller(self) -> tuple[BaresipCall, Visitor]:
        """Somebody calls, and stands at the door."""
        agent = await self._stack.user_agent(f"+34{next(self._numbers)}", self.sip)
        call = await agent.dial(f"sip:900@{self.sip}")
        self._calls.append(call)
        await call.wait_for(CallState.UP, within_s=_WITHIN_S)
        return call, await self.next_visitor()

    async def next_visitor(self) -> Visitor:
        """Who came to the door next."""
        async with asyncio.timeout(_WITHIN_S):
            return await self._visitors.get()

    @contextlib.asynccontextmanager
    async def ami_log(self) -> AsyncIterator[bytearray]:
        """All that Asterisk tells the account of our server, as it comes."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.instance.ami_port)
        writer.write(
            f"Action: Login\r\nUsername: {AMI_USER}\r\nSecret: {self.instance.ami_secret}\r\n\r\n".encode()
        )
        told = bytearray()

        async def read() -> None:
            while data := await reader.read(65_536):
                told.extend(data)

        reading = asyncio.ensure_future(read())
        try:
            yield told
        finally:
            reading.cancel()
            writer.close()

    async def everybody_leaves(self) -> None:
        for call in self._calls:
            await call.hangup()
        for visitor in self._open:
            visitor.done.set()
        self._calls.clear()
        self._open.clear()


@contextlib.asynccontextmanager
async def asking(home: Path, stack: BaresipStack, ears: Ears) -> AsyncIterator[Questions]:
    """Asterisk as it is deployed, and our side of its door."""
    rtp = free_ports(_RTP_PORTS)
    instance = private_instance(home, rtp_ports=(rtp, rtp + _RTP_PORTS - 1))
    room = Room(ears)
    async with rendered_asterisk(instance) as asterisk:
        questions = Questions(instance, asterisk, room, stack)
        door = AgiServer(
            "127.0.0.1", instance.agi_port, instance.agi_nonce, {"main": questions.visit}, spawn=spawn
        )
        try:
            await room.start()
            await door.start()
            yield questions
        except BaseException as failure:
            failure.add_note((home / "log/messages.log").read_text("utf-8", "replace")[-4000:])
            raise
        finally:
            await questions.everybody_leaves()
            await door.close()
            await room.close()


def write_sound(path: Path, pcm: bytes) -> str:
    """A sound file of the switch's form; returns its path without extension."""
    with wave.open(str(path.with_suffix(".wav")), "wb") as wav:
        wav.setnchannels(1)
        wav.setsampwidth(2)
        wav.setframerate(8000)
        wav.writeframes(pcm)
    return str(path.with_suffix(""))


async def hears(call: BaresipCall, hz: int, *, ms: int = 200, since: int = 0) -> None:
    """Wait until this tone has been received for so long, from a place of what was heard on."""
    await eventually(lambda: tone_ms(call.heard()[since:], hz) >= ms, 10, f"{hz} Hz", every_s=0.05)
