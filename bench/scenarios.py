"""
Centres to compare policies on, drawn by a seed: the same kinds as published comparisons, other numbers.

A bank with many scarce types, the same overloaded, a team of very unequal proficiency,
and N designs. None is a copy of a reference case: a method that is tuned on one of
these has not seen those.
"""

from __future__ import annotations

from dataclasses import replace
from random import Random

from acd.sim.laws import Law, exponential
from acd.sim.system import CallType, Retry, SimAgent, Skill, System

PERIOD_MS = 1_800_000
DAY = (
    0.5,
    0.8,
    1.1,
    1.3,
    1.35,
    1.3,
    1.15,
    1.0,
    0.95,
    1.05,
    1.15,
    1.2,
    1.1,
    1.0,
    0.85,
    0.7,
    0.6,
    0.5,
    0.4,
    0.35,
)
"""Load of the half hours of a day, by its mean."""
EVEN = tuple(1 + 0.25 * (share - 1) for share in DAY)
"""The same where staffing follows the calls: what is left of the swing."""
AGAIN = Retry(0.3, exponential(600_000), 3)
PRODUCTS = ((0.5, 220), (0.2, 360), (0.3, 280))
"""Share of calls, seconds of talk."""
OVER = 0.95 / 0.84
VIP, STANDARD = "vip", "estándar"


def bank(agents: int = 120, load: float = 0.885, seed: int = 1, busyness: float | None = None) -> System:
    """
    Twelve types: two segments, two languages, three products; English agents of rare products are few.

    A day has five hours.

    Args:
        agents: How many.
        load: Talk time offered by the agents' time, over the day, at factor 1.
        seed: Of the agents' skills.
        busyness: Shape of the gamma factor of each day; None: all days alike.
    """
    shares = [
        (segment, product, of_segment * of_language * PRODUCTS[product][0])
        for segment, of_segment in ((VIP, 0.15), (STANDARD, 0.85))
        for of_language in (0.85, 0.15)
        for product in range(3)
    ]
    work_s = sum(share * PRODUCTS[product][1] for _, product, share in shares)
    rate = load * agents / work_s
    types = tuple(
        CallType(
            f"t{at:02d}",
            _rates(rate * share, EVEN),
            (exponential(PRODUCTS[product][1] * 1000),),
            (exponential(150_000 if segment == VIP else 240_000),),
            AGAIN,
            segment,
            0 if segment == VIP else 1,
            3.0 if segment == VIP else 1.0,
        )
        for at, (segment, product, share) in enumerate(shares)
    )
    chance = Random(f"bank/{seed}")
    people = tuple(SimAgent(f"a{at:03d}", "todos", _banker(chance)) for at in range(agents))
    return System(types, people, PERIOD_MS // 2, busyness_shape=busyness)


def _banker(chance: Random) -> dict[int, Skill]:
    english, vip = chance.random() < 0.3, chance.random() < 0.5
    first = chance.choices(range(3), (0.45, 0.25, 0.3))[0]
    second = (first + chance.choice((1, 2))) % 3
    skills: dict[int, Skill] = {}
    for segment in (0, 1) if vip else (1,):
        for language in (0, 1) if english else (0,):
            base = segment * 6 + language * 3
            skills[base + first] = Skill(0)
            if chance.random() < 0.7:
                skills[base + second] = Skill(1, 1.2)
    return skills


def overload(seed: int = 1) -> System:
    """The bank with 13 % more calls (0.95 / 0.84) and days that are not alike."""
    calm = bank(seed=seed, busyness=60.0)
    types = tuple(replace(kind, rates=tuple(rate * OVER for rate in kind.rates)) for kind in calm.types)
    return replace(calm, types=types)


def unequal(agents: int = 40, load: float = 0.555, seed: int = 2) -> System:
    """Five types; every agent has one of them at heart and needs 50 to 90 % longer for two others."""
    shares, talks_s = (0.3, 0.25, 0.2, 0.15, 0.1), (240, 300, 280, 360, 330)
    work = [share * talk for share, talk in zip(shares, talks_s, strict=True)]
    rate = load * agents / sum(work)
    types = tuple(
        CallType(
            f"t{at}",
            _rates(rate * share),
            (exponential(talk * 1000),),
            (exponential(200_000),),
            AGAIN,
            str(at),
        )
        for at, (share, talk) in enumerate(zip(shares, talks_s, strict=True))
    )
    chance = Random(f"unequal/{seed}")
    people = []
    for at in range(agents):
        first = chance.choices(range(5), work)[0]
        second, third = chance.sample([kind for kind in range(5) if kind != first], 2)
        skills = {
            first: Skill(0, round(chance.uniform(0.85, 1.05), 2)),
            second: Skill(1, round(chance.uniform(1.5, 1.8), 2)),
            third: Skill(2, round(chance.uniform(1.5, 1.9), 2)),
        }
        people.append(SimAgent(f"a{at:03d}", "todos", skills))
    return System(types, tuple(people), PERIOD_MS)


def n_design(generalists: int = 14, specialists: int = 26, load: float = 0.93, vip: float = 0.2) -> System:
    """Generalists take both types, specialists the standard one; the rate never changes."""
    talk_ms = 200_000
    rate = load * (generalists + specialists) / (talk_ms / 1000)
    types = (
        CallType("vip", (rate * vip,), (exponential(talk_ms),), (exponential(150_000),), None, VIP, 0, 3.0),
        CallType(
            "todos",
            (rate * (1 - vip),),
            (Law("lognormal", talk_ms, 1.2),),
            (exponential(240_000),),
            None,
            STANDARD,
            1,
        ),
    )
    both, one = {0: Skill(0), 1: Skill(0)}, {1: Skill(0)}
    people = [SimAgent(f"g{at:02d}", "g", both) for at in range(generalists)]
    people += [SimAgent(f"s{at:02d}", "s", one) for at in range(specialists)]
    return System(types, tuple(people), PERIOD_MS)


def _rates(mean: float, day: tuple[float, ...] = DAY) -> tuple[float, ...]:
    """Calls per second by half hour, of this mean."""
    return tuple(mean * share * len(day) / sum(day) for share in day)
