"""
The text of a rule cut into words, numbers and signs.

Nothing but printable ASCII gets through outside quotes, and only the signs of
the language: whatever else Python can write ends here, before there is any
meaning to abuse.
"""

from __future__ import annotations

import enum
import keyword
import re
import unicodedata
from dataclasses import dataclass

from config.rules.errors import Refusal, refuse
from config.rules.types import UNITS_MS

TEXT_MAX = 1_000
"""Characters of one rule."""
TOKENS_MAX = 300
QUOTED_MAX = 100
INT_MAX = 10**9
DURATION_MAX_MS = 366 * 86_400_000


class Mark(enum.Enum):
    FACT = "fact"
    WORD = "word"
    INT = "int"
    DURATION = "duration"
    MONEY = "money"
    TEXT = "text"
    SIGN = "sign"
    END = "end"


@dataclass(frozen=True, slots=True)
class Token:
    """`start` and `end` are offsets in the text; `value` is set for numbers, durations and quoted text."""

    mark: Mark
    text: str
    start: int
    end: int
    value: int | str = ""


_TOKEN = re.compile(
    r"(?P<space>[ \t\r\n]+)"
    r"|(?P<fact>[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z0-9_]+)+)"
    r"|(?P<duration>(?:0|[1-9][0-9]*)(?:ms|[smhd])(?![A-Za-z0-9_.]))"
    r"|(?P<int>(?:0|[1-9][0-9]*)(?![A-Za-z0-9_.]))"
    r"|(?P<money>(?:0|[1-9][0-9]*)\.[0-9]{2}(?![A-Za-z0-9_.]))"
    r"|(?P<number>[0-9][A-Za-z0-9_.]*)"
    r"|(?P<word>[A-Za-z_][A-Za-z0-9_]*(?:-[A-Za-z0-9_]+)*)"
    r"|(?P<text>\"[^\"\\]*\"|'[^'\\]*')"
    r"|(?P<sign>==|!=|<=|>=)"
    r"|(?P<foreign>\*\*|//|:=|<>|=>|=<|&&|\|\||<<|>>|[-+*/%]=|->|[!#$%&*./:;=?@\\^`{|}~])"
    r"|(?P<single>[()\[\],<>+-])",
    re.ASCII,
)

_NOT_OURS = frozenset(keyword.kwlist) - {"and", "or", "not", "in", "from"}
_HINTS = {
    "=": "==", "&&": "and", "||": "or", "&": "and", "|": "or", "!": "not", "<>": "!=", "=>": ">=", "=<": "<=",
    "None": "not known(…)", "True": "true", "False": "false", "is": "==",
}  # fmt: skip


def tokens(text: str) -> list[Token]:
    """
    Cut a rule.

    Returns:
        At least the END token.

    Raises:
        Refusal: At the first thing that is not of the language.
    """
    if len(text) > TEXT_MAX:
        raise _too_long(TEXT_MAX, TEXT_MAX + 1)
    found: list[Token] = []
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None or match.lastgroup is None:
            raise _strange(text, at)
        if match.lastgroup != "space":
            found.append(_token(match.lastgroup, match[0], at))
        at = match.end()
        if len(found) > TOKENS_MAX:
            raise _too_long(at - 1, at)
    found.append(Token(Mark.END, "", len(text), len(text)))
    return found


def _token(group: str, text: str, start: int) -> Token:
    end = start + len(text)
    match group:
        case "fact":
            return Token(Mark.FACT, text, start, end)
        case "word":
            return _word(text, start, end)
        case "int":
            return Token(Mark.INT, text, start, end, _bounded(text, start, end))
        case "duration":
            return Token(Mark.DURATION, text, start, end, _duration(text, start, end))
        case "money":
            whole, _, cents = text.partition(".")
            value = _bounded(whole, start, end) * 100 + int(cents)
            return Token(Mark.MONEY, text, start, end, value)
        case "text":
            return Token(Mark.TEXT, text, start, end, _quoted(text, start, end))
        case "sign" | "single":
            return Token(Mark.SIGN, text, start, end)
        case "number":
            said = (f"«{text}» no es un número", f'"{text}" is not a number')
            raise refuse("bad-number", start, end, said, ("p. ej. 3, 90s, 10m, 2h, 7d, 12.50",) * 2)
        case _:
            raise _foreign(text, start, end)


def _word(text: str, start: int, end: int) -> Token:
    if text in _NOT_OURS:
        raise _foreign(text, start, end)
    return Token(Mark.WORD, text, start, end)


def _foreign(text: str, start: int, end: int) -> Refusal:
    hint = _HINTS.get(text)
    fix = (f"escriba «{hint}»", f'write "{hint}"') if hint else ("quítelo", "remove it")
    if text == "\\":
        fix = ("los textos no llevan escapes", "texts have no escapes")
    said = (f"«{text}» no existe en las reglas", f'"{text}" does not exist in rules')
    return refuse("not-in-language", start, end, said, fix)


def _bounded(text: str, start: int, end: int) -> int:
    if len(text) > 10 or int(text) > INT_MAX:
        said = ("número demasiado grande", "number too large")
        raise refuse("too-large", start, end, said, (f"<= {INT_MAX}",) * 2)
    return int(text)


def _duration(text: str, start: int, end: int) -> int:
    digits = text.rstrip("msdh")
    ms = int(digits) * UNITS_MS[text[len(digits) :]] if len(digits) <= 12 else DURATION_MAX_MS + 1
    if ms > DURATION_MAX_MS:
        raise refuse(
            "too-large", start, end, ("duración demasiado larga", "duration too long"), ("<= 366d",) * 2
        )
    return ms


def _quoted(text: str, start: int, end: int) -> str:
    inside = text[1:-1]
    if len(inside) > QUOTED_MAX:
        said = (f"texto de más de {QUOTED_MAX} letras", f"text of more than {QUOTED_MAX} characters")
        raise refuse("too-long", start, end, said)
    for at, char in enumerate(inside, start + 1):
        if not char.isprintable():
            raise _character(char, at)
    return inside


def _strange(text: str, at: int) -> Refusal:
    char = text[at]
    if char in "\"'":
        said = ("comillas sin cerrar, o con «\\» dentro", 'quotes not closed, or with "\\" inside')
        return refuse("bad-text", at, at + 1, said, ("cierre las comillas", "close the quotes"))
    return _character(char, at)


def _character(char: str, at: int) -> Refusal:
    name = f"U+{ord(char):04X} {unicodedata.name(char, '')}".strip()
    said = (f"carácter no permitido aquí: {name}", f"character not allowed here: {name}")
    fix = (
        "use letras sin acento, cifras y los signos de las reglas",
        "use plain letters, digits and the signs of rules",
    )
    return refuse("bad-character", at, at + 1, said, fix)


def _too_long(start: int, end: int) -> Refusal:
    said = (
        f"regla demasiado larga: hasta {TEXT_MAX} letras y {TOKENS_MAX} palabras",
        f"rule too long: up to {TEXT_MAX} characters and {TOKENS_MAX} words",
    )
    return refuse("too-long", start, end, said, ("divídala en varias reglas", "split it into several rules"))
