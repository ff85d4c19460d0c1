from __future__ import annotations

import time

import pytest

from bench.config_load import centre_text
from config.loader import check_text
from tests.unit.config.good import FILE, GOOD, changed, problems

pytestmark = pytest.mark.unit


def said(text: str) -> list[tuple[str, str]]:
    """Code and Spanish text of all findings."""
    return [(problem.code, problem.es) for problem in problems(text)]


def test_a_flow_without_a_word_does_not_break_a_circle() -> None:
    """By the clock and by the language into the queue that sends there: nobody would hear anything."""
    silent = """\
  tarde:
    start: a
    nodes:
      a: {language: en, next: b}
      b: {hours: oficina, open: c, closed: d}
      c: {enqueue: ventas}
      d: {goodbye: null}
"""
    text = changed("  tarde: {start: adios, nodes: {adios: {goodbye: despedida}}}\n", silent)

    assert said(text) == [("exit-circle", "un cliente daría vueltas sin esperar: ventas → ventas")]


def test_a_flow_that_speaks_and_a_wait_break_it() -> None:
    """Whoever hears something can hang up, and whoever waits is waiting."""
    speaking = "  tarde: {start: a, nodes: {a: {say: hola, next: b}, b: {enqueue: ventas}}}\n"
    text = changed("  tarde: {start: adios, nodes: {adios: {goodbye: despedida}}}\n", speaking)
    text = text.replace("waited: {1h: hang_up}", "waited: {1h: to queue ventas}")

    assert said(text) == []


@pytest.mark.parametrize(
    ("nodes", "codes"),
    [
        (["z: {hours: oficina, open: cola, closed: adios}", "adios: {goodbye: null}"], []),
        (["z: {hours: oficina, open: adios, closed: cola}", "adios: {goodbye: null}"], ["no-person"]),
        (["z: {language: en, next: y}", "y: {say: hola, next: cola}"], []),
        (["z: {say: hola, next: adios}", "adios: {goodbye: null}"], ["no-person"]),
    ],
)
def test_key_0_reaches_a_person_whatever_lies_between(nodes: list[str], codes: list[str]) -> None:
    """Words, a language and the clock may; by the clock it is enough that the open way does."""
    lines = "".join(f"      {node}\n" for node in nodes)
    text = changed('"0": cola', '"0": z').replace("      cola: {enqueue", f"{lines}      cola: {{enqueue")

    assert [code for code, _ in said(text)] == codes


def test_a_queue_that_nobody_could_serve_is_told() -> None:
    """A warning: the agent may still be hired."""
    found = problems(changed("  general:\n", '  general:\n    need: ["ventas >= 10/10"]\n'))

    assert [(p.code, p.key, p.line, p.severity.value) for p in found] == [
        ("nobody-could-serve", "queues.general", 48, "warning")
    ]


def test_the_same_time_in_other_words_is_the_same_wait() -> None:
    """60s and 1m would be one exit, and nobody knows which."""
    text = changed("waited: {1h: hang_up}", "waited: {60m: hang_up, 1h: hang_up}")

    assert [(code, words) for code, words in said(text)] == [("wait-twice", "es lo mismo que 60m")]


def test_what_is_used_only_by_an_exit_is_used() -> None:
    """A flow and prompts that no number and no menu lead to."""
    assert "to flow tarde" in GOOD and "message(noche)" in GOOD
    assert said(GOOD) == []
    assert [code for code, _ in said(changed("message(noche) -> to flow tarde", "hang_up"))] == ["unused"]


def test_a_large_centre_is_read_in_no_time() -> None:
    """500 queues, 2,000 agents: 0.4 s of processor here (`bench/config_load.py`); 3 s is a quadratic loop."""
    text = centre_text(500, 2_000)
    started = time.process_time()
    loaded = check_text(text, FILE)

    assert time.process_time() - started < 3
    assert (len(loaded.config.queues), len(loaded.config.agents)) == (501, 2_000)
