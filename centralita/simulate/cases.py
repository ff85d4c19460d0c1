"""The format of the reference cases: from JSON to what `acd.sim` simulates."""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from acd.sim.system import System
from centralita.simulate.reading import At, CasesError
from centralita.simulate.systems import read_system

SIMULATED = ("stationary", "day")
SUGGESTED = 8
KINDS = (*SIMULATED, "closed_form", "predictor", "goal")


@dataclass(frozen=True, slots=True)
class Expected:
    value: float
    tol: float
    """Absolute."""


@dataclass(frozen=True, slots=True)
class Rule:
    """The case's own routing, in the words of the format."""

    agents: str = "longest_idle"
    calls: str = "fcfs"
    reserve: Mapping[str, float] | None = None
    ratio: Mapping[str, float] | None = None


@dataclass(frozen=True, slots=True)
class Case:
    name: str
    kind: str
    raw: Mapping[str, Any]
    """`system` as it stands in the file."""
    expected: Mapping[str, Expected]
    note_only: str = ""
    """Says why a program cannot run the case; empty: it can."""
    system: System | None = None
    """Of a simulated case."""
    rule: Rule = Rule()
    duration_ms: int = 0
    """Of a stationary case, after the warm-up."""
    warmup_ms: int = 0
    days: int = 0
    day_ms: int = 0
    scenario: str = ""
    """Of a goal: the simulated cases of the same name."""
    aim: float = 0.0
    least: float = 0.0


def load(path: Path) -> list[Case]:
    """
    Read a file of cases.

    Raises:
        CasesError: It cannot be read or used; says where and how to mend it.
    """
    try:
        whole = At("", json.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise CasesError(f"{path}: no se puede leer / cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise CasesError(f"{path}: no es texto UTF-8 / is not UTF-8 text") from error
    except json.JSONDecodeError as error:
        where = f"{path}:{error.lineno}:{error.colno}"
        raise CasesError(f"{where}: no es JSON válido / is not valid JSON: {error.msg}") from error
    try:
        return [_case(at) for at in whole.get("cases").items()]
    except CasesError as error:
        raise CasesError(f"{path}: {error}") from error


def only(cases: Sequence[Case], name: str) -> list[Case]:
    """
    The cases of exactly this name, or if there is none, those that begin with it.

    Raises:
        CasesError: There is none; suggests names that are like it.
    """
    exact = [case for case in cases if case.name == name]
    found = exact or [case for case in cases if case.name.lower().startswith(name.lower())]
    if found:
        return found
    known = [case.name for case in cases]
    lowered = {one.lower(): one for one in known}
    near = [lowered[one] for one in difflib.get_close_matches(name.lower(), lowered, n=4, cutoff=0.3)]
    near += [one for one in known if name.lower() in one.lower() and one not in near]
    hint = "; ".join(near[:SUGGESTED] or [*known[:SUGGESTED], "…"])
    raise CasesError(
        f"--only {name!r}: ningún caso se llama así; ¿quizás? / no case of that name; perhaps? {hint}"
    )


def scenario(cases: Sequence[Case], goal: Case) -> Case:
    """
    The simulated case on which a goal is measured: its name begins with the same word.

    Raises:
        CasesError: The file has none.
    """
    word = goal.scenario.split("_")[0].lower()
    for case in cases:
        if (
            case.kind in SIMULATED
            and not case.note_only
            and case.name.replace("_", " ").lower().split()[0] == word
        ):
            return case
    raise CasesError(
        f"{goal.name}: el archivo no tiene ningún caso «{goal.scenario}» que simular / "
        f'the file has no case "{goal.scenario}" to simulate'
    )


def _case(at: At) -> Case:
    name, kind = at.get("name").text(), at.get("kind").text()
    at = At(f"{at.place} ({name})", at.value)
    if kind not in KINDS:
        known = ", ".join(KINDS)
        raise at.get("kind").error(
            f"clase desconocida «{kind}»; use {known}", f'unknown kind "{kind}"; use {known}'
        )
    system = at.get("system")
    settings: dict[str, Any] = {"raw": system.value}
    if system.has("note_only"):
        return Case(name, kind, expected={}, note_only=system.get("note_only").text(), **settings)
    if kind == "goal":
        return _goal(name, at)
    settings["expected"] = {
        key: Expected(
            at.get("expected").get(key).get("value").number(float("-inf")),
            at.get("expected").get(key).get("tol").number(),
        )
        for key in at.get("expected").names()
    }
    if kind in SIMULATED:
        settings |= _simulated(kind, at)
    return Case(name, kind, **settings)


def _goal(name: str, at: At) -> Case:
    (key, *_) = at.get("expected").names() or ("weighted_sl_minus_weighted_abandon",)
    goal = at.get("expected").get(key)
    aim = goal.get("aim").number(float("-inf"))
    return Case(
        name,
        "goal",
        raw=at.get("system").value,
        expected={},
        scenario=at.get("system").get("scenario").text(),
        aim=aim,
        least=goal.number_or("min", aim, float("-inf")),
    )


def _simulated(kind: str, at: At) -> dict[str, Any]:
    run, system = at.get("run"), at.get("system")
    found: dict[str, Any] = {"rule": _rule(system.get("routing"))}
    if kind == "stationary":
        times = run.number_or("replications", 1, 1)
        found["duration_ms"] = round(run.get("duration_s").number(1) * 1000 * times)
        found["warmup_ms"] = round(run.number_or("warmup_s", 0) * 1000)
        found["system"] = read_system(system, default_period_ms=found["duration_ms"])
    else:
        found["days"] = run.get("days").whole(1)
        found["system"] = built = read_system(system, default_period_ms=None)
        found["day_ms"] = built.periods * built.period_ms
    return found


def _rule(at: At) -> Rule:
    return Rule(
        agents=at.get("agent_choice").text(),
        calls=at.get("call_choice").text(),
        reserve=_numbers(at, "reserve"),
        ratio=_numbers(at, "ratio"),
    )


def _numbers(at: At, key: str) -> dict[str, float] | None:
    if not at.has(key):
        return None
    inner = at.get(key)
    if isinstance(inner.value, list):
        return {str(index): item.number() for index, item in enumerate(inner.items())}
    return {name: inner.get(name).number() for name in inner.names()}
