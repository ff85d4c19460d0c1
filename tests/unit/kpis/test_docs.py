from __future__ import annotations

from pathlib import Path

import pytest

from acd.stats.kpi_figures import DEFINITIONS

pytestmark = pytest.mark.unit

DOC = (Path(__file__).parents[3] / "docs/kpi.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("id_", DEFINITIONS)
def test_every_figure_is_in_the_document_as_it_is_computed(id_: str) -> None:
    """Id, name and formula in both languages, with an example."""
    found = DEFINITIONS[id_]
    spanish, english = DOC.split("## English")

    for text, name in ((spanish, found.es), (english, found.en)):
        (line,) = [line for line in text.splitlines() if line.startswith(f"| `{id_}` |")]
        _, _, said, formula, example, _ = (cell.strip() for cell in line.split("|"))
        assert (said, formula) == (name, f"`{found.formula}`")
        assert example
