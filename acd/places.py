"""
The places of callers who gave up waiting: kept for a while, given back once.

Who calls again is told by the shell (`CallerReturned`), as numbers are none of
the engine's business. The place is that in the line only: the time away is no
wait, and steps and exits count from when the caller joined anew.
"""

from __future__ import annotations

from acd.records import PlaceGivenBack
from acd.state import Contact, Place
from acd.turn import Turn


def keep(turn: Turn, contact: Contact) -> None:
    """Keep the place of a contact that leaves a line, if its queue gives places back; not a second time."""
    assert contact.rules is not None and contact.queued_ms is not None
    rules = contact.rules
    if not rules.place_back_ms or contact.placed_back:
        return
    until_ms = turn.now_ms + rules.place_back_ms
    turn.state.places[contact.id] = Place(
        rules.id, contact.queued_ms, contact.head_start_ms, turn.now_ms, until_ms
    )
    turn.timers.set(f"place:{contact.id}", until_ms)


def find(turn: Turn, contact: Contact) -> Place | None:
    """The place that this contact may take in the queue it has come to."""
    place = None if contact.earlier is None else turn.state.places.get(contact.earlier)
    if place is None:
        place = _promised(turn, contact)
    here = place is not None and contact.rules is not None and place.queue == contact.rules.id
    return place if here else None


def _promised(turn: Turn, contact: Contact) -> Place | None:
    """That of the contact by which the caller was promised a call."""
    earlier = None if contact.earlier is None else turn.state.contacts.get(contact.earlier)
    if earlier is None or earlier.called_in != contact.id:
        return None
    assert earlier.rules is not None and earlier.queued_ms is not None
    now_ms = turn.now_ms
    return Place(earlier.rules.id, earlier.queued_ms, earlier.head_start_ms, now_ms, now_ms)


def give_back(turn: Turn, contact: Contact, place: Place) -> None:
    """
    Set the contact's clock to that of the place, before it stands in the line.

    A head start that only the earlier contact had goes into the clock, so that the place
    is never a worse one; who has an older clock already keeps it.
    """
    assert contact.queued_ms is not None and contact.earlier is not None
    lost_ms = max(0, place.head_start_ms - contact.head_start_ms)
    clock_ms = min(contact.queued_ms, place.queued_ms - lost_ms)
    contact.away_ms += contact.queued_ms - clock_ms
    contact.queued_ms = clock_ms
    contact.placed_back = True
    turn.state.places.pop(contact.earlier, None)
    turn.timers.drop(f"place:{contact.earlier}")


def remember(turn: Turn, contact: Contact) -> None:
    """Say where the contact stands again, now that it does; the claim is settled."""
    position = turn.state.position(contact.id)
    assert contact.rules is not None and contact.earlier is not None and position is not None
    turn.remember(PlaceGivenBack(contact.id, contact.earlier, contact.rules.id, position, turn.now_ms))
    contact.earlier = None
