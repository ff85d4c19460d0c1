"""
How long a large configuration takes: `python -m bench.config_load` (500 queues, 2,000 agents).

Process CPU time by stage, median of several readings, so that a busy machine
does not blur it; the wall time of the whole stands beside it.
"""

from __future__ import annotations

import argparse
import gc
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

from bench.figures import machine
from config import build, loader
from config.check import check
from config.findings import Findings
from config.lint.run import lint
from config.schema import Centre
from config.tree import parse

T = TypeVar("T")
_SKILLS = ("ventas", "soporte", "facturacion", "bajas", "averias", "citas", "pedidos", "reclamaciones")
_LANGUAGES = ("es", "en")


def centre_text(queues: int, agents: int) -> str:
    """
    YAML of a believable centre.

    Args:
        queues: Each with hours, needs, sites, three steps, a goal, what its callers are
            worth, all five exits, and a flow of its own with a greeting, a menu and a
            way to a person.
        agents: Each with a phone, a site, three skills and both languages.
    """
    return "\n".join([*_head(), *_people(agents), *_ways_in(queues), *_queues(queues), *_prompts()]) + "\n"


def _head() -> Iterator[str]:
    yield "schema: acd/1\nname: Grande\nlanguages: [es, en]\nskills:"
    yield from (f"  {skill}: 0..10" for skill in (*_SKILLS, *(f"lang.{lang}" for lang in _LANGUAGES)))
    yield "sites: [madrid, bogota]\nrouting: {starve: 15m}"
    yield "hours:\n  oficina:\n    zone: Europe/Madrid"
    yield '    week: {mon-fri: ["09:00-14:00", "16:00-20:00"], sat: "10:00-14:00"}'
    yield '    days: {"2026-12-24": "09:00-14:00"}'
    yield "segments: [base, plata, oro]"
    yield "facts:\n  customer: {fields: {open_cases: int, tier: [base, plata, oro]}}"
    yield "classify:"
    yield "  - {id: oro, when: customer.tier == oro, set: {segment: oro, head_start: 3m}}"
    yield "  - {id: casos, when: customer.open_cases >= 1, set: {head_start: 90s}}"


def _people(agents: int) -> Iterator[str]:
    yield "agents:"
    for n in range(agents):
        chosen = ", ".join(
            f"{skill}: {5 + (n + i) % 6}/10"
            for i, skill in enumerate(_SKILLS[(n + k) % len(_SKILLS)] for k in range(3))
        )
        yield f"  a{n:04d}:\n    name: Agente {n}\n    phone: a{n:04d}"
        yield f"    site: {('madrid', 'bogota')[n // 3 % 2]}"
        yield f"    skills: {{{chosen}, lang.es: {6 + n % 5}, lang.en: {n % 11}}}"
    yield "phones:"
    yield from (f"  a{n:04d}: {{kind: {'browser' if n % 4 == 0 else 'sip'}}}" for n in range(agents))


def _ways_in(queues: int) -> Iterator[str]:
    yield "entry:"
    yield from (f'  "{900000 + n}": {{flow: f{n:03d}}}' for n in range(queues))
    yield "flows:"
    for n in range(queues):
        yield f"""\
  f{n:03d}:
    start: hora
    on: {{too_many: persona, failure: persona, no_input: again, no_match: again, hang_up: end}}
    nodes:
      hora: {{hours: oficina, open: saludo, closed: fuera}}
      fuera: {{say: cerrado, next: persona}}
      saludo: {{say: [bienvenida, aviso], next: menu}}
      menu:
        menu: opciones
        keys: {{"1": cola, "2": persona, "9": ingles, "0": persona}}
        invalid: no_valida
      ingles: {{language: en, next: menu_en}}
      menu_en:
        menu: opciones
        keys: {{"1": cola, "0": persona}}
      cola: {{enqueue: q{n:03d}}}
      persona: {{enqueue: general}}"""


def _queues(queues: int) -> Iterator[str]:
    yield "queues:\n  general:\n    on:"
    yield "      closed: hang_up\n      full: {limit: 500, to: message(cerrado) -> hang_up}"
    yield "      nobody_signed_in: keep_waiting\n      nobody_could_ever: alarm(admin) -> keep_waiting"
    yield "      waited: {20m: message(cerrado) -> hang_up}"
    for n in range(queues):
        skill = _SKILLS[n % len(_SKILLS)]
        yield f"""\
  q{n:03d}:
    hours: oficina
    need: [{skill} >= 4/10, lang(language) >= 5/10]
    sites: [madrid]
    goal: {{answer: 20s, for: 80%}}
    values: {{oro: 4.5}}
    keep_free: 2
    steps:
      - {{id: fuerte, from: 0s, need: [{skill} >= 7/10]}}
      - {{id: normal, from: 25s, sites: any}}
      - {{id: amplio, from: 60s, sites: any, relax: {{{skill}: 3/10, lang(language): 3/10}}}}
    ring: {{for: 18s, then: not_ready(no_answer)}}
    wrap: {{for: 30s, extend: once}}
    announce_every: 30s
    on:
      closed: message(cerrado) -> to queue general
      full: {{limit: 200, to: message(lleno) -> to queue general}}
      nobody_signed_in: to queue general
      nobody_could_ever: alarm(admin) -> to queue general
      waited: {{10m: message(lleno) -> keep_waiting, 20m: to queue general}}"""


def _prompts() -> Iterator[str]:
    yield "prompts:"
    for name in ("bienvenida", "aviso", "opciones", "no_valida", "cerrado", "lleno"):
        yield f"  {name}: {{es: Texto de {name}., en: Text of {name}.}}"


def measure(text: str, rounds: int) -> list[tuple[str, float, float]]:
    """Stage, CPU ms and wall ms, the medians of so many readings of this text."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "centro.yaml"
        file.write_text(text, encoding="utf-8")
        taken = [_stages(text, file) for _ in range(rounds)]
    return [(name, *_medians([one[name] for one in taken])) for name in taken[0]]


def _medians(taken: Sequence[tuple[float, float]]) -> tuple[float, float]:
    return statistics.median(cpu for cpu, _ in taken), statistics.median(wall for _, wall in taken)


def _stages(text: str, file: Path) -> dict[str, tuple[float, float]]:
    taken: dict[str, tuple[float, float]] = {}

    def timed(name: str, work: Callable[[], T]) -> T:
        cpu, wall = time.process_time(), time.perf_counter()
        done = work()
        taken[name] = ((time.process_time() - cpu) * 1_000, (time.perf_counter() - wall) * 1_000)
        return done

    gc.collect()
    gc.disable()  # as the loader does: the stages shall add up to the whole
    loaded = timed("load (all of it)", lambda: loader.load(file))
    timed("- text to tree", lambda: parse(text, "x"))
    tree = parse(text, "x")
    timed("- schema", lambda: Centre.model_validate(tree.value))
    found = Findings(tree)
    timed("- references", lambda: check(loaded.config, found))
    timed("- lint", lambda: lint(loaded.config, found, loaded.texts))
    timed("- version", lambda: loader.version(loaded.config))
    timed("build routing and plan", lambda: (build.routing(loaded.config, "x"), build.plan(loaded.config)))
    gc.enable()
    return taken


def main() -> None:
    wanted = argparse.ArgumentParser(description=__doc__)
    wanted.add_argument("--queues", type=int, default=500)
    wanted.add_argument("--agents", type=int, default=2_000)
    wanted.add_argument("--rounds", type=int, default=5)
    asked = wanted.parse_args()
    text = centre_text(asked.queues, asked.agents)
    print(
        f"{asked.queues} queues, {asked.agents} agents: {len(text) // 1024} KiB, {text.count(chr(10))} lines"
    )
    print(machine())
    for name, cpu_ms, wall_ms in measure(text, asked.rounds):
        print(f"{name:24}{cpu_ms:8.0f} ms CPU{wall_ms:8.0f} ms wall")


if __name__ == "__main__":
    main()
