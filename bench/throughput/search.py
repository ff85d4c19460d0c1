"""How many calls a second go through without a scratch."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic

from bench.figures import percentile
from bench.throughput.load import TALK_MS, Counts, Sipp, start_callers
from bench.throughput.meter import MEASURING, Meter, Used
from bench.throughput.sides import ENTRY, Side

FIRST_RATE, FACTOR, CLOSER = 80, 1.3, 2
"""The first rate that is tried, what it grows by, and how often the last gap is halved."""
TRIAL_S = 8.0
WARM_UP_RATE, WARM_UP_S = 20, 5.0
SUSTAINED_SHARE, STEP_DOWN = 0.85, 0.9
"""Of the highest rate of a short trial that is tried for long, and of that after each failure."""
_END_S = 20.0
_CLEARINGS = 3
_RESENT_MAX = 0.005
"""Share of calls with a packet sent again: SIP does that after 500 ms without an answer."""
_LENGTH_P95_MAX_MS = TALK_MS + 500
_OPEN_MAX_S = 2.5
"""More calls at once than come in so long: they pile up."""


@dataclass(frozen=True, slots=True)
class Trial:
    """What became of calls at one rate."""

    rate: int
    """Calls per second, as placed."""
    calls: int
    callers: Counts
    phones: Counts
    """Of this trial alone."""
    recorded: int | None
    """On record as answered; None where none is kept."""
    used: Used
    length_p50_ms: float
    length_p95_ms: float
    """From INVITE to BYE; 500 ms of it are talk."""
    load: float
    """The machine's load average when it began."""
    complaints: str = field(default="", repr=False)

    @property
    def why_not_clean(self) -> list[str]:
        """Empty: nobody failed, everybody talked, nothing piled up."""
        resent = self.callers.resent + self.phones.resent
        wrong = {
            f"{self.callers.failed} callers failed": self.callers.failed > 0,
            f"{self.phones.failed} agents' calls failed": self.phones.failed > 0,
            f"{self.callers.open} callers never ended": self.callers.open > 0,
            f"{self.callers.good} of {self.calls} callers": self.callers.good != self.calls,
            f"{self.phones.good} of {self.calls} answered": self.phones.good != self.calls,
            f"{self.recorded} of {self.calls} on record": self.recorded not in (None, self.calls),
            f"{resent} packets sent again": resent > self.calls * _RESENT_MAX,
            f"p95 from INVITE to BYE {self.length_p95_ms:.0f} ms": self.length_p95_ms > _LENGTH_P95_MAX_MS,
        }
        return [text for text, is_so in wrong.items() if is_so]

    @property
    def clean(self) -> bool:
        return not self.why_not_clean


class Bench:
    """Trials on one side, with its phones."""

    def __init__(self, side: Side, phones: Sipp, work: Path, say: Callable[[str], None]) -> None:
        self._side, self._phones, self._work, self._say = side, phones, work, say
        self._count = 0

    async def trial(self, rate: int, seconds: float) -> Trial:
        """Calls at this rate for so long, then wait until all are over and on record."""
        self._count += 1
        calls = max(1, round(rate * seconds))
        load = os.getloadavg()[0]
        before, recorded_before = self._phones.counts(), self._side.answered()
        meter = Meter({**self._side.pids(), "agents": self._phones.pid})
        callers = await start_callers(
            self._work, f"callers{self._count}", self._side.sip, ENTRY, rate=rate, calls=calls
        )
        try:
            await self._until_over(callers, before, rate, seconds + _END_S)
            lost = callers.running
        finally:
            await callers.stop()
        used = meter.read()
        settled = await self._settled(lost=lost)
        await asyncio.sleep(1.2)  # SIPp writes its figures once a second
        recorded = self._side.answered()
        lengths = callers.lengths_ms() or [float("inf")]
        done = Trial(
            rate=rate,
            calls=calls,
            callers=callers.counts(),
            phones=_difference(self._phones.counts(), before),
            recorded=None if recorded is None else recorded - (recorded_before or 0),
            used=used,
            length_p50_ms=percentile(lengths, 0.5),
            length_p95_ms=percentile(lengths, 0.95),
            load=load,
            complaints=f"{settled}\n{callers.errors()}\n{self._phones.errors()}".strip(),
        )
        self._say(describe(self._side.name, done))
        return done

    async def _until_over(self, callers: Sipp, before: Counts, rate: int, within_s: float) -> None:
        """Wait for the last call; not as long when it is lost already."""
        began_s = monotonic()
        while callers.running and monotonic() - began_s < within_s:
            await callers.ended(1.0)
            now = callers.counts()
            if now.failed or self._phones.counts().failed > before.failed or now.open > rate * _OPEN_MAX_S:
                return

    async def _settled(self, *, lost: bool) -> str:
        """Wait until no call is left; those of callers who were stopped do not end by themselves."""
        said = ""
        for _ in range(_CLEARINGS):
            if lost:
                await self._side.clear()
            try:
                await self._side.idle()
            except AssertionError as error:
                said, lost = str(error), True
            else:
                break
        return said

    async def warm_up(self) -> None:
        """A few calls that do not count: threads, caches and tables are made at the first ones."""
        await self.trial(WARM_UP_RATE, WARM_UP_S)

    async def highest(self) -> Trial:
        """
        The highest rate that a short trial finds clean, each rate tried twice at most.

        Raises:
            AssertionError: Not even a quarter of the first rate is clean.
        """
        trial = await self._twice(FIRST_RATE)
        while not trial.clean:
            lower = round(trial.rate / FACTOR)
            assert lower * 4 > FIRST_RATE, f"{lower}/s: {trial.why_not_clean}\n{trial.complaints}"
            trial = await self._twice(lower)
        best, too_high = trial, round(trial.rate * FACTOR)
        while (trial := await self._twice(too_high)).clean:
            best, too_high = trial, round(too_high * FACTOR)
        for _ in range(CLOSER):
            trial = await self._twice((best.rate + too_high) // 2)
            if trial.clean:
                best = trial
            else:
                too_high = trial.rate
        return best

    async def _twice(self, rate: int) -> Trial:
        trial = await self.trial(rate, TRIAL_S)
        return trial if trial.clean else await self.trial(rate, TRIAL_S)

    async def sustained(self, highest: int, seconds: float) -> Trial:
        """
        The highest rate that is clean for so long.

        Raises:
            AssertionError: None is, down to half of `highest`.
        """
        rate = round(highest * SUSTAINED_SHARE)
        while not (trial := await self.trial(rate, seconds)).clean:
            assert rate * 2 > highest, f"{rate}/s: {trial.why_not_clean}\n{trial.complaints}"
            rate = round(rate * STEP_DOWN)
        return trial


def describe(name: str, trial: Trial) -> str:
    """One line."""
    used = trial.used
    mine = ", ".join(
        f"{part} {used.ms_per(trial.calls, part):.2f}" for part in used.cpu_s if part != MEASURING
    )
    verdict = "clean" if trial.clean else "; ".join(trial.why_not_clean)
    return (
        f"{name:10} {trial.rate:4d}/s {trial.calls} calls: {verdict}; INVITE to BYE "
        f"{trial.length_p50_ms:.0f}/{trial.length_p95_ms:.0f} ms; CPU-ms per call: {mine}; "
        f"others {used.others_percent:.0f} %"
    )


def _difference(now: Counts, before: Counts) -> Counts:
    return Counts(
        made=now.made - before.made,
        good=now.good - before.good,
        failed=now.failed - before.failed,
        open=now.open,
        resent=now.resent - before.resent,
    )
