"""Small centres to estimate waits in."""

from __future__ import annotations

from collections.abc import Mapping

from acd.model import (
    AgentId,
    AgentRules,
    Exit,
    ExitTo,
    QueueId,
    QueueRules,
    Routing,
    SignIn,
    SkillId,
    SkillNeed,
)
from acd.stats.wait import Band, Estimate, Formula, Model
from acd.stats.wait_features import NAMES
from centralita.waits.demand import Demand, Stream

VENTAS, SOPORTE = QueueId("ventas"), QueueId("soporte")


def rules(name: str, **more: object) -> QueueRules:
    """A queue that asks for the skill of its own name."""
    return QueueRules(QueueId(name), (SkillNeed(SkillId(name), 1),), wrap_ms=10_000, **more)  # type: ignore[arg-type]


def agents(**skills: tuple[str, ...]) -> Mapping[AgentId, AgentRules]:
    return {
        AgentId(name): AgentRules(AgentId(name), {SkillId(skill): 7 for skill in has}, SignIn.COMMAND)
        for name, has in skills.items()
    }


def toy() -> Routing:
    """Two queues, five agents: two for each, one for both."""
    people = agents(
        a1=("ventas",), a2=("ventas",), b1=("soporte",), b2=("soporte",), both=("ventas", "soporte")
    )
    return Routing("toy", {VENTAS: rules("ventas"), SOPORTE: rules("soporte")}, people)


def busy_toy(per_hour: float = 30.0) -> Demand:
    """Calls for both queues, a little more than the five can take."""
    return Demand(
        tuple(Stream(queue, "es", (per_hour,), patience_ms=300_000.0) for queue in (VENTAS, SOPORTE)), {}
    )


def gives_up_after(ms: int) -> tuple[tuple[int, Exit], ...]:
    return ((ms, Exit(ExitTo.HANG_UP)),)


def formula(intercept_ms: float = 0.0, **weights: float) -> Formula:
    """A formula of a few weights, whose interval is half to twice the estimate."""
    given = tuple(weights.get(name, 0.0) for name in NAMES)
    return Formula(
        means=(0.0,) * len(NAMES),
        least=(-1e12,) * len(NAMES),
        most=(1e12,) * len(NAMES),
        weights={QueueId(""): (*given, intercept_ms)},
        bands=(Band(10_000, 5_000, 20_000), Band(100_000, 50_000, 200_000)),
    )


def model(joining: Formula, *, version: str = "toy", from_history: bool = True) -> Model:
    return Model(
        config_version=version,
        seed=1,
        examples=1_000,
        joining=joining,
        waiting=joining,
        at_once=Estimate(4_000, 1_000, 9_000),
        handle_ms={VENTAS: 200_000.0},
        from_history=from_history,
        held_out={
            "rmse_ms": 10_000.0,
            "bias_ms": 0.0,
            "rmse_average_ms": 20_000.0,
            "rmse_constant_ms": 18_000.0,
            "inside": 0.8,
        },
    )
