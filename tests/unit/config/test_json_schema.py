from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from config import json_schema
from config.loader import example
from config.tree import parse
from tests.unit.config.good import GOOD

pytestmark = pytest.mark.unit

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def validator() -> jsonschema.Draft202012Validator:
    made = json_schema.json_schema()
    jsonschema.Draft202012Validator.check_schema(made)
    return jsonschema.Draft202012Validator(made)


def wrong(validator: jsonschema.Draft202012Validator, value: Any) -> list[str]:
    return [error.json_path for error in validator.iter_errors(value)]


def test_the_committed_file_is_in_step() -> None:
    """`make docs` writes it anew."""
    assert (ROOT / json_schema.FILE).read_text(encoding="utf-8") == json_schema.text()


@pytest.mark.parametrize("text", [GOOD, example().read_text(encoding="utf-8")], ids=["good", "example"])
def test_what_the_loader_takes_an_editor_takes(validator: jsonschema.Draft202012Validator, text: str) -> None:
    """Written as in the file: `20s`, `ventas >= 5/10`, exits as sentences."""
    assert wrong(validator, parse(text, "f").value) == []


def test_an_unknown_key_is_red_at_every_level(validator: jsonschema.Draft202012Validator) -> None:
    """Wherever the loader would refuse it."""
    good = parse(GOOD, "f").value
    groups = [path for path in _groups(good) if path[-1:] not in (("skills",), ("fields",), ("nodes",))]
    for path in groups:
        value = copy.deepcopy(good)
        at = value
        for part in path:
            at = at[part]
        at["Nicht Bekannt"] = {}
        assert wrong(validator, value), path
    assert len(groups) > 40


def _groups(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    if isinstance(value, list):
        return [found for n, one in enumerate(value) for found in _groups(one, (*path, n))]
    if not isinstance(value, dict):
        return []
    return [path, *(found for key, one in value.items() for found in _groups(one, (*path, key)))]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("for: 18s", "for: 18"),
        ("ventas >= 5/10", "ventas > 5"),
        ("ventas: 8/10", "ventas: 11"),
        ("-> to flow tarde", "-> tarde"),
        ("not_ready(pausa)", "not_ready"),
        ("mon-fri", "lun-vie"),
        ("09:00-14:00", "9-14"),
        ("open_cases: int", "open_cases: integer"),
        ("nobody_signed_in: keep_waiting\n", "\n"),
        ("music: default", "music: loud"),
        ("music: default", "sites: madrid"),
        ("music: default", "routing: {policy: fiar}"),
        ("for: 18s", "for: 18s}\n    goal: {for: 80"),
        ("for: 18s", "for: 18s}\n    wrap: {extend: twice"),
        ("sign_in: command", "auto_answer: sometimes"),
    ],
)
def test_a_word_written_wrong_is_red(validator: jsonschema.Draft202012Validator, old: str, new: str) -> None:
    """The small words have patterns, too."""
    assert old in GOOD

    assert wrong(validator, parse(GOOD.replace(old, new, 1), "f").value)


def test_keys_have_their_meaning_in_both_languages() -> None:
    """What an editor shows beside a key; every Spanish line belongs to a key that exists."""
    shown = json_schema.json_schema()["$defs"]["Step"]["properties"]["relax"]["description"]

    assert shown.startswith("Baja estos requisitos") and " / Lowers needs" in shown
    for place in json_schema._SPANISH:
        model, field = place.split(".")
        assert field in json_schema.model_named(model).model_fields, place


def test_it_is_plain_json() -> None:
    """Nothing in it needs this program."""
    assert json.loads(json_schema.text())["$schema"] == json_schema.DIALECT
