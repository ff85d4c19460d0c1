"""The files of a configuration: reading the text, and what it names (scripts, recordings, music)."""

from __future__ import annotations

import wave
from pathlib import Path

from config.findings import Findings
from config.problems import ConfigError, KeyPath, Problem
from config.schema import Centre
from config.tree import BYTES_MAX

SOUND_RATE_HZ = 8_000


def read_text(file: Path) -> str:
    """
    The text of a file of at most 1 MiB.

    Raises:
        ConfigError: It is missing, larger, or not UTF-8.
    """
    try:
        with file.open("rb") as stream:
            data = stream.read(BYTES_MAX + 1)
    except OSError as error:
        why = error.strerror or str(error)
        raise _unreadable(file, f"no se puede leer: {why}", f"cannot be read: {why}") from error
    if len(data) > BYTES_MAX:
        fix_es, fix_en = "repártalo con «use: […]»", 'divide it with "use: […]"'
        raise _unreadable(file, f"pasa de 1 MiB; {fix_es}", f"is larger than 1 MiB; {fix_en}")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise _unreadable(
            file, "no es UTF-8; guárdelo como UTF-8", "is not UTF-8; save as UTF-8", line
        ) from error


def _unreadable(file: Path, es: str, en: str, line: int = 1) -> ConfigError:
    return ConfigError([Problem("unreadable", str(file), line, 1, "", es, en)])


def check_files(centre: Centre, found: Findings, folder: Path) -> None:
    """Scripts, recordings and music lie where the configuration says, in a form that can be played."""
    for number, entry in centre.entry.items():
        if entry.script is not None:
            _need_file(found, ("entry", number, "script"), folder / "scripts" / entry.script)
    for name, wordings in centre.prompts.items():
        for lang, wording in wordings.items():
            if wording.file is not None:
                _check_sound(found, ("prompts", name, lang, "file"), folder / wording.file)
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
    if not _need_file(found, path, file):
        return
    try:
        with wave.open(str(file), "rb") as sound:
            good = (sound.getframerate(), sound.getnchannels(), sound.getsampwidth()) == (SOUND_RATE_HZ, 1, 2)
    except (wave.Error, EOFError, OSError):
        good = False
    if not good or file.suffix != ".wav":
        es, en = "se espera un .wav de 8000 Hz, mono, 16 bits", "a .wav of 8000 Hz, mono, 16 bits is wanted"
        fix = (f"sox {file.name} -r 8000 -c 1 -b 16 nuevo.wav",) * 2
        found.error("sound-format", path, es, en, fix)
