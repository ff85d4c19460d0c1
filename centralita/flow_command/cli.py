"""`centralita flow`, as it is typed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def flow(
    file: Annotated[Path, typer.Argument(help="Configuración YAML / YAML configuration")],
    test: Annotated[
        bool, typer.Option("--test", help="Probar las conversaciones de «tests» / run the talks of `tests`")
    ] = False,
    only: Annotated[
        str | None, typer.Option(help="Solo las que se llamen así / only those of this name")
    ] = None,
    verbose: Annotated[bool, typer.Option("--verbose", help="Cada paso / every step")] = False,
    draw: Annotated[bool, typer.Option("--graph", help="Dibujar los flujos / draw the flows")] = False,
    name: Annotated[str | None, typer.Option("--flow", help="Solo este flujo / only this flow")] = None,
    form: Annotated[str, typer.Option("--format", help="mermaid | dot | json")] = "mermaid",
) -> None:
    """Prueba conversaciones sin teléfono, o dibuja los flujos / try talks without a phone, or draw flows."""
    from centralita.flow_command import command
    from config.problems import ConfigError

    if test is draw or form not in command.FORMATS:
        typer.echo("--test o/or --graph [--format mermaid | dot | json]", err=True)
        raise typer.Exit(2)
    try:
        if draw:
            typer.echo(command.draw(file, flow=name, form=form), nl=False)
        elif not command.try_talks(file, typer.echo, only=only, verbose=verbose).ok:
            raise typer.Exit(1)
    except (ConfigError, command.FlowError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error
