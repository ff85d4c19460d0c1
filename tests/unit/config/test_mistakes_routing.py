"""What may be written wrong of routing: sites, policy, promises, preferences; its place and its mend."""

from __future__ import annotations

from pathlib import Path

import pytest

from config.loader import load
from config.problems import ConfigError
from tests.unit.config.good import GOOD, changed, problems

pytestmark = pytest.mark.unit

SIGN_IN = "sign_in: command"
SET = "set: {head_start: 90s}"
FIRST = "- {id: expertos, from: 0s,"
SECOND = "id: todos, from: 20s,"
RING = "ring: {for: 18s, then: not_ready(pausa)}"
WAITED = "      waited: {1h: hang_up}\n"
MUSIC = "music: default"
CASES = [
    (SIGN_IN, "site: madird",
     "7:83 agents.eva.site [unknown-site]", "aún no hay ninguno definido"),
    (SIGN_IN, "capacity: {chat: 30}",
     "7:94 agents.eva.capacity.chat [bad-value]", "como máximo 20"),
    (SIGN_IN, "capacity: {voice: 2}",
     "7:95 agents.eva.capacity.voice [bad-value]", "como máximo 1"),
    (SIGN_IN, "capacity: {caht: 3}",
     "7:88 agents.eva.capacity.caht [unknown-key]", "¿quiso decir «chat»?"),
    (SIGN_IN, "auto_answer: sometimes",
     "7:90 agents.eva.auto_answer [yes-or-no]", "p. ej. yes"),
    (MUSIC, "sites: madrid",
     "60:8 sites [bad-value]", "se espera una lista: [a, b]"),
    (MUSIC, "sites: [Madrid Norte]",
     "60:9 sites[0] [bad-value]", "solo a-z, 0-9, _ y -, hasta 40"),
    (MUSIC, "routing: {policy: fiar}",
     "60:19 routing.policy [bad-value]", "¿quiso decir «fair»?"),
    (MUSIC, "routing: {pick: best}",
     "60:17 routing.pick [bad-value]", "¿quiso decir «best_fit»?"),
    (MUSIC, "routing: {polcy: fair}",
     "60:11 routing.polcy [unknown-key]", "¿quiso decir «policy»?"),
    (MUSIC, "routing: {starve: 0s}",
     "60:19 routing.starve [duration]", "como mínimo 1ms"),
    (MUSIC, "routing: {policy: tuned, weights: no.yaml}",
     "60:35 routing.weights [no-file]", "créelo o corrija el nombre"),
    (MUSIC, "routing: {policy: tuned, weights: ../x.yaml}",
     "60:35 routing.weights [use]", "cópielo en /nowhere"),
    (MUSIC, "routing: {policy: tuned, weights: x.txt}",
     "60:35 routing.weights [use]", "cambie el nombre"),
    (MUSIC, "routing: {numbers: {slope: fast}}",
     "60:28 routing.numbers.slope [bad-value]", "se espera un número"),
    (MUSIC, "routing: {policy: smart, pick: best_fit}",
     "60:26 routing.pick [policy]", "quítelo, o ponga policy: fair"),
    (MUSIC, "routing: {policy: tuned, numbers: {exponant: 2}}",
     "60:36 routing.numbers.exponant [policy]", "¿quiso decir «exponent»?"),
    (MUSIC, "routing: {policy: tuned, numbers: {g0: -1}}",
     "60:36 routing.numbers.g0 [policy]", "vea sus límites en docs/policies.md"),
    (MUSIC, "routing: {policy: fair, numbers: {g0: 1}}",
     "60:35 routing.numbers.g0 [policy]", "la política «fair» no admite"),
    (MUSIC, "routing: {policy: tuned, numbers: {weight.vntas: 1}}",
     "60:36 routing.numbers.weight.vntas [policy-unused]", "repita «centralita tune»"),
    (SET, "set: {prefer: [ana, evva]}",
     ("20:55 classify[0].set.prefer [prefer-unheeded] | "
      "20:69 classify[0].set.prefer[1] [rule-unknown-value]"),
     "¿quiso decir «eva»?"),
    (SET, "set: {prefer: history.last_agnt}",
     ("20:55 classify[0].set.prefer [prefer-unheeded] | "
      "20:63 classify[0].set.prefer[0] [rule-unknown-fact]"),
     "¿quiso decir «history.last_agent»?"),
    (SET, "set: {prefer: history.calls_24h}",
     ("20:55 classify[0].set.prefer [prefer-unheeded] | "
      "20:63 classify[0].set.prefer[0] [rule-wrong-type]"),
     "es un número, y se espera un agente"),
    (SET, "set: {prefer: {who: ana}}",
     "20:63 classify[0].set.prefer [bad-value]", "se espera una lista: [a, b]"),
    (RING, "sites: [madrid]",
     "41:13 queues.ventas.sites[0] [unknown-site]", "aún no hay ninguno definido"),
    (RING, "sites: all",
     "41:12 queues.ventas.sites [sites]", "p. ej. [madrid]"),
    (RING, "sites: []",
     "41:12 queues.ventas.sites [sites]", "p. ej. [madrid]"),
    (RING, "goal: {anwser: 20s}",
     "41:12 queues.ventas.goal.anwser [unknown-key]", "¿quiso decir «answer»?"),
    (RING, "goal: {answer: 20}",
     "41:20 queues.ventas.goal.answer [duration]", "p. ej. 20s, 3m, 500ms"),
    (RING, "goal: {for: 80}",
     "41:17 queues.ventas.goal.for [percent]", "p. ej. 80%"),
    (RING, "goal: {for: 101%}",
     "41:17 queues.ventas.goal.for [percent]", "p. ej. 80%"),
    (RING, "goal: {counts: sl-v9}",
     "41:20 queues.ventas.goal.counts [bad-value]", "¿quiso decir «sl-v5»?"),
    (RING, "value: 0",
     "41:12 queues.ventas.value [bad-value]", "más de 0"),
    (RING, "value: 1001",
     "41:12 queues.ventas.value [bad-value]", "como máximo 1000"),
    (RING, "value: high",
     "41:12 queues.ventas.value [bad-value]", "se espera un número"),
    (RING, "values: {oor: 3}",
     "41:14 queues.ventas.values.oor [unknown-segment]", "¿quiso decir «oro»?"),
    (RING, "values: {oro: -1}",
     "41:19 queues.ventas.values.oro [bad-value]", "más de 0"),
    (RING, "keep_free: -1",
     "41:16 queues.ventas.keep_free [bad-value]", "como mínimo 0"),
    (RING, "place_back: 15",
     "41:17 queues.ventas.place_back [duration]", "p. ej. 20s, 3m, 500ms"),
    (RING, "place_back: 2h",
     "41:17 queues.ventas.place_back [duration]", "como máximo 1h"),
    (RING, "wrap: {extend: twice}",
     "41:20 queues.ventas.wrap.extend [extend]", "p. ej. once"),
    (RING, "wrap: {extend: once, extend_by: 0s}",
     "41:37 queues.ventas.wrap.extend_by [duration]", "como mínimo 1ms"),
    (RING, "wrap: {extends: once}",
     "41:12 queues.ventas.wrap.extends [unknown-key]", "¿quiso decir «extend»?"),
    (RING, "escalate: genral",
     "41:15 queues.ventas.escalate [unknown-queue]", "¿quiso decir «general»?"),
    (RING, "escalate: ventas",
     "41:15 queues.ventas.escalate [escalate-circle]", "quite «escalate» de la última"),
    (RING, "transferred: {clock: old}",
     "41:26 queues.ventas.transferred.clock [bad-value]", "keep, new"),
    (RING, "transferred: {head_start: 90}",
     "41:31 queues.ventas.transferred.head_start [duration]", "p. ej. 20s, 3m, 500ms"),
    (RING, "transferred: {head_start: 2h}",
     "41:31 queues.ventas.transferred.head_start [duration]", "como máximo 1h"),
    (RING, "transferred: {headstart: 60s}",
     "41:19 queues.ventas.transferred.headstart [unknown-key]", "¿quiso decir «head_start»?"),
    (RING, "transferred: keep",
     "41:18 queues.ventas.transferred [bad-value]", "clave: valor"),
    (RING, "dispositions: [venta, no interesa]",
     "41:27 queues.ventas.dispositions[1] [bad-value]", "solo a-z, 0-9, _ y -, hasta 40"),
    (RING, "dispositions: [venta, nada, venta]",
     "41:19 queues.ventas.dispositions [repeated]", "deje una"),
    (RING, "dispositions: venta",
     "41:19 queues.ventas.dispositions [bad-value]", "se espera una lista: [a, b]"),
    (SECOND, "id: todos, from: 20s, sites: [madrid],",
     "40:40 queues.ventas.steps[1].sites[0] [unknown-site]", "aún no hay ninguno definido"),
    (SECOND, "id: todos, from: 20s, prefer: prefer, hold_for: 15s,",
     "40:9 queues.ventas.steps[1] [prefer-step]", "deje id, from: 0s, need, relax, prefer y hold_for"),
    (SECOND, "id: todos, from: 20s, prefer: prefer,",
     "40:9 queues.ventas.steps[1] [prefer-step]", "p. ej. prefer: prefer, hold_for: 15s"),
    (SECOND, "id: todos, from: 0s, prefer: prefer, hold_for: 15s,",
     ("40:31 queues.ventas.steps[1].prefer [prefer-step] | "
      "40:31 queues.ventas.steps[1].prefer [prefer-nobody]"),
     "p. ej. set: {prefer: history.last_agent}"),
    (FIRST, "- {id: expertos, from: 0s, prefer: ana, hold_for: 15s,",
     "39:42 queues.ventas.steps[0].prefer [bad-value]", "existen: prefer"),
    (FIRST, "- {id: expertos, from: 0s, prefer: prefer, hold_for: 0s,",
     "39:60 queues.ventas.steps[0].hold_for [duration]", "como mínimo 1s"),
    (FIRST, "- {id: expertos, from: 0s, prefer: prefer, hold_for: 15s, narrow: true,",
     "39:9 queues.ventas.steps[0] [prefer-step]", "deje id, from: 0s, need, relax, prefer y hold_for"),
    (WAITED, WAITED + "      long_wait: {limit: 10m}\n",
     "55:7 queues.general.on.long_wait [missing-key]", "añada «to: …»"),
    (WAITED, WAITED + "      long_wait: {limit: 10, to: hang_up}\n",
     "55:26 queues.general.on.long_wait.limit [duration]", "p. ej. 20s, 3m, 500ms"),
    (WAITED, WAITED + "      long_wait: {limit: 10m, to: to queue genral}\n",
     "55:35 queues.general.on.long_wait.to [unknown-queue]", "¿quiso decir «general»?"),
    (WAITED, WAITED + "      long_wait: {limit: 10m, to: to queue ventas}\n",
     "43:15 queues.ventas.on.closed [exit-circle]", "deje que una de estas salidas acabe en hang_up,"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "where", "mend"), CASES)
def test_each_mistake_is_named_where_it_stands_with_its_mend(
    old: str, new: str, where: str, mend: str
) -> None:
    """Line:column, key, code and how to mend it, in two languages, and no message that follows from it."""
    found = problems(changed(old, new))

    assert " | ".join(f"{p.line}:{p.column} {p.key} [{p.code}]" for p in found) == where
    assert mend in str(found[-1])
    assert all(p.es and p.en and p.es != p.en and bool(p.fix_es) == bool(p.fix_en) for p in found)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (SIGN_IN, "capacity: {voice: 0, chat: 20}, auto_answer: no"),
        (SIGN_IN, "capacity: {}, auto_answer: true"),
        (RING, "wrap: {for: 45s, extend: no}"),
        (RING, "wrap: {extend: 20, extend_by: 1m}"),
        (RING, "value: 0.5\n    values: {oro: 1000, base: 1}"),
        (RING, "goal: {answer: 20s, for: 100 %}"),
        (RING, "sites: any"),
        (RING, "transferred: {clock: new, head_start: 1h}"),
        (RING, "transferred: {}\n    dispositions: []"),
        (RING, "dispositions: [venta, no_interesa]"),
        (RING, "escalate: general"),
        (MUSIC, "routing: {policy: smart, starve: 24h}"),
        (MUSIC, "routing: {policy: tuned, numbers: {g0: 1, exponent: 0.5, weight.ventas.oro: 2}}"),
        (MUSIC, "routing: {policy: tuned, numbers: {scarcity.lang.es: 1, weight.ventas: 1}}"),
        (MUSIC, "routing: {policy: fair, pick: best_fit}"),
    ],
)
def test_what_may_be_written_is_taken(old: str, new: str) -> None:
    """Whole numbers and fractions, `no` as text and as a word, limits included."""
    assert {p.code for p in problems(changed(old, new))} <= {"escalates-down"}


def weights(folder: Path, routing: str, text: str) -> Path:
    """A centre with a file of weights beside it."""
    (folder / "weights.yaml").write_text(text, encoding="utf-8")
    file = folder / "centro.yaml"
    file.write_text(GOOD + f"routing: {{{routing}}}\n", encoding="utf-8")
    return file


def test_weights_are_part_of_the_configuration(tmp_path: Path) -> None:
    """What stands in their file counts for the version, and the file is told with the others."""
    named = "policy: tuned, weights: weights.yaml"
    first = load(weights(tmp_path, named, "policy: tuned\nnumbers: {g0: 0.5, exponent: 2}\n"))
    second = load(weights(tmp_path, named, "policy: tuned\nnumbers: {g0: 0.5, exponent: 3}\n"))
    inline = load(weights(tmp_path, "policy: tuned, numbers: {g0: 0.5, exponent: 2}", ""))

    assert first.config.routing.numbers == {"g0": 0.5, "exponent": 2}
    assert [file.name for file in first.files] == ["centro.yaml", "weights.yaml"]
    assert first.version != second.version
    assert first.version == inline.version


@pytest.mark.parametrize(
    "text", ['{"policy": "tuned", "numbers": {"g0": 1e-05}}', "{policy: tuned, numbers: {g0: 1.0e-05}}"]
)
def test_weights_are_read_as_programs_write_them(tmp_path: Path, text: str) -> None:
    """JSON or YAML, small numbers with an exponent."""
    file = weights(tmp_path, "policy: tuned, weights: weights.yaml", text)

    assert load(file).config.routing.numbers == {"g0": 1e-05}


@pytest.mark.parametrize(
    ("routing", "text", "place"),
    [
        (
            "policy: tuned, weights: weights.yaml",
            "policy: smart\nnumbers: {}\n",
            "centro.yaml:61:35 [weights]",
        ),
        ("weights: weights.yaml", "policy: tuned\nnumbers: {}\n", "centro.yaml:61:20 [weights]"),
        ("policy: tuned, weights: weights.yaml", "weights: {g0: 1}\n", "weights.yaml:1:1 [weights]"),
        ("policy: tuned, weights: weights.yaml", "- 1\n", "weights.yaml:1:1 [weights]"),
        ("policy: tuned, weights: weights.yaml", "numbers: [\n", "weights.yaml:2:1 [yaml]"),
        (
            "policy: tuned, weights: weights.yaml",
            "policy: tuned\nnumbers: {g0: x}\n",
            "weights.yaml:2:15 [bad-value]",
        ),
        (
            "policy: tuned, numbers: {g0: 1}, weights: weights.yaml",
            "policy: tuned\nnumbers: {g0: 1}\n",
            "centro.yaml:61:26 [weights]",
        ),
    ],
)
def test_wrong_weights_are_told_where_they_stand(tmp_path: Path, routing: str, text: str, place: str) -> None:
    """Of another policy, given twice, or no weights at all: with the file that is to be mended."""
    with pytest.raises(ConfigError) as refusal:
        load(weights(tmp_path, routing, text))

    assert [f"{Path(p.file).name}:{p.line}:{p.column} [{p.code}]" for p in refusal.value.problems] == [place]
