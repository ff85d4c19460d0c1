"""Asking the switch for something, where a refusal or a lost connection is no reason to stop."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

import structlog

from cti.asterisk.ami.client import AmiClient
from cti.asterisk.ami.codec import AmiError, HeaderRefused
from cti.asterisk.ami.waiters import ActionFailed

_log = structlog.get_logger("switch")
AGAIN_S = 1.0
TRIES, SOON_S = 10, 0.05

Headers = list[tuple[str, str]]


class Orders:
    """
    Args:
        ami: The session.
        synced: Set while the engine knows what the switch holds; nothing is asked before.
    """

    def __init__(self, ami: AmiClient, synced: asyncio.Event) -> None:
        self.ami, self.synced = ami, synced

    async def once(self, action: str, headers: Headers, *, again_when: str = "") -> bool:
        """
        Whether it was done; if not, the log tells why, and a snapshot what became of it.

        Args:
            action: As in `manager show commands`.
            headers: Name and value in order.
            again_when: A refusal with these words will be over in a moment: asked for again.
        """
        for left in range(TRIES - 1, -1, -1):
            await self.synced.wait()
            try:
                await self.ami.send(action, headers)
            except AmiError as error:
                if left and again_when and again_when in str(error):
                    await asyncio.sleep(SOON_S)
                    continue
                _log.info("switch.not_done", action=action, asked=dict(headers), why=str(error))
                return False
            return True
        raise AssertionError("the last try returns")

    async def insist(self, action: str, headers: Headers) -> None:
        """Carry out what does no harm twice: over a lost connection it is asked for again."""
        while True:
            await self.synced.wait()
            try:
                await self.ami.send(action, headers)
            except (ActionFailed, HeaderRefused) as error:
                _log.warning("switch.refused", action=action, asked=dict(headers), why=str(error))
            except AmiError as error:
                _log.info("switch.again", action=action, why=str(error))
                await asyncio.sleep(AGAIN_S)
                continue
            return

    async def mark(self, channel: str, variables: Iterable[tuple[str, str]]) -> None:
        """Set variables of a channel; of the whole switch, if it is empty."""
        for variable, value in variables:
            headers = [("Variable", variable), ("Value", value)]
            await self.once("Setvar", [*headers, *([("Channel", channel)] if channel else [])])

    async def value(self, variable: str, channel: str = "") -> str:
        """What a variable or function of the dialplan says; empty when it cannot be told."""
        await self.synced.wait()
        headers = [("Variable", variable), *([("Channel", channel)] if channel else [])]
        try:
            return (await self.ami.send("Getvar", headers)).get("Value")
        except AmiError as error:
            _log.info("switch.not_told", variable=variable, why=str(error))
            return ""

    async def hang_up(self, channel: str) -> None:
        """By name or by the id that we gave."""
        await self.once("Hangup", [("Channel", channel), ("Cause", "16")])
