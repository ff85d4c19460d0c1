from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest

from acd.model import (
    AgentId,
    AgentRules,
    Medium,
    PolicyRules,
    QueueId,
    QueueRules,
    Routing,
    SiteId,
    SkillId,
    SkillNeed,
    Step,
)
from acd.routing.policies import POLICIES, build
from acd.routing.policies.base import able, flexibility, level, worth
from acd.routing.policies.tuned import NUMBERS
from acd.routing.policy import Kind, Policy

pytestmark = pytest.mark.unit

TRADE, CARE = SkillId("trato"), SkillId("cuidado")
VIP, SALES = QueueId("vip"), QueueId("ventas")
ANA, BETO = AgentId("ana"), AgentId("beto")
ROUTING = Routing(
    "v1",
    {
        VIP: QueueRules(VIP, (SkillNeed(CARE, 5),), value=3.0, keep_free=2),
        SALES: QueueRules(SALES, (SkillNeed(TRADE, 3),), values={"oro": 4.0}),
    },
    {
        ANA: AgentRules(ANA, {TRADE: 10, CARE: 6, SkillId("lang.es"): 9}),
        BETO: AgentRules(BETO, {TRADE: 7}),
    },
)


class Known:
    """What was learned and counted: ana is quick, callers of vip are patient, three of four want sales."""

    def handle_ms(self, agent: AgentId, queue: QueueId) -> float:
        return 150_000.0 if agent == ANA else 300_000.0

    def queue_handle_ms(self, queue: QueueId) -> float:
        return 200_000.0

    def patience_ms(self, queue: QueueId) -> float:
        return 240_000.0 if queue == VIP else 120_000.0

    def waiting(self, queue: QueueId) -> int:
        return {VIP: 1, SALES: 3}[queue]

    def waiting_in_all(self) -> int:
        return 4

    def free(self, kind: Kind) -> int:
        return 0


KNOWN = Known()


def kind(queue: QueueId = SALES, segment: str = "") -> Kind:
    rules = ROUTING.queues[queue]
    value = rules.values.get(segment, rules.value)
    return Kind(queue, segment, rules.needs, (), Medium.VOICE, value, rules.target_ms)


def policy(name: str, numbers: dict[str, float] | None = None, **words: str) -> Policy:
    return build(PolicyRules(name, numbers or {}, words), ROUTING)


def price(made: Policy, agent: AgentId, of: Kind | None = None) -> float:
    return made.price(of or kind(), ROUTING.agents[agent], KNOWN)


def urgency(made: Policy, agent: AgentId, waited_ms: int = 0, of: Kind | None = None) -> float:
    return made.urgency(of or kind(), waited_ms, ROUTING.agents[agent], KNOWN, KNOWN)


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        (PolicyRules("best"), "known are fair, smart, tuned, rule"),
        (PolicyRules("fair", {"weight.vip": 1.0}), "has no number 'weight.vip': known are none"),
        (PolicyRules("fair", words={"pick": "random"}), "known are longest_idle, best_fit, least_skilled"),
        (PolicyRules("smart", words={"pick": "best_fit"}), "has no word 'pick': known are none"),
        (PolicyRules("tuned", {"g1": 1.0}), "has no number 'g1'"),
        (PolicyRules("tuned", {"g0": -0.1}), "is -0.1: 0 or more"),
        (PolicyRules("tuned", {"g0": float("nan")}), "is nan"),
        (PolicyRules("rule", words={"calls": "lifo"}), "known are fcfs, priority_then_fcfs"),
    ],
)
def test_a_setting_that_is_not_known_is_refused_with_those_that_are(rules: PolicyRules, said: str) -> None:
    """Whoever writes a configuration reads what there is to choose from."""
    with pytest.raises(ValueError, match="policy") as refused:
        build(rules, ROUTING)

    assert said in str(refused.value)


@pytest.mark.parametrize("name", POLICIES)
def test_every_policy_grows_more_urgent_with_the_wait_between_two_falls(name: str) -> None:
    """What the engine relies on when it compares only the oldest of each stretch."""
    made = policy(name)
    falls = (0, *made.falls_after_ms(kind()), 10**9)
    for begins, ends in pairwise(falls):
        waits = [w for w in (*range(-5_000, 60_000, 500), 10**6, 10**7) if begins < w <= ends]
        found = [urgency(made, BETO, waited_ms) for waited_ms in waits]
        assert found == sorted(found)


@pytest.mark.parametrize("name", POLICIES)
def test_every_policy_says_what_its_score_is_made_of(name: str) -> None:
    """The explanation of an offer has the terms by name, the wait among them."""
    terms = dict(policy(name).terms(kind(), 7_000, ROUTING.agents[ANA], KNOWN, KNOWN))

    assert terms["waited_s"] == 7.0


def test_fair_is_the_wait_and_nothing_else() -> None:
    """One scale for all queues, segments and agents; any agent is as good as another."""
    fair = policy("fair")

    assert urgency(fair, ANA, 9_000, kind(VIP)) == urgency(fair, BETO, 9_000, kind(SALES, "oro")) == 9.0
    assert fair.flat and price(fair, ANA) == price(fair, BETO) == 0


def test_fair_may_pick_the_best_or_spare_the_versatile() -> None:
    """`best_fit` asks for the highest proficiency first, `least_skilled` for whoever can do little else."""
    best, spare = policy("fair", pick="best_fit"), policy("fair", pick="least_skilled")

    assert price(best, ANA) < price(best, BETO)
    assert price(spare, BETO) < price(spare, ANA)
    assert price(best, ANA, replace(kind(), needs=())) == 0


def test_smart_puts_short_valuable_work_of_patient_callers_first() -> None:
    """c mu / theta: value by patience by what this agent needs for it; the quicker agent is asked first."""
    smart = policy("smart")

    assert urgency(smart, ANA, of=kind(VIP)) == 3.0 * 240 / 150
    assert urgency(smart, BETO, of=kind(SALES, "oro")) == 4.0 * 120 / 300
    assert price(smart, ANA) == 0.75 and price(smart, BETO) == 1.503


def test_smart_lets_nobody_starve_for_what_is_worth_more() -> None:
    """Double after eight targets, and soon ahead of whatever is fresh."""
    smart = policy("smart")
    fresh = urgency(smart, ANA, of=kind(VIP))

    assert urgency(smart, ANA, 160_000) == 2 * urgency(smart, ANA, 0) < fresh
    assert urgency(smart, ANA, 300_000) > fresh


def test_tuned_rises_to_the_target_and_lets_the_late_wait() -> None:
    """g of the index: g0 at the door, 1 at the target, the stale floor after it, then slowly up."""
    tuned = policy(
        "tuned", {"g0": 0.4, "exponent": 2.0, "stale_floor": 0.5, "stale_slope": 0.2, "level_penalty": 0}
    )
    waits = (-1, 0, 10_000, 20_000, 20_001, 40_000)
    found = [round(urgency(tuned, ANA, w) * 0.75, 4) for w in waits]

    assert found == [0.4, 0.4, 0.55, 1.0, 0.5, 0.7]
    assert tuned.falls_after_ms(kind()) == (20_000,)
    assert policy("tuned", {"stale_floor": 1.0}).falls_after_ms(kind()) == ()


def test_tuned_weighs_queues_and_segments() -> None:
    """A segment's own weight stands in place of its queue's; the value of a contact is a factor beside it."""
    tuned = policy(
        "tuned", {"weight.ventas": 2.0, "weight.ventas.oro": 0.5, "speed_power": 0, "level_penalty": 0}
    )

    assert urgency(tuned, ANA) == pytest.approx(2 * 0.3)
    assert urgency(tuned, ANA, of=kind(SALES, "oro")) == pytest.approx(4 * 0.5 * 0.3)
    assert urgency(tuned, ANA, of=kind(VIP)) == pytest.approx(3 * 0.3)


def test_tuned_prices_what_else_an_agent_could_do() -> None:
    """Scarce skills and queues cost, but not for the work that needs them; level and pace come on top."""
    tuned = policy(
        "tuned", {"scarcity.cuidado": 4.0, "scarcity.vip": 2.0, "price.level": 0, "price.handle": 0}
    )
    paced = policy("tuned", {"price.level": 1.0, "price.handle": 2.0})

    assert (price(tuned, ANA), price(tuned, BETO), price(tuned, ANA, kind(VIP))) == (6.0, 0.0, 0.0)
    assert (price(paced, ANA), price(paced, BETO)) == (1.5, 3 + 3.0)


def test_agents_are_kept_free_for_what_is_worth_more() -> None:
    """By the queue's rules unless the policy says otherwise; never from a queue's own best contacts."""
    vip, sales = ROUTING.queues[VIP], ROUTING.queues[SALES]
    tuned = policy("tuned", {"keep_free.vip": 5.0, "keep_free.ventas": 1.0})

    assert policy("fair").keep_free(kind(SALES), vip) == 2
    assert policy("fair").keep_free(kind(SALES, "oro"), vip) == 0
    assert policy("fair").keep_free(kind(VIP), sales) == policy("fair").keep_free(kind(VIP), vip) == 0
    assert (tuned.keep_free(kind(SALES), vip), tuned.keep_free(kind(VIP), vip)) == (5, 0)
    assert tuned.keep_free(kind(VIP), sales) == 0


def test_the_classical_rules_for_calls() -> None:
    """Priority, the agent's own level and the queue's share decide before the wait does."""
    numbers = {"priority.ventas": 1.0, "ratio.ventas": 0.5, "ratio.vip": 0.5, "factor.ana.vip": 0.5}

    def better(calls: str, agent: AgentId = ANA) -> QueueId:
        made = policy("rule", numbers, calls=calls)
        return max(
            (VIP, SALES),
            key=lambda queue: urgency(made, agent, {VIP: 1_000, SALES: 9_000}[queue], kind(queue)),
        )

    assert {
        calls: better(calls)
        for calls in ("fcfs", "priority_then_fcfs", "agent_level_then_fcfs", "queue_ratio")
    } == {
        "fcfs": SALES,
        "priority_then_fcfs": VIP,
        "agent_level_then_fcfs": SALES,
        "queue_ratio": SALES,
    }
    assert urgency(policy("rule", numbers, calls="generalised_c_mu"), ANA, 1_000, kind(VIP)) == 0.3


def test_the_classical_rules_for_agents() -> None:
    """Level, a known factor of handle time either way, and how many queues one could serve."""
    factors = {"factor.ana.ventas": 0.8}

    assert [price(policy("rule", agents="level_then_longest_idle"), a) for a in (ANA, BETO)] == [0, 3]
    assert [price(policy("rule", factors, agents="fastest_then_longest_idle"), a) for a in (ANA, BETO)] == [
        0.8,
        1,
    ]
    assert [price(policy("rule", factors, agents="slowest_then_longest_idle"), a) for a in (ANA, BETO)] == [
        -0.8,
        -1,
    ]
    assert [price(policy("rule", agents="least_flexible"), a) for a in (ANA, BETO)] == [2, 1]
    assert policy("rule").flat


def test_a_reserve_is_for_queues_of_better_priority() -> None:
    """Class a leaves two agents to b, which comes first; b leaves none to a."""
    rule = policy("rule", {"priority.ventas": 1.0, "reserve.ventas": 2.0, "reserve.vip": 9.0})

    assert rule.keep_free(kind(SALES), ROUTING.queues[VIP]) == 2
    assert rule.keep_free(kind(VIP), ROUTING.queues[SALES]) == 0


def test_every_number_of_tuned_has_a_default_within_its_range() -> None:
    """Tuning begins at the defaults and looks within the ranges."""
    for number in NUMBERS:
        assert number.low <= number.default <= number.high and number.says, number.name


def test_who_could_serve_a_queue_is_told_whatever_the_caller_speaks() -> None:
    """Any step counts, at its sites; the language of the caller does not."""
    far = Step("lejos", 9_000, (SkillNeed(TRADE, 1),), (SiteId("lejos"),))
    rules = replace(ROUTING.queues[SALES], steps=(Step("cerca", 0, (SkillNeed(CARE, 6),)), far))

    assert [able(ROUTING.agents[a], rules) for a in (ANA, BETO)] == [True, False]
    assert able(replace(ROUTING.agents[BETO], site=SiteId("lejos")), rules)
    assert [flexibility(ROUTING, ROUTING.agents[a]) for a in (ANA, BETO)] == [2, 1]
    assert (level(TRADE, ROUTING.agents[BETO]), level(None, ROUTING.agents[BETO])) == (3, 0)
    assert worth(ROUTING.queues[SALES]) == 4.0
