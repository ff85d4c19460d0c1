from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from acd.model import QueueId
from centralita.opening import Opening, Openings
from config.calendars import Calendars
from config.schema import Centre

pytestmark = pytest.mark.unit

VENTAS, GENERAL = QueueId("ventas"), QueueId("general")


def at(text: str) -> int:
    """UTC ms of a moment in Madrid."""
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Europe/Madrid")).timestamp() * 1000)


@pytest.fixture
def openings() -> Openings:
    centre = Centre.model_validate(
        {
            "schema": "acd/1",
            "name": "x",
            "languages": ["es"],
            "agents": {},
            "phones": {},
            "entry": {},
            "hours": {
                "oficina": {"week": {"mon-fri": ["09:00-14:00", "16:00-19:00"]}},
                "nunca": {"week": {}},
            },
            "queues": {"ventas": {"hours": "oficina"}, "general": {}, "cerrada": {"hours": "nunca"}},
        }
    )
    return Openings(centre, Calendars(centre, lambda: at("2026-03-06 10:00")))


def test_a_queue_is_open_until_the_next_change_and_then_asked_again(openings: Openings) -> None:
    """Through a siesta and a weekend: each answer holds until its own end."""
    openings.warm(at("2026-03-06 10:00"))
    asked = ("2026-03-06 13:59", "2026-03-06 14:00", "2026-03-06 18:00", "2026-03-06 19:00")

    assert [openings.of(VENTAS, at(moment)) for moment in asked] == [
        Opening(is_open=True, until_ms=at("2026-03-06 14:00")),
        Opening(is_open=False, until_ms=at("2026-03-06 16:00")),
        Opening(is_open=True, until_ms=at("2026-03-06 19:00")),
        Opening(is_open=False, until_ms=at("2026-03-09 09:00")),
    ]


def test_a_queue_without_hours_says_nothing(openings: Openings) -> None:
    """Always open is not the same as open until some hour."""
    openings.warm(at("2026-03-06 10:00"))

    assert openings.of(GENERAL, at("2026-03-06 10:00")) is None
    assert openings.of(QueueId("otra"), at("2026-03-06 10:00")) is None


def test_hours_that_never_hold_have_no_end(openings: Openings) -> None:
    """Closed, and not until anything."""
    openings.warm(at("2026-03-06 10:00"))

    assert openings.of(QueueId("cerrada"), at("2026-03-06 10:00")) == Opening(is_open=False, until_ms=None)


def test_nobody_waits_for_the_calendar(openings: Openings) -> None:
    """Before it has been warmed in its thread, nothing is known, and nothing is computed."""
    assert openings.of(VENTAS, at("2026-03-06 10:00")) is None
