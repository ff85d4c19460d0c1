"""
An agent's connection to the centre: hears the events, gives commands, comes back by itself.

Who comes back says what it heard last, and gives commands again whose answer it has not heard, with the
same id: so nothing is missed, and nothing is done twice.
"""

from __future__ import annotations

import asyncio
import random
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import aiohttp
import msgspec

AGAIN_S, AGAIN_MAX_S = 0.25, 5.0
ANSWER_S = 30.0
"""How long a command may take, a restart of the server included."""
HEARTBEAT_S = 20.0
HANDSHAKE_S = 5.0
HERE = "here"
"""Of the command that makes a connection the agent's screen."""
NEVER = ("unknown_agent", "not_yours")
"""Refusals that trying again would not change."""
_REFUSED = (401, 403)


class DeskError(Exception):
    """The centre will not have us; the message says why and how to mend it, in both languages."""


@dataclass(frozen=True, slots=True)
class Centre:
    """
    Where the centre is.

    url: `http://host:port` or `https://…`.
    token: Of the installation, or one that may command this agent.
    tls: How the server is known; None takes what the system trusts, False anybody.
    """

    url: str
    token: str
    tls: ssl.SSLContext | bool | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a command."""

    done: bool
    code: str = ""
    es: str = ""
    en: str = ""


_NO_ANSWER = Result(False, "no_answer", "el centro no contesta", "the centre does not answer")


@dataclass(frozen=True, slots=True)
class _Asked:
    message: bytes
    answer: asyncio.Future[Result]


class Desk:
    """
    Args:
        centre: Where to connect.
        agent: Whose desk it is.
        heard: Told each message of the stream.
        moved: Told when the connection stands, and when it is lost.
    """

    def __init__(
        self,
        centre: Centre,
        agent: str,
        heard: Callable[[Mapping[str, Any]], None],
        moved: Callable[[bool], None],
    ) -> None:
        self._centre, self._agent, self._heard, self._moved = centre, agent, heard, moved
        self._seq: int | None = None
        self._asked: dict[str, _Asked] = {}
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._failures = 0

    async def run(self) -> None:
        """Be connected, for ever. Raises DeskError."""
        async with aiohttp.ClientSession(
            headers={"Authorization": f"Bearer {self._centre.token}"},
            connector=aiohttp.TCPConnector(ssl=True if self._centre.tls is None else self._centre.tls),
        ) as http:
            while True:
                try:
                    await self._connection(http)
                except aiohttp.WSServerHandshakeError as error:
                    if error.status in _REFUSED:
                        raise _not_allowed(self._centre.url, error.status) from error
                except (aiohttp.ClientError, OSError, TimeoutError):
                    pass
                self._failures += 1
                longest_s = min(AGAIN_MAX_S, AGAIN_S * 2 ** min(self._failures - 1, 10))
                await asyncio.sleep(random.uniform(longest_s / 2, longest_s))  # noqa: S311  # no secret

    async def do(self, command: str, **fields: object) -> Result:
        """
        Give a command and wait for its answer, also over a restart of the server.

        Args:
            command: Its name.
            fields: What else it says.
        """
        command_id = uuid4().hex
        said = {"command": command, "agent": self._agent, "command_id": command_id, **fields}
        asked = _Asked(msgspec.json.encode(said), asyncio.get_running_loop().create_future())
        self._asked[command_id] = asked
        try:
            async with asyncio.timeout(ANSWER_S):
                await self._send(asked.message)
                return await asked.answer
        except TimeoutError:
            return _NO_ANSWER
        finally:
            del self._asked[command_id]

    async def _connection(self, http: aiohttp.ClientSession) -> None:
        """From the door until the end."""
        params = {} if self._seq is None else {"resume_from": str(self._seq)}
        async with asyncio.timeout(HANDSHAKE_S):
            url = f"{self._centre.url}/api/events"
            opened = await http.ws_connect(url, params=params, heartbeat=HEARTBEAT_S, max_msg_size=0)
        async with opened as socket:
            self._socket, self._failures = socket, 0
            self._moved(True)
            try:
                await self._talk(socket)
            finally:
                self._socket = None
                self._moved(False)

    async def _talk(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        """Raises DeskError, or ConnectionError if it is to be tried again."""
        here = {"command": "desktop", "agent": self._agent, "command_id": HERE}
        await socket.send_bytes(msgspec.json.encode(here))
        for asked in list(self._asked.values()):
            await socket.send_bytes(asked.message)
        async for message in socket:
            if message.type is aiohttp.WSMsgType.TEXT:
                self._take(msgspec.json.decode(message.data))

    async def _send(self, message: bytes) -> None:
        """What cannot be sent now is sent with the next connection."""
        if self._socket is not None and not self._socket.closed:
            try:
                await self._socket.send_bytes(message)
            except (aiohttp.ClientError, ConnectionError):
                return

    def _take(self, message: Mapping[str, Any]) -> None:
        if message["type"] == "command.result":
            self._answered(message)
            return
        if "seq" in message:
            self._seq = message["seq"]
            self._heard(message)

    def _answered(self, message: Mapping[str, Any]) -> None:
        why, done = message["why"], message["status"] == "done"
        result = Result(done, message.get("code", ""), why["es"], why["en"])
        if message["command_id"] == HERE:
            if result.code in NEVER:
                raise DeskError(f"{result.es} / {result.en}")
            if not done:
                raise ConnectionError(result.code)
            return
        asked = self._asked.get(message["command_id"] or "")
        if asked is not None and not asked.answer.done():
            asked.answer.set_result(result)


def _not_allowed(url: str, status: int) -> DeskError:
    return DeskError(
        f"{url}: el centro no admite este token ({status}); use otro con --token, o --home / "
        f"the centre does not take this token ({status}); give another one with --token, or use --home"
    )
