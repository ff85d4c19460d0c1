"""The `system` of a case: types, agents in groups or lists, periods, wrap-up, shifts, bells."""

from __future__ import annotations

from typing import Any

from acd.sim.laws import KNOWN, Law, fixed
from acd.sim.system import CallType, Retry, Ringing, SimAgent, Skill, System
from centralita.simulate.reading import At

LEVEL_MAX = 9
"""Level 9 is proficiency 1, the worst."""


def read_system(at: At, *, default_period_ms: int | None) -> System:
    """
    Build the system of a simulated case.

    Args:
        at: The case's `system`.
        default_period_ms: Length of a period where the case gives none; None: it must.

    Raises:
        CasesError: Says where and how to mend it.
    """
    if default_period_ms is None or at.has("period_s"):
        period_ms = _ms(at.get("period_s"), least=0.001)
    else:
        period_ms = default_period_ms
    types = tuple(_call_type(item) for item in at.get("types").items())
    if not types:
        raise at.get("types").error("no hay ningún tipo de llamada", "there is no type of call")
    index = {kind.id: place for place, kind in enumerate(types)}
    if len(index) < len(types):
        raise at.get("types").error("hay dos tipos con el mismo «id»", 'two types have the same "id"')
    staff: dict[str, tuple[int, ...]] = {}
    agents = _from_groups(at, index, staff) if at.has("groups") else _from_list(at, index)
    if not agents:
        raise at.error("no hay ningún agente", "there is no agent")
    return System(
        types,
        tuple(agents),
        period_ms,
        staff=staff,
        wrap=_law(at.get("wrap_up")) if at.has("wrap_up") else None,
        busyness_shape=_busyness(at),
        places=at.get("waiting_places").whole() if at.has("waiting_places") else None,
        ringing=_ringing(at.get("ringing")) if at.has("ringing") else None,
    )


def _call_type(at: At) -> CallType:
    settings: dict[str, Any] = {}
    if at.has("retry") and at.get("retry").get("prob").number() > 0:
        retry = at.get("retry")
        delay = Law("exponential", _ms(retry.get("mean_delay")))
        settings["retry"] = Retry(retry.get("prob").number(), delay, retry.get("max").whole())
    if at.has("segment"):
        settings["segment"] = _name(at.get("segment"))
    return CallType(
        _name(at.get("id")),
        _rates(at),
        _laws(at, "service"),
        _laws(at, "patience"),
        priority=int(at.number_or("priority", 0, float("-inf"))),
        weight=at.number_or("weight", 1.0),
        awt_ms=round(at.number_or("awt", 20.0) * 1000),
        **settings,
    )


def _rates(at: At) -> tuple[float, ...]:
    if at.has("arrival_rate"):
        return (at.get("arrival_rate").number(),)
    rates = tuple(item.number() for item in at.get("arrival_rate_per_period").items())
    if not rates:
        raise at.get("arrival_rate_per_period").error("la lista está vacía", "the list is empty")
    return rates


def _laws(at: At, what: str) -> tuple[Law, ...]:
    """The law of a time, one for all periods or one by period of arrival; none for endless patience."""
    by_period = f"{what}_mean_by_arrival_period"
    if at.has(by_period):
        name = at.get(f"{what}_dist").text() if at.has(f"{what}_dist") else "exponential"
        return tuple(
            _checked(item, name, _ms(item), at.number_or(f"{what}_cv", 1.0))
            for item in at.get(by_period).items()
        )
    if what == "patience" and not at.has("patience"):
        return ()
    return (_law(at.get(what)),)


def _law(at: At) -> Law:
    """Of `{"dist": …, "mean": …, "cv": …}` in seconds, or of a number: always so long."""
    if isinstance(at.value, int | float) and not isinstance(at.value, bool):
        return fixed(_ms(at))
    name = at.get("dist").text()
    if name == "uniform":
        return _uniform(at)
    spread = 0.0 if name == "deterministic" else at.number_or("cv", 1.0)
    return _checked(at, name, _ms(at.get("mean")), spread)


def _uniform(at: At) -> Law:
    for low, high in (("low", "high"), ("min", "max"), ("a", "b")):
        if low in at.value and at.has(high):
            least, most = at.number_or(low, 0.0), at.get(high).number()
            mean = (least + most) / 2
            return _checked(at, "uniform", mean * 1000, (most - least) / (2 * mean * 3**0.5) if mean else 0.0)
    return _checked(at, "uniform", _ms(at.get("mean")), at.number_or("cv", 1 / 3**0.5))


def _checked(at: At, name: str, mean_ms: float, cv: float) -> Law:
    if name not in KNOWN:
        known = ", ".join(KNOWN)
        raise at.error(f"ley desconocida «{name}»; use {known}", f'unknown law "{name}"; use {known}')
    try:
        return Law(name, mean_ms, cv)
    except ValueError as error:
        raise at.error("números que no valen", str(error)) from error


def _from_groups(at: At, index: dict[str, int], staff: dict[str, tuple[int, ...]]) -> list[SimAgent]:
    agents = []
    for item in at.get("groups").items():
        group = _name(item.get("id"))
        if item.has("agents_per_period"):
            staff[group] = tuple(count.whole() for count in item.get("agents_per_period").items())
            count = max(staff[group])
        else:
            count = item.get("agents").whole(1)
        skills = dict(_group_skill(skill, index) for skill in item.get("skills").items())
        agents += [SimAgent(f"{group}-{number:04d}", group, skills) for number in range(count)]
    return agents


def _group_skill(at: At, index: dict[str, int]) -> tuple[int, Skill]:
    return _skill(at, index, at.get("type"), at.get("level"), at.number_or("handle_time_factor", 1.0, 0.001))


def _from_list(at: At, index: dict[str, int]) -> list[SimAgent]:
    agents: list[SimAgent] = []
    for place, item in enumerate(at.get("agents").items()):
        skills = dict(_list_skill(skill, index) for skill in item.get("skills").items())
        shifts = _shifts(item.get("shift")) if item.has("shift") else None
        for _ in range(int(item.number_or("count", 1, 1))):
            agents.append(SimAgent(f"a{len(agents):04d}", f"agents{place}", skills, shifts))
    return agents


def _list_skill(at: At, index: dict[str, int]) -> tuple[int, Skill]:
    parts = list(at.items())
    if len(parts) not in (2, 3):
        raise at.error("debe ser [tipo, nivel, factor]", "must be [type, level, factor]")
    return _skill(at, index, parts[0], parts[1], parts[2].number(0.001) if len(parts) == 3 else 1.0)


def _skill(at: At, index: dict[str, int], kind: At, level: At, factor: float) -> tuple[int, Skill]:
    name = _name(kind)
    if name not in index:
        raise kind.error(f"no hay ningún tipo «{name}»", f'there is no type "{name}"')
    if level.whole() > LEVEL_MAX:
        raise level.error(f"debe ser {LEVEL_MAX} o menos", f"must be {LEVEL_MAX} or less")
    return index[name], Skill(level.whole(), factor)


def _shifts(at: At) -> tuple[tuple[int, int], ...]:
    """`[from, until]` in seconds since the start, or a list of such pairs."""
    parts = list(at.items())
    if parts and isinstance(parts[0].value, list):
        return tuple(shift for part in parts for shift in _shifts(part))
    if len(parts) != 2 or parts[1].number() <= parts[0].number():
        raise at.error("debe ser [desde, hasta] en segundos", "must be [from, until] in seconds")
    return ((_ms(parts[0]), _ms(parts[1])),)


def _busyness(at: At) -> float | None:
    if at.has("busyness_gamma_shape"):
        return at.get("busyness_gamma_shape").number(0.001)
    return at.get("busyness").get("shape").number(0.001) if at.has("busyness") else None


def _ringing(at: At) -> Ringing:
    return Ringing(
        least_ms=round(at.number_or("least", 1.0) * 1000),
        mean_ms=max(1, round(at.number_or("mean", 3.0) * 1000)),
        miss=at.number_or("miss", 0.0),
        ring_ms=round(at.number_or("ring", 15.0, 0.001) * 1000),
    )


def _ms(at: At, least: float = 0.0) -> int:
    return round(at.number(least) * 1000)


def _name(at: At) -> str:
    """Identifiers may be texts or numbers."""
    if isinstance(at.value, bool) or not isinstance(at.value, int | str):
        raise at.error("debe ser un nombre o un número entero", "must be a name or a whole number")
    return str(at.value)
