"""People in the database: read once at the start, written behind."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any, Protocol, TypeVar

from sqlalchemy import Connection, Select, Table, delete, insert, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from centralita.people.accounts import Account
from centralita.people.book import (
    ApiToken,
    AuditEntry,
    AuditQuery,
    Batch,
    Kept,
    PeopleUnavailableError,
    Session,
)
from centralita.people.rights import Right, Role
from centralita.store.database import create_private_file
from centralita.store.people_tables import api_token, audit, person, person_session

_T = TypeVar("_T")
_Row = Mapping[str, Any]


class Writer(Protocol):
    """Whoever alone writes the database."""

    async def order(self, work: Callable[[Connection], _T], *, erases: bool = False) -> _T:
        """Raises TimeoutError."""


class PeopleStore:
    """
    Args:
        engine: For reading.
        writer: Everything is written by it.
    """

    def __init__(self, engine: AsyncEngine, writer: Writer) -> None:
        self._engine, self._writer = engine, writer

    async def load(self) -> Kept:
        """Raises PeopleUnavailableError."""
        try:
            # Whoever comes first makes the file, and it is its owner's only.
            create_private_file(self._engine.url.render_as_string(hide_password=False))
        except OSError as error:
            raise PeopleUnavailableError from error
        return Kept(
            [_account(row) for row in await self._all(select(person))],
            [Session(**row) for row in await self._all(select(person_session))],
            [_token(row) for row in await self._all(select(api_token))],
        )

    async def write(self, batch: Batch) -> None:
        """Raises PeopleUnavailableError: it may be done all the same, later."""
        try:
            # What has been deleted is a key or a person's: it must not live on in a file.
            erases = any(each is None for each in (*batch.sessions.values(), *batch.tokens.values()))
            await self._writer.order(lambda connection: _write(connection, batch), erases=erases)
        except TimeoutError as error:
            raise PeopleUnavailableError from error

    async def audit(self, query: AuditQuery) -> Sequence[AuditEntry]:
        """Newest first. Raises PeopleUnavailableError."""
        return [AuditEntry(**row) for row in await self._all(_audited(query))]

    async def _all(self, query: Select[Any]) -> Sequence[_Row]:
        try:
            async with self._engine.connect() as connection:
                rows: Sequence[_Row] = (await connection.execute(query)).mappings().all()
                return rows
        except (SQLAlchemyError, OSError) as error:
            raise PeopleUnavailableError from error


def _write(connection: Connection, batch: Batch) -> None:
    for name, account in batch.accounts.items():
        _put(connection, person, "name", name, None if account is None else asdict(account))
    for digest, session in batch.sessions.items():
        _put(connection, person_session, "digest", digest, None if session is None else asdict(session))
    for digest, token in batch.tokens.items():
        row = None if token is None else asdict(token) | {"scopes": " ".join(token.scopes)}
        _put(connection, api_token, "digest", digest, row)
    _add(connection, batch.audit)


def _put(connection: Connection, table: Table, key: str, value: str, row: dict[str, Any] | None) -> None:
    this = table.c[key] == value
    if row is None:
        connection.execute(delete(table).where(this))
    elif not connection.execute(update(table).where(this).values(row)).rowcount:
        connection.execute(insert(table).values(row))


def _add(connection: Connection, entries: Sequence[AuditEntry]) -> None:
    if not entries:
        return
    ids = [entry.id for entry in entries]
    # A write that was given up may have been done later: the log is only ever added to.
    known = set(connection.scalars(select(audit.c.id).where(audit.c.id.in_(ids))))
    new = [asdict(entry) for entry in entries if entry.id not in known]
    if new:
        connection.execute(insert(audit), new)


def _audited(query: AuditQuery) -> Select[Any]:
    found = select(audit).order_by(audit.c.id.desc()).limit(query.limit)
    if query.who is not None:
        found = found.where(audit.c.who == query.who)
    if query.what is not None:
        family = query.what.endswith(".")
        found = found.where(
            audit.c.what.startswith(query.what, autoescape=True) if family else audit.c.what == query.what
        )
    if query.subject is not None:
        found = found.where(audit.c.subject == query.subject)
    if query.since_ms is not None:
        found = found.where(audit.c.at_ms >= query.since_ms)
    if query.until_ms is not None:
        found = found.where(audit.c.at_ms < query.until_ms)
    return found if query.before is None else found.where(audit.c.id < query.before)


def _account(row: _Row) -> Account:
    return Account(**{**row, "role": Role(row["role"])})


def _token(row: _Row) -> ApiToken:
    scopes = tuple(Right(word) for word in row["scopes"].split())
    return ApiToken(**{**row, "scopes": scopes})
