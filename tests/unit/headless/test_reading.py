"""The language of a headless agent's script: what can be said, and what an author is told who errs."""

from __future__ import annotations

from pathlib import Path

import pytest

from centralita.demo.agents import SCRIPTS, USUAL, script
from centralita.headless.grammar import VERBS
from centralita.headless.reading import load, read, usual
from centralita.headless.script import End, Span, Step, Whom
from centralita.headless.words import LINES
from config.loader import example
from config.loader import load as example_centre
from config.problems import ConfigError, Problem

pytestmark = pytest.mark.unit


def problems(text: str) -> list[Problem]:
    with pytest.raises(ConfigError) as refused:
        read(text, "g.yaml")
    return list(refused.value.problems)


def only(text: str) -> Problem:
    (problem,) = problems(text)
    return problem


def test_everything_that_can_be_said() -> None:
    """Each step becomes what it says; nested ones stay with theirs."""
    script = read(
        """
schema: agent/1
language: en
sign_in: [{not_ready: lunch}, {wait: 5s}, {ready: yes}]
on_call:
  - wait: 1s..2500ms
  - chance: 0.2
    do: [{decline: yes}]
  - answer: yes
  - talk: 20s..1m
    say: [Hello., "Yes."]
    pause: 3s
  - {talk: 5s, tone: 440}
  - {talk: end, play: hold.wav}
  - {hold: 5s}
  - {mute: yes}
  - consult: {agent: bea}
    within: 20s
    do: [{complete_transfer: yes, note: "for you"}]
    otherwise: [{retrieve: yes}, {transfer: {queue: ventas}, anyway: yes}]
  - {dispose: venta, tags: [a, b]}
on_consult: []
on_dial: []
idle: [{wait: 10s}, {dial: '+34910000000', queue: ventas}, {consult: {number: '112'}}]
""",
        "g.yaml",
    )
    assert script.language == "en"
    assert script.sign_in == (
        Step("not_ready", "lunch"),
        Step("wait", Span(5_000, 5_000)),
        Step("ready", True),
    )
    wait, chance, answer, talk, tone, play, hold, mute, consult, dispose = script.on_call
    assert wait == Step("wait", Span(1_000, 2_500))
    assert chance == Step("chance", 0.2, do=(Step("decline", True),))
    assert answer == Step("answer", True)
    assert talk == Step(
        "talk", Span(20_000, 60_000), {"say": ("Hello.", "Yes."), "pause": Span(3_000, 3_000)}
    )
    assert tone.options == {"tone": 440}
    assert (play.value, play.options) == (End(), {"play": "hold.wav"})
    assert (hold.value, mute.value) == (Span(5_000, 5_000), True)
    assert consult.value == Whom("agent", "bea") and consult.options == {"within": Span(20_000, 20_000)}
    assert consult.do == (Step("complete_transfer", True, {"note": "for you"}),)
    assert consult.otherwise[1] == Step("transfer", Whom("queue", "ventas"), {"anyway": True})
    assert dispose == Step("dispose", "venta", {"tags": ("a", "b")})
    assert script.idle[1] == Step("dial", "+34910000000", {"queue": "ventas"})
    assert script.idle[2].value.json == {"number": "112"}
    assert sum(step.verb == "retrieve" for step in script.steps()) == 1


@pytest.mark.parametrize("language", ["es", "en"])
def test_what_is_not_said_is_as_usual(language: str) -> None:
    """An agent without a script of its own is ready, picks up and talks; in the script's language."""
    assert [step.verb for step in usual(language).on_call] == ["wait", "answer", "talk"]
    assert usual(language).language == language
    mine = read(f"schema: agent/1\nlanguage: {language}\non_call: [{{no_answer: yes}}]\n", "g.yaml")
    assert mine.on_call == (Step("no_answer", True),)
    assert mine.on_consult == usual(language).on_consult


@pytest.mark.parametrize(
    ("line", "place", "words"),
    [
        ("on_call: [{anser: yes}]", (2, 12), "¿quiso decir «answer»?"),
        ("on_call: [{answer: si}]", (2, 20), "se espera yes"),
        ("on_call: [{wait: 5}]", (2, 18), "p. ej. 5s o 2s..5s"),
        ("on_call: [{wait: 5s..2s}]", (2, 18), "va de menos a más"),
        ("on_call: [{wait: 30h}]", (2, 18), "más de 24 h"),
        ("on_call: [{chance: 2}]", (2, 20), "de 0 a 1"),
        ("on_call: [{talk: 5s, tono: 440}]", (2, 22), "¿quiso decir «tone»?"),
        ("on_call: [{talk: 5s, tone: 9000}]", (2, 28), "3999 Hz"),
        ("on_call: [{consult: bea}]", (2, 21), "{agent: bea}"),
        ("on_call: [{consult: {agnt: bea}}]", (2, 22), "¿quiso decir «agent»?"),
        ("idle: [{dial: +34910000000}]", (2, 15), "entre comillas"),
        ("on_call: [{transfer: {number: 112}}]", (2, 22), "entre comillas"),
        ("on_call: [{in_queue: []}]", (2, 22), "no puede estar vacío"),
        ("on_call: [{note: ''}]", (2, 18), "de 1 a 500 letras"),
        ("on_call: [{answer: yes, do: []}]", (2, 25), "clave desconocida"),
        ("on_call: [{chance: 1, do: [{hold: x}]}]", (2, 35), "duración no válida"),
        ("on_call: {answer: yes}", (2, 10), "una lista de pasos"),
        ("on_call: [answer]", (2, 11), "verbo: valor"),
        ("on_calls: []", (2, 1), "¿quiso decir «on_call»?"),
        ("language: español", (2, 11), "dos letras"),
        ("on_call: [{answer: yes, answer: yes}]", (2, 25), "clave repetida"),
    ],
)
def test_a_mistake_is_shown_where_it_is_with_its_mend(line: str, place: tuple[int, int], words: str) -> None:
    """One problem for each mistake, with file, line and column, in both languages."""
    problem = only(f"schema: agent/1\n{line}\n")
    assert (problem.file, problem.line, problem.column) == ("g.yaml", *place)
    assert words in str(problem) and " / " in str(problem)


def test_all_mistakes_are_shown_at_once() -> None:
    """In the order of the file."""
    found = problems("schema: agent/1\non_call: [{wait: 5}, {anser: yes}]\nidle: [{dial: ''}]\n")
    assert [problem.line for problem in found] == [2, 2, 3]


@pytest.mark.parametrize("text", ["", "[]", "on_call: []", "schema: acd/1"])
def test_what_is_no_script_is_told_how_to_begin(text: str) -> None:
    """A configuration of a centre is no script either."""
    assert "schema: agent/1" in str(problems(text)[0])


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    """With its name."""
    with pytest.raises(ConfigError, match=r"nada\.yaml"):
        load(tmp_path / "nada.yaml")


def test_every_step_has_words() -> None:
    """What an agent does is said in a line, whatever it does; choices are silent."""
    assert set(VERBS) - {"chance", "in_queue"} <= set(LINES)


@pytest.mark.parametrize("name", [USUAL, *SCRIPTS.values()])
def test_the_scripts_of_the_demonstration_are_sound(name: str) -> None:
    """And what they name is in the example: queues, and what can come of a call."""
    centre = example_centre(example()).config
    for step in script(name).steps():
        for value in (step.value, *step.options.values()):
            if isinstance(value, Whom):
                assert value.kind == "queue" and value.name in centre.queues
        if step.verb == "in_queue":
            assert set(step.value) <= set(centre.queues)


def test_the_example_of_the_page_is_sound() -> None:
    """What docs/headless.md shows can be used as it stands."""
    page = (Path(__file__).parents[3] / "docs/headless.md").read_text("utf-8")
    example_text = page.partition("```yaml\n")[2].partition("```")[0]
    assert len(list(read(example_text, "headless.md").steps())) > 15
