"""Finds the model in what was unpacked: joins files that come in parts, looks into folders."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

from asr.model_folders import ModelFolder, ModelFolderError, inspect
from centralita.models_command.errors import ModelError, failure

JOINED = ".joined"
"""Folder in which models that come in parts are put together."""
_PART = re.compile(r"(?P<whole>.+)\.part(?P<number>[0-9]{1,3})")


def find_model(folder: Path) -> ModelFolder:
    """
    The one model in a folder, or below it.

    Args:
        folder: May be changed: parts are joined.

    Raises:
        ModelError: There is none, or more than one, or a part is missing.
    """
    _no_links(folder)
    _join(folder)
    found, why = [], ""
    for place in _folders(folder):
        try:
            found.append(inspect(place))
        except ModelFolderError as error:
            # The one that says most: of a folder that looks like a model, and is not whole.
            why = str(error) if not why or (place / "model.bin").exists() or (place / "am").exists() else why
    if len(found) == 1:
        return found[0]
    if not found:
        raise ModelError(why)
    names = ", ".join(sorted(str(model.folder.relative_to(folder)) for model in found))
    raise failure(f"hay varios modelos, instale uno: {names}", "there are several models, install one")


def _folders(folder: Path) -> Iterator[Path]:
    """Those that may be a model: none within one that is."""
    yield folder
    for place, names, _ in os.walk(folder):
        for name in sorted(names):
            yield Path(place) / name


def _no_links(folder: Path) -> None:
    for place, folders, files in os.walk(folder):
        for name in (*folders, *files):
            if (Path(place) / name).is_symlink():
                raise failure(
                    f"contiene un enlace ({name!r}): no es de fiar", "it contains a link: do not trust it"
                )


def _join(folder: Path) -> None:
    """Put `model.bin.part1`, `.part2`... together, beside all other files of the folders where they lie."""
    wholes: dict[str, dict[int, Path]] = {}
    for part in sorted(folder.rglob("*.part*")):
        named = _PART.fullmatch(part.name)
        if named is not None:
            wholes.setdefault(named["whole"], {})[int(named["number"])] = part
    if not wholes:
        return
    target = folder / JOINED
    target.mkdir()
    for whole, parts in sorted(wholes.items()):
        _join_one(whole, parts, target)
        for place in sorted({part.parent for part in parts.values()}):
            for file in sorted(place.iterdir()):
                if file.is_file() and _PART.fullmatch(file.name) is None:
                    file.rename(target / file.name)
    for parts in wholes.values():
        for part in parts.values():
            part.unlink()


def _join_one(whole: str, parts: Mapping[int, Path], target: Path) -> None:
    first, last = min(parts), max(parts)
    missing = [number for number in range(min(first, 1), last + 1) if number not in parts]
    if missing:
        raise failure(
            f"a {whole} le falta la parte {missing[0]}: instale a la vez todos sus paquetes",
            "a part is missing: install all of its packages together",
        )
    with (target / whole).open("wb") as out:
        for number in sorted(parts):
            with parts[number].open("rb") as stream:
                shutil.copyfileobj(stream, out, 1 << 20)
