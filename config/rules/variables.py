"""
The variables of a flow as facts: which there are, of which type, and how their text becomes a value.

A flow keeps everything as text ("12.50", "2026-12-24", "true"); rules see it as `ivr.NAME`.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping

from config.rules.types import BOOL, DATE, INT, MONEY, TEXT, Kind, Type, Value

_INT = re.compile(r"-?[0-9]{1,15}")
_MONEY = re.compile(r"(-?)([0-9]{1,12})(?:\.([0-9]{1,2}))?(?: [A-Z]{3})?")
_BOOLS = {"true": True, "false": False}

TYPES: Mapping[str, Type] = {"text": TEXT, "int": INT, "money": MONEY, "date": DATE, "bool": BOOL}
"""By the word that a look-up's `gives` uses."""


def is_date(text: str) -> bool:
    """Whether this is a day of the calendar, as in 2026-12-24."""
    try:
        return dt.date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def variable_value(text: str, of: Type) -> Value | None:
    """
    What a variable's text means to rules.

    Returns:
        None where it is empty, or not of this type: the fact is then unknown.
    """
    match of.kind:
        case Kind.INT:
            return int(text) if _INT.fullmatch(text) else None
        case Kind.MONEY:
            # The currency is the house's business: amounts of two of them are not compared.
            found = _MONEY.fullmatch(text)
            if found is None:
                return None
            cents = int(found[2]) * 100 + int((found[3] or "0").ljust(2, "0"))
            return -cents if found[1] else cents
        case Kind.BOOL:
            return _BOOLS.get(text)
        case Kind.DATE:
            return text if is_date(text) else None
        case _:
            return text or None
