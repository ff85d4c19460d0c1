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

app = typer.Typer(
    no_args_is_help=True, add_completion=False, help="Centralita: centro de contacto / contact centre"
)

HomeOption = Annotated[
    Path,
    typer.Option("--home", envvar="CENTRALITA_HOME", help="Carpeta de la instalación / installation folder"),
]


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
    from centralita.home import Home

    try:
        facts = Home(home.resolve()).read_centre()
        counts = import_file(file, facts, partial(typer.echo, err=True), dry_run=dry_run, move=move)
    except FileNotFoundError as error:
        typer.echo(
            f"{home}: aquí no hay ningún centro en marcha; arránquelo o use --home / "
            "no centre runs here; start it, or use --home",
            err=True,
        )
        raise typer.Exit(1) from error
    except ImportFailed as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error
    done = f"nuevos / new: {counts.created}; cambiados / replaced: {counts.replaced}"
    typer.echo(f"{done}; rechazados / refused: {counts.refused}")
    if counts.refused:
        raise typer.Exit(1)


def main() -> None:
    app()
