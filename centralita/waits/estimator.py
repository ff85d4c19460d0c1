"""
What the server says of waits: at the door, on screens, to callers - and how right it was.

All answers are computed from the engine's state on the spot, in microseconds to tens of
them; nothing here waits for anything. Without a model nothing is said.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypedDict

from acd.model import ContactId, QueueId
from acd.records import ConfigApplied, Record
from acd.state import State
from acd.stats.wait import Estimate, Model
from acd.stats.wait_error import Error, Report, trustworthy
from acd.stats.wait_history import History
from acd.stats.wait_watch import Watch
from centralita.web.live_shape import LiveWait

FRESH_MS = 2_000
"""So old may an estimate be that a screen shows."""
FRESH_MAX = 100
"""Estimates of contacts that are made anew for one look at the whole centre: the rest follow at the next."""


class ErrorJson(TypedDict):
    """How far estimates were off, milliseconds; `bias_ms` above 0: too much was foreseen."""

    rmse_ms: int
    bias_ms: int


class ReportJson(TypedDict):
    """Of the last calls that found nobody free and were served; the same calls for all three."""

    calls: int
    ours: ErrorJson
    moving_average: ErrorJson
    """What app_queue would have announced."""
    last_to_enter: ErrorJson
    """The wait of the one who was served last."""
    inside: float
    """Share of them within our interval, 0 to 1; 0.8 is meant."""


class QueueWaitsJson(TypedDict):
    queue: str
    now: LiveWait | None
    """For one who calls now; null without a model."""
    moving_average_ms: int | None
    last_to_enter_ms: int | None
    error: ReportJson | None
    """null: too few calls yet."""
    told: bool
    """Whether callers are told."""


class ModelJson(TypedDict):
    config_version: str
    examples: int
    from_history: bool
    """false: trained on assumed rates and talk times, and told to callers only once it has proved right."""
    held_out: Mapping[str, float]
    """How it did on simulated days that it had not seen."""


class WaitsJson(TypedDict):
    """`GET /api/waits`."""

    model: ModelJson | None
    error: ReportJson | None
    queues: list[QueueWaitsJson]


@dataclass(frozen=True, slots=True)
class Ports:
    state: Callable[[], State]
    now_ms: Callable[[], int]
    model: Callable[[str], Model | None]
    """By version of the configuration; reads a file."""


class Estimator:
    def __init__(self, ports: Ports) -> None:
        self._ports = ports
        self._watch: Watch | None = None
        self._version = ""
        self._of_queue: dict[QueueId, tuple[int, LiveWait | None]] = {}
        self._of_contact: dict[ContactId, tuple[int, LiveWait | None]] = {}

    @property
    def model(self) -> Model | None:
        return None if self._watch is None else self._watch.model

    def follow(self, records: Sequence[Record]) -> None:
        """Take what the engine has just remembered, before it takes anything else."""
        watch, state = self._watch, self._ports.state()
        if watch is None:
            self._watch = self._begin(state)
            return
        for record in records:
            watch.feed(record, state)
            if type(record) is ConfigApplied:
                self.refresh()

    def refresh(self) -> None:
        """Look for the model of the live configuration: it has been published, or trained anew."""
        state = self._ports.state()
        self._version = state.routing.version
        self._of_queue.clear()
        self._of_contact.clear()
        if self._watch is not None:
            self._watch.model = self._ports.model(self._version)

    def at_door(self, contact_id: ContactId, queue: QueueId) -> int | None:
        """
        What the engine is told of one who is about to join: None unless it can be relied on.

        Milliseconds; a contact that is not known is nobody in particular.
        """
        if self._watch is None or not self._is_told(queue):
            return None
        state = self._ports.state()
        contact = state.contacts.get(contact_id)
        found = self._watch.at_door(state, queue, self._ports.now_ms(), contact)
        return None if found is None else found.mean_ms

    def to_tell(self, contact_id: ContactId) -> tuple[int, int] | None:
        """The range of the rest of a caller's wait, for their ears: None unless it can be relied on."""
        contact = self._ports.state().contacts.get(contact_id)
        if contact is None or contact.rules is None or not self._is_told(contact.rules.id):
            return None
        found = self._rest(contact_id, self._ports.now_ms())
        return None if found is None else (found.low_ms, found.high_ms)

    def of_queue(self, queue: QueueId) -> LiveWait | None:
        """For one who calls now and of whom nothing is known; not older than `FRESH_MS`."""
        now_ms = self._ports.now_ms()
        known = self._of_queue.get(queue)
        if known is None or now_ms - known[0] >= FRESH_MS:
            watch = self._watch
            found = None if watch is None else watch.at_door(self._ports.state(), queue, now_ms, None)
            known = self._of_queue[queue] = (now_ms, wait_json(found))
        return known[1]

    def of_contacts(self) -> Mapping[ContactId, LiveWait]:
        """The rest of the wait of those who wait; not older than `FRESH_MS`, but for a few in a big crowd."""
        state, now_ms = self._ports.state(), self._ports.now_ms()
        known = {
            contact_id: found
            for contact_id, found in self._of_contact.items()
            if contact_id in state.contacts
        }
        left = FRESH_MAX
        for line in state.lines.values():
            for _, contact_id in line:
                seen = known.get(contact_id)
                if left and (seen is None or now_ms - seen[0] >= FRESH_MS):
                    left -= 1
                    known[contact_id] = (now_ms, wait_json(self._rest(contact_id, now_ms)))
        self._of_contact = known
        return {contact_id: found for contact_id, (_, found) in known.items() if found is not None}

    def report(self) -> WaitsJson:
        """Everything, for the API."""
        watch, model = self._watch, self.model
        return {
            "model": None if model is None else _model_json(model),
            "error": None if watch is None else report_json(watch.errors.report()),
            "queues": [self._queue_json(queue) for queue in self._ports.state().routing.queues],
        }

    def _queue_json(self, queue: QueueId) -> QueueWaitsJson:
        past = None if self._watch is None else self._watch.history.of(queue)
        return {
            "queue": queue,
            "now": self.of_queue(queue),
            "moving_average_ms": None if past is None else _whole(past.average_ms),
            "last_to_enter_ms": None if past is None else _whole(past.last_ms),
            "error": report_json(self._judged(queue)),
            "told": self._is_told(queue),
        }

    def _begin(self, state: State) -> Watch:
        """From the state that the engine was recovered with, or has come to meanwhile."""
        self._version = state.routing.version
        model = self._ports.model(self._version)
        history = History(state.routing, None if model is None else model.handle_ms)
        history.resume(state)
        return Watch(history, model)

    def _rest(self, contact_id: ContactId, now_ms: int) -> Estimate | None:
        state = self._ports.state()
        contact = state.contacts.get(contact_id)
        if self._watch is None or contact is None:
            return None
        return self._watch.rest(state, contact, now_ms)

    def _judged(self, queue: QueueId) -> Report | None:
        return None if self._watch is None else self._watch.errors.report(queue)

    def _is_told(self, queue: QueueId) -> bool:
        """Assumed figures have to prove right first; those of the centre's own history count at once."""
        model, report = self.model, self._judged(queue)
        if model is None or (report is None and not model.from_history):
            return False
        return trustworthy(report)


def wait_json(found: Estimate | None) -> LiveWait | None:
    if found is None:
        return None
    return {"mean_ms": found.mean_ms, "low_ms": found.low_ms, "high_ms": found.high_ms}


def report_json(report: Report | None) -> ReportJson | None:
    if report is None:
        return None
    return {
        "calls": report.ours.calls,
        "ours": _error_json(report.ours),
        "moving_average": _error_json(report.average),
        "last_to_enter": _error_json(report.last),
        "inside": round(report.inside, 3),
    }


def _model_json(model: Model) -> ModelJson:
    return {
        "config_version": model.config_version,
        "examples": model.examples,
        "from_history": model.from_history,
        "held_out": model.held_out,
    }


def _error_json(error: Error) -> ErrorJson:
    return {"rmse_ms": round(error.rmse_ms), "bias_ms": round(error.bias_ms)}


def _whole(ms: float | None) -> int | None:
    return None if ms is None else round(ms)
