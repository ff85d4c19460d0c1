"""
Rescan everybody who waits against everybody who is free.

Called at the end of every turn that could have unblocked a match: a contact
came, an agent was freed, a rest ended, a configuration was published. A rescan
needs no prediction of who might match now, and so cannot strand anybody.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator

from acd.commands import OfferContact
from acd.model import Activity, OfferId, Phase, QueueId
from acd.records import OfferAnnounced
from acd.routing.eligible import unavailable, unfit
from acd.routing.explain import explain
from acd.routing.rank import longest_idle
from acd.state import Agent, Contact, Offer
from acd.turn import Turn

LOST_AFTER_MS = 5_000
"""The switch owns the ring timer; this much later we stop believing that it will tell."""


def match(turn: Turn) -> None:
    """Make every offer that can be made now, oldest contact first."""
    free = sorted(
        (a for a in turn.state.agents.values() if unavailable(a, turn.now_ms) is None), key=longest_idle
    )
    blocked: set[QueueId] = set()
    for contact in _by_age(turn, blocked):
        if not free:
            return
        assert contact.rules is not None
        agent = next((a for a in free if unfit(a, contact.rules) is None), None)
        if agent is None:
            blocked.add(contact.rules.id)
        else:
            free.remove(agent)
            offer(turn, contact, agent)


def _by_age(turn: Turn, blocked: set[QueueId]) -> Iterator[Contact]:
    """Waiting contacts of all queues, longest wait first; blocked queues are left out as they become so."""
    heads = [(line[0], queue, 0) for queue, line in turn.state.lines.items() if line]
    heapq.heapify(heads)
    lines = {queue: list(turn.state.lines[queue]) for _, queue, _ in heads}
    while heads:
        key, queue, at = heapq.heappop(heads)
        if queue in blocked:
            continue
        contact = turn.state.contacts[key[1]]
        if contact.phase is Phase.WAITING:
            yield contact
        if at + 1 < len(lines[queue]):
            heapq.heappush(heads, (lines[queue][at + 1], queue, at + 1))


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
        version=turn.state.routing.version,
        now_ms=turn.now_ms,
    )
    turn.state.offers[offer_id] = Offer(offer_id, contact.id, agent.id, turn.now_ms)
    contact.phase, contact.offer_id = Phase.OFFERED, offer_id
    turn.set_activity(agent, Activity.OFFERED)
    agent.offer_id, agent.contact_id = offer_id, contact.id
    turn.timers.set(f"offer:{offer_id}", turn.now_ms + rules.ring_ms + LOST_AFTER_MS)
    turn.remember(OfferAnnounced(offer_id, contact.id, agent.id, rules.id, reason, turn.now_ms))
    turn.order(OfferContact(offer_id, contact.id, agent.id, rules.ring_ms))
