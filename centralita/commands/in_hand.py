"""Which contact a command is about."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from acd.model import Activity, AgentId, ContactId, QueueId
from acd.records import Record, SegmentConnected
from acd.state import State
from centralita.commands.refusals import NO_LAST_CONTACT, NO_TALK, OTHER_CONTACT, Why
from centralita.web.orders import OfContact


def in_hand(state: State, agent: AgentId, order: OfContact, *, ringing: bool = False) -> ContactId | Why:
    """
    The contact of the call that the agent has, or why there is none.

    Args:
        state: The engine's.
        agent: Of the configuration.
        order: May name the contact that is meant.
        ringing: One that only rings at the agent's phone, or is being dialled, will do.
    """
    known = state.agents[agent]
    has = known.activity is Activity.TALKING or (ringing and known.activity is Activity.OFFERED)
    if not has or known.contact_id is None:
        return NO_TALK
    return _meant(known.contact_id, order)


def _meant(contact_id: ContactId, order: OfContact) -> ContactId | Why:
    return contact_id if order.contact in (None, "", contact_id) else OTHER_CONTACT


@dataclass(frozen=True, slots=True)
class _Last:
    contact_id: ContactId
    queue: QueueId


class LastContacts:
    """Whom each agent talked to last: notes and dispositions are taken until they talk to the next."""

    def __init__(self) -> None:
        self._last: dict[AgentId, _Last] = {}

    def follow(self, records: Iterable[Record]) -> None:
        """Keep step with the engine."""
        for record in records:
            if isinstance(record, SegmentConnected):
                self._last[record.agent_id] = _Last(record.contact_id, record.queue)

    def of(self, state: State, agent: AgentId, order: OfContact) -> ContactId | Why:
        """The contact in talk or wrap-up, or the last one; or why there is none."""
        known, last = state.agents[agent], self._last.get(agent)
        if known.contact_id is not None and known.activity is not Activity.OFFERED:
            return _meant(known.contact_id, order)
        return NO_LAST_CONTACT if last is None else _meant(last.contact_id, order)

    def queue(self, state: State, contact_id: ContactId, agent: AgentId) -> QueueId | None:
        """In which the agent had the contact; None when it was in none."""
        last = self._last.get(agent)
        if last is not None and last.contact_id == contact_id:
            return last.queue or None
        contact = state.contacts.get(contact_id)
        return None if contact is None or contact.rules is None else contact.rules.id
