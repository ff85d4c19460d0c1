"""What agents order, and what they are told: by the engine's own answer, in both languages."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

import acd
from acd import events as ev
from acd.engine import Decision
from acd.model import ContactId, Presence, QueueId
from acd.records import ContactEscalatedTo, WrapExtended
from centralita.agent_commands import REFUSALS, AgentCommands
from centralita.desktops import Desktops
from centralita.notes import NOTES_MAX, Notes
from centralita.store.notes import Note
from centralita.tasks import spawn
from centralita.web.ports import Answer
from tests.unit.acd.desk import ANA, C1, Desk, agent, queue, routing

pytestmark = pytest.mark.unit

SALES = replace(queue("ventas"), escalate_to=QueueId("nivel2"), wrap_extend_ms=30_000, wrap_extensions_max=1)
PARTS = (SALES, queue("nivel2"), agent("ana"))


class Stage:
    """Ana talks to a caller of the first tier."""

    def __init__(self) -> None:
        self.desk = Desk(*PARTS)
        self.desk.talks(C1)
        self.written: list[Note] = []
        self.records: list[object] = []
        self.notes = Notes(self.written.append, lambda: self.desk.now_ms)
        desktops = Desktops(lambda: self.desk.state, self.ask, spawn)
        self.commands = AgentCommands(lambda: self.desk.state, self.ask, desktops, self.notes)

    def hangs_up(self) -> None:
        offer_id = self.desk.contact(C1).offer_id
        assert offer_id is not None
        self.desk.happens(ev.LegGone(offer_id))

    async def ask(self, event: ev.Event) -> Decision:
        decision = self.desk.happens(event)
        self.records += decision.records
        return decision


async def test_a_pause_can_wait_for_the_end_of_the_contact() -> None:
    """Ana goes on talking and is ready until then; the wish is there to be seen."""
    stage = Stage()
    done = await stage.commands.set_presence("ana", "not_ready", "comida", after_contact=True)
    ana = stage.desk.state.agents[ANA]

    assert done.answer is Answer.DONE
    assert (ana.presence, ana.pending, ana.pending_reason) == (Presence.READY, Presence.NOT_READY, "comida")


async def test_wrap_up_is_extended_as_often_as_the_queue_allows() -> None:
    """Then it is refused with the reason, and so it is when there is no wrap-up."""
    stage = Stage()
    early = await stage.commands.extend_wrap_up("ana")
    stage.hangs_up()
    done = await stage.commands.extend_wrap_up("ana")
    again = await stage.commands.extend_wrap_up("ana")

    assert [r.answer for r in (early, done, again)] == [Answer.REFUSED, Answer.DONE, Answer.REFUSED]
    assert early.why_es == "El agente no está en trabajo posterior."
    assert again.why_en == "It has been extended as often as the queue allows."
    assert [type(r) for r in stage.records].count(WrapExtended) == 1


async def test_a_contact_is_handed_over_with_its_note() -> None:
    """The note is kept before the order, so that the entry of the order carries it to the database."""
    stage = Stage()
    done = await stage.commands.escalate("ana", "c1", "quiere factura")

    assert done.answer is Answer.DONE
    assert [type(r) for r in stage.records].count(ContactEscalatedTo) == 1
    assert [note["text"] for note in stage.notes.of(C1)] == ["quiere factura"]
    assert [note.agent for note in stage.written] == ["ana"]


@pytest.mark.parametrize(
    ("contact", "said"),
    [("c9", "El agente ya no habla con ese contacto."), ("", "")],
)
async def test_only_the_contact_that_was_meant_is_handed_over(contact: str, said: str) -> None:
    """A click that comes too late hands nobody else over; without a contact it is whoever talks."""
    stage = Stage()
    done = await stage.commands.escalate("ana", contact, "")

    assert done.why_es == said
    assert done.answer is (Answer.REFUSED if said else Answer.DONE)


async def test_nobody_is_handed_over_when_nobody_is_there() -> None:
    """No talk, no next tier, too many notes, no such agent: each has its own answer."""
    stage = Stage()
    for n in range(NOTES_MAX):
        stage.notes.add(C1, "ana", str(n))
    full = await stage.commands.escalate("ana", "", "una más")
    unknown = await stage.commands.escalate("anna", "", "")
    stage.hangs_up()
    alone = await stage.commands.escalate("ana", "", "")
    other = Stage()
    contact = other.desk.state.contacts[C1]
    assert contact.rules is not None
    contact.rules = replace(contact.rules, escalate_to=None)
    top = await other.commands.escalate("ana", "", "no se guarda")

    assert (full.answer, unknown.answer) == (Answer.REFUSED, Answer.UNKNOWN_AGENT)
    assert alone.why_es == "El agente no habla con nadie ahora."
    assert "escalate_to" in top.why_es
    assert (len(stage.written), other.written) == (NOTES_MAX, [])


async def test_what_the_engine_ignores_is_refused_in_its_words() -> None:
    """A reason that has no translation is told as it is, never swallowed."""
    stage = Stage()
    stage.desk.happens(ev.ConfigPublished(replace(routing(*PARTS, version="v2"), queues={SALES.id: SALES})))
    contact = stage.desk.contact(C1)
    contact.rules = replace(SALES, escalate_to=QueueId("nivel9"))
    told = await stage.commands.escalate("ana", "", "")

    assert told.answer is Answer.REFUSED
    assert told.why_en == "Not possible now: unknown queue nivel9."
    assert stage.desk.state.contacts[ContactId("c1")].agent_id == ANA


def test_every_translated_reason_is_one_of_the_engine() -> None:
    """A reason that is reworded there is missed here at once."""
    source = "".join(path.read_text() for path in Path(acd.__file__).parent.glob("*.py"))

    assert [reason for reason in REFUSALS if not re.search(f'"{re.escape(reason)}"', source)] == []
