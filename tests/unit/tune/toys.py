"""Small centres for tuning, and calls that come when a test says so."""

from __future__ import annotations

from acd.sim.laws import exponential
from acd.sim.router import Call, Offer, Router
from acd.sim.system import CallType, SimAgent, Skill, System
from centralita.tune.trial import Ground, whole_days

S = 1_000


def call(number: int, kind: int, at_s: float = 0.0) -> Call:
    return Call(number, kind, round(at_s * S), 60 * S, -1)


def centre(*skills: dict[int, int], types: int = 2, priorities: tuple[int, ...] = ()) -> System:
    """Agents by type and level; types without calls of their own."""
    kinds = tuple(
        CallType(
            f"q{at}",
            (0.01,),
            (exponential(60_000),),
            priority=priorities[at] if priorities else 0,
            weight=3.0 if priorities and priorities[at] == 0 else 1.0,
        )
        for at in range(types)
    )
    people = tuple(
        SimAgent(f"a{at}", "g", {kind: Skill(level) for kind, level in has.items()})
        for at, has in enumerate(skills)
    )
    return System(kinds, people, 3_600_000)


def open_doors(router: Router, system: System, busy: tuple[int, ...] = ()) -> None:
    """Everybody signs in at 0; those who are busy have a call in hand."""
    for agent in range(len(system.agents)):
        assert not router.sign_in(agent, 0)
    for agent in busy:
        kind = min(system.agents[agent].skills)
        offers = take(router, call(900 + agent, kind), 0)
        assert [who for _, who in offers] == [agent]


def take(router: Router, new: Call, now_ms: int) -> list[Offer]:
    """A call comes; who is offered it at once picks up."""
    return play(router, list(router.arrive(new, now_ms)), now_ms)


def play(router: Router, offers: list[Offer], now_ms: int) -> list[Offer]:
    for one, agent in offers:
        one.agent = agent
        router.answer(one, agent, now_ms)
    return offers


def until(router: Router, end_ms: int) -> list[tuple[int, int, int]]:
    """Wake the router whenever it asks: (when, number of the call, agent)."""
    happened = []
    while (due_ms := router.next_ms()) is not None and due_ms <= end_ms:
        offers = play(router, list(router.wake(due_ms)), due_ms)
        happened += [(due_ms, one.number, agent) for one, agent in offers]
    return happened


def n_design() -> Ground:
    """Three generalists and four specialists, busy; a good caller is worth three others."""
    vip = CallType("vip", (0.011,), (exponential(120_000),), (exponential(90_000),), weight=3.0)
    rest = CallType("resto", (0.043,), (exponential(120_000),), (exponential(120_000),), priority=1)
    both, one = {0: Skill(0), 1: Skill(0)}, {1: Skill(0)}
    people = [SimAgent(f"g{at}", "g", both) for at in range(3)] + [
        SimAgent(f"s{at}", "s", one) for at in range(4)
    ]
    return whole_days(System((vip, rest), tuple(people), 3_600_000), 2 * 3_600_000)


def case() -> dict[str, object]:
    """A short day of the reference format: two types, three agents."""
    kinds = [
        {
            "id": at,
            "label": str(at),
            "arrival_rate_per_period": [rate],
            "service": {"dist": "exponential", "mean": 120.0},
            "patience": {"dist": "exponential", "mean": 100.0},
            "segment": at,
            "priority": at,
            "weight": weight,
            "awt": 20.0,
        }
        for at, (rate, weight) in enumerate(((0.006, 3.0), (0.012, 1.0)))
    ]
    agents = [
        {"count": 1, "skills": [[0, 0, 1.0], [1, 1, 1.3]], "shift": None},
        {"count": 2, "skills": [[1, 0, 1.0]], "shift": None},
    ]
    routing = {"agent_choice": "longest_idle", "call_choice": "fcfs"}
    system = {"period_s": 3600.0, "types": kinds, "agents": agents, "routing": routing}
    return {"name": "toy", "kind": "day", "system": system, "expected": {}, "run": {"days": 4}}
