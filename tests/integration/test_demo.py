"""`make demo`: a company at work that a newcomer can watch without a telephone."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import phonenumbers
import pytest

from centralita.demo.people import ERRANDS, PEOPLE
from config.loader import example, load
from tests.support.centre import Centre
from tests.support.polling import eventually

pytestmark = pytest.mark.integration


async def test_callers_come_and_agents_answer_by_themselves(tmp_path: Path) -> None:
    """Within a minute every agent is registered, somebody talks, and customers of the company have called."""
    async with Centre.running(tmp_path / "home", command="demo") as centre:
        events = centre.events()
        agents = load(example()).config.agents

        async def all_there() -> bool:
            live = await centre.http_get("/api/live")
            return {agent["id"] for agent in live["agents"] if agent["reachable"]} == set(agents)

        await eventually(all_there, 30, "all agents are registered", every_s=0.5)
        connected = await events.first("segment.connected", within_s=60)
        pop = await events.first(
            "offer.announced",
            lambda data: data["offer_id"] == connected["data"]["offer_id"],
            within_s=5,
        )
        assert pop["seq"] < connected["seq"]

        async def a_customer() -> bool:
            live = await centre.http_get("/api/live")
            return any(contact["segment"] for contact in live["contacts"])

        await eventually(a_customer, 60, "a customer of the company calls", every_s=0.5)


@pytest.mark.timeout(420)
@pytest.mark.long
async def test_agents_hold_and_ask_each_other(tmp_path: Path) -> None:
    """They do with calls what people do, and nothing in any log is an error."""
    async with Centre.running(tmp_path / "home", command="demo") as centre:
        events = centre.events()
        for kind in ("segment.held", "segment.retrieved", "consult.started", "consult.connected"):
            await events.first(kind, within_s=300)
        lines = [
            json.loads(line)
            for file in sorted((centre.home / "log").glob("*.log"))
            for line in file.read_text("utf-8").splitlines()
            if line.startswith("{")
        ]
    assert lines
    # The server may be there before the switch is.
    bad = [line for line in lines if line["level"] in ("error", "critical") and line["event"] != "ami.down"]
    assert not bad


def test_the_people_of_the_demonstration_fit_the_example() -> None:
    """Their keys lead somewhere, their numbers are numbers, and their segments are configured."""
    centre = load(example()).config
    flow = centre.flows[centre.entry["900"].flow or ""]
    for errand in ERRANDS:
        assert _leads_to_queue(flow.nodes, flow.start, list(errand.keys)), errand
        assert errand.lang in centre.languages
    assert {person.segment for person in PEOPLE if person.segment} <= set(centre.segments)
    assert all(phonenumbers.is_valid_number(phonenumbers.parse(person.number)) for person in PEOPLE)
    assert max(Counter(person.number for person in PEOPLE).values()) == 1


def _leads_to_queue(nodes: Mapping[str, object], start: str, keys: list[str]) -> bool:
    """Whether these keys, one a menu, bring a caller to a queue."""
    name: str | None = start
    while name is not None:
        node = nodes[name]
        if hasattr(node, "enqueue"):
            return not keys
        if hasattr(node, "keypad"):  # the callers of the demonstration have keys and nobody listens to them
            name = node.keypad
        elif hasattr(node, "keys"):
            name = node.keys.get(keys.pop(0)) if keys else None
        else:
            name = getattr(node, "next", None)
    return False
