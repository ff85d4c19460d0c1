from __future__ import annotations

import pytest

from ivr.actions import Action, Collect, HangUp, Input, Join, Key, Play, Played, Silence
from ivr.flow import (
    DIGITS,
    Enqueue,
    Exits,
    Flow,
    Goodbye,
    Hours,
    Language,
    Menu,
    Node,
    NodeId,
    PromptId,
    Say,
)
from ivr.interpreter import Doing, State, World, begin, keys_heard, step, steps_max

pytestmark = pytest.mark.unit

P = PromptId
N = NodeId

MENU = Menu(
    prompt=P("options"),
    keys={"1": N("sales"), "2": N("hours"), "0": N("person")},
    exits=Exits(N("person"), N("person")),
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
    inner = Menu(
        prompt=P("inner"), keys={"2": N("sales"), "0": N("person")}, exits=Exits(N("person"), N("person"))
    )
    outer = Menu(
        prompt=P("outer"), keys={"2": N("inner"), "0": N("person")}, exits=Exits(N("person"), N("person"))
    )
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
    back = Menu(prompt=P("round"), keys={"9": N("round")}, exits=Exits(N("round"), N("round")))
    flow = Flow("round", N("round"), {N("round"): back, N("person"): Enqueue("general")}, N("person"))
    state, action = begin(flow)
    for _ in range(steps_max(flow)):
        state, action = step(flow, state, Played("9"))

    assert action == Join("general")


def test_a_flow_that_leads_nowhere_hangs_up_instead_of_failing() -> None:
    """Even a flow that was never checked cannot raise."""
    broken = Flow("broken", N("missing"), {}, N("missing too"))

    assert walk(broken, Key("1"), Silence())[1] == HangUp()


CLOCK = Flow(
    id="clock",
    start=N("welcome"),
    nodes={
        N("welcome"): Say((P("hello"),), N("when")),
        N("when"): Hours("office", N("menu"), N("night")),
        N("menu"): Menu(P("options"), {"1": N("sales"), "9": N("english")}, Exits(N("sales"), N("sales"))),
        N("english"): Language("en", N("menu_en")),
        N("menu_en"): Menu(P("options"), {"1": N("sales"), "8": N("spanish")}, Exits(N("sales"), N("sales"))),
        N("spanish"): Language("es", N("menu")),
        N("night"): Say((P("closed"),), N("bye")),
        N("bye"): Goodbye(),
        N("sales"): Enqueue("sales"),
    },
    refuge=N("sales"),
)


def test_the_clock_is_asked_when_the_caller_comes_by() -> None:
    """Not when the call begins: it may close while the greeting plays."""
    state, _ = begin(CLOCK, world=World(is_open=lambda hours: True))

    assert step(CLOCK, state, Played(), world=World(is_open=lambda hours: True))[0].node == "menu"
    assert step(CLOCK, state, Played(), world=World(is_open=lambda hours: False))[1] == Play(
        (P("closed"),), ""
    )


def test_the_hours_asked_for_are_those_of_the_node() -> None:
    """Each node has hours of its own, by name."""
    state, _ = begin(CLOCK)

    assert step(CLOCK, state, Played(), world=World(is_open={"office"}.__contains__))[0].node == "menu"
    assert step(CLOCK, state, Played(), world=World(is_open={"guard"}.__contains__))[0].node == "night"


@pytest.mark.parametrize(("is_open", "keys"), [(True, "19"), (False, "")])
def test_keys_in_the_greeting_are_those_of_the_menu_that_the_clock_leads_to(is_open: bool, keys: str) -> None:
    """At night there is no menu behind the greeting, so that no key cuts it."""
    assert keys_heard(CLOCK, CLOCK.start, world=World(is_open=lambda hours: is_open)) == keys
    assert begin(CLOCK, world=World(is_open=lambda hours: is_open))[1] == Play((P("hello"),), keys)


def test_a_chosen_language_is_told_and_kept_until_another_is_chosen() -> None:
    """Empty until the caller chooses; then it stays through all that follows."""
    assert walk(CLOCK, Played())[0].language == ""
    assert walk(CLOCK, Played(), Played("9"))[0].language == "en"
    assert walk(CLOCK, Played(), Played("9"), Played("7"), Played(), Silence())[0].language == "en"
    assert walk(CLOCK, Played(), Played("9"), Played("8"))[0].language == "es"
    assert walk(CLOCK, Played(), Played("9"), Played("1")) == (
        State(N("sales"), Doing.DONE, moves=6, language="en"),
        Join("sales"),
    )


def test_a_key_in_the_greeting_may_choose_the_language() -> None:
    """The node of the language is passed on the way, however one comes there."""
    state, action = walk(CLOCK, Played("9"))

    assert (state.node, state.language, action) == ("menu_en", "en", Play((P("options"),), DIGITS))


@pytest.mark.parametrize(("is_open", "node"), [(True, "menu"), (False, "bye")])
def test_behind_the_greeting_is_where_the_clock_says(is_open: bool, node: str) -> None:
    """A caller whose node is no more hears neither the greeting nor the notice of the night again."""
    assert begin(CLOCK, N("gone"), world=World(is_open=lambda hours: is_open))[0].node == node


def test_resuming_behind_the_greeting_leaves_the_callers_language_alone() -> None:
    """Who has chosen English is not put back to the language that the flow begins with."""
    nodes: dict[NodeId, Node] = {
        N("spanish"): Language("es", N("hello")),
        N("hello"): Say((P("hello"),), N("sales")),
        N("sales"): Enqueue("sales"),
    }
    flow = Flow("polite", N("spanish"), nodes, N("sales"))

    assert begin(flow)[0].language == "es"
    assert begin(flow, N("gone")) == (State(N("sales"), Doing.DONE, moves=1), Join("sales"))


def test_clocks_and_languages_that_lead_in_a_circle_end_in_the_refuge() -> None:
    """Nodes that neither speak nor ask count as moves, too."""
    nodes: dict[NodeId, Node] = {
        N("a"): Hours("office", N("b"), N("b")),
        N("b"): Language("en", N("a")),
        N("person"): Enqueue("general"),
    }

    assert begin(Flow("circle", N("a"), nodes, N("person")))[1] == Join("general")
