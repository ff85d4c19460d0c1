"""The Asterisk side of FastAGI for tests: connects, tells the environment, answers commands."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from centralita.tasks import spawn
from cti.asterisk.agi.request import AgiRequest
from cti.asterisk.agi.server import AgiLimits, AgiServer, Handler
from cti.asterisk.agi.verbs import AgiCall

NONCE = "s3cret-nonce"

ENVIRONMENT = {
    "agi_network": "yes",
    "agi_network_script": f"main?n={NONCE}&entry=900&contact=+34%20600&empty=&flag",
    "agi_request": f"agi://127.0.0.1:4573/main?n={NONCE}&entry=900",
    "agi_channel": "PJSIP/trunk-00000001",
    "agi_language": "es",
    "agi_type": "PJSIP",
    "agi_uniqueid": "1700000000.1",
    "agi_version": "22.10.1",
    "agi_callerid": "600123456",
    "agi_calleridname": 'José: "q"',
    "agi_callingpres": "3",
    "agi_dnid": "900",
    "agi_rdnis": "unknown",
    "agi_context": "cc-caller",
    "agi_extension": "in",
    "agi_priority": "7",
    "agi_enhanced": "0.0",
    "agi_accountcode": "",
}


def environment_bytes(values: Mapping[str, str] = ENVIRONMENT) -> bytes:
    return "".join(f"{name}: {value}\n" for name, value in values.items()).encode() + b"\n"


class Peer:
    """One call as Asterisk brings it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self.commands: list[str] = []

    def send(self, data: bytes | str) -> None:
        self.writer.write(data.encode() if isinstance(data, str) else data)

    async def command(self) -> str:
        """The next command line, without its end."""
        async with asyncio.timeout(5):
            line = (await self.reader.readline()).decode().removesuffix("\n")
        self.commands.append(line)
        return line

    async def answer(self, *replies: str) -> None:
        """For each reply wait for a command, then give it."""
        for reply in replies:
            assert await self.command(), "the session ended before its next command"
            self.send(f"{reply}\n")

    async def at_end(self) -> bool:
        """Wait until the server has closed; False if it sent something instead."""
        async with asyncio.timeout(5):
            try:
                return await self.reader.read() == b""
            except ConnectionError:
                return True

    def drop(self) -> None:
        self.writer.transport.abort()


async def connect(port: int, environment: bytes | None = None) -> Peer:
    peer = Peer(*await asyncio.open_connection("127.0.0.1", port))
    peer.send(environment_bytes() if environment is None else environment)
    return peer


@asynccontextmanager
async def serving(handler: Handler, limits: AgiLimits | None = None) -> AsyncIterator[AgiServer]:
    server = AgiServer("127.0.0.1", 0, NONCE, {"main": handler}, spawn=spawn, limits=limits or AgiLimits())
    await server.start()
    try:
        yield server
    finally:
        await server.close()


class Stage:
    """A call whose verbs are spoken by the test itself."""

    def __init__(self, call: AgiCall, peer: Peer, server: AgiServer) -> None:
        self.call = call
        self.peer = peer
        self.server = server


@asynccontextmanager
async def on_stage(limits: AgiLimits | None = None) -> AsyncIterator[Stage]:
    """A live session: the handler waits while the test plays both sides."""
    started: asyncio.Future[AgiCall] = asyncio.get_running_loop().create_future()
    over = asyncio.Event()

    async def handler(_request: AgiRequest, call: AgiCall) -> None:
        started.set_result(call)
        await over.wait()

    async with serving(handler, limits) as server:
        peer = await connect(server.port)
        async with asyncio.timeout(5):
            call = await started
        try:
            yield Stage(call, peer, server)
        finally:
            over.set()
            peer.drop()
