"""The sub-commands of `centralita models`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from centralita.command_line import HomeOption, JsonOption, indented

if TYPE_CHECKING:
    from centralita.models_command.configured import Configured

models = typer.Typer(no_args_is_help=True, help="Modelos para oír a quien llama / models for hearing callers")

ConfigOption = Annotated[
    Path | None, typer.Option("--config", help="Configuración YAML / YAML configuration")
]
Sources = Annotated[
    list[str],
    typer.Argument(
        metavar="NOMBRE…|ARCHIVO|DIRECCIÓN",
        help="Paquetes, un archivo zip o tar, carpeta o https://… / packages, archive, folder or URL",
    ),
]
LanguageOption = Annotated[str, typer.Option("--language", help="Idioma que se hablará / language spoken")]


def _configured(home: Path, config: Path | None) -> Configured:
    """A broken configuration is told and ends with 1."""
    from centralita.home import Home
    from centralita.models_command.configured import Configured
    from centralita.start import own_config
    from config.problems import ConfigError

    place = Home(home.resolve())
    try:
        return Configured.of(place, config or own_config(place))
    except ConfigError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error


@models.command("list")
def list_models(
    home: HomeOption = Path("var"), config: ConfigOption = None, as_json: JsonOption = False
) -> None:
    """Los instalados y los de la configuración / those installed, and those of the configuration."""
    from centralita.models_command.report import list_lines, rows

    found = rows(_configured(home, config))
    typer.echo(indented([row.as_json() for row in found]) if as_json else "\n".join(list_lines(found)))


@models.command("install")
def install_model(
    source: Sources,
    home: HomeOption = Path("var"),
    config: ConfigOption = None,
    language: LanguageOption = "",
    name: Annotated[str, typer.Option("--name", help="Con qué nombre se guarda / name to keep it by")] = "",
    sha256: Annotated[str, typer.Option("--sha256", help="Del archivo / of the archive")] = "",
    replace: Annotated[bool, typer.Option("--replace", help="Sustituye al que haya / replace it")] = False,
) -> None:
    """Trae un modelo, lo prueba y lo deja en su sitio; 1 si no sirve / fetch, try and keep a model."""
    from centralita.models_command.errors import ModelError
    from centralita.models_command.install import Wish, install
    from centralita.models_command.report import KEYPAD, installed_lines

    configured = _configured(home, config)
    wish = Wish(tuple(source), language, name, sha256, replace)
    try:
        done = install(wish, configured.models, typer.echo, configured.phrases)
    except (ModelError, OSError) as error:
        typer.echo(str(error), err=True)
        typer.echo(KEYPAD, err=True)
        raise typer.Exit(1) from error
    typer.echo("\n".join(installed_lines(done)))


@models.command("check")
def check_models(home: HomeOption = Path("var"), config: ConfigOption = None) -> None:
    """Prueba los de la configuración; 1 si algo falla / try those of the configuration; 1 on failure."""
    from centralita.models_command.report import check

    lines, well = check(_configured(home, config))
    typer.echo("\n".join(lines))
    if not well:
        raise typer.Exit(1)
