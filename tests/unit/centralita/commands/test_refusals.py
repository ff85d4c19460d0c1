"""Whatever the engine refuses, a program finds a word for it and a person how to mend it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import acd
from acd.routing.eligible import WORDED, Veto, in_words
from centralita.commands.refusals import REFUSALS, explained
from centralita.web import orders as o
from centralita.web.ports import Answer
from tests.unit.centralita.commands.stage import Stage

pytestmark = pytest.mark.unit

AGREED = {
    "not the agent's contact": "other_contact",
    "asks somebody already": "consult_already",
    "asks nobody": "no_consult",
    "not picked up yet": "not_picked_up",
    "in a conference": "in_conference",
    "unknown agent carla": "unknown_target",
    "unknown queue nadie": "unknown_target",
    "cannot be oneself": "cannot_be_oneself",
    "agent not available: talking": "agent_unavailable",
    "nobody free in ventas": "nobody_free",
    "queue closed": "queue_closed",
    "queue full": "queue_full",
    "queue unstaffed": "queue_unstaffed",
    "queue long wait": "queue_long_wait",
    "no queue to come back to": "no_queue",
    "agent is busy": "agent_busy",
    "phone not reachable": "phone_not_reachable",
    "phone in use": "phone_in_use",
    "nothing rings": "nothing_rings",
    "not in wrap-up": "not_in_wrap_up",
    "the queue does not extend wrap-up": "wrap_not_extended",
    "no extension left": "no_extension_left",
    "not while waiting": "no_talk",
    "unknown contact": "other_contact",
}


@pytest.mark.parametrize("reason", AGREED)
async def test_every_reason_of_the_engine_has_a_word_and_a_mend(reason: str) -> None:
    """In both languages; what is named in the reason is named in the text."""
    stage = Stage()
    stage.talks()
    stage.refuses = reason
    told = await stage.order(o.Hold())

    assert (told.answer, told.code) == (Answer.REFUSED, AGREED[reason])
    assert told.why_es.endswith(".") and told.why_en.endswith(".")
    assert told.why_es != told.why_en
    assert "{" not in told.why_es + told.why_en


@pytest.mark.parametrize("veto", Veto)
def test_why_an_agent_can_take_nothing_is_told_in_spanish(veto: Veto) -> None:
    """With the agent's own reason, if there is one."""
    told = explained(f"agent not available: {in_words(veto, 'café' if veto in WORDED else '')}")
    said = re.search(r"ahora \((.*)\):", told.why_es)

    assert said is not None
    assert said[1].split(" (")[0] not in (veto.value, in_words(veto, ""))
    assert ("(café)" in told.why_es) == (veto in WORDED)


def test_a_reason_without_words_is_told_as_it_is() -> None:
    """Never swallowed."""
    told = explained("too many moons")

    assert (told.code, told.why_en) == ("refused", "Not possible now: too many moons.")


def test_every_translated_reason_is_one_of_the_engine() -> None:
    """A reason that is reworded there is missed here at once."""
    source = "".join(path.read_text() for path in Path(acd.__file__).parent.glob("*.py"))

    assert [reason for reason in REFUSALS if f'"{reason}"' not in source] == []


def test_each_code_says_one_thing() -> None:
    """A program that knows a code knows what to do."""
    assert all(re.fullmatch(r"[a-z_]+", why.code) for why in REFUSALS.values())
