"""Each definition with a worked example: the very ones that docs/kpi.md tells."""

from __future__ import annotations

import pytest

from acd.model import Activity, EndedBy, Outcome, Presence
from acd.records import AgentStateChanged
from acd.stats.kpi import Kpis
from acd.stats.kpi_book import By, Shape
from acd.stats.kpi_counts import Count, Tally
from acd.stats.kpi_figures import DEFINITIONS, figures
from acd.stats.kpi_names import COUNT_NAMES
from acd.stats.kpi_story import Story
from tests.unit.stats.day import (
    ANA,
    BETO,
    END,
    SOPORTE,
    T0,
    S,
    abandoned,
    answered,
    contact,
    goal,
    rejected,
    talking,
    tally,
    waiting,
    wrapped,
)

pytestmark = pytest.mark.unit

MORNING = [
    *(answered(f"a{n}", 5 + n) for n in range(7)),
    answered("late", 30),
    abandoned("short", 2),
    abandoned("soon", 12),
    abandoned("tired", 50),
    rejected("full"),
]
"""Twelve offered: seven answered in 5 to 11 s, one in 30 s; hung up after 2, 12 and 50 s; one sent away."""

DAY_MS = 86_400_000


def value(id_: str, *stories: Story) -> float | None:
    return figures(tally(*stories))[id_].value


@pytest.mark.parametrize(
    ("id_", "numerator", "denominator"),
    [
        ("sl-v1", 7, 12),
        ("sl-v2", 7, 10),
        ("sl-v3", 7, 9),
        ("sl-v4", 7, 8),
        ("sl-v5", 9, 11),
        ("asa-v1", 86_000, 8),
        ("abandon-v1", 2, 11),
        ("abandon-v2", 3, 11),
        ("short-abandon-v1", 1, 12),
    ],
)
def test_the_same_morning_by_each_definition(id_: str, numerator: int, denominator: int) -> None:
    """One morning gives service levels from 58 % to 88 %: so each number carries its definition."""
    found = figures(tally(*MORNING))[id_]

    assert (found.numerator, found.denominator) == (numerator, denominator)
    assert found.value == numerator / denominator


def test_an_answer_exactly_on_target_is_in_time() -> None:
    """T = 20 s: 20.000 s is in time."""
    assert value("sl-v4", answered("on", 20), answered("over", 21)) == 0.5


def test_no_traffic_is_not_a_hundred_percent() -> None:
    """Nothing offered: every figure is without a value, none divides by zero."""
    assert {found.value for found in figures(Tally()).values()} == {None}


def test_waits_have_exact_percentiles() -> None:
    """Nearest rank over every wait: of 5, 6, 7, 8, 9, 10, 11 and 30 s the median is 8 s, the 90th 30 s."""
    assert value("wait-p50-v1", *MORNING) == 8_000
    assert value("wait-p90-v1", *MORNING) == 30_000
    assert value("wait-p95-v1", *MORNING) == 30_000


def test_the_caller_waits_since_the_beginning_of_the_call() -> None:
    """40 s of menu and 10 s of queue: 10 s by asa-v1, 50 s by asa-v2."""
    story = contact("c", waiting(40, 50), talking(50, 60))

    assert value("asa-v1", story) == 10_000
    assert value("asa-v2", story) == 50_000


def test_handle_time_per_contact_and_per_segment() -> None:
    """One contact, two agents: 60 + 30 s with one and 100 + 10 s with the other: 200 s, or 100 s each."""
    story = contact(
        "c",
        waiting(0, 5),
        talking(5, 65),
        wrapped(95, 30),
        waiting(65, 70, SOPORTE),
        talking(70, 170, BETO, SOPORTE),
        wrapped(180, 10, BETO),
        queue=SOPORTE,
    )

    assert value("aht-v1", story) == 200_000
    assert value("aht-v2", story) == 100_000
    assert value("transfer-v1", story, answered("d", 1)) == 0.5
    assert value("escalation-v1", story, answered("d", 1)) == 0.5


def test_a_second_talk_in_the_same_queue_is_a_transfer_but_no_escalation() -> None:
    """Sent back to the line and answered by somebody else."""
    story = contact("c", waiting(0, 5), talking(5, 9), waiting(9, 12), talking(12, 20, BETO))

    assert value("transfer-v1", story) == 1
    assert value("escalation-v1", story) == 0


def test_occupancy_counts_neither_breaks_nor_bells() -> None:
    """30 s talk, 10 s wrap-up, 40 s idle, 20 s ringing, a break: 40 of 80 s busy; talk alone 30 of 80."""
    kpis = Kpis(Shape(By.AGENT, (T0, END)), goal)
    day = [
        (0, Presence.READY, Activity.IDLE),
        (40, Presence.READY, Activity.OFFERED),
        (60, Presence.READY, Activity.TALKING),
        (90, Presence.NOT_READY, Activity.WRAP_UP),
        (100, Presence.NOT_READY, Activity.IDLE),
        (400, Presence.LOGGED_OUT, Activity.IDLE),
    ]
    for at_s, presence, activity in day:
        kpis.feed(AgentStateChanged(ANA, presence, activity, "", True, None, T0 + at_s * S))
    found = kpis.read(END).rows["ana"]

    assert figures(found)["occupancy-v1"].value == 0.5
    assert figures(found)["utilisation-v1"].value == 30 / 80
    assert found[Count.AGENT_AWAY_MS] == 300 * S
    assert found[Count.AGENT_OFFERED_MS] == 20 * S


def test_self_service_is_what_the_menu_settled() -> None:
    """Two of the three contacts needed an agent or gave up."""
    story = contact("menu", end_s=30, outcome=Outcome.COMPLETED_IVR, queue=None)

    assert value("self-service-v1", story, answered("a", 1), abandoned("b", 9)) == 1 / 3


def test_a_message_is_neither_self_service_nor_a_caller_who_gave_up() -> None:
    """Somebody still has to deal with it: it is counted as what it is."""
    story = contact("message", end_s=30, outcome=Outcome.VOICEMAIL, queue=None)

    assert value("self-service-v1", story, answered("a", 1)) == 0
    found = tally(story)
    assert (found[Count.MESSAGES], found[Count.SELF_SERVED], found[Count.ABANDONED]) == (1, 0, 0)


def test_an_agent_who_hangs_up_on_callers_is_found() -> None:
    """Under 15 s and by the agent; 15 s, or by the caller, is a talk like any other."""
    agent = EndedBy.AGENT
    cut = contact("cut", talking(0, 14, ended_by=agent))
    whole = contact("whole", talking(0, 15, ended_by=agent))
    caller = contact("caller", talking(0, 3, ended_by=EndedBy.CALLER))

    assert value("cut-short-v1", cut, whole, caller) == 1 / 3


def after_a_month(*stories: tuple[str | None, Story]) -> Tally:
    """Everything that is known of these customers thirty days later."""
    owners = {story.contact_id: customer for customer, story in stories}
    kpis = Kpis(Shape(By.QUEUE, (T0, T0 + 40 * DAY_MS)), goal, owners.get)
    kpis.tell(story for _, story in stories)
    return kpis.read(T0 + 30 * DAY_MS).total()


def in_days(name: str, days: int, *, talk_s: int = 60, ended_by: EndedBy = EndedBy.CALLER) -> Story:
    start_s = days * 86_400
    talk = talking(start_s, start_s + talk_s, ended_by=ended_by)
    return contact(name, talk, start_s=start_s)


def test_first_contact_resolution_is_not_coming_again_within_seven_days() -> None:
    """k1 comes on days 0 and 3, k2 once, k3 only yesterday: of three that can be judged two are settled."""
    found = after_a_month(
        ("k1", in_days("a", 0)),
        ("k1", in_days("b", 3)),
        ("k2", in_days("c", 1)),
        ("k3", in_days("d", 29)),
        (None, in_days("e", 1)),
    )

    assert (found[Count.RETURN_DUE], found[Count.RETURNED], found[Count.RESOLVED]) == (3, 1, 2)
    assert figures(found)["fcr-r-v1"].value == 2 / 3
    assert figures(found)["repeat-v1"].value == 1 / 3


def test_a_settled_matter_took_from_its_first_contact_to_its_last() -> None:
    """Days 0 and 3, one minute of talk each, and one of a minute: (3 days + 1 min + 1 min) / 2."""
    found = after_a_month(("k1", in_days("a", 0)), ("k1", in_days("b", 3)), ("k2", in_days("c", 1)))

    assert figures(found)["resolution-v1"].value == (3 * DAY_MS + 120_000) / 2


def test_another_intent_is_another_matter() -> None:
    """The same customer, two days later, for support: the sale was settled at the first contact."""
    start_s = 2 * 86_400
    other = contact("b", talking(start_s, start_s + 9, BETO, SOPORTE), start_s=start_s, queue=SOPORTE)
    found = after_a_month(("k1", in_days("a", 0)), ("k1", other))

    assert figures(found)["fcr-r-v1"].value == 1


def test_whom_the_agent_cut_short_and_who_called_again() -> None:
    """Two were hung up on after 5 s; one of them had to call again."""
    found = after_a_month(
        ("k1", in_days("a", 0, talk_s=5, ended_by=EndedBy.AGENT)),
        ("k1", in_days("b", 1)),
        ("k2", in_days("c", 1, talk_s=5, ended_by=EndedBy.AGENT)),
    )

    assert figures(found)["cut-short-again-v1"].value == 0.5


def test_every_figure_and_count_is_explained() -> None:
    """Names in both languages, a formula over counts that exist, an id with its version."""
    words = {count.value for count in Count}
    for id_, found in DEFINITIONS.items():
        assert id_ == found.id and id_.rpartition("-")[2].startswith("v")
        assert found.es and found.en and found.source and found.unit in ("share", "ms", "count")
        used = set(found.formula.replace("(", " ").replace(")", " ").split()) & words
        assert used or id_.startswith("wait-p")
    assert set(COUNT_NAMES) == set(Count)
