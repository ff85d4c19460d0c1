"""What figures sound like: both languages, by known answers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.number_words import NUMBER_MAX, cardinal
from ivr.reading import Kind, read

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("kind", "value", "es", "en"),
    [
        ("money", "12.50", "doce euros con cincuenta céntimos", "twelve euros and fifty cents"),
        ("money", "12,50", "doce euros con cincuenta céntimos", "twelve euros and fifty cents"),
        ("money", "1", "un euro", "one euro"),
        ("money", "21", "veintiún euros", "twenty-one euros"),
        ("money", "0.01", "un céntimo", "one cent"),
        ("money", "-3.10", "menos tres euros con diez céntimos", "minus three euros and ten cents"),
        ("money", "1000000", "un millón de euros", "one million euros"),
        ("money", "21.01 GBP", "veintiuna libras con un penique", "twenty-one pounds and one penny"),
        ("money", "0.999", "un euro", "one euro"),
        ("number", "100", "cien", "one hundred"),
        ("number", "101", "ciento uno", "one hundred and one"),
        ("number", "1.05", "uno coma cero cinco", "one point zero five"),
        ("number", "-0.5", "menos cero coma cinco", "minus zero point five"),
        ("number", "31231", "treinta y un mil doscientos treinta y uno",
         "thirty-one thousand two hundred and thirty-one"),
        ("number", "1000001", "un millón uno", "one million and one"),
        ("date", "2026-11-22", "veintidós de noviembre de dos mil veintiséis",
         "twenty-second of November twenty twenty-six"),
        ("date", "2000-01-01", "uno de enero de dos mil", "first of January two thousand"),
        ("date", "1905-02-12", "doce de febrero de mil novecientos cinco",
         "twelfth of February nineteen oh five"),
        ("time", "17:30", "las cinco y media de la tarde", "five thirty p m"),
        ("time", "13:00", "la una de la tarde", "one p m"),
        ("time", "00:05", "las doce y cinco de la madrugada", "twelve oh five a m"),
        ("duration", "80", "un minuto y veinte segundos", "one minute and twenty seconds"),
        ("duration", "7321", "dos horas y dos minutos", "two hours and two minutes"),
        ("duration", "0", "cero segundos", "zero seconds"),
        ("digits", "40 73-2", "cuatro cero siete, tres dos", "four zero seven, three two"),
        ("spelled", "78z", "siete ocho Z", "seven eight Z"),
        ("text", "  tal cual", "  tal cual", "  tal cual"),
    ],
)  # fmt: skip
def test_a_value_is_read_as_people_say_it(kind: str, value: str, es: str, en: str) -> None:
    """Gender, currency, irregular words and cents come out right in both languages."""
    assert (read(Kind(kind), value, "es").strip(), read(Kind(kind), value, "en").strip()) == (
        es.strip(),
        en.strip(),
    )


@pytest.mark.parametrize(
    "kind", [kind for kind in Kind if kind not in (Kind.TEXT, Kind.DIGITS, Kind.SPELLED)]
)
@pytest.mark.parametrize(
    "value", ["", "mañana", "12/11/2026", "NaN", "Infinity", "1e400", "99999999999999999"]
)
def test_what_is_not_of_its_kind_is_read_as_it_stands(kind: Kind, value: str) -> None:
    """A CRM that answers nonsense costs no caller the sentence, let alone the call."""
    assert read(kind, value, "es") == value


def test_other_languages_hear_figures() -> None:
    """A language without words here leaves the figures to its synthesiser."""
    assert read(Kind.NUMBER, "21", "fr") == "21"
    assert read(Kind.DATE, "2026-11-22", "fr") == "2026-11-22"


@given(st.integers(-NUMBER_MAX, NUMBER_MAX), st.sampled_from(["es", "en"]), st.booleans(), st.booleans())
def test_every_number_has_words_of_its_own(n: int, lang: str, feminine: bool, before_noun: bool) -> None:
    """No figure is left in the words, and the neighbour is said differently."""
    words = cardinal(n, lang, feminine=feminine, before_noun=before_noun)
    assert words and not any(sign.isdigit() for sign in words)
    if n < NUMBER_MAX:
        assert words != cardinal(n + 1, lang, feminine=feminine, before_noun=before_noun)


def test_people_are_counted_in_the_feminine() -> None:
    """Personas, horas: veintiuna, doscientas; and before a masculine noun veintiún."""
    assert cardinal(221, "es", feminine=True) == "doscientas veintiuna"
    assert cardinal(21_000, "es", before_noun=True) == "veintiún mil"
    assert cardinal(101, "es", before_noun=True) == "ciento un"
