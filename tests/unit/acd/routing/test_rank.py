from __future__ import annotations

import pytest

from acd.model import AgentId
from acd.routing.rank import longest_idle
from acd.state import Agent
from tests.unit.acd.desk import agent

pytestmark = pytest.mark.unit


def test_the_longest_idle_is_first_and_a_tie_goes_by_name() -> None:
    """Fair by time; the same choice under any order of the configuration and any hash seed."""
    people = [
        Agent(AgentId(name), agent(name), since_ms=0, idle_since_ms=since)
        for name, since in (("carla", 10), ("beto", 10), ("ana", 30))
    ]

    assert [one.id for one in sorted(people, key=longest_idle)] == ["beto", "carla", "ana"]
    assert min(reversed(people), key=longest_idle).id == "beto"
