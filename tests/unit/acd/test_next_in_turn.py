"""Who is asked after the first: what the explanation announces is what happens."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from acd import events as ev
from acd.commands import OfferContact
from acd.model import AgentId, AgentRules, OfferEnd, Phase, PolicyRules, Presence, SignIn
from acd.records import OfferAnnounced
from tests.unit.acd.desk import ANA, C1, C2, SALES, SUPPORT, Desk, agent, queue, routing

pytestmark = pytest.mark.unit

VENTAS = queue("ventas", (SALES, 3))


def team(seed: int) -> tuple[AgentRules, ...]:
    """Eight agents of all levels; some could not serve the queue."""
    draw = random.Random(seed)
    return tuple(
        agent(f"a{n}", {SALES: draw.randrange(11), SUPPORT: draw.randrange(11)}, SignIn.COMMAND)
        for n in range(8)
    )


def full_house(policy: str, seed: int) -> Desk:
    """All are ready, since different moments; the queue leaves whoever declines alone for a while."""
    people = team(seed)
    desk = Desk(VENTAS, *people)
    choice = replace(routing(VENTAS, *people, version="v2"), policy=PolicyRules(policy))
    desk.happens(ev.ConfigPublished(choice))
    order = [one.id for one in people]
    random.Random(seed + 1).shuffle(order)
    for name in order:
        desk.sets(name, Presence.READY)
        desk.now_ms += 1_000
    return desk


@pytest.mark.parametrize("policy", ["fair", "smart", "tuned"])
@pytest.mark.parametrize("seed", range(12))
def test_the_runner_up_is_asked_next_if_nothing_else_changes(policy: str, seed: int) -> None:
    """All who could serve are asked, in the order that each offer announced; then nobody is left."""
    desk = full_house(policy, seed)
    desk.comes(C1)
    able = {one.id for one in team(seed) if one.skills[SALES] >= 3}
    asked: list[AgentId] = []
    announced: AgentId | None = None
    while desk.contact().phase is Phase.OFFERED:
        (said,) = desk.made(OfferAnnounced)
        assert not asked or said.agent_id == announced
        asked.append(said.agent_id)
        announced = said.explanation.runner_up
        desk.fails(OfferEnd.DECLINED)

    assert announced is None
    assert sorted(asked) == sorted(able)


@pytest.mark.parametrize("result", [OfferEnd.DECLINED, OfferEnd.NO_ANSWER, OfferEnd.BUSY])
def test_a_contact_that_was_refused_stays_first_in_its_line(result: OfferEnd) -> None:
    """The clock is kept: the next who can is for it, not for those who came later."""
    desk = Desk(VENTAS, agent("ana", {SALES: 5}), agent("beto", {SALES: 5}))
    desk.sets(AgentId("beto"), Presence.NOT_READY)
    desk.comes(C1)
    desk.comes(C2, after_ms=5_000)
    queued_ms = desk.contact(C1).queued_ms
    desk.fails(result)
    desk.sets(AgentId("beto"), Presence.READY)

    assert (desk.contact(C1).phase, desk.contact(C1).queued_ms) == (Phase.OFFERED, queued_ms)
    assert desk.contact(C2).phase is Phase.WAITING


@pytest.mark.parametrize("auto_answer", [True, False])
def test_a_phone_that_picks_up_by_itself_is_told_to(auto_answer: bool) -> None:
    """As the agent's rules say; everybody else's phone rings."""
    desk = Desk(VENTAS, replace(agent("ana", {SALES: 5}), auto_answer=auto_answer))
    desk.comes(C1)
    (command,) = (one for one in desk.commands if isinstance(one, OfferContact))

    assert (command.agent_id, command.auto_answer) == (ANA, auto_answer)
