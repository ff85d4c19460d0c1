from __future__ import annotations

import pytest

from ivr.flow import DIGITS, Enqueue, Flow, Goodbye, Menu, Node, NodeId, PromptId, Say
from ivr.interpreter import (
    Action,
    Collect,
    Doing,
    HangUp,
    Input,
    Join,
    Key,
    Play,
    Played,
    Silence,
    State,
    begin,
    step,
    steps_max,
)

pytestmark = pytest.mark.unit

P = PromptId
N = NodeId

MENU = Menu(
    prompt=P("options"),
    keys={"1": N("sales"), "2": N("hours"), "0": N("person")},
    otherwise=N("person"),
    tries=3,
    timeout_ms=4_000,
    invalid=P("wrong"),
    silence=P("nothing"),
)
FLOW = Flow(
    id="main",
    start=N("welcome"),
    nodes={
        N("welcome"): Say((P("hello"), P("notice")), N("menu")),
        N("menu"): MENU,
        N("hours"): Say((P("hours"),), N("bye")),
        N("bye"): Goodbye(P("farewell")),
        N("sales"): Enqueue("sales"),
        N("person"): Enqueue("general"),
    },
    refuge=N("person"),
)


def walk(flow: Flow, *answers: Input, node: str | None = None) -> tuple[State, Action]:
    state, action = begin(flow, None if node is None else N(node))
    for answer in answers:
        state, action = step(flow, state, answer)
    return state, action


def test_the_greeting_comes_first_and_only_keys_of_the_menu_cut_it() -> None:
    """A stray key must not cost the caller the greeting."""
    state, action = walk(FLOW)

    assert action == Play((P("hello"), P("notice")), "012")
    assert state.node == "welcome"


def test_a_key_during_the_greeting_answers_the_menu_behind_it() -> None:
    """Regular callers do not have to listen to anything."""
    assert walk(FLOW, Played("1")) == (State(N("sales"), Doing.DONE, moves=3), Join("sales"))


def test_the_menu_asks_then_listens() -> None:
    """The time limit runs from the end of the question."""
    assert walk(FLOW, Played())[1] == Play((P("options"),), DIGITS)
    assert walk(FLOW, Played(), Played())[1] == Collect(4_000)


@pytest.mark.parametrize("answers", [(Played("1"),), (Played(), Key("1")), (Played(), Played("1"))])
def test_a_key_counts_during_the_question_and_after_it(answers: tuple[Input, ...]) -> None:
    """Barge-in and a late key are the same key."""
    assert walk(FLOW, Played(), *answers)[1] == Join("sales")


def test_a_wrong_key_is_said_to_be_wrong_and_the_question_is_put_again() -> None:
    """Whoever keys something deserves an answer."""
    assert walk(FLOW, Played(), Played("7"))[1] == Play((P("wrong"), P("options")), DIGITS)


def test_silence_has_its_own_words() -> None:
    """Nobody who did not hear us is told that they pressed a wrong key."""
    assert walk(FLOW, Played(), Played(), Silence())[1] == Play((P("nothing"), P("options")), DIGITS)


def test_after_the_last_try_the_caller_goes_otherwise() -> None:
    """Three questions, no valid key: a person."""
    answers: list[Input] = [Played(), Played(), Silence(), Played("9"), Played()]

    assert walk(FLOW, *answers)[1] == Collect(4_000)
    assert walk(FLOW, *answers, Silence())[1] == Join("general")


def test_words_that_lead_to_no_menu_cannot_be_cut() -> None:
    """There is nothing a key could mean."""
    assert walk(FLOW, Played("2"))[1] == Play((P("hours"),), "")
    assert walk(FLOW, Played("2"), Played())[1] == HangUp(P("farewell"))


def test_one_key_answers_one_menu() -> None:
    """A caller who presses 2 for a submenu has not chosen its option 2."""
    inner = Menu(prompt=P("inner"), keys={"2": N("sales"), "0": N("person")}, otherwise=N("person"))
    outer = Menu(prompt=P("outer"), keys={"2": N("inner"), "0": N("person")}, otherwise=N("person"))
    nodes: dict[NodeId, Node] = {
        N("outer"): outer,
        N("inner"): inner,
        N("sales"): Enqueue("sales"),
        N("person"): Enqueue("general"),
    }
    flow = Flow("nested", N("outer"), nodes, N("person"))

    assert walk(flow, Played("2"))[1] == Play((P("inner"),), DIGITS)


def test_a_caller_resumes_at_their_node_without_the_greeting() -> None:
    """A restart of the server costs at most the current question."""
    assert walk(FLOW, node="menu")[1] == Play((P("options"),), DIGITS)
    assert walk(FLOW, node="sales")[1] == Join("sales")


def test_a_caller_whose_node_was_deleted_resumes_behind_the_greeting() -> None:
    """A new configuration during a call loses nobody."""
    assert walk(FLOW, node="gone")[0].node == "menu"


@pytest.mark.parametrize("late", [Played("1"), Key("x"), Silence()])
def test_input_after_the_end_repeats_the_end(late: Input) -> None:
    """Late answers of the telephone change nothing."""
    assert walk(FLOW, Played("0"), late)[1] == Join("general")


def test_whoever_wanders_for_ever_reaches_the_refuge() -> None:
    """Pressing "back" without end ends with a person."""
    back = Menu(prompt=P("round"), keys={"9": N("round")}, otherwise=N("round"))
    flow = Flow("round", N("round"), {N("round"): back, N("person"): Enqueue("general")}, N("person"))
    state, action = begin(flow)
    for _ in range(steps_max(flow)):
        state, action = step(flow, state, Played("9"))

    assert action == Join("general")


def test_a_flow_that_leads_nowhere_hangs_up_instead_of_failing() -> None:
    """Even a flow that was never checked cannot raise."""
    broken = Flow("broken", N("missing"), {}, N("missing too"))

    assert walk(broken, Key("1"), Silence())[1] == HangUp()
