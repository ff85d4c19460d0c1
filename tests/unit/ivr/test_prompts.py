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
        return None if text in self._missing or "{" in text else f"{lang}:{text}"

    async def speak(self, text: str, lang: str) -> str | None:
        path = self.path(text, lang)
        return None if path is None else f"now {path}"


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


@pytest.mark.parametrize(
    ("from_s", "to_s", "sentences"),
    [
        (10, 55, ["es:Tiempo de espera estimado: menos de un minuto."]),
        (20, 61, ["es:Tiempo de espera estimado: menos de dos minutos."]),
        (60, 170, ["es:Tiempo de espera estimado: entre uno", "es:y tres minutos."]),
        (240, 419, ["es:Tiempo de espera estimado: entre cuatro", "es:y ocho minutos."]),
        (300, 300, ["es:Tiempo de espera estimado: entre cinco", "es:y seis minutos."]),
        (1_000, 2_000, ["es:Tiempo de espera estimado: más de quince minutos."]),
        (2_400, 9_000, ["es:Tiempo de espera estimado: más de treinta minutos."]),
        (0, 0, ["es:Tiempo de espera estimado: menos de un minuto."]),
        (90, 3_600, []),
        (0, 3_600, []),
    ],
)
def test_the_wait_is_told_in_honest_minutes(from_s: int, to_s: int, sentences: list[str]) -> None:
    """Rounded outwards to round minutes, never zero; a range that tells nothing is not told."""
    place = Position(3, "sales", wait_ms=(from_s * 1_000, to_s * 1_000))

    assert catalogue().position(place, "es") == ["es:Tiene dos personas delante.", *sentences]


def test_whoever_is_being_called_for_is_not_told_a_wait() -> None:
    """The bell rings already: no number helps."""
    place = Position(1, "sales", agent_is_ringing=True, wait_ms=(60_000, 120_000))

    assert catalogue().position(place, "es") == ["es:Un momento, por favor. Enseguida le atienden."]


def test_every_wait_that_can_be_told_has_been_rendered() -> None:
    """Whatever the estimate, no sound is missing when it is to be said."""
    rendered = {f"{lang}:{text}" for text, lang in catalogue().to_render()}

    for from_s in range(0, 4_000, 37):
        for to_s in range(from_s, 6_000, 113):
            for lang in ("es", "en"):
                place = Position(2, "sales", wait_ms=(from_s * 1_000, to_s * 1_000))
                assert set(catalogue().position(place, lang)) <= rendered


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

    house = 9 + 4
    assert len(texts) == len(set(texts)) == 2 * (1 + house + 49 + 1 + 13 + 3 * 12)
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


async def test_a_value_is_said_in_its_place() -> None:
    """In the caller's language, with words for figures; a sentence without its value is left out."""
    prompts: dict[PromptId, dict[str, Wording]] = {
        PromptId("saldo"): {"es": Spoken("Debe {saldo: money}."), "en": Spoken("You owe {saldo: money}.")},
        PromptId("hola"): {"es": Spoken("Hola.")},
    }
    told = Catalogue(prompts, ["es", "en"], FakeSounds())
    both = (PromptId("hola"), PromptId("saldo"))
    assert await told.say(both, "es", {"saldo": "2"}) == ["es:Hola.", "now es:Debe dos euros."]
    assert await told.say(both, "en", {"saldo": "2"}) == ["es:Hola.", "now en:You owe two euros."]
    assert await told.say(both, "en", {}) == ["es:Hola."]


def test_a_sentence_with_a_place_is_not_made_beforehand() -> None:
    """Its values are the caller's own; the house's numbers are all made, as before."""
    told = Catalogue({PromptId("saldo"): {"es": Spoken("Debe {saldo: money}.")}}, ["es"], FakeSounds())
    texts = [text for text, _ in told.to_render()]
    assert not any("{" in text for text in texts)
    assert "Tiene dos personas delante." in texts
