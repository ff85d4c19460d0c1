from __future__ import annotations

import dataclasses

import pytest

from centralita.people.admin import FIRST, NewToken
from centralita.people.refusals import Refused
from centralita.people.rights import IMPLIED, INSTALLATION, ROLES, SAID, Kind, Right, Role, Who, of_token
from centralita.people.sign_in import FREE_BY_NAME, Caller
from tests.unit.people.scene import Scene

pytestmark = pytest.mark.unit

HERE = "10.0.0.1"
MANAGER = Who(
    "manager", Kind.TOKEN, Role.CRM, ROLES[Role.SUPERVISOR] | {Right.PEOPLE_WRITE, Right.PEOPLE_READ}
)
"""May change people, and is no administrator."""


def code_of(caught: pytest.ExceptionInfo[Refused]) -> tuple[int, str]:
    return caught.value.status, caught.value.code


async def test_the_first_run_makes_one_administrator_and_the_next_none() -> None:
    """With a password that has to be changed."""
    scene = Scene()
    password = await scene.office.admin.first()

    assert password is not None
    assert await scene.office.admin.first() is None
    key = await scene.office.sign_in.sign_in(FIRST, password, None, Caller(HERE))
    who = scene.people.by_session(key)
    assert who is not None
    assert (who.role, who.must_change) == (Role.ADMINISTRATOR, True)


async def test_an_account_is_made_with_a_one_time_password() -> None:
    """Linked to an agent of the configuration, under a name that is written one way only."""
    scene = Scene()
    password = await scene.office.admin.create(INSTALLATION, HERE, " Ana ", Role.AGENT, "ana")

    account = scene.people.account("ana")
    assert account is not None
    assert (account.agent, account.must_change) == ("ana", True)
    assert password not in repr(account)
    assert await scene.office.sign_in.sign_in("ANA", password, None, Caller(HERE))


@pytest.mark.parametrize(
    ("name", "agent", "wanted"),
    [
        ("ana", None, (409, "name_taken")),
        ("ANA", None, (409, "name_taken")),
        ("", None, (400, "bad_request")),
        ("a b", None, (400, "bad_request")),
        ("-a", None, (400, "bad_request")),
        ("a" * 65, None, (400, "bad_request")),
        ("new", "zoe", (400, "bad_request")),
    ],
)
async def test_names_that_cannot_be_are_refused(
    name: str, agent: str | None, wanted: tuple[int, str]
) -> None:
    """Taken, not writable, or an agent that nobody has configured."""
    scene = Scene()
    scene.account("ana", Role.AGENT)
    with pytest.raises(Refused) as caught:
        await scene.office.admin.create(INSTALLATION, HERE, name, Role.AGENT, agent)
    assert code_of(caught) == wanted


async def test_nobody_gives_more_than_they_have() -> None:
    """Neither a role, nor a token, nor by resetting the password of somebody who may more."""
    scene = Scene()
    admin = scene.office.admin
    scene.account("adela", Role.ADMINISTRATOR)
    scene.account("ana", Role.AGENT)
    assert await admin.create(MANAGER, HERE, "sofia", Role.SUPERVISOR, None)
    for attempt in (
        admin.create(MANAGER, HERE, "x", Role.ADMINISTRATOR, None),
        admin.reset_password(MANAGER, HERE, "adela"),
    ):
        with pytest.raises(Refused) as caught:
            await attempt
        assert code_of(caught) == (403, "more_than_own")
    for call in (
        lambda: admin.change(MANAGER, HERE, "ana", role=Role.ADMINISTRATOR),
        lambda: admin.change(MANAGER, HERE, "adela", disabled=True),
        lambda: admin.reset_totp(MANAGER, HERE, "adela"),
        lambda: admin.create_token(MANAGER, HERE, NewToken("t", (Right.AUDIT_READ,))),
    ):
        with pytest.raises(Refused) as caught:
            call()
        assert code_of(caught) == (403, "more_than_own")


def test_there_is_always_an_administrator() -> None:
    """The last one can neither be disabled nor become something else."""
    scene = Scene()
    admin = scene.office.admin
    scene.account("adela", Role.ADMINISTRATOR)
    scene.account("off", Role.ADMINISTRATOR, disabled=True)
    for change in ({"disabled": True}, {"role": Role.AGENT}):
        with pytest.raises(Refused) as caught:
            admin.change(INSTALLATION, HERE, "adela", **change)
        assert code_of(caught) == (409, "last_administrator")
    scene.account("another", Role.ADMINISTRATOR)
    assert admin.change(INSTALLATION, HERE, "adela", disabled=True).disabled


async def test_who_is_disabled_or_reset_is_out_at_once() -> None:
    """All sessions end; a reset also opens a locked account."""
    scene = Scene()
    await scene.with_password("ana", Role.AGENT)
    key = scene.session("ana")
    scene.office.admin.change(INSTALLATION, HERE, "ana", disabled=True)
    assert scene.people.by_session(key) is None
    scene.office.admin.change(INSTALLATION, HERE, "ana", disabled=False)
    assert scene.people.by_session(key) is None

    key = scene.session("ana")
    for _ in range(FREE_BY_NAME):
        with pytest.raises(Refused):
            await scene.office.sign_in.sign_in("ana", "wrong", None, Caller(HERE))
    password = await scene.office.admin.reset_password(INSTALLATION, HERE, "ana")
    assert scene.people.by_session(key) is None
    assert await scene.office.sign_in.sign_in("ana", password, None, Caller(HERE))


def test_a_token_is_told_once_and_kept_as_a_hash() -> None:
    """Its prefix tells what it is, should it ever be found somewhere."""
    scene = Scene()
    token, text = scene.office.admin.create_token(
        INSTALLATION, HERE, NewToken("crm", (Right.EVENTS_READ,), None, None)
    )

    assert text.startswith("cc_")
    assert len(text) > 40
    assert text not in repr(token)
    assert text not in repr(scene.people.tokens())
    who = scene.people.by_token(text)
    assert who is not None
    assert who.rights == {Right.EVENTS_READ}
    assert scene.people.by_token(text[:-1]) is None
    scene.office.admin.revoke_token(INSTALLATION, HERE, token.id)
    assert scene.people.by_token(text) is None
    assert not scene.people.still(who)


def test_scopes_mean_what_they_say() -> None:
    """`commands` without an agent is for any; with one it is for that one, whatever else is asked."""
    assert Right.COMMANDS_ANY in of_token([Right.COMMANDS], None)
    assert Right.COMMANDS_ANY not in of_token([Right.COMMANDS, Right.COMMANDS_ANY], "ana")
    assert of_token([Right.CUSTOMERS_WRITE], None) == {Right.CUSTOMERS_WRITE, Right.CUSTOMERS_READ}


def test_every_right_is_told_in_words_and_every_role_has_what_its_rights_imply() -> None:
    """The tables are whole: nothing is implied that the role does not list."""
    assert set(SAID) == set(Right)
    for rights in ROLES.values():
        for right in rights:
            assert IMPLIED.get(right, frozenset()) <= rights
    assert ROLES[Role.ADMINISTRATOR] == set(Right)
    assert Right.COMMANDS not in ROLES[Role.CRM]


def test_an_agent_commands_only_themselves_and_sees_only_their_own() -> None:
    """An account of role agent that is linked to no agent commands and sees nobody."""
    agent = Who("ana", Kind.PERSON, Role.AGENT, ROLES[Role.AGENT], "ana")
    nobody = dataclasses.replace(agent, agent=None)
    supervisor = Who("sofia", Kind.PERSON, Role.SUPERVISOR, ROLES[Role.SUPERVISOR])

    assert [agent.may_command(name) for name in ("ana", "beto", "")] == [True, False, False]
    assert [nobody.may_command(name) for name in ("ana", "", "None")] == [False, False, False]
    assert supervisor.may_command("beto")
    assert (agent.sees, nobody.sees, supervisor.sees) == ("ana", "", None)
