"""
What else stands in an answer in free words: a number, a date, an amount. Spanish and English, pure.

Only what is said plainly is taken; a caller who is misunderstood here is asked again, or
read back to, by the flow.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date

from ivr.phrases import folded
from ivr.spoken_dates import Span, dates, written_date
from ivr.spoken_numbers import is_figure, is_number_word, readings, value

DIGITS_FEWEST = 3
"""A number with fewer digits is hardly a customer's or an order's."""
WORDS_MAX = 80
TEXT_MAX = 1_000
"""Characters of an answer that are looked at."""

_CURRENCY = {
    "es": frozenset({"euro", "euros", "peso", "pesos", "dolar", "dolares"}),
    "en": frozenset({"euro", "euros", "dollar", "dollars", "pound", "pounds"}),
}
_CENTS = {"es": frozenset({"centimo", "centimos", "centavos"}), "en": frozenset({"cent", "cents", "pence"})}
_WITH = {"es": frozenset({"con", "y"}), "en": frozenset({"and"})}
_HALF = {"es": frozenset({"medio"}), "en": frozenset()}
_SIGNED = re.compile(
    r"([0-9]{1,3}(?:[.,][0-9]{3}){1,4}|[0-9]{1,12})(?:[.,]([0-9]{1,2}))?\s*(?:€|eur\b|\$|£)", re.IGNORECASE
)


def read(text: str, language: str, today: date) -> dict[str, str]:
    """
    What stands in an answer.

    Args:
        text: As it was recognised, or typed.
        language: In languages without words of ours, only figures count.
        today: Where the caller is.

    Returns:
        Of these, what there is: `digits`; `date`, ISO 8601, of days without a year the one
        nearest to today; `amount` with a point and two decimals, without currency.
    """
    found: dict[str, str] = {}
    text = text[:TEXT_MAX]
    signed = _SIGNED.search(text)
    if signed is not None:
        found["amount"] = _money(int(re.sub(r"[.,]", "", signed[1])), int((signed[2] or "0").ljust(2, "0")))
        text = text[: signed.start()] + " | " + text[signed.end() :]
    written, text = written_date(text, today, day_first=language != "en")
    words: list[str] = [word for part in text.split("|") for word in (*folded(part).split(), "|")][:WORDS_MAX]
    for name, spans in (("date", dates(words, language, today)), ("amount", _amounts(words, language))):
        span = next(spans, None)
        if span is not None and name not in found:
            found[name] = span.text
            words[span.start : span.end] = ["|"]
    if written:
        found["date"] = written
    number = max(_numbers(words, language), key=len, default="")
    return {**found, "digits": number} if number else found


# Numbers


def _numbers(words: Sequence[str], language: str) -> Iterator[str]:
    """Runs of words of numbers, as digits."""
    run: list[str] = []
    for word in (*words, "|"):
        is_joint = bool(run) and word in {"y", "and"}
        if is_number_word(word, language) or is_figure(word) or is_joint:
            run.append(word)
            continue
        # One word alone is an article ("una factura") or a manner of speaking ("mil gracias").
        if len(run) > 1 or (run and is_figure(run[0])):
            number = next(iter(readings(" ".join(run), language)), "")
            if len(number) >= DIGITS_FEWEST:
                yield number
        run = []


# Amounts


def _money(units: int, cents: int) -> str:
    return f"{units}.{cents:02d}"


def _amounts(words: Sequence[str], language: str) -> Iterator[Span]:
    """Numbers before the name of a currency, and the cents behind it."""
    currency, cents = _CURRENCY.get(language, frozenset()), _CENTS.get(language, frozenset())
    for start in range(len(words)):
        counted = value(words[start:], language)
        if counted is None:
            continue
        number, end = counted[0], start + counted[1]
        if end < len(words) and words[end] in currency:
            rest, stop = _cents(words, end + 1, language)
            yield Span(_money(number, rest), start, stop)
            return
        if end < len(words) and words[end] in cents and number < 100:
            yield Span(_money(0, number), start, end + 1)
            return


def _cents(words: Sequence[str], start: int, language: str) -> tuple[int, int]:
    """What follows a currency: "con cincuenta", "y medio", "fifty"; and where it ends."""
    joined = start < len(words) and words[start] in _WITH[language]
    place = start + joined
    if place < len(words) and joined and words[place] in _HALF[language]:
        return 50, place + 1
    counted = value(words[place:], language)
    if counted is None or counted[0] > 99:
        return 0, start
    end = place + counted[1]
    return counted[0], end + (end < len(words) and words[end] in _CENTS[language])
