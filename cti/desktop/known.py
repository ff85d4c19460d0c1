"""What is known beside a record at the moment it is told: ports of the event stream, none of which waits."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from acd.model import ContactId
from acd.records import Segment

Enrich = Callable[[ContactId], Mapping[str, object]]
"""What is known at this moment of the customer behind a contact; must not wait."""


@dataclass(frozen=True, slots=True)
class Story:
    """What has happened to a contact so far, for the agent who is offered it."""

    segments: Sequence[Segment] = ()
    notes: Sequence[Mapping[str, object]] = ()
    """What earlier agents wrote of it: `id`, `agent`, `text`, `at_ms`."""
    handed: Sequence[Mapping[str, object]] = ()
    """Its hand-overs, as `shapes_known.HandedData`."""
    dispositions: Sequence[Mapping[str, object]] = ()
    """How it went, by agent, as `shapes_known.DisposedData`."""
    language: str = ""
    """Of the caller, ISO 639-1."""
    ivr: Mapping[str, object] | None = None
    """As `shapes_known.IvrData`; None: nothing is known."""
    attached: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    """By key, as `shapes_known.AttachedData`."""


Tell = Callable[[ContactId], Story]
"""As of this moment; must not wait."""

OutsideNumber = Callable[[str], str | None]
"""The telephone number behind the token of a target outside; None when it is not known any more."""


def nothing_yet(_contact_id: ContactId) -> Story:
    """For one of whom nothing is known."""
    return Story()


def no_number(_token: str) -> str | None:
    """For who knows no number, and where none may be told."""
    return None
