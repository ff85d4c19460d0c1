"""
What callers said and what came of it, as rows: grouped for who adds phrases, erased with the customer.

Long numbers are hidden before anything comes here; secret ones are never heard at all.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    Float,
    Row,
    Select,
    String,
    Table,
    and_,
    delete,
    func,
    insert,
    select,
)
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from centralita.store.tables import metadata
from centralita.web.ports import HistoryUnavailableError
from centralita.web.utterances_ports import OUTCOMES, SaidQuery

CONTACTS_SHOWN = 3
_PARTS_MAX = 20_000
"""Different combinations of node, meaning and outcome that are looked at for one page."""

said = Table(
    "said",
    metadata,
    Column("id", String, primary_key=True, comment="contact and a random word"),
    # Not a foreign key: written when it is said, its contact when it ends.
    Column("contact_id", String, nullable=False, index=True),
    Column("at_ms", BigInteger, nullable=False, index=True),
    Column("language", String, nullable=False),
    Column("node", String, nullable=False, comment="flow/node"),
    Column("text", String, nullable=False, comment="long numbers are hidden"),
    Column("plain", String, nullable=False, comment="the same without accents and signs"),
    Column("confidence", Float, nullable=False, comment="of the recognizer, 0 to 1"),
    Column("understood", String, nullable=False, comment="key, intent or variable; empty: nothing"),
    Column("sure", Float, nullable=False, comment="of the meaning, 0 to 1"),
    Column("outcome", String, nullable=False, comment="taken, confirmed, denied or missed"),
)

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Said:
    """One thing that a caller said. Times are UTC milliseconds."""

    id: str
    contact_id: str
    at_ms: int
    language: str
    node: str
    text: str
    plain: str
    confidence: float
    understood: str
    sure: float
    outcome: str


@dataclass(slots=True)
class Group:
    """The same words, however often."""

    language: str
    text: str
    """As it was said last."""
    count: int
    last_ms: int
    confidence: float
    """The mean."""
    outcomes: dict[str, int] = field(default_factory=lambda: dict.fromkeys(OUTCOMES, 0))
    nodes: dict[str, int] = field(default_factory=dict)
    """"flow/node" -> how often."""
    understood: dict[str, tuple[int, float]] = field(default_factory=dict)
    """Key, intent or variable -> how often, and how sure that was in the mean."""
    contacts: list[str] = field(default_factory=list)
    """The last ones."""


def write_said(connection: Connection, rows: Sequence[Said]) -> None:
    if rows:
        names = Said.__slots__
        connection.execute(insert(said), [{name: getattr(row, name) for name in names} for row in rows])


def erase_said(connection: Connection, contact_ids: Collection[str] | Select[tuple[str]]) -> int:
    """What was said in these contacts is gone; returns how much."""
    return connection.execute(delete(said).where(said.c.contact_id.in_(contact_ids))).rowcount


def sweep_said(connection: Connection, before_ms: int) -> int:
    """Delete what was said before then; returns how much."""
    return connection.execute(delete(said).where(said.c.at_ms < before_ms)).rowcount


class SaidRows:
    """
    Reads beside the writer. Every method may raise `HistoryUnavailableError`.

    Args:
        engine: The projection's.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def groups(self, query: SaidQuery) -> Sequence[Group]:
        """What was said most often first, then what was said last."""
        return await self._reading(lambda connection: _groups(connection, query))

    async def _reading(self, read: Callable[[Connection], _T]) -> _T:
        try:
            async with self._engine.connect() as connection:
                return await connection.run_sync(read)
        except (SQLAlchemyError, OSError) as error:
            raise HistoryUnavailableError(type(error).__name__) from error


def _groups(connection: Connection, query: SaidQuery) -> list[Group]:
    where, found = _where(query), {}
    count, last_ms = func.count(), func.max(said.c.at_ms)
    for row in connection.execute(
        select(said.c.language, said.c.plain, count.label("n"), last_ms.label("last_ms"), _mean("confidence"))
        .where(where)
        .group_by(said.c.language, said.c.plain)
        .order_by(count.desc(), last_ms.desc(), said.c.language, said.c.plain)
        .limit(query.limit)
    ):
        found[row.language, row.plain] = Group(row.language, row.plain, row.n, row.last_ms, row.confidence)
    if found:
        listed = and_(where, said.c.plain.in_(sorted({plain for _, plain in found})))
        _add_parts(found, connection.execute(_parts(listed)))
        _add_last(found, connection.execute(_last(listed)))
    return list(found.values())


def _where(query: SaidQuery) -> ColumnElement[bool]:
    asked = (
        (said.c.language, query.language),
        (said.c.outcome, query.outcome),
        (said.c.understood, query.intent),
    )
    since = said.c.at_ms >= (query.since_ms or 0)
    return and_(since, *(column == value for column, value in asked if value is not None))


def _mean(name: str) -> ColumnElement[float]:
    return func.avg(said.c[name]).label(name)


def _parts(listed: ColumnElement[bool]) -> Select[Any]:
    columns = (said.c.language, said.c.plain, said.c.node, said.c.understood, said.c.outcome)
    return (
        select(*columns, func.count().label("n"), _mean("sure"))
        .where(listed)
        .group_by(*columns)
        .order_by(*columns)
        .limit(_PARTS_MAX)
    )


def _last(listed: ColumnElement[bool]) -> Select[Any]:
    """The newest few of each group."""
    place = func.row_number().over(
        partition_by=(said.c.language, said.c.plain), order_by=(said.c.at_ms.desc(), said.c.id)
    )
    ranked = select(
        said.c.language, said.c.plain, said.c.text, said.c.contact_id, place.label("place")
    ).where(listed)
    rows = ranked.subquery()
    return select(rows).where(rows.c.place <= CONTACTS_SHOWN).order_by(rows.c.place)


def _add_parts(found: dict[tuple[str, str], Group], rows: Iterable[Row[Any]]) -> None:
    for row in rows:
        group = found.get((row.language, row.plain))
        if group is None:
            continue
        group.outcomes[row.outcome] = group.outcomes.get(row.outcome, 0) + row.n
        group.nodes[row.node] = group.nodes.get(row.node, 0) + row.n
        if row.understood:
            before, sure = group.understood.get(row.understood, (0, 0.0))
            count = before + row.n
            group.understood[row.understood] = count, (sure * before + row.sure * row.n) / count


def _add_last(found: dict[tuple[str, str], Group], rows: Iterable[Row[Any]]) -> None:
    for row in rows:
        group = found.get((row.language, row.plain))
        if group is None:
            continue
        if row.place == 1:
            group.text = row.text
        if row.contact_id not in group.contacts:
            group.contacts.append(row.contact_id)
