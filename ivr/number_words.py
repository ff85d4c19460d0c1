"""Whole numbers in words, Spanish and English. Pure."""

from __future__ import annotations

NUMBER_MAX = 10**12 - 1
LANGUAGES = frozenset({"es", "en"})
"""In which there are words; others get figures."""

# fmt: off
_SMALL_ES = (
    "cero", "uno", "dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve", "diez", "once",
    "doce", "trece", "catorce", "quince", "dieciséis", "diecisiete", "dieciocho", "diecinueve",
    "veinte", "veintiuno", "veintidós", "veintitrés", "veinticuatro", "veinticinco", "veintiséis",
    "veintisiete", "veintiocho", "veintinueve",
)
_TENS_ES = ("", "", "", "treinta", "cuarenta", "cincuenta", "sesenta", "setenta", "ochenta", "noventa")
_HUNDREDS_ES = (
    "", "ciento", "doscientos", "trescientos", "cuatrocientos", "quinientos", "seiscientos",
    "setecientos", "ochocientos", "novecientos",
)
_SMALL_EN = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven",
    "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)
_TENS_EN = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
# fmt: on


def cardinal(n: int, lang: str, *, feminine: bool = False, before_noun: bool = False) -> str:
    """
    A whole number in words, -10^12 < n < 10^12; figures beyond, and in other languages.

    Args:
        n: The number.
        lang: "es" or "en" for words.
        feminine: Spanish: "veintiuna", "doscientas".
        before_noun: Spanish: "un", "veintiún" before a masculine noun.
    """
    if abs(n) > NUMBER_MAX or lang not in LANGUAGES:
        return str(n)
    if n < 0:
        return f"{'menos' if lang == 'es' else 'minus'} {cardinal(-n, lang, feminine=feminine)}"
    return _english(n) if lang == "en" else _spanish(n, feminine=feminine, before_noun=before_noun)


def _spanish(n: int, *, feminine: bool = False, before_noun: bool = False) -> str:
    parts = []
    millions, rest = divmod(n, 1_000_000)
    thousands, units = divmod(rest, 1_000)
    if millions:
        parts.append("un millón" if millions == 1 else f"{_spanish(millions, before_noun=True)} millones")
    if thousands:
        # "mil", never "un mil"; "veintiún mil", but "veintiuna mil personas".
        one = thousands == 1
        parts.append("mil" if one else f"{_below_thousand_es(thousands, feminine, before_noun=True)} mil")
    if units or not parts:
        parts.append(_below_thousand_es(units, feminine, before_noun=before_noun))
    return " ".join(parts)


def _below_thousand_es(n: int, feminine: bool, *, before_noun: bool) -> str:
    if n == 100:
        return "cien"
    hundreds, rest = divmod(n, 100)
    words = [_HUNDREDS_ES[hundreds]] if hundreds else []
    if feminine and hundreds > 1:
        words[0] = f"{words[0][:-2]}as"
    if rest or not hundreds:
        words.append(_below_hundred_es(rest, feminine, before_noun=before_noun))
    return " ".join(words)


def _below_hundred_es(n: int, feminine: bool, *, before_noun: bool) -> str:
    if n < len(_SMALL_ES):
        word = _SMALL_ES[n]
    else:
        tens, units = divmod(n, 10)
        word = _TENS_ES[tens] if not units else f"{_TENS_ES[tens]} y {_SMALL_ES[units]}"
    if not word.endswith("uno"):
        return word
    if feminine:
        return f"{word[:-1]}a"
    if before_noun:
        return "veintiún" if word == "veintiuno" else word[:-1]
    return word


def _english(n: int) -> str:
    parts = []
    for size, name in ((10**9, "billion"), (10**6, "million"), (10**3, "thousand")):
        count, n = divmod(n, size)
        if count:
            parts.append(f"{_below_thousand_en(count)} {name}")
    if n or not parts:
        joined = "and " if parts and n < 100 else ""
        parts.append(joined + _below_thousand_en(n))
    return " ".join(parts)


def _below_thousand_en(n: int) -> str:
    hundreds, rest = divmod(n, 100)
    if not hundreds:
        return _below_hundred_en(rest)
    return f"{_SMALL_EN[hundreds]} hundred" + (f" and {_below_hundred_en(rest)}" if rest else "")


def _below_hundred_en(n: int) -> str:
    if n < len(_SMALL_EN):
        return _SMALL_EN[n]
    tens, units = divmod(n, 10)
    return _TENS_EN[tens] + (f"-{_SMALL_EN[units]}" if units else "")


def ordinal_en(n: int) -> str:
    """1 to 99: "first", "twenty-second"."""
    irregular = {1: "first", 2: "second", 3: "third", 5: "fifth", 8: "eighth", 9: "ninth", 12: "twelfth"}
    if n in irregular:
        return irregular[n]
    tens, units = divmod(n, 10)
    if n > 20 and units:
        return f"{_TENS_EN[tens]}-{ordinal_en(units)}"
    word = _below_hundred_en(n)
    return f"{word[:-1]}ieth" if word.endswith("y") else f"{word}th"
