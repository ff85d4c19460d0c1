"""Where recognition models lie: by name under the installation's own folder, or anywhere by path."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from asr.model_folders import ModelFolder, ModelFolderError, inspect

FOLDER = "models"
"""Of an installation, in its home."""


def folder_of(models: Path, name: str) -> Path:
    """
    The folder that the configuration means.

    Args:
        models: Of the installation.
        name: A name in there, or an absolute path ("~" is the home of whoever runs the server).
    """
    path = Path(name).expanduser()
    return path if path.is_absolute() else models / path


def installed(models: Path) -> Iterator[tuple[Path, ModelFolder | ModelFolderError]]:
    """Every folder of the installation's own, in order, and what lies in it."""
    if not models.is_dir():
        return
    for folder in sorted(models.iterdir()):
        if folder.name.startswith(".") or not folder.is_dir():
            continue
        try:
            yield folder, inspect(folder)
        except ModelFolderError as error:
            yield folder, error
