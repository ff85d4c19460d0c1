"""The settings of policies: documented numbers and words, anything else refused by name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from acd.model import PolicyRules


@dataclass(frozen=True, slots=True)
class Number:
    """One number of a policy. `name` may end in ".QUEUE", ".SKILL", ... for one number each."""

    name: str
    default: float
    low: float
    high: float
    """The range in which tuning looks; other values are legal if they are `legal_from` or more."""
    says: str
    legal_from: float = 0.0

    @property
    def stem(self) -> str:
        """What precedes the parts in capitals, e.g. "weight" of "weight.QUEUE.SEGMENT"."""
        return ".".join(part for part in self.name.split(".") if not part.isupper())

    @property
    def parts(self) -> int:
        """How many names follow the stem."""
        return sum(part.isupper() for part in self.name.split("."))


def check(
    policy: str, rules: PolicyRules, numbers: Sequence[Number], words: Mapping[str, Iterable[str]]
) -> None:
    """
    See that all settings are known.

    Args:
        policy: Its name, for messages.
        rules: The settings.
        numbers: Those that the policy has.
        words: Its words, each with what it may be.

    Raises:
        ValueError: One is not known or out of range; the message names those that are.
    """
    for name, value in rules.numbers.items():
        known = next((number for number in numbers if _fits(number, name)), None)
        if known is None:
            names = ", ".join(number.name for number in numbers) or "none"
            raise ValueError(f"policy {policy} has no number {name!r}: known are {names}")
        if not value >= known.legal_from:
            raise ValueError(f"number {name!r} of policy {policy} is {value}: {known.legal_from:g} or more")
    for name, word in rules.words.items():
        if name not in words:
            raise ValueError(f"policy {policy} has no word {name!r}: known are {', '.join(words) or 'none'}")
        if word not in words[name]:
            raise ValueError(f"{name!r} of policy {policy} is {word!r}: known are {', '.join(words[name])}")


def _fits(number: Number, name: str) -> bool:
    if not number.parts:
        return name == number.name
    return name.startswith(f"{number.stem}.") and len(name) > len(number.stem) + 1


def under(numbers: Mapping[str, float], stem: str) -> dict[str, float]:
    """The numbers of one stem by what follows it: "reserve.ventas" is "ventas"."""
    start = f"{stem}."
    return {name[len(start) :]: value for name, value in numbers.items() if name.startswith(start)}
