"""
Rescan everybody who waits against everybody who is free.

Called at the end of every turn that could have unblocked a match: a contact
came, an agent was freed, a rest ended, a configuration was published. A rescan
needs no prediction of who might match now, and so cannot strand anybody.
"""

from __future__ import annotations

import heapq

from acd.commands import OfferContact
from acd.model import Activity, OfferId, Phase
from acd.records import OfferAnnounced
from acd.routing.eligible import lacking, veto
from acd.routing.explain import explain
from acd.routing.needs import Needs
from acd.state import Agent, Contact, Offer
from acd.turn import Turn

LOST_AFTER_MS = 5_000
"""The switch owns the ring timer; this much later we stop believing that it will tell."""


def match(turn: Turn) -> None:
    """
    Make every offer that can be made now, oldest contact first.

    Contacts who need the same wait in one group, whichever their queue: if nobody
    free will do for its head, nobody will for those behind, and none of them is looked at.
    """
    groups = [keys for _, keys in sorted(turn.state.groups.items())]
    if not groups:
        return
    free = _Free(turn)
    heads = [(keys[0], number, 0) for number, keys in enumerate(groups)]
    heapq.heapify(heads)
    while heads:
        (_, contact_id), number, at = heapq.heappop(heads)
        contact = turn.state.contacts[contact_id]
        if contact.phase is Phase.WAITING:
            agent = free.take(contact.needs)
            if agent is None:
                if free.nobody:
                    return
                continue
            offer(turn, contact, agent)
        if at + 1 < len(groups[number]):
            heapq.heappush(heads, (groups[number][at + 1], number, at + 1))


class _Free:
    """Who may take something now, idle longest first; looked at one by one, no further than needed."""

    def __init__(self, turn: Turn) -> None:
        agents, now_ms = turn.state.agents, turn.now_ms
        # A copy: whoever is offered something leaves the line while we go along it.
        order = turn.state.idle_order[:]
        self._rest = (agents[agent_id] for _, agent_id in order if veto(agents[agent_id], now_ms) is None)
        self._seen: list[Agent] = []

    @property
    def nobody(self) -> bool:
        """After a `take` in vain: there is nobody at all, whatever is needed."""
        return not self._seen

    def take(self, needs: Needs) -> Agent | None:
        """The first who meets the needs, who then is no longer free; None if nobody does."""
        for at, agent in enumerate(self._seen):
            if lacking(agent.rules.skills, needs) is None:
                return self._seen.pop(at)
        for agent in self._rest:
            if lacking(agent.rules.skills, needs) is None:
                return agent
            self._seen.append(agent)
        return None


def offer(turn: Turn, contact: Contact, agent: Agent) -> None:
    """Reserve both sides in one step, then ask the switch to ring."""
    assert contact.rules is not None
    rules = contact.rules
    contact.tries += 1
    offer_id = OfferId(f"{contact.id}-o{contact.tries}")
    reason = explain(
        contact,
        agent,
        turn.state.agents.values(),
        now_ms=turn.now_ms,
    )
    turn.state.offers[offer_id] = Offer(offer_id, contact.id, agent.id, turn.now_ms)
    contact.phase, contact.offer_id = Phase.OFFERED, offer_id
    contact.say_now, contact.called_ms = (), None
    turn.set_activity(agent, Activity.OFFERED)
    agent.offer_id, agent.contact_id = offer_id, contact.id
    turn.timers.set(f"offer:{offer_id}", turn.now_ms + rules.ring_ms + LOST_AFTER_MS)
    turn.remember(OfferAnnounced(offer_id, contact.id, agent.id, rules.id, reason, turn.now_ms))
    turn.order(OfferContact(offer_id, contact.id, agent.id, rules.ring_ms))
