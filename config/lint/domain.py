"""
What a condition leaves open for one fact: which words, which numbers, which texts.

Everything here is exact or errs towards "possible": a domain is called empty
only if no value can be in it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from config.rules.types import Kind, Type, Value


@dataclass(frozen=True, slots=True)
class Missing:
    """The fact must be unknown."""


@dataclass(frozen=True, slots=True)
class Words:
    """Of an enum or a yes-or-no: those that are left, in their order."""

    left: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Numbers:
    """From `low` to `high` (None: no bound) but those in `but`."""

    low: int | None = None
    high: int | None = None
    but: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Texts:
    """One of `only` (None: any) that begins with `begins`, not in `but`, with no beginning of `never`."""

    only: frozenset[str] | None = None
    but: frozenset[str] = frozenset()
    begins: str = ""
    never: frozenset[str] = frozenset()


Domain = Missing | Words | Numbers | Texts


def known(of: Type, *, natural: bool) -> Domain:
    """Anything of this type; `natural` numbers are not below 0."""
    match of.kind:
        case Kind.BOOL:
            return Words((False, True))
        case Kind.ENUM:
            return Words(of.words)
        case Kind.INT | Kind.DURATION | Kind.MONEY:
            return Numbers(0) if natural else Numbers()
        case _:
            return Texts()


def meet(one: Domain, other: Domain) -> Domain | None:
    """What both leave open; None if that is nothing."""
    match one, other:
        case Missing(), Missing():
            return one
        case Words(left=left), Words(left=right):
            both = tuple(word for word in left if word in right)
            return Words(both) if both else None
        case Numbers(), Numbers():
            return _numbers(one, other)
        case Texts(), Texts():
            return _texts(one, other)
        case _:
            return None


def _numbers(one: Numbers, other: Numbers) -> Numbers | None:
    lows = [low for low in (one.low, other.low) if low is not None]
    highs = [high for high in (one.high, other.high) if high is not None]
    both = Numbers(max(lows, default=None), min(highs, default=None), one.but | other.but)
    return both if _number(both) is not None else None


def _number(of: Numbers) -> int | None:
    """The value nearest to a bound; None if there is none."""
    step = 1 if of.low is not None or of.high is None else -1
    at = of.low if of.low is not None else of.high if of.high is not None else 0
    while at in of.but:
        at += step
    return at if of.high is None or at <= of.high else None


def _texts(one: Texts, other: Texts) -> Texts | None:
    longer, shorter = sorted((one.begins, other.begins), key=len, reverse=True)
    if not longer.startswith(shorter):
        return None
    lists = [only for only in (one.only, other.only) if only is not None]
    both = Texts(
        frozenset.intersection(*lists) if lists else None,
        one.but | other.but,
        longer,
        one.never | other.never,
    )
    if both.only is not None:
        fitting = frozenset(text for text in both.only if _fits(text, both))
        return replace(both, only=fitting) if fitting else None
    # Only what is wholly forbidden is called empty: there is always a longer text otherwise.
    return None if any(longer.startswith(prefix) for prefix in both.never) else both


def _fits(text: str, of: Texts) -> bool:
    return (
        text.startswith(of.begins)
        and text not in of.but
        and not any(text.startswith(prefix) for prefix in of.never)
    )


def pick(of: Domain, kind: Kind) -> Value | None:
    """A value of the domain, or None if it is Missing or none is found."""
    match of:
        case Missing():
            return None
        case Words(left=left):
            return left[-1]
        case Numbers():
            return _number(of)
        case Texts():
            return next((text for text in _candidates(of, kind) if _fits(text, of)), None)


def _candidates(of: Texts, kind: Kind) -> list[str]:
    if of.only is not None:
        return sorted(of.only)
    match kind:
        case Kind.LANG:
            return ["es", "en", "pt", "fr", "de", "it", "ca"]
        case Kind.DATE:
            return ["2026-12-24", "2026-01-31", "2027-06-15"]
        case Kind.E164:
            start = of.begins or "+"
            return [(start + digit * 15)[: max(12, len(start))] for digit in "6123457890"]
        case _:
            return [of.begins + tail for tail in ("", "x", "y", "z", "1", "2", "3")]
