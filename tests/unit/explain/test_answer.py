"""Why Ana, why not Beto: from what was stored, by the configuration of then."""

from __future__ import annotations

from dataclasses import replace

import pytest

from acd.model import AgentId, ContactId, OfferId, QueueId
from acd.records import ContactEscalatedTo, ContactHeldBack, OfferAnnounced
from centralita.explain.answer import Explainer
from centralita.store.history import History
from centralita.store.projection import Projection
from centralita.store.rosters import Roster
from centralita.web.ports import UnknownContactError, UnknownThenError
from tests.unit.store.samples import NOW, call

pytestmark = pytest.mark.unit

ROSTER = Roster(
    "v1",
    {
        "ana": {"skills": {"ventas": 8}, "site": ""},
        "beto": {"skills": {"ventas": 8}, "site": ""},
        "carla": {"skills": {"ventas": 3}, "site": ""},
    },
)


async def told(projection: Projection, contacts: int = 1, seqs: int = 3) -> None:
    """Contacts with one offer each, to Ana: Beto talks, Carla lacks skill."""
    for n in range(contacts):
        for seq, at_ms, records, asides in call(n)[:seqs]:
            rewritten = tuple(
                replace(
                    record,
                    explanation=replace(
                        record.explanation,
                        matched=("ventas 8 >= 5",),
                        rank="idle longest: 42000 ms",
                        not_chosen={"talking": 0b010, "lacks ventas >= 5": 0b100},
                        policy="fair",
                        terms=(("waited_s", 65.0),),
                        rules=("vip",),
                        step="amplio",
                        runner_up=AgentId("carla"),
                        passed_over=(("c9", "queued later"),),  # type: ignore[arg-type]
                    ),
                )
                if isinstance(record, OfferAnnounced)
                else record
                for record in records
            )
            projection.put(seq, at_ms, rewritten, (ROSTER, *(a for a in asides if not isinstance(a, Roster))))
    assert await projection.flush()


async def test_why_ana_in_plain_spanish(projection: Projection, history: History) -> None:
    """Skill, idle time, score, step, rules, version, runner-up, who came later, the others."""
    await told(projection)

    assert (await Explainer(history).explain("c0", None, "es"))["text"] == (
        "Contacto c0 (answered)\n"
        "\n"
        "Oferta 1 · o0 · 2024-10-04 00:00:03 UTC: ana, lo cogió\n"
        "  Cola ventas; paso amplio; llevaba 2 s esperando; configuración v1; reglas vip\n"
        "  Por qué ana: ventas 8 ≥ 5; libre desde hace 42 s, quien más\n"
        "  Política fair: espera 65 s\n"
        "  Siguiente si esto fallaba: carla\n"
        "  Fue antes que c9: llegó a la cola después\n"
        "  Por qué no los demás:\n"
        "    beto: en conversación\n"
        "    carla: sin ventas ≥ 5"
    )
    assert NOW + 3_000 == 1_728_000_003_000


@pytest.mark.parametrize(
    ("agent", "code", "line"),
    [
        ("beto", "reason", "  Why not beto: talking"),
        ("carla", "reason", "  Why not carla: ventas 3 < 5"),
        ("ana", "chosen", "  ana: it was offered to this very agent."),
    ],
)
async def test_why_not_one_agent_in_english(
    projection: Projection,
    history: History,
    agent: str,
    code: str,
    line: str,
) -> None:
    """Only that agent is told of, with the skills of then for whoever reads the fields."""
    await told(projection)
    found = await Explainer(history).explain("c0", agent, "en")
    why_not = found["offers"][0]["why_not"]

    assert found["text"].splitlines()[-1] == line
    assert "Why not the others" not in found["text"]
    assert (why_not["code"], why_not["then"]) == (code, ROSTER.agents[agent])


async def test_an_agent_of_no_such_version_is_a_slip_of_the_pen(
    projection: Projection,
    history: History,
) -> None:
    """Said with the versions that were asked and who was there, for "did you mean"."""
    await told(projection)
    with pytest.raises(UnknownThenError) as raised:
        await Explainer(history).explain("c0", "betto", "es")

    assert (raised.value.versions, raised.value.known) == (["v1"], ["ana", "beto", "carla"])


async def test_an_agent_who_came_later_is_said_not_to_have_been_there(
    projection: Projection,
    history: History,
) -> None:
    """Of two offers the first was made by a configuration without the agent: it says so."""
    await told(projection)
    later = [
        replace(
            record,
            offer_id=OfferId("o0b"),
            explanation=replace(record.explanation, roster="v2", not_chosen={"talking": 0b1000}),
        )
        for record in call(0)[1][2]
        if isinstance(record, OfferAnnounced)
    ]
    roster = Roster("v2", {**ROSTER.agents, "dora": {"skills": {}, "site": ""}})
    projection.put(50, NOW, later, (roster,))
    assert await projection.flush()
    found = await Explainer(history).explain("c0", "dora", "es")

    assert [offer["why_not"]["code"] for offer in found["offers"]] == ["not_in_version", "reason"]
    assert "dora: no estaba en la configuración v1, con la que se decidió." in found["text"]


async def test_what_befell_the_contact_is_told_as_well(projection: Projection, history: History) -> None:
    """Why it waited although somebody was free, and who handed it to the next tier."""
    await told(projection)
    contact, ventas, experts = ContactId("c0"), QueueId("ventas"), QueueId("expertos")
    held = ContactHeldBack(contact, ventas, "kept free for vip", NOW + 2_000)
    handed = ContactEscalatedTo(contact, AgentId("ana"), ventas, experts, NOW + 20_000)
    projection.put(90, NOW, [held, handed])
    assert await projection.flush()
    spanish = await Explainer(history).explain("c0", None, "es")
    english = (await Explainer(history).explain("c0", None, "en"))["text"].splitlines()
    whole = await history.contact("c0")

    free = "esperó en la cola ventas aunque había alguien libre: se mantiene libre para la cola vip"
    assert spanish["text"].splitlines()[1:3] == [
        f"2024-10-04 00:00:02 UTC: {free}",
        "2024-10-04 00:00:20 UTC: ana lo pasó de la cola ventas a la cola expertos",
    ]
    assert english[2] == "2024-10-04 00:00:20 UTC: ana handed it over from queue ventas to queue expertos"
    assert [found["kind"] for found in spanish["happenings"]] == ["held_back", "escalated"]
    assert whole is not None and whole["happenings"] == spanish["happenings"]


async def test_a_contact_on_the_line_is_explained_too(
    projection: Projection,
    history: History,
) -> None:
    """While it still rings somebody may ask why."""
    await told(projection, seqs=2)
    found = await Explainer(history).explain("c0", None, "es")

    assert (found["live"], found["outcome"]) == (True, None)
    assert found["text"].startswith("Contacto c0 (en curso)\n\nOferta 1")
    assert "ana, aún abierta" in found["text"]


async def test_an_unknown_contact_is_said_with_what_is_near(
    projection: Projection,
    history: History,
) -> None:
    """Copied with a letter missing it is still found."""
    await told(projection, contacts=3)
    with pytest.raises(UnknownContactError) as raised:
        await Explainer(history).explain("c", None, "es")

    assert set(raised.value.near) <= {"c0", "c1", "c2"}
    assert raised.value.near
