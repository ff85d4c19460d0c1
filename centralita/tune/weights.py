"""The file of weights, as `simulate --weights` and the configuration's `routing.weights` read it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from centralita.tune.errors import TuneError
from centralita.tune.report import Line, plain
from centralita.tune.tuning import Tuned

FORMAT_YAML = (".yaml", ".yml")


def content(found: Tuned, *, config: str, seed: int, before: Line, after: Line) -> dict[str, Any]:
    """
    What stands in the file.

    Args:
        found: The weights.
        config: Which case or version of the configuration they were found for.
        seed: Of the search.
        before: The policy that they are compared with, on days that the search has not seen.
        after: The same days with these weights.
    """
    return {
        "policy": found.rules.name,
        "numbers": dict(found.rules.numbers),
        "words": dict(found.rules.words),
        "config": config,
        "seed": seed,
        "start": found.start,
        "searched": found.searched,
        "evaluations": found.evaluations,
        "before": plain(before),
        "after": plain(after),
    }


def refuse_live(path: Path, live: Sequence[Path]) -> None:
    """
    See that a draft is not part of the live configuration, which is only ever changed by publishing.

    Args:
        path: Where the draft is to go.
        live: The files of the live configuration.

    Raises:
        TuneError: It is one of them.
    """
    if path.resolve() in {one.resolve() for one in live}:
        raise TuneError(
            f"-o {path}: es parte de la configuración en uso, y aquí no se toca. Elija otro archivo, revise "
            "el borrador y publíquelo después. / is part of the live configuration, which is never written "
            "here: choose another file, look at the draft and publish it then."
        )


def write(path: Path, what: Mapping[str, Any]) -> None:
    """
    JSON, or YAML if the name ends so.

    Raises:
        TuneError: The file cannot be written.
    """
    if path.suffix in FORMAT_YAML:
        text = yaml.safe_dump(dict(what), allow_unicode=True, sort_keys=False)
    else:
        text = json.dumps(what, indent=2, ensure_ascii=False) + "\n"
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise TuneError(
            f"{path}: no se puede escribir / cannot be written: {error.strerror}. "
            "Compruebe la carpeta y los permisos / check the folder and its permissions."
        ) from error
