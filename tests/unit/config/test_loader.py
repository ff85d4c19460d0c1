from __future__ import annotations

import wave
from pathlib import Path

import pytest

from config.loader import check_text, load
from config.problems import ConfigError, Problem
from config.tree import BYTES_MAX

pytestmark = pytest.mark.unit

GOOD = """\
schema: acd/1
name: Prueba
languages: [es, en]
skills: {ventas: 0..10}
agents:
  ana: {name: Ana, phone: ana, skills: {ventas: 8/10}}
phones: {ana: {}, fijo: {address: "127.0.0.1:6001"}}
entry: {"900": {flow: principal}}
flows:
  principal:
    start: hola
    nodes:
      hola: {say: hola, next: menu}
      menu: {menu: pulse, keys: {"1": ventas, "0": ventas}, otherwise: ventas}
      ventas: {enqueue: ventas}
queues:
  ventas: {need: ["ventas >= 5/10"], ring: {for: 18s}}
prompts:
  hola: {es: Hola., en: Hello.}
  pulse: {es: Pulse uno., en: Press one.}
fallback: {after: 60s, dial: fijo, say: hola}
music: default
"""


def problems(text: str, folder: Path = Path("/nowhere")) -> list[Problem]:
    """All findings on a text, warnings included."""
    try:
        return list(check_text(text, folder / "centro.yaml").warnings)
    except ConfigError as error:
        return list(error.problems)


def changed(old: str, new: str) -> str:
    assert old in GOOD
    return GOOD.replace(old, new, 1)


def test_a_good_file_loads_without_a_word() -> None:
    """The file that all the other tests here break."""
    loaded = check_text(GOOD, Path("/nowhere/centro.yaml"))

    assert loaded.warnings == ()
    assert loaded.config.queues["ventas"].ring.for_ms == 18_000
    assert loaded.config.agents["ana"].skills == {"ventas": 8}
    assert loaded.config.queues["ventas"].rest.failed == 30_000


CASES = [
    ("schema: acd/1\n", "", "missing-key", "", 1, "schema"),
    ("schema: acd/1", "schema: acd/2", "bad-value", "schema", 1, "acd/1"),
    ("name: Prueba", "nombre: Prueba", "unknown-key", "nombre", 2, "«name»"),
    ("languages: [es, en]", "languages: []", "bad-value", "languages", 3, "vacío"),
    ("languages: [es, en]", "languages: es", "bad-value", "languages", 3, "lista"),
    ("languages: [es, en]", "languages: [es, en, fr]", "prompt-language", "languages[2]", 3, "cola_"),
    ("0..10", "0..5", "bad-value", "skills.ventas", 4, "0..10"),
    ("ventas: 8/10", "ventas: 11", "level", "agents.ana.skills.ventas", 6, "0 a 10"),
    ("ventas: 8/10", "vetnas: 8", "unknown-skill", "agents.ana.skills.vetnas", 6, "«ventas»"),
    ("phone: ana", "phone: anna", "unknown-phone", "agents.ana.phone", 6, "«ana»"),
    ("name: Ana, phone", "nmae: Ana, phone", "unknown-key", "agents.ana.nmae", 6, "«name»"),
    ("  ana: {name", "  Ana María: {name", "bad-key", "agents.Ana María", 6, "a-z"),
    ('"127.0.0.1:6001"', "nope", "bad-value", "phones.fijo.address", 7, "puerto"),
    ("{flow: principal}", "{flow: principla}", "unknown-flow", "entry.900.flow", 8, "«principal»"),
    ("{flow: principal}", "{}", "entry", "entry.900", 8, "flow o script"),
    ("{flow: principal}", "{script: no.py}", "no-file", "entry.900.script", 8, "no.py"),
    ("{flow: principal}", "{script: ../x.py}", "bad-value", "entry.900.script", 8, "carpeta"),
    ('entry: {"900": {flow: principal}}', "entry: {}", "no-entry", "entry", 8, "número"),
    ("start: hola", "start: halo", "unknown-node", "flows.principal.start", 11, "«hola»"),
    ("say: hola", "say: halo", "unknown-prompt", "flows.principal.nodes.hola.say[0]", 13, "«hola»"),
    ("say: hola", "dice: hola", "bad-value", "flows.principal.nodes.hola", 13, "enqueue"),
    ("next: menu", "next: mneu", "unknown-node", "flows.principal.nodes.hola.next", 13, "«menu»"),
    ("next: menu", "next: hola", "endless-loop", "flows.principal.nodes.hola", 13, "hola → hola"),
    ('"0": ventas', '"5": ventas', "no-person", "flows.principal.nodes.menu", 14, "tecla 0"),
    ('"1": ventas', '"12": ventas', "bad-key", "flows.principal.nodes.menu.keys.12", 14, "tecla"),
    ('"1": ventas', '"1": x', "unknown-node", "flows.principal.nodes.menu.keys.1", 14, "ventas"),
    ("otherwise: ventas", "otherwise: menu", "endless-loop", "flows.principal.nodes.menu", 14, "bucle"),
    ("otherwise: ventas", "tries: 0", "missing-key", "flows.principal.nodes.menu", 14, "otherwise"),
    ("otherwise: ventas", "otherwise: ventas, tries: 0", "bad-value",
     "flows.principal.nodes.menu.tries", 14, "1"),
    ("enqueue: ventas", "enqueue: venta", "unknown-queue",
     "flows.principal.nodes.ventas.enqueue", 15, "«ventas»"),
    ("queues:", "  otro: {start: a, nodes: {a: {goodbye: null}}}\nqueues:", "unused",
     "flows.otro", 16, "no se usa"),
    ("      ventas: {enq", "      suelto: {goodbye: null}\n      ventas: {enq", "unreachable",
     "flows.principal.nodes.suelto", 15, "no se llega"),
    ("ventas >= 5/10", "vent >= 5/10", "unknown-skill", "queues.ventas.need[0]", 17, "«ventas»"),
    ("ventas >= 5/10", "ventas > 5", "need", "queues.ventas.need[0]", 17, "ventas >= 5/10"),
    ("ventas >= 5/10", "ventas >= 9/10", "nobody-could-serve", "queues.ventas", 17, "ningún agente"),
    ("for: 18s", "for: 18", "duration", "queues.ventas.ring.for", 17, "20s"),
    ("for: 18s", "for: 30h", "duration", "queues.ventas.ring.for", 17, "24 h"),
    ("ring: {for: 18s}", "goal: {answer: 20s}", "unknown-key", "queues.ventas.goal", 17, "existen"),
    ("ring: {for: 18s}", "announce_every: 1s", "bad-value", "queues.ventas.announce_every", 17, "5000"),
    ("es: Hola., en: Hello.", "es: Hola.", "prompt-language", "prompts.hola", 19, "«en»"),
    ("en: Hello.", "en: Hello., de: Hallo.", "unused", "prompts.hola.de", 19, "no se usa"),
    ("en: Hello.", "en: {file: no.wav}", "no-file", "prompts.hola.en.file", 19, "no.wav"),
    ("en: Hello.", 'en: ""', "bad-value", "prompts.hola.en.text", 19, "vacío"),
    ("en: Hello.", "en: {text: a, file: b}", "utterance", "prompts.hola.en", 19, "{file: x.wav}"),
    ("  pulse:", '  cola_varias: {es: Muchos., en: "{n}."}\n  pulse:', "prompt-number",
     "prompts.cola_varias.es", 20, "{n}"),
    ("  pulse:", "  nadie: {es: A., en: B.}\n  pulse:", "unused", "prompts.nadie", 20, "no se usa"),
    ("dial: fijo", "dial: fjio", "unknown-phone", "fallback.dial", 21, "«fijo»"),
    ("say: hola}", "say: halo}", "unknown-prompt", "fallback.say", 21, "«hola»"),
    ("music: default", "music: {folder: nada}", "no-file", "music.folder", 22, "carpeta"),
    ("music: default", "music: loud", "bad-value", "music", 22, "clave: valor"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "code", "key", "line", "mend"), CASES)
def test_each_mistake_is_named_where_it_stands_with_its_mend(
    old: str, new: str, code: str, key: str, line: int, mend: str
) -> None:
    """One mistake: its code, its key, its line, and how to mend it, in Spanish and English."""
    found = [problem for problem in problems(changed(old, new)) if problem.code == code]

    assert [(problem.key, problem.line) for problem in found[:1]] == [(key, line)]
    assert mend in str(found[0])
    assert str(found[0]).startswith(f"/nowhere/centro.yaml:{line}:")
    assert " / " in str(found[0])


def test_all_mistakes_of_a_file_are_reported_at_once_in_order() -> None:
    """Text, shape and references fail together: nobody mends a file one error at a time."""
    text = (
        changed("phone: ana,", "phone: anna, phone: x,")
        .replace("for: 18s", "for: 18")
        .replace("ventas >= 5/10", "vetnas >= 5/10")
        .replace("next: menu", "next: mneu")
        .replace("dial: fijo", "dial: fjio")
        .replace("name: Prueba\n", "")
    )
    codes = [problem.code for problem in problems(text)]

    assert codes == [
        "missing-key", "unknown-phone", "duplicate-key", "unknown-node", "unknown-skill", "duration",
        "unknown-phone",
    ]  # fmt: skip


def test_one_misspelling_gives_one_message() -> None:
    """A wrong name does not make its right target look unreachable, nor a wrong item unknown."""
    assert [problem.code for problem in problems(changed("otherwise: ventas", "otherwise: venta"))] == [
        "unknown-node"
    ]
    assert [problem.code for problem in problems(changed("ring: {for: 18s}", "ring: 18s"))] == ["bad-value"]


def test_two_agents_cannot_share_a_telephone() -> None:
    """It would ring for one while the other talks."""
    text = changed("phones:", "  eva: {name: Eva, phone: ana}\nphones:")

    assert [(problem.code, problem.key) for problem in problems(text)] == [
        ("phone-shared", "agents.eva.phone")
    ]


def test_the_version_is_that_of_the_content() -> None:
    """Comments, order and spelled-out defaults change nothing; a second more does."""
    where = Path("/nowhere/centro.yaml")
    version = check_text(GOOD, where).version

    assert len(version) == 12
    assert check_text("# hola\n" + changed("music: default\n", ""), where).version == version
    assert (
        check_text(changed('"1": ventas, "0": ventas', '"0": ventas, "1": ventas'), where).version == version
    )
    assert check_text(changed("for: 18s", "for: 19s"), where).version != version


def test_recordings_must_be_what_the_switch_can_play(tmp_path: Path) -> None:
    """8000 Hz, mono, 16 bits; anything else is named with the command that converts it."""
    for name, rate in (("good.wav", 8_000), ("bad.wav", 44_100)):
        with wave.open(str(tmp_path / name), "wb") as sound:
            sound.setnchannels(1)
            sound.setsampwidth(2)
            sound.setframerate(rate)
            sound.writeframes(b"\0\0" * 100)
    (tmp_path / "text.wav").write_text("hola")

    assert problems(changed("en: Hello.", "en: {file: good.wav}"), tmp_path) == []
    for name in ("bad.wav", "text.wav"):
        found = problems(changed("en: Hello.", f"en: {{file: {name}}}"), tmp_path)
        assert [problem.code for problem in found] == ["sound-format"]
        assert "sox" in str(found[0])


@pytest.mark.parametrize("text", ["", "# nada\n", "hola", "[1, 2]", "a: [", "schema: acd/1"])
def test_what_is_no_configuration_is_refused(text: str) -> None:
    """Empty, other and broken files give problems, never a traceback."""
    with pytest.raises(ConfigError) as refusal:
        check_text(text, Path("/nowhere/centro.yaml"))

    assert refusal.value.problems


@pytest.mark.parametrize(
    ("data", "line"), [(None, 1), (b"x: " + b"a" * BYTES_MAX, 1), (b"schema: acd/1\nname: \xff", 2)]
)
def test_unreadable_files_say_why(tmp_path: Path, data: bytes | None, line: int) -> None:
    """Missing, larger than 1 MiB, or not UTF-8."""
    file = tmp_path / "centro.yaml"
    if data is not None:
        file.write_bytes(data)
    with pytest.raises(ConfigError) as refusal:
        load(file)

    assert [(problem.code, problem.line) for problem in refusal.value.problems] == [("unreadable", line)]
