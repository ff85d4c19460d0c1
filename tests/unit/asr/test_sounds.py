from __future__ import annotations

import stat
import sys
import time
from pathlib import Path

import pytest

from asr.sounds import Ensured, SoundStore
from asr.synthesis import PicoSynthesiser, SynthesisError
from config import build
from config.loader import example, load
from ivr.prompts import Catalogue, Position

pytestmark = pytest.mark.unit

TEXTS = [("Hola, ¿qué tal?", "es"), ("Adiós.", "es"), ("Hello.", "en")]


class FakeSynthesiser:
    """Speaks at once; knows es and en; cannot say some texts."""

    def __init__(self, version: str = "1", cannot: str = "") -> None:
        self.rendered: list[str] = []
        self.closed = 0
        self._version = version
        self._cannot = cannot

    def fingerprint(self, lang: str) -> str:
        if lang not in {"es", "en"}:
            raise SynthesisError(f"no voice for {lang}")
        return f"fake {lang} {self._version}"

    async def render(self, text: str, lang: str) -> bytes:
        if self._cannot and self._cannot in text:
            raise SynthesisError(text)
        self.rendered.append(text)
        return f"{lang} {text}".encode()

    async def close(self) -> None:
        self.closed += 1


def contents(folder: Path) -> dict[str, str]:
    return {str(file): file.read_text("utf-8") for file in folder.iterdir()}


def modes(folder: Path) -> set[int]:
    return {stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()}


async def test_missing_sounds_are_made_and_found_by_what_they_say(tmp_path: Path) -> None:
    """The file name can be read by people; the path is absolute and has no extension."""
    store = SoundStore(tmp_path / "new", [FakeSynthesiser()])
    assert store.path(*TEXTS[0]) is None

    assert await store.ensure(TEXTS) == Ensured(0, 3)

    path = store.path(*TEXTS[0])
    assert path is not None
    assert Path(path).name.startswith("es-hola-que-tal-")
    assert contents(tmp_path / "new")[f"{path}.wav"] == "es Hola, ¿qué tal?"


async def test_sounds_that_are_there_are_not_made_again(tmp_path: Path) -> None:
    """A warm start only looks; a new text costs one sound."""
    await SoundStore(tmp_path, [FakeSynthesiser()]).ensure(TEXTS)
    again = FakeSynthesiser()

    assert await SoundStore(tmp_path, [again]).ensure([*TEXTS, ("Nuevo.", "es")]) == Ensured(3, 1)
    assert again.rendered == ["Nuevo."]


async def test_another_voice_is_another_sound(tmp_path: Path) -> None:
    """A new renderer never plays the old renderer's files."""
    await SoundStore(tmp_path, [FakeSynthesiser()]).ensure(TEXTS)

    assert SoundStore(tmp_path, [FakeSynthesiser("2")]).path(*TEXTS[0]) is None


async def test_every_synthesiser_takes_its_share_and_is_let_go(tmp_path: Path) -> None:
    """Each text is made once, progress counts them, no process is kept."""
    engines = [FakeSynthesiser(), FakeSynthesiser()]
    seen: list[tuple[int, int]] = []
    await SoundStore(tmp_path, engines).ensure(
        [*TEXTS, *TEXTS], lambda done, total: seen.append((done, total))
    )

    assert sorted(engines[0].rendered + engines[1].rendered) == sorted(text for text, _ in TEXTS)
    assert seen == [(1, 3), (2, 3), (3, 3)]
    assert [engine.closed for engine in engines] == [1, 1]


async def test_a_text_that_cannot_be_spoken_costs_only_itself(tmp_path: Path) -> None:
    """The others are made, and the failure is told."""
    store = SoundStore(tmp_path, [FakeSynthesiser(cannot="Adiós")])

    assert await store.ensure(TEXTS) == Ensured(0, 2, ("Adiós.",))
    assert store.path("Adiós.", "es") is None


async def test_a_missing_engine_is_said_once(tmp_path: Path) -> None:
    """A hundred prompts, one line; the server starts all the same."""
    command = [sys.executable, "-c", "raise SystemExit(3)"]
    store = SoundStore(tmp_path, [PicoSynthesiser(command=command)])
    ensured = await store.ensure([(f"Texto {n}.", "es") for n in range(100)])

    assert (ensured.made, len(ensured.failed)) == (0, 1)
    assert "py-nanotts" in ensured.failed[0]


async def test_a_language_without_voice_is_found_before_anything_is_made(tmp_path: Path) -> None:
    """A mistake in the configuration, not of one text; asking for its path is still harmless."""
    engine = FakeSynthesiser()
    with pytest.raises(SynthesisError, match="no voice"):
        await SoundStore(tmp_path, [engine]).ensure([*TEXTS, ("Bom dia.", "pt")])

    assert engine.rendered == []
    assert SoundStore(tmp_path, [engine]).path("Bom dia.", "pt") is None


async def test_files_are_whole_and_readable_by_the_switch(tmp_path: Path) -> None:
    """No half files, no leftovers, mode 0644."""
    await SoundStore(tmp_path, [FakeSynthesiser()]).ensure(TEXTS)
    files = [Path(name) for name in contents(tmp_path)]

    assert len(files) == 3
    assert {file.suffix for file in files} == {".wav"}
    assert modes(tmp_path) == {0o644}


async def test_the_example_speaks_every_sentence(tmp_path: Path) -> None:
    """Real Pico: the whole catalogue of the example is made, then found in no time."""
    loaded = load(example())
    store = SoundStore(tmp_path, [PicoSynthesiser(), PicoSynthesiser()])
    wordings = build.prompts(loaded.config, loaded.folder)
    catalogue = Catalogue(wordings, loaded.config.languages, store)
    texts = catalogue.to_render()

    assert await store.ensure(texts) == Ensured(0, len(texts))
    started = time.monotonic()
    assert await store.ensure(texts) == Ensured(len(texts), 0)
    assert time.monotonic() - started < 0.5
    for lang in ("es", "en"):
        # What holds a variable is made when it is said.
        fixed = [prompt for prompt, said in wordings.items() if "{" not in str(said.get(lang))]
        assert all(catalogue.sounds([prompt], lang) for prompt in fixed)
        assert all(catalogue.position(Position(number, "ventas"), lang) for number in range(1, 60))
