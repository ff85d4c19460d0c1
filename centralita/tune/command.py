"""The command `centralita tune`: weights for a case of the reference format, or for one's own centre."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as RichProgress
from sqlalchemy.exc import SQLAlchemyError

from acd.model import PolicyRules, Routing
from centralita.clock import wall_clock_ms
from centralita.home import Home
from centralita.simulate.cases import SIMULATED, Case, load, only, scenario
from centralita.simulate.choice import own_rule
from centralita.simulate.reading import CasesError
from centralita.store.database import open_engine
from centralita.tune import weights
from centralita.tune.budget import CHOICE_UNTIL, Plan, Watch, by_evaluations, by_time
from centralita.tune.errors import TuneError
from centralita.tune.features import Family, by_type
from centralita.tune.history import DAY_MS, Past, read_past
from centralita.tune.own_centre import names, own_centre
from centralita.tune.report import Comparison, compare, table
from centralita.tune.trial import Bench, Ground, bench, pieces, warmed, whole_days
from centralita.tune.tuning import Tuned, Tuning
from config import build
from config.loader import load as load_config
from config.problems import ConfigError

DATABASE = "centralita.db"

STEPS = {
    "starts": "puntos de partida / starting points",
    "search": "búsqueda / search",
    "choice": "elección en días nuevos / choice on fresh days",
    "report": "antes y después / before and after",
}


@dataclass(frozen=True, slots=True)
class Options:
    output: Path
    minutes: float = 10.0
    """For everything, about: 60 % search, 15 % choice, 25 % report."""
    evaluations: int | None = None
    """Trials of the search, in place of minutes: the same seed finds the same weights anywhere."""
    seed: int = 1
    cores: int | None = None
    """None: all."""


@dataclass(frozen=True, slots=True)
class Job:
    """What is to be tuned, wherever it comes from."""

    name: str
    """Case or version of the configuration."""
    ground: Ground
    family: Family
    before: tuple[str, PolicyRules]
    """Its present policy: what the weights are compared with."""


def tune_case(file: Path, name: str | None, options: Options, say: Callable[[str], None]) -> None:
    """
    Tune a case of the reference format and write its weights.

    Args:
        file: Of cases.
        name: Which one; None: the file has only one that can be simulated.
        options: How long, where to.
        say: Gets the output.

    Raises:
        CasesError: The file or the name cannot be used.
        TuneError: The weights cannot be written.
    """
    case = _case(load(file), name)
    assert case.system is not None
    ground = (
        whole_days(case.system, case.day_ms) if case.kind == "day" else pieces(case.system, case.warmup_ms)
    )
    job = Job(case.name, ground, Family(case.system, by_type(case.system)), (_words(case), own_rule(case)))
    _tune(job, options, say)


def tune_centre(
    home: Path, config: Path | None, days: int, options: Options, say: Callable[[str], None]
) -> None:
    """
    Tune the centre from its own history and write a draft beside nothing that is live.

    Args:
        home: Folder of the installation.
        config: Its configuration; None: the installation's own.
        days: Of history.
        options: How long, where to.
        say: Gets the output.

    Raises:
        TuneError: No configuration, too little history, or the output is part of the live configuration.
    """
    place = Home(home.resolve())
    path = config or place.config / "centro.yaml"
    try:
        loaded = load_config(path)
    except ConfigError as error:
        raise TuneError(str(error)) from error
    weights.refuse_live(options.output, loaded.files)
    routing = build.routing(loaded.config, loaded.version)
    past = _past(place, routing, days)
    system, own = own_centre(routing, past.demand)
    say(
        f"{path}: {past.contacts} contactos en {past.days} días / contacts on {past.days} days; "
        f"{len(system.types)} corrientes de llamadas / streams of calls"
    )
    ground = Ground(system, DAY_MS, own=own)
    family = Family(system, names(own.streams))
    _tune(Job(loaded.version, ground, family, (routing.policy.name, routing.policy)), options, say)
    say(
        "Revise el borrador; para usarlo, péguelo en la configuración y publíquela / "
        "look at the draft; to use it, paste this into the configuration and publish it:\n\n"
        f"routing:\n  policy: tuned\n  weights: {options.output.name}"
    )


def _past(home: Home, routing: Routing, days: int) -> Past:
    if not (home.path / DATABASE).exists():
        raise TuneError(
            f"{home.path / DATABASE}: no existe: sin historial no hay nada que afinar. Indique la "
            "instalación con --home. / does not exist: without history there is nothing to tune. "
            "Name the installation with --home."
        )

    async def read() -> Past:
        engine = open_engine(home.database_url)
        try:
            return await read_past(engine, routing, wall_clock_ms(), days)
        finally:
            await engine.dispose()

    try:
        return asyncio.run(read())
    except SQLAlchemyError as error:
        raise TuneError(
            f"{home.path / DATABASE}: no se puede leer; arranque una vez el centro con esta versión. / "
            "cannot be read; start the centre once with this release."
        ) from error


def _case(cases: list[Case], name: str | None) -> Case:
    found = cases if name is None else only(cases, name)
    usable = [
        scenario(cases, case) if case.kind == "goal" else case
        for case in found
        if not case.note_only and case.kind in (*SIMULATED, "goal")
    ]
    if not usable:
        raise CasesError(
            "no hay ningún caso «stationary», «day» o «goal» que afinar / "
            'there is no case "stationary", "day" or "goal" to tune'
        )
    if any(case.system != usable[0].system for case in usable):
        names = "; ".join(case.name for case in usable)
        raise CasesError(
            f"--only: hay varios casos distintos, elija uno / several cases, choose one: {names}"
        )
    return usable[0]


def _words(case: Case) -> str:
    return f"{case.rule.agents}+{case.rule.calls}"


def _tune(job: Job, options: Options, say: Callable[[str], None]) -> None:
    watch = Watch(None if options.evaluations is not None else options.minutes)
    ground = warmed(job.ground, options.seed)
    with bench(ground, options.cores or os.cpu_count() or 1) as on, _Bar() as bar:
        work = _plan(on, job, options)
        say(
            f"{job.name}: {work.days} días o tramos por prueba, {work.evaluations} pruebas, "
            f"{on.cores} núcleos / {work.days} days or pieces a trial, {work.evaluations} trials, "
            f"{on.cores} cores"
        )
        found = Tuning(on, job.family, work, seed=options.seed, watch=watch, progress=bar.show).run()
        bar.show("report", CHOICE_UNTIL)
        name, rules = job.before
        policies = {name: rules, "fair": PolicyRules("fair"), "smart": PolicyRules("smart")}
        compared = compare(on, policies | {"tuned": found.rules}, work, seed=options.seed, watch=watch)
    before, after = compared.lines[0], compared.lines[-1]
    what = weights.content(found, config=job.name, seed=options.seed, before=before, after=after)
    weights.write(options.output, what)
    say(table(compared.lines))
    say(_summary(found, compared))
    say(f"-> {options.output}")


def _plan(on: Bench, job: Job, options: Options) -> Plan:
    if options.evaluations is not None:
        return by_evaluations(on.ground.calls, options.evaluations)
    some = next(iter(job.family.starts().values()))
    return by_time(on.ground.calls, options.minutes, on.calls_per_second(job.family.rules(some)))


def _summary(found: Tuned, compared: Comparison) -> str:
    if found.searched:
        es = f"Mejor que todos los puntos de partida (el mejor era «{found.start}»)"
        en = f'Better than every starting point (the best was "{found.start}")'
    else:
        es = f"La búsqueda no superó el punto de partida «{found.start}» en días nuevos: son sus números"
        en = (
            f'The search did not beat the starting point "{found.start}" on fresh days: these are its numbers'
        )
    es += (
        f". {found.evaluations} pruebas; elegido en {found.choice_days} días, medido en otros "
        f"{compared.days} ({compared.calls} llamadas por política)"
    )
    en += (
        f". {found.evaluations} trials; chosen on {found.choice_days} days, measured on {compared.days} "
        f"others ({compared.calls} calls a policy)"
    )
    if found.cut_short:
        es += f". Se acabó el tiempo: se querían {found.wanted} pruebas; dé más con --minutes"
        en += f". Time was over: {found.wanted} trials were wanted; give it more with --minutes"
    return f"{es}.\n{en}."


class _Bar:
    """On stderr, and only on a terminal."""

    def __init__(self) -> None:
        console = Console(stderr=True)
        self._bar = RichProgress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.percentage:>3.0f} %"),
            TimeElapsedColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._task = self._bar.add_task("", total=1.0)

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def show(self, what: str, done: float) -> None:
        self._bar.update(self._task, description=STEPS[what], completed=done)
