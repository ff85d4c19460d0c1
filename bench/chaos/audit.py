"""
Where the three accounts of the same calls disagree, or agree on something bad.

Pure: `audit(accounts, limits)` gives the violations, in the order of the promises below.
"""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from bench.chaos.accounts import Accounts, AgentStory, CallerStory, ServerStory


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of what is still all right. Milliseconds."""

    talk_difference_ms: int = 1000
    rung_after_end_ms: int = 1000
    same_time_ms: int = 250
    """Callers who arrive or are rung within this of each other may change places."""
    overlap_ms: int = 100
    music_gap_ms: int = 2500
    """Longest silence in the ear of a caller."""
    talk_gap_ms: int = 400
    """Longest silence in the ear of a caller who is talking to an agent."""


@dataclass(frozen=True, slots=True)
class Violation:
    promise: str
    who: str
    what: str


def audit(accounts: Accounts, limits: Limits | None = None) -> list[Violation]:
    """Every violation; empty means that all three accounts tell the same good story."""
    allowed = limits or Limits()
    return [
        *_nobody_lost(accounts),
        *_one_record_each(accounts),
        *_switch_agrees(accounts, allowed),
        *_nobody_thrown_out(accounts, allowed),
        *_one_call_per_agent(accounts, allowed),
        *_no_bell_for_the_dead(accounts, allowed),
        *_first_come_first_served(accounts, allowed),
        *_talk_times_agree(accounts, allowed),
        *_always_something_to_hear(accounts, allowed),
    ]


def _nobody_lost(accounts: Accounts) -> Iterator[Violation]:
    for caller in accounts.callers:
        if caller.up_ms is None:
            yield Violation("nobody is lost", caller.number, "dialled and was never answered")


def _one_record_each(accounts: Accounts) -> Iterator[Violation]:
    records = Counter(story.number for story in accounts.server)
    numbers = {caller.number for caller in accounts.callers}
    for caller in accounts.callers:
        over = caller.up_ms is not None and caller.ended_ms is not None
        if over and records[caller.number] != 1:
            yield Violation("one record each", caller.number, f"{records[caller.number]} records")
    for number in sorted(set(records) - numbers):
        yield Violation("one record each", number or "(no number)", "a record of somebody who never called")


def _switch_agrees(accounts: Accounts, limits: Limits) -> Iterator[Violation]:
    channels = defaultdict(list)
    for story in accounts.switch:
        channels[story.number].append(story)
    for caller in accounts.callers:
        if caller.up_ms is None:
            continue
        if len(channels[caller.number]) != 1:
            found = len(channels[caller.number])
            yield Violation("the switch agrees", caller.number, f"{found} channels for one call")
            continue
        ended_ms = channels[caller.number][0].ended_ms
        if (ended_ms is None) != (caller.ended_ms is None):
            yield Violation("the switch agrees", caller.number, f"ended {caller.ended_ms}, switch {ended_ms}")
        elif ended_ms and caller.ended_ms and abs(ended_ms - caller.ended_ms) > limits.talk_difference_ms:
            yield Violation("the switch agrees", caller.number, f"ends {ended_ms - caller.ended_ms} ms apart")


def _nobody_thrown_out(accounts: Accounts, limits: Limits) -> Iterator[Violation]:
    talks = _by_number(story for story in accounts.agents if story.up_ms is not None)
    ends = {caller.number: caller.ended_ms for caller in accounts.callers}
    for caller in accounts.callers:
        if caller.thrown_out and not talks[caller.number]:
            yield Violation("nobody is thrown out", caller.number, "received BYE without having been served")
    for story in accounts.agents:
        if story.up_ms is None or story.hung_up or story.ended_ms is None:
            continue
        caller_end_ms = ends.get(story.number)
        if caller_end_ms is None or caller_end_ms > story.ended_ms + limits.talk_difference_ms:
            yield Violation("no talk is cut", story.number, f"{story.agent} was cut off from a live caller")


def _one_call_per_agent(accounts: Accounts, limits: Limits) -> Iterator[Violation]:
    by_agent = defaultdict(list)
    for story in accounts.agents:
        by_agent[story.agent].append(story)
    for agent, stories in by_agent.items():
        stories.sort(key=lambda story: story.invited_ms)
        for before, after in itertools.pairwise(stories):
            until_ms = before.ended_ms
            if until_ms is None or until_ms > after.invited_ms + limits.overlap_ms:
                text = f"rung for {after.number} while still with {before.number}"
                yield Violation("one call per agent", agent, text)


def _no_bell_for_the_dead(accounts: Accounts, limits: Limits) -> Iterator[Violation]:
    ends = {caller.number: caller.ended_ms for caller in accounts.callers}
    for story in accounts.agents:
        gone_ms = ends.get(story.number)
        if gone_ms is None:
            continue
        rang_until_ms = story.up_ms or story.ended_ms
        if rang_until_ms is None or rang_until_ms - gone_ms > limits.rung_after_end_ms:
            late = "for ever" if rang_until_ms is None else f"{rang_until_ms - gone_ms} ms"
            yield Violation("no bell for the dead", story.agent, f"rung {late} after {story.number} was gone")


def _first_come_first_served(accounts: Accounts, limits: Limits) -> Iterator[Violation]:
    queue_of = {story.number: story.queue for story in accounts.server}
    first_rung: dict[str, int] = {}
    for story in sorted(accounts.agents, key=lambda story: story.invited_ms):
        first_rung.setdefault(story.number, story.invited_ms)
    served = [c for c in accounts.callers if c.up_ms is not None and c.number in first_rung]
    latest: dict[str, CallerStory] = {}
    for caller in sorted(served, key=lambda caller: caller.up_ms or 0):
        queue = queue_of.get(caller.number, "")
        before = latest.get(queue)
        if before is not None and _jumped(before, caller, first_rung, limits):
            text = f"arrived after {before.number} and was rung before, queue {queue}"
            yield Violation("first come, first served", caller.number, text)
        if before is None or first_rung[caller.number] > first_rung[before.number]:
            latest[queue] = caller


def _jumped(before: CallerStory, after: CallerStory, rung: dict[str, int], limits: Limits) -> bool:
    apart_ms = (after.up_ms or 0) - (before.up_ms or 0)
    gained_ms = rung[before.number] - rung[after.number]
    return apart_ms > limits.same_time_ms and gained_ms > limits.same_time_ms


def _talk_times_agree(accounts: Accounts, limits: Limits) -> Iterator[Violation]:
    talked = _by_number(accounts.agents)
    switch = {story.number: story.talk_ms for story in accounts.switch}
    for story in accounts.server:
        seen_ms = sum(_talk_ms(call) for call in talked[story.number])
        for whose, other_ms in (("telephones", seen_ms), ("switch", switch.get(story.number, 0))):
            if abs(story.talk_ms - other_ms) > limits.talk_difference_ms:
                text = f"record says {story.talk_ms} ms of talk, {whose} {other_ms} ms"
                yield Violation("talk times agree", story.number, text)


def _always_something_to_hear(accounts: Accounts, limits: Limits) -> Iterator[Violation]:
    talks = _by_number(story for story in accounts.agents if story.up_ms is not None)
    for caller in accounts.callers:
        for gap in caller.gaps:
            talking = any(_within(gap.start_ms, story) for story in talks[caller.number])
            allowed_ms = limits.talk_gap_ms if talking else limits.music_gap_ms
            if gap.ms > allowed_ms:
                text = f"{gap.ms} ms of silence while {'talking' if talking else 'waiting'}"
                yield Violation("always something to hear", caller.number, text)


def _within(at_ms: int, story: AgentStory) -> bool:
    # The first and last moments of a talk belong to the change from and to music.
    began_ms, ended_ms = story.up_ms or 0, story.ended_ms or at_ms + 1000
    return began_ms + 200 <= at_ms < ended_ms - 200


def _talk_ms(story: AgentStory) -> int:
    return 0 if story.up_ms is None or story.ended_ms is None else story.ended_ms - story.up_ms


def _by_number(stories: Iterable[AgentStory]) -> defaultdict[str, list[AgentStory]]:
    found: defaultdict[str, list[AgentStory]] = defaultdict(list)
    for story in stories:
        found[story.number].append(story)
    return found


def table(accounts: Accounts) -> list[str]:
    """One line per caller: what each account says."""
    agents = _by_number(accounts.agents)
    server: dict[str, list[ServerStory]] = defaultdict(list)
    for story in accounts.server:
        server[story.number].append(story)
    switch = {story.number: story for story in accounts.switch}
    heads = f"{'caller':<14}{'up':>5}{'end':>8}{'gap ms':>8}{'offers':>7}"
    lines = [f"{heads}{'talk ms: tel':>13}{'switch':>8}{'record':>8}  record"]
    for caller in accounts.callers:
        offers, records = agents[caller.number], server[caller.number]
        end = "-" if caller.ended_ms is None else ("far" if caller.thrown_out else "own")
        told = switch.get(caller.number)
        lines.append(
            f"{caller.number:<14}{'yes' if caller.up_ms else 'NO':>5}{end:>8}{caller.longest_gap_ms:>8}"
            f"{len(offers):>7}{sum(_talk_ms(o) for o in offers):>13}{told.talk_ms if told else '-':>8}"
            f"{sum(r.talk_ms for r in records):>8}  {', '.join(r.outcome for r in records) or '(none)'}"
        )
    return lines
