"""Explanations in bits: stored without a name, read back with them."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import text

from acd.model import AgentId, AgentRules, QueueId, Routing, SiteId, SkillId
from acd.records import ConfigApplied, Explanation
from centralita.store.explanations import explanation_json, reason_against, with_names
from centralita.store.history import History
from centralita.store.projection import Projection
from centralita.store.rosters import Roster, applied, roster_of
from tests.unit.store.samples import ROSTER, call

pytestmark = pytest.mark.unit

ROUTING = Routing(
    "v7",
    {},
    {
        AgentId(name): AgentRules(AgentId(name), {SkillId("ventas"): level}, site=SiteId("norte"))
        for name, level in (("carla", 3), ("ana", 8), ("beto", 5))
    },
)
WHY = Explanation(
    "v6",
    QueueId("ventas"),
    900,
    ("ventas 8 >= 5",),
    "idle longest: 42000 ms",
    "v7",
    {"talking": 0b010, "ventas 3 < 5": 0b100},
)


def test_bits_are_agents_by_name() -> None:
    """Bit 0 is the first by id, whatever the order in which the configuration has them."""
    roster = roster_of(ROUTING)

    assert roster.ids == ("ana", "beto", "carla")
    assert roster.names(0b101) == ["ana", "carla"]
    assert (roster.bit("beto"), roster.bit("nadie")) == (0b010, None)
    assert roster.agents["ana"] == {"skills": {"ventas": 8}, "site": "norte"}


def test_bits_beyond_the_roster_are_nobody() -> None:
    """A mask that is too wide is read as far as there are agents, and ends."""
    assert Roster("v", {"ana": {}}).names(0b1101) == ["ana"]


def test_a_roster_is_written_with_the_configuration_that_brings_it() -> None:
    """Before any offer of that version: both stand in one entry, or the offer in a later one."""
    assert applied([ConfigApplied("v7", 5)], {"v7": ROUTING}) == (roster_of(ROUTING),)
    assert applied([ConfigApplied("v8", 5)], {"v7": ROUTING}) == ()
    assert applied([], {"v7": ROUTING}) == ()


def test_the_stored_explanation_holds_no_names() -> None:
    """Ten thousand agents are some kilobytes of hexadecimal."""
    stored = json.loads(json.dumps(explanation_json(WHY)))

    assert stored["not_chosen"] == [
        {"reason": "talking", "mask": "2"},
        {"reason": "ventas 3 < 5", "mask": "4"},
    ]
    assert with_names(stored, roster_of(ROUTING))["not_chosen"] == [
        {"reason": "talking", "agents": ["beto"]},
        {"reason": "ventas 3 < 5", "agents": ["carla"]},
    ]
    assert with_names(stored, None)["not_chosen"][0] == {"reason": "talking", "agents": None}


def test_the_reason_against_one_agent_is_found_by_bit_or_by_name() -> None:
    """Explanations of before the rosters name the agents; both answer the same question."""
    stored, roster = explanation_json(WHY), roster_of(ROUTING)
    before = {"not_chosen": [{"reason": "talking", "agents": ["beto"]}]}

    assert reason_against(stored, roster, "carla") == "ventas 3 < 5"
    assert reason_against(stored, roster, "ana") is None
    assert reason_against(stored, roster, "nadie") is None
    assert reason_against(stored, None, "carla") is None
    assert reason_against(before, None, "beto") == "talking"


async def test_a_roster_is_kept_once(projection: Projection, history: History) -> None:
    """Told again, by a restart say, the first one stays."""
    other = Roster("v1", {"otra": {}})
    for seq, aside in enumerate((ROSTER, other), start=1):
        projection.put(seq, 5, (), (aside,))
    assert await projection.flush()

    assert await history.roster("v1") == ROSTER
    assert await history.roster("v9") is None


async def test_an_explanation_of_before_is_told_as_it_was(projection: Projection, history: History) -> None:
    """A database that has grown up with the product still answers for its first days."""
    for seq, at_ms, records, asides in call(0):
        projection.put(seq, at_ms, records, asides)
    assert await projection.flush()
    old = {"not_chosen": [{"reason": "talking", "agents": ["beto"]}], "rank": "idle longest"}
    async with projection.engine.begin() as connection:
        await connection.execute(text("UPDATE offer SET explanation = :old"), {"old": json.dumps(old)})
    found = await history.contact("c0")
    assert found is not None

    assert found["offers"][0]["explanation"] == old


async def test_offers_of_a_contact_on_the_line_can_be_asked_for(
    projection: Projection, history: History
) -> None:
    """An offer is written when it is announced, long before its contact is."""
    for seq, at_ms, records, asides in call(0)[:2]:
        projection.put(seq, at_ms, records, asides)
    assert await projection.flush()

    assert await history.contact("c0") is None
    (offer,) = await history.offers("c0")
    assert (offer["agent"], offer["result"]) == ("ana", None)
    assert offer["explanation"]["not_chosen"] == [{"reason": "talking", "mask": "2"}]
    assert list(await history.contacts_near("c00")) == ["c0"]
    assert list(await history.contacts_near("a")) == ["c0"]
