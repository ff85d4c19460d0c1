"""Answers to surveys as rows, each written as soon as it is given: a half-finished survey counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, delete, func, insert, or_, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from acd.model import ContactId
from centralita.store.services_erase import contacts_of
from centralita.store.services_tables import survey_answer
from centralita.web.ports import HistoryUnavailableError

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Answer:
    """To one question. A later one of the same contact to the same question replaces it."""

    contact_id: ContactId
    survey: str
    question: str
    value: int
    agent: str
    intent: str
    queue: str
    segment: str
    at_ms: int

    @property
    def id(self) -> str:
        return f"{self.contact_id}.{self.survey}.{self.question}"


@dataclass(frozen=True, slots=True)
class AnswerQuery:
    """Which answers. None means "any"."""

    survey: str | None = None
    since_ms: int | None = None
    until_ms: int | None = None
    agent: str | None = None
    queue: str | None = None
    before: str | None = None
    """The `next` of the page before."""
    limit: int = 50


def write_answer(connection: Connection, answer: Answer) -> None:
    connection.execute(delete(survey_answer).where(survey_answer.c.id == answer.id))
    names = (
        "id", "contact_id", "survey", "question", "value", "agent", "intent", "queue", "segment", "at_ms",
    )  # fmt: skip
    connection.execute(insert(survey_answer), [{name: getattr(answer, name) for name in names}])


class AnswerRows:
    """
    Reads beside the writer. Every method may raise `HistoryUnavailableError`.

    Args:
        engine: The projection's.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def answers(self, query: AnswerQuery) -> tuple[Sequence[Row], str | None]:
        """
        Newest first, and the cursor of the next page.

        Raises:
            ValueError: `before` is not the `next` of an earlier page.
        """
        statement = (
            select(survey_answer)
            .where(*_conditions(query))
            .order_by(survey_answer.c.at_ms.desc(), survey_answer.c.id.desc())
            .limit(query.limit + 1)
        )
        rows = await self._rows(statement)
        page = rows[: query.limit]
        after = f"{page[-1]['at_ms']}.{page[-1]['id']}" if len(rows) > query.limit else None
        return [_without_id(row) for row in page], after

    async def of_customer(self, customer_id: str, limit: int) -> Sequence[Row]:
        """A customer's, newest first."""
        statement = (
            select(survey_answer)
            .where(survey_answer.c.contact_id.in_(contacts_of(customer_id)))
            .order_by(survey_answer.c.at_ms.desc(), survey_answer.c.id.desc())
            .limit(limit)
        )
        return [_without_id(row) for row in await self._rows(statement)]

    async def counts(self, query: AnswerQuery) -> Sequence[Row]:
        """How often each value was given: question, value, count."""
        statement = (
            select(survey_answer.c.question, survey_answer.c.value, func.count().label("count"))
            .where(*_conditions(query))
            .group_by(survey_answer.c.question, survey_answer.c.value)
            .order_by(survey_answer.c.question, survey_answer.c.value)
        )
        return await self._rows(statement)

    async def by(self, column: str, query: AnswerQuery) -> Sequence[Row]:
        """Of each agent, queue, intent or segment: its name, answers, contacts and mean."""
        of = survey_answer.c[column]
        statement = (
            select(
                of.label("name"),
                func.count().label("answers"),
                func.count(survey_answer.c.contact_id.distinct()).label("contacts"),
                func.avg(survey_answer.c.value).label("mean"),
            )
            .where(*_conditions(query))
            .group_by(of)
            .order_by(of)
        )
        return [{**row, "mean": float(row["mean"])} for row in await self._rows(statement)]

    async def answered(self, query: AnswerQuery) -> Mapping[int, int]:
        """How many contacts answered so many questions."""
        each = (
            select(func.count().label("answers"))
            .where(*_conditions(query))
            .group_by(survey_answer.c.contact_id)
            .subquery()
        )
        statement = select(each.c.answers, func.count().label("contacts")).group_by(each.c.answers)
        return {row["answers"]: row["contacts"] for row in await self._rows(statement)}

    async def _rows(self, statement: Select[Any]) -> list[Row]:
        try:
            async with self._engine.connect() as connection:
                return await _all(connection, statement)
        except (SQLAlchemyError, OSError) as error:
            raise HistoryUnavailableError(type(error).__name__) from error


async def _all(connection: AsyncConnection, statement: Select[Any]) -> list[Row]:
    return [dict(row) for row in (await connection.execute(statement)).mappings()]


def _conditions(query: AnswerQuery) -> list[ColumnElement[bool]]:
    found = [
        survey_answer.c[name] == value
        for name, value in (("survey", query.survey), ("agent", query.agent), ("queue", query.queue))
        if value is not None
    ]
    if query.since_ms is not None:
        found.append(survey_answer.c.at_ms >= query.since_ms)
    if query.until_ms is not None:
        found.append(survey_answer.c.at_ms < query.until_ms)
    if query.before is not None:
        found.append(_older_than(query.before))
    return found


def _older_than(cursor: str) -> ColumnElement[bool]:
    at, dot, id_ = cursor.partition(".")
    if not dot or not at.isascii() or not at.isdigit() or len(at) > 15:
        raise ValueError("not a cursor")
    return or_(
        survey_answer.c.at_ms < int(at),
        and_(survey_answer.c.at_ms == int(at), survey_answer.c.id < id_),
    )


def _without_id(row: Row) -> Row:
    return {name: value for name, value in row.items() if name != "id"}
