"""Questions to the projection: finished contacts, customers, and who is calling again."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from acd.model import ContactId
from centralita.store.parties import LAST_CONTACTS, CallerIdentity, CustomerHistory, Party, Trust
from centralita.store.tables import contact, customer, offer, party, segment
from centralita.web.ports import ContactPage, ContactQuery, HistoryUnavailableError

DAY_MS = 86_400_000
_PARTIES_MAX = 500
"""Values in one IN list."""

Row = dict[str, Any]

_LISTED = (
    contact,
    party.c.number_e164.label("number"),
    party.c.shown_number.label("shown"),
    party.c.name,
    party.c.trust,
)


class History:
    """
    Reads beside the writer: nothing here locks it out or delays a call.

    Args:
        engine: The projection's.
        erase: `Projection.erase`: only the writer writes.
    """

    def __init__(self, engine: AsyncEngine, erase: Callable[[str], Awaitable[bool]]) -> None:
        self._engine = engine
        self._erase = erase

    async def contacts(self, query: ContactQuery) -> ContactPage:
        """
        Finished contacts, newest end first.

        Raises:
            ValueError: `before` is not the `next` of an earlier page.
            HistoryUnavailableError: The database does not answer.
        """
        statement = (
            _contact_rows()
            .where(*_conditions(query))
            .order_by(contact.c.ended_ms.desc(), contact.c.id.desc())
            .limit(query.limit + 1)
        )
        async with self._reading() as connection:
            rows = [dict(row) for row in (await connection.execute(statement)).mappings()]
        more = len(rows) > query.limit
        page = rows[: query.limit]
        return ContactPage(page, f"{page[-1]['ended_ms']}.{page[-1]['id']}" if more else None)

    async def contact(self, contact_id: str) -> Row | None:
        """One contact with its segments and offers, each offer with its explanation; None if unknown."""
        async with self._reading() as connection:
            found = (await connection.execute(_contact_rows().where(contact.c.id == contact_id))).mappings()
            row = found.one_or_none()
            if row is None:
                return None
            segments = await connection.execute(
                select(segment).where(segment.c.contact_id == contact_id).order_by(segment.c.position)
            )
            offers = await connection.execute(
                select(offer).where(offer.c.contact_id == contact_id).order_by(offer.c.start_ms, offer.c.id)
            )
            return dict(row) | {
                "segments": [_without(part, "contact_id") for part in segments.mappings()],
                "offers": [_without(tried, "contact_id") for tried in offers.mappings()],
            }

    async def customers(self, number: str) -> Sequence[Row]:
        """The customer with this E.164 number: none or one. Erased ones have no number any more."""
        async with self._reading() as connection:
            rows = await connection.execute(
                select(customer, _counted(customer.c.id).label("contacts")).where(
                    customer.c.number_e164 == number
                )
            )
            return [_named_number(row) for row in rows.mappings()]

    async def customer_contacts(self, customer_id: str, limit: int) -> Sequence[Row] | None:
        """The customer's finished contacts, newest first; None if there is no such customer."""
        statement = (
            _contact_rows()
            .where(contact.c.customer_id == customer_id)
            .order_by(contact.c.ended_ms.desc(), contact.c.id.desc())
            .limit(limit)
        )
        async with self._reading() as connection:
            known = await connection.scalar(select(customer.c.id).where(customer.c.id == customer_id))
            if known is None:
                return None
            return [dict(row) for row in (await connection.execute(statement)).mappings()]

    async def erase(self, customer_id: str) -> bool:
        """Number and name of the customer are gone. False: no such customer."""
        try:
            return await self._erase(customer_id)
        except TimeoutError as error:
            raise HistoryUnavailableError("erasure is queued; the database is not taking it yet") from error

    async def recall(self, number: str, *, now_ms: int, without: ContactId) -> CustomerHistory | None:
        """See `parties.Recall`."""
        try:
            async with self._reading() as connection:
                customer_id = await connection.scalar(
                    select(customer.c.id).where(customer.c.number_e164 == number)
                )
                if customer_id is None:
                    return None
                return await _recall(connection, customer_id, now_ms, without)
        except HistoryUnavailableError:
            return None

    async def parties(self, contact_ids: Sequence[ContactId]) -> Sequence[Party]:
        """See `parties.Recall`."""
        found: list[Party] = []
        try:
            async with self._reading() as connection:
                for start in range(0, len(contact_ids), _PARTIES_MAX):
                    some = contact_ids[start : start + _PARTIES_MAX]
                    rows = await connection.execute(select(party).where(party.c.contact_id.in_(some)))
                    found += [_party(row) for row in rows.mappings()]
        except HistoryUnavailableError:
            return []
        return found

    @asynccontextmanager
    async def _reading(self) -> AsyncIterator[AsyncConnection]:
        try:
            async with self._engine.connect() as connection:
                yield connection
        except (SQLAlchemyError, OSError) as error:
            raise HistoryUnavailableError(type(error).__name__) from error


def _contact_rows() -> Select[Any]:
    return select(*_LISTED).select_from(contact.outerjoin(party, party.c.contact_id == contact.c.id))


def _conditions(query: ContactQuery) -> list[ColumnElement[bool]]:
    conditions = [
        column == value
        for column, value in (
            (contact.c.outcome, query.outcome),
            (contact.c.queue, query.queue),
            (party.c.number_e164, query.number),
        )
        if value is not None
    ]
    if query.since_ms is not None:
        conditions.append(contact.c.ended_ms >= query.since_ms)
    if query.until_ms is not None:
        conditions.append(contact.c.ended_ms < query.until_ms)
    if query.agent is not None:
        conditions.append(_talked_to(query.agent))
    if query.before is not None:
        conditions.append(_older_than(query.before))
    return conditions


def _talked_to(agent: str) -> ColumnElement[bool]:
    return exists().where(
        segment.c.contact_id == contact.c.id, segment.c.agent == agent, segment.c.kind == "talking"
    )


def _older_than(cursor: str) -> ColumnElement[bool]:
    ended, dot, contact_id = cursor.partition(".")
    if not dot or not ended.isascii() or not ended.isdigit() or len(ended) > 15:
        raise ValueError("not a cursor")
    return or_(
        contact.c.ended_ms < int(ended),
        and_(contact.c.ended_ms == int(ended), contact.c.id < contact_id),
    )


async def _recall(
    connection: AsyncConnection, customer_id: str, now_ms: int, without: ContactId
) -> CustomerHistory:
    others = and_(party.c.customer_id == customer_id, party.c.contact_id != without)
    calls = await connection.scalar(
        select(func.count()).select_from(party).where(others, party.c.at_ms > now_ms - DAY_MS)
    )
    last = await connection.execute(
        select(contact.c.id, contact.c.ended_ms, contact.c.outcome, contact.c.queue, contact.c.talk_ms)
        .where(contact.c.customer_id == customer_id, contact.c.id != without)
        .order_by(contact.c.ended_ms.desc(), contact.c.id.desc())
        .limit(LAST_CONTACTS)
    )
    return CustomerHistory(customer_id, calls or 0, tuple(dict(row) for row in last.mappings()))


def _counted(customer_id: ColumnElement[Any]) -> Any:
    return select(func.count()).where(contact.c.customer_id == customer_id).scalar_subquery()


def _named_number(row: Mapping[Any, Any]) -> Row:
    return {"number" if name == "number_e164" else name: value for name, value in row.items()}


def _without(row: Mapping[Any, Any], name: str) -> Row:
    return {key: value for key, value in row.items() if key != name}


def _party(row: Mapping[Any, Any]) -> Party:
    identity = CallerIdentity(row["number_e164"], row["shown_number"], row["name"], Trust(row["trust"]))
    return Party(row["contact_id"], identity, row["at_ms"])
