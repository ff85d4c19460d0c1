"""Lint: mistakes that can be read without error, each with its place, its code and its mend."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from pathlib import Path
from time import process_time

import pytest

from bench.config_load import centre_text
from config.findings import Findings
from config.lint.registry import RULES
from config.lint.run import lint
from config.loader import check_text, example, load
from config.problems import ConfigError, Problem, Severity
from config.schema import Centre
from config.shape import shape
from config.use import read_whole
from tests.unit.config.test_lint_flows import PLANTED as OF_FLOWS
from tests.unit.config.test_lint_routing import PLANTED as OF_ROUTING

pytestmark = pytest.mark.unit

GOOD = """\
schema: acd/1
name: Prueba
languages: [es, en]
skills: {ventas: 0..10, soporte: 0..10, lang.es: 0..10, lang.en: 0..10}
agents:
  ana: {name: Ana, phone: ana, skills: {ventas: 9, lang.es: 10, lang.en: 8}}
  beto: {name: Beto, phone: beto, skills: {ventas: 6, soporte: 7, lang.es: 10, lang.en: 5}}
  carla: {name: Carla, phone: carla, skills: {soporte: 9, lang.es: 9}}
phones: {ana: {}, beto: {}, carla: {}}
hours:
  oficina: {week: {mon-fri: "09:00-18:00"}}
facts: {customer: {within: 300ms, fields: {tier: [base, silver, gold], cases: int}}}
segments: [base, plata, vip]
classify:
  - id: gold
    when: customer.tier == gold and call.trust >= matched
    set: {segment: vip, head_start: 3m}
  - id: again
    when: "history.calls_24h >= 2"
    set: {head_start: 90s}
entry: {"900": {flow: principal}}
flows:
  principal:
    start: opciones
    on: {too_many: soporte, failure: soporte, no_input: again, no_match: again, hang_up: end}
    nodes:
      opciones: {menu: pulse, keys: {"1": ventas, "0": soporte}}
      ventas: {enqueue: ventas}
      soporte: {enqueue: soporte}
queues:
  ventas:
    need: ["ventas >= 5/10", "lang(language) >= 5/10"]
    steps:
      - {id: fuertes, from: 0s, need: ["ventas >= 8/10"]}
      - {id: todos, from: 20s}
      - {id: ayuda, from: 60s, relax: {ventas: 0}}
    on:
      closed: hang_up
      full: {limit: 10, to: to queue soporte}
      nobody_signed_in: keep_waiting
      nobody_could_ever: alarm(admin) -> hang_up
      waited: {20m: to queue soporte}
  soporte:
    hours: oficina
    need: ["soporte >= 5/10"]
    on:
      closed: hang_up
      full: {limit: 10, to: hang_up}
      nobody_signed_in: keep_waiting
      nobody_could_ever: keep_waiting
      waited: {20m: hang_up}
prompts:
  pulse: {es: Pulse uno., en: Press one.}
"""


def problems(text: str, folder: Path = Path()) -> list[Problem]:
    try:
        return list(check_text(text, folder / "centro.yaml").warnings)
    except ConfigError as error:
        return list(error.problems)


def changed(*swaps: tuple[str, str]) -> str:
    text = GOOD
    for before, after in swaps:
        assert text.count(before) == 1, before
        text = text.replace(before, after)
    return text


def test_a_sound_centre_is_told_nothing() -> None:
    """Not one finding, so that each test below has only the mistake that it plants."""
    assert problems(GOOD) == []


PLANTED = [
    # what is planted, code, line, column, in the message, in the mend
    (("customer.tier == gold and call", "customer.tier == gold and customer.tier == silver and call"),
     "rule-unreachable", 16, 37, "«customer.tier == gold» y «customer.tier == silver»", "borre la regla"),
    (('"history.calls_24h >= 2"', '"history.calls_24h > 5 and history.calls_24h <= 5"'),
     "rule-unreachable", 19, 38, "se excluyen", "corríjala"),
    (('"history.calls_24h >= 2"', '"history.calls_24h < 0"'),
     "rule-unreachable", 19, 12, "no se cumple nunca", "corríjala"),
    (('"history.calls_24h >= 2"', '"history.calls_24h >= 0"'),
     "rule-always", 19, 12, "se cumple siempre", "escriba «true»"),
    (("set: {head_start: 90s}", "set: {segment: plata}"),
     "set-conflict", 20, 20, "«gold» (línea 15)", "se excluyan"),
    (("id: again", "id: gold"), "rule-twice", 18, 9, "se llama «gold» (línea 15)", "otro nombre"),
    (("set: {head_start: 90s}", "set: {head_start: 0s}"), "rule-does-nothing", 20, 5, "no pone nada", "90s"),
    ((" and call.trust >= matched", ""), "vip-by-caller-id", 17, 20, "se puede falsear", "call.trust >="),
    (("cases: int", "known: bool"), "reserved-field", 12, 72, "customer.known", "cambie el nombre"),
    (("soporte: 0..10,", "soporte: 0..10, retencion: 0..10,"),
     "skill-nobody-holds", 4, 41, "«retencion»", "bórrela"),
    (('["soporte >= 5/10"]', '["soporte >= 8/10"]'),
     "skill-single-holder", 45, 12, "solo la tiene carla", "alguien más"),
    (('["ventas >= 8/10"]', '["ventas >= 10/10"]'),
     "step-impossible", 34, 9, "nadie tiene ventas >= 10/10", "suba las habilidades"),
    (("from: 20s}", 'from: 20s, need: ["soporte >= 3/10"]}'),
     "pool-shrinks", 35, 9, "ya no sirve quien servía en «fuertes»: ana", "narrow: true"),
    (("""\
    on:
      closed: hang_up
      full: {limit: 10, to: hang_up}
      nobody_signed_in: keep_waiting
      nobody_could_ever: keep_waiting
      waited: {20m: hang_up}
""", ""), "missing-exits", 43, 3, "faltan las salidas", "nobody_could_ever"),
    (("""\
prompts:""", """\
  otra:
    on: {closed: hang_up, full: {limit: 1, to: hang_up}, nobody_signed_in: hang_up,
      nobody_could_ever: hang_up, waited: {1m: hang_up}}
prompts:"""), "queue-unused", 52, 3, "lleva a esta cola", "enqueue"),
    (('{mon-fri: "09:00-18:00"}', "{mon-fri: []}"), "hours-never-open", 11, 3, "no abre nunca", "09:00"),
    # found by the checks before lint
    (("closed: hang_up\n      full: {limit: 10, to: hang_up}",
      "closed: to queue ventas\n      full: {limit: 10, to: hang_up}"),
     "exit-circle", 39, 29, "ventas → soporte → ventas", "keep_waiting"),
    (('"0": soporte}', '"2": soporte}'), "no-person", 27, 7, "tecla 0", "enqueue"),
    (("es: Pulse uno., en: Press one.", "es: Pulse uno."),
     "prompt-language", 53, 3, "«en»", "quite el idioma"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("swap", "code", "line", "column", "said", "mend"),
    PLANTED,
    ids=[f"{p[1]}-{n}" for n, p in enumerate(PLANTED)],
)
def test_a_planted_mistake_is_found_where_it_is(
    swap: tuple[str, str], code: str, line: int, column: int, said: str, mend: str
) -> None:
    """One mistake, one finding: file, line, column, code, what is wrong and the mend, in both languages."""
    (found,) = problems(changed(swap), Path("/centro"))

    assert (found.file, found.line, found.column, found.code) == ("/centro/centro.yaml", line, column, code)
    assert said in found.es
    assert mend in found.fix_es
    assert found.en and found.fix_en
    assert "\n" not in f"{found.fix_es}{found.fix_en}"
    if code in RULES:
        assert found.severity is RULES[code].severity


def test_every_rule_of_lint_has_a_planted_mistake() -> None:
    """A code that nothing can bring about would be a promise that is not kept."""
    assert {plant[1] for plant in PLANTED} | {plant[2] for plant in (*OF_ROUTING, *OF_FLOWS)} >= set(RULES)


WHEN = "customer.tier == gold and call.trust >= matched"
WRONG_TEXTS = [
    (WHEN, "customer.tier == glod", "rule-unknown-value", 16, 28),
    (WHEN, "'customer.tier == glod'", "rule-unknown-value", 16, 29),
    (WHEN, "\"call.to == '900' and calls > 2\"", "rule-unknown-word", 16, 33),
    ("segment: vip,", "segment: vipp,", "rule-unknown-value", 17, 20),
    ("head_start: 3m", "head_start: '3'", "rule-wrong-type", 17, 38),
]


@pytest.mark.parametrize(("before", "after", "code", "line", "column"), WRONG_TEXTS)
def test_a_mistake_inside_a_rule_has_its_column_in_the_file(
    before: str, after: str, code: str, line: int, column: int
) -> None:
    """Plain or in quotes: the column is that of the wrong word in the file, not in the rule."""
    (found,) = problems(changed((before, after)))

    assert (found.code, found.line, found.column) == (code, line, column)


@pytest.mark.parametrize(
    "written",
    [">-\n      customer.tier == gold\n      and call.trust >= machted", "'customer.tier == ''glod'''"],
)
def test_in_a_folded_rule_the_column_is_told_in_words(written: str) -> None:
    """Over several lines, or with escapes: the place is that of the rule, the column within it is told."""
    (found,) = problems(changed((WHEN, written)))

    assert (found.code, found.line, found.column) == ("rule-unknown-value", 16, 11)
    assert "(columna " in found.es and "(column " in found.en


def test_facts_that_make_two_rules_true_are_told() -> None:
    """A conflict is shown by an example that an administrator can check."""
    (found,) = problems(changed(("set: {head_start: 90s}", "set: {segment: plata}")))

    assert "customer.tier == gold" in found.es
    assert "call.trust == callback" in found.es
    assert "history.calls_24h == 2" in found.es


@pytest.mark.parametrize(
    "when",
    [
        "customer.tier == silver and call.trust >= matched",
        "customer.tier == gold and call.trust < matched",
        "customer.known == false and call.to == '901'",
        "known(call.from) and not known(customer.tier) and call.to == '901'",
    ],
)
def test_rules_that_exclude_each_other_may_set_the_same(when: str) -> None:
    """No overlap, no finding: another word, a lower trust, no record, nothing known."""
    text = changed(
        ('"history.calls_24h >= 2"', f'"{when}"'), ("set: {head_start: 90s}", "set: {segment: plata}")
    )

    assert problems(text) == []


@pytest.mark.parametrize("value", ["vip", "customer.segment"])
def test_the_same_value_or_one_that_nobody_knows_is_no_conflict(value: str) -> None:
    """Two rules may agree; and what cannot be shown is not reported."""
    text = changed(
        ('"history.calls_24h >= 2"', '"history.calls_24h >= 2 and call.trust >= matched"'),
        ("set: {head_start: 90s}", f"set: {{segment: {value}}}"),
    )

    assert problems(text) == []


def test_true_is_a_rule_for_everybody() -> None:
    """Written as such it is meant, and no finding."""
    assert problems(changed(('"history.calls_24h >= 2"', '"true"'))) == []


def test_the_lowest_segment_is_no_privilege() -> None:
    """A caller may be put down by the number alone."""
    text = changed((" and call.trust >= matched", ""), ("segment: vip", "segment: base"))

    assert problems(text) == []


def test_a_step_may_be_narrow_if_that_is_meant() -> None:
    """`narrow: true` says so."""
    text = changed(("from: 20s}", 'from: 20s, narrow: true, need: ["soporte >= 3/10"]}'))

    assert [problem.code for problem in problems(text)] == []


def test_a_step_that_serves_one_language_is_possible() -> None:
    """Agents who speak English are enough: callers of the other language take another way."""
    text = changed(('["ventas >= 8/10"]', '["ventas >= 8/10", "lang(language) >= 8/10"]'))

    assert problems(text) == []


def test_a_pool_that_shrinks_for_one_language_only_shrinks() -> None:
    """Of English callers fewer agents are left than before."""
    text = changed(
        ('["ventas >= 8/10"]', '["ventas >= 6/10"]'),
        ("from: 20s}", 'from: 20s, need: ["lang(language) >= 7/10"]}'),
    )
    (found,) = problems(text)

    assert (found.code, found.line) == ("pool-shrinks", 35)
    assert found.es.endswith("beto")


def test_one_mistake_is_not_told_twice() -> None:
    """Where an agent or a fact was refused by the schema, lint does not complain of what follows from it."""
    agent = problems(
        changed(("{ventas: 9, lang.es: 10, lang.en: 8}", "{ventas: 99, lang.es: 10, lang.en: 8}"))
    )
    fact = problems(changed(("tier: [base, silver, gold]", "tier: text_")))

    assert [problem.code for problem in agent] == ["level"]
    assert [problem.code for problem in fact] == ["fact-type"]


def test_the_example_centre_has_no_errors() -> None:
    """What comes with us passes its own lint."""
    assert [warning for warning in load(example()).warnings if warning.severity is Severity.ERROR] == []


def test_a_rule_in_another_file_is_named_with_its_file(tmp_path: Path) -> None:
    """Rules of used files are judged together; a message about two files names the other one."""
    main = tmp_path / "centro.yaml"
    more = tmp_path / "mas.yaml"
    more.write_text('classify:\n  - {id: todos, when: "true", set: {segment: base}}\n', "utf-8")
    text = changed(("languages: [es, en]", "use: [mas.yaml]\nlanguages: [es, en]"))
    (found,) = problems(text, tmp_path)

    assert (found.code, found.file, found.line, found.column) == ("set-conflict", str(more), 2, 46)
    assert f"{main}:16" in found.es


def test_lint_costs_less_than_reading() -> None:
    """500 queues of three steps, 2,000 agents and 40 rules: a loop over their squares would cost far more."""
    gc.collect()  # what other tests have left is not lint's work
    began = process_time()
    centre, found, texts = _large()
    read = process_time()
    lint(centre, found, texts)

    assert process_time() - read < read - began
    assert {problem.code for problem in found.problems} <= {"vip-by-caller-id"}


def _large() -> tuple[Centre, Findings, dict[Path, str]]:
    lines = [line for line in centre_text(500, 2_000).splitlines() if not line.startswith("  - {id: ")]
    at = lines.index("classify:") + 1
    whole = read_whole("\n".join([*lines[:at], *_rules(), *lines[at:]]), Path("grande.yaml"))
    centre = shape(whole.tree).centre
    assert centre is not None and len(centre.classify) == 40
    return centre, Findings(whole.tree), whole.texts


def _rules() -> Iterator[str]:
    """As costly to compare as they come: all set the same, and none overlap."""
    for number in range(40):
        yield f"  - id: r{number}"
        yield f"    when: history.calls_24h == {number} and (call.trust == pin or customer.open_cases > 2)"
        yield f"    set: {{segment: {('base', 'plata', 'oro')[number % 3]}, head_start: {number + 1}s}}"
