from __future__ import annotations

from pathlib import Path

import pytest

from centralita.people.rights import Right, Role
from centralita.people.table import table

pytestmark = pytest.mark.unit

DOC = (Path(__file__).parents[3] / "docs/people.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("language", ["es", "en"])
def test_the_table_of_rights_in_the_document_is_that_of_the_code(language: str) -> None:
    """Generated from the data by which the guard decides: `python -m centralita.people.table`."""
    lines = table(language)

    assert "\n".join(lines) in DOC.split("## English")[language == "en"]
    assert len(lines) == len(Right) + 2
    assert all(line.count("|") == len(Role) + 3 for line in lines)
