"""Has intents learned in a process of its own that only runs when the processor has nothing better to do."""

from __future__ import annotations

import asyncio
import enum
import json
import os
import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from asr import intents_worker
from asr.intents_model import Phrases
from centralita.supervisor import die_with_parent

WITHIN_S = 120.0
"""A training takes seconds; on a machine where it takes longer something else is wrong."""


class Result(enum.Enum):
    """What became of a training."""

    LEARNED = enum.auto()
    TOO_FEW = enum.auto()
    """Not enough examples to learn from: no fault of anybody."""
    NO_LIBRARY = enum.auto()
    FAILED = enum.auto()


_RESULTS = {
    0: Result.LEARNED,
    intents_worker.TOO_FEW: Result.TOO_FEW,
    intents_worker.MISSING_LIBRARY: Result.NO_LIBRARY,
}


@dataclass(frozen=True)
class Trainer:
    """
    Args:
        log: File for what the process writes.
        command: How to start it, instead of `asr.intents_worker`; the model's path follows.
    """

    log: Path
    command: Sequence[str] = (sys.executable, "-P", "-m", intents_worker.__name__)
    within_s: float = WITHIN_S

    async def train(self, phrases: Phrases, path: Path) -> Result:
        """
        Learn, and write the model.

        Args:
            phrases: Of one language.
            path: Where the model goes, in one step, if it is `LEARNED`.
        """
        try:
            code = await self._run(json.dumps({name: list(said) for name, said in phrases.items()}), path)
        except (OSError, TimeoutError):
            return Result.FAILED
        return _RESULTS.get(code, Result.FAILED)

    async def _run(self, wish: str, path: Path) -> int:
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as out:
            process = await asyncio.create_subprocess_exec(
                *self.command,
                str(path),
                stdin=asyncio.subprocess.PIPE,
                stdout=out,
                stderr=out,
                env=_environ(),
                start_new_session=True,
                preexec_fn=partial(die_with_parent, signal.SIGKILL),
            )
        try:
            async with asyncio.timeout(self.within_s):
                await process.communicate(wish.encode())
            return process.returncode if process.returncode is not None else -1
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()


def _environ() -> dict[str, str]:
    """Where our modules are; and one core, of which calls have the first choice."""
    home = str(Path(intents_worker.__file__).parents[1])
    paths = filter(None, (home, os.environ.get("PYTHONPATH")))
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "OMP_NUM_THREADS": "1"}
