"""The command `centralita`."""

from __future__ import annotations

import asyncio
import os
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
        await start.run(plan, supervisor, typer.echo)

    try:
        asyncio.run(everything())
    except (InstallError, HomeBusy) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error


@app.command()
def check(config: Annotated[Path, typer.Argument(help="Configuración YAML / YAML configuration")]) -> None:
    """Comprueba una configuración; 1 si hay errores / check a configuration; exit 1 on errors."""
    from config.loader import load
    from config.problems import ConfigError

    try:
        loaded = load(config)
    except ConfigError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error
    for warning in loaded.warnings:
        typer.echo(str(warning))
    typer.echo(f"{config}: correcta / valid — {loaded.version}")


def main() -> None:
    app()
