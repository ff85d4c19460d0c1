"""What is added to a contact takes its place among the records and changes nothing else."""

from __future__ import annotations

import pytest

from acd import events as ev
from acd.model import AgentId, Annotation, ContactId
from acd.records import ContactDataChanged, ContactDisposed, ContactNoted, Record
from tests.unit.acd.desk import C1, Desk, agent, queue

pytestmark = pytest.mark.unit

ANA = AgentId("ana")


@pytest.mark.parametrize("contact_id", [C1, ContactId("over-or-unknown")])
@pytest.mark.parametrize("what", list(Annotation))
def test_each_kind_is_one_record_for_any_contact(contact_id: ContactId, what: Annotation) -> None:
    """On the line, over or never heard of: an agent who wraps up still says how it went."""
    desk = Desk(queue("ventas"), agent("ana"))
    decision = desk.happens(ev.ContactAnnotated(contact_id, what, ANA, "n1"))
    wanted: dict[Annotation, Record] = {
        Annotation.DATA: ContactDataChanged(contact_id, desk.now_ms),
        Annotation.NOTE: ContactNoted(contact_id, ANA, "n1", desk.now_ms),
        Annotation.DISPOSITION: ContactDisposed(contact_id, ANA, desk.now_ms),
    }

    assert decision.records == (wanted[what],)
    assert decision.commands == ()
