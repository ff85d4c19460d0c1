"""The sub-commands of `centralita webhooks`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from centralita.command_line import HomeOption, JsonOption, ask_or_exit, indented

webhooks = typer.Typer(no_args_is_help=True, help="Avisos a otros programas / events for other programs")
WebhookName = Annotated[str, typer.Argument(help="Nombre en la configuración / name in the configuration")]


@webhooks.command("list")
def list_webhooks(home: HomeOption = Path("var"), as_json: JsonOption = False) -> None:
    """Cómo está cada destino / how each endpoint stands."""
    from centralita.webhooks.command import table

    found = ask_or_exit(home, "/api/webhooks")["webhooks"]
    typer.echo(indented(found) if as_json else "\n".join(table(found)))


@webhooks.command("dead")
def dead_webhooks(
    name: WebhookName,
    home: HomeOption = Path("var"),
    as_json: JsonOption = False,
    limit: Annotated[int, typer.Option(min=1, max=200, help="Cuántos, los últimos / how many, newest")] = 50,
) -> None:
    """Los avisos que no se pudieron entregar / the events that could not be delivered."""
    from centralita.webhooks.command import letters, path_of

    found = ask_or_exit(home, f"{path_of(name, 'dead')}?limit={limit}")["dead"]
    typer.echo(indented(found) if as_json else "\n".join(letters(found)) or "0")


@webhooks.command("resend")
def resend_webhooks(
    name: WebhookName,
    letter: Annotated[
        str | None, typer.Argument(help="Id de «dead»; todos si falta / all without it")
    ] = None,
    home: HomeOption = Path("var"),
) -> None:
    """Intentarlo otra vez con los no entregados / try the undelivered again."""
    from centralita.webhooks.command import path_of

    body: dict[str, object] = {"all": True} if letter is None else {"id": letter}
    typer.echo(f"{ask_or_exit(home, path_of(name, 'resend'), body)['resent']}")


@webhooks.command("test")
def try_webhook(name: WebhookName, home: HomeOption = Path("var")) -> None:
    """Manda ahora un aviso de prueba; 1 si no llega / send a test event now; exit 1 if it does not arrive."""
    from centralita.webhooks.command import path_of

    found = ask_or_exit(home, path_of(name, "test"), {})
    if not found["delivered"]:
        typer.echo(found["error"], err=True)
        raise typer.Exit(1)
    typer.echo(f"HTTP {found['status']}, {found['took_ms']} ms")


@webhooks.command("enable")
def enable_webhook(name: WebhookName, home: HomeOption = Path("var")) -> None:
    """Vuelve a avisar a un destino que respondió 410 / tell an endpoint again that has answered 410."""
    from centralita.webhooks.command import path_of

    ask_or_exit(home, path_of(name, "enable"), {})


@webhooks.command("secret")
def webhook_secret(
    name: WebhookName,
    home: HomeOption = Path("var"),
    rotate: Annotated[
        bool, typer.Option("--rotate", help="Hacer otro; el anterior sigue valiendo / make a new one")
    ] = False,
    finish: Annotated[
        bool, typer.Option("--finish", help="El anterior deja de valer / the former ends")
    ] = False,
) -> None:
    """La clave con que se firman sus avisos / the secret that its events are signed with."""
    from centralita.home import Home
    from centralita.webhooks import command

    try:
        typer.echo(command.secret(Home(home.resolve()), name, rotate=rotate, finish=finish))
    except command.WebhooksError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error
