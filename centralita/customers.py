"""
Customers as their owner's CRM tells them: checked against the configuration, then written.

Numbers are made E.164 here, once, when they are written: a call is looked up
by an index and never compared with anybody's spelling.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol, TypeVar

from sqlalchemy import Connection

from acd.model import ContactId
from centralita.people.hashing import Hasher, TooBusyError
from centralita.store.customers import CustomerDraft, CustomerRecord, Saved, erase, save
from centralita.store.numbers import HOME_REGION, NumberError, to_e164
from centralita.store.pins import set_pin
from centralita.store.tables import NAME_LENGTH, REF_LENGTH
from centralita.web.ports import CustomerPut, HistoryUnavailableError, Json, Wrong
from centralita.web.services_ports import PIN_MAX, PIN_MIN, is_pin
from config.rules.facts import RESERVED, Fact, Source
from config.rules.types import UNITS_MS, Kind, Type

NUMBERS_MAX = 20
"""Of one customer."""
TEXT_MAX = 200
INT_MAX = 10**15
_PREFIX = "customer."
_LANGUAGE = re.compile(r"[a-z]{2}\Z")
_DURATION = re.compile(r"([0-9]{1,9})(ms|s|m|h|d)\Z")
_INTEGER = re.compile(r"-?[0-9]{1,15}\Z")
_BOOLS = {"true": True, "sí": True, "si": True, "yes": True, "false": False, "no": False}

_T = TypeVar("_T")


class Writer(Protocol):
    """Whoever alone writes the database."""

    async def order(self, work: Callable[[Connection], _T], *, erases: bool = False) -> _T:
        """Raises TimeoutError."""


class Reader(Protocol):
    async def customer_by_ref(self, ref: str) -> Json | None: ...

    async def records(self, numbers: Sequence[str]) -> Mapping[str, CustomerRecord]: ...


class Live(Protocol):
    """Who is on the line."""

    def learn(self, record: CustomerRecord, numbers: Sequence[str]) -> None: ...

    def forget(self, customer_id: str) -> frozenset[ContactId]: ...


@dataclass(frozen=True, slots=True)
class Ports:
    writer: Writer
    reader: Reader
    live: Live
    forget: Callable[[frozenset[ContactId]], None]
    """Told of the live contacts of an erased customer."""
    facts: Callable[[], Mapping[str, Fact]]
    """Of the newest configuration: what may be known of a customer."""
    now_ms: Callable[[], int]
    """UTC."""
    learned: Callable[[Sequence[str]], None] = lambda _numbers: None
    """Told that these numbers belong to a customer who was just written."""
    hashed: Callable[[str], Awaitable[str]] = field(default_factory=lambda: Hasher().hash)
    """Of a PIN; may raise `TooBusyError`."""
    erased: Callable[[], Awaitable[None]] | None = None
    """Called when a customer has been erased: files that were theirs are to go."""


class Customers:
    """What the API may do with customers."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports

    async def by_ref(self, ref: str) -> Json | None:
        """The whole record. Raises HistoryUnavailableError."""
        return await self._ports.reader.customer_by_ref(ref)

    async def put(self, ref: str, given: Json, *, move: bool = False, dry_run: bool = False) -> CustomerPut:
        """
        Create the customer, or replace all of it.

        Args:
            ref: Key in the owner's CRM.
            given: `name`, `numbers`, `segment`, `language`, `fields`, `active`, `region`; and `pin`,
                which stays what it was when it is not given.
            move: Take numbers away from other customers instead of refusing.
            dry_run: Check everything, change nothing.

        Raises:
            HistoryUnavailableError: The database does not take it now.
        """
        draft, wrong = draft_of(ref, given, self._ports.facts())
        if draft is None:
            return CustomerPut(wrong=wrong)
        saved = await self._save(draft, given, move=move, dry_run=dry_run)
        if not saved.taken and not dry_run:
            await self._tell_live(draft)
        return CustomerPut(created=saved.created, taken=saved.taken)

    async def erase(self, customer_id: str) -> bool:
        """
        Forget this person; the counters of past contacts stay.

        Returns:
            False if there is no such customer.

        Raises:
            HistoryUnavailableError: Not done yet; it is done as soon as the database answers.
        """
        self._ports.forget(self._ports.live.forget(customer_id))
        work = partial(erase, customer_id=customer_id)
        found = await _answered(self._ports.writer.order(work, erases=True))
        if found and self._ports.erased is not None:
            await self._ports.erased()
        return found

    async def _save(self, draft: CustomerDraft, given: Json, *, move: bool, dry_run: bool) -> Saved:
        pin, now_ms = given.get("pin"), self._ports.now_ms()
        try:
            hashed = None if pin is None or dry_run else await self._ports.hashed(str(pin))
        except TooBusyError as error:
            raise HistoryUnavailableError("too many PINs at once") from error

        def work(connection: Connection) -> Saved:
            saved = save(connection, draft, now_ms, move=move, dry_run=dry_run)
            if hashed is not None and not saved.taken:
                set_pin(connection, draft.ref, hashed, now_ms)
            return saved

        return await _answered(self._ports.writer.order(work))

    async def _tell_live(self, draft: CustomerDraft) -> None:
        records = await self._ports.reader.records(draft.numbers[:1])
        for record in records.values():
            self._ports.live.learn(record, draft.numbers)
        self._ports.learned(draft.numbers)


async def _answered(order: Awaitable[_T]) -> _T:
    try:
        return await order
    except TimeoutError as error:
        raise HistoryUnavailableError("queued; the database is not taking it yet") from error


def draft_of(
    ref: str, given: Json, facts: Mapping[str, Fact]
) -> tuple[CustomerDraft | None, tuple[Wrong, ...]]:
    """The customer to write, or everything that is wrong with what was given."""
    checked = _Checked(facts, _region(given))
    draft = CustomerDraft(
        ref=checked.text("ref", ref, REF_LENGTH),
        name=checked.text("name", given["name"], NAME_LENGTH) if given.get("name") else "",
        numbers=checked.numbers(given.get("numbers")),
        segment=checked.optional("segment", given.get("segment"), facts["customer.segment"].type),
        language=checked.optional("language", given.get("language"), Type(Kind.LANG)),
        fields=checked.fields(given.get("fields")),
        active=checked.optional("active", given.get("active", True), Type(Kind.BOOL)) is not False,
    )
    checked.pin(given.get("pin"))
    return (None if checked.wrong else draft), tuple(checked.wrong)


def _region(given: Json) -> str:
    """How national numbers are read."""
    region = given.get("region")
    return HOME_REGION if region is None else str(region).upper()


class _Checked:
    """Reads values, and notes what is wrong instead of stopping there."""

    def __init__(self, facts: Mapping[str, Fact], region: str) -> None:
        self.wrong: list[Wrong] = []
        self._region = region
        self._types = {
            name.removeprefix(_PREFIX): fact.type
            for name, fact in facts.items()
            if fact.source is Source.CUSTOMER and name.removeprefix(_PREFIX) not in RESERVED
        }

    def text(self, key: str, value: object, longest: int) -> str:
        if isinstance(value, str) and 0 < len(value.strip()) <= longest and _printable(value):
            return value.strip()
        return self._refuse(
            key, value, f"texto de 1 a {longest} caracteres", f"a text of 1 to {longest} characters", ""
        )

    def numbers(self, value: object) -> tuple[str, ...]:
        if value is None:
            return ()
        if not isinstance(value, list) or len(value) > NUMBERS_MAX:
            es, en = f"lista de hasta {NUMBERS_MAX} números", f"a list of up to {NUMBERS_MAX} numbers"
            return self._refuse("numbers", value, es, en, ())
        found = [self._number(f"numbers[{place}]", text) for place, text in enumerate(value)]
        return tuple(dict.fromkeys(number for number in found if number is not None))

    def pin(self, value: object) -> None:
        if value is not None and not is_pin(value):
            es, en = f"de {PIN_MIN} a {PIN_MAX} cifras", f"{PIN_MIN} to {PIN_MAX} digits"
            # What somebody proves who they are with is repeated to nobody.
            self._refuse("pin", "…", es, en, None)

    def fields(self, value: object) -> Mapping[str, object]:
        if value is None:
            return {}
        if not isinstance(value, dict):
            return self._refuse("fields", value, "objeto JSON", "a JSON object", {})
        found: dict[str, object] = {}
        for name, told in value.items():
            of = self._types.get(name)
            if of is None:
                es = f"campo declarado en facts.customer.fields ({_listed(self._types)})"
                en = f"a field declared in facts.customer.fields ({_listed(self._types)})"
                self._refuse(f"fields.{name[:40]}", told, es, en, None)
            elif told is not None:
                found[name] = self.optional(f"fields.{name}", told, of)
        return found

    def optional(self, key: str, value: object, of: Type) -> Any:
        """A value of this type; None for none."""
        if value is None:
            return None
        if of.kind is Kind.E164:
            return self._number(key, value)
        found = _value(value, of)
        if found is None:
            return self._refuse(key, value, *_wanted(of), None)
        return found

    def _number(self, key: str, value: object) -> str | None:
        try:
            return to_e164(value if isinstance(value, str) else "", self._region)
        except NumberError as error:
            self.wrong.append(Wrong(key, _shown(value), error.es, error.en))
            return None

    def _refuse(self, key: str, value: object, es: str, en: str, instead: _T) -> _T:
        self.wrong.append(Wrong(key, _shown(value), f"se espera: {es}", f"expected: {en}"))
        return instead


def _value(value: object, of: Type) -> object | None:
    """As it is stored; None if it is not of this type. Text is read as well: tables know nothing else."""
    match of.kind:
        case Kind.BOOL:
            return value if isinstance(value, bool) else _BOOLS.get(str(value).lower())
        case Kind.INT:
            return _integer(value)
        case Kind.DURATION:
            found = _DURATION.match(value) if isinstance(value, str) else None
            return int(found[1]) * UNITS_MS[found[2]] if found else _integer(value)
        case _ if not isinstance(value, str):
            return None
        case Kind.LANG:
            return value if _LANGUAGE.match(value) else None
        case Kind.TEXT:
            return value if 0 < len(value) <= TEXT_MAX and _printable(value) else None
        case _:
            return value if value in of.words else None


def _integer(value: object) -> int | None:
    if isinstance(value, str) and _INTEGER.match(value):
        value = int(value)
    sound = isinstance(value, int) and not isinstance(value, bool) and -INT_MAX < value < INT_MAX
    return int(str(value)) if sound else None


def _wanted(of: Type) -> tuple[str, str]:
    match of.kind:
        case Kind.ENUM | Kind.AGENT if of.words:
            return f"uno de {_listed(of.words)}", f"one of {_listed(of.words)}"
        case Kind.ENUM:
            return (
                "ninguno, porque la configuración no declara «segments»",
                "none, as the configuration declares no 'segments'",
            )
        case Kind.LANG:
            return "idioma de dos letras, p. ej. es", "a language of two letters, e.g. es"
        case Kind.DURATION:
            return "duración con unidad, p. ej. 90s", "a duration with its unit, e.g. 90s"
        case _:
            return of.es, of.en


def _listed(words: Sequence[str] | Mapping[str, object]) -> str:
    return ", ".join(list(words)[:20]) or "—"


def _printable(value: str) -> bool:
    return not any(unicodedata.category(letter) in {"Cc", "Cs"} for letter in value)


def _shown(value: object) -> str:
    return str(value)[:40]
