"""A small day in the centre, as records."""

from __future__ import annotations

from acd.model import AgentId, Channel, ContactId, EndedBy, OfferEnd, OfferId, Outcome, QueueId
from acd.records import (
    ContactClosed,
    ContactOpened,
    ContactQueued,
    Explanation,
    OfferAnnounced,
    OfferEnded,
    OfferTried,
    Record,
    Segment,
)
from centralita.store.parties import Party, caller_identity
from centralita.store.rosters import Roster
from centralita.store.rows import Aside

DAY = 86_400_000
NOW = 20_000 * DAY
NUMBER = "+34911234567"

ROSTER = Roster(
    "v1",
    {"ana": {"skills": {"ventas": 7}, "site": ""}, "beto": {"skills": {"ventas": 6}, "site": "norte"}},
)

Journal = list[tuple[int, int, tuple[Record, ...], tuple[Aside, ...]]]


def call(n: int, *, number: str | None = NUMBER, name: str = "Marta Ruiz", agent: str = "ana") -> Journal:
    """Three journal entries (seq 3n+1 .. 3n+3): the n-th call comes, is offered, talks and ends."""
    contact_id, offer_id = ContactId(f"c{n}"), OfferId(f"o{n}")
    agent_id, queue = AgentId(agent), QueueId("ventas")
    at_ms = NOW + n * 60_000
    identity = caller_identity(number, number is not None, name)
    opened = ContactOpened(contact_id, Channel("pbx", f"u{n}"), "100", at_ms)
    queued = ContactQueued(contact_id, queue, 1, at_ms + 1_000)
    explanation = Explanation("v1", queue, 2_000, ("ventas 7 >= 5",), "idle longest", "v1", {"talking": 0b10})
    announced = OfferAnnounced(offer_id, contact_id, agent_id, queue, explanation, at_ms + 3_000)
    ended = OfferEnded(offer_id, contact_id, agent_id, OfferEnd.ACCEPTED, 1_500, at_ms + 4_500)
    closed = ContactClosed(
        contact_id=contact_id,
        channel=opened.channel,
        entry="100",
        outcome=Outcome.ANSWERED,
        ended_by=EndedBy.CALLER,
        queue=queue,
        started_ms=at_ms,
        queued_ms=at_ms + 1_000,
        answered_ms=at_ms + 4_500,
        ended_ms=at_ms + 30_000,
        wait_ms=3_500,
        ring_ms=1_500,
        talk_ms=25_500,
        config_version="v1",
        segments=(
            Segment("ivr", at_ms, at_ms + 1_000),
            Segment("waiting", at_ms + 1_000, at_ms + 4_500, queue),
            Segment("talking", at_ms + 4_500, at_ms + 30_000, queue, agent_id, offer_id, EndedBy.CALLER),
        ),
        offers=(OfferTried(offer_id, agent_id, at_ms + 3_000, at_ms + 4_500, OfferEnd.ACCEPTED),),
    )
    first = 3 * n + 1
    return [
        (first, at_ms, (opened, queued), (Party(contact_id, identity, at_ms),)),
        (first + 1, at_ms + 3_000, (announced,), (ROSTER,)),
        (first + 2, at_ms + 30_000, (ended, closed), ()),
    ]
