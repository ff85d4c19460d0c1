"""How many calls a second go through without a scratch."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

from bench.figures import percentile
from bench.throughput.load import AGENT_TALKS_MS, Counts, Sipp, start_callers
from bench.throughput.meter import Meter, Used
from bench.throughput.sides import ENTRY, Side

FIRST_RATE, STEP = 40, 10
TRIAL_S = 12
MOST_RATE = 400
_END_S = 20.0
_RESENT_MAX = 0.005
"""Share of calls with a packet sent again: SIP does that after 500 ms without an answer."""
_LENGTH_P95_MAX_MS = AGENT_TALKS_MS + 500


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
    """From INVITE to BYE; at least 400 ms of it are talk."""
    load: float
    """The machine's load average when it began."""
    complaints: str = field(default="", repr=False)

    @property
    def why_not_clean(self) -> list[str]:
        """Empty: nobody failed, everybody talked, nothing piled up."""
        resent = self.callers.resent + self.phones.resent
        wrong = {
            f"{self.callers.failed} callers failed": self.callers.failed,
            f"{self.phones.failed} agents' calls failed": self.phones.failed,
            f"{self.callers.open} callers never ended": self.callers.open,
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
        phones_before, recorded_before = self._phones.counts(), self._side.answered()
        meter = Meter({**self._side.pids(), "agents": self._phones.pid, "bench": os.getpid()})
        callers = await start_callers(
            self._work, f"callers{self._count}", self._side.sip, ENTRY, rate=rate, calls=calls
        )
        try:
            await callers.ended(seconds + _END_S)
            used = meter.read()
            await asyncio.sleep(2)  # SIPp writes its figures once a second
        finally:
            await callers.stop()
        settled = await self._settled()
        phones = _difference(self._phones.counts(), phones_before)
        recorded = self._side.answered()
        lengths = callers.lengths_ms() or [float("inf")]
        done = Trial(
            rate=rate,
            calls=calls,
            callers=callers.counts(),
            phones=phones,
            recorded=None if recorded is None else recorded - (recorded_before or 0),
            used=used,
            length_p50_ms=percentile(lengths, 0.5),
            length_p95_ms=percentile(lengths, 0.95),
            load=load,
            complaints=f"{settled}\n{callers.errors()}\n{self._phones.errors()}".strip(),
        )
        self._say(describe(self._side.name, done))
        return done

    async def _settled(self) -> str:
        try:
            await self._side.idle()
        except AssertionError as error:
            return str(error)
        return ""

    async def highest(self) -> Trial:
        """
        The last clean trial below the first rate that fails twice.

        Raises:
            AssertionError: Not even the first rate is clean.
        """
        best: Trial | None = None
        rate = FIRST_RATE
        while rate <= MOST_RATE:
            trial = await self._twice(rate)
            if not trial.clean:
                break
            best = trial
            rate += STEP if rate >= 2 * FIRST_RATE else 2 * STEP
        assert best is not None, f"not clean even at {rate} calls/s: {trial.why_not_clean}\n{trial.complaints}"
        return best

    async def _twice(self, rate: int) -> Trial:
        trial = await self.trial(rate, TRIAL_S)
        return trial if trial.clean else await self.trial(rate, TRIAL_S)

    async def sustained(self, rate: int, seconds: float) -> Trial:
        """The highest rate, from this one down, that is clean for so long."""
        while True:
            trial = await self.trial(rate, seconds)
            if trial.clean or rate <= STEP:
                return trial
            rate -= STEP


def describe(name: str, trial: Trial) -> str:
    """One line."""
    used = trial.used
    mine = ", ".join(f"{part} {used.ms_per(trial.calls, part):.2f}" for part in used.cpu_s if part != "bench")
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


Progress = Callable[[], Awaitable[None]]
