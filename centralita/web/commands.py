"""
What a desktop may say over its WebSocket, and the answer to each command.

A command carries an id of the sender's: sent again on the same connection, it
gets the same answer and is not done twice.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec

from acd.model import Presence
from centralita.web import params
from centralita.web.api import unknown_agent
from centralita.web.ports import Answer, CommandResult, WebPorts
from centralita.web.problems import ProblemError

VERSION = 1
REMEMBERED = 256
"""Answers kept for each connection."""
_KEYS = ("command", "agent", "reason", "after_contact", "contact", "note", "command_id")
_NAMES = (
    *(presence.value for presence in Presence),
    "wrap_up_done",
    "extend_wrap_up",
    "escalate",
    "desktop",
    "desktop_bye",
)
_STATUS = {
    Answer.DONE: "done",
    Answer.REFUSED: "refused",
    Answer.UNAVAILABLE: "refused",
    Answer.UNKNOWN_AGENT: "unknown_agent",
}


@dataclass(frozen=True, slots=True)
class Command:
    name: str
    agent: str
    reason: str
    id: str | None
    """Of the sender's choice; None: not told, so nothing is remembered."""
    after_contact: bool = False
    contact: str = ""
    note: str = ""


class Message(msgspec.Struct, frozen=True):
    """An answer as it goes over the wire."""

    type: str
    v: int
    command_id: str | None
    status: str
    why: Mapping[str, str]
    """For a person, in both languages; empty texts when there is nothing to say."""


@dataclass(slots=True, eq=False)
class Screen:
    """One connection: what it is the screen of is the server's business, what it asked is kept here."""

    answers: OrderedDict[tuple[str, str], bytes] = field(default_factory=OrderedDict)

    def remember(self, command: Command, answer: bytes) -> None:
        if command.id is None:
            return
        self.answers[command.agent, command.id] = answer
        if len(self.answers) > REMEMBERED:
            self.answers.popitem(last=False)


class Commands:
    """Does what desktops say."""

    def __init__(self, ports: WebPorts) -> None:
        self._ports = ports

    async def obey(self, screen: Screen, said: str | bytes) -> bytes:
        """Do what one message says; returns the answer, whatever the message was."""
        try:
            command = _read(said)
        except ProblemError as problem:
            return _answer(_id_of(said), "bad_request", problem.es, problem.en)
        known = screen.answers.get((command.agent, command.id or ""))
        if known is not None:
            return known
        result = await self._do(screen, command)
        why = (result.why_es, result.why_en)
        if result.answer is Answer.UNKNOWN_AGENT:
            why = unknown_agent(command.agent, self._ports)
        answer = _answer(command.id, _STATUS[result.answer], *why)
        # What could not be done now may be possible the next time.
        if result.answer is not Answer.UNAVAILABLE:
            screen.remember(command, answer)
        return answer

    def lost(self, screen: Screen) -> None:
        """The connection has ended."""
        self._ports.desktops.lost(screen)

    async def _do(self, screen: Screen, command: Command) -> CommandResult:
        match command.name:
            case "desktop":
                return await self._ports.desktops.connected(command.agent, screen)
            case "desktop_bye":
                return await self._ports.desktops.said_goodbye(command.agent, screen)
            case "wrap_up_done":
                return await self._ports.agents.wrap_up_done(command.agent)
            case "extend_wrap_up":
                return await self._ports.agents.extend_wrap_up(command.agent)
            case "escalate":
                return await self._ports.agents.escalate(command.agent, command.contact, command.note)
            case presence:
                return await self._ports.agents.set_presence(
                    command.agent, presence, command.reason, after_contact=command.after_contact
                )


def _read(said: str | bytes) -> Command:
    """Raises ProblemError."""
    data = params.json_object(said, _KEYS)
    name = params.one_of(_NAMES)("command", data.get("command", ""))
    agent = params.text("agent", data.get("agent"))
    command_id = data.get("command_id")
    return Command(
        name,
        agent,
        reason=params.reason(data.get("reason"), needed=name == Presence.NOT_READY),
        id=None if command_id is None else params.text("command_id", command_id),
        after_contact=params.flag("after_contact", data.get("after_contact")),
        contact=params.text("contact", data["contact"]) if data.get("contact") not in (None, "") else "",
        note=params.note("note", data.get("note")),
    )


def _id_of(said: str | bytes) -> str | None:
    """The id of a message that makes no sense otherwise, so that its sender knows which one."""
    try:
        found = params.json_object(said, _KEYS).get("command_id")
        return None if found is None else params.text("command_id", found)
    except ProblemError:
        return None


def _answer(command_id: str | None, status: str, es: str, en: str) -> bytes:
    return msgspec.json.encode(Message("command.result", VERSION, command_id, status, {"es": es, "en": en}))
