"""The way of a contact: what was keyed and who handed it over, without anything that could be a card."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from acd.model import AgentId, ContactId, QueueId, Target, TargetKind
from acd.records import ContactClosed, ContactEscalatedTo, ContactTransferred
from centralita.store.trails import Handed, Trail
from centralita.trails import PATH_MAX, Trails, without_card
from centralita.web.ports import HistoryUnavailableError
from ivr.flow import NodeId
from ivr.interpreter import Passed
from tests.unit.store.samples import NOW, call

pytestmark = pytest.mark.unit

C0 = ContactId("c0")
SALES = Passed(NodeId("menu"), "1", "Ventas", is_reason=True)


def came(node: str) -> Passed:
    return Passed(NodeId(node))


class Stored:
    """The database of the server before."""

    def __init__(self, trails: Sequence[Trail] = (), handed: Sequence[Handed] = ()) -> None:
        self._trails, self._handed = trails, handed

    async def trails(self, ids: Sequence[ContactId]) -> Sequence[Trail]:
        return self._trails

    async def handed(self, ids: Sequence[ContactId]) -> Sequence[Handed]:
        return self._handed


class Down(Stored):
    async def trails(self, ids: Sequence[ContactId]) -> Sequence[Trail]:
        raise HistoryUnavailableError


def book(written: list[Trail] | None = None) -> Trails:
    return Trails((written if written is not None else []).append, lambda: NOW)


def path(trails: Trails) -> list[tuple[object, object]]:
    ivr = trails.ivr(C0)
    assert ivr is not None
    steps = ivr["path"]
    assert isinstance(steps, list)
    return [(step["node"], step["key"]) for step in steps]


def test_the_words_of_the_choice_are_told_with_it() -> None:
    """Those of the last reason, and how sure it is; words at a node that nobody passed count for nothing."""
    written: list[Trail] = []
    trails = book(written)
    trails.arrived(C0, "900", "")
    trails.passed(C0, "principal", [SALES])
    trails.said(C0, "principal/menu", "quería comprar algo", 0.91)
    trails.said(C0, "otro/menu", "nada", 0.5)
    ivr = trails.ivr(C0)
    assert ivr is not None
    assert (ivr["intent"], ivr["said"], ivr["sure"]) == ("Ventas", "quería comprar algo", 0.91)
    assert written[-1].path[-1]["said"] == "quería comprar algo"
    trails.said(ContactId("nobody"), "principal/menu", "x", 1.0)


def test_the_way_is_kept_and_the_last_choice_is_the_reason() -> None:
    """Entry, line, nodes and keys, each with its label; choosing a language is no reason to call."""
    written: list[Trail] = []
    trails = book(written)
    trails.arrived(C0, "900", "operador")
    trails.passed(C0, "idiomas", (came("saludo"), came("idioma")))
    trails.passed(C0, "idiomas", (Passed(NodeId("idioma"), "2", "English"), came("menu")))
    trails.passed(C0, "principal", (SALES, came("cola")))

    assert path(trails) == [("saludo", ""), ("idioma", "2"), ("menu", ""), ("menu", "1"), ("cola", "")]
    ivr = trails.ivr(C0)
    assert ivr is not None
    assert (ivr["entry"], ivr["trunk"], ivr["intent"]) == ("900", "operador", "Ventas")
    assert ivr["inputs"] == {"idiomas/idioma": "2", "principal/menu": "1"}
    assert (written[-1].entry, len(written[-1].path)) == ("900", 5)
    assert trails.ivr(ContactId("c9")) is None


def test_a_menu_that_is_answered_is_one_step() -> None:
    """Hearing the question and pressing a key are not two visits; coming back later is."""
    trails = book()
    trails.passed(C0, "f", (came("menu"),))
    trails.passed(C0, "f", (SALES, came("menu")))
    trails.passed(C0, "f", ())

    assert path(trails) == [("menu", "1"), ("menu", "")]


@pytest.mark.parametrize(
    ("keyed", "kept"),
    [
        ("1", "1"),
        ("28001", "28001"),
        ("600111222333", "••••••••2333"),
        ("4111111111111111", "••••••••••••1111"),
        ("4111 1111-1111.1111", "••••••••••••1111"),
        ("", ""),
    ],
)
def test_what_could_be_a_card_is_hidden_where_it_comes_in(keyed: str, kept: str) -> None:
    """All but the last four digits, blanks or not; a postcode stays."""
    assert without_card(keyed) == kept
    written: list[Trail] = []
    book(written).passed(C0, "f", (Passed(NodeId("n"), keyed, "x"),))

    assert [step["key"] for step in written[0].path] == [kept]


def test_a_card_keyed_digit_by_digit_is_hidden_too() -> None:
    """Through menus that lead back to themselves; nothing that is written later still has it."""
    written: list[Trail] = []
    trails = book(written)
    for digit in "4111222233334444":
        trails.passed(C0, "f", (Passed(NodeId("menu"), digit, digit), came("menu")))

    assert "".join(str(key) for _, key in path(trails)) == "•" * 12 + "4444"
    assert "".join(str(step["key"]) for step in written[-1].path) == "•" * 12 + "4444"


def test_who_wanders_is_followed_only_so_far() -> None:
    """The newest steps are kept."""
    trails = book()
    for n in range(PATH_MAX + 5):
        trails.passed(C0, "f", (came(f"n{n}"),))

    assert [path(trails)[0][0], path(trails)[-1][0]] == ["n5", f"n{PATH_MAX + 4}"]


def test_hand_overs_are_told_once_in_order() -> None:
    """Heard live, or again from the journal."""
    trails = book()
    records = (
        ContactEscalatedTo(C0, AgentId("ana"), QueueId("q1"), QueueId("q2"), 5),
        ContactTransferred(C0, AgentId("beto"), Target(TargetKind.AGENT, "carla"), attended=True, at_ms=7),
        ContactTransferred(C0, AgentId("carla"), Target(TargetKind.OUTSIDE, "t1"), attended=False, at_ms=9),
    )
    for _ in range(2):
        trails.follow(records)

    assert [(h["agent"], h["to"], h["kind"]) for h in trails.handed(C0)] == [
        ("ana", "q2", "escalated"),
        ("beto", "carla", "attended"),
        ("carla", "", "blind"),
    ]


def test_who_has_gone_or_is_erased_is_forgotten() -> None:
    """Memory holds the contacts on the line alone."""
    trails = book()
    for name in ("c0", "c1"):
        trails.passed(ContactId(name), "f", (SALES,))
    trails.follow([record for record in call(0)[2][2] if isinstance(record, ContactClosed)])
    trails.forget([ContactId("c1")])

    assert (trails.ivr(C0), trails.ivr(ContactId("c1"))) == (None, None)


async def test_a_restart_reads_the_way_back() -> None:
    """Who went on in the meantime began where the last server knew them: that node stands there once."""
    step = {"flow": "f", "node": "menu", "key": "", "label": "", "is_reason": False, "at_ms": 1}
    before = Trail(C0, "900", "operador", ({**step, "node": "saludo"}, step))
    trails = book()
    trails.follow([ContactEscalatedTo(C0, AgentId("ana"), QueueId("q1"), QueueId("q2"), 5)])
    trails.passed(C0, "f", (came("menu"),))
    trails.passed(C0, "f", (SALES, came("cola")))
    handed = (Handed(C0, "ana", "q2", "escalated", 5), Handed(C0, "zoe", "q1", "blind", 3))
    await trails.restore(Stored([before], handed), [C0])

    assert path(trails) == [("saludo", ""), ("menu", "1"), ("cola", "")]
    ivr = trails.ivr(C0)
    assert ivr is not None
    assert (ivr["entry"], ivr["trunk"]) == ("900", "operador")
    assert [h["agent"] for h in trails.handed(C0)] == ["zoe", "ana"]


async def test_without_a_database_what_is_known_stays() -> None:
    """And the server starts."""
    trails = book()
    trails.passed(C0, "f", (SALES,))
    await trails.restore(Down(), [C0])

    assert path(trails) == [("menu", "1")]
