from __future__ import annotations

import random

import pytest

from acd.model import ContactId, Medium, QueueId
from acd.routing.bits import slots, union
from acd.routing.groups import Group, Key, Row
from acd.routing.policy import Kind

pytestmark = pytest.mark.unit


def key(at_ms: int, name: str = "c") -> Key:
    return at_ms, ContactId(name)


def test_the_slots_of_a_set_come_in_order_whatever_its_size() -> None:
    """Words of 64 and their borders lose nobody."""
    chosen = [0, 1, 62, 63, 64, 65, 127, 128, 9_999]

    assert list(slots(union(1 << slot for slot in chosen))) == chosen
    assert list(slots(0)) == []


def test_a_row_is_a_sorted_list_that_is_cheap_to_leave_at_the_front() -> None:
    """Thousands come and go at random: order, length and head are those of a sorted list."""
    row, model, draw = Row(), list[Key](), random.Random(5)
    for number in range(3_000):
        if model and draw.random() < 0.48:
            gone = model.pop(0 if draw.random() < 0.7 else draw.randrange(len(model)))
            row.remove(gone)
        else:
            new = key(draw.randrange(1_000), f"c{number}")
            model.append(new)
            model.sort()
            row.add(new)
        assert row.head == (model[0] if model else None)
    assert (list(row), len(row)) == (model, len(model))
    assert row.since(500) == next((one for one in model if one[0] >= 500), None)


def test_whoever_is_not_in_a_row_cannot_leave_it() -> None:
    """A mistake in the books stops here."""
    row = Row()
    row.add(key(5))

    with pytest.raises(AssertionError):
        row.remove(key(4))


def test_the_oldest_short_of_each_fall_can_be_the_most_urgent_too() -> None:
    """One who has waited exactly the target has not fallen yet; a head short of it is told once."""
    kind = Kind(QueueId("q"), "", (), (), Medium.VOICE, 1.0, 20_000)
    group = Group(kind, 0, {}, (), (20_000,))
    for at_ms in (10_000, 30_000, 35_000):
        group.add(key(at_ms))

    assert list(group.short_of_falls(50_000)) == [key(30_000)]
    assert list(group.short_of_falls(50_001)) == [key(35_000)]
    assert list(group.short_of_falls(20_000)) == list(group.short_of_falls(90_000)) == []
