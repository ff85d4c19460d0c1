"""
Read a configuration: texts -> one tree -> schema -> references -> files.

Every stage goes on as far as it can, so that one reading shows everything that
is wrong. What comes out is immutable and has a version.
"""

from __future__ import annotations

import contextlib
import gc
import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from config.check import check
from config.files import check_files, read_text
from config.findings import Findings
from config.lint.run import lint
from config.problems import ConfigError, Problem, Severity
from config.schema import Centre
from config.shape import shape
from config.use import Whole, read_whole


@dataclass(frozen=True, slots=True)
class Loaded:
    """A configuration that can be used."""

    config: Centre
    warnings: tuple[Problem, ...]
    version: str
    """First 12 hexadecimal digits of the SHA-256 of the canonical tree: layout and comments do not count."""
    folder: Path
    """Where scripts and recordings are looked for."""
    texts: Mapping[Path, str]
    """Of every file, as it was read; the main file first."""

    @property
    def files(self) -> tuple[Path, ...]:
        """Everything that was read, the main file first."""
        return tuple(self.texts)


def example() -> Path:
    """The centre that comes with us."""
    return Path(str(resources.files("config"))) / "examples" / "centro.yaml"


def load(path: str | os.PathLike[str], *, beside: Path | None = None) -> Loaded:
    """
    Read and check a configuration.

    Args:
        path: A YAML file of at most 1 MiB. The files of `use` are looked for beside it.
        beside: Where its scripts and recordings are, if not there too.

    Raises:
        ConfigError: It cannot be used; holds every problem found.
    """
    file = Path(path)
    return check_text(read_text(file), file, beside=beside)


def check_text(text: str, file: Path, *, beside: Path | None = None) -> Loaded:
    """As `load`, for a text that is not (or not yet) in `file`; a draft in an editor."""
    with _no_collection():
        whole = read_whole(text, file)
        if not isinstance(whole.tree.value, dict):
            empty = whole.tree.problem(
                "empty", (), "no hay ninguna configuración", "there is no configuration",
                ("empiece con «schema: acd/1»", 'start with "schema: acd/1"'),
            )  # fmt: skip
            raise ConfigError(whole.tree.problems or [empty])
        return _check(whole, file.parent if beside is None else beside)


def version(centre: Centre) -> str:
    """The same for the same content, however it is written and divided into files."""
    canonical = json.dumps(centre.model_dump(mode="json", by_alias=True), sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()[:12]


@contextlib.contextmanager
def _no_collection() -> Iterator[None]:
    """
    Without garbage collection.

    A tree is many objects and no garbage: looking through them again and again
    takes half of the time of reading a large one.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _check(whole: Whole, folder: Path) -> Loaded:
    tree = whole.tree
    form = shape(tree)
    found = Findings(tree, form.left_out)
    if form.centre is not None:
        check(form.centre, found)
        lint(form.centre, found, whole.texts)
        check_files(form.centre, found, folder)
    problems = _in_order(whole, [*form.problems, *found.problems])
    warnings = tuple(problem for problem in problems if problem.severity is Severity.WARNING)
    if form.centre is None or len(warnings) < len(problems):
        raise ConfigError(problems)
    return Loaded(form.centre, warnings, version(form.centre), folder, whole.texts)


def _in_order(whole: Whole, of_sense: Iterable[Problem]) -> list[Problem]:
    """By place; what follows from a value that the text itself got wrong is left out."""
    of_text = whole.tree.problems
    broken = {_place(problem) for problem in of_text if problem.code in {"alias", "tag"}}
    rest = [problem for problem in of_sense if _place(problem) not in broken]
    order = {str(file): number for number, file in enumerate(whole.texts)}
    return sorted([*of_text, *rest], key=lambda p: (order.get(p.file, len(order)), p.line, p.column))


def _place(problem: Problem) -> tuple[str, int, int]:
    return problem.file, problem.line, problem.column
