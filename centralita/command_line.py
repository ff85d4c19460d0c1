"""What the sub-commands that ask the running centre share."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

HomeOption = Annotated[
    Path,
    typer.Option("--home", envvar="CENTRALITA_HOME", help="Carpeta de la instalación / installation folder"),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Todo, en JSON / everything, as JSON")]


def ask_or_exit(home: Path, path: str, body: dict[str, object] | None = None) -> Any:
    """What the centre of this folder answers; that it does not, or refuses, is told and ends with 1."""
    from centralita.asking import AskError, ask
    from centralita.home import Home

    try:
        return ask(Home(home.resolve()), path, body)
    except AskError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error


def indented(found: object) -> str:
    """JSON for people."""
    return json.dumps(found, ensure_ascii=False, indent=1)
