"""All recognizers of this server: workers, slots, and who gets them."""

from __future__ import annotations

import asyncio
import itertools
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from asr.endpoint import EndpointSettings
from asr.hearings import WorkerHearing
from asr.number_vocabulary import number_vocabulary
from asr.ports import Hearing, NoEars, Wish
from asr.recognition_worker import LanguageModel, WorkerOrders
from asr.wire import Open
from asr.workers import Spawn, Worker

_WATCH_EVERY_S = 0.2
_SLOTS_PER_WORKER = 30
_REASONS = ("no_model", "loading", "no_slot", "slow")


@dataclass(frozen=True, slots=True)
class PoolSettings:
    """
    What the administrator decides, and what was measured.

    models: One for each language; without any nobody listens, and nothing is started.
    slots: Recognitions of limited phrases at a time.
    free_slots: Of free speech.
    workers: Processes, each with all models in memory; 0: as many as suit processors and slots.
    slow_ms: A worker whose work on the sound lags so far behind is given nothing more.
    deaf_ms: A hearing that lags so far behind, or waits so long for its decision, ends.
    niceness: 0 to 19: how far everything else on the machine comes first.
    """

    models: Sequence[LanguageModel] = ()
    slots: int = 12
    free_slots: int = 2
    workers: int = 0
    endpoint: EndpointSettings = field(default_factory=EndpointSettings)
    slow_ms: int = 800
    deaf_ms: int = 3_000
    niceness: int = 5


class RecognitionPool:
    """
    `asr.ports.Ears` over worker processes.

    Args:
        settings: See there.
        spawn: Owner of our tasks.
        command: How to start a worker, instead of our own way.

    """

    def __init__(self, settings: PoolSettings, spawn: Spawn, command: Sequence[str] | None = None) -> None:
        self._settings, self._spawn, self._command = settings, spawn, command
        self._workers: list[Worker] = []
        self._numbers = itertools.count(1)
        self._taken: Counter[bool] = Counter()
        """Slots in use, by whether they are those of free speech."""
        self._counts: Counter[str] = Counter()
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Start the workers in the background; `free` tells when they can hear. Inside the running loop."""
        if not self._settings.models:
            return
        clock = asyncio.get_running_loop().time
        orders = WorkerOrders(
            tuple(self._settings.models), self._settings.endpoint, _processors(), self._settings.niceness
        )
        self._workers = [Worker(orders, clock, self._command) for _ in range(self._how_many())]
        for number, worker in enumerate(self._workers):
            self._tasks.append(self._spawn(worker.keep(), name=f"asr.worker{number}"))
        self._tasks.append(self._spawn(self._watch(), name="asr.watch"))

    def free(self, language: str, *, free_speech: bool) -> bool:
        return isinstance(self._choose(language, free_speech=free_speech), Worker)

    async def open(self, wish: Wish) -> Hearing:
        # Numbers in a language whose words we do not have are anything that may be said.
        free_speech = not wish.phrases and not (wish.digits and number_vocabulary(wish.language))
        worker = self._choose(wish.language, free_speech=free_speech)
        if not isinstance(worker, Worker):
            self._counts[f"refused_{worker}"] += 1
            raise NoEars(worker)
        costly = free_speech or not worker.cheap[wish.language]
        number = next(self._numbers)
        hearing = WorkerHearing(
            number,
            worker.send,
            lambda why: self._over(worker, number, costly, why),
            asyncio.get_running_loop().time,
        )
        worker.hearings[number] = hearing
        self._taken[costly] += 1
        self._counts["opened"] += 1
        worker.send(Open(number, wish))
        return hearing

    async def check_phrases(self, language: str, phrases: Sequence[str]) -> tuple[str, ...]:
        """
        Words in these phrases that the language's model does not know: such a phrase is never heard.

        Raises:
            NoEars: The language cannot be heard now.
        """
        able = [worker for worker in self._workers if language in worker.cheap]
        for worker in able:
            try:
                return await worker.missing(language, tuple(phrases))
            except TimeoutError:
                continue
        raise NoEars("slow" if able else self._why_not(language))

    def limits_phrases(self, language: str) -> bool | None:
        """False: the model hears free speech only, whatever it is told may come. None: not known yet."""
        known = [worker.cheap[language] for worker in self._workers if language in worker.cheap]
        return known[0] if known else None

    def unready(self) -> Mapping[str, str]:
        """Languages whose model could not be loaded, and why."""
        return {language: why for worker in self._workers for language, why in worker.unready.items()}

    def figures(self) -> Mapping[str, int]:
        names = ("opened", *(f"refused_{reason}" for reason in _REASONS), "decided", "deafened")
        return {
            "slots": self._settings.slots,
            "slots_taken": self._taken[False],
            "free_slots": self._settings.free_slots,
            "free_slots_taken": self._taken[True],
            "workers": len(self._workers),
            "workers_ready": sum(self._is_ready(worker) for worker in self._workers),
            "workers_slow": sum(worker.slow for worker in self._workers),
            "restarts": sum(worker.restarts for worker in self._workers),
            **{name: self._counts[name] for name in names},
        }

    def pids(self) -> Sequence[int]:
        """Of the processes that run now."""
        return [worker.pid for worker in self._workers if worker.pid is not None]

    async def close(self) -> None:
        await asyncio.gather(*(worker.close() for worker in self._workers))
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()

    def _is_ready(self, worker: Worker) -> bool:
        """Whether it hears something, and nothing is still being loaded."""
        return bool(worker.cheap) and len(worker.cheap) + len(worker.unready) == len(self._settings.models)

    def _choose(self, language: str, *, free_speech: bool) -> Worker | str:
        """Who listens next; a reason of `_REASONS` when nobody does."""
        able = [worker for worker in self._workers if language in worker.cheap]
        if not able:
            return self._why_not(language)
        quick = [worker for worker in able if not worker.slow]
        if not quick:
            return "slow"
        costly = free_speech or not quick[0].cheap[language]
        limit = self._settings.free_slots if costly else self._settings.slots
        if self._taken[costly] >= limit:
            return "no_slot"
        return min(quick, key=lambda worker: len(worker.hearings))

    def _why_not(self, language: str) -> str:
        wanted = any(model.language == language for model in self._settings.models)
        broken = self._workers and all(language in worker.unready for worker in self._workers)
        return "loading" if wanted and not broken else "no_model"

    def _over(self, worker: Worker, number: int, costly: bool, why: str) -> None:
        del worker.hearings[number]
        self._taken[costly] -= 1
        self._counts["deafened" if why else "decided"] += 1

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(_WATCH_EVERY_S)
            for worker in self._workers:
                worker.watch(self._settings.slow_ms, self._settings.deaf_ms)

    def _how_many(self) -> int:
        """One is enough for its slots, two go on when one dies; more than processors help nobody."""
        if self._settings.workers:
            return self._settings.workers
        wanted = -(-self._settings.slots // _SLOTS_PER_WORKER)
        return min(_processors(), max(2, wanted))


def _processors() -> int:
    return len(os.sched_getaffinity(0))
