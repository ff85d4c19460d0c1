"""
The figures: each a named, numbered formula over counts. A formula that changes gets a new id.

No traffic is not 100 %: a figure whose denominator is 0 has no value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from acd.stats.kpi_counts import Count, Tally

C = Count


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of one part. `value` is `numerator / denominator`, except of percentiles."""

    numerator: int | None
    """None: not a quotient."""
    denominator: int
    """0: nothing to measure; `value` is None."""
    value: float | None


@dataclass(frozen=True, slots=True)
class Definition:
    """What a figure means. The id is stamped on every number that is shown."""

    id: str
    es: str
    en: str
    formula: str
    """Over the names of `Count`."""
    unit: str
    """"share" (0 to 1), "ms" or "count"."""
    source: str
    read: Callable[[Tally], Figure]
    lists: Count | None = None
    """The count whose contacts stand behind the numerator, if there is one."""


Terms = tuple[tuple[int, Count], ...]


def _sum(tally: Tally, terms: Terms) -> int:
    return sum(sign * tally[count] for sign, count in terms)


def _text(terms: Terms) -> str:
    words = [f"{'-' if sign < 0 else '+'} {count}" for sign, count in terms]
    joined = " ".join(words).removeprefix("+ ")
    return joined if len(terms) == 1 else f"({joined})"


def _terms(plus: Iterable[Count], minus: Iterable[Count] = ()) -> Terms:
    return (*((1, count) for count in plus), *((-1, count) for count in minus))


def _quotient(over: Terms, under: Terms) -> Callable[[Tally], Figure]:
    def read(tally: Tally) -> Figure:
        numerator, denominator = _sum(tally, over), _sum(tally, under)
        return Figure(numerator, denominator, numerator / denominator if denominator else None)

    return read


def _ratio(
    id_: str, names: tuple[str, str], over: Terms, under: Terms, source: str, unit: str = "share"
) -> Definition:
    formula = f"{_text(over)} / {_text(under)}"
    lists = over[0][1] if unit == "share" and len(over) == 1 else None
    return Definition(id_, *names, formula, unit, source, _quotient(over, under), lists)


def _percentile(percent: int) -> Definition:
    def read(tally: Tally) -> Figure:
        value = tally.wait_percentile_ms(percent)
        return Figure(None, tally[C.ANSWERED], None if value is None else float(value))

    return Definition(
        f"wait-p{percent}-v1",
        f"espera que no superó el {percent} % de las atendidas",
        f"wait that {percent} % of the answered did not exceed",
        f"nearest rank: smallest answered wait with at least {percent} % of all not above it",
        "ms",
        "exact, from every single wait (nearest-rank percentile)",
        read,
    )


_FIELD = "field definition"
_A, _B, _O = C.ANSWERED, C.ABANDONED, C.OFFERED
_SL_ES, _SL_EN = "nivel de servicio", "service level"

_DEFINED = (
    _ratio(
        "sl-v1",
        (f"{_SL_ES}: de todas las ofrecidas", f"{_SL_EN}: of all offered"),
        _terms([C.ANSWERED_IN_TIME]),
        _terms([_O]),
        "every abandon and every rejection hurts",
    ),
    _ratio(
        "sl-v2",
        (f"{_SL_ES}: sin abandonos cortos (el habitual)", f"{_SL_EN}: short abandons left out (our default)"),
        _terms([C.ANSWERED_IN_TIME]),
        _terms([_A, _B], [C.ABANDONED_SHORT]),
        "Genesys Cloud with 'exclude short abandons'",
    ),
    _ratio(
        "sl-v3",
        (f"{_SL_ES}: sin abandonos dentro del objetivo", f"{_SL_EN}: abandons within target left out"),
        _terms([C.ANSWERED_IN_TIME]),
        _terms([_A, _B], [C.ABANDONED_IN_TIME]),
        "Bright Pattern",
    ),
    _ratio(
        "sl-v4",
        (f"{_SL_ES}: solo de las atendidas", f"{_SL_EN}: of the answered only"),
        _terms([C.ANSWERED_IN_TIME]),
        _terms([_A]),
        "flatters: abandons do not count at all",
    ),
    _ratio(
        "sl-v5",
        (
            f"{_SL_ES}: el abandono dentro del objetivo cuenta a favor",
            f"{_SL_EN}: an abandon within target counts for us",
        ),
        _terms([C.ANSWERED_IN_TIME, C.ABANDONED_IN_TIME]),
        _terms([_A, _B]),
        _FIELD,
    ),
    _ratio(
        "asa-v1",
        ("espera media de las atendidas, desde la cola", "average speed of answer, from queue entry"),
        _terms([C.WAIT_ANSWERED_MS]),
        _terms([_A]),
        "Contact Center Pipeline: the clock starts at queue entry",
        "ms",
    ),
    _ratio(
        "asa-v2",
        (
            "espera media hasta el primer agente, desde el comienzo de la llamada",
            "average time to the first agent, from the start of the call",
        ),
        _terms([C.WAIT_FROM_START_MS]),
        _terms([C.FIRST_ANSWERED]),
        "what the caller lives through: menu included",
        "ms",
    ),
    _percentile(50),
    _percentile(90),
    _percentile(95),
    _ratio(
        "abandon-v1",
        ("abandono, sin los cortos (el habitual)", "abandonment, short ones left out (our default)"),
        _terms([_B], [C.ABANDONED_SHORT]),
        _terms([_O], [C.ABANDONED_SHORT]),
        _FIELD,
    ),
    _ratio(
        "abandon-v2",
        ("abandono de todas las que entraron en la cola", "abandonment of all that were queued"),
        _terms([_B]),
        _terms([_O], [C.REJECTED]),
        "Amazon Connect: abandoned / queued",
    ),
    _ratio(
        "short-abandon-v1",
        ("abandono corto", "short abandonment"),
        _terms([C.ABANDONED_SHORT]),
        _terms([_O]),
        _FIELD,
    ),
    _ratio(
        "aht-v1",
        ("tiempo medio de gestión, por contacto", "average handle time, per contact"),
        _terms([C.HANDLE_MS]),
        _terms([C.HANDLED]),
        _FIELD,
        "ms",
    ),
    _ratio(
        "aht-v2",
        ("tiempo medio de gestión, por tramo de conversación", "average handle time, per talk segment"),
        _terms([C.TALK_MS, C.HOLD_MS, C.WRAP_MS]),
        _terms([C.TALKS]),
        _FIELD,
        "ms",
    ),
    _ratio(
        "hold-v1",
        ("retención media, por tramo de conversación", "average hold, per talk segment"),
        _terms([C.HOLD_MS]),
        _terms([C.TALKS]),
        _FIELD,
        "ms",
    ),
    _ratio(
        "callback-kept-v1",
        ("llamadas prometidas que se cumplieron", "promised calls that were kept"),
        _terms([C.CALLED_BACK]),
        _terms([C.CALLBACKS]),
        _FIELD,
    ),
    _ratio(
        "callback-wait-v1",
        ("tiempo medio hasta cumplir una llamada prometida", "average time until a promised call was kept"),
        _terms([C.CALLBACK_WAIT_MS]),
        _terms([C.CALLED_BACK]),
        _FIELD,
        "ms",
    ),
    _ratio(
        "reach-v1",
        ("salientes que alcanzaron al cliente", "outgoing contacts that reached the customer"),
        _terms([C.REACHED]),
        _terms([C.DIALLED]),
        _FIELD,
    ),
    _ratio(
        "aht-out-v1",
        (
            "tiempo medio de gestión de las salientes, por tramo de conversación",
            "average handle time of outgoing contacts, per talk segment",
        ),
        _terms([C.OUT_TALK_MS, C.OUT_HOLD_MS, C.OUT_WRAP_MS]),
        _terms([C.OUT_TALKS]),
        _FIELD,
        "ms",
    ),
    _ratio(
        "occupancy-v1",
        ("ocupación", "occupancy"),
        _terms([C.AGENT_TALK_MS, C.AGENT_WRAP_MS]),
        _terms([C.AGENT_TALK_MS, C.AGENT_WRAP_MS, C.AGENT_IDLE_MS]),
        "reporting-toolbox: ringing and breaks are neither busy nor idle",
    ),
    _ratio(
        "utilisation-v1",
        ("utilización: solo conversación", "utilisation: talk only"),
        _terms([C.AGENT_TALK_MS]),
        _terms([C.AGENT_TALK_MS, C.AGENT_WRAP_MS, C.AGENT_IDLE_MS]),
        "reporting-toolbox",
    ),
    _ratio(
        "fcr-r-v1",
        (
            "resolución en el primer contacto: el cliente no vuelve por lo mismo en 7 días",
            "first contact resolution by repeat: no return for the same intent within 7 days",
        ),
        _terms([C.RESOLVED]),
        _terms([C.RETURN_DUE]),
        "definitions vary; ours is told only once the 7 days are over",
    ),
    _ratio(
        "repeat-v1",
        ("contactos repetidos", "repeat contacts"),
        _terms([C.RETURNED]),
        _terms([C.RETURN_DUE]),
        "1 - fcr-r-v1",
    ),
    _ratio(
        "resolution-v1",
        ("tiempo hasta la resolución", "time to resolution"),
        _terms([C.RESOLUTION_MS]),
        _terms([C.RESOLVED]),
        "from the start of the first contact to the end of the last, of matters that are settled",
        "ms",
    ),
    _ratio(
        "transfer-v1",
        ("contactos transferidos", "transfer rate"),
        _terms([C.TRANSFERRED]),
        _terms([C.HANDLED]),
        _FIELD,
    ),
    _ratio(
        "transfer-v2",
        ("conversaciones que el agente traspasó", "talks that the agent handed over"),
        _terms([C.HANDED_OVER]),
        _terms([C.TALKS, C.OUT_TALKS]),
        "per agent and queue: a hand-over is the act of the agent who makes it",
    ),
    _ratio(
        "consult-v1",
        ("consultas por conversación", "consultations per talk"),
        _terms([C.CONSULTS]),
        _terms([C.TALKS, C.OUT_TALKS]),
        "by who asks; a talk may have several",
        "count",
    ),
    _ratio(
        "escalation-v1",
        ("contactos escalados", "escalation rate"),
        _terms([C.ESCALATED]),
        _terms([C.HANDLED]),
        _FIELD,
    ),
    _ratio(
        "self-service-v1",
        ("resueltos sin agente", "self-service containment"),
        _terms([C.SELF_SERVED]),
        _terms([C.CONTACTS]),
        _FIELD,
    ),
    _ratio(
        "cut-short-v1",
        ("conversaciones de menos de 15 s terminadas por el agente", "talks under 15 s ended by the agent"),
        _terms([C.CUT_SHORT]),
        _terms([C.TALKS]),
        "who hangs up on callers is found by counting",
    ),
    _ratio(
        "cut-short-again-v1",
        (
            "de los clientes a quienes el agente cortó, los que volvieron a llamar en 7 días",
            "of the customers whom the agent cut short, those who called again within 7 days",
        ),
        _terms([C.CUT_SHORT_RETURNED]),
        _terms([C.CUT_SHORT_DUE]),
        "told only once the 7 days are over",
    ),
)

DEFINITIONS: Mapping[str, Definition] = {definition.id: definition for definition in _DEFINED}
"""Every figure there is, in the order in which reports show them."""


def figures(tally: Tally) -> Mapping[str, Figure]:
    """All figures of one part, by definition id."""
    return {definition.id: definition.read(tally) for definition in _DEFINED}
