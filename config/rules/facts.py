"""
What rules may ask: each fact with its type, where it comes from, and how long a call waits for it.

There is nothing else that a rule can see.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass

from config.flow_vars import OF_THE_HOUSE, variable_types
from config.rules.types import BOOL, DURATION, E164, INT, LANG, TEXT, TRUST, Kind, Type
from config.rules.variables import TYPES
from config.schema import Centre
from config.words import FactType


class Source(enum.StrEnum):
    CALL = "call"
    """The telephone switch: there at once."""
    CUSTOMER = "customer"
    """The customer's record."""
    HISTORY = "history"
    """Our own records of earlier calls of this number."""
    IVR = "ivr"
    """What was keyed, said, looked up or set in this call."""


HISTORY_WITHIN_MS = 300


@dataclass(frozen=True, slots=True)
class Fact:
    """
    One thing that may be known of a call.

    `within_ms` is how long a call waits for it before it counts as unknown; 0
    means that it is there at once or not at all.
    """

    name: str
    type: Type
    source: Source
    within_ms: int
    description_es: str
    description_en: str

    @property
    def private(self) -> bool:
        """Whether traces show only its first characters: it may name a person."""
        return self.type.kind is Kind.E164 or (self.type.kind is Kind.TEXT and self.source is not Source.CALL)


def facts_of(centre: Centre) -> Mapping[str, Fact]:
    """All facts of a centre by name, those of its own customer fields included."""
    agents = Type(Kind.AGENT, tuple(centre.agents))
    segments = Type(Kind.ENUM, tuple(centre.segments))
    listed = [*_of_call(), *_of_customer(centre, segments), *_of_history(agents), *_of_flows(centre)]
    return {fact.name: fact for fact in listed}


RESERVED = frozenset({"known", "segment", "language"})
"""Customer facts that are always there: no field of the centre's own may have these names."""


def _of_call() -> list[Fact]:
    def fact(name: str, of: Type, es: str, en: str) -> Fact:
        return Fact(f"call.{name}", of, Source.CALL, 0, es, en)

    return [
        fact("from", E164, "número de quien llama", "the caller's number"),
        fact("to", TEXT, "número marcado", "the number dialled"),
        fact("language", LANG, "idioma elegido en el menú", "language chosen in the menu"),
        fact("trust", TRUST, "cuánto se sabe que es quien dice", "how sure it is who calls"),
        fact("withheld", BOOL, "oculta su número", "hides the number"),
        fact("queue", TEXT, "cola; desconocida hasta entrar en una", "queue; unknown until in one"),
    ]


def _of_customer(centre: Centre, segments: Type) -> list[Fact]:
    within = centre.facts.customer.within

    def fact(name: str, of: Type, es: str, en: str) -> Fact:
        return Fact(f"customer.{name}", of, Source.CUSTOMER, within, es, en)

    declared = centre.facts.customer.fields.items()
    own = [
        fact(
            name, _field_type(written, centre), f"campo «{name}» de su ficha", f'field "{name}" of the record'
        )
        for name, written in declared
        if name not in RESERVED
    ]
    return [
        fact("known", BOOL, "tiene ficha con este número", "has a record with this number"),
        fact("segment", segments, "segmento de su ficha", "segment in the record"),
        fact("language", LANG, "idioma de su ficha", "language in the record"),
        *own,
    ]


def _field_type(written: FactType, centre: Centre) -> Type:
    if isinstance(written, list):
        return Type(Kind.ENUM, tuple(written))
    return Type(Kind(written), tuple(centre.agents) if written == Kind.AGENT else ())


def _of_history(agents: Type) -> list[Fact]:
    def fact(name: str, of: Type, es: str, en: str) -> Fact:
        return Fact(f"history.{name}", of, Source.HISTORY, HISTORY_WITHIN_MS, es, en)

    return [
        fact("calls_24h", INT, "llamadas suyas en 24 h, sin esta", "their calls in 24 h, without this one"),
        fact("abandoned_24h", INT, "veces que colgó esperando en 24 h", "times they hung up waiting in 24 h"),
        fact("since_last", DURATION, "tiempo desde su última llamada", "time since their last call"),
        fact("last_agent", agents, "quién le atendió la última vez", "who served them last"),
        fact("hung_up_waiting", DURATION, "desde que colgó esperando", "since they last hung up waiting"),
    ]


def _of_flows(centre: Centre) -> list[Fact]:
    def fact(name: str, of: Type, es: str, en: str) -> Fact:
        return Fact(f"ivr.{name}", of, Source.IVR, 0, es, en)

    intents = Type(Kind.ENUM, tuple(centre.intents))
    variables = (item for item in variable_types(centre).items() if item[0] not in OF_THE_HOUSE)
    return [
        fact("intent", intents, "por qué llama, según lo que dijo", "why they call, by what they said"),
        fact("verified", BOOL, "ha demostrado quién es en esta llamada", "proven who they are in this call"),
        *(fact(name, TYPES[of], f"variable «{name}»", f'variable "{name}"') for name, of in variables),
    ]
