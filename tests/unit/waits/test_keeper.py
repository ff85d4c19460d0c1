from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from centralita.tasks import spawn
from centralita.waits.keeper import AGAIN_MS, OLD_MS, Keeper, Ports, training_argv
from centralita.waits.models import KEPT, Models
from tests.support.polling import eventually
from tests.unit.waits.centres import formula, model

pytestmark = pytest.mark.unit


class Centre:
    """A live configuration, a clock, and what was told."""

    def __init__(self, folder: Path, code: int = 0) -> None:
        self.version, self.now_ms, self.hour, self.told = "v1", 0, 12, 0
        self.models = Models(folder / "waits")
        self.runs = folder / "runs"
        script = f"open({str(self.runs)!r}, 'a').write('x'); raise SystemExit({code})"
        self.keeper = Keeper(
            self.models,
            [sys.executable, "-c", script],
            folder / "waits.log",
            Ports(lambda: self.version, self._trained, lambda: self.now_ms, lambda: self.hour),
            look_every_s=0.01,
        )

    def _trained(self) -> None:
        self.told += 1

    def times(self) -> int:
        return len(self.runs.read_text()) if self.runs.exists() else 0


async def test_a_configuration_without_a_model_is_trained_and_the_server_told(tmp_path: Path) -> None:
    """In a process of its own; then the estimator is told to look again."""
    centre = Centre(tmp_path)
    task = spawn(centre.keeper.run(), name="keeper")
    await eventually(lambda: centre.told > 0, within_s=20)
    task.cancel()

    assert centre.times() >= 1


async def test_a_training_that_fails_is_not_tried_again_at_once(tmp_path: Path) -> None:
    """Hours later it is; another configuration is tried at once."""
    centre = Centre(tmp_path, code=1)
    await centre.keeper._train("v1")

    assert (centre.told, centre.keeper.is_due()) == (0, False)
    centre.now_ms += AGAIN_MS
    assert centre.keeper.is_due()
    centre.now_ms = 0
    centre.version = "v2"
    assert centre.keeper.is_due()


async def test_a_command_that_does_not_exist_ends_nothing(tmp_path: Path) -> None:
    """The calls go on without estimates."""
    centre = Centre(tmp_path)
    centre.keeper.argv = [str(tmp_path / "nothing")]
    await centre.keeper._train("v1")

    assert centre.told == 0


def test_a_model_is_trained_anew_by_night_when_it_is_old(tmp_path: Path) -> None:
    """Not by day, and not when it is fresh."""
    centre = Centre(tmp_path)
    path = centre.models.write(model(formula(), version="v1"))
    os.utime(path, (1_000, 1_000))

    centre.now_ms, centre.hour = 1_000_000 + OLD_MS + 1, 12
    assert not centre.keeper.is_due()
    centre.hour = 3
    assert centre.keeper.is_due()
    centre.now_ms = 1_000_000 + OLD_MS - 1
    assert not centre.keeper.is_due()


def test_a_model_that_cannot_be_read_counts_as_none(tmp_path: Path) -> None:
    """Garbage, another release's file, or that of another version under this name."""
    models = Models(tmp_path)
    models.write(model(formula(), version="v1"))
    assert models.read("v1") is not None
    for text in ("{", "[]", '{"format": 0}', "null"):
        models.path("v2").write_text(text)
        assert models.read("v2") is None
    models.path("v3").write_text(models.path("v1").read_text())
    assert models.read("v3") is None
    assert models.read("v4") is None


def test_old_models_are_cleared_away(tmp_path: Path) -> None:
    """So many versions are kept; files are the owner's alone."""
    models = Models(tmp_path)
    for number in range(KEPT + 3):
        path = models.write(model(formula(), version=f"v{number}"))
        os.utime(path, (number + 1, number + 1))
    models.write(model(formula(), version="last"))

    assert len(list(tmp_path.glob("*.json"))) == KEPT
    assert models.read("last") is not None
    assert path.stat().st_mode & 0o077 == 0


def test_the_server_trains_with_one_humble_process(tmp_path: Path) -> None:
    """What calls need comes first."""
    argv = training_argv(tmp_path, tmp_path / "centro.yaml")

    assert argv[1:5] == ["-m", "centralita", "waits", "train"]
    assert "--humble" in argv
    assert argv[argv.index("--workers") + 1] == "1"
