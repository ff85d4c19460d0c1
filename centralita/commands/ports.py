"""What carrying out commands needs of the rest of the server."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from typing import Protocol

from acd import events as ev
from acd.engine import Decision
from acd.model import AgentId, ContactId, QueueId
from acd.records import Ignored
from acd.state import State
from centralita.commands.refusals import DONE, explained
from centralita.desktops import Desktops
from centralita.dialled import Dialled
from centralita.web.live_shape import Answers
from centralita.web.ports import CommandResult, DispositionsPort, NotesPort


class Settings(Protocol):
    """What the live configuration says."""

    def answers(self, agent: AgentId) -> Answers:
        """How the agent's phone can be made to pick up."""

    def is_open(self, queue: QueueId) -> bool:
        """Whether its opening hours hold now."""

    def dispositions(self, queue: QueueId) -> Collection[str]:
        """What may come of its contacts; empty: anything."""


class Customers(Protocol):
    """Who the customers of the contacts on the line are."""

    def called(self, contact_id: ContactId, number: str) -> None:
        """An agent is about to call this number, E.164 if it is a whole one. Before the engine is told."""

    def not_called(self, contact_id: ContactId) -> None:
        """It came to nothing: there is no such contact."""


@dataclass(frozen=True, slots=True)
class Ports:
    state: Callable[[], State]
    """The engine's, for reading."""
    ask: Callable[[ev.Event], Awaitable[Decision]]
    """See `Runtime.ask`."""
    desktops: Desktops
    notes: NotesPort
    dispositions: DispositionsPort
    settings: Settings
    dialled: Dialled
    customers: Customers
    switch: str
    """On which calls are made, as in `Channel.switch`."""
    now_ms: Callable[[], int]
    estimate: Callable[[ContactId, QueueId], int | None] = lambda _contact_id, _queue: None
    """Wait, milliseconds, of a contact that would join this queue now; None: not known well enough."""

    async def tell(self, event: ev.Event) -> CommandResult:
        """
        Tell the engine what was asked, and what it made of it.

        Raises:
            InboxFull: The server cannot keep up.
        """
        decision = await self.ask(event)
        kind = type(event).__name__
        ignored = [r.reason for r in decision.records if isinstance(r, Ignored) and r.event == kind]
        if ignored and ignored[0] != "already so":
            return explained(ignored[0])
        return DONE
