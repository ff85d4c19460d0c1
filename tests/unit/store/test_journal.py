"""The journal: what was written is what is read, whatever happened in between."""

from __future__ import annotations

import os
import stat
import zlib
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
from centralita.store import journal as journal_module
from centralita.store.journal import DAY_MS, KEEP_DAYS, Journal, JournalError, replay

pytestmark = pytest.mark.unit

WALL_MS = 500
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
    journal.recover(WALL_MS)
    before = write(journal, STORY, 1_000)
    journal.close()

    again = Journal(tmp_path)
    engine, records = replay(again.recover(WALL_MS))

    assert engine.state == before.state
    assert again.seq == WALL_MS + len(STORY)
    assert any(isinstance(r, Corrected) for _, _, batch in records for r in batch)


def test_a_new_day_begins_with_the_whole_state(tmp_path: Path) -> None:
    """The newest segment alone is enough to go on from."""
    journal = Journal(tmp_path)
    journal.recover(WALL_MS)
    before = write(journal, STORY, DAY_MS * 100 - 3)
    journal.close()

    segments = sorted(tmp_path.glob("*.jsonl"))
    segments[0].unlink()
    engine, _ = replay(Journal(tmp_path).recover(WALL_MS))

    assert len(segments) == 2
    assert engine.state == before.state


def test_a_torn_last_line_is_cut_off(tmp_path: Path) -> None:
    """Power lost in the middle of a write costs that one input, not the journal."""
    journal = Journal(tmp_path)
    journal.recover(WALL_MS)
    write(journal, STORY, 1_000)
    journal.close()
    segment = next(tmp_path.glob("*.jsonl"))
    segment.write_bytes(segment.read_bytes()[:-7])

    again = Journal(tmp_path)
    recovered = again.recover(WALL_MS)

    assert recovered.last_seq == WALL_MS + len(STORY) - 1
    again.append(5_000, STORY[-1], replay(recovered)[0].state)
    again.close()
    assert Journal(tmp_path).recover(WALL_MS).last_seq == WALL_MS + len(STORY)


def test_damage_costs_what_follows_it_and_never_the_start(tmp_path: Path) -> None:
    """Up to the damaged line all is used; the file is set aside and numbering goes on ahead of it."""
    journal = Journal(tmp_path)
    journal.recover(WALL_MS)
    write(journal, STORY, 1_000)
    journal.close()
    segment = next(tmp_path.glob("*.jsonl"))
    lines = segment.read_bytes().split(b"\n")
    lines[4] = lines[4][:20] + b"X" + lines[4][21:]
    segment.write_bytes(b"\n".join(lines))

    again = Journal(tmp_path)
    recovered = again.recover(wall_ms=9_000)
    engine, _ = replay(recovered)

    assert [entry.seq for entry in recovered.entries] == [WALL_MS + 2, WALL_MS + 3, WALL_MS + 4]
    assert segment.with_suffix(".damaged").exists()
    assert again.append(2_000, STORY[3], engine.state) == 9_001
    again.close()
    assert Journal(tmp_path).recover(WALL_MS).last_seq == 9_001


def test_killed_at_midnight(tmp_path: Path) -> None:
    """A new day's segment without a whole head: the day before is whole, and gone on with."""
    journal = Journal(tmp_path)
    journal.recover(WALL_MS)
    before = write(journal, STORY, 1_000)
    journal.close()
    (tmp_path / "9999999999999999.jsonl").write_bytes(b'0badc0de {"s": 9999')

    assert replay(Journal(tmp_path).recover(WALL_MS))[0].state == before.state


def test_another_engines_journal_is_set_aside(tmp_path: Path) -> None:
    """What this engine cannot replay does not keep it from starting."""
    (tmp_path / "0000000000000007.jsonl").write_bytes(b"")
    foreign = b'{"s":9,"v":"0.other","state":{}}'
    (tmp_path / "0000000000000009.jsonl").write_bytes(b"%08x %s\n" % (zlib.crc32(foreign), foreign))

    journal = Journal(tmp_path)

    assert journal.recover(WALL_MS).state is None
    assert (tmp_path / "0000000000000009.damaged").exists()
    assert journal.seq == WALL_MS


def test_a_full_disk_deletes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Segments that cannot be written push no good one out."""
    journal = Journal(tmp_path)
    journal.recover(WALL_MS)
    engine = write(journal, STORY, 1_000)
    good = next(tmp_path.glob("*.jsonl"))
    monkeypatch.setattr(os, "write", _disk_full)
    for step in range(40):
        journal.append(3_000 + step, STORY[1], engine.state)
    assert journal.failed
    assert list(tmp_path.glob("*.jsonl")) == [good]


def test_a_disk_that_refuses_is_tried_once_a_second(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The whole state is not written anew for every input; when there is room again, nothing is missing."""
    journal = Journal(tmp_path)
    journal.recover(WALL_MS)
    engine = write(journal, STORY[:3], 1_000)
    tried: list[int] = []

    def refuse(fd: int, data: bytes) -> int:
        tried.append(len(data))
        return _disk_full(fd, data)

    with monkeypatch.context() as full:
        full.setattr(os, "write", refuse)
        for now_ms in range(2_000, 5_000, 10):
            journal.append(now_ms, STORY[3], engine.state)
    engine.handle(STORY[3], 6_000)
    journal.append(6_000, STORY[3], engine.state)
    journal.close()

    assert len(tried) == 6, "at 2, 3 and 4 s: the input, then the whole state"
    assert journal.failed == ""
    assert replay(Journal(tmp_path).recover(WALL_MS))[0].state == engine.state


def test_numbers_that_the_database_may_have_seen_are_not_given_twice(tmp_path: Path) -> None:
    """Lines lost with the power may be rows already: after the restart numbers go on ahead of them."""
    journal = Journal(tmp_path)
    journal.recover(WALL_MS)
    engine = write(journal, STORY, 1_000)
    journal.close()

    again = Journal(tmp_path)
    again.recover(wall_ms=9_000)
    assert again.append(2_000, STORY[3], engine.state) == 9_001
    again.close()
    assert Journal(tmp_path).recover(WALL_MS).last_seq == 9_001


def test_a_segment_is_kept_for_its_days_and_then_goes(tmp_path: Path) -> None:
    """Enough to look into last week's incident, and no more than was promised."""
    today = 20_000
    journal = Journal(tmp_path)
    journal.recover(WALL_MS)
    ages = (KEEP_DAYS + 9, KEEP_DAYS + 1, KEEP_DAYS - 1, 1)
    for age in ages:
        write(journal, STORY[:1], DAY_MS * (today - age))
    segments = sorted(tmp_path.glob("*.jsonl"))
    for age, segment in zip(ages, segments, strict=True):
        os.utime(segment, (0, (today - age) * 86_400))

    write(journal, STORY[:1], DAY_MS * today)

    assert sorted(tmp_path.glob("*.jsonl"))[:-1] == segments[2:]


def test_a_start_reads_across_the_border_of_two_segments(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A segment ends in the middle of a busy day: what led to it is told again, for the database's sake."""
    monkeypatch.setattr(journal_module, "SEGMENT_MAX", 3)
    journal = Journal(tmp_path)
    journal.recover(WALL_MS)
    before = write(journal, STORY, 1_000)
    journal.close()
    assert len(list(tmp_path.glob("*.jsonl"))) == 3

    recovered = Journal(tmp_path).recover(WALL_MS)
    engine, records = replay(recovered)

    assert [seq for seq, _, _ in records] == [WALL_MS + n for n in (5, 6, 7)]
    assert recovered.last_seq == WALL_MS + len(STORY)
    assert engine.state == before.state


def test_what_is_written_is_in_the_file_before_append_returns(tmp_path: Path) -> None:
    """write(2), not a buffer of ours: a kill -9 right after it loses nothing. Nobody else may read it."""
    journal = Journal(tmp_path)
    journal.recover(WALL_MS)
    for step in range(1, len(STORY) + 1):
        write(journal, STORY[step - 1 : step], 1_000 + step)
        (segment,) = tmp_path.glob("*.jsonl")
        assert segment.read_bytes().count(b"\n") == step

    assert stat.S_IMODE(segment.stat().st_mode) == 0o600


def test_the_journal_says_nothing_about_who_is_calling(tmp_path: Path) -> None:
    """Contact ids and facts only: a person can be erased without touching what happened."""
    journal = Journal(tmp_path)
    journal.recover(WALL_MS)
    write(journal, STORY, 1_000)
    journal.close()
    text = next(tmp_path.glob("*.jsonl")).read_text(encoding="utf-8")

    assert "c1" in text
    for word in ('"number"', "callerid", "+34"):
        assert word not in text


def _disk_full(_fd: int, _data: bytes) -> int:
    raise OSError(28, "No space left on device")


def test_two_servers_never_share_a_journal(tmp_path: Path) -> None:
    """The second one is refused, with the folder's name."""
    first = Journal(tmp_path)
    with pytest.raises(JournalError, match="lock"):
        Journal(tmp_path)
    first.close()


def test_a_full_disk_is_said_and_does_not_raise(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Calls go on without it; once the disk takes writes again, a new segment holds the whole state."""
    journal = Journal(tmp_path)
    journal.recover(WALL_MS)
    engine = write(journal, STORY[:3], 1_000)
    with monkeypatch.context() as full:
        full.setattr(os, "write", _disk_full)
        engine.handle(STORY[3], 2_000)
        journal.append(2_000, STORY[3], engine.state)
    assert "space" in journal.failed
    assert "disco" in journal.why

    engine.handle(STORY[4], 3_001)
    journal.append(3_001, STORY[4], engine.state)
    assert journal.failed == journal.why == ""
    journal.close()
    assert replay(Journal(tmp_path).recover(WALL_MS))[0].state == engine.state
