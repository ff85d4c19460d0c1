"""What people and programs may do with what flows know: see `web.services_ports`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any, TypeVar

from sqlalchemy import Connection

from acd.model import ContactId
from centralita.people.hashing import Hasher
from centralita.services.attempts import Attempts
from centralita.services.preferences import Preferences
from centralita.services.settings import Settings
from centralita.services.written import Writer
from centralita.store.pins import customer_id_of, set_pin
from centralita.store.preferences import (
    ANYWHERE,
    NOTHING,
    Preference,
    PreferenceRows,
    set_preference,
)
from centralita.store.surveys import AnswerQuery, AnswerRows
from centralita.web.ports import HistoryUnavailableError
from centralita.web.services_ports import Json, SurveyQuestion, UnknownNumberError

_T = TypeVar("_T")
_BY = ("agent", "queue", "intent", "segment")


class Pins:
    """
    Args:
        writer: The projection.
        hasher: Makes hashes beside the loop.
        attempts: Failures; who is given a new PIN may try it at once.
        now_ms: UTC.
    """

    def __init__(self, writer: Writer, hasher: Hasher, attempts: Attempts, now_ms: Callable[[], int]) -> None:
        self._writer, self._hasher, self._attempts, self._now_ms = writer, hasher, attempts, now_ms

    async def set(self, ref: str, pin: str | None) -> bool:
        """See `web.services_ports.PinsPort`."""
        hashed = None if pin is None else await self._hasher.hash(pin)

        def work(connection: Connection) -> str | None:
            set_pin(connection, ref, hashed, self._now_ms())
            return customer_id_of(connection, ref)

        customer_id = await _answered(self._writer.order(work, erases=pin is None))
        if customer_id is None:
            return False
        self._attempts.forgive(customer_id)
        return True


@dataclass(frozen=True, slots=True)
class PreferencesAdmin:
    """
    See `web.services_ports.PreferencesPort`.

    Args:
        writer: The projection.
        rows: Where they are read.
        live: Of the contacts on the line, who are served by what is said now.
        now_ms: UTC.
    """

    writer: Writer
    rows: PreferenceRows
    live: Preferences
    now_ms: Callable[[], int]

    async def of_customer(self, ref: str) -> Json | None:
        found = await self.rows.of_customer(ref)
        if found is None:
            return None
        _, known, numbers = found
        return {
            "customer": _told(known.get(ANYWHERE, NOTHING)),
            "numbers": {number: _told(known.get(number, NOTHING)) for number in numbers},
        }

    async def set_for_customer(self, ref: str, number: str, given: Json, source: str) -> Json | None:
        found = await self.rows.of_customer(ref)
        if found is None:
            return None
        customer_id, _, numbers = found
        if number and number not in numbers:
            raise UnknownNumberError(number)
        await self._set(customer_id, number, given, source)
        return await self.of_customer(ref)

    async def of_contact(self, contact_id: str) -> Json | None:
        place = await self.rows.place(ContactId(contact_id))
        if place is None:
            return None
        preferred = await self.rows.of_place(*place)
        return {
            "number": place[1] or None,
            "mode": preferred.mode or None,
            "language": preferred.language or None,
            "channel": preferred.channel or None,
            "here": _told(preferred.here),
            "anywhere": _told(preferred.anywhere),
        }

    async def set_for_contact(
        self, contact_id: str, given: Json, source: str, *, everywhere: bool
    ) -> Json | None:
        place = await self.rows.place(ContactId(contact_id))
        if place is None:
            return None
        await self._set(place[0], ANYWHERE if everywhere else place[1], given, source)
        return await self.of_contact(contact_id)

    async def _set(self, customer_id: str, number: str, given: Json, source: str) -> None:
        work = partial(
            set_preference,
            customer_id=customer_id,
            number=number,
            given=given,
            source=source,
            at_ms=self.now_ms(),
        )
        await _answered(self.writer.order(work))
        self.live.look_again(await self.rows.numbers(customer_id))


@dataclass(frozen=True, slots=True)
class SurveysAdmin:
    """
    See `web.services_ports.SurveysPort`.

    Args:
        rows: Where answers are read.
        settings: Of the newest configuration.
    """

    rows: AnswerRows
    settings: Callable[[], Settings]

    async def answers(self, asked: SurveyQuestion) -> tuple[Sequence[Json], str | None]:
        return await self.rows.answers(_query(asked))

    async def of_customer(self, customer_id: str, limit: int) -> Sequence[Json]:
        return await self.rows.of_customer(customer_id, limit)

    async def summary(self, asked: SurveyQuestion) -> Json | None:
        query, questions = _query(asked), self.settings().questions.get(asked.survey or "")
        answered = await self.rows.answered(query)
        if questions is None and not answered:
            return None
        wanted = len(questions) if questions else max(answered, default=0)
        counts: dict[str, dict[int, int]] = {name: {} for name in questions or ()}
        for row in await self.rows.counts(query):
            counts.setdefault(row["question"], {})[row["value"]] = row["count"]
        return {
            "survey": asked.survey,
            "contacts": sum(answered.values()),
            "finished": sum(count for answers, count in answered.items() if answers >= wanted),
            "answers": sum(answers * count for answers, count in answered.items()),
            "questions": [_question(name, values) for name, values in counts.items()],
            **{f"{by}s": await self.rows.by(by, query) for by in _BY},
        }


def _question(name: str, values: Mapping[int, int]) -> Json:
    answers = sum(values.values())
    total = sum(value * count for value, count in values.items())
    return {
        "question": name,
        "answers": answers,
        "mean": total / answers if answers else None,
        "counts": {str(value): count for value, count in sorted(values.items())},
    }


def _query(asked: SurveyQuestion) -> AnswerQuery:
    return AnswerQuery(**asdict(asked))


def _told(known: Preference) -> dict[str, Any]:
    """For programs: null for what is not known."""
    told = {name: None if value == "" else value for name, value in asdict(known).items()}
    del told["streak"]
    return told | {"updated_ms": known.updated_ms or None}


async def _answered(order: Awaitable[_T]) -> _T:
    try:
        return await order
    except TimeoutError as error:
        raise HistoryUnavailableError("queued; the database is not taking it yet") from error
