from __future__ import annotations

import asyncio
import dataclasses
from pathlib import Path

import pytest

from centralita.people.accounts import Account
from centralita.people.audit import READ_EVERY_MS, Audit
from centralita.people.book import (
    AuditEntry,
    AuditQuery,
    Batch,
    Memory,
    PeopleUnavailableError,
    Session,
    Store,
)
from centralita.people.keeper import Keeper
from centralita.people.rights import Right, Role
from centralita.people.service import Parts, People
from centralita.store.people import PeopleStore
from centralita.store.projection import Projection
from centralita.tasks import spawn
from tests.support.polling import eventually
from tests.unit.people.scene import NOON_MS, Scene

pytestmark = pytest.mark.unit

ACCOUNT = Account("ana", Role.AGENT, "ana", "$argon2id$x", False, False, 1, 2, 3, "sealed", 4, "iss sub")
SESSION = Session("digest", "s1", "ana", 1, 2, "10.0.0.1", "browser")


@pytest.fixture(params=["memory", "database"])
def store(request: pytest.FixtureRequest, projection: Projection) -> Store:
    """The fake keeps its word if and only if the real one does."""
    return Memory() if request.param == "memory" else PeopleStore(projection.engine, projection)


def entry(number: int, who: str = "ana", what: str = "sign_in", subject: str = "") -> AuditEntry:
    return AuditEntry(number, NOON_MS + number, who, "10.0.0.1", what, subject, "done")


async def test_what_was_written_is_read_back_as_it_was(store: Store) -> None:
    """Every field; a later value replaces the earlier one, None deletes."""
    scene = Scene()
    scene.token(Right.EVENTS_READ, Right.COMMANDS, agent="ana", ends_ms=NOON_MS + 1)
    token = scene.people.tokens()[0]
    await store.write(Batch({"ana": ACCOUNT}, {"digest": SESSION}, {token.digest: token}))
    kept = await store.load()
    assert (list(kept.accounts), list(kept.sessions), list(kept.tokens)) == ([ACCOUNT], [SESSION], [token])

    changed = dataclasses.replace(ACCOUNT, totp=None, agent=None, disabled=True)
    await store.write(Batch({"ana": changed}, {"digest": None}, {token.digest: None}))
    kept = await store.load()
    assert (list(kept.accounts), list(kept.sessions), list(kept.tokens)) == ([changed], [], [])


async def test_the_log_is_asked_by_who_what_whom_and_when_and_page_by_page(store: Store) -> None:
    """Newest first; a family of things by its word and a dot; the same batch again changes nothing."""
    entries = [
        entry(1),
        entry(2, "adela", "person.created", "ana"),
        entry(3, "adela", "person.role", "ana"),
        entry(4, "adela", "personal", "beto"),
    ]
    for _ in range(2):
        await store.write(Batch(audit=entries))

    async def ids(query: AuditQuery) -> list[int]:
        return [each.id for each in await store.audit(query)]

    assert list(await store.audit(AuditQuery())) == entries[::-1]
    assert await ids(AuditQuery(who="adela")) == [4, 3, 2]
    assert await ids(AuditQuery(what="person.")) == [3, 2]
    assert await ids(AuditQuery(what="person.role")) == [3]
    assert await ids(AuditQuery(subject="ana")) == [3, 2]
    assert await ids(AuditQuery(since_ms=NOON_MS + 2, until_ms=NOON_MS + 4)) == [3, 2]
    assert await ids(AuditQuery(before=3, limit=1)) == [2]


async def test_people_are_still_there_after_a_restart(projection: Projection) -> None:
    """Accounts, open sessions and tokens: nobody has to sign in again because the server was replaced."""
    store = PeopleStore(projection.engine, projection)

    def people() -> People:
        scene = Scene()
        return People(Parts(store, scene.clock.now_ms, scene.people.hasher, scene.people.seal))

    before = people()
    await before.load()
    keeper = spawn(before.keeper.run(), name="keeper")
    await asyncio.sleep(0)
    before.put_account(ACCOUNT)
    key = before.open_session("ana", "10.0.0.1", "x" * 1_000)
    gone = before.open_session("ana", "10.0.0.1", "")
    before.end_session(_of(before, gone))
    assert await before.keeper.written(5_000)
    keeper.cancel()

    after = people()
    await after.load()
    who = after.by_session(key)
    assert who is not None
    assert (who.name, who.agent) == ("ana", "ana")
    assert after.by_session(gone) is None


def _of(people: People, key: str) -> Session:
    who = people.by_session(key)
    assert who is not None
    return next(each for each in people.sessions("ana") if each.digest == who.key)


def read_all(folder: Path) -> bytes:
    """The database with all the files beside it."""
    return b"".join(path.read_bytes() for path in folder.rglob("centralita.db*"))


async def test_no_key_and_no_password_is_in_the_file(projection: Projection, tmp_path: Path) -> None:
    """Whoever steals the database can neither be somebody nor compute codes."""
    scene = Scene()
    store = PeopleStore(projection.engine, projection)
    people = People(Parts(store, scene.clock.now_ms, scene.people.hasher, scene.people.seal))
    await people.load()
    keeper = spawn(people.keeper.run(), name="keeper")
    await asyncio.sleep(0)
    hashed = await people.hasher.hash("four plain words here")
    people.put_account(dataclasses.replace(ACCOUNT, password=hashed, totp=people.seal.close("BASE32SECRET")))
    key = people.open_session("ana", "10.0.0.1", "")
    assert await people.keeper.written(5_000)
    keeper.cancel()
    stored = read_all(tmp_path)

    assert b"ana" in stored
    for secret in (key, "four plain words here", "BASE32SECRET"):
        assert secret.encode() not in stored


class Frozen(Memory):
    """Takes nothing while it is frozen."""

    frozen = True

    async def write(self, batch: Batch) -> None:
        if self.frozen:
            raise PeopleUnavailableError
        await super().write(batch)


async def test_what_a_frozen_database_did_not_take_is_written_when_it_comes_back() -> None:
    """Nothing is lost meanwhile and the newest value counts; nobody waits longer than they said."""
    store = Frozen()
    keeper = Keeper(store)
    running = spawn(keeper.run(), name="keeper")
    await asyncio.sleep(0)
    keeper.account(ACCOUNT)
    for number in range(1, 4):
        keeper.audit(entry(number))
    assert await keeper.written(20) is False
    newer = dataclasses.replace(ACCOUNT, disabled=True)
    keeper.account(newer)
    keeper.session("digest", SESSION)
    keeper.session("digest", None)
    store.frozen = False

    assert await keeper.written(5_000)
    running.cancel()
    assert (list(store.kept.accounts), list(store.kept.sessions)) == ([newer], [])
    assert sorted(store.log) == [1, 2, 3]


async def test_before_the_database_was_read_nobody_is_told_to_be_unknown() -> None:
    """A start with a database that does not answer goes on trying, and says that it cannot tell."""

    class Late(Memory):
        tries = 0

        async def load(self) -> object:  # type: ignore[override]
            self.tries += 1
            if self.tries == 1:
                raise PeopleUnavailableError
            return self.kept

    scene, store = Scene(), Late()
    people = People(Parts(store, scene.clock.now_ms, scene.people.hasher, scene.people.seal))  # type: ignore[arg-type]
    with pytest.raises(PeopleUnavailableError):
        people.by_session("x")
    task = asyncio.ensure_future(people.load())
    await eventually(lambda: people.loaded, 5.0, "people are read")
    await task
    assert people.by_session("x") is None


def test_reading_the_same_again_is_one_entry_a_minute() -> None:
    """Changes are never put together; ids grow, also within a millisecond."""
    scene = Scene()
    log: list[AuditEntry] = []
    audit = Audit(log.append, scene.clock.now_ms)
    for _ in range(3):
        audit.read("ana", "10.0.0.1", "customer.read", "k1")
    audit.read("ana", "10.0.0.1", "customer.read", "k2")
    audit.note("ana", "10.0.0.1", "sign_in")
    audit.note("ana", "10.0.0.1", "sign_in")
    scene.clock.ms += READ_EVERY_MS
    audit.read("ana", "10.0.0.1", "customer.read", "k1")

    assert [(each.what, each.subject) for each in log] == [
        ("customer.read", "k1"),
        ("customer.read", "k2"),
        ("sign_in", ""),
        ("sign_in", ""),
        ("customer.read", "k1"),
    ]
    ids = [each.id for each in log]
    assert ids == sorted(set(ids))
    assert ids[-1] < 2**53


async def test_a_first_reading_before_everybody_else_makes_no_file_that_others_can_read(url: str) -> None:
    """Nothing is known yet, which is not the same as nobody; the file that is made is its owner's."""
    projection = Projection(url, spawn)
    with pytest.raises(PeopleUnavailableError):
        await PeopleStore(projection.engine, projection).load()
    await projection.engine.dispose()

    assert modes(Path(url.removeprefix("sqlite+aiosqlite:///"))) == {0o600}


def modes(path: Path) -> set[int]:
    """Of the file and of those beside it."""
    return {each.stat().st_mode & 0o777 for each in path.parent.iterdir()}
