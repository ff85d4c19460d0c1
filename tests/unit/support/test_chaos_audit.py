"""The auditor finds every lie: one good story, and one test for each way to spoil it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from bench.chaos.accounts import Accounts, AgentStory, CallerStory, ServerStory, SwitchStory
from bench.chaos.audit import Violation, audit, table
from bench.chaos.rtp import Ear, Gap
from bench.chaos.switch_log import SwitchEvent, SwitchLog, parse

pytestmark = pytest.mark.unit

ANN, BOB = "+34600000001", "+34600000002"


def good() -> Accounts:
    """Ann and Bob wait for the same queue and are served one after the other by ana."""
    return Accounts(
        callers=[CallerStory(ANN, 1_000, 15_010, True), CallerStory(BOB, 2_000, 27_010, True)],
        agents=[
            AgentStory("ana", ANN, "c1", 4_000, 5_000, 15_000, True),
            AgentStory("ana", BOB, "c2", 16_000, 17_000, 27_000, True),
        ],
        switch=[
            SwitchStory(ANN, "u1", 990, 15_020, 10_010),
            SwitchStory(BOB, "u2", 1_990, 27_020, 10_005),
        ],
        server=[
            ServerStory(ANN, "c1", "general", "answered", 1_050, 5_010, 15_020, 10_000),
            ServerStory(BOB, "c2", "general", "answered", 2_050, 17_010, 27_020, 10_000),
        ],
    )


def promises(violations: list[Violation]) -> set[str]:
    return {violation.promise for violation in violations}


def test_a_good_story_has_no_violation() -> None:
    """Small differences between three honest clocks are not lies."""
    assert audit(good()) == []


Spoil = Callable[[Accounts], Accounts]


def caller(index: int, **changes: object) -> Spoil:
    def spoil(a: Accounts) -> Accounts:
        callers = list(a.callers)
        callers[index] = replace(callers[index], **changes)  # type: ignore[arg-type]
        return replace(a, callers=callers)

    return spoil


def agent(index: int, **changes: object) -> Spoil:
    def spoil(a: Accounts) -> Accounts:
        agents = list(a.agents)
        agents[index] = replace(agents[index], **changes)  # type: ignore[arg-type]
        return replace(a, agents=agents)

    return spoil


@pytest.mark.parametrize(
    ("spoil", "promise"),
    [
        pytest.param(caller(0, up_ms=None, ended_ms=None), "nobody is lost", id="never answered"),
        pytest.param(lambda a: replace(a, server=a.server[1:]), "one record each", id="no record"),
        pytest.param(
            lambda a: replace(a, server=[*a.server, a.server[0]]), "one record each", id="two records"
        ),
        pytest.param(
            lambda a: replace(a, server=[*a.server, replace(a.server[0], number="+34")]),
            "one record each",
            id="record of nobody",
        ),
        pytest.param(lambda a: replace(a, switch=a.switch[1:]), "the switch agrees", id="no channel"),
        pytest.param(
            lambda a: replace(a, switch=[replace(a.switch[0], ended_ms=None), a.switch[1]]),
            "the switch agrees",
            id="channel left behind",
        ),
        pytest.param(
            lambda a: replace(a, agents=a.agents[1:]), "nobody is thrown out", id="thrown out unserved"
        ),
        pytest.param(agent(0, hung_up=False, ended_ms=9_000), "no talk is cut", id="talk cut"),
        pytest.param(agent(1, invited_ms=14_000), "one call per agent", id="rung while talking"),
        pytest.param(agent(0, ended_ms=None), "one call per agent", id="talk without end"),
        pytest.param(caller(1, ended_ms=10_000), "no bell for the dead", id="rung after the end"),
        pytest.param(
            agent(0, invited_ms=16_500, up_ms=17_100), "first come, first served", id="jumped the queue"
        ),
        pytest.param(
            lambda a: replace(a, server=[replace(a.server[0], talk_ms=2_000), a.server[1]]),
            "talk times agree",
            id="record of a shorter talk",
        ),
        pytest.param(caller(0, gaps=[Gap(7_000, 900)]), "always something to hear", id="silence in the talk"),
        pytest.param(
            caller(0, gaps=[Gap(1_200, 3_000)]), "always something to hear", id="silence while waiting"
        ),
    ],
)
def test_each_broken_promise_is_found(spoil: Spoil, promise: str) -> None:
    """What is spoilt is among the violations, by the name of its promise."""
    assert promise in promises(audit(spoil(good())))


def test_a_short_silence_while_waiting_is_allowed() -> None:
    """Between two pieces of music a waiting caller may hear a second of nothing."""
    assert audit(caller(0, gaps=[Gap(1_200, 1_000)])(good())) == []


def test_the_table_has_a_line_for_each_caller() -> None:
    """Whatever happened to a caller, there is a line about it."""
    lines = table(replace(good(), server=[]))

    assert len(lines) == 3
    assert "(none)" in lines[1]


def bridge(at_ms: int, name: str, channel: str) -> SwitchEvent:
    return SwitchEvent(at_ms, {"Event": name, "BridgeUniqueid": "b", "Uniqueid": channel})


def test_talk_is_time_in_company() -> None:
    """Alone in a bridge is not talk: it counts from the second one in to the first one out."""
    log = SwitchLog()
    log.events = [
        bridge(1_000, "BridgeEnter", "caller"),
        bridge(3_000, "BridgeEnter", "agent"),
        bridge(8_000, "BridgeLeave", "agent"),
        bridge(9_000, "BridgeLeave", "caller"),
    ]

    assert (log.talks_ms()["caller"], log.talks_ms()["agent"]) == (5_000, 5_000)


def test_an_ami_message_is_read() -> None:
    """Fields are split at the first colon and space, so that values may hold more of them."""
    assert parse(b"Event: Hangup\r\nCause-txt: Normal: Clearing\r\nUniqueid: 1.2\r\n\r\n") == {
        "Event": "Hangup",
        "Cause-txt": "Normal: Clearing",
        "Uniqueid": "1.2",
    }


def test_an_ear_notices_gaps_at_both_ends() -> None:
    """Audio that began late, or stopped before the call did, is a gap too."""
    ear = Ear(first_ms=1_500, last_ms=5_000, packets=1, gaps=[Gap(2_000, 300)])

    assert ear.gaps_between(1_450, 5_100) == [Gap(2_000, 300)]
    assert ear.gaps_between(1_000, 6_000) == [Gap(2_000, 300), Gap(1_000, 500), Gap(5_000, 1_000)]


def test_an_ear_that_never_heard_anything_is_one_long_gap() -> None:
    """No packet at all must not pass for no gap at all."""
    assert Ear().gaps_between(1_000, 9_000) == [Gap(1_000, 8_000)]
