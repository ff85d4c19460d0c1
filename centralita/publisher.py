"""
Takes up an edited configuration while calls go on; refuses a broken one, and says why.

The file is watched. A sound edit is prepared completely (sounds, phones, trunks)
before the engine hears of it; of a broken one everybody hears (log, page, API)
and the last good one stays.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog
from watchfiles import awatch

from config.loader import Loaded, load
from config.problems import ConfigError, Problem, Severity

_log = structlog.get_logger("publisher")

DEBOUNCE_MS = 300
"""An editor writes a file in several steps."""
LOOK_MS = 500
_READ = {".yaml", ".yml", ".json", ".wav", ".py"}


class CannotPublishError(Exception):
    """A sound configuration cannot be made live: a full disk, a value that the switch cannot take."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """An edit that did not take effect."""

    at_ms: int
    problems: tuple[Problem, ...]
    why: str = ""
    """If it was not the configuration's fault: the disk, say. Spanish first."""


@dataclass(frozen=True, slots=True)
class Ports:
    apply: Callable[[Loaded], Awaitable[None]]
    """Make it live. May raise CannotPublishError: then nothing has changed."""
    now_ms: Callable[[], int]
    unfinished: Callable[[], bool] = lambda: False
    """Something of the live one does not work (a trunk without password): saving again tries again."""


class Publisher:
    """
    Args:
        path: The configuration's main file.
        current: What is live.
        ports: Who carries it out.
        refusal: Why the file itself is not live, if it is broken at the start.
    """

    def __init__(self, path: Path, current: Loaded, ports: Ports, refusal: Refusal | None = None) -> None:
        self._path, self._ports = path, ports
        self._busy = asyncio.Lock()
        self.current = current
        self.since_ms = ports.now_ms()
        self.refusal = refusal

    async def watch(self) -> None:
        """Take up every edit until cancelled."""
        async for _ in self._changes():
            await self.look()

    async def _changes(self) -> AsyncIterator[object]:
        """
        Something that we may read has been written; the folder is watched, as editors replace files.

        The first comes by itself: for an edit between the start's reading and the first watch.
        """
        begun = False
        async for changes in awatch(
            self._path.parent, debounce=DEBOUNCE_MS, rust_timeout=LOOK_MS, yield_on_timeout=True
        ):
            if not begun or any(Path(name).suffix in _READ for _, name in changes):
                begun = True
                yield changes

    async def look(self) -> None:
        """Read the file and take it up, if it is another than the live one and sound."""
        async with self._busy:
            try:
                loaded = await asyncio.to_thread(load, self._path)
            except ConfigError as error:
                self._refuse(Refusal(self._ports.now_ms(), error.problems))
                return
            try:
                if loaded.version != self.current.version or self._ports.unfinished():
                    await self._ports.apply(loaded)
                    self.since_ms = self._ports.now_ms()
                    _log.info("config.published", version=loaded.version, before=self.current.version)
                self.current, self.refusal = loaded, None
            except CannotPublishError as error:
                why = f"no se pudo aplicar: {error} / could not be taken up: {error}"
                self._refuse(Refusal(self._ports.now_ms(), (), why))

    def _refuse(self, refusal: Refusal) -> None:
        before, self.refusal = self.refusal, refusal
        if before is None or before.problems != refusal.problems or before.why != refusal.why:
            _log.error(
                "config.refused",
                file=str(self._path),
                problems=[str(problem) for problem in refusal.problems],
                why=refusal.why,
                effect="the last good one stays",
            )

    def alarm(self) -> str:
        """One line for the page; empty when the file is live."""
        if self.refusal is None:
            return ""
        if self.refusal.why:
            return f"{self._path.name}: {self.refusal.why}"
        problems = self.refusal.problems
        first = next((p for p in problems if p.severity is Severity.ERROR), problems[0])
        more = len(problems) - 1
        more_es, more_en = (f" (y {more} más)", f" (and {more} more)") if more else ("", "")
        place = f"{Path(first.file).name}:{first.line}:{first.column}: {first.key}"
        es, en = (
            "; ".join(filter(None, texts)) for texts in ((first.es, first.fix_es), (first.en, first.fix_en))
        )
        return (
            f"La configuración no se aplicó, sigue la anterior. {place}: {es}{more_es} / "
            f"The configuration was not taken up, the former one stays. {place}: {en}{more_en}"
        )

    def status(self) -> dict[str, Any]:
        """For the API."""
        refusal = self.refusal
        return {
            "version": self.current.version,
            "file": str(self._path),
            "since_ms": self.since_ms,
            "warnings": [problem_json(problem) for problem in self.current.warnings],
            "refused": None
            if refusal is None
            else {
                "at_ms": refusal.at_ms,
                "why": refusal.why,
                "problems": [problem_json(problem) for problem in refusal.problems],
            },
        }


def problem_json(problem: Problem) -> dict[str, Any]:
    """One problem as editors read it; `severity` is "error" or "warning"."""
    names = ("code", "severity", "file", "line", "column", "key", "es", "en", "fix_es", "fix_en")
    return {name: getattr(problem, name) for name in names}
