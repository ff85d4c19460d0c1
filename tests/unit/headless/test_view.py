"""What an agent knows of itself, from events and from the whole state."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from centralita.headless.view import ASKED, TOGETHER, View

pytestmark = pytest.mark.unit

ANA: Mapping[str, Any] = {"agent": "ana", "contact_id": "c1"}


def hear(view: View, what: str, **data: Any) -> None:
    view.hear({"type": what, "seq": 1, "data": {**ANA, **data}})


def test_a_consultation_is_followed_to_its_end() -> None:
    """It rings, they talk, and it ends with the contact still on hold; then they talk again."""
    view, seen = View("ana"), []
    for kind in (
        "segment.held",
        "consult.started",
        "consult.connected",
        "consult.ended",
        "segment.retrieved",
    ):
        hear(view, kind)
        seen.append((view.held, view.consult))
    assert view.consults == 1
    assert seen == [(True, ""), (True, ASKED), (True, TOGETHER), (True, ""), (False, "")]


@pytest.mark.parametrize("kind", ["segment.ended", "conference.started"])
def test_nobody_is_held_any_more(kind: str) -> None:
    """The talk is over, or all three talk."""
    view = View("ana")
    hear(view, "consult.started")
    hear(view, kind)
    assert (view.held, view.consult) == (False, "")


def test_what_others_do_is_not_ours() -> None:
    """Another agent's events, and events of no agent."""
    view = View("bea")
    hear(view, "segment.held")
    hear(view, "offer.announced", offer_id="o1")
    view.hear({"type": "server.started", "seq": 1, "data": {}})
    assert not view.held and not view.offers


def test_offers_are_known_until_they_are_over() -> None:
    """So that the bell can be told from its announcement."""
    view = View("ana")
    hear(view, "offer.announced", offer_id="o1", kind="consult")
    hear(view, "offer.ringing", offer_id="o1")
    assert view.offers["o1"]["kind"] == "consult"
    hear(view, "offer.withdrawn", offer_id="o1")
    assert not view.offers


@pytest.mark.parametrize(
    ("consult", "expected"),
    [(None, ""), ({"state": "ringing"}, ASKED), ({"state": "up"}, TOGETHER)],
)
def test_the_whole_state_takes_the_place_of_events(consult: Any, expected: str) -> None:
    """Who was away too long is told how things are."""
    view = View("ana")
    live = {
        "agents": [{"id": "ana", "activity": "talking"}, {"id": "bea", "activity": "idle"}],
        "contacts": [
            {"agent": "ana", "hold_since_ms": 5, "consult": consult},
            {"agent": "bea", "hold_since_ms": None, "consult": None},
        ],
    }
    view.hear({"type": "snapshot", "seq": 1, "data": live})
    assert (view.activity, view.held, view.consult) == ("talking", True, expected)


async def test_waiting_ends_when_it_is_so() -> None:
    """Or when the time is over."""
    view = View("ana")
    assert not await view.until(lambda: view.held, 0.01)
    hear(view, "segment.held")
    assert await view.until(lambda: view.held, 5)
