"""The recognizers of the live configuration: another engine or model published, and new questions get it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

import structlog

from asr.endpoint import EndpointSettings
from asr.models import folder_of
from asr.pool import PoolSettings, RecognitionPool
from asr.ports import Ears, Hearing, Wish
from asr.recognition_worker import LanguageModel
from config.build_services import Speech
from cti.spawn import Spawn

_log = structlog.get_logger("hearing")

LEAVE_MS = 15_000
"""How long questions that are being put keep recognizers that are no longer wanted."""


class Pool(Ears, Protocol):
    """`Ears` with a beginning, and with the reasons why a language is not heard."""

    def start(self) -> None: ...

    def unready(self) -> Mapping[str, str]: ...


Make = Callable[[PoolSettings, Spawn], Pool]


class LiveEars:
    """
    See `asr.ports.Ears`.

    Args:
        models: Folder of the installation's models.
        spawn: Owner of our tasks.
        make: Of recognizers, by settings.
    """

    def __init__(self, models: Path, spawn: Spawn, make: Make = RecognitionPool) -> None:
        self._models, self._spawn, self._make = models, spawn, make
        self._settings = PoolSettings()
        self._pool = make(self._settings, spawn)

    def use(self, speech: Speech) -> None:
        """From the next question on. Nothing happens when nothing about recognizers has changed."""
        settings = pool_settings(speech, self._models)
        if settings == self._settings:
            return
        before, self._settings = self._pool, settings
        self._pool = self._make(settings, self._spawn)
        self._pool.start()
        self._spawn(_leave(before), name="former recognizers")
        _log.info("ears.changed", languages=[model.language for model in settings.models])

    def free(self, language: str, *, free_speech: bool) -> bool:
        return self._pool.free(language, free_speech=free_speech)

    async def open(self, wish: Wish) -> Hearing:
        return await self._pool.open(wish)

    def figures(self) -> Mapping[str, int]:
        return self._pool.figures()

    def alarms(self) -> list[str]:
        """Languages that are to be heard and cannot be."""
        return [_alarm(language, why) for language, why in sorted(self._pool.unready().items())]

    async def close(self) -> None:
        await self._pool.close()


def _alarm(language: str, why: str) -> str:
    """`why` is in both languages, Spanish first, or the engine's own words."""
    es, _, en = why.partition(" / ")
    return (
        f"No se oye «{language}», se pregunta por teclas: {es} (centralita models check) / "
        f"'{language}' is not heard, callers are asked by keys: {en or es}"
    )


def pool_settings(speech: Speech, models: Path) -> PoolSettings:
    """
    Of a configuration.

    Args:
        speech: Its part.
        models: Folder of the installation's models.
    """
    engines = sorted(speech.engines.items())
    return PoolSettings(
        models=tuple(
            LanguageModel(language, engine.kind, str(folder_of(models, engine.model)))
            for language, engine in engines
        ),
        slots=speech.slots,
        free_slots=speech.free_slots,
        endpoint=EndpointSettings(
            known_ms=speech.known_silence_ms,
            otherwise_ms=speech.silence_ms,
            longest_ms=speech.longest_ms,
        ),
    )


async def _leave(pool: Pool) -> None:
    await asyncio.sleep(LEAVE_MS / 1000)
    await pool.close()
