"""The stories in `tests/scenario/*.txt` are told by the engine exactly as written."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.scenario.transcript import run

pytestmark = pytest.mark.unit

STORIES = sorted(Path(__file__).parent.glob("*.txt"))


@pytest.mark.parametrize("story", STORIES, ids=lambda p: p.stem)
def test_the_story_is_told_as_written(story: Path) -> None:
    """What the engine does, line by line, is what was read and agreed to."""
    text = story.read_text(encoding="utf-8")
    told = run(text)
    if os.environ.get("CENTRALITA_REWRITE"):
        story.write_text(told, encoding="utf-8")
    assert told == text


def test_the_hash_seed_changes_nothing() -> None:
    """The same inputs give the same outputs under any hash seed."""
    program = (
        "import pathlib; from tests.scenario.transcript import run; "
        "print(''.join(run(p.read_text()) for p in sorted(pathlib.Path('tests/scenario').glob('*.txt'))))"
    )
    root = Path(__file__).parents[2]
    told = {
        subprocess.run(
            [sys.executable, "-c", program],
            cwd=root,
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "77")
    }
    assert len(told) == 1
