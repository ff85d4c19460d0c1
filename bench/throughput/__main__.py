"""
The figures of a whole centre beside app_queue: `python -m bench.throughput --minutes 5`.

Both sides run one after the other on this machine, with the same Asterisk, the
same phones and the same callers. bench/README.md says what is measured and how.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.throughput import report
from bench.throughput.app_queue import AppQueue
from bench.throughput.load import start_phones
from bench.throughput.report import Measured
from bench.throughput.search import Bench
from bench.throughput.sides import Ours, Phones, Side
from bench.throughput.waiting import LatePhone, measure_waiting
from centralita.install.asterisk import ensure_asterisk

SIDES: Mapping[str, Callable[[Path, Phones], AbstractAsyncContextManager[Side]]] = {
    Ours.name: Ours.running,
    AppQueue.name: AppQueue.running,
}


@dataclass(frozen=True, slots=True)
class Plan:
    """How long and how much."""

    seconds: float = 300.0
    """At the highest rate."""
    waiters: int = 1_000
    """0 leaves the waiting out."""
    waiting_s: float = 60.0
    frees: int = 50
    rate: int = 0
    """Start the long trial just here; 0 looks for the highest rate first."""


def _say(line: str) -> None:
    print(line, flush=True)


@asynccontextmanager
async def _stage(
    name: str, work: Path, say: Callable[[str], None]
) -> AsyncIterator[tuple[Side, Bench, LatePhone]]:
    """One side, new and warmed up, with its phones."""
    await asyncio.to_thread((work / "sipp").mkdir, parents=True)
    late = LatePhone()
    phones = await start_phones(work / "sipp")
    places = Phones(f"127.0.0.1:{phones.port}", late.address)
    try:
        async with SIDES[name](work / name, places) as side:
            bench = Bench(side, phones, work / "sipp", say)
            await bench.warm_up()
            yield side, bench, late
    finally:
        await phones.stop()
        late.close()


async def measure(name: str, work: Path, plan: Plan, say: Callable[[str], None] = _say) -> Measured:
    """Everything about one side. What was overloaded in the search is not what is measured afterwards."""
    highest = None
    if not plan.rate:
        async with _stage(name, work / "search", say) as (_, bench, _late):
            highest = await bench.highest()
    async with _stage(name, work / "long", say) as (side, bench, late):
        if highest is None:
            sustained = highest = await bench.trial(plan.rate, plan.seconds)
        else:
            sustained = await bench.sustained(highest.rate, plan.seconds)
        waiting = None
        if plan.waiters:
            waiting = await measure_waiting(
                side, late, work / "long/sipp", callers=plan.waiters, seconds=plan.waiting_s, frees=plan.frees
            )
    return Measured(highest, sustained, waiting)


async def measure_all(names: list[str], work: Path, plan: Plan) -> dict[str, Measured]:
    return {name: await measure(name, work / name, plan) for name in names}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.throughput", description=__doc__)
    parser.add_argument("--minutes", type=float, default=5.0, help="at the highest rate")
    parser.add_argument("--waiters", type=int, default=1_000, help="0 leaves the waiting out")
    parser.add_argument("--waiting", type=float, default=60.0, help="seconds of untouched waiting")
    parser.add_argument("--frees", type=int, default=50)
    parser.add_argument("--rate", type=int, default=0, help="one trial at this rate, no search")
    parser.add_argument("--only", choices=sorted(SIDES), help="one side")
    parser.add_argument("--write", action="store_true", help="docs/measured/<date>-throughput.md and .json")
    given = parser.parse_args()
    plan = Plan(given.minutes * 60, given.waiters, given.waiting, given.frees, given.rate)
    names = [given.only] if given.only else list(SIDES)
    version = f"Asterisk {ensure_asterisk(environ=os.environ, say=_say).version}"
    with tempfile.TemporaryDirectory(prefix="throughput-") as folder:
        measured = asyncio.run(measure_all(names, Path(folder), plan))
    text = report.page(measured, f"python -m bench.throughput --minutes {given.minutes:g}", version)
    print(text)
    if given.write:
        print(report.write(Path("docs/measured"), measured, text))
    return 0


if __name__ == "__main__":
    sys.exit(main())
