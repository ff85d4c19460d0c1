"""What the API of figures needs from the rest of the server."""

from __future__ import annotations

from collections import Counter
from typing import Protocol
from zoneinfo import ZoneInfo

from acd.model import ContactId
from acd.stats.kpi_book import Book, Key, Shape
from acd.stats.kpi_counts import Count, Goals


class TooMuchError(ValueError):
    """More contacts than one report reads."""

    def __init__(self, contacts: int, at_most: int) -> None:
        super().__init__(f"{contacts} > {at_most}")
        self.contacts, self.at_most = contacts, at_most


class KpisPort(Protocol):
    """Reports. `read` and `contacts` may raise `TooMuchError` and `HistoryUnavailableError`."""

    def now_ms(self) -> int: ...

    def zone(self) -> ZoneInfo:
        """Of the centre: whose midnight days begin at when nobody says otherwise."""

    def goals(self) -> Goals:
        """What the live configuration measures each queue by."""

    async def read(self, shape: Shape, goals: Goals) -> Book: ...

    async def contacts(self, shape: Shape, goals: Goals, count: Count, key: Key | None) -> Counter[ContactId]:
        """The contacts behind a count of a row (None: of all), and how often each is counted."""
