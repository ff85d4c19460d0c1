"""
Read a configuration file: text -> tree -> schema -> references -> files.

Every stage goes on as far as it can, so that one reading shows everything that
is wrong. What comes out is immutable and has a version.
"""

from __future__ import annotations

import hashlib
import json
import os
import wave
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from config.check import Findings, check
from config.check_flows import check_flows
from config.problems import ConfigError, KeyPath, Problem, Severity
from config.schema import Centre
from config.shape import shape
from config.tree import BYTES_MAX, Tree, parse

SOUND_RATE_HZ = 8_000


@dataclass(frozen=True, slots=True)
class Loaded:
    """A configuration that can be used."""

    config: Centre
    warnings: tuple[Problem, ...]
    version: str
    """First 12 hexadecimal digits of the SHA-256 of the canonical tree: layout and comments do not count."""
    folder: Path
    """Where scripts and recordings are looked for."""


def example() -> Path:
    """The centre that comes with us."""
    return Path(str(resources.files("config"))) / "examples" / "centro.yaml"


def load(path: str | os.PathLike[str]) -> Loaded:
    """
    Read and check a configuration.

    Args:
        path: A YAML file of at most 1 MiB. Files that it names are looked for
            beside it.

    Raises:
        ConfigError: It cannot be used; holds every problem found.
    """
    file = Path(path)
    return check_text(_read(file), file)


def check_text(text: str, file: Path) -> Loaded:
    """As `load`, for a text that is not (or not yet) in `file`; a draft in an editor."""
    tree = parse(text, str(file))
    if not isinstance(tree.value, dict):
        empty = tree.problem(
            "empty", (), "no hay ninguna configuración", "there is no configuration",
            ("empiece con «schema: acd/1»", 'start with "schema: acd/1"'),
        )  # fmt: skip
        raise ConfigError(tree.problems or [empty])
    return _check_tree(tree, file.parent)


def version(centre: Centre) -> str:
    """The same for the same content, however it is written."""
    canonical = json.dumps(centre.model_dump(mode="json", by_alias=True), sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()[:12]


def _read(file: Path) -> str:
    try:
        with file.open("rb") as stream:
            data = stream.read(BYTES_MAX + 1)
    except OSError as error:
        why = error.strerror or str(error)
        raise _unreadable(file, f"no se puede leer: {why}", f"cannot be read: {why}") from error
    if len(data) > BYTES_MAX:
        raise _unreadable(file, "pasa de 1 MiB", "is larger than 1 MiB")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise _unreadable(
            file, "no es UTF-8; guárdelo como UTF-8", "is not UTF-8; save as UTF-8", line
        ) from error


def _unreadable(file: Path, es: str, en: str, line: int = 1) -> ConfigError:
    return ConfigError([Problem("unreadable", str(file), line, 1, "", es, en)])


def _check_tree(tree: Tree, folder: Path) -> Loaded:
    found = Findings(tree)
    form = shape(tree)
    if form.centre is not None:
        check(form.centre, found, form.left_out)
        check_flows(form.centre, found, form.left_out)
        _check_files(form.centre, found, folder)
    problems = _in_order(tree.problems, [*form.problems, *found.problems])
    warnings = tuple(problem for problem in problems if problem.severity is Severity.WARNING)
    if form.centre is None or len(warnings) < len(problems):
        raise ConfigError(problems)
    return Loaded(form.centre, warnings, version(form.centre), folder)


def _in_order(of_text: list[Problem], of_sense: Iterable[Problem]) -> list[Problem]:
    """By place; what follows from a value that the text itself got wrong is left out."""
    broken = {(problem.line, problem.column) for problem in of_text if problem.code in {"alias", "tag"}}
    rest = [problem for problem in of_sense if (problem.line, problem.column) not in broken]
    return sorted([*of_text, *rest], key=lambda problem: (problem.line, problem.column))


def _check_files(centre: Centre, found: Findings, folder: Path) -> None:
    for number, entry in centre.entry.items():
        if entry.script is not None:
            _need_file(found, ("entry", number, "script"), folder / "scripts" / entry.script)
    for name, wordings in centre.prompts.items():
        for lang, wording in wordings.items():
            if wording.file is not None:
                _check_sound(found, ("prompts", name, lang), folder / wording.file)
    if centre.music.folder is not None and not (folder / centre.music.folder).is_dir():
        fix = ("cree la carpeta o ponga «music: default»", 'create it or write "music: default"')
        found.error("no-file", ("music", "folder"), "no existe la carpeta", "no such folder", fix)


def _need_file(found: Findings, path: KeyPath, file: Path) -> bool:
    if file.is_file():
        return True
    fix = ("cópielo ahí o corrija el nombre", "copy it there or correct the name")
    found.error("no-file", path, f"no existe {file}", f"there is no {file}", fix)
    return False


def _check_sound(found: Findings, path: KeyPath, file: Path) -> None:
    if not _need_file(found, (*path, "file"), file):
        return
    try:
        with wave.open(str(file), "rb") as sound:
            good = (sound.getframerate(), sound.getnchannels(), sound.getsampwidth()) == (SOUND_RATE_HZ, 1, 2)
    except (wave.Error, EOFError, OSError):
        good = False
    if not good or file.suffix != ".wav":
        es, en = "se espera un .wav de 8000 Hz, mono, 16 bits", "a .wav of 8000 Hz, mono, 16 bits is wanted"
        fix = (f"sox {file.name} -r 8000 -c 1 -b 16 nuevo.wav",) * 2
        found.error("sound-format", (*path, "file"), es, en, fix)
