"""How a contact was sorted, as it is kept for whoever asks why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from acd.model import ContactId


@dataclass(frozen=True, slots=True)
class Trace:
    """One run of the rules. Holds facts about a person, so it is erased with the customer."""

    contact_id: ContactId
    at_ms: int
    rules: tuple[str, ...]
    """Ids of those that matched, in order."""
    trace: Mapping[str, object]
    """Every rule with the facts it saw, masked; JSON values only."""
