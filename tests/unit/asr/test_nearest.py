"""Words that nobody limited, against a list."""

from __future__ import annotations

import pytest

from asr.matching import STRANGE_MAX, Phrases, Words
from asr.nearest import by_fit, by_likeness, closest, of_free_speech, of_numbers, said_once, unlooped

pytestmark = pytest.mark.unit

MENU = Phrases(["facturación", "soporte técnico", "ventas"])
NUMBER = Phrases([], ["uno", "dos", "tres"])


def test_a_phrase_written_as_it_is_keeps_the_recognizer_s_confidence() -> None:
    """Exact text is the recognizer's own business."""
    assert by_likeness(MENU, "soporte tecnico", 0.77) == Words("soporte técnico", 0.77)


def test_a_phrase_written_almost_right_is_meant() -> None:
    """'factoración' can be nothing else in this menu; it may be acted upon or asked back."""
    found = by_likeness(MENU, "factoración", 0.3)
    assert found.text == "facturación"
    assert found.confidence > 0.85


def test_what_is_like_none_of_them_is_none_of_them() -> None:
    """Other words stay what they are, below anything that may be acted upon."""
    found = by_likeness(MENU, "me duele la cabeza", 0.99)
    assert found.text == "me duele la cabeza"
    assert found.confidence <= STRANGE_MAX


def test_the_sound_outweighs_the_letters() -> None:
    """A phrase that fits the sound far better than all others is meant, even if the letters are wrong."""
    found = by_fit(MENU, "benta", [("ventas", -1.0), ("facturación", -9.0), ("soporte técnico", -10.0)])
    assert found.text == "ventas"
    assert found.confidence > 0.85


@pytest.mark.parametrize("fits", [[("ventas", -6.0), ("facturación", -6.1)], [("ventas", -8.0)]])
def test_what_fits_badly_or_no_better_than_another_is_not_taken(fits: list[tuple[str, float]]) -> None:
    """Neither a tie nor the only phrase of a list may be acted upon when it does not fit."""
    assert by_fit(MENU, "un billete de tren", fits).confidence <= STRANGE_MAX


def test_confidence_never_leaves_its_range() -> None:
    """The best and the worst imaginable stay between 0 and 1."""
    worst = by_fit(MENU, "", [("ventas", -80.0), ("facturación", -90.0)])
    best = by_fit(MENU, "ventas", [("ventas", 0.0), ("facturación", -90.0)])
    assert worst.confidence == pytest.approx(0, abs=1e-6)
    assert 0.99 < best.confidence <= 1.0


def test_candidates_come_best_first_and_in_a_fixed_order() -> None:
    """Equals keep the order of the question, so that the same sound gives the same answer."""
    assert closest(MENU, "ventass", 2)[0] == "ventas"
    assert closest(Phrases(["ab", "cd", "ef"]), "zz", 2) == ("ab", "cd")


@pytest.mark.parametrize(
    ("heard", "probability", "at_least", "at_most"),
    [("hola buenas", 0.7, 0.85, 1.0), ("oja uena", 0.3, 0.0, 0.5), ("", 0.9, 0.0, 0.0)],
)
def test_free_speech(heard: str, probability: float, at_least: float, at_most: float) -> None:
    """What Whisper is sure of by its own measure may be acted upon, what it guesses may not."""
    assert at_least <= of_free_speech(heard, probability).confidence <= at_most


def test_numbers_are_asked_back_at_least() -> None:
    """Nothing but words of numbers is a number even when the recognizer doubts; other words are none."""
    assert of_numbers(NUMBER, "uno dos", 0.1) == Words("uno dos", 0.55)
    assert of_numbers(NUMBER, "uno dos", 0.9).confidence == 1.0
    assert of_numbers(NUMBER, "uno perro", 0.9) == Words("uno perro", STRANGE_MAX)


def test_words_that_are_almost_numbers_are_put_right_and_asked_back() -> None:
    """A digit written a letter wrong is that digit, never sure enough to be taken unasked."""
    assert of_numbers(NUMBER, "uno dres", 0.95) == Words("uno tres", 0.55)


@pytest.mark.parametrize(
    ("text", "speech_s", "meant"),
    [
        ("uno uno uno uno uno uno", 0.5, "uno"),
        ("dos dos dos", 1.2, "dos dos dos"),
        ("dos dos cinco", 0.3, "dos dos cinco"),
        ("uno", 0.0, "uno"),
        ("", 0.5, ""),
    ],
)
def test_nobody_says_a_word_ten_times_a_second(text: str, speech_s: float, meant: str) -> None:
    """A word in a loop is that word once; as often as people can say it, it stays."""
    assert unlooped(text, speech_s) == meant


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("ventas ventas", "ventas"),
        ("soporte tecnico soporte tecnico soporte tecnico", "soporte tecnico"),
        ("ventas soporte tecnico", "ventas soporte tecnico"),
        ("ventas", "ventas"),
        ("otra cosa otra cosa", "otra cosa otra cosa"),
        ("", ""),
    ],
)
def test_a_phrase_said_twice_is_that_phrase(text: str, meant: str) -> None:
    """Only one of the list: of anything else nobody knows what is too much."""
    assert said_once(MENU, text) == meant
