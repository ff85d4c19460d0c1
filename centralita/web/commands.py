"""
What a desktop may say over its WebSocket, and the answer to each command.

The same JSON as over HTTP, with the agent beside the command.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import msgspec
from msgspec import UNSET

from centralita.people.rights import INSTALLATION, Who
from centralita.web import params, said
from centralita.web.door import Door
from centralita.web.orders import BY_SCREEN, Order, read
from centralita.web.ports import Answer, CommandResult
from centralita.web.problems import ProblemError

_STATUS: Mapping[Answer, said.Status] = {
    Answer.DONE: "done",
    Answer.REFUSED: "refused",
    Answer.UNAVAILABLE: "refused",
    Answer.UNKNOWN_AGENT: "unknown_agent",
}


@dataclass(frozen=True, slots=True, eq=False)
class Connection:
    """One WebSocket: what it is the screen of is the server's business."""

    tell: Callable[[bytes], bool]
    """Tell this connection alone; False when it does not read."""
    address: str = ""
    """Where it comes from."""


Note = Callable[[str, str, str, str, str], None]
"""Writes down who, from which address, did what, for whom, and what came of it."""


def unwritten(_who: str, _address: str, _what: str, _subject: str, _result: str) -> None:
    """For a server that keeps no log."""


class Commands:
    """
    Does what desktops say.

    Args:
        door: Through which every command goes.
        note: Commands for another agent than oneself are written down.
    """

    def __init__(self, door: Door, note: Note = unwritten) -> None:
        self._door, self._note = door, note

    async def obey(self, screen: Connection, message: str | bytes, who: Who = INSTALLATION) -> bytes:
        """Do what one message says; returns the answer, whatever the message was."""
        try:
            agent, order = _read(message)
        except ProblemError as problem:
            return _no_sense(_id_of(message), problem)
        result = await self._door.obey(agent, order, who=who, screen=screen)
        if who.agent != agent:
            self._note(who.name, screen.address, "agent.commanded", agent, result.code or "done")
        return _answer_of(order, result)

    def lost(self, screen: Connection) -> None:
        """The connection has ended."""
        self._door.lost(screen)


def _read(message: str | bytes) -> tuple[str, Order]:
    """Raises ProblemError."""
    data = params.any_object(message)
    order = read(data, BY_SCREEN, "agent")
    return params.text("agent", data.get("agent")), order


def _id_of(message: str | bytes) -> str | None:
    """The id of a message that makes no sense otherwise, so that its sender knows which one."""
    try:
        found = params.any_object(message).get("command_id")
        return None if found is None else params.text("command_id", found)
    except ProblemError:
        return None


def _answer_of(order: Order, result: CommandResult) -> bytes:
    return msgspec.json.encode(
        said.CommandResult(
            command_id=order.command_id,
            status=_STATUS[result.answer],
            why={"es": result.why_es, "en": result.why_en},
            code=result.code,
            contact=UNSET if result.contact is None else result.contact,
        )
    )


def _no_sense(command_id: str | None, problem: ProblemError) -> bytes:
    why: said.Why = {"es": problem.es, "en": problem.en}
    return msgspec.json.encode(
        said.CommandResult(command_id=command_id, status="bad_request", why=why, code=problem.code)
    )
