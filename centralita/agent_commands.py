"""What agents and supervisors order, by HTTP or by WebSocket, and what became of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from acd import events as ev
from acd.engine import Decision
from acd.model import AgentId, ContactId, Phase, Presence
from acd.records import Ignored
from acd.state import Contact, State
from centralita.desktops import Desktops
from centralita.notes import NOTES_MAX, Notes
from centralita.runtime import InboxFull
from centralita.web.ports import Answer, CommandResult

REFUSALS: Mapping[str, tuple[str, str]] = {
    "not in wrap-up": ("El agente no está en trabajo posterior.", "The agent is not in wrap-up."),
    "the queue does not extend wrap-up": (
        "La cola de este contacto no permite alargar el trabajo posterior: vea «wrap» en la configuración.",
        "The queue of this contact does not let wrap-up be extended: see 'wrap' in the configuration.",
    ),
    "no extension left": (
        "Ya se ha alargado tantas veces como permite la cola.",
        "It has been extended as often as the queue allows.",
    ),
}
"""Why the engine ignored an order -> what the agent is told, Spanish and English."""
_NO_TALK = CommandResult(
    Answer.REFUSED, "El agente no habla con nadie ahora.", "The agent is talking to nobody now."
)
_OTHER_CONTACT = CommandResult(
    Answer.REFUSED,
    "El agente ya no habla con ese contacto.",
    "The agent no longer talks to that contact.",
)
_NO_TIER = CommandResult(
    Answer.REFUSED,
    "La cola de este contacto no tiene un nivel superior: vea «escalate_to» en la configuración.",
    "The queue of this contact has no next tier: see 'escalate_to' in the configuration.",
)
_NOTES_FULL = CommandResult(
    Answer.REFUSED,
    f"Este contacto ya tiene {NOTES_MAX} notas: páselo sin nota.",
    f"This contact has {NOTES_MAX} notes already: hand it over without one.",
)
_BUSY = CommandResult(
    Answer.UNAVAILABLE,
    "El servidor no da abasto: inténtelo dentro de unos segundos.",
    "The server cannot keep up: try again in a few seconds.",
)


class AgentCommands:
    """
    Each command waits until it was taken and is in the journal.

    Args:
        state: The engine's, for reading.
        ask: See `Runtime.ask`.
        desktops: Whose screen is whose.
        notes: What goes along with a contact that is handed over.
    """

    def __init__(
        self,
        state: Callable[[], State],
        ask: Callable[[ev.Event], Awaitable[Decision]],
        desktops: Desktops,
        notes: Notes,
    ) -> None:
        self._state = state
        self._ask = ask
        self._desktops = desktops
        self._notes = notes

    async def set_presence(
        self, agent: str, presence: str, reason: str, *, after_contact: bool = False
    ) -> CommandResult:
        """See `web.ports.AgentOrders`."""
        event = ev.PresenceSet(AgentId(agent), Presence(presence), reason, after_contact)
        return await self._of_agent(agent, event)

    async def wrap_up_done(self, agent: str) -> CommandResult:
        """See `web.ports.AgentOrders`."""
        return await self._of_agent(agent, ev.WrapUpDone(AgentId(agent)))

    async def extend_wrap_up(self, agent: str) -> CommandResult:
        """See `web.ports.AgentOrders`."""
        return await self._of_agent(agent, ev.WrapUpExtended(AgentId(agent)))

    async def escalate(self, agent: str, contact_id: str, note: str) -> CommandResult:
        """See `web.ports.AgentOrders`."""
        state = self._state()
        if agent not in state.agents:
            return CommandResult(Answer.UNKNOWN_AGENT)
        contact = _in_talk(state, AgentId(agent))
        if contact is None:
            return _NO_TALK
        if contact_id and contact_id != contact.id:
            return _OTHER_CONTACT
        if contact.rules is None or contact.rules.escalate_to is None:
            return _NO_TIER
        # Before the order: the database gets it with the entry that the order becomes.
        if note and not self._notes.add(contact.id, agent, note):
            return _NOTES_FULL
        return await self._command(ev.ContactEscalated(contact.id, AgentId(agent)))

    async def connected(self, agent: str, screen: object) -> CommandResult:
        """See `web.ports.DesktopPort`."""
        return await self._screen(agent, self._desktops.connected, screen)

    async def said_goodbye(self, agent: str, screen: object) -> CommandResult:
        """See `web.ports.DesktopPort`."""
        return await self._screen(agent, self._desktops.said_goodbye, screen)

    def lost(self, screen: object) -> None:
        """See `web.ports.DesktopPort`."""
        self._desktops.lost(screen)

    async def _screen(
        self, agent: str, tell: Callable[[AgentId, object], Awaitable[None]], screen: object
    ) -> CommandResult:
        if agent not in self._state().agents:
            return CommandResult(Answer.UNKNOWN_AGENT)
        try:
            await tell(AgentId(agent), screen)
        except InboxFull:
            return _BUSY
        return CommandResult(Answer.DONE)

    async def _of_agent(self, agent: str, event: ev.Event) -> CommandResult:
        if agent not in self._state().agents:
            return CommandResult(Answer.UNKNOWN_AGENT)
        return await self._command(event)

    async def _command(self, event: ev.Event) -> CommandResult:
        try:
            decision = await self._ask(event)
        except InboxFull:
            return _BUSY
        kind = type(event).__name__
        ignored = [r for r in decision.records if isinstance(r, Ignored) and r.event == kind]
        if ignored and ignored[0].reason != "already so":
            return _refused(ignored[0].reason)
        return CommandResult(Answer.DONE)


def _in_talk(state: State, agent: AgentId) -> Contact | None:
    """The contact that the agent talks to."""
    contact_id: ContactId | None = state.agents[agent].contact_id
    contact = None if contact_id is None else state.contacts.get(contact_id)
    talks = contact is not None and contact.phase is Phase.TALKING and contact.agent_id == agent
    return contact if talks else None


def _refused(reason: str) -> CommandResult:
    es, en = REFUSALS.get(reason, (f"No se puede ahora: {reason}.", f"Not possible now: {reason}."))
    return CommandResult(Answer.REFUSED, es, en)
