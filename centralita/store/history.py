"""Questions to the projection: finished contacts, customers, and who is calling again."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Select, and_, bindparam, case, exists, func, or_, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from acd.model import ContactId, Direction, Outcome
from centralita.store.agent_parts import agent_parts
from centralita.store.customers import CustomerRecord, record_of
from centralita.store.explanations import roster_version, with_names
from centralita.store.happenings import in_order
from centralita.store.notes import Note
from centralita.store.parties import LAST_CONTACTS, CallerIdentity, CustomerHistory, Party, Trust
from centralita.store.rosters import Roster
from centralita.store.tables import (
    classification,
    contact,
    customer,
    customer_number,
    diversion,
    happening,
    note,
    offer,
    party,
    rosters,
    segment,
)
from centralita.web.ports import ContactPage, ContactQuery, HistoryUnavailableError

DAY_MS = 86_400_000
_IN_MAX = 500
"""Values in one IN list."""
ROSTERS_KEPT = 16
"""Rosters in memory: they never change, and ten thousand agents take a while to read."""
_UNNAMED = frozenset({"diversions", "classifications", "notes"})
"""Parts of a contact whose ids mean nothing outside."""
_HUNG_UP_WAITING = (Outcome.ABANDONED_QUEUE.value, Outcome.SHORT_ABANDON.value)

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
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._rosters: dict[str, Roster] = {}

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
        """One contact with all that is kept of it, each offer with its explanation; None if unknown."""
        async with self._reading() as connection:
            found = (await connection.execute(_contact_rows().where(contact.c.id == contact_id))).mappings()
            row = found.one_or_none()
            if row is None:
                return None
            parts = {
                "segments": select(segment).order_by(segment.c.position),
                "offers": select(offer).order_by(offer.c.start_ms, offer.c.id),
                "diversions": select(diversion).order_by(diversion.c.at_ms, diversion.c.id),
                "classifications": select(classification).order_by(classification.c.at_ms),
                "notes": select(note).order_by(note.c.at_ms, note.c.id),
            }
            told: Row = {
                name: [
                    _without(part, "contact_id", *(("id",) if name in _UNNAMED else ()))
                    for part in (
                        await connection.execute(statement.filter_by(contact_id=contact_id))
                    ).mappings()
                ]
                for name, statement in parts.items()
            }
            for tried in told["offers"]:
                if (stored := tried["explanation"]) is not None:
                    roster = await self._roster(connection, roster_version(stored))
                    tried["explanation"] = with_names(stored, roster)
            told["happenings"] = await _happenings(connection, contact_id)
            told["agents"] = agent_parts(told["segments"])
            return dict(row) | told

    async def offers(self, contact_id: str) -> Sequence[Row]:
        """Every offer of a contact, finished or on the line, as it is stored: `not_chosen` holds masks."""
        statement = (
            select(offer).where(offer.c.contact_id == contact_id).order_by(offer.c.start_ms, offer.c.id)
        )
        async with self._reading() as connection:
            return [dict(row) for row in (await connection.execute(statement)).mappings()]

    async def happenings(self, contact_id: str) -> Sequence[Row]:
        """What befell a contact, also on the line: hold, consultations, transfers; oldest first."""
        async with self._reading() as connection:
            return await _happenings(connection, contact_id)

    async def roster(self, version: str) -> Roster | None:
        """Who there was in this version of the configuration; None if no centre here has ever applied it."""
        async with self._reading() as connection:
            return await self._roster(connection, version)

    async def _roster(self, connection: AsyncConnection, version: str | None) -> Roster | None:
        if version is None:
            return None
        if version not in self._rosters:
            agents = await connection.scalar(select(rosters.c.agents).where(rosters.c.version == version))
            if agents is None:
                return None
            self._rosters[version] = Roster(version, agents)
            if len(self._rosters) > ROSTERS_KEPT:
                del self._rosters[next(iter(self._rosters))]
        return self._rosters[version]

    async def notes(self, contact_ids: Sequence[ContactId]) -> Sequence[Note]:
        """What agents wrote of these contacts, oldest first."""
        found: list[Note] = []
        async with self._reading() as connection:
            for start in range(0, len(contact_ids), _IN_MAX):
                some = contact_ids[start : start + _IN_MAX]
                statement = select(note).where(note.c.contact_id.in_(some)).order_by(note.c.at_ms, note.c.id)
                rows = (await connection.execute(statement)).mappings()
                found += [Note(**row) for row in rows]
        return found

    async def hung_up(self, since_ms: int) -> Sequence[Row]:
        """Contacts that gave up waiting since then, oldest first: id, ended_ms, number, customer_id."""
        statement = (
            select(contact.c.id, contact.c.ended_ms, party.c.number_e164.label("number"), party.c.customer_id)
            .join(party, party.c.contact_id == contact.c.id)
            .where(contact.c.ended_ms >= since_ms, contact.c.outcome.in_(_HUNG_UP_WAITING))
            .order_by(contact.c.ended_ms, contact.c.id)
        )
        async with self._reading() as connection:
            return [dict(row) for row in (await connection.execute(statement)).mappings()]

    async def contacts_near(self, contact_id: str, count: int = 100) -> Sequence[str]:
        """Ids of offered contacts beside this one in order, so many on each side: for "did you mean"."""
        found: list[str] = []
        async with self._reading() as connection:
            for side, order in (
                (offer.c.contact_id < contact_id, offer.c.contact_id.desc()),
                (offer.c.contact_id >= contact_id, offer.c.contact_id.asc()),
            ):
                statement = select(offer.c.contact_id).where(side).distinct().order_by(order).limit(count)
                found += await connection.scalars(statement)
        return found

    async def customers(self, number: str) -> Sequence[Row]:
        """The customer with this E.164 number: none or one. Erased ones have no number any more."""
        found = await self._customer(customer.c.id == _owner(number))
        return [found] if found is not None else []

    async def customer_by_ref(self, ref: str) -> Row | None:
        """The whole record of the customer with this key; None if there is none."""
        return await self._customer(customer.c.ref == ref)

    async def _customer(self, which: ColumnElement[bool]) -> Row | None:
        async with self._reading() as connection:
            rows = await connection.execute(
                select(customer, _counted(customer.c.id).label("contacts")).where(which)
            )
            row = rows.mappings().one_or_none()
            if row is None:
                return None
            numbers = await connection.scalars(
                select(customer_number.c.number_e164)
                .where(customer_number.c.customer_id == row["id"])
                .order_by(customer_number.c.number_e164)
            )
            return dict(row) | {"numbers": list(numbers)}

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

    async def records(self, numbers: Sequence[str]) -> Mapping[str, CustomerRecord]:
        """See `parties.Recall`."""
        found: dict[str, CustomerRecord] = {}
        async with self._reading() as connection:
            for start in range(0, len(numbers), _IN_MAX):
                rows = await connection.execute(_RECORDS, {"numbers": numbers[start : start + _IN_MAX]})
                found.update((row["number_e164"], record_of(row)) for row in rows.mappings())
        return found

    async def recall(self, number: str, *, now_ms: int, without: ContactId) -> CustomerHistory | None:
        """See `parties.Recall`."""
        asked = {"number": number, "since_ms": now_ms - DAY_MS, "without": without}
        async with self._reading() as connection:
            past = (await connection.execute(_PAST, asked)).one()
            if past.customer_id is None:
                return None
            last: Sequence[Row] = []
            if past.last_ended_ms is not None:
                rows = await connection.execute(_LAST, {"customer_id": past.customer_id, "without": without})
                last = [dict(row) for row in rows.mappings()]
            return CustomerHistory(last_contacts=tuple(last), **past._mapping)

    async def parties(self, contact_ids: Sequence[ContactId]) -> Sequence[Party]:
        """See `parties.Recall`."""
        found: list[Party] = []
        async with self._reading() as connection:
            for start in range(0, len(contact_ids), _IN_MAX):
                some = contact_ids[start : start + _IN_MAX]
                rows = await connection.execute(select(party).where(party.c.contact_id.in_(some)))
                found += [_party(row) for row in rows.mappings()]
        return found

    @asynccontextmanager
    async def _reading(self) -> AsyncIterator[AsyncConnection]:
        try:
            async with self._engine.connect() as connection:
                yield connection
        except (SQLAlchemyError, OSError) as error:
            raise HistoryUnavailableError(type(error).__name__) from error


async def _happenings(connection: AsyncConnection, contact_id: str) -> list[Row]:
    rows = await connection.execute(select(happening).where(happening.c.contact_id == contact_id))
    ordered = sorted(rows.mappings(), key=lambda row: (row["at_ms"], in_order(row["id"], contact_id)))
    return [_without(row, "contact_id", "id") for row in ordered]


def _contact_rows() -> Select[Any]:
    return select(*_LISTED).select_from(contact.outerjoin(party, party.c.contact_id == contact.c.id))


def _conditions(query: ContactQuery) -> list[ColumnElement[bool]]:
    conditions = [
        column == value
        for column, value in (
            (contact.c.outcome, query.outcome),
            (contact.c.direction, query.direction),
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


def _past() -> Select[Any]:
    """All that `CustomerHistory` counts, in one row."""
    owner = _owner(bindparam("number"))
    without: BindParameter[str] = bindparam("without")
    theirs = and_(contact.c.customer_id == owner, contact.c.id != without)
    recent: BindParameter[int] = bindparam("since_ms")
    waited = contact.c.outcome.in_((*_HUNG_UP_WAITING, Outcome.ANSWERED.value))
    hung_up = (
        select(case((contact.c.outcome.in_(_HUNG_UP_WAITING), contact.c.ended_ms)))
        .where(theirs, waited)
        .order_by(contact.c.ended_ms.desc(), contact.c.id.desc())
        .limit(1)
    )
    calls = select(func.count()).where(
        party.c.customer_id == owner,
        party.c.contact_id != without,
        party.c.at_ms > recent,
        # Whom we call has not called.
        ~exists().where(contact.c.id == party.c.contact_id, contact.c.direction == Direction.OUTBOUND.value),
    )
    abandoned = select(func.count()).where(
        theirs, contact.c.ended_ms > recent, contact.c.outcome.in_(_HUNG_UP_WAITING)
    )
    agent = (
        select(segment.c.agent)
        .join(contact, contact.c.id == segment.c.contact_id)
        .where(theirs, segment.c.kind == "talking")
        .order_by(contact.c.ended_ms.desc(), segment.c.position.desc())
        .limit(1)
    )
    return select(
        owner.label("customer_id"),
        calls.scalar_subquery().label("calls_24h"),
        abandoned.scalar_subquery().label("abandoned_24h"),
        select(func.max(contact.c.ended_ms)).where(theirs).scalar_subquery().label("last_ended_ms"),
        hung_up.scalar_subquery().label("hung_up_ms"),
        agent.scalar_subquery().label("last_agent"),
    )


def _owner(number: Any) -> Any:
    return (
        select(customer_number.c.customer_id).where(customer_number.c.number_e164 == number).scalar_subquery()
    )


# Built once: to put such a statement together takes longer than to run it.
_PAST = _past()
_LAST = (
    select(contact.c.id, contact.c.ended_ms, contact.c.outcome, contact.c.queue, contact.c.talk_ms)
    .where(contact.c.customer_id == bindparam("customer_id"), contact.c.id != bindparam("without"))
    .order_by(contact.c.ended_ms.desc(), contact.c.id.desc())
    .limit(LAST_CONTACTS)
)
_RECORDS = (
    select(customer_number.c.number_e164, customer)
    .join(customer, customer.c.id == customer_number.c.customer_id)
    .where(customer_number.c.number_e164.in_(bindparam("numbers", expanding=True)))
)


def _counted(customer_id: ColumnElement[Any]) -> Any:
    return select(func.count()).where(contact.c.customer_id == customer_id).scalar_subquery()


def _without(row: Mapping[Any, Any], *names: str) -> Row:
    return {key: value for key, value in row.items() if key not in names}


def _party(row: Mapping[Any, Any]) -> Party:
    identity = CallerIdentity(row["number_e164"], row["shown_number"], row["name"], Trust(row["trust"]))
    return Party(row["contact_id"], identity, row["at_ms"])
