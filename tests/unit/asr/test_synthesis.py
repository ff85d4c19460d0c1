from __future__ import annotations

import asyncio
import io
import math
import os
import stat
import struct
import sys
import textwrap
import wave
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from asr.audio import from_pcm16
from asr.synthesis import EspeakSynthesiser, PicoSynthesiser, SynthesisError, WorkerSynthesiser

pytestmark = pytest.mark.unit


@pytest.fixture
async def pico() -> AsyncIterator[PicoSynthesiser]:
    engine = PicoSynthesiser()
    yield engine
    await engine.close()


def read(data: bytes) -> list[float]:
    with wave.open(io.BytesIO(data)) as sound:
        assert (sound.getframerate(), sound.getnchannels(), sound.getsampwidth()) == (8_000, 1, 2)
        return from_pcm16(sound.readframes(sound.getnframes()))


@pytest.mark.parametrize(
    ("text", "lang"), [("Gracias por llamar. Enseguida le atienden.", "es"), ("Thank you for calling.", "en")]
)
async def test_a_text_becomes_telephone_sound(pico: PicoSynthesiser, text: str, lang: str) -> None:
    """Real Pico: a believable length, the agreed level, peaks under -3 dBFS."""
    sound = read(await pico.render(text, lang))
    frames = [sum(v * v for v in sound[n : n + 80]) / 80 for n in range(0, len(sound), 80)]
    speech = [frame for frame in frames if frame > max(frames) / 1_000]
    rms_db = 10 * math.log10(sum(speech) / len(speech))

    assert 0.03 * len(text) < len(sound) / 8_000 < 0.12 * len(text)
    assert -20 < rms_db < -17
    assert max(map(abs, sound)) <= 0.71


async def test_markup_in_a_text_is_only_text(pico: PicoSynthesiser) -> None:
    """The engine's own tags cannot be smuggled in, nor can anything break the line protocol."""
    hostile = await pico.render('a <speed level="20">b</speed> & c\n{"text": "d"}\0', "es")

    assert read(hostile)
    assert read(await pico.render("Hola.", "es"))


@pytest.mark.parametrize("text", ["", "   ", "<>", "a" * 1_001])
async def test_texts_that_cannot_be_spoken_are_refused(pico: PicoSynthesiser, text: str) -> None:
    """Empty or endless."""
    with pytest.raises(SynthesisError, match="1 a 1000"):
        await pico.render(text, "es")


async def test_a_language_without_voice_says_which_there_are(pico: PicoSynthesiser) -> None:
    """The mend is in the message."""
    with pytest.raises(SynthesisError, match="es, en"):
        await pico.render("Bon dia.", "ca")


async def test_a_dead_engine_is_started_again(pico: PicoSynthesiser) -> None:
    """A crash of the native code costs nothing but time."""
    await pico.render("Hola.", "es")
    first = pico._process
    assert first is not None
    first.kill()
    await first.wait()

    assert read(await pico.render("Hola.", "es"))
    assert pico._process is not None
    assert pico._process.pid != first.pid


async def test_closing_ends_the_process_and_rendering_starts_it_again(pico: PicoSynthesiser) -> None:
    """No process is left behind."""
    await pico.render("Hola.", "es")
    process = pico._process
    assert process is not None
    await pico.close()

    assert process.returncode is not None
    assert read(await pico.render("Hola.", "es"))


def worker(tmp_path: Path, body: str, engine: str = "pico") -> WorkerSynthesiser:
    script = tmp_path / "worker.py"
    script.write_text(textwrap.dedent(body))
    return WorkerSynthesiser(engine, {"es": "es-ES"}, command=[sys.executable, str(script)])


async def test_a_missing_engine_names_what_to_install(tmp_path: Path) -> None:
    """Exit status 3 is "not installed"."""
    with pytest.raises(SynthesisError, match="py-nanotts"):
        await worker(tmp_path, "raise SystemExit(3)").render("Hola.", "es")


@pytest.mark.parametrize(
    "body",
    [
        "import os; os.abort()",
        "import sys; sys.stdin.readline(); sys.stdout.write('junk that is no answer at all')",
        "import sys; sys.stdin.readline(); sys.stdout.buffer.write(b'\\0\\0\\0\\0\\xff12')",
    ],
    ids=["crash", "junk", "half"],
)
async def test_an_engine_that_always_fails_is_an_error_not_a_hang(tmp_path: Path, body: str) -> None:
    """Tried twice, then told; the text is in the message."""
    with pytest.raises(SynthesisError, match="Hola"):
        await worker(tmp_path, body).render("Hola.", "es")


async def test_who_stops_waiting_does_not_confuse_the_next() -> None:
    """A cancelled text's sound is never given out as another's."""
    engine = PicoSynthesiser()
    try:
        expected = len(read(await engine.render("Hola.", "es")))
        long = asyncio.ensure_future(engine.render("Esto es muy largo. " * 40, "es"))
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(long, 0.02)

        assert abs(len(read(await engine.render("Hola.", "es"))) - expected) < 2_000
    finally:
        await engine.close()


async def test_the_worker_ends_with_its_input() -> None:
    """When the server dies, however it dies, no engine stays behind."""
    engine = PicoSynthesiser()
    await engine.render("Hola.", "es")
    process = engine._process
    assert process is not None
    assert process.stdin is not None
    process.stdin.close()

    assert await process.wait() == 0


async def test_the_fingerprint_tells_voices_and_speeds_apart() -> None:
    """What sounds different is stored under a different name."""
    prints = {
        engine.fingerprint(lang)
        for lang in ("es", "en")
        for engine in (PicoSynthesiser(), PicoSynthesiser(speed=0.9), EspeakSynthesiser())
    }

    assert len(prints) == 6


async def test_espeak_is_used_as_a_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stand-in that answers like espeak-ng (22050 Hz, a header without length) becomes 8 kHz."""
    program = tmp_path / "espeak-ng"
    header = b"RIFF" + struct.pack("<I", 0x7FFFF024) + b"WAVEfmt " + struct.pack(
        "<IHHIIHH", 16, 1, 1, 22_050, 44_100, 2, 16
    ) + b"data" + struct.pack("<I", 0x7FFFF000)  # fmt: skip
    program.write_text(
        f"#!{sys.executable}\n"
        "import math, struct, sys\n"
        "assert sys.argv[1:3] == ['-v', 'es'] and sys.stdin.read() == 'Hola.'\n"
        f"sys.stdout.buffer.write({header!r})\n"
        "for n in range(22050): sys.stdout.buffer.write(struct.pack('<h', int(9000*math.sin(n/7))))\n"
    )
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    engine = EspeakSynthesiser()
    try:
        sound = read(await engine.render("Hola.", "es"))
    finally:
        await engine.close()

    assert abs(len(sound) / 8_000 - 1.0) < 0.15
