"""`centralita users|tokens|audit` against a real web side."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from centralita.cli import app
from centralita.home import Home
from centralita.people.opening import Opening
from centralita.people.rights import Role
from centralita.people.sign_in import Caller
from centralita.tasks import spawn
from tests.support.polling import eventually
from tests.unit.people.scene import AGENTS, NOON_MS, Scene
from tests.unit.web.fakes import TOKEN
from tests.unit.web.people_scene import Centre, centre

HERE = Caller("10.0.0.1")
pytestmark = pytest.mark.unit


@pytest.fixture
async def there(tmp_path: Path) -> AsyncIterator[Centre]:
    async with centre() as found:
        home = Home(tmp_path)
        home.make()
        home.write_centre({"http": {"url": found.base, "token": TOKEN, "certificate": ""}})
        yield found


async def said(tmp_path: Path, *argv: str, code: int = 0) -> str:
    """What the command prints."""
    result = await asyncio.to_thread(CliRunner().invoke, app, [*argv, "--home", str(tmp_path)])
    assert result.exit_code == code, result.output
    return result.output.strip()


async def test_people_are_made_seen_changed_and_shut(there: Centre, tmp_path: Path) -> None:
    """All on the running centre; the one-time password is all that is printed."""
    password = await said(tmp_path, "users", "add", "lola", "agent", "--agent", "beto")
    assert len(password.split("-")) == 4
    account = there.scene.people.account("lola")
    assert account is not None
    assert (account.role, account.agent, account.must_change) == (Role.AGENT, "beto", True)

    lines = (await said(tmp_path, "users", "list")).splitlines()
    assert any("lola" in line and "sin estrenar" in line and "beto" in line for line in lines)
    await said(tmp_path, "users", "role", "lola", "supervisor", "--no-agent")
    await said(tmp_path, "users", "disable", "lola")
    account = there.scene.people.account("lola")
    assert account is not None
    assert (account.role, account.agent, account.disabled) == (Role.SUPERVISOR, None, True)
    await said(tmp_path, "users", "disable", "lola", "--undo")
    assert await said(tmp_path, "users", "reset", "lola") != password
    assert await said(tmp_path, "users", "reset", "lola", "--totp") == "done"
    assert '"lola"' in await said(tmp_path, "users", "list", "--json")


async def test_tokens_are_made_seen_and_revoked(there: Centre, tmp_path: Path) -> None:
    """With the scopes and the agent that were asked for."""
    text = await said(tmp_path, "tokens", "add", "dialler", "--scope", "commands", "--agent", "ana")
    who = there.scene.people.by_token(text)
    assert who is not None
    assert (who.agent, sorted(who.rights)) == ("ana", ["commands"])
    (token,) = there.scene.people.tokens()
    assert token.id in await said(tmp_path, "tokens", "list")
    await said(tmp_path, "tokens", "revoke", token.id)
    assert there.scene.people.by_token(text) is None


async def test_the_log_is_read_oldest_first(there: Centre, tmp_path: Path) -> None:
    """As a person reads a log; with the filters of the API."""
    keeper = spawn(there.scene.people.keeper.run(), name="keeper")
    await said(tmp_path, "users", "add", "lola", "agent")
    await said(tmp_path, "users", "disable", "lola")
    lines = (await said(tmp_path, "audit", "--what", "person.")).splitlines()
    keeper.cancel()

    assert [line.split()[5:] for line in lines] == [
        ["person.created", "lola", "done"],
        ["person.disabled", "lola", "done"],
    ]
    assert all("installation" in line for line in lines)


async def test_what_the_centre_refuses_is_said_and_the_exit_code_is_one(
    there: Centre, tmp_path: Path
) -> None:
    """In both languages, without a trace."""
    assert "ya hay una cuenta" in (await said(tmp_path, "users", "add", "ana", "agent", code=1)).lower()
    assert "There is no account 'zoe'" in await said(tmp_path, "users", "reset", "zoe", code=1)
    assert "no hay ningún centro" in await said(tmp_path / "none", "tokens", "list", code=1)


async def test_a_first_run_leaves_the_password_in_a_private_file_until_it_is_changed(tmp_path: Path) -> None:
    """Made once; gone when the administrator has chosen another; a second run makes none."""
    home, scene = Home(tmp_path), Scene()
    home.make()

    def opened() -> Opening:
        opening = Opening(home, scene.memory, lambda: AGENTS, lambda: NOON_MS)
        opening.start(spawn)
        return opening

    opening = opened()
    await eventually(home.first_sign_in.exists, 5.0, "the file is there")
    assert home.first_sign_in.stat().st_mode & 0o777 == 0o600
    name, password = home.first_sign_in.read_text().split()
    headers = await opening.office.sign_in.sign_in(name, password, None, HERE)
    who = opening.people.by_session(headers)
    assert who is not None
    await opening.office.sign_in.change_password(who, password, "another good sentence", HERE)
    assert not home.first_sign_in.exists()
    await opening.close()

    again = opened()
    await eventually(lambda: again.people.loaded, 5.0, "people are read")
    assert [account.name for account in again.people.accounts()] == ["admin"]
    assert not home.first_sign_in.exists()
    await again.close()
