"""
Numbers outside that agents dial: which line they go by, and who is called.

A telephone number never enters the engine or its journal. It stands for it there
with a token, behind which the number is kept here until the contact is over.
"""

from __future__ import annotations

import secrets
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from acd.model import ContactId
from acd.records import ContactClosed, Record
from centralita.commands.refusals import Why
from centralita.store.numbers import NumberError, at_home, to_e164
from centralita.store.parties import Parties, caller_identity
from config.dialling import Way, senders, way_out
from config.telephones import Trunk

KEPT_MAX = 5_000
"""Numbers kept at once; the oldest is forgotten beyond it."""
_RULES_TOLD = 12


@dataclass(frozen=True, slots=True)
class Found:
    """A number that may be dialled."""

    way: Way
    number: str
    """Of the customer: E.164, or as dialled when it is a short one."""


class Dialled:
    """
    Args:
        trunks: Those of the live configuration, in order.
    """

    def __init__(self, trunks: Callable[[], Mapping[str, Trunk]]) -> None:
        self._trunks = trunks
        self._kept: OrderedDict[str, tuple[ContactId, Way]] = OrderedDict()

    def find(self, number: str) -> Found | Why:
        """
        How a number is called.

        As it is written; if no trunk allows that, in international form; then as it is dialled in the
        country of a trunk, which is how numbers of callers come to be called by `allow: [9xxxxxxxx]`.

        Args:
            number: Figures, with or without `+`.
        """
        trunks = self._trunks()
        if not list(senders(trunks)):
            return _NO_TRUNK
        way = way_out(trunks, number)
        if way is not None:
            return Found(way, _whole(number, trunks[way.trunk].country) or way.dial)
        for name, trunk in senders(trunks):
            whole = _whole(number, trunk.country)
            way = None if whole is None else way_out({name: trunk}, whole)
            if way is not None and whole is not None:
                return Found(way, whole)
        for name, trunk in senders(trunks):
            home = at_home(number, trunk.country)
            way = None if home is None else way_out({name: trunk}, home)
            if way is not None:
                return Found(way, number)
        return _not_allowed(number, trunks)

    def keep(self, contact_id: ContactId, way: Way) -> str:
        """The token under which the way is found until the contact is over."""
        token = f"d{secrets.token_hex(8)}"
        self._kept[token] = contact_id, way
        if len(self._kept) > KEPT_MAX:
            self._kept.popitem(last=False)
        return token

    def way(self, token: str) -> Way | None:
        """None for one that is forgotten."""
        kept = self._kept.get(token)
        return None if kept is None else kept[1]

    def forget(self, token: str) -> None:
        """Nobody is going to dial it."""
        self._kept.pop(token, None)

    def follow(self, records: Iterable[Record]) -> None:
        """Keep step with the engine: forget what was dialled for contacts that are over."""
        for record in records:
            if isinstance(record, ContactClosed):
                theirs = [token for token, (of, _) in self._kept.items() if of == record.contact_id]
                for token in theirs:
                    del self._kept[token]


@dataclass(frozen=True, slots=True)
class Called:
    """Who the customers are whom agents call; see `commands.ports.Customers`."""

    parties: Parties

    def called(self, contact_id: ContactId, number: str) -> None:
        self.parties.arrived(contact_id, caller_identity(number, presentation_allowed=True))

    def not_called(self, contact_id: ContactId) -> None:
        self.parties.never_came(contact_id)


def _whole(number: str, country: str) -> str | None:
    try:
        return to_e164(number, country)
    except NumberError:
        return None


_NO_TRUNK = Why(
    "no_trunk",
    "Ninguna línea deja llamar fuera: ponga «allow» en una de «trunks» en la configuración.",
    "No line lets anybody call outside: give one of 'trunks' an 'allow' in the configuration.",
)


def _not_allowed(number: str, trunks: Mapping[str, Trunk]) -> Why:
    rules = [f"{name}: {allowed}" for name, trunk in senders(trunks) for allowed in trunk.allow]
    told = ", ".join(rules[:_RULES_TOLD]) + (", …" if len(rules) > _RULES_TOLD else "")
    return Why(
        "number_not_allowed",
        f"Ninguna línea permite marcar {number}. Se permite: {told}; vea «allow» en la configuración.",
        f"No line allows {number} to be dialled. Allowed: {told}; see 'allow' in the configuration.",
    )
