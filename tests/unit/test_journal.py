"""The journal: what was written is what is read, whatever happened in between."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from acd import events as ev
from acd.engine import Engine
from acd.model import (
    AgentId,
    AgentRules,
    Channel,
    ContactId,
    QueueId,
    QueueRules,
    Routing,
    SkillId,
    SkillNeed,
)
from acd.records import Corrected
from centralita.store.journal import DAY_MS, Journal, JournalError, replay

pytestmark = pytest.mark.unit

QUEUE = QueueId("ventas")
ROUTING = Routing(
    "v1",
    {QUEUE: QueueRules(QUEUE, (SkillNeed(SkillId("ventas"), 3),))},
    {AgentId("ana"): AgentRules(AgentId("ana"), {SkillId("ventas"): 5})},
)
STORY: list[ev.Event] = [
    ev.ConfigPublished(ROUTING),
    ev.PhoneReachable(AgentId("ana"), reachable=True),
    ev.ContactStarted(ContactId("c1"), Channel("a", "1.1"), "900"),
    ev.ContactEnqueued(ContactId("c1"), QUEUE),
    ev.ContactStarted(ContactId("c2"), Channel("a", "1.2"), "900"),
    ev.ContactEnqueued(ContactId("c2"), QUEUE),
    ev.SwitchSnapshot(
        "a", "b", 1_006, (ev.CallerSeen(ContactId("c1"), Channel("a", "1.1")),), (), (AgentId("ana"),)
    ),
]


def write(journal: Journal, story: list[ev.Event], start_ms: int) -> Engine:
    engine = Engine()
    for step, event in enumerate(story):
        engine.handle(event, start_ms + step)
        journal.append(start_ms + step, event, engine.state)
    return engine


def test_the_engine_comes_back_exactly(tmp_path: Path) -> None:
    """After a kill, state, clocks and order are what they were, and seq goes on."""
    journal = Journal(tmp_path)
    journal.recover()
    before = write(journal, STORY, 1_000)
    journal.close()

    again = Journal(tmp_path)
    engine, records = replay(again.recover())

    assert engine.state == before.state
    assert again.seq == len(STORY)
    assert any(isinstance(r, Corrected) for _, _, batch in records for r in batch)


def test_a_new_day_begins_with_the_whole_state(tmp_path: Path) -> None:
    """The newest segment alone is enough to go on from."""
    journal = Journal(tmp_path)
    journal.recover()
    before = write(journal, STORY, DAY_MS * 100 - 3)
    journal.close()

    segments = sorted(tmp_path.glob("*.jsonl"))
    segments[0].unlink()
    engine, _ = replay(Journal(tmp_path).recover())

    assert len(segments) == 2
    assert engine.state == before.state


def test_a_torn_last_line_is_cut_off(tmp_path: Path) -> None:
    """Power lost in the middle of a write costs that one input, not the journal."""
    journal = Journal(tmp_path)
    journal.recover()
    write(journal, STORY, 1_000)
    journal.close()
    segment = next(tmp_path.glob("*.jsonl"))
    segment.write_bytes(segment.read_bytes()[:-7])

    again = Journal(tmp_path)
    recovered = again.recover()

    assert recovered.last_seq == len(STORY) - 1
    again.append(5_000, STORY[-1], replay(recovered)[0].state)
    again.close()
    assert Journal(tmp_path).recover().last_seq == len(STORY)


def test_damage_in_the_middle_says_where(tmp_path: Path) -> None:
    """What follows a damaged line cannot be trusted: the error names file and line."""
    journal = Journal(tmp_path)
    journal.recover()
    write(journal, STORY, 1_000)
    journal.close()
    segment = next(tmp_path.glob("*.jsonl"))
    lines = segment.read_bytes().split(b"\n")
    lines[2] = lines[2][:20] + b"X" + lines[2][21:]
    segment.write_bytes(b"\n".join(lines))

    with pytest.raises(JournalError, match=rf"{segment.name}:3"):
        Journal(tmp_path).recover()


def test_two_servers_never_share_a_journal(tmp_path: Path) -> None:
    """The second one is refused, with the folder's name."""
    first = Journal(tmp_path)
    with pytest.raises(JournalError, match="lock"):
        Journal(tmp_path)
    first.close()


def test_a_full_disk_is_said_and_does_not_raise(tmp_path: Path) -> None:
    """Calls go on without it; once the disk takes writes again, a new segment holds the whole state."""
    journal = Journal(tmp_path)
    journal.recover()
    engine = write(journal, STORY[:3], 1_000)
    os.dup2(os.open("/dev/full", os.O_WRONLY), journal._fd)
    engine.handle(STORY[3], 2_000)
    journal.append(2_000, STORY[3], engine.state)
    assert "space" in journal.failed

    engine.handle(STORY[4], 2_001)
    journal.append(2_001, STORY[4], engine.state)
    assert journal.failed == ""
    journal.close()
    assert replay(Journal(tmp_path).recover())[0].state == engine.state
