"""The same decision once more, from the journal: equal, different, or honestly impossible."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from acd import events as ev
from acd.engine import VERSION, Engine
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
from acd.records import OfferAnnounced
from centralita.explain.rerun import rerun
from centralita.store import journal as journal_module
from centralita.store.explanations import explanation_json
from centralita.store.journal import DAY_MS, FORMAT, Journal

pytestmark = pytest.mark.unit

QUEUE = QueueId("ventas")
ROUTING = Routing(
    "v1",
    {QUEUE: QueueRules(QUEUE, (SkillNeed(SkillId("ventas"), 3),))},
    {AgentId(name): AgentRules(AgentId(name), {SkillId("ventas"): 5}) for name in ("ana", "beto")},
)
STORY: list[ev.Event] = [
    ev.ConfigPublished(ROUTING),
    ev.PhoneReachable(AgentId("ana"), reachable=True),
    ev.ContactStarted(ContactId("c1"), Channel("a", "1.1"), "900"),
    ev.ContactEnqueued(ContactId("c1"), QUEUE),
]


def offered(folder: Path, start_ms: int = DAY_MS * 100) -> dict[str, Any]:
    """A journal in which Ana is offered a contact; returns that offer as the database keeps it."""
    journal, engine = Journal(folder), Engine()
    journal.recover(500)
    found: dict[str, Any] = {}
    for step, event in enumerate((ev.EngineStarted(VERSION), *STORY)):
        decision = engine.handle(event, start_ms + step)
        seq = journal.append(start_ms + step, event, engine.state)
        for record in decision.records:
            if isinstance(record, OfferAnnounced):
                stored = json.loads(json.dumps(explanation_json(record.explanation)))
                found = {
                    "id": record.offer_id,
                    "agent": record.agent_id,
                    "journal_seq": seq,
                    "explanation": stored,
                }
    journal.close()
    return found


def test_the_same_engine_decides_the_same(tmp_path: Path) -> None:
    """Within one engine version a re-run is promised to be equal, and says so."""
    found = rerun(tmp_path, offered(tmp_path))

    assert (found.done, found.same, found.engine_then, found.engine_now) == (True, True, VERSION, VERSION)
    assert found.text("es") == (
        f"  Repetición: motor {VERSION} entonces, {VERSION} ahora\n  Igual que lo guardado."
    )


def test_what_differs_is_named(tmp_path: Path) -> None:
    """Stored and re-run side by side, field by field."""
    offer = offered(tmp_path)
    offer["agent"], offer["explanation"]["rank"] = "beto", "by hand"
    found = rerun(tmp_path, offer)

    assert (found.done, found.same) == (True, False)
    assert [(d.field, d.stored) for d in found.differences] == [("agent", "beto"), ("rank", "by hand")]
    assert '    agent: stored "beto"; now "ana"' in found.text("en").splitlines()


def test_an_offer_that_today_is_not_made_is_a_difference(tmp_path: Path) -> None:
    """The entry is there, but nothing of that name comes out of it."""
    found = rerun(tmp_path, offered(tmp_path) | {"id": "c1-o9"})

    assert (found.done, found.same, found.differences[0].field) == (True, False, "agent")


def test_another_format_cannot_be_promised(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An engine of another version wrote it: which one, and why nothing can be promised."""
    with monkeypatch.context() as then:
        then.setattr(journal_module, "FORMAT", "1.deadbeef")
        offer = offered(tmp_path)
    found = rerun(tmp_path, offer)

    assert (found.done, found.engine_then) == (False, "1")
    assert "1.deadbeef" in found.why.es
    assert FORMAT in found.why.en


def test_what_the_journal_no_longer_holds_is_said(tmp_path: Path) -> None:
    """Older than the oldest segment, or an entry that a full disk did not take."""
    offer = offered(tmp_path)
    older, missing = offer | {"journal_seq": 3}, offer | {"journal_seq": offer["journal_seq"] + 999}

    assert "30 días" in rerun(tmp_path, older).why.es
    assert "missing" in rerun(tmp_path, missing).why.en
    assert rerun(tmp_path / "nowhere", offer).done is False


def test_a_damaged_segment_is_said(tmp_path: Path) -> None:
    """Not a stack trace."""
    offer = offered(tmp_path)
    for segment in tmp_path.glob("*.jsonl"):
        segment.write_bytes(b"not a journal\n")

    assert "dañado" in rerun(tmp_path, offer).why.es


def test_a_journal_that_is_being_written_is_left_alone(tmp_path: Path) -> None:
    """The server may be half way through its last line: reading never cuts it off."""
    offer = offered(tmp_path)
    (segment,) = tmp_path.glob("*.jsonl")
    with segment.open("ab") as file:
        file.write(b"0000")
    size = segment.stat().st_size

    assert rerun(tmp_path, offer).same
    assert segment.stat().st_size == size
