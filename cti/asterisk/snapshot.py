"""
All that a switch holds for us, from the lists that it gives at every (re)connect.

Lists and events overlap: what has ended while a list was on its way is not in
the snapshot, and what was not yet asked for when the list was made is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from acd import events as ev
from acd.model import Channel, ContactId, OfferId, OfferKind
from cti.asterisk.ami.codec import Message
from cti.asterisk.legs import Leg, LegBook
from cti.asterisk.originate import CALLED, CUSTOMER
from cti.asterisk.phones import LEG_ID, PhoneBook
from cti.asterisk.trunks import PREFIX

MUTED = "CC_MUTED"
"""Mark of a leg that nobody is to hear."""
MARKS: tuple[str, ...] = ("CC_CONTACT", "CC_BACK", "CC_UP", "CC_TRUNK", "CC_ROLE", "CC_OFFER", MUTED, CALLED)
MARKS += ("CALLERID(num)", "CALLERID(name)", "CALLERID(pres)")
"""
What a restarted server asks of each channel: our marks, and who the caller is. Asked, not sent with
every event (`channelvars`): pyst2's Manager, where one is logged in beside us, dies of those.
"""

_FIRST_PLACES = ("join", "asked")
"""Where a leg that has been picked up waits for its first talk."""

CallerFound = Callable[[ContactId, str, str, bool, str], None]
"""Contact, number, name, withheld, trunk: who is on the line, from the switch; may be known already."""


@dataclass(frozen=True, slots=True)
class Lists:
    """What the switch was asked for, once, after everything that may have changed meanwhile was noted."""

    switch: str
    boot: str
    since_ms: int
    known: set[str]
    """Callers' channels that were known before."""
    channels: Sequence[Message]
    statuses: Sequence[Message]
    """The same channels with `MARKS`."""


def take_snapshot(lists: Lists, book: LegBook, phones: PhoneBook, found: CallerFound) -> ev.SwitchSnapshot:
    """Bring both books in line with the lists, and say what is there."""
    callers, legs = _not_yet_called(lists.switch, book), _not_yet_asked(book)
    marks = _marks(lists.statuses)
    alive = [m for m in lists.channels if m.get("Uniqueid") not in (book.gone or ())]
    for message in alive:
        uniqueid = message.get("Uniqueid")
        phones.note_call(uniqueid, message.get("Channel"))
        leg_id = LEG_ID.match(uniqueid)
        if leg_id is not None:
            legs.append(_leg_seen(message, marks.get(uniqueid, {}), book, ContactId(leg_id[1])))
            continue
        mark = marks.get(uniqueid, {})
        if mark.get("CC_CONTACT"):
            contact_id = ContactId(mark["CC_CONTACT"])
            _caller_seen(message, mark, book, contact_id)
            found(contact_id, *_who(mark))
            elsewhere = message.get("Context") == "cc-fallback" and message.get("Application") == "Dial"
            channel = Channel(lists.switch, uniqueid)
            talks = bool(message.get("BridgeId"))
            callers.append(ev.CallerSeen(contact_id, channel, elsewhere, _home_ms(mark), talks))
    _forget(book, lists.known, {m.get("Uniqueid") for m in alive})
    return ev.SwitchSnapshot(
        lists.switch,
        lists.boot,
        lists.since_ms,
        tuple(callers),
        tuple(legs),
        phones.registered(),
        phones.in_use(),
    )


def registrations(contacts: Iterable[Message]) -> dict[str, set[str]]:
    """AOR -> registered URIs. Asterisk names a registration `aor;@hash` and a fixed address `aor@@hash`."""
    found: dict[str, set[str]] = {}
    for message in contacts:
        if message.get("Status") != "Unreachable":
            found.setdefault(_aor(message), set()).add(message.get("Uri"))
    return found


def _aor(message: Message) -> str:
    return message.get("Aor") or re.split(r";|/|@@", message.get("ObjectName"), maxsplit=1)[0]


def _not_yet_asked(book: LegBook) -> list[ev.LegSeen]:
    """Offers whose Originate waits for this very snapshot: the switch cannot know of them."""
    return [ev.LegSeen(leg.offer_id, up=False) for leg in book.legs.values() if not leg.asked]


def _not_yet_called(switch: str, book: LegBook) -> list[ev.CallerSeen]:
    """The same of customers."""
    waiting = [
        (c, one) for c, one in book.channels.items() if one.called is not None and not one.called.asked
    ]
    return [ev.CallerSeen(c, Channel(switch, one.uniqueid), bridged=False) for c, one in waiting]


def _leg_seen(message: Message, mark: Mapping[str, str], book: LegBook, contact_id: ContactId) -> ev.LegSeen:
    """
    A leg that is alone has been accepted all the same, unless it is just on its way to its first talk.

    One on hold, or one whose customer is being called, is up and talks to nobody.
    """
    offer_id, bridge, place = OfferId(message.get("Uniqueid")), message.get("BridgeId"), message.get("Exten")
    state = message.get("ChannelStateDesc")
    accepted = bool(bridge) or (state == "Up" and place not in _FIRST_PLACES)
    leg = book.adopt(offer_id, contact_id, message.get("Channel"), rang=state == "Ringing", accepted=accepted)
    leg.bridge, leg.muted = bridge, bool(mark.get(MUTED))
    leg.kind = OfferKind(mark.get("CC_ROLE") or leg.kind)
    leg.outside = leg.outside or message.get("Channel").startswith(f"PJSIP/{PREFIX}")
    return ev.LegSeen(
        offer_id, leg.accepted, bridged=bool(bridge), called=bool(mark.get(CALLED)), up_ms=_up_ms(mark)
    )


def _caller_seen(message: Message, mark: Mapping[str, str], book: LegBook, contact_id: ContactId) -> None:
    uniqueid, name = message.get("Uniqueid"), message.get("Channel")
    is_news = uniqueid not in book.callers
    book.caller(contact_id, uniqueid, name)
    caller = book.channels[contact_id]
    caller.name, caller.bridge = name, message.get("BridgeId")
    if is_news and mark.get("CC_ROLE") == CUSTOMER:
        caller.called = Leg(OfferId(mark.get("CC_OFFER", "")), contact_id, outside=True)
    if caller.called is not None:
        caller.called.asked, caller.called.channel = True, name
        caller.called.rang = message.get("ChannelStateDesc") == "Ringing"
        up = message.get("ChannelStateDesc") == "Up"
        # The first talk is a step of `called`; whoever is elsewhere has had it.
        caller.called.accepted = up and (bool(caller.bridge) or message.get("Exten") != "called")


def _forget(book: LegBook, known: set[str], alive: set[str]) -> None:
    """Drop what was known before the list was asked for and is not in it."""
    for uniqueid in known - alive:
        contact_id = book.callers.get(uniqueid)
        called = None if contact_id is None else book.channels[contact_id].called
        if contact_id is not None and (called is None or called.asked):
            book.forget(contact_id)
    for offer_id in [o for o, leg in book.legs.items() if leg.asked and o not in alive]:
        del book.legs[offer_id]


def _marks(statuses: Iterable[Message]) -> dict[str, dict[str, str]]:
    """Uniqueid -> our variables of that channel; one that is not set is listed as `(null)`."""
    found: dict[str, dict[str, str]] = {}
    for message in statuses:
        pairs = (text.partition("=") for text in message.all("Variable"))
        found[message.get("Uniqueid")] = {name: value for name, _, value in pairs if value != "(null)"}
    return found


def _who(mark: Mapping[str, str]) -> tuple[str, str, bool, str]:
    withheld = not mark.get("CALLERID(pres)", "").startswith("allowed")
    return mark.get("CALLERID(num)", ""), mark.get("CALLERID(name)", ""), withheld, mark.get("CC_TRUNK", "")


def _up_ms(mark: Mapping[str, str]) -> int | None:
    """The dialplan's note, in milliseconds, of when the leg was picked up for a caller."""
    milliseconds = mark.get("CC_UP", "")
    return int(milliseconds) if milliseconds.isdigit() else None


def _home_ms(mark: Mapping[str, str]) -> int | None:
    """The dialplan's note, in seconds, of when the caller came back from an agent."""
    seconds = mark.get("CC_BACK", "")
    # Cut to whole seconds by the dialplan: the middle of the second is the best guess.
    return int(seconds) * 1000 + 500 if seconds.isdigit() else None
