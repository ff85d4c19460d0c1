"""
How well spoken intents are understood: phrases held back, the same as a recogniser would damage them, and
what belongs to no intent. Run `python -m bench.intents`; the data is `tests/data/intents-*.yaml`.
"""

from __future__ import annotations

import random
import re
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from asr.intents import Matcher
from asr.intents_text import plain
from asr.intents_train import train
from ivr.actions import Limits

DATA = Path(__file__).parents[1] / "tests" / "data"
LANGUAGES = ("es", "en")
DAMAGED_EACH = 3
SEED = 7
_CONFUSED = (
    ("b", "v"), ("v", "b"), ("ll", "y"), ("z", "s"), ("c", "s"), ("m", "n"), ("n", "m"), ("p", "b"),
    ("t", "d"), ("d", "t"), ("r", "l"), ("e", "i"), ("o", "u"), ("g", "j"), ("f", "s"), ("a", "o"),
)  # fmt: skip
"""Sounds that a telephone line makes alike."""


@dataclass(frozen=True, slots=True)
class Split:
    """One language. Pairs are (phrase, intent)."""

    examples: dict[str, list[str]]
    held_back: list[tuple[str, str]]
    out_of_scope: list[str]

    def damaged(self) -> list[tuple[str, str]]:
        """What was held back, several times over, each time heard wrong in another way."""
        chance = random.Random(SEED)
        return [
            (damage(text, chance), intent) for text, intent in self.held_back for _ in range(DAMAGED_EACH)
        ]


def read(language: str) -> Split:
    """The data of this language."""
    data: Any = yaml.safe_load((DATA / f"intents-{language}.yaml").read_text(encoding="utf-8"))
    return Split(
        {name: parts["examples"] for name, parts in data["intents"].items()},
        [(text, name) for name, parts in data["intents"].items() for text in parts["held_back"]],
        data["out_of_scope"],
    )


def damage(text: str, chance: random.Random) -> str:
    """Three errors of a recogniser: sounds confused, a word lost, two run together, a letter swallowed."""
    said = plain(text)
    for _ in range(3):
        said = _one_error(said, chance)
    return said


def _one_error(said: str, chance: random.Random) -> str:
    kind, words = chance.random(), said.split()
    at = chance.randrange(len(words))
    if kind < 0.5:
        wrong, heard = chance.choice(_CONFUSED)
        places = [found.start() for found in re.finditer(wrong, said)]
        if not places:
            return said
        place = chance.choice(places)
        return said[:place] + heard + said[place + len(wrong) :]
    if kind < 0.7 and len(words) > 2:
        del words[at]
    elif kind < 0.85 and at + 1 < len(words):
        words[at : at + 2] = [words[at] + words[at + 1]]
    elif len(words[at]) > 3:
        place = chance.randrange(len(words[at]))
        words[at] = words[at][:place] + words[at][place + 1 :]
    return " ".join(words)


@dataclass(frozen=True, slots=True)
class Score:
    """Shares of 1. `taken` and `asked_back` are of what was said, `..._right` of those."""

    right: float
    taken: float
    taken_right: float
    asked_back: float
    asked_right: float


def score(matcher: Matcher, said: Sequence[tuple[str, str]]) -> Score:
    """What becomes of these, by the usual limits."""
    limits = Limits()
    found = [(*matcher.classify(text), intent) for text, intent in said]
    taken = [each for each in found if each[1] >= limits.intent_accept]
    asked = [each for each in found if limits.intent_confirm <= each[1] < limits.intent_accept]
    return Score(
        _right(found), len(taken) / len(found), _right(taken), len(asked) / len(found), _right(asked)
    )


def _right(found: Sequence[tuple[str, float, str]]) -> float:
    return sum(said == meant for said, _, meant in found) / len(found) if found else 1.0


def milliseconds(matcher: Matcher, texts: Sequence[str], rounds: int = 20) -> tuple[float, float]:
    """Of the processor, for one classification: median and the slowest of a hundred."""
    each = []
    for _ in range(rounds):
        for text in texts:
            began_ns = time.thread_time_ns()
            matcher.classify(text)
            each.append((time.thread_time_ns() - began_ns) / 1e6)
    return statistics.median(each), statistics.quantiles(each, n=100)[-1]


def report(split: Split, matcher: Matcher) -> list[str]:
    """For people."""
    lines = []
    for kind, said in (("held back", split.held_back), ("damaged", split.damaged())):
        found = score(matcher, said)
        lines.append(
            f"  {kind}, {len(said)} phrases: right {found.right:.0%}; "
            f"taken {found.taken:.0%} ({found.taken_right:.0%} of them right), "
            f"asked back {found.asked_back:.0%} ({found.asked_right:.0%} of them right)"
        )
    strange = score(matcher, [(text, "") for text in split.out_of_scope])
    lines.append(
        f"  out of scope, {len(split.out_of_scope)} phrases: "
        f"rejected {1 - strange.taken - strange.asked_back:.0%}, "
        f"asked back {strange.asked_back:.0%}, taken {strange.taken:.0%}"
    )
    median, slow = milliseconds(matcher, [text for text, _ in split.held_back])
    return [*lines, f"  one classification: {median:.2f} ms of the processor, 99 % within {slow:.2f} ms"]


def main() -> None:
    for language in LANGUAGES:
        split = read(language)
        began_s = time.perf_counter()
        model = train(split.examples)
        train_s = time.perf_counter() - began_s
        phrases = sum(map(len, split.examples.values()))
        print(f"{language}: {len(split.examples)} intents, {phrases} phrases, learned in {train_s:.1f} s")
        print("\n".join(report(split, Matcher(split.examples, model))))
        print("  by likeness alone, until it is learned:")
        print("\n".join(report(split, Matcher(split.examples))))


if __name__ == "__main__":
    main()
