"""Where trained models lie: one file for each version of the configuration, in the home."""

from __future__ import annotations

import json
from pathlib import Path

import structlog

from acd.stats.wait import Model, from_json, to_json
from centralita.home import write_private

_log = structlog.get_logger("waits")

KEPT = 10
"""Models of former versions, for when one is published again."""


class Models:
    """
    Args:
        folder: Of the models, `waits` in the home.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, version: str) -> Path:
        return self.folder / f"{version}.json"

    def read(self, version: str) -> Model | None:
        """The model of this version of the configuration; None if there is none that we can use."""
        try:
            model = from_json(json.loads(self.path(version).read_text(encoding="utf-8")))
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            _log.warning("waits.model.unreadable", file=str(self.path(version)), why=str(error))
            return None
        return model if model.config_version == version else None

    def made_ms(self, version: str) -> int | None:
        """When the model was written, wall clock; None if there is none."""
        try:
            return int(self.path(version).stat().st_mtime * 1000)
        except OSError:
            return None

    def write(self, model: Model) -> Path:
        """Keep a model, in one step; the oldest beyond `KEPT` go."""
        path = self.path(model.config_version)
        write_private(path, json.dumps(to_json(model)))
        ages = sorted(((file.stat().st_mtime_ns, file) for file in self.folder.glob("*.json")), reverse=True)
        for _, file in ages[KEPT:]:
            file.unlink(missing_ok=True)
        return path
