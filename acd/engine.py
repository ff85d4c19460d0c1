"""
The engine: events in, records and commands out, nothing else.

`handle` first fires every deadline that is due, so that a late event loop
cannot change an outcome. Every event is legal in every state. The same inputs
give the same outputs, whatever the hash seed. Order is a contract: append the
input to the journal, then execute the commands.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, assert_never

from acd import agents, callbacks, contacts, line, outgoing, promises, talk
from acd import events as ev
from acd.actions import OF_CONTACTS, OF_OFFERS
from acd.commands import Command, EndLeg
from acd.model import AgentId, Annotation, ContactId, OfferEnd, OfferId, Routing
from acd.publish import publish
from acd.quick import quick
from acd.reconcile import differences, mend, orphans
from acd.records import ContactDataChanged, ContactDisposed, ContactNoted, Corrected, Record, Started
from acd.routing.match import look_again, match
from acd.state import State
from acd.states import BY_KIND, CONTACT_TABLE, OFFER_TABLE
from acd.stats.pace import learn
from acd.timers import Timers
from acd.turn import Turn

VERSION = "6"
"""Replay of a journal is promised within one engine version."""

EMPTY = Routing(version="", queues={}, agents={})


@quick
@dataclass(frozen=True, slots=True)
class Decision:
    """
    All consequences of one input.

    The caller MUST have the input in the journal BEFORE it executes `commands`,
    and hands `records` on in this order.
    """

    records: tuple[Record, ...]
    commands: tuple[Command, ...]


class Engine:
    """Owned by one task. Reading `state` between calls is free; changing it is not."""

    def __init__(self, state: State | None = None, *, explains: bool = True) -> None:
        """
        Go on from a state, or begin without any.

        Args:
            state: As it was written down; None: nothing is known.
            explains: Whether offers tell why; False is for simulation at speed.
        """
        self.state = state if state is not None else State(EMPTY)
        self._explains = explains
        self._timers = Timers(self.state.deadlines)

    def handle(self, event: ev.Event, now_ms: int) -> Decision:
        """
        Take one input at this moment.

        Args:
            event: What happened.
            now_ms: Engine time, UTC milliseconds; never goes back (asserted).
        """
        turn = self._begin(now_ms)
        self._fire_due(turn)
        self._dispatch(turn, event)
        return self._end(turn)

    def advance(self, now_ms: int) -> Decision:
        """Fire the deadlines that are due and nothing else."""
        turn = self._begin(now_ms)
        self._fire_due(turn)
        return self._end(turn)

    def next_deadline_ms(self) -> int | None:
        """When `advance` has to be called at the latest; None: not before the next event."""
        return self._timers.next_ms()

    def _begin(self, now_ms: int) -> Turn:
        assert now_ms >= self.state.now_ms, f"time went back: {now_ms} < {self.state.now_ms}"
        self.state.now_ms = now_ms
        return Turn(self.state, self._timers, now_ms, explains=self._explains)

    def _end(self, turn: Turn) -> Decision:
        _settle(turn)
        return Decision(tuple(turn.records), tuple(turn.commands))

    def _fire_due(self, turn: Turn) -> None:
        now_ms = turn.now_ms
        while (due := self._timers.pop_due(now_ms)) is not None:
            turn.now_ms, name = due
            kind, _, subject = name.partition(":")
            _DEADLINES[kind](turn, subject)
            _settle(turn)
        turn.now_ms = now_ms

    def _dispatch(self, turn: Turn, event: ev.Event) -> None:
        _WAYS[type(event)](self, turn, event)

    def reconcile(self, turn: Turn, snapshot: ev.SwitchSnapshot) -> None:
        """Bring what is believed in line with what a switch says it holds."""
        for event, found in list(differences(self.state, snapshot)):
            turn.remember(Corrected(_subject(event), found, turn.now_ms))
            self._dispatch(turn, event)
        mend(turn, snapshot)
        for offer_id in orphans(self.state, snapshot):
            turn.remember(Corrected(offer_id, "leg that nobody waits for", turn.now_ms))
            turn.order(EndLeg(offer_id))
        self.state.boots[snapshot.switch] = snapshot.boot


def _settle(turn: Turn) -> None:
    """Match whatever can be matched, then see who is left with an exit, then say how agents look now."""
    match(turn)
    if turn.to_look_at or turn.staff_changed:
        _look_for_exits(turn)
    if turn.touched:
        turn.flush_agents()
    if len(turn.records) > turn.learned:
        _learn(turn)


def _learn(turn: Turn) -> None:
    """Take in what was remembered since the last time."""
    state = turn.state
    new = turn.records[turn.learned :] if turn.learned else turn.records
    turn.learned = len(turn.records)
    for told in learn(state.paces, new, state.index.paces, turn.now_ms):
        state.index.told(told)


def _look_for_exits(turn: Turn) -> None:
    if turn.staff_changed:
        turn.staff_changed = False
        for keys in turn.state.lines.values():
            turn.to_look_at |= {contact_id: None for _, contact_id in keys}
    for contact_id in turn.to_look_at:
        contact = turn.state.contacts.get(contact_id)
        if contact is not None:
            line.look(turn, contact)
    turn.to_look_at.clear()


def _to_contact(turn: Turn, event: Any) -> None:
    contact = turn.state.contacts.get(event.contact_id)
    if contact is None:
        turn.ignore(event, event.contact_id, "unknown contact")
        return
    action = CONTACT_TABLE.get((contact.phase, type(event)))
    if action is None:
        turn.ignore(event, contact.id, f"not while {contact.phase}")
        return
    OF_CONTACTS[action](turn, contact, event)


def _to_offer(turn: Turn, event: Any) -> None:
    offer = turn.state.offers.get(event.offer_id)
    if offer is None:
        turn.ignore(event, event.offer_id, "stale offer")
        if isinstance(event, ev.OfferRinging | ev.OfferAccepted):
            # A bell for nobody, or a talk that nobody decided: not with us.
            turn.order(EndLeg(event.offer_id))
        return
    action = OFFER_TABLE.get((offer.state, type(event)))
    if action is None:
        turn.ignore(event, offer.id, f"not while {offer.state}")
        return
    OF_OFFERS[BY_KIND.get((offer.kind, action), action)](turn, offer, event)


def _offer_due(turn: Turn, subject: str) -> None:
    """The switch has not told how an offer ended: stop believing in it."""
    offer = turn.state.offers.get(OfferId(subject))
    if offer is None:
        return
    turn.remember(Corrected(offer.id, "the switch never told how it ended", turn.now_ms))
    turn.order(EndLeg(offer.id))
    _to_offer(turn, ev.OfferFailed(offer.id, OfferEnd.NO_REPLY))


def _wrap_due(turn: Turn, subject: str) -> None:
    agent = turn.state.agents.get(AgentId(subject))
    if agent is not None:
        agents.end_wrap_up(turn, agent)


def _rest_due(turn: Turn, subject: str) -> None:
    agents.rest_over(turn, AgentId(subject))


def _phone_due(turn: Turn, subject: str) -> None:
    agents.phone_gone(turn, AgentId(subject))


def _step_due(turn: Turn, subject: str) -> None:
    contact = turn.state.contacts.get(ContactId(subject))
    if contact is not None:
        line.leave(turn, contact)
        line.move_place(turn, contact)


def _dial_due(turn: Turn, subject: str) -> None:
    outgoing.never_told(turn, ContactId(subject))


def _callback_due(turn: Turn, subject: str) -> None:
    promises.rest_over(turn, ContactId(subject))


def _place_due(turn: Turn, subject: str) -> None:
    """Nobody has claimed the place: it is too late now."""
    turn.state.places.pop(ContactId(subject), None)


def _look_again_due(turn: Turn, subject: str) -> None:
    look_again(turn, subject)


def _exit_due(turn: Turn, subject: str) -> None:
    contact = turn.state.contacts.get(ContactId(subject))
    if contact is not None:
        turn.look_at(contact)


_DEADLINES: dict[str, Callable[[Turn, str], None]] = {
    "offer": _offer_due,
    "wrap": _wrap_due,
    "rest": _rest_due,
    "phone": _phone_due,
    "step": _step_due,
    "exit": _exit_due,
    "place": _place_due,
    "dial": _dial_due,
    "callback": _callback_due,
    "hold": _look_again_due,
    "starve": _look_again_due,
}


def _started(engine: Engine, turn: Turn, event: ev.EngineStarted) -> None:
    contacts_here = len(engine.state.contacts)
    turn.remember(Started(event.engine_version, event.skew_ms, contacts_here, turn.now_ms))


def _annotated(_engine: Engine, turn: Turn, event: ev.ContactAnnotated) -> None:
    """Nothing here depends on it, and the contact may be over: it takes its place among the records."""
    match event.what:
        case Annotation.DATA:
            turn.remember(ContactDataChanged(event.contact_id, turn.now_ms))
        case Annotation.NOTE:
            turn.remember(ContactNoted(event.contact_id, event.agent_id, event.item, turn.now_ms))
        case Annotation.DISPOSITION:
            turn.remember(ContactDisposed(event.contact_id, event.agent_id, turn.now_ms))
        case _:
            assert_never(event.what)


_Way = Callable[[Engine, Turn, Any], None]
_ABOUT_CONTACTS = (
    ev.IvrMoved,
    ev.ContactClassified,
    ev.LanguageChosen,
    ev.MessageLeft,
    ev.ContactEnqueued,
    ev.CallerReturned,
    ev.ContactEscalated,
    ev.ContactVisited,
    ev.ContactReturned,
    ev.ContactElsewhere,
    ev.ContactFinished,
    ev.ContactGone,
    ev.HoldAsked,
    ev.RetrieveAsked,
    ev.MuteAsked,
    ev.ConsultAsked,
    ev.TransferAsked,
    ev.TransferCompleted,
    ev.ConferenceAsked,
    ev.HangUpAsked,
    ev.ContactReached,
    ev.CallbackPromised,
    ev.CallbackCancelled,
    ev.ContactSent,
)
_ABOUT_OFFERS = (ev.OfferRinging, ev.OfferAccepted, ev.OfferFailed, ev.LegGone)
_ABOUT_AGENTS = (
    ev.PresenceSet,
    ev.WrapUpDone,
    ev.WrapUpExtended,
    ev.PhoneReachable,
    ev.PhoneInUse,
    ev.DesktopChanged,
)
_WAYS: Mapping[type[ev.Event], _Way] = {
    ev.ContactStarted: lambda _, turn, event: contacts.start(turn, event),
    ev.ContactDialled: lambda _, turn, event: outgoing.dial(turn, event),
    ev.AnswerAsked: lambda _, turn, event: talk.answer(turn, event),
    ev.CallbackAsked: lambda _, turn, event: callbacks.ask(turn, event),
    ev.QueueHours: lambda _, turn, event: callbacks.hours(turn, event),
    **dict.fromkeys(_ABOUT_CONTACTS, lambda _, turn, event: _to_contact(turn, event)),
    **dict.fromkeys(_ABOUT_OFFERS, lambda _, turn, event: _to_offer(turn, event)),
    **dict.fromkeys(_ABOUT_AGENTS, lambda _, turn, event: agents.ACTIONS[type(event)](turn, event)),
    ev.ContactAnnotated: _annotated,
    ev.ConfigPublished: lambda _, turn, event: publish(turn, event),
    ev.SwitchSnapshot: Engine.reconcile,
    ev.EngineStarted: _started,
    ev.TimePassed: lambda _engine, _turn, _event: None,
}
"""What each kind of input leads to: every kind is here."""


def _subject(event: ev.Event) -> str:
    for field in ("contact_id", "offer_id", "agent_id"):
        value = getattr(event, field, None)
        if value is not None:
            return str(value)
    return type(event).__name__
