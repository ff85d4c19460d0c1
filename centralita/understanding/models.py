"""Where learned models lie: one file for each set of example phrases, in the home."""

from __future__ import annotations

from pathlib import Path

import structlog

from asr.intents_model import Model, ModelUnreadableError, load

_log = structlog.get_logger("understanding")

KEPT = 60
"""Models of former phrases, for calls that came by an older version, or when one is published again."""


class Models:
    """
    Args:
        folder: Of the models, `intents` in the home.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, key: str) -> Path:
        return self.folder / f"{key}.npz"

    def read(self, key: str) -> Model | None:
        """
        The model of these phrases; None if there is none that we can use. Blocks.

        Args:
            key: See `asr.intents_model.key`.
        """
        try:
            return load(self.path(key))
        except FileNotFoundError:
            return None
        except ModelUnreadableError as error:
            _log.warning("understanding.model.unreadable", why=str(error))
            return None

    def prune(self) -> None:
        """The oldest beyond `KEPT` go; who still needs one learns it again. Blocks."""
        ages = sorted(((file.stat().st_mtime_ns, file) for file in self.folder.glob("*.npz")), reverse=True)
        for _, file in ages[KEPT:]:
            file.unlink(missing_ok=True)
