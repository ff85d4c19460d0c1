"""docs/rules.md says what the code does, in both languages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from config.lint.registry import RULES
from config.problems import Severity
from config.rules.check import FUNCTIONS
from config.rules.classify import Classifier
from config.rules.facts import HISTORY_WITHIN_MS, Source, facts_of
from config.rules.language import DEPTH_MAX
from config.rules.prefixes import language_of
from config.rules.tokens import TEXT_MAX, TOKENS_MAX
from config.rules.types import Kind
from tests.unit.config.rules_scene import centre

pytestmark = pytest.mark.unit

ROOT = Path(__file__).parents[3]
TEXT = (ROOT / "docs" / "rules.md").read_text("utf-8")
SPANISH, ENGLISH = TEXT.split("\n## English\n")
HALVES = {"es": SPANISH, "en": ENGLISH}


def rows(text: str) -> list[list[str]]:
    """The cells of every table."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip().strip("`") for cell in line.strip("|").split("|")] for line in lines]


@pytest.mark.parametrize("half", ["es", "en"])
def test_the_table_of_codes_is_that_of_the_code(half: str) -> None:
    """Every code with its gravity and its words, in order; none that does not exist."""
    names = {"es": {"error": "error", "warning": "aviso"}, "en": {"error": "error", "warning": "warning"}}[
        half
    ]
    shown = [tuple(row) for row in rows(HALVES[half]) if row[1:2] and row[1] in set(names.values())]

    assert shown == [
        (code, names[Severity(rule.severity)], rule.es if half == "es" else rule.en)
        for code, rule in RULES.items()
    ]


@pytest.mark.parametrize("half", ["es", "en"])
def test_the_table_of_facts_is_that_of_the_code(half: str) -> None:
    """Every built-in fact with its description, in order."""
    facts = list(facts_of(centre(facts={})).values())
    shown = [(row[0], row[2]) for row in rows(HALVES[half]) if len(row) == 3 and "." in row[0]]
    own = [row for row in shown if row[0] != "customer.…"]

    described = [(fact.name, fact.description_es if half == "es" else fact.description_en) for fact in facts]
    assert [name for name, _ in own] == [name for name, _ in described]
    assert all(shown_as.startswith(words) for (_, shown_as), (_, words) in zip(own, described, strict=True))


@pytest.mark.parametrize("half", ["es", "en"])
def test_every_function_and_type_is_explained(half: str) -> None:
    """What may be written is in the document."""
    assert all(f"`{name}(" in HALVES[half] for name in FUNCTIONS)
    assert all(f"`{kind}`" in HALVES[half] for kind in Kind if kind is not Kind.ENUM)
    assert all(f"`{unit}" in re.sub(r"\d+", "", HALVES[half]) for unit in ("ms", "s", "m", "h", "d"))


def test_the_limits_are_those_of_the_code() -> None:
    """Figures in the text."""
    history = [fact for fact in facts_of(centre()).values() if fact.source is Source.HISTORY]

    assert f"{TEXT_MAX} letras, {TOKENS_MAX} palabras" in SPANISH and f"{DEPTH_MAX} niveles" in SPANISH
    assert f"{TEXT_MAX:,} characters, {TOKENS_MAX} words" in ENGLISH and f"{DEPTH_MAX} levels" in ENGLISH
    assert {fact.within_ms for fact in history} == {HISTORY_WITHIN_MS} == {300}


def test_every_way_to_refuse_a_rule_is_named() -> None:
    """Each code in the sources of the language, and no other."""
    sources = "".join(path.read_text("utf-8") for path in (ROOT / "config" / "rules").glob("*.py"))
    codes = set(re.findall(r'refuse\(\s*"([a-z-]+)"', sources))

    listed = re.findall(r"`(rule-[a-z-]+)`", SPANISH.split("`rule-` y la causa")[1])
    assert set(listed) == {f"rule-{code}" for code in codes}


@pytest.mark.parametrize("half", ["es", "en"])
def test_the_calling_codes_are_those_of_the_code(half: str) -> None:
    """Each code named for a language suggests that language."""
    (said,) = re.findall(r"`prefix_language`: (es .*?de \+49)", HALVES[half].replace("\n", " "))
    for part in said.split(";"):
        language, *_ = part.split()
        codes = re.findall(r"\+(\d+)", part)
        wanted = [code for code in codes if code != "1" or language == "en"]
        assert wanted and all(language_of(f"+{code}") == language for code in wanted)


def test_the_example_works() -> None:
    """Its rules are read, and make of a caller what the text says."""
    (block,) = re.findall(r"```yaml\n(.*?)```", SPANISH, re.DOTALL)
    found = Classifier(centre(**yaml.safe_load(block))).classify(
        {
            "customer.tier": "gold",
            "call.trust": "matched",
            "history.calls_24h": 2,
            "call.from": "+442071838750",
        }
    )

    assert (found.segment, found.language, found.head_start_ms) == ("oro", "en", 270_000)
