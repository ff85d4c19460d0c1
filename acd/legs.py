"""
Legs: how they are numbered, rung by name, hung up.

Every leg of ours, an agent's or that of somebody outside, is an `Offer` for as long as the switch may
hold it: nothing on the switch is without somebody here who waits for its end.
"""

from __future__ import annotations

from acd.agents import free
from acd.commands import CallOutside, EndLeg, OfferContact
from acd.model import Activity, AgentId, OfferId, OfferKind, OfferState, QueueId, QueueRules
from acd.records import Explanation, OfferAnnounced
from acd.state import Agent, Contact, Offer
from acd.turn import Turn

LOST_AFTER_MS = 5_000
"""The switch owns the ring timer; this much later we stop believing that it will tell."""
ENDING_FOR_MS = 5_000
"""How long a leg that was withdrawn or hung up waits for the switch to say that it is gone."""
OUTSIDE_RING_MS = 45_000
NOBODY = AgentId("")
"""The agent of a leg to somebody outside."""
NO_QUEUE = QueueId("")
NO_RULES = QueueRules(NO_QUEUE)
"""How an agent's telephone rings, and what follows if nobody answers, for a contact without a queue."""


def next_offer_id(turn: Turn, contact: Contact) -> OfferId:
    """Never that of an offer that is still known, even if somebody gives an id of a contact out twice."""
    while True:
        contact.tries += 1
        offer_id = OfferId(f"{contact.id}-o{contact.tries}")
        if offer_id not in turn.state.offers:
            return offer_id


def ring_agent(
    turn: Turn,
    contact: Contact,
    agent: Agent,
    kind: OfferKind,
    *,
    by: OfferId | None = None,
    by_agent: AgentId | None = None,
    ring_ms: int | None = None,
) -> Offer:
    """
    Reserve an agent who was named by somebody, and ring.

    Args:
        turn: This one.
        contact: Whom it is about.
        agent: Free, as seen by whoever calls this.
        kind: What the leg is for.
        by: The leg that the agent will talk to, if that is not the contact's.
        by_agent: Who asks, or hands the contact over; `NOBODY`: the menu.
        ring_ms: How long it rings; None: as long as the rules of the contact's queue say.
    """
    offer = Offer(
        next_offer_id(turn, contact), contact.id, agent.id, turn.now_ms, kind=kind, by=by, by_agent=by_agent
    )
    rules = contact.rules or NO_RULES
    ring_ms = rules.ring_ms if ring_ms is None else ring_ms
    turn.state.offers[offer.id] = offer
    turn.set_activity(agent, Activity.OFFERED)
    agent.offer_id, agent.contact_id = offer.id, contact.id
    turn.timers.set(f"offer:{offer.id}", turn.now_ms + ring_ms + LOST_AFTER_MS)
    who = by_agent or None
    word = "dials" if by_agent is None else f"named by {who or 'the menu'}"
    why = _named(turn, contact, word)
    turn.remember(OfferAnnounced(offer.id, contact.id, agent.id, rules.id, why, turn.now_ms, kind, who))
    turn.order(OfferContact(offer.id, contact.id, agent.id, ring_ms, agent.rules.auto_answer, kind, by))
    return offer


def _named(turn: Turn, contact: Contact, why: str) -> Explanation:
    """Nobody was compared with anybody."""
    waited_ms = 0 if contact.queued_ms is None else turn.now_ms - contact.queued_ms
    queue = NO_QUEUE if contact.rules is None else contact.rules.id
    return Explanation(
        contact.config_version, queue, waited_ms, (), why, turn.state.routing.version, {}, contact.step
    )


def ring_outside(
    turn: Turn,
    contact: Contact,
    kind: OfferKind,
    number: str,
    *,
    by: OfferId | None,
    by_agent: AgentId,
    ring_ms: int = OUTSIDE_RING_MS,
) -> Offer:
    """Ring somebody outside, behind a token; see `ring_agent`."""
    offer = Offer(
        next_offer_id(turn, contact),
        contact.id,
        NOBODY,
        turn.now_ms,
        kind=kind,
        by=by,
        by_agent=by_agent,
        number=number,
    )
    turn.state.offers[offer.id] = offer
    turn.timers.set(f"offer:{offer.id}", turn.now_ms + ring_ms + LOST_AFTER_MS)
    turn.order(CallOutside(offer.id, contact.id, number, ring_ms, by))
    return offer


def hang_up(turn: Turn, offer: Offer) -> None:
    """End a leg that is up; its agent stays busy until the switch says that it is gone."""
    offer.state = OfferState.ENDING
    turn.state.offers[offer.id] = offer
    turn.timers.set(f"offer:{offer.id}", turn.now_ms + ENDING_FOR_MS)
    turn.order(EndLeg(offer.id))


def drop(turn: Turn, offer: Offer) -> None:
    """Forget a leg that is no more and free its agent."""
    turn.timers.drop(f"offer:{offer.id}")
    turn.state.offers.pop(offer.id, None)
    agent = turn.state.agents.get(offer.agent_id)
    if agent is not None and agent.offer_id == offer.id:
        if agent.activity is Activity.TALKING:  # has worked: not the longest idle of all
            agent.idle_since_ms = turn.now_ms
        free(turn, agent)
