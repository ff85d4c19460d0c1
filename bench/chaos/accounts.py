"""The three accounts of the same calls, in the same words. All times are UTC milliseconds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bench.chaos.rtp import Gap
from bench.chaos.switch_log import SwitchLog
from tests.support.sipp import SippCall


@dataclass(frozen=True, slots=True)
class CallerStory:
    """What one caller's telephone saw."""

    number: str
    up_ms: int | None
    ended_ms: int | None
    thrown_out: bool
    """The far side hung up."""
    gaps: Sequence[Gap] = ()
    """Stretches without audio while the call was up."""

    @property
    def longest_gap_ms(self) -> int:
        return max((gap.ms for gap in self.gaps), default=0)


@dataclass(frozen=True, slots=True)
class AgentStory:
    """What an agent's telephone saw of one offer."""

    agent: str
    number: str
    contact: str
    invited_ms: int
    up_ms: int | None
    ended_ms: int | None
    """End of the talk, or of the ringing; None: it still goes on."""
    hung_up: bool
    """The agent ended the talk."""


@dataclass(frozen=True, slots=True)
class SwitchStory:
    """What Asterisk says of one caller's channel."""

    number: str
    uniqueid: str
    began_ms: int
    ended_ms: int | None
    talk_ms: int
    """In a bridge with somebody else, all talks together."""


@dataclass(frozen=True, slots=True)
class ServerStory:
    """One record of the server."""

    number: str
    contact: str
    queue: str
    outcome: str
    queued_ms: int | None
    answered_ms: int | None
    ended_ms: int
    talk_ms: int


@dataclass(frozen=True, slots=True)
class Accounts:
    callers: Sequence[CallerStory]
    agents: Sequence[AgentStory]
    switch: Sequence[SwitchStory]
    server: Sequence[ServerStory]


def caller_story(call: SippCall) -> CallerStory:
    ends = [at for what in ("bye_in", "bye_out", "refused") if (at := call.at(what)) is not None]
    return CallerStory(call.number, call.at("up"), min(ends, default=None), "bye_in" in call.moments)


def agent_story(call: SippCall) -> AgentStory:
    ends = [at for what in ("bye_in", "bye_out", "cancelled", "refused") if (at := call.at(what)) is not None]
    return AgentStory(
        agent=call.facts.get("user", ""),
        number=call.number,
        contact=call.facts.get("contact", ""),
        invited_ms=call.moments["invited"],
        up_ms=call.at("up"),
        ended_ms=min(ends, default=None),
        hung_up="bye_out" in call.moments,
    )


def switch_stories(log: SwitchLog, numbers: Sequence[str], dialled: str) -> list[SwitchStory]:
    """The channels on which these numbers dialled `dialled`."""
    wanted = set(numbers)
    talks = log.talks_ms()
    return [
        SwitchStory(
            channel.number, channel.uniqueid, channel.began_ms, channel.ended_ms, talks[channel.uniqueid]
        )
        for channel in log.channels()
        if channel.number in wanted and channel.exten == dialled
    ]


def server_story(row: Mapping[str, Any]) -> ServerStory:
    """A row of `GET /api/contacts`."""
    return ServerStory(
        number=str(row.get("number") or row.get("shown") or ""),
        contact=str(row["id"]),
        queue=str(row["queue"] or ""),
        outcome=str(row["outcome"]),
        queued_ms=row["queued_ms"],
        answered_ms=row["answered_ms"],
        ended_ms=int(row["ended_ms"]),
        talk_ms=int(row["talk_ms"]),
    )
