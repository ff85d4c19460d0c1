"""The offer to be called back."""

from __future__ import annotations

import pytest

from ivr.actions import (
    Collect,
    Failed,
    Gather,
    Gathered,
    Join,
    Key,
    Played,
    Promise,
    Promised,
    Refused,
    Silence,
)
from ivr.flow import Enqueue, OfferCallback
from tests.unit.ivr.talk import TO_PERSON, N, P, Talk, flow_of

pytestmark = pytest.mark.unit

OFFER = OfferCallback("sales", P("offer"), N("kept"), N("person"), TO_PERSON, number_prompt=P("which"))
FLOW = flow_of(offer=OFFER, kept=Enqueue("kept"))
PLAIN = flow_of(
    offer=OfferCallback("sales", P("offer"), N("kept"), N("person"), TO_PERSON), kept=Enqueue("kept")
)


def test_one_key_accepts() -> None:
    """For the number that calls; what comes then is for who has promised."""
    caller = Talk(FLOW, ears=())
    assert caller.heard() == ("offer",)
    assert caller.on(Played("1")) == Promise("sales")

    assert caller.on(Promised()) == Join("kept")


def test_yes_accepts_and_no_declines() -> None:
    """By voice without a detour; half understood is asked back, and so is the name of a digit."""
    assert Talk(FLOW).says("sí") == Promise("sales")
    assert Talk(FLOW).says("no") == Join("general")

    caller = Talk(FLOW)
    caller.says("sí", 0.6)
    assert (caller.heard(), caller.values()["said"]) == (("ha_dicho", "confirmar"), "sí")
    assert caller.on(Key("1")) == Promise("sales")
    spoken = Talk(FLOW)
    spoken.says("dos", 0.99)
    assert isinstance(spoken.says("sí"), Gather)


@pytest.mark.parametrize("key", ["3", "0", "#"])
def test_any_other_key_declines(key: str) -> None:
    """Nobody is promised anything by mistake."""
    assert Talk(FLOW, ears=()).on(Played(key)) == Join("general")


def test_another_number_is_keyed_and_read_back() -> None:
    """Wrong ones are asked for again."""
    caller = Talk(FLOW, ears=())
    assert caller.on(Played("2")) == Gather((P("which"),), 15, 8_000, 4_000)
    caller.on(Gathered("123"))
    assert caller.heard() == ("numero_no_valido", "which")
    caller.on(Gathered("600111222"))
    assert caller.heard() == ("leido", "confirmar")
    assert caller.values()["digits"] == "600111222"

    assert caller.on(Played("1")) == Promise("sales", "600111222")
    assert "600111222" not in repr(caller.action) + repr(caller.state)


def test_a_number_that_is_denied_is_asked_for_again_but_not_for_ever() -> None:
    """As often as the node allows."""
    caller = Talk(FLOW, ears=())
    caller.on(Played("2"), Gathered("600111222"), Played("2"))
    assert caller.heard() == ("which",)

    assert caller.on(Gathered("600111223"), Played("2")) == Join("general")


def test_without_a_question_for_it_2_is_any_other_key() -> None:
    """Only the calling number is offered."""
    assert Talk(PLAIN, ears=()).on(Played("2")) == Join("general")


def test_a_withheld_number_leads_to_the_question_for_another() -> None:
    """Refused for the calling one; without such a question it is a failure."""
    caller = Talk(FLOW, ears=())
    assert isinstance(caller.on(Played("1"), Refused("withheld")), Gather)
    assert caller.on(Gathered("600111222"), Played("1"), Refused("limit")) == Join("failures")

    assert Talk(PLAIN, ears=()).on(Played("1"), Refused()) == Join("failures")
    assert Talk(PLAIN, ears=()).on(Played("1"), Failed()) == Join("failures")


def test_silence_repeats_the_offer_then_gives_up() -> None:
    """Two tries."""
    caller = Talk(FLOW, ears=())
    assert caller.on(Played()) == Collect(5_000)
    caller.on(Silence())
    assert caller.heard() == ("offer",)

    assert caller.on(Played(), Silence()) == Join("general")
