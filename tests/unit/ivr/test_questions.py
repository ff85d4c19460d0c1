"""Menus, open questions and surveys by voice and by keys."""

from __future__ import annotations

import pytest

from ivr.actions import (
    Collect,
    Deaf,
    Done,
    Heard,
    Join,
    KeepAnswer,
    Key,
    Limits,
    Listen,
    Mode,
    Play,
    Played,
    Silence,
)
from ivr.flow import DIGITS, Ask, Enqueue, Exits, IntentId, Language, Menu, Question, Survey, VarName
from ivr.interpreter import Passed
from tests.unit.ivr.talk import TO_PERSON, N, P, Talk, flow_of

pytestmark = pytest.mark.unit

PHRASES: dict[str, dict[str, tuple[str, ...]]] = {
    "1": {"es": ("ventas", "quiero comprar"), "en": ("sales",)},
    "2": {"es": ("avería",), "en": ("repairs",)},
}
MENU = Menu(
    P("pulse"),
    {"1": N("sales"), "2": N("repairs"), "0": N("person")},
    TO_PERSON,
    spoken=P("diga"),
    phrases=PHRASES,
    invalid=P("wrong"),
    labels={"1": "Quiere comprar"},
)
FLOW = flow_of(menu=MENU, sales=Enqueue("sales"), repairs=Enqueue("repairs"))
SAID = "ha_dicho", "confirmar"


def test_who_speaks_is_asked_by_voice_and_told_the_way_to_the_keypad() -> None:
    """The phrases of the caller's language and the names of the keys; 1 is taken, so the star it is."""
    talk = Talk(FLOW)

    assert talk.heard() == ("diga", "usar_teclado")
    assert talk.values()["key"] == "asterisco"
    assert talk.phrases() == ("ventas", "quiero comprar", "avería", "uno", "dos", "cero")
    assert Talk(FLOW, language="en").phrases() == ("sales", "repairs", "one", "two", "zero")


@pytest.mark.parametrize("said", ["Ventas", "ventas ventas", "quiero comprar", "QUIERO  COMPRAR."])
def test_a_phrase_is_taken_whatever_its_case_and_repeats(said: str) -> None:
    """Sure enough, and one of the list: no question back."""
    talk = Talk(FLOW)

    assert talk.says(said) == Join("sales")
    assert talk.outcomes() == [(said, "1", "taken")]
    assert talk.learned == [Mode.SPEECH]


def test_accents_that_a_recognizer_leaves_out_do_not_matter() -> None:
    """What counts are the words."""
    assert Talk(FLOW).says("averia") == Join("repairs")


def test_a_key_counts_at_the_same_time() -> None:
    """Pressed over the question for the voice, and learned."""
    talk = Talk(FLOW)

    assert talk.on(Key("2")) == Join("repairs")
    assert talk.learned == [Mode.KEYS]


def test_a_key_in_a_question_for_keys_only_teaches_nothing() -> None:
    """The caller had no choice."""
    talk = Talk(FLOW, ears=())
    talk.on(Played("1"))

    assert talk.learned == []


def test_half_understood_is_asked_back_and_taken_at_yes() -> None:
    """The question names what was heard, may be answered by voice, and so does the report."""
    talk = Talk(FLOW)
    talk.says("ventas", 0.6)

    assert talk.heard() == SAID
    assert talk.values()["said"] == "ventas"
    assert {"sí", "no", "ventas"} <= set(talk.phrases())
    assert talk.told == []
    assert talk.says("sí", 0.7) == Join("sales")
    assert talk.outcomes() == [("ventas", "1", "confirmed")]


@pytest.mark.parametrize("yes", [Key("1"), Heard("ventas", 0.6), Heard("correcto", 0.9), Heard("sí sí", 0.9)])
def test_yes_has_many_ways(yes: Heard | Key) -> None:
    """1, agreeing words, or the same words again."""
    talk = Talk(FLOW)
    talk.says("ventas", 0.6)

    assert talk.on(yes) == Join("sales")


@pytest.mark.parametrize("no", [Key("2"), Heard("no", 0.9), Heard("no no", 0.8)])
def test_no_asks_again(no: Heard | Key) -> None:
    """Denied is reported, and nothing is done."""
    talk = Talk(FLOW)
    talk.says("avería", 0.6)
    talk.on(no)

    assert talk.heard() == ("wrong", "diga", "usar_teclado")
    assert talk.outcomes() == [("avería", "2", "denied")]


def test_who_says_neither_yes_nor_no_is_asked_back_once_more_then_it_counts_as_no() -> None:
    """Never taken without a yes, and never for ever."""
    talk = Talk(FLOW)
    talk.says("ventas", 0.6)
    talk.says("bueno", 0.9)
    assert talk.heard() == SAID
    talk.on(Silence())

    assert talk.heard()[1] == "diga"
    assert talk.outcomes() == [("ventas", "1", "denied")]


def test_asking_back_works_by_keys_when_nobody_listens_any_more() -> None:
    """The recognizer went away between two words."""
    talk = Talk(FLOW)
    talk.says("ventas", 0.6)
    assert talk.on(Deaf("dead")) == Play((P("ha_dicho"), P("confirmar")), DIGITS, {"said": "ventas"})
    assert talk.on(Played()) == Collect(5_000)
    assert talk.on(Key("1")) == Join("sales")


def test_the_name_of_a_digit_is_always_asked_back() -> None:
    """However sure: one syllable is too little. Unless the administrator says otherwise."""
    talk = Talk(FLOW)
    talk.says("uno", 1.0)
    assert (talk.heard(), talk.values()["said"]) == (SAID, "uno")
    assert talk.says("sí") == Join("sales")

    assert Talk(FLOW, limits=Limits(digit_accept=0.9)).says("dos", 0.95) == Join("repairs")


@pytest.mark.parametrize(
    ("said", "sure"), [("ventas", 0.3), ("cualquier cosa", 1.0), ("", 0.9), ("ventas avería", 1.0)]
)
def test_what_is_no_phrase_or_too_faint_is_not_guessed(said: str, sure: float) -> None:
    """An apology of the menu's own, the question again, and the words kept for the page."""
    talk = Talk(FLOW)
    talk.says(said, sure)

    assert talk.heard() == ("wrong", "diga", "usar_teclado")
    assert talk.outcomes() == [(said, "", "missed")]


def test_a_menu_without_words_for_it_says_that_it_has_not_understood() -> None:
    """The house has a sentence; silence only gets the question again."""
    menu = Menu(P("pulse"), {"1": N("person")}, TO_PERSON, spoken=P("diga"), phrases=PHRASES)
    talk = Talk(flow_of(menu=menu))
    talk.says("qué")
    assert talk.heard()[0] == "no_entendido"

    silent = Talk(flow_of(menu=menu))
    silent.on(Silence())
    assert silent.heard()[0] == "diga"


def test_misses_in_a_row_lead_to_the_keypad_for_the_rest_of_the_call() -> None:
    """Two by voice, then "pulse", also in the next menu; nothing is learned from a bad line."""
    again = flow_of(menu=MENU, sales=MENU, repairs=Enqueue("repairs"))
    talk = Talk(again)
    talk.says("nada")
    assert isinstance(talk.says("nada"), Play)
    assert talk.heard() == ("wrong", "pulse")
    talk.on(Played("1"))

    assert talk.heard() == ("pulse",)
    assert talk.learned == []


def test_an_answer_that_counts_forgives_the_misses_before() -> None:
    """In a row means in a row."""
    twice = flow_of(menu=MENU, sales=MENU, repairs=Enqueue("repairs"))
    talk = Talk(twice)
    talk.says("nada")
    talk.says("ventas")
    talk.says("nada")

    assert talk.heard()[1] == "diga"


def test_the_keypad_is_offered_at_least_once_before_giving_up() -> None:
    """Even if the tries would be over: the question by keys is another question."""
    menu = Menu(P("pulse"), {"1": N("person")}, TO_PERSON, spoken=P("diga"), phrases=PHRASES, tries=1)
    talk = Talk(flow_of(menu=menu), limits=Limits(misses=1))
    talk.says("nada")
    assert talk.heard() == ("no_entendido", "pulse")

    assert talk.on(Played(), Silence()) == Join("general")


def test_the_star_leads_to_the_keypad_without_costing_a_try() -> None:
    """The caller has chosen how to answer, which is learned."""
    talk = Talk(FLOW)

    assert talk.on(Key("*")) == Play((P("pulse"),), DIGITS)
    assert (talk.learned, talk.state.tries_left) == ([Mode.KEYS], 3)


def test_the_key_to_the_keypad_is_1_where_the_menu_does_not_need_it() -> None:
    """Then the sentence says "uno"; without any free key it is not said."""
    free = Menu(P("pulse"), {"2": N("person")}, TO_PERSON, spoken=P("diga"), phrases=PHRASES)
    talk = Talk(flow_of(menu=free))
    assert talk.values()["key"] == "uno"
    assert talk.on(Key("1")) == Play((P("pulse"),), DIGITS)

    full = Menu(P("pulse"), dict.fromkeys("12*#", N("person")), TO_PERSON, spoken=P("diga"), phrases=PHRASES)
    assert Talk(flow_of(menu=full)).heard() == ("diga",)


@pytest.mark.parametrize(
    ("ears", "mode"), [((), Mode.SPEECH), (("few",), Mode.KEYS), (("free",), Mode.SPEECH)]
)
def test_without_an_ear_or_with_a_liking_for_keys_the_menu_says_press(
    ears: tuple[str, ...], mode: Mode
) -> None:
    """Exactly as if there were no speech at all."""
    assert Talk(FLOW, ears=ears, mode=mode).action == Play((P("pulse"),), DIGITS)


def test_deaf_in_the_middle_goes_on_by_keys_here_and_by_voice_later() -> None:
    """A busy recognizer is no wish of the caller's."""
    twice = flow_of(menu=MENU, sales=MENU, repairs=Enqueue("repairs"))
    talk = Talk(twice)
    assert talk.on(Deaf("no slot")) == Play((P("pulse"),), DIGITS)
    talk.on(Played("1"))

    assert talk.heard() == ("diga", "usar_teclado")


def test_a_menu_in_a_language_without_words_is_asked_by_keys() -> None:
    """Nothing could be said that counts."""
    assert isinstance(Talk(FLOW, language="fr").action, Play)


def test_an_exit_of_its_own_is_taken_at_the_first_miss() -> None:
    """What the administrator names under no_input and no_match is no further try."""
    exits = Exits(N("person"), N("failed"), no_input=N("quiet"), no_match=N("odd"))
    menu = Menu(P("pulse"), {"1": N("person")}, exits, spoken=P("diga"), phrases=PHRASES)
    flow = flow_of(menu=menu, quiet=Enqueue("quiet"), odd=Enqueue("odd"))

    assert Talk(flow).on(Silence()) == Join("quiet")
    assert Talk(flow).says("nada") == Join("odd")
    assert Talk(flow, ears=()).on(Played("7")) == Join("odd")


def test_a_spoken_choice_is_told_like_a_pressed_one() -> None:
    """Whoever answers the call sees the same way."""
    spoken, keyed = Talk(FLOW), Talk(FLOW, ears=())
    spoken.says("ventas")
    keyed.on(Played("1"))

    assert spoken.passed == keyed.passed
    assert spoken.passed[1] == Passed(N("menu"), "1", "Quiere comprar", is_reason=True)


def test_the_language_chosen_on_the_way_is_the_one_listened_to() -> None:
    """In the same step: the key that chooses English leads to an English ear."""
    flow = flow_of(english=Language("en", N("menu")), menu=MENU, sales=Enqueue("s"), repairs=Enqueue("r"))
    talk = Talk(flow)
    assert talk.phrases()[0] == "sales"
    talk.says("sales", 0.6)
    assert {"yes", "no"} <= set(talk.phrases())


BILL, PARCEL = IntentId("bill"), IntentId("parcel")
ASK = Ask(
    P("why"),
    {BILL: N("sales"), PARCEL: N("repairs")},
    N("menu"),
    TO_PERSON,
    slots={"digits": VarName("order")},
    labels={BILL: "Facturación"},
)
OPEN = flow_of(ask=ASK, menu=MENU, sales=Enqueue("sales"), repairs=Enqueue("repairs"))


def test_an_open_question_hears_anything_and_asks_what_it_means() -> None:
    """The way to the keypad is part of it."""
    action = Talk(OPEN).action

    assert isinstance(action, Listen)
    assert (action.intents, action.phrases, action.digits) == (True, (), False)
    assert (action.prompts, action.values["key"]) == ((P("why"), P("usar_teclado")), "uno")


def test_an_intent_leads_on_with_what_else_was_said() -> None:
    """The intent and the slots that the flow asks for are variables; the label is what agents see."""
    talk = Talk(OPEN)
    talk.on(Heard("no entiendo mi factura 1234", 0.9, "bill", 0.8, {"digits": "1234", "date": "2026-01-01"}))

    assert talk.action == Join("sales")
    assert dict(talk.state.vars) == {"intent": "bill", "order": "1234"}
    assert talk.passed[1] == Passed(N("ask"), "bill", "Facturación", is_reason=True)
    assert talk.outcomes() == [("no entiendo mi factura 1234", "bill", "taken")]


def test_a_doubtful_intent_is_asked_back_by_its_label() -> None:
    """A yes brings the slots along."""
    talk = Talk(OPEN)
    talk.on(Heard("la factura", 0.9, "bill", 0.5, {"digits": "77"}))
    assert (talk.heard(), talk.values()["said"]) == (SAID, "Facturación")

    assert talk.says("sí") == Join("sales")
    assert talk.state.vars[VarName("order")] == "77"


@pytest.mark.parametrize(
    "heard",
    [
        Heard("x", 0.9, "bill", 0.2),
        Heard("x", 0.3, "bill", 0.9),
        Heard("x", 0.9, "other", 0.9),
        Heard("x", 0.9),
    ],
)
def test_nothing_is_done_on_a_weak_hunch(heard: Heard) -> None:
    """Badly heard, not sure, or nothing that this question leads anywhere with."""
    talk = Talk(OPEN)
    talk.on(heard)

    assert talk.heard() == ("no_entendido", "why", "usar_teclado")
    assert talk.outcomes() == [("x", "", "missed")]


def test_after_too_many_misses_the_same_is_chosen_by_keys() -> None:
    """Not understood twice: the keypad's menu, by keys."""
    talk = Talk(OPEN)
    talk.says("x")
    talk.says("x")

    assert talk.heard() == ("no_entendido", "pulse")


def test_the_keys_of_an_open_question() -> None:
    """1 to the keypad, 0 to a person, and a key that the menu behind it has is taken as meant."""
    assert Talk(OPEN).on(Key("1")) == Play((P("pulse"),), DIGITS)
    assert Talk(OPEN).on(Key("0")) == Join("general")
    assert Talk(OPEN).on(Key("2")) == Join("repairs")


@pytest.mark.parametrize(
    ("ears", "mode"), [(("few",), Mode.SPEECH), ((), Mode.SPEECH), (("few", "free"), Mode.KEYS)]
)
def test_without_free_speech_the_open_question_is_not_asked(ears: tuple[str, ...], mode: Mode) -> None:
    """Straight to the menu; by voice still if few phrases can be heard."""
    talk = Talk(OPEN, ears=ears, mode=mode)

    assert talk.heard()[0] == ("diga" if "few" in ears and mode is Mode.SPEECH else "pulse")


def test_an_open_question_without_an_ear_in_the_middle_goes_to_the_menu() -> None:
    """All slots taken between the hint and the wish."""
    talk = Talk(OPEN)
    talk.on(Deaf())

    assert talk.state.node == "menu"


SURVEY = Survey("care", (Question("polite", P("q1")), Question("solved", P("q2"), 0, 2)), N("bye"), TO_PERSON)
RATED = flow_of(survey=SURVEY)


def test_each_answer_of_a_survey_is_kept_before_the_next_question() -> None:
    """Who hangs up after the first has still given it."""
    talk = Talk(RATED, ears=())

    assert talk.heard() == ("q1",)
    assert talk.on(Played("5")) == KeepAnswer("care", "polite", 5)
    talk.on(Done())
    assert talk.heard() == ("q2",)
    assert talk.on(Played(), Key("0")) == KeepAnswer("care", "solved", 0)
    talk.on(Done())
    assert talk.state.node == "bye"


def test_a_survey_takes_only_what_it_asks_for() -> None:
    """A 9 where 1 to 5 is asked: once more, then on to the exit with the question unanswered."""
    talk = Talk(RATED, ears=())
    talk.on(Played("9"))
    assert talk.heard() == ("q1",)

    assert talk.on(Played(), Silence()) == Join("general")


def test_a_spoken_rating_is_asked_back() -> None:
    """It is the name of a digit."""
    talk = Talk(RATED)
    assert talk.phrases() == ("uno", "dos", "tres", "cuatro", "cinco")
    talk.says("cuatro", 0.99)
    assert talk.values()["said"] == "cuatro"

    assert talk.says("sí") == KeepAnswer("care", "polite", 4)


def test_a_survey_without_questions_is_over() -> None:
    """Nothing to ask, nothing to wait for."""
    assert Talk(flow_of(survey=Survey("s", (), N("person"), TO_PERSON))).action == Join("general")
