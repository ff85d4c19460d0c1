"""A configuration with something of everything, which the tests break."""

from __future__ import annotations

from pathlib import Path

from config.loader import check_text
from config.problems import ConfigError, Problem

FILE = Path("/nowhere/centro.yaml")

GOOD = """\
schema: acd/1
name: Prueba
languages: [es, en]
skills: {ventas: 0..10, lang.es: 0..10, lang.en: 0..10}
agents:
  ana: {name: Ana, phone: ana, skills: {ventas: 8/10, lang.es: 9, lang.en: 9}}
  eva: {name: Eva, phone: eva, skills: {ventas: 9, lang.es: 8, lang.en: 6}, sign_in: command}
phones: {ana: {}, eva: {kind: browser}, fijo: {address: "127.0.0.1:6001"}}
trunks:
  linea: {host: sip.example.com, from: [203.0.113.0/24], numbers: {"910000001": "900"}, limits: {out: 5}}
hours:
  oficina:
    zone: Europe/Madrid
    week: {mon-fri: ["09:00-14:00", "16:00-19:00"], sat: "10:00-14:00"}
    holidays: {country: ES, region: MD}
    days: {"2026-12-24": "09:00-13:00", "2026-12-26": []}
facts: {customer: {within: 300ms, fields: {open_cases: int, tier: [base, oro]}}}
segments: [base, oro]
classify:
  - {id: casos, when: customer.open_cases >= 1, set: {head_start: 90s}}
entry: {"900": {flow: principal}}
flows:
  principal:
    start: hora
    on: {too_many: cola, failure: cola, no_input: again, no_match: again, hang_up: end}
    nodes:
      hora: {hours: oficina, open: hola, closed: noche}
      noche: {say: noche, next: cola}
      hola: {say: hola, next: menu}
      menu: {menu: pulse, keys: {"1": cola, "9": ingles, "0": cola}, too_many: cola}
      ingles: {language: en, next: cola}
      cola: {enqueue: ventas}
  tarde: {start: adios, nodes: {adios: {goodbye: despedida}}}
queues:
  ventas:
    hours: oficina
    need: ["ventas >= 5/10", "lang(language) >= 5/10"]
    steps:
      - {id: expertos, from: 0s, need: ["ventas >= 7/10"]}
      - {id: todos, from: 20s, relax: {ventas: 3/10}}
    ring: {for: 18s, then: not_ready(pausa)}
    on:
      closed: message(noche) -> to queue general
      full: {limit: 50, to: message(noche) -> to flow tarde}
      nobody_signed_in: to queue general
      nobody_could_ever: alarm(admin) -> to queue general
      waited: {5m: message(hola) -> keep_waiting, 20m: to queue general}
  general:
    on:
      closed: hang_up
      full: {limit: 9, to: hang_up}
      nobody_signed_in: keep_waiting
      nobody_could_ever: hang_up
      waited: {1h: hang_up}
prompts:
  hola: {es: Hola., en: Hello.}
  noche: {es: Cerrado., en: Closed.}
  pulse: {es: Pulse uno., en: Press one.}
fallback: {after: 60s, dial: fijo, say: hola}
music: default
"""


def changed(old: str, new: str) -> str:
    """The good text with one place, the first that reads so, written otherwise."""
    assert old in GOOD
    return GOOD.replace(old, new, 1)


def problems(text: str, file: Path = FILE) -> list[Problem]:
    """All findings on a text, warnings included."""
    try:
        return list(check_text(text, file).warnings)
    except ConfigError as error:
        return list(error.problems)
