"""The command `centralita`."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from centralita.command_line import HomeOption
from centralita.flow_command.cli import flow
from centralita.models_command.cli import models
from centralita.people.cli import audit, tokens, users
from centralita.webhooks.cli import webhooks

app = typer.Typer(
    no_args_is_help=True, add_completion=False, help="Centralita: centro de contacto / contact centre"
)


@app.callback()
def _root() -> None:
    """Keeps `run` a subcommand."""


@app.command()
def run(
    home: HomeOption = Path("var"),
    config: Annotated[Path | None, typer.Option(help="Configuración YAML / YAML configuration")] = None,
) -> None:
    """Arranca el centro y lo vigila hasta Ctrl-C / start the centre and watch over it until Ctrl-C."""
    _run(home, config, demo=False)


@app.command()
def demo(
    home: HomeOption = Path("var"),
    config: Annotated[Path | None, typer.Option(help="Configuración YAML / YAML configuration")] = None,
) -> None:
    """Como `run`, con clientes y agentes de prueba / as `run`, with callers and agents at work."""
    _run(home, config, demo=True)


def _run(home: Path, config: Path | None, *, demo: bool) -> None:
    # The slow imports come after the server process has begun its own.
    from centralita.home import Home, HomeBusy
    from centralita.install.errors import InstallError
    from centralita.logs import configure_logs
    from centralita.supervisor import early_supervisor

    place = Home(home.resolve())
    place.make()
    configure_logs(place.log / "supervisor.log")

    async def everything() -> None:
        supervisor = early_supervisor(place, os.environ)
        await supervisor.prewarm()
        from centralita import start
        from config.problems import ConfigError

        try:
            plan = await start.prepare(place, config, os.environ, typer.echo)
        except (ConfigError, start.StartError) as error:
            raise InstallError(str(error)) from error
        await start.run(plan, supervisor, typer.echo, demo=demo)

    try:
        asyncio.run(everything())
    except (InstallError, HomeBusy) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error


@app.command()
def check(
    config: Annotated[Path, typer.Argument(help="Configuración YAML / YAML configuration")],
    as_json: Annotated[bool, typer.Option("--json", help="Lista JSON de problemas / JSON list")] = False,
) -> None:
    """Comprueba una configuración; 1 si hay errores / check a configuration; exit 1 on errors."""
    from config.loader import load
    from config.problems import ConfigError, Problem

    def say(problems: Sequence[Problem], *, err: bool) -> None:
        if as_json:
            typer.echo(json.dumps([asdict(problem) for problem in problems], ensure_ascii=False, indent=1))
        for problem in () if as_json else problems:
            typer.echo(str(problem), err=err)

    try:
        loaded = load(config)
    except ConfigError as error:
        say(error.problems, err=True)
        raise typer.Exit(1) from error
    say(loaded.warnings, err=False)
    if not as_json:
        typer.echo(f"{config}: correcta / valid — {loaded.version}")


@app.command()
def schema() -> None:
    """Escribe el JSON Schema del formato, para editores / print the format's JSON Schema, for editors."""
    from config.json_schema import text

    typer.echo(text(), nl=False)


@app.command()
def explain(
    contact: Annotated[str, typer.Argument(help="Id del contacto / contact id")],
    agent: Annotated[str | None, typer.Option(help="¿Por qué no este agente? / why not this agent?")] = None,
    offer: Annotated[int | None, typer.Option(min=1, help="Solo la oferta N / only offer N")] = None,
    rerun: Annotated[
        bool, typer.Option("--rerun", help="Repetir desde el diario / run again from the journal")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Todo, en JSON / everything, as JSON")] = False,
    lang: Annotated[str, typer.Option(help="es | en")] = "es",
    home: HomeOption = Path("var"),
) -> None:
    """Por qué un contacto fue a quien fue, y por qué no a otro / why a contact went where it went."""
    from centralita.explain.command import CannotExplainError, Question
    from centralita.explain.command import explain as answer
    from centralita.home import Home

    if lang not in ("es", "en"):
        typer.echo("--lang: es | en", err=True)
        raise typer.Exit(2)
    question = Question(contact, agent, offer, rerun, lang)
    try:
        typer.echo(answer(Home(home.resolve()), question, as_json=as_json))
    except CannotExplainError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error


@app.command()
def simulate(
    cases: Annotated[Path, typer.Option(help="Casos en JSON / cases as JSON")],
    only: Annotated[
        str | None, typer.Option(help="Solo los de este nombre / only those of this name")
    ] = None,
    policy: Annotated[
        str | None,
        typer.Option(help="En vez de la regla del caso: fair, smart, tuned, … / instead of its rule"),
    ] = None,
    weights: Annotated[
        Path | None, typer.Option(help="Pesos que escribió `tune` / weights that `tune` wrote")
    ] = None,
    seed: Annotated[int, typer.Option(help="Semilla del azar / seed of all chance")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="Lista JSON / JSON list")] = False,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Procesos; uno por núcleo / processes; one for each core")
    ] = None,
) -> None:
    """Simula casos y compara con lo esperado; 1 si algo queda fuera / simulate cases; 1 if one is outside."""
    from centralita.simulate.command import simulate as run_cases
    from centralita.simulate.reading import CasesError

    try:
        good = run_cases(
            cases,
            typer.echo,
            name=only,
            policy=policy,
            weights=weights,
            seed=seed,
            as_json_text=as_json,
            workers=workers,
        )
    except CasesError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from error
    if not good:
        raise typer.Exit(1)


@app.command()
def kpis(
    since: Annotated[
        str | None, typer.Option("--from", help="Desde: fecha u hora; hoy / from: date or time; today")
    ] = None,
    until: Annotated[str | None, typer.Option("--to", help="Hasta; ahora / until; now")] = None,
    by: Annotated[str, typer.Option(help="queue | segment | agent | interval | intent")] = "queue",
    interval: Annotated[str | None, typer.Option(help="15m | 30m | 60m | 1d")] = None,
    queue: Annotated[str | None, typer.Option(help="Solo esta cola / only this queue")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Todo, en JSON / everything, as JSON")] = False,
    home: HomeOption = Path("var"),
) -> None:
    """Las cifras del centro; fórmulas en docs/kpi.md / figures of the centre."""
    from centralita.home import Home, nobody_here
    from centralita.kpis import alone
    from centralita.kpis.ask import NobodyAnswersError, NoFiguresError, ask
    from centralita.kpis.table import table

    given = {"from": since, "to": until, "by": by, "interval": interval, "queue": queue}
    asked = {name: value for name, value in given.items() if value is not None}
    place = Home(home.resolve())
    try:
        try:
            report = ask(place.read_centre(), asked)
        except (FileNotFoundError, NobodyAnswersError):
            if not alone.can_count(place):
                raise
            report = alone.count(place, asked)
    except FileNotFoundError as error:
        typer.echo(nobody_here(home), err=True)
        raise typer.Exit(1) from error
    except NoFiguresError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error
    text = json.dumps(report, ensure_ascii=False, indent=1) if as_json else "\n".join(table(report))
    typer.echo(text)


@app.command()
def tune(  # noqa: PLR0913, PLR0917 - one parameter for each option
    output: Annotated[Path, typer.Option("--output", "-o", help="Pesos o borrador / weights or draft")],
    cases: Annotated[Path | None, typer.Option(help="Casos en JSON / cases as JSON")] = None,
    only: Annotated[str | None, typer.Option(help="El caso de este nombre / the case of this name")] = None,
    config: Annotated[Path | None, typer.Option(help="Configuración YAML / YAML configuration")] = None,
    days: Annotated[int, typer.Option(min=1, help="Días de historial / days of history")] = 28,
    minutes: Annotated[float, typer.Option(min=0.5, help="Tiempo en total / time in all")] = 10.0,
    evaluations: Annotated[
        int | None,
        typer.Option(min=0, help="Pruebas en vez de tiempo: repetible / trials, not time: repeatable"),
    ] = None,
    seed: Annotated[int, typer.Option(help="Semilla del azar / seed of all chance")] = 1,
    home: HomeOption = Path("var"),
) -> None:
    """Busca números para la política `tuned`; no publica nada / find numbers for `tuned`; publishes none."""
    from centralita.simulate.reading import CasesError
    from centralita.tune.command import Options, tune_case, tune_centre
    from centralita.tune.errors import TuneError

    options = Options(output, minutes, evaluations, seed)
    try:
        if cases is not None:
            tune_case(cases, only, options, typer.echo)
        else:
            tune_centre(home, config, days, options, typer.echo)
    except (CasesError, TuneError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from error


customers = typer.Typer(no_args_is_help=True, help="Clientes / customers")
app.add_typer(customers, name="customers")


@customers.command("import")
def import_customers(
    file: Annotated[Path, typer.Argument(help="CSV: ref,name,numbers,segment,language + campos / fields")],
    home: HomeOption = Path("var"),
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Solo comprobar / only check")] = False,
    move: Annotated[
        bool, typer.Option("--move", help="Quitar números a otros / take numbers from others")
    ] = False,
) -> None:
    """Lleva una tabla al centro en marcha; 1 si rechaza filas / import a table; exit 1 if refused."""
    from centralita.customers_csv import ImportFailed, import_file
    from centralita.home import Home, nobody_here

    try:
        facts = Home(home.resolve()).read_centre()
        counts = import_file(file, facts, partial(typer.echo, err=True), dry_run=dry_run, move=move)
    except FileNotFoundError as error:
        typer.echo(nobody_here(home), err=True)
        raise typer.Exit(1) from error
    except ImportFailed as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error
    done = f"nuevos / new: {counts.created}; cambiados / replaced: {counts.replaced}"
    typer.echo(f"{done}; rechazados / refused: {counts.refused}")
    if counts.refused:
        raise typer.Exit(1)


waits = typer.Typer(no_args_is_help=True, help="Espera estimada / estimated wait")
app.add_typer(waits, name="waits")


@waits.command("train")
def train_waits(
    home: HomeOption = Path("var"),
    config: Annotated[Path | None, typer.Option(help="Configuración YAML / YAML configuration")] = None,
    calls_per_hour: Annotated[
        float | None, typer.Option(min=1.0, help="Si aún no hay historial / if there is no history yet")
    ] = None,
    calls: Annotated[int, typer.Option(min=1_000, help="Llamadas simuladas / simulated calls")] = 80_000,
    seed: Annotated[int, typer.Option(help="Semilla / seed")] = 1,
    workers: Annotated[int | None, typer.Option(min=1, help="Procesos / processes")] = None,
    humble: Annotated[bool, typer.Option(hidden=True)] = False,
) -> None:
    """Aprende a estimar la espera simulando el centro / learn to estimate waits by simulation."""
    from centralita.home import Home
    from centralita.start import own_config
    from centralita.waits import command
    from config.problems import ConfigError

    if humble:
        command.be_humble()
    place = Home(home.resolve())
    try:
        model, path, _ = command.train_centre(
            place,
            config or own_config(place),
            calls_per_hour=calls_per_hour,
            calls=calls,
            seed=seed,
            workers=workers or os.cpu_count() or 1,
        )
    except (ConfigError, command.WaitsError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error
    for line in (*command.model_lines(model), f"{path}"):
        typer.echo(line)


@waits.command("show")
def show_waits(
    home: HomeOption = Path("var"),
    as_json: Annotated[bool, typer.Option("--json", help="Todo, en JSON / everything, as JSON")] = False,
) -> None:
    """Qué se estima ahora y cuánto se ha errado / what is estimated now, and how wrong it was."""
    from centralita.asking import AskError, ask
    from centralita.home import Home
    from centralita.waits import command
    from centralita.waits.models import Models

    place = Home(home.resolve())
    try:
        found = ask(place, "/api/waits")
    except AskError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False, indent=1))
        return
    version = (found["model"] or {}).get("config_version")
    model = None if version is None else Models(command.folder(place)).read(version)
    lines = ["Sin modelo todavía / no model yet"] if model is None else command.model_lines(model)
    for line in (*lines, "", *command.live_lines(found)):
        typer.echo(line)


@app.command()
def agent(
    name: Annotated[str, typer.Argument(help="Agente de la configuración / agent of the configuration")],
    script: Annotated[Path | None, typer.Option(help="Guion YAML: docs/headless.md / script in YAML")] = None,
    home: HomeOption = Path("var"),
    url: Annotated[
        str | None, typer.Option(help="Centro en otra máquina / centre on another machine: http://…")
    ] = None,
    token: Annotated[str, typer.Option(envvar="CENTRALITA_TOKEN", help="Con / with --url")] = "",
    sip: Annotated[
        str,
        typer.Option(
            envvar="CENTRALITA_SIP", help="Con / with --url: USUARIO:CLAVE@HOST:PUERTO del teléfono / phone"
        ),
    ] = "",
    lang: Annotated[str, typer.Option(help="es | en")] = "es",
) -> None:
    """Un agente sin persona: atiende con un teléfono SIP y un guion / an agent without a person."""
    from centralita.headless import command
    from centralita.headless.desk import DeskError
    from centralita.headless.voice import SoundError
    from centralita.headless.words import Words
    from centralita.home import Home
    from config.problems import ConfigError
    from cti.softphone.port import SoftphoneUnavailable

    words = Words(command.stamped(typer.echo, name), spanish=lang != "en")
    try:
        if url is None:
            place = command.place_of_home(Home(home.resolve()), name)
        else:
            place = command.place_of_url(url, token, sip)
        followed = command.script_of(script)
        recordings = Path() if script is None else script.parent
        asyncio.run(command.work(name, place, followed, recordings, words))
    except (command.AgentError, ConfigError, DeskError, SoundError, SoftphoneUnavailable) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error


app.add_typer(webhooks, name="webhooks")
app.add_typer(models, name="models")
app.add_typer(users, name="users")
app.add_typer(tokens, name="tokens")
app.command()(audit)
app.command()(flow)


def main() -> None:
    app()
