"""
Which line a dialled number goes by: the first trunk that allows it, in the order of the configuration.

The same rule that the dialplan of the trunks holds agents' telephones to.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from config.telephones import Trunk

_DIALLED = re.compile(r"\+?[0-9]{1,24}\Z")


@dataclass(frozen=True, slots=True)
class Way:
    """How a number is called."""

    trunk: str
    dial: str
    """What the carrier is sent: figures, with `+` where the rule is international."""
    shown: str
    """The number that whoever is called sees; empty: as the carrier has it."""


def way_out(trunks: Mapping[str, Trunk], number: str) -> Way | None:
    """
    The way of a number as it is dialled.

    Args:
        trunks: By name, in order.
        number: Figures with or without `+`; anything else is not allowed.

    Returns:
        None when no trunk allows it.
    """
    if not _DIALLED.match(number):
        return None
    for name, trunk in senders(trunks):
        for allowed in trunk.allow:
            dial = _matched(allowed, number)
            if dial is not None:
                return Way(name, dial, trunk.caller_id or trunk.user or "")
    return None


def senders(trunks: Mapping[str, Trunk]) -> Iterable[tuple[str, Trunk]]:
    """The trunks by which anything may be dialled."""
    return ((name, trunk) for name, trunk in trunks.items() if trunk.allow and trunk.limits.out)


def _matched(allowed: str, number: str) -> str | None:
    """What to dial when this rule allows the number; `+34*` takes `0034…`, too."""
    rule = _pattern(allowed)
    if not allowed.startswith("+"):
        return number if rule.fullmatch(number) else None
    international = f"+{number[2:]}" if number.startswith("00") else number
    return international if rule.fullmatch(international) else None


@lru_cache(maxsize=1024)
def _pattern(allowed: str) -> re.Pattern[str]:
    body = "".join({"x": "[0-9]", "*": "[0-9]+"}.get(letter, re.escape(letter)) for letter in allowed)
    return re.compile(body)
