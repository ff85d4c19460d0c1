"""`centralita waits train|show`: train the estimate by hand, and see what it is worth."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

from rich.progress import track
from sqlalchemy.exc import SQLAlchemyError

from acd.model import Routing
from acd.sim.system import Ringing
from acd.stats.wait import Model
from acd.stats.wait_watch import Example
from centralita.clock import wall_clock_ms
from centralita.editions import load_or_last_good, versions_of
from centralita.home import Home
from centralita.store.database import open_engine
from centralita.waits.demand import Demand, by_default
from centralita.waits.fit import TooFewError
from centralita.waits.models import Models
from centralita.waits.seen import read_demand
from centralita.waits.train import Simulate, train
from centralita.waits.world import Day
from config import build

NICE = 19
ANSWER_WITHIN_S = 5.0
HEAD = ("cola / queue", "ahora / now", "n", "rmse", "sesgo / bias", "m. móvil", "último", "dentro", "se dice")


class WaitsError(RuntimeError):
    """The text says why and what to do, Spanish first."""


def folder(home: Home) -> Path:
    return home.path / "waits"


def train_centre(
    home: Home, config: Path, *, calls_per_hour: float | None, calls: int, seed: int, workers: int
) -> tuple[Model, Path, Demand]:
    """
    Train on the centre's configuration, with the rates of its own history where there is one.

    Args:
        home: Where its database is, and the model goes.
        config: The configuration's main file; if it is broken, the last good one.
        calls_per_hour: Assumed if there is no history; None for as many as its agents can take.
        calls: To simulate, about.
        seed: Of the simulation.
        workers: Processes; 1 for this one alone.

    Raises:
        WaitsError: Hardly anybody would have to wait.
        ConfigError: There has never been a good configuration.
    """
    loaded, _ = load_or_last_good(config, versions_of(home, config))
    routing = build.routing(loaded.config, loaded.version)
    demand = _history(home, routing) or by_default(routing, calls_per_hour)
    try:
        with _Side(workers) as side:
            model = train(routing, demand, seed=seed, calls=calls, ringing=_ringing(routing), each=side.each)
    except TooFewError as error:
        raise WaitsError(
            "Con estas llamadas casi nadie espera: no hay nada que aprender. Pruebe con más, p. ej. "
            f"--calls-per-hour {round(2 * demand.per_hour) or 60}. / "
            "With so few calls hardly anybody waits: there is nothing to learn. Try more, e.g. as above."
        ) from error
    return model, Models(folder(home)).write(model), demand


def be_humble() -> None:
    """Leave the processor to calls: this process runs when nobody else wants to."""
    os.nice(NICE)
    os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))


def model_lines(model: Model) -> list[str]:
    """What a model is worth, for people."""
    held = model.held_out
    ratio = held["rmse_ms"] / held["rmse_average_ms"] if held["rmse_average_ms"] else float("nan")
    source = (
        "del propio historial / of its own history" if model.from_history else "supuestos / assumed rates"
    )
    return [
        f"Configuración / configuration: {model.config_version}; datos / data: {source}",
        f"Llamadas que esperaron / calls that waited: {model.examples} (semilla / seed {model.seed})",
        f"Error típico / rmse: {_s(held['rmse_ms'])} s",
        f"  de la media móvil / of the moving average: {_s(held['rmse_average_ms'])} s ({ratio:.2f})",
        f"Sesgo / bias: {_s(held['bias_ms'])} s",
        f"Dentro del intervalo / inside the interval: {held['inside']:.0%} (80 %)",
    ]


def live_lines(found: dict[str, Any]) -> list[str]:
    """What the running centre says of its estimates, as a table."""
    rows: list[tuple[str, ...]] = [HEAD]
    rows += [_row(queue["queue"], queue["now"], queue["error"], queue["told"]) for queue in found["queues"]]
    rows.append(_row("todas / all", None, found["error"], None))
    widths = [max(len(row[at]) for row in rows) for at in range(len(HEAD))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]


def _row(name: str, now: Any, error: Any, told: bool | None) -> tuple[str, ...]:
    span = "-" if now is None else f"{_s(now['low_ms'])}-{_s(now['high_ms'])} s"
    said = {None: "", True: "sí / yes", False: "no"}[told]
    if error is None:
        return (name, span, "-", "-", "-", "-", "-", "-", said)
    ours = error["ours"]
    return (
        name,
        span,
        str(error["calls"]),
        _s(ours["rmse_ms"]),
        _s(ours["bias_ms"]),
        _s(error["moving_average"]["rmse_ms"]),
        _s(error["last_to_enter"]["rmse_ms"]),
        f"{error['inside']:.0%}",
        said,
    )


def _s(ms: float) -> str:
    return f"{ms / 1000:.1f}"


def _ringing(routing: Routing) -> Ringing | None:
    """Bells as people answer them; none where every phone picks up by itself."""
    if all(agent.auto_answer for agent in routing.agents.values()):
        return None
    ring_ms = max((rules.ring_ms for rules in routing.queues.values()), default=18_000)
    return Ringing(miss=0.0, ring_ms=ring_ms)


def _history(home: Home, routing: Routing) -> Demand | None:
    if not (home.path / "centralita.db").exists():
        return None

    async def read() -> Demand | None:
        engine = open_engine(home.database_url)
        try:
            return await read_demand(engine, routing, wall_clock_ms())
        finally:
            await engine.dispose()

    try:
        return asyncio.run(read())
    except SQLAlchemyError:  # not made yet, or of an older release: the server brings it up to date
        return None


class _Side:
    """Days side by side in processes of their own, with a bar for whoever watches."""

    def __init__(self, workers: int) -> None:
        self._pool = ProcessPoolExecutor(workers) if workers > 1 else None

    def __enter__(self) -> _Side:
        return self

    def __exit__(self, *_: object) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)

    def each(self, simulate: Simulate, days: Sequence[Day]) -> Iterable[list[Example]]:
        done: Iterator[list[Example]]
        done = map(simulate, days) if self._pool is None else self._pool.map(simulate, days)
        if not sys.stderr.isatty():
            return done
        return track(done, "Días simulados / simulated days", total=len(days))
