"""What an agent knows of itself, from the events that it hears."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

ASKED, TOGETHER = "asked", "together"
"""Of a consultation: it rings there; they talk."""
_OFFER_OVER = ("accepted", "rejected", "no_answer", "busy", "unreachable", "failed", "withdrawn")


class View:
    """
    One agent as the centre tells of it.

    Args:
        agent: Whose events count.
    """

    def __init__(self, agent: str) -> None:
        self._agent = agent
        self._changed = asyncio.Event()
        self.offers: dict[str, Mapping[str, Any]] = {}
        """What was announced and has not ended, by the offer's id."""
        self.activity = ""
        self.held = False
        self.consult = ""
        """ASKED, TOGETHER, or empty."""
        self.consults = 0
        """So many have begun."""

    def hear(self, message: Mapping[str, Any]) -> None:
        """Take in one message of the event stream."""
        kind, data = str(message["type"]), message["data"]
        if kind == "snapshot":
            self._all(data)
        elif kind.startswith("offer."):
            self._offer(kind.removeprefix("offer."), data)
        elif data.get("agent") == self._agent:
            self._own(kind, data)
        else:
            return
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    async def until(self, true: Callable[[], bool], within_s: float) -> bool:
        """Wait until something is so; False if the time was over first."""
        try:
            async with asyncio.timeout(within_s):
                while not true():
                    await self._changed.wait()
        except TimeoutError:
            return False
        return True

    def _offer(self, what: str, data: Mapping[str, Any]) -> None:
        if data["agent"] != self._agent:
            return
        if what == "announced":
            self.offers[data["offer_id"]] = data
        elif what in _OFFER_OVER:
            self.offers.pop(data["offer_id"], None)

    def _own(self, kind: str, data: Mapping[str, Any]) -> None:
        match kind:
            case "agent.state":
                self.activity = data["activity"]
            case "segment.held":
                self.held = True
            case "segment.retrieved":
                self.held, self.consult = False, ""
            case "consult.started":
                self.held, self.consult = True, ASKED
                self.consults += 1
            case "consult.connected":
                self.consult = TOGETHER
            case "consult.ended" | "conference.started" | "segment.connected" | "segment.ended":
                self.consult = ""
                if kind != "consult.ended":
                    self.held = False
            case _:
                pass

    def _all(self, live: Mapping[str, Any]) -> None:
        """The whole state, in place of events that were not heard."""
        for agent in live.get("agents", ()):
            if agent["id"] == self._agent:
                self.activity = agent["activity"]
        before = self.consult
        mine = [one for one in live.get("contacts", ()) if one["agent"] == self._agent]
        self.held = any(one["hold_since_ms"] is not None for one in mine)
        asked = [one["consult"] for one in mine if one["consult"] is not None]
        self.consult = (TOGETHER if asked[0]["state"] == "up" else ASKED) if asked else ""
        self.consults += bool(self.consult) and not before
