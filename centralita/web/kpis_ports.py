"""What the API of figures needs from the rest of the server."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol
from zoneinfo import ZoneInfo

from acd.stats.kpi_book import Key, Shape
from acd.stats.kpi_counts import Count, QueueGoals


class TooMuchError(ValueError):
    """More contacts than one report reads."""

    def __init__(self, contacts: int, at_most: int) -> None:
        super().__init__(f"{contacts} > {at_most}")
        self.contacts, self.at_most = contacts, at_most


class ReportsBusyError(Exception):
    """As many reports as may wait are waiting already. Nothing was read."""


class Broken(enum.Enum):
    """Why there is no report."""

    ENDED = enum.auto()
    """The process that counts has gone: killed, or not to be started."""
    TOO_LONG = enum.auto()
    TOO_BIG = enum.auto()


class ReportBrokenError(Exception):
    """There is no report; the centre goes on."""

    def __init__(self, why: Broken) -> None:
        super().__init__(why.name)
        self.why = why


@dataclass(frozen=True, slots=True)
class Listed:
    """The contacts behind a number are wanted, not the figures."""

    count: Count
    """Not one of milliseconds, nor of agents."""
    key: Key | None = None
    """Of the row; None: of all rows."""
    at_most: int = 10_000
    """So many are named; `amount` counts all of them."""


@dataclass(frozen=True, slots=True)
class Question:
    """A report that is wanted."""

    shape: Shape
    zone: str
    """In which times are told; the bounds of the shape are what counts."""
    goals: QueueGoals
    listed: Listed | None = None


class KpisPort(Protocol):
    """Reports."""

    def now_ms(self) -> int: ...

    def zone(self) -> ZoneInfo:
        """Of the centre: whose midnight days begin at when nobody says otherwise."""

    def goals(self) -> QueueGoals:
        """What the live configuration measures each queue by."""

    async def ask(self, question: Question) -> Sequence[bytes]:
        """
        The answer as JSON, in parts that do not keep the loop.

        Raises:
            TooMuchError, ReportsBusyError, ReportBrokenError: See there.
            HistoryUnavailableError: The database does not answer.
        """
