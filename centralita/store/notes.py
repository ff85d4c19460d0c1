"""What an agent wrote of a contact for the next one: erased with the customer."""

from __future__ import annotations

from dataclasses import dataclass

from acd.model import ContactId

TEXT_MAX = 500
"""Characters of one note."""


@dataclass(frozen=True, slots=True)
class Note:
    """Never in the journal: it is a person's own words about a person."""

    id: str
    contact_id: ContactId
    agent: str
    text: str
    at_ms: int
