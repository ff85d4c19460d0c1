"""
AMI events in the shape pyst2 gives them, for plug-ins written against pyst2.

Only the shape: pyst2's own Manager is not used (docs/adr/0002-pyst2.md).
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Any

from cti.asterisk.ami.codec import Message
from cti.spawn import Spawn

MAX_WAITING_EVENTS = 1_000
"""Events kept for slow plug-ins; the oldest goes first, calls never wait for a plug-in."""

ANY_EVENT = "*"


class PystEvent:
    """An AMI event with the interface of `asterisk.manager.Event`; headers are read only by agreement."""

    def __init__(self, message: Message) -> None:
        self.message = message
        self.name = message.event
        self.headers: dict[str, str] = dict(message.headers)
        """Of a repeated header the last value, as in pyst2; `message.all()` has them all."""

    def has_header(self, hname: str) -> bool:
        return hname in self.headers

    def get_header(self, hname: str, defval: Any = None) -> Any:
        return self.headers.get(hname, defval)

    def __getitem__(self, hname: str) -> str:
        return self.headers[hname]

    def get_action_id(self) -> Any:
        """The ActionID, 0 when there is none (pyst2's own convention)."""
        return self.headers.get("ActionID", 0)

    def __repr__(self) -> str:
        return self.name


EventFunction = Callable[[PystEvent, "PystEvents"], Any]
"""As in pyst2: gets the event and the hub; a true result ends the handling of this event."""


class PystEvents:
    """
    `register_event` for plug-ins, fed from `AmiClient.on_event`.

    Functions run one after the other in a task of their own, never inside the
    reading of AMI. One that raises is logged by `spawn`; the next event goes on.
    """

    def __init__(self, spawn: Spawn, *, max_waiting: int = MAX_WAITING_EVENTS) -> None:
        self._spawn = spawn
        self._functions: dict[str, list[EventFunction]] = {}
        self._waiting: deque[PystEvent] = deque(maxlen=max_waiting)
        self._worker: asyncio.Task[None] | None = None
        self.dropped = 0
        """Events lost because plug-ins were too slow."""

    def register_event(self, event: str, function: EventFunction) -> None:
        """Call `function(event, hub)` for events of this name, "*" for all."""
        self._functions.setdefault(event, []).append(function)

    def unregister_event(self, event: str, function: EventFunction) -> None:
        """Undo `register_event`; ValueError when it was not registered."""
        self._functions.get(event, []).remove(function)

    def offer(self, message: Message) -> None:
        """Hand an event to those who registered for it; returns at once."""
        if not (self._functions.get(message.event) or self._functions.get(ANY_EVENT)):
            return
        self.dropped += len(self._waiting) == self._waiting.maxlen
        self._waiting.append(PystEvent(message))
        if self._worker is None:
            self._worker = self._spawn(self._work(), name="ami.plug_ins")

    async def _work(self) -> None:
        try:
            while self._waiting:
                self._dispatch(self._waiting.popleft())
                # A burst of events must not keep the loop from the callers.
                await asyncio.sleep(0)
        except asyncio.CancelledError:
            self._waiting.clear()
            raise
        finally:
            self._worker = None
            if self._waiting:
                self._worker = self._spawn(self._work(), name="ami.plug_ins")

    def _dispatch(self, event: PystEvent) -> None:
        functions = [*self._functions.get(event.name, ()), *self._functions.get(ANY_EVENT, ())]
        for function in functions:
            if function(event, self):
                return
