from __future__ import annotations

import gc
import wave
from pathlib import Path

import pytest

from config.loader import check_text, load
from config.problems import ConfigError
from config.tree import BYTES_MAX
from tests.unit.config.good import FILE, GOOD, changed, problems

pytestmark = pytest.mark.unit


def test_a_good_file_loads_without_a_word() -> None:
    """Nothing to say, times in milliseconds, and one file to watch."""
    loaded = check_text(GOOD, FILE)

    assert loaded.warnings == ()
    assert loaded.config.queues["ventas"].ring.for_ms == 18_000
    assert loaded.config.agents["ana"].skills == {"ventas": 8, "lang.es": 9, "lang.en": 9}
    assert loaded.config.queues["ventas"].rest.failed == 30_000
    assert loaded.files == (FILE,)
    assert loaded.texts == {FILE: GOOD}


def test_all_mistakes_of_a_file_are_reported_at_once_in_order() -> None:
    """Text, shape and references fail together: nobody mends a file one error at a time."""
    text = (
        changed("phone: ana,", "phone: anna, phone: x,")
        .replace("country: ES", "country: Es")
        .replace("for: 18s", "for: 18")
        .replace("ventas >= 5/10", "vetnas >= 5/10")
        .replace("next: menu", "next: mneu")
        .replace("to flow tarde", "to flow trade")
        .replace("dial: fijo", "dial: fjio")
        .replace("name: Prueba\n", "")
    )
    codes = [problem.code for problem in problems(text)]

    assert codes == [
        "missing-key", "unknown-phone", "duplicate-key", "bad-value", "unknown-node", "unknown-skill",
        "duration", "unknown-flow", "unknown-phone",
    ]  # fmt: skip


def test_a_wrong_exit_hides_nothing_else_of_its_queue() -> None:
    """The smallest part is left out: the queue's needs are still looked at, and the exits are not missing."""
    text = changed("closed: message(noche) -> to queue general", "closed: message(noche)")
    text = text.replace("ventas >= 7/10", "vetnas >= 7/10")

    assert [problem.code for problem in problems(text)] == ["unknown-skill", "exit"]


def test_the_version_is_that_of_the_content() -> None:
    """Comments, order and spelled-out defaults change nothing; a second more does."""
    where = FILE
    version = check_text(GOOD, where).version

    assert len(version) == 12
    assert check_text("# hola\n" + changed("music: default\n", ""), where).version == version
    assert check_text(changed('"1": cola, "9": ingles', '"9": ingles, "1": cola'), where).version == version
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

    file = tmp_path / "centro.yaml"
    assert problems(changed("en: Hello.", "en: {file: good.wav}"), file) == []
    for name in ("bad.wav", "text.wav"):
        found = problems(changed("en: Hello.", f"en: {{file: {name}}}"), file)
        assert [problem.code for problem in found] == ["sound-format"]
        assert "sox" in str(found[0])


@pytest.mark.parametrize("text", ["", "# nada\n", "hola", "[1, 2]", "a: [", "schema: acd/1"])
def test_what_is_no_configuration_is_refused(text: str) -> None:
    """Empty, other and broken files give problems, never a traceback."""
    with pytest.raises(ConfigError) as refusal:
        check_text(text, FILE)

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


def test_files_may_lie_beside_another_folder(tmp_path: Path) -> None:
    """A kept version is read where it is kept; scripts and recordings stay where they always were."""
    kept, home = tmp_path / "kept", tmp_path / "home"
    (home / "scripts").mkdir(parents=True)
    (home / "scripts" / "hola.py").write_text("")
    kept.mkdir()
    (kept / "centro.yaml").write_text(
        changed("{flow: principal}", '{flow: principal}, "901": {script: hola.py}')
    )

    with pytest.raises(ConfigError):
        load(kept / "centro.yaml")
    assert load(kept / "centro.yaml", beside=home).folder == home


def test_reading_leaves_the_garbage_collector_as_it_was() -> None:
    """It rests during the reading, and works again afterwards, whatever came of it."""
    with pytest.raises(ConfigError):
        check_text("schema: x", FILE)
    assert gc.isenabled()
