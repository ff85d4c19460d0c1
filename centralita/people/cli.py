"""The sub-commands of `centralita users` and `centralita tokens`, and `centralita audit`."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from centralita.command_line import HomeOption, JsonOption, ask_or_exit, indented

users = typer.Typer(no_args_is_help=True, help="Personas que entran / people who sign in")
tokens = typer.Typer(no_args_is_help=True, help="Claves de programas / tokens of programs")

Name = Annotated[str, typer.Argument(help="Nombre con que entra / name to sign in with")]
RoleArgument = Annotated[str, typer.Argument(help="agent | supervisor | administrator | crm")]
AgentOption = Annotated[
    str | None, typer.Option("--agent", help="Agente de la configuración que es / the agent that it is")
]
_DAY_MS = 86_400_000


@users.command("list")
def list_users(home: HomeOption = Path("var"), as_json: JsonOption = False) -> None:
    """Quién puede entrar / who can sign in."""
    from centralita.people.command import people_lines

    found = ask_or_exit(home, "/api/people")["people"]
    typer.echo(indented(found) if as_json else "\n".join(people_lines(found)))


@users.command("add")
def add_user(
    name: Name, role: RoleArgument, home: HomeOption = Path("var"), agent: AgentOption = None
) -> None:
    """Crea una cuenta y dice su contraseña de un solo uso / make an account; tells its one-time password."""
    typer.echo(ask_or_exit(home, "/api/people", {"name": name, "role": role, "agent": agent})["password"])


@users.command("reset")
def reset_user(
    name: Name,
    home: HomeOption = Path("var"),
    totp: Annotated[
        bool, typer.Option("--totp", help="Quita el código, no la contraseña / the code, not the password")
    ] = False,
) -> None:
    """Otra contraseña de un solo uso; abre la cuenta bloqueada / a new one-time password; unlocks."""
    from centralita.people.command import person_path

    found = ask_or_exit(home, person_path(name, "reset-totp" if totp else "reset-password"), {})
    typer.echo(found.get("password", found.get("status")))


@users.command("disable")
def disable_user(
    name: Name,
    home: HomeOption = Path("var"),
    undo: Annotated[bool, typer.Option("--undo", help="Vuelve a abrirla / open it again")] = False,
) -> None:
    """Cierra una cuenta y sus sesiones / shut an account and its sessions."""
    from centralita.people.command import person_path

    ask_or_exit(home, person_path(name, "change"), {"disabled": not undo})


@users.command("role")
def change_role(
    name: Name,
    role: RoleArgument,
    home: HomeOption = Path("var"),
    agent: AgentOption = None,
    no_agent: Annotated[bool, typer.Option("--no-agent", help="Ya no es agente / no agent any more")] = False,
) -> None:
    """Cambia el papel de alguien / give somebody another role."""
    from centralita.people.command import person_path

    body: dict[str, object] = {"role": role}
    if agent is not None or no_agent:
        body["agent"] = agent
    ask_or_exit(home, person_path(name, "change"), body)


@tokens.command("list")
def list_tokens(home: HomeOption = Path("var"), as_json: JsonOption = False) -> None:
    """Qué programas tienen clave / which programs have a token."""
    from centralita.people.command import token_lines

    found = ask_or_exit(home, "/api/tokens")["tokens"]
    typer.echo(indented(found) if as_json else "\n".join(token_lines(found)))


@tokens.command("add")
def add_token(
    name: Annotated[str, typer.Argument(help="Para qué programa / for which program")],
    scope: Annotated[
        list[str] | None,
        typer.Option("--scope", help="Derecho; los de un CRM si falta / right; a CRM's without it"),
    ] = None,
    agent: Annotated[
        str | None, typer.Option("--agent", help="Solo por este agente / as this agent only")
    ] = None,
    days: Annotated[int | None, typer.Option(min=1, help="Días que vale / days it is good for")] = None,
    home: HomeOption = Path("var"),
) -> None:
    """Hace una clave y la dice, esta única vez / make a token and tell it, this once."""
    body: dict[str, object] = {"name": name, "agent": agent}
    if scope:
        body["scopes"] = scope
    if days is not None:
        body["ends_ms"] = time.time_ns() // 1_000_000 + days * _DAY_MS
    typer.echo(ask_or_exit(home, "/api/tokens", body)["token"])


@tokens.command("revoke")
def revoke_token(
    token: Annotated[str, typer.Argument(help="Id de «list» / id of 'list'")], home: HomeOption = Path("var")
) -> None:
    """La clave deja de valer ahora mismo / the token is no longer good, at once."""
    from centralita.people.command import token_path

    ask_or_exit(home, token_path(token), {})


def audit(
    who: Annotated[str | None, typer.Option(help="De quién / of whom")] = None,
    what: Annotated[
        str | None, typer.Option(help="Qué, o una familia: person. / what, or a family: person.")
    ] = None,
    subject: Annotated[str | None, typer.Option(help="Sobre qué o quién / about what or whom")] = None,
    limit: Annotated[int, typer.Option(min=1, max=200, help="Cuántos, los últimos / how many, newest")] = 50,
    home: HomeOption = Path("var"),
    as_json: JsonOption = False,
) -> None:
    """Quién hizo qué, y qué datos miró / who did what, and whose data they looked at."""
    from centralita.people.command import audit_lines, audit_path

    path = audit_path({"who": who, "what": what, "subject": subject, "limit": limit})
    found = ask_or_exit(home, path)["entries"]
    typer.echo(indented(found) if as_json else "\n".join(audit_lines(found)))
