"""Lint of routing: promises that nobody could keep, each with its place, its code and its mend."""

from __future__ import annotations

from pathlib import Path

import pytest

from config.lint.registry import RULES
from config.loader import check_text
from config.problems import ConfigError, Problem

pytestmark = pytest.mark.unit

GOOD = """\
schema: acd/1
name: Prueba
languages: [es]
sites: [madrid, bogota, lima]
skills: {ventas: 0..10, soporte: 0..10, lang.es: 0..10}
agents:
  ana: {name: Ana, phone: ana, site: madrid, skills: {ventas: 9, lang.es: 10}}
  beto: {name: Beto, phone: beto, site: bogota, skills: {ventas: 6, soporte: 8, lang.es: 10}}
  carla: {name: Carla, phone: carla, site: lima, skills: {soporte: 9, ventas: 3, lang.es: 9}}
  fran: {name: Fran, phone: fran}
phones: {ana: {}, beto: {}, carla: {}, fran: {}}
segments: [base, oro]
classify:
  - {id: suya, when: history.calls_24h >= 1, set: {prefer: [history.last_agent, ana]}}
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
    need: ["ventas >= 5/10"]
    sites: [madrid]
    steps:
      - {id: suyo, from: 0s, prefer: prefer, hold_for: 15s}
      - {id: propios, from: 0s}
      - {id: lejos, from: 20s, sites: [madrid, bogota]}
      - {id: todos, from: 60s, sites: any, relax: {ventas: 3/10}}
    keep_free: 1
    values: {oro: 3}
    on: {closed: hang_up, full: {limit: 10, to: hang_up}, nobody_signed_in: hang_up,
      nobody_could_ever: hang_up, waited: {15m: hang_up}}
  soporte:
    need: ["soporte >= 5/10"]
    escalate: expertos
    on: {closed: hang_up, full: {limit: 10, to: hang_up}, nobody_signed_in: hang_up,
      nobody_could_ever: hang_up, waited: {20m: hang_up}}
  expertos:
    need: ["soporte >= 8/10"]
    on: {closed: hang_up, full: {limit: 10, to: hang_up}, nobody_signed_in: hang_up,
      nobody_could_ever: hang_up, waited: {20m: hang_up}}
prompts:
  pulse: {es: Pulse uno.}
"""


def problems(text: str) -> list[Problem]:
    try:
        return list(check_text(text, Path("/centro/centro.yaml")).warnings)
    except ConfigError as error:
        return list(error.problems)


def changed(before: str, after: str) -> str:
    assert GOOD.count(before) == 1, before
    return GOOD.replace(before, after)


def test_a_sound_centre_is_told_nothing() -> None:
    """Sites, preferences, reserves and tiers that can be kept."""
    assert problems(GOOD) == []


PLANTED = [
    # what is planted, code, line, column, in the message, in the mend
    ("[madrid, bogota, lima]", "[madrid, bogota, lima, quito]",
     "site-without-agents", 4, 31, "ningún agente es de «quito»", "site: quito"),
    ("sites: [madrid, bogota]}", "sites: [madrid, lima]}",
     "site-adds-nobody", 31, 39, "en «lejos» se abren sedes", "quite «sites»"),
    ("[history.last_agent, ana]", "[history.last_agent, fran]",
     "prefer-unable", 14, 81, "fran no podría atender", "suba sus habilidades"),
    ("set: {prefer: [history.last_agent, ana]}",
     'set: {prefer: ana, need: ["ventas >= 7/10", "soporte >= 7/10"]}',
     "rule-need-nobody", 14, 65, "nadie tiene a la vez ventas >= 7/10", "pida menos"),
    ("      - {id: suyo, from: 0s, prefer: prefer, hold_for: 15s}\n", "",
     "prefer-unheeded", 14, 52, "ninguna cola tiene en cuenta", "hold_for: 15s"),
    ("set: {prefer: [history.last_agent, ana]}", "set: {segment: oro}",
     "prefer-nobody", 29, 30, "ninguna regla dice quién", "history.last_agent"),
    ("{15m: hang_up}", "{15s: hang_up}",
     "hold-too-long", 29, 56, "a los 15s ya sale", "menos de 15s"),
    ("keep_free: 1", "keep_free: 3", "keep-free-all", 33, 16, "solo 3 podrían", "menos de 3"),
    ('need: ["soporte >= 8/10"]', 'need: ["soporte >= 3/10"]',
     "escalates-down", 39, 15, "«expertos» pide menos", "quien sepa más"),
    # found by the checks before lint
    ('need: ["soporte >= 8/10"]', 'need: ["soporte >= 8/10"]\n    escalate: expertos',
     "escalate-circle", 44, 15, "expertos → expertos", "quite «escalate»"),
    ("sites: [madrid, bogota]}", "sites: [bogota]}",
     "pool-shrinks", 31, 9, "ya no sirve quien servía en «propios»: ana", "narrow: true"),
    ("sites: [madrid]", "sites: [lima]", "step-impossible", 30, 9, "nadie lo reúne todo (lima)", "amplíe"),
]  # fmt: skip


@pytest.mark.parametrize(("before", "after", "code", "line", "column", "said", "mend"), PLANTED)
def test_a_planted_mistake_is_found_where_it_is(
    before: str, after: str, code: str, line: int, column: int, said: str, mend: str
) -> None:
    """One mistake, one finding: line, column, code, what is wrong and the mend, in both languages."""
    (found,) = problems(changed(before, after))

    assert (found.code, found.line, found.column) == (code, line, column)
    assert said in found.es
    assert mend in found.fix_es
    assert found.en and found.fix_en
    if code in RULES:
        assert found.severity is RULES[code].severity


def test_what_is_narrow_on_purpose_may_be() -> None:
    """`narrow: true` closes a site as it raises a level."""
    assert problems(changed("sites: [madrid, bogota]}", "sites: [bogota], narrow: true}")) == []


def test_a_preferred_agent_may_be_weaker_than_others() -> None:
    """The step of the preferred says what they must know: who can do that is worth preferring."""
    text = changed("hold_for: 15s}", "hold_for: 15s, relax: {ventas: 0}}")

    assert problems(text.replace("last_agent, ana]", "last_agent, fran]")) == []
