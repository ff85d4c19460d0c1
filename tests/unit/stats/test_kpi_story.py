from __future__ import annotations

import pytest

from acd.model import ExitTo, Outcome
from acd.records import Segment
from acd.stats.kpi_story import Stay, StayEnd, Story, intent_of, stays_of, talks_of
from tests.unit.stats.day import (
    ANA,
    BETO,
    SOPORTE,
    T0,
    VENTAS,
    S,
    contact,
    exit_taken,
    talking,
    waiting,
    wrapped,
)

pytestmark = pytest.mark.unit


def told(story: Story) -> list[tuple[str, int, int, str]]:
    """Queue, begin and end in seconds, and how it ended."""
    return [
        (stay.queue, (stay.began_ms - T0) // S, (stay.ended_ms - T0) // S, stay.end.name)
        for stay in stays_of(story)
    ]


def test_who_overflows_has_a_stay_in_each_queue() -> None:
    """Out of sales after 30 s, answered in support 10 s later: one flowed out, one answered."""
    story = contact(
        "c",
        waiting(0, 30),
        exit_taken(30, ExitTo.QUEUE),
        waiting(30, 40, SOPORTE),
        talking(40, 50, BETO, SOPORTE),
    )

    assert told(story) == [("ventas", 0, 30, "FLOWED_OUT"), ("soporte", 30, 40, "ANSWERED")]


def test_who_is_turned_away_at_the_door_was_offered() -> None:
    """No second of waiting, and yet a stay: it ended in a rejection."""
    story = contact("c", exit_taken(3, ExitTo.HANG_UP), end_s=5, outcome=Outcome.REJECTED_CLOSED)

    assert told(story) == [("ventas", 3, 3, "REJECTED")]


def test_patience_is_no_exit() -> None:
    """Asked to wait on: the stay goes on."""
    story = contact("c", waiting(0, 9), exit_taken(4, ExitTo.KEEP_WAITING), outcome=Outcome.ABANDONED_QUEUE)

    assert told(story) == [("ventas", 0, 9, "ABANDONED")]


def test_the_fallback_telephone_does_not_end_a_stay() -> None:
    """Waited, was with the fallback telephone, waited on in the same queue: one stay of 50 s."""
    elsewhere = Segment("fallback", T0 + 10 * S, T0 + 30 * S)
    story = contact("c", waiting(0, 10), elsewhere, waiting(30, 50), talking(50, 60))

    assert told(story) == [("ventas", 0, 50, "ANSWERED")]


def test_an_answer_in_the_millisecond_of_coming_is_a_stay_of_zero() -> None:
    """No stretch of waiting tells of it, the talk does."""
    assert told(contact("c", talking(7, 9))) == [("ventas", 7, 7, "ANSWERED")]


def test_hanging_up_in_the_millisecond_of_coming_is_a_stay_of_zero() -> None:
    """Only the outcome tells of it."""
    story = contact("c", end_s=7, outcome=Outcome.SHORT_ABANDON)

    assert told(story) == [("ventas", 7, 7, "ABANDONED")]


def test_a_call_that_the_switch_lost_is_nobodys_abandon() -> None:
    """It waited, and the switch died."""
    assert told(contact("c", waiting(0, 9), outcome=Outcome.SWITCH_LOST)) == [("ventas", 0, 9, "LOST")]


def test_whoever_is_still_there_is_still_there() -> None:
    """Waiting at the moment of the reading."""
    story = Story(contact("c", waiting(0, 9)).contact_id, "900", T0, queue=VENTAS, parts=(waiting(0, 9),))

    assert told(story) == [("ventas", 0, 9, "STILL")]


def test_going_on_from_an_agent_is_remembered() -> None:
    """The second stay came from a talk, the first from the menu."""
    story = contact("c", waiting(0, 2), talking(2, 4), waiting(4, 5, SOPORTE), talking(5, 6, BETO, SOPORTE))

    assert [stay.after_talk for stay in stays_of(story)] == [False, True]


def test_a_wrap_up_belongs_to_the_talk_before_it() -> None:
    """Ana talks twice; each wrap-up goes with its own talk, one that goes on with none."""
    story = contact(
        "c", talking(0, 10), wrapped(14, 4), talking(20, 30), wrapped(36, 6), wrapped(99, 1, BETO)
    )

    assert [(talk.agent_id, talk.talk_ms, talk.wrap_ms) for talk in talks_of(story)] == [
        (ANA, 10 * S, 4 * S),
        (ANA, 10 * S, 6 * S),
    ]


def test_the_intent_is_the_number_and_the_first_queue() -> None:
    """Wherever it went later; who never chose a queue has only dialled."""
    moved = contact("c", exit_taken(0, ExitTo.QUEUE), waiting(0, 4, SOPORTE), queue=SOPORTE)

    assert intent_of(moved) == "900/ventas"
    assert intent_of(contact("d", end_s=3, outcome=Outcome.ABANDONED_IVR, queue=None)) == "900"


def test_a_stay_waits_from_its_beginning() -> None:
    """Its wait is its length."""
    assert Stay(VENTAS, 5, 12, StayEnd.ABANDONED).wait_ms == 7
