"""What a walk through a menu has come by: every node once, with its key and what that stands for."""

from __future__ import annotations

import pytest

from ivr.actions import Key, Played, Silence
from ivr.flow import Enqueue, Exits, Flow, Hours, Language, Menu, NodeId, PromptId, Say
from ivr.interpreter import Passed, State, begin, step

pytestmark = pytest.mark.unit

N, P = NodeId, PromptId
FLOW = Flow(
    "f",
    N("saludo"),
    {
        N("saludo"): Say((P("hola"),), N("menu")),
        N("menu"): Menu(
            P("opciones"),
            {"1": N("hora"), "9": N("ingles")},
            Exits(N("cola"), N("cola")),
            tries=2,
            labels={"1": "Quiere comprar"},
        ),
        N("hora"): Hours("oficina", N("cola"), N("cola")),
        N("ingles"): Language("en", N("menu")),
        N("cola"): Enqueue("ventas"),
    },
    N("cola"),
)
BUYS = Passed(N("menu"), "1", "Quiere comprar", is_reason=True)


def names(state: State) -> list[tuple[str, str]]:
    return [(passed.node, passed.key) for passed in state.passed]


def test_every_step_tells_what_it_came_by() -> None:
    """A node that asks is told when the caller comes to it, and again with the key."""
    state, _ = begin(FLOW)
    assert names(state) == [("saludo", "")]
    state, _ = step(FLOW, state, Played())
    assert names(state) == [("menu", "")]
    state, _ = step(FLOW, state, Key("1"))
    assert state.passed == (BUYS, Passed(N("hora")), Passed(N("cola")))


def test_a_key_pressed_early_counts_as_pressed_in_its_menu() -> None:
    """Who knows the menu is not written down as having passed without a choice."""
    state, _ = begin(FLOW)
    state, _ = step(FLOW, state, Played("1"))

    assert state.passed == (BUYS, Passed(N("hora")), Passed(N("cola")))


def test_a_language_is_a_choice_and_no_reason() -> None:
    """Without a label the choice is called as the node that it leads to."""
    state, _ = begin(FLOW, N("menu"))
    state, _ = step(FLOW, state, Key("9"))

    assert state.passed == (Passed(N("menu"), "9", "ingles"), Passed(N("ingles")), Passed(N("menu")))


def test_what_leads_nowhere_is_not_told_again() -> None:
    """Wrong keys and silence add nothing; giving up leads on without a key."""
    state, _ = begin(FLOW, N("menu"))
    for answer in (Played(), Key("7")):
        state, _ = step(FLOW, state, answer)
        assert state.passed == ()
    state, _ = step(FLOW, state, Played())
    state, _ = step(FLOW, state, Silence())
    assert names(state) == [("cola", "")]
    state, _ = step(FLOW, state, Played())
    assert state.passed == ()
