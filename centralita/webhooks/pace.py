"""When to try again, and when to give up."""

from __future__ import annotations

import datetime as dt
import secrets
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

_chance = secrets.SystemRandom()


@dataclass(frozen=True, slots=True)
class Pace:
    """All in milliseconds."""

    first_ms: int = 2_000
    """After the first failure; jitter may halve it."""
    factor: int = 3
    longest_ms: int = 3_600_000
    give_up_ms: int = 24 * 3_600_000
    """After this an event is a dead letter."""
    rest_ms: int = 500
    """Of the whole endpoint after it failed; doubles with each failure, up to `rest_max_ms`."""
    rest_max_ms: int = 30_000
    look_ms: int = 1_000
    """Between two looks at what waits for its next try."""
    recount_ms: int = 10_000
    """Between two counts of what waits; in between it is reckoned."""
    connect_ms: int = 5_000
    total_ms: int = 10_000
    """Of one attempt, name look-up and answer included."""
    keep_dead_ms: int = 7 * 24 * 3_600_000

    def retry_ms(self, attempts: int, asked_ms: int | None = None) -> int:
        """
        How long to wait before the next try of one event.

        Args:
            attempts: That have failed, >= 1.
            asked_ms: What the receiver asked for (Retry-After): at least this, at most `give_up_ms`.
        """
        full = min(self.first_ms * self.factor ** min(attempts - 1, 20), self.longest_ms)
        return max(_jittered(full), min(asked_ms or 0, self.give_up_ms))

    def pause_ms(self, failures: int) -> int:
        """How long the endpoint is left alone after so many failures in a row, >= 1."""
        return _jittered(min(self.rest_ms * 2 ** min(failures - 1, 20), self.rest_max_ms))


def _jittered(full_ms: int) -> int:
    """Between half and the whole: many who failed together do not come back together."""
    return round(full_ms * _chance.uniform(0.5, 1.0))


def retry_after_ms(value: str, now_ms: int) -> int | None:
    """
    What a `Retry-After` header asks for; None if it says nothing sensible.

    Source: RFC 9110, section 10.2.3: seconds, or a date.
    """
    text = value.strip()
    if text.isascii() and text.isdigit() and len(text) < 10:
        return int(text) * 1000
    try:
        when = parsedate_to_datetime(text)
    except ValueError:
        return None
    if when.tzinfo is None:
        when = when.replace(tzinfo=dt.UTC)
    return max(0, round(when.timestamp() * 1000) - now_ms)
