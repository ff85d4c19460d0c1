"""What was said, against what may be said."""

from __future__ import annotations

import pytest

from ivr.phrases import (
    NO,
    YES,
    Option,
    collapsed,
    folded,
    key_name,
    matched,
    menu_options,
    plain,
    yes_no_words,
    yes_or_no,
)

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("text", "kept", "without"),
    [
        ("¿Sí, señor?", "sí señor", "si señor"),
        ("  AVERÍA  grave. ", "avería grave", "averia grave"),
        ("pingüino", "pingüino", "pinguino"),
        ("that’s RIGHT!", "that's right", "that's right"),
        ("예, 그렇습니다.", "예 그렇습니다", "예 그렇습니다"),
        ("a_b\tc", "a b c", "a b c"),
        ("", "", ""),
        ("Ñandú", "ñandú", "ñandu"),
    ],
)
def test_texts_are_compared_by_their_words(text: str, kept: str, without: str) -> None:
    """Case, punctuation and accents do not count; ñ is a letter of its own."""
    assert (plain(text), folded(text)) == (kept, without)


def test_decomposed_accents_are_the_same_letters() -> None:
    """As some keyboards and recognizers write them."""
    assert folded("avería") == folded("avería") == "averia"


@pytest.mark.parametrize(
    ("text", "short"),
    [
        ("예 예 그렇습니다", "예 그렇습니다"),
        ("ventas ventas ventas", "ventas"),
        ("quiero pagar quiero pagar por favor", "quiero pagar por favor"),
        ("sí no sí", "sí no sí"),
        ("a a b b a a b b", "a b"),
        ("", ""),
    ],
)
def test_immediate_repeats_count_once(text: str, short: str) -> None:
    """Of one word or of several; what comes again later is no repeat."""
    assert collapsed(text) == short


def test_a_long_answer_is_cut_and_takes_no_time() -> None:
    """Nobody's menu has phrases of sixty words."""
    assert collapsed(" ".join(str(n) for n in range(10_000))).count(" ") == 59


def test_options_are_the_phrases_then_the_names_of_the_keys() -> None:
    """In the caller's language only; signs have no name that is listened to."""
    phrases = {"1": {"es": ("Ventas", "¡Comprar!"), "en": ("sales",)}}

    assert menu_options("12*", phrases, "es") == (
        Option("ventas", "1"),
        Option("comprar", "1"),
        Option("uno", "1", is_digit=True),
        Option("dos", "2", is_digit=True),
    )
    assert menu_options("1", phrases, "fr") == ()


def test_a_phrase_that_is_another_keys_digit_is_what_the_administrator_says() -> None:
    """ "dos" for key 1 is strange, but it was written so; for its own key it stays the name of a digit."""
    assert matched("dos", menu_options("12", {"1": {"es": ("dos",)}}, "es")) == Option("dos", "1")
    assert matched("dos", menu_options("12", {"2": {"es": ("dos",)}}, "es")) == Option(
        "dos", "2", is_digit=True
    )


def test_a_phrase_with_a_repeat_of_its_own_is_found_as_it_is() -> None:
    """ "no no" may be an option beside "no"."""
    options = (Option("no", "1"), Option("no no", "2"))

    assert matched("no", options) == options[0]
    assert matched("No, no.", options) == options[1]
    assert matched("no no", options[:1]) == options[0]
    assert matched("", options) is None


@pytest.mark.parametrize("language", YES)
def test_yes_and_no_are_never_the_same(language: str) -> None:
    """Each word is what its list says, also doubled."""
    assert all(yes_or_no(f"{word} {word}", language) is True for word in YES[language])
    assert all(yes_or_no(word, language) is False for word in NO[language])
    assert yes_or_no("quizás", language) is None
    assert set(yes_no_words(language)) == {*YES[language], *NO[language]}


def test_a_language_without_words_has_no_yes() -> None:
    """It is asked by keys."""
    assert yes_no_words("ko") == ()
    assert yes_or_no("sí", "ko") is None


@pytest.mark.parametrize(
    ("key", "language", "name"),
    [
        ("1", "es", "uno"),
        ("*", "es", "asterisco"),
        ("#", "en", "hash"),
        ("9", "en", "nine"),
        ("1", "ko", "1"),
    ],
)
def test_keys_have_names(key: str, language: str, name: str) -> None:
    """As a prompt speaks them; a synthesiser reads the key itself otherwise."""
    assert key_name(key, language) == name
