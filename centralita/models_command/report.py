"""What `centralita models` tells: what is there, what is expected, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from asr.model_folders import ModelFolder, ModelFolderError, inspect
from asr.models import installed
from centralita.models_command.configured import Configured, Wanted
from centralita.models_command.install import Installed
from centralita.models_command.trial import Trial, try_model

KEYPAD = (
    "Sin modelo, en ese idioma todo sigue por el teclado del teléfono / "
    "without a model all goes on by keypad in that language"
)


@dataclass(frozen=True, slots=True)
class Row:
    """One model, installed or only expected."""

    name: str
    engine: str
    language: str
    """That it was made for; empty: many, or unknown."""
    size_bytes: int
    limits: bool
    """Whether it can be told what may come."""
    used_for: tuple[str, ...]
    """Languages of the configuration."""
    trouble: str = ""

    def as_json(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__}


def rows(configured: Configured) -> list[Row]:
    """Those of the configuration first."""
    uses: dict[Path, list[Wanted]] = {}
    for wanted in configured.wanted():
        uses.setdefault(wanted.folder, []).append(wanted)
    found = [_row(some[0].model, folder, _looked(folder), some) for folder, some in uses.items()]
    others = [
        _row(folder.name, folder, what, ())
        for folder, what in installed(configured.models)
        if folder not in uses
    ]
    return [*found, *others]


def _looked(folder: Path) -> ModelFolder | ModelFolderError:
    try:
        return inspect(folder)
    except ModelFolderError as error:
        return error


def _row(name: str, folder: Path, what: ModelFolder | ModelFolderError, uses: Sequence[Wanted]) -> Row:
    languages = tuple(wanted.language for wanted in uses)
    if isinstance(what, ModelFolderError):
        engine = uses[0].engine if uses else ""
        return Row(name, engine, "", 0, limits=False, used_for=languages, trouble=str(what))
    trouble = "; ".join(_mismatch(wanted, what) for wanted in uses if _mismatch(wanted, what))
    return Row(
        name,
        what.engine,
        what.language or "",
        what.size_bytes,
        limits=what.engine == "whisper" or not what.static_graph,
        used_for=languages,
        trouble=trouble,
    )


def _mismatch(wanted: Wanted, found: ModelFolder) -> str:
    if wanted.engine != found.engine:
        return (
            f"la configuración dice engine: {wanted.engine}, y es un modelo de {found.engine}: corríjalo / "
            "the configuration says another engine: correct it"
        )
    if found.language is not None and found.language != wanted.language:
        return (
            f"es un modelo de «{found.language}», y se usa para «{wanted.language}» / "
            "it is a model of another language"
        )
    return ""


def list_lines(found: Iterable[Row]) -> list[str]:
    """A line for each, and one more for what is wrong with it."""
    lines = []
    for row in found:
        used = (
            f"se usa para / used for: {', '.join(row.used_for)}" if row.used_for else "sin uso / not in use"
        )
        if row.engine and row.size_bytes:
            limits = "" if row.limits else ", no admite listas de frases / takes no lists of phrases"
            what = f"{row.engine}, {row.language or '*'}, {row.size_bytes / 1e6:.0f} MB{limits}"
        else:
            what = "no está / not there"
        lines.append(f"{row.name}: {what}; {used}")
        if row.trouble:
            lines.append(f"    ! {row.trouble}")
    if not lines:
        lines = [
            "No hay modelos ni configuración de voz / there are no models and no speech in the configuration"
        ]
    return lines


def how_to_get(wanted: Wanted) -> str:
    return (
        f"centralita models install NOMBRE_O_ARCHIVO_O_DIRECCIÓN --language {wanted.language} "
        f"--name {Path(wanted.model).name}"
    )


def check(configured: Configured) -> tuple[list[str], bool]:
    """
    Try every model of the configuration; takes seconds each.

    Returns:
        Lines for people, and whether all is well.
    """
    lines, well = [], True
    for wanted in configured.wanted():
        told, fine = _check_one(configured, wanted)
        lines += told
        well = well and fine
    if not lines:
        lines = ["Sin voz en la configuración: todo va por el teclado / no speech configured: all by keypad"]
    return lines, well


def _check_one(configured: Configured, wanted: Wanted) -> tuple[list[str], bool]:
    name = f"{wanted.language}: {wanted.model}"
    looked = _looked(wanted.folder)
    if isinstance(looked, ModelFolderError):
        return [f"{name}: {looked}", f"    {how_to_get(wanted)}", f"    {KEYPAD}"], False
    mismatch = _mismatch(wanted, looked)
    if mismatch and wanted.engine != looked.engine:
        return [f"{name}: {mismatch}", f"    {KEYPAD}"], False
    trial = try_model(wanted.engine, wanted.folder, wanted.language, configured.phrases(wanted.language))
    troubles = [*([mismatch] if mismatch else []), *trial.troubles]
    if not troubles:
        return [f"{name}: {trial_line(trial)}"], True
    keypad = [f"    {KEYPAD}"] if trial.unusable or trial.answer["problem"] else []
    return [f"{name}:", *(f"    ! {trouble}" for trouble in troubles), *keypad], False


def trial_line(trial: Trial) -> str:
    """Of one that works."""
    answer = trial.answer
    limits = "" if answer["limits"] else "; oye todo como habla libre / hears all as free speech"
    return (
        f"funciona / works ({answer['load_s']} s en cargar / to load, {answer['memory_mb']} MB de memoria / "
        f"of memory){limits}"
    )


def installed_lines(done: Installed) -> list[str]:
    """What to tell whoever has installed one."""
    model, trial = done.model, done.trial
    lines = [f"instalado / installed: {model.folder.name} ({model.engine}, {model.size_bytes / 1e6:.0f} MB)"]
    lines += [f"    ! {trouble}" for trouble in trial.troubles] or [f"    {trial_line(trial)}"]
    return [
        *lines,
        "en la configuración / in the configuration:",
        "    speech:",
        "      languages:",
        f"        {done.language}: {{engine: {model.engine}, model: {model.folder.name}}}",
    ]
