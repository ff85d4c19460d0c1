"""
Adds example phrases to the configuration's own file, and publishes it as if somebody had edited it.

The new text is checked as a whole before anything is written; what is refused afterwards is taken back.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import tempfile
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import structlog

from asr.intents_text import plain
from centralita.publisher import Refusal
from centralita.understanding.masking import HIDDEN
from centralita.understanding.phrase_text import NowhereError, with_phrase
from centralita.web.utterances_ports import PhraseRefusedError
from config.loader import Loaded, load
from config.problems import ConfigError, Problem, Severity

_log = structlog.get_logger("phrases")

PHRASE_MAX = 200
_BOM = b"\xef\xbb\xbf"


class _ChangedError(Exception):
    """Somebody else has written the file meanwhile."""


@dataclass(frozen=True, slots=True)
class Added:
    """What became of a phrase."""

    added: bool
    """False: it was an example of this intent already."""
    examples: int
    """How many there are now in this language."""
    version: str
    """Of the configuration with it."""


Publish = Callable[[], Awaitable[Refusal | None]]
"""Have the file read and taken up now; why it was not."""


class Phrases:
    """
    Args:
        file: The configuration's main file.
        publish: Called when it is written.
    """

    def __init__(self, file: Path, publish: Publish) -> None:
        self._file, self._publish_file = file, publish
        self._busy = asyncio.Lock()

    async def add(self, intent: str, language: str, phrase: str) -> Added:
        """
        One more example, live at once.

        Args:
            intent: As the configuration names it.
            language: One of the configuration's.
            phrase: What somebody may say, up to `PHRASE_MAX` letters.

        Raises:
            PhraseRefusedError: Says why.
        """
        phrase = " ".join(phrase.replace(HIDDEN, " ").split())
        async with self._busy:
            loaded = await asyncio.to_thread(self._read)
            if _known(loaded, intent, language, phrase):
                return Added(added=False, examples=_count(loaded, intent, language), version=loaded.version)
            file, text = await asyncio.to_thread(_edited, loaded, intent, language, phrase)
            fresh = await asyncio.to_thread(_checked, loaded, file, text)
            await self._publish(loaded, file, text)
        _log.info("phrase.added", intent=intent, language=language, version=fresh.version)
        return Added(added=True, examples=_count(fresh, intent, language), version=fresh.version)

    def _read(self) -> Loaded:
        try:
            return load(self._file)
        except ConfigError as error:
            es, en = _first(error)
            raise PhraseRefusedError(
                409,
                "config_broken",
                f"El archivo de configuración tiene errores, corríjalos primero: {es}",
                f"The configuration file has errors, mend them first: {en}",
            ) from error

    async def _publish(self, loaded: Loaded, file: Path, text: str) -> None:
        before = loaded.texts[file]
        try:
            await asyncio.to_thread(_write, file, before, text)
        except _ChangedError as error:
            raise PhraseRefusedError(
                409,
                "changed",
                f"{file.name} ha cambiado mientras tanto: inténtelo otra vez.",
                f"{file.name} has changed meanwhile: try again.",
            ) from error
        except OSError as error:
            why = error.strerror or str(error)
            raise PhraseRefusedError(
                409,
                "cannot_write",
                f"No se puede escribir {file.name}: {why}. Dé permiso al servidor sobre ese archivo.",
                f"{file.name} cannot be written: {why}. Let the server write that file.",
            ) from error
        refusal = await self._publish_file()
        if refusal is None:
            return
        with contextlib.suppress(OSError, _ChangedError):
            await asyncio.to_thread(_write, file, text, before)
        await self._publish_file()
        why = refusal.why or "; ".join(str(problem) for problem in refusal.problems[:1])
        raise PhraseRefusedError(
            409, "not_published", f"No se pudo aplicar: {why}", f"It could not be taken up: {why}"
        )


def _known(loaded: Loaded, intent: str, language: str, phrase: str) -> bool:
    """Whether it is there already. Raises PhraseRefusedError for what cannot be added at all."""
    config = loaded.config
    if intent not in config.intents:
        known = ", ".join(config.intents) or "—"
        raise PhraseRefusedError(
            404,
            "unknown_intent",
            f"No hay ningún motivo «{intent}»; hay: {known}.",
            f"There is no intent '{intent}'; there are: {known}.",
        )
    if language not in config.languages:
        known = ", ".join(config.languages)
        raise PhraseRefusedError(
            404,
            "unknown_language",
            f"El centro no habla «{language}»; habla: {known}.",
            f"The centre does not speak '{language}'; it speaks: {known}.",
        )
    said = plain(phrase)
    if not said or len(phrase) > PHRASE_MAX:
        raise PhraseRefusedError(
            422,
            "no_phrase",
            f"Una frase tiene palabras, y {PHRASE_MAX} letras como mucho.",
            f"A phrase has words, and {PHRASE_MAX} letters at most.",
        )
    owner = _owner(loaded, language, said)
    if owner not in (None, intent):
        raise PhraseRefusedError(
            409,
            "other_intent",
            f"Esa frase ya es un ejemplo de «{owner}»: quítela de ahí primero.",
            f"That phrase is an example of '{owner}' already: remove it there first.",
        )
    return owner == intent


def _owner(loaded: Loaded, language: str, said: str) -> str | None:
    for name, intent in loaded.config.intents.items():
        if any(plain(phrase) == said for phrase in intent.examples.get(language, ())):
            return name
    return None


def _count(loaded: Loaded, intent: str, language: str) -> int:
    return len(loaded.config.intents[intent].examples.get(language, ()))


def _edited(loaded: Loaded, intent: str, language: str, phrase: str) -> tuple[Path, str]:
    """The file in which the intent stands, and its new text."""
    for file, text in loaded.texts.items():
        try:
            return file, with_phrase(text, intent, language, phrase)
        except NowhereError:
            continue
    raise PhraseRefusedError(
        409,
        "nowhere",
        f"No se encuentra la lista de ejemplos de «{intent}» en los archivos: añada la frase a mano.",
        f"The list of examples of '{intent}' is not found in the files: add the phrase by hand.",
    )


def _checked(loaded: Loaded, file: Path, text: str) -> Loaded:
    """The configuration with the new text of one file; nothing else in it may be other than before."""
    main = loaded.files[0]
    texts: Mapping[Path, str] = {**loaded.texts, file: text}
    with tempfile.TemporaryDirectory(prefix="centralita-") as folder:
        for each, written in texts.items():
            draft = Path(folder) / each.relative_to(main.parent)
            draft.parent.mkdir(parents=True, exist_ok=True)
            draft.write_bytes(written.encode())
        try:
            fresh = load(Path(folder) / main.name, beside=loaded.folder)
        except ConfigError as error:
            es, en = _first(error)
            raise PhraseRefusedError(
                422, "config_refused", f"Con esa frase: {es}", f"With that phrase: {en}"
            ) from error
    if fresh.config.model_copy(update={"intents": loaded.config.intents}) != loaded.config:
        raise PhraseRefusedError(
            409,
            "nowhere",
            "La frase no se pudo escribir en su sitio: añádala a mano.",
            "The phrase could not be written into its place: add it by hand.",
        )
    return fresh


def _first(error: ConfigError) -> tuple[str, str]:
    """The first error, Spanish and English, with its place."""
    worst = [problem for problem in error.problems if problem.severity is Severity.ERROR]
    problem: Problem = (worst or list(error.problems))[0]
    place = f"{Path(problem.file).name}:{problem.line}"
    return f"{place}: {problem.es}", f"{place}: {problem.en}"


def _write(file: Path, before: str, text: str) -> None:
    """
    Replace a file in one step, if it is still as it was read.

    Raises:
        OSError: It cannot be written.
        _ChangedError: It is not.
    """
    real = file.resolve()
    data = real.read_bytes()
    mark = _BOM if data.startswith(_BOM) else b""
    if data != mark + before.encode():
        raise _ChangedError
    mode = real.stat().st_mode & 0o777
    handle, name = tempfile.mkstemp(prefix=f".{real.name}.", dir=real.parent)
    fresh = Path(name)
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(mark + text.encode())
        fresh.chmod(mode)
        fresh.replace(real)
    except OSError:
        fresh.unlink(missing_ok=True)
        raise
