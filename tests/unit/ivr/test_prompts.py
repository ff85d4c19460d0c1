from __future__ import annotations

import pytest

from ivr.flow import PromptId
from ivr.prompts import SERVICE_TEXTS, Catalogue, Position, Recorded, Spoken, Wording, number_word

pytestmark = pytest.mark.unit


class FakeSounds:
    """Has every text but those it is told to miss."""

    def __init__(self, *missing: str) -> None:
        self._missing = missing

    def path(self, text: str, lang: str) -> str | None:
        return None if text in self._missing else f"{lang}:{text}"


def catalogue(*missing: str, languages: tuple[str, ...] = ("es", "en")) -> Catalogue:
    prompts: dict[PromptId, dict[str, Wording]] = {
        PromptId("hello"): {"es": Spoken("Hola."), "en": Spoken("Hello.")},
        PromptId("notice"): {"es": Recorded("/sounds/notice")},
    }
    return Catalogue(prompts, languages, FakeSounds(*missing))


@pytest.mark.parametrize(
    ("number", "sentence"),
    [
        (1, "es:Es usted el siguiente."),
        (2, "es:Tiene una persona delante."),
        (3, "es:Tiene dos personas delante."),
        (22, "es:Tiene veintiuna personas delante."),
        (32, "es:Tiene treinta y una personas delante."),
        (51, "es:Tiene cincuenta personas delante."),
        (52, "es:Hay más de cincuenta personas delante."),
        (900, "es:Hay más de cincuenta personas delante."),
        (0, "es:Es usted el siguiente."),
    ],
)
def test_the_position_is_said_as_people_say_it(number: int, sentence: str) -> None:
    """Position 1 is next; people ahead are counted in the feminine up to fifty."""
    assert catalogue().position(Position(number, "sales"), "es") == [sentence]


def test_whoever_is_being_called_for_is_not_told_a_number() -> None:
    """While a telephone rings for the caller the number no longer matters."""
    assert catalogue().position(Position(3, "sales", agent_is_ringing=True), "en") == [
        "en:One moment, please."
    ]


def test_numbers_from_zero_to_fifty_are_all_different_words() -> None:
    """No two positions sound alike."""
    assert len({number_word(n, "es") for n in range(51)}) == 51
    assert number_word(21, "en") == "21"


def test_a_prompt_is_found_in_the_callers_language_or_in_that_of_the_house() -> None:
    """A missing translation is spoken by the default language's voice."""
    assert catalogue().sounds([PromptId("hello"), PromptId("notice")], "en") == [
        "en:Hello.",
        "/sounds/notice",
    ]
    assert catalogue("Hello.").sounds([PromptId("hello")], "en") == ["es:Hola."]


def test_a_prompt_without_sound_is_left_out() -> None:
    """Neither a missing file nor an unknown name stops the others."""
    prompts = [PromptId("nobody"), PromptId("hello"), PromptId("notice")]

    assert catalogue("Hola.").sounds(prompts, "es") == ["/sounds/notice"]


def test_everything_that_can_be_said_is_rendered_beforehand() -> None:
    """All texts, all positions, both languages, once each; recordings are not synthesised."""
    texts = catalogue().to_render()

    assert len(texts) == len(set(texts)) == 2 * (1 + 9 + 49)
    assert ("Tiene cincuenta personas delante.", "es") in texts
    assert ("There are 2 people ahead of you.", "en") in texts
    assert all(lang == "es" for _, lang in catalogue(languages=("es",)).to_render())


def test_the_house_sentences_can_be_replaced() -> None:
    """A configured prompt of the same name wins, and its number is filled in."""
    own = Catalogue({PromptId("cola_varias"): {"es": Spoken("Hay {n}.")}}, ["es"], FakeSounds())

    assert own.position(Position(4, "sales"), "es") == ["es:Hay tres."]


def test_every_house_sentence_exists_in_both_languages() -> None:
    """Spanish first, English second."""
    assert all(list(texts) == ["es", "en"] for texts in SERVICE_TEXTS.values())
