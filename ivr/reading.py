"""
Numbers, money, dates and times as they are said aloud, in Spanish and English. Pure.

A synthesiser reads figures by rules of its own, and badly where gender or currency
matters ("21 personas", "12,50 €"): what callers hear is therefore written out here.
Languages without a reader here get the figures.
"""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation

from ivr.number_words import NUMBER_MAX, cardinal, ordinal_en


class Kind(enum.StrEnum):
    """How a value in a prompt is read: `{saldo: money}`."""

    TEXT = "text"
    DIGITS = "digits"
    """One by one: "4 0 7"."""
    SPELLED = "spelled"
    """Letters and digits one by one."""
    NUMBER = "number"
    MONEY = "money"
    """As "12.50" or "12.50 EUR"; euros if no currency is named."""
    DATE = "date"
    """ISO 8601: 2026-11-22."""
    TIME = "time"
    """17:30."""
    DURATION = "duration"
    """Whole seconds."""


Reader = Callable[[str, str], str]


def read(kind: Kind, value: str, lang: str, currency: str = "EUR") -> str:
    """
    A value as it is said.

    Args:
        kind: What it is.
        value: As the flow's variable holds it; one that is not of its kind is read as it stands.
        lang: Two letters.
        currency: ISO 4217, of money that names none.
    """
    if kind is Kind.TEXT:
        return value
    try:
        match kind:
            case Kind.MONEY:
                amount, _, named = value.strip().partition(" ")
                return _money(_decimal(amount), (named or currency).upper(), lang)
            case _:
                return _READERS[kind](value.strip(), lang)
    except (ValueError, InvalidOperation, OverflowError):
        return value


# fmt: off
_MONTHS = {
    "es": ("enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre",
           "octubre", "noviembre", "diciembre"),
    "en": ("January", "February", "March", "April", "May", "June", "July", "August", "September",
           "October", "November", "December"),
}
_CURRENCIES: Mapping[str, Mapping[str, tuple[str, str, str, str]]] = {
    # one, many, one hundredth, many hundredths
    "EUR": {"es": ("euro", "euros", "céntimo", "céntimos"), "en": ("euro", "euros", "cent", "cents")},
    "USD": {"es": ("dólar", "dólares", "centavo", "centavos"), "en": ("dollar", "dollars", "cent", "cents")},
    "GBP": {"es": ("libra", "libras", "penique", "peniques"), "en": ("pound", "pounds", "penny", "pence")},
    **{
        code: {"es": ("peso", "pesos", "centavo", "centavos"), "en": ("peso", "pesos", "centavo", "centavos")}
        for code in ("MXN", "COP", "ARS", "CLP", "UYU")
    },
    "PEN": {"es": ("sol", "soles", "céntimo", "céntimos"), "en": ("sol", "soles", "cent", "cents")},
}
_FEMININE = frozenset({"GBP"})
# fmt: on


def _decimal(value: str) -> Decimal:
    """Of "1234.5" or "1234,5", without marks between thousands."""
    found = Decimal(value.strip().replace(",", "."))
    if not found.is_finite() or abs(found) > NUMBER_MAX:
        raise ValueError(value)
    return found


def _number(value: Decimal, lang: str) -> str:
    whole = int(value)
    words = cardinal(whole, lang)
    decimals = format(abs(value - whole).normalize(), "f").partition(".")[2]
    if value < 0 and not whole:
        words = f"{'menos' if lang == 'es' else 'minus'} {words}"
    if not decimals:
        return words
    if lang == "es":
        zeros = ["cero"] * (len(decimals) - len(decimals.lstrip("0")))
        rest = decimals.lstrip("0")
        return " ".join([words, "coma", *zeros, cardinal(int(rest), lang)])
    return f"{words} point {' '.join(cardinal(int(digit), lang) for digit in decimals)}"


def _money(value: Decimal, currency: str, lang: str) -> str:
    names = _CURRENCIES.get(currency, {}).get(lang)
    if names is None:
        return f"{_number(value, lang)} {currency}"
    cents = int((abs(value) * 100).to_integral_value(rounding="ROUND_HALF_UP"))
    whole, hundredths = divmod(cents, 100)
    less = ("menos " if lang == "es" else "minus ") if value < 0 else ""
    one, many, one_hundredth, many_hundredths = names
    feminine = lang == "es" and currency in _FEMININE
    amount = cardinal(whole, lang, feminine=feminine, before_noun=not feminine)
    # "un millón de euros": a round number of millions needs its "de".
    joined = " de " if lang == "es" and whole and whole % 1_000_000 == 0 else " "
    said = f"{amount}{joined}{one if whole == 1 else many}"
    unit = one_hundredth if hundredths == 1 else many_hundredths
    small = f"{cardinal(hundredths, lang, before_noun=True)} {unit}"
    if not hundredths:
        return less + said
    if not whole:
        return less + small
    return f"{less}{said} {'con' if lang == 'es' else 'and'} {small}"


def _date(day: dt.date, lang: str) -> str:
    months = _MONTHS.get(lang)
    if months is None:
        return day.isoformat()
    month = months[day.month - 1]
    if lang == "es":
        first = "uno" if day.day == 1 else cardinal(day.day, lang)
        return f"{first} de {month} de {cardinal(day.year, lang)}"
    return f"{ordinal_en(day.day)} of {month} {_year_en(day.year)}"


def _year_en(year: int) -> str:
    high, low = divmod(year, 100)
    if high % 10 == 0 and low < 10:
        return cardinal(year, "en")
    rest = f"{'oh ' if low < 10 else ''}{cardinal(low, 'en')}" if low else "hundred"
    return f"{cardinal(high, 'en')} {rest}"


def _time(at: dt.time, lang: str) -> str:
    hour = at.hour % 12 or 12
    if lang == "es":
        said = "la una" if hour == 1 else f"las {cardinal(hour, lang)}"
        minutes = {0: "", 15: " y cuarto", 30: " y media"}.get(at.minute, f" y {cardinal(at.minute, lang)}")
        return f"{said}{minutes} {_part_of_day_es(at.hour)}"
    if lang == "en":
        minutes = "" if not at.minute else f" {'oh ' if at.minute < 10 else ''}{cardinal(at.minute, lang)}"
        return f"{cardinal(hour, lang)}{minutes} {'a m' if at.hour < 12 else 'p m'}"
    return at.strftime("%H:%M")


def _part_of_day_es(hour: int) -> str:
    if hour < 6:
        return "de la madrugada"
    if hour < 13:
        return "de la mañana" if hour < 12 else "del mediodía"
    return "de la tarde" if hour < 21 else "de la noche"


def _duration(seconds: int, lang: str) -> str:
    """The two largest units: nobody needs seconds of an hour."""
    names = {
        "es": (("hora", "horas"), ("minuto", "minutos"), ("segundo", "segundos")),
        "en": (("hour", "hours"), ("minute", "minutes"), ("second", "seconds")),
    }.get(lang)
    if names is None or not 0 <= seconds <= NUMBER_MAX:
        raise ValueError(seconds)
    counts = (seconds // 3600, seconds // 60 % 60, seconds % 60)
    first = next((index for index, count in enumerate(counts) if count), 2)
    said = [
        f"{cardinal(count, lang, feminine=index == 0, before_noun=True)} {name[count != 1]}"
        for index, (count, name) in enumerate(zip(counts, names, strict=True))
        if first <= index <= first + 1 and (count or index == first)
    ]
    return (" y " if lang == "es" else " and ").join(said)


def _one_by_one(signs: list[str], lang: str) -> str:
    """In groups of three, so that they can be followed."""
    words = [cardinal(int(sign), lang) if sign in "0123456789" else sign for sign in signs]
    groups = [" ".join(words[at : at + 3]) for at in range(0, len(words), 3)]
    return ", ".join(groups)


_READERS: Mapping[Kind, Reader] = {
    Kind.DIGITS: lambda value, lang: _one_by_one([sign for sign in value if sign.isalnum()], lang),
    Kind.SPELLED: lambda value, lang: _one_by_one([s for s in value.upper() if not s.isspace()], lang),
    Kind.NUMBER: lambda value, lang: _number(_decimal(value), lang),
    Kind.DATE: lambda value, lang: _date(dt.date.fromisoformat(value[:10]), lang),
    Kind.TIME: lambda value, lang: _time(dt.time.fromisoformat(value), lang),
    Kind.DURATION: lambda value, lang: _duration(int(value), lang),
}
