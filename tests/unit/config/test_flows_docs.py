"""docs/flows.md says what the code does, in both languages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from config.flow_nodes import NODE_KINDS
from config.loader import check_text
from ivr.flow import Check
from ivr.reading import Kind

pytestmark = pytest.mark.unit

TEXT = (Path(__file__).parents[3] / "docs" / "flows.md").read_text("utf-8")
SPANISH, ENGLISH = TEXT.split("\n## English\n")


def test_the_sample_is_a_whole_configuration() -> None:
    """Not one finding, and it shows every section and almost every kind of node."""
    (sample,) = re.findall(r"```yaml\n(schema.*?)```", SPANISH, re.DOTALL)
    loaded = check_text(sample, Path("centro.yaml"))
    kinds = {kind for kind in NODE_KINDS if re.search(rf"[{{ ]{kind}: ", sample)}

    assert loaded.warnings == ()
    assert loaded.config.speech and loaded.config.intents and loaded.config.lookups
    assert loaded.config.surveys and loaded.config.callbacks.sites and loaded.config.tests
    assert kinds >= set(NODE_KINDS) - {"set", "hours", "language", "transfer"}


@pytest.mark.parametrize("half", [SPANISH, ENGLISH], ids=["es", "en"])
def test_every_kind_of_node_and_of_number_is_explained(half: str) -> None:
    """A row for each node; each way to check a number and to read a value."""
    assert [kind for kind in NODE_KINDS if f"| `{{{kind}: " not in half] == []
    assert [check for check in Check if check is not Check.NONE and f"`{check}`" not in half] == []
    assert [kind for kind in Kind if f"`{kind}`" not in half] == []
