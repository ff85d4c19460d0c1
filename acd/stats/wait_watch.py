"""
Watches the engine's records: keeps the history, foresees waits, and sees what became of it.

The running server and the simulator feed the same watch, so that a model is asked
just what it was trained on.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from acd import records as rec
from acd.model import ContactId, ExitTo, QueueId
from acd.state import Contact, State
from acd.stats.wait import Estimate, Model
from acd.stats.wait_error import Errors, Foreseen
from acd.stats.wait_features import NAMES, features, joining, standing
from acd.stats.wait_history import History

_FREE = NAMES.index("free")


@dataclass(frozen=True, slots=True)
class Example:
    """What was seen at a moment, and the wait that followed it, of a contact that was served."""

    queue: QueueId
    features: tuple[float, ...]
    wait_ms: int
    is_waiting: bool
    """Seen while it waited: `wait_ms` is the rest. False: as it joined, the whole wait."""
    average_ms: float | None
    last_ms: float | None

    @property
    def found_free(self) -> bool:
        """An agent was free for the contact: it waits for the bell at most."""
        return self.features[_FREE] > 0


@dataclass(frozen=True, slots=True)
class _Open:
    queue: QueueId
    features: tuple[float, ...]
    at_ms: int
    is_waiting: bool
    average_ms: float | None
    last_ms: float | None


class Watch:
    """
    Args:
        history: The fold that features are read from; fed by this watch alone.
        model: None: nothing is foreseen.
        learn: Gets an example for each contact that is served (in training).
        chance: Picks the waiting contacts that become examples, too; None: none do.
    """

    def __init__(
        self,
        history: History,
        model: Model | None = None,
        *,
        learn: Callable[[Example], None] | None = None,
        chance: Random | None = None,
    ) -> None:
        self.history, self.model = history, model
        self.errors = Errors()
        self._learn, self._chance = learn, chance
        self._open: dict[ContactId, list[_Open]] = {}

    def feed(self, record: rec.Record, state: State) -> None:
        """Take one record in the engine's order; `state` is that after the turn that made it."""
        match record:
            case rec.ContactQueued():
                self._joined(record, state)
            case rec.SegmentConnected():
                self._served(record)
            case rec.ContactClosed():
                self._left(record.contact_id)
            case rec.ContactDiverted() if record.to is not ExitTo.KEEP_WAITING:
                self._left(record.contact_id)
            case rec.ConfigApplied():
                self.history.use(state.routing)
            case _:
                pass
        self.history.feed(record)
        if self._chance is not None and type(record) is rec.SegmentConnected:
            self._pick(record, state, self._chance)

    def at_door(self, state: State, queue: QueueId, now_ms: int, contact: Contact | None) -> Estimate | None:
        """For one who is about to join; None without a model or for a queue that is not known."""
        if self.model is None or queue not in state.routing.queues:
            return None
        place = joining(state, queue, now_ms, contact)
        return self.model.predict(queue, features(state, place, now_ms, self.history))

    def rest(self, state: State, contact: Contact, now_ms: int) -> Estimate | None:
        """What is left for one who waits; None without a model, or for one who does not wait."""
        place = standing(state, contact, now_ms)
        if self.model is None or place is None:
            return None
        seen = features(state, place, now_ms, self.history)
        return self.model.predict(place.queue, seen, is_waiting=True)

    def _joined(self, record: rec.ContactQueued, state: State) -> None:
        contact = state.contacts.get(record.contact_id)
        place = None if contact is None else standing(state, contact, record.at_ms)
        if place is None or (self.model is None and self._learn is None):
            return
        seen = features(state, place, record.at_ms, self.history)
        past = self.history.of(record.queue)
        if self._learn is not None:
            taken = _Open(record.queue, seen, record.at_ms, False, past.average_ms, past.last_ms)
            self._open[record.contact_id] = [taken]
        if self.model is not None:
            ours = self.model.predict(record.queue, seen)
            foreseen = Foreseen(record.queue, ours, past.average_ms, past.last_ms, seen[_FREE] > 0)
            self.errors.foresee(record.contact_id, foreseen)

    def _served(self, record: rec.SegmentConnected) -> None:
        joined_ms = self.history.joined_ms(record.contact_id)
        if joined_ms is not None:
            self.errors.came_true(record.contact_id, record.at_ms - joined_ms)
        for taken in self._open.pop(record.contact_id, ()):
            assert self._learn is not None
            wait_ms = record.at_ms - taken.at_ms
            self._learn(
                Example(
                    taken.queue, taken.features, wait_ms, taken.is_waiting, taken.average_ms, taken.last_ms
                )
            )

    def _left(self, contact_id: ContactId) -> None:
        self.errors.forget(contact_id)
        self._open.pop(contact_id, None)

    def _pick(self, record: rec.SegmentConnected, state: State, chance: Random) -> None:
        """Make an example of somebody who still waits in the queue from which one has just been served."""
        past = self.history.of(record.queue)
        if not past.waiting:
            return
        contact_id = list(past.waiting)[chance.randrange(len(past.waiting))]
        contact = state.contacts.get(contact_id)
        place = None if contact is None else standing(state, contact, record.at_ms)
        if place is None or place.queue != record.queue or contact_id not in self._open:
            return
        seen = features(state, place, record.at_ms, self.history)
        taken = _Open(record.queue, seen, record.at_ms, True, past.average_ms, past.last_ms)
        self._open[contact_id].append(taken)
