from __future__ import annotations

import dataclasses

import pytest

from acd import commands, events, model, records
from acd.model import AgentRules, OfferEnd, QueueId, QueueRules, Routing, SignIn

pytestmark = pytest.mark.unit

VALUES = [
    thing
    for module in (model, events, commands, records)
    for thing in vars(module).values()
    if dataclasses.is_dataclass(thing) and isinstance(thing, type) and thing.__module__ == module.__name__
]


@pytest.mark.parametrize("kind", VALUES, ids=lambda kind: kind.__name__)
def test_what_comes_in_and_goes_out_cannot_be_changed(kind: type) -> None:
    """Events, commands, records and rules are frozen and slotted: whoever holds one may keep it."""
    assert kind.__dataclass_params__.frozen  # type: ignore[attr-defined]
    assert "__dict__" not in dir(kind)


NAMES_OF_OURS = {
    (model.Exit, "name"),
    (records.ContactDiverted, "name"),
    (model.PolicyRules, "name"),
    (model.Target, "name"),
    (events.ContactDialled, "number"),
    (commands.CallOutside, "number"),
    (commands.CallCustomer, "number"),
}
"""Of agents, queues, flows and policies, and tokens behind which the shell keeps a number: nobody's."""


@pytest.mark.parametrize("kind", VALUES, ids=lambda kind: kind.__name__)
def test_no_value_of_the_engine_can_hold_a_number_or_a_name(kind: type) -> None:
    """The journal keeps facts for ever; who the caller is stays in a table that can be erased."""
    fields = {f.name for f in dataclasses.fields(kind) if (kind, f.name) not in NAMES_OF_OURS}

    assert not fields & {"number", "name", "caller", "digits", "keys", "text", "phone"}


@pytest.mark.parametrize("kind", VALUES, ids=lambda kind: kind.__name__)
def test_times_say_their_unit(kind: type) -> None:
    """Every whole number that is a time ends in `_ms`: no field makes anybody guess."""
    counts = {
        "at_least",
        "position",
        "contacts",
        "full_at",
        "keep_free",
        "wrap_extensions_max",
        "transfers",
    }
    numbers = {f.name for f in dataclasses.fields(kind) if str(f.type).startswith("int")}

    assert {name for name in numbers - counts if not name.endswith("_ms")} == set()


def test_a_queue_without_options_is_a_usable_queue() -> None:
    """Every time of a queue has a sensible default above zero, unless zero is what switches it off."""
    rules = QueueRules(QueueId("ventas"))
    off = {"keep_free", "place_back_ms", "wrap_extend_ms", "transferred_head_start_ms"}

    assert rules.needs == ()
    for name in QueueRules.__slots__:
        if isinstance(value := getattr(rules, name), int):
            assert (value == 0) is (name in off), name


def test_an_agent_signs_in_by_phone_unless_told_otherwise() -> None:
    """The least that can be said of an agent is a name."""
    rules = AgentRules(model.AgentId("ana"))

    assert (rules.skills, rules.sign_in) == ({}, SignIn.PHONE)


def test_two_equal_configurations_are_equal() -> None:
    """A restart with the same configuration publishes nothing anew."""

    def published() -> Routing:
        return Routing("v1", {QueueId("q"): QueueRules(QueueId("q"))}, {})

    assert published() == published()


def test_every_way_an_offer_can_end_has_a_word_of_its_own() -> None:
    """The words are what the database and the screens hold: they never change meaning or collide."""
    assert len({end.value for end in OfferEnd}) == len(OfferEnd) == 10
