"""Who waits for which answer: actions by their ActionID, lists until they are complete."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from cti.asterisk.ami.codec import AmiError, Message, ProtocolError

MAX_LIST_ITEMS = 100_000
"""Most events kept for one list action; Asterisk with 5000 calls sends about 10 000."""


class ActionFailed(AmiError):
    """Asterisk answered `Response: Error`, or broke a list off. `message` is what it said."""

    def __init__(self, message: Message) -> None:
        super().__init__(message.get("Message") or f"{message.event} {message.get('EventList')}".strip())
        self.message = message


@dataclass(slots=True)
class _Waiter:
    done: asyncio.Future[tuple[Message, ...]]
    collects: bool
    items: list[Message] = field(default_factory=list)

    def take(self, message: Message) -> bool:
        """True when the message was this waiter's: nobody else needs to see it."""
        # OriginateResponse is an event all the same: it has a Response header and our ActionID,
        # and with a telephone that refuses at once it shares a packet with the true response.
        if message.response and not message.event:
            self._respond(message)
            return True
        if not self.collects:
            return False
        self._collect(message)
        return True

    def _respond(self, message: Message) -> None:
        if message.response == "Error":
            self.fail(ActionFailed(message))
        elif not self.collects:
            self._finish((message,))

    def _collect(self, event: Message) -> None:
        match event.get("EventList").lower():
            case "complete":
                self._finish(tuple(self.items))
            case "cancelled":
                # Half a list would be taken for the truth about the switch.
                self.fail(ActionFailed(event))
            case _ if len(self.items) >= MAX_LIST_ITEMS:
                self.fail(ProtocolError(f"a list of more than {MAX_LIST_ITEMS} items"))
            case _:
                self.items.append(event)

    def _finish(self, result: tuple[Message, ...]) -> None:
        if not self.done.done():
            self.done.set_result(result)

    def fail(self, error: AmiError) -> None:
        if not self.done.done():
            self.done.set_exception(error)


class Waiters:
    """The open actions of one connection."""

    __slots__ = ("_by_action_id",)

    def __init__(self) -> None:
        self._by_action_id: dict[str, _Waiter] = {}

    def add(self, action_id: str, *, collects: bool) -> asyncio.Future[tuple[Message, ...]]:
        """
        Wait for an action; call before it is written, the answer may share its packet with an event.

        Args:
            action_id: As in the action.
            collects: False: the result is the one response. True: the events
                between `EventList: start` and `Complete`, without the latter.
        """
        waiter = _Waiter(asyncio.get_running_loop().create_future(), collects)
        self._by_action_id[action_id] = waiter
        return waiter.done

    def forget(self, action_id: str) -> None:
        """No longer wait: a late answer is nobody's."""
        waiter = self._by_action_id.pop(action_id, None)
        if waiter is not None and not waiter.done.cancel() and not waiter.done.cancelled():
            waiter.done.exception()  # seen: asyncio would report it as forgotten

    def take(self, message: Message) -> bool:
        """Give a message to who waits for it; False when nobody does."""
        waiter = self._by_action_id.get(message.action_id)
        return waiter is not None and waiter.take(message)

    def fail_all(self, error: AmiError) -> None:
        """Release everybody, each with the same error."""
        for waiter in self._by_action_id.values():
            waiter.fail(error)

    def __len__(self) -> int:
        return len(self._by_action_id)
