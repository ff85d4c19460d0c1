from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from acd.records import Segment
from centralita.services.surveys import is_sampled
from centralita.web.services_ports import SurveyQuestion
from config.build_services import Survey, surveys
from tests.unit.services.scene import STRANGER, Scene, centre, servers

pytestmark = pytest.mark.unit

SURVEY = Survey("atencion", (), {"oro": 100, "base": 0}, 20)
WITH_SURVEY = centre(
    surveys={
        "atencion": {
            "questions": [
                {"id": "trato", "prompt": "p_trato", "from": 1, "to": 5},
                {"id": "rapidez", "prompt": "p_rapidez", "from": 1, "to": 5},
            ],
            "sample": {"oro": "100%", "base": "0%", "otherwise": "20%"},
        }
    },
    queues={"ventas": {"survey": "despues"}, "otra": {}},
    flows={
        "despues": {
            "start": "encuesta",
            "on": {
                "too_many": "fin",
                "failure": "fin",
                "no_input": "again",
                "no_match": "again",
                "hang_up": "end",
            },
            "nodes": {"encuesta": {"survey": "atencion", "next": "fin"}, "fin": {"goodbye": None}},
        }
    },
    prompts={"p_trato": {"es": "Trato", "en": "Manner"}, "p_rapidez": {"es": "Rapidez", "en": "Speed"}},
)


def talked(agent: str = "ana", queue: str = "ventas", segment: str = "oro") -> dict[str, Any]:
    part = Segment("talking", 1, 2, queue, agent)  # type: ignore[arg-type]
    return {"segments": (part,), "segment": segment, "rules": SimpleNamespace(id=queue)}


def test_the_sample_is_drawn_by_segment_and_always_the_same() -> None:
    """Of gold customers all, of plain ones nobody, of the others about a fifth; twice asked, the same."""
    ids = [f"c{n}" for n in range(2_000)]

    assert all(is_sampled(id_, SURVEY, "oro") for id_ in ids)
    assert not any(is_sampled(id_, SURVEY, "base") for id_ in ids)
    asked = [is_sampled(id_, SURVEY, "") for id_ in ids]
    assert 330 < sum(asked) < 470
    assert asked == [is_sampled(id_, SURVEY, "plata") for id_ in ids]
    assert surveys(WITH_SURVEY)["atencion"].sample_otherwise == 20


async def test_only_who_has_talked_to_an_agent_of_a_queue_with_a_survey_is_asked(tmp_path: Path) -> None:
    """Not who hung on in the menu, nor of another queue."""
    async with servers(tmp_path, WITH_SURVEY) as server:
        scene = await server()
        after, before = scene.comes("c1", **talked()), scene.comes("c2", segment="oro")

        assert scene.one(after).wants_survey("ventas")
        assert not scene.one(after).wants_survey("otra")
        assert not scene.one(before).wants_survey("ventas")


async def answer(scene: Scene, contact: str, answers: dict[str, int], **of: Any) -> None:
    number = of.pop("number", "+34600111222")
    id_ = scene.comes(contact, number, **talked(**of))
    scene.one(id_).keep({"vars": {"intent": "factura"}})
    for question, value in answers.items():
        await scene.one(id_).keep_answer("atencion", question, value)
    await scene.written()


async def test_each_answer_is_kept_at_once_with_agent_reason_and_queue(scene: Scene) -> None:
    """Who hangs up after the first question has answered one; a corrected answer counts once."""
    await answer(scene, "c1", {"trato": 2})
    await answer(scene, "c1", {"trato": 5})

    found, _ = await scene.services.web().surveys.answers(SurveyQuestion())
    assert [dict(row) for row in found] == [
        {
            "contact_id": "c1", "survey": "atencion", "question": "trato", "value": 5, "agent": "ana",
            "intent": "factura", "queue": "ventas", "segment": "oro", "at_ms": scene.clock.ms,
        }
    ]  # fmt: skip


async def test_the_summary_counts_who_finished_and_what_each_question_got(tmp_path: Path) -> None:
    """By question with mean and distribution, and by agent; half-finished ones count as they are."""
    async with servers(tmp_path, WITH_SURVEY) as server:
        scene = await server()
        await answer(scene, "c1", {"trato": 5, "rapidez": 4})
        scene.clock.ms += 1
        await answer(scene, "c2", {"trato": 2}, agent="beto", number=STRANGER)
        admin = scene.services.web().surveys

        found = await admin.summary(SurveyQuestion(survey="atencion"))

        assert found is not None
        assert (found["contacts"], found["finished"], found["answers"]) == (2, 1, 3)
        assert found["questions"] == [
            {"question": "trato", "answers": 2, "mean": 3.5, "counts": {"2": 1, "5": 1}},
            {"question": "rapidez", "answers": 1, "mean": 4.0, "counts": {"4": 1}},
        ]
        assert found["agents"] == [
            {"name": "ana", "answers": 2, "contacts": 1, "mean": 4.5},
            {"name": "beto", "answers": 1, "contacts": 1, "mean": 2.0},
        ]
        late = await admin.summary(SurveyQuestion(survey="atencion", since_ms=scene.clock.ms))
        assert late is not None and (late["contacts"], late["finished"]) == (1, 0)
        assert await admin.summary(SurveyQuestion(survey="ninguna")) is None


async def test_answers_come_in_pages(scene: Scene) -> None:
    """Newest first, none twice, none left out."""
    for n in range(5):
        scene.clock.ms += n % 2
        await answer(scene, f"c{n}", {"trato": n})
    admin, seen, before = scene.services.web().surveys, [], None

    while True:
        found, before = await admin.answers(SurveyQuestion(limit=2, before=before))
        seen += [row["value"] for row in found]
        if before is None:
            break

    assert sorted(seen) == [0, 1, 2, 3, 4] and seen[-1] == 0
    with pytest.raises(ValueError, match="cursor"):
        await admin.answers(SurveyQuestion(before="made-up"))


async def test_answers_are_in_the_customer_s_profile_and_go_with_the_customer(scene: Scene) -> None:
    """Also those of a call from elsewhere in which they proved who they are."""
    customer_id = await scene.customer(pin="4711")
    await answer(scene, "c1", {"trato": 5})
    other = scene.comes("c2", None, **talked())
    await scene.one(other).prove("documento", "12345678Z")
    await scene.one(other).keep_answer("atencion", "trato", 1)
    await answer(scene, "c3", {"trato": 3}, number=STRANGER)
    admin = scene.services.web().surveys

    await scene.written()
    assert sorted(row["value"] for row in await admin.of_customer(customer_id, 9)) == [1, 5]
    await scene.customers.erase(customer_id)
    left, _ = await admin.answers(SurveyQuestion())
    assert [row["value"] for row in left] == [3]
