"""What rules may ask of a flow and of preferences: see `facts.Beside`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from acd.model import ContactId
from centralita.services.preferences import Preferences
from centralita.services.walks import Walks


@dataclass(frozen=True, slots=True)
class Beside:
    walks: Walks
    preferences: Preferences

    def variables(self, contact_id: ContactId) -> Mapping[str, str]:
        return self.walks.variables(contact_id)

    def verified(self, contact_id: ContactId) -> bool:
        return self.walks.verified(contact_id)

    def language(self, contact_id: ContactId) -> str:
        return self.preferences.language(contact_id)
