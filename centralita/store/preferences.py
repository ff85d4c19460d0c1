"""
How people like to be served, as rows: per customer, and per number that the customer calls from.

The row whose number is empty holds for whichever number. Plain SQL for both dialects.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from typing import TypeVar

from sqlalchemy import Connection, insert, or_, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from centralita.store.services_tables import preference, proof
from centralita.store.tables import customer, customer_number, party
from centralita.web.ports import HistoryUnavailableError

LEARNED = "learned"
ANYWHERE = ""
"""The number of the row that holds for all of a customer's numbers."""
IN_A_ROW = 2
"""So many answers alike, one after the other, and that is how the caller is asked first next time."""
_SPEECH, _KEYS = "speech", "keys"
_IN_MAX = 500

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Preference:
    """What is known of a customer calling from one number. Empty texts: not known."""

    mode: str = ""
    mode_source: str = ""
    """learned, customer, agent or api."""
    spoken: int = 0
    keyed: int = 0
    streak: int = 0
    """How many answers in a row were alike: above 0 spoken, below keyed."""
    language: str = ""
    language_source: str = ""
    channel: str = ""
    channel_source: str = ""
    consent: bool | None = None
    """To learn from use; None: nobody has asked, and it is learned."""
    consent_source: str = ""
    consent_ms: int | None = None
    updated_ms: int = 0


NOTHING = Preference()


@dataclass(frozen=True, slots=True)
class Preferred:
    """What holds for one caller: by the number called from, and by the customer."""

    here: Preference = NOTHING
    anywhere: Preference = NOTHING

    @property
    def mode(self) -> str:
        return self.here.mode or self.anywhere.mode

    @property
    def language(self) -> str:
        return self.here.language or self.anywhere.language

    @property
    def channel(self) -> str:
        return self.here.channel or self.anywhere.channel

    @property
    def may_learn(self) -> bool:
        return self.here.consent is not False and self.anywhere.consent is not False


def answered(known: Preference, mode: str, at_ms: int) -> Preference:
    """
    After one more answer by voice or by keys.

    It takes `IN_A_ROW` alike to change what is known, so that a wrong key changes nothing;
    what somebody has said outright is not changed by use at all.
    """
    spoke = mode == _SPEECH
    streak = max(known.streak, 0) + 1 if spoke else min(known.streak, 0) - 1
    counted = replace(
        known,
        spoken=known.spoken + spoke,
        keyed=known.keyed + (not spoke),
        streak=max(-IN_A_ROW, min(IN_A_ROW, streak)),
        updated_ms=at_ms,
    )
    if abs(streak) < IN_A_ROW or known.mode_source not in ("", LEARNED):
        return counted
    return replace(counted, mode=mode, mode_source=LEARNED)


def learn_mode(connection: Connection, number: str, mode: str, at_ms: int) -> None:
    """An answer was given by this number; what changes by it holds for the customer's other numbers too."""
    customer_id, known = _of_number(connection, number)
    if customer_id is None or not known.may_learn:
        return
    here = answered(known.here, mode, at_ms)
    _write(connection, customer_id, number, here)
    if here.mode != known.here.mode and known.anywhere.mode_source in ("", LEARNED):
        anywhere = replace(known.anywhere, mode=here.mode, mode_source=LEARNED, updated_ms=at_ms)
        _write(connection, customer_id, ANYWHERE, anywhere)


def learn_language(connection: Connection, number: str, language: str, at_ms: int) -> None:
    """Whoever called by this number has chosen a language."""
    customer_id, known = _of_number(connection, number)
    if customer_id is None or not known.may_learn or known.here.language_source not in ("", LEARNED):
        return
    here = replace(known.here, language=language, language_source=LEARNED, updated_ms=at_ms)
    _write(connection, customer_id, number, here)


def set_preference(
    connection: Connection,
    customer_id: str,
    number: str,
    given: Mapping[str, object],
    source: str,
    at_ms: int,
) -> Preference:
    """
    Somebody says what a customer prefers.

    Args:
        connection: In the writer's transaction.
        customer_id: Whose.
        number: One of theirs; `ANYWHERE` for whichever.
        given: Any of `mode`, `language`, `channel` (None: not known) and `consent`; checked already.
        source: customer, agent or api.
        at_ms: UTC.

    Returns:
        What is known now. Who does not consent has what was learned of them forgotten.
    """
    known = _rows(connection, customer_id).get(number, NOTHING)
    changes: dict[str, object] = {"updated_ms": at_ms}
    for name in ("mode", "language", "channel"):
        if name in given:
            changes |= {name: given[name] or "", f"{name}_source": source if given[name] else ""}
    if "consent" in given:
        changes |= {"consent": given["consent"], "consent_source": source, "consent_ms": at_ms}
    new = replace(known, **changes)  # type: ignore[arg-type]  # names and types as checked by whoever asks
    _write(connection, customer_id, number, new)
    if "consent" in given and number == ANYWHERE:
        _forget_consents(connection, customer_id)
    if given.get("consent") is False:
        _unlearn(connection, customer_id, number)
    return _rows(connection, customer_id)[number]


def _forget_consents(connection: Connection, customer_id: str) -> None:
    """What was said of a number alone: the customer's last word, for all of them, holds."""
    for number, known in _rows(connection, customer_id).items():
        if number != ANYWHERE and known.consent is not None:
            unsaid = replace(known, consent=None, consent_source="", consent_ms=None)
            _write(connection, customer_id, number, unsaid)


def _unlearn(connection: Connection, customer_id: str, number: str) -> None:
    """Of the customer as a whole: of every number."""
    for name, known in _rows(connection, customer_id).items():
        if number in (ANYWHERE, name):
            _write(connection, customer_id, name, _said(known))


def _said(known: Preference) -> Preference:
    """Only what somebody has said outright."""
    kept: dict[str, object] = {"spoken": 0, "keyed": 0, "streak": 0}
    for name in ("mode", "language", "channel"):
        if getattr(known, f"{name}_source") == LEARNED:
            kept |= {name: "", f"{name}_source": ""}
    return replace(known, **kept)  # type: ignore[arg-type]


def _of_number(connection: Connection, number: str) -> tuple[str | None, Preferred]:
    owner = select(customer_number.c.customer_id).where(customer_number.c.number_e164 == number)
    customer_id = connection.scalar(owner)
    if customer_id is None:
        return None, Preferred()
    rows = _rows(connection, customer_id)
    return customer_id, Preferred(rows.get(number, NOTHING), rows.get(ANYWHERE, NOTHING))


def _rows(connection: Connection, customer_id: str) -> dict[str, Preference]:
    statement = (
        select(preference).where(preference.c.customer_id == customer_id).order_by(preference.c.number)
    )
    return {row["number"]: _preference(row) for row in connection.execute(statement).mappings()}


def _write(connection: Connection, customer_id: str, number: str, known: Preference) -> None:
    this = (preference.c.customer_id == customer_id, preference.c.number == number)
    if not connection.execute(update(preference).where(*this).values(asdict(known))).rowcount:
        connection.execute(insert(preference).values(customer_id=customer_id, number=number, **asdict(known)))


def _preference(row: object) -> Preference:
    return Preference(**{field.name: row[field.name] for field in fields(Preference)})  # type: ignore[index]


class PreferenceRows:
    """
    Reads beside the writer. Every method may raise `HistoryUnavailableError`.

    Args:
        engine: The projection's.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def of_numbers(self, numbers: Sequence[str]) -> Mapping[str, Preferred]:
        """What holds for who calls by these numbers; those of whom nothing is known are left out."""
        found = await self._reading(lambda connection: _listed(connection, numbers))
        return {
            number: Preferred(known.get(number, NOTHING), known.get(ANYWHERE, NOTHING))
            for number, known in found.items()
        }

    async def of_customer(self, ref: str) -> tuple[str, Mapping[str, Preference], Sequence[str]] | None:
        """Id, what is known by number, and all numbers of the customer with this key; None: there is none."""
        return await self._reading(lambda connection: _whole(connection, ref))

    async def numbers(self, customer_id: str) -> Sequence[str]:
        """All of a customer's."""
        statement = (
            select(customer_number.c.number_e164)
            .where(customer_number.c.customer_id == customer_id)
            .order_by(customer_number.c.number_e164)
        )
        return await self._reading(lambda connection: list(connection.scalars(statement)))

    async def place(self, contact_id: str) -> tuple[str, str] | None:
        """Whose contact it is, and the number called from, `ANYWHERE` if not theirs. None: nobody's."""
        return await self._reading(lambda connection: _place(connection, contact_id))

    async def of_place(self, customer_id: str, number: str) -> Preferred:
        """What holds for this customer, calling from this number."""
        rows = await self._reading(lambda connection: _rows(connection, customer_id))
        here = NOTHING if number == ANYWHERE else rows.get(number, NOTHING)
        return Preferred(here, rows.get(ANYWHERE, NOTHING))

    async def _reading(self, read: Callable[[Connection], _T]) -> _T:
        try:
            async with self._engine.connect() as connection:
                return await connection.run_sync(read)
        except (SQLAlchemyError, OSError) as error:
            raise HistoryUnavailableError(type(error).__name__) from error


def _place(connection: Connection, contact_id: str) -> tuple[str, str] | None:
    called = connection.execute(
        select(party.c.customer_id, party.c.number_e164).where(party.c.contact_id == contact_id)
    ).one_or_none()
    shown = connection.scalar(select(proof.c.customer_id).where(proof.c.contact_id == contact_id))
    by_number = None if called is None else called.customer_id
    if shown is not None and shown != by_number:
        # From somebody else's phone: that phone says nothing of this customer.
        return shown, ANYWHERE
    return None if called is None or by_number is None else (by_number, called.number_e164 or ANYWHERE)


def _listed(connection: Connection, numbers: Sequence[str]) -> dict[str, dict[str, Preference]]:
    found: dict[str, dict[str, Preference]] = {}
    for start in range(0, len(numbers), _IN_MAX):
        some = numbers[start : start + _IN_MAX]
        rows = connection.execute(
            select(customer_number.c.number_e164, preference)
            .join(preference, preference.c.customer_id == customer_number.c.customer_id)
            .where(
                customer_number.c.number_e164.in_(some),
                or_(preference.c.number == customer_number.c.number_e164, preference.c.number == ANYWHERE),
            )
        )
        for row in rows.mappings():
            found.setdefault(row["number_e164"], {})[row["number"]] = _preference(row)
    return found


def _whole(connection: Connection, ref: str) -> tuple[str, Mapping[str, Preference], Sequence[str]] | None:
    customer_id = connection.scalar(select(customer.c.id).where(customer.c.ref == ref))
    if customer_id is None:
        return None
    numbers = (
        select(customer_number.c.number_e164)
        .where(customer_number.c.customer_id == customer_id)
        .order_by(customer_number.c.number_e164)
    )
    return customer_id, _rows(connection, customer_id), list(connection.scalars(numbers))
