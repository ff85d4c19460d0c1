"""Stored reasons are short English; people read sentences in their language."""

from __future__ import annotations

import pytest

from acd.routing.eligible import _WORDS, Veto
from centralita.explain.words import Both, duration, lacking, need, number, rank, reason, term

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("stored", "told"),
    [
        ("talking", Both("en conversación", "talking")),
        ("not ready (pausa)", Both("no disponible (pausa)", "not ready (pausa)")),
        (
            "resting (no_answer)",
            Both("descansa tras un intento fallido (no contestó)", "resting after a failed try (no_answer)"),
        ),
        ("lacks ventas >= 5", Both("sin ventas ≥ 5", "without ventas ≥ 5")),
        ("takes no voice", Both("no atiende llamadas", "takes no voice")),
        ("other site", Both("de otra sede", "at another site")),
        ("kept free for vip", Both("se mantiene libre para la cola vip", "kept free for queue vip")),
        (
            "held for a preferred agent",
            Both(
                "el contacto se guarda un tiempo para su agente preferido",
                "the contact is held for its preferred agent for a time",
            ),
        ),
        ("less urgent: 3, not 5", Both("menos urgente: 3, no 5", "less urgent: 3, not 5")),
        ("something new", Both("something new", "something new")),
    ],
)
def test_a_reason_is_told_in_both_languages(stored: str, told: Both) -> None:
    """What is not known is told as it was stored: never hidden, never guessed."""
    assert reason(stored) == told


@pytest.mark.parametrize("veto", list(Veto))
def test_every_veto_of_the_engine_has_spanish_words(veto: Veto) -> None:
    """A new one cannot be forgotten here."""
    stored = _WORDS.get(veto, veto.value)
    assert reason(stored).es != stored


def test_what_put_the_chosen_one_first() -> None:
    """Times are for people."""
    assert rank("idle longest: 42000 ms") == Both(
        "libre desde hace 42 s, quien más", "idle for 42 s, the longest"
    )
    assert rank("became free; most urgent of 3").es == "quedó libre; este contacto era el más urgente de 3"
    assert rank("became free; waited longest of 2").en == (
        "became free; this contact was the longest waiting of 2"
    )
    assert rank("preferred by the contact").es == "es el agente preferido del contacto"
    assert need("ventas 8 >= 5").es == "ventas 8 ≥ 5"


@pytest.mark.parametrize(
    ("ms", "told"),
    [(0, "0 ms"), (999, "999 ms"), (42_000, "42 s"), (180_000, "3 min"), (185_000, "3 min 5 s"),
     (7_800_000, "2 h 10 min"), (7_200_000, "2 h")],
)  # fmt: skip
def test_durations_are_read_at_a_glance(ms: int, told: str) -> None:
    """Two units at most."""
    assert duration(ms) == told


def test_terms_of_a_score_have_names_for_people() -> None:
    """Seconds are said as such; a policy that is not known here keeps its own names."""
    assert term("waited_s", 65.0) == Both("espera 65 s", "waited 65 s")
    assert term("price.best_fit", 3.0) == Both("precio (best_fit) 3", "price (best_fit) 3")
    assert term("g", 0.25) == Both("g 0.25", "g 0.25")


def test_what_an_agent_lacks_is_told_with_the_level_of_then() -> None:
    """Three is less than five; no level at all is zero."""
    assert lacking("lacks ventas >= 5", {"ventas": 3}) == Both("ventas 3 < 5", "ventas 3 < 5")
    assert lacking("lacks ventas >= 5", {}) == Both("ventas 0 < 5", "ventas 0 < 5")
    assert lacking("talking", {}) is None


def test_numbers_have_no_meaningless_digits() -> None:
    """Scores are compared, not audited."""
    assert [number(value) for value in (65.0, 0.123456, 12345.6)] == ["65", "0.1235", "12346"]
