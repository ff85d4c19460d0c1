"""
Has the estimate trained when the configuration has changed, and every night.

In a process of its own that only runs when the processor has nothing better to do:
calls never notice. Until it is done nothing is said of waits.
"""

from __future__ import annotations

import asyncio
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import structlog

from centralita.supervisor import die_with_parent
from centralita.waits.models import Models

_log = structlog.get_logger("waits")

LOOK_EVERY_S = 60.0
"""A configuration that is edited again within a minute is not trained on."""
OLD_MS = 20 * 3_600_000
NIGHT = range(2, 5)
"""Hours, local time, at which a model that is `OLD_MS` old is trained anew."""
AGAIN_MS = 6 * 3_600_000
"""After a training that failed."""
WITHIN_S = 3_600.0


@dataclass(frozen=True, slots=True)
class Ports:
    version: Callable[[], str]
    """Of the live configuration."""
    trained: Callable[[], None]
    """There is a new model."""
    now_ms: Callable[[], int]
    """Wall clock."""
    hour: Callable[[], int] = lambda: time.localtime().tm_hour


@dataclass(slots=True)
class Keeper:
    """
    Args:
        models: Where they lie.
        argv: Command line of a training.
        log: File for what it writes.
        ports: What it needs of the server.
    """

    models: Models
    argv: list[str]
    log: Path
    ports: Ports
    look_every_s: float = LOOK_EVERY_S
    _seen: str = ""
    _failed_ms: dict[str, int] = field(default_factory=dict)

    async def run(self) -> None:
        """Until cancelled; a training in progress is ended then, too."""
        while True:
            self._seen = self.ports.version()
            await asyncio.sleep(self.look_every_s)
            if self._seen == self.ports.version() and self.is_due():
                await self._train(self._seen)

    def is_due(self) -> bool:
        """Whether the live configuration needs a training now."""
        version, now_ms = self.ports.version(), self.ports.now_ms()
        failed_ms = self._failed_ms.get(version)
        if not version or (failed_ms is not None and now_ms - failed_ms < AGAIN_MS):
            return False
        made_ms = self.models.made_ms(version)
        if made_ms is None or self.models.read(version) is None:
            return True
        return now_ms - made_ms > OLD_MS and self.ports.hour() in NIGHT

    async def _train(self, version: str) -> None:
        _log.info("waits.training", version=version)
        try:
            code = await self._process()
        except OSError as error:
            _log.error("waits.cannot_train", why=str(error))
            code = -1
        if code == 0:
            self._failed_ms.pop(version, None)
            self.ports.trained()
            _log.info("waits.trained", version=version)
        else:
            self._failed_ms[version] = self.ports.now_ms()
            _log.warning("waits.not_trained", version=version, code=code, look_at=str(self.log))

    async def _process(self) -> int:
        with self.log.open("ab") as out:
            process = await asyncio.create_subprocess_exec(
                *self.argv,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
                preexec_fn=partial(die_with_parent, signal.SIGKILL),
            )
        try:
            async with asyncio.timeout(WITHIN_S):
                return await process.wait()
        except TimeoutError:
            return -1
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()


def training_argv(home: Path, config: Path) -> list[str]:
    """The training that the server starts."""
    return [
        *(sys.executable, "-m", "centralita", "waits", "train", "--home", str(home)),
        *("--config", str(config), "--workers", "1", "--humble"),
    ]
