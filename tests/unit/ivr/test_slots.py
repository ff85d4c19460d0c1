"""A number, a date, an amount in an answer in free words."""

from __future__ import annotations

from datetime import date

import pytest

from ivr.slots import TEXT_MAX, read

pytestmark = pytest.mark.unit

SUNDAY = date(2026, 11, 22)


@pytest.mark.parametrize(
    ("said", "day"),
    [
        ("el tres de marzo", "2027-03-03"),
        ("el primero de enero", "2027-01-01"),
        ("el 3 de noviembre", "2026-11-03"),
        ("el treinta y uno de diciembre de dos mil veintiséis", "2026-12-31"),
        ("uno de mayo del año 2025", "2025-05-01"),
        ("mañana", "2026-11-23"),
        ("pasado mañana", "2026-11-24"),
        ("quiero cita mañana por la mañana", "2026-11-23"),
        ("me llamaron ayer", "2026-11-21"),
        ("anteayer", "2026-11-20"),
        ("el próximo viernes", "2026-11-27"),
        ("el viernes que viene", "2026-11-27"),
        ("el domingo", "2026-11-29"),
        ("el viernes pasado", "2026-11-20"),
        ("el domingo pasado", "2026-11-15"),
        ("dentro de tres días", "2026-11-25"),
        ("en una semana", "2026-11-29"),
        ("hace dos semanas", "2026-11-08"),
        ("el 3/12", "2026-12-03"),
        ("el 24-12-2026", "2026-12-24"),
        ("2026-12-24", "2026-12-24"),
    ],
)
def test_spanish_dates(said: str, day: str) -> None:
    """Without a year the nearest one; a weekday is the coming one, never today."""
    assert read(said, "es", SUNDAY)["date"] == day


@pytest.mark.parametrize(
    ("said", "day"),
    [
        ("next friday", "2026-11-27"),
        ("on monday", "2026-11-23"),
        ("last friday", "2026-11-20"),
        ("march third", "2027-03-03"),
        ("the twenty third of march", "2027-03-23"),
        ("march 3rd 2025", "2025-03-03"),
        ("december thirty first twenty twenty six", "2026-12-31"),
        ("tomorrow", "2026-11-23"),
        ("the day after tomorrow", "2026-11-24"),
        ("in three days", "2026-11-25"),
        ("two weeks ago", "2026-11-08"),
        ("12/24/2026", "2026-12-24"),
    ],
)
def test_english_dates(said: str, day: str) -> None:
    """Figures are read with the month first."""
    assert read(said, "en", SUNDAY)["date"] == day


@pytest.mark.parametrize(
    ("said", "language"),
    [
        ("por la mañana", "es"),
        ("treinta de febrero", "es"),
        ("el 31/31", "es"),
        ("i may have paid", "en"),
        ("mañana", "ko"),
        ("", "es"),
    ],
)
def test_what_is_no_date(said: str, language: str) -> None:
    """A time of day, a day that does not exist, a verb."""
    assert "date" not in read(said, language, SUNDAY)


def test_a_day_in_february_that_only_some_years_have() -> None:
    """The nearest year that has it."""
    assert read("veintinueve de febrero", "es", date(2027, 6, 1))["date"] == "2028-02-29"


@pytest.mark.parametrize(
    ("said", "language", "amount"),
    [
        ("cincuenta euros", "es", "50.00"),
        ("ciento veinte euros con cincuenta", "es", "120.50"),
        ("doce euros y cinco céntimos", "es", "12.05"),
        ("doce euros y medio", "es", "12.50"),
        ("cincuenta céntimos", "es", "0.50"),
        ("he pagado 30 euros", "es", "30.00"),
        ("son 12,50 €", "es", "12.50"),
        ("1.234,50€", "es", "1234.50"),
        ("twelve dollars fifty", "en", "12.50"),
        ("twenty pounds and ten pence", "en", "20.10"),
        ("5 €", "ko", "5.00"),
    ],
)
def test_amounts(said: str, language: str, amount: str) -> None:
    """With two decimals, by words or figures."""
    assert read(said, language, SUNDAY)["amount"] == amount


@pytest.mark.parametrize(
    ("said", "digits"),
    [
        ("mi pedido es el doce treinta y cuatro cincuenta y seis", "123456"),
        ("pedido 12345", "12345"),
        ("el uno dos tres", "123"),
    ],
)
def test_numbers(said: str, digits: str) -> None:
    """The longest that there is."""
    assert read(said, "es", SUNDAY) == {"digits": digits}


@pytest.mark.parametrize("said", ["una factura", "mil gracias", "tengo dos líneas", "el 12"])
def test_small_words_are_no_numbers(said: str) -> None:
    """Fewer than three digits, or one word alone."""
    assert read(said, "es", SUNDAY) == {}


def test_all_three_stand_side_by_side() -> None:
    """What belongs to a date or an amount is no number."""
    assert read("la factura 12345 del 3 de noviembre por 30 euros", "es", SUNDAY) == {
        "digits": "12345",
        "date": "2026-11-03",
        "amount": "30.00",
    }


def test_a_flood_is_cut() -> None:
    """Only the beginning is looked at."""
    assert read("bla " * TEXT_MAX + "mañana", "es", SUNDAY) == {}
